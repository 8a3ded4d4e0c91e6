// How do the words for trading state and risk mode look?
import { ArrowDownNarrowWide, Check, Gauge, Lock, type LucideIcon, Scale, Shield } from "lucide-react";
import type { RiskMode, TradingState } from "@/api/types";

interface Look {
  readonly icon: LucideIcon;
  readonly tone: string;
  readonly means: string;
}

export const STATES: Record<TradingState, Look> = {
  ACTIVE: { icon: Check, tone: "text-text-2", means: "Orders that the gate approves are sent." },
  REDUCING: { icon: ArrowDownNarrowWide, tone: "text-crit", means: "Only orders that reduce a position are sent." },
  HALTED: { icon: Lock, tone: "text-crit", means: "Nothing is sent. Fills are still booked." },
};

export const MODES: Record<RiskMode, Look> = {
  SAFE: { icon: Shield, tone: "text-warn", means: "Risk mode: only the safest trades pass the gate." },
  NEUTRAL: { icon: Scale, tone: "text-text-2", means: "Risk mode: the ordinary limits hold." },
  AGGRESSIVE: { icon: Gauge, tone: "text-text-2", means: "Risk mode: the widest limits hold." },
};
