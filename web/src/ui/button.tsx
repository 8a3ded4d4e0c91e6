// What does a button look like, and how does a disabled one say why?
import type { ComponentProps } from "react";
import { cx } from "@/lib/cx";
import { Hint } from "./hint";

export type Look = "plain" | "primary" | "stop" | "stop-now" | "bare";

const LOOKS: Record<Look, string> = {
  plain: "border border-line-strong bg-raised text-text hover:border-text-3",
  primary: "border border-transparent bg-accent-solid text-on-solid hover:brightness-110",
  stop: "border border-crit bg-transparent text-crit hover:bg-raised",
  "stop-now": "border border-transparent bg-crit-solid text-on-solid hover:brightness-110",
  bare: "border border-transparent text-text-2 hover:bg-raised hover:text-text",
};

export interface ButtonProps extends ComponentProps<"button"> {
  look?: Look;
  /** why it cannot be pressed now; it stays focusable so that the reason can be read */
  why?: string | null;
  /** keeps its label and adds "…" */
  busy?: boolean;
  /** a quiet act inside a line of small text, or a lone icon */
  size?: "normal" | "small" | "icon";
}

const SIZES = {
  normal: "min-h-8 px-3 text-body max-side:min-h-11",
  small: "min-h-6 px-1.5 text-label max-side:min-h-11",
  icon: "size-8 max-side:size-11",
} as const;

export function Button({
  look = "plain",
  why = null,
  busy = false,
  size = "normal",
  className,
  children,
  onClick,
  ...rest
}: ButtonProps) {
  const off = why !== null || busy;
  return (
    <Hint text={why}>
      <button
        type="button"
        {...rest}
        aria-disabled={off || undefined}
        aria-busy={busy || undefined}
        onClick={off ? (event) => event.preventDefault() : onClick}
        className={cx(
          "inline-flex items-center justify-center gap-2 rounded-control font-medium",
          SIZES[size],
          "whitespace-nowrap transition-[filter,background-color,border-color,color]",
          why === null ? LOOKS[look] : "border border-line-strong border-dashed text-text-3",
          className,
        )}
      >
        {children}
        {busy && "…"}
      </button>
    </Hint>
  );
}
