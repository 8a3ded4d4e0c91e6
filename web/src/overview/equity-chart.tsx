// The chart of equity over its drawdown. Pixel coordinates are floats here; every text comes from the exact strings.
import { type KeyboardEvent, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { HIDDEN, minorUnits } from "@/lib/format";
import { clockTime, dayName } from "@/lib/time";
import { onColours, shownTheme } from "@/state/theme";
import { Exact } from "@/ui/amount";
import { EquityCanvas, type Spot } from "./equity-canvas";
import type { Mark, Point } from "./equity-series";
import { pointWords, type WordsFor } from "./equity-words";

export interface EquityChartProps {
  points: readonly Point[];
  marks: readonly Mark[];
  /** the day's opening equity, for the range of one day */
  baseline: string | null;
  words: WordsFor;
  label: string;
}

export default function EquityChart({ points, marks, baseline, words, label }: EquityChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const canvas = useRef<EquityCanvas | null>(null);
  const [spot, setSpot] = useState<Spot | null>(null);
  const [walked, setWalked] = useState<number | null>(null);
  const colours = useSyncExternalStore(onColours, shownTheme);
  const { zone, unit, hidden } = words;
  const intraday = baseline !== null;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of colours builds the chart anew
  useEffect(() => {
    if (!place.current) return;
    const made = new EquityCanvas(place.current, { zone, unit, hidden, intraday }, setSpot);
    canvas.current = made;
    return () => {
      made.remove();
      canvas.current = null;
    };
  }, [zone, unit, hidden, intraday, colours]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a chart built anew needs its points again
  useEffect(() => {
    canvas.current?.show(points, marks, baseline, label);
  }, [points, marks, baseline, label, zone, unit, hidden, intraday, colours]);

  const last = points.length - 1;
  const at = walked === null ? last : Math.min(walked, last);
  const onKeyDown = (event: KeyboardEvent) => {
    const goal: Record<string, number> = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      PageUp: at - 20,
      PageDown: at + 20,
      Home: 0,
      End: last,
    };
    const wanted = goal[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    const next = Math.min(last, Math.max(0, wanted));
    setWalked(next);
    canvas.current?.point(points[next] ?? null);
  };
  const leave = () => {
    setWalked(null);
    canvas.current?.point(null);
  };
  const shown = spot === null ? undefined : points.find(({ time }) => time === spot.time);
  const here = points[at];

  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, last)}
      aria-valuenow={Math.max(0, at)}
      aria-valuetext={here ? pointWords(here, marks, words) : "no points"}
      onKeyDown={onKeyDown}
      onBlur={leave}
      className="absolute inset-0 -outline-offset-2"
    >
      <div ref={place} className="absolute inset-x-2 inset-y-0" />
      {spot && shown && (
        <div
          className="pointer-events-none absolute top-2 z-10 rounded-control border border-line-strong bg-raised px-2.5 py-1.5 text-label shadow-card"
          style={spot.right ? { right: `${spot.offset + 14}px` } : { left: `${spot.offset + 22}px` }}
        >
          <p className="text-text-3">
            {dayName(shown.at, zone)} {clockTime(shown.at, zone)}
          </p>
          <dl className="grid grid-cols-[auto_auto] gap-x-4">
            <dt>Equity, {unit}</dt>
            <dd className="text-right font-medium text-text">
              {hidden ? HIDDEN : <Exact value={shown.equity} places={minorUnits(unit)} />}
            </dd>
            <dt>Drawdown, %</dt>
            <dd className="text-right font-medium text-text">
              <Exact value={shown.drawdown} places={2} />
            </dd>
          </dl>
          {marks
            .filter(({ time }) => time === shown.time)
            .map((mark) => (
              <p key={mark.label} className="text-text">
                {mark.label}
              </p>
            ))}
        </div>
      )}
    </div>
  );
}
