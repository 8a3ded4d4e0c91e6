// What frames one question of a page?
import { type ReactNode, useId } from "react";
import { cx } from "@/lib/cx";

export interface CardProps {
  title: string;
  /** quiet words beside the title */
  note?: ReactNode;
  /** controls or an age at the right of the head */
  tools?: ReactNode;
  className?: string;
  children: ReactNode;
}

export function Card({ title, note, tools, className, children }: CardProps) {
  const id = useId();
  return (
    <section
      aria-labelledby={id}
      className={cx("flex min-w-0 flex-col rounded-card border border-line bg-surface shadow-card", className)}
    >
      <div className="flex min-h-13 flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2">
        <h2 id={id} className="font-semibold text-form text-text">
          {title}
        </h2>
        {note && <div className="min-w-0 text-label text-text-3">{note}</div>}
        {tools && <div className="ml-auto flex items-center gap-3">{tools}</div>}
      </div>
      {children}
    </section>
  );
}
