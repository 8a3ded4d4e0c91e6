"""What do the read models look like on the wire? Field names that other programs rely on; `_pct` are percent.

Amounts are in the account's currency. `/api/portfolio/…` answers with these, and outgoing events carry them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from counterpoise.domain.accounts import AccountId
from counterpoise.domain.instruments import Category, Symbol
from counterpoise.domain.numbers import divide_half_even
from counterpoise.domain.orders import PositionSide
from counterpoise.portfolio import snapshot as portfolio
from counterpoise.portfolio.drawdown import DrawdownMetrics
from counterpoise.portfolio.exposure import ExposureBreakdown
from counterpoise.portfolio.pnl import PnLBreakdown
from counterpoise.portfolio.snapshot import Quality

MICROSECONDS = 1_000_000


LEDGER_AND_MARKS = "ledger and marks"
"""Source of figures that facts and the newest prices make together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Of when figures are, and from where; every message says so of its own.

    Attributes:
        as_of: The oldest mark that they rest on; the moment of the answer when they rest on none.
        stale: Whether a price that they rest on is missing for longer than a screen may hide it.
    """

    as_of: datetime
    source: str
    stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityMessage:
    """How sure a figure is; `low` and `high` bound an interval, null is an open end."""

    quality: Quality
    low: Decimal | None
    high: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionMessage:
    """One open position.

    Attributes:
        size: Units, > 0; direction is in `side`.
        mark_age_seconds: Null when it was never marked.
        strategy_shares: Strategy → signed units.
    """

    symbol: Symbol
    side: PositionSide
    size: Decimal
    entry_price: Decimal
    current_price: Decimal | None
    unrealized_pnl: Decimal
    unrealized_pnl_pct: Decimal | None
    exposure: Decimal
    leverage: Decimal
    category: Category
    sector: str
    opened_at: datetime | None
    trade_id: str
    strategy_shares: Mapping[str, Decimal]
    mark_age_seconds: Decimal | None
    quality: Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotMessage:
    """The whole book.

    Attributes:
        sequence: The last fact that is in it.
        as_of: The oldest mark in use, or `timestamp`.
        quality: Figure → how sure it is.
    """

    account: AccountId
    sequence: int
    as_of: datetime
    source: str
    stale: bool
    total_equity: Decimal
    cash_balance: Decimal
    total_exposure: Decimal
    num_positions: int
    positions: tuple[PositionMessage, ...]
    unrealized_pnl: Decimal
    realized_pnl_today: Decimal
    daily_pnl: Decimal
    daily_drawdown_pct: Decimal | None
    quality: Mapping[str, QualityMessage]
    timestamp: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PnLMessage:
    """What was earned.

    Attributes:
        win_rate: Fraction of closed trades; null without one.
        profit_factor: Σ wins ÷ Σ |losses|; null for the stated reason.
        best_trade_pnl, worst_trade_pnl: After fees and funding.
    """

    realized_pnl_today: Decimal
    realized_pnl_week: Decimal
    realized_pnl_month: Decimal
    realized_pnl_total: Decimal
    unrealized_pnl: Decimal
    total_pnl: Decimal
    fees_today: Decimal
    funding_today: Decimal
    closed_trades: int
    win_rate: Decimal | None
    profit_factor: Decimal | None
    profit_factor_reason: str
    best_trade_pnl: Decimal | None
    worst_trade_pnl: Decimal | None
    losing_streak: int
    timestamp: datetime
    as_of: datetime
    source: str
    stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureMessage:
    """What is at stake; gross is long + short, net is long − short."""

    total_exposure: Decimal
    long_exposure: Decimal
    short_exposure: Decimal
    net_exposure: Decimal
    exposure_by_symbol: Mapping[str, Decimal]
    exposure_by_sector: Mapping[str, Decimal]
    exposure_pct_of_equity: Decimal | None
    timestamp: datetime
    as_of: datetime
    source: str
    stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawdownMessage:
    """How far equity is below its peaks, flows taken out; percentages are ≥ 0."""

    daily_drawdown_pct: Decimal | None
    weekly_drawdown_pct: Decimal | None
    max_drawdown_pct: Decimal
    peak_equity: Decimal
    current_equity: Decimal
    recovery_progress_pct: Decimal
    days_since_peak: int | None
    timestamp: datetime
    as_of: datetime
    source: str
    stale: bool


def snapshot_message(seen: portfolio.PortfolioSnapshot, *, source: str, stale: bool) -> SnapshotMessage:
    """The snapshot for the wire."""
    return SnapshotMessage(
        account=seen.account,
        sequence=seen.sequence,
        as_of=seen.as_of,
        source=source,
        stale=stale,
        total_equity=seen.total_equity,
        cash_balance=seen.cash_balance,
        total_exposure=seen.total_exposure,
        num_positions=seen.num_positions,
        positions=tuple(_position(held) for held in seen.positions),
        unrealized_pnl=seen.unrealized_pnl,
        realized_pnl_today=seen.realized_pnl_today,
        daily_pnl=seen.daily_pnl,
        daily_drawdown_pct=seen.daily_drawdown_pct,
        quality={
            item.figure: QualityMessage(quality=item.quality, low=item.low, high=item.high) for item in seen.quality
        },
        timestamp=seen.timestamp,
    )


def pnl_message(seen: PnLBreakdown, origin: Origin) -> PnLMessage:
    """The P&L for the wire; its fields have the same names."""
    return PnLMessage(**_figures(seen, PnLMessage), as_of=origin.as_of, source=origin.source, stale=origin.stale)


def exposure_message(seen: ExposureBreakdown, origin: Origin) -> ExposureMessage:
    """The exposures for the wire."""
    return ExposureMessage(
        total_exposure=seen.total_exposure,
        long_exposure=seen.long_exposure,
        short_exposure=seen.short_exposure,
        net_exposure=seen.net_exposure,
        exposure_by_symbol=dict(seen.exposure_by_symbol),
        exposure_by_sector=dict(seen.exposure_by_sector),
        exposure_pct_of_equity=seen.exposure_pct_of_equity,
        timestamp=seen.timestamp,
        as_of=origin.as_of,
        source=origin.source,
        stale=origin.stale,
    )


def drawdown_message(seen: DrawdownMetrics, origin: Origin) -> DrawdownMessage:
    """The drawdowns for the wire; its fields have the same names."""
    return DrawdownMessage(
        **_figures(seen, DrawdownMessage), as_of=origin.as_of, source=origin.source, stale=origin.stale
    )


def seconds(age: timedelta) -> Decimal:
    """An age in seconds, to the microsecond."""
    return divide_half_even(Decimal(age // timedelta(microseconds=1)), Decimal(MICROSECONDS), 6)


def _figures(seen: PnLBreakdown | DrawdownMetrics, message: type[PnLMessage | DrawdownMessage]) -> dict[str, Any]:
    """Fields that both have by one name."""
    return {name: getattr(seen, name) for name in message.__slots__ if hasattr(seen, name)}


def _position(held: portfolio.PositionInfo) -> PositionMessage:
    return PositionMessage(
        symbol=held.symbol,
        side=held.side,
        size=held.size,
        entry_price=held.entry_price,
        current_price=held.current_price,
        unrealized_pnl=held.unrealized_pnl,
        unrealized_pnl_pct=held.unrealized_pnl_pct,
        exposure=held.exposure,
        leverage=held.leverage,
        category=held.category,
        sector=held.sector,
        opened_at=held.opened_at,
        trade_id=held.trade_id,
        strategy_shares={share.strategy: share.amount for share in held.strategy_shares},
        mark_age_seconds=None if held.mark_age is None else seconds(held.mark_age),
        quality=held.quality,
    )
