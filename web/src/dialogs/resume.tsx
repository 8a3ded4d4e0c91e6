// How does trading start again? With thought: who stopped it and why, a reason, the account's name, a fresh sign-in.
import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { api } from "@/api/client";
import { asProblem, codeOf } from "@/api/problem";
import { useSession } from "@/api/queries";
import type { Problem, Status } from "@/api/types";
import { useLost, usePart } from "@/feed/hooks";
import { age, count } from "@/lib/format";
import { moment, secondsBetween } from "@/lib/time";
import { whoText } from "@/shell/banner-of";
import { useAccount } from "@/state/account";
import { toast } from "@/state/toasts";
import { Button } from "@/ui/button";
import { ExplainList } from "@/ui/explain";
import { Field } from "@/ui/field";
import { Modal } from "@/ui/modal";
import { ProblemNote } from "@/ui/problem-note";

type Goal = "REDUCING" | "ACTIVE";

const MEANS: Record<Goal, string> = {
  REDUCING: "REDUCING lets orders pass that reduce a position.",
  ACTIVE: "ACTIVE lets every order pass that the gate approves.",
};

export default function ResumeDialog({ onClose }: { onClose: () => void }) {
  const { account } = useAccount();
  const status = usePart("status");
  const session = useSession();
  const title = `Resume ${account.name}, ${account.mode}`;
  if (session !== null && !session.signed_in) {
    return (
      <Modal
        title={title}
        description="Resuming needs a sign-in. Open the one-time link that the demo printed, or run counterpoise token link for a new one."
        onClose={onClose}
      >
        <div className="flex justify-end">
          <Button onClick={onClose}>Back</Button>
        </div>
      </Modal>
    );
  }
  if (status === null || status.trading_state === "ACTIVE") {
    return (
      <Modal title={title} description="Nothing is stopped: the account is ACTIVE." onClose={onClose}>
        <div className="flex justify-end">
          <Button onClick={onClose}>Close</Button>
        </div>
      </Modal>
    );
  }
  return <Form title={title} status={status} onClose={onClose} />;
}

/** The same refusal in words that say what to do here; whatever has none keeps the service's own. */
export function resumeProblem(problem: Problem): Problem {
  switch (problem.code) {
    case "SIGN_IN_AGAIN":
      return {
        ...problem,
        title: "Your sign-in is too old to resume.",
        detail: "Run counterpoise token link, open the one-time link that it prints, and resume within 15 minutes.",
      };
    case "STATE_REFUSED":
      return { ...problem, title: problem.title || "The gate refuses to resume now." };
    default:
      return problem;
  }
}

function Form({ title, status, onClose }: { title: string; status: Status; onClose: () => void }) {
  const { account } = useAccount();
  const me = useSession()?.name ?? null;
  const lost = useLost();
  const [reason, setReason] = useState("");
  const [typed, setTyped] = useState("");
  const [tried, setTried] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  const name = useRef<HTMLInputElement>(null);
  const change = useMutation({
    mutationFn: (state: Goal) => api.changeState(account.id, { state, reason: reason.trim(), confirm: typed.trim() }),
    onSuccess: ({ trading_state }) => {
      toast(`${account.name}, ${account.mode} is ${trading_state}. Nothing was sent by that.`);
      onClose();
    },
  });

  const noReason = reason.trim() === "" ? "Say why trading may start again." : null;
  const wrongName =
    typed.trim() === account.name ? null : `Type ${account.name}, the account's name, exactly as it is written.`;
  const refusedName = change.isError && codeOf(change.error) === "CONFIRMATION_MISSING";
  const press = (state: Goal) => {
    setTried(true);
    if (change.isPending) return;
    if (noReason !== null) first.current?.focus();
    else if (wrongName !== null) name.current?.focus();
    else change.mutate(state);
  };
  const why = lost ? "Live updates stopped: what the account holds now is not known here." : null;
  const halted = status.trading_state === "HALTED";
  const busy = change.isPending ? change.variables : null;

  return (
    <Modal title={title} description="Resuming sends nothing by itself." onClose={onClose} focus={first}>
      <div className="flex flex-col gap-4">
        <ExplainList rows={facts(status, me)} />
        <p>
          {halted && `${MEANS.REDUCING} `}
          {MEANS.ACTIVE}
        </p>
        <Field
          ref={first}
          label="Reason"
          value={reason}
          maxLength={200}
          onChange={(event) => setReason(event.target.value)}
          error={tried ? noReason : null}
        />
        <Field
          ref={name}
          label={`Account name: type ${account.name}`}
          value={typed}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setTyped(event.target.value)}
          error={tried || refusedName ? wrongName : null}
        />
        {change.isError && <ProblemNote problem={resumeProblem(asProblem(change.error))} />}
        <div className="flex flex-wrap justify-end gap-2 max-side:flex-col-reverse">
          <Button look="bare" onClick={onClose}>
            Back
          </Button>
          <Button
            look={halted ? "plain" : "primary"}
            why={why}
            busy={busy === "ACTIVE"}
            onClick={() => press("ACTIVE")}
          >
            Resume to ACTIVE
          </Button>
          {halted && (
            <Button look="primary" why={why} busy={busy === "REDUCING"} onClick={() => press("REDUCING")}>
              Resume to REDUCING
            </Button>
          )}
        </div>
      </div>
    </Modal>
  );
}

function facts(status: Status, me: string | null): readonly (readonly [string, string])[] {
  const { state_since: since, account, counts } = status;
  const stopped = status.trading_state === "HALTED" ? "Halted" : "Reducing";
  return [
    [`${stopped} by`, status.state_by === null ? "nobody named" : whoText(status.state_by, me)],
    ["Why", status.state_reason || "no reason given"],
    [
      "Since",
      since === null
        ? "not known"
        : `${moment(since, account.time_zone)}, ${age(secondsBetween(since, status.as_of))} ago`,
    ],
    ["Open breaks", count(counts.breaks)],
    ["Orders", `${count(counts.open_orders)} working, ${count(counts.unknown_orders)} unknown`],
  ];
}
