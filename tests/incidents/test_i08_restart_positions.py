"""I-08: a restart with an open position inserted an opposite synthetic fill, and the node believed that it was flat.

Given an open position and a full journal. When it restarts with journal and venue, with the venue alone, or with the
journal alone. Then the position is the same in the first two, the third does not trade, and no fill is ever written
that the venue does not have: what cannot be pointed to is an adjustment of its own kind.
"""

import pytest

from counterpoise.control import commands, recovery
from counterpoise.control.reconciliation import Reconciler
from counterpoise.domain.decisions import Reason
from counterpoise.domain.errors import VenueUnavailable
from counterpoise.domain.facts import PositionAdjusted
from counterpoise.execution.reconciliation.causes import Adjust, AdoptPosition
from counterpoise.execution.reconciliation.watchlist import CONFIRMED_AFTER
from tests.control.making import OWNER, START, D, Floor, candidate, enable, judge, mark, open_account


async def with_a_position() -> Floor:
    """10 SPY bought at 100 by a bot; the process has ended."""
    first = Floor()
    async with first:
        await first.opened(SPY="100")
        await first.ask(judge(candidate("SPY", "10")))
        await first.settle()
        first.broker.fill(first.order_ids()[0], D(10), D(100))
        await first.settle()
    return first


async def compared(floor: Floor) -> Reconciler:
    reconciler = Reconciler(floor.account, floor.broker)
    await reconciler.compare(START)
    await reconciler.compare(START + CONFIRMED_AFTER)
    return reconciler


async def started(floor: Floor) -> None:
    """The start of an account: what is in flight, then the comparison; nothing is traded before both are done."""
    await recovery.settle_in_flight(floor.account, floor.broker, floor.effects, START)
    await Reconciler(floor.account, floor.broker).compare(START)


def held(floor: Floor) -> D:
    return floor.view.state.holdings["scripted:SPY:1"].quantity


async def test_with_journal_and_venue_the_position_is_what_it_was_and_nothing_is_booked() -> None:
    first = await with_a_position()
    fills = (await first.kinds()).count("Fill")
    async with Floor(first) as second:
        await recovery.settle_in_flight(second.account, second.broker, second.effects, START)
        await second.settle()
        await compared(second)
        assert held(second) == D(10)
        assert second.view.state.breaks == {}
        kinds = await second.kinds()
        assert kinds.count("Fill") == fills == 1
        assert PositionAdjusted.__name__ not in kinds
        assert second.view.state.statements["scripted"].read.agrees


async def test_with_the_venue_alone_its_list_of_fills_makes_the_same_position() -> None:
    first = await with_a_position()
    fresh = Floor()
    fresh.broker = first.broker
    async with fresh:
        await fresh.ask(open_account("SPY"))
        await recovery.settle_in_flight(fresh.account, fresh.broker, fresh.effects, START)
        await compared(fresh)
        assert held(fresh) == D(10)
        assert fresh.view.state.breaks == {}
        assert fresh.view.book.fills == {f"scripted:{fill.fill_id}" for fill in first.broker._fills}
        assert len(fresh.broker.sent) == 1


async def test_with_a_venue_that_lists_no_fills_the_position_is_adopted_and_not_bought_again() -> None:
    first = await with_a_position()
    first.broker._fills.clear()
    fresh = Floor()
    fresh.broker = first.broker
    async with fresh:
        await fresh.ask(open_account("SPY", cash="9000"))
        await fresh.ask(enable())
        fresh.view.observe(mark("SPY", "100"))
        reconciler = await compared(fresh)
        (opened,) = fresh.view.state.breaks
        seen = await reconciler.compare(START + CONFIRMED_AFTER)
        assert seen is not None
        best = (await reconciler.explain(seen, fresh.journal))[0]
        assert best.proposals == (AdoptPosition(symbol="SPY", quantity=D(10), unit_price=D(100)),)
        await fresh.ask(
            commands.SettleBreak(
                actor=OWNER,
                at=START,
                cause="settle/1",
                opened=opened,
                difference=seen.found[0],
                reason="it was there before",
                proposals=best.proposals,
            )
        )
        await reconciler.compare(START + 2 * CONFIRMED_AFTER)
        assert held(fresh) == D(10)
        assert fresh.view.state.breaks == {}
        assert "Fill" not in await fresh.kinds()
        assert len(fresh.broker.sent) == 1


@pytest.mark.parametrize("call", ("fills_since", "account", "positions", "open_orders"))
async def test_with_the_journal_alone_nothing_is_concluded_and_nothing_is_sent(call: str) -> None:
    first = await with_a_position()
    sent = len(first.broker.sent)
    async with Floor(first) as second:
        second.broker.on(call, VenueUnavailable("away"))
        with pytest.raises(VenueUnavailable):
            await started(second)
        assert held(second) == D(10)
        assert len(second.broker.sent) == sent
        assert "BreakOpened" not in await second.kinds()


async def test_what_the_venue_does_not_point_to_becomes_an_adjustment_and_never_a_fill() -> None:
    first = await with_a_position()
    first.broker.held["SPY"] = D(0)  # the venue believes that we are flat, and lists no sale
    async with Floor(first) as second:
        reconciler = await compared(second)
        (opened,) = second.view.state.breaks
        answer = await second.ask(judge(candidate("SPY", "1"), cause="judge/2"))
        assert answer.detail[0].reasons == (Reason.BREAK_OPEN,)  # type: ignore[index]
        seen = await reconciler.compare(START + CONFIRMED_AFTER)
        assert seen is not None
        found = await reconciler.explain(seen, second.journal)
        assert all("BookFill" not in {type(item).__name__ for item in one.proposals} for one in found)
        assert Adjust(amount=D(-10), symbol="SPY", unit_price=D(100)) in found[-1].proposals
        await second.ask(
            commands.SettleBreak(
                actor=OWNER,
                at=START,
                cause="settle/1",
                opened=opened,
                difference=seen.found[0],
                reason="the venue says so",
            )
        )
        assert (await second.kinds())[-2:] == [PositionAdjusted.__name__, "BreakSettled"]
        assert (await second.kinds()).count("Fill") == 1
        assert second.view.state.holdings == {}
