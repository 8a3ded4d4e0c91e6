"""Do prices value the book at once and become facts only where they must?"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from counterpoise.control import market
from counterpoise.domain.errors import InvalidInput
from tests.control.making import START, D, Floor, book, mark, venue_fill


async def holding(floor: Floor) -> None:
    await floor.opened(SPY="100", TLT="50")
    await floor.ask(book(venue_fill("SPY", "BUY", "10", "100")))


async def test_a_tick_moves_the_live_equity_and_writes_nothing() -> None:
    async with Floor() as floor:
        await holding(floor)
        before, digest = await floor.kinds(), floor.view.book.digest()
        market.observe(floor.account, {"SPY": D(101), "TLT": D(51)}, START)
        assert floor.view.live_equity == D(10_010)
        assert floor.view.book.valuation.equity == D(10_000)
        assert await floor.kinds() == before
        assert floor.view.book.digest() == digest


async def test_an_older_tick_changes_nothing() -> None:
    async with Floor() as floor:
        await holding(floor)
        market.observe(floor.account, {"SPY": D(101)}, START + timedelta(seconds=2))
        market.observe(floor.account, {"SPY": D(90)}, START + timedelta(seconds=1))
        assert floor.view.live_equity == D(10_010)
        assert floor.view.live_marks["scripted:SPY:1"] == mark("SPY", "101", START + timedelta(seconds=2))


@pytest.mark.parametrize(
    ("prices", "named"),
    (
        pytest.param({"XYZ": D(1)}, "a symbol of this account", id="an unknown symbol"),
        pytest.param({"SPY": D(-1)}, "price of SPY: -1", id="a negative price"),
        pytest.param({"SPY": D(0)}, "a finite price other than zero", id="zero"),
        pytest.param({"SPY": D("NaN")}, "price of SPY: NaN", id="no number"),
        pytest.param({"SPY": D("Infinity")}, "price of SPY: Infinity", id="without end"),
    ),
)
async def test_what_is_no_price_is_refused(prices: dict[str, Decimal], named: str) -> None:
    async with Floor() as floor:
        await holding(floor)
        with pytest.raises(InvalidInput, match=named):
            market.observe(floor.account, prices, START)
        assert floor.view.live_equity == D(10_000)


async def test_prices_are_recorded_when_a_figure_depends_on_them() -> None:
    async with Floor() as floor:
        await holding(floor)
        await market.start_day(floor.account, date(2024, 1, 3), START)
        market.observe(floor.account, {"SPY": D(120)}, START + timedelta(seconds=1))
        assert (await market.assess(floor.account, START + timedelta(seconds=1))).outcome == "done"
        assert (await market.assess(floor.account, START + timedelta(seconds=2))).outcome == "within"
        assert floor.view.state.marks["scripted:SPY:1"].price == D(120)


async def test_a_day_begins_once() -> None:
    async with Floor() as floor:
        await holding(floor)
        assert (await market.start_day(floor.account, date(2024, 1, 3), START)).outcome == "done"
        assert (await market.start_day(floor.account, date(2024, 1, 3), START)).outcome == "duplicate"
        assert floor.view.state.drawdown.day == date(2024, 1, 3)
