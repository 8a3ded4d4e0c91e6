// How old is a figure, and is it stale? A quiet dot while fresh; a clock icon and the word when not.
import { Clock3 } from "lucide-react";
import { memo } from "react";
import type { Source } from "@/feed/ages";
import { useAge, useLost, useSilence, useStale } from "@/feed/hooks";
import { cx } from "@/lib/cx";
import { age } from "@/lib/format";

export interface AgeMarkProps {
  source: Source;
  /** word before the age, like "exact" */
  word?: string;
  /** the server called this figure stale */
  forced?: boolean;
  className?: string;
}

export const AgeMark = memo(function AgeMark({ source, word, forced = false, className }: AgeMarkProps) {
  const seconds = useAge(source);
  const silent = useSilence();
  const lost = useLost();
  const stale = useStale(source) || forced;
  const shown = lost ? Math.max(silent ?? 0, seconds ?? 0) : seconds;
  const text = shown === null ? "" : age(shown);
  if (stale) {
    return (
      <span className={cx("inline-flex items-center gap-1 whitespace-nowrap text-age text-warn", className)}>
        <Clock3 aria-hidden size={12} strokeWidth={2} />
        {["stale", text].filter(Boolean).join(" ")}
      </span>
    );
  }
  const said = [word, text].filter(Boolean).join(" · ");
  if (said === "") return null;
  return (
    <span className={cx("inline-flex items-center gap-1.5 whitespace-nowrap text-age text-text-3", className)}>
      <span aria-hidden className="size-[5px] rounded-full bg-text-3" />
      {said}
    </span>
  );
});
