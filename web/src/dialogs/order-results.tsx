// What became of each order that the halt ended? Per order, as the answers come.
import { CircleCheck, CircleHelp, CircleX, Hourglass, type LucideIcon } from "lucide-react";
import type { EndedOrder } from "@/api/types";
import { exact } from "@/lib/format";

const RESULTS: Record<string, { icon: LucideIcon; text: string }> = {
  CANCELLED: { icon: CircleCheck, text: "cancelled" },
  CANCELLING: { icon: Hourglass, text: "cancelling …" },
  FILLED: { icon: CircleCheck, text: "filled before the cancel reached it" },
  EXPIRED: { icon: CircleX, text: "expired" },
  REJECTED: { icon: CircleX, text: "never accepted" },
  UNKNOWN: { icon: CircleHelp, text: "no answer, looked up" },
};

/** The feed's word is later than the call's. */
export function mergeResults(called: readonly EndedOrder[], fed: readonly EndedOrder[]): readonly EndedOrder[] {
  const later = new Map(fed.map((order) => [order.client_order_id, order]));
  const known = new Set(called.map(({ client_order_id }) => client_order_id));
  return [
    ...called.map((order) => later.get(order.client_order_id) ?? order),
    ...fed.filter(({ client_order_id }) => !known.has(client_order_id)),
  ];
}

export function OrderResults({ orders }: { orders: readonly EndedOrder[] }) {
  if (orders.length === 0) return <p>No order was working.</p>;
  return (
    <ul aria-label="Orders" className="flex flex-col gap-1.5">
      {orders.map((order) => {
        const { icon: Icon, text } = RESULTS[order.result] ?? { icon: CircleHelp, text: order.result.toLowerCase() };
        return (
          <li key={order.client_order_id} className="flex items-center gap-2">
            <Icon aria-hidden size={16} strokeWidth={1.75} className="shrink-0 text-text-3" />
            <span className="font-medium text-text">
              {order.side} {exact(order.quantity)} {order.symbol}
            </span>
            <span>{text}</span>
          </li>
        );
      })}
    </ul>
  );
}
