// How is a reader's choice kept in this browser, and how do components follow it?
import { useSyncExternalStore } from "react";

export interface Choice<T extends string> {
  readonly get: () => T;
  readonly set: (value: T) => void;
  readonly subscribe: (listener: () => void) => () => void;
}

/** A closed list of values; storage that is missing or refused loses the choice with the page, nothing else. */
export function choice<T extends string>(key: string, allowed: readonly T[], fallback: T): Choice<T> {
  const listeners = new Set<() => void>();
  let value = allowed.find((item) => item === read(key)) ?? fallback;
  return {
    get: () => value,
    set: (next) => {
      if (next === value) return;
      value = next;
      write(key, next);
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useChoice<T extends string>(of: Choice<T>): T {
  return useSyncExternalStore(of.subscribe, of.get);
}

export function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // the choice lasts as long as the page
  }
}
