// Do the figures look exact, like an interval, stale or unknown when they are?
import { act, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it } from "vitest";
import { stateOf } from "@/overview/figure-cell";
import { FiguresStrip } from "@/overview/figures-strip";
import { privacy } from "@/state/privacy";
import { feedSays, screenOf } from "./screen";

const cell = (name: string): HTMLElement => screen.getByRole("group", { name });

afterEach(() => act(() => privacy.set("off")));

describe("stateOf", () => {
  it("can only make a figure worse than the server says", () => {
    expect(stateOf({ value: "1", quality: "exact" }, false)).toBe("exact");
    expect(stateOf({ value: "1", quality: "interval" }, false)).toBe("interval");
    expect(stateOf({ value: "1", quality: "interval" }, true)).toBe("stale");
    expect(stateOf({ value: "1", quality: "stale" }, false)).toBe("stale");
    expect(stateOf({ value: null, quality: "exact" }, true)).toBe("unknown");
  });
});

describe("figures", () => {
  it("exact: value, age, and what it is made of", async () => {
    screenOf(<FiguresStrip />);
    await feedSays();
    expect(cell("Equity, USD").textContent).toContain("250,440.77");
    expect(cell("Equity, USD").textContent).toContain("exact · 1 s");
    expect(cell("Equity, USD").textContent).toContain("day opened at 249,156.41 · no transfers today");
    expect(cell("P&L today, USD").textContent).toContain("+1,071.96");
    expect(cell("P&L today, USD").textContent).toContain("+0.43 %");
    expect(cell("P&L today, USD").textContent).toContain("price +1,072.10 · fees −0.14 · residual 0");
    expect(cell("Drawdown").textContent).toContain("peak 252,566.30");
    expect(cell("Net exposure").textContent).toContain("95.30");
    expect(cell("Free cash, USD").textContent).toContain("2 s");
  });

  it("interval: the bounds and the reason", async () => {
    screenOf(<FiguresStrip />);
    await feedSays((data) => {
      Object.assign(data.figures.equity, {
        quality: "interval",
        low: "245242.61",
        high: "255638.93",
        reason: "GLD has had no price for 48 s",
      });
    });
    const text = cell("Equity, USD").textContent;
    expect(text).toContain("interval · 1 s");
    expect(text).toContain("between 245,242.61 and 255,638.93: GLD has had no price for 48 s");
  });

  it("stale: the word, the mark and the reason", async () => {
    screenOf(<FiguresStrip />);
    await feedSays((data) => {
      data.ages = { ...data.ages, prices: { age_seconds: "7.3", stale: true, text: "" } };
    });
    expect(cell("Equity, USD").textContent).toContain("stale 7 s");
    expect(cell("Equity, USD").querySelector(".stale-text")?.textContent).toBe("250,440.77");
    expect(cell("Free cash, USD").textContent).not.toContain("stale");
  });

  it("unknown: a dash with its reason, never zero", async () => {
    screenOf(<FiguresStrip />);
    await feedSays((data) => {
      Object.assign(data.figures.equity, { value: null, reason: "GLD has never had a price" });
    });
    expect(cell("Equity, USD").textContent).toContain("–");
    expect(cell("Equity, USD").textContent).toContain("GLD has never had a price");
    expect(cell("Equity, USD").textContent).not.toContain("0.00");
  });

  it("opens its proof", async () => {
    screenOf(<FiguresStrip />);
    await feedSays();
    await userEvent.click(screen.getByRole("button", { name: "Drawdown: how it is known" }));
    const proof = screen.getByRole("dialog", { name: "Drawdown: how it is known" });
    expect(within(proof).getByText("ledger and marks")).toBeTruthy();
    expect(within(proof).getByText("3.94 %")).toBeTruthy();
    expect(within(proof).getByText("30 Sep 2026, 14:32:07")).toBeTruthy();
  });

  it("hides money in privacy, not shares", async () => {
    screenOf(<FiguresStrip />);
    await feedSays();
    act(() => privacy.set("on"));
    const text = screen.getByRole("region", { name: "Figures" }).textContent ?? "";
    expect(text).not.toContain("250,440");
    expect(text).not.toContain("11,760");
    expect(text).toContain("95.30");
    expect(text).toContain("+0.43 %");
  });
});
