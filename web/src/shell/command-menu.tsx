// How is a command found and run without the pointer?
import { type KeyboardEvent, useId, useRef, useState } from "react";
import { cx } from "@/lib/cx";
import { show } from "@/state/screen";
import { Modal } from "@/ui/modal";
import { type Command, matching, useCommands } from "./actions";
import { Keys } from "./keys-help";

export function CommandMenu() {
  const commands = useCommands();
  const [typed, setTyped] = useState("");
  const [marked, setMarked] = useState(0);
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const found = matching(commands, typed);
  const at = Math.min(marked, found.length - 1);

  const run = (command: Command | undefined) => {
    if (!command) return;
    show("none");
    command.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (step !== undefined && found.length > 0) {
      event.preventDefault();
      setMarked((at + step + found.length) % found.length);
    }
    if (event.key === "Enter") {
      event.preventDefault();
      run(found[at]);
    }
  };

  return (
    <Modal title="Run a command" onClose={() => show("none")} focus={field}>
      <input
        ref={field}
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={found[at] ? `${id}-${at}` : undefined}
        aria-label="Command"
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setMarked(0);
        }}
        onKeyDown={onKeyDown}
        className="h-10 w-full rounded-control border border-line-strong bg-canvas px-3 text-form text-text max-side:h-11 max-side:text-title"
      />
      <div id={id} role="listbox" aria-label="Commands" className="mt-2 max-h-80 overflow-y-auto">
        {found.map((command, index) => (
          // biome-ignore lint/a11y/useFocusableInteractive: focus stays in the field, which names the marked option
          // biome-ignore lint/a11y/useKeyWithClickEvents: Enter in the field runs the marked option
          <div
            key={command.label}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            ref={(element) => {
              if (index === at) element?.scrollIntoView?.({ block: "nearest" });
            }}
            onPointerMove={() => setMarked(index)}
            onClick={() => run(command)}
            className={cx(
              "flex min-h-9 cursor-pointer items-center gap-3 rounded-control px-3 text-body text-text max-side:min-h-11",
              index === at && "bg-raised outline-1 outline-line-strong -outline-offset-1",
            )}
          >
            <span className="flex-1">{command.label}</span>
            {command.keys && <Keys keys={command.keys} />}
          </div>
        ))}
      </div>
      {found.length === 0 && <p className="px-3 py-2 text-text-3">No such command.</p>}
    </Modal>
  );
}
