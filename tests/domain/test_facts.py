"""Can a fact that cannot be true be made?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import is_dataclass
from decimal import Decimal
from typing import Any

import pytest

from counterpoise.domain import facts
from counterpoise.domain.errors import InvalidFact
from counterpoise.domain.facts import (
    BODIES,
    SCHEMAS,
    Adjustment,
    Body,
    Deposit,
    Dividend,
    Fee,
    Fill,
    Funding,
    FxRate,
    Interest,
    OpeningBalance,
    OpeningPosition,
    Withdrawal,
)
from counterpoise.domain.facts.envelope import fact_id
from counterpoise.domain.marks import Mark
from counterpoise.domain.orders import Side
from counterpoise.domain.statements import VenueFill
from tests.control.making import START, Desk, candidate, enable, judge

D = Decimal
NO_NUMBERS = ("NaN", "sNaN", "Infinity", "-Infinity")
Make = Callable[[Decimal], Body | Mark | VenueFill]


def fill(quantity: str = "1", price: str = "100", fee: str = "0") -> Fill:
    return Fill(
        fill_id="x",
        client_order_id="",
        side=Side.BUY,
        quantity=D(quantity),
        price=D(price),
        fee=D(fee),
        fee_asset="USD",
    )


def venue_fill(quantity: Decimal) -> VenueFill:
    return VenueFill(
        fill_id="x",
        sequence=1,
        client_order_id="",
        symbol="SPY",
        side=Side.BUY,
        quantity=quantity,
        price=D(1),
        fee=D(0),
        fee_asset="USD",
        cumulative=quantity,
        filled_at=START,
    )


POSITIVE: list[Any] = [
    pytest.param(lambda value: Deposit(amount=value, asset="USD"), "amount", id="a deposit"),
    pytest.param(lambda value: Withdrawal(amount=value, asset="USD"), "amount", id="a withdrawal"),
    pytest.param(lambda value: FxRate(asset="EUR", rate=value), "rate", id="a rate"),
    pytest.param(lambda value: fill(quantity=str(value)), "quantity", id="units of a fill"),
    pytest.param(venue_fill, "quantity", id="units of a venue's fill"),
]
OTHER_THAN_ZERO: list[Any] = [
    pytest.param(lambda value: Fee(amount=value, asset="USD"), "amount", id="a fee"),
    pytest.param(lambda value: Funding(amount=value, asset="USD"), "amount", id="funding"),
    pytest.param(lambda value: Interest(amount=value, asset="USD"), "amount", id="interest"),
    pytest.param(lambda value: Dividend(amount=value, asset="USD"), "amount", id="a dividend"),
    pytest.param(lambda value: Adjustment(amount=value, asset="USD", reason="r"), "amount", id="an adjustment"),
    pytest.param(lambda value: OpeningPosition(quantity=value, unit_price=D(1)), "quantity", id="adopted units"),
    pytest.param(lambda value: OpeningPosition(quantity=D(1), unit_price=value), "unit_price", id="an adopted price"),
    pytest.param(lambda value: fill(price=str(value)), "price", id="the price of a fill"),
    pytest.param(lambda value: Mark(instrument="a:B:1", price=value, at=START), "price", id="a mark"),
]


@pytest.mark.parametrize("text", ("0", "-0", "-1", *NO_NUMBERS))
@pytest.mark.parametrize(("make", "field"), POSITIVE)
def test_what_must_be_above_zero_is(make: Make, field: str, text: str) -> None:
    with pytest.raises(InvalidFact) as caught:
        make(D(text))
    assert caught.value.field == field


@pytest.mark.parametrize("text", ("0", "-0.00", *NO_NUMBERS))
@pytest.mark.parametrize(("make", "field"), OTHER_THAN_ZERO)
def test_what_must_not_be_zero_is_not(make: Make, field: str, text: str) -> None:
    with pytest.raises(InvalidFact) as caught:
        make(D(text))
    assert caught.value.field == field


@pytest.mark.parametrize("make", [case.values[0] for case in (*POSITIVE, *OTHER_THAN_ZERO)])
def test_a_number_that_can_be_true_is_taken(make: Make) -> None:
    assert make(D("0.5")) == make(D("0.50"))


@pytest.mark.parametrize("text", ("-1", "-0.01", *NO_NUMBERS))
def test_cash_that_was_there_before_is_never_negative(text: str) -> None:
    with pytest.raises(InvalidFact):
        OpeningBalance(amount=D(text), asset="USD")
    assert OpeningBalance(amount=D(0), asset="USD").amount == 0


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_a_fee_is_finite_and_may_be_nothing_or_a_rebate(text: str) -> None:
    with pytest.raises(InvalidFact, match="fee"):
        fill(fee=text)
    assert [fill(fee=fee).fee for fee in ("0", "-0.1")] == [D(0), D("-0.1")]


@pytest.mark.parametrize("reason", ("", "  ", "\n"))
def test_a_correction_that_nobody_explains_is_refused(reason: str) -> None:
    with pytest.raises(InvalidFact, match="a sentence that explains"):
        Adjustment(amount=D(1), asset="USD", reason=reason)


@pytest.mark.parametrize("kind", [pytest.param(kind, id=name) for name, kind in BODIES.items()])
def test_every_kind_is_a_frozen_value_with_a_schema_and_a_name_in_the_package(kind: type[Body]) -> None:
    assert is_dataclass(kind)
    assert vars(kind)["__dataclass_params__"].frozen
    assert hasattr(kind, "__slots__")
    assert SCHEMAS[kind.__name__] >= 1
    assert kind.__name__ in facts.__all__
    assert kind.__doc__


def test_the_table_of_kinds_cannot_be_changed() -> None:
    table: Any = BODIES
    with pytest.raises(TypeError):
        table["Bonus"] = Deposit
    assert set(BODIES) == set(SCHEMAS)


def test_facts_of_a_story_are_hashable_to_the_last_part() -> None:
    desk = Desk("SPY")
    desk.observe(SPY="100")
    desk.tell(enable())
    desk.tell(judge(candidate("SPY", "1")))
    assert len({hash(fact) for fact in desk.facts}) == len(desk.facts)
    assert {fact.kind for fact in desk.facts} >= {"CandidateJudged", "OrderIntended", "MarksRecorded"}


def test_the_same_act_has_the_same_identity_and_another_has_another() -> None:
    assert fact_id("Fill", "c", 1) == fact_id("Fill", "c", 1) == "Fill:c:1"
    identities = {fact_id("Fill", "c"), fact_id("Fee", "c"), fact_id("Fill", "d"), fact_id("Fill", "c", "x")}
    assert len(identities) == 4
