// How close is the account to its limits? The bar is as long as the use, and coloured by the gate alone.
import { OctagonAlert, TriangleAlert } from "lucide-react";
import { memo } from "react";
import type { Gate, GateLimit, Ladder, Severity, Violation } from "@/api/types";
import { usePart } from "@/feed/hooks";
import { cx } from "@/lib/cx";
import { toPixels } from "@/lib/decimal";
import { count, exact, pair, percent } from "@/lib/format";
import { Card } from "@/ui/card";
import { Bone, useWaiting } from "@/ui/skeleton";

const BAR: Record<Severity | "none", string> = {
  none: "bg-accent-solid",
  WARNING: "bg-warn",
  CRITICAL: "bg-crit",
};

export function GateCard({ className }: { className?: string }) {
  const gate = usePart("gate");
  const waiting = useWaiting(gate !== null);
  return (
    <Card title="Gate" note={gate && <Verdict gate={gate} />} className={className ?? ""}>
      {gate !== null && waiting === "content" ? (
        <Content gate={gate} />
      ) : (
        <div className="flex min-h-84 flex-col gap-4 px-4 py-2">
          {waiting === "skeleton" && ["a", "b", "c", "d", "e", "f"].map((key) => <Bone key={key} className="h-3" />)}
        </div>
      )}
    </Card>
  );
}

export function SeverityMark({ severity, size = 14 }: { severity: Severity; size?: number }) {
  const Icon = severity === "CRITICAL" ? OctagonAlert : TriangleAlert;
  return (
    <Icon
      role="img"
      aria-label={severity}
      size={size}
      strokeWidth={2}
      className={cx("shrink-0", severity === "CRITICAL" ? "text-crit" : "text-warn")}
    />
  );
}

function Verdict({ gate }: { gate: Gate }) {
  if (gate.severity === null) return <span>{gate.verdict}</span>;
  return (
    <span className={cx("inline-flex items-center gap-1.5", gate.severity === "CRITICAL" ? "text-crit" : "text-warn")}>
      <SeverityMark severity={gate.severity} size={12} />
      {gate.verdict}
    </span>
  );
}

function Content({ gate }: { gate: Gate }) {
  const { approved, denied, rejected, unknown } = gate.today;
  return (
    <div className="flex flex-1 flex-col @min-[40rem]:@max-[68rem]:grid @min-[40rem]:@max-[68rem]:grid-cols-2">
      <div>
        <dl className="flex flex-col gap-1.5 px-4 pb-3">
          {gate.limits.map((limit) => (
            <LimitLine key={limit.name} limit={limit} />
          ))}
        </dl>
        {gate.violations.length > 0 && (
          <ul aria-label="Violations" className="flex flex-col gap-2 border-line border-t px-4 py-3">
            {gate.violations.map((violation) => (
              <ViolationLine key={`${violation.constraint} ${violation.culprit}`} violation={violation} />
            ))}
          </ul>
        )}
      </div>
      <div className="mt-auto flex flex-col @min-[40rem]:@max-[68rem]:mt-0 @min-[40rem]:@max-[68rem]:border-line @min-[40rem]:@max-[68rem]:border-l">
        <div className="flex flex-col gap-2 border-line border-t px-4 py-3 @min-[40rem]:@max-[68rem]:border-t-0 @min-[40rem]:@max-[68rem]:pt-0">
          {gate.ladders.map((ladder) => (
            <LadderLine key={ladder.label} ladder={ladder} />
          ))}
        </div>
        <div className="flex flex-wrap items-baseline gap-x-4 gap-y-1 border-line border-t px-4 py-3 text-label text-text-3">
          <span aria-hidden className="max-side:hidden">
            Today
          </span>
          <dl aria-label="Decisions today" className="flex flex-wrap gap-x-4 gap-y-1 max-side:gap-x-3">
            <Tally term="approved" value={approved} />
            <Tally term="denied" value={denied} />
            <Tally term="rejected" value={rejected} />
            <Tally term="unknown" value={unknown} />
          </dl>
        </div>
      </div>
    </div>
  );
}

function Tally({ term, value }: { term: string; value: number }) {
  return (
    <div className="flex flex-row-reverse gap-1.5">
      <dt>{term}</dt>
      <dd className={cx("font-medium", value === 0 ? "text-text-3" : "text-text")}>{count(value)}</dd>
    </div>
  );
}

/** "43.17 of 50.00 %", "6 of 8", "1.30 of 2.00×": more digits where two would hide which is larger. */
export function limitText(limit: Pick<GateLimit, "now" | "limit" | "unit">): { now: string; of: string } {
  const places = limit.unit === "count" ? 0 : limit.unit === "x" ? 1 : 2;
  const unit = limit.unit === "%" ? " %" : limit.unit === "x" ? "×" : "";
  const [now, most] = pair(limit.now, limit.limit, places);
  return { now, of: `of ${most}${unit}` };
}

const LimitLine = memo(function LimitLine({ limit }: { limit: GateLimit }) {
  const { now, of } = limitText(limit);
  const use = Math.min(100, Math.max(0, toPixels(limit.use_pct))); // a width in pixels
  return (
    <div
      className="grid grid-cols-[minmax(0,1.5fr)_minmax(3rem,1fr)_minmax(7.25rem,auto)] items-center gap-3"
      title={limit.cure ?? undefined}
    >
      <dt className="flex min-w-0 items-center gap-1.5 text-label text-text-2">
        {limit.severity !== null && <SeverityMark severity={limit.severity} />}
        <span className="break-words">{limit.label}</span>
      </dt>
      <dd className="contents">
        <span aria-hidden data-track className="h-1.5 overflow-hidden rounded-full bg-track">
          <span
            data-bar
            className={cx("block h-full rounded-full", BAR[limit.severity ?? "none"])}
            style={{ width: `${use}%` }}
          />
        </span>
        <span className="whitespace-nowrap text-right text-label text-text-3">
          <span className="text-body text-text">{now}</span> {of}
          {limit.severity !== null && <span className="sr-only">, {limit.severity}</span>}
        </span>
      </dd>
    </div>
  );
});

const STEP: Record<Severity, string> = { WARNING: "bg-warn/60", CRITICAL: "bg-crit-solid" };

const LadderLine = memo(function LadderLine({ ladder }: { ladder: Ladder }) {
  // positions in pixels
  const scale = toPixels(ladder.scale_pct) || 1;
  const at = (value: string): number => Math.min(100, Math.max(0, (toPixels(value) / scale) * 100));
  const steps = ladder.steps.map((step, index) => ({
    ...step,
    from: at(step.at_pct),
    to: at(ladder.steps[index + 1]?.at_pct ?? ladder.scale_pct),
  }));
  const now = ladder.now_pct === null ? "–" : percent(ladder.now_pct);
  const rungs = ladder.steps.map(({ at_pct, label }) => `${label} at ${exact(at_pct)} %`).join(", ");
  return (
    <div>
      <div className="flex items-center justify-between text-label">
        <span className="flex items-center gap-1.5 text-text-2">
          {ladder.severity !== null && <SeverityMark severity={ladder.severity} />}
          {ladder.label}
        </span>
        <span className="font-medium text-text">{now}</span>
      </div>
      <div
        role="img"
        aria-label={`${ladder.label} ${now}; ${rungs}`}
        data-track
        className="relative mt-1.5 h-1.5 rounded-full bg-track"
      >
        {steps.map((step) => (
          <span
            key={step.label}
            data-bar
            className={cx("absolute inset-y-0 last-of-type:rounded-r-full", STEP[step.severity])}
            style={{ left: `${step.from}%`, right: `${100 - step.to}%` }}
          />
        ))}
        {ladder.now_pct !== null && (
          <span
            data-bar
            className="absolute -inset-y-1 w-[3px] -translate-x-1/2 rounded-full bg-text ring-2 ring-surface"
            style={{ left: `max(2px, ${at(ladder.now_pct)}%)` }}
          />
        )}
      </div>
      <div aria-hidden className="relative mt-1 h-4 text-age text-text-3">
        {steps.map((step) => (
          <span
            key={step.label}
            className={cx(
              "absolute whitespace-nowrap",
              step.from > 70 ? "-translate-x-1/2 right-0 translate-x-0" : "-translate-x-1/2",
            )}
            style={step.from > 70 ? {} : { left: `${step.from}%` }}
          >
            {exact(step.at_pct)} {step.label}
          </span>
        ))}
      </div>
    </div>
  );
});

function ViolationLine({ violation }: { violation: Violation }) {
  return (
    <li className="flex items-start gap-2 text-label">
      <SeverityMark severity={violation.severity} />
      <span className="min-w-0 break-words">
        <span className="text-text">{violation.message}</span>
        {violation.cure && <span className="block text-text-3">{violation.cure}</span>}
      </span>
    </li>
  );
}
