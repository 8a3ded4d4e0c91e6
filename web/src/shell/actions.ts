// Which commands really work, and which key runs each?
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useRef } from "react";
import { api } from "@/api/client";
import { queryClient, sessionQuery, useSession } from "@/api/queries";
import { useStatus } from "@/feed/hooks";
import { FIRST_RANGE, neighbour, RANGE_WORDS, RANGES, searchOf } from "@/overview/ranges";
import type { KeyAction } from "@/state/keyboard";
import { switchPrivacy, usePrivacy } from "@/state/privacy";
import { show } from "@/state/screen";
import { switchTheme, theme } from "@/state/theme";
import { toast } from "@/state/toasts";

export interface Command {
  readonly label: string;
  readonly keys?: string;
  readonly run: () => void;
}

async function signOut(): Promise<void> {
  try {
    await api.signOut();
    toast("Signed out.");
  } catch {
    toast("Not signed out: the service did not take it. Try again.");
  }
  await queryClient.invalidateQueries(sessionQuery);
}

export function useKeyActions(): readonly KeyAction[] {
  const navigate = useNavigate();
  const range = useSearch({ strict: false }).range ?? FIRST_RANGE;
  // two quick presses are two steps, though the address follows a moment later
  const wanted = useRef(range);
  useEffect(() => {
    wanted.current = range;
  }, [range]);
  return useMemo(() => {
    const step = (by: -1 | 1) => {
      wanted.current = neighbour(wanted.current, by);
      void navigate({ to: "/", search: searchOf(wanted.current), replace: true });
    };
    return [
      { keys: "g o", label: "Go to Overview", run: () => void navigate({ to: "/" }) },
      { keys: "/", label: "Run a command", run: () => show("commands") },
      { keys: "[", label: "Chart: shorter range", run: () => step(-1) },
      { keys: "]", label: "Chart: longer range", run: () => step(1) },
      { keys: "t", label: "Light or dark", run: switchTheme },
      { keys: "Shift+P", label: "Hide or show money", run: switchPrivacy },
      { keys: "Shift+H", label: "Halt …", run: () => show("halt") },
      { keys: "?", label: "Keys", run: () => show("keys") },
    ];
  }, [navigate]);
}

export function useCommands(): readonly Command[] {
  const navigate = useNavigate();
  const hidden = usePrivacy();
  const state = useStatus((status) => status.trading_state);
  const signedIn = useSession()?.signed_in ?? false;
  const resume: Command[] =
    state === "HALTED" || state === "REDUCING" ? [{ label: "Resume …", run: () => show("resume") }] : [];
  const halt: Command[] = state === "HALTED" ? [] : [{ label: "Halt …", keys: "Shift+H", run: () => show("halt") }];
  return [
    { label: "Go to Overview", keys: "g o", run: () => void navigate({ to: "/" }) },
    ...halt,
    ...resume,
    { label: hidden ? "Show money" : "Hide money", keys: "Shift+P", run: switchPrivacy },
    { label: "Colours: dark", run: () => theme.set("dark") },
    { label: "Colours: light", run: () => theme.set("light") },
    { label: "Colours: as the system", run: () => theme.set("system") },
    ...RANGES.map((range) => ({
      label: `Chart: ${RANGE_WORDS[range].long}`,
      run: () => void navigate({ to: "/", search: searchOf(range), replace: true }),
    })),
    { label: "Keys", keys: "?", run: () => show("keys") },
    ...(signedIn ? [{ label: "Sign out", run: () => void signOut() }] : []),
  ];
}

export function matching(commands: readonly Command[], typed: string): readonly Command[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return commands.filter(({ label }) => words.every((word) => label.toLowerCase().includes(word)));
}
