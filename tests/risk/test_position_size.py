"""Does a position cost at its stop no more than wanted, is it paid for, and does it say what limited it?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.errors import InvalidInput
from counterpoise.risk.position_size import CASH_SHARE_MAX, Limiter, position_size
from tests.risk.books import D


@pytest.mark.parametrize(
    ("cash", "risk", "stop", "price", "lot", "units", "limiter"),
    (
        pytest.param("500", "0.02", "0.10", "38", "1", "12", "cash", id="the robot's own numbers"),
        pytest.param("500", "0.02", "2.5", "38", "1", "4", "risk", id="a wider stop"),
        pytest.param("500", "0.02", "0.8", "38", "1", "12", "risk", id="12.5 by both: risk comes first"),
        pytest.param("500", "0.02", "0.10", "38", "0.1", "12.5", "cash", id="tenths"),
        pytest.param("500", "0.02", "0.10", "38", "100", "0", "cash", id="less than a lot"),
        pytest.param("0", "0.02", "0.10", "38", "1", "0", "cash", id="no cash"),
        pytest.param("-5", "0.02", "0.10", "38", "1", "0", "cash", id="cash below zero"),
        pytest.param("100", "1", "10", "1", "1", "10", "risk", id="all of it at risk"),
    ),
)
def test_the_smaller_of_risk_and_cash_counts(
    cash: str, risk: str, stop: str, price: str, lot: str, units: str, limiter: str
) -> None:
    answer = position_size(cash=D(cash), risk_fraction=D(risk), stop_distance=D(stop), price=D(price), lot=D(lot))
    assert (answer.position_size, answer.limited_by) == (D(units), limiter)
    assert answer["position_size"] == answer.position_size
    assert answer.risk_amount == D(units) * D(stop)
    assert answer.available_cash == max(D(cash), D(0))


def test_buying_power_is_the_third_bound_and_contracts_count_by_their_multiplier() -> None:
    numbers: dict[str, D] = {"cash": D(1000), "risk_fraction": D(1), "stop_distance": D(1), "price": D(10)}
    assert position_size(**numbers).position_size == D(95)
    less = position_size(**numbers, buying_power=D(500))
    assert (less.position_size, less.limited_by) == (D(47), Limiter.BUYING_POWER)
    assert position_size(**numbers, buying_power=D(-5)).position_size == D(0)
    assert position_size(**numbers, multiplier=D(10)).position_size == D(9)


@pytest.mark.parametrize(
    ("field", "value"),
    (
        *(("stop_distance", value) for value in ("0", "-1", "NaN", "Infinity")),
        *(("price", value) for value in ("0", "-38", "NaN", "sNaN")),
        *(("risk_fraction", value) for value in ("0", "-0.1", "2", "NaN")),
        *(("lot", value) for value in ("0", "NaN")),
        *(("multiplier", value) for value in ("0", "-1")),
        *(("cash", value) for value in ("NaN", "Infinity")),
    ),
)
def test_what_is_no_such_number_is_refused_by_name(field: str, value: str) -> None:
    numbers = {"cash": D(500), "risk_fraction": D("0.02"), "stop_distance": D("0.1"), "price": D(38)}
    with pytest.raises(InvalidInput) as refused:
        position_size(**{**numbers, field: D(value)})
    assert (refused.value.field, refused.value.value) == (field, value)


NUMBERS = st.decimals("0.01", "100000", places=2)


@given(
    cash=NUMBERS,
    risk=st.decimals("0.001", "1", places=3),
    stop=NUMBERS,
    price=NUMBERS,
    lot=st.sampled_from(("1", "0.001", "7")),
)
def test_it_is_the_largest_that_keeps_both_bounds(cash: D, risk: D, stop: D, price: D, lot: str) -> None:
    answer = position_size(cash=cash, risk_fraction=risk, stop_distance=stop, price=price, lot=D(lot))

    def fits(units: D) -> bool:
        return units * stop <= cash * risk and units * price <= cash * CASH_SHARE_MAX

    assert fits(answer.position_size)
    assert not fits(answer.position_size + D(lot))
    assert (answer.position_size % D(lot)).is_zero()
