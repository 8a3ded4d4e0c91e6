// How is everything stopped? One press away on every page, in numbers; works with a login alone.
import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { api } from "@/api/client";
import { asProblem } from "@/api/problem";
import { useSession } from "@/api/queries";
import type { Account, EndedOrder } from "@/api/types";
import { useLost, usePart } from "@/feed/hooks";
import { plural } from "@/lib/format";
import { ordersText } from "@/shell/banner-of";
import { useAccount } from "@/state/account";
import { toast } from "@/state/toasts";
import { Button } from "@/ui/button";
import { Field } from "@/ui/field";
import { Modal } from "@/ui/modal";
import { ProblemNote } from "@/ui/problem-note";
import { ELSE_TO_DO, haltWords } from "./halt-words";
import { mergeResults, OrderResults } from "./order-results";

type Stop = "HALTED" | "REDUCING";

export function HaltDialog({ onClose }: { onClose: () => void }) {
  const { account } = useAccount();
  const session = useSession();
  // before the session is known, the service decides
  if (session !== null && !session.signed_in) {
    return (
      <Modal
        title={`Halt ${account.name}, ${account.mode}?`}
        description="Halting needs a sign-in. Open the one-time link that the demo printed."
        onClose={onClose}
      >
        <p className="mb-4 text-text-3">{ELSE_TO_DO}</p>
        <div className="flex justify-end">
          <Button onClick={onClose}>Back</Button>
        </div>
      </Modal>
    );
  }
  return <SignedInHalt onClose={onClose} />;
}

/** The button that had the focus is gone: Enter closes now. */
const focusIt = (button: HTMLButtonElement | null): void => button?.focus();

const DONE: Record<Stop, string> = {
  HALTED: "Nothing is sent. Fills are still booked.",
  REDUCING: "Only orders that reduce a position are sent.",
};

interface Outcome {
  state: Stop;
  orders: EndedOrder[];
  accounts: number;
}

/** Every account is tried, whatever happens to another; the first failure is told when all have answered. */
async function stop(accounts: readonly Account[], state: Stop, reason: string): Promise<Outcome> {
  const results = await Promise.allSettled(accounts.map(({ id }) => api.changeState(id, { state, reason })));
  const orders: EndedOrder[] = [];
  for (const result of results) {
    if (result.status === "rejected") throw result.reason;
    orders.push(...result.value.orders);
  }
  return { state, orders, accounts: accounts.length };
}

function SignedInHalt({ onClose }: { onClose: () => void }) {
  const { account, accounts } = useAccount();
  const status = usePart("status");
  const lost = useLost();
  const [reason, setReason] = useState("");
  const [all, setAll] = useState(false);
  const first = useRef<HTMLButtonElement>(null);
  const change = useMutation({
    mutationFn: (state: Stop) => stop(all ? accounts : [account], state, reason.trim()),
    onSuccess: ({ state, orders }) => {
      const ended = orders.length === 0 ? "" : ` ${ordersText(orders)}`;
      toast(`${account.name}, ${account.mode}: ${state === "HALTED" ? "halted" : "reducing only"}.${ended}`);
    },
  });

  if (change.isSuccess) {
    // the same dialog goes on, so that focus finds its way back when it closes
    const { state, orders, accounts: count } = change.data;
    const results = mergeResults(orders, count === 1 ? (status?.state_orders ?? []) : []);
    const which = count > 1 ? plural(count, "account") : account.name;
    return (
      <Modal
        title={`${which}, ${account.mode}: ${state === "HALTED" ? "halted" : "reducing only"}`}
        description={`${DONE[state]} ${ordersText(results)}`.trim()}
        onClose={onClose}
      >
        <OrderResults orders={results} />
        <div className="mt-4 flex justify-end">
          <Button ref={focusIt} onClick={onClose}>
            Close
          </Button>
        </div>
      </Modal>
    );
  }
  const busy = change.isPending ? change.variables : null;
  return (
    <Modal
      title={`Halt ${account.name}, ${account.mode}?`}
      description={
        status === null ? "Nothing more is sent, and every working order is cancelled." : haltWords(status).join(" ")
      }
      onClose={onClose}
      focus={first}
    >
      <div className="flex flex-col gap-4">
        {lost && (
          <p className="text-warn">
            Live updates stopped: there may be other orders by now. All that are working are cancelled.
          </p>
        )}
        {accounts.length > 1 && (
          <fieldset className="flex flex-wrap gap-x-5 gap-y-1">
            <legend className="mb-1 font-medium text-body text-text">Scope</legend>
            <Scope label={`This account, ${account.name}`} on={!all} choose={() => setAll(false)} />
            <Scope label={`All ${plural(accounts.length, "account")}`} on={all} choose={() => setAll(true)} />
          </fieldset>
        )}
        <Field
          label="Reason (optional)"
          value={reason}
          maxLength={200}
          onChange={(event) => setReason(event.target.value)}
        />
        {change.isError && (
          <div className="flex flex-col gap-2">
            <ProblemNote problem={asProblem(change.error)} />
            <p className="font-medium text-text">{ELSE_TO_DO}</p>
          </div>
        )}
        <div className="flex flex-wrap justify-end gap-2 max-side:flex-col-reverse">
          <Button look="bare" onClick={onClose}>
            Back
          </Button>
          <Button
            busy={busy === "REDUCING"}
            why={status?.trading_state === "REDUCING" ? "Reducing only already." : null}
            onClick={() => busy === null && change.mutate("REDUCING")}
          >
            Reduce only
          </Button>
          <Button
            ref={first}
            look="stop-now"
            busy={busy === "HALTED"}
            onClick={() => busy === null && change.mutate("HALTED")}
          >
            Halt now
          </Button>
        </div>
      </div>
    </Modal>
  );
}

function Scope({ label, on, choose }: { label: string; on: boolean; choose: () => void }) {
  return (
    <label className="flex min-h-7 items-center gap-2 text-body text-text max-side:min-h-11">
      <input type="radio" name="scope" checked={on} onChange={choose} className="size-4 accent-accent-solid" />
      {label}
    </label>
  );
}
