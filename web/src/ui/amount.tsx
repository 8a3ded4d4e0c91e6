// How is one figure shown? Sign coloured only on P&L, cents dimmed, hidden in privacy, the exact value on hover.
import { memo } from "react";
import { cx } from "@/lib/cx";
import { placesOf } from "@/lib/decimal";
import { direction, exact, HIDDEN, join, minorUnits, NOTHING, parts } from "@/lib/format";
import { usePrivacy } from "@/state/privacy";

const COLOURS = { gain: "text-gain", loss: "text-loss", zero: "text-text-3" } as const;

export interface AmountProps {
  value: string | null;
  places: number;
  /** a change carries its sign, a P&L its colour too */
  kind?: "level" | "change" | "pnl";
  dimFraction?: boolean;
  className?: string | undefined;
}

/** Any figure that is no money. */
export const Amount = memo(function Amount({ value, places, kind = "level", dimFraction, className }: AmountProps) {
  if (value === null) return <span className={cx("text-text-3", className)}>{NOTHING}</span>;
  const shown = parts(value, places, kind !== "level");
  const colour = kind === "pnl" ? COLOURS[direction(value, places)] : shown.zero && "text-text-3";
  return (
    <span className={cx("whitespace-nowrap", className, colour)} title={titleOf(value, join(shown))}>
      {shown.sign}
      {shown.whole}
      {shown.fraction && (dimFraction ? <span className="text-text-3">{shown.fraction}</span> : shown.fraction)}
    </span>
  );
});

export interface MoneyProps extends Omit<AmountProps, "places"> {
  unit: string;
}

export const Money = memo(function Money({ unit, ...rest }: MoneyProps) {
  const hidden = usePrivacy();
  if (hidden && rest.value !== null) {
    return (
      <span className={cx("whitespace-nowrap text-text-3", rest.className)}>
        <span aria-hidden>{HIDDEN}</span>
        <span className="sr-only">hidden</span>
      </span>
    );
  }
  return <Amount {...rest} places={minorUnits(unit)} />;
});

/** Every digit that the value carries, those beyond the usual ones dimmed. */
export function Exact({ value, places }: { value: string | null; places: number }) {
  if (value === null) return <span>{NOTHING}</span>;
  const digits = Math.max(places, placesOf(value));
  const { sign, whole, fraction } = parts(value, digits);
  const usual = places === 0 ? 0 : places + 1; // with the point
  return (
    <span className="whitespace-nowrap">
      {sign}
      {whole}
      {fraction.slice(0, usual)}
      <span className="text-text-3">{fraction.slice(usual)}</span>
    </span>
  );
}

/** The exact digits, where the shown ones are fewer. */
function titleOf(value: string, shown: string): string | undefined {
  const full = exact(value);
  return full.length > shown.replace(/^\+/, "").length ? full : undefined;
}
