// Why did it happen? Every reason with its meaning and remedy, every figure, and the fact in the journal.
import type { ActivityItem } from "@/api/types";
import { count, maskMoney, plural } from "@/lib/format";
import { dayText } from "@/lib/time";
import { usePrivacy } from "@/state/privacy";
import { Modal } from "@/ui/modal";

export function EventDrawer({ item, onClose }: { item: ActivityItem; onClose: () => void }) {
  const hidden = usePrivacy();
  const said = (text: string): string => (hidden ? maskMoney(text) : text);
  return (
    <Modal
      place="right"
      title={said(item.title)}
      {...(item.detail ? { description: said(item.detail) } : {})}
      onClose={onClose}
    >
      <p className="text-label text-text-3">
        <time dateTime={item.at} title={item.at}>
          {dayText(item.day)}, {item.time}
        </time>{" "}
        · fact {count(item.sequence)} of the journal
      </p>
      {item.reasons.length > 0 && (
        <section className="mt-4">
          <h3 className="mb-2 font-semibold text-form text-text">{plural(item.reasons.length, "reason")}</h3>
          <ol className="flex flex-col gap-3">
            {item.reasons.map((reason) => (
              <li key={reason.code} className="rounded-control border border-line bg-canvas px-3 py-2.5">
                <p className="break-all font-medium font-mono text-label text-text">{reason.code}</p>
                <p className="mt-1">{said(reason.meaning)}</p>
                {reason.remedy && (
                  <p className="mt-1 text-text-3">
                    <span className="font-medium text-text-2">What helps: </span>
                    {said(reason.remedy)}
                  </p>
                )}
              </li>
            ))}
          </ol>
        </section>
      )}
      {item.facts.length > 0 && (
        <section className="mt-4">
          <h3 className="mb-2 font-semibold text-form text-text">Figures</h3>
          <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5">
            {item.facts.map(([label, value]) => (
              <div key={label} className="contents">
                <dt className="text-text-3">{label}</dt>
                <dd className="break-words text-right text-text">{said(value)}</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
    </Modal>
  );
}
