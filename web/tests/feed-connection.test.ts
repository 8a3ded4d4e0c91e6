// Does the feed subscribe, resume, come back with jitter, and notice a dead line?
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ServerMessage } from "@/api/types";
import { backoff, Connection, LONGEST_DELAY_MS, WATCHDOG_MS } from "@/feed/connection";
import { AGES, AT } from "./sample";

class FakeSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readonly sent: string[] = [];
  closed = false;
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.closed = true;
  }
}

const heartbeat = JSON.stringify({ type: "heartbeat", server_time: AT, ages: AGES });

describe("connection", () => {
  let sockets: FakeSocket[];
  let messages: ServerMessage[];
  let events: string[];
  let cursor: string | null;
  let connection: Connection;
  const last = (): FakeSocket => sockets.at(-1) ?? new FakeSocket();

  beforeEach(() => {
    vi.useFakeTimers();
    sockets = [];
    messages = [];
    events = [];
    cursor = null;
    connection = new Connection(
      "ws://here/ws",
      "main",
      () => cursor,
      {
        opened: () => events.push("opened"),
        closed: () => events.push("closed"),
        signInNeeded: () => events.push("sign in"),
        message: (message) => messages.push(message),
      },
      {
        open: () => {
          const socket = new FakeSocket();
          sockets.push(socket);
          return socket as unknown as WebSocket;
        },
        random: () => 1,
      },
    );
    connection.start();
  });

  afterEach(() => connection.stop());

  it("subscribes from the start, then from the last cursor", () => {
    last().onopen?.();
    expect(JSON.parse(last().sent[0] ?? "")).toEqual({
      type: "subscribe",
      channel: "overview",
      account: "main",
      since: null,
    });
    cursor = "k.7";
    last().onclose?.({ code: 1001 });
    vi.advanceTimersByTime(500);
    expect(sockets).toHaveLength(2);
    last().onopen?.();
    expect(JSON.parse(last().sent[0] ?? "").since).toBe("k.7");
    expect(events).toEqual(["opened", "closed", "opened"]);
  });

  it("waits longer each time, and from the start again once it was heard", () => {
    const waits = [500, 1000, 2000, 4000, 8000, 8000];
    for (const wait of waits) {
      const before = sockets.length;
      last().onclose?.({ code: 1006 });
      vi.advanceTimersByTime(wait - 1);
      expect(sockets).toHaveLength(before);
      vi.advanceTimersByTime(1);
      expect(sockets).toHaveLength(before + 1);
    }
    last().onopen?.();
    last().onmessage?.({ data: heartbeat });
    last().onclose?.({ code: 1006 });
    vi.advanceTimersByTime(500);
    expect(sockets).toHaveLength(waits.length + 2);
  });

  it("takes five silent seconds for a dead line", () => {
    last().onopen?.();
    vi.advanceTimersByTime(WATCHDOG_MS - 1);
    last().onmessage?.({ data: heartbeat });
    vi.advanceTimersByTime(WATCHDOG_MS - 1);
    expect(last().closed).toBe(false);
    const silent = last();
    vi.advanceTimersByTime(1);
    expect(silent.closed).toBe(true);
    expect(events).toEqual(["opened", "closed"]);
  });

  it("gives on what it understands and passes over the rest", () => {
    last().onmessage?.({ data: heartbeat });
    last().onmessage?.({ data: "not json" });
    last().onmessage?.({ data: new ArrayBuffer(2) });
    expect(messages).toHaveLength(1);
  });

  it("says when the sign-in ended", () => {
    last().onclose?.({ code: 4401 });
    expect(events).toEqual(["closed", "sign in"]);
  });

  it("hurries when the network or the tab is back", () => {
    last().onclose?.({ code: 1006 });
    connection.hurry();
    expect(sockets).toHaveLength(2);
    connection.hurry(); // it is trying already
    expect(sockets).toHaveLength(2);
  });

  it("stays away once it was stopped", () => {
    const socket = last();
    connection.stop();
    expect(socket.closed).toBe(true);
    vi.advanceTimersByTime(60_000);
    expect(sockets).toHaveLength(1);
  });
});

describe("backoff", () => {
  it("is anywhere between nothing and the doubled delay", () => {
    expect(backoff(0, () => 0)).toBe(0);
    expect(backoff(0, () => 0.5)).toBe(250);
    expect(backoff(3, () => 1)).toBe(4000);
    expect(backoff(50, () => 1)).toBe(LONGEST_DELAY_MS);
  });
});
