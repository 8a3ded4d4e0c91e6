// Which answers of the service are kept, and for how long?
import { QueryClient, queryOptions, useQuery } from "@tanstack/react-query";
import { api, rememberCsrfToken } from "./client";
import { NoAnswer } from "./problem";
import type { Account, HistoryRange, Session } from "./types";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) => error instanceof NoAnswer && failures < 3,
      refetchOnWindowFocus: false,
      staleTime: Number.POSITIVE_INFINITY,
    },
    mutations: { retry: false },
  },
});

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async ({ signal }): Promise<Session> => {
    const session = await api.session(signal);
    rememberCsrfToken(session);
    return session;
  },
});

export const accountsQuery = queryOptions({
  queryKey: ["accounts"],
  queryFn: async ({ signal }): Promise<Account[]> => (await api.accounts(signal)).items,
});

/** The tail grows from the feed; reading again slides the window and fills what a fast replay passed over. */
export const HISTORY_EVERY_MS = 20_000;

export const historyQuery = (account: string, range: HistoryRange) =>
  queryOptions({
    queryKey: ["equity-history", account, range],
    queryFn: ({ signal }) => api.equityHistory(account, range, signal),
    staleTime: HISTORY_EVERY_MS,
    refetchInterval: HISTORY_EVERY_MS,
    refetchOnMount: "always",
  });

export function useSession(): Session | null {
  return useQuery(sessionQuery).data ?? null;
}
