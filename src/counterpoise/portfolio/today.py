"""What did the day change, in all and position by position?

The day begins at one instant for equity, causes and positions, so that
daily P&L = Σ (position now − at 00:00 − put in since) + fees + the other causes, with a residual of exactly zero.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from counterpoise.domain.instruments import InstrumentId
from counterpoise.domain.numbers import ZERO
from counterpoise.portfolio import drawdown
from counterpoise.portfolio.proof import total
from counterpoise.portfolio.state import AccountState, Causes, DayBook
from counterpoise.portfolio.valuation import Valuation


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """A day's P&L and what made it, account currency, signed.

    Attributes:
        pnl: Equity − equity at 00:00 − Σ flows since.
        capital: Equity at 00:00 + Σ flows since; what a percentage of the day is of.
        day_open: Equity at 00:00.
        transfers: Σ external flows since.
        price: What prices changed, at the live marks.
        fees: Negative is paid.
        other: Funding, dividends, interest, FX, rounding and corrections.
        residual: pnl − price − fees − other; always exactly 0.
    """

    pnl: Decimal
    capital: Decimal
    day_open: Decimal
    transfers: Decimal
    price: Decimal
    fees: Decimal
    other: Decimal
    residual: Decimal


def begin(state: AccountState, recorded: Valuation, at: datetime) -> None:
    """Begin the day of `at` with the book as it is at `recorded` marks, unless it has begun."""
    drawdown.begin(state.drawdown, recorded.equity, at, state.opened.time_zone)
    follow(state, recorded)


def follow(state: AccountState, recorded: Valuation) -> None:
    """Take over the causes and positions of a day that the drawdown's book has just begun."""
    if state.today.day != state.drawdown.day:
        state.today = _begun(state, recorded)


def put_in(state: AccountState, instrument: InstrumentId, worth: Decimal) -> None:
    """A trade or an adoption put `worth` (signed, account currency) into a position."""
    spent = state.today.spent
    spent[instrument] = spent.get(instrument, ZERO) + worth


def seen_at(state: AccountState, recorded: Valuation, now: datetime) -> DayBook:
    """What a reader at `now` counts from: a day that no fact has begun yet began at the recorded marks."""
    seen = drawdown.seen_at(state.drawdown, recorded.equity, now, state.opened.time_zone)
    return state.today if seen is state.drawdown else replace(_begun(state, recorded), day=seen.day)


def position_pnl(day: DayBook, instrument: InstrumentId, worth: Decimal) -> Decimal:
    """What a position worth `worth` now has gained since the day began, account currency, without fees."""
    return worth - day.worth.get(instrument, ZERO) - day.spent.get(instrument, ZERO)


def today(state: AccountState, recorded: Valuation, live: Valuation, now: datetime) -> Today:
    """The day's P&L at the live marks with its causes, each by its own definition."""
    day = seen_at(state, recorded, now)
    since = drawdown.seen_at(state.drawdown, recorded.equity, now, state.opened.time_zone)
    pnl = drawdown.daily_pnl(since, live.equity)
    price = state.causes.price - day.causes.price + live.market_value - recorded.market_value
    fees = state.causes.fee - day.causes.fee
    other = _other(state.causes) - _other(day.causes)
    return Today(
        pnl=pnl,
        capital=since.day_equity + since.day_flows,
        day_open=since.day_equity,
        transfers=since.day_flows,
        price=price,
        fees=fees,
        other=other,
        residual=pnl - price - fees - other,
    )


def _begun(state: AccountState, recorded: Valuation) -> DayBook:
    lines = ((key, recorded.line(key)) for key in sorted(state.holdings))
    return DayBook(
        day=state.drawdown.day,
        causes=replace(state.causes),
        worth={key: line.value for key, line in lines if line is not None and line.value},
    )


def _other(causes: Causes) -> Decimal:
    return total(causes) - causes.price - causes.fee - causes.transfer
