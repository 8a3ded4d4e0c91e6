"""How does a robot without an event loop ask for its balance, size a trade and book what it did?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self, TypeVar

from counterpoise import wiring
from counterpoise.domain.accounts import OWNER
from counterpoise.domain.balances import Balance
from counterpoise.domain.errors import ConfigurationError, InvalidInput
from counterpoise.domain.instruments import read_symbol
from counterpoise.domain.numbers import exact
from counterpoise.domain.orders import Side
from counterpoise.ledger.balances import AUTO
from counterpoise.ledger.trail import TrailEntry
from counterpoise.library.balancer import Number, number
from counterpoise.library.balances import Balances
from counterpoise.library.hindsight import Moment
from counterpoise.library.opening import Opening
from counterpoise.library.plane import Counterpoise
from counterpoise.portfolio.daily import DaySummary
from counterpoise.risk.affordability import Affordable
from counterpoise.risk.position_size import PositionSize

SIDES: Mapping[str, Side | None] = MappingProxyType({"buy": Side.BUY, "sell": Side.SELL, "force_close": None})
"""What a robot calls its trades; a forced close is on the side that ends the position."""

T = TypeVar("T")


class BalanceManager:
    """The balances of a running account, for programs that block: each call returns when its effect is durable.

    Any number of threads may call it; the account has one writer, so of two entries that fit only one at a time
    exactly one is booked. Amounts may be given as Decimal, int, str or float; a float is read by its shortest text.

    Args:
        account: A running account. Its own event loop must run in another thread than the caller's.
    """

    def __init__(self, account: Counterpoise) -> None:
        self._account = account
        self._balances: Balances = account.balances
        self._close: Callable[[], None] = lambda: None

    @classmethod
    def open(
        cls,
        path: Path | str | None = None,
        opening: Number = "0",
        currency: str = "USD",
        *,
        name: str = "main",
        time_zone: str = "UTC",
    ) -> BalanceManager:
        """An account that is kept by hand, without a service: CASH, no venue, nothing is ever sent.

        Args:
            path: Folder of its journal; None keeps it in memory, for as long as the manager is open.
            opening: Cash that was there before, ≥ 0; only the first opening of a folder counts.
            currency: Of the account.
            name: Of the account.
            time_zone: IANA zone in which its days begin.

        Raises:
            InvalidInput: a value is none.
            DataFolderInUse: another process owns the folder.
            ConfigurationError: the folder cannot be used, or its account is another one.
        """
        with exact():
            began = Opening.statement(name, cash=number(opening, "opening"), currency=currency, time_zone=time_zone)
            thread = wiring.loop_thread()
            account: Counterpoise | None = None
            try:
                account = thread.enter(_kept_by_hand(None if path is None else Path(path), began))
            finally:
                if account is None:
                    thread.close()
        made = cls(account)
        made._close = thread.close
        return made

    def close(self) -> None:
        """Give back what `open` took; an account that was running before goes on."""
        with exact():
            self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def get_current_balance(self, source: str = AUTO) -> Balance:
        """How much there is, by whom, of when, how far to be trusted, and for what it may be used.

        Args:
            source: `auto` (broker, then ledger, then history, then opening) or one of these.

        Raises:
            InvalidInput: there is no such source.
            PortfolioError: that source says nothing; another is never put in its place.
        """
        return self._wait(self._balances.current(source))

    def position_size(
        self,
        risk_fraction: Number,
        stop_distance: Number,
        price: Number,
        symbol: str | None = None,
        lot: Number | None = None,
    ) -> PositionSize:
        """Units for one trade: min(cash × risk ÷ stop distance, cash × 0.95 ÷ price), floored to the lot.

        Args:
            risk_fraction: Of the free cash that the stop may cost: 0.02 is 2 %.
            stop_distance: Between entry and stop, per unit, > 0.
            price: Per unit, > 0.
            symbol: Whose lot, multiplier and currency count; without one whole units of the account's currency.
            lot: Instead of the symbol's.

        Raises:
            InvalidInput: a number is none or out of its range, or the account does not know the symbol.
        """
        with exact():
            asked = (
                number(risk_fraction, "risk_fraction"),
                number(stop_distance, "stop_distance"),
                number(price, "price"),
                None if symbol is None else read_symbol(symbol, "symbol"),
                None if lot is None else number(lot, "lot"),
            )
            return self._wait(self._balances.size(*asked))

    def check_affordability(
        self, symbol: str, quantity: Number, price: Number, collar_pct: Number | None = None
    ) -> Affordable:
        """Whether a purchase can be paid for with fees and collar, beside all that is open; says what is missing.

        Raises:
            InvalidInput: a number is none or not above 0, or the account does not know the symbol.
        """
        with exact():
            asked = (
                read_symbol(symbol, "symbol"),
                number(quantity, "quantity"),
                number(price, "price"),
                None if collar_pct is None else number(collar_pct, "collar_pct"),
            )
            return self._wait(self._balances.afford(*asked))

    def record_fill(
        self,
        trade_type: str,
        ticker: str,
        price: Number,
        volume: Number,
        fill_id: str,
        fee: Number = 0,
        occurred_at: datetime | None = None,
    ) -> Balance:
        """Book a trade that was made, once by its `fill_id`, and return the balance after it.

        Args:
            trade_type: `buy`, `sell` or `force_close` (which ends a position, long or short).
            ticker: What was traded.
            price: Per unit, > 0.
            volume: Units, > 0.
            fill_id: Names this execution and no other; the same one again has no second effect.
            fee: In the currency of the price; positive is paid.
            occurred_at: When it happened, with a time zone; now when None.

        Raises:
            InvalidInput: a value is none, is in the future, is more than is held or paid for; names field and value.
        """
        with exact():
            symbol, quantity = read_symbol(ticker, "ticker"), number(volume, "volume")
            if trade_type not in SIDES:
                raise InvalidInput("trade_type", trade_type, f"one of {', '.join(SIDES)}")
            self._wait(
                self._balances.record_fill(
                    fill_id=fill_id,
                    symbol=symbol,
                    side=SIDES[trade_type],
                    quantity=quantity,
                    price=number(price, "price"),
                    fee=number(fee, "fee"),
                    actor=OWNER,
                    at=_in_utc(occurred_at),
                )
            )
            return self._wait(self._balances.current())

    def sync_portfolio(self) -> Balance:
        """Take over what the venue did, compare, and return what the venue says there is.

        Raises:
            VenueUnavailable: it does not answer, or the account has none.
        """
        return self._wait(self._balances.sync())

    def daily_summary(self, day: date | None = None) -> DaySummary:
        """Trades, volume, value, fees, realised P&L and both balances of a day of the account's zone; today, when None.

        Raises:
            InvalidInput: the account had not begun then, or the day is still to come.
        """
        return self._wait(self._balances.day(day))

    def audit_trail(
        self,
        *,
        kind: str | None = None,
        symbol: str | None = None,
        correlation: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
    ) -> tuple[TrailEntry, ...]:
        """Every recorded act that is wanted, oldest first: who, what, before, after, why and on what grounds.

        Args:
            kind: Only facts of this kind, such as `Fill`.
            symbol: Only those that name this instrument.
            correlation: Only those of this errand.
            since: Of the source's time, included; a day from its beginning.
            until: Of the source's time, included; a day to its end.

        Raises:
            InvalidInput: no such kind, or `until` is before `since`.
        """
        named = None if symbol is None else read_symbol(symbol, "symbol")
        asked = self._balances.trail(kind=kind, symbol=named, correlation=correlation, since=since, until=until)
        return self._wait(asked)

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` in the account's loop and wait for it."""
        try:
            here: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            here = None
        if here is self._balances.loop or self._balances.loop.is_closed():
            work.close()
            why = "is closed" if self._balances.loop.is_closed() else "blocks the loop that its account runs in"
            raise ConfigurationError(f"this BalanceManager {why}; inside async code use `plane.balances`")
        with exact():
            return asyncio.run_coroutine_threadsafe(work, self._balances.loop).result()


@asynccontextmanager
async def _kept_by_hand(path: Path | None, opening: Opening) -> AsyncIterator[Counterpoise]:
    """An account without a venue, kept in a folder or in memory."""
    with exact():
        parts = wiring.statement_parts(None if path is None else wiring.settings_of(path), "balance manager")
        try:
            known = await parts.journal.accounts()
            async with Counterpoise.run(parts, known[0] if known else opening.name) as plane:
                if not plane.is_opened:
                    await plane.open_account(opening, OWNER, parts.clock.now())
                elif plane.balances.trades or plane.balances.currency != opening.terms.base_currency:
                    raise ConfigurationError(
                        f"{path} holds account {plane.account_id} in {plane.balances.currency}"
                        f"{', which trades at a venue' if plane.balances.trades else ''}; choose another folder"
                    )
                yield plane
                await plane.keep_state()
        finally:
            await parts.close()


def _in_utc(at: datetime | None) -> datetime | None:
    """The same instant in UTC.

    Raises:
        InvalidInput: it has no time zone, so that it may be any of a day's instants.
    """
    if at is None:
        return None
    if at.tzinfo is None:
        raise InvalidInput("occurred_at", at.isoformat(), "a time with its time zone")
    return at.astimezone(UTC)
