"""Does exactly enough pay, and is what is missing named?"""

from __future__ import annotations

import pytest

from counterpoise.domain.accounts import AccountKind
from counterpoise.risk.affordability import check_affordability, margin_needed
from tests.risk.books import D

CASES = [
    pytest.param("100", "0.01", "101", "0", True, "0", id="exactly enough"),
    pytest.param("100", "0.01", "100.99", "0", False, "0.01", id="a cent short"),
    pytest.param("100", "0.01", "201", "100.5", False, "0.5", id="what orders hold is not there"),
    pytest.param("100", "-0.01", "99.5", "0", False, "0.5", id="a rebate is not money yet"),
    pytest.param("100", "0", "-5", "0", False, "105", id="cash below zero"),
]


@pytest.mark.parametrize(("price", "fee_rate", "cash", "reserved", "passes", "shortage"), CASES)
def test_need_is_held_against_what_is_free(
    price: str, fee_rate: str, cash: str, reserved: str, *, passes: bool, shortage: str
) -> None:
    answer = check_affordability(
        size=D(1), worst_price=D(price), fee_rate=D(fee_rate), cash=D(cash), reserved=D(reserved)
    )
    assert (answer.passes, answer.shortage) == (passes, D(shortage))
    assert answer.need - answer.available == (D(shortage) if not passes else D(0))


def test_margin_is_exposure_over_leverage_rounded_up_and_cash_pays_in_full() -> None:
    assert margin_needed(AccountKind.FUTURES, D(10), D(3)) == D("3.333333333333333334")
    assert margin_needed(AccountKind.MARGIN, D(10), D(2)) == D(5)
    assert margin_needed(AccountKind.CASH, D(10), D(3)) == D(10)
