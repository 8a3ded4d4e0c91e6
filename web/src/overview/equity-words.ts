// What does the equity chart say to someone who does not see it?
import { compare } from "@/lib/decimal";
import { exact, HIDDEN, money, percent } from "@/lib/format";
import { clockTime, dayName } from "@/lib/time";
import type { Mark, Point } from "./equity-series";

export interface WordsFor {
  readonly unit: string;
  readonly zone: string;
  readonly hidden: boolean;
}

export function pointWords(point: Point, marks: readonly Mark[], { unit, zone, hidden }: WordsFor): string {
  const equity = hidden ? HIDDEN : `${exact(point.equity)} ${unit}`;
  const drawdown = point.drawdown === null ? "" : `, drawdown ${exact(point.drawdown)} %`;
  const here = marks.filter(({ time }) => time === point.time).map(({ label }) => label);
  return `${dayName(point.at, zone)}, ${clockTime(point.at, zone)}, equity ${equity}${drawdown}${here.map((text) => `, ${text}`).join("")}`;
}

export function chartWords(points: readonly Point[], { unit, zone, hidden }: WordsFor): string {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return "No equity in this range yet.";
  const said = (value: string): string => (hidden ? HIDDEN : money(value, unit));
  const deepest = points.reduce<string>(
    (most, { drawdown }) => (drawdown !== null && compare(drawdown, most) > 0 ? drawdown : most),
    "0",
  );
  return `Equity went from ${said(first.equity)} on ${dayName(first.at, zone)} to ${said(last.equity)} on ${dayName(last.at, zone)}; the largest drawdown shown is ${percent(deepest)}.`;
}
