"""The venue of an account that has none: it is fed by statements and by hand, says nothing and takes no order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from counterpoise.domain.accounts import STATEMENT_VENUE
from counterpoise.domain.errors import OrderRejected, VenueUnavailable
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
from counterpoise.execution.broker import Capabilities, VenueEvent
from counterpoise.risk.gate import Approved

_NOBODY = "the account has no venue: it is fed by statements and by hand"


class NoVenue:
    """Implements the port of brokers by saying so: a read fails rather than tell of an empty account."""

    @property
    def capabilities(self) -> Capabilities:
        """It offers nothing."""
        return Capabilities(venue=STATEMENT_VENUE)

    async def account(self) -> VenueAccount:
        raise VenueUnavailable(_NOBODY)

    async def positions(self) -> tuple[VenuePosition, ...]:
        raise VenueUnavailable(_NOBODY)

    async def open_orders(self) -> tuple[VenueOrder, ...]:
        raise VenueUnavailable(_NOBODY)

    async def order_by_client_id(self, client_order_id: str) -> VenueOrder | None:
        del client_order_id
        raise VenueUnavailable(_NOBODY)

    async def fills_since(self, cursor: int) -> tuple[VenueFill, ...]:
        del cursor
        raise VenueUnavailable(_NOBODY)

    async def cash_events_since(self, cursor: int) -> tuple[VenueCashEvent, ...]:
        del cursor
        raise VenueUnavailable(_NOBODY)

    async def submit(self, approved: Approved) -> str:
        del approved
        raise OrderRejected(_NOBODY)

    async def cancel(self, client_order_id: str) -> None:
        del client_order_id
        raise OrderRejected(_NOBODY)

    async def clock(self) -> VenueClock:
        raise VenueUnavailable(_NOBODY)

    async def prices(self, symbols: Sequence[Symbol]) -> tuple[VenuePrice, ...]:
        del symbols
        raise VenueUnavailable(_NOBODY)

    def stream(self) -> AsyncIterator[VenueEvent]:
        raise VenueUnavailable(_NOBODY)
