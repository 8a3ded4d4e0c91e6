// How does a component follow one thing of the feed, and be painted again only when that thing changed?
import { useCallback, useSyncExternalStore } from "react";
import type { Status } from "@/api/types";
import { ageOf, isLost, isStale, type Source, serverNow, silence } from "./ages";
import { monotonic, onSecond } from "./clock";
import type { FeedState, OverviewParts } from "./state";
import { feed } from "./store";

/** The selector must give a primitive or something that the state holds: what it builds anew would paint for ever. */
export function useFeed<T>(select: (state: FeedState) => T): T {
  return useSyncExternalStore(feed.subscribe, () => select(feed.get()));
}

export function usePart<K extends keyof OverviewParts>(part: K): OverviewParts[K] | null {
  return useFeed((state) => state.overview?.[part] ?? null);
}

export function useStatus<T>(select: (status: Status) => T): T | null {
  return useFeed((state) => (state.overview === null ? null : select(state.overview.status)));
}

function subscribeTicking(listener: () => void): () => void {
  const leaveFeed = feed.subscribe(listener);
  const leaveClock = onSecond(listener);
  return () => {
    leaveFeed();
    leaveClock();
  };
}

/** Like `useFeed`, asked again every second as well. Whole seconds only, or it would paint without end. */
export function useTicking<T extends string | number | boolean | null>(
  select: (state: FeedState, now: number) => T,
): T {
  const look = useCallback(() => select(feed.get(), monotonic()), [select]);
  return useSyncExternalStore(subscribeTicking, look);
}

const lost = (state: FeedState, now: number): boolean => isLost(state, now);
const silentFor = (state: FeedState, now: number): number | null => {
  const seconds = silence(state, now);
  return seconds === null ? null : Math.floor(seconds);
};

export function useLost(): boolean {
  return useTicking(lost);
}

export function useSilence(): number | null {
  return useTicking(silentFor);
}

export function useStale(source: Source): boolean {
  return useTicking(useCallback((state, now) => isStale(state, source, now), [source]));
}

/** Whole seconds; null where the server knows no age. */
export function useAge(source: Source): number | null {
  return useTicking(
    useCallback(
      (state, now) => {
        const seconds = ageOf(state, source, now);
        return seconds === null ? null : Math.floor(seconds);
      },
      [source],
    ),
  );
}

/** Whole seconds since a moment of the server's clock. */
export function useSecondsSince(at: string | null): number | null {
  return useTicking(
    useCallback(
      (state, now) => {
        const clock = serverNow(state, now);
        return at === null || clock === null ? null : Math.max(0, Math.floor((clock - Date.parse(at)) / 1000));
      },
      [at],
    ),
  );
}
