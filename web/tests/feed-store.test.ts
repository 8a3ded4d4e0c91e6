// Is the page painted at most four times a second, and not at all while hidden?
import { beforeEach, describe, expect, it, vi } from "vitest";
import { FeedStore } from "@/feed/store";
import { overview } from "./sample";

describe("store", () => {
  let hidden: boolean;
  let store: FeedStore;
  let paints: number;

  const say = (equity: string) => {
    const data = overview();
    data.figures.equity.value = equity;
    store.dispatch({
      type: "message",
      now: Date.now(),
      account: "main",
      message: { type: "snapshot", channel: "overview", account: "main", cursor: equity, data },
    });
  };
  const shown = () => store.get().overview?.figures.equity.value;

  beforeEach(() => {
    vi.useFakeTimers();
    hidden = false;
    paints = 0;
    store = new FeedStore(
      () => Date.now(),
      () => hidden,
    );
    store.subscribe(() => {
      paints += 1;
    });
  });

  it("paints at once, then gathers for a quarter of a second", () => {
    say("1");
    expect([paints, shown()]).toEqual([1, "1"]);
    for (let n = 2; n <= 50; n += 1) {
      vi.advanceTimersByTime(20);
      say(String(n));
    }
    expect(paints).toBeLessThanOrEqual(5);
    vi.advanceTimersByTime(250);
    expect(shown()).toBe("50");
  });

  it("paints nothing while hidden", () => {
    say("1");
    hidden = true;
    say("2");
    vi.advanceTimersByTime(5000);
    expect([paints, shown()]).toEqual([1, "1"]);
  });

  it("catches up in one paint when the tab is back", () => {
    class Quiet {
      close(): void {}
    }
    vi.stubGlobal("WebSocket", Quiet);
    const leave = store.connect("main", "ws://here/ws");
    say("1");
    vi.advanceTimersByTime(300);
    hidden = true;
    for (let n = 2; n <= 9; n += 1) say(String(n));
    const before = paints;
    hidden = false;
    document.dispatchEvent(new Event("visibilitychange"));
    expect([paints, shown()]).toEqual([before + 1, "9"]);
    leave();
  });

  it("paints nothing for news that changes nothing", () => {
    store.dispatch({
      type: "message",
      now: 0,
      account: "main",
      message: { type: "change", channel: "overview", account: "main", cursor: "k", data: {} },
    });
    expect(paints).toBe(0);
  });
});
