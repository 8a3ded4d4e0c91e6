// Where is the one banner painted? Halted speaks at once; the others wait for their turn.
import { ArrowDownNarrowWide, Lock, Unplug } from "lucide-react";
import { useSession } from "@/api/queries";
import { useFeed, useLost, usePart, useSilence } from "@/feed/hooks";
import { show } from "@/state/screen";
import { bannerOf } from "./banner-of";

const BAND = "flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 px-6 py-2 text-body max-side:px-3";
const ACT =
  "ml-auto inline-flex min-h-8 items-center rounded-control border border-current px-3 font-medium whitespace-nowrap hover:bg-white/15 max-side:min-h-11";

export function BannerPlace() {
  const status = usePart("status");
  const figuresAt = useFeed((state) => state.overview?.figures.as_of ?? null);
  const lost = useLost();
  const silent = useSilence();
  const me = useSession()?.name ?? null;
  const banner = bannerOf({ status, lostFor: lost ? (silent ?? 0) : null, figuresAt, me });
  return (
    <>
      <div role="alert">
        {banner?.kind === "halted" && (
          <div className={`${BAND} stripes bg-halt text-on-solid`}>
            <Lock aria-hidden size={16} strokeWidth={2} className="shrink-0" />
            <p className="min-w-0 flex-1 basis-60 break-words">
              <strong className="font-semibold">HALTED {banner.when}</strong> {banner.text}
            </p>
            <button type="button" className={ACT} onClick={() => show("resume")}>
              Resume …
            </button>
          </div>
        )}
      </div>
      {banner?.kind === "lost" && (
        // the seconds tick for the eye alone: spoken once, not every second
        <div className={`${BAND} tint-warn border-warn border-b text-text`}>
          <Unplug aria-hidden size={16} strokeWidth={1.75} className="shrink-0 text-warn" />
          <p className="min-w-0 flex-1">{banner.text}</p>
        </div>
      )}
      <p role="status" className="sr-only">
        {banner?.kind === "lost" ? "Live updates stopped. Trying again." : ""}
      </p>
      {banner?.kind === "reducing" && (
        <div className={`${BAND} bg-crit-solid text-on-solid`}>
          <ArrowDownNarrowWide aria-hidden size={16} strokeWidth={2} className="shrink-0" />
          <p className="min-w-0 flex-1 basis-60 break-words">
            <strong className="font-semibold">REDUCING {banner.when}</strong> {banner.text}
          </p>
          <button type="button" className={ACT} onClick={() => show("resume")}>
            Resume …
          </button>
        </div>
      )}
      {banner?.kind === "halted" && (
        <div aria-hidden className="pointer-events-none fixed inset-0 z-60 border-3 border-halt" />
      )}
    </>
  );
}
