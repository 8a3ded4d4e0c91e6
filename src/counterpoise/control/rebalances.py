"""When an allocation has drifted, which plan follows, and may it be carried out?"""

from __future__ import annotations

from datetime import datetime

from counterpoise.control.commands import AdvanceRun, ProposePlan, Rebalance
from counterpoise.control.decision import DUPLICATE, Answer, Decision, Draft
from counterpoise.control.plan_book import plan_book
from counterpoise.control.runs import judge_lines
from counterpoise.control.state import ControlState
from counterpoise.domain.decisions import TradingState, Verdict
from counterpoise.domain.facts import MarkReason, MarksRecorded, PlanProposed, RunStarted
from counterpoise.domain.facts.control import RunKind
from counterpoise.domain.orders import Side
from counterpoise.domain.plans import Outcome, PlanAction, RebalancePlan
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
    if account.trading_state is TradingState.HALTED:
        return Decision(answer=Answer(outcome=Outcome.BLOCKED, message="Trading is halted"))
    if any(run.kind is RunKind.REBALANCE for run in account.runs.values()):
        return Decision(answer=Answer(outcome=Outcome.BLOCKED, message="A rebalance is under way"))
    report = drift(
        plan_book(state, command.strategy, state.live_marks, state.live, command.at), wanted.targets, wanted.policy
    )
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
        plan_book(state, command.strategy, account.marks, state.book.valuation, command.at),
        wanted.targets,
        wanted.policy,
        correlation_id=command.cause,
    )
    if not plan.trades_required:
        return Decision(answer=Answer(outcome=plan.outcome, message=plan.message, detail=plan))
    run_id = run_id_of(state.account, command.cause)
    denied = _denied_alone(state, command, plan, run_id)
    trades = [item for item in plan.items if item.action is not PlanAction.HOLD]
    if len(denied) == len(trades):
        # A run that only denies helps nobody, day after day; the answer says why, and nothing is recorded.
        reasons = ", ".join(sorted({str(verdict.reason) for verdict in denied}))
        message = f"The gate would send nothing of this plan: {reasons}"
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


def _denied_alone(state: ControlState, command: ProposePlan, plan: RebalancePlan, run_id: str) -> tuple[Verdict, ...]:
    """Lines that the gate would hold back as things stand; purchases that wait for sales are judged when they leave."""
    run = RunState(
        run_id=run_id,
        kind=RunKind.REBALANCE,
        decision="",
        strategy=command.strategy,
        started_at=command.at,
        lines=plan.items,
    )
    sides = {action: [item for item in plan.items if item.action is action] for action in PlanAction}
    side = Side.SELL if sides[PlanAction.SELL] else Side.BUY
    lines = tuple(SizedLine(item=item, quantity=item.quantity) for item in sides[PlanAction(side)])
    verdicts, _ = judge_lines(state, command.at, run, side, lines)
    return tuple(verdict for verdict in verdicts if not verdict.allowed)
