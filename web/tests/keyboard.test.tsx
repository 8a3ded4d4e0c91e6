// Do keys run what they say, pairs within their time, and nothing inside fields and dialogs?
import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { matching } from "@/shell/actions";
import { type KeyAction, nameOf, SEQUENCE_MS, Sequence, useKeys } from "@/state/keyboard";

const action = (keys: string, run = () => {}): KeyAction => ({ keys, label: keys, run });

describe("names", () => {
  it.each([
    [{ key: "t", shiftKey: false }, "t"],
    [{ key: "T", shiftKey: false }, "t"], // caps lock
    [{ key: "H", shiftKey: true }, "Shift+H"],
    [{ key: "?", shiftKey: true }, "?"],
    [{ key: "[", shiftKey: false }, "["],
  ])("%j is %s", (event, expected) => {
    expect(nameOf(event)).toBe(expected);
  });
});

describe("sequences", () => {
  const actions = [action("g o"), action("o"), action("t")];

  it("completes a pair in time, and forgets it afterwards", () => {
    const keys = new Sequence();
    expect(keys.press("g", 0, actions)).toBeNull();
    expect(keys.press("o", SEQUENCE_MS, actions)?.keys).toBe("g o");
    expect(keys.press("o", SEQUENCE_MS + 1, actions)?.keys).toBe("o");
    expect(keys.press("g", 5000, actions)).toBeNull();
    expect(keys.press("o", 5000 + SEQUENCE_MS + 1, actions)?.keys).toBe("o");
  });

  it("lets another key break a pair", () => {
    const keys = new Sequence();
    keys.press("g", 0, actions);
    expect(keys.press("t", 10, actions)?.keys).toBe("t");
    expect(keys.press("x", 20, actions)).toBeNull();
  });
});

describe("on the page", () => {
  function Page({ actions, dialog = false }: { actions: readonly KeyAction[]; dialog?: boolean }) {
    useKeys(actions);
    return (
      <>
        <input aria-label="field" />
        {dialog && <div role="dialog" />}
      </>
    );
  }

  it("runs keys and pairs", async () => {
    const halt = vi.fn();
    const go = vi.fn();
    render(<Page actions={[action("Shift+H", halt), action("g o", go)]} />);
    await userEvent.keyboard("{Shift>}H{/Shift}go");
    expect([halt.mock.calls.length, go.mock.calls.length]).toEqual([1, 1]);
  });

  it("is off inside a field, in a dialog and with Ctrl", async () => {
    const run = vi.fn();
    const actions = [action("t", run)];
    const { container, rerender } = render(<Page actions={actions} />);
    await userEvent.type(container.querySelector("input") as HTMLInputElement, "t");
    (document.activeElement as HTMLElement).blur();
    await userEvent.keyboard("{Control>}t{/Control}");
    rerender(<Page actions={actions} dialog />);
    await userEvent.keyboard("t");
    expect(run).not.toHaveBeenCalled();
  });
});

describe("commands", () => {
  it("are found by their words in any order", () => {
    const commands = ["Go to Overview", "Halt …", "Chart: the last week"].map((label) => ({ label, run: () => {} }));
    expect(matching(commands, "week chart").map(({ label }) => label)).toEqual(["Chart: the last week"]);
    expect(matching(commands, "")).toHaveLength(3);
    expect(matching(commands, "ledger")).toEqual([]);
  });
});
