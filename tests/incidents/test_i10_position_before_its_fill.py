"""I-10: a fill was inferred from a position report before the real one came, and both were booked.

When a position report runs ahead of the fill by 0 to 10 seconds. Then there is one booking.
"""

from datetime import timedelta

import pytest

from counterpoise.control.feeds import heal
from counterpoise.control.reconciliation import Reconciler
from tests.control.making import START, D, Floor, candidate, judge


@pytest.mark.parametrize("delay", range(11))
async def test_a_position_that_runs_ahead_of_its_fill_is_booked_once(delay: int) -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        await floor.ask(judge(candidate("SPY", "10")))
        await floor.settle()
        reconciler = Reconciler(floor.account, floor.broker)
        floor.broker.fill(floor.order_ids()[0], D(10), D(100), told=False)
        for second in range(16):
            if second < delay:
                floor.broker.on("fills_since", (), ())  # the list of fills lags behind positions and cash
            now = START + timedelta(seconds=second)
            await heal(floor.account, floor.broker, now)
            await reconciler.compare(now)
        kinds = await floor.kinds()
        assert kinds.count("Fill") == 1
        assert "PositionAdjusted" not in kinds
        assert "BreakOpened" not in kinds  # an order in flight explains it
        assert floor.view.state.holdings["scripted:SPY:1"].quantity == D(10)
        assert floor.view.state.cash["USD"] == D(9_000)


async def test_a_position_that_no_order_explains_opens_a_break_that_the_late_fill_closes() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        await floor.ask(judge(candidate("SPY", "10")))
        await floor.settle()
        order = floor.order_ids()[0]
        floor.broker.fill(order, D(10), D(100))
        await floor.settle()
        reconciler = Reconciler(floor.account, floor.broker)
        floor.broker.fill(order, D(2), D(100), told=False)  # more than was ordered, and told late
        for second in (0, 6):
            floor.broker.on("fills_since", ())
            await reconciler.compare(START + timedelta(seconds=second))
        assert sorted(item.difference.subject for item in floor.view.state.breaks.values()) == ["SPY", "USD"]
        await heal(floor.account, floor.broker, START + timedelta(seconds=10))
        await reconciler.compare(START + timedelta(seconds=10))
        assert floor.view.state.breaks == {}
        assert (await floor.kinds()).count("Fill") == 2
        assert floor.view.state.holdings["scripted:SPY:1"].quantity == D(12)
