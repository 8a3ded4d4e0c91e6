// How did equity move, and how far below its peak did it go? The chart's code comes after the figures.
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { ArrowUp } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { asProblem } from "@/api/problem";
import { useFeed } from "@/feed/hooks";
import { cx } from "@/lib/cx";
import { useAccount } from "@/state/account";
import { usePrivacy } from "@/state/privacy";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { ProblemNote } from "@/ui/problem-note";
import { Bone } from "@/ui/skeleton";
import { EquityTable } from "./equity-table";
import { chartWords } from "./equity-words";
import { FIRST_RANGE, RANGE_WORDS, RANGES, searchOf } from "./ranges";
import { type EquityData, useEquity } from "./use-equity";

const EquityChart = lazy(() => import("./equity-chart"));
const route = getRouteApi("/frame/");

export function EquityCard({ className }: { className?: string }) {
  const { account } = useAccount();
  const range = route.useSearch().range ?? FIRST_RANGE;
  const data = useEquity(account.id, range);
  const hidden = usePrivacy();
  const [table, setTable] = useState(false);
  // the figures are painted first
  const painted = useFeed((state) => state.overview !== null);
  const words = { unit: account.base_currency, zone: account.time_zone, hidden };
  const kinds = [...new Set(data.marks.map(({ kind }) => kind))];
  return (
    <Card
      title="Equity"
      note={
        <span className="max-side:hidden">
          flow-adjusted
          {kinds.map((kind) => (
            <span key={kind}>
              {" "}
              · <MarkSign kind={kind} /> {kind}
            </span>
          ))}
        </span>
      }
      tools={<RangeSwitch />}
      className={className ?? ""}
    >
      <div className="relative min-h-72 flex-1">
        {data.error !== null && data.points.length === 0 ? (
          <div className="px-4">
            <ProblemNote problem={asProblem(data.error)} act={<Button onClick={data.again}>Try again</Button>} />
          </div>
        ) : table ? (
          <EquityTable data={data} words={words} />
        ) : (
          <ChartPlace
            data={data}
            painted={painted}
            intraday={range === "1D"}
            words={words}
            label={RANGE_WORDS[range].long}
          />
        )}
      </div>
      <div className="flex flex-wrap items-center gap-x-4 px-4 pb-2 text-age text-text-3">
        <p className="sr-only">{chartWords(data.points, words)}</p>
        <Button look="bare" size="small" className="-ml-1.5" aria-pressed={table} onClick={() => setTable(!table)}>
          {table ? "Show as chart" : "Show as table"}
        </Button>
        <a
          href="https://www.tradingview.com/lightweight-charts/"
          target="_blank"
          rel="noreferrer noopener"
          className="ml-auto inline-flex min-h-6 items-center underline-offset-4 hover:text-text hover:underline"
        >
          Chart by TradingView
        </a>
      </div>
    </Card>
  );
}

interface ChartPlaceProps {
  data: EquityData;
  painted: boolean;
  intraday: boolean;
  words: Parameters<typeof chartWords>[1];
  label: string;
}

function ChartPlace({ data, painted, intraday, words, label }: ChartPlaceProps) {
  const bones = <Bone className="absolute inset-x-4 inset-y-2 opacity-50" />;
  if (!data.ready || !painted) return bones;
  if (data.points.length === 0) {
    return (
      <p className="px-4 text-text-3">No equity in this range yet. The first mark of a price draws the first point.</p>
    );
  }
  return (
    <Suspense fallback={bones}>
      <EquityChart
        points={data.points}
        marks={data.marks}
        baseline={intraday ? data.dayOpen : null}
        words={words}
        label={`Equity, ${label}`}
      />
    </Suspense>
  );
}

/** The same shapes as in the chart. */
function MarkSign({ kind }: { kind: string }) {
  if (kind === "transfer") return <ArrowUp aria-hidden size={12} strokeWidth={2.5} className="inline text-text-2" />;
  return (
    <span
      aria-hidden
      className={cx("inline-block size-2 translate-y-px bg-text-2", kind !== "halt" && "rounded-full")}
    />
  );
}

function RangeSwitch() {
  const navigate = useNavigate();
  const range = route.useSearch().range ?? FIRST_RANGE;
  return (
    <fieldset className="flex overflow-hidden rounded-control border border-line-strong">
      <legend className="sr-only">Range</legend>
      {RANGES.map((item) => (
        <button
          key={item}
          type="button"
          aria-pressed={item === range}
          aria-label={RANGE_WORDS[item].long}
          onClick={() => void navigate({ to: "/", search: searchOf(item), replace: true })}
          className={cx(
            "h-7.5 border-line px-2.5 text-label -outline-offset-2 not-first:border-l max-side:h-11",
            item === range ? "bg-raised font-semibold text-text" : "text-text-3 hover:text-text",
          )}
        >
          {RANGE_WORDS[item].short}
        </button>
      ))}
    </fieldset>
  );
}
