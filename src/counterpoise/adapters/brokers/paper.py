"""A venue of its own, for paper money: durable, and the same for the same seed.

Every change is committed to the venue's own file before it answers, so an order whose answer was lost exists all
the same, and unknown is real. Orders match in one of two ways:

- in sessions (replay): `open_session` opens the market at one price a symbol and matches what was queued as one
  auction; orders that arrive while it is open match at once; `close_session` expires DAY orders;
- continuously (live prices): `set_price` matches the working orders of a symbol, one part of an order a price.

It keeps a CASH or MARGIN account, multiplier 1: a fill moves cash by quantity × price and its fee.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from counterpoise.adapters.brokers.paper_book import PaperBook, PaperTerms, Session
from counterpoise.adapters.brokers.paper_model import Fate, FillModel
from counterpoise.adapters.brokers.paper_store import PaperOrder, PaperStore
from counterpoise.domain.errors import InvalidInput, OrderRejected, OutcomeUnknown, VenueUnavailable
from counterpoise.domain.instruments import Symbol
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.orders import OrderStatus
from counterpoise.domain.statements import (
    CashEventKind,
    VenueAccount,
    VenueCashEvent,
    VenueClock,
    VenueFill,
    VenueOrder,
    VenuePosition,
    VenuePrice,
)
from counterpoise.domain.time import Clock, format_time
from counterpoise.execution.broker import Capabilities, VenueEvent
from counterpoise.risk.gate import Approved

__all__ = ["STREAM_LENGTH_MAX", "VENUE", "PaperBroker", "PaperTerms", "Session"]

VENUE = "paper"

STREAM_LENGTH_MAX = 10_000
"""Events that a slow listener may fall behind; more are dropped, and `fills_since` heals them."""

Listener = asyncio.Queue[VenueEvent | None]


class PaperBroker:
    """The venue and, at once, the port to it. Requests are answered one after the other."""

    def __init__(
        self, clock: Clock, model: FillModel | None = None, terms: PaperTerms | None = None, path: Path | None = None
    ) -> None:
        """Open the venue kept at `path`, or one in memory.

        Raises:
            ConfigurationError: the file cannot be opened or is no paper venue of this version.
        """
        self._clock = clock
        self._store = PaperStore(path)
        asked = terms or PaperTerms()
        opened_in = self._store.value("currency")
        # The venue was opened in one currency, whatever a later start says.
        self._terms = replace(asked, currency=opened_in or asked.currency)
        self._book = PaperBook(self._store, model or FillModel(), self._terms)
        self._listeners: list[Listener] = []
        if opened_in is None:
            with self._reading(), self._change():
                self._store.set_value("currency", asked.currency)

    @property
    def capabilities(self) -> Capabilities:
        """What the paper venue offers."""
        return Capabilities(
            venue=VENUE,
            fractional=True,
            shorting=self._terms.shorting,
            limit_orders=True,
            queues_when_closed=True,
            stream=True,
            cash_events=True,
            prices=True,
        )

    def close(self) -> None:
        """End the streams and close the file; what is open stays open in it."""
        for listener in self._listeners:
            _end_stream(listener)
        self._store.close()

    async def account(self) -> VenueAccount:
        with self._reading():
            cash = self._store.cash
            return VenueAccount(
                venue=VENUE,
                currency=self._terms.currency,
                cash=cash,
                as_of=self._clock.now(),
                equity=self._equity(cash),
                buying_power=cash,
            )

    async def positions(self) -> tuple[VenuePosition, ...]:
        with self._reading():
            return self._store.positions()

    async def open_orders(self) -> tuple[VenueOrder, ...]:
        with self._reading():
            now = self._clock.now()
            orders = self._store.open_orders()
            return tuple(o.as_reported() for o in orders if o.arrived and not self._book.is_hidden(o, now))

    async def order_by_client_id(self, client_order_id: str) -> VenueOrder | None:
        with self._reading(), self._change():
            order = self._book.look_up(client_order_id, self._clock.now())
            return None if order is None else order.as_reported()

    async def fills_since(self, cursor: int) -> tuple[VenueFill, ...]:
        with self._reading():
            return self._store.fills_since(cursor)

    async def cash_events_since(self, cursor: int) -> tuple[VenueCashEvent, ...]:
        with self._reading():
            return self._store.cash_events_since(cursor)

    async def clock(self) -> VenueClock:
        with self._reading():
            return VenueClock(now=self._clock.now(), is_open=self._terms.continuous or self.session().is_open)

    async def prices(self, symbols: Sequence[Symbol]) -> tuple[VenuePrice, ...]:
        with self._reading():
            known = self._known_prices()
            return tuple(known[symbol] for symbol in symbols if symbol in known)

    def stream(self) -> AsyncIterator[VenueEvent]:
        """Events from this call on."""
        listener: Listener = asyncio.Queue(maxsize=STREAM_LENGTH_MAX)
        self._listeners.append(listener)
        return self._events(listener)

    async def submit(self, approved: Approved) -> str:
        intent = approved.intent
        try:
            with self._change():
                order, fate = self._book.take(intent, self._clock.now())
        except sqlite3.Error as error:
            raise OutcomeUnknown(f"{intent.client_order_id}: the venue's file failed: {error}") from error
        return self._answer(intent.client_order_id, order, fate)

    def _answer(self, client_order_id: str, order: PaperOrder | None, fate: Fate | None) -> str:
        """Answer a request whose effect is durable."""
        if order is None or fate in (Fate.UNANSWERED, Fate.HIDDEN, Fate.LATE):
            raise OutcomeUnknown(f"{client_order_id}: no answer from the venue")
        if order.status is OrderStatus.REJECTED:
            raise OrderRejected(f"{client_order_id}: {order.reason}")
        if fate is None:
            raise OutcomeUnknown(f"{client_order_id}: the id is taken, so the order exists; look it up")
        return order.venue_order_id

    async def cancel(self, client_order_id: str) -> None:
        now = self._clock.now()
        try:
            with self._change():
                order = self._store.order(client_order_id)
                refusal = self._no_cancel(order, now)
                if order is not None and not refusal:
                    self._book.finish(order, OrderStatus.CANCELED, "asked for", self._book.time(now))
        except sqlite3.Error as error:
            raise OutcomeUnknown(f"{client_order_id}: the venue's file failed: {error}") from error
        if refusal:
            raise OrderRejected(f"{client_order_id}: {refusal}")

    def _no_cancel(self, order: PaperOrder | None, now: datetime) -> str:
        """Why there is nothing to cancel, or nothing."""
        if order is None or not order.arrived or self._book.is_hidden(order, now):
            return "no such order"
        return f"the order is {order.status}" if order.status.is_terminal else ""

    async def deposit(self, amount: Decimal, reference: str) -> bool:
        """Pay `amount` (> 0) in; the same reference again does nothing and answers False."""
        _check_positive("amount", amount)
        kind, event_id = CashEventKind.DEPOSIT, f"deposit:{reference}"
        with self._reading(), self._change():
            at = self._book.time(self._clock.now())
            new = self._store.put_cash_event(kind, amount, self._terms.currency, event_id, at)
            if new:
                self._store.add_cash(amount)
            return new

    async def withdraw(self, amount: Decimal, reference: str) -> bool:
        """Pay `amount` (> 0) out; the same reference again does nothing and answers False.

        Raises:
            InvalidInput: more than there is, unless the venue lends.
        """
        _check_positive("amount", amount)
        kind, event_id = CashEventKind.WITHDRAWAL, f"withdrawal:{reference}"
        with self._reading(), self._change():
            at = self._book.time(self._clock.now())
            new = self._store.put_cash_event(kind, -amount, self._terms.currency, event_id, at)
            if new and amount > self._store.cash and not self._terms.borrowing:
                raise InvalidInput("amount", str(amount), f"at most the cash that is there, {self._store.cash}")
            if new:
                self._store.add_cash(-amount)
            return new

    def session(self) -> Session:
        """The session that is open, or the last one."""
        with self._reading():
            return self._book.session()

    async def open_session(self, at: datetime, prices: Mapping[Symbol, Decimal]) -> bool:
        """Open the market at these prices and match what waits; whether it is open at them now.

        The same session again does nothing; one that is over stays closed and answers False. A symbol without
        a price is not traded in this session.

        Raises:
            InvalidInput: another session is open, a price is not above zero, or the venue matches continuously.
        """
        if self._terms.continuous:
            raise InvalidInput("session", format_time(at), "no session: this venue matches continuously")
        for symbol, price in prices.items():
            _check_positive(f"price of {symbol}", price)
        with self._reading(), self._change():
            return self._book.open_session(at, prices, self._clock.now())

    async def close_session(self) -> None:
        """Close the market; DAY orders that are still open expire. Closing a closed one does nothing."""
        with self._reading(), self._change():
            self._book.close_session()

    async def set_price(self, symbol: Symbol, price: Decimal, at: datetime) -> None:
        """A new price of a continuous market; working orders of the symbol match at it. A late one does nothing.

        Raises:
            InvalidInput: the price is not above zero, or the venue matches in sessions.
        """
        if not self._terms.continuous:
            raise InvalidInput("price", str(price), "prices by session: this venue matches in sessions")
        _check_positive(f"price of {symbol}", price)
        known = self._book.ticks.get(symbol)
        if known is not None and at < known.at:
            return  # it comes late: nothing trades at a price of the past
        self._book.ticks[symbol] = VenuePrice(symbol=symbol, price=price, at=at)
        with self._reading():
            waiting = [order for order in self._store.open_orders() if order.symbol == symbol]
            if waiting:  # a price that nothing waits for is not worth a commit
                with self._change():
                    self._book.match_all(waiting, self._clock.now())

    async def end(self) -> None:
        """The venue stops: everything still open expires, whatever its time in force."""
        with self._reading(), self._change():
            self._book.expire(self._book.time(self._clock.now()), lambda _: True)
            self._store.set_value("session_open", "0")

    def _known_prices(self) -> Mapping[Symbol, VenuePrice]:
        return self._book.ticks if self._terms.continuous else self._store.prices()

    def _equity(self, cash: Decimal) -> Decimal | None:
        """Cash and positions at the last prices, or None when one has none."""
        known, positions = self._known_prices(), self._store.positions()
        if any(position.symbol not in known for position in positions):
            return None
        return cash + sum((p.quantity * known[p.symbol].price for p in positions), ZERO)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """A file that does not answer is a venue that does not answer."""
        try:
            yield
        except sqlite3.Error as error:
            raise VenueUnavailable(f"the paper venue's file failed: {error}") from error

    @contextmanager
    def _change(self) -> Iterator[None]:
        """Make a change durable, then tell those who listen; without the commit nobody hears of it."""
        self._book.news.clear()
        with self._store.transaction():
            yield
        for event in self._book.news:
            for listener in self._listeners:
                if not listener.full():
                    listener.put_nowait(event)

    async def _events(self, listener: Listener) -> AsyncIterator[VenueEvent]:
        try:
            while (event := await listener.get()) is not None:
                yield event
        finally:
            self._listeners.remove(listener)


def _end_stream(listener: Listener) -> None:
    if listener.full():
        listener.get_nowait()
    listener.put_nowait(None)


def _check_positive(name: str, value: Decimal) -> None:
    if not value.is_finite() or value <= ZERO:
        raise InvalidInput(name, str(value), "a finite number above zero")
