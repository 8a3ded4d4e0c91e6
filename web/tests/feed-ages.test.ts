// Do ages count on between heartbeats, and does old look old in time?
import { describe, expect, it } from "vitest";
import { ageOf, isLost, isStale, serverNow, silence } from "@/feed/ages";
import { EMPTY, type FeedState } from "@/feed/state";
import { AGES, AT } from "./sample";

const heard: FeedState = { ...EMPTY, ages: AGES, heardAt: 10_000 };
const withPrices = (age_seconds: string | null, stale = false): FeedState => ({
  ...heard,
  ages: { ...AGES, prices: { ...AGES.prices, age_seconds, stale } },
});

describe("ages", () => {
  it("count on from the heartbeat", () => {
    expect(ageOf(heard, "prices", 10_000)).toBeCloseTo(1.2);
    expect(ageOf(heard, "prices", 12_500)).toBeCloseTo(3.7);
    expect(ageOf(withPrices(null), "prices", 12_500)).toBeNull();
    expect(ageOf(EMPTY, "prices", 12_500)).toBeNull();
  });

  it("know the server's clock", () => {
    expect(serverNow(heard, 13_000)).toBe(Date.parse(AT) + 3000);
    expect(serverNow(EMPTY, 13_000)).toBeNull();
  });

  it("call two missed heartbeats lost", () => {
    expect([isLost(heard, 14_500), isLost(heard, 14_501)]).toEqual([false, true]);
    expect(silence({ ...EMPTY, downSince: 1000 }, 4000)).toBe(3);
    expect(isLost({ ...EMPTY, downSince: 1000 }, 5501)).toBe(true);
    expect(silence(EMPTY, 4000)).toBeNull();
  });

  it("are stale by the server's word, by silence, or by having crossed the limit since", () => {
    expect(isStale(heard, "prices", 10_100)).toBe(false);
    expect(isStale(withPrices("1", true), "prices", 10_100)).toBe(true);
    expect(isStale(heard, "broker", 15_100)).toBe(true); // silence
    expect(isStale(withPrices("4"), "prices", 10_900)).toBe(false);
    expect(isStale(withPrices("4"), "prices", 11_100)).toBe(true);
  });

  it("leave a closed venue's old marks alone when the server does", () => {
    expect(isStale(withPrices("7200"), "prices", 11_000)).toBe(false);
  });
});
