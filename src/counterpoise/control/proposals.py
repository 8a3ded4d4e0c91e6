"""Which facts is a proposal of an explanation, once somebody accepts it?"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from counterpoise.control.commands import BookFills, Command, RecordCorporateAction, SettleBreak
from counterpoise.control.decision import Draft
from counterpoise.control.state import ControlState
from counterpoise.domain.accounts import UNASSIGNED, StrategyShare
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.facts import (
    Adjustment,
    Body,
    Deposit,
    Dividend,
    Fact,
    Fee,
    FillBusted,
    FillCorrected,
    Funding,
    FxRate,
    Interest,
    OpeningPosition,
    PositionAdjusted,
    Split,
    Withdrawal,
)
from counterpoise.domain.instruments import InstrumentId, Symbol
from counterpoise.domain.numbers import QUANTITY_STEP, ZERO, divide_half_even_18, split_exactly
from counterpoise.domain.statements import CashEventKind, VenueCashEvent
from counterpoise.execution.reconciliation.causes import (
    ActAtVenue,
    Adjust,
    AdoptPosition,
    BookFill,
    CorrectFill,
    Proposal,
    RecordCash,
    RecordRate,
    RecordSplit,
    TakeBackFill,
)
from counterpoise.ledger.lots import take
from counterpoise.portfolio.state import Holding


def carry_out(draft: Draft, command: SettleBreak) -> tuple[Command, ...]:
    """Add the facts of each proposal; what another command does already is returned as one.

    Raises:
        InvalidInput: a proposal that nothing can be booked for, or that names what the account does not know.
    """
    follow_ups: list[Command] = []
    for number, proposal in enumerate(command.proposals, 1):
        cause = f"{command.cause}/{number}"
        match proposal:
            case BookFill(fill=fill):
                venue = draft.state.state.opened.venue
                follow_ups.append(
                    BookFills(actor=command.actor, at=command.at, cause=cause, venue=venue, fills=(fill,))
                )
            case RecordSplit(symbol=symbol, numerator=numerator, denominator=denominator):
                action = Split(numerator=numerator, denominator=denominator)
                follow_ups.append(
                    RecordCorporateAction(actor=command.actor, at=command.at, cause=cause, symbol=symbol, action=action)
                )
            case ActAtVenue(advice=advice):
                raise InvalidInput("proposal", number, f"one that can be booked; here {advice}")
            case Adjust():
                adjust(draft, proposal, command, number)
            case _:
                _book(draft, proposal, command, number)
    return tuple(follow_ups)


def adjust(draft: Draft, proposal: Proposal, command: SettleBreak, number: int = 0) -> Fact:
    """A correction of cash or of units; units that go are taken from each owner in proportion.

    Raises:
        InvalidInput: a symbol that the account does not know, or units that nobody has priced.
    """
    assert isinstance(proposal, Adjust), "only corrections"
    if not proposal.symbol:
        body: Body = Adjustment(
            amount=proposal.amount, asset=proposal.asset, reason=command.reason, settles=command.opened
        )
        return draft.add(body, ordinal=number, source="operator")
    state, key = draft.state, _instrument(draft.state, proposal.symbol)
    holding = state.state.holdings.get(key)
    body = PositionAdjusted(
        quantity=proposal.amount,
        unit_price=_cost_of_one(state, key, holding, proposal),
        reason=command.reason,
        settles=command.opened,
    )
    shares = owners_shares(holding, proposal.amount)
    return draft.add(body, ordinal=number, source="operator", instrument=key, shares=shares)


def owners_shares(holding: Holding | None, quantity: Decimal) -> tuple[StrategyShare, ...]:
    """Whose units come or go: those that go are their owners' in proportion, all others are nobody's."""
    if holding is None or holding.quantity * quantity >= ZERO:
        return ()
    if any(units * holding.quantity < ZERO for units in holding.owners.values()):
        return ()  # one owner is long and another short: no proportion says whose units the venue means
    closed = min(abs(quantity), abs(holding.quantity))
    weights = {name: abs(units) for name, units in holding.owners.items()}
    parts = split_exactly(closed, weights, QUANTITY_STEP)
    parts[UNASSIGNED] = parts.get(UNASSIGNED, ZERO) + abs(quantity) - closed
    return tuple(
        StrategyShare(strategy=name, amount=part.copy_sign(quantity)) for name, part in sorted(parts.items()) if part
    )


def opposite_shares(adjusted: Fact) -> tuple[StrategyShare, ...]:
    """Those whose units or cash a correction moved get them back, or give them back."""
    return tuple(StrategyShare(strategy=share.strategy, amount=-share.amount) for share in adjusted.strategy_shares)


def _book(draft: Draft, proposal: Proposal, command: SettleBreak, number: int) -> None:
    state, venue = draft.state.state, draft.state.state.opened.venue
    match proposal:
        case TakeBackFill(fill_id=fill_id):
            body = FillBusted(fill_id=f"{venue}:{fill_id}", reason=command.reason)
            draft.add(body, ordinal=number, source="operator")
        case CorrectFill(fill=fill):
            corrected = FillCorrected(
                fill_id=f"{venue}:{fill.fill_id}",
                side=fill.side,
                quantity=fill.quantity,
                price=fill.price,
                fee=fill.fee,
                fee_asset=fill.fee_asset,
                reason=command.reason,
            )
            draft.add(corrected, ordinal=number, source=venue)
        case AdoptPosition(symbol=symbol, quantity=quantity, unit_price=stated):
            key = _instrument(draft.state, symbol)
            price = _price(draft.state, key, command.unit_price or stated, symbol)
            draft.add(
                OpeningPosition(quantity=quantity, unit_price=price), ordinal=number, source=venue, instrument=key
            )
        case RecordCash(event=event):
            record_cash(draft, event, venue)
        case RecordRate(asset=asset, rate=rate):
            draft.add(FxRate(asset=asset, rate=rate), ordinal=number, source=venue)
        case _:
            raise InvalidInput("proposal", type(proposal).__name__, f"a proposal for {state.base}")


_CARRIES: Mapping[CashEventKind, type[Funding | Interest | Dividend]] = {
    CashEventKind.FUNDING: Funding,
    CashEventKind.INTEREST: Interest,
    CashEventKind.DIVIDEND: Dividend,
}


def record_cash(draft: Draft, event: VenueCashEvent, venue: str) -> Fact:
    """The movement as the venue lists it, once by the venue's identity of it."""
    body: Body
    if event.kind is CashEventKind.FEE:
        body = Fee(amount=-event.amount, asset=event.asset, reference=event.event_id)
    elif event.kind in _CARRIES:
        body = _CARRIES[event.kind](amount=event.amount, asset=event.asset)
    else:
        flow = Deposit if event.amount > ZERO else Withdrawal
        body = flow(amount=abs(event.amount), asset=event.asset, reference=event.event_id)
    return draft.add(
        body,
        identity=f"{type(body).__name__}:{venue}:{event.event_id}",
        occurred_at=event.happened_at,
        source=venue,
        instrument=_instrument(draft.state, event.symbol) if event.symbol else None,
    )


def _instrument(state: ControlState, symbol: Symbol) -> InstrumentId:
    key = state.state.symbols.get(symbol)
    if key is None:
        raise InvalidInput("symbol", symbol, "a symbol of this account; define the instrument first")
    return key


def _cost_of_one(state: ControlState, key: InstrumentId, holding: Holding | None, proposal: Adjust) -> Decimal:
    """What units that come cost: as stated, or our mark; what those that go had cost: by the lots that they close."""
    if holding is None or holding.quantity * proposal.amount >= ZERO:
        return _price(state, key, proposal.unit_price, proposal.symbol)
    closed = take(holding.lots, min(abs(proposal.amount), abs(holding.quantity)), state.state.opened.lot_method)
    signed = closed.quantity.copy_sign(holding.quantity)
    return divide_half_even_18(closed.cost, signed * state.state.instruments[key].multiplier)


def _price(state: ControlState, key: InstrumentId, stated: Decimal | None, symbol: Symbol) -> Decimal:
    mark = state.live_marks.get(key)
    price = stated if stated is not None else mark.price if mark is not None else None
    if price is None:
        raise InvalidInput("unit_price", "", f"what a unit of {symbol} cost; it has no price here yet")
    return price
