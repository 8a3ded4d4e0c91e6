// What stands where figures will be? A shape of the final size: shown after 200 ms, then for at least 400 ms.
import { useEffect, useState } from "react";
import { cx } from "@/lib/cx";

export const SHOWN_AFTER_MS = 200;
export const KEPT_MS = 400;

/** "nothing" at first, "skeleton" when the wait is felt, "content" when it is there and the skeleton was not a flash. */
export function useWaiting(ready: boolean): "nothing" | "skeleton" | "content" {
  const [shownAt, setShownAt] = useState<number | null>(null);
  const [, again] = useState(0);
  useEffect(() => {
    if (ready || shownAt !== null) return;
    const timer = setTimeout(() => setShownAt(Date.now()), SHOWN_AFTER_MS);
    return () => clearTimeout(timer);
  }, [ready, shownAt]);
  const left = shownAt === null ? 0 : shownAt + KEPT_MS - Date.now();
  useEffect(() => {
    if (!ready || left <= 0) return;
    const timer = setTimeout(() => again((n) => n + 1), left);
    return () => clearTimeout(timer);
  }, [ready, left]);
  if (ready) return left > 0 ? "skeleton" : "content";
  return shownAt === null ? "nothing" : "skeleton";
}

export function Bone({ className }: { className?: string }) {
  return <span aria-hidden className={cx("block rounded-tag bg-track", className)} />;
}
