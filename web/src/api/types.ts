// Which shapes does the service send and take? The generated ones, under the names that this code uses.
// Decimals are strings in plain notation; times are RFC 3339 in UTC.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Account = Schemas["AccountInfo"];
export type AccountList = Schemas["AccountList"];
export type ActivityItem = Schemas["EventLine"];
export type AgeOf = Schemas["Age"];
export type Ages = Schemas["Ages"];
export type EndedOrder = Schemas["OrderResult"];
export type EquityHistory = Schemas["EquityHistory"];
export type Gate = Schemas["Gate"];
export type GateLimit = Schemas["LimitUse"];
export type HealthItem = Schemas["HealthLine"];
export type HistoryMarker = Schemas["HistoryMarker"];
export type HistoryPoint = Schemas["HistoryPoint"];
export type HistoryRange = Schemas["Range"];
export type KillSwitch = Schemas["KillSwitch"];
export type Ladder = Schemas["Ladder"];
export type OpenOrder = Schemas["OpenOrderLine"];
export type Overview = Schemas["Overview"];
export type PositionRow = Schemas["PositionRow"];
export type PositionSum = Schemas["PositionSum"];
export type Positions = Schemas["Positions"];
export type Replay = Schemas["Replay"];
export type RiskMode = Schemas["RiskMode"];
export type Session = Schemas["SessionAnswer"];
export type Severity = Schemas["Severity"];
export type Status = Schemas["Status"];
export type TradingState = Schemas["TradingState"];
export type Violation = Schemas["ViolationLine"];

export type Figures = Schemas["Figures"];
/** What every figure has. */
export type Figure = Pick<
  Schemas["EquityFigure"],
  "value" | "unit" | "as_of" | "source" | "quality" | "low" | "high" | "reason"
>;

export type ServerMessage =
  | Schemas["SnapshotOfFeed"]
  | Schemas["ChangeOfFeed"]
  | Schemas["HeartbeatOfFeed"]
  | Schemas["ErrorOfFeed"];
export type ChangedParts = Schemas["ChangedParts"];

/** A problem of the service; the page makes such documents itself too, with codes of its own. */
export type Problem = Omit<Schemas["ProblemDocument"], "code"> & { code: string };

export type KillSwitchChange = Schemas["KillSwitchChange"];
export type ReplayChange = Schemas["ReplayChange"];
