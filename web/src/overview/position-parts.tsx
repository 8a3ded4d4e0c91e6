// What do the wide and the narrow table of positions share?
import { Clock3, TriangleAlert } from "lucide-react";
import { memo, useRef } from "react";
import type { PositionRow, PositionSum } from "@/api/types";
import { useLost, useSecondsSince } from "@/feed/hooks";
import { cx } from "@/lib/cx";
import { age, change, number, plural } from "@/lib/format";

export const othersName = (others: PositionSum): string => `${plural(others.count, "other")}`;

export const totalName = (total: PositionSum): string => `${plural(total.count, "position")} and cash`;

/** Underlines for a moment when a fill changed the quantity; a price tick never does. */
export const Quantity = memo(function Quantity({ row, className }: { row: PositionRow; className?: string }) {
  const before = useRef(row.quantity);
  const changes = useRef(0);
  if (before.current !== row.quantity) {
    before.current = row.quantity;
    changes.current += 1;
  }
  return (
    <span key={changes.current} className={cx(className, changes.current > 0 && "filled-mark")}>
      {number(row.quantity, row.quantity_digits)}
    </span>
  );
});

/** Words beside the symbol: SHORT, the sector, and how far outside the band, as the server judged it. */
export function RowWords({ row, wide = false }: { row: PositionRow; wide?: boolean }) {
  return (
    <>
      {row.side === "SHORT" && (
        <span className="ml-2 rounded-tag border border-line-strong px-1 text-age text-text-2">SHORT</span>
      )}
      {wide && row.label && <span className="ml-2 text-label text-text-3 @max-[52rem]:hidden">{row.label}</span>}
      {row.beyond_band && (
        <span
          className="ml-2 inline-flex items-center gap-1 whitespace-nowrap text-age text-warn"
          title={row.target_pct === null ? undefined : `Target ${number(row.target_pct, 2)} % of equity`}
        >
          <TriangleAlert aria-hidden size={12} strokeWidth={2} />
          {row.drift_points === null ? "out" : `${change(row.drift_points, 2)} out`}
        </span>
      )}
    </>
  );
}

export const MarkAge = memo(function MarkAge({ markedAt, stale }: { markedAt: string | null; stale: boolean }) {
  const seconds = useSecondsSince(markedAt);
  const lost = useLost();
  if (seconds === null) return <span className="text-text-3">no price</span>;
  return (
    <span
      className={cx("inline-flex items-center gap-1 whitespace-nowrap", stale || lost ? "text-warn" : "text-text-3")}
    >
      {(stale || lost) && <Clock3 aria-hidden size={12} strokeWidth={2} />}
      {(stale || lost) && "stale "}
      {age(seconds)}
    </span>
  );
});
