"""Does the library plan as the seeds' README shows it, and refuse what is no number?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError
from decimal import Decimal
from typing import Any

import pytest

from counterpoise.domain.errors import PortfolioError
from counterpoise.domain.plans import Outcome, PlanAction, SizingPolicy, Untargeted
from counterpoise.library.planner import (
    Holdings,
    PortfolioService,
    StrategyAllocation,
    merge_allocations,
    plan_from_json,
    plan_to_json,
)
from counterpoise.planning.targets import HeldUnits

D = Decimal
CASH_ONLY: dict[str, Any] = {"positions": {}, "prices": {"SPY": "400", "QQQ": "300"}, "cash": "10000"}
SIXTY_FORTY = StrategyAllocation(
    target_weights={"SPY": D("0.6"), "QQQ": D("0.4")}, portfolio_value=None, correlation_id="strategy-123"
)


class Account:
    """A source with a method, as a program would write it."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def holdings(self) -> object:
        return self.answer


class Broker:
    """What may not be passed: its answer has to be awaited."""

    async def holdings(self) -> Holdings:
        return Holdings({}, {}, 0)


@pytest.mark.parametrize(
    "source",
    (
        pytest.param(CASH_ONLY, id="a dict"),
        pytest.param(Holdings({}, {"SPY": 400, "QQQ": D(300)}, 10000), id="a Holdings"),
        pytest.param(Account(CASH_ONLY), id="an object that answers a dict"),
        pytest.param(
            Account(Holdings({}, {" spy": 400, "qqq ": 300}, "10000.00")), id="an object that answers Holdings"
        ),
    ),
)
def test_the_example_of_the_readme(source: Any) -> None:  # noqa: ANN401 - any of three kinds, or none of them
    plan = PortfolioService(source).create_rebalance_plan(SIXTY_FORTY, "rebalance-456")
    assert [(item.symbol, item.action, item.trade_amount) for item in plan.items] == [
        ("SPY", PlanAction.BUY, D(6000)),
        ("QQQ", PlanAction.BUY, D(4000)),
    ]
    assert (plan.correlation_id, plan.causation_id) == ("rebalance-456", "strategy-123")
    assert plan.trades_required
    assert plan.metadata["strategy_attribution"] == {"QQQ": {"default": D(1)}, "SPY": {"default": D(1)}}
    assert plan_from_json(plan_to_json(plan)) == plan
    assert plan_to_json(plan_from_json(plan_to_json(plan))) == plan_to_json(plan)


def test_symbols_are_one_however_they_are_typed() -> None:
    service = PortfolioService({"positions": {"aapl": "10"}, "prices": {"AAPL": "100"}, "cash": "0"})
    plan = service.create_rebalance_plan(StrategyAllocation(target_weights={" Aapl ": D(1)}), "c")
    assert (plan.outcome, [item.symbol for item in plan.items]) == (Outcome.IN_BAND, ["AAPL"])


@pytest.mark.parametrize(
    ("make", "field"),
    (
        pytest.param(lambda: StrategyAllocation(target_weights={"A": 0.5}), "target_weights[A]", id="a float"),  # type: ignore[dict-item]
        pytest.param(lambda: StrategyAllocation(target_weights={"A": True}), "target_weights[A]", id="a bool"),  # type: ignore[dict-item]
        pytest.param(lambda: StrategyAllocation(target_weights={"A": D("NaN")}), "target_weights[A]", id="NaN"),
        pytest.param(lambda: StrategyAllocation(target_weights={"A": D("-0.1")}), "target_weights[A]", id="below 0"),
        pytest.param(lambda: StrategyAllocation(target_weights={"A": D("1.001")}), "target_weights[A]", id="above 1"),
        pytest.param(
            lambda: StrategyAllocation(target_weights={"A": D("0.6"), "B": D("0.411")}), "target_weights", id="1.011"
        ),
        pytest.param(
            lambda: StrategyAllocation(target_weights={"A": D("0.5"), "a ": D("0.5")}), "target_weights", id="twice"
        ),
        pytest.param(lambda: StrategyAllocation(target_weights={"A B": D(1)}), "target_weights", id="no symbol"),
        pytest.param(
            lambda: StrategyAllocation(target_weights={"A": D(1)}, attribution={"A": {"m": D("0.6"), "r": D("0.3")}}),
            "attribution[A]",
            id="fractions that do not sum to 1",
        ),
        pytest.param(lambda: Holdings({"A": 1.5}, {}, 0), "positions[A]", id="a float quantity"),  # type: ignore[dict-item]
        pytest.param(lambda: Holdings({"A": 1, "a": 2}, {}, 0), "positions", id="a position twice"),
        pytest.param(lambda: Holdings({"CASH": 1}, {}, 0), "positions", id="cash among the positions"),
        pytest.param(lambda: Holdings({}, {"A": "1e5"}, 0), "prices[A]", id="no plain notation"),
        pytest.param(lambda: Holdings({}, {}, D("Infinity")), "cash", id="infinite cash"),
    ),
)
def test_what_is_no_number_is_refused_with_its_field(make: Callable[[], object], field: str) -> None:
    with pytest.raises(PortfolioError) as caught:
        make()
    assert caught.value.context["field"] == field
    assert {"module", "operation", "correlation_id"} <= set(caught.value.context)


@pytest.mark.parametrize(
    ("weight", "is_planned"),
    (
        pytest.param("0.99", True, id="0.99"),
        pytest.param("0.9899", False, id="below"),
        pytest.param("1", True, id="1"),
    ),
)
def test_a_planned_allocation_sums_to_one_or_so(*, weight: str, is_planned: bool) -> None:
    allocation = StrategyAllocation(target_weights={"SPY": D(weight)})
    service = PortfolioService(CASH_ONLY)
    if is_planned:
        plan = service.create_rebalance_plan(allocation, "c")
        assert plan.total_trade_value == D(weight) * 10000
        return
    with pytest.raises(PortfolioError, match=r"0\.9899"):
        service.create_rebalance_plan(allocation, "c")


def test_a_held_symbol_without_a_price_is_named() -> None:
    service = PortfolioService({"positions": {"A": 1, "B": 2, "C": 0}, "prices": {"D": 1}, "cash": 5})
    with pytest.raises(PortfolioError, match="A, B") as caught:
        service.create_rebalance_plan(StrategyAllocation(target_weights={"D": D(1)}), "run-7")
    assert caught.value.context == {
        "module": "planner",
        "operation": "create_rebalance_plan",
        "correlation_id": "run-7",
        "symbols": "A, B",
    }


def test_a_kept_holding_may_lack_its_price() -> None:
    service = PortfolioService({"positions": {"A": 1}, "prices": {"D": 1}, "cash": 50})
    policy = SizingPolicy(untargeted=Untargeted.KEEP)
    plan = service.create_rebalance_plan(StrategyAllocation(target_weights={"D": D(1)}), "c", policy=policy)
    assert plan.total_trade_value == 50


def test_the_override_is_bounded_by_equity_and_the_error_names_both() -> None:
    allocation = StrategyAllocation(target_weights={"SPY": D(1)}, portfolio_value=D("10000.01"))
    with pytest.raises(PortfolioError, match=r"10000\.01 .* 10000 ") as caught:
        PortfolioService(CASH_ONLY).create_rebalance_plan(allocation, "run-8")
    assert caught.value.context["correlation_id"] == "run-8"


def test_the_override_sets_the_value_that_weights_apply_to() -> None:
    allocation = StrategyAllocation(target_weights={"SPY": D("0.6"), "QQQ": D("0.4")}, portfolio_value=D(5000))
    plan = PortfolioService(CASH_ONLY).create_rebalance_plan(allocation, "c")
    assert [item.trade_amount for item in plan.items] == [D(3000), D(2000)]


@pytest.mark.parametrize(
    "source",
    (
        pytest.param(Broker(), id="a broker"),
        pytest.param(object(), id="anything else"),
        pytest.param({"positions": {}, "cash": 1}, id="a dict that lacks prices"),
        pytest.param(Account([1]), id="an object that answers something else"),
    ),
)
def test_a_source_of_another_kind_is_refused(source: Any) -> None:  # noqa: ANN401 - any of three kinds, or none of them
    with pytest.raises(PortfolioError, match="source"):
        PortfolioService(source).create_rebalance_plan(SIXTY_FORTY, "c")


def test_values_are_frozen_all_the_way_down() -> None:
    weights = {"SPY": D(1)}
    allocation = StrategyAllocation(target_weights=weights)
    weights["SPY"] = D(0)
    assert allocation.target_weights == {"SPY": D(1)}
    with pytest.raises(FrozenInstanceError):
        allocation.strategy = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        allocation.target_weights["SPY"] = D(0)  # type: ignore[index]


def test_locked_units_are_not_sold() -> None:
    positions = {"SPY": HeldUnits(quantity=D(10), sellable=D(4))}
    service = PortfolioService(Holdings(positions, {"SPY": 400, "QQQ": 300}, 0))
    plan = service.create_rebalance_plan(StrategyAllocation(target_weights={"QQQ": D(1)}), "c")
    assert {item.symbol: item.trade_amount for item in plan.items} == {"SPY": D(-1600), "QQQ": D(1600)}


# ── several strategies ───────────────────────────────────────────────────────────────────────────────────

MOMENTUM = StrategyAllocation(
    target_weights={"AAPL": D("0.3"), "SPY": D("0.2")}, strategy="momentum", correlation_id="m-1"
)
REVERSION = StrategyAllocation(target_weights={"AAPL": D("0.2"), "QQQ": D("0.3")}, strategy="mean_reversion")


def test_merged_weights_remember_who_asked() -> None:
    merged = merge_allocations([MOMENTUM, REVERSION])
    assert merged == merge_allocations([REVERSION, MOMENTUM])
    assert (merged.strategy, merged.correlation_id) == ("mean_reversion+momentum", "m-1")
    assert merged.target_weights == {"AAPL": D("0.5"), "QQQ": D("0.3"), "SPY": D("0.2")}
    source = {"positions": {}, "prices": {"AAPL": 1, "QQQ": 1, "SPY": 1}, "cash": 1000}
    plan = PortfolioService(source).create_rebalance_plan(merged, "c")
    assert plan.metadata["strategy_attribution"] == {
        "AAPL": {"mean_reversion": D("0.4"), "momentum": D("0.6")},
        "QQQ": {"mean_reversion": D(1)},
        "SPY": {"momentum": D(1)},
    }
    assert plan_from_json(plan_to_json(plan)) == plan


def test_attribution_may_be_given_as_fractions() -> None:
    stated: dict[str, dict[str, Any]] = {"spy": {"momentum_strategy": "0.6", "mean_reversion_strategy": D("0.4")}}
    allocation = StrategyAllocation(target_weights={"SPY": D(1)}, attribution=stated)
    plan = PortfolioService(CASH_ONLY).create_rebalance_plan(allocation, "c")
    assert plan.metadata["strategy_attribution"] == {
        "SPY": {"mean_reversion_strategy": D("0.4"), "momentum_strategy": D("0.6")}
    }


@pytest.mark.parametrize(
    ("parts", "named"),
    (
        pytest.param([MOMENTUM, MOMENTUM], "allocations", id="one strategy twice"),
        pytest.param([], "allocations", id="none"),
        pytest.param([MOMENTUM], "target_weights", id="a sum of a half"),
        pytest.param([SIXTY_FORTY, MOMENTUM], "target_weights", id="a sum of one and a half"),
        pytest.param(
            [MOMENTUM, StrategyAllocation(target_weights={"QQQ": D("0.5")}, strategy="x", portfolio_value=D(5))],
            "portfolio_value",
            id="different values",
        ),
    ),
)
def test_what_cannot_be_merged_is_refused(parts: list[StrategyAllocation], named: str) -> None:
    with pytest.raises(PortfolioError) as caught:
        merge_allocations(parts)
    assert caught.value.context["field"] == named


def test_text_that_is_no_plan_is_refused() -> None:
    with pytest.raises(PortfolioError) as caught:
        plan_from_json('{"plan_id": 7}')
    assert caught.value.context["operation"] == "plan_from_json"
