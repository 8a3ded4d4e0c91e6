// Which of the dialogs and menus of the frame is open? One at a time, whoever opens it: a button, a key or a command.
import { useSyncExternalStore } from "react";

export type Screen = "none" | "halt" | "resume" | "commands" | "keys" | "more";

let open: Screen = "none";
const listeners = new Set<() => void>();

export function show(next: Screen): void {
  if (next === open) return;
  open = next;
  for (const listener of listeners) listener();
}

export function shown(): Screen {
  return open;
}

export function useScreen(): Screen {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, shown);
}
