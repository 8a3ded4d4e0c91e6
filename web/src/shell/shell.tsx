// How are menu, bar, banner and page put together?
import { lazy, type ReactNode, Suspense, useEffect } from "react";
import { HaltDialog } from "@/dialogs/halt";
import { useFeed } from "@/feed/hooks";
import { HIDDEN, money } from "@/lib/format";
import { useAccount } from "@/state/account";
import { useKeys } from "@/state/keyboard";
import { usePrivacy } from "@/state/privacy";
import { show, useScreen } from "@/state/screen";
import { useKeyActions } from "./actions";
import { BannerPlace } from "./banner";
import { CommandMenu } from "./command-menu";
import { KeysHelp } from "./keys-help";
import { More } from "./more";
import { Side } from "./side";
import { Tabs } from "./tabs";
import { Top } from "./top";

const ResumeDialog = lazy(() => import("@/dialogs/resume"));

export function Shell({ title, children }: { title: string; children: ReactNode }) {
  const actions = useKeyActions();
  useKeys(actions);
  useTabTitle();
  return (
    <div className="flex min-h-dvh">
      <a
        href="#page"
        className="sr-only rounded-control bg-accent-solid px-3 py-2 font-medium text-on-solid focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50"
      >
        Skip to the page
      </a>
      <Side />
      <div className="flex min-w-0 flex-1 flex-col">
        <Top title={title} />
        <BannerPlace />
        <main
          id="page"
          tabIndex={-1}
          className="@container mx-auto w-full max-w-[1768px] flex-1 p-6 pt-4 outline-none max-side:p-3 max-side:pb-24"
        >
          {children}
        </main>
      </div>
      <Tabs />
      <Screens actions={actions} />
    </div>
  );
}

function Screens({ actions }: { actions: ReturnType<typeof useKeyActions> }) {
  const screen = useScreen();
  const close = () => show("none");
  switch (screen) {
    case "halt":
      return <HaltDialog onClose={close} />;
    case "resume":
      return (
        <Suspense fallback={null}>
          <ResumeDialog onClose={close} />
        </Suspense>
      );
    case "commands":
      return <CommandMenu />;
    case "keys":
      return <KeysHelp actions={actions} />;
    case "more":
      return <More />;
    case "none":
      return null;
  }
}

/** "PAPER · Main 250,440.77": the tab says which money it is, also from afar. */
function useTabTitle(): void {
  const { account } = useAccount();
  const hidden = usePrivacy();
  const equity = useFeed((state) => state.overview?.figures.equity.value ?? null);
  useEffect(() => {
    const value = equity === null ? "" : hidden ? HIDDEN : money(equity, account.base_currency);
    document.title = `${account.mode} · ${account.name} ${value}`.trim();
  }, [account, equity, hidden]);
}
