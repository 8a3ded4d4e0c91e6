// How is a word about the whole account shown: PAPER, ACTIVE, NEUTRAL?
import type { LucideIcon } from "lucide-react";
import { cx } from "@/lib/cx";

const PILL = "inline-flex h-6 items-center gap-1.5 whitespace-nowrap rounded-full px-2.5 font-medium text-label";

/** Never a severity colour: PAPER dashed and hatched, LIVE solid. */
export function VenuePill({ mode }: { mode: "PAPER" | "LIVE" }) {
  return (
    <span
      className={cx(
        PILL,
        "font-semibold",
        mode === "PAPER"
          ? "hatch border border-line-strong border-dashed text-text"
          : "border border-text bg-text text-canvas",
      )}
    >
      {mode}
    </span>
  );
}

export function Pill({
  icon: Icon,
  tone = "text-text-2",
  children,
}: {
  icon: LucideIcon;
  tone?: string;
  children: string;
}) {
  return (
    <span className={cx(PILL, "border border-line", tone)}>
      <Icon aria-hidden size={12} strokeWidth={2} />
      {children}
    </span>
  );
}
