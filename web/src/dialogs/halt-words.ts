// What will a halt do, in numbers, before it is pressed?
import type { OpenOrder, Status } from "@/api/types";
import { count, exact, plural } from "@/lib/format";

const NAMED = 5;

const nameOf = (order: Pick<OpenOrder, "side" | "remaining" | "symbol">): string =>
  `${order.side} ${exact(order.remaining)} ${order.symbol}`;

/** Sentences in the order in which they matter: sending, orders, unknown orders, positions. */
export function haltWords(status: Pick<Status, "counts" | "open_orders">): readonly string[] {
  const { open_orders: working, unknown_orders: unknown, positions } = status.counts;
  return [
    "Nothing more is sent.",
    ordersWords(working, status.open_orders),
    unknownWords(unknown),
    positionsWords(positions),
  ].filter(Boolean);
}

function ordersWords(working: number, orders: readonly OpenOrder[]): string {
  if (working === 0) return "No order is working.";
  const named = orders.slice(0, NAMED).map(nameOf);
  const rest = working - named.length;
  const names = rest > 0 ? `${named.join(", ")} and ${count(rest)} more` : named.join(", ");
  return `${plural(working, "working order")} ${working === 1 ? "is" : "are"} cancelled${names ? `: ${names}` : ""}.`;
}

function unknownWords(unknown: number): string {
  if (unknown === 0) return "";
  return `${plural(unknown, "unknown order")} ${unknown === 1 ? "is" : "are"} looked up.`;
}

function positionsWords(positions: number): string {
  if (positions === 0) return "You hold no position.";
  return `Your ${plural(positions, "position")} ${positions === 1 ? "stays" : "stay"} open; nothing is sold.`;
}

/** What stops trading when this page cannot. */
export const ELSE_TO_DO =
  "What stops trading without this page: Ctrl+C in the terminal that runs Counterpoise, or a file named HALT in the data folder.";
