// Does the one banner say the highest rung, who did it, and what became of the orders?
import { act, screen } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import type { EndedOrder, Status } from "@/api/types";
import { BannerPlace } from "@/shell/banner";
import { bannerOf, lostText, ordersText } from "@/shell/banner-of";
import { NeedsYou } from "@/shell/needs-you";
import { overview } from "./sample";
import { feedSays, screenOf } from "./screen";

const order = (result: EndedOrder["result"], n: number): EndedOrder => ({
  client_order_id: `o${n}`,
  symbol: "VEA",
  side: "BUY",
  quantity: "10",
  result,
});

const status = (more: Partial<Status>): Status => ({ ...overview().status, ...more });
const HALTED: Partial<Status> = {
  trading_state: "HALTED",
  state_since: "2026-09-30T18:33:02Z",
  state_by: "owner",
  state_reason: "bad fills.",
  state_orders: [order("CANCELLED", 1), order("CANCELLED", 2)],
};

describe("bannerOf", () => {
  const of = (more: Partial<Status>, lostFor: number | null = null) =>
    bannerOf({ status: status(more), lostFor, figuresAt: "2026-09-30T18:32:07Z", me: "owner" });

  it("says nothing when all is well", () => {
    expect(of({})).toBeNull();
    expect(bannerOf({ status: null, lostFor: null, figuresAt: null, me: null })).toBeNull();
  });

  it("says who halted, when, why, and what became of the orders", () => {
    expect(of(HALTED)).toEqual({
      kind: "halted",
      when: "14:33:02 by you: bad fills.",
      text: "Nothing is sent. Fills are still booked. 2 of 2 orders cancelled.",
    });
  });

  it("names the gate and the day where they are not mine and not today", () => {
    expect(
      of({ trading_state: "REDUCING", state_since: "2026-09-29T18:00:00Z", state_by: "system", state_reason: null }),
    ).toEqual({
      kind: "reducing",
      when: "29 Sep 2026, 14:00:00 by the gate.",
      text: "Only orders that reduce a position are sent.",
    });
  });

  it("puts halted over lost, and lost over reducing", () => {
    expect(of(HALTED, 8)).toMatchObject({
      kind: "halted",
      text: expect.stringContaining("Live updates stopped 8 s ago."),
    });
    expect(of({ trading_state: "REDUCING" }, 8)?.kind).toBe("lost");
  });

  it("says how old the figures are", () => {
    expect(lostText(8, "14:32:07")).toBe(
      "Live updates stopped 8 s ago. The server keeps trading by its rules; figures are of 14:32:07. Trying again.",
    );
  });
});

describe("ordersText", () => {
  it.each([
    [[], ""],
    [["CANCELLED", "CANCELLING"], "Cancelled 1 of 2 …"],
    [["CANCELLED", "CANCELLED"], "2 of 2 orders cancelled."],
    [["CANCELLED", "FILLED"], "1 of 2 orders cancelled, 1 filled."],
    [["UNKNOWN"], "0 of 1 order cancelled, 1 unknown, looked up."],
    [["CANCELLING", "REJECTED"], "Cancelled 0 of 2, 1 not accepted …"],
  ] as const)("%j", (results, expected) => {
    expect(ordersText(results.map((result, n) => order(result, n)))).toBe(expected);
  });
});

describe("on the screen", () => {
  it("speaks of a halt at once and offers to resume", async () => {
    screenOf(<BannerPlace />);
    await feedSays((data) => Object.assign(data.status, HALTED));
    expect(screen.getByRole("alert").textContent).toContain("HALTED 14:33:02 by you: bad fills.");
    expect(screen.getByRole("button", { name: "Resume …" })).toBeTruthy();
  });

  it("says within six seconds that nothing is heard any more", async () => {
    screenOf(<BannerPlace />);
    await feedSays();
    expect(screen.queryByText(/Live updates stopped/)).toBeNull();
    const now = performance.now();
    vi.spyOn(performance, "now").mockReturnValue(now + 6200);
    await act(() => new Promise((done) => setTimeout(done, 1100)));
    expect(screen.getByText(/Live updates stopped 6 s ago\./)).toBeTruthy();
    expect(screen.getByRole("status").textContent).toBe("Live updates stopped. Trying again.");
  });

  it("shows what needs me with its severity as a word", async () => {
    screenOf(<NeedsYou />);
    await feedSays();
    const strip = screen.getByRole("region", { name: "Needs you" });
    expect(strip.textContent).toContain("2 of 6 targets are outside their band.");
    expect(screen.getByRole("img", { name: "Warning" })).toBeTruthy();
  });
});
