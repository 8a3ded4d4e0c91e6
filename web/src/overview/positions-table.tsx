// The table of positions where there is room for its columns.
import { memo } from "react";
import type { PositionRow, Positions } from "@/api/types";
import { compare, negate, sign, toPixels } from "@/lib/decimal";
import { useAccount } from "@/state/account";
import { Amount, Money } from "@/ui/amount";
import { MarkAge, othersName, Quantity, RowWords, totalName } from "./position-parts";

export interface PositionsViewProps {
  positions: Positions;
  /** in the order in which they are shown */
  rows: readonly PositionRow[];
}

const CELL = "h-8.5 px-(--cell) text-right";
/** Shown only where there is room: the money beside it says the same. */
const ROOMY = "@max-[46rem]:hidden";
const FIRST = "h-8.5 pr-3 pl-4 text-left whitespace-nowrap";
const HEAD = "font-normal text-label text-text-3";

/** Room for the digits that other rows of the column have after the point, so that all points stand in one line. */
function padding(digits: number, most: number): { paddingRight: string } | undefined {
  if (digits >= most) return undefined;
  const point = digits === 0 ? 0.45 : 0;
  return { paddingRight: `calc(var(--cell) + ${most - digits}ch + ${point}ch)` };
}

const mostOf = (rows: readonly PositionRow[], digits: "price_digits" | "quantity_digits"): number =>
  rows.reduce((most, row) => Math.max(most, row[digits]), 0);

const sizeOf = (text: string): string => (sign(text) < 0 ? negate(text) : text);

/** The widest bar: the largest share, so that the bars compare with each other. */
export function largestShare(positions: Positions): string {
  const shares = [...positions.rows.map(({ weight_pct }) => weight_pct), positions.cash.weight_pct];
  return shares.reduce<string>((most, share) => {
    if (share === null) return most;
    const size = sizeOf(share);
    return compare(size, most) > 0 ? size : most;
  }, "0");
}

export function PositionsTable({ positions, rows }: PositionsViewProps) {
  const { account } = useAccount();
  const unit = account.base_currency;
  const most = largestShare(positions);
  const priceDigits = mostOf(rows, "price_digits");
  const quantityDigits = mostOf(rows, "quantity_digits");
  const { others, cash, total } = positions;
  return (
    <div className="overflow-x-auto">
      <table
        aria-label="Positions"
        className="w-full border-collapse text-body [--cell:0.75rem] @max-[50rem]:[--cell:0.5rem]"
      >
        <thead>
          <tr className="border-line border-b">
            <th scope="col" className={`${FIRST} ${HEAD}`}>
              Symbol
            </th>
            <th scope="col" className={`${CELL} ${HEAD}`}>
              Quantity
            </th>
            <th scope="col" className={`${CELL} ${HEAD}`}>
              Price
            </th>
            <th scope="col" className={`${CELL} ${HEAD} whitespace-nowrap`}>
              Value, {unit}
            </th>
            <th scope="col" className={`${CELL} ${HEAD} whitespace-nowrap`}>
              <span className="flex justify-end gap-2.5">
                % of equity
                <span className="w-12 @max-[52rem]:hidden" />
              </span>
            </th>
            <th scope="col" className={`${CELL} ${HEAD} whitespace-nowrap`}>
              P&L today
            </th>
            <th scope="col" className={`${CELL} ${HEAD} ${ROOMY} whitespace-nowrap`}>
              Today, %
            </th>
            <th scope="col" className={`${CELL} ${HEAD} whitespace-nowrap`}>
              P&L open
            </th>
            <th scope="col" className={`${CELL} ${HEAD} w-24 pr-4 @max-[50rem]:w-20`}>
              Age
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row
              key={row.symbol}
              row={row}
              unit={unit}
              most={most}
              priceDigits={priceDigits}
              quantityDigits={quantityDigits}
            />
          ))}
          {others !== null && (
            <tr className="border-line border-b">
              <th scope="row" className={`${FIRST} font-medium text-text-2`}>
                {othersName(others)}
              </th>
              <td colSpan={2} />
              <td className={CELL}>
                <Money value={others.value} unit={unit} />
              </td>
              <td className={CELL}>
                <Share value={others.weight_pct} most={most} />
              </td>
              <td className={CELL}>
                <Money value={others.pnl_today} unit={unit} kind="pnl" />
              </td>
              <td className={ROOMY} />
              <td className={CELL}>
                <Money value={others.pnl_open} unit={unit} kind="pnl" />
              </td>
              <td />
            </tr>
          )}
          <tr className="border-line border-b">
            <th scope="row" className={`${FIRST} font-semibold text-text`}>
              Cash<span className="ml-2 font-normal text-label text-text-3">{cash.note}</span>
            </th>
            <td colSpan={2} />
            <td className={`${CELL} text-text`}>
              <Money value={cash.value} unit={unit} />
            </td>
            <td className={`${CELL} text-text`}>
              <Share value={cash.weight_pct} most={most} />
            </td>
            <td colSpan={2} />
            <td className={ROOMY} />
            <td />
          </tr>
        </tbody>
        <tfoot>
          <tr className="font-medium text-text">
            <th scope="row" className={`${FIRST} font-medium`}>
              {totalName(total)}
            </th>
            <td colSpan={2} />
            <td className={CELL}>
              <Money value={total.value} unit={unit} />
            </td>
            <td className={CELL}>
              <Share value={total.weight_pct} most={null} />
            </td>
            <td className={CELL}>
              <Money value={total.pnl_today} unit={unit} kind="pnl" />
            </td>
            <td className={ROOMY} />
            <td className={CELL}>
              <Money value={total.pnl_open} unit={unit} kind="pnl" />
            </td>
            <td />
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

interface RowProps {
  row: PositionRow;
  unit: string;
  most: string;
  priceDigits: number;
  quantityDigits: number;
}

const Row = memo(function Row({ row, unit, most, priceDigits, quantityDigits }: RowProps) {
  return (
    <tr className="border-line border-b hover:bg-raised">
      <th scope="row" className={`${FIRST} font-semibold text-text`}>
        {row.symbol}
        <span className="font-normal">
          <RowWords row={row} wide />
        </span>
      </th>
      <td className={CELL} style={padding(row.quantity_digits, quantityDigits)}>
        <Quantity row={row} />
      </td>
      <td className={`${CELL} text-text`} style={padding(row.price_digits, priceDigits)}>
        <Amount
          value={row.price}
          places={row.price_digits}
          className={row.quality === "stale" ? "stale-text" : undefined}
        />
      </td>
      <td className={`${CELL} text-text`}>
        <Money value={row.value} unit={unit} className={row.quality === "stale" ? "stale-text" : undefined} />
      </td>
      <td className={`${CELL} text-text`}>
        <Share value={row.weight_pct} most={most} />
      </td>
      <td className={CELL}>
        <Money value={row.pnl_today} unit={unit} kind="pnl" />
      </td>
      <td className={`${CELL} ${ROOMY}`}>
        <Amount value={row.pnl_today_pct} places={2} kind="change" />
      </td>
      <td className={CELL}>
        <Money value={row.pnl_open} unit={unit} kind="pnl" />
      </td>
      <td className={`${CELL} pr-4 text-label`}>
        <MarkAge markedAt={row.marked_at} stale={row.quality === "stale"} />
      </td>
    </tr>
  );
});

const Share = memo(function Share({ value, most }: { value: string | null; most: string | null }) {
  const largest = most === null ? 0 : toPixels(most); // a width in pixels
  const width = value === null || largest === 0 ? 0 : Math.min(100, (Math.abs(toPixels(value)) / largest) * 100);
  return (
    <span className="flex items-center justify-end gap-2.5">
      <Amount value={value} places={2} />
      <span aria-hidden className="w-12 @max-[52rem]:hidden">
        {most !== null && (
          <span data-track className="block h-1 overflow-hidden rounded-full bg-track">
            <span data-bar className="block h-full rounded-full bg-text-3" style={{ width: `${width}%` }} />
          </span>
        )}
      </span>
    </span>
  );
});
