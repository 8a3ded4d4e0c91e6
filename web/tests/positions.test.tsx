// Do the rows sum to the total, and do they stand still under the hand?
import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { add, compare } from "@/lib/decimal";
import { keepOrder, sameOrder } from "@/overview/frozen-order";
import { PositionsCard } from "@/overview/positions-card";
import { largestShare } from "@/overview/positions-table";
import { overview, row } from "./sample";
import { feedSays, screenOf } from "./screen";

const symbols = (): string[] =>
  within(screen.getByRole("table", { name: "Positions" }))
    .getAllByRole("rowheader")
    .map((header) => (header.textContent ?? "").split(" ")[0] ?? "");

/** "−1,234.50" as the decimal that it came from. */
const plain = (text: string | null): string => (text ?? "").replace("−", "-").replace(/[+,]/g, "") || "0";

describe("positions", () => {
  it("shows rows and cash that sum to the total shown", async () => {
    screenOf(<PositionsCard />);
    await feedSays((data) => {
      data.positions.others = { count: 2, value: "0.00", weight_pct: "0.00", pnl_today: "0", pnl_open: "0" };
    });
    const rows = within(screen.getByRole("table", { name: "Positions" }))
      .getAllByRole("row")
      .slice(1);
    const column = (at: number): string[] =>
      rows.map((line) => plain(line.querySelectorAll("td:not([colspan])").item(at)?.textContent ?? ""));
    const texts = rows.map((line) => line.textContent ?? "");
    expect(texts.at(-1)).toContain("6 positions and cash");
    const values = rows.map((line) =>
      plain(
        /[\d,]+\.\d\d/.exec(
          line.querySelectorAll("td").item(line.querySelectorAll("td").length > 7 ? 2 : 1)?.textContent ?? "0",
        )?.[0] ?? "0",
      ),
    );
    expect(compare(add(...values.slice(0, -1)), values.at(-1) ?? "")).toBe(0);
    const pnl = column(4).slice(0, 6);
    expect(compare(add(...pnl), "1071.96")).toBe(0);
  });

  it("names side, band and staleness in words", async () => {
    screenOf(<PositionsCard />);
    await feedSays((data) => {
      data.positions.rows = [
        row("SPY", "3", "10", "30", { beyond_band: true, drift_points: "6.42" }),
        row("XLE", "4", "10", "-40", { side: "SHORT", quality: "stale" }),
        row("GLD", "5", "10", "50", { price: null, weight_pct: null, marked_at: null }),
      ];
    });
    const [spy, xle, gld] = within(screen.getByRole("table", { name: "Positions" }))
      .getAllByRole("row")
      .slice(1);
    expect(spy?.textContent).toContain("+6.42 out");
    expect(xle?.textContent).toContain("SHORT");
    expect(xle?.textContent).toContain("−40.00");
    expect(xle?.textContent).toContain("stale");
    expect(gld?.textContent).toContain("no price");
  });

  it("keeps its order while the pointer is inside, and says so", async () => {
    screenOf(<PositionsCard />);
    await feedSays();
    const before = symbols();
    await userEvent.hover(screen.getByText("QQQ"));
    await feedSays((data) => data.positions.rows.reverse());
    expect(symbols()).toEqual(before);
    expect(screen.getByText(/order of 14:32:07/)).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Sort again" }));
    expect(symbols()[0]).toBe("NVDA");
  });

  it("follows the server as soon as the pointer has left", async () => {
    screenOf(<PositionsCard />);
    await feedSays();
    const user = userEvent.setup();
    await user.hover(screen.getByText("QQQ"));
    await user.unhover(screen.getByText("QQQ"));
    await feedSays((data) => data.positions.rows.reverse());
    expect(symbols()[0]).toBe("NVDA");
  });

  it("has the same sums in two lines on a phone", async () => {
    vi.stubGlobal("matchMedia", (media: string) => ({
      matches: media.includes("47.99"),
      media,
      addEventListener: () => {},
      removeEventListener: () => {},
    }));
    screenOf(<PositionsCard />);
    await feedSays();
    const table = screen.getByRole("table", { name: "Positions" });
    expect(within(table).getAllByRole("columnheader")).toHaveLength(3);
    expect(table.textContent).toContain("211 × 512.40");
    expect(table.textContent).toContain("250,440.77");
  });

  it("teaches when there is nothing", async () => {
    screenOf(<PositionsCard />);
    await feedSays((data) => {
      data.positions.rows = [];
    });
    expect(screen.getByText(/No open positions\./)).toBeTruthy();
  });

  it("scales its bars to the largest share", () => {
    expect(largestShare(overview().positions)).toBe("43.17");
    const positions = { ...overview().positions, rows: [row("XLE", "1", "1", "-1", { weight_pct: "-60" })] };
    expect(largestShare(positions)).toBe("60");
  });
});

describe("keepOrder", () => {
  it("drops what left, appends what came", () => {
    expect(keepOrder(["a", "b", "c"], ["c", "d", "a"])).toEqual(["a", "c", "d"]);
    expect(sameOrder(["a", "b"], ["a", "b"])).toBe(true);
    expect(sameOrder(["a", "b"], ["b", "a"])).toBe(false);
    expect(sameOrder(["a"], ["a", "b"])).toBe(false);
  });
});
