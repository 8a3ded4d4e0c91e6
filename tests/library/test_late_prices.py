"""Does a price that comes late value or trade anything?"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from counterpoise.adapters.brokers.paper import PaperBroker
from counterpoise.domain.accounts import Actor, Scope
from counterpoise.domain.plans import SizingPolicy, Target
from tests.service.making import WALL, Wall, live_account

D = Decimal
OWNER = Actor(name="owner", scope=Scope.ADMIN, fresh=True)


async def test_nothing_trades_at_a_price_of_the_past() -> None:
    wall = Wall()
    async with live_account(wall) as plane:
        await plane.set_targets("allocation", (Target(symbol="SPY", weight=D("0.5")),), SizingPolicy(), OWNER, WALL)
        await plane.tick({"SPY": D(100)}, WALL)
        await plane.tick({"SPY": D(1)}, WALL - timedelta(days=300))
        await plane.rebalance("allocation", "s1", OWNER, WALL)
        await plane.settle(WALL)
        held = plane.overview().snapshot.positions
        assert [(item.symbol, item.entry_price) for item in held] == [("SPY", D(100))]


async def test_the_venue_itself_keeps_the_newest_price() -> None:
    async with live_account(Wall()) as plane:
        venue = plane.parts.broker
        assert isinstance(venue, PaperBroker)
        await venue.set_price("SPY", D(100), WALL)
        await venue.set_price("SPY", D(1), WALL - timedelta(seconds=1))
        assert venue._known_prices()["SPY"].price == D(100)
        await venue.set_price("SPY", D(101), WALL)
        assert venue._known_prices()["SPY"].price == D(101)
