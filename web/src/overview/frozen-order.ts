// In which order do rows stand while a hand is among them? As they stood when it came; new rows go to the end.
import { useRef } from "react";

/** Keeps `order` for those that are still there and appends the newcomers in the server's order. */
export function keepOrder(order: readonly string[], keys: readonly string[]): readonly string[] {
  const present = new Set(keys);
  const known = new Set(order);
  return [...order.filter((key) => present.has(key)), ...keys.filter((key) => !known.has(key))];
}

export const sameOrder = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((key, index) => key === b[index]);

export interface Ordered {
  readonly keys: readonly string[];
  /** the server would show another order now */
  readonly differs: boolean;
}

export function useFrozenOrder(keys: readonly string[], frozen: boolean): Ordered {
  const held = useRef<readonly string[] | null>(null);
  if (!frozen) held.current = null;
  else held.current = keepOrder(held.current ?? keys, keys);
  const shown = held.current ?? keys;
  return { keys: shown, differs: !sameOrder(shown, keys) };
}
