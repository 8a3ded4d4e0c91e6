"""What does the paper venue do with an order: take it, match it, refuse it, expire it?

Everything here runs inside one transaction of the store; what listeners will hear is gathered in `news` and told
after the commit. Time arrives as an argument.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from counterpoise.adapters.brokers.paper_model import Fate, FillModel
from counterpoise.adapters.brokers.paper_store import PaperOrder, PaperStore
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.instruments import Symbol
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.orders import OrderIntent, OrderStatus, OrderType, Side, TimeInForce
from counterpoise.domain.statements import VenueFill, VenuePrice
from counterpoise.domain.time import format_time
from counterpoise.execution.broker import VenueEvent

SILENCE_MAX = timedelta(seconds=20)
"""A hidden or late order shows after so long at the latest; below the executor's `absent_after`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperTerms:
    """The account that the venue keeps.

    Attributes:
        currency: Of cash, prices and fees.
        shorting: Whether it lets an order sell more than is held.
        borrowing: Whether it lets cash go below zero.
        continuous: Whether orders match at every price instead of in sessions.
    """

    currency: str = "USD"
    shorting: bool = False
    borrowing: bool = False
    continuous: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The session that is open, or the last one; `at` is None before the first."""

    at: datetime | None
    is_open: bool


class PaperBook:
    """Orders, cash and positions of the one account, and the market that they meet."""

    def __init__(self, store: PaperStore, model: FillModel, terms: PaperTerms) -> None:
        self._store = store
        self._model = model
        self._terms = terms
        self.ticks: dict[Symbol, VenuePrice] = {}
        self.news: list[VenueEvent] = []

    # --- the market ---

    def session(self) -> Session:
        """The session that is open, or the last one."""
        return Session(at=self._store.time("session_at"), is_open=self._store.value("session_open") == "1")

    def time(self, now: datetime) -> datetime:
        """The venue's time of what happens now: in a session, the session's; so a restart changes no byte."""
        session = self.session()
        return session.at if session.is_open and session.at is not None else now

    def market(self, symbol: Symbol) -> VenuePrice | None:
        """The price at which `symbol` trades now, or None while it does not."""
        if self._terms.continuous:
            return self.ticks.get(symbol)
        session, price = self.session(), self._store.price(symbol)
        return price if session.is_open and price is not None and price.at == session.at else None

    def open_session(self, at: datetime, prices: Mapping[Symbol, Decimal], now: datetime) -> bool:
        """Open the market at these prices, once, and match what waits; whether it is open at them now."""
        last = self.session()
        if last.at is not None and at <= last.at:
            return last.is_open and at == last.at
        if last.is_open:
            raise InvalidInput("session", format_time(at), f"the session of {last.at} to be closed first")
        self._store.set_value("session_at", format_time(at))
        self._store.set_value("session_open", "1")
        self._store.set_prices(prices, at)
        self._auction(now)
        return True

    def _auction(self, now: datetime) -> None:
        """Match what waits at one price: sales of what is held, then purchases, then the rest, each by order id.

        At one price it has no meaning who came first overnight. So an order that had to be sent again after a
        crash meets the same market as one that arrived at once.
        """
        queued = sorted(self._store.open_orders(), key=lambda order: order.client_order_id)
        sales = [order for order in queued if order.side is Side.SELL]
        later = []
        for order in sales:
            if order.quantity - order.filled <= self._store.position(order.symbol):
                self.match_all([order], now)
            else:
                later.append(order)
        self.match_all([order for order in queued if order.side is Side.BUY], now)
        self.match_all(later, now)

    def close_session(self) -> None:
        """Close the market, once; DAY orders that are still open expire."""
        session = self.session()
        if session.is_open and session.at is not None:
            self.expire(session.at, lambda order: order.arrived and order.time_in_force is TimeInForce.DAY)
            self._store.set_value("session_open", "0")

    # --- the life of an order ---

    def take(self, intent: OrderIntent, now: datetime) -> tuple[PaperOrder | None, Fate | None]:
        """What a request leads to: the order in the book, if it got there, and how the venue will answer.

        No fate means that the id was taken already: there is never a second order.
        """
        request = self._store.count_request(intent.client_order_id)
        fate = self._model.fate(intent.client_order_id, request)
        if fate is Fate.LOST:
            return None, fate
        order = self._store.order(intent.client_order_id)
        if order is not None:
            if not order.arrived:
                self.arrive(order, now)
            return order, None
        order = self._new_order(intent, fate, now)
        self._store.put_order(order)
        if fate is Fate.REFUSED:
            self.finish(order, OrderStatus.REJECTED, "refused by the venue", order.updated_at)
        elif order.arrived:
            self.arrive(order, now)
        return order, fate

    def _new_order(self, intent: OrderIntent, fate: Fate, now: datetime) -> PaperOrder:
        silent = fate in (Fate.HIDDEN, Fate.LATE)
        return PaperOrder(
            client_order_id=intent.client_order_id,
            symbol=intent.symbol,
            side=intent.side,
            quantity=intent.quantity,
            order_type=intent.order_type,
            time_in_force=intent.time_in_force,
            limit_price=intent.limit_price,
            requested_at=now,
            updated_at=self.time(now),
            looks_left=self._model.patience(intent.client_order_id) if silent else 0,
            arrived=fate is not Fate.LATE,
        )

    def is_hidden(self, order: PaperOrder, now: datetime) -> bool:
        """Whether a look-up still answers "not found"."""
        return order.looks_left > 0 and now - order.requested_at < SILENCE_MAX

    def look_up(self, client_order_id: str, now: datetime) -> PaperOrder | None:
        """The order of that id; None also while it is hidden or on its way, which each look-up shortens."""
        order = self._store.order(client_order_id)
        if order is None:
            return None
        if self.is_hidden(order, now):
            order.looks_left -= 1
            self._store.put_order(order)
            return None
        if not order.arrived:
            self.arrive(order, now)
        return order

    def arrive(self, order: PaperOrder, now: datetime) -> None:
        """The venue accepts the order and matches it if its market is open."""
        if not order.arrived:
            order.arrived, order.looks_left = True, 0
        order.updated_at = self.time(now)
        self._store.put_order(order)
        accepted = order.as_reported()
        late = self._model.acknowledges_late(order.client_order_id)
        if not late:
            self.news.append(accepted)
        finished = self._match(order, now)
        if late:
            self.news.append(accepted)
        if finished:
            self.news.append(order.as_reported())

    def match_all(self, orders: list[PaperOrder], now: datetime) -> None:
        """Let waiting orders meet the market, in the order given."""
        for order in orders:
            if not order.arrived:
                if not self.is_hidden(order, now):
                    self.arrive(order, now)
            elif self._match(order, now):
                self.news.append(order.as_reported())

    def finish(self, order: PaperOrder, status: OrderStatus, reason: str, at: datetime) -> None:
        """End the order and tell it."""
        self._end(order, status, reason, at)
        self.news.append(order.as_reported())

    def expire(self, at: datetime, which: Callable[[PaperOrder], bool]) -> None:
        """End open orders whose time in force is over."""
        for order in self._store.open_orders():
            if which(order):
                self.finish(order, OrderStatus.EXPIRED, "time in force is over", at)

    def _end(self, order: PaperOrder, status: OrderStatus, reason: str, at: datetime) -> None:
        order.status, order.reason, order.updated_at = status, reason, at
        self._store.put_order(order)

    # --- matching ---

    def _match(self, order: PaperOrder, now: datetime) -> bool:
        """Let an order meet the market; whether that changed it."""
        mark = self.market(order.symbol)
        if mark is None or order.status.is_terminal or not _is_crossed(order, mark.price):
            return False
        due = self._due_parts(order)
        if not due:
            return False
        price = self._fill_price(order, mark.price)
        at = max(mark.at, order.updated_at) if self._terms.continuous else self.time(now)
        refusal = self._refusal(order, sum(due, ZERO), price)
        if refusal:
            self._end(order, OrderStatus.CANCELED if order.executions else OrderStatus.REJECTED, refusal, at)
            return True
        for quantity in due:
            self._execute(order, quantity, price, at)
        return True

    def _due_parts(self, order: PaperOrder) -> tuple[Decimal, ...]:
        """The executions that come now: all that are left in a session, one a price in a continuous market.

        Only a DAY order leaves a remainder; it would hang for ever in another.
        """
        parts, remainder = self._model.parts(order.client_order_id, order.quantity)
        if remainder and order.time_in_force is not TimeInForce.DAY:
            parts = (*parts, remainder)
        left = parts[order.executions :]
        return left[:1] if self._terms.continuous else left

    def _fill_price(self, order: PaperOrder, mark: Decimal) -> Decimal:
        """The mark made worse by slippage, but never worse than the order's limit."""
        price = self._model.price(order.side, mark)
        if order.limit_price is None:
            return price
        return min(price, order.limit_price) if order.side is Side.BUY else max(price, order.limit_price)

    def _refusal(self, order: PaperOrder, quantity: Decimal, price: Decimal) -> str:
        """Why the account cannot carry these executions, or nothing."""
        if order.side is Side.BUY:
            cost = quantity * price + self._model.fee(quantity, price)
            return "" if self._terms.borrowing or cost <= self._store.cash else "insufficient cash"
        held = self._store.position(order.symbol)
        return "" if self._terms.shorting or quantity <= held else "insufficient quantity"

    def _execute(self, order: PaperOrder, quantity: Decimal, price: Decimal, at: datetime) -> None:
        """Book one execution: units, cash and the order move together."""
        fee = self._model.fee(quantity, price)
        order.filled += quantity
        order.executions += 1
        order.status = OrderStatus.FILLED if order.filled == order.quantity else OrderStatus.PARTIALLY_FILLED
        order.updated_at = at
        fill = VenueFill(
            fill_id=f"{order.client_order_id}/{order.executions}",
            sequence=self._store.last_fill() + 1,
            client_order_id=order.client_order_id,
            symbol=order.symbol,
            side=order.side,
            quantity=quantity,
            price=price,
            fee=fee,
            fee_asset=self._terms.currency,
            cumulative=order.filled,
            filled_at=at,
        )
        self._store.put_fill(fill)
        self._store.put_order(order)
        self._store.add_units(order.symbol, order.side.sign * quantity)
        self._store.add_cash(-order.side.sign * quantity * price - fee)
        self.news.append(fill)


def _is_crossed(order: PaperOrder, mark: Decimal) -> bool:
    """Whether the market is at the order's limit or better; a MARKET order always is."""
    if order.order_type is OrderType.MARKET or order.limit_price is None:
        return True
    return mark <= order.limit_price if order.side is Side.BUY else mark >= order.limit_price
