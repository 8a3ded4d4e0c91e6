"""When does a drift become a plan, and when is there none?"""

from __future__ import annotations

from datetime import timedelta

import pytest

from counterpoise.control.decision import Answer
from counterpoise.domain.decisions import TradingState
from counterpoise.domain.facts import PlanProposed
from counterpoise.domain.plans import Outcome, PlanScope, RebalancePlan, SizingPolicy, Untargeted
from counterpoise.domain.statements import Break, BreakKind
from tests.control.making import (
    CORE,
    START,
    D,
    Desk,
    book,
    candidate,
    change_state,
    differ,
    enable,
    judge,
    rebalance,
    targets,
    venue_fill,
)


def ready(policy: SizingPolicy | None = None, **weights: str) -> Desk:
    """6000 in SPY, 4000 in cash, SPY and TLT targeted; SPY belongs to the allocation."""
    desk = Desk("SPY", "TLT")
    desk.observe(SPY="100", TLT="50")
    desk.tell(targets(policy=policy, **(weights or {"SPY": "0.6", "TLT": "0.4"})))
    return desk


def fill_all(desk: Desk, since: int = 0) -> None:
    for number, approved in enumerate(desk.sends()[since:], since + 1):
        intent = approved.intent
        desk.tell(
            book(
                venue_fill(
                    intent.symbol,
                    str(intent.side),
                    str(intent.quantity),
                    str(intent.mark),
                    order=intent.client_order_id,
                    number=number,
                )
            )
        )


def test_a_drift_is_planned_and_begun_in_one_decision() -> None:
    desk = ready()
    before = len(desk.facts)
    answer = desk.tell(rebalance())
    assert answer.outcome == Outcome.TRADES
    assert isinstance(answer.detail, RebalancePlan)
    assert desk.kinds(before) == [
        "MarksRecorded",
        "ModeChanged",
        "PlanProposed",
        "RunStarted",
        "LinesJudged",
        "OrderIntended",
        "OrderIntended",
    ]
    proposed = desk.bodies("PlanProposed")[0]
    assert isinstance(proposed, PlanProposed)
    assert (proposed.marks_ref, proposed.limits_ref) == ("MarksRecorded:slot/1:0", "LimitsSet:open:0")
    assert proposed.strategy == CORE


def test_within_the_band_nothing_is_recorded() -> None:
    desk = ready(SizingPolicy(drift_threshold_pct=D(5)))
    desk.tell(rebalance())
    fill_all(desk)
    desk.observe(START + timedelta(days=1), SPY="105")
    before = len(desk.facts)
    answer = desk.tell(rebalance("slot/2"))
    assert answer.outcome == Outcome.IN_BAND
    assert desk.kinds(before) == []


def test_a_slot_fires_once_also_after_its_run_has_ended() -> None:
    desk = ready()
    desk.tell(rebalance())
    fill_all(desk)
    assert desk.state.state.runs == {}
    desk.observe(START + timedelta(days=1), SPY="150")
    before = len(desk.facts)
    assert desk.tell(rebalance()).outcome == "duplicate"
    assert desk.kinds(before) == []
    assert desk.tell(rebalance("slot/2")).outcome == Outcome.TRADES


def answered(desk: Desk) -> tuple[Answer, list[str]]:
    before = len(desk.facts)
    answer = desk.tell(rebalance("slot/9"))
    return answer, desk.kinds(before)


def test_without_targets_there_is_nothing_to_do() -> None:
    answer, kinds = answered(Desk("SPY"))
    assert (answer.outcome, answer.message, kinds) == (Outcome.NO_TARGETS, "No target allocations configured", [])


def test_a_halted_account_plans_nothing() -> None:
    desk = ready()
    desk.tell(change_state(TradingState.HALTED))
    answer, kinds = answered(desk)
    assert (answer.outcome, answer.message, kinds) == (Outcome.BLOCKED, "Trading is halted", [])


def test_one_rebalance_is_under_way_at_a_time() -> None:
    desk = ready()
    desk.tell(rebalance(market_open=False))
    answer, kinds = answered(desk)
    assert (answer.outcome, answer.message, kinds) == (Outcome.BLOCKED, "A rebalance is under way", [])


def test_a_plan_that_only_buys_is_not_begun_while_only_reductions_may_be_sent() -> None:
    desk = ready()
    desk.tell(change_state(TradingState.REDUCING))
    answer, kinds = answered(desk)
    assert answer.outcome == Outcome.BLOCKED
    assert "REDUCING_ONLY" in answer.message
    assert "PlanProposed" not in kinds
    assert desk.sends() == []


def test_a_plan_of_which_nothing_is_large_enough_is_answered_and_not_begun() -> None:
    desk = ready(SizingPolicy(min_trade_notional=D(1_000_000)))
    answer, kinds = answered(desk)
    assert answer.outcome == Outcome.BELOW_MINIMUM
    assert "PlanProposed" not in kinds
    assert desk.state.state.runs == {}


def test_while_the_market_is_closed_the_run_waits_and_nothing_is_judged() -> None:
    desk = ready()
    before = len(desk.facts)
    assert desk.tell(rebalance(market_open=False)).outcome == Outcome.TRADES
    assert desk.kinds(before) == ["MarksRecorded", "ModeChanged", "PlanProposed", "RunStarted"]
    assert desk.sends() == []
    assert len(desk.state.state.runs) == 1


@pytest.mark.parametrize("weight", ("0.6", "0.3"))
def test_the_same_book_gives_the_same_plan(weight: str) -> None:
    plans = []
    for _ in range(2):
        desk = ready(SPY=weight)
        answer = desk.tell(rebalance())
        assert isinstance(answer.detail, RebalancePlan)
        plans.append(answer.detail)
    assert plans[0] == plans[1]
    assert len(plans[0].plan_id) == 64


def drifted(broken: str) -> Desk:
    """SPY 44 % in its band, TLT 30 % ten points below its target, 26 % in cash; `broken` differs from the venue."""
    policy = SizingPolicy(drift_threshold_pct=D(5), scope=PlanScope.DRIFTED, untargeted=Untargeted.KEEP)
    desk = Desk("SPY", "TLT")
    desk.observe(SPY="100", TLT="50")
    desk.tell(targets(SPY="0.44", TLT="0.30"))
    desk.tell(rebalance("slot/0"))
    fill_all(desk)
    desk.tell(targets(cause="targets/2", policy=policy, SPY="0.40", TLT="0.40", CASH="0.20"))
    found = Break(kind=BreakKind.POSITION, subject=broken, ours=D(1), theirs=D(2), detail="ledger 1, venue 2")
    desk.tell(differ(found))
    return desk


def test_nothing_is_sold_to_pay_for_a_purchase_that_the_gate_denies() -> None:
    desk = drifted("TLT")
    before = len(desk.facts)
    answer = desk.tell(rebalance("slot/1"))
    assert (answer.outcome, desk.kinds(before)[1:]) == (Outcome.BLOCKED, [])
    assert answer.message.endswith("BREAK_OPEN")


def test_the_same_sale_pays_for_a_purchase_that_passes() -> None:
    desk = drifted("GLD")
    sent = len(desk.sends())
    assert desk.tell(rebalance("slot/1")).outcome == Outcome.TRADES
    assert [(item.intent.side, item.intent.symbol) for item in desk.sends()[sent:]] == [("SELL", "SPY")]


def test_cash_below_its_target_is_filled_by_sales_alone() -> None:
    """A bot has spent cash beside the allocation: nothing is bought, and the sales pay for nobody but the cash."""
    desk = Desk("GLD", "SPY", "TLT")
    desk.observe(GLD="10", SPY="100", TLT="50")
    policy = SizingPolicy(drift_threshold_pct=D(5), scope=PlanScope.DRIFTED, untargeted=Untargeted.KEEP)
    desk.tell(targets(policy=policy, SPY="0.40", TLT="0.30", CASH="0.30"))
    desk.tell(rebalance("slot/0"))
    fill_all(desk)
    desk.tell(enable())
    desk.tell(judge(candidate("GLD", "200")))
    fill_all(desk, len(desk.sends()) - 1)
    sent = len(desk.sends())
    assert desk.tell(rebalance("slot/1")).outcome == Outcome.TRADES
    assert {item.intent.side for item in desk.sends()[sent:]} == {"SELL"}
