// Where do results of my own acts appear? Bottom right, six seconds, paused on hover and focus.
import { X } from "lucide-react";
import { Toast } from "radix-ui";
import { dismiss, useToasts } from "@/state/toasts";

export function Toaster() {
  const toasts = useToasts();
  return (
    <Toast.Provider duration={6000} label="Result" swipeDirection="right">
      {toasts.map((item) => (
        <Toast.Root
          key={item.id}
          onOpenChange={(open) => open || dismiss(item.id)}
          className="pop flex items-start gap-3 rounded-card border border-line-strong bg-raised px-4 py-3 shadow-card"
        >
          <Toast.Description className="flex-1 text-body text-text">{item.text}</Toast.Description>
          <Toast.Close
            aria-label="Dismiss"
            className="-my-1 -mr-2 inline-flex size-7 items-center justify-center rounded-control text-text-3 hover:text-text max-side:size-11"
          >
            <X aria-hidden size={16} strokeWidth={1.75} />
          </Toast.Close>
        </Toast.Root>
      ))}
      <Toast.Viewport
        label="Results ({hotkey})"
        className="fixed right-4 bottom-4 z-50 flex w-[min(24rem,calc(100vw-2rem))] flex-col gap-2 max-side:bottom-20"
      />
    </Toast.Provider>
  );
}
