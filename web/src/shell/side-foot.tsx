// Which version is this, in which colours, and which keys are there?
import { Eye, EyeOff, Moon, Sun } from "lucide-react";
import type { ReactNode } from "react";
import { useSession } from "@/api/queries";
import { useChoice } from "@/lib/choice";
import { switchPrivacy, usePrivacy } from "@/state/privacy";
import { show } from "@/state/screen";
import { shownTheme, switchTheme, theme } from "@/state/theme";
import { Hint } from "@/ui/hint";

function Tool({
  name,
  keys,
  onClick,
  children,
}: {
  name: string;
  keys: string;
  onClick: () => void;
  children: ReactNode;
}) {
  return (
    <Hint side="right" text={`${name} (${keys})`}>
      <button
        type="button"
        aria-label={name}
        onClick={onClick}
        className="inline-flex size-6 items-center justify-center rounded-tag text-text-3 hover:bg-raised hover:text-text max-wide:size-9"
      >
        {children}
      </button>
    </Hint>
  );
}

export function SideFoot() {
  const version = useSession()?.version ?? "";
  const hidden = usePrivacy();
  useChoice(theme);
  const dark = shownTheme() === "dark";
  const Colours = dark ? Sun : Moon;
  const Money = hidden ? Eye : EyeOff;
  return (
    <div className="flex items-center gap-1 px-1 max-wide:flex-col max-wide:px-0">
      <span className="mr-auto text-age text-text-3 max-wide:hidden">{version}</span>
      <Tool name={hidden ? "Show money" : "Hide money"} keys="Shift+P" onClick={switchPrivacy}>
        <Money aria-hidden size={14} strokeWidth={1.75} />
      </Tool>
      <Tool name={dark ? "Use light colours" : "Use dark colours"} keys="t" onClick={switchTheme}>
        <Colours aria-hidden size={14} strokeWidth={1.75} />
      </Tool>
      <Tool name="Keys" keys="?" onClick={() => show("keys")}>
        <kbd aria-hidden className="rounded-tag border border-line-strong px-1.5 font-sans text-age">
          ?
        </kbd>
      </Tool>
    </div>
  );
}
