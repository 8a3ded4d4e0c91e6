"""I-31: the price of the signal was booked instead of the fill's, 0.33 to 0.68 % off.

Then the ledger's cost is Σ quantity × fill price, and its cash that and the fees, from executions only; a fill that is
booked with other figures than the venue's is found, and corrected to the venue's.
"""

from dataclasses import replace
from decimal import Decimal

import pytest

from counterpoise.control import commands
from counterpoise.control.reconciliation import Reconciler
from counterpoise.domain.facts import FillCorrected
from counterpoise.execution.reconciliation.causes import CauseKind, CorrectFill
from counterpoise.execution.reconciliation.watchlist import CONFIRMED_AFTER
from tests.control.making import OWNER, START, D, Desk, Floor, book, candidate, enable, judge, venue_fill

SIGNAL = D(100)


@pytest.mark.parametrize("off_pct", ("0.33", "0.68", "-0.68"))
def test_cost_and_cash_are_the_executions(off_pct: str) -> None:
    desk = Desk("SPY")
    desk.observe(SPY=str(SIGNAL))
    desk.tell(enable())
    desk.tell(judge(replace(candidate("SPY", "10"), price=SIGNAL)))
    intent = desk.sends()[0].intent
    assert intent.mark == SIGNAL
    paid = SIGNAL * (1 + D(off_pct) / 100)
    parts = (("4", paid, "0.11"), ("6", paid + D("0.02"), "0.17"))
    cost, fees = Decimal(0), Decimal(0)
    for number, (size, price, fee) in enumerate(parts, 1):
        fill = venue_fill("SPY", "BUY", size, str(price), order=intent.client_order_id, number=number, fee=fee)
        desk.tell(book(fill))
        cost, fees = cost + D(size) * price, fees + D(fee)
    holding = desk.state.state.holdings["scripted:SPY:1"]
    assert holding.cost == cost != 10 * SIGNAL
    assert desk.state.state.cash["USD"] == 10_000 - cost - fees


async def test_a_fill_that_was_booked_at_the_signal_s_price_is_found_and_corrected() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        await floor.ask(judge(candidate("SPY", "10")))
        await floor.settle()
        true = floor.broker.fill(floor.order_ids()[0], D(10), D("100.68"))
        await floor.ask(book(replace(true, price=SIGNAL), cause="wrong"))
        reconciler = Reconciler(floor.account, floor.broker)
        await reconciler.compare(START)
        seen = await reconciler.compare(START + CONFIRMED_AFTER)
        assert seen is not None
        best = (await reconciler.explain(seen, floor.journal))[0]
        assert [cause.kinds for cause in best.causes] == [(CauseKind.CORRECTED_FILL,)]
        assert best.proposals == (CorrectFill(fill=true),)
        (opened,) = floor.view.state.breaks
        await floor.ask(
            commands.SettleBreak(
                actor=OWNER, at=START, cause="settle/1", opened=opened, difference=seen.found[0],
                reason="the venue's price", proposals=best.proposals,
            )
        )  # fmt: skip
        await reconciler.compare(START + 2 * CONFIRMED_AFTER)
        assert floor.view.state.breaks == {}
        assert floor.view.state.holdings["scripted:SPY:1"].cost == D("1006.80")
        assert (await floor.kinds()).count(FillCorrected.__name__) == 1
