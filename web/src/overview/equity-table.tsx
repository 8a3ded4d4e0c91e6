// The equity chart as a table: newest first, a hundred rows at a time.
import { useState } from "react";
import { plural } from "@/lib/format";
import { clockTime, dayName } from "@/lib/time";
import { Amount, Money } from "@/ui/amount";
import { Button } from "@/ui/button";
import type { WordsFor } from "./equity-words";
import type { EquityData } from "./use-equity";

const STEP = 100;

export function EquityTable({ data, words }: { data: EquityData; words: WordsFor }) {
  const [shown, setShown] = useState(STEP);
  const rows = data.points.slice(-shown).reverse();
  const left = data.points.length - rows.length;
  return (
    <section
      aria-label="Equity as a table"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by key
      tabIndex={0}
      className="absolute inset-0 overflow-y-auto px-4 -outline-offset-2"
    >
      <table aria-label="Equity" className="w-full text-body">
        <thead className="sticky top-0 bg-surface text-label text-text-3">
          <tr>
            <th scope="col" className="h-8 text-left font-normal">
              Time
            </th>
            <th scope="col" className="h-8 text-right font-normal">
              Equity, {words.unit}
            </th>
            <th scope="col" className="h-8 text-right font-normal">
              Drawdown, %
            </th>
            <th scope="col" className="h-8 pl-4 text-left font-normal">
              Event
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((point) => (
            <tr key={point.time} className="border-line border-t">
              <th scope="row" className="h-8 whitespace-nowrap text-left font-normal">
                {dayName(point.at, words.zone)} <span className="text-text-3">{clockTime(point.at, words.zone)}</span>
              </th>
              <td className="text-right text-text">
                <Money value={point.equity} unit={words.unit} />
              </td>
              <td className="text-right">
                <Amount value={point.drawdown} places={2} />
              </td>
              <td className="pl-4 text-text-3">
                {data.marks
                  .filter(({ time }) => time === point.time)
                  .map(({ label }) => label)
                  .join(", ")}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {left > 0 && (
        <Button look="bare" className="my-2" onClick={() => setShown(shown + STEP)}>
          Show {Math.min(STEP, left)} more of {plural(left, "earlier point")}
        </Button>
      )}
    </section>
  );
}
