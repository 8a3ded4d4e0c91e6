// How old is each source now, and what is stale? Counted on from the last heartbeat, by the server's own words at it.
import type { Ages } from "@/api/types";
import { toPixels } from "@/lib/decimal";
import type { FeedState } from "./state";

/** Two missed heartbeats; below five, so that a page looks old within five seconds of the last sign of life. */
export const SILENCE_SECONDS = 4.5;
export type Source = "prices" | "broker" | "ledger";

/** Seconds since the feed was last heard; null while there was nothing yet. */
export function silence(state: FeedState, now: number): number | null {
  if (state.heardAt === null) return state.downSince === null ? null : (now - state.downSince) / 1000;
  return (now - state.heardAt) / 1000;
}

/** No heartbeat for too long: everything is stale, whatever the figures say. */
export function isLost(state: FeedState, now: number): boolean {
  return (silence(state, now) ?? 0) > SILENCE_SECONDS;
}

/** Age of a source in seconds; null where the server knows none. An age is no money: a float is exact enough. */
export function ageOf(state: FeedState, source: Source, now: number): number | null {
  const said = state.ages?.[source].age_seconds ?? null;
  if (said === null || state.heardAt === null) return null;
  return toPixels(said) + (now - state.heardAt) / 1000;
}

/** The server's clock now, in milliseconds since the epoch. */
export function serverNow(state: FeedState, now: number): number | null {
  if (state.ages === null || state.heardAt === null) return null;
  return Date.parse(state.ages.server_time) + (now - state.heardAt);
}

/** Stale by the server's word, by silence, or because the age has passed the limit since the heartbeat. */
export function isStale(state: FeedState, source: Source, now: number): boolean {
  if (isLost(state, now)) return true;
  const { ages } = state;
  if (ages === null) return false;
  return ages[source].stale || (source === "prices" && crossedSince(ages, state, now));
}

/** A closed venue's marks are old without being stale: only an age that was fresh at the heartbeat can cross by itself. */
function crossedSince(ages: Ages, state: FeedState, now: number): boolean {
  const limit = toPixels(ages.stale_after_seconds);
  const said = ages.prices.age_seconds;
  if (said === null || toPixels(said) > limit) return false;
  return (ageOf(state, "prices", now) ?? 0) > limit;
}
