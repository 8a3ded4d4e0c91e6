"""Which causes does the venue itself point to: executions, movements, orders and rates that one side lacks?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from counterpoise.domain.numbers import ZERO, plain
from counterpoise.domain.orders import Side
from counterpoise.domain.statements import BreakKind, CashEventKind, VenueCashEvent, VenueFill
from counterpoise.domain.time import format_time
from counterpoise.execution.reconciliation import effects
from counterpoise.execution.reconciliation.causes import (
    ActAtVenue,
    BookFill,
    Cause,
    CauseKind,
    CorrectFill,
    RecordCash,
    RecordRate,
    TakeBackFill,
)
from counterpoise.execution.reconciliation.differences import TOTAL
from counterpoise.execution.reconciliation.sides import BookedCash, BookedFill, OurBook, VenueStatement

SAME_EVENT_WITHIN = timedelta(days=3)
"""A movement that we booked without the venue's identity is the venue's one of the same amount so near to it."""

KIND_OF_EVENT = {
    CashEventKind.FEE: CauseKind.FEE,
    CashEventKind.FUNDING: CauseKind.FUNDING,
    CashEventKind.DIVIDEND: CauseKind.DIVIDEND,
    CashEventKind.INTEREST: CauseKind.INTEREST,
    CashEventKind.DEPOSIT: CauseKind.TRANSFER,
    CashEventKind.WITHDRAWAL: CauseKind.TRANSFER,
}


def pointed_causes(ours: OurBook, theirs: VenueStatement) -> tuple[Cause, ...]:
    """One cause for each thing that one side lists and the other does not, in the venue's order."""
    return (
        *_missed(ours, theirs),
        *_corrected(ours, theirs),
        *_duplicates(ours, theirs),
        *_events(ours, theirs),
        *_rates(ours, theirs),
        *_orders(ours, theirs),
    )


def fill_in_words(side: Side, quantity: Decimal, symbol: str, price: Decimal) -> str:
    """`BUY 10 SPY @ 100.50`."""
    return f"{side} {plain(quantity)} {symbol} @ {plain(price)}"


def _is_ours_to_know(ours: OurBook, at: datetime) -> bool:
    return ours.since is None or at >= ours.since


def _missed(ours: OurBook, theirs: VenueStatement) -> Iterator[Cause]:
    known = {fill.fill_id for fill in ours.fills}
    for fill in theirs.fills or ():
        if fill.fill_id not in known and _is_ours_to_know(ours, fill.filled_at):
            said = fill_in_words(fill.side, fill.quantity, fill.symbol, fill.price)
            yield Cause(
                kinds=(CauseKind.MISSED_FILL,),
                effect=effects.of_fill(ours, fill),
                evidence=f"the venue lists fill {fill.fill_id}, {said} at {format_time(fill.filled_at)}; we lack it",
                proposals=(BookFill(fill=fill),),
                pointed=True,
            )


def _corrected(ours: OurBook, theirs: VenueStatement) -> Iterator[Cause]:
    known = {fill.fill_id: fill for fill in ours.fills}
    for fill in theirs.fills or ():
        booked = known.get(fill.fill_id)
        if booked is None or _figures(booked) == _figures(fill):
            continue
        was = fill_in_words(booked.side, booked.quantity, booked.symbol, booked.price)
        now = fill_in_words(fill.side, fill.quantity, fill.symbol, fill.price)
        yield Cause(
            kinds=(CauseKind.CORRECTED_FILL,),
            effect=effects.minus(effects.of_fill(ours, fill), effects.of_fill(ours, booked)),
            evidence=(
                f"fill {fill.fill_id} is {now}, fee {plain(fill.fee)} at the venue "
                f"and {was}, fee {plain(booked.fee)} here"
            ),
            proposals=(CorrectFill(fill=fill),),
            pointed=True,
        )


def _duplicates(ours: OurBook, theirs: VenueStatement) -> Iterator[Cause]:
    """What we booked and the venue does not list, though it lists one of the same figures that we booked too."""
    if theirs.fills is None:
        return
    listed = {fill.fill_id for fill in theirs.fills}
    confirmed = {_figures(fill): fill.fill_id for fill in ours.fills if fill.fill_id in listed}
    for fill in ours.fills:
        is_covered = theirs.fills_from is None or fill.at >= theirs.fills_from
        twin = confirmed.get(_figures(fill))
        if fill.fill_id in listed or not is_covered or twin is None:
            continue
        said = fill_in_words(fill.side, fill.quantity, fill.symbol, fill.price)
        yield Cause(
            kinds=(CauseKind.DUPLICATE_FILL,),
            effect=effects.of_taking_back(ours, fill),
            evidence=f"{said} is booked as {twin} and as {fill.fill_id}; the venue lists {twin} alone",
            proposals=(TakeBackFill(fill_id=fill.fill_id),),
            pointed=True,
        )


def _figures(fill: BookedFill | VenueFill) -> tuple[object, ...]:
    return (fill.symbol, fill.side, fill.quantity, fill.price, fill.fee, fill.fee_asset)


def _events(ours: OurBook, theirs: VenueStatement) -> Iterator[Cause]:
    for event in unseen_events(ours, theirs):
        yield Cause(
            kinds=(KIND_OF_EVENT[event.kind],),
            effect=effects.of_cash(ours, event.asset, event.amount),
            evidence=(
                f"the venue lists {event.kind.lower()} {event.event_id} of {plain(event.amount)} {event.asset} "
                f"at {format_time(event.happened_at)}; we lack it"
            ),
            proposals=(RecordCash(event=event),),
            pointed=True,
        )


def unseen_events(ours: OurBook, theirs: VenueStatement) -> tuple[VenueCashEvent, ...]:
    """Movements that the venue lists and we did not book: by identity, else by amount and day, each once."""
    ids = {item.event_id for item in ours.cash_events if item.event_id}
    events = [event for event in theirs.cash_events or () if _is_ours_to_know(ours, event.happened_at)]
    listed = {event.event_id for event in events}
    loose = [item for item in ours.cash_events if item.event_id not in listed]
    unseen = []
    for event in events:
        if event.event_id in ids:
            continue
        same = next((item for item in loose if _is_same(item, event)), None)
        if same is None:
            unseen.append(event)
        else:
            loose.remove(same)
    return tuple(unseen)


def _is_same(item: BookedCash, event: VenueCashEvent) -> bool:
    near = abs(item.at - event.happened_at) <= SAME_EVENT_WITHIN
    return near and (item.kind, item.amount, item.asset) == (event.kind, event.amount, event.asset)


def _rates(ours: OurBook, theirs: VenueStatement) -> Iterator[Cause]:
    if theirs.total_cash is None:
        return
    for asset, rate in sorted(theirs.rates.items()):
        known = ours.rates.get(asset)
        if known is None or known == rate or asset not in theirs.cash:
            continue
        yield Cause(
            kinds=(CauseKind.STALE_FX,),
            effect={(BreakKind.CASH, TOTAL): theirs.cash[asset] * (rate - known)},
            evidence=f"the venue counts 1 {asset} as {plain(rate)} {ours.base}, we as {plain(known)}",
            proposals=(RecordRate(asset=asset, rate=rate),),
            pointed=True,
        )


def _orders(ours: OurBook, theirs: VenueStatement) -> Iterator[Cause]:
    """Open orders that only one side has; both sides state these also where there are no activities."""
    if ours.orders is None or theirs.orders is None:
        return
    for order in sorted(theirs.orders, key=lambda order: order.client_order_id):
        left = order.quantity - order.filled_quantity
        if order.client_order_id in ours.orders or left <= ZERO:
            continue
        name = order.client_order_id or order.venue_order_id
        yield Cause(
            kinds=(CauseKind.UNKNOWN_ORDER,),
            effect={(BreakKind.ORDER, order.client_order_id): left},
            evidence=f"the venue works {order.side} {plain(left)} {order.symbol} as {name}, which we never sent",
            proposals=(
                ActAtVenue(advice=f"cancel {name} at the venue, or let it end; its fills are booked as nobody's"),
            ),
            pointed=True,
        )
    working = theirs.working or {}
    for name, left in sorted(ours.working.items()):
        if left and name not in working:
            yield Cause(
                kinds=(CauseKind.ENDED_ORDER,),
                effect={(BreakKind.ORDER, name): -left},
                evidence=f"we count {plain(left)} units of order {name} as open, the venue does not list it any more",
                proposals=(ActAtVenue(advice=f"the next round asks the venue what became of {name}"),),
                pointed=True,
            )
