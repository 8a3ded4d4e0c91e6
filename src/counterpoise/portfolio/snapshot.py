"""What does the whole book look like at one moment? Values whose field names other programs rely on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from counterpoise.domain.accounts import AccountId, StrategyShare
from counterpoise.domain.instruments import Category, Symbol
from counterpoise.domain.numbers import ONE, ZERO, divide_half_even_18, percent_half_even_10
from counterpoise.domain.orders import PositionSide
from counterpoise.domain.time import trading_day
from counterpoise.portfolio import drawdown
from counterpoise.portfolio.proof import equity_of, rate_of
from counterpoise.portfolio.state import AccountState, DrawdownBook, Holding
from counterpoise.portfolio.valuation import EquityInterval, Line, Valuation

MARK_AGE_MAX = timedelta(seconds=30)
"""Age past which a mark is stale, in market hours."""


class Quality(StrEnum):
    """How sure a figure is."""

    EXACT = "exact"
    INTERVAL = "interval"
    STALE = "stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureQuality:
    """How sure one figure of a snapshot is; `low` and `high` only for intervals, None is an open end."""

    figure: str
    quality: Quality
    low: Decimal | None = None
    high: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionInfo:
    """One open position; money in the account's currency, prices in the instrument's quote currency.

    Attributes:
        size: Units, > 0; direction is in `side`.
        entry_price: Average unit price of the open lots without fees, half even at 18 places.
        current_price: The mark; None when it was never marked.
        unrealized_pnl_pct: Of entry × size, leverage not applied, half even at 10 places; None without a cost.
        exposure: ≥ 0.
        trade_id: The fill (or adoption) that opened the position.
        strategy_shares: Signed units of each strategy, by name.
        mark_age: How old the mark is; None when there is none.
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
    strategy_shares: tuple[StrategyShare, ...]
    mark_age: timedelta | None
    quality: Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioSnapshot:
    """The whole book, account currency.

    Attributes:
        cash_balance: Σ cash × rate; in a FUTURES account the wallet.
        daily_pnl: Equity − equity at 00:00 − Σ flows since.
        sequence: The last fact that is in it.
        as_of: The oldest mark in use, or `timestamp` when none is.
        quality: One entry per figure.
    """

    account: AccountId
    sequence: int
    as_of: datetime
    timestamp: datetime
    total_equity: Decimal
    cash_balance: Decimal
    total_exposure: Decimal
    num_positions: int
    positions: tuple[PositionInfo, ...]
    unrealized_pnl: Decimal
    realized_pnl_today: Decimal
    daily_pnl: Decimal
    daily_drawdown_pct: Decimal | None
    quality: tuple[FigureQuality, ...]


def snapshot(
    state: AccountState, valuation: Valuation, sequence: int, now: datetime, mark_age_max: timedelta = MARK_AGE_MAX
) -> PortfolioSnapshot:
    """The book at the marks of `valuation`."""
    interval = valuation.interval(now, mark_age_max)
    day = drawdown.seen_at(state.drawdown, equity_of(state), now, state.opened.time_zone)
    open_lines = _held(state, valuation)
    stale = dict.fromkeys(interval.stale)
    held = tuple(position(state, holding, line, now, stale=holding.instrument in stale) for holding, line in open_lines)
    today = state.results.day == trading_day(now, state.opened.time_zone)
    marked = [line.at for _, line in open_lines if line.at is not None]
    return PortfolioSnapshot(
        account=state.account,
        sequence=sequence,
        as_of=min(marked, default=now),
        timestamp=now,
        total_equity=interval.value,
        cash_balance=valuation.cash_value,
        total_exposure=valuation.gross,
        num_positions=len(held),
        positions=held,
        unrealized_pnl=valuation.unrealised,
        realized_pnl_today=state.results.realised_today if today else ZERO,
        daily_pnl=drawdown.daily_pnl(day, interval.value),
        daily_drawdown_pct=drawdown.drawdown_pct(day.daily, interval.value),
        quality=_qualities(valuation, interval, day),
    )


def position(state: AccountState, holding: Holding, line: Line, now: datetime, *, stale: bool) -> PositionInfo:
    """One open position at the price of `line`."""
    terms = state.instruments[holding.instrument]
    units = abs(holding.quantity)
    unrealised = line.value - holding.cost * rate_of(state, terms.quote)
    return PositionInfo(
        symbol=terms.symbol,
        side=PositionSide.LONG if holding.quantity > ZERO else PositionSide.SHORT,
        size=units,
        entry_price=divide_half_even_18(abs(holding.cost), units * terms.multiplier),
        current_price=line.price if line.at is not None else None,
        unrealized_pnl=unrealised,
        unrealized_pnl_pct=percent_half_even_10(
            holding.quantity * line.price * terms.multiplier - holding.cost, abs(holding.cost)
        ),
        exposure=abs(line.value),
        leverage=ONE,
        category=terms.category,
        sector=terms.sector,
        opened_at=holding.opened_at,
        trade_id=holding.opened_by,
        strategy_shares=tuple(
            StrategyShare(strategy=name, amount=holding.owners[name]) for name in sorted(holding.owners)
        ),
        mark_age=now - line.at if line.at is not None else None,
        quality=Quality.STALE if stale else Quality.EXACT,
    )


def _held(state: AccountState, valuation: Valuation) -> list[tuple[Holding, Line]]:
    """Open positions with how they are valued, by instrument."""
    found: list[tuple[Holding, Line]] = []
    for identity in sorted(state.holdings):
        holding, line = state.holdings[identity], valuation.line(identity)
        if line is not None and holding.quantity:
            found.append((holding, line))
    return found


def _qualities(valuation: Valuation, interval: EquityInterval, day: DrawdownBook) -> tuple[FigureQuality, ...]:
    """What depends on marks is as sure as they are; cash and what is realised are always exact."""
    sums = {
        "total_equity": interval.value,
        "unrealized_pnl": valuation.unrealised,
        "daily_pnl": drawdown.daily_pnl(day, interval.value),
    }
    exact = [FigureQuality(figure=name, quality=Quality.EXACT) for name in ("cash_balance", "realized_pnl_today")]
    others = ("total_exposure", "daily_drawdown_pct")
    if interval.is_exact:
        names = (*sums, *others)
        return (*exact, *(FigureQuality(figure=name, quality=Quality.EXACT) for name in names))
    below = None if interval.low is None else interval.value - interval.low
    above = None if interval.high is None else interval.high - interval.value
    ranges = (
        FigureQuality(
            figure=name,
            quality=Quality.INTERVAL,
            low=None if below is None else value - below,
            high=None if above is None else value + above,
        )
        for name, value in sums.items()
    )
    return (*exact, *ranges, *(FigureQuality(figure=name, quality=Quality.STALE) for name in others))
