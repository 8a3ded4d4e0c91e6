"""Is what the stream lost found by asking?"""

from __future__ import annotations

import pytest

from counterpoise.control.feeds import heal
from counterpoise.domain.errors import VenueUnavailable
from counterpoise.domain.orders import OrderStatus
from tests.control.making import START, D, Floor, candidate, judge


async def working(floor: Floor) -> str:
    """An order for 10 SPY that the venue has."""
    await floor.opened(SPY="100")
    await floor.ask(judge(candidate("SPY", "10")))
    await floor.settle()
    return floor.order_ids()[0]


async def test_executions_above_the_cursor_are_taken_over_once() -> None:
    async with Floor() as floor:
        order = await working(floor)
        floor.broker.fill(order, D(4), D(100), told=False)
        assert await heal(floor.account, floor.broker, START)
        assert floor.view.state.fill_cursor == 1
        assert not await heal(floor.account, floor.broker, START)
        floor.broker.fill(order, D(6), D(100), told=False)
        assert await heal(floor.account, floor.broker, START)
        assert floor.broker.calls[-1] == ("fills_since", (1,))
        assert (await floor.kinds())[-3:] == ["Fill", "Fill", "RunEnded"]


async def test_an_execution_that_the_venue_tells_twice_is_booked_once() -> None:
    async with Floor() as floor:
        order = await working(floor)
        fill = floor.broker.fill(order, D(4), D(100))
        floor.broker.on("fills_since", (fill, fill))
        assert await heal(floor.account, floor.broker, START)
        floor.broker.on("fills_since", (fill,))
        assert not await heal(floor.account, floor.broker, START)
        assert floor.view.state.holdings["scripted:SPY:1"].quantity == D(4)


async def test_an_order_that_is_no_longer_listed_is_asked_for_and_ended_after_its_fills() -> None:
    async with Floor() as floor:
        order = await working(floor)
        floor.broker.fill(order, D(4), D(100), told=False)
        floor.broker.finish(order, OrderStatus.CANCELED, "by hand")
        assert await heal(floor.account, floor.broker, START)
        assert (await floor.kinds())[-3:] == ["Fill", "OrderCancelled", "RunEnded"]
        assert floor.view.state.orders == {}


async def test_an_order_that_is_still_listed_is_left_alone() -> None:
    async with Floor() as floor:
        await working(floor)
        before = len(floor.broker.calls)
        assert not await heal(floor.account, floor.broker, START)
        assert [call for call, _ in floor.broker.calls[before:]] == ["fills_since", "open_orders"]


async def test_an_order_that_is_not_listed_and_not_found_is_not_concluded_from() -> None:
    async with Floor() as floor:
        order = await working(floor)
        floor.broker.on("open_orders", ())
        floor.broker.on("order_by_client_id", None)
        assert not await heal(floor.account, floor.broker, START)
        assert floor.order(order).status is OrderStatus.ACCEPTED


@pytest.mark.parametrize("call", ("fills_since", "open_orders", "order_by_client_id"))
async def test_a_read_that_fails_is_a_failure_and_no_news(call: str) -> None:
    async with Floor() as floor:
        order = await working(floor)
        floor.broker.finish(order, OrderStatus.CANCELED)
        floor.broker.on(call, VenueUnavailable("away"))
        with pytest.raises(VenueUnavailable):
            await heal(floor.account, floor.broker, START)
        assert floor.order(order).status is OrderStatus.ACCEPTED


async def test_without_working_orders_only_executions_are_asked_for() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        assert not await heal(floor.account, floor.broker, START)
        assert [call for call, _ in floor.broker.calls] == ["fills_since"]
