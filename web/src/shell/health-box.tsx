// Is the machinery well? Journal, broker, prices and the last comparison, each in its own words.
import { CircleCheck, CircleX, TriangleAlert } from "lucide-react";
import type { HealthItem } from "@/api/types";
import type { Source } from "@/feed/ages";
import { useAge, useStatus } from "@/feed/hooks";
import { cx } from "@/lib/cx";
import { age } from "@/lib/format";
import { Hint } from "@/ui/hint";

const TONES = {
  ok: { icon: null, word: "", colour: "text-text-2" },
  warning: { icon: TriangleAlert, word: "warning", colour: "text-warn" },
  down: { icon: CircleX, word: "down", colour: "text-crit" },
} as const;

const SOURCES: Readonly<Record<string, Source>> = { Broker: "broker", Prices: "prices", Reconciled: "ledger" };

/** How long ago that was heard; the journal has no age, every fact in it is durable. */
function Since({ name }: { name: string }) {
  const source = SOURCES[name];
  return source === undefined ? null : <Seconds source={source} />;
}

function Seconds({ source }: { source: Source }) {
  const seconds = useAge(source);
  return seconds === null ? null : <span>· {age(seconds)}</span>;
}

export function HealthList({ items }: { items: readonly HealthItem[] }) {
  return (
    <dl aria-label="Health" className="flex flex-col gap-1 text-age">
      {items.map((item) => {
        const { icon: Icon, word, colour } = TONES[item.status];
        return (
          <div key={item.name} className="flex justify-between gap-2">
            <dt className="text-text-3">{item.name}</dt>
            <dd className={cx("flex items-center justify-end gap-1 text-right", colour)}>
              {Icon && <Icon role="img" aria-label={word} size={12} strokeWidth={2} className="shrink-0" />}
              {item.text}
              <Since name={item.name} />
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

export function HealthBox() {
  const items = useStatus((status) => status.health);
  if (!items) return null;
  const worst = items.some(({ status }) => status === "down")
    ? "down"
    : items.find(({ status }) => status !== "ok")?.status;
  const Icon = worst === undefined ? CircleCheck : (TONES[worst].icon ?? CircleCheck);
  const said = items.map(({ name, text }) => `${name}: ${text}`).join(". ");
  return (
    <>
      <div className="rounded-control border border-line bg-canvas px-2.5 py-2 max-wide:hidden">
        <HealthList items={items} />
      </div>
      <Hint side="right" text={said}>
        <button
          type="button"
          aria-label={`Health. ${said}`}
          className={cx(
            "mx-auto rounded-control p-2 wide:hidden",
            worst === undefined ? "text-text-3" : TONES[worst].colour,
          )}
        >
          <Icon aria-hidden size={16} strokeWidth={1.75} />
        </button>
      </Hint>
    </>
  );
}
