// Does the chart's tail grow as densely as its history, and does every marker find its point?
import { describe, expect, it } from "vitest";
import {
  changeBetween,
  fromHistory,
  type Point,
  placed,
  stepOf,
  withHistory,
  withLive,
} from "@/overview/equity-series";

const day = (n: number, equity = String(100 + n)) => ({
  at: `2010-01-${String(n).padStart(2, "0")}T21:00:00.000000Z`,
  equity,
  drawdown_pct: "0",
});
const live = (at: string, equity: string | null) => ({ at, equity, drawdown: "0" });
const DAYS = fromHistory([day(4), day(5), day(6), day(7)]);
const last = (points: readonly Point[]): Point | undefined => points.at(-1);

describe("history", () => {
  it("ascends, one point a second, the later of two", () => {
    const points = fromHistory([day(4), day(5), { ...day(5), equity: "7" }, day(4), day(6)]);
    expect(points.map(({ equity }) => equity)).toEqual(["104", "7", "106"]);
  });

  it("keeps gaps of the drawdown as gaps", () => {
    expect(fromHistory([day(4), { ...day(5), drawdown_pct: null }])[1]?.drawdown).toBeNull();
  });

  it("knows its usual step", () => {
    expect(stepOf(DAYS)).toBe(86_400);
    expect(stepOf([])).toBe(1);
  });
});

describe("the live tail", () => {
  it("adds a point in a new step and replaces it within the step, at the same place of the axis", () => {
    const first = withLive(DAYS, live("2010-01-08T15:00:00Z", "110"), 86_400);
    expect(first).toHaveLength(5);
    const second = withLive(first, live("2010-01-08T15:00:30Z", "111"), 86_400);
    expect(second).toHaveLength(5);
    expect(last(second)).toMatchObject({ equity: "111", at: "2010-01-08T15:00:30Z", time: last(first)?.time });
    expect(withLive(second, live("2010-01-09T15:00:00Z", "112"), 86_400)).toHaveLength(6);
  });

  it("never replaces history, never goes back, and skips what is unknown or known already", () => {
    expect(withLive(DAYS, live("2010-01-06T00:00:00Z", "1"), 86_400)).toBe(DAYS);
    expect(withLive(DAYS, live("2010-01-08T15:00:00Z", null), 86_400)).toBe(DAYS);
    expect(withLive(DAYS, live("2010-01-07T21:00:00.000000Z", "107"), 86_400)).toBe(DAYS);
    expect(withLive(DAYS, live("2010-01-07T21:00:01Z", "108"), 86_400)).toHaveLength(5);
  });

  it("survives a fresh reading of the history only where it is newer", () => {
    const shown = withLive(DAYS, live("2010-01-08T15:00:00Z", "110"), 86_400);
    expect(withHistory(fromHistory([day(5), day(6), day(7)]), shown).map(({ equity }) => equity)).toEqual([
      "105",
      "106",
      "107",
      "110",
    ]);
    expect(withHistory(fromHistory([day(7), day(8)]), shown).map(({ equity }) => equity)).toEqual(["107", "108"]);
  });
});

describe("markers", () => {
  it("stand on the first point that is not before them", () => {
    const marks = placed(
      [
        { at: "2010-01-05T09:00:00Z", kind: "rebalance", label: "Rebalanced" },
        { at: "2010-01-20T09:00:00Z", kind: "halt", label: "Halted" },
        { at: "2009-12-01T09:00:00Z", kind: "transfer", label: "before the range" },
      ],
      DAYS,
    );
    expect(marks.map(({ time, label }) => [time, label])).toEqual([
      [DAYS[1]?.time, "Rebalanced"],
      [DAYS[3]?.time, "Halted"],
    ]);
  });
});

describe("changeBetween", () => {
  it("tells the tail from the whole", () => {
    const grown = withLive(DAYS, live("2010-01-08T15:00:00Z", "110"), 86_400);
    const moved = withLive(grown, live("2010-01-08T16:00:00Z", "111"), 86_400);
    expect(changeBetween(DAYS, DAYS)).toBe("same");
    expect(changeBetween(DAYS, grown)).toBe("tail");
    expect(changeBetween(grown, moved)).toBe("tail");
    expect(changeBetween(DAYS, fromHistory([day(4), day(5), day(6), day(7)]))).toBe("tail");
    expect(changeBetween(DAYS, fromHistory([day(5), day(6), day(7), day(8)]))).toBe("whole");
    expect(changeBetween([], DAYS)).toBe("whole");
    expect(changeBetween(grown, DAYS)).toBe("whole");
  });
});
