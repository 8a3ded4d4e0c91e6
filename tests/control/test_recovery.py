"""Does an account come back with one writer, nothing in doubt, and every difference known?"""

from __future__ import annotations

import pytest

from counterpoise.control import recovery
from counterpoise.domain.errors import JournalCorrupt, StaleWriter, VenueUnavailable
from counterpoise.domain.orders import OrderStatus
from tests.control.making import ACCOUNT, TREND, D, Floor, candidate, enable, judge, open_account


async def bought(floor: Floor, symbol: str = "SPY", size: str = "10", price: str = "100") -> None:
    """A bot's order, filled and booked."""
    await floor.ask(judge(candidate(symbol, size), cause=f"judge/{symbol}/{size}"))
    await floor.settle()
    floor.broker.fill(floor.order_ids()[-1], D(size), D(price))
    await floor.settle()


async def test_an_account_comes_back_as_it_was_under_a_new_epoch() -> None:
    first = Floor()
    async with first:
        await first.opened(SPY="100")
        await bought(first)
        digest = first.view.book.digest()
    async with Floor(first) as second:
        assert second.view.book.digest() == digest
        assert second.view.epoch == 2
        assert (await second.kinds())[-1] == "WriterClaimed"
        assert second.view.live_equity == second.view.book.valuation.equity


async def test_the_writer_of_an_earlier_epoch_can_write_no_more() -> None:
    first = Floor()
    async with first:
        await first.opened(SPY="100")
        async with Floor(first) as second:
            with pytest.raises(StaleWriter):
                await first.ask(enable("mean"))
            assert (await second.ask(enable("mean"))).outcome == "done"


async def test_an_account_that_was_never_opened_is_claimed_by_its_first_facts() -> None:
    async with Floor() as floor:
        assert await floor.kinds() == []
        assert floor.view.epoch == 1
        await floor.ask(open_account("SPY"))
        assert (await floor.kinds())[:2] == ["AccountOpened", "WriterClaimed"]


async def test_nothing_is_loaded_from_bytes_that_are_not_what_was_written() -> None:
    first = Floor()
    async with first:
        await first.opened(SPY="100")
    entries = first.journal._entries[ACCOUNT]
    entries[2] = entries[2]._replace(raw=entries[2].raw.replace(b"SPY", b"SPX"))
    with pytest.raises(JournalCorrupt, match=r"account main: entry 3.*run `counterpoise verify`") as caught:
        await recovery.load(first.journal, ACCOUNT, first.journal.key, ())
    assert caught.value.sequence == 3


async def settled(floor: Floor) -> None:
    await recovery.settle_in_flight(floor.account, floor.broker, floor.effects, floor.clock.now())
    await floor.settle()


async def crash_after_send(*, arrived: bool) -> Floor:
    """A process that died with an order at the seam: intended, perhaps sent, and never answered."""
    first = Floor()
    async with first:
        await first.opened(SPY="100")
        await first.ask(judge(candidate("SPY", "10")))
        order = next(iter(first.view.state.orders.values()))
        assert order.status is OrderStatus.INTENDED
        if arrived:
            first.broker._accept(order.intent)
    return first


async def test_an_order_that_was_intended_and_had_arrived_is_found_after_a_restart() -> None:
    first = await crash_after_send(arrived=True)
    order = next(iter(first.view.state.orders))
    first.broker.fill(order, D(4), D(100))
    async with Floor(first) as second:
        await settled(second)
        assert second.broker.sent == []
        assert second.order(order).filled == D(4)
        assert second.order(order).status is OrderStatus.PARTIALLY_FILLED


async def test_an_order_that_was_intended_and_never_arrived_is_sent_once_after_a_restart() -> None:
    first = await crash_after_send(arrived=False)
    order = next(iter(first.view.state.orders))
    async with Floor(first) as second:
        await settled(second)
        assert second.order_ids() == [order]
        assert second.order(order).status is OrderStatus.ACCEPTED
        assert second.order(order).epoch == 2


async def test_what_the_venue_filled_meanwhile_is_booked_to_the_strategy_whose_order_it_was() -> None:
    first = Floor()
    async with first:
        await first.opened(SPY="100")
        await first.ask(judge(candidate("SPY", "10")))
        await first.settle()
    first.broker.fill(first.order_ids()[0], D(10), D(99), told=False)
    async with Floor(first) as second:
        await settled(second)
        holding = second.view.state.holdings["scripted:SPY:1"]
        assert holding.owners == {TREND: D(10)}
        assert (await second.kinds())[-2:] == ["Fill", "RunEnded"]


async def test_a_venue_that_does_not_answer_at_the_start_is_no_empty_account() -> None:
    first = Floor()
    async with first:
        await first.opened(SPY="100")
        await bought(first)
    async with Floor(first) as second:
        second.broker.on("fills_since", VenueUnavailable("away"))
        with pytest.raises(VenueUnavailable):
            await settled(second)
        assert second.view.state.holdings["scripted:SPY:1"].quantity == D(10)
