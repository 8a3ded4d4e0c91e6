"""Which weights apply to which value?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.errors import InvalidInput, PortfolioError
from counterpoise.domain.numbers import ONE, ZERO
from counterpoise.domain.plans import LineReason, Outcome, SizingPolicy, Target, Untargeted
from counterpoise.planning.targets import HeldUnits, mandate_of, weigh
from tests.planning.books import D, book_of, targets_of

KEEP = SizingPolicy(untargeted=Untargeted.KEEP)


@pytest.mark.parametrize(
    ("weights", "buffer", "expected", "cash"),
    (
        pytest.param({"SPY": "0.6", "QQQ": "0.4"}, "0", {"SPY": "0.6", "QQQ": "0.4"}, "0", id="as stated"),
        pytest.param({"SPY": "0.6", "QQQ": "0.4"}, "1", {"SPY": "0.594", "QQQ": "0.396"}, "0.01", id="buffer"),
        pytest.param({"SPY": "0.8", "CASH": "0.2"}, "1", {"SPY": "0.8"}, "0.2", id="stated cash above the buffer"),
        pytest.param({"SPY": "0.7", "CASH": "0.2"}, "0", {"SPY": "0.7"}, "0.3", id="what is missing is cash too"),
        pytest.param({"SPY": "0.995"}, "1", {"SPY": "0.99"}, "0.01", id="buffer above what is missing"),
        pytest.param(
            {"A": "0.7", "CASH": "0.7"}, "0", {"A": "0.5"}, "0.5", id="a sum above 1 scales everything, cash too"
        ),
        pytest.param({"CASH": "1"}, "0", {}, "1", id="all cash"),
        pytest.param({"A": "1"}, "100", {"A": "0"}, "1", id="all buffer"),
        pytest.param(
            {"A": "0.6", "B": "0.6", "C": "0.3"}, "0", {"A": "0.4", "B": "0.4", "C": "0.2"}, "0", id="1.5 scaled"
        ),
        pytest.param(
            dict.fromkeys("ABC", str(ONE.scaleb(-27) * int("3" * 27))),
            "0",
            dict.fromkeys("ABC", "0.333333333333333333"),
            "0.000000000000000001",
            id="thirds are cut at 18 places and cash takes the rest",
        ),
    ),
)
def test_weights_become_shares_of_the_investable_value(
    weights: dict[str, str], buffer: str, expected: dict[str, str], cash: str
) -> None:
    weighed = weigh(targets_of(weights), D(buffer))
    assert dict(weighed.symbols) == {symbol: D(weight) for symbol, weight in expected.items()}
    assert weighed.cash == D(cash)


def test_scaling_is_said_in_a_note() -> None:
    assert weigh(targets_of({"A": "0.6", "B": "0.41"}), ZERO).notes == (
        "the weights sum to 1.01: each was divided by it",
    )


@given(
    weights=st.lists(st.decimals(0, 1, places=6), min_size=1, max_size=12),
    cash=st.decimals(0, 1, places=4),
    buffer=st.decimals(0, 100, places=2),
)
def test_weights_and_cash_never_sum_to_more_than_one(weights: list[D], cash: D, buffer: D) -> None:
    stated = {f"S{n}": str(weight) for n, weight in enumerate(weights)}
    weighed = weigh(targets_of({**stated, "CASH": str(cash)}), buffer)
    total = sum(weighed.symbols.values(), weighed.cash)
    assert total <= ONE
    assert weighed.cash >= buffer.scaleb(-2)
    if any(weights):
        # Rounding down at 18 places may leave one unit of the last place per line.
        assert ONE - total <= D("1e-18") * (len(weights) + 1) or weighed.cash == ONE


def test_a_symbol_may_stand_once_among_the_targets() -> None:
    twice = (*targets_of({"AAPL": "0.5"}), *targets_of({"AAPL": "0.5"}))
    with pytest.raises(InvalidInput, match="AAPL"):
        mandate_of(book_of({}, {"AAPL": "10"}, "100"), twice, SizingPolicy())


def test_kept_holdings_and_other_strategies_units_are_outside_the_investable_value() -> None:
    book = book_of(
        {"SPY": "10", "XYZ": "3", "OLD": "1"}, {"SPY": "100", "XYZ": "50", "OLD": "7"}, "1000", outside={"SPY": D(4)}
    )
    targets = (*targets_of({"SPY": "1"}), Target(symbol="OLD", weight=D("0.2"), enabled=False))
    mandate = mandate_of(book, targets, KEEP)
    assert mandate.portfolio_value == D(2157)
    assert mandate.investable == D(2157) - 150 - 7 - 400
    assert mandate.idle == D(1000)
    assert [(line.symbol, line.units, line.sellable) for line in mandate.lines] == [("SPY", D(6), D(6))]
    assert [(line.symbol, line.reason) for line in mandate.kept] == [
        ("OLD", LineReason.TARGET_DISABLED),
        ("XYZ", LineReason.KEPT_UNTARGETED),
    ]


@pytest.mark.parametrize(
    ("working", "cash_change", "units", "sellable", "free"),
    (
        pytest.param("5", "-500", "15", "8", "500", id="a buy counts as bought and its cash as spent"),
        pytest.param("-5", "500", "5", "3", "1500", id="what a sell will take cannot be sold again"),
        pytest.param("-10", "1000", "0", "0", "2000", id="nothing is left to sell"),
    ),
)
def test_working_orders_count_as_traded(working: str, cash_change: str, units: str, sellable: str, free: str) -> None:
    book = replace(
        book_of({"SPY": "10"}, {"SPY": "100"}, "1000", working={"SPY": D(working)}, working_cash=D(cash_change)),
        holdings={"SPY": HeldUnits(quantity=D(10), sellable=D(8))},
    )
    mandate = mandate_of(book, targets_of({"SPY": "1"}), SizingPolicy())
    assert (mandate.lines[0].units, mandate.lines[0].sellable) == (D(units), D(sellable))
    assert mandate.free_cash == D(free)
    assert mandate.investable == D(2000)


@pytest.mark.parametrize(
    ("value", "fields", "refused"),
    (
        pytest.param("2000", {}, None, id="equity itself"),
        pytest.param("2000.01", {}, "2000.01 is not within 0 and 2000", id="above equity"),
        pytest.param("-0.01", {}, "-0.01 is not within 0", id="negative"),
        pytest.param("3000", {"equity_cap": False, "buying_power": D(2000)}, None, id="borrowed within buying power"),
        pytest.param(
            "3000.01", {"equity_cap": False, "buying_power": D(2000)}, "3000.01 .* 3000", id="above buying power"
        ),
    ),
)
def test_the_override_is_bounded_by_what_the_account_carries(
    value: str, fields: dict[str, Any], refused: str | None
) -> None:
    book = book_of({"SPY": "10"}, {"SPY": "100"}, "1000", **fields)

    def mandate() -> D:
        return mandate_of(book, targets_of({"SPY": "1"}), SizingPolicy(), portfolio_value=D(value)).investable

    if refused is None:
        assert mandate() == D(value)
        return
    with pytest.raises(PortfolioError, match=refused) as caught:
        mandate()
    assert set(caught.value.context) == {"module", "operation", "correlation_id"}


def test_a_withdrawal_above_the_investable_value_is_refused() -> None:
    policy = SizingPolicy(raise_cash=D("2000.01"))
    with pytest.raises(PortfolioError, match=r"2000\.01 .* 2000"):
        mandate_of(book_of({"SPY": "10"}, {"SPY": "100"}, "1000"), targets_of({"SPY": "1"}), policy)


@pytest.mark.parametrize("price", (pytest.param("0", id="zero"), pytest.param("-3", id="negative")))
def test_a_price_of_nothing_or_less_is_no_price(price: str) -> None:
    mandate = mandate_of(book_of({"OIL": "1"}, {"OIL": price}, "10"), targets_of({"OIL": "1"}), SizingPolicy())
    assert [line.symbol for line in mandate.unpriced] == ["OIL"]
    assert mandate.answer is Outcome.INCOMPLETE


def test_an_unknown_total_is_not_called_zero() -> None:
    mandate = mandate_of(book_of({"OIL": "1"}, {}), targets_of({"OIL": "1"}), SizingPolicy())
    assert mandate.portfolio_value == ZERO
    assert mandate.answer is Outcome.INCOMPLETE
