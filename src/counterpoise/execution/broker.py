"""What must a broker be able to do for us, and what can come of asking?

The port that every venue's adapter implements. A send has one of three ends: accepted, refused or unknown;
`Withheld` is the fourth that only we can cause. Unknown is never read as refused (decision 0004).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from counterpoise.domain.errors import ConfigurationError
from counterpoise.domain.instruments import Symbol
from counterpoise.domain.statements import (
    VenueAccount,
    VenueCashEvent,
    VenueClock,
    VenueFill,
    VenueOrder,
    VenuePosition,
    VenuePrice,
)
from counterpoise.risk.gate import Approved

VenueEvent = VenueFill | VenueOrder
"""What a venue tells unasked: an execution, or the new state of an order."""


class Capability(StrEnum):
    """What an account may need from its venue; each value is the name of a field of `Capabilities`."""

    FRACTIONAL = "fractional"
    SHORTING = "shorting"
    NOTIONAL = "notional"
    LIMIT_ORDERS = "limit_orders"
    CANCEL_REPLACE = "cancel_replace"
    QUEUES_WHEN_CLOSED = "queues_when_closed"
    STREAM = "stream"
    CASH_EVENTS = "cash_events"
    PRICES = "prices"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a venue offers with the credentials in use.

    Attributes:
        fractional: Takes parts of one unit.
        shorting: Takes sales beyond the holding.
        notional: Takes an amount of money in the place of a quantity.
        limit_orders: Takes LIMIT orders.
        cancel_replace: Changes a working order in one step.
        queues_when_closed: Keeps an order that arrives while the market is closed for the next session.
        stream: Tells fills and order changes unasked.
        cash_events: Tells what moved cash without an order.
        prices: Tells last prices.
        may_withdraw: The credentials could take money out; such credentials are refused.
    """

    venue: str
    fractional: bool = False
    shorting: bool = False
    notional: bool = False
    limit_orders: bool = False
    cancel_replace: bool = False
    queues_when_closed: bool = False
    stream: bool = False
    cash_events: bool = False
    prices: bool = False
    may_withdraw: bool = False


def require(capabilities: Capabilities, needed: Sequence[Capability]) -> None:
    """Let a start pass only when the venue offers all that the account needs.

    Raises:
        ConfigurationError: names every missing capability, or says that the credentials may withdraw.
    """
    missing = [str(capability) for capability in needed if not getattr(capabilities, capability)]
    if missing:
        raise ConfigurationError(f"{capabilities.venue} does not offer what this account needs: {', '.join(missing)}")
    if capabilities.may_withdraw:
        raise ConfigurationError(
            f"the credentials for {capabilities.venue} may withdraw money; use a key without that permission"
        )


class Broker(Protocol):
    """Port: one account at one venue.

    Every read raises `VenueUnavailable` when it fails: a failed read is a failure, never an empty account.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What the venue offers; known without asking it."""
        ...

    async def account(self) -> VenueAccount:
        """The venue's own figures of cash and equity."""
        ...

    async def positions(self) -> tuple[VenuePosition, ...]:
        """What the venue says is held, by symbol; nothing held is no entry."""
        ...

    async def open_orders(self) -> tuple[VenueOrder, ...]:
        """Orders that may still fill, oldest first."""
        ...

    async def order_by_client_id(self, client_order_id: str) -> VenueOrder | None:
        """The order of that id; None is "not found", which proves nothing before `absent_after`."""
        ...

    async def fills_since(self, cursor: int) -> tuple[VenueFill, ...]:
        """Executions whose sequence is above `cursor`, in the venue's order; 0 asks for all."""
        ...

    async def cash_events_since(self, cursor: int) -> tuple[VenueCashEvent, ...]:
        """Movements of cash whose sequence is above `cursor`, in the venue's order; 0 asks for all."""
        ...

    async def submit(self, approved: Approved) -> str:
        """Send one order and return the venue's id of it. Called from one line of the executor and nowhere else.

        Raises:
            OrderRejected: the venue refused it; record that.
            OutcomeUnknown: no answer, or none that can be read; the order may exist.
        """
        ...

    async def cancel(self, client_order_id: str) -> None:
        """Ask for an order's end; whether it came in time, the venue's later answers say.

        Raises:
            OrderRejected: the venue has no such order, or it is finished.
            OutcomeUnknown: no answer, or none that can be read.
        """
        ...

    async def clock(self) -> VenueClock:
        """The venue's time and whether its market is open."""
        ...

    async def prices(self, symbols: Sequence[Symbol]) -> tuple[VenuePrice, ...]:
        """Last prices; a symbol that the venue cannot price is absent."""
        ...

    def stream(self) -> AsyncIterator[VenueEvent]:
        """Fills and order changes in the venue's order. It may drop some: `fills_since` heals."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The venue has the order."""

    venue_order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The venue said no (denied would have been us)."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """No proof of either: look the order up, keep its room, never resend it blindly."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """The order never left: sending was stopped between its approval and the venue."""

    reason: str


SendOutcome = Accepted | Refused | Unknown | Withheld


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The venue knows the order."""

    order: VenueOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound:
    """The venue answered that it does not know the order; proof of absence only after `absent_after`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StillUnknown:
    """The look-up itself failed."""

    detail: str


LookUp = Found | NotFound | StillUnknown


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAsked:
    """The venue took the request; the order's end is news of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRefused:
    """Nothing to cancel: finished, or not there (yet)."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelUnknown:
    """No readable answer; the order's state must be looked up."""

    detail: str


CancelOutcome = CancelAsked | CancelRefused | CancelUnknown
