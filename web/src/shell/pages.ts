// Which pages make the loop, which of them exist, and what is the one status word of each?
import {
  BookOpenText,
  ChartLine,
  House,
  Layers,
  type LucideIcon,
  PieChart,
  Send,
  ShieldCheck,
  SlidersHorizontal,
} from "lucide-react";
import type { Status } from "@/api/types";
import { count, plural } from "@/lib/format";

export interface PageEntry {
  readonly name: string;
  readonly icon: LucideIcon;
  /** null where the page does not exist yet */
  readonly path: "/" | null;
}

export const OVERVIEW: PageEntry = { name: "Overview", icon: House, path: "/" };
export const LEDGER: PageEntry = { name: "Ledger", icon: BookOpenText, path: null };
export const POSITIONS: PageEntry = { name: "Positions", icon: Layers, path: null };
export const GATE: PageEntry = { name: "Gate", icon: ShieldCheck, path: null };
export const ALLOCATION: PageEntry = { name: "Allocation", icon: PieChart, path: null };
export const ORDERS: PageEntry = { name: "Orders", icon: Send, path: null };
export const PERFORMANCE: PageEntry = { name: "Performance", icon: ChartLine, path: null };
export const SETTINGS: PageEntry = { name: "Settings", icon: SlidersHorizontal, path: null };

/** In flow order: the line that joins them in the menu is the way of an order. */
export const LOOP: readonly PageEntry[] = [LEDGER, POSITIONS, GATE, ALLOCATION, ORDERS];
export const LOOK_BACK: readonly PageEntry[] = [PERFORMANCE, SETTINGS];

export const LATER = "arrives with a later version";

export interface Word {
  readonly text: string;
  readonly tone: "quiet" | "warn";
}

const quiet = (text: string): Word => ({ text, tone: "quiet" });
const warn = (text: string): Word => ({ text, tone: "warn" });

export function wordOf(page: PageEntry, status: Pick<Status, "counts" | "risk_mode">): Word | null {
  const { counts } = status;
  switch (page) {
    case LEDGER:
      return counts.breaks > 0 ? warn(plural(counts.breaks, "break")) : quiet(count(counts.facts));
    case POSITIONS:
      return quiet(count(counts.positions));
    case GATE:
      return status.risk_mode === "SAFE" ? warn(status.risk_mode) : quiet(status.risk_mode);
    case ALLOCATION:
      return counts.targets_out > 0 ? warn(`${count(counts.targets_out)} out`) : quiet(count(counts.targets));
    case ORDERS:
      return counts.unknown_orders > 0
        ? warn(`${count(counts.unknown_orders)} unknown`)
        : quiet(`${count(counts.open_orders)} open`);
    default:
      return null;
  }
}
