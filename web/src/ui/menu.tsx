// What does a menu look like?
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";

export function Menu({ children }: { children: ReactNode }) {
  return (
    <DropdownMenu.Portal>
      <DropdownMenu.Content
        align="start"
        sideOffset={6}
        collisionPadding={8}
        className="pop z-50 min-w-44 rounded-control border border-line-strong bg-raised p-1 shadow-card"
      >
        {children}
      </DropdownMenu.Content>
    </DropdownMenu.Portal>
  );
}

export function MenuItem({ onSelect, children }: { onSelect: () => void; children: ReactNode }) {
  return (
    <DropdownMenu.Item
      onSelect={onSelect}
      className="flex min-h-8 cursor-pointer items-center gap-2 rounded-tag px-2 text-body text-text outline-none data-highlighted:bg-accent-solid data-highlighted:text-on-solid max-side:min-h-11"
    >
      {children}
    </DropdownMenu.Item>
  );
}
