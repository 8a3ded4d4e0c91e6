"""Which units does a trade close, at what cost, and what does it leave open?

Pure functions over the lot queue of one instrument, oldest lot first. All lots of a queue are on one side.
Costs are in the quote currency, multiplier applied, without fees, signed like the quantity; the cost of a part
of a lot is rounded half to even at 18 places and the rest stays in the lot, so no cost is ever lost or made.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from counterpoise.domain.accounts import LotMethod
from counterpoise.domain.errors import InvalidFact
from counterpoise.domain.facts.amendments import LotChoice
from counterpoise.domain.numbers import ZERO, divide_half_even, divide_half_even_18


@dataclass(slots=True, kw_only=True)
class Lot:
    """Units acquired together and not yet closed.

    Attributes:
        quantity: Signed units still open; a short lot is negative.
        cost: Quote currency: Σ quantity × unit price × multiplier without fees, signed like `quantity`.
        fees: Fees of the acquisition that still belong to the open units, account currency.
        missing: Units sold in a CASH account that nothing shows being bought: a short lot at no cost, so that
            the whole of the sale is profit until the late buy cures it.
    """

    fill_id: str
    opened_at: datetime
    quantity: Decimal
    cost: Decimal
    fees: Decimal = ZERO
    missing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """What was taken out of a queue.

    Attributes:
        quantity: Units closed, ≥ 0.
        cost: Quote currency that those units cost, signed like the lots.
        fees: Acquisition fees of those units, account currency.
        lots: What stays open, oldest first.
        pieces: The same lot by lot, in the order in which they closed; a lot that was cut is here with its part.
    """

    quantity: Decimal
    cost: Decimal
    fees: Decimal
    lots: list[Lot]
    pieces: list[Lot]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traded:
    """What a trade did to a queue.

    Attributes:
        closed: Units that it closed, ≥ 0.
        opened: Units that it opened, ≥ 0; closed + opened = its quantity.
        cost_change: Change in Σ cost of the queue, quote currency.
        realised: Profit of the closed units, quote currency, without fees.
        closed_fees: Fees of the closed units, of their acquisition and of this trade, account currency.
        pieces: What it closed, lot by lot.
    """

    lots: list[Lot]
    closed: Decimal
    opened: Decimal
    cost_change: Decimal
    realised: Decimal
    closed_fees: Decimal
    pieces: list[Lot]


def open_lot(lots: list[Lot], lot: Lot, method: LotMethod) -> list[Lot]:
    """The queue with `lot` at its end; AVERAGE keeps one pooled lot, dated by its first units."""
    return pooled([*lots, lot]) if method is LotMethod.AVERAGE else [*lots, lot]


def pooled(lots: list[Lot]) -> list[Lot]:
    """One lot that holds all units of `lots` (of one side) at their joint cost; a queue of one stays itself."""
    if len(lots) <= 1:
        return lots
    first = lots[0]
    return [
        Lot(
            fill_id=first.fill_id,
            opened_at=first.opened_at,
            quantity=sum((lot.quantity for lot in lots), ZERO),
            cost=sum((lot.cost for lot in lots), ZERO),
            fees=sum((lot.fees for lot in lots), ZERO),
            missing=all(lot.missing for lot in lots),
        )
    ]


def close(lots: list[Lot], quantity: Decimal, method: LotMethod, chosen: tuple[LotChoice, ...] = ()) -> Closed:
    """Close `quantity` units (> 0) in the order of `method`.

    Raises:
        InvalidFact: fewer units are open, or a choice cannot be kept; no lot ever changes its sign here.
    """
    closed = take(lots, quantity, method, chosen)
    if closed.quantity != quantity:
        raise InvalidFact("quantity", str(quantity), f"at most the {closed.quantity} units that are open")
    short = unmet(chosen, closed.pieces)
    if short:
        raise InvalidFact("lots", [choice.lot for choice in chosen], f"choices that the lots have: {short} units more")
    return closed


def unmet(chosen: Iterable[LotChoice], pieces: Iterable[Lot]) -> Decimal:
    """Units chosen, ≥ 0, that `pieces` do not show closed: no such lot, fewer units in it, or a smaller trade."""
    taken: dict[str, Decimal] = {}
    for piece in pieces:
        taken[piece.fill_id] = taken.get(piece.fill_id, ZERO) + abs(piece.quantity)
    return sum((max(choice.quantity - taken.get(choice.lot, ZERO), ZERO) for choice in chosen), ZERO)


def take(lots: list[Lot], quantity: Decimal, method: LotMethod, chosen: tuple[LotChoice, ...] = ()) -> Closed:
    """Close up to `quantity` units (≥ 0): all of them, or all that are open.

    FIFO closes the oldest first, LIFO the newest. HIFO closes first what gains least or loses most: the highest
    unit cost of a long queue and the lowest unit price of a short one, the oldest of equals. SPECIFIC closes the
    lots of `chosen` in their order and then the oldest; no other method looks at `chosen`.
    """
    if method is LotMethod.AVERAGE:
        return _oldest(pooled(lots), quantity, AVERAGE_PLACES)
    if method is LotMethod.LIFO:
        return _in_order(lots, quantity, range(len(lots) - 1, -1, -1))
    if method is LotMethod.HIFO:
        return _in_order(lots, quantity, _dearest_first(lots))
    if chosen and method is LotMethod.SPECIFIC:
        return _chosen(lots, quantity, chosen)
    return _oldest(lots, quantity, EXACT_PLACES)


def trade(
    entry: Lot,
    worth: Decimal | None,
    lots: list[Lot],
    method: LotMethod,
    *,
    shorts: bool,
    chosen: tuple[LotChoice, ...] = (),
) -> Traded:
    """Close against the other side first, then open what is left at the trade's own price (a flip does both).

    Args:
        entry: The whole trade as if all of it opened: signed quantity, cost, fees in account currency.
        worth: Quote currency per unit: price × multiplier. None shares the cost of `entry` pro rata.
        lots: The queue before.
        method: Which lots close first.
        shorts: Whether the account may be short; where not, units sold beyond the queue open at no cost and
            are flagged `missing`: all of that sale is profit, since a venue's fill is always booked.
        chosen: Which lots close first under SPECIFIC; what cannot be kept is no error, `unmet` tells of it.
    """
    units = abs(entry.quantity)
    if not lots or (lots[0].quantity > ZERO) == (entry.quantity > ZERO):
        return _opened(entry, lots, None, entry, method, shorts=shorts)
    closed = take(lots, units, method, chosen)
    if closed.quantity == units:
        proceeds = -entry.cost
        return Traded(
            lots=closed.lots,
            closed=units,
            opened=ZERO,
            cost_change=-closed.cost,
            realised=proceeds - closed.cost,
            closed_fees=closed.fees + entry.fees,
            pieces=closed.pieces,
        )
    part, rest = _cut(entry, closed.quantity, units, worth)
    return _opened(rest, closed.lots, closed, part, method, shorts=shorts)


def _opened(rest: Lot, lots: list[Lot], closed: Closed | None, part: Lot, method: LotMethod, *, shorts: bool) -> Traded:
    """Open `rest` after `closed`, which `part` of the trade had paid for (unused when nothing was closed)."""
    realised, fees = (-part.cost - closed.cost, closed.fees + part.fees) if closed else (ZERO, ZERO)
    if rest.quantity < ZERO and not shorts:
        realised -= rest.cost
        rest = Lot(
            fill_id=rest.fill_id,
            opened_at=rest.opened_at,
            quantity=rest.quantity,
            cost=ZERO,
            fees=rest.fees,
            missing=True,
        )
    return Traded(
        lots=open_lot(lots, rest, method),
        closed=closed.quantity if closed else ZERO,
        opened=abs(rest.quantity),
        cost_change=rest.cost - closed.cost if closed else rest.cost,
        realised=realised,
        closed_fees=fees,
        pieces=closed.pieces if closed else [],
    )


def _oldest(queue: list[Lot], quantity: Decimal, places: int) -> Closed:
    """Close from the head of the queue: the path of nearly every fill, so it builds nothing that it can leave."""
    left, cost, fees, index = quantity, ZERO, ZERO, 0
    while left and index < len(queue):
        lot = queue[index]
        units = abs(lot.quantity)
        if units > left:
            part, rest = _cut(lot, left, units, places=places)
            return Closed(
                quantity=quantity,
                cost=cost + part.cost,
                fees=fees + part.fees,
                lots=[rest, *queue[index + 1 :]],
                pieces=[*queue[:index], part],
            )
        left -= units
        cost += lot.cost
        fees += lot.fees
        index += 1
    return Closed(quantity=quantity - left, cost=cost, fees=fees, lots=queue[index:], pieces=queue[:index])


def _in_order(lots: list[Lot], quantity: Decimal, order: Iterable[int]) -> Closed:
    """Close the lots at these places, one after the other; what stays keeps its place in the queue."""
    left, pieces = quantity, list[Lot]()
    touched: dict[int, Lot | None] = {}
    for index in order:
        if not left:
            break
        part, rest = lots[index], None
        units = abs(part.quantity)
        if units > left:
            part, rest = _cut(part, left, units)
            units = left
        left -= units
        pieces.append(part)
        touched[index] = rest
    stay = (touched.get(index, lot) for index, lot in enumerate(lots))
    return Closed(
        quantity=quantity - left,
        cost=sum((part.cost for part in pieces), ZERO),
        fees=sum((part.fees for part in pieces), ZERO),
        lots=[lot for lot in stay if lot is not None],
        pieces=pieces,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Dearness:
    """A lot's place in the queue, before all of a lower cost ÷ units and before younger ones of the same.

    Cost ÷ units > 0 is the unit cost of a long lot and minus the unit price of a short one. Compared as products,
    so that no unit cost is rounded.
    """

    place: int
    cost: Decimal
    units: Decimal

    def __lt__(self, other: _Dearness) -> bool:
        mine, theirs = self.cost * other.units, other.cost * self.units
        return self.place < other.place if mine == theirs else mine > theirs


def _dearest_first(lots: list[Lot]) -> Iterator[int]:
    """Places in the queue, the dearest first; a heap, since a trade closes few lots of many."""
    heap = [_Dearness(place, lot.cost, abs(lot.quantity)) for place, lot in enumerate(lots)]
    heapq.heapify(heap)
    while heap:
        yield heapq.heappop(heap).place


def _chosen(lots: list[Lot], quantity: Decimal, chosen: tuple[LotChoice, ...]) -> Closed:
    """Close what was chosen as far as it is there, then the oldest; two lots of one fill close oldest first."""
    parts: list[Closed] = []
    left = quantity
    for choice in chosen:
        places = [index for index, lot in enumerate(lots) if lot.fill_id == choice.lot]
        parts.append(_in_order(lots, min(choice.quantity, left), places))
        lots, left = parts[-1].lots, left - parts[-1].quantity
    parts.append(_oldest(lots, left, EXACT_PLACES))
    return Closed(
        quantity=sum((part.quantity for part in parts), ZERO),
        cost=sum((part.cost for part in parts), ZERO),
        fees=sum((part.fees for part in parts), ZERO),
        lots=parts[-1].lots,
        pieces=[piece for part in parts for piece in part.pieces],
    )


EXACT_PLACES = 54
"""A FIFO lot's unit cost ends within these (18 of price, quantity and multiplier each): no digit is cut."""

AVERAGE_PLACES = 18


def _cut(
    lot: Lot, part: Decimal, units: Decimal, worth: Decimal | None = None, places: int = EXACT_PLACES
) -> tuple[Lot, Lot]:
    """`part` of the `units` of `lot`, and the rest; the cost of the part by `worth` per unit, else pro rata."""
    sign = Decimal(1).copy_sign(lot.quantity)
    cost = divide_half_even(lot.cost * part, units, places) if worth is None else sign * part * worth
    fees = divide_half_even_18(lot.fees * part, units) if lot.fees else ZERO
    return (
        Lot(
            fill_id=lot.fill_id,
            opened_at=lot.opened_at,
            quantity=sign * part,
            cost=cost,
            fees=fees,
            missing=lot.missing,
        ),
        Lot(
            fill_id=lot.fill_id,
            opened_at=lot.opened_at,
            quantity=lot.quantity - sign * part,
            cost=lot.cost - cost,
            fees=lot.fees - fees,
            missing=lot.missing,
        ),
    )
