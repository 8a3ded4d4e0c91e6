// How does one move between the pages? The loop joined by a line, in flow order, each page with its one status word.
import { Link } from "@tanstack/react-router";
import { memo } from "react";
import { useStatus } from "@/feed/hooks";
import { cx } from "@/lib/cx";
import { useMedia } from "@/lib/media";
import { Hint } from "@/ui/hint";
import { AccountBox } from "./account-box";
import { HealthBox } from "./health-box";
import { Mark } from "./mark";
import { LATER, LOOK_BACK, LOOP, OVERVIEW, type PageEntry, type Word, wordOf } from "./pages";
import { SideFoot } from "./side-foot";

export const COLLAPSED = "(min-width: 48rem) and (max-width: 79.99rem)";

const ENTRY =
  "relative flex h-9 items-center gap-3 rounded-control px-2.5 font-medium text-body max-wide:justify-center";

export function Side() {
  return (
    <aside
      aria-label="Account, pages and health"
      className="w-53 shrink-0 border-line border-r bg-surface max-wide:w-14 max-side:hidden"
    >
      <div className="sticky top-0 flex h-dvh flex-col gap-3 overflow-y-auto p-3 max-wide:px-2">
        <div className="flex h-7 items-center gap-2.5 px-1.5 max-wide:justify-center max-wide:px-0">
          <Mark />
          <span className="font-semibold text-form text-text max-wide:sr-only">Counterpoise</span>
        </div>
        <AccountBox />
        <nav aria-label="Pages" className="flex flex-col gap-1">
          <Entry page={OVERVIEW} />
          <Group name="Trading" pages={LOOP} joined />
          <Group name="Look back" pages={LOOK_BACK} />
          <p className="px-2.5 pt-1 text-age text-text-3 max-wide:hidden">Dimmed pages arrive with a later version.</p>
        </nav>
        <div className="mt-auto flex flex-col gap-2 pt-3">
          <HealthBox />
          <SideFoot />
        </div>
      </div>
    </aside>
  );
}

function Group({ name, pages, joined = false }: { name: string; pages: readonly PageEntry[]; joined?: boolean }) {
  return (
    <div className="mt-2">
      <p className="px-2.5 pb-1 text-label text-text-3 max-wide:sr-only">{name}</p>
      <ul className="relative flex flex-col">
        {joined && (
          <li aria-hidden className="absolute top-5 bottom-5 left-[18px] w-px bg-line-strong/60 max-wide:left-1/2" />
        )}
        {pages.map((page) => (
          <li key={page.name}>
            <Entry page={page} />
          </li>
        ))}
      </ul>
    </div>
  );
}

const Entry = memo(function Entry({ page }: { page: PageEntry }) {
  const text = useStatus((status) => wordOf(page, status)?.text ?? null);
  const tone = useStatus((status) => wordOf(page, status)?.tone ?? null);
  const collapsed = useMedia(COLLAPSED);
  const word: Word | null = text === null || tone === null ? null : { text, tone };
  if (page.path === null) {
    const later = `${page.name} ${LATER}.`;
    return (
      <Hint side="right" text={collapsed && word ? `${word.text}. ${later}` : later}>
        {/* biome-ignore lint/a11y/useSemanticElements: a link without an address cannot be focused, and its reason could not be read */}
        <span
          role="link"
          aria-disabled="true"
          tabIndex={0}
          aria-label={named(page, word)}
          className={cx(ENTRY, "text-text-3")}
        >
          <Face page={page} word={word} />
        </span>
      </Hint>
    );
  }
  const link = (
    <Link
      to={page.path}
      aria-label={named(page, word)}
      activeProps={{ "aria-current": "page", className: "bg-raised text-text" }}
      inactiveProps={{ className: "text-text-2 hover:bg-raised" }}
      className={ENTRY}
    >
      <Face page={page} word={word} lit />
    </Link>
  );
  return collapsed ? (
    <Hint side="right" text={page.name}>
      {link}
    </Hint>
  ) : (
    link
  );
});

const named = (page: PageEntry, word: Word | null): string => (word ? `${page.name}, ${word.text}` : page.name);

function Face({ page, word, lit = false }: { page: PageEntry; word: Word | null; lit?: boolean }) {
  const Icon = page.icon;
  return (
    <>
      <span className={cx("rounded-tag py-1", lit ? "text-accent" : "bg-surface")}>
        <Icon aria-hidden size={16} strokeWidth={1.75} />
      </span>
      <span className="max-wide:hidden">{page.name}</span>
      {word && (
        <span
          className={cx(
            "ml-auto whitespace-nowrap text-label max-wide:hidden",
            word.tone === "warn" ? "text-warn" : "text-text-3",
          )}
        >
          {word.text}
        </span>
      )}
      {word?.tone === "warn" && (
        <span aria-hidden className="absolute top-1 right-1 size-1.5 rounded-full bg-warn wide:hidden" />
      )}
    </>
  );
}
