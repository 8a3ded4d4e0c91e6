"""How is something shared so that nobody gets less than is worth having?"""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.numbers import ZERO
from counterpoise.domain.plans import Rounding, SizingPolicy
from counterpoise.planning.sizing import Claim, costs_of, share, step_of
from counterpoise.planning.targets import LotRules
from tests.planning.books import D, amounts_of, book_of, lines_of, plan_of


@pytest.mark.parametrize(
    ("total", "most", "least", "expected"),
    (
        pytest.param("6", ["3", "2", "1"], "0", ["3", "2", "1"], id="enough for all"),
        pytest.param("9", ["3", "2", "1"], "0", ["3", "2", "1"], id="nobody gets more than it takes"),
        pytest.param("3", ["3", "2", "1"], "0", ["1.5", "1", "0.5"], id="pro rata"),
        pytest.param("0", ["3", "2"], "0", [], id="nothing to share"),
        pytest.param("-1", ["3", "2"], "0", [], id="less than nothing to share"),
        pytest.param("10", ["100", "50"], "8", ["10", None], id="a part too small goes to the others"),
        pytest.param("10", ["10", "10", "10"], "5", [None, "5", "5"], id="ties are dropped by symbol"),
        pytest.param("4", ["10", "10"], "5", [], id="too small for anybody"),
        pytest.param(
            "1", ["1", "1", "1"], "0",
            ["0.333333333333333334", "0.333333333333333333", "0.333333333333333333"], id="largest remainder",
        ),
    ),
)  # fmt: skip
def test_shares(total: str, most: list[str], least: str, expected: list[str | None]) -> None:
    claims = [Claim(symbol=chr(65 + n), most=D(value), least=D(least)) for n, value in enumerate(most)]
    wanted = {chr(65 + n): D(part) for n, part in enumerate(expected) if part is not None}
    assert share(D(total), claims) == wanted


@given(
    total=st.decimals(0, 1000, places=4),
    claims=st.dictionaries(
        st.sampled_from("ABCDEFGH"),
        st.tuples(st.decimals("0.0001", 500, places=4), st.decimals(0, 60, places=2)),
        min_size=1,
    ),
)
def test_a_share_is_within_its_bounds_and_the_total(total: D, claims: dict[str, tuple[D, D]]) -> None:
    parts = share(total, [Claim(symbol=s, most=most, least=least) for s, (most, least) in claims.items()])
    assert sum(parts.values(), ZERO) <= total
    for symbol, part in parts.items():
        most, least = claims[symbol]
        assert part <= most
        assert part >= min(least, most)


@pytest.mark.parametrize(
    ("lot", "fractionable", "rounding", "step"),
    (
        pytest.param("0.001", True, Rounding.FRACTIONAL, "0.001", id="fractions to the lot"),
        pytest.param("0.001", True, Rounding.LOT, "0.001", id="lots"),
        pytest.param("0.001", True, Rounding.WHOLE, "1", id="whole by policy"),
        pytest.param("0.001", False, Rounding.FRACTIONAL, "1", id="whole by the venue"),
        pytest.param("100", True, Rounding.WHOLE, "100", id="round lots stay round"),
    ),
)
def test_steps(*, lot: str, fractionable: bool, rounding: Rounding, step: str) -> None:
    assert step_of(LotRules(lot=D(lot), fractionable=fractionable), rounding) == D(step)


def test_costs_count_collar_and_fee_against_us() -> None:
    costs = costs_of(SizingPolicy(fee_rate=Decimal("0.001"), collar_pct=Decimal(4)))
    assert (costs.buy, costs.sell) == (D("1.04104"), D("0.959"))


def test_fees_and_collar_leave_room_in_cash() -> None:
    plan = plan_of(book_of({}, {"A": "1"}, "1040"), {"A": "1"}, collar_pct=4)
    assert amounts_of(plan) == {"A": D(1000)}


@pytest.mark.parametrize(
    ("lot", "least", "quantity"),
    (
        pytest.param("1", "0", "33", id="toward zero to the lot"),
        pytest.param("10", "0", "30", id="toward zero to a larger lot"),
        pytest.param("50", "0", "0", id="below the lot"),
        pytest.param("1", "99", "33", id="the venue's least notional itself"),
        pytest.param("1", "99.01", "0", id="below the venue's least notional"),
    ),
)
def test_the_venues_rules_decide_the_quantity(lot: str, least: str, quantity: str) -> None:
    rules = {"A": LotRules(lot=D(lot), min_notional=D(least))}
    line = lines_of(plan_of(book_of({}, {"A": "3"}, "100", lots=rules), {"A": "1"}))["A"]
    assert line.quantity == D(quantity)


def test_a_sells_odd_lot_is_taken_off_the_largest_buy() -> None:
    book = book_of({"A": "10"}, {"A": "100", "B": "1", "C": "1"}, lots={"A": LotRules(lot=D(3))})
    lines = lines_of(plan_of(book, {"A": "0.5", "B": "0.3", "C": "0.2"}))
    assert (lines["A"].trade_amount, lines["A"].order_value) == (D(-500), D(300))
    assert (lines["B"].trade_amount, lines["B"].order_value) == (D(300), D("99.999999999"))
    assert (lines["C"].trade_amount, lines["C"].order_value) == (D(200), D(200))


@pytest.mark.parametrize(
    ("collar_pct", "quantity", "is_exit"),
    (
        pytest.param("0", "5", True, id="paid in full"),
        pytest.param("20", "4.166666666", False, id="the collar leaves cash for a part"),
    ),
)
def test_covering_a_short_is_an_exit_only_when_it_is_whole(*, collar_pct: str, quantity: str, is_exit: bool) -> None:
    # 600 of cash owe 500 of shares: the 100 of equity stay in cash, 500 may be spent.
    plan = plan_of(book_of({"A": "-5"}, {"A": "100"}, "600"), {"CASH": "1"}, collar_pct=D(collar_pct))
    line = lines_of(plan)["A"]
    assert (line.quantity, line.is_exit) == (D(quantity), is_exit)
