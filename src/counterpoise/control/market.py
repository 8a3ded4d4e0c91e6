"""How do prices reach the book: live marks first, facts only where something depends on them?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from counterpoise.control.account import Account
from counterpoise.control.commands import AssessMarks, StartDay
from counterpoise.control.decision import Answer
from counterpoise.domain.accounts import SYSTEM
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.instruments import Symbol
from counterpoise.domain.marks import Mark
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.time import format_time


class SessionState(Protocol):
    """Where a market of sessions is."""

    @property
    def at(self) -> datetime | None:
        """The session that is open or was last, None before the first."""
        ...

    @property
    def is_open(self) -> bool:
        """Whether orders match now."""
        ...


class Sessions(Protocol):
    """Port: a venue whose market a replay opens and closes. Every call repeated does nothing the second time."""

    async def deposit(self, amount: Decimal, reference: str) -> bool:
        """Pay `amount` (> 0) in; whether the reference was new."""
        ...

    async def withdraw(self, amount: Decimal, reference: str) -> bool:
        """Pay `amount` (> 0) out; whether the reference was new."""
        ...

    async def open_session(self, at: datetime, prices: Mapping[Symbol, Decimal]) -> bool:
        """Open the market at these prices and match what waits; whether it is open at them now."""
        ...

    async def close_session(self) -> None:
        """Close the market; DAY orders that are still open expire."""
        ...

    async def set_price(self, symbol: Symbol, price: Decimal, at: datetime) -> None:
        """A new price of a market that is always open; working orders match at it."""
        ...

    async def end(self) -> None:
        """Nothing will trade any more: everything still open expires."""
        ...

    def session(self) -> SessionState:
        """The session that is open, or the last one."""
        ...


def observe(account: Account, prices: Mapping[Symbol, Decimal], at: datetime) -> None:
    """Value the book at these prices from now on; nothing is recorded.

    Raises:
        InvalidInput: a symbol that the account does not know, or a price that its instrument cannot have.
    """
    state = account.view.state
    for symbol, price in prices.items():
        key = state.symbols.get(symbol)
        if key is None:
            raise InvalidInput("prices", symbol, "a symbol of this account")
        if not price.is_finite() or (price < ZERO and not state.instruments[key].negative_price_allowed):
            raise InvalidInput(f"price of {symbol}", str(price), "a price above zero")
        account.view.observe(Mark(instrument=key, price=price, at=at))


async def assess(account: Account, at: datetime) -> Answer:
    """Let the account record the marks if a figure that is kept depends on them."""
    return await account.ask(AssessMarks(actor=SYSTEM, at=at, cause=f"marks/{format_time(at)}"))


async def start_day(account: Account, day: date, at: datetime) -> Answer:
    """Tell the account that `day` has begun in its zone."""
    return await account.ask(StartDay(actor=SYSTEM, at=at, cause=f"day/{day.isoformat()}", day=day))
