// How do tests put a component on a screen with an account, a session and a feed?
import { QueryClientProvider } from "@tanstack/react-query";
import { act, render } from "@testing-library/react";
import type { ReactNode } from "react";
import { rememberCsrfToken } from "@/api/client";
import { queryClient, sessionQuery } from "@/api/queries";
import type { Account, Overview, Session } from "@/api/types";
import { feed, PAINT_MS } from "@/feed/store";
import { AccountContext } from "@/state/account";
import { HintProvider } from "@/ui/hint";
import { ACCOUNT, overview, SESSION } from "./sample";

export interface ScreenOptions {
  session?: Session;
  accounts?: readonly Account[];
}

export function screenOf(children: ReactNode, { session = SESSION, accounts = [ACCOUNT] }: ScreenOptions = {}) {
  queryClient.clear();
  queryClient.setQueryData(sessionQuery.queryKey, session);
  rememberCsrfToken(session);
  const [account = ACCOUNT] = accounts;
  return render(
    <QueryClientProvider client={queryClient}>
      <HintProvider>
        <AccountContext value={{ account, accounts, choose: () => {} }}>{children}</AccountContext>
      </HintProvider>
    </QueryClientProvider>,
  );
}

export const painted = (): Promise<void> => act(() => new Promise<void>((done) => setTimeout(done, PAINT_MS + 20)));

/** The feed says this, and it is painted. */
export async function feedSays(change: (sample: Overview) => void = () => {}): Promise<Overview> {
  const data = overview();
  change(data);
  feed.dispatch({
    type: "message",
    now: performance.now(),
    account: ACCOUNT.id,
    message: { type: "snapshot", channel: "overview", account: ACCOUNT.id, cursor: data.cursor, data },
  });
  await painted();
  return data;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly csrf: string | null;
}

export interface Said {
  readonly status: number;
  readonly body: unknown;
}

/** A service that answers every call in order of what it was told, and remembers what it was asked. */
export function serve(answers: Record<string, (call: Call) => Said | Promise<Said>>): Call[] {
  const calls: Call[] = [];
  globalThis.fetch = async (input) => {
    const request = input as Request;
    const text = await request.text();
    const call: Call = {
      method: request.method,
      path: new URL(request.url).pathname,
      body: text ? JSON.parse(text) : null,
      csrf: request.headers.get("X-CSRF-Token"),
    };
    calls.push(call);
    const answer = answers[`${call.method} ${call.path}`];
    if (!answer) throw new TypeError(`nobody answers ${call.method} ${call.path}`);
    const { status, body } = await answer(call);
    const type = status >= 400 ? "application/problem+json" : "application/json";
    return new Response(JSON.stringify(body), { status, headers: { "content-type": type } });
  };
  return calls;
}

export const problem = (status: number, code: string, title: string, detail: string) => ({
  status,
  body: { type: "about:blank", title, status, detail, code, trace_id: "7f3a91c2" },
});
