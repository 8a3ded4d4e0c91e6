// Does resuming take thought: a reason, the typed name, and every refusal in words?
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import type { TradingState } from "@/api/types";
import ResumeDialog from "@/dialogs/resume";
import { SESSION } from "./sample";
import { type Call, feedSays, problem, screenOf, serve } from "./screen";

const WRITE = "POST /api/v1/accounts/main/kill-switch";

type Answer = (call: Call) => { status: number; body: unknown };
const resumed: Answer = ({ body }) => ({
  status: 200,
  body: { trading_state: (body as { state: string }).state, state_since: null, reason: "", orders: [] },
});

async function open(write: Answer = resumed, state: TradingState = "HALTED") {
  const calls = serve({
    [WRITE]: write,
  });
  await feedSays((data) => {
    Object.assign(data.status, {
      trading_state: state,
      state_since: "2026-09-30T18:02:07Z",
      state_by: "system",
      state_reason: "daily drawdown 10.02 %",
    });
  });
  const close = vi.fn();
  screenOf(<ResumeDialog onClose={close} />);
  return { calls: () => calls.filter(({ method }) => method === "POST"), close };
}

const fill = async (reason = "looked at the fills", name = "Main") => {
  if (reason) await userEvent.type(screen.getByLabelText("Reason"), reason);
  if (name) await userEvent.type(screen.getByLabelText("Account name: type Main"), name);
};

describe("resume dialog", () => {
  it("says who halted, why, for how long, and that nothing is sent by it", async () => {
    await open();
    const dialog = screen.getByRole("dialog", { name: "Resume Main, PAPER" });
    expect(dialog.textContent).toContain("Resuming sends nothing by itself.");
    expect(dialog.textContent).toContain("the gate");
    expect(dialog.textContent).toContain("daily drawdown 10.02 %");
    expect(dialog.textContent).toContain("30 Sep 2026, 14:02:07, 30 min ago");
  });

  it("sends state, reason and typed name", async () => {
    const { calls, close } = await open();
    await fill();
    await userEvent.click(screen.getByRole("button", { name: "Resume to REDUCING" }));
    await waitFor(() => expect(close).toHaveBeenCalled());
    expect(calls()).toEqual([
      {
        method: "POST",
        path: "/api/v1/accounts/main/kill-switch",
        body: { state: "REDUCING", reason: "looked at the fills", confirm: "Main" },
        csrf: "token",
      },
    ]);
  });

  it.each([
    ["", "Main", "Say why trading may start again."],
    ["fine again", "main", "Type Main, the account's name, exactly as it is written."],
  ])("does not send reason %j with name %j", async (reason, name, error) => {
    const { calls } = await open();
    await fill(reason, name);
    await userEvent.click(screen.getByRole("button", { name: "Resume to ACTIVE" }));
    expect(screen.getByText(error)).toBeTruthy();
    expect(document.activeElement?.getAttribute("aria-invalid")).toBe("true");
    expect(calls()).toEqual([]);
  });

  it.each([
    [403, "SIGN_IN_AGAIN", "Your sign-in is too old to resume.", "counterpoise token link"],
    [409, "STATE_REFUSED", "A break is open.", "Settle it first."],
    [422, "CONFIRMATION_MISSING", "The name is not the account's.", "Type it again."],
  ])("%i %s says what to do", async (status, code, title, detail) => {
    const { close } = await open(() => problem(status, code, title, detail));
    await fill();
    await userEvent.click(screen.getByRole("button", { name: "Resume to REDUCING" }));
    const alert = await screen.findByRole("alert");
    for (const text of [title, detail, code]) expect(alert.textContent).toContain(text);
    expect(close).not.toHaveBeenCalled();
  });

  it("offers only ACTIVE where the account is reducing", async () => {
    await open(resumed, "REDUCING");
    expect(screen.queryByRole("button", { name: "Resume to REDUCING" })).toBeNull();
    expect(screen.getByRole("button", { name: "Resume to ACTIVE" })).toBeTruthy();
  });

  it("has nothing to do where nothing is stopped, and nothing to offer without a sign-in", async () => {
    await feedSays();
    const { unmount } = screenOf(<ResumeDialog onClose={() => {}} />);
    expect(screen.getByText("Nothing is stopped: the account is ACTIVE.")).toBeTruthy();
    unmount();
    screenOf(<ResumeDialog onClose={() => {}} />, { session: { ...SESSION, signed_in: false } });
    expect(screen.getByText(/Resuming needs a sign-in/)).toBeTruthy();
  });
});
