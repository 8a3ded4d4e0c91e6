// What needs me? One strip, the server's words.
import { OctagonAlert, TriangleAlert } from "lucide-react";
import { useStatus } from "@/feed/hooks";
import { cx } from "@/lib/cx";
import { maskMoney } from "@/lib/format";
import { usePrivacy } from "@/state/privacy";

export function NeedsYou() {
  const needs = useStatus((status) => status.needs_you);
  const hidden = usePrivacy();
  if (!needs) return null;
  const critical = needs.severity === "CRITICAL";
  const Icon = critical ? OctagonAlert : TriangleAlert;
  const said = (text: string): string => (hidden ? maskMoney(text) : text);
  return (
    <section
      aria-label="Needs you"
      className={cx(
        "flex items-start gap-3 rounded-card border px-4 py-2.5 text-body",
        critical ? "tint-crit border-crit" : "tint-warn border-warn/50",
      )}
    >
      <Icon
        role="img"
        aria-label={critical ? "Critical" : "Warning"}
        size={16}
        strokeWidth={1.75}
        className={cx("mt-0.5 shrink-0", critical ? "text-crit" : "text-warn")}
      />
      <p className="min-w-0 break-words">
        <strong className="font-semibold text-text max-side:block">{said(needs.title)}</strong> {said(needs.detail)}
      </p>
    </section>
  );
}
