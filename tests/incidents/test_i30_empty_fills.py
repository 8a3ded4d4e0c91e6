"""I-30: an order that was only acknowledged, with quantity 0 and price 0.00, was published as "filled".

When an acknowledgement has executed nothing, then no fill exists until a fill exists: neither the venue's frame, nor an
entry by hand, nor the fact itself can be made of quantity 0 or price 0; it is refused by name, never skipped, and the
account's cash and positions are what they were.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from counterpoise.control.commands import RecordFill, RecordOrderUpdate, RecordOutcome
from counterpoise.domain.errors import InvalidFact, InvalidInput
from counterpoise.domain.facts import Fill
from counterpoise.domain.orders import OrderStatus, Side
from counterpoise.domain.statements import VenueOrder
from counterpoise.execution.broker import Accepted
from counterpoise.library.balance_manager import BalanceManager
from tests.control.making import OWNER, START, D, Desk, candidate, enable, judge, venue_fill

EMPTY = ("0", "0.00", "-1", "NaN", "Infinity")


def ordered() -> tuple[Desk, str]:
    """A purchase that was sent."""
    desk = Desk("SPY")
    desk.observe(SPY="100")
    desk.tell(enable())
    desk.tell(judge(candidate("SPY", "10")))
    return desk, desk.sends()[0].intent.client_order_id


def test_an_acknowledged_order_is_no_position_and_holds_its_room() -> None:
    desk, order = ordered()
    before = desk.state.live.cash_value
    answer = Accepted(venue_order_id="v1")
    desk.tell(RecordOutcome(actor=OWNER, at=START, cause="a", client_order_id=order, outcome=answer))
    seen = VenueOrder(
        client_order_id=order,
        venue_order_id="v1",
        symbol="SPY",
        side=Side.BUY,
        quantity=D(10),
        filled_quantity=D(0),
        status=OrderStatus.ACCEPTED,
        updated_at=START,
    )
    desk.tell(RecordOrderUpdate(actor=OWNER, at=START, cause="u", order=seen))
    assert "Fill" not in desk.kinds()
    assert desk.state.state.holdings == {}
    assert desk.state.live.cash_value == before
    assert desk.state.state.orders[order].remaining == D(10)


@pytest.mark.parametrize("quantity", EMPTY)
def test_a_frame_without_a_quantity_is_no_fill(quantity: str) -> None:
    with pytest.raises(InvalidFact, match="quantity"):
        venue_fill("SPY", "BUY", quantity, "100")


@pytest.mark.parametrize("name", ("quantity", "price"))
@pytest.mark.parametrize("value", ("0", "NaN", "Infinity"))
def test_no_such_fact_can_be_made(name: str, value: str) -> None:
    numbers = {"quantity": D(1), "price": D(100), name: D(value)}
    with pytest.raises(InvalidFact, match=name):
        Fill(
            fill_id="x",
            client_order_id="",
            side=Side.BUY,
            quantity=numbers["quantity"],
            price=numbers["price"],
            fee=D(0),
            fee_asset="USD",
        )


@pytest.mark.parametrize("field", ("quantity", "price"))
@pytest.mark.parametrize("value", EMPTY)
def test_an_entry_by_hand_of_nothing_is_refused_by_name_and_nothing_is_left(field: str, value: str) -> None:
    desk, _ = ordered()
    before = desk.state.book.digest()
    numbers: dict[str, Decimal] = {"quantity": D(1), "price": D(100), field: D(value)}
    with pytest.raises(InvalidInput) as refused:
        desk.tell(
            RecordFill(actor=OWNER, at=START, cause="fill/m", fill_id="m", symbol="SPY", side=Side.BUY, **numbers)
        )
    assert refused.value.field == field
    assert desk.state.book.digest() == before


def test_a_robot_hears_of_it_and_its_balance_stays() -> None:
    with BalanceManager.open(opening=500) as robot:
        for price, volume in ((0, 10), ("0.00", 10), (25, 0)):
            with pytest.raises(InvalidInput):
                robot.record_fill("buy", "PETR4", price, volume, "f1")
        assert robot.get_current_balance().amount == D(500)
