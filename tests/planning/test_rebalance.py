"""Does a plan keep its laws, its worked cases, and the failures of others dead?"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any, TypeVar

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from counterpoise.domain.numbers import ONE, ZERO
from counterpoise.domain.plans import (
    Destination,
    LineReason,
    Outcome,
    PlanAction,
    PlanScope,
    RebalancePlan,
    Rounding,
    SizingPolicy,
    Target,
    Untargeted,
)
from counterpoise.ledger.codec import from_bytes, to_bytes
from counterpoise.planning.rebalance import plan_id_of, plan_rebalance
from counterpoise.planning.targets import HeldUnits, LotRules, PlanBook
from tests.planning.books import (
    D,
    amounts_of,
    book_of,
    carried_out,
    cash_after_worst_fills,
    lines_of,
    orders_of,
    plan_of,
    targets_of,
)

T = TypeVar("T")
THREE = {"AAPL": "150", "MSFT": "150", "GOOGL": "300"}
HELD_THREE = {"AAPL": "20", "MSFT": "15", "GOOGL": "5"}


# ── worked cases ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("held", "prices", "cash", "weights", "policy", "expected"),
    (
        pytest.param(
            {}, {"SPY": "400", "QQQ": "300"}, "10000", {"SPY": "0.6", "QQQ": "0.4"}, {},
            {"SPY": "6000", "QQQ": "4000"}, id="all cash, 60/40",
        ),
        pytest.param(
            {}, {"SPY": "400", "QQQ": "300"}, "10000", {"SPY": "0.6", "QQQ": "0.4"}, {"cash_buffer_pct": 1},
            {"SPY": "5940", "QQQ": "3960"}, id="with 1 % buffer",
        ),
        pytest.param(
            HELD_THREE, THREE, "3250", {"AAPL": "0.4", "MSFT": "0.35", "GOOGL": "0.25"}, {},
            {"AAPL": "1000", "MSFT": "1250", "GOOGL": "1000"}, id="three buys",
        ),
        pytest.param(
            HELD_THREE, THREE, "3250", {"AAPL": "0.1", "MSFT": "0.6", "GOOGL": "0.3"}, {},
            {"AAPL": "-2000", "MSFT": "3750", "GOOGL": "1500"}, id="one sell pays for two buys",
        ),
        pytest.param(
            {"SPY": "110"}, {"SPY": "100"}, "1000", {"SPY": "1"}, {},
            {"SPY": "1000"}, id="11,000 invested and 1,000 of cash buys 1,000, never sells 10,000",
        ),
        pytest.param(
            {"A": "50", "B": "50"}, {"A": "100", "B": "100"}, "0", {"A": "0.5", "B": "0.5"}, {},
            {}, id="a balanced book without cash sells nothing",
        ),
        pytest.param(
            {"SPY": "60", "QQQ": "10"}, {"SPY": "100", "QQQ": "100"}, "3000", {"SPY": "0.5", "QQQ": "0.5"},
            {"buy_only": True}, {"QQQ": "3000"}, id="new cash only buys",
        ),
        pytest.param(
            {"SPY": "60", "QQQ": "40"}, {"SPY": "100", "QQQ": "100"}, "0", {"SPY": "0.6", "QQQ": "0.4"},
            {"raise_cash": 1000}, {"SPY": "-600", "QQQ": "-400"}, id="a withdrawal from a book on target",
        ),
        pytest.param(
            {"SPY": "63", "QQQ": "37"}, {"SPY": "100", "QQQ": "100"}, "0", {"SPY": "0.6", "QQQ": "0.4"},
            {"raise_cash": 200, "drift_threshold_pct": 5, "scope": PlanScope.DRIFTED}, {"SPY": "-200"},
            id="a withdrawal inside the band is taken from the overweight",
        ),
        pytest.param(
            {"SPY": "60", "QQQ": "40"}, {"SPY": "100", "QQQ": "100"}, "0", {"SPY": "0.6", "QQQ": "0.4"},
            {"raise_cash": 10000}, {"SPY": "-6000", "QQQ": "-4000"}, id="everything is withdrawn",
        ),
        pytest.param(
            {"SPY": "-5"}, {"SPY": "100"}, "1500", {"SPY": "1"}, {},
            {"SPY": "1500"}, id="a short is bought back and turned",
        ),
        pytest.param(
            {"SPY": "-5", "QQQ": "0"}, {"SPY": "100", "QQQ": "10"}, "1500", {"QQQ": "1"}, {},
            {"SPY": "500", "QQQ": "1000"}, id="a short without a target is covered",
        ),
    ),
)  # fmt: skip
def test_worked_cases(
    held: dict[str, str],
    prices: dict[str, str],
    cash: str,
    weights: dict[str, str],
    policy: dict[str, Any],
    expected: dict[str, str],
) -> None:
    assert amounts_of(plan_of(book_of(held, prices, cash), weights, **policy)) == {
        symbol: D(amount) for symbol, amount in expected.items()
    }


def test_sells_come_first_then_the_larger_then_by_symbol() -> None:
    book = book_of({"A": "50", "B": "40", "C": "10"}, dict.fromkeys("ABCDE", "100"))
    plan = plan_of(book, {"A": "0.2", "B": "0.3", "C": "0.1", "E": "0.2", "D": "0.2"})
    assert [(item.symbol, item.priority) for item in plan.items] == [
        ("A", 1), ("B", 2), ("D", 3), ("E", 4), ("C", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("weight", "amount", "reason"),
    (
        pytest.param("0.000999", "0", LineReason.BELOW_MINIMUM, id="9.99 is left alone"),
        pytest.param("0.001", "10", LineReason.TO_TARGET, id="10.00 is traded"),
    ),
)
def test_the_least_notional_itself_passes(weight: str, amount: str, reason: LineReason) -> None:
    plan = plan_of(book_of({}, {"SPY": "3"}, "10000"), {"SPY": weight, "CASH": str(ONE - D(weight))})
    line = lines_of(plan)["SPY"]
    assert (line.trade_amount, line.reason) == (D(amount), reason)


# ── real failures that must stay dead ────────────────────────────────────────────────────────────────────


def test_a_partial_sell_is_no_exit_and_an_exit_says_so() -> None:
    plan = plan_of(book_of({"A": "70", "B": "30"}, {"A": "1", "B": "1"}), {"A": "0.4", "C": "0.6"})
    assert {item.symbol: (item.action, item.is_exit) for item in plan.items} == {
        "A": (PlanAction.SELL, False),
        "B": (PlanAction.SELL, True),
        "C": (PlanAction.HOLD, False),
    }


def test_an_exit_sells_exactly_what_is_held() -> None:
    book = book_of({"BTC": "7.2273576", "SPY": "0.3"}, {"BTC": "97.13", "SPY": "411.07", "X": "1"}, "5",
                   lots={"BTC": LotRules(lot=D("0.000001")), "SPY": LotRules(lot=ONE, fractionable=False)})  # fmt: skip
    lines = lines_of(plan_of(book, {"X": "1"}, rounding=Rounding.WHOLE))
    assert (lines["BTC"].quantity, lines["SPY"].quantity) == (D("7.2273576"), D("0.3"))
    assert lines["BTC"].is_exit
    assert lines["SPY"].is_exit


def test_a_bad_price_never_asks_for_more_than_is_held() -> None:
    book = book_of({"BOND": "907.32"}, {"BOND": "1.00", "SPY": "400"}, "70458")
    line = lines_of(plan_of(book, {"SPY": "0.999", "BOND": "0.001"}))["BOND"]
    assert line.action is PlanAction.SELL
    assert line.quantity <= D("907.32")


@pytest.mark.parametrize(
    ("exit_dust", "action", "reason"),
    (
        pytest.param(False, PlanAction.HOLD, LineReason.BELOW_MINIMUM, id="dust stays"),
        pytest.param(True, PlanAction.SELL, LineReason.EXIT, id="dust goes"),
    ),
)
def test_an_exit_below_the_minimum(*, exit_dust: bool, action: PlanAction, reason: LineReason) -> None:
    book = book_of({"DUST": "0.3", "SPY": "10"}, {"DUST": "2", "SPY": "100"})
    line = lines_of(plan_of(book, {"SPY": "1"}, exit_dust=exit_dust))["DUST"]
    assert (line.action, line.reason, line.is_exit) == (action, reason, exit_dust)


def test_forty_suppressed_exits_do_not_pay_for_a_buy() -> None:
    dust = {f"DUST{n:02d}": "4.99" for n in range(40)}
    book = book_of({**dust, "SPY": "100"}, {**dict.fromkeys(dust, "1"), "SPY": "1", "QQQ": "1"}, "50")
    plan = plan_of(book, {"SPY": "0.3", "QQQ": "0.7"})
    assert amounts_of(plan) == {"QQQ": D(50)}
    assert {lines_of(plan)[symbol].reason for symbol in dust} == {LineReason.BELOW_MINIMUM}


def test_locked_units_count_in_value_and_are_not_sold() -> None:
    book = replace(
        book_of({"A": "80", "B": "20"}, {"A": "1", "B": "1"}),
        holdings={"A": HeldUnits(quantity=D(80), sellable=D(12)), "B": HeldUnits(quantity=D(20), sellable=ZERO)},
    )
    lines = lines_of(plan_of(book, {"C": "1"}))
    assert (lines["A"].current_weight, lines["A"].quantity, lines["A"].is_exit) == (D("0.8"), D(12), False)
    assert (lines["B"].action, lines["B"].reason) == (PlanAction.HOLD, LineReason.LOCKED)


def test_only_the_mandates_part_of_a_shared_holding_is_sold() -> None:
    book = book_of({"A": "10"}, {"A": "100", "B": "100"}, outside={"A": D(4)})
    lines = lines_of(plan_of(book, {"B": "1"}))
    assert (lines["A"].quantity, lines["A"].is_exit) == (D(6), True)
    assert lines["B"].trade_amount == D(600)


def test_blocked_symbols_neither_trade_nor_pay() -> None:
    book = book_of({"A": "100"}, {"A": "1", "B": "1"}, blocked={"A": LineReason.BLOCKED_UNKNOWN})
    plan = plan_of(book, {"A": "0.5", "B": "0.5"})
    assert plan.outcome is Outcome.BLOCKED
    assert {item.symbol: item.reason for item in plan.items} == {
        "A": LineReason.BLOCKED_UNKNOWN,
        "B": LineReason.NO_CASH,
    }


def test_a_working_order_is_not_sent_twice() -> None:
    working = {"working": {"SPY": D(60)}, "working_cash": D(-6000)}
    plan = plan_of(book_of({}, {"SPY": "100", "QQQ": "100"}, "10000", **working), {"SPY": "0.6", "QQQ": "0.4"})
    assert amounts_of(plan) == {"QQQ": D(4000)}


# ── missing prices and named answers ─────────────────────────────────────────────────────────────────────


def test_a_held_symbol_without_a_price_leaves_everything_alone_and_unknown() -> None:
    plan = plan_of(book_of({"A": "1", "B": "1"}, {"A": "5", "C": "1"}, "100"), {"A": "0.5", "C": "0.5"})
    assert plan.outcome is Outcome.INCOMPLETE
    assert {item.symbol: item.reason for item in plan.items} == {
        "A": LineReason.TOTAL_UNKNOWN,
        "B": LineReason.UNPRICED,
        "C": LineReason.TOTAL_UNKNOWN,
    }
    assert {(item.current_weight, item.drift, item.target_value) for item in plan.items} == {(None, None, None)}
    assert lines_of(plan)["B"].current_value is None
    assert plan.notes == ("without a price: B",)


def test_a_target_without_a_price_leaves_its_weight_in_cash() -> None:
    plan = plan_of(book_of({}, {"A": "1"}, "1000"), {"A": "0.6", "B": "0.4"})
    assert plan.outcome is Outcome.INCOMPLETE
    assert amounts_of(plan) == {"A": D(600)}
    assert plan.cash_target == D(400)
    assert lines_of(plan)["B"].reason is LineReason.UNPRICED


def test_a_kept_holding_may_lack_a_price() -> None:
    book = book_of({"XYZ": "5"}, {"A": "1"}, "1000")
    plan = plan_of(book, {"A": "1"}, untargeted=Untargeted.KEEP)
    assert (plan.outcome, amounts_of(plan)) == (Outcome.TRADES, {"A": D(1000)})
    assert lines_of(plan)["XYZ"].current_value is None
    assert plan.notes == ("kept and without a price, not in the total: XYZ",)


@pytest.mark.parametrize(
    ("held", "cash", "targets", "policy", "outcome", "message"),
    (
        pytest.param({"A": "1"}, "0", (), {}, Outcome.NO_TARGETS, "No target allocations configured", id="no targets"),
        pytest.param(
            {"A": "1"}, "0", (Target(symbol="A", weight=ONE, enabled=False),), {}, Outcome.ALL_DISABLED,
            "All target allocations are disabled", id="all disabled",
        ),
        pytest.param({}, "0", targets_of({"A": "1"}), {}, Outcome.NO_EQUITY, "Portfolio value is 0", id="nothing"),
        pytest.param(
            {"A": "1"}, "-50", targets_of({"A": "1"}), {}, Outcome.NO_EQUITY, "Portfolio value is 0", id="negative"
        ),
        pytest.param(
            {"A": "1"}, "0", targets_of({"A": "1"}), {}, Outcome.IN_BAND,
            "Portfolio is balanced - no action needed", id="balanced",
        ),
        pytest.param(
            {"A": "1"}, "5", targets_of({"A": "1"}), {}, Outcome.BELOW_MINIMUM,
            "Every trade is too small to send or has no cash to pay for it", id="below the minimum",
        ),
        pytest.param({}, "50", targets_of({"A": "1"}), {}, Outcome.TRADES, "Rebalancing executed", id="trades"),
        pytest.param(
            {"A": "9", "B": "1"}, "0", targets_of({"B": "1"}), {"buy_only": True}, Outcome.BELOW_MINIMUM,
            "Every trade is too small to send or has no cash to pay for it", id="buys only, without cash",
        ),
    ),
)  # fmt: skip
def test_named_answers(
    held: dict[str, str],
    cash: str,
    targets: tuple[Target, ...],
    policy: dict[str, Any],
    outcome: Outcome,
    message: str,
) -> None:
    book = book_of(held, {"A": "20", "B": "20"}, cash)
    plan = plan_rebalance(book, targets, SizingPolicy(**policy), correlation_id="c")
    assert (plan.outcome, plan.message) == (outcome, message)
    assert plan.trades_required is (outcome is Outcome.TRADES)


# ── whole shares ─────────────────────────────────────────────────────────────────────────────────────────


def test_whole_shares_spend_what_is_left_on_the_largest_shortfall_that_fits() -> None:
    book = book_of({}, {"SPY": "400", "QQQ": "300", "TLT": "90"}, "1000")
    plan = plan_of(book, {"SPY": "0.5", "QQQ": "0.4", "TLT": "0.1"}, rounding=Rounding.WHOLE)
    # Floors are 1, 1, 1 and leave 210: SPY and QQQ lack most but cost more, TLT takes one more.
    assert {item.symbol: item.quantity for item in orders_of(plan)} == {"SPY": D(1), "QQQ": D(1), "TLT": D(2)}
    assert plan.total_trade_value == 880
    assert plan.notes == ("whole shares: greedy, largest remaining shortfall first; 120 left in cash",)


# ── laws ─────────────────────────────────────────────────────────────────────────────────────────────────

SYMBOLS = tuple("ABCDEFGH")
PRICES = st.decimals("0.01", "5000", places=2)
UNITS = st.one_of(st.just(ZERO), st.decimals("0.000000001", "900", places=9), st.integers(1, 900).map(D))
BAND_AND_SCOPE = st.fixed_dictionaries(
    {
        "drift_threshold_pct": st.sampled_from([ZERO, D(1), D(5)]),
        "relative_threshold_pct": st.sampled_from([None, D(20)]),
        "trigger_pct": st.sampled_from([None, D(3)]),
        "scope": st.sampled_from(PlanScope),
        "cash_buffer_pct": st.sampled_from([ZERO, D(1), D("2.5")]),
        "untargeted": st.sampled_from(Untargeted),
    }
)
ANY_POLICY = st.builds(
    lambda fields, more: SizingPolicy(**fields, **more),
    BAND_AND_SCOPE,
    st.fixed_dictionaries(
        {
            "min_trade_notional": st.sampled_from([ZERO, D(10), D(250)]),
            "rounding": st.sampled_from(Rounding),
            "destination": st.sampled_from(Destination),
            "fee_rate": st.sampled_from([ZERO, D("0.001"), D("0.01")]),
            "collar_pct": st.sampled_from([ZERO, D("0.5"), D(4)]),
            "buy_only": st.booleans(),
            "raise_cash": st.sampled_from([ZERO, ZERO, D(1), D("333.33")]),
            "exit_dust": st.booleans(),
        }
    ),
)
FREE_POLICY = st.builds(
    lambda fields, least: SizingPolicy(**fields, min_trade_notional=least),
    BAND_AND_SCOPE,
    st.sampled_from([ZERO, D(10)]),
)


@st.composite
def books(draw: st.DrawFn, *, plain: bool = False) -> PlanBook:
    """A long book, some of it locked, in part another strategy's, with working orders and blocked symbols."""
    prices = {symbol: draw(PRICES) for symbol in SYMBOLS}
    units = draw(st.dictionaries(st.sampled_from(SYMBOLS), UNITS, max_size=8))
    locked = {} if plain else draw(st.dictionaries(st.sampled_from(SYMBOLS), st.decimals(0, 1, places=2), max_size=2))
    held = {symbol: HeldUnits(quantity=n, sellable=n * (1 - locked.get(symbol, ZERO))) for symbol, n in units.items()}
    cash = draw(st.decimals(0, "20000", places=2))
    outside, working, blocked = {}, {}, {}
    working_cash = ZERO
    if not plain:
        outside = {
            symbol: units[symbol] * D("0.5")
            for symbol in draw(st.sets(st.sampled_from(SYMBOLS), max_size=2)) & units.keys()
        }
        for symbol in sorted(draw(st.sets(st.sampled_from(SYMBOLS), max_size=2))):
            working[symbol] = draw(st.decimals(-1, 3, places=2)) * D("0.1")
            working_cash -= working[symbol] * prices[symbol]
        blocked = dict.fromkeys(draw(st.sets(st.sampled_from(SYMBOLS), max_size=2)), LineReason.BLOCKED_UNKNOWN)
    equity = cash + sum((n * prices[symbol] for symbol, n in units.items()), ZERO)
    return PlanBook(
        equity=equity, cash=cash, holdings=held, prices=prices, outside=outside,
        working=working, working_cash=working_cash, blocked=blocked,
    )  # fmt: skip


@st.composite
def wishes(draw: st.DrawFn) -> tuple[Target, ...]:
    """Up to eight targets and cash, of any sum; some disabled."""
    weights = draw(st.dictionaries(st.sampled_from((*SYMBOLS, "CASH")), st.integers(0, 40), min_size=1, max_size=9))
    disabled = draw(st.sets(st.sampled_from(SYMBOLS), max_size=1))
    return tuple(
        Target(symbol=symbol, weight=D(weight).scaleb(-2), enabled=symbol not in disabled)
        for symbol, weight in weights.items()
    )


def planned(book: PlanBook, targets: tuple[Target, ...], policy: SizingPolicy) -> RebalancePlan:
    assume(book.equity > policy.raise_cash + 1000 or policy.raise_cash.is_zero())
    kept = sum((held.quantity * book.prices[symbol] for symbol, held in book.holdings.items()), ZERO)
    assume(policy.raise_cash.is_zero() or book.equity - kept > policy.raise_cash)
    return plan_rebalance(book, targets, policy, correlation_id="law")


@given(book=books(), targets=wishes(), policy=ANY_POLICY)
def test_buys_never_cost_more_than_free_cash_and_surviving_sells(
    book: PlanBook, targets: tuple[Target, ...], policy: SizingPolicy
) -> None:
    plan = planned(book, targets, policy)
    if any(item.action is PlanAction.BUY for item in plan.items):
        assert cash_after_worst_fills(book, plan, policy) >= plan.cash_target


@given(book=books(), targets=wishes(), policy=ANY_POLICY)
def test_nothing_is_oversold_and_every_hold_has_its_reason(
    book: PlanBook, targets: tuple[Target, ...], policy: SizingPolicy
) -> None:
    moving = {
        LineReason.TO_TARGET, LineReason.EXIT, LineReason.FUNDS_OTHERS, LineReason.TAKES_SURPLUS,
    }  # fmt: skip
    for item in planned(book, targets, policy).items:
        held = book.holdings.get(item.symbol, HeldUnits(quantity=ZERO, sellable=ZERO))
        mine = held.quantity - book.outside.get(item.symbol, ZERO)
        assert (item.reason in moving) is (item.action is not PlanAction.HOLD)
        if item.action is PlanAction.SELL:
            assert ZERO < item.quantity <= min(held.sellable, mine)
            assert item.order_value <= -item.trade_amount
        elif item.action is PlanAction.BUY:
            assert item.quantity > ZERO
            assert item.trade_amount > ZERO
        else:
            assert (item.trade_amount, item.quantity, item.order_value, item.priority) == (ZERO, ZERO, ZERO, 0)
        assert item.symbol not in book.blocked or item.action is PlanAction.HOLD


@given(book=books(), targets=wishes(), policy=ANY_POLICY, order=st.randoms(use_true_random=False))
def test_the_order_of_the_inputs_changes_nothing(
    book: PlanBook, targets: tuple[Target, ...], policy: SizingPolicy, order: Random
) -> None:
    def shuffled(mapping: Mapping[str, T]) -> dict[str, T]:
        pairs = list(mapping.items())
        order.shuffle(pairs)
        return dict(pairs)

    other = replace(
        book, holdings=shuffled(book.holdings), prices=shuffled(book.prices), working=shuffled(book.working)
    )
    shuffled_targets = list(targets)
    order.shuffle(shuffled_targets)
    plan = planned(book, targets, policy)
    again = planned(other, tuple(shuffled_targets), policy)
    assert to_bytes(again) == to_bytes(plan)
    assert from_bytes(RebalancePlan, to_bytes(plan)) == plan


@given(book=books(plain=True), targets=wishes(), policy=FREE_POLICY)
def test_a_plan_carried_out_leaves_nothing_to_trade(
    book: PlanBook, targets: tuple[Target, ...], policy: SizingPolicy
) -> None:
    plan = plan_rebalance(book, targets, policy, correlation_id="law")
    assume(plan.trades_required)
    again = plan_rebalance(carried_out(book, plan), targets, policy, correlation_id="law")
    assert orders_of(again) == []


@given(book=books(), targets=wishes(), least=st.sampled_from([ZERO, D(10)]))
def test_a_plan_that_lacks_cash_is_a_fixed_point_too(book: PlanBook, targets: tuple[Target, ...], least: D) -> None:
    policy = SizingPolicy(min_trade_notional=least)
    plan = plan_rebalance(book, targets, policy, correlation_id="law")
    assume(plan.trades_required)
    again = plan_rebalance(carried_out(book, plan), targets, policy, correlation_id="law")
    assert orders_of(again) == []


@given(
    parts=st.lists(st.integers(1, 9), min_size=1, max_size=8),
    value=st.decimals("1", "1000000", places=2),
    policy=ANY_POLICY,
)
def test_a_book_on_target_holds_everything(parts: list[int], value: D, policy: SizingPolicy) -> None:
    weights = {symbol: D(part) * D("0.01") for symbol, part in zip(SYMBOLS, parts, strict=False)}
    cash_weight = ONE - sum(weights.values(), ZERO)
    assume(cash_weight * 100 >= policy.cash_buffer_pct and policy.raise_cash.is_zero())
    book = PlanBook(
        equity=value,
        cash=cash_weight * value,
        holdings={s: HeldUnits(quantity=w * value, sellable=w * value) for s, w in weights.items()},
        prices=dict.fromkeys(SYMBOLS, ONE),
    )
    targets = (*(Target(symbol=s, weight=w) for s, w in weights.items()), Target(symbol="CASH", weight=cash_weight))
    plan = plan_rebalance(book, targets, policy, correlation_id="law")
    assert plan.total_trade_value == ZERO
    assert {item.reason for item in plan.items} == {LineReason.ON_TARGET}
    assert plan.outcome is Outcome.IN_BAND


@given(value=st.decimals("100", "1000000", places=2), prices=st.lists(PRICES, min_size=3, max_size=3))
def test_thirds_are_bought_without_a_deficit(value: D, prices: list[D]) -> None:
    third = D("0.3333333333333333333333333333")
    book = PlanBook(equity=value, cash=value, holdings={}, prices=dict(zip("ABC", prices, strict=True)))
    targets = tuple(Target(symbol=symbol, weight=third) for symbol in "ABC")
    plan = plan_rebalance(book, targets, SizingPolicy(), correlation_id="law")
    assert len(orders_of(plan)) == 3
    spent = sum((item.trade_amount for item in plan.items), ZERO)
    assert value - D("1e-9") <= spent <= value


# ── identity ─────────────────────────────────────────────────────────────────────────────────────────────


def test_equal_numbers_give_the_same_plan_however_they_are_written() -> None:
    one = plan_of(book_of({"A": "10"}, {"A": "150", "B": "10"}, "1000"), {"A": "0.6", "B": "0.4"})
    two = plan_of(book_of({"A": "10.0"}, {"A": "150.00", "B": "1E+1"}, "1000.000"), {"A": "0.60", "B": "0.4"})
    assert to_bytes(two) == to_bytes(one)


@pytest.mark.parametrize(
    ("change", "policy"),
    (
        pytest.param({"cash": D("1000.01")}, {}, id="cash"),
        pytest.param({"prices": {"A": D("150.01"), "B": D(10)}}, {}, id="a price"),
        pytest.param({"holdings": {"A": HeldUnits(quantity=D(11), sellable=D(10))}}, {}, id="a holding"),
        pytest.param({"holdings": {"A": HeldUnits(quantity=D(10), sellable=D(9))}}, {}, id="what is locked"),
        pytest.param({"outside": {"A": ONE}}, {}, id="what is another's"),
        pytest.param({"working": {"A": ONE}}, {}, id="a working order"),
        pytest.param({"blocked": {"A": LineReason.BLOCKED_UNKNOWN}}, {}, id="a blocked symbol"),
        pytest.param({"lots": {"A": LotRules(lot=ONE)}}, {}, id="a lot"),
        pytest.param({}, {"fee_rate": D("0.001")}, id="the policy"),
    ),
)
def test_any_input_changes_the_plan_id(change: dict[str, Any], policy: dict[str, Any]) -> None:
    book, targets = book_of({"A": "10"}, {"A": "150", "B": "10"}, "1000"), targets_of({"A": "0.6", "B": "0.4"})
    assert plan_id_of(replace(book, **change), targets, SizingPolicy(**policy), None) != plan_id_of(
        book, targets, SizingPolicy(), None
    )


def test_correlation_ids_do_not_change_the_plan_id() -> None:
    book, targets = book_of({}, {"A": "1"}, "100"), targets_of({"A": "1"})
    one, two = (plan_rebalance(book, targets, SizingPolicy(), correlation_id=name) for name in ("one", "two"))
    assert (one.plan_id, one.correlation_id) == (two.plan_id, "one")
    assert (
        plan_rebalance(book, targets, SizingPolicy(), correlation_id="", portfolio_value=D(99)).plan_id != one.plan_id
    )


PROGRAM = """
from decimal import Decimal
from counterpoise.domain.numbers import exact
from counterpoise.domain.plans import SizingPolicy
from counterpoise.ledger.codec import to_bytes
from tests.planning.books import book_of, plan_of
with exact():
    held = {f"S{n}": str(n) for n in range(1, 40)}
    prices = {f"S{n}": str(100 - n) for n in range(50)}
    plan = plan_of(book_of(held, prices, "5000"), {f"S{n}": "0.0249" for n in range(10, 50)})
    print(to_bytes(plan).hex())
"""


def test_the_same_plan_comes_out_whatever_the_hash_seed() -> None:
    answers = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "4242")
    ]
    assert answers[0] == answers[1] != b""


@pytest.mark.parametrize("destination", tuple(Destination))
def test_what_stopped_short_of_its_target_is_not_planned_on_again(destination: Destination) -> None:
    book = book_of({"A": "46", "B": "21"}, {"A": "10", "B": "10"}, cash="10")
    weights = {"A": "0.1", "B": "0"}
    options = {"scope": PlanScope.DRIFTED, "destination": destination, "drift_threshold_pct": D(5)}
    plan = plan_of(book, weights, **options)
    assert orders_of(plan)
    assert orders_of(plan_of(carried_out(book, plan), weights, **options)) == []
