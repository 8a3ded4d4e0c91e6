// How is a word explained on demand? A button that opens a small panel; works by pointer, touch and key.
import { Popover } from "radix-ui";
import type { ReactNode } from "react";
import { cx } from "@/lib/cx";

export interface ExplainProps {
  /** what the button is called */
  name: string;
  label: ReactNode;
  className?: string;
  children: ReactNode;
}

export function Explain({ name, label, className, children }: ExplainProps) {
  return (
    <Popover.Root>
      <Popover.Trigger aria-label={name} className={cx("text-left", className)}>
        {label}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          aria-label={name}
          align="start"
          sideOffset={6}
          collisionPadding={12}
          className="pop z-40 max-w-[min(24rem,calc(100vw-1.5rem))] rounded-card border border-line-strong bg-raised p-3 text-body text-text-2 shadow-card"
        >
          {children}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

export function ExplainList({ rows }: { rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-label">
      {rows.map(([term, value]) => (
        <div key={term} className="contents">
          <dt className="text-text-3">{term}</dt>
          <dd className="break-words text-text">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
