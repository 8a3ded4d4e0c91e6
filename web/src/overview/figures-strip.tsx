// The five figures: equity, P&L today, drawdown, net exposure, free cash.
import type { ReactNode } from "react";
import type { Figures } from "@/api/types";
import { usePart } from "@/feed/hooks";
import { isZero } from "@/lib/decimal";
import { percent, percentChange } from "@/lib/format";
import { usePrivacy } from "@/state/privacy";
import { Money } from "@/ui/amount";
import { Bone, useWaiting } from "@/ui/skeleton";
import { FigureCell } from "./figure-cell";

const STRIP =
  "grid grid-cols-2 overflow-hidden rounded-card border border-line bg-surface shadow-card side:grid-cols-6 @min-[68rem]:grid-cols-[1.3fr_1.12fr_0.9fr_1fr_1fr]";
const LINE = "border-line";
/** Where each cell stands: one, two and two on a phone; two and three beside the menu; five in a row where there is room. */
const PLACES = [
  "col-span-2 side:col-span-3 @min-[68rem]:col-span-1",
  `${LINE} border-t max-side:border-r side:col-span-3 side:border-t-0 side:border-l @min-[68rem]:col-span-1`,
  `${LINE} border-t side:col-span-2 @min-[68rem]:col-span-1 @min-[68rem]:border-t-0 @min-[68rem]:border-l`,
  `${LINE} border-t max-side:border-r side:col-span-2 side:border-l @min-[68rem]:col-span-1 @min-[68rem]:border-t-0`,
  `${LINE} border-t side:col-span-2 side:border-l @min-[68rem]:col-span-1 @min-[68rem]:border-t-0`,
] as const;

export function FiguresStrip() {
  const figures = usePart("figures");
  const waiting = useWaiting(figures !== null);
  return (
    <section aria-label="Figures" aria-busy={figures === null} className={STRIP}>
      {figures !== null && waiting === "content" ? (
        <Cells figures={figures} />
      ) : (
        PLACES.map((place) => (
          <div key={place} className={`${place} flex min-h-24 flex-col gap-2 px-4 py-3`}>
            {waiting === "skeleton" && (
              <>
                <Bone className="h-3 w-20" />
                <Bone className="h-7 w-36" />
                <Bone className="h-3 w-44 max-w-full" />
              </>
            )}
          </div>
        ))
      )}
    </section>
  );
}

function Cells({ figures }: { figures: Figures }) {
  const { equity, pnl_today: pnl, drawdown, net_exposure: exposure, free_cash: cash } = figures;
  const unit = equity.unit;
  const hidden = usePrivacy();
  const transfers = equity.transfers_today !== null && !isZero(equity.transfers_today);
  const other = pnl.other !== null && !isZero(pnl.other);
  return (
    <>
      <FigureCell
        className={PLACES[0]}
        label={`Equity, ${unit}`}
        figure={equity}
        source="prices"
        largest
        definition="Cash and every position at its last price."
      >
        <Said>
          day opened at <In value={equity.day_open} unit={unit} /> ·{" "}
          {transfers ? (
            <>
              transfers <In value={equity.transfers_today} unit={unit} kind="change" />
            </>
          ) : (
            "no transfers today"
          )}
        </Said>
      </FigureCell>
      <FigureCell
        className={PLACES[1]}
        label={`P&L today, ${pnl.unit}`}
        figure={pnl}
        source="prices"
        kind="pnl"
        suffix={pnl.pct !== null && percentChange(pnl.pct)}
        definition="Equity now less equity at the day's start, without transfers. Its parts sum to it; the residual is what they leave."
      >
        <Said>
          <span className="max-side:hidden">
            price <In value={pnl.price} unit={pnl.unit} kind="change" /> · fees{" "}
            <In value={pnl.fees} unit={pnl.unit} kind="change" />
            {other && (
              <>
                {" "}
                · other <In value={pnl.other} unit={pnl.unit} kind="change" />
              </>
            )}{" "}
            ·{" "}
          </span>
          <span className="whitespace-nowrap">
            residual{" "}
            {pnl.residual !== null && isZero(pnl.residual) ? (
              <span className="font-medium text-text-2">0</span>
            ) : (
              <In value={pnl.residual} unit={pnl.unit} kind="change" />
            )}
          </span>
        </Said>
      </FigureCell>
      <FigureCell
        className={PLACES[2]}
        label="Drawdown"
        figure={drawdown}
        source="prices"
        suffix="%"
        definition="How far equity stands below its peak, without transfers. Never negative."
        more={[
          ["Today", drawdown.daily_pct === null ? "not known" : percent(drawdown.daily_pct)],
          ["This week", drawdown.weekly_pct === null ? "not known" : percent(drawdown.weekly_pct)],
          ["Largest so far", drawdown.max_pct === null ? "not known" : percent(drawdown.max_pct)],
        ]}
      >
        <Said>
          <span className="max-side:hidden">from the </span>peak <In value={drawdown.peak_equity} unit={unit} />
        </Said>
      </FigureCell>
      <FigureCell
        className={PLACES[3]}
        label="Net exposure"
        figure={exposure}
        source="prices"
        suffix="% of equity"
        definition="Long less short positions at their last prices, as a share of equity."
        more={[
          ["Net", <In key="net" value={exposure.net} unit={unit} />],
          ["Gross", <In key="gross" value={exposure.gross} unit={unit} />],
        ]}
      >
        <Said>
          long <In value={exposure.long} unit={unit} />
          <span className="max-side:hidden">
            {" "}
            · short <In value={exposure.short} unit={unit} />
          </span>
        </Said>
      </FigureCell>
      <FigureCell
        className={PLACES[4]}
        label={`Free cash, ${cash.unit}`}
        figure={cash}
        source="broker"
        definition="Cash less what working orders have reserved."
        more={[
          ["Cash", <In key="cash" value={cash.cash} unit={cash.unit} />],
          ["Agreement", hidden ? "compared with the venue" : cash.agreement],
        ]}
      >
        <Said>
          <span className="max-wide:hidden">{cash.source}, </span>trust{" "}
          <span className="font-medium text-text-2">{cash.trust}</span>
          <span className="max-side:hidden">
            {" "}
            · reserved <In value={cash.reserved} unit={cash.unit} />
          </span>
        </Said>
      </FigureCell>
    </>
  );
}

const Said = ({ children }: { children: ReactNode }) => <p>{children}</p>;

function In({ value, unit, kind = "level" }: { value: string | null; unit: string; kind?: "level" | "change" }) {
  return <Money value={value} unit={unit} kind={kind} className="font-medium text-text-2" />;
}
