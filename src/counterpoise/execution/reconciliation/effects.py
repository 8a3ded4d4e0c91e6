"""What would booking a thing add to our side?"""

from __future__ import annotations

from decimal import Decimal

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.statements import BreakKind, VenueFill
from counterpoise.execution.reconciliation.differences import Gaps, Key
from counterpoise.execution.reconciliation.sides import BookedFill, OurBook, VenueStatement

ROUNDING_SPREADS_SQUARED = 16
"""Four standard deviations: so far the rounding of many figures is believed to add up where nobody lists them."""

UNIFORM_VARIANCE = 12
"""A figure rounded to a step errs evenly over it, with a variance of step² ÷ 12."""


def of_fill(ours: OurBook, fill: BookedFill | VenueFill) -> Gaps:
    """Units, cash, fee and what is left of the order; of what nobody compares, nothing."""
    return _of_fill(ours, fill, ours.positions.get(fill.symbol, ZERO))


def of_taking_back(ours: OurBook, fill: BookedFill) -> Gaps:
    """As if the execution had never been booked; what it closed in a FUTURES account counts at today's entry."""
    held = ours.positions.get(fill.symbol, ZERO) - fill.side.sign * fill.quantity
    return {key: -amount for key, amount in _of_fill(ours, fill, held).items()}


def _of_fill(ours: OurBook, fill: BookedFill | VenueFill, held: Decimal) -> Gaps:
    terms = ours.terms(fill.symbol)
    units = fill.side.sign * fill.quantity
    effect: dict[Key, Decimal] = {(BreakKind.POSITION, fill.symbol): units}
    _add_cash(ours, effect, terms.quote, _value(ours, fill, units, held))
    _add_cash(ours, effect, fill.fee_asset, -fill.fee)
    if ours.orders is not None and fill.client_order_id in ours.orders:
        effect[BreakKind.ORDER, fill.client_order_id] = -fill.quantity
    return effect


def minus(whole: Gaps, part: Gaps) -> Gaps:
    """What is left of `whole` once `part` is booked; zeros stay out."""
    left = {
        key: whole.get(key, ZERO) - part.get(key, ZERO) for key in [*whole, *(key for key in part if key not in whole)]
    }
    return {key: amount for key, amount in left.items() if amount}


def of_cash(ours: OurBook, asset: str, amount: Decimal) -> Gaps:
    """A movement of cash; of an asset that nobody compares, nothing."""
    effect: dict[Key, Decimal] = {}
    _add_cash(ours, effect, asset, amount)
    return effect


def may_be_rounding(ours: OurBook, theirs: VenueStatement, asset: str, gap: Decimal) -> bool:
    """Whether a venue that rounds each fill's cash to a step may differ by `gap` from exact figures.

    |gap| ≤ count · step ÷ 2 where the venue lists its executions and movements, so that nothing else is left that it
    could be; gap² ≤ 16 · count · step² ÷ 12 where it does not. Both are compared as products.
    """
    count = sum(1 for fill in ours.fills if asset in (ours.terms(fill.symbol).quote, fill.fee_asset))
    if theirs.fills is not None and theirs.cash_events is not None:
        return 2 * abs(gap) <= count * theirs.cash_step
    return UNIFORM_VARIANCE * gap * gap <= ROUNDING_SPREADS_SQUARED * count * theirs.cash_step * theirs.cash_step


def closing(held: Decimal, units: Decimal) -> Decimal:
    """How many of the `held` units (signed like them) a trade of signed `units` closes."""
    return min(abs(held), abs(units)).copy_sign(held) if held * units < ZERO else ZERO


def _value(ours: OurBook, fill: BookedFill | VenueFill, units: Decimal, held: Decimal) -> Decimal:
    """Cash that the execution moves before its fee; in a FUTURES account the profit of what it closes."""
    terms = ours.terms(fill.symbol)
    if ours.kind is not AccountKind.FUTURES:
        return -units * fill.price * terms.multiplier
    return closing(held, units) * (fill.price - terms.entry) * terms.multiplier


def _add_cash(ours: OurBook, effect: dict[Key, Decimal], asset: str, amount: Decimal) -> None:
    key = (BreakKind.CASH, asset)
    if amount and asset in ours.cash:
        effect[key] = effect.get(key, ZERO) + amount
