"""What can the gate be asked, and what can it answer? Values only; `risk` computes them, facts record them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from counterpoise.domain.instruments import Category, Symbol
from counterpoise.domain.numbers import ONE, ZERO
from counterpoise.domain.orders import PositionSide, Side


class RiskMode(StrEnum):
    """How much the portfolio wants to take on."""

    SAFE = "SAFE"
    NEUTRAL = "NEUTRAL"
    AGGRESSIVE = "AGGRESSIVE"


class TradingState(StrEnum):
    """What may be sent at all. Severity grows downward and is never lowered by a milder event."""

    ACTIVE = "ACTIVE"
    REDUCING = "REDUCING"
    HALTED = "HALTED"


class StateCause(StrEnum):
    """Why a trading state holds: nothing automatic clears what a person set."""

    STARTED = "STARTED"
    PERSON = "PERSON"
    LADDER = "LADDER"
    EMERGENCY = "EMERGENCY"
    STORAGE = "STORAGE"


class Severity(StrEnum):
    """How bad a violation is; CRITICAL blocks every order that is no reduction."""

    WARNING = "WARNING"
    CRITICAL = "CRITICAL"


class Reason(StrEnum):
    """Why a candidate or an order was denied, in the order in which reasons are listed."""

    BAD_INPUT = "BAD_INPUT"
    UNPRICED = "UNPRICED"
    HALTED = "HALTED"
    REDUCING_ONLY = "REDUCING_ONLY"
    BALANCE_NOT_USABLE = "BALANCE_NOT_USABLE"
    BREAK_OPEN = "BREAK_OPEN"
    TOXIC_SYMBOL = "TOXIC_SYMBOL"
    CRITICAL_VIOLATIONS = "CRITICAL_VIOLATIONS"
    POSITION_ALREADY_OPEN = "POSITION_ALREADY_OPEN"
    MAX_POSITIONS_REACHED = "MAX_POSITIONS_REACHED"
    PER_TRADE_RISK_EXCEEDED = "PER_TRADE_RISK_EXCEEDED"
    TOTAL_RISK_EXCEEDED = "TOTAL_RISK_EXCEEDED"
    INSUFFICIENT_CASH = "INSUFFICIENT_CASH"
    INSUFFICIENT_MARGIN = "INSUFFICIENT_MARGIN"
    SYMBOL_EXPOSURE_EXCEEDED = "SYMBOL_EXPOSURE_EXCEEDED"
    SECTOR_EXPOSURE_EXCEEDED = "SECTOR_EXPOSURE_EXCEEDED"
    LONG_EXPOSURE_EXCEEDED = "LONG_EXPOSURE_EXCEEDED"
    SHORT_EXPOSURE_EXCEEDED = "SHORT_EXPOSURE_EXCEEDED"
    NET_EXPOSURE_EXCEEDED = "NET_EXPOSURE_EXCEEDED"
    LEVERAGE_EXCEEDED = "LEVERAGE_EXCEEDED"
    MODE_RESTRICTED = "MODE_RESTRICTED"
    LOW_PRIORITY = "LOW_PRIORITY"
    MAX_NEW_POSITIONS = "MAX_NEW_POSITIONS"
    DUST = "DUST"


APPROVED = "APPROVED"
"""The reason of an allowed trade."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One open position as the gate sees it (the seed's record).

    Attributes:
        size: Units × multiplier, > 0; direction is in `side`.
        entry_price: Average unit price of what is open, quote currency.
        margin: Margin in use, account currency.
        leverage: 10 is ten times; exposure is never multiplied by it.
        risk_amount: Loss at the stop, account currency, ≥ 0; 0 when no risk was stated.
    """

    symbol: Symbol
    side: PositionSide
    size: Decimal
    entry_price: Decimal
    current_price: Decimal
    margin: Decimal = ZERO
    leverage: Decimal = ONE
    category: Category = Category.EXPANSION
    sector: str = "unknown"
    risk_amount: Decimal = ZERO

    @property
    def exposure(self) -> Decimal:
        """size × current price, ≥ 0, leverage not applied."""
        return abs(self.size * self.current_price)


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateTrade:
    """A trade that a bot proposes.

    Attributes:
        confidence: 0 … 1.
        size: Units × multiplier, > 0.
        margin_required: Margin or cash the trade would take, account currency, ≥ 0.
        risk_amount: Loss at the stop, account currency, ≥ 0.
        stability_score, cost_score, recent_performance: As the bot scores them; fractions.
        price: Quote currency, or None when the bot states none.
        reduce_only: The bot asks that nothing be opened.
        strategy: Whose trade it is.
    """

    symbol: Symbol
    action: Side
    confidence: Decimal
    size: Decimal = ZERO
    margin_required: Decimal = ZERO
    risk_amount: Decimal = ZERO
    category: Category = Category.EXPANSION
    sector: str = "unknown"
    stability_score: Decimal = ZERO
    cost_score: Decimal = ZERO
    recent_performance: Decimal = ZERO
    price: Decimal | None = None
    reduce_only: bool = False
    strategy: str = "unassigned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A limit that the book as it stands does not keep, or nearly does not.

    Attributes:
        constraint: Name of the limit's parameter.
        culprit: Symbol, sector or empty for the whole book.
        current_value, limit_value: In the unit of the limit (percent, count or times).
    """

    constraint: str
    severity: Severity
    current_value: Decimal
    limit_value: Decimal
    message: str
    culprit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the gate says to one candidate.

    Attributes:
        index: Place of the candidate in the list that was sent, from 0.
        reasons: Every reason in the order of `Reason`; empty when allowed.
        recommended_size: Size to trade; 0 when dropped.
        unjudged: Limits that could not be measured, such as exposure without a price.
        closing_size: The part of `recommended_size` that only reduces (a flip is close + open).
    """

    index: int
    symbol: Symbol
    action: Side
    allowed: bool
    reasons: tuple[Reason, ...]
    priority_score: Decimal
    recommended_size: Decimal
    closing_size: Decimal = ZERO
    unjudged: tuple[str, ...] = ()
    detail: str = ""

    @property
    def reason(self) -> str:
        """The leading reason, or APPROVED."""
        return APPROVED if self.allowed else str(self.reasons[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioStateView:
    """The book in the figures that the limits are about; `_pct` are percent."""

    total_equity: Decimal
    used_margin: Decimal
    free_margin: Decimal
    total_exposure_long: Decimal
    total_exposure_short: Decimal
    net_exposure: Decimal
    gross_exposure: Decimal
    total_risk_pct: Decimal | None
    total_positions: int
    long_positions: int
    short_positions: int
    max_symbol_concentration_pct: Decimal | None
    max_sector_concentration_pct: Decimal | None
    category_distribution: tuple[tuple[Category, int], ...]
    effective_positions: Decimal | None
    risk_by_strategy: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancerOutput:
    """The gate's whole answer to one evaluation."""

    timestamp: datetime
    risk_mode: RiskMode
    portfolio_state: PortfolioStateView
    violations: tuple[Violation, ...]
    allowed_trades: tuple[Verdict, ...]
    dropped_trades: tuple[Verdict, ...]
    recommendations: tuple[str, ...]
    actions_required: tuple[str, ...]
    mode_reasons: tuple[str, ...] = ()
