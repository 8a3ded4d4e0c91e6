"""What does a corporate action make of the lots of a holding, and of the units of each strategy?

Pure functions over the lot queue of `lots.py`. Units change, cost does not: whatever a function moves, the sum of
the costs (and of the fees) before and after is the same number. Shares of units are exact where each of them ends
within 18 places; else they are cut at nine and handed out by largest remainder (Hamilton's method).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from counterpoise.domain.accounts import LotMethod, StrategyName
from counterpoise.domain.errors import InvalidFact
from counterpoise.domain.numbers import (
    ONE,
    QUANTITY_STEP,
    ZERO,
    divide_exactly_18,
    divide_half_even_18,
    split_exactly,
    units_after_toward_zero,
)
from counterpoise.ledger.lots import Lot, Traded, pooled, trade


def split(lots: list[Lot], numerator: Decimal, denominator: Decimal) -> list[Lot]:
    """Each `denominator` units (> 0) become `numerator` (> 0); cost, fees and dates of the lots stay.

    The units of all lots together are exact where they end within 18 places, else cut toward zero at nine. A lot
    that would be left without units joins the older one beside it (the oldest joins the next), cost and fees too.

    Raises:
        InvalidFact: the ratio leaves no unit at all, so that a cost would be left without units.
    """
    if not lots:
        return []
    after = units_after_toward_zero(_units(lots), numerator, denominator)
    if not after:
        raise InvalidFact("numerator", f"{numerator}:{denominator}", f"a ratio that leaves units of {_units(lots)}")
    return _with_units(lots, after)


def spin_off(lots: list[Lot], child_quantity: Decimal, cost_fraction: Decimal) -> tuple[list[Lot], list[Lot]]:
    """The parent's lots and the child's: `cost_fraction` (0 … 1) of each lot's cost and fees goes with the child.

    A child's lot names the fill and the day of its parent's, so the holding period goes on (26 CFR 1.358-2,
    26 USC 1223(1)). What moves is rounded half even at 18 places, the rest stays with the parent.

    Args:
        lots: The parent's queue.
        child_quantity: Units of the child, signed like the lots.
        cost_fraction: Part of the parent's cost that moves.

    Raises:
        InvalidFact: there are no lots to spin off from, or the child is on the other side.
    """
    if _units(lots) * child_quantity <= ZERO:
        raise InvalidFact("quantity", str(child_quantity), f"units on the side of the {_units(lots)} that are held")
    moved = [
        replace(
            lot,
            cost=divide_half_even_18(lot.cost * cost_fraction, ONE),
            fees=divide_half_even_18(lot.fees * cost_fraction, ONE),
        )
        for lot in lots
    ]
    stay = [
        replace(lot, cost=lot.cost - part.cost, fees=lot.fees - part.fees)
        for lot, part in zip(lots, moved, strict=True)
    ]
    return stay, _with_units(moved, child_quantity)


def receive(lots: list[Lot], arrived: Sequence[Lot], method: LotMethod, *, shorts: bool) -> tuple[list[Lot], Decimal]:
    """The queue after lots that carry their own dates came in, and the profit of what they closed (mostly zero).

    Lots of the queue's side take their place by day of opening, after those of the same instant. Lots of the other
    side close what is there at the cost that they bring.
    """
    realised = ZERO
    for lot in arrived:
        if lots and lots[0].quantity * lot.quantity < ZERO:
            done = trade(lot, None, lots, method, shorts=shorts)
            lots, realised = done.lots, realised + done.realised
        else:
            lots = sorted([*lots, lot], key=_age)
            lots = pooled(lots) if method is LotMethod.AVERAGE else lots
    return lots, realised


def cash_in_lieu(
    lots: list[Lot], quantity: Decimal, amount: Decimal, method: LotMethod, *, fill_id: str, at: datetime, shorts: bool
) -> Traded:
    """Give up `quantity` units (> 0) for `amount` of cash (≥ 0): a sale of a long holding, a cover of a short one.

    It is a trade in all else: units beyond those held open a lot (flagged `missing` where shorts are not allowed),
    so that a statement that arrives before the purchase is booked too.

    Args:
        lots: The queue before; an empty one is taken to be long.
        quantity: Units of the instrument.
        amount: Quote currency.
        method: Which lots close first.
        fill_id: Names the lot that it may open: the fact's own id.
        at: When it was paid.
        shorts: Whether the account may be short.
    """
    sign = ONE if lots and lots[0].quantity < ZERO else -ONE
    entry = Lot(fill_id=fill_id, opened_at=at, quantity=sign * quantity, cost=sign * amount)
    return trade(entry, None, lots, method, shorts=shorts)


def scale_owners(
    owners: Mapping[StrategyName, Decimal], before: Decimal, after: Decimal
) -> dict[StrategyName, Decimal]:
    """Each strategy's units × `after` ÷ `before` (of one sign), which sum to what `split` makes of their sum.

    For a split these are its denominator and numerator; for a spin-off, the parent's units and the child's. With
    strategies on both sides the larger side is cut as a holding of its own and the other follows from the sum.
    A strategy that is left without units is left out.

    Raises:
        InvalidFact: the ratio is none.
    """
    if before * after <= ZERO:
        raise InvalidFact("ratio", f"{after}:{before}", "two numbers of the same sign, neither of them zero")
    exact = {name: divide_exactly_18(units * after, before) for name, units in owners.items()}
    if None not in exact.values():
        return {name: units for name, units in exact.items() if units}
    total = units_after_toward_zero(sum(owners.values(), ZERO), after, before)
    longs = {name: units for name, units in owners.items() if units > ZERO}
    shorts = {name: -units for name, units in owners.items() if units < ZERO}
    most, fewest, sign = (longs, shorts, ONE) if total >= ZERO else (shorts, longs, -ONE)
    # Never below |total|, from which fewer digits may have been cut: the other side's part is not negative.
    larger = max(units_after_toward_zero(sum(most.values(), ZERO), after, before), abs(total))
    parts = [(most, sign * larger), (fewest, -sign * (larger - abs(total)))]
    found = {name: part for side, whole in parts if side for name, part in _by_weight(side, whole).items()}
    return {name: found[name] for name in owners if found.get(name)}


def _with_units(lots: list[Lot], after: Decimal) -> list[Lot]:
    """The lots with `after` units among them in proportion to theirs; costs and fees as they are."""
    before = _units(lots)
    exact = [divide_exactly_18(lot.quantity * after, before) for lot in lots]
    units = [part for part in exact if part is not None]
    if len(units) < len(lots):
        units = list(_by_weight({f"{place:09}": abs(lot.quantity) for place, lot in enumerate(lots)}, after).values())
    found: list[Lot] = []
    cost = fees = ZERO  # of the oldest lots, as long as they are left without units
    for lot, quantity in zip(lots, units, strict=True):
        cost, fees = cost + lot.cost, fees + lot.fees
        if quantity:
            found.append(replace(lot, quantity=quantity, cost=cost, fees=fees))
        elif found:
            found[-1] = replace(found[-1], cost=found[-1].cost + cost, fees=found[-1].fees + fees)
        else:
            continue
        cost = fees = ZERO
    return found


def _by_weight(weights: Mapping[str, Decimal], total: Decimal) -> dict[str, Decimal]:
    return split_exactly(total, weights, QUANTITY_STEP)


def _units(lots: list[Lot]) -> Decimal:
    return sum((lot.quantity for lot in lots), ZERO)


def _age(lot: Lot) -> datetime:
    return lot.opened_at
