// What does the page know, and what does each event of the feed change in it? Pure functions only.
import { replaceEqualDeep } from "@tanstack/react-query";
import type { Ages, ChangedParts, Overview, ServerMessage } from "@/api/types";

export type OverviewParts = Omit<Overview, "cursor" | "ages">;

export interface FeedState {
  /** null before the first snapshot */
  readonly overview: OverviewParts | null;
  readonly cursor: string | null;
  readonly ages: Ages | null;
  /** milliseconds of the monotonic clock at which `ages` were received */
  readonly heardAt: number | null;
  /** when the connection began to be missing: the start, or the last close */
  readonly downSince: number | null;
  readonly problem: { readonly code: string; readonly detail: string } | null;
  readonly signInNeeded: boolean;
}

export type FeedEvent =
  | { type: "started"; now: number }
  | { type: "opened" }
  | { type: "closed"; now: number }
  | { type: "sign-in-needed" }
  | { type: "message"; now: number; account: string; message: ServerMessage };

export const EMPTY: FeedState = {
  overview: null,
  cursor: null,
  ages: null,
  heardAt: null,
  downSince: null,
  problem: null,
  signInNeeded: false,
};

export function reduce(state: FeedState, event: FeedEvent): FeedState {
  switch (event.type) {
    case "started":
      return { ...EMPTY, downSince: event.now };
    case "opened":
      return { ...state, problem: null, signInNeeded: false };
    case "closed":
      return state.downSince === null ? { ...state, downSince: event.now } : state;
    case "sign-in-needed":
      return { ...state, signInNeeded: true };
    case "message":
      return onMessage(state, event.message, event.account, event.now);
  }
}

function onMessage(state: FeedState, message: ServerMessage, account: string, now: number): FeedState {
  switch (message.type) {
    case "snapshot": {
      if (message.account !== account) return state;
      const { ages, cursor: _, ...parts } = message.data;
      return {
        ...state,
        overview: share(state.overview, parts),
        cursor: message.cursor,
        ages,
        heardAt: now,
        downSince: null,
        problem: null,
      };
    }
    case "change":
      // a change without a snapshot before it has nothing to change
      if (message.account !== account || state.overview === null) return state;
      return {
        ...state,
        overview: share(state.overview, withParts(state.overview, message.data)),
        cursor: message.cursor,
      };
    case "heartbeat":
      return { ...state, ages: share(state.ages, message.ages), heardAt: now, downSince: null };
    case "error":
      return { ...state, problem: { code: message.code, detail: message.detail } };
  }
}

function withParts(overview: OverviewParts, parts: ChangedParts): OverviewParts {
  return {
    status: parts.status ?? overview.status,
    figures: parts.figures ?? overview.figures,
    positions: parts.positions ?? overview.positions,
    gate: parts.gate ?? overview.gate,
    activity: parts.activity ?? overview.activity,
  };
}

/** What is equal keeps its identity, so that only what changed is painted again. */
function share<T>(before: T | null, after: T): T {
  return before === null ? after : (replaceEqualDeep(before, after) as T);
}
