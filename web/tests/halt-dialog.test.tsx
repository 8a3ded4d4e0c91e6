// Does the halt dialog say what will happen, do it at one press, and help when it fails?
import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { HaltDialog } from "@/dialogs/halt";
import { ELSE_TO_DO, haltWords } from "@/dialogs/halt-words";
import { mergeResults } from "@/dialogs/order-results";
import { ACCOUNT, overview, SESSION } from "./sample";
import { feedSays, problem, screenOf, serve } from "./screen";

const SWITCH = "POST /api/v1/accounts/main/kill-switch";
const ordersOf = (...results: string[]) =>
  results.map((result, n) => ({
    client_order_id: "ab"[n] ?? "",
    symbol: ["VEA", "GLD"][n],
    side: ["BUY", "SELL"][n],
    quantity: ["10", "5"][n],
    result,
  }));
const halted = (orders: unknown[] = []) => ({
  status: 200,
  body: { trading_state: "HALTED", state_since: "2026-09-30T18:33:02Z", reason: "", orders },
});

describe("haltWords", () => {
  it("names counts and orders", () => {
    expect(haltWords(overview().status).join(" ")).toBe(
      "Nothing more is sent. 2 working orders are cancelled: BUY 10 VEA, SELL 5 GLD. Your 6 positions stay open; nothing is sold.",
    );
  });

  it("speaks of one, of none, of unknown, and of more than it names", () => {
    const { status } = overview();
    const words = (counts: Partial<typeof status.counts>, orders = status.open_orders): string =>
      haltWords({ counts: { ...status.counts, ...counts }, open_orders: orders }).join(" ");
    expect(words({ open_orders: 1, positions: 1, unknown_orders: 1 }, status.open_orders.slice(0, 1))).toBe(
      "Nothing more is sent. 1 working order is cancelled: BUY 10 VEA. 1 unknown order is looked up. Your 1 position stays open; nothing is sold.",
    );
    expect(words({ open_orders: 0, positions: 0 }, [])).toBe(
      "Nothing more is sent. No order is working. You hold no position.",
    );
    expect(words({ open_orders: 31 })).toContain(
      "31 working orders are cancelled: BUY 10 VEA, SELL 5 GLD and 29 more.",
    );
  });
});

describe("halt dialog", () => {
  it("halts at Enter: the button has the focus when it opens", async () => {
    const calls = serve({ [SWITCH]: () => halted(ordersOf("CANCELLED", "CANCELLING")) });
    await feedSays();
    screenOf(<HaltDialog onClose={() => {}} />);
    expect(screen.getByRole("dialog", { name: "Halt Main, PAPER?" })).toBeTruthy();
    expect(document.activeElement?.textContent).toBe("Halt now");
    await userEvent.keyboard("{Enter}");
    const done = await screen.findByRole("dialog", { name: "Main, PAPER: halted" });
    expect(calls).toEqual([
      {
        method: "POST",
        path: "/api/v1/accounts/main/kill-switch",
        body: { state: "HALTED", reason: "" },
        csrf: "token",
      },
    ]);
    expect(document.activeElement?.textContent).toBe("Close");
    expect(done.textContent).toContain("Cancelled 1 of 2 …");
    // the feed brings the second answer
    await feedSays((data) => {
      data.status.state_orders = ordersOf("CANCELLED", "FILLED") as typeof data.status.state_orders;
    });
    expect(done.textContent).toContain("1 of 2 orders cancelled, 1 filled.");
    expect(within(done).getByRole("list", { name: "Orders" }).textContent).toContain("SELL 5 GLD");
  });

  it("sends the reason, and reduces only when asked to", async () => {
    const calls = serve({ [SWITCH]: () => ({ ...halted(), body: { ...halted().body, trading_state: "REDUCING" } }) });
    await feedSays();
    screenOf(<HaltDialog onClose={() => {}} />);
    await userEvent.type(screen.getByLabelText("Reason (optional)"), "bad fills");
    await userEvent.click(screen.getByRole("button", { name: "Reduce only" }));
    await screen.findByRole("dialog", { name: "Main, PAPER: reducing only" });
    expect(calls[0]?.body).toEqual({ state: "REDUCING", reason: "bad fills" });
  });

  it("says so when the call fails, and what else stops trading", async () => {
    serve({
      [SWITCH]: () => problem(503, "STORE_READ_ONLY", "The store takes no writes.", "Free disk space, then try again."),
    });
    await feedSays();
    screenOf(<HaltDialog onClose={() => {}} />);
    await userEvent.keyboard("{Enter}");
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("The store takes no writes.");
    expect(alert.textContent).toContain("STORE_READ_ONLY");
    expect(alert.textContent).toContain("7f3a91c2");
    expect(screen.getByText(ELSE_TO_DO)).toBeTruthy();
    expect(screen.getByRole("button", { name: "Halt now" })).toBeTruthy();
  });

  it("says so when nothing answers at all", async () => {
    serve({});
    await feedSays();
    screenOf(<HaltDialog onClose={() => {}} />);
    await userEvent.keyboard("{Enter}");
    expect((await screen.findByRole("alert")).textContent).toContain("The service did not answer.");
    expect(screen.getByText(/a file named HALT in the data folder/)).toBeTruthy();
  });

  it("halts every account when told to", async () => {
    const calls = serve({
      [SWITCH]: () => halted(),
      "POST /api/v1/accounts/second/kill-switch": () => halted(),
    });
    await feedSays();
    screenOf(<HaltDialog onClose={() => {}} />, { accounts: [ACCOUNT, { ...ACCOUNT, id: "second", name: "Second" }] });
    await userEvent.click(screen.getByLabelText("All 2 accounts"));
    await userEvent.click(screen.getByRole("button", { name: "Halt now" }));
    await screen.findByRole("dialog", { name: "2 accounts, PAPER: halted" });
    expect(calls.map(({ path }) => path)).toEqual([
      "/api/v1/accounts/main/kill-switch",
      "/api/v1/accounts/second/kill-switch",
    ]);
  });

  it("asks for a sign-in where there is none", async () => {
    await feedSays();
    const close = vi.fn();
    screenOf(<HaltDialog onClose={close} />, {
      session: { ...SESSION, signed_in: false, name: null, csrf_token: null },
    });
    expect(screen.getByText("Halting needs a sign-in. Open the one-time link that the demo printed.")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Halt now" })).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "Back" }));
    expect(close).toHaveBeenCalled();
  });

  it("works before the feed has said anything", async () => {
    const calls = serve({ [SWITCH]: () => halted() });
    const { feed } = await import("@/feed/store");
    act(() => feed.dispatch({ type: "started", now: performance.now() }));
    await act(() => new Promise((done) => setTimeout(done, 270)));
    screenOf(<HaltDialog onClose={() => {}} />);
    expect(screen.getByText("Nothing more is sent, and every working order is cancelled.")).toBeTruthy();
    await userEvent.keyboard("{Enter}");
    await waitFor(() => expect(calls).toHaveLength(1));
  });
});

describe("mergeResults", () => {
  it("takes the feed's later word for each order", () => {
    const merged = mergeResults(ordersOf("CANCELLING", "CANCELLING") as never, ordersOf("CANCELLED") as never);
    expect(merged.map(({ result }) => result)).toEqual(["CANCELLED", "CANCELLING"]);
  });
});
