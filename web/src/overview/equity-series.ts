// Which points does the equity chart show? The history as read, then the live tail, one point per step of the history.
import type { HistoryMarker, HistoryPoint } from "@/api/types";

export interface Point {
  /** seconds since the epoch, as the chart counts time */
  readonly time: number;
  readonly at: string;
  readonly equity: string;
  /** null is a gap: never joined */
  readonly drawdown: string | null;
  readonly live: boolean;
}

export interface Mark {
  readonly time: number;
  readonly kind: string;
  readonly label: string;
}

const MOST_POINTS = 10_000;

const secondOf = (at: string): number => Math.floor(Date.parse(at) / 1000);

/** Ascending, one point a second at most; of two in one second the later one. */
export function fromHistory(points: readonly HistoryPoint[]): readonly Point[] {
  const kept: Point[] = [];
  for (const { at, equity, drawdown_pct } of points) {
    const point: Point = { time: secondOf(at), at, equity, drawdown: drawdown_pct, live: false };
    const last = kept.at(-1);
    if (last && last.time === point.time) kept.pop();
    if (!last || last.time <= point.time) kept.push(point);
  }
  return kept;
}

/** The usual distance between two points, so that the live tail is as dense as the history beside it. */
export function stepOf(points: readonly Point[]): number {
  const gaps = points
    .slice(1)
    .map((point, index) => point.time - (points[index]?.time ?? point.time))
    .sort((a, b) => a - b);
  return Math.max(1, gaps[Math.floor(gaps.length / 2)] ?? 1);
}

export interface LiveValue {
  readonly at: string;
  readonly equity: string | null;
  readonly drawdown: string | null;
}

export function withLive(points: readonly Point[], value: LiveValue, step: number): readonly Point[] {
  const time = secondOf(value.at);
  const last = points.at(-1);
  if (value.equity === null || (last && Date.parse(value.at) < Date.parse(last.at))) return points;
  if (last && value.at === last.at && last.equity === value.equity && last.drawdown === value.drawdown) return points;
  const point: Point = { time, at: value.at, equity: value.equity, drawdown: value.drawdown, live: true };
  const replaces =
    last !== undefined &&
    (last.time === time || (last.live && Math.floor(last.time / step) === Math.floor(time / step)));
  // in its own step the tail keeps its place on the axis: the chart would take another time for another point
  const next = replaces ? [...points.slice(0, -1), { ...point, time: last.time }] : [...points, point];
  return next.length > MOST_POINTS ? next.slice(next.length - MOST_POINTS) : next;
}

/** A fresh reading of the history, and what the page has heard since. */
export function withHistory(history: readonly Point[], shown: readonly Point[]): readonly Point[] {
  const end = history.at(-1)?.time ?? Number.NEGATIVE_INFINITY;
  return [...history, ...shown.filter((point) => point.live && point.time > end)];
}

/** Markers stand on points: each at the first point that is not before it. */
export function placed(markers: readonly HistoryMarker[], points: readonly Point[]): readonly Mark[] {
  return markers.flatMap(({ at, kind, label }) => {
    const time = secondOf(at);
    const point = points.find((item) => item.time >= time) ?? points.at(-1);
    const first = points[0];
    if (!point || !first || time < first.time) return [];
    return [{ time: point.time, kind, label }];
  });
}

export type Change = "same" | "tail" | "whole";

/** May the chart be told of the last point alone? */
export function changeBetween(before: readonly Point[], after: readonly Point[]): Change {
  if (before === after) return "same";
  const grown = after.length - before.length;
  if (before.length < 2 || grown < 0 || grown > 1) return "whole";
  // a history read again holds new objects: compare what matters at both ends of the common part
  const settled = before.length - (grown === 0 ? 2 : 1);
  const equal = (a: Point | undefined, b: Point | undefined): boolean =>
    a !== undefined && b !== undefined && a.time === b.time && a.equity === b.equity && a.drawdown === b.drawdown;
  return equal(before[0], after[0]) && equal(before[settled], after[settled]) ? "tail" : "whole";
}
