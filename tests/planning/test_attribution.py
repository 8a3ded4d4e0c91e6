"""Whose are an order's fills, to the last unit?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.numbers import ONE, ZERO
from counterpoise.domain.plans import PlanAction, SizingPolicy
from counterpoise.planning.attribution import fractions_of, order_fractions, share_cash, share_quantity
from counterpoise.planning.rebalance import plan_rebalance
from tests.planning.books import D, book_of, lines_of, targets_of

PARTS = st.dictionaries(st.sampled_from("abcdef"), st.decimals("0.0001", 1, places=4), min_size=1)


@pytest.mark.parametrize(
    ("parts", "expected"),
    (
        pytest.param({"m": "0.3", "r": "0.2"}, {"m": "0.6", "r": "0.4"}, id="the seed's 30 and 20"),
        pytest.param({"m": "7"}, {"m": "1"}, id="one strategy owns it all"),
        pytest.param({"m": "1", "r": "0"}, {"m": "1"}, id="nothing is no part"),
        pytest.param(
            {"c": "1", "a": "1", "b": "1"},
            {"a": "0.333333333333333334", "b": "0.333333333333333333", "c": "0.333333333333333333"},
            id="thirds by largest remainder, ties by name",
        ),
    ),
)
def test_fractions(parts: dict[str, str], expected: dict[str, str]) -> None:
    fractions = fractions_of({name: D(part) for name, part in parts.items()})
    assert fractions == tuple((name, D(part)) for name, part in expected.items())


@given(parts=PARTS, amount=st.decimals("-99999", "99999", places=6), units=st.decimals(0, 9999, places=9))
def test_parts_sum_to_the_whole_to_the_last_unit(parts: dict[str, D], amount: D, units: D) -> None:
    fractions = fractions_of(parts)
    assert sum((part for _, part in fractions), ZERO) == ONE
    assert sum(share_cash(amount, fractions).values(), ZERO) == amount
    assert sum(share_quantity(units, fractions).values(), ZERO) == units


@pytest.mark.parametrize(
    ("direction", "target", "asked", "owned", "expected"),
    (
        pytest.param(1, 500, {"m": 3, "r": 2}, {}, {"m": "0.6", "r": "0.4"}, id="nobody owns anything"),
        pytest.param(1, 500, {"m": 3, "r": 2}, {"m": 300}, {"r": "1"}, id="who has enough buys nothing"),
        pytest.param(
            1, 500, {"m": 3, "r": 2}, {"m": 200, "r": 100}, {"m": "0.5", "r": "0.5"}, id="pro rata to what is missing"
        ),
        pytest.param(-1, 0, {}, {"m": 100, "r": 300}, {"m": "0.25", "r": "0.75"}, id="an exit is its owners'"),
        pytest.param(-1, 100, {"m": 1}, {"r": 400, "m": 50}, {"r": "1"}, id="the seller is who owns too much"),
        pytest.param(-1, 100, {"m": 1}, {}, {"m": "1"}, id="without owners the weights decide"),
        pytest.param(-1, 0, {}, {}, {}, id="nobody is named"),
    ),
)
def test_an_order_belongs_to_the_strategies_on_its_side(
    direction: int, target: int, asked: dict[str, int], owned: dict[str, int], expected: dict[str, str]
) -> None:
    fractions = order_fractions(
        D(direction), D(target), {s: D(w) for s, w in asked.items()}, {s: D(v) for s, v in owned.items()}
    )
    assert dict(fractions) == {name: D(part) for name, part in expected.items()}


def test_a_plan_names_the_owners_of_each_order() -> None:
    book = book_of({"OLD": "10"}, {"OLD": "100", "AAPL": "100", "MSFT": "100"}, "1000")
    plan = plan_rebalance(
        book,
        targets_of({"AAPL": "0.5", "MSFT": "0.5"}),
        SizingPolicy(),
        correlation_id="c",
        contributions={"AAPL": {"m": D("0.3"), "r": D("0.2")}, "MSFT": {"r": D("0.5")}},
        owned={"OLD": {"m": D(1000)}},
    )
    assert lines_of(plan)["OLD"].action is PlanAction.SELL
    assert plan.metadata["strategy_attribution"] == {
        "AAPL": {"m": D("0.6"), "r": D("0.4")},
        "MSFT": {"r": ONE},
        "OLD": {"m": ONE},
    }
    assert lines_of(plan)["AAPL"].attribution == (("m", D("0.6")), ("r", D("0.4")))
