"""What does the overview of an account show? The parts of one page, each sent whole when something in it changes.

Severities, verdicts, totals and staleness are decided before they get here: a screen draws and judges nothing.
Amounts are in the account's currency; fields in `_pct` are percent, `_points` percentage points.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from counterpoise.domain.decisions import Severity
from counterpoise.domain.instruments import Symbol
from counterpoise.domain.orders import PositionSide
from counterpoise.messages.events import Events
from counterpoise.messages.status import Status
from counterpoise.portfolio.snapshot import Quality

# --- figures ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number with its unit, age and source.

    Attributes:
        value: Null when it has none, for the stated `reason`.
        as_of: The time that it is about, of the account's clock.
        low, high: Only of an interval; null is an open end.
    """

    value: Decimal | None
    unit: str
    as_of: datetime
    source: str
    quality: Quality
    low: Decimal | None
    high: Decimal | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EquityFigure(Figure):
    """What the account is worth, with where the day began."""

    day_open: Decimal
    transfers_today: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigure(Figure):
    """What the day changed, in causes that each stand for themselves; fees below zero are paid."""

    pct: Decimal | None
    price: Decimal
    fees: Decimal
    other: Decimal
    residual: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawdownFigure(Figure):
    """How far equity is below its all-time peak, percent ≥ 0, flows taken out."""

    peak_equity: Decimal
    daily_pct: Decimal | None
    weekly_pct: Decimal | None
    max_pct: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureFigure(Figure):
    """Net exposure, percent of equity."""

    net: Decimal
    long: Decimal
    short: Decimal
    gross: Decimal


class Trust(StrEnum):
    """How far a balance may be trusted."""

    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


@dataclass(frozen=True, slots=True, kw_only=True)
class CashFigure(Figure):
    """Cash that no open order holds.

    Attributes:
        reserved: What open purchases may still need, fees included.
        agreement: What the last comparison with the venue said.
    """

    cash: Decimal
    reserved: Decimal
    trust: Trust
    agreement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The five figures at the head."""

    as_of: datetime
    equity: EquityFigure
    pnl_today: DayFigure
    drawdown: DrawdownFigure
    net_exposure: ExposureFigure
    free_cash: CashFigure


# --- positions ---


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionRow:
    """One open position.

    Attributes:
        value: Signed; a short is below zero.
        target_pct, drift_points: Of the allocation that wants it; null without one.
        beyond_band: Whether it has drifted beyond its band.
        marked_at: From when its mark ages, on the server's clock; null when it was never marked.
        price_digits, quantity_digits: Places that the instrument has.
        series: Its colour, counted from the first target.
    """

    symbol: Symbol
    label: str
    side: PositionSide
    quantity: Decimal
    price: Decimal | None
    value: Decimal
    weight_pct: Decimal | None
    target_pct: Decimal | None
    drift_points: Decimal | None
    beyond_band: bool
    pnl_today: Decimal
    pnl_today_pct: Decimal | None
    pnl_open: Decimal
    marked_at: datetime | None
    quality: Quality
    price_digits: int
    quantity_digits: int
    series: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionSum:
    """Several positions in one row."""

    count: int
    value: Decimal
    weight_pct: Decimal | None
    pnl_today: Decimal
    pnl_open: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CashRow:
    """What is not in positions."""

    value: Decimal
    weight_pct: Decimal | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Positions:
    """Rows by value, the rest as one, cash, and the total; rows + others + cash = total."""

    rows: tuple[PositionRow, ...]
    others: PositionSum | None
    cash: CashRow
    total: PositionSum


# --- the gate ---


class LimitUnit(StrEnum):
    """In what a limit is measured."""

    COUNT = "count"
    PERCENT = "%"
    TIMES = "x"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitUse:
    """One limit and how much of it is in use.

    Attributes:
        unit: Of `now` and `limit`.
        use_pct: now ÷ limit × 100; 100 when anything at all is above a limit of zero.
        culprit: The symbol or sector that binds; empty for the whole book.
        cure: The smallest reduction that brings it back, when it is passed.
    """

    name: str
    label: str
    now: Decimal
    limit: Decimal
    unit: LimitUnit
    use_pct: Decimal
    severity: Severity | None
    culprit: str
    cure: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderStep:
    """A bound of a drawdown and what happens strictly above it."""

    at_pct: Decimal
    label: str
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """A drawdown beside its bounds; `scale_pct` is where its bar ends."""

    label: str
    now_pct: Decimal | None
    scale_pct: Decimal
    severity: Severity | None
    steps: tuple[LadderStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ViolationLine:
    """A limit that the book does not keep, and its smallest cure."""

    constraint: str
    severity: Severity
    message: str
    culprit: str
    cure: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TodayCounts:
    """Decisions and orders of the trading day."""

    approved: int
    denied: int
    rejected: int
    unknown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Where the book stands against its limits."""

    verdict: str
    severity: Severity | None
    limits: tuple[LimitUse, ...]
    ladders: tuple[Ladder, ...]
    violations: tuple[ViolationLine, ...]
    today: TodayCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """How old what we know is; null before anything was heard."""

    age_seconds: Decimal | None
    stale: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ages:
    """How old prices, the venue's last answer and the ledger's last comparison are, on the server's clock."""

    server_time: datetime
    prices: Age
    broker: Age
    ledger: Age
    stale_after_seconds: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The whole page."""

    cursor: str
    status: Status
    figures: Figures
    positions: Positions
    gate: Gate
    activity: Events
    ages: Ages
