"""What follows when an execution is busted, corrected, or closes other lots than the oldest?

The fill stays in the journal; a fact that points to it says how it truly was, and the book is folded again from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from counterpoise.control.cash_flows import check_positive, check_time
from counterpoise.control.commands import BustFill, CheckAcquisitions, ChooseLots, Command, CorrectFill
from counterpoise.control.decision import DONE, DUPLICATE, Decision, Draft
from counterpoise.control.state import ControlState
from counterpoise.domain.accounts import LotMethod, is_asset
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.facts import Fact, Fill, FillBusted, FillCorrected, LotsChosen
from counterpoise.domain.facts.amendments import LotChoice
from counterpoise.domain.facts.envelope import fact_id
from counterpoise.domain.numbers import ZERO, is_short, plain, shortest
from counterpoise.ledger.lots import Lot
from counterpoise.portfolio.economy import amended
from counterpoise.portfolio.timeline import BEGINNING, OutOfReach

LOTS_SHOWN = 5
"""How many open lots a refusal names."""


def bust_fill(state: ControlState, command: BustFill, now: datetime) -> Decision:
    """The venue cancelled an execution.

    Raises:
        InvalidInput: a fill that is not booked or was busted before, no reason, or a time ahead of ours.
        OutOfReach: the fill is older than what is kept.
    """
    if fact_id(FillBusted.__name__, command.cause) in state.recorded:
        return Decision(answer=DUPLICATE)
    _check(command, command.reason, now)
    _not_busted(state, _booked(state, command.fill_id))
    draft = Draft(state, command, now)
    draft.add(FillBusted(fill_id=command.fill_id, reason=command.reason), source="operator")
    return draft.decided(DONE, _then(command))


def correct_fill(state: ControlState, command: CorrectFill, now: datetime) -> Decision:
    """The venue corrected an execution; the same figures again are no change.

    Raises:
        InvalidInput: as `bust_fill`; a figure that no execution has, more units than the order was for, or nothing
            that differs from the fill.
        OutOfReach: the fill is older than what is kept.
    """
    if fact_id(FillCorrected.__name__, command.cause) in state.recorded:
        return Decision(answer=DUPLICATE)
    _check(command, command.reason, now)
    booked = _booked(state, command.fill_id)
    as_is = _not_busted(state, booked)
    _check_figures(state, command, booked, as_is)
    body = FillCorrected(
        fill_id=command.fill_id,
        side=command.side or as_is.side,
        quantity=as_is.quantity if command.quantity is None else command.quantity,
        price=as_is.price if command.price is None else command.price,
        fee=as_is.fee if command.fee is None else command.fee,
        fee_asset=command.fee_asset or as_is.fee_asset,
        reason=command.reason,
    )
    if _figures(body) == _figures(as_is):
        if _figures(as_is) != _figures(booked.body):
            return Decision(answer=DUPLICATE)
        raise InvalidInput("fill", command.fill_id, "at least one figure that differs from what is booked")
    draft = Draft(state, command, now)
    draft.add(body, source="operator")
    return draft.decided(DONE, _then(command))


def choose_lots(state: ControlState, command: ChooseLots, now: datetime) -> Decision:
    """The fill closed these lots, and the oldest for what is not chosen; the same choice again is no change.

    Raises:
        InvalidInput: as `bust_fill`; the account's lots are not chosen, the fill closes none or fewer units, or a lot
            is not open at that time or has fewer units.
        OutOfReach: the fill is older than what is kept.
    """
    check_time(command, now)
    body = LotsChosen(fill_id=command.fill_id, lots=command.lots)
    known = state.state.amendments.get(command.fill_id)
    if known is not None and known.choice == body:
        return Decision(answer=DUPLICATE)
    booked = _booked(state, command.fill_id)
    method = state.state.terms_at(booked.occurred_at).lot_method
    if method is not LotMethod.SPECIFIC:
        raise InvalidInput("lot_method", method, "SPECIFIC: no other method lets anybody choose lots")
    _check_lots(command.lots, closable(state, command.fill_id), _not_busted(state, booked))
    draft = Draft(state, command, now)
    draft.add(body, source="operator")
    return draft.decided(DONE, _then(command))


def closable(state: ControlState, fill_id: str) -> tuple[Lot, ...]:
    """The lots that were open right before a fill, on the side that it closes, oldest first.

    Raises:
        InvalidInput: the fill is not booked, or was busted.
        OutOfReach: it is older than what is kept.
    """
    booked = _booked(state, fill_id)
    fill = _not_busted(state, booked)
    holding = state.book.as_before(fill_id).holdings.get(str(booked.instrument))
    lots = holding.lots if holding is not None else []
    return tuple(lot for lot in lots if lot.quantity * fill.side.sign < ZERO)


def _check(command: Command, reason: str, now: datetime) -> None:
    if not reason.strip():
        raise InvalidInput("reason", reason, "a sentence that explains it")
    check_time(command, now)


def _booked(state: ControlState, fill_id: str) -> Fact:
    """The fill's own fact, as the venue reported it."""
    if fill_id not in state.book.fills:
        raise InvalidInput("fill_id", fill_id, "a fill that is booked in this account")
    found = state.book.timeline.fill(fill_id)
    if found is None:
        raise OutOfReach(BEGINNING, f"fill {fill_id} is older than what is kept")
    return found


def _not_busted(state: ControlState, booked: Fact) -> Fill:
    """The fill with the figures that hold now."""
    effective = amended(state.state, booked)
    if effective is None:
        fill_id = booked.body.fill_id
        raise InvalidInput(
            "fill_id", fill_id, f"a fill that stands: {state.state.amendments[fill_id].busted} busted it"
        )
    fill: Fill = effective.body
    return fill


def _check_figures(state: ControlState, command: CorrectFill, booked: Fact, as_is: Fill) -> None:
    if command.quantity is not None:
        check_positive("quantity", command.quantity)
        _check_order(state, command.quantity, as_is)
    if command.price is not None:
        if not is_short(command.price) or command.price.is_zero():
            raise InvalidInput("price", command.price, "a price other than zero of at most 18 digits")
        if command.price < ZERO and not state.state.instruments[str(booked.instrument)].negative_price_allowed:
            raise InvalidInput("price", plain(command.price), "a price above zero")
    if command.fee is not None and not is_short(command.fee):
        raise InvalidInput("fee", command.fee, "an amount of at most 18 digits; a rebate is negative")
    if command.fee_asset is not None and not is_asset(command.fee_asset):
        raise InvalidInput("fee_asset", command.fee_asset, "an asset code such as USD")


def _check_order(state: ControlState, quantity: Decimal, as_is: Fill) -> None:
    order = state.state.orders.get(as_is.client_order_id)
    if order is not None and order.filled - as_is.quantity + quantity > order.intent.quantity:
        most = order.intent.quantity - order.filled + as_is.quantity
        said = f"at most {shortest(most)}: its order was for {shortest(order.intent.quantity)}"
        raise InvalidInput("quantity", shortest(quantity), said)


def _figures(body: Fill | FillCorrected) -> tuple[object, ...]:
    return (body.side, body.quantity, body.price, body.fee, body.fee_asset)


def _check_lots(chosen: Sequence[LotChoice], lots: Sequence[Lot], fill: Fill) -> None:
    if not lots:
        raise InvalidInput("fill_id", fill.fill_id, "a fill that closes something")
    open_units: dict[str, Decimal] = {}
    for lot in lots:
        open_units[lot.fill_id] = open_units.get(lot.fill_id, ZERO) + abs(lot.quantity)
    for place, choice in enumerate(chosen):
        there = open_units.get(choice.lot)
        if there is None:
            raise InvalidInput(f"lots[{place}].lot", choice.lot, f"a lot that was open then: {_listed(open_units)}")
        if choice.quantity > there or not is_short(choice.quantity):
            said = f"at most the {shortest(there)} units that were open"
            shown = shortest(choice.quantity) if is_short(choice.quantity) else choice.quantity
            raise InvalidInput(f"lots[{place}].quantity", shown, said)
    wanted, closes = (
        sum((choice.quantity for choice in chosen), ZERO),
        min(fill.quantity, sum(open_units.values(), ZERO)),
    )
    if wanted > closes:
        raise InvalidInput("lots", shortest(wanted), f"at most the {shortest(closes)} units that the fill closes")


def _listed(units: dict[str, Decimal]) -> str:
    named = [f"{name} ({shortest(quantity)})" for name, quantity in units.items()]
    more = f" and {len(named) - LOTS_SHOWN} more" if len(named) > LOTS_SHOWN else ""
    return ", ".join(named[:LOTS_SHOWN]) + more


def _then(command: Command) -> CheckAcquisitions:
    """Other units were bought or sold: what is missing is counted anew."""
    return CheckAcquisitions(actor=command.actor, at=command.at, cause=command.cause)
