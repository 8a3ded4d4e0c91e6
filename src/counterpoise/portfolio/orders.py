"""Which of our orders may still fill, and which runs are under way?

Every change of an order's status goes through the one table in `domain.orders`. An order leaves the state when
it is terminal and no run under way owns it; until then its run can read how each line ended.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from counterpoise.domain.accounts import UNASSIGNED
from counterpoise.domain.errors import InvalidFact
from counterpoise.domain.facts import Fact, Fill, LinesJudged
from counterpoise.domain.facts.orders import (
    CancelRequested,
    OrderAcknowledged,
    OrderCancelled,
    OrderExpired,
    OrderIntended,
    OrderRejected,
    OrderUnknown,
)
from counterpoise.domain.instruments import InstrumentId, Symbol
from counterpoise.domain.orders import OrderEvent, OrderStatus, next_status
from counterpoise.domain.plans import PlanAction, PlanItem
from counterpoise.portfolio.state import AccountState, OrderState, Proposal, RunState

Answer = OrderAcknowledged | OrderRejected | OrderUnknown | OrderCancelled | OrderExpired

EVENTS: dict[type[Answer], OrderEvent] = {
    OrderAcknowledged: OrderEvent.ACKNOWLEDGED,
    OrderRejected: OrderEvent.REJECTED,
    OrderUnknown: OrderEvent.OUTCOME_UNKNOWN,
    OrderCancelled: OrderEvent.CANCELED,
    OrderExpired: OrderEvent.EXPIRED,
}
"""Kind of an answer → what it says of the order."""


def open_orders(state: AccountState) -> tuple[OrderState, ...]:
    """Orders that may still fill, by client order id; each holds room for its `remaining` units."""
    return tuple(state.orders[identity] for identity in sorted(state.orders) if state.orders[identity].status.is_open)


def intend(state: AccountState, fact: Fact) -> bool:
    """A new order, or the same one again after a look-up proved it absent; whether it is a new one.

    Raises:
        InvalidFact: the id is taken by another order, or the intent is of an earlier epoch than the last.
        IllegalTransition: the order has been answered, so it may not be sent again.
    """
    body: OrderIntended = fact.body
    intent = body.intent
    if intent.instrument not in state.instruments:
        raise InvalidFact("intent.instrument", intent.instrument, "an instrument of this account")
    known = state.orders.get(intent.client_order_id)
    if known is not None:
        if known.intent != intent or fact.epoch < known.epoch:
            raise InvalidFact("client_order_id", intent.client_order_id, "the same order, in this epoch or a later one")
        known.status = next_status(known.status, OrderEvent.REINTENDED)
        known.epoch = fact.epoch
        known.intents += 1
        return False
    state.orders[intent.client_order_id] = OrderState(
        intent=intent, decision=body.decision, intended_at=fact.occurred_at, epoch=fact.epoch
    )
    run = state.runs.get(intent.run_id)
    if run is not None:
        run.released[intent.line] = intent.client_order_id
    return True


def answer(state: AccountState, fact: Fact) -> None:
    """What the venue said of an order.

    Raises:
        InvalidFact: no such order is in the state.
        IllegalTransition: the table has no such row.
    """
    body: Answer = fact.body
    order = _order(state, body.client_order_id)
    was_terminal = order.status.is_terminal
    order.status = next_status(order.status, EVENTS[type(body)])
    if isinstance(body, OrderAcknowledged):
        order.venue_order_id = body.venue_order_id
    if order.status.is_terminal and not was_terminal:
        _end(state, order)


def request_cancel(state: AccountState, fact: Fact) -> None:
    """We are about to ask the venue to cancel."""
    body: CancelRequested = fact.body
    _order(state, body.client_order_id).cancel_requested = True


def status_after_fill(state: AccountState, fill: Fill) -> OrderStatus | None:
    """The status that `fill` brings its order to, or None for a fill of no order of ours. Changes nothing.

    Raises:
        IllegalTransition: the table has no such row.
    """
    order = state.orders.get(fill.client_order_id) if fill.client_order_id else None
    if order is None:
        return None
    whole = order.filled + fill.quantity >= order.intent.quantity
    return next_status(order.status, OrderEvent.FILLED_WHOLE if whole else OrderEvent.FILLED_PART)


def book_fill(state: AccountState, fact: Fact, status: OrderStatus | None) -> None:
    """Fold a fill into its order; `status` is from `status_after_fill`."""
    fill: Fill = fact.body
    order = state.orders.get(fill.client_order_id) if status is not None else None
    if order is None or status is None:
        return
    was_terminal, order.status = order.status.is_terminal, status
    order.fills += 1
    order.last_fill_at = max(order.last_fill_at or fact.occurred_at, fact.occurred_at)
    order.filled += fill.quantity
    if status.is_terminal and not was_terminal:
        _end(state, order)


def take_back(state: AccountState, client_order_id: str, quantity: Decimal) -> None:
    """So many units (signed: a correction may also add) of an order were not filled after all."""
    order = state.orders.get(client_order_id) if client_order_id else None
    if order is not None:
        order.filled -= quantity


def propose_plan(state: AccountState, fact: Fact) -> None:
    """Keep the lines that a run will carry out."""
    plan = fact.body.plan
    moving = (item for item in plan.items if item.action is not PlanAction.HOLD)
    state.proposed = Proposal(
        decision=fact.fact_id,
        strategy=fact.body.strategy,
        run_id=fact.body.run_id,
        lines=tuple(sorted(moving, key=lambda item: (item.priority, item.symbol))),
        cash_target=plan.cash_target,
    )


def judge(state: AccountState, fact: Fact) -> None:
    """Keep whose candidates were judged, for the run that carries them out."""
    if fact.body.candidates:
        strategy = fact.body.candidates[0].strategy
        state.proposed = Proposal(decision=fact.fact_id, strategy=strategy)
        state.acts[f"judged:{strategy}"] = fact.correlation_id


def judge_lines(state: AccountState, fact: Fact) -> None:
    """Lines of a run were judged at sending: those held back are over for this run.

    Raises:
        InvalidFact: the run is not under way.
    """
    body: LinesJudged = fact.body
    run = state.runs.get(body.run_id)
    if run is None:
        raise InvalidFact("run_id", body.run_id, "a run that is under way")
    run.judged = (*run.judged, str(body.side))
    run.denied.update({verdict.index: str(verdict.reason) for verdict in body.verdicts if not verdict.allowed})
    run.adjustments = (*run.adjustments, *body.adjustments)


def start_run(state: AccountState, fact: Fact) -> None:
    """A run begins with the lines of its plan.

    Raises:
        InvalidFact: it is already under way.
    """
    body, proposed = fact.body, state.proposed
    if body.run_id in state.runs:
        raise InvalidFact("run_id", body.run_id, "a run that is not under way")
    mine = proposed is not None and body.run_id == proposed.run_id
    if proposed is None or not (mine or proposed.decision == body.decision):
        proposed = Proposal(decision=body.decision, strategy=UNASSIGNED)
    else:
        state.proposed = None
    state.runs[body.run_id] = RunState(
        run_id=body.run_id,
        kind=body.kind,
        decision=body.decision,
        strategy=proposed.strategy,
        started_at=fact.occurred_at,
        lines=proposed.lines,
        cash_target=proposed.cash_target,
    )
    state.acts[f"run:{body.kind}"] = body.run_id


def end_run(state: AccountState, fact: Fact) -> None:
    """A run is over: its terminal orders leave the state with it.

    Raises:
        InvalidFact: it is not under way.
    """
    run_id = fact.body.run_id
    if run_id not in state.runs:
        raise InvalidFact("run_id", run_id, "a run that is under way")
    del state.runs[run_id]
    for identity, order in list(state.orders.items()):
        if order.intent.run_id == run_id and order.status.is_terminal:
            del state.orders[identity]


def rename(state: AccountState, before: Symbol, after: Symbol) -> None:
    """Targets and lines of an instrument follow its new symbol."""
    for strategy, wanted in state.targets.items():
        if any(target.symbol == before for target in wanted.targets):
            targets = tuple(
                replace(target, symbol=after) if target.symbol == before else target for target in wanted.targets
            )
            state.targets[strategy] = replace(wanted, targets=targets)
    for run in state.runs.values():
        run.lines = _renamed(run.lines, before, after)
    if state.proposed is not None:
        state.proposed.lines = _renamed(state.proposed.lines, before, after)


def drop_lines(state: AccountState, instrument: InstrumentId, reason: str) -> None:
    """Lines of an instrument that were not sent yet are over for their runs; the next plan decides anew."""
    symbol = state.instruments[instrument].symbol
    for run in state.runs.values():
        for line in run.lines:
            if line.symbol == symbol and line.priority not in run.released:
                run.denied.setdefault(line.priority, reason)


def _renamed(lines: tuple[PlanItem, ...], before: Symbol, after: Symbol) -> tuple[PlanItem, ...]:
    return tuple(replace(line, symbol=after) if line.symbol == before else line for line in lines)


def _order(state: AccountState, client_order_id: str) -> OrderState:
    order = state.orders.get(client_order_id)
    if order is None:
        raise InvalidFact("client_order_id", client_order_id, "an order that was intended and has not left the state")
    return order


def _end(state: AccountState, order: OrderState) -> None:
    """The order became terminal: let it go unless a run still reads it."""
    if order.intent.run_id not in state.runs:
        del state.orders[order.intent.client_order_id]
