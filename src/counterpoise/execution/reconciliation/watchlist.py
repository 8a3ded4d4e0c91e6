"""Which differences count? Those that are read twice, and that nothing in flight explains.

The venue's cash, positions and executions are read one after the other, so an execution may be in one answer and not
yet in the next (incident I-10). Pure: time is an argument, the list is a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from counterpoise.domain.instruments import Symbol
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.orders import Side
from counterpoise.domain.statements import Break, BreakKind
from counterpoise.execution.reconciliation.differences import TOLERANCE, Key

CONFIRMED_AFTER = timedelta(seconds=5)
"""A difference that is still read so long after it was first read is no moment between two answers."""

IN_FLIGHT_MAX = timedelta(seconds=60)
"""For so long what is in flight may explain a difference; an execution that takes longer to be told is missed."""

PRICE_ROOM = Decimal("1.25")
"""So far above its worst price an order in flight may move cash: slippage of a market order, and fees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderInFlight:
    """An order that may have filled at the venue before we heard of it; `worth` is what that moves at most, > 0."""

    client_order_id: str
    symbol: Symbol
    side: Side
    remaining: Decimal
    asset: str
    worth: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CashInFlight:
    """A movement that is known and not yet on both sides; signed: what the venue has more once it is there."""

    asset: str
    amount: Decimal


InFlight = tuple[OrderInFlight | CashInFlight, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchlist:
    """Differences that were read and are not settled: key → when they were first read, without a gap since."""

    since: Mapping[Key, datetime] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What a reading came to.

    Attributes:
        confirmed: Differences that count.
        waiting: Those that are to be read again.
        next_read: When reading again can confirm one, or None when nothing waits.
    """

    watchlist: Watchlist
    confirmed: tuple[Break, ...]
    waiting: tuple[Break, ...]
    next_read: datetime | None


def watch(before: Watchlist, found: tuple[Break, ...], in_flight: InFlight, at: datetime) -> Watched:
    """Take in the differences that were read at `at`; one that is not among them has gone and begins anew."""
    since = {(item.kind, item.subject): min(before.since.get((item.kind, item.subject), at), at) for item in found}
    ripe = {key: first + CONFIRMED_AFTER for key, first in since.items()}
    for key in explained(found, in_flight):
        ripe[key] = since[key] + IN_FLIGHT_MAX
    confirmed = tuple(item for item in found if ripe[item.kind, item.subject] <= at)
    waiting = tuple(item for item in found if item not in confirmed)
    return Watched(
        watchlist=Watchlist(since=MappingProxyType(since)),
        confirmed=confirmed,
        waiting=waiting,
        next_read=min((ripe[item.kind, item.subject] for item in waiting), default=None),
    )


def explained(found: tuple[Break, ...], in_flight: InFlight) -> tuple[Key, ...]:
    """Differences that what is in flight can make, alone or together."""
    keys = []
    for item in found:
        low, high = _reach(item, in_flight)
        if low - TOLERANCE <= item.theirs - item.ours <= high + TOLERANCE and (low or high):
            keys.append((item.kind, item.subject))
    return tuple(keys)


def _reach(item: Break, in_flight: InFlight) -> tuple[Decimal, Decimal]:
    """How far below and above our figure the venue's may be."""
    low, high = ZERO, ZERO
    for thing in in_flight:
        amount = _moves(item, thing)
        low, high = low + min(amount, ZERO), high + max(amount, ZERO)
    return low, high


def _moves(item: Break, thing: OrderInFlight | CashInFlight) -> Decimal:
    if isinstance(thing, CashInFlight):
        return thing.amount if (item.kind, item.subject) == (BreakKind.CASH, thing.asset) else ZERO
    if item.kind is BreakKind.ORDER:  # it may be filled, or ended, at the venue
        return -thing.remaining if item.subject == thing.client_order_id else ZERO
    if item.kind is BreakKind.POSITION and item.subject == thing.symbol:
        return thing.side.sign * thing.remaining
    if item.kind is BreakKind.CASH and item.subject == thing.asset:
        return -thing.side.sign * thing.worth * PRICE_ROOM
    return ZERO
