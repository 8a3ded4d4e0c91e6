"""What do the venue's answers and reports mean for our orders, as facts?"""

from __future__ import annotations

from datetime import datetime

from counterpoise.control.acquisitions import follow_up
from counterpoise.control.commands import (
    AdvanceRun,
    BookFills,
    Command,
    RecordLookUp,
    RecordOrderUpdate,
    RecordOutcome,
    RequestCancel,
)
from counterpoise.control.decision import DONE, DUPLICATE, CancelOrder, Decision, Draft, LookUpOrder, SendOrder
from counterpoise.control.state import ControlState
from counterpoise.domain.accounts import StrategyShare
from counterpoise.domain.decisions import TradingState
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.facts import (
    CancelRequested,
    Fill,
    OrderAcknowledged,
    OrderCancelled,
    OrderExpired,
    OrderIntended,
    OrderRejected,
    OrderUnknown,
)
from counterpoise.domain.facts.envelope import fact_id
from counterpoise.domain.numbers import QUANTITY_STEP, split_exactly
from counterpoise.domain.orders import OrderStatus
from counterpoise.domain.statements import VenueFill, VenueOrder
from counterpoise.execution.broker import Accepted, Refused, Unknown, Withheld
from counterpoise.portfolio.state import OrderState
from counterpoise.risk.gate import reinstate

INTENTS_MAX = 10
"""How often one order may be put to the venue, sends after restarts included, before it is given up."""

_IN_DOUBT = (OrderStatus.INTENDED, OrderStatus.UNKNOWN)


def record_outcome(state: ControlState, command: RecordOutcome, now: datetime) -> Decision:
    """What came of a send. A fill may have overtaken the answer: then only what is still open changes."""
    order = state.state.orders.get(command.client_order_id)
    if order is None or order.status not in _IN_DOUBT:
        return Decision(answer=DUPLICATE)
    draft = Draft(state, command, now)
    match command.outcome:
        case Accepted(venue_order_id=venue_order_id):
            _acknowledge(draft, order, venue_order_id)
        case Refused(reason=reason):
            _reject(draft, order, reason)
        case Withheld(reason=reason):
            # It never left: the intent is closed by us, and its room is free again.
            _cancel(draft, order, f"withheld: {reason}")
        case Unknown() if order.status is OrderStatus.UNKNOWN:
            return Decision(answer=DUPLICATE)
        case Unknown(detail=detail):
            draft.add(
                OrderUnknown(client_order_id=command.client_order_id, detail=detail),
                identity=fact_id("OrderUnknown", command.client_order_id, f"{state.epoch}.{order.intents}"),
                instrument=order.intent.instrument,
                correlation_id=order.intent.run_id,
            )
            draft.effect(LookUpOrder(client_order_id=command.client_order_id, intents=order.intents))
    return draft.decided(DONE, *_advance(command, order))


def record_look_up(state: ControlState, command: RecordLookUp, now: datetime) -> Decision:
    """An order in doubt was found, or proved absent; absent, the same intent is recorded again and sent.

    While trading is halted, or only reduces and this would add, it is closed instead.
    """
    order = state.state.orders.get(command.client_order_id)
    if order is None or order.status not in _IN_DOUBT or order.intents != command.intents:
        return Decision(answer=DUPLICATE)
    draft = Draft(state, command, now)
    if command.found is not None:
        _acknowledge(draft, order, command.found.venue_order_id)
        if order.filled == command.found.filled_quantity:
            _end(draft, order, command.found)
    elif not command.proved_absent:
        draft.effect(LookUpOrder(client_order_id=command.client_order_id, intents=order.intents))
    elif why := _why_not_again(state, order):
        _cancel(draft, order, f"proved absent at the venue and not sent again: {why}")
    else:
        intended = OrderIntended(intent=order.intent, decision=order.decision)
        draft.add(
            intended,
            identity=fact_id("OrderIntended", command.client_order_id, f"{state.epoch}.{order.intents}"),
            instrument=order.intent.instrument,
            shares=order.intent.strategy_shares,
            correlation_id=order.intent.run_id,
        )
        draft.effect(SendOrder(approved=reinstate(intended, state.epoch)))
    return draft.decided(DONE, *_advance(command, order))


def record_order_update(state: ControlState, command: RecordOrderUpdate, now: datetime) -> Decision:
    """The venue's view of one of our orders; an end counts only when all its fills are booked."""
    order = state.state.orders.get(command.order.client_order_id)
    if order is None or order.status.is_terminal or order.filled != command.order.filled_quantity:
        return Decision(answer=DUPLICATE)
    draft = Draft(state, command, now)
    if order.status in _IN_DOUBT:
        _acknowledge(draft, order, command.order.venue_order_id)
    _end(draft, order, command.order)
    return draft.decided(DONE, *_advance(command, order)) if draft.facts else Decision(answer=DUPLICATE)


def book_fills(state: ControlState, command: BookFills, now: datetime) -> Decision:
    """Book each execution once, by the venue's identity; runs they belong to go on.

    Raises:
        InvalidInput: a fill of a symbol that the account does not know.
    """
    draft = Draft(state, command, now)
    runs: dict[str, None] = {}
    booked: dict[str, None] = {}
    for fill in command.fills:
        identity = f"{command.venue}:{fill.fill_id}"
        if identity in state.book.fills or identity in booked:
            continue
        booked[identity] = None
        order = state.state.orders.get(fill.client_order_id)
        instrument = state.state.symbols.get(fill.symbol)
        if instrument is None:
            raise InvalidInput("fill.symbol", fill.symbol, "a symbol of this account")
        draft.add(
            _fill_body(identity, fill),
            identity=f"Fill:{identity}",
            occurred_at=fill.filled_at,
            source=command.venue,
            instrument=instrument,
            shares=_shares(order, fill),
            correlation_id=order.intent.run_id if order else None,
        )
        if order is not None:
            runs[order.intent.run_id] = None
    if not draft.facts:
        return Decision(answer=DUPLICATE)
    return draft.decided(
        DONE,
        *follow_up(state, command, draft.facts),
        *(AdvanceRun(actor=command.actor, at=command.at, cause=command.cause, run_id=run_id) for run_id in runs),
    )


def request_cancel(state: ControlState, command: RequestCancel, now: datetime) -> Decision:
    """Ask for an order's end; allowed in every trading state."""
    order = state.state.orders.get(command.client_order_id)
    if order is None or order.status.is_terminal:
        return Decision(answer=DUPLICATE)
    if order.cancel_requested:
        # Recorded once, asked as often as somebody wants: the first request may have been lost on its way.
        return Decision(effects=(CancelOrder(client_order_id=command.client_order_id),), answer=DUPLICATE)
    draft = Draft(state, command, now)
    draft.add(
        CancelRequested(client_order_id=command.client_order_id, reason=command.reason),
        ordinal=command.client_order_id,
        instrument=order.intent.instrument,
    )
    draft.effect(CancelOrder(client_order_id=command.client_order_id))
    return draft.decided()


def _why_not_again(state: ControlState, order: OrderState) -> str:
    """Why an order that never arrived is not sent again, or nothing."""
    now = state.state.trading_state
    if now is TradingState.HALTED or (now is TradingState.REDUCING and not order.intent.reduce_only):
        return f"trading is {now}"
    return f"it was sent {order.intents} times" if order.intents >= INTENTS_MAX else ""


def _fill_body(identity: str, fill: VenueFill) -> Fill:
    return Fill(
        fill_id=identity,
        client_order_id=fill.client_order_id,
        side=fill.side,
        quantity=fill.quantity,
        price=fill.price,
        fee=fill.fee,
        fee_asset=fill.fee_asset,
        venue_sequence=fill.sequence,
    )


def _shares(order: OrderState | None, fill: VenueFill) -> tuple[StrategyShare, ...]:
    """Whose execution it is: the order's shares in proportion; an order we never sent is nobody's."""
    if order is None or not order.intent.strategy_shares:
        return ()
    weights = {share.strategy: share.amount for share in order.intent.strategy_shares}
    parts = split_exactly(fill.quantity, weights, QUANTITY_STEP)
    return tuple(StrategyShare(strategy=name, amount=part) for name, part in parts.items() if part)


def _acknowledge(draft: Draft, order: OrderState, venue_order_id: str) -> None:
    _news(draft, order, OrderAcknowledged(client_order_id=_id(order), venue_order_id=venue_order_id))


def _reject(draft: Draft, order: OrderState, reason: str) -> None:
    _news(draft, order, OrderRejected(client_order_id=_id(order), reason=reason))


def _cancel(draft: Draft, order: OrderState, reason: str) -> None:
    _news(draft, order, OrderCancelled(client_order_id=_id(order), reason=reason))


def _expire(draft: Draft, order: OrderState) -> None:
    _news(draft, order, OrderExpired(client_order_id=_id(order)))


def _news(
    draft: Draft, order: OrderState, body: OrderAcknowledged | OrderRejected | OrderCancelled | OrderExpired
) -> None:
    """Each of these happens once in an order's life, so its identity is the kind and the order."""
    draft.add(
        body,
        identity=fact_id(type(body).__name__, _id(order)),
        instrument=order.intent.instrument,
        correlation_id=order.intent.run_id,
    )


def _id(order: OrderState) -> str:
    return order.intent.client_order_id


def _end(draft: Draft, order: OrderState, seen: VenueOrder) -> None:
    """Record the venue's end of an order; FILLED is said by the fills themselves."""
    if seen.status is OrderStatus.REJECTED:
        _reject(draft, order, seen.reason)
    elif seen.status is OrderStatus.CANCELED:
        _cancel(draft, order, seen.reason)
    elif seen.status is OrderStatus.EXPIRED:
        _expire(draft, order)


def _advance(command: Command, order: OrderState) -> tuple[AdvanceRun, ...]:
    return (AdvanceRun(actor=command.actor, at=command.at, cause=command.cause, run_id=order.intent.run_id),)
