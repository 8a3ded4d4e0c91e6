// How does one move between the pages on a phone? Five tabs at the bottom; a tab of a later page says so when touched.
import { Link } from "@tanstack/react-router";
import { Ellipsis } from "lucide-react";
import { useStatus } from "@/feed/hooks";
import { cx } from "@/lib/cx";
import { show } from "@/state/screen";
import { toast } from "@/state/toasts";
import { ALLOCATION, GATE, LATER, ORDERS, OVERVIEW, type PageEntry, wordOf } from "./pages";

const TAB = "relative flex min-h-14 flex-1 flex-col items-center justify-center gap-0.5 text-age font-medium";

export function Tabs() {
  return (
    <nav
      aria-label="Pages"
      className="fixed inset-x-0 bottom-0 z-30 flex border-line border-t bg-surface pb-[env(safe-area-inset-bottom)] side:hidden"
    >
      <Link
        to="/"
        className={TAB}
        activeProps={{ "aria-current": "page", className: "text-text" }}
        inactiveProps={{ className: "text-text-2" }}
      >
        <OVERVIEW.icon aria-hidden size={20} strokeWidth={1.75} className="text-accent" />
        Overview
      </Link>
      {[ALLOCATION, GATE, ORDERS].map((page) => (
        <LaterTab key={page.name} page={page} />
      ))}
      <button type="button" className={cx(TAB, "text-text-2")} onClick={() => show("more")}>
        <Ellipsis aria-hidden size={20} strokeWidth={1.75} />
        More
      </button>
    </nav>
  );
}

function LaterTab({ page }: { page: PageEntry }) {
  const tone = useStatus((status) => wordOf(page, status)?.tone ?? null);
  const text = useStatus((status) => wordOf(page, status)?.text ?? null);
  const Icon = page.icon;
  const why = `${page.name} ${LATER}.`;
  return (
    <button
      type="button"
      aria-disabled="true"
      aria-description={why}
      className={cx(TAB, "text-text-3")}
      onClick={() => toast(text === null ? why : `${why} Now: ${text}.`)}
    >
      <Icon aria-hidden size={20} strokeWidth={1.75} />
      {page.name}
      {tone === "warn" && (
        <span aria-hidden className="absolute top-2 right-[calc(50%-16px)] size-1.5 rounded-full bg-warn" />
      )}
    </button>
  );
}
