// Are moments written in the account's zone?
import { describe, expect, it } from "vitest";
import { axisTick, clockTime, dayName, dayText, isoDay, moment, secondsBetween, type TickUnit } from "@/lib/time";

const ZONE = "America/New_York";

describe("time", () => {
  it("writes clock, day and both", () => {
    expect(clockTime("2026-09-30T18:32:07.123456Z", ZONE)).toBe("14:32:07");
    expect(dayName("2026-09-30T18:32:07Z", ZONE)).toBe("30 Sep 2026");
    expect(moment("2010-03-04T21:00:00.000000Z", ZONE)).toBe("4 Mar 2010, 16:00:00");
    expect(dayText("2010-03-04")).toBe("4 Mar 2010");
  });

  it("crosses midnight with the zone", () => {
    expect(dayName("2026-10-01T03:59:59Z", ZONE)).toBe("30 Sep 2026");
    expect(isoDay("2026-10-01T03:59:59Z", ZONE)).toBe("2026-09-30");
    expect(clockTime("2026-10-01T04:00:00Z", ZONE)).toBe("00:00:00");
  });

  it("names ticks by what changes there", () => {
    const at = new Date("2026-09-30T18:32:07Z");
    const units: TickUnit[] = ["year", "month", "day", "time", "seconds"];
    expect(units.map((unit) => axisTick(at, ZONE, unit))).toEqual(["2026", "Sep", "30 Sep", "14:32", "14:32:07"]);
  });

  it("counts seconds", () => {
    expect(secondsBetween("2026-09-30T18:32:07Z", "2026-09-30T18:33:07.5Z")).toBe(60.5);
  });
});
