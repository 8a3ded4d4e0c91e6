// How does one figure stand: exact, an interval, stale or unknown? Its proof opens on demand.
import { CircleHelp, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { Figure } from "@/api/types";
import type { Source } from "@/feed/ages";
import { useStale } from "@/feed/hooks";
import { cx } from "@/lib/cx";
import { exact, HIDDEN, money, NOTHING, percent } from "@/lib/format";
import { moment } from "@/lib/time";
import { useAccount } from "@/state/account";
import { usePrivacy } from "@/state/privacy";
import { AgeMark } from "@/ui/age-mark";
import { Amount, Money } from "@/ui/amount";
import { Explain, ExplainList } from "@/ui/explain";

export type FigureState = "exact" | "interval" | "stale" | "unknown";

/** The server's quality; only silence and ages that ran on can make a figure worse here, never better. */
export function stateOf(figure: Pick<Figure, "value" | "quality">, sourceStale: boolean): FigureState {
  if (figure.value === null) return "unknown";
  if (sourceStale || figure.quality === "stale") return "stale";
  return figure.quality;
}

export interface FigureCellProps {
  label: string;
  figure: Figure;
  source: Source;
  kind?: "level" | "pnl";
  /** after the value, in small */
  suffix?: ReactNode;
  /** what it is made of */
  children?: ReactNode;
  /** one sentence: how it is defined */
  definition: string;
  more?: readonly (readonly [string, ReactNode])[];
  largest?: boolean;
  className?: string;
}

export function FigureCell(props: FigureCellProps) {
  const { label, figure, source, kind = "level", suffix, children, largest = false, className } = props;
  const stale = useStale(source);
  const state = stateOf(figure, stale);
  const size = cx(
    "font-semibold",
    largest ? "text-equity" : "text-figure max-side:text-figure-small",
    state === "stale" ? "stale-text" : kind === "level" && "text-text",
  );
  return (
    <fieldset aria-label={label} className={cx("flex min-w-0 flex-col px-4 py-3 max-side:px-3", className)}>
      <div className="flex min-h-5 items-center justify-between gap-2">
        <Proof {...props} state={state} />
        {state !== "unknown" && (
          <AgeMark
            source={source}
            word={state === "interval" ? "interval" : largest ? "exact" : ""}
            forced={state === "stale"}
          />
        )}
      </div>
      <p className="flex flex-wrap items-baseline gap-x-2 max-side:gap-x-1">
        {figure.value === null ? (
          <span className={cx(size, "text-text-3")}>{NOTHING}</span>
        ) : figure.unit === "%" ? (
          <Amount value={figure.value} places={2} className={size} />
        ) : (
          <Money
            value={figure.value}
            unit={figure.unit}
            kind={state === "stale" && kind === "pnl" ? "change" : kind}
            dimFraction={kind === "level"}
            className={size}
          />
        )}
        {figure.value !== null && suffix && (
          <span className="whitespace-nowrap font-medium text-body max-side:text-label">{suffix}</span>
        )}
      </p>
      <div className="mt-0.5 text-label text-text-3">
        {state === "interval" || state === "unknown" || (state === "stale" && figure.reason) ? (
          <Doubt figure={figure} state={state} />
        ) : (
          children
        )}
      </div>
    </fieldset>
  );
}

function Doubt({ figure, state }: { figure: Figure; state: FigureState }) {
  const between = state === "interval" && figure.low !== null && figure.high !== null;
  return (
    <p className="flex items-start gap-1.5 text-text-2">
      {state === "unknown" ? (
        <CircleHelp role="img" aria-label="Unknown" size={12} strokeWidth={2} className="mt-0.5 shrink-0 text-text-3" />
      ) : (
        <TriangleAlert
          role="img"
          aria-label={state === "stale" ? "Stale" : "Interval"}
          size={12}
          strokeWidth={2}
          className="mt-0.5 shrink-0 text-warn"
        />
      )}
      <span className="min-w-0 break-words">
        {between && (
          <>
            between <Bound figure={figure} value={figure.low} /> and <Bound figure={figure} value={figure.high} />
            {figure.reason && ": "}
          </>
        )}
        {figure.reason ?? (state === "unknown" ? "not known yet" : "")}
      </span>
    </p>
  );
}

function Bound({ figure, value }: { figure: Figure; value: string | null }) {
  return figure.unit === "%" ? (
    <Amount value={value} places={2} className="font-medium text-text" />
  ) : (
    <Money value={value} unit={figure.unit} className="font-medium text-text" />
  );
}

const STATE_WORDS: Record<FigureState, string> = {
  exact: "exact",
  interval: "an interval",
  stale: "stale",
  unknown: "unknown",
};

function Proof({ label, figure, definition, more = [], state }: FigureCellProps & { state: FigureState }) {
  const { account } = useAccount();
  const hidden = usePrivacy();
  const percentage = figure.unit === "%";
  const full = (value: string): string =>
    percentage ? `${exact(value)} %` : hidden ? HIDDEN : `${exact(value)} ${figure.unit}`;
  const short = (value: string): string => (percentage ? percent(value) : hidden ? HIDDEN : money(value, figure.unit));
  const range: [string, ReactNode][] =
    figure.low !== null && figure.high !== null ? [["Between", `${short(figure.low)} and ${short(figure.high)}`]] : [];
  return (
    <Explain
      name={`${label}: how it is known`}
      className="rounded-tag text-label text-text-3 hover:text-text hover:underline hover:decoration-dotted hover:underline-offset-4 max-side:min-h-6"
      label={label}
    >
      <p className="mb-2 text-text">{definition}</p>
      <ExplainList
        rows={[
          ["Value", figure.value === null ? NOTHING : full(figure.value)],
          ...range,
          ["Quality", STATE_WORDS[state]],
          ["Source", figure.source],
          [
            "As of",
            <time key="as-of" dateTime={figure.as_of} title={figure.as_of}>
              {moment(figure.as_of, account.time_zone)}
            </time>,
          ],
          ...more,
          ...(figure.reason ? ([["Reason", figure.reason]] as const) : []),
        ]}
      />
    </Explain>
  );
}
