"""I-34 (alchemiser 3.3.11): 7.227358 shares asked for where the broker had 7.2273576, so the whole exit was rejected.

A full exit is for the broker's own quantity: what its fills came to, and where a comparison found fewer units there
than here, those fewer. Everything else is cut toward zero to the broker's step.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.numbers import QUANTITY_STEP, ZERO, ceil_to_step, is_multiple
from counterpoise.domain.orders import Side
from counterpoise.domain.statements import Break, BreakKind
from tests.control.making import (
    START,
    D,
    Desk,
    book,
    candidate,
    differ,
    enable,
    instrument,
    judge,
    open_account,
    rebalance,
    targets,
    venue_fill,
)

UNITS = st.integers(1, 20 * 10**9).map(lambda steps: D(steps) * QUANTITY_STEP)


def holder(quantity: Decimal) -> Desk:
    desk = Desk("SPY")
    desk.observe(SPY="100")
    desk.tell(enable())
    desk.tell(judge(candidate("SPY", format(quantity, "f"))))
    order = desk.sends()[0].intent
    fill = venue_fill("SPY", "BUY", format(order.quantity, "f"), "100", order=order.client_order_id)
    desk.tell(book(fill))
    desk.effects.clear()
    return desk


def lacking(desk: Desk, ours: Decimal, theirs: Decimal) -> None:
    """A comparison finds that the broker has fewer units."""
    found = Break(kind=BreakKind.POSITION, subject="SPY", ours=ours, theirs=theirs, detail="seen")
    desk.tell(differ(found))


def exit_of(desk: Desk, asked: Decimal) -> Decimal:
    """Units of the order that a bot's sale of `asked` becomes; 0 when none is sent."""
    desk.tell(judge(candidate("SPY", format(asked, "f"), "SELL"), cause="exit"))
    sends = desk.sends()
    assert all(sent.intent.side is Side.SELL and sent.intent.reduce_only for sent in sends)
    return sends[-1].intent.quantity if sends else ZERO


def planned_exit(desk: Desk) -> Decimal:
    """Units that a rebalance to nothing but cash sells."""
    desk.tell(targets("trend", CASH="1"))
    desk.tell(rebalance(strategy="trend"))
    sends = desk.sends()
    return sends[-1].intent.quantity if sends else ZERO


def test_the_exit_of_the_incident_is_for_what_the_broker_has() -> None:
    assert exit_of(holder(D("7.2273576")), D("7.227358")) == D("7.2273576")
    assert planned_exit(holder(D("7.2273576"))) == D("7.2273576")


@given(UNITS, st.integers(0, 9))
def test_a_full_exit_asked_for_in_fewer_places_is_never_for_more_than_is_there(held: Decimal, places: int) -> None:
    asked = ceil_to_step(held, D(1).scaleb(-places))
    assert exit_of(holder(held), asked) == held


@given(UNITS, st.integers(1, 10**9))
def test_where_the_broker_has_fewer_units_the_exit_is_for_those(held: Decimal, steps: int) -> None:
    theirs = max(held - steps * QUANTITY_STEP, ZERO)
    bot, plan = holder(held), holder(held)
    for desk in (bot, plan):
        lacking(desk, held, theirs)
    assert exit_of(bot, held) == theirs
    planned = planned_exit(plan)
    assert planned == (theirs if theirs * 100 >= 10 else ZERO)  # the policy's own least trade is 10


@given(UNITS, UNITS, st.sampled_from(("1e-9", "1e-6", "0.001", "0.25", "1")))
def test_a_partial_exit_is_cut_toward_zero_to_the_broker_s_step(held: Decimal, asked: Decimal, lot: str) -> None:
    desk = Desk(opening=open_account(listed=(instrument("SPY", lot=lot),)))
    desk.observe(SPY="100")
    desk.tell(enable())
    desk.hold("SPY", format(held, "f"), "100")  # after a transfer or fees in units: no multiple of the step
    sold = exit_of(desk, asked)
    wanted = min(asked, held)
    assert is_multiple(sold, D(lot))
    assert ZERO <= wanted - sold < D(lot)


def test_what_the_broker_lacked_stays_taken_off_as_the_holding_shrinks() -> None:
    desk = holder(D(10))
    lacking(desk, D(10), D(9))
    later = START + timedelta(seconds=1)
    assert exit_of(desk, D(4)) == D(4)
    order = desk.sends()[-1].intent.client_order_id
    desk.tell(book(venue_fill("SPY", "SELL", "4", "100", order=order, number=2)))
    desk.observe(later, SPY="100")
    desk.tell(judge(candidate("SPY", "6", "SELL"), cause="exit/2", at=later))
    assert desk.sends()[-1].intent.quantity == D(5)
