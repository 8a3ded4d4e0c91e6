// What frames a dialog or a drawer? It traps focus, gives it back, and says its name.
import { X } from "lucide-react";
import { Dialog } from "radix-ui";
import { type ReactNode, useState } from "react";
import { cx } from "@/lib/cx";

export interface ModalProps {
  title: ReactNode;
  /** one sentence under the title, spoken with it */
  description?: ReactNode;
  onClose: () => void;
  /** a dialog in the middle, or a drawer at the right that leaves the page in view */
  place?: "middle" | "right";
  /** where focus goes when it opens; the first control where not given */
  focus?: React.RefObject<HTMLElement | null>;
  children: ReactNode;
}

export function Modal({ title, description, onClose, place = "middle", focus, children }: ModalProps) {
  const [before] = useState(() => document.activeElement);
  return (
    <Dialog.Root open onOpenChange={(open) => open || onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="pop fixed inset-0 z-40 bg-black/60" />
        <Dialog.Content
          {...(description === undefined ? { "aria-describedby": undefined } : {})}
          onOpenAutoFocus={(event) => {
            if (!focus?.current) return;
            event.preventDefault();
            focus.current.focus();
          }}
          onCloseAutoFocus={(event) => {
            // opened by a key or a command it has no trigger to go back to
            event.preventDefault();
            if (before instanceof HTMLElement && before.isConnected) before.focus();
          }}
          className={cx(
            "pop fixed z-40 flex flex-col border border-line-strong bg-surface text-text-2 shadow-card",
            place === "middle"
              ? "top-1/2 left-1/2 max-h-[calc(100dvh-2rem)] w-[min(34rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 rounded-card"
              : "max-side:inset-x-0 max-side:bottom-0 max-side:max-h-[85dvh] max-side:rounded-t-card side:inset-y-0 side:right-0 side:w-105",
          )}
        >
          <div className="flex items-start gap-3 px-5 pt-4 pb-2">
            <Dialog.Title className="min-w-0 flex-1 break-words font-semibold text-text text-title">
              {title}
            </Dialog.Title>
            <Dialog.Close
              aria-label="Close"
              className="-mr-2 inline-flex size-7 items-center justify-center rounded-control text-text-3 hover:bg-raised hover:text-text max-side:size-11"
            >
              <X aria-hidden size={16} strokeWidth={1.75} />
            </Dialog.Close>
          </div>
          <div className="min-h-0 overflow-y-auto px-5 pb-5">
            {description !== undefined && (
              <Dialog.Description className="mb-3 break-words text-form">{description}</Dialog.Description>
            )}
            {children}
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
