// The table of positions on a phone: two lines a row, the same words and sums.
import { memo } from "react";
import type { PositionRow } from "@/api/types";
import { number, percentChange, plural } from "@/lib/format";
import { useAccount } from "@/state/account";
import { Amount, Money } from "@/ui/amount";
import { othersName, Quantity, RowWords } from "./position-parts";
import type { PositionsViewProps } from "./positions-table";

const CELL = "h-13 py-1.5 pr-4 text-right align-middle";
const FIRST = "h-13 py-1.5 pr-2 pl-4 text-left align-middle font-semibold text-text";
const UNDER = "block whitespace-nowrap text-label font-normal text-text-3";

function ShareLine({ value }: { value: string | null }) {
  return <span className={UNDER}>{value === null ? "–" : `${number(value, 2)} % of equity`}</span>;
}

export function PositionsNarrow({ positions, rows }: PositionsViewProps) {
  const { account } = useAccount();
  const unit = account.base_currency;
  const { others, cash, total } = positions;
  return (
    <table aria-label="Positions" className="w-full border-collapse text-body">
      <thead className="sr-only">
        <tr>
          <th scope="col">Symbol, quantity and price</th>
          <th scope="col">Value, {unit}, and share</th>
          <th scope="col">P&L today</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.symbol} row={row} unit={unit} />
        ))}
        {others !== null && (
          <tr className="border-line border-t">
            <th scope="row" className={FIRST}>
              {othersName(others)}
            </th>
            <td className={CELL}>
              <Money value={others.value} unit={unit} />
              <ShareLine value={others.weight_pct} />
            </td>
            <td className={CELL}>
              <Money value={others.pnl_today} unit={unit} kind="pnl" />
            </td>
          </tr>
        )}
        <tr className="border-line border-t">
          <th scope="row" className={FIRST}>
            Cash
            <span className={UNDER}>{cash.note}</span>
          </th>
          <td className={`${CELL} text-text`}>
            <Money value={cash.value} unit={unit} />
            <ShareLine value={cash.weight_pct} />
          </td>
          <td className={CELL} />
        </tr>
      </tbody>
      <tfoot>
        <tr className="border-line border-t font-medium text-text">
          <th scope="row" className={`${FIRST} font-medium`}>
            {plural(total.count, "position")}
            <span className={UNDER}>and cash</span>
          </th>
          <td className={CELL}>
            <Money value={total.value} unit={unit} />
            <ShareLine value={total.weight_pct} />
          </td>
          <td className={CELL}>
            <Money value={total.pnl_today} unit={unit} kind="pnl" />
          </td>
        </tr>
      </tfoot>
    </table>
  );
}

const Row = memo(function Row({ row, unit }: { row: PositionRow; unit: string }) {
  const stale = row.quality === "stale" ? "stale-text" : undefined;
  return (
    <tr className="border-line border-t">
      <th scope="row" className={FIRST}>
        {row.symbol}
        <span className="font-normal">
          <RowWords row={row} />
        </span>
        <span className={UNDER}>
          <Quantity row={row} /> × <Amount value={row.price} places={row.price_digits} className={stale} />
        </span>
      </th>
      <td className={`${CELL} text-text`}>
        <Money value={row.value} unit={unit} className={stale} />
        <ShareLine value={row.weight_pct} />
      </td>
      <td className={CELL}>
        <Money value={row.pnl_today} unit={unit} kind="pnl" />
        <span className={UNDER}>{row.pnl_today_pct === null ? "–" : percentChange(row.pnl_today_pct)}</span>
      </td>
    </tr>
  );
});
