"""I-16: the stop fill of the previous trade was attached to the new, reversed one.

When two plans on one symbol end and start within 10 seconds. Then each fill maps by client order id; one of an unknown
id is nobody's, never guessed by a window of time.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from counterpoise.control import commands
from counterpoise.domain.accounts import UNASSIGNED
from counterpoise.domain.orders import OrderStatus, Side
from counterpoise.domain.statements import VenueOrder
from tests.control.making import OWNER, START, TREND, D, Desk, book, candidate, enable, judge, venue_fill


def two_plans(gap: timedelta, *, ended: bool) -> tuple[Desk, str, str]:
    """A purchase with 6 of 10 filled, whose end the venue has told or not yet; a sale begins `gap` later."""
    desk = Desk("SPY")
    desk.observe(SPY="100")
    desk.tell(enable())
    desk.tell(judge(candidate("SPY", "10")))
    first = desk.sends()[0].intent.client_order_id
    desk.tell(book(venue_fill("SPY", "BUY", "6", "100", order=first, number=1)))
    end = VenueOrder(
        client_order_id=first, venue_order_id="v1", symbol="SPY", side=Side.BUY, quantity=D(10), filled_quantity=D(6),
        status=OrderStatus.CANCELED, updated_at=START,
    )  # fmt: skip
    if ended:
        desk.tell(commands.RecordOrderUpdate(actor=OWNER, at=START, cause="end", order=end))
    desk.tell(judge(candidate("SPY", "6", "SELL"), cause="judge/2", at=START + gap))
    second = desk.sends()[1].intent
    assert second.side is Side.SELL
    return desk, first, second.client_order_id


@pytest.mark.parametrize("seconds", (0, 1, 9, 10))
def test_a_late_fill_of_the_previous_plan_is_the_previous_plan_s(seconds: int) -> None:
    desk, first, second = two_plans(timedelta(seconds=seconds), ended=False)
    late = replace(venue_fill("SPY", "BUY", "1", "99", order=first, number=2), filled_at=START + timedelta(seconds=10))
    desk.tell(book(late))
    assert desk.state.state.orders[second].filled == D(0)
    assert desk.state.state.holdings["scripted:SPY:1"].owners == {TREND: D(7)}
    desk.tell(book(venue_fill("SPY", "SELL", "6", "101", order=second, number=3)))
    assert desk.state.state.holdings["scripted:SPY:1"].owners == {TREND: D(1)}


@pytest.mark.parametrize("seconds", (0, 1, 9, 10))
def test_a_fill_that_crossed_its_order_s_end_is_never_the_new_order_s(seconds: int) -> None:
    desk, first, second = two_plans(timedelta(seconds=seconds), ended=True)
    desk.tell(book(venue_fill("SPY", "SELL", "1", "99", order=first, number=2)))
    assert desk.state.state.orders[second].filled == D(0)
    assert desk.state.state.holdings["scripted:SPY:1"].owners == {TREND: D(6), UNASSIGNED: D(-1)}
    assert desk.facts[-1].body.client_order_id == first


@pytest.mark.parametrize("side", ("BUY", "SELL"))
def test_a_fill_of_an_unknown_id_is_nobody_s_though_an_order_just_like_it_works(side: str) -> None:
    desk, first, second = two_plans(timedelta(seconds=1), ended=False)
    before = desk.state.state.orders[second].filled
    desk.tell(book(venue_fill("SPY", side, "6", "100", order="p-somebody-else", number=2)))
    owners = desk.state.state.holdings.get("scripted:SPY:1")
    assert desk.state.state.orders[second].filled == before
    assert desk.state.state.orders[first].filled == D(6)
    assert owners is not None
    assert owners.owners == {TREND: D(6), UNASSIGNED: D(6) if side == "BUY" else D(-6)}
