// How does the page talk to the service? Same origin, the session's token on every write, every failure an exception.
import createClient from "openapi-fetch";
import { NoAnswer, problemFrom, ServiceProblem } from "./problem";
import type { paths } from "./schema";
import type { HistoryRange, KillSwitchChange, ReplayChange } from "./types";

const READ_MS = 10_000;
const WRITE_MS = 15_000;

let csrfToken: string | null = null;

export function rememberCsrfToken(session: { csrf_token: string | null }): void {
  csrfToken = session.csrf_token;
}

const client = createClient<paths>({
  baseUrl: typeof location === "undefined" ? "http://localhost" : location.origin,
  // looked up at each call, so that a test can put its own in place
  fetch: (request) => globalThis.fetch(request),
});

client.use({
  onRequest({ request }) {
    if (request.method !== "GET" && csrfToken !== null) request.headers.set("X-CSRF-Token", csrfToken);
    return request;
  },
});

interface Result<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

async function answer<Data>(call: Promise<Result<Data>>): Promise<Data> {
  let result: Result<Data>;
  try {
    result = await call;
  } catch (error) {
    throw new NoAnswer(error instanceof Error ? error.message : String(error));
  }
  if (!result.response.ok) throw new ServiceProblem(problemFrom(result.response.status, result.error));
  return result.data as Data;
}

const reading = (signal?: AbortSignal): { signal: AbortSignal } => ({
  signal: signal ? AbortSignal.any([signal, AbortSignal.timeout(READ_MS)]) : AbortSignal.timeout(READ_MS),
});
const writing = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(WRITE_MS) });
const of = (account: string) => ({ path: { account } });
const sending = <Body>(body: Body) => ({ body, ...writing() });

export const api = {
  session: (signal?: AbortSignal) => answer(client.GET("/api/v1/session", reading(signal))),

  signIn: (code: string) => answer(client.POST("/api/v1/sessions", sending({ code }))),

  signOut: () => answer(client.DELETE("/api/v1/session", writing())),

  accounts: (signal?: AbortSignal) => answer(client.GET("/api/v1/accounts", reading(signal))),

  equityHistory: (account: string, range: HistoryRange, signal?: AbortSignal) =>
    answer(
      client.GET("/api/v1/accounts/{account}/equity-history", {
        params: { ...of(account), query: { range } },
        ...reading(signal),
      }),
    ),

  changeState: (account: string, body: KillSwitchChange) =>
    answer(
      client.POST("/api/v1/accounts/{account}/kill-switch", {
        params: of(account),
        ...sending(body),
      }),
    ),

  changeReplay: (body: ReplayChange) => answer(client.PUT("/api/v1/replay", sending(body))),
};
