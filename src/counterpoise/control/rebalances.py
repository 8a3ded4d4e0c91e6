"""When an allocation has drifted, which plan follows, and may it be carried out?"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from counterpoise.control.commands import AdvanceRun, ProposePlan, Reassess, Rebalance
from counterpoise.control.confirmed import is_confirmed
from counterpoise.control.decision import DUPLICATE, UNCONFIRMED, Answer, Decision, Draft
from counterpoise.control.gate_book import after_sales, gate_book
from counterpoise.control.plan_book import plan_book
from counterpoise.control.runs import free_cash, judge_lines
from counterpoise.control.state import ControlState
from counterpoise.domain.decisions import TradingState, Verdict
from counterpoise.domain.facts import MarkReason, MarksRecorded, PlanProposed, RunStarted
from counterpoise.domain.facts.control import RunKind
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.orders import Side
from counterpoise.domain.plans import LineReason, Outcome, PlanAction, RebalancePlan
from counterpoise.execution.run import SizedLine, run_id_of
from counterpoise.planning.drift import drift
from counterpoise.planning.rebalance import plan_rebalance
from counterpoise.portfolio.state import RunState


def rebalance(state: ControlState, command: Rebalance, now: datetime) -> Decision:
    """Look at the drift on live marks; only when a band is left are marks recorded and a plan made."""
    account = state.state
    if account.acts.get(f"run:{RunKind.REBALANCE}") == run_id_of(state.account, command.cause):
        return Decision(answer=DUPLICATE)
    wanted = account.targets.get(command.strategy)
    if wanted is None:
        return Decision(answer=Answer(outcome=Outcome.NO_TARGETS, message="No target allocations configured"))
    if why := _blocked(state, command):
        return Decision(answer=Answer(outcome=Outcome.BLOCKED, message=why))
    seen = plan_book(state, command.strategy, state.live_marks, state.live, command.at)
    report = drift(seen, wanted.targets, wanted.policy)
    if not report.needs_rebalance:
        return Decision(answer=Answer(outcome=report.outcome, message="", detail=report))
    if command.may_ask_venue and not is_confirmed(state, command.at):
        return Decision(answer=UNCONFIRMED)
    draft = Draft(state, command, now)
    marks = state.unrecorded_marks()
    if marks:
        draft.add(MarksRecorded(reason=MarkReason.DECISION, marks=marks))
    # What the new marks do to mode and ladder comes first: the plan is made under it.
    moved = Reassess(actor=command.actor, at=command.at, cause=f"{command.cause}/reassess")
    follow_up = ProposePlan(
        actor=command.actor,
        at=command.at,
        cause=command.cause,
        strategy=command.strategy,
        market_open=command.market_open,
    )
    return draft.decided(Answer(outcome="drifted", detail=report), *((moved,) if marks else ()), follow_up)


def _blocked(state: ControlState, command: Rebalance) -> str:
    """Why no rebalance may begin now, or nothing."""
    account = state.state
    if not account.enabled.get(command.strategy, True):
        return f"Strategy {command.strategy} is disabled"
    if account.trading_state is TradingState.HALTED:
        return "Trading is halted"
    under_way = any(run.kind is RunKind.REBALANCE for run in account.runs.values())
    return "A rebalance is under way" if under_way else ""


def propose_plan(state: ControlState, command: ProposePlan, now: datetime) -> Decision:
    """Plan on the recorded marks; a plan of which nothing may be sent is answered and not begun."""
    account = state.state
    wanted = account.targets[command.strategy]
    plan = plan_rebalance(
        plan_book(state, command.strategy, account.marks, state.book.valuation, command.at),
        wanted.targets,
        wanted.policy,
        correlation_id=command.cause,
    )
    if not plan.trades_required:
        return Decision(answer=Answer(outcome=plan.outcome, message=plan.message, detail=plan))
    run_id = run_id_of(state.account, command.cause)
    denied = _denied(state, command, plan, run_id)
    if not _does_something(plan, denied, free_cash(state)):
        # A run that only denies, or only sells to pay for what is denied, helps nobody, day after day.
        reasons = ", ".join(sorted({str(verdict.reason) for verdict in denied}))
        message = f"The gate would let nothing of this plan come about: {reasons}"
        return Decision(answer=Answer(outcome=Outcome.BLOCKED, message=message, detail=plan))
    draft = Draft(state, command, now)
    proposed = draft.add(
        PlanProposed(
            run_id=run_id,
            strategy=command.strategy,
            marks_ref=account.marks_ref,
            limits_ref=account.limits_ref,
            plan=plan,
            denied=denied,
        ),
        correlation_id=run_id,
    )
    draft.add(
        RunStarted(run_id=run_id, kind=RunKind.REBALANCE, decision=proposed.fact_id),
        ordinal=run_id,
        correlation_id=run_id,
    )
    answer = Answer(outcome=plan.outcome, message=plan.message, detail=plan)
    if not command.market_open:
        return draft.decided(answer)
    return draft.decided(answer, AdvanceRun(actor=command.actor, at=command.at, cause=command.cause, run_id=run_id))


def _denied(state: ControlState, command: ProposePlan, plan: RebalancePlan, run_id: str) -> tuple[Verdict, ...]:
    """Lines that the gate would hold back: sales as things stand, purchases on the book after the sales."""
    run = RunState(
        run_id=run_id,
        kind=RunKind.REBALANCE,
        decision="",
        strategy=command.strategy,
        started_at=command.at,
        lines=plan.items,
    )
    sales, purchases = _lines(plan, PlanAction.SELL), _lines(plan, PlanAction.BUY)
    sold, _ = judge_lines(state, command.at, run, Side.SELL, sales, swap=True)
    passing = {verdict.index for verdict in sold if verdict.allowed}
    leaving = [line.item for line in sales if line.item.priority in passing]
    swap = _value(purchases) <= sum((item.order_value for item in leaving), ZERO)
    after = after_sales(gate_book(state, command.at), leaving)
    bought, _ = judge_lines(state, command.at, run, Side.BUY, purchases, swap=swap, book=after)
    return tuple(verdict for verdict in (*sold, *bought) if not verdict.allowed)


def _does_something(plan: RebalancePlan, denied: tuple[Verdict, ...], cash: Decimal) -> bool:
    """Whether a line passes that is no mere funding of others; cash below its target is funded for its own sake."""
    held_back = {verdict.index for verdict in denied}
    passing = [item for item in plan.items if item.action is not PlanAction.HOLD and item.priority not in held_back]
    return any(item.reason is not LineReason.FUNDS_OTHERS or cash < plan.cash_target for item in passing)


def _lines(plan: RebalancePlan, action: PlanAction) -> tuple[SizedLine, ...]:
    return tuple(SizedLine(item=item, quantity=item.quantity) for item in plan.items if item.action is action)


def _value(lines: tuple[SizedLine, ...]) -> Decimal:
    return sum((line.item.order_value for line in lines), ZERO)
