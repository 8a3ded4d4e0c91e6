// Which results of my own acts are on the screen? At most three; what needs an act never lives here.
import { useSyncExternalStore } from "react";

export interface Toast {
  readonly id: number;
  readonly text: string;
}

const MOST = 3;
let toasts: readonly Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();

function publish(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

export function toast(text: string): void {
  last += 1;
  publish([...toasts.filter((item) => item.text !== text), { id: last, text }].slice(-MOST));
}

export function dismiss(id: number): void {
  publish(toasts.filter((item) => item.id !== id));
}

export function useToasts(): readonly Toast[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
}
