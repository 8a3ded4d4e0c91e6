"""What does a run do now: which lines leave, on the book as it is at this moment, and when is it over?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from counterpoise.control.commands import AdvanceRun
from counterpoise.control.decision import DONE, DUPLICATE, Decision, Draft, SendOrder
from counterpoise.control.figures import current_mode
from counterpoise.control.gate_book import gate_book, open_order, price_of
from counterpoise.control.state import ControlState
from counterpoise.domain.accounts import StrategyShare
from counterpoise.domain.decisions import Verdict
from counterpoise.domain.facts import LinesJudged, MarkReason, MarksRecorded, OrderIntended, RunEnded
from counterpoise.domain.facts.envelope import fact_id
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.orders import OrderIntent, Side, client_order_id
from counterpoise.domain.plans import PlanItem
from counterpoise.domain.time import format_time
from counterpoise.execution.run import (
    End,
    LineRules,
    ReleaseBuys,
    ReleaseSells,
    RunCash,
    RunView,
    SizedLine,
    Wait,
    next_step,
)
from counterpoise.portfolio.state import OrderState, RunState
from counterpoise.risk.affordability import cost_with_fees
from counterpoise.risk.gate import Approved, Denied, GateBook, screen


def advance_run(state: ControlState, command: AdvanceRun, now: datetime) -> Decision:
    """Release what is due or end the run; while something is under way, nothing."""
    run = state.state.runs.get(command.run_id)
    if run is None:
        return Decision(answer=DUPLICATE)
    match next_step(run_view(state, run, sell_wait_over=command.sell_wait_over)):
        case Wait():
            return Decision()
        case ReleaseSells() | ReleaseBuys() if state.unrecorded_marks():
            # What is judged now is judged on the marks of now, and those are facts first.
            draft = Draft(state, command, now)
            draft.add(
                MarksRecorded(reason=MarkReason.DECISION, marks=state.unrecorded_marks()),
                identity=fact_id("MarksRecorded", run.run_id, f"{format_time(command.at)}.{len(run.judged)}"),
                correlation_id=run.run_id,
            )
            return draft.decided(DONE, command)
        case ReleaseSells(lines=lines):
            sized = tuple(SizedLine(item=item, quantity=item.quantity) for item in lines)
            return _release(state, command, now, run, Side.SELL, sized, ())
        case ReleaseBuys(lines=sized, adjustments=adjustments):
            return _release(state, command, now, run, Side.BUY, sized, adjustments)
        case End(outcome=outcome, adjustments=adjustments):
            draft = Draft(state, command, now)
            draft.add(
                RunEnded(run_id=run.run_id, outcome=outcome, adjustments=adjustments),
                identity=fact_id("RunEnded", run.run_id),
                correlation_id=run.run_id,
            )
            return draft.decided()


def run_view(state: ControlState, run: RunState, *, sell_wait_over: bool = False) -> RunView:
    """The run as its rules look at it; purchases may spend what is there and held by nobody else."""
    orders = {
        order.intent.line: order for _, order in sorted(state.state.orders.items()) if order.intent.run_id == run.run_id
    }
    policy = state.state.targets[run.strategy].policy if run.strategy in state.state.targets else None
    return RunView(
        lines=run.lines,
        orders=orders,
        denied=run.denied,
        cash=RunCash(
            free=free_cash(state),
            target=run.cash_target,
            fee_rate=state.state.opened.fee_rate,
            collar_pct=policy.collar_pct if policy else ZERO,
        ),
        rules={
            item.symbol: LineRules(
                lot=state.state.instruments[state.state.symbols[item.symbol]].lot,
                min_notional=policy.min_trade_notional if policy else ZERO,
            )
            for item in run.lines
        },
        prices=_prices(state, run),
        sell_wait_over=sell_wait_over,
    )


def free_cash(state: ControlState) -> Decimal:
    """Cash in the base currency that no open purchase of any run may still need."""
    reserved = sum((_room(state, order) for _, order in sorted(state.state.orders.items())), ZERO)
    return state.book.valuation.cash_value - reserved


def _room(state: ControlState, order: OrderState) -> Decimal:
    if order.intent.side is Side.SELL:
        return ZERO
    held = open_order(state, order)
    return cost_with_fees(held.remaining, held.worst_price, held.fee_rate)


def _prices(state: ControlState, run: RunState) -> dict[str, Decimal]:
    prices = {item.symbol: price_of(state, state.state.symbols[item.symbol]) for item in run.lines}
    return {symbol: price for symbol, price in prices.items() if price is not None}


def _release(
    state: ControlState,
    command: AdvanceRun,
    now: datetime,
    run: RunState,
    side: Side,
    lines: tuple[SizedLine, ...],
    adjustments: tuple[str, ...],
) -> Decision:
    """Judge each line at the moment of sending, each approval folded in before the next, and send what passes."""
    draft = Draft(state, command, now)
    swap = _is_swap(state, run, lines)
    verdicts, approvals = judge_lines(state, command.at, run, side, lines, swap=swap)
    judged = draft.add(
        LinesJudged(
            run_id=run.run_id,
            side=side,
            limits_ref=state.state.limits_ref,
            equity=state.book.valuation.equity,
            free_cash=free_cash(state),
            verdicts=verdicts,
            adjustments=adjustments,
        ),
        identity=fact_id("LinesJudged", run.run_id, side),
        correlation_id=run.run_id,
    )
    for approved in approvals:
        draft.add(
            OrderIntended(intent=approved.intent, decision=judged.fact_id),
            identity=f"OrderIntended:{approved.intent.client_order_id}",
            instrument=approved.intent.instrument,
            shares=approved.intent.strategy_shares,
            correlation_id=run.run_id,
        )
        draft.effect(SendOrder(approved=approved))
    return draft.decided(DONE, command)


def judge_lines(
    state: ControlState,
    at: datetime,
    run: RunState,
    side: Side,
    lines: tuple[SizedLine, ...],
    *,
    swap: bool,
    book: GateBook | None = None,
) -> tuple[tuple[Verdict, ...], tuple[Approved, ...]]:
    """The gate's word on lines of one side, each approval folded in before the next is judged.

    Args:
        state: The account.
        at: The time of the judgement.
        run: Whose lines they are.
        side: Theirs.
        lines: In sending order.
        swap: Whether they put back no more than the run's sales take out.
        book: The book to judge on; the account's own when None.
    """
    account = state.state
    assert account.constraints is not None, "an opened account has limits"
    mode, _ = current_mode(state, at)
    book = book or gate_book(state, at)
    verdicts: list[Verdict] = []
    approvals: list[Approved] = []
    for line in lines:
        intent = _intent(state, run, side, line)
        answer = screen(
            intent,
            book,
            account.constraints,
            account.mode_policy,
            mode=mode,
            epoch=state.epoch,
            fee_rate=account.opened.fee_rate,
            plan_line=True,
            swap_allowed=swap,
        )
        verdicts.append(_verdict(line.item, intent, answer))
        if isinstance(answer, Approved):
            approvals.append(answer)
            book = _with(state, book, intent)
    return tuple(verdicts), tuple(approvals)


def _is_swap(state: ControlState, run: RunState, lines: tuple[SizedLine, ...]) -> bool:
    """Whether these purchases put back no more than the run's sales took out, so that gross exposure does not rise."""
    bought = sum((line.quantity * (line.item.price or ZERO) for line in lines), ZERO)
    prices = _prices(state, run)
    sold = sum(
        (
            order.filled * prices.get(order.intent.symbol, ZERO)
            for _, order in sorted(state.state.orders.items())
            if order.intent.run_id == run.run_id and order.intent.side is Side.SELL
        ),
        ZERO,
    )
    return bought <= sold


def _intent(state: ControlState, run: RunState, side: Side, line: SizedLine) -> OrderIntent:
    key = state.state.symbols[line.item.symbol]
    return OrderIntent(
        client_order_id=client_order_id(state.state.opened.mode.letter, run.run_id, line.item.priority, 1),
        instrument=key,
        symbol=line.item.symbol,
        side=side,
        quantity=line.quantity,
        mark=state.state.marks[key].price,
        reduce_only=side is Side.SELL,
        run_id=run.run_id,
        line=line.item.priority,
        strategy_shares=(StrategyShare(strategy=run.strategy, amount=line.quantity),),
    )


def _verdict(item: PlanItem, intent: OrderIntent, answer: Approved | Denied) -> Verdict:
    denied = isinstance(answer, Denied)
    return Verdict(
        index=item.priority,
        symbol=item.symbol,
        action=intent.side,
        allowed=not denied,
        reasons=answer.reasons if isinstance(answer, Denied) else (),
        priority_score=ZERO,
        recommended_size=ZERO if denied else intent.quantity,
        detail=answer.detail if isinstance(answer, Denied) else "",
    )


def _with(state: ControlState, book: GateBook, intent: OrderIntent) -> GateBook:
    """The book with an approved order in it: from now on it holds its room."""
    order = OrderState(intent=intent, decision="", intended_at=state.state.marks[intent.instrument].at, epoch=0)
    return replace(book, open_orders=(*book.open_orders, open_order(state, order)))
