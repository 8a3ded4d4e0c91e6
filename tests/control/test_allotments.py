"""Does an allotment move one strategy's book into another's, exactly, and never what is not there?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from counterpoise.control.commands import AllotStrategy
from counterpoise.control.decision import DUPLICATE
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.numbers import ZERO
from counterpoise.portfolio.proof import proof, strategy_equity, strategy_proof
from tests.control.making import OWNER, START, D, Desk, enable

SPY = "scripted:SPY:1"
NOON = START + timedelta(hours=1)


def allot(
    amount: str,
    giver: str = "unassigned",
    taker: str = "trend",
    reference: str = "a1",
    **more: Any,  # noqa: ANN401
) -> AllotStrategy:
    return AllotStrategy(
        actor=OWNER, at=NOON, cause=f"allot/{reference}", giver=giver, taker=taker, amount=D(amount),
        reference=reference, **more,
    )  # fmt: skip


def desk_with_units() -> Desk:
    """10 SPY of nobody's at 100, 9,000 in cash, and two strategies."""
    desk = Desk("SPY")
    desk.observe(SPY="100")
    desk.tell(enable())
    desk.tell(enable("mean"))
    desk.hold("SPY", "10", "100")
    return desk


def worths(desk: Desk) -> dict[str, Decimal]:
    """Each strategy's equity; their sum is the account's and all proofs are whole."""
    state = desk.state.state
    found = {name: strategy_equity(state, name) for name in state.strategies}
    equity = desk.state.book.valuation.equity
    assert sum(found.values()) == equity
    assert proof(state, equity).residual == ZERO
    assert all(strategy_proof(state, name).residual == ZERO for name in state.strategies)
    return found


def test_cash_goes_from_one_book_to_the_other_and_the_account_stays() -> None:
    desk = desk_with_units()
    desk.tell(allot("2500"))
    assert worths(desk) == {"unassigned": D(7500), "trend": D(2500)}
    assert desk.tell(allot("2500.00")) is DUPLICATE
    assert worths(desk) == {"unassigned": D(7500), "trend": D(2500)}
    with pytest.raises(InvalidInput, match="it stands for StrategyAllotted 2500 USD from unassigned to trend"):
        desk.tell(allot("2501"))


def test_units_cross_for_cash_at_a_price() -> None:
    desk = desk_with_units()
    desk.tell(allot("2500"))
    crossing = allot("380", reference="a2", symbol="SPY", quantity=D(4))
    with pytest.raises(InvalidInput, match=r"occurred_at: .* a time after the last thing that was booked"):
        desk.tell(crossing)
    desk.tell(replace(crossing, at=NOON + timedelta(seconds=1)))
    held = desk.state.state.holdings[SPY]
    assert held.owners == {"unassigned": D(6), "trend": D(4)}
    assert held.quantity == D(10)
    assert worths(desk) == {"unassigned": D(7480), "trend": D(2520)}  # 4 worth 400 for 380


@pytest.mark.parametrize(
    ("command", "said"),
    (
        (allot("5", giver="nobody"), "giver: nobody was refused: a strategy of this account: mean, trend, unassigned"),
        (allot("5", taker="nobody"), "taker: nobody was refused"),
        (allot("5", taker="unassigned"), "taker: unassigned was refused: another strategy"),
        (allot("0"), "amount: 0 was refused"),
        (allot("-5"), "amount: -5 was refused"),
        (allot("NaN"), "amount: Decimal('NaN') was refused"),
        (allot("9000.01"), "amount: 9000.01 was refused: at most the 9000 USD that unassigned has"),
        (allot("5", giver="mean"), "amount: 5 was refused: at most the 0 USD that mean has"),
        (allot("5", currency="XYZ"), "currency: XYZ was refused"),
        (allot("5", symbol="ZZZ", quantity=D(1)), "symbol: ZZZ was refused"),
        (allot("5", quantity=D(1)), "symbol:  was refused"),
        (allot("5", symbol="SPY"), "quantity: Decimal('0') was refused"),
        (allot("0", symbol="SPY", quantity=D(11)), "quantity: 11 was refused: at most the 10 SPY that unassigned owns"),
        (allot("0", symbol="SPY", quantity=D(-1)), "quantity: -1 was refused"),
        (allot("-1", symbol="SPY", quantity=D(1)), "amount: -1 was refused: cash that the taker pays"),
        (allot("1", symbol="SPY", quantity=D(1)), "amount: 1 was refused: at most the 0 USD that trend has"),
        (allot("1", symbol="SPY", quantity=D("NaN")), "quantity: Decimal('NaN') was refused"),
    ),
)
def test_what_is_not_there_cannot_be_given(command: AllotStrategy, said: str) -> None:
    desk = desk_with_units()
    before = desk.state.book.digest()
    with pytest.raises(InvalidInput) as refused:
        desk.tell(command)
    assert str(refused.value).startswith(said)
    assert desk.state.book.digest() == before
