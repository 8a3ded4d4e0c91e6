"""Can a bust, a correction and a choice of lots be told, and is every wrong one refused by field and value?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from counterpoise.control.amendments import closable
from counterpoise.control.commands import BustFill, ChooseLots, CorrectFill
from counterpoise.control.decide import decide
from counterpoise.control.decision import DUPLICATE
from counterpoise.domain.accounts import LotMethod
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.facts.amendments import LotChoice
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.orders import Side
from counterpoise.portfolio.proof import proof
from tests.control.making import OWNER, START, D, Desk, Floor, book, candidate, enable, judge, open_account, venue_fill

LATER = START + timedelta(minutes=1)
SPY = "scripted:SPY:1"


def bust(fill: str = "scripted:x1", cause: str = "bust/1", reason: str = "erroneous") -> BustFill:
    return BustFill(actor=OWNER, at=LATER, cause=cause, fill_id=fill, reason=reason)


def correct(fill: str = "scripted:x1", cause: str = "correct/1", **figures: Any) -> CorrectFill:  # noqa: ANN401
    return CorrectFill(actor=OWNER, at=LATER, cause=cause, fill_id=fill, reason="as the venue says", **figures)


def choose(*lots: tuple[str, str], fill: str = "scripted:x3", cause: str = "choose/1") -> ChooseLots:
    chosen = tuple(LotChoice(lot=f"scripted:{lot}", quantity=D(units)) for lot, units in lots)
    return ChooseLots(actor=OWNER, at=LATER, cause=cause, fill_id=fill, lots=chosen)


def trader(method: LotMethod = LotMethod.SPECIFIC) -> Desk:
    """10 bought at 100 (x1), 5 at 120 (x2), 6 sold at 130 (x3)."""
    opening = open_account("SPY")
    desk = Desk(opening=replace(opening, terms=replace(opening.terms, lot_method=method)))
    at = START
    for number, (side, units, price) in enumerate((("BUY", "10", "100"), ("BUY", "5", "120"), ("SELL", "6", "130")), 1):
        at += timedelta(seconds=1)
        fill = replace(venue_fill("SPY", side, units, price, number=number), filled_at=at)
        desk.tell(book(fill))
    return desk


def figures(desk: Desk) -> tuple[Decimal, Decimal, Decimal]:
    """Cash, units and realised P&L, with their proof."""
    state = desk.state.state
    assert proof(state, desk.state.book.valuation.equity).residual == ZERO
    assert desk.state.live.equity == desk.state.book.valuation.equity
    held = state.holdings.get(SPY)
    return state.cash["USD"], held.quantity if held else ZERO, state.results.realised_total


def test_a_busted_fill_never_was() -> None:
    desk = trader()
    assert figures(desk) == (D(9180), D(9), D(180))
    desk.tell(bust("scripted:x2"))
    assert figures(desk) == (D(9780), D(4), D(180))
    desk.tell(bust("scripted:x3", cause="bust/2"))
    assert figures(desk) == (D(9000), D(10), D(0))


def test_the_same_bust_twice_has_one_effect() -> None:
    desk = trader()
    desk.tell(bust())
    before, facts = desk.state.book.digest(), len(desk.facts)
    assert desk.tell(bust()) is DUPLICATE
    assert (desk.state.book.digest(), len(desk.facts)) == (before, facts)


def test_a_corrected_fill_always_had_its_figures() -> None:
    desk = trader()
    desk.tell(correct("scripted:x3", price=D("131"), fee=D("0.5")))
    assert figures(desk) == (D("9185.5"), D(9), D(186))
    desk.tell(correct("scripted:x3", cause="correct/2", quantity=D(7)))
    assert figures(desk) == (D("9316.5"), D(8), D(217))
    assert desk.tell(correct("scripted:x3", cause="correct/3", quantity=D(7))) is DUPLICATE
    desk.tell(correct("scripted:x1", cause="correct/4", side=Side.SELL))  # it was a sale all along
    assert desk.state.state.holdings[SPY].quantity == D(-12)
    assert figures(desk)[1] == D(-12)


def test_chosen_lots_close_instead_of_the_oldest() -> None:
    desk = trader()
    assert [lot.fill_id for lot in closable(desk.state, "scripted:x3")] == ["scripted:x1", "scripted:x2"]
    desk.tell(choose(("x2", "5")))
    assert figures(desk) == (D(9180), D(9), D(80))  # 5 × 10 and 1 × 30
    assert desk.tell(choose(("x2", "5"), cause="choose/2")) is DUPLICATE
    desk.tell(choose(("x2", "1"), cause="choose/3"))
    assert figures(desk)[2] == D(160)


@pytest.mark.parametrize(
    ("command", "said"),
    (
        (bust("scripted:x9"), "fill_id: scripted:x9 was refused: a fill that is booked"),
        (bust(reason="  "), "reason:    was refused: a sentence"),
        (replace(bust(), at=START + timedelta(days=1)), "occurred_at: 2024-01-04T15:00:00.000000Z was refused"),
        (replace(bust(), at=START.replace(tzinfo=None)), "occurred_at: 2024-01-03T15:00:00 was refused"),
        (correct("scripted:x9", price=D(1)), "fill_id: scripted:x9 was refused"),
        (correct(), "fill: scripted:x1 was refused: at least one figure that differs"),
        (correct(price=D(100), quantity=D("10.0")), "fill: scripted:x1 was refused"),
        (correct(price=D("NaN")), "price: Decimal('NaN') was refused"),
        (correct(price=D(0)), "price: Decimal('0') was refused"),
        (correct(price=D(-1)), "price: -1 was refused: a price above zero"),
        (correct(price=D("1e999999")), "price: Decimal('1E+999999') was refused"),
        (correct(quantity=D(0)), "quantity: 0 was refused"),
        (correct(quantity=D(-3)), "quantity: -3 was refused"),
        (correct(quantity=D("Infinity")), "quantity: Decimal('Infinity') was refused"),
        (correct(fee=D("sNaN")), "fee: Decimal('sNaN') was refused"),
        (correct(fee_asset="us dollars"), "fee_asset: us dollars was refused"),
        (choose(("x1", "11")), "lots[0].quantity: 11 was refused: at most the 10 units"),
        (choose(("x1", "2"), ("x7", "1")), "lots[1].lot: scripted:x7 was refused: a lot that was open then: scripted"),
        (choose(("x1", "4"), ("x2", "3")), "lots: 7 was refused: at most the 6 units that the fill closes"),
        (choose(("x1", "1"), fill="scripted:x2"), "fill_id: scripted:x2 was refused: a fill that closes something"),
        (choose(("x1", "1"), fill="scripted:x9"), "fill_id: scripted:x9 was refused"),
    ),
)
def test_what_cannot_be_is_refused_by_field_and_value(command: Any, said: str) -> None:  # noqa: ANN401
    desk = trader()
    before = desk.state.book.digest()
    with pytest.raises(InvalidInput) as refused:
        decide(desk.state, command, LATER)
    assert str(refused.value).startswith(said)
    assert desk.state.book.digest() == before


def test_what_was_busted_is_not_amended_again() -> None:
    desk = trader()
    desk.tell(bust("scripted:x3"))
    for command in (bust("scripted:x3", cause="other"), correct("scripted:x3", price=D(1)), choose(("x1", "1"))):
        with pytest.raises(InvalidInput, match=r"fill_id: scripted:x3 was refused: a fill that stands: FillBusted"):
            desk.tell(command)


def test_only_an_account_of_method_specific_lets_anybody_choose() -> None:
    with pytest.raises(InvalidInput, match="lot_method: FIFO was refused"):
        trader(LotMethod.FIFO).tell(choose(("x1", "1")))


def test_no_more_is_corrected_than_the_order_was_for() -> None:
    desk = Desk("SPY")
    desk.observe(SPY="100")
    desk.tell(enable())
    desk.tell(judge(candidate("SPY", "5")))
    order = desk.sends()[0].intent.client_order_id
    desk.tell(book(venue_fill("SPY", "BUY", "2", "100", order=order)))
    with pytest.raises(InvalidInput, match="quantity: 6 was refused: at most 5: its order was for 5"):
        desk.tell(correct(quantity=D(6)))
    desk.tell(correct(quantity=D(3)))
    assert desk.state.state.orders[order].filled == D(3)
    desk.tell(bust())
    assert desk.state.state.orders[order].filled == ZERO


async def test_a_fill_older_than_what_is_kept_is_found_in_the_journal() -> None:
    async with Floor() as floor:
        opening = open_account("SPY", cash="1000000")
        await floor.ask(replace(opening, terms=replace(opening.terms, lot_method=LotMethod.SPECIFIC)))
        at = START
        for number in range(1, 121):
            at += timedelta(hours=6)
            floor.clock.advance(at)
            fill = venue_fill("SPY", "BUY" if number % 3 else "SELL", "1", str(90 + number), number=number)
            await floor.ask(replace(book(replace(fill, filled_at=at)), at=at))
        assert not floor.view.book.timeline.has_fill("scripted:x3")
        before = floor.view.state.results.realised_total
        await floor.ask(replace(choose(("x2", "1")), at=at))  # 93 for what cost 92, where 91 was the oldest
        assert floor.view.state.results.realised_total == before - 1 + 1  # the next sale closes the other of the two
        cash = floor.view.state.cash["USD"]
        await floor.ask(replace(bust("scripted:x3", cause="bust/old"), at=at))
        assert floor.view.state.cash["USD"] == cash - 93
