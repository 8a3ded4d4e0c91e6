// Who is here, with which account? Everything inside has both, and the feed of that account.
import { useQuery } from "@tanstack/react-query";
import { Navigate, Outlet } from "@tanstack/react-router";
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { asProblem } from "@/api/problem";
import { accountsQuery, queryClient, sessionQuery } from "@/api/queries";
import type { Account } from "@/api/types";
import { useFeed } from "@/feed/hooks";
import { feed } from "@/feed/store";
import { AccountContext, chosenOf, remember } from "@/state/account";
import { Button } from "@/ui/button";
import { ProblemNote } from "@/ui/problem-note";
import { useWaiting } from "@/ui/skeleton";
import { Mark } from "./mark";
import { Shell } from "./shell";

export function Frame() {
  const session = useQuery(sessionQuery);
  const mayRead = session.data !== undefined && (session.data.signed_in || session.data.reads_open);
  const accounts = useQuery({ ...accountsQuery, enabled: mayRead });
  const waiting = useWaiting(session.data !== undefined && (!mayRead || accounts.data !== undefined));
  const failed = session.error ?? accounts.error;

  if (failed) {
    return (
      <Alone>
        <ProblemNote
          problem={asProblem(failed)}
          act={<Button onClick={() => void queryClient.invalidateQueries()}>Try again</Button>}
        />
      </Alone>
    );
  }
  if (session.data && !mayRead) return <Navigate to="/sign-in" />;
  if (!accounts.data) return waiting === "skeleton" ? <Alone>Opening the book …</Alone> : null;
  if (accounts.data.length === 0) {
    return (
      <Alone>
        <p className="font-semibold text-text text-title">No account yet.</p>
        <p>
          Start one with paper money: <code className="font-mono text-text">counterpoise demo</code> opens an account of
          100,000 USD and replays real prices. Connecting a broker arrives with a later version.
        </p>
      </Alone>
    );
  }
  return <WithAccount accounts={accounts.data} />;
}

function WithAccount({ accounts }: { accounts: readonly Account[] }) {
  const [account, setAccount] = useState(() => chosenOf(accounts));
  const value = useMemo(
    () =>
      account && {
        account,
        accounts,
        choose: (next: Account) => {
          remember(next);
          setAccount(next);
        },
      },
    [account, accounts],
  );
  const id = account?.id;
  useEffect(() => {
    if (id === undefined) return;
    return feed.connect(id, `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
  }, [id]);
  const signInNeeded = useFeed((state) => state.signInNeeded);
  useEffect(() => {
    if (signInNeeded) void queryClient.invalidateQueries(sessionQuery);
  }, [signInNeeded]);
  if (value === null) return null;
  return (
    <AccountContext value={value}>
      <Shell title="Overview">
        <Outlet />
      </Shell>
    </AccountContext>
  );
}

export function Alone({ children }: { children: ReactNode }) {
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-lg flex-col justify-center p-4 text-form">
      <div className="flex flex-col gap-4 rounded-card border border-line bg-surface p-6 shadow-card">
        <h1 className="flex items-center gap-3 font-semibold text-text text-title">
          <Mark /> Counterpoise
        </h1>
        {children}
      </div>
    </main>
  );
}
