"""A broker that says what a test told it to say, and remembers what it was asked.

Without a script it accepts every order and fills none: `fill`, `finish` and `tell` move it by hand. `on(call, …)`
queues answers for one call: an exception is raised, anything else is returned in the place of the real answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from counterpoise.domain.errors import OrderRejected, OutcomeUnknown
from counterpoise.domain.instruments import Symbol
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.orders import OrderIntent, OrderStatus
from counterpoise.domain.statements import (
    VenueAccount,
    VenueCashEvent,
    VenueClock,
    VenueFill,
    VenueOrder,
    VenuePosition,
    VenuePrice,
)
from counterpoise.execution.broker import Capabilities, VenueEvent
from counterpoise.risk.gate import Approved

VENUE = "scripted"
START = datetime(2024, 1, 2, 15, tzinfo=UTC)
STREAM_LENGTH_MAX = 1_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class LosesAnswer:
    """A send that the venue takes, or does not, while the sender hears nothing."""

    accepted: bool


class ScriptedBroker:
    """A fake venue under a test's hand.

    Attributes:
        calls: Every call with its arguments, oldest first.
        sent: Every intent that reached `submit`, oldest first.
        cash, held, last_prices, cash_events, now, is_open: What the reads answer; a test may change them.
    """

    def __init__(self, *, capabilities: Capabilities | None = None, cash: Decimal = ZERO) -> None:
        self.calls: list[tuple[str, tuple[object, ...]]] = []
        self.sent: list[OrderIntent] = []
        self.cash = cash
        self.held: dict[Symbol, Decimal] = {}
        self.last_prices: dict[Symbol, VenuePrice] = {}
        self.cash_events: list[VenueCashEvent] = []
        self.now = START
        self.is_open = True
        self._capabilities = capabilities or Capabilities(venue=VENUE, fractional=True, limit_orders=True, stream=True)
        self._script: dict[str, list[Any]] = {}
        self._orders: dict[str, VenueOrder] = {}
        self._fills: list[VenueFill] = []
        self._events: asyncio.Queue[VenueEvent | None] = asyncio.Queue(maxsize=STREAM_LENGTH_MAX)

    def on(self, call: str, *answers: object) -> None:
        """Answer the next calls of that name so, one answer a call; then as without a script."""
        self._script.setdefault(call, []).extend(answers)

    @property
    def capabilities(self) -> Capabilities:
        """What the test said that the venue offers."""
        return self._capabilities

    async def account(self) -> VenueAccount:
        real = VenueAccount(venue=VENUE, currency="USD", cash=self.cash, as_of=self.now)
        return self._scripted("account", real)

    async def positions(self) -> tuple[VenuePosition, ...]:
        held = sorted(self.held.items())
        return self._scripted("positions", tuple(VenuePosition(symbol=s, quantity=q) for s, q in held if q))

    async def open_orders(self) -> tuple[VenueOrder, ...]:
        return self._scripted("open_orders", tuple(o for o in self._orders.values() if o.status.is_open))

    async def order_by_client_id(self, client_order_id: str) -> VenueOrder | None:
        return self._scripted("order_by_client_id", self._orders.get(client_order_id), client_order_id)

    async def fills_since(self, cursor: int) -> tuple[VenueFill, ...]:
        return self._scripted("fills_since", tuple(f for f in self._fills if f.sequence > cursor), cursor)

    async def cash_events_since(self, cursor: int) -> tuple[VenueCashEvent, ...]:
        events = tuple(event for event in self.cash_events if event.sequence > cursor)
        return self._scripted("cash_events_since", events, cursor)

    async def clock(self) -> VenueClock:
        return self._scripted("clock", VenueClock(now=self.now, is_open=self.is_open))

    async def prices(self, symbols: Sequence[Symbol]) -> tuple[VenuePrice, ...]:
        known = tuple(self.last_prices[symbol] for symbol in symbols if symbol in self.last_prices)
        return self._scripted("prices", known, *symbols)

    async def submit(self, approved: Approved) -> str:
        intent = approved.intent
        self.sent.append(intent)
        nothing: object = None
        answer = self._scripted("submit", nothing, intent.client_order_id)
        if isinstance(answer, str):
            return answer
        if intent.client_order_id in self._orders:
            raise OutcomeUnknown(f"{intent.client_order_id}: the id is taken, so the order exists; look it up")
        if not isinstance(answer, LosesAnswer) or answer.accepted:
            self._accept(intent)
        if isinstance(answer, LosesAnswer):
            raise OutcomeUnknown(f"{intent.client_order_id}: no answer from the venue")
        return self._orders[intent.client_order_id].venue_order_id

    async def cancel(self, client_order_id: str) -> None:
        self._scripted("cancel", None, client_order_id)
        order = self._orders.get(client_order_id)
        if order is None or order.status.is_terminal:
            raise OrderRejected(f"{client_order_id}: nothing to cancel")
        self.finish(client_order_id, OrderStatus.CANCELED)

    async def stream(self) -> AsyncIterator[VenueEvent]:
        """What was told so far and is told from now on, until `hang_up`."""
        while (event := await self._events.get()) is not None:
            yield event

    def fill(self, client_order_id: str, quantity: Decimal, price: Decimal, *, told: bool = True) -> VenueFill:
        """Execute a part of an order; `told` False keeps it from the stream, as a dropped message would."""
        order = self._orders[client_order_id]
        filled = order.filled_quantity + quantity
        number = len(self._fills) + 1
        fill = VenueFill(
            fill_id=f"{client_order_id}/{number}",
            sequence=number,
            client_order_id=client_order_id,
            symbol=order.symbol,
            side=order.side,
            quantity=quantity,
            price=price,
            fee=ZERO,
            fee_asset="USD",
            cumulative=filled,
            filled_at=self.now,
        )
        status = OrderStatus.FILLED if filled == order.quantity else OrderStatus.PARTIALLY_FILLED
        self._orders[client_order_id] = replace(order, filled_quantity=filled, status=status)
        self._fills.append(fill)
        self.held[order.symbol] = self.held.get(order.symbol, ZERO) + order.side.sign * quantity
        self.cash -= order.side.sign * quantity * price
        if told:
            self.tell(fill)
        return fill

    def finish(self, client_order_id: str, status: OrderStatus, reason: str = "") -> None:
        """End an order as the venue would and tell it."""
        order = replace(self._orders[client_order_id], status=status, reason=reason, updated_at=self.now)
        self._orders[client_order_id] = order
        self.tell(order)

    def tell(self, event: VenueEvent) -> None:
        """Send an event down the stream."""
        self._events.put_nowait(event)

    def hang_up(self) -> None:
        """End the stream after what was told."""
        self._events.put_nowait(None)

    def _accept(self, intent: OrderIntent) -> None:
        self._orders[intent.client_order_id] = VenueOrder(
            client_order_id=intent.client_order_id,
            venue_order_id=f"scripted-{intent.client_order_id}",
            symbol=intent.symbol,
            side=intent.side,
            quantity=intent.quantity,
            filled_quantity=ZERO,
            status=OrderStatus.ACCEPTED,
            updated_at=self.now,
        )

    def _scripted(self, call: str, real: T, *arguments: object) -> T:
        """Note the call; the next scripted answer, or the real one when the script is through."""
        self.calls.append((call, arguments))
        answers = self._script.get(call)
        answer: T = answers.pop(0) if answers else real
        if isinstance(answer, Exception):
            raise answer
        return answer
