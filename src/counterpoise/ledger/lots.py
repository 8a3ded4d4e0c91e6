"""Which units does a trade close, at what cost, and what does it leave open?

Pure functions over the lot queue of one instrument, oldest lot first. All lots of a queue are on one side.
Costs are in the quote currency, multiplier applied, without fees, signed like the quantity; the cost of a part
of a lot is rounded half to even at 18 places and the rest stays in the lot, so no cost is ever lost or made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from counterpoise.domain.accounts import LotMethod
from counterpoise.domain.errors import InvalidFact
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
    """

    quantity: Decimal
    cost: Decimal
    fees: Decimal
    lots: list[Lot]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traded:
    """What a trade did to a queue.

    Attributes:
        closed: Units that it closed, ≥ 0.
        opened: Units that it opened, ≥ 0; closed + opened = its quantity.
        cost_change: Change in Σ cost of the queue, quote currency.
        realised: Profit of the closed units, quote currency, without fees.
        closed_fees: Fees of the closed units, of their acquisition and of this trade, account currency.
    """

    lots: list[Lot]
    closed: Decimal
    opened: Decimal
    cost_change: Decimal
    realised: Decimal
    closed_fees: Decimal


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


def close(lots: list[Lot], quantity: Decimal, method: LotMethod) -> Closed:
    """Close `quantity` units (> 0) in the order of `method`.

    Raises:
        InvalidFact: fewer units are open; no lot ever changes its sign here.
    """
    closed = take(lots, quantity, method)
    if closed.quantity != quantity:
        raise InvalidFact("quantity", str(quantity), f"at most the {closed.quantity} units that are open")
    return closed


def take(lots: list[Lot], quantity: Decimal, method: LotMethod) -> Closed:
    """Close up to `quantity` units (≥ 0): all of them, or all that are open."""
    queue = pooled(lots) if method is LotMethod.AVERAGE else lots
    left, cost, fees, index = quantity, ZERO, ZERO, 0
    while left and index < len(queue):
        lot = queue[index]
        units = abs(lot.quantity)
        if units > left:
            places = AVERAGE_PLACES if method is LotMethod.AVERAGE else EXACT_PLACES
            part, rest = _cut(lot, left, units, places=places)
            return Closed(
                quantity=quantity, cost=cost + part.cost, fees=fees + part.fees, lots=[rest, *queue[index + 1 :]]
            )
        left -= units
        cost += lot.cost
        fees += lot.fees
        index += 1
    return Closed(quantity=quantity - left, cost=cost, fees=fees, lots=queue[index:])


def trade(entry: Lot, worth: Decimal, lots: list[Lot], method: LotMethod, *, shorts: bool) -> Traded:
    """Close against the other side first, then open what is left at the trade's own price (a flip does both).

    Args:
        entry: The whole trade as if all of it opened: signed quantity, cost, fees in account currency.
        worth: Quote currency per unit: price × multiplier.
        lots: The queue before.
        method: Which lots close first.
        shorts: Whether the account may be short; where not, units sold beyond the queue open at no cost and
            are flagged `missing`: all of that sale is profit, since a venue's fill is always booked.
    """
    units = abs(entry.quantity)
    opposite = bool(lots) and (lots[0].quantity > ZERO) != (entry.quantity > ZERO)
    closed = take(lots, units, method) if opposite else Closed(quantity=ZERO, cost=ZERO, fees=ZERO, lots=lots)
    if not closed.quantity:
        return _opened(entry, closed, entry, method, shorts=shorts)
    if closed.quantity == units:
        proceeds = -entry.cost
        return Traded(
            lots=closed.lots,
            closed=units,
            opened=ZERO,
            cost_change=-closed.cost,
            realised=proceeds - closed.cost,
            closed_fees=closed.fees + entry.fees,
        )
    part, rest = _cut(entry, closed.quantity, units, worth)
    return _opened(rest, closed, part, method, shorts=shorts)


def _opened(rest: Lot, closed: Closed, part: Lot, method: LotMethod, *, shorts: bool) -> Traded:
    """Open `rest` after `closed`, which `part` of the trade had paid for (unused when nothing was closed)."""
    realised, fees = (-part.cost - closed.cost, closed.fees + part.fees) if closed.quantity else (ZERO, ZERO)
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
        lots=open_lot(closed.lots, rest, method),
        closed=closed.quantity,
        opened=abs(rest.quantity),
        cost_change=rest.cost - closed.cost,
        realised=realised,
        closed_fees=fees,
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
