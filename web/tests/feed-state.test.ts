// Does each event of the feed change what the page knows, and nothing else?
import { describe, expect, it } from "vitest";
import type { ServerMessage } from "@/api/types";
import { decode } from "@/feed/protocol";
import { EMPTY, type FeedState, reduce } from "@/feed/state";
import { AGES, AT, overview } from "./sample";

const hear = (state: FeedState, message: ServerMessage, now = 1000): FeedState =>
  reduce(state, { type: "message", now, account: "main", message });

const snapshot = (): ServerMessage => ({
  type: "snapshot",
  channel: "overview",
  account: "main",
  cursor: "k.1",
  data: overview(),
});
const started = (): FeedState => hear(reduce(EMPTY, { type: "started", now: 0 }), snapshot());

describe("reduce", () => {
  it("starts down, with nothing known", () => {
    expect(reduce(started(), { type: "started", now: 7 })).toEqual({ ...EMPTY, downSince: 7 });
  });

  it("takes a snapshot whole", () => {
    const state = started();
    expect(state.overview?.figures.equity.value).toBe("250440.77");
    expect(state).toMatchObject({ cursor: "k.1", ages: AGES, heardAt: 1000, downSince: null });
    expect(state.overview).not.toHaveProperty("cursor");
  });

  it("changes only the parts that came, and keeps the identity of what is equal", () => {
    const before = started();
    const data = overview();
    const rows = data.positions.rows.map((row) => (row.symbol === "SPY" ? { ...row, price: "512.41" } : row));
    const state = hear(before, {
      type: "change",
      channel: "overview",
      account: "main",
      cursor: "k.2",
      data: { positions: { ...data.positions, rows }, gate: data.gate },
    });
    expect(state.cursor).toBe("k.2");
    expect(state.overview?.positions.rows[0]?.price).toBe("512.41");
    expect(state.overview?.positions.rows[1]).toBe(before.overview?.positions.rows[1]);
    expect(state.overview?.gate).toBe(before.overview?.gate);
    expect(state.overview?.figures).toBe(before.overview?.figures);
  });

  it("does not mistake a change for life: only heartbeats and snapshots carry ages", () => {
    const state = hear(
      started(),
      { type: "change", channel: "overview", account: "main", cursor: "k.2", data: {} },
      9000,
    );
    expect(state.heardAt).toBe(1000);
  });

  it("passes over a change before any snapshot, and another account's news", () => {
    const change: ServerMessage = {
      type: "change",
      channel: "overview",
      account: "main",
      cursor: "k.9",
      data: { gate: overview().gate },
    };
    expect(hear(EMPTY, change)).toBe(EMPTY);
    const state = started();
    expect(hear(state, { ...change, account: "other" })).toBe(state);
    expect(
      hear(state, { type: "snapshot", channel: "overview", account: "other", cursor: "k.9", data: overview() }),
    ).toBe(state);
  });

  it("hears a heartbeat", () => {
    const down = reduce(started(), { type: "closed", now: 2000 });
    expect(down.downSince).toBe(2000);
    const ages = { ...AGES, prices: { ...AGES.prices, age_seconds: "0.3" } };
    expect(hear(down, { type: "heartbeat", server_time: AT, ages }, 3000)).toMatchObject({
      ages,
      heardAt: 3000,
      downSince: null,
    });
  });

  it("remembers since when it is closed, and what the server refused", () => {
    const closed = reduce(reduce(started(), { type: "closed", now: 2000 }), { type: "closed", now: 3000 });
    expect(closed.downSince).toBe(2000);
    const refused = hear(closed, { type: "error", code: "ACCOUNT_UNKNOWN", detail: "There is no such account." });
    expect(refused.problem).toEqual({ code: "ACCOUNT_UNKNOWN", detail: "There is no such account." });
    expect(reduce(refused, { type: "opened" }).problem).toBeNull();
    expect(reduce(closed, { type: "sign-in-needed" }).signInNeeded).toBe(true);
  });
});

describe("decode", () => {
  const text = (value: unknown): string => JSON.stringify(value);

  it.each([
    ["a snapshot", snapshot(), "snapshot"],
    ["a change", { type: "change", channel: "overview", account: "main", cursor: "k", data: {} }, "change"],
    ["a heartbeat", { type: "heartbeat", server_time: AT, ages: AGES }, "heartbeat"],
    ["an error", { type: "error", code: "X", detail: "y" }, "error"],
  ])("reads %s", (_, message, type) => {
    expect(decode(text(message))?.type).toBe(type);
  });

  it.each([
    ["no JSON", "{"],
    ["a list", "[]"],
    ["nothing", "null"],
    ["an unknown type", text({ type: "greeting" })],
    ["another channel", text({ type: "change", channel: "orders", account: "main", cursor: "k", data: {} })],
    ["a change without its cursor", text({ type: "change", channel: "overview", account: "main", data: {} })],
    ["a heartbeat without ages", text({ type: "heartbeat", server_time: AT })],
    ["an error without words", text({ type: "error", code: "X" })],
  ])("passes over %s", (_, message) => {
    expect(decode(message)).toBeNull();
  });
});
