// Is the screen narrow? Asked where the markup itself differs, not only its style.
import { useSyncExternalStore } from "react";

export const NARROW = "(max-width: 47.99rem)";

export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const list = window.matchMedia?.(query);
      list?.addEventListener("change", listener);
      return () => list?.removeEventListener("change", listener);
    },
    () => window.matchMedia?.(query).matches ?? false,
  );
}
