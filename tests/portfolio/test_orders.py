"""Do orders and runs live as the facts say, and leave when nobody needs them?"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.decisions import CandidateTrade, Reason, RiskMode, TradingState, Verdict
from counterpoise.domain.errors import IllegalTransition, InvalidFact
from counterpoise.domain.facts import (
    Body,
    CancelRequested,
    CandidateJudged,
    Deposit,
    LinesJudged,
    OrderAcknowledged,
    OrderCancelled,
    OrderExpired,
    OrderRejected,
    OrderUnknown,
    PlanProposed,
    RunEnded,
    RunStarted,
)
from counterpoise.domain.facts.control import RunKind, RunOutcome
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.orders import OrderStatus, Side
from counterpoise.domain.plans import LineReason, Outcome, PlanAction, PlanItem, RebalancePlan
from counterpoise.portfolio.orders import open_orders
from tests.portfolio.making import D, Story, intent

RUN = "r" * 64


def story() -> Story:
    made = Story(AccountKind.CASH, "BTC", "ETH")
    made.tell(Deposit(amount=D(10000), asset="USD"))
    return made


def start(made: Story, run: str = RUN, decision: str = "d") -> None:
    made.tell(RunStarted(run_id=run, kind=RunKind.REBALANCE, decision=decision))


def end(made: Story, run: str = RUN) -> None:
    made.tell(RunEnded(run_id=run, outcome=RunOutcome.COMPLETED))


@pytest.mark.parametrize(
    ("answers", "status"),
    (
        pytest.param([], OrderStatus.INTENDED, id="intended"),
        pytest.param([OrderAcknowledged(client_order_id="o", venue_order_id="v")], OrderStatus.ACCEPTED, id="accepted"),
        pytest.param(
            [OrderUnknown(client_order_id="o", detail="timeout")], OrderStatus.UNKNOWN, id="unknown holds room"
        ),
    ),
)
def test_an_order_holds_room_until_it_is_terminal(answers: list[Body], status: OrderStatus) -> None:
    made = story()
    made.intend(intent("o", "BUY", "BTC", "2"))
    for answer in answers:
        made.tell(answer)
    (order,) = open_orders(made.book.state)

    assert (order.status, order.remaining) == (status, D(2))


@pytest.mark.parametrize(
    ("answer", "status"),
    (
        pytest.param(OrderRejected(client_order_id="o", reason="no"), OrderStatus.REJECTED, id="rejected"),
        pytest.param(OrderCancelled(client_order_id="o"), OrderStatus.CANCELED, id="canceled"),
        pytest.param(OrderExpired(client_order_id="o"), OrderStatus.EXPIRED, id="expired"),
    ),
)
def test_a_terminal_order_frees_its_room_and_stays_until_its_run_has_ended(answer: Body, status: OrderStatus) -> None:
    made = story()
    start(made)
    made.intend(intent("o", "BUY", "BTC", "2", run=RUN, line=3))
    made.tell(answer)
    state = made.book.state

    assert open_orders(state) == ()
    assert (state.orders["o"].status, state.orders["o"].remaining) == (status, ZERO)
    assert state.runs[RUN].released == {3: "o"}
    end(made)
    assert (state.orders, state.runs) == ({}, {})


def test_an_order_that_outlives_its_run_leaves_when_it_is_terminal() -> None:
    made = story()
    start(made)
    made.intend(intent("o", "BUY", "BTC", "2", run=RUN))
    end(made)
    assert len(open_orders(made.book.state)) == 1
    made.fill("BUY", "BTC", "2", "100", order="o")

    assert made.book.state.orders == {}


def test_fills_add_up_to_a_filled_order() -> None:
    made = story()
    start(made)
    made.intend(intent("o", "BUY", "BTC", "2", run=RUN))
    made.tell(OrderAcknowledged(client_order_id="o", venue_order_id="v"))
    made.fill("BUY", "BTC", "0.5", "100", fee="0.1", order="o")
    order = made.book.state.orders["o"]
    assert (order.status, order.remaining) == (OrderStatus.PARTIALLY_FILLED, D("1.5"))
    made.fill("BUY", "BTC", "1.5", "101", fee="0.2", order="o")

    assert (order.status, order.filled, order.fills) == (OrderStatus.FILLED, D(2), 2)
    assert order.venue_order_id == "v"


def test_a_cancel_request_is_remembered() -> None:
    made = story()
    made.intend(intent("o", "BUY", "BTC", "2"))
    made.tell(CancelRequested(client_order_id="o", reason="run over"))

    assert made.book.state.orders["o"].cancel_requested


def test_the_same_order_is_intended_again_after_a_look_up_and_never_by_an_earlier_writer() -> None:
    made = story()
    order = intent("o", "BUY", "BTC", "2")
    made.intend(order, epoch=2)
    made.tell(OrderUnknown(client_order_id="o", detail="timeout"))
    with pytest.raises(InvalidFact, match="client_order_id"):
        made.intend(order, epoch=1)
    with pytest.raises(InvalidFact, match="client_order_id"):
        made.intend(intent("o", "BUY", "BTC", "3"), epoch=3)
    made.intend(order, epoch=2)
    made.intend(order, epoch=3)
    state = made.book.state.orders["o"]

    assert (state.status, state.epoch, state.intents) == (OrderStatus.INTENDED, 3, 3)


def test_an_answered_order_is_never_intended_again() -> None:
    made = story()
    order = intent("o", "BUY", "BTC", "2")
    made.intend(order)
    made.tell(OrderAcknowledged(client_order_id="o", venue_order_id="v"))

    with pytest.raises(IllegalTransition):
        made.intend(order, epoch=2)


@pytest.mark.parametrize(
    "body",
    (
        pytest.param(OrderAcknowledged(client_order_id="no", venue_order_id="v"), id="answer"),
        pytest.param(CancelRequested(client_order_id="no", reason="x"), id="cancel request"),
        pytest.param(RunEnded(run_id="no", outcome=RunOutcome.FAILED), id="end of a run"),
    ),
)
def test_news_of_what_is_not_there_is_refused(body: Body) -> None:
    with pytest.raises(InvalidFact):
        story().tell(body)


def test_an_order_of_an_undefined_instrument_is_refused() -> None:
    with pytest.raises(InvalidFact, match=r"intent\.instrument"):
        story().intend(intent("o", "BUY", "XRP", "1"))


def line(symbol: str, action: PlanAction, priority: int) -> PlanItem:
    return PlanItem(
        symbol=symbol,
        current_weight=ZERO,
        target_weight=ZERO,
        drift=ZERO,
        current_value=ZERO,
        target_value=ZERO,
        trade_amount=ZERO,
        quantity=D(1),
        order_value=ZERO,
        price=D(1),
        action=action,
        reason=LineReason.TO_TARGET,
        priority=priority,
    )


def test_a_run_has_the_lines_of_its_plan_in_sending_order() -> None:
    made = story()
    sell, buy = line("ETH", PlanAction.SELL, 1), line("BTC", PlanAction.BUY, 2)
    plan = RebalancePlan(
        plan_id="p",
        correlation_id="c",
        outcome=Outcome.TRADES,
        message="",
        items=(buy, line("XRP", PlanAction.HOLD, 0), sell),
        total_portfolio_value=ZERO,
        investable_value=ZERO,
        total_trade_value=ZERO,
        cash_target=D(70),
    )
    made.tell(PlanProposed(run_id=RUN, strategy="core", marks_ref="", limits_ref="", plan=plan), name="plan")
    start(made, decision="plan")
    run = made.book.state.runs[RUN]

    assert (run.lines, run.strategy, run.cash_target) == ((sell, buy), "core", D(70))
    assert made.book.state.proposed is None
    assert made.book.state.acts["run:REBALANCE"] == RUN
    with pytest.raises(InvalidFact, match="not under way"):
        start(made)


def verdict(index: int, *reasons: Reason) -> Verdict:
    return Verdict(
        index=index,
        symbol="BTC",
        action=Side.SELL,
        allowed=not reasons,
        reasons=reasons,
        priority_score=ZERO,
        recommended_size=ZERO,
    )


def test_a_run_remembers_what_was_judged_at_sending_and_what_was_held_back() -> None:
    made = story()
    judged = LinesJudged(
        run_id=RUN,
        side=Side.SELL,
        limits_ref="",
        equity=ZERO,
        free_cash=ZERO,
        verdicts=(verdict(1), verdict(2, Reason.UNPRICED, Reason.BREAK_OPEN)),
        adjustments=("line 2 is held back",),
    )
    with pytest.raises(InvalidFact, match="run_id"):
        made.tell(judged)
    start(made)
    made.tell(judged)
    made.tell(replace(judged, side=Side.BUY, verdicts=(), adjustments=()))
    run = made.book.state.runs[RUN]

    assert (run.judged, run.denied) == (("SELL", "BUY"), {2: "UNPRICED"})
    assert run.adjustments == ("line 2 is held back",)


def test_a_run_of_candidates_has_the_strategy_that_was_judged() -> None:
    made = story()
    judged = CandidateJudged(
        marks_ref="",
        limits_ref="",
        equity=ZERO,
        used_margin=ZERO,
        free_margin=ZERO,
        mode=RiskMode.NEUTRAL,
        trading_state=TradingState.ACTIVE,
        candidates=(CandidateTrade(symbol="BTC", action=Side.BUY, confidence=D(1), strategy="trend"),),
        verdicts=(),
    )
    fact = made.tell(judged, name="judged")
    made.tell(RunStarted(run_id=RUN, kind=RunKind.CANDIDATES, decision="judged"))

    assert made.book.state.runs[RUN].strategy == "trend"
    assert made.book.state.acts["judged:trend"] == fact.correlation_id


def test_a_run_without_a_plan_of_its_own_has_no_lines() -> None:
    made = story()
    start(made)

    assert made.book.state.runs[RUN].lines == ()


@pytest.mark.parametrize(
    ("ending", "trades"),
    (
        pytest.param(None, 0, id="while it works"),
        pytest.param(OrderCancelled(client_order_id="o"), 1, id="when it is canceled after a part"),
    ),
)
def test_a_reducing_order_is_one_closed_trade_when_it_has_ended(ending: Body | None, trades: int) -> None:
    made = story()
    made.fill("BUY", "BTC", "4", "100")
    made.intend(intent("o", "SELL", "BTC", "3"))
    made.fill("SELL", "BTC", "1", "110", order="o")
    made.fill("SELL", "BTC", "1", "90", fee="1", order="o")
    if ending is not None:
        made.tell(ending)
    results = made.book.state.results

    assert results.wins + results.losses == trades
    assert results.worst_trade == (D(-1) if trades else None)


def test_a_fill_that_crossed_the_cancel_is_a_trade_of_its_own() -> None:
    made = story()
    made.fill("BUY", "BTC", "4", "100")
    start(made)
    made.intend(intent("o", "SELL", "BTC", "3", run=RUN))
    made.fill("SELL", "BTC", "1", "90", order="o")
    made.tell(OrderCancelled(client_order_id="o"))
    made.fill("SELL", "BTC", "1", "120", order="o")
    results = made.book.state.results

    assert (results.wins, results.losses, results.won, results.lost) == (1, 1, D(20), D(10))
    assert made.book.state.orders["o"].status is OrderStatus.CANCELED


def test_stated_risk_comes_with_the_fills_of_an_order_and_leaves_with_the_units() -> None:
    made = story()
    made.intend(intent("o", "BUY", "BTC", "4", risk="80"))
    made.fill("BUY", "BTC", "2", "100", order="o")
    holding = made.book.state.holdings["paper:BTC:1"]
    assert holding.risk_amount == D(40)
    made.fill("SELL", "BTC", "0.5", "100")

    assert holding.risk_amount == Decimal(30)
