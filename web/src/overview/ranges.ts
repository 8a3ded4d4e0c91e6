// Which spans of time can the equity chart show, and which comes before and after?
import type { HistoryRange } from "@/api/types";

export const RANGES = ["1D", "1W", "1M", "3M", "1Y", "ALL"] as const satisfies readonly HistoryRange[];
export const FIRST_RANGE: HistoryRange = "3M";

export const RANGE_WORDS: Record<HistoryRange, { short: string; long: string }> = {
  "1D": { short: "1D", long: "today" },
  "1W": { short: "1W", long: "the last week" },
  "1M": { short: "1M", long: "the last month" },
  "3M": { short: "3M", long: "the last three months" },
  "1Y": { short: "1Y", long: "the last year" },
  ALL: { short: "All", long: "the whole history" },
};

export interface OverviewSearch {
  range?: HistoryRange;
}

/** The address names a range only where it is not the first one. */
export function readSearch(search: Record<string, unknown>): OverviewSearch {
  const range = RANGES.find((item) => item === search["range"]);
  return range === undefined ? {} : searchOf(range);
}

export function searchOf(range: HistoryRange): OverviewSearch {
  return range === FIRST_RANGE ? {} : { range };
}

export function neighbour(range: HistoryRange, step: -1 | 1): HistoryRange {
  return RANGES[Math.min(RANGES.length - 1, Math.max(0, RANGES.indexOf(range) + step))] ?? range;
}
