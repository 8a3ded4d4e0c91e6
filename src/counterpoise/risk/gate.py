"""May this order leave, now, with all that is open?

The gate answers with every reason at once. A reduction passes even above a limit: the way out stays open.
17 CFR 240.15c3-5(c)(1): limits are applied before an order is routed, to the whole book.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import InitVar, dataclass
from decimal import Decimal

from counterpoise.domain.decisions import Reason, RiskMode, TradingState, Verdict
from counterpoise.domain.errors import NotApproved
from counterpoise.domain.facts.orders import OrderIntended
from counterpoise.domain.instruments import Category
from counterpoise.domain.limits import ModePolicy, PortfolioConstraints
from counterpoise.domain.numbers import ONE, ZERO
from counterpoise.domain.orders import OrderIntent
from counterpoise.risk.affordability import cost_with_fees, margin_needed
from counterpoise.risk.book import GateBook, Listing
from counterpoise.risk.bounds import Opening, bounds_of, breaches, unit_cost
from counterpoise.risk.candidates import in_order, is_blocked, judge, replaces_position, standing
from counterpoise.risk.limits import violations
from counterpoise.risk.reservations import Line, OpenOrder, Room

__all__ = ["Approved", "Denied", "GateBook", "Listing", "OpenOrder", "approve", "judge", "reinstate", "screen"]

_SEAL = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """An order that may leave. Only this module makes one; the executor takes nothing else.

    Attributes:
        epoch: The writer's claim under which it was approved; a later writer does not send it.

    Raises:
        NotApproved: it was not made by the gate.
    """

    intent: OrderIntent
    epoch: int
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        """Refuse an approval that nobody gave."""
        if seal is not _SEAL:
            raise NotApproved("an Approved comes from the gate: screen, approve or reinstate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """An order that may not leave, with every reason.

    Attributes:
        reasons: In the order of `Reason`, at least one.
        detail: What was measured against what is allowed.
        closing_size: Units × multiplier that alone would pass as a reduction; 0 when nothing would.
    """

    intent: OrderIntent
    reasons: tuple[Reason, ...]
    detail: str = ""
    closing_size: Decimal = ZERO


def screen(  # noqa: PLR0913 - the whole question in one call; each argument is a fact of its own
    intent: OrderIntent,
    book: GateBook,
    limits: PortfolioConstraints,
    policy: ModePolicy,
    *,
    mode: RiskMode,
    epoch: int,
    fee_rate: Decimal = ZERO,
    plan_line: bool = False,
    swap_allowed: bool = False,
) -> Approved | Denied:
    """Judge one order as if it filled in full at its mark, with everything that is open.

    Args:
        intent: The order; `book.listings` says what its units are worth.
        book: The portfolio with what is open, without this order.
        limits: In force.
        policy: In force.
        mode: In force.
        epoch: The writer's claim.
        fee_rate: Fraction of the order's value.
        plan_line: Whether a rebalance sends it: the book nets, so a line adjusts its symbol's one position
            and the rules about duplicates are not for it.
        swap_allowed: In SAFE a plan line may add only while the plan's gross exposure does not rise.
    """
    if _is_bad(intent, fee_rate):
        return Denied(intent=intent, reasons=(Reason.BAD_INPUT,), detail="mark, limit price, fee rate or risk")
    listing = book.listing(intent.symbol)
    size = intent.quantity * listing.multiplier
    room = Room(book.positions, book.open_orders, book.kind)
    closing = min(size, room.closable(intent.symbol, intent.side))
    halted = book.trading_state is TradingState.HALTED
    if closing == size:
        return _answer(intent, epoch, [Reason.HALTED] if halted else [])
    line = room.line(intent.symbol, listing.sector, intent.mark * listing.fx_rate)
    critical = is_blocked(book, violations(book.positions, book.equity, limits))
    reasons = standing(book, intent.symbol, listing.category, critical=critical)
    if closing:
        room.close(intent.symbol, intent.side, closing)
    if plan_line:
        netted = bool(line.positions or line.working)
        if mode is RiskMode.SAFE and not swap_allowed:
            reasons.append(Reason.MODE_RESTRICTED)
    else:
        netted = replaces_position(line, closing)
        reasons += _order_reasons(line, limits, policy, mode, listing.category, netted=netted)
    if intent.reduce_only:
        reasons.append(Reason.REDUCING_ONLY)
    opening = _opening(intent, book, listing, line, closing, fee_rate, netted=netted)
    broken = tuple(breaches(room, bounds_of(book, limits), opening))
    reasons += [breach.reason for breach in broken]
    detail = "; ".join(str(breach) for breach in broken)
    return _answer(intent, epoch, reasons, detail, ZERO if halted else closing)


def approve(intent: OrderIntent, verdict: Verdict, epoch: int, *, multiplier: Decimal = ONE) -> Approved:
    """The approval of a candidate's order, as far as its verdict covers it.

    Args:
        intent: The order; its quantity is in units.
        verdict: What the gate said; its sizes are units × multiplier.
        epoch: The writer's claim.
        multiplier: Of the instrument, > 0.

    Raises:
        NotApproved: the verdict denies, or is about another symbol, side or a smaller size, or the order is
            marked as a reduction and is larger than what only closes.
    """
    size = intent.quantity * multiplier
    if not verdict.allowed:
        raise NotApproved(f"{intent.symbol}: the verdict is {verdict.reason}")
    if (intent.symbol, intent.side) != (verdict.symbol, verdict.action):
        approved = f"{verdict.action} {verdict.symbol}"
        raise NotApproved(f"{intent.side} {intent.symbol} is not the approved {approved}")
    most = verdict.closing_size if intent.reduce_only else verdict.recommended_size
    if size > most:
        raise NotApproved(f"{intent.symbol}: size {size:f} is above the approved {most:f}")
    return Approved(intent=intent, epoch=epoch, seal=_SEAL)


def reinstate(intended: OrderIntended, epoch: int) -> Approved:
    """The approval of an order that was intended before a restart, once a look-up has proved it absent.

    The order keeps its client order id, so that a late copy of it is the same order at the venue.
    """
    return Approved(intent=intended.intent, epoch=epoch, seal=_SEAL)


def _answer(
    intent: OrderIntent, epoch: int, reasons: list[Reason], detail: str = "", closing: Decimal = ZERO
) -> Approved | Denied:
    """Approved when nothing speaks against it."""
    if not reasons:
        return Approved(intent=intent, epoch=epoch, seal=_SEAL)
    return Denied(intent=intent, reasons=in_order(reasons), detail=detail, closing_size=closing)


def _is_bad(intent: OrderIntent, fee_rate: Decimal) -> bool:
    """Whether a number of the order could pass by failing a comparison."""
    numbers = [intent.mark, intent.risk_amount, fee_rate]
    if intent.limit_price is not None:
        numbers.append(intent.limit_price)
    if not all(isinstance(number, Decimal) and number.is_finite() for number in numbers):
        return True
    return intent.mark <= ZERO or intent.worst_price <= ZERO or intent.risk_amount < ZERO


def _order_reasons(
    line: Line,
    limits: PortfolioConstraints,
    policy: ModePolicy,
    mode: RiskMode,
    category: Category,
    *,
    netted: bool,
) -> Iterator[Reason]:
    """The rules for single orders that a plan line is free of."""
    entries = line.orders if netted else line.positions + line.orders
    if entries >= limits.max_positions_per_symbol:
        yield Reason.POSITION_ALREADY_OPEN
    if mode is RiskMode.SAFE and category is not Category.CORE:
        yield Reason.MODE_RESTRICTED
    if mode is RiskMode.SAFE and policy.safe_new_positions < 1:
        yield Reason.MAX_NEW_POSITIONS


def _opening(
    intent: OrderIntent,
    book: GateBook,
    listing: Listing,
    line: Line,
    closing: Decimal,
    fee_rate: Decimal,
    *,
    netted: bool,
) -> Opening:
    """The part of the order beyond the position; room is held at the worst price, exposure valued at the mark."""
    size = intent.quantity * listing.multiplier - closing
    worst = intent.worst_price * listing.fx_rate
    price = intent.mark * listing.fx_rate
    value = size * worst
    backing = margin_needed(book.kind, value, listing.leverage)
    return Opening(
        line=line,
        side=intent.side,
        size=size,
        price=price,
        unit_cost=unit_cost(worst, fee_rate),
        risk=intent.risk_amount,
        margin=backing + cost_with_fees(size, worst, fee_rate) - value,
        exposure=value,
        backing=backing,
        new_positions=0 if netted else 1,
        funds=listing.funds,
    )
