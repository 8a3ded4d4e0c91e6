// Does the gate's card say what the gate says, and judge nothing itself?
import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { GateCard, limitText } from "@/overview/gate-card";
import { feedSays, screenOf } from "./screen";

describe("limitText", () => {
  it.each<[Parameters<typeof limitText>[0], string]>([
    [{ now: "6", limit: "8", unit: "count" }, "6 of 8"],
    [{ now: "43.17", limit: "50", unit: "%" }, "43.17 of 50.00 %"],
    [{ now: "100.004", limit: "100", unit: "%" }, "100.004 of 100.000 %"],
    [{ now: "1.3", limit: "2", unit: "x" }, "1.3 of 2.0×"],
  ])("%j", (limit, expected) => {
    const { now, of } = limitText(limit);
    expect(`${now} ${of}`).toBe(expected);
  });
});

describe("gate card", () => {
  it("shows limits, ladders and today's decisions", async () => {
    screenOf(<GateCard />);
    await feedSays();
    const gate = screen.getByRole("region", { name: "Gate" });
    expect(gate.textContent).toContain("no violations");
    expect(gate.textContent).toContain("100.004 of 100.000 %");
    expect(within(gate).getByRole("img", { name: "CRITICAL" })).toBeTruthy();
    expect(
      within(gate).getByRole("img", { name: /Drawdown today 0\.06 %; SAFE at 3 %, REDUCING at 10 %/ }),
    ).toBeTruthy();
    expect(gate.textContent).toContain("14");
  });

  it("colours a full bar plainly while the gate has no objection", async () => {
    screenOf(<GateCard />);
    await feedSays((data) => {
      for (const limit of data.gate.limits) Object.assign(limit, { use_pct: "100", severity: null });
    });
    const bars = screen.getByRole("region", { name: "Gate" }).querySelectorAll("dl [data-bar]");
    expect([...bars].every((bar) => bar.classList.contains("bg-accent-solid"))).toBe(true);
  });

  it("lists violations with their cure", async () => {
    screenOf(<GateCard />);
    await feedSays((data) => {
      data.gate.violations = [
        {
          constraint: "max_net",
          severity: "CRITICAL",
          message: "Net exposure beyond its limit",
          culprit: "SPY",
          cure: "Sell 1 SPY",
        },
      ];
    });
    expect(screen.getByRole("list", { name: "Violations" }).textContent).toContain("Sell 1 SPY");
  });
});
