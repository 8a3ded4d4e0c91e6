// How is a short explanation shown on hover and on focus? Escape closes it; it can be hovered (WCAG 1.4.13).
import { Tooltip } from "radix-ui";
import { type ReactNode, useState } from "react";

export interface HintProps {
  /** null where there is nothing to say: the control inside stays the same element */
  text: string | null;
  side?: "top" | "right" | "bottom" | "left";
  children: ReactNode;
}

export function Hint({ text, side = "bottom", children }: HintProps) {
  const [open, setOpen] = useState(false);
  return (
    <Tooltip.Root open={open && text !== null} onOpenChange={setOpen}>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className="pop z-50 max-w-72 rounded-control border border-line-strong bg-raised px-2.5 py-1.5 text-label text-text shadow-card"
        >
          {text}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}

export function HintProvider({ children }: { children: ReactNode }) {
  return (
    <Tooltip.Provider delayDuration={300} skipDelayDuration={200}>
      {children}
    </Tooltip.Provider>
  );
}
