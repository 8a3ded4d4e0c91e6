// Which book do the tests look at? Six positions and cash that sum to the equity, to the cent.
import type { Account, Ages, Figure, Overview, PositionRow, Session } from "@/api/types";

export const AT = "2026-09-30T18:32:07.000000Z";

export const ACCOUNT: Account = {
  id: "main",
  name: "Main",
  kind: "CASH",
  base_currency: "USD",
  mode: "PAPER",
  venue: "Paper venue",
  time_zone: "America/New_York",
};

export const SESSION: Session = {
  signed_in: true,
  name: "owner",
  fresh_until: null,
  csrf_token: "token",
  reads_open: true,
  version: "0.1.0",
};

export function figure(value: string | null, more: Partial<Figure> = {}): Figure {
  return {
    value,
    unit: "USD",
    as_of: AT,
    source: "ledger and marks",
    quality: "exact",
    low: null,
    high: null,
    reason: null,
    ...more,
  };
}

export function row(
  symbol: string,
  quantity: string,
  price: string,
  value: string,
  more: Partial<PositionRow> = {},
): PositionRow {
  return {
    symbol,
    label: "",
    side: "LONG",
    quantity,
    price,
    value,
    weight_pct: "10.00",
    target_pct: null,
    drift_points: null,
    beyond_band: false,
    pnl_today: "0",
    pnl_today_pct: "0",
    pnl_open: "0",
    marked_at: AT,
    quality: "exact",
    price_digits: 2,
    quantity_digits: 0,
    series: 0,
    ...more,
  };
}

export const ROWS: PositionRow[] = [
  row("SPY", "211", "512.40", "108116.40", { pnl_today: "533.83", pnl_open: "7216.20", weight_pct: "43.17" }),
  row("QQQ", "94", "438.15", "41186.10", { pnl_today: "294.22", pnl_open: "3407.50", weight_pct: "16.45" }),
  row("TLT", "287", "92.36", "26507.32", { pnl_today: "-100.45", pnl_open: "-786.38", weight_pct: "10.58" }),
  row("GLD", "121", "214.80", "25990.80", { pnl_today: "137.94", pnl_open: "3188.35", weight_pct: "10.38" }),
  row("VEA", "394", "49.12", "19353.28", { pnl_today: "-27.58", pnl_open: "717.08", weight_pct: "7.73" }),
  row("NVDA", "20", "876.30", "17526.00", { pnl_today: "234.00", pnl_open: "4424.00", weight_pct: "7.00" }),
];

export const AGES: Ages = {
  server_time: AT,
  prices: { age_seconds: "1.2", stale: false, text: "6 of 6 · 1 s" },
  broker: { age_seconds: "2.4", stale: false, text: "41 ms · 2 s" },
  ledger: { age_seconds: "0", stale: false, text: "0 s" },
  stale_after_seconds: "5",
};

export function overview(): Overview {
  return {
    cursor: "k.1",
    status: {
      account: ACCOUNT,
      as_of: AT,
      trading_state: "ACTIVE",
      state_since: null,
      state_by: null,
      state_reason: null,
      state_orders: [],
      risk_mode: "NEUTRAL",
      mode_since: null,
      mode_reasons: [],
      clock: { text: "14:32:07 EDT", note: "paper market, always open" },
      counts: { facts: 4182, positions: 6, open_orders: 2, unknown_orders: 0, breaks: 0, targets: 6, targets_out: 2 },
      open_orders: [
        { client_order_id: "a", symbol: "VEA", side: "BUY", quantity: "10", remaining: "10", status: "ACCEPTED" },
        { client_order_id: "b", symbol: "GLD", side: "SELL", quantity: "5", remaining: "5", status: "ACCEPTED" },
      ],
      health: [
        { name: "Journal", text: "verified · 6 min", status: "ok" },
        { name: "Broker", text: "unreachable", status: "down" },
      ],
      needs_you: {
        severity: "WARNING",
        title: "2 of 6 targets are outside their band.",
        detail: "SPY +6.42 points (band 5.00).",
      },
      replay: null,
    },
    figures: {
      as_of: AT,
      equity: { ...figure("250440.77"), day_open: "249156.41", transfers_today: "0" },
      pnl_today: { ...figure("1071.96"), pct: "0.43", price: "1072.10", fees: "-0.14", other: "0", residual: "0" },
      drawdown: {
        ...figure("0.84", { unit: "%" }),
        peak_equity: "252566.30",
        daily_pct: "0.06",
        weekly_pct: "0.15",
        max_pct: "3.94",
      },
      net_exposure: {
        ...figure("95.30", { unit: "%" }),
        net: "238679.90",
        long: "238679.90",
        short: "0",
        gross: "238679.90",
      },
      free_cash: {
        ...figure("11760.87", { source: "broker" }),
        cash: "11760.87",
        reserved: "0",
        trust: "HIGH",
        agreement: "agrees with the paper venue",
      },
    },
    positions: {
      rows: [...ROWS],
      others: null,
      cash: { value: "11760.87", weight_pct: "4.70", note: "USD, settled" },
      total: { count: 6, value: "250440.77", weight_pct: "100.00", pnl_today: "1071.96", pnl_open: "18166.75" },
    },
    gate: {
      verdict: "no violations",
      severity: null,
      limits: [
        {
          name: "max_positions",
          label: "Positions",
          now: "6",
          limit: "8",
          unit: "count",
          use_pct: "75",
          severity: null,
          culprit: "",
          cure: null,
        },
        {
          name: "max_net",
          label: "Net exposure",
          now: "100.004",
          limit: "100",
          unit: "%",
          use_pct: "100.004",
          severity: "CRITICAL",
          culprit: "SPY",
          cure: "Sell 1 SPY",
        },
      ],
      ladders: [
        {
          label: "Drawdown today",
          now_pct: "0.06",
          scale_pct: "11",
          severity: null,
          steps: [
            { at_pct: "3", label: "SAFE", severity: "WARNING" },
            { at_pct: "10", label: "REDUCING", severity: "CRITICAL" },
          ],
        },
      ],
      violations: [],
      today: { approved: 14, denied: 3, rejected: 0, unknown: 0 },
    },
    activity: {
      items: [
        {
          id: "7",
          at: AT,
          time: "13:05:11",
          day: "2026-09-30",
          kind: "denied",
          severity: null,
          title: "Denied BUY 40 NVDA",
          detail: "LOW_PRIORITY: score 62.4, NEUTRAL asks 70.0",
          sequence: 4180,
          reasons: [
            {
              code: "LOW_PRIORITY",
              meaning: "The score is below what the mode asks.",
              remedy: "Wait for a better signal.",
            },
            { code: "MODE_RESTRICTED", meaning: "NEUTRAL opens one position an hour.", remedy: "Try again later." },
          ],
          facts: [["Score", "62.4"]],
        },
      ],
    },
    ages: AGES,
  };
}
