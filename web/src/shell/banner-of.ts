// Which one banner stands above the page, and what does it say? The highest rung only.
import type { EndedOrder, Status } from "@/api/types";
import { age, count, plural } from "@/lib/format";
import { clockTime, dayName, isoDay } from "@/lib/time";

export type Banner =
  | { kind: "halted"; when: string; text: string }
  | { kind: "lost"; text: string }
  | { kind: "reducing"; when: string; text: string };

export interface BannerFacts {
  status: Status | null;
  /** seconds since anything was heard, null while the feed is well */
  lostFor: number | null;
  figuresAt: string | null;
  me: string | null;
}

export function bannerOf({ status, lostFor, figuresAt, me }: BannerFacts): Banner | null {
  const zone = status?.account.time_zone ?? "UTC";
  const lost = lostFor === null ? null : lostText(lostFor, figuresAt === null ? null : clockTime(figuresAt, zone));
  if (status?.trading_state === "HALTED") {
    const text = [
      "Nothing is sent.",
      "Fills are still booked.",
      ordersText(status.state_orders),
      lost === null ? "" : `Live updates stopped ${age(lostFor ?? 0)} ago.`,
    ];
    return { kind: "halted", when: whoAndWhy(status, me), text: text.filter(Boolean).join(" ") };
  }
  if (lost !== null) return { kind: "lost", text: lost };
  if (status?.trading_state === "REDUCING") {
    return { kind: "reducing", when: whoAndWhy(status, me), text: "Only orders that reduce a position are sent." };
  }
  return null;
}

/** "14:33:02 by you: bad fills." */
export function whoAndWhy(status: Status, me: string | null): string {
  const { state_since, state_by, state_reason, as_of, account } = status;
  const zone = account.time_zone;
  const when =
    state_since === null
      ? ""
      : isoDay(state_since, zone) === isoDay(as_of, zone)
        ? clockTime(state_since, zone)
        : `${dayName(state_since, zone)}, ${clockTime(state_since, zone)}`;
  const who = state_by === null ? "" : `by ${whoText(state_by, me)}`;
  const why = state_reason ? `: ${state_reason.replace(/[.\s]+$/, "")}` : "";
  return `${[when, who].filter(Boolean).join(" ")}${why}.`.trim();
}

export function whoText(by: string, me: string | null): string {
  if (by === me) return "you";
  return by === "system" ? "the gate" : by;
}

const OUTCOMES: readonly [EndedOrder["result"], string][] = [
  ["FILLED", "filled"],
  ["EXPIRED", "expired"],
  ["REJECTED", "not accepted"],
  ["UNKNOWN", "unknown, looked up"],
];

/** Counts what became of the orders that the halt ended; the dots say that the venue has not answered for all. */
export function ordersText(orders: readonly EndedOrder[]): string {
  if (orders.length === 0) return "";
  const of = (result: EndedOrder["result"]): number => orders.filter((order) => order.result === result).length;
  const others = OUTCOMES.filter(([result]) => of(result) > 0).map(([result, word]) => `${count(of(result))} ${word}`);
  const rest = others.length > 0 ? `, ${others.join(", ")}` : "";
  if (of("CANCELLING") > 0) return `Cancelled ${count(of("CANCELLED"))} of ${count(orders.length)}${rest} …`;
  return `${count(of("CANCELLED"))} of ${plural(orders.length, "order")} cancelled${rest}.`;
}

export function lostText(seconds: number, figuresAt: string | null): string {
  const of = figuresAt === null ? "" : `; figures are of ${figuresAt}`;
  return `Live updates stopped ${age(seconds)} ago. The server keeps trading by its rules${of}. Trying again.`;
}
