"""What does a run do next: send its sales, wait, send its purchases, or end, and how did it end?

Pure rules on values. A run has no state of its own: what it does next is a function of its plan's lines, of its
orders as the facts tell them and of the cash that is really there, so after a restart it goes on from the facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256

from counterpoise.domain.accounts import AccountId
from counterpoise.domain.facts.control import RunOutcome
from counterpoise.domain.instruments import Symbol
from counterpoise.domain.numbers import ONE, QUANTITY_STEP, ZERO, canonical, plain, units_toward_zero
from counterpoise.domain.orders import OrderStatus
from counterpoise.domain.plans import PlanAction, PlanItem
from counterpoise.portfolio.state import OrderState


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRules:
    """The steps and the least that an order of a symbol may have.

    Attributes:
        lot: Smallest step of quantity, > 0.
        min_notional: Smallest order value, account currency; equal passes.
    """

    lot: Decimal = QUANTITY_STEP
    min_notional: Decimal = ZERO


FINEST = LineRules()

SELL_WAIT = timedelta(seconds=60)
"""How long purchases wait for the sales of their run; then they spend what is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCash:
    """What purchases may spend, account currency.

    Attributes:
        free: Cash that is really there, less the room of every open order.
        target: What must stay in cash.
        fee_rate: Fraction of order value that a trade costs.
        collar_pct: % that a purchase may cost more than its price.
    """

    free: Decimal
    target: Decimal = ZERO
    fee_rate: Decimal = ZERO
    collar_pct: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """All that decides what a run does next.

    Attributes:
        lines: The plan's BUY and SELL lines; a line's number is its `priority`. Empty for candidates.
        orders: Line → its latest order.
        settling: client order ids whose fills are not all booked yet, though their order is finished.
        denied: Line → why our gate refused it when it was to be released.
        rules: Lot and minimum by symbol; a symbol that is not here has the finest.
        prices: What one unit costs now, account currency; a symbol that is not here costs the plan's price.
    """

    lines: tuple[PlanItem, ...]
    orders: Mapping[int, OrderState]
    cash: RunCash
    settling: frozenset[str] = frozenset()
    denied: Mapping[int, str] = field(default_factory=dict)
    rules: Mapping[Symbol, LineRules] = field(default_factory=dict)
    prices: Mapping[Symbol, Decimal] = field(default_factory=dict)
    sell_wait_over: bool = False
    stop_on_refusal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SizedLine:
    """A purchase as it may be sent now; `quantity` is at most the plan's."""

    item: PlanItem
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nothing to send until a fill, a venue's answer or the end of `sell_wait`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseSells:
    """Send these sales, in this order."""

    lines: tuple[PlanItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseBuys:
    """Send these purchases, in this order; `adjustments` say what was shrunk or skipped and why."""

    lines: tuple[SizedLine, ...]
    adjustments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Every order of the run is finished and no line is left to send."""

    outcome: RunOutcome
    adjustments: tuple[str, ...] = ()


Step = Wait | ReleaseSells | ReleaseBuys | End


def run_id_of(account: AccountId, slot_or_preview: str) -> str:
    """64 hexadecimal digits: the same account and preview, slot or decision are the same run."""
    return sha256(f"run\0{account}\0{slot_or_preview}".encode()).hexdigest()


def next_step(run: RunView) -> Step:
    """What the run does now: sales first, then purchases out of what is really there, then the end.

    Purchases are released once: after that, a line without an order is a line that was skipped.
    """
    stopped = run.stop_on_refusal and _refusals(run)
    sells = () if stopped else _to_release(run, PlanAction.SELL)
    if sells:
        return ReleaseSells(lines=sells)
    buys = () if stopped or _bought(run) else _to_release(run, PlanAction.BUY)
    if buys and (run.sell_wait_over or not _working(run, PlanAction.SELL)):
        sized, adjustments = fit_to_cash(buys, run)
        if sized:
            return ReleaseBuys(lines=sized, adjustments=adjustments)
    if any(_is_working(order, run) for order in run.orders.values()):
        return Wait()
    return End(outcome=_outcome(run), adjustments=_adjustments(run))


def fit_to_cash(buys: tuple[PlanItem, ...], run: RunView) -> tuple[tuple[SizedLine, ...], tuple[str, ...]]:
    """Purchases that free cash less the cash target pays for at their worst, and what became of the others.

    Too dear together, they shrink pro rata to order_value, each down to its lot; what that leaves goes one lot
    at a time to the largest remainder, ties by symbol; then a line below its minimum is skipped.
    """
    budget = run.cash.free - run.cash.target
    if sum((item.quantity * _worst_unit_cost(item, run) for item in buys), ZERO) <= budget:
        return tuple(SizedLine(item=item, quantity=item.quantity) for item in buys), ()
    quantities = _shrink(buys, run, max(budget, ZERO))
    sized: list[SizedLine] = []
    notes: list[str] = []
    for item in buys:
        quantity = canonical(quantities[item.symbol])
        skipped = _why_skipped(item, quantity, run)
        if not skipped:
            sized.append(SizedLine(item=item, quantity=quantity))
        if skipped or quantity != item.quantity:
            became = skipped or f"{plain(quantity)}, the cash really there"
            notes.append(f"BUY {item.symbol}: {plain(item.quantity)} planned, {became}")
    return tuple(sized), tuple(notes)


def _shrink(buys: tuple[PlanItem, ...], run: RunView, budget: Decimal) -> dict[Symbol, Decimal]:
    """Quantities in lots that cost at most `budget` together, none above its plan's."""
    total_value = sum((item.order_value for item in buys), ZERO)
    quantities: dict[Symbol, Decimal] = {}
    remainders: dict[Symbol, Decimal] = {}
    for item in buys:
        # share = budget × order_value ÷ total; both sides carry the total, so that nothing is divided early.
        share, unit = budget * item.order_value, _worst_unit_cost(item, run) * total_value
        quantity = min(units_toward_zero(share, unit, _rules(item, run).lot), item.quantity)
        quantities[item.symbol] = quantity
        remainders[item.symbol] = share - quantity * unit
    left = budget - sum((quantities[item.symbol] * _worst_unit_cost(item, run) for item in buys), ZERO)
    for item in sorted(buys, key=lambda item: (-remainders[item.symbol], item.symbol)):
        lot = _rules(item, run).lot
        cost = lot * _worst_unit_cost(item, run)
        if cost <= left and quantities[item.symbol] + lot <= item.quantity:
            quantities[item.symbol] += lot
            left -= cost
    return quantities


def _why_skipped(item: PlanItem, quantity: Decimal, run: RunView) -> str:
    """Why a shrunk line is not sent, or nothing."""
    if quantity <= ZERO:
        return "skipped: the cash really there buys no lot"
    minimum = _rules(item, run).min_notional
    if quantity * (item.price or ZERO) < minimum:
        return f"skipped: the cash really there buys {plain(quantity)}, below the minimum of {plain(minimum)}"
    return ""


def _worst_unit_cost(item: PlanItem, run: RunView) -> Decimal:
    """What one unit may take out of cash, fee included, account currency."""
    planned = item.price or ZERO
    price = run.prices.get(item.symbol, planned)
    if run.cash.collar_pct:
        # A LIMIT order may pay the plan's price and the collar, however low the market is now.
        price = max(price, planned) * (ONE + run.cash.collar_pct.scaleb(-2))
    return price * (ONE + run.cash.fee_rate)


def _rules(item: PlanItem, run: RunView) -> LineRules:
    return run.rules.get(item.symbol, FINEST)


def _to_release(run: RunView, action: PlanAction) -> tuple[PlanItem, ...]:
    """Lines of this action without an order that our gate has not refused, in sending order."""
    lines = (item for item in run.lines if item.action is action)
    unsent = (item for item in lines if item.priority not in run.orders and item.priority not in run.denied)
    return tuple(sorted(unsent, key=lambda item: item.priority))


def _bought(run: RunView) -> bool:
    """Whether purchases were released, be it that our gate refused every one of them."""
    judged = (item.priority for item in run.lines if item.action is PlanAction.BUY)
    return any(number in run.orders or number in run.denied for number in judged)


def _working(run: RunView, action: PlanAction) -> bool:
    """Whether an order of this action may still bring fills, or has some that are not booked yet."""
    orders = (run.orders.get(item.priority) for item in run.lines if item.action is action)
    return any(order is not None and _is_working(order, run) for order in orders)


def _is_working(order: OrderState, run: RunView) -> bool:
    return order.status.is_open or order.intent.client_order_id in run.settling


def _refusals(run: RunView) -> bool:
    return bool(run.denied) or any(order.status is OrderStatus.REJECTED for order in run.orders.values())


def _outcome(run: RunView) -> RunOutcome:
    """One word for the whole run, the worst that applies."""
    orders = run.orders.values()
    if (run.lines or run.orders or run.denied) and not any(order.filled for order in orders):
        return RunOutcome.FAILED
    if run.denied or any(order.filled.is_zero() for order in orders):
        return RunOutcome.PARTIAL
    if _adjustments(run):
        return RunOutcome.COMPLETED_ADJUSTED
    return RunOutcome.COMPLETED


def _adjustments(run: RunView) -> tuple[str, ...]:
    """Every line that did not end as planned, by number; derived from facts, so a restart says the same."""
    planned = {item.priority: item for item in run.lines}
    numbers = sorted({**planned, **run.orders, **run.denied})
    notes = (_adjustment(number, planned.get(number), run) for number in numbers)
    return tuple(note for note in notes if note)


def _adjustment(line: int, item: PlanItem | None, run: RunView) -> str:
    """How one line differs from its plan, or nothing."""
    order = run.orders.get(line)
    if order is None:
        name = f"{item.action} {item.symbol}: {plain(item.quantity)} planned" if item else f"line {line}"
        return f"{name}, {_why_unsent(line, item, run)}"
    intent = order.intent
    planned = item.quantity if item else intent.quantity
    if order.filled >= planned:
        return ""
    asked = "" if intent.quantity == planned else f", {plain(intent.quantity)} asked for"
    ended = "" if order.status is OrderStatus.FILLED else f", {order.status}"
    return f"{intent.side} {intent.symbol}: {plain(planned)} planned{asked}, {plain(order.filled)} filled{ended}"


def _why_unsent(line: int, item: PlanItem | None, run: RunView) -> str:
    if line in run.denied:
        return f"denied: {run.denied[line]}"
    if run.stop_on_refusal and _refusals(run):
        return "not sent: the run stopped at a refused line"
    if item is not None and item.action is PlanAction.BUY:
        return "not sent: the cash really there bought no lot or less than the minimum"
    return "not sent"
