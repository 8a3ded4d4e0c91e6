// What must be known and reachable on every page? Title, PAPER or LIVE, state, mode, clock, commands, Halt.
import { OctagonPause, Search } from "lucide-react";
import { useStatus } from "@/feed/hooks";
import { clockTime } from "@/lib/time";
import { useAccount } from "@/state/account";
import { show } from "@/state/screen";
import { Button } from "@/ui/button";
import { Explain, ExplainList } from "@/ui/explain";
import { Pill, VenuePill } from "@/ui/pill";
import { Mark } from "./mark";
import { ReplayControl } from "./replay-control";
import { MODES, STATES } from "./state-words";

export function Top({ title }: { title: string }) {
  const { account } = useAccount();
  return (
    <header className="sticky top-0 z-30 flex h-13 items-center gap-2 border-line border-b bg-surface px-6 max-side:h-15 max-side:px-3">
      <span className="side:hidden">
        <Mark size={22} />
      </span>
      <h1 className="mr-1 font-semibold text-text text-title max-side:sr-only">{title}</h1>
      <VenuePill mode={account.mode} />
      <StatePill />
      <ModePill />
      <div className="ml-auto flex min-w-0 items-center gap-3">
        <Clock />
        <div className="max-side:hidden">
          <ReplayControl />
        </div>
        <CommandButton />
        <HaltButton />
      </div>
    </header>
  );
}

function StatePill() {
  const state = useStatus((status) => status.trading_state);
  const since = useStatus((status) => status.state_since);
  const by = useStatus((status) => status.state_by);
  const reason = useStatus((status) => status.state_reason);
  const { account } = useAccount();
  if (state === null) return null;
  const look = STATES[state];
  return (
    <Explain
      name={`State ${state}`}
      label={
        <Pill icon={look.icon} tone={look.tone}>
          {state}
        </Pill>
      }
      className="rounded-full"
    >
      <p className="mb-2 text-text">{look.means}</p>
      <ExplainList
        rows={[
          ["Since", since === null ? "the start" : clockTime(since, account.time_zone)],
          ["By", by ?? "nobody"],
          ["Reason", reason || "none given"],
        ]}
      />
    </Explain>
  );
}

function ModePill() {
  const mode = useStatus((status) => status.risk_mode);
  const since = useStatus((status) => status.mode_since);
  const reasons = useStatus((status) => status.mode_reasons);
  const { account } = useAccount();
  if (mode === null) return null;
  const look = MODES[mode];
  return (
    <Explain
      name={`Mode ${mode}`}
      label={
        <Pill icon={look.icon} tone={look.tone}>
          {mode}
        </Pill>
      }
      className="rounded-full max-side:hidden"
    >
      <p className="mb-2 text-text">{look.means}</p>
      {since !== null && <p className="text-label text-text-3">Since {clockTime(since, account.time_zone)}</p>}
      <ul className="mt-1 flex flex-col gap-1 text-label">
        {reasons?.map(({ code, text }) => (
          <li key={code}>
            {text} <span className="font-mono text-text-3">{code}</span>
          </li>
        ))}
      </ul>
    </Explain>
  );
}

function Clock() {
  const text = useStatus((status) => status.clock.text);
  const note = useStatus((status) => status.clock.note);
  if (text === null) return null;
  return (
    <p className="whitespace-nowrap text-label text-text-3 max-side:hidden">
      <span className="font-medium text-text">{text}</span>
      {note && <span className="max-[88rem]:sr-only"> · {note}</span>}
    </p>
  );
}

function CommandButton() {
  return (
    <button
      type="button"
      aria-label="Run a command"
      aria-keyshortcuts="/"
      onClick={() => show("commands")}
      className="flex h-8 w-50 items-center gap-2 rounded-control border border-line-strong bg-canvas px-2.5 text-label text-text-3 hover:text-text max-wide:w-8 max-wide:justify-center max-wide:px-0 max-side:hidden"
    >
      <Search aria-hidden size={14} strokeWidth={1.75} className="shrink-0" />
      <span className="max-wide:hidden">Run a command</span>
      <kbd className="ml-auto rounded-tag border border-line-strong px-1.5 font-sans text-age max-wide:hidden">/</kbd>
    </button>
  );
}

function HaltButton() {
  const halted = useStatus((status) => status.trading_state) === "HALTED";
  return (
    <Button
      look="stop"
      aria-keyshortcuts="Shift+H"
      why={halted ? "Halted already: nothing is sent." : null}
      onClick={() => show("halt")}
    >
      <OctagonPause aria-hidden size={16} strokeWidth={1.75} />
      {halted ? "Halted" : "Halt"}
    </Button>
  );
}
