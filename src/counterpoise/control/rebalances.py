"""When an allocation has drifted, which plan follows, and may it be carried out?"""

from __future__ import annotations

from datetime import datetime

from counterpoise.control.commands import AdvanceRun, ProposePlan, Rebalance
from counterpoise.control.decision import DUPLICATE, Answer, Decision, Draft
from counterpoise.control.figures import current_mode
from counterpoise.control.plan_book import plan_book
from counterpoise.control.state import ControlState
from counterpoise.domain.decisions import RiskMode, TradingState
from counterpoise.domain.facts import MarkReason, MarksRecorded, PlanProposed, RunStarted
from counterpoise.domain.facts.control import RunKind
from counterpoise.domain.plans import Outcome, PlanAction, RebalancePlan
from counterpoise.execution.run import run_id_of
from counterpoise.planning.drift import drift
from counterpoise.planning.rebalance import plan_rebalance


def rebalance(state: ControlState, command: Rebalance, now: datetime) -> Decision:
    """Look at the drift on live marks; only when a band is left are marks recorded and a plan made."""
    account = state.state
    if account.acts.get(f"run:{RunKind.REBALANCE}") == run_id_of(state.account, command.cause):
        return Decision(answer=DUPLICATE)
    wanted = account.targets.get(command.strategy)
    if wanted is None:
        return Decision(answer=Answer(outcome=Outcome.NO_TARGETS, message="No target allocations configured"))
    if account.trading_state is TradingState.HALTED:
        return Decision(answer=Answer(outcome=Outcome.BLOCKED, message="Trading is halted"))
    if any(run.kind is RunKind.REBALANCE for run in account.runs.values()):
        return Decision(answer=Answer(outcome=Outcome.BLOCKED, message="A rebalance is under way"))
    report = drift(plan_book(state, command.strategy, state.live_marks, state.live), wanted.targets, wanted.policy)
    if not report.needs_rebalance:
        return Decision(answer=Answer(outcome=report.outcome, message="", detail=report))
    draft = Draft(state, command, now)
    marks = state.unrecorded_marks()
    if marks:
        draft.add(MarksRecorded(reason=MarkReason.DECISION, marks=marks))
    follow_up = ProposePlan(
        actor=command.actor,
        at=command.at,
        cause=command.cause,
        strategy=command.strategy,
        market_open=command.market_open,
    )
    return draft.decided(Answer(outcome="drifted", detail=report), follow_up)


def propose_plan(state: ControlState, command: ProposePlan, now: datetime) -> Decision:
    """Plan on the recorded marks; a plan of which nothing may be sent is answered and not begun."""
    account = state.state
    wanted = account.targets[command.strategy]
    plan = plan_rebalance(
        plan_book(state, command.strategy, account.marks, state.book.valuation),
        wanted.targets,
        wanted.policy,
        correlation_id=command.cause,
    )
    if not plan.trades_required:
        return Decision(answer=Answer(outcome=plan.outcome, message=plan.message, detail=plan))
    held_back = _held_back(state, command, plan)
    if held_back:
        return Decision(answer=Answer(outcome=Outcome.BLOCKED, message=held_back, detail=plan))
    draft = Draft(state, command, now)
    run_id = run_id_of(state.account, command.cause)
    proposed = draft.add(
        PlanProposed(
            run_id=run_id,
            strategy=command.strategy,
            marks_ref=account.marks_ref,
            limits_ref=account.limits_ref,
            plan=plan,
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


def _held_back(state: ControlState, command: ProposePlan, plan: RebalancePlan) -> str:
    """Why nothing of the plan could be sent now, or nothing: a run that only denies helps nobody, day after day."""
    if any(item.action is PlanAction.SELL for item in plan.items):
        return ""
    if state.state.trading_state is TradingState.REDUCING:
        return "Only reductions may be sent, and this plan only buys"
    mode, _ = current_mode(state, command.at)
    return "In SAFE mode a plan may only swap, and this one only buys" if mode is RiskMode.SAFE else ""
