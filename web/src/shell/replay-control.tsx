// Where is the replay, and how is it steered? Only in the demo; steering needs a sign-in.
import { useMutation } from "@tanstack/react-query";
import { Check, ChevronDown, Pause, Play } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { api } from "@/api/client";
import { asProblem } from "@/api/problem";
import { useSession } from "@/api/queries";
import type { Replay, ReplayChange } from "@/api/types";
import { useStatus } from "@/feed/hooks";
import { compare } from "@/lib/decimal";
import { count, exact } from "@/lib/format";
import { dayText } from "@/lib/time";
import { toast } from "@/state/toasts";
import { Button } from "@/ui/button";
import { Menu, MenuItem } from "@/ui/menu";

export const SPEEDS: readonly (string | null)[] = ["1", "4", "16", "64", null];

export function speedWords(speed: string | null): string {
  if (speed === null) return "fastest";
  return compare(speed, "1") === 0 ? "1 day/s" : `${exact(speed)} days/s`;
}

const sameSpeed = (a: string | null, b: string | null): boolean =>
  a === null || b === null ? a === b : compare(a, b) === 0;

export function whyNotSteered(replay: Replay, signedIn: boolean): string | null {
  if (replay.finished) return "The replay is at its end.";
  return signedIn ? null : "Steering the replay needs a sign-in. Open the one-time link that the demo printed.";
}

export function ReplayControl() {
  const replay = useStatus((status) => status.replay);
  const signedIn = useSession()?.signed_in ?? false;
  const change = useMutation({
    mutationFn: (body: ReplayChange) => api.changeReplay(body),
    onError: (error) => {
      const problem = asProblem(error);
      toast(`${problem.title} ${problem.detail}`);
    },
  });
  if (!replay) return null;
  const why = whyNotSteered(replay, signedIn);
  const act = replay.paused ? "Play" : "Pause";
  const Icon = replay.paused ? Play : Pause;
  return (
    <fieldset className="flex items-center gap-1.5">
      <legend className="sr-only">Replay</legend>
      <span className="whitespace-nowrap text-label text-text-3" title={dayText(replay.day)}>
        day <span className="font-medium text-text">{count(replay.number)}</span> of {count(replay.days)}
        {replay.finished && ", finished"}
      </span>
      <Button
        look="bare"
        size="icon"
        aria-label={`${act} the replay`}
        why={why}
        onClick={() => change.mutate({ paused: !replay.paused })}
      >
        <Icon aria-hidden size={14} strokeWidth={2} />
      </Button>
      {why === null ? (
        <DropdownMenu.Root>
          <DropdownMenu.Trigger
            aria-label={`Speed, ${speedWords(replay.days_per_second)}`}
            className="flex h-8 items-center gap-1 whitespace-nowrap rounded-control px-1.5 text-label text-text-2 hover:bg-raised max-side:h-11"
          >
            {speedWords(replay.days_per_second)}
            <ChevronDown aria-hidden size={12} className="text-text-3" />
          </DropdownMenu.Trigger>
          <Menu>
            {SPEEDS.map((speed) => (
              <MenuItem key={speedWords(speed)} onSelect={() => change.mutate({ days_per_second: speed })}>
                <span className="flex-1">{speedWords(speed)}</span>
                {sameSpeed(speed, replay.days_per_second) && <Check aria-label="now" size={14} />}
              </MenuItem>
            ))}
          </Menu>
        </DropdownMenu.Root>
      ) : (
        <span className="whitespace-nowrap text-label text-text-3 max-wide:hidden">
          {speedWords(replay.days_per_second)}
        </span>
      )}
    </fieldset>
  );
}
