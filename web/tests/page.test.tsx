// Does the whole page hang together: the frame, its menu, the range in its address, and the sign-in?
import { QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRouter, RouterProvider } from "@tanstack/react-router";
import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { queryClient, sessionQuery } from "@/api/queries";
import type { Session } from "@/api/types";
import { neighbour, readSearch } from "@/overview/ranges";
import { codeFrom } from "@/pages/sign-in";
import { routeTree } from "@/router";
import { ALLOCATION, GATE, LEDGER, ORDERS, POSITIONS, wordOf } from "@/shell/pages";
import { speedWords, whyNotSteered } from "@/shell/replay-control";
import { show } from "@/state/screen";
import { HintProvider } from "@/ui/hint";
import { ACCOUNT, overview, SESSION } from "./sample";
import { type Call, feedSays, painted, problem, type Said, serve } from "./screen";

// jsdom has no canvas; the chart is looked at in a browser
vi.mock("@/overview/equity-chart", () => ({ default: () => null }));

class QuietSocket {
  close(): void {}
  send(): void {}
}

const HISTORY = { account: "main", range: "3M", points: [], markers: [], day_open: null };

function open(
  path: string,
  session: Session = SESSION,
  accounts = [ACCOUNT],
  more: Record<string, (call: Call) => Said | Promise<Said>> = {},
) {
  queryClient.clear();
  const calls = serve({
    "GET /api/v1/session": () => ({ status: 200, body: session }),
    "GET /api/v1/accounts": () => ({ status: 200, body: { items: accounts, next_cursor: null } }),
    "GET /api/v1/accounts/main/equity-history": () => ({ status: 200, body: HISTORY }),
    ...more,
  });
  vi.stubGlobal("WebSocket", QuietSocket);
  vi.stubGlobal("scrollTo", () => {});
  const router = createRouter({ routeTree, history: createMemoryHistory({ initialEntries: [path] }) });
  render(
    <QueryClientProvider client={queryClient}>
      <HintProvider>
        <RouterProvider router={router as never} />
      </HintProvider>
    </QueryClientProvider>,
  );
  return { router, calls };
}

beforeEach(() => show("none"));

describe("the page", () => {
  it("has its landmarks, one h1, and pages that do not exist say so", async () => {
    open("/");
    await screen.findByRole("heading", { level: 1, name: "Overview" });
    await feedSays();
    expect(screen.getAllByRole("heading", { level: 1 })).toHaveLength(1);
    expect(screen.getByRole("main")).toBeTruthy();
    expect(screen.getByRole("banner")).toBeTruthy();
    const [side] = screen.getAllByRole("navigation", { name: "Pages" });
    const menu = within(side as HTMLElement);
    expect(menu.getByRole("link", { name: "Overview" }).getAttribute("aria-current")).toBe("page");
    const ledger = menu.getByRole("link", { name: "Ledger, 4,182" });
    expect(ledger.getAttribute("aria-disabled")).toBe("true");
    expect(ledger.getAttribute("href")).toBeNull();
    await userEvent.hover(ledger);
    expect((await screen.findByRole("tooltip")).textContent).toContain("Ledger arrives with a later version.");
    for (const name of ["Equity", "Gate", "Positions", "Events", "Figures"]) {
      expect(screen.getByRole("region", { name })).toBeTruthy();
    }
    expect(document.title).toBe("PAPER · Main 250,440.77");
  });

  it("keeps the range in the address and walks it by key", async () => {
    const { router, calls } = open("/");
    await screen.findByRole("heading", { level: 1, name: "Overview" });
    await feedSays();
    await userEvent.keyboard("]");
    await waitFor(() => expect(router.state.location.search).toEqual({ range: "1Y" }));
    await userEvent.keyboard("[[[[");
    await waitFor(() => expect(router.state.location.search).toEqual({ range: "1M" }));
    expect(screen.getByRole("button", { name: "the last month" }).getAttribute("aria-pressed")).toBe("true");
    expect(calls.some(({ path }) => path.endsWith("/equity-history"))).toBe(true);
  });

  it("opens dialogs by key and runs commands", async () => {
    open("/");
    await screen.findByRole("heading", { level: 1, name: "Overview" });
    await feedSays();
    await userEvent.keyboard("{Shift>}H{/Shift}");
    expect(await screen.findByRole("dialog", { name: "Halt Main, PAPER?" })).toBeTruthy();
    await userEvent.keyboard("{Escape}");
    await userEvent.keyboard("/");
    expect(document.activeElement?.getAttribute("role")).toBe("combobox");
    await userEvent.keyboard("keys{Enter}");
    const help = await screen.findByRole("dialog", { name: "Keys" });
    expect(help.textContent).toContain("Go to Overview");
  });

  it("tells honestly that there is no account", async () => {
    open("/", SESSION, []);
    expect(await screen.findByText("No account yet.")).toBeTruthy();
  });

  it("goes to the sign-in where reads are closed", async () => {
    const { router } = open("/", { ...SESSION, signed_in: false, reads_open: false });
    await waitFor(() => expect(router.state.location.pathname).toBe("/sign-in"));
    expect(await screen.findByText(/Open the one-time link/)).toBeTruthy();
  });

  it("shows an unreachable service with what to do", async () => {
    open("/", SESSION, [ACCOUNT], {
      "GET /api/v1/session": () => problem(500, "BROKEN", "Something broke.", "Look at the terminal."),
    });
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("BROKEN");
    expect(screen.getByRole("button", { name: "Try again" })).toBeTruthy();
  });
});

describe("signing in", () => {
  it("takes the code from the address, sends it once, and goes to the page", async () => {
    history.replaceState(null, "", "/sign-in#code=abc");
    const { router, calls } = open("/sign-in", { ...SESSION }, [ACCOUNT], {
      "POST /api/v1/sessions": () => ({
        status: 201,
        body: { name: "owner", fresh_until: "2026-09-30T19:00:00Z", csrf_token: "t" },
      }),
    });
    await waitFor(() => expect(router.state.location.pathname).toBe("/"));
    expect(location.hash).toBe("");
    expect(calls.filter(({ method }) => method === "POST").map(({ body }) => body)).toEqual([{ code: "abc" }]);
    await painted();
  });

  it("does not take an answer from before the sign-in for one after it", async () => {
    history.replaceState(null, "", "/sign-in#code=late");
    let answerEarly: (said: Said) => void = () => {};
    const early = new Promise<Said>((done) => {
      answerEarly = done;
    });
    let asked = 0;
    const { router } = open("/sign-in", SESSION, [ACCOUNT], {
      "GET /api/v1/session": () => {
        asked += 1;
        return asked === 1 ? early : { status: 200, body: SESSION };
      },
      "POST /api/v1/sessions": async () => {
        setTimeout(() => answerEarly({ status: 200, body: { ...SESSION, signed_in: false, csrf_token: null } }), 50);
        return { status: 201, body: { name: "owner", fresh_until: "2026-09-30T19:00:00Z", csrf_token: "t" } };
      },
    });
    await waitFor(() => expect(router.state.location.pathname).toBe("/"));
    await early;
    await painted();
    expect(queryClient.getQueryData<Session>(sessionQuery.queryKey)?.signed_in).toBe(true);
  });

  it("says how to get a new link when one is used up", async () => {
    history.replaceState(null, "", "/sign-in#code=used");
    open("/sign-in", { ...SESSION, signed_in: false }, [ACCOUNT], {
      "POST /api/v1/sessions": () =>
        problem(401, "LINK_INVALID", "The link is used, expired or altered.", "Run counterpoise token link."),
    });
    expect((await screen.findByRole("alert")).textContent).toContain("LINK_INVALID");
    expect(screen.getByText("counterpoise token link")).toBeTruthy();
    expect(screen.getByRole("link", { name: "Look around without signing in" })).toBeTruthy();
  });

  it.each([
    ["#code=a%2Bb", "a+b"],
    ["#code=", null],
    ["#other=1", null],
    ["", null],
  ])("reads %j", (hash, expected) => {
    expect(codeFrom(hash)).toBe(expected);
  });
});

describe("words of the frame", () => {
  it("gives each page of the loop its one status word", () => {
    const { status } = overview();
    const words = [LEDGER, POSITIONS, GATE, ALLOCATION, ORDERS].map((page) => wordOf(page, status)?.text);
    expect(words).toEqual(["4,182", "6", "NEUTRAL", "2 out", "2 open"]);
    const worse = { risk_mode: "SAFE" as const, counts: { ...status.counts, breaks: 1, unknown_orders: 1 } };
    expect([LEDGER, GATE, ORDERS].map((page) => wordOf(page, worse))).toEqual([
      { text: "1 break", tone: "warn" },
      { text: "SAFE", tone: "warn" },
      { text: "1 unknown", tone: "warn" },
    ]);
  });

  it("names the replay's speeds and why it cannot be steered", () => {
    expect(["1", "4", "0.5", null].map(speedWords)).toEqual(["1 day/s", "4 days/s", "0.5 days/s", "fastest"]);
    const replay = { day: "2010-03-04", number: 43, days: 3270, paused: false, days_per_second: "4", finished: false };
    expect(whyNotSteered(replay, true)).toBeNull();
    expect(whyNotSteered(replay, false)).toContain("needs a sign-in");
    expect(whyNotSteered({ ...replay, finished: true }, true)).toBe("The replay is at its end.");
  });

  it("keeps ranges within their list and the first out of the address", () => {
    expect([neighbour("1D", -1), neighbour("1D", 1), neighbour("ALL", 1)]).toEqual(["1D", "1W", "ALL"]);
    expect([readSearch({ range: "1Y" }), readSearch({ range: "3M" }), readSearch({ range: "9Z" })]).toEqual([
      { range: "1Y" },
      {},
      {},
    ]);
  });
});
