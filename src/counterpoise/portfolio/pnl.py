"""What was earned, when, and in how many closed trades?

Realised P&L is without fees; fees and funding are figures of their own. A closed trade is one reducing order,
counted when the order has ended; it wins when its P&L after fees (of acquisition and sale) and funding is above
zero. Days, weeks (from Monday) and months are of the account's zone, by the time of the fact. Account currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from counterpoise.domain.facts import Fact
from counterpoise.domain.numbers import ZERO, ratio_half_even_10
from counterpoise.domain.time import trading_day, week_start
from counterpoise.portfolio.state import AccountState, ResultsBook
from counterpoise.portfolio.valuation import Valuation

NO_TRADE = "no closed trade yet"
NO_LOSS = "no losing trade yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class PnLBreakdown:
    """The read model, account currency.

    Attributes:
        total_pnl: Realised today + unrealised.
        fees_today: Positive is paid.
        funding_today: + received.
        win_rate: Fraction 0 … 1 of closed trades, half even at 10 places; None without one.
        profit_factor: Σ wins ÷ Σ |losses|, half even at 10 places; None for the stated reason.
        best_trade_pnl, worst_trade_pnl: After fees and funding; None without a closed trade.
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


def begin(results: ResultsBook, day: date) -> None:
    """Start `day`, with its week and month where they are new; an earlier day changes nothing."""
    last = results.day
    if last is not None and day <= last:
        return
    results.day = day
    results.realised_today = results.fees_today = results.funding_today = ZERO
    if last is None or week_start(day) > week_start(last):
        results.realised_week = ZERO
    if last is None or _month(day) > _month(last):
        results.realised_month = ZERO


def book_realised(results: ResultsBook, amount: Decimal, day: date) -> None:
    """Add realised P&L of `day`; a late one counts in those periods that it is still in."""
    begin(results, day)
    results.realised_total += amount
    if day == results.day:
        results.realised_today += amount
    if results.day is not None and week_start(day) == week_start(results.day):
        results.realised_week += amount
    if results.day is not None and _month(day) == _month(results.day):
        results.realised_month += amount


def book_fill(results: ResultsBook, realised: Decimal, fee: Decimal, day: date) -> None:
    """Add what a fill of `day` realised and its fee, positive is paid."""
    if day == results.day:  # nearly always, and every period holds it then
        results.realised_total += realised
        results.realised_today += realised
        results.realised_week += realised
        results.realised_month += realised
        results.fees_total += fee
        results.fees_today += fee
        return
    book_realised(results, realised, day)
    book_fee(results, fee, day)


def book_fee(results: ResultsBook, amount: Decimal, day: date) -> None:
    """Add a fee, positive is paid."""
    begin(results, day)
    results.fees_total += amount
    if day == results.day:
        results.fees_today += amount


def book_funding(results: ResultsBook, amount: Decimal, day: date) -> None:
    """Add funding, + received."""
    begin(results, day)
    if day == results.day:
        results.funding_today += amount


def fill_trade(state: AccountState, fact: Fact, closed: Decimal, result: Decimal) -> None:
    """A fill closed `closed` units with `result` (account currency, after fees and funding).

    It is part of its order's trade; a fill of no order that we know to be open is a trade of its own.
    """
    trade = state.trades.get(fact.body.client_order_id)
    if trade is None:
        if closed:
            close_trade(state.results, result, fact.occurred_at)
        return
    trade.filled += fact.body.quantity
    trade.closed += closed
    trade.result += result
    trade.last_at = fact.occurred_at
    if trade.filled >= trade.quantity:
        end_trade(state, fact.body.client_order_id)


def end_trade(state: AccountState, client_order_id: str) -> None:
    """The order is over: what it closed counts as one trade."""
    trade = state.trades.pop(client_order_id, None)
    if trade is not None and trade.closed and trade.last_at is not None:
        close_trade(state.results, trade.result, trade.last_at)


def close_trade(results: ResultsBook, result: Decimal, at: datetime) -> None:
    """Count a closed trade by its P&L after fees and funding.

    A trade of exactly zero is no win, but it neither lengthens nor ends a losing streak. Of trades closed at one
    instant the wins count before the losses: their order means nothing, and this reading is never the lenient one.
    So the streak is a function of the set of trades, however their fills were heard of.

    Args:
        results: Where to count.
        result: Account currency, signed.
        at: Of the trade's last fill.
    """
    if at != results.streak_at:
        results.streak_at, results.streak_losses = at, 0
    if result > ZERO:
        results.wins += 1
        results.won += result
        results.losing_streak = results.streak_losses
    else:
        results.losses += 1
        results.lost -= result
        results.losing_streak += result < ZERO
        results.streak_losses += result < ZERO
    results.best_trade = result if results.best_trade is None else max(results.best_trade, result)
    results.worst_trade = result if results.worst_trade is None else min(results.worst_trade, result)


def breakdown(state: AccountState, valuation: Valuation, now: datetime) -> PnLBreakdown:
    """The read model at `now`; a period that has begun since the last fact is empty."""
    results, day = state.results, trading_day(now, state.opened.time_zone)
    today = results.day == day
    week = results.day is not None and week_start(results.day) == week_start(day)
    month = results.day is not None and _month(results.day) == _month(day)
    realised, trades = results.realised_today if today else ZERO, results.wins + results.losses
    unrealised = valuation.unrealised
    factor = ratio_half_even_10(results.won, results.lost)
    return PnLBreakdown(
        realized_pnl_today=realised,
        realized_pnl_week=results.realised_week if week else ZERO,
        realized_pnl_month=results.realised_month if month else ZERO,
        realized_pnl_total=results.realised_total,
        unrealized_pnl=unrealised,
        total_pnl=realised + unrealised,
        fees_today=results.fees_today if today else ZERO,
        funding_today=results.funding_today if today else ZERO,
        closed_trades=trades,
        win_rate=ratio_half_even_10(Decimal(results.wins), Decimal(trades)),
        profit_factor=factor,
        profit_factor_reason="" if factor is not None else NO_LOSS if trades else NO_TRADE,
        best_trade_pnl=results.best_trade,
        worst_trade_pnl=results.worst_trade,
        losing_streak=results.losing_streak,
        timestamp=now,
    )


def _month(day: date) -> tuple[int, int]:
    return day.year, day.month
