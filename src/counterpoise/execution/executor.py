"""How does an approved order leave, once, and how is its fate found out?

The one door out: `Broker.submit` is called here and nowhere else, with an `Approved` that only the gate makes.
The intent is durable before `send` is called. Nothing here retries a send; an unknown outcome is looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from counterpoise.domain.errors import OrderRejected, OutcomeUnknown, VenueUnavailable
from counterpoise.execution.broker import (
    Accepted,
    Broker,
    CancelAsked,
    CancelOutcome,
    CancelRefused,
    CancelUnknown,
    Found,
    LookUp,
    NotFound,
    Refused,
    SendOutcome,
    StillUnknown,
    Unknown,
    Withheld,
)
from counterpoise.risk.gate import Approved

ABSENT_AFTER = timedelta(seconds=30)
"""How long after a send "not found" proves nothing: venues index accepted orders late."""

LOOK_UP_DELAY_MAX = timedelta(seconds=30)

NO_ANSWER = (OutcomeUnknown, VenueUnavailable, OSError)
# OSError holds TimeoutError and ConnectionError: a broken connection says nothing about the order.


async def send(approved: Approved, broker: Broker, may_send: Callable[[], bool]) -> SendOutcome:
    """Send one order whose intent is durable.

    `may_send` is read right before the call, with nothing awaited in between: a halt that commits after the
    approval still holds the order back.
    """
    if not may_send():
        return Withheld(reason="trading was halted before the order left")
    try:
        venue_order_id = await broker.submit(approved)
    except OrderRejected as error:
        return Refused(reason=said(error))
    except NO_ANSWER as error:
        return Unknown(detail=said(error))
    return Accepted(venue_order_id=venue_order_id)


async def look_up(client_order_id: str, broker: Broker) -> LookUp:
    """Ask the venue for the order of that id; what "not found" means, `proves_absent` says."""
    try:
        order = await broker.order_by_client_id(client_order_id)
    except NO_ANSWER as error:
        return StillUnknown(detail=said(error))
    return NotFound() if order is None else Found(order=order)


async def cancel(client_order_id: str, broker: Broker) -> CancelOutcome:
    """Ask the venue to end an order; allowed in every trading state, since it only takes risk away."""
    try:
        await broker.cancel(client_order_id)
    except OrderRejected as error:
        return CancelRefused(reason=said(error))
    except NO_ANSWER as error:
        return CancelUnknown(detail=said(error))
    return CancelAsked()


def proves_absent(asked_for: timedelta, absent_after: timedelta = ABSENT_AFTER) -> bool:
    """Whether "not found", heard again and again over `asked_for`, proves that the order never arrived.

    `asked_for` is time that was waited, not the difference of two readings of a clock that somebody may set.
    """
    return asked_for >= absent_after


def look_up_delay(tries: int) -> timedelta:
    """How long to wait before look-up number `tries` + 1: 1 s, 2 s, 4 s … at most 30 s."""
    return min(timedelta(seconds=1 << min(tries, 10)), LOOK_UP_DELAY_MAX)


def said(error: Exception) -> str:
    """What an error says in one line; its name when it says nothing."""
    return " ".join(str(error).split()) or type(error).__name__
