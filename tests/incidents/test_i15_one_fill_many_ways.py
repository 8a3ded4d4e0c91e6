"""I-15: a fill that came by the stream and by polling doubled the quantity.

When the same fill arrives by stream, poll and heal in any order, one to five times. Then there is one booking.
"""

from hypothesis import given
from hypothesis import strategies as st

from counterpoise.control import commands
from counterpoise.control.feeds import heal
from counterpoise.control.reconciliation import Reconciler
from counterpoise.domain.facts import FillBusted
from counterpoise.domain.statements import VenueFill
from counterpoise.execution.reconciliation.causes import TakeBackFill
from counterpoise.execution.reconciliation.watchlist import CONFIRMED_AFTER
from tests.control.making import OWNER, START, D, Desk, Floor, book, candidate, enable, judge, venue_fill

WAYS = ("stream", "poll", "heal")


def parts(order: str) -> tuple[VenueFill, ...]:
    """Three executions of one order, two of them with the same figures."""
    return tuple(
        venue_fill("SPY", "BUY", size, "100", order=order, number=number)
        for number, size in enumerate(("3", "3", "4"), 1)
    )


@given(arrivals=st.lists(st.tuples(st.sampled_from(WAYS), st.integers(0, 2)), min_size=1, max_size=15))
def test_however_often_and_by_whatever_way_a_fill_comes_it_is_booked_once(arrivals: list[tuple[str, int]]) -> None:
    desk = Desk("SPY")
    desk.observe(SPY="100")
    desk.tell(enable())
    desk.tell(judge(candidate("SPY", "10")))
    fills = parts(desk.sends()[0].intent.client_order_id)
    for number, (way, part) in enumerate(arrivals):
        told = fills if way == "heal" else (fills[part],)
        desk.tell(book(*told, cause=f"{way}/{number}"))
    seen = {part for _, part in arrivals} if all(way != "heal" for way, _ in arrivals) else {0, 1, 2}
    assert desk.kinds().count("Fill") == len(seen)
    quantity = sum((fills[part].quantity for part in sorted(seen)), D(0))
    assert desk.state.state.holdings["scripted:SPY:1"].quantity == quantity
    assert desk.state.state.cash["USD"] == 10_000 - 100 * quantity


async def test_one_that_was_booked_under_a_second_name_all_the_same_is_found_and_taken_back() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        await floor.ask(judge(candidate("SPY", "10")))
        await floor.settle()
        order = floor.order_ids()[0]
        floor.broker.fill(order, D(10), D(100))
        await heal(floor.account, floor.broker, START)
        await floor.ask(book(venue_fill("SPY", "BUY", "10", "100", order=order, number=77), cause="stream/77"))
        reconciler = Reconciler(floor.account, floor.broker)
        floor.broker.on("fills_since", (), ())
        await reconciler.compare(START)
        seen = await reconciler.compare(START + CONFIRMED_AFTER)
        assert seen is not None
        best = (await reconciler.explain(seen, floor.journal))[0]
        assert best.proposals == (TakeBackFill(fill_id="x77"),)
        opened = min(floor.view.state.breaks)
        difference = floor.view.state.breaks[opened].difference
        await floor.ask(
            commands.SettleBreak(
                actor=OWNER, at=START, cause="settle/1", opened=opened, difference=difference,
                reason="the same execution", proposals=best.proposals,
            )
        )  # fmt: skip
        floor.broker.on("fills_since", ())
        await reconciler.compare(START + 2 * CONFIRMED_AFTER)
        assert (await floor.kinds()).count(FillBusted.__name__) == 1
        assert floor.view.state.holdings["scripted:SPY:1"].quantity == D(10)
        assert floor.view.state.cash["USD"] == D(9_000)
        assert floor.view.state.breaks == {}
