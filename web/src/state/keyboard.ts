// Which key does what? One-letter keys are off inside fields and while a dialog is open; none of them sends an order.
import { useEffect } from "react";

export interface KeyAction {
  /** one key like "t", "Shift+H", or two in a row like "g o" */
  readonly keys: string;
  readonly label: string;
  readonly run: () => void;
}

export const SEQUENCE_MS = 1500;

/** "Shift+P", "g", "?": the name under which an action is written. Letters with Shift say so, signs already differ. */
export function nameOf(event: Pick<KeyboardEvent, "key" | "shiftKey">): string {
  const letter = /^[a-z]$/i.test(event.key);
  if (!letter) return event.key;
  return event.shiftKey ? `Shift+${event.key.toUpperCase()}` : event.key.toLowerCase();
}

export function inField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

const inDialog = (): boolean => document.querySelector('[role="dialog"], [role="alertdialog"], [role="menu"]') !== null;

/** Holds the first key of a pair for a moment; gives the action that a key completes. */
export class Sequence {
  private first: string | null = null;
  private until = 0;

  press(name: string, now: number, actions: readonly KeyAction[]): KeyAction | null {
    const waiting = this.first !== null && now <= this.until ? this.first : null;
    this.first = null;
    const pair = waiting === null ? undefined : actions.find(({ keys }) => keys === `${waiting} ${name}`);
    if (pair) return pair;
    const single = actions.find(({ keys }) => keys === name);
    if (single) return single;
    if (actions.some(({ keys }) => keys.startsWith(`${name} `))) {
      this.first = name;
      this.until = now + SEQUENCE_MS;
    }
    return null;
  }
}

export function useKeys(actions: readonly KeyAction[]): void {
  useEffect(() => {
    const sequence = new Sequence();
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      if (inField(event.target) || inDialog()) return;
      const action = sequence.press(nameOf(event), event.timeStamp, actions);
      if (!action) return;
      event.preventDefault();
      action.run();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [actions]);
}
