// Which messages travel over the feed, and is this one of them?
import type { ServerMessage } from "@/api/types";

export interface Subscribe {
  type: "subscribe";
  channel: "overview";
  account: string;
  since: string | null;
}

export const CLOSE_SIGN_IN = 4401;

type Bag = Record<string, unknown>;

const isBag = (value: unknown): value is Bag => typeof value === "object" && value !== null && !Array.isArray(value);
const hasText = (bag: Bag, ...keys: string[]): boolean => keys.every((key) => typeof bag[key] === "string");

/** The message, or null where it is none of this channel's: an unknown type is passed over, so that a newer server may say more. */
export function decode(text: string): ServerMessage | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isBag(value)) return null;
  switch (value["type"]) {
    case "snapshot":
    case "change":
      return value["channel"] === "overview" && hasText(value, "account", "cursor") && isBag(value["data"])
        ? (value as unknown as ServerMessage)
        : null;
    case "heartbeat":
      return hasText(value, "server_time") && isBag(value["ages"]) ? (value as unknown as ServerMessage) : null;
    case "error":
      return hasText(value, "code", "detail") ? (value as unknown as ServerMessage) : null;
    default:
      return null;
  }
}
