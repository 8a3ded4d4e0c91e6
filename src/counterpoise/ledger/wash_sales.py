"""Which losses does a replacement disallow, and who carries them on? The wash sale rule of the US (26 USC 1091).

A loss is disallowed as far as units of the same instrument were bought within 30 days before or after the sale. Losses
are matched in the order in which they were made, with the units bought first (26 CFR 1.1091-1(b)–(d)); each bought unit
replaces one sold unit, once (1.1091-1(e)). The loss of a replaced unit is added to the cost of its replacement, which
also takes over its holding period (26 USC 1091(d), 1223(3)). A loss on a short sale is replaced by another short sale
(26 USC 1091(e)(2)).

Readings: only units that are still open when the loss is made replace it, since nothing can be added to the cost of
units that are gone. What is left of a purchase does not replace what was sold of it (Rev. Rul. 56-602); all fills of
one order are one purchase. Units that were adopted or came by a spin-off were not bought. Other accounts, options,
and identical securities under another name are not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from counterpoise.domain.numbers import ZERO, divide_half_even_18
from counterpoise.domain.orders import PositionSide
from counterpoise.ledger.acquisitions import Acquired, cut
from counterpoise.ledger.disposals import Disposal

WINDOW_DAYS = 30


@dataclass(slots=True, kw_only=True)
class Loss:
    """A disposal at a loss that may still find replacements.

    Attributes:
        row: Its place among the disposals.
        whole: Units that were sold, > 0, in units of now (a split since has changed them).
        units: Of them, those without a replacement, ≥ 0.
    """

    row: int
    whole: Decimal
    units: Decimal


def look_back(
    rows: list[Disposal], row: int, purchase: str, queue: Sequence[str], parts: Mapping[str, list[Acquired]]
) -> Loss | None:
    """Match a new loss with open units that were bought in the 30 days before; what finds none is returned.

    Args:
        rows: All disposals; that of the loss is changed.
        row: The place of the loss among them.
        purchase: Of the units that were sold.
        queue: Lots that are open, oldest first, of the side that was closed.
        parts: Lot → its acquisitions; replacements among them are changed.
    """
    sold = rows[row]
    loss = Loss(row=row, whole=sold.quantity, units=sold.quantity)
    first = len(queue)
    while first and _is_near(sold, parts[queue[first - 1]][-1]):
        first -= 1
    for name in queue[first:]:
        after: list[Acquired] = []
        for part in parts[name]:
            fits = part.may_replace and part.purchase != purchase and _is_near(sold, part)
            after += _replace(rows, loss, part) if fits else [part]
        parts[name][:] = after
    return loss if loss.units else None


def look_forward(
    rows: list[Disposal], losses: list[Loss], bought: Acquired, side: PositionSide
) -> tuple[list[Acquired], list[Loss]]:
    """Match new units with the losses of the 30 days before; returns the units and the losses that stay open."""
    near = [loss for loss in losses if _is_near(rows[loss.row], bought)]
    done, rest = list[Acquired](), bought
    for loss in near:
        if rest.may_replace and rows[loss.row].side is side:
            *replaced, rest = _replace(rows, loss, rest)
            done += replaced
    return [*done, rest], [loss for loss in near if loss.units]


def split(losses: Sequence[Loss], numerator: Decimal, denominator: Decimal) -> None:
    """Count what was sold in units of after a split."""
    for loss in losses:
        loss.whole = divide_half_even_18(loss.whole * numerator, denominator)
        loss.units = divide_half_even_18(loss.units * numerator, denominator)


def _is_near(sold: Disposal, part: Acquired) -> bool:
    return abs((sold.disposed_on - part.on).days) <= WINDOW_DAYS


def _replace(rows: list[Disposal], loss: Loss, part: Acquired) -> list[Acquired]:
    """Units of `part` take the place of units sold: they carry the loss and go on with its holding period."""
    if not loss.units:
        return [part]
    sold, units = rows[loss.row], min(part.units, loss.units)
    all_of_it = units == loss.units
    share = -sold.gain - sold.disallowed if all_of_it else divide_half_even_18(-sold.gain * units, loss.whole)
    rows[loss.row] = replace(sold, disallowed=sold.disallowed + share)
    loss.units = ZERO if all_of_it else loss.units - units
    hit, rest = (part, None) if units == part.units else cut(part, units)
    carrier = replace(
        hit, carried=hit.carried + share, held_from=hit.on - timedelta(days=sold.days_held), may_replace=False
    )
    return [carrier] if rest is None else [carrier, rest]
