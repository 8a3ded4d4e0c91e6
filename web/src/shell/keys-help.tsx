// Which keys are there?
import type { KeyAction } from "@/state/keyboard";
import { show } from "@/state/screen";
import { Modal } from "@/ui/modal";

export function Keys({ keys }: { keys: string }) {
  return (
    <span className="flex items-center gap-1">
      {keys.split(/[ +]/).map((key) => (
        <kbd key={key} className="rounded-tag border border-line-strong px-1.5 font-sans text-age text-text-2">
          {key}
        </kbd>
      ))}
    </span>
  );
}

export function KeysHelp({ actions }: { actions: readonly KeyAction[] }) {
  return (
    <Modal
      title="Keys"
      description="They are off inside fields and dialogs. No key sends an order."
      onClose={() => show("none")}
    >
      <dl className="grid grid-cols-[1fr_auto] gap-x-6 gap-y-2 text-body">
        {actions.map(({ keys, label }) => (
          <div key={keys} className="contents">
            <dt className="text-text">{label}</dt>
            <dd>
              <Keys keys={keys} />
            </dd>
          </div>
        ))}
        <dt className="text-text">Close a dialog</dt>
        <dd>
          <Keys keys="Esc" />
        </dd>
        <dt className="text-text">Walk the points of the focused chart</dt>
        <dd>
          <Keys keys="← →" />
        </dd>
      </dl>
    </Modal>
  );
}
