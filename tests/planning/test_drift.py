"""When is a weight too far from its target, and where does it go?"""

from __future__ import annotations

from typing import Any

import pytest

from counterpoise.domain.numbers import ZERO
from counterpoise.domain.plans import (
    Destination,
    LineReason,
    Outcome,
    PlanAction,
    PlanScope,
    SizingPolicy,
    Target,
    Untargeted,
)
from counterpoise.planning.drift import DriftLine, DriftReport, drift
from counterpoise.planning.rebalance import plan_rebalance
from counterpoise.planning.targets import LotRules
from tests.planning.books import D, amounts_of, book_of, plan_of, targets_of

INVESTOR: dict[str, Any] = {
    "drift_threshold_pct": D(5),
    "scope": PlanScope.DRIFTED,
    "untargeted": Untargeted.KEEP,
}
FOUR = {"SPY": "0.4", "QQQ": "0.3", "TLT": "0.2", "GLD": "0.1"}


def report_of(
    holdings: dict[str, str],
    weights: dict[str, str],
    cash: str = "0",
    **policy: Any,  # noqa: ANN401 - SizingPolicy checks
) -> DriftReport:
    return drift(book_of(holdings, dict.fromkeys(holdings, "1"), cash), targets_of(weights), SizingPolicy(**policy))


def line_of(report: DriftReport, symbol: str) -> DriftLine:
    return next(line for line in report.lines if line.symbol == symbol)


def test_the_seeds_example_is_six_and_a_half_points_over_and_sold() -> None:
    report = report_of({"SPY": "46500", "QQQ": "53500"}, {"SPY": "0.4", "QQQ": "0.6"}, **INVESTOR)
    line = line_of(report, "SPY")
    assert (line.actual_weight, line.drift, line.action) == (D("0.465"), D("0.065"), PlanAction.SELL)
    assert (report.needs_rebalance, report.outcome, report.portfolio_value) == (True, Outcome.TRADES, D(100000))


@pytest.mark.parametrize(
    ("value", "policy", "needs"),
    (
        pytest.param("45000", INVESTOR, False, id="exactly five points never"),
        pytest.param("45000.01", INVESTOR, True, id="the next cent acts"),
        pytest.param("35000", INVESTOR, False, id="exactly five points below never"),
        pytest.param("34999.99", INVESTOR, True, id="a cent below that acts"),
        pytest.param("40000", {}, False, id="no band, on target"),
        pytest.param("40000.01", {}, True, id="no band, one cent"),
        pytest.param("48000", {"relative_threshold_pct": D(20)}, False, id="exactly a fifth of the target never"),
        pytest.param("48000.01", {"relative_threshold_pct": D(20)}, True, id="more than a fifth of the target"),
        pytest.param(
            "45000.01", {**INVESTOR, "relative_threshold_pct": D(20)}, True, id="the narrower of two bands decides"
        ),
        pytest.param("44000", {"trigger_pct": D(4)}, False, id="half the sum of drifts exactly at the trigger"),
        pytest.param("44000.01", {"trigger_pct": D(4)}, True, id="half the sum of drifts beyond the trigger"),
    ),
)
def test_only_strictly_beyond_the_band_acts(*, value: str, policy: dict[str, Any], needs: bool) -> None:
    rest = str(D(100000) - D(value))
    report = report_of({"SPY": value, "QQQ": rest}, {"SPY": "0.4", "QQQ": "0.6"}, **policy)
    assert report.needs_rebalance is needs
    assert report.outcome is (Outcome.TRADES if needs else Outcome.IN_BAND)


def test_a_symbols_own_band_replaces_the_policys() -> None:
    book = book_of({"SPY": "43", "QQQ": "57"}, {"SPY": "1", "QQQ": "1"})
    targets = (Target(symbol="SPY", weight=D("0.4"), threshold_pct=D(2)), Target(symbol="QQQ", weight=D("0.6")))
    report = drift(book, targets, SizingPolicy(**INVESTOR))
    assert [(line.symbol, line.threshold_pct, line.needs_rebalance) for line in report.lines] == [
        ("QQQ", D(5), False),
        ("SPY", D(2), True),
        ("CASH", D(5), False),
    ]


def test_total_drift_is_half_the_sum_of_absolute_deviations() -> None:
    report = report_of({"A": "60", "B": "40"}, {"A": "0.5", "B": "0.5"}, trigger_pct=D(10))
    assert report.total_drift == D("0.1")
    assert not report.triggered


def test_weights_of_symbols_and_cash_sum_to_one_and_drifts_to_nothing() -> None:
    report = report_of({"SPY": "40", "QQQ": "25"}, {"SPY": "0.5", "QQQ": "0.25"}, "35")
    assert sum((line.actual_weight or ZERO for line in report.lines), ZERO) == 1
    assert sum((line.drift or ZERO for line in report.lines), ZERO) == 0
    assert line_of(report, "CASH").drift == D("0.1")


def test_a_relative_band_alone_leaves_a_little_cash_alone_but_not_an_unwanted_symbol() -> None:
    little = report_of({"SPY": "99"}, {"SPY": "1"}, "1", relative_threshold_pct=D(20))
    assert not little.needs_rebalance
    unwanted = report_of({"SPY": "99", "XYZ": "1"}, {"SPY": "1"}, relative_threshold_pct=D(20))
    assert line_of(unwanted, "XYZ").needs_rebalance


@pytest.mark.parametrize(
    ("destination", "actual", "expected"),
    (
        pytest.param(Destination.TARGET, "75", "-15", id="target"),
        pytest.param(Destination.BAND_EDGE, "75", "-3", id="upper edge is 72"),
        pytest.param(Destination.HALF, "75", "-9", id="half way from 72 to 60 is 66"),
        pytest.param(Destination.BAND_EDGE, "45", "3", id="lower edge is 48"),
        pytest.param(Destination.HALF, "45", "9", id="half way from 48 to 60 is 54"),
    ),
)
def test_a_drifted_weight_goes_to_its_destination(destination: Destination, actual: str, expected: str) -> None:
    book = book_of({"A": f"{actual}000"}, {"A": "1"}, str(100000 - int(actual) * 1000))
    plan = plan_of(
        book, {"A": "0.6", "CASH": "0.4"}, relative_threshold_pct=D(20), destination=destination, scope="DRIFTED"
    )
    assert amounts_of(plan) == {"A": D(expected) * 1000}


@pytest.mark.parametrize(
    ("percents", "expected"),
    (
        pytest.param(("46.5", "23.5", "20", "10"), {"SPY": "-6500", "QQQ": "6500"}, id="(a) sold first, then bought"),
        pytest.param(
            ("34", "33", "22", "11"),
            {"SPY": "6000", "QQQ": "-3000", "TLT": "-2000", "GLD": "-1000"},
            id="(b) the overweight ones pay",
        ),
        pytest.param(
            ("46", "28", "18", "8"),
            {"SPY": "-6000", "QQQ": "2000", "TLT": "2000", "GLD": "2000"},
            id="(c) the proceeds are spent",
        ),
        pytest.param(("44", "27", "20", "9"), {}, id="inside the band nothing moves"),
    ),
)
def test_drifted_symbols_move_and_the_others_balance_them(percents: tuple[str, ...], expected: dict[str, str]) -> None:
    holdings = {symbol: str(D(percent) * 1000) for symbol, percent in zip(FOUR, percents, strict=True)}
    plan = plan_of(book_of(holdings, dict.fromkeys(FOUR, "1")), FOUR, **INVESTOR)
    assert amounts_of(plan) == {symbol: D(amount) for symbol, amount in expected.items()}
    sides = [item.action for item in plan.items if item.priority]
    assert sides == sorted(sides, reverse=True)  # SELL before BUY


def test_an_untargeted_holding_is_named_and_pays_for_nothing() -> None:
    holdings = {"SPY": "28000", "QQQ": "21000", "TLT": "14000", "GLD": "7000", "XYZ": "30000"}
    plan = plan_of(book_of(holdings, dict.fromkeys(holdings, "1")), FOUR, **INVESTOR)
    assert amounts_of(plan) == {}
    assert plan.outcome is Outcome.IN_BAND
    assert (plan.total_portfolio_value, plan.investable_value) == (D(100000), D(70000))
    kept = next(item for item in plan.items if item.symbol == "XYZ")
    assert (kept.reason, kept.current_value) == (LineReason.KEPT_UNTARGETED, D(30000))


def test_cash_beyond_its_band_is_spent_on_the_underweight_pro_rata() -> None:
    holdings = {"SPY": "37000", "QQQ": "28000", "TLT": "19000", "GLD": "10000"}
    plan = plan_of(book_of(holdings, dict.fromkeys(holdings, "1"), "6000"), FOUR, **INVESTOR)
    assert amounts_of(plan) == {"SPY": D(3000), "QQQ": D(2000), "TLT": D(1000)}


def test_a_surplus_fills_cash_before_it_is_spent() -> None:
    book = book_of({"A": "56000", "B": "39000"}, {"A": "1", "B": "1"}, "5000")
    plan = plan_of(book, {"A": "0.5", "B": "0.42", "CASH": "0.08"}, **INVESTOR)
    assert amounts_of(plan) == {"A": D(-6000), "B": D(3000)}


def test_buys_shrink_pro_rata_when_the_others_cannot_pay() -> None:
    book = book_of(
        {"A": "10000", "B": "20000", "C": "70000"}, {"A": "1", "B": "1", "C": "1"}, blocked={"C": LineReason.LOCKED}
    )
    plan = plan_of(book, {"A": "0.3", "B": "0.28", "C": "0.42"}, **{**INVESTOR, "raise_cash": ZERO})
    assert amounts_of(plan) == {}
    assert {item.symbol: item.reason for item in plan.items} == {
        "A": LineReason.NO_CASH,
        "B": LineReason.NO_CASH,
        "C": LineReason.LOCKED,
    }


def test_a_fired_trigger_moves_every_line_off_its_target() -> None:
    holdings = {"A": "27000", "B": "23000", "C": "27000", "D": "23000"}
    weights = dict.fromkeys("ABCD", "0.25")
    prices = dict.fromkeys("ABCD", "1")
    quiet = plan_of(book_of(holdings, prices), weights, **INVESTOR, trigger_pct=D(4))
    assert amounts_of(quiet) == {}
    fired = plan_of(book_of(holdings, prices), weights, **INVESTOR, trigger_pct=D("3.9"))
    assert amounts_of(fired) == {"A": D(-2000), "B": D(2000), "C": D(-2000), "D": D(2000)}


@pytest.mark.parametrize(
    ("targets", "holdings", "outcome"),
    (
        pytest.param((), {"SPY": "1"}, Outcome.NO_TARGETS, id="no targets"),
        pytest.param(
            (Target(symbol="SPY", weight=D(1), enabled=False),), {"SPY": "1"}, Outcome.ALL_DISABLED, id="all disabled"
        ),
        pytest.param(targets_of({"SPY": "1"}), {}, Outcome.NO_EQUITY, id="no equity"),
        pytest.param(targets_of({"SPY": "1"}), {"XYZ": "1", "SPY": "0"}, Outcome.INCOMPLETE, id="a price is missing"),
    ),
)
def test_drift_and_plan_give_the_same_named_answer(
    targets: tuple[Target, ...], holdings: dict[str, str], outcome: Outcome
) -> None:
    book = book_of(holdings, {"SPY": "1"})
    assert drift(book, targets, SizingPolicy()).outcome is outcome
    plan = plan_rebalance(book, targets, SizingPolicy(), correlation_id="c")
    assert (plan.outcome, plan.trades_required) == (outcome, False)


@pytest.mark.parametrize(
    ("cash", "buffer", "expected", "goal"),
    (
        pytest.param("20000", "0", "5000", "15000", id="down to the upper edge of 10 ± 5"),
        pytest.param("1000", "0", "-4000", "5000", id="up to the lower edge"),
        pytest.param("1000", "8", "-7000", "8000", id="never below the buffer"),
        pytest.param("14000", "0", None, "10000", id="inside its band it stays"),
    ),
)
def test_drifted_cash_goes_to_its_destination(cash: str, buffer: str, expected: str | None, goal: str) -> None:
    book = book_of({"A": str(100000 - int(cash))}, {"A": "1"}, cash)
    targets = (Target(symbol="A", weight=D("0.9"), threshold_pct=D(50)), *targets_of({"CASH": "0.1"}))
    policy = SizingPolicy(**INVESTOR, destination=Destination.BAND_EDGE, cash_buffer_pct=D(buffer))
    plan = plan_rebalance(book, targets, policy, correlation_id="c")
    assert amounts_of(plan) == ({} if expected is None else {"A": D(expected)})
    assert plan.cash_target == D(goal)


def test_lines_are_in_order_of_symbol_whatever_the_order_of_the_book() -> None:
    holdings = {"Z": "1", "B": "1", "Y": "1", "A": "1"}
    report = report_of(holdings, {"Y": "0.5", "A": "0.5"}, **INVESTOR)
    assert [line.symbol for line in report.lines] == ["A", "Y", "CASH", "B", "Z"]


def test_a_shortage_includes_what_cash_lacks() -> None:
    holdings = {"A": "14000", "B": "44500", "C": "39500"}
    weights = {"A": "0.2", "B": "0.4", "C": "0.35", "CASH": "0.05"}
    plan = plan_of(book_of(holdings, dict.fromkeys(holdings, "1"), "2000"), weights, **INVESTOR)
    assert amounts_of(plan) == {"A": D(6000), "B": D(-4500), "C": D(-4500)}


def test_only_buying_sells_nothing_to_pay_for_what_drifted() -> None:
    holdings = {"A": "14000", "B": "44000", "C": "42000"}
    weights = {"A": "0.2", "B": "0.41", "C": "0.39"}
    plan = plan_of(book_of(holdings, dict.fromkeys(holdings, "1")), weights, **INVESTOR, buy_only=True)
    assert (amounts_of(plan), plan.outcome) == ({}, Outcome.BELOW_MINIMUM)


def test_a_withdrawal_that_cash_pays_for_buys_nothing() -> None:
    book = book_of({"A": "96000"}, {"A": "1"}, "4000")
    plan = plan_of(book, {"A": "1"}, **INVESTOR, raise_cash=1000)
    assert (amounts_of(plan), plan.cash_target) == ({}, D(1000))


def test_a_withdrawal_that_takes_all_of_an_unwanted_holding_is_an_exit() -> None:
    book = book_of({"A": "9700", "XYZ": "0.3"}, {"A": "1", "XYZ": "1000"}, lots={"XYZ": LotRules(lot=D(1))})
    policy = {**INVESTOR, "untargeted": Untargeted.EXIT, "raise_cash": 300}
    (line, _) = plan_of(book, {"A": "1"}, **policy).items
    assert (line.symbol, line.quantity, line.is_exit) == ("XYZ", D("0.3"), True)
    assert line.reason is LineReason.FUNDS_OTHERS
