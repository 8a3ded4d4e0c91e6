// What happened, newest first, and why? Each item opens every reason and figure behind it.
import { memo, useState } from "react";
import type { ActivityItem } from "@/api/types";
import { usePart } from "@/feed/hooks";
import { cx } from "@/lib/cx";
import { maskMoney } from "@/lib/format";
import { dayText } from "@/lib/time";
import { usePrivacy } from "@/state/privacy";
import { Card } from "@/ui/card";
import { Bone, useWaiting } from "@/ui/skeleton";
import { EventDrawer } from "./event-drawer";
import { iconOf } from "./event-icons";

/** So many never need to scroll. */
const FEW = 5;

export function EventsCard({ className }: { className?: string }) {
  const activity = usePart("activity");
  const waiting = useWaiting(activity !== null);
  const [open, setOpen] = useState<ActivityItem | null>(null);
  const items = activity?.items ?? [];
  const scrolls = items.length > FEW;
  return (
    <Card title="Events" note="newest first" className={cx("relative", scrolls && "@min-[68rem]:min-h-88", className)}>
      {activity !== null && waiting === "content" ? (
        // beside the positions it is as high as they are, and scrolls
        <div className={cx("min-h-0 flex-1", scrolls && "@min-[68rem]:relative")}>
          <div className={cx(scrolls && "@min-[68rem]:absolute @min-[68rem]:inset-0 @min-[68rem]:overflow-y-auto")}>
            {items.length === 0 && (
              <p className="px-4 pb-4 text-text-3">Nothing happened yet. The first decision or fill appears here.</p>
            )}
            <ol aria-label="Events" className="flex flex-col px-4 pb-2">
              {items.map((item, index) => (
                <EventLine key={item.id} item={item} newDay={items[index - 1]?.day !== item.day} onOpen={setOpen} />
              ))}
            </ol>
          </div>
        </div>
      ) : (
        <div className="flex min-h-72 flex-col gap-6 px-4 py-3">
          {waiting === "skeleton" && ["a", "b", "c", "d", "e"].map((key) => <Bone key={key} className="h-8" />)}
        </div>
      )}
      {open && <EventDrawer item={open} onClose={() => setOpen(null)} />}
    </Card>
  );
}

interface EventLineProps {
  item: ActivityItem;
  newDay: boolean;
  onOpen: (item: ActivityItem) => void;
}

const EventLine = memo(function EventLine({ item, newDay, onOpen }: EventLineProps) {
  const hidden = usePrivacy();
  const Icon = iconOf(item.kind, item.severity);
  const said = (text: string): string => (hidden ? maskMoney(text) : text);
  return (
    <li className="border-line not-last:border-b">
      <button
        type="button"
        onClick={() => onOpen(item)}
        className="grid w-full grid-cols-[4.25rem_1.25rem_1fr] items-start gap-x-2 rounded-control py-2 text-left hover:bg-raised"
      >
        <span className="text-label text-text-3 leading-5">
          {item.time}
          {newDay && <span className="block text-age">{dayText(item.day).replace(/ \d{4}$/, "")}</span>}
        </span>
        <Icon
          {...(item.severity ? { role: "img", "aria-label": item.severity } : { "aria-hidden": true })}
          size={14}
          strokeWidth={1.75}
          className={cx(
            "mt-[3px]",
            item.severity === "CRITICAL" ? "text-crit" : item.severity === "WARNING" ? "text-warn" : "text-text-3",
          )}
        />
        <span className="min-w-0 break-words">
          <span className="block font-medium text-text">{said(item.title)}</span>
          {item.detail && <span className="block text-label text-text-3">{said(item.detail)}</span>}
        </span>
      </button>
    </li>
  );
});
