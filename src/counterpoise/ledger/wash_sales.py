"""Which losses does a replacement disallow, and who carries them on? The wash sale rule of the US (26 USC 1091).

A loss is disallowed as far as units of the same instrument were bought within 30 days before or after the sale. Losses
are matched in the order in which they were made, with the units bought first (26 CFR 1.1091-1(b)–(d)); each bought unit
replaces one sold unit, once (1.1091-1(e)). The loss of a replaced unit is added to the cost of its replacement, which
also takes over its holding period (26 USC 1091(d), 1223(3)). A loss on a short sale is replaced by another short sale
(26 USC 1091(e)(2)).

Readings: only units that are still open when the loss is made replace it, since nothing can be added to the cost of
units that are gone. What is left of a purchase does not replace what was sold of it (Rev. Rul. 56-602); all fills of
one order are one purchase. Replacements of one lot that take over the same day share evenly what they carry. Units
that were adopted or came by a spin-off were not bought. Other accounts, options, and identical securities under
another name are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from counterpoise.domain.numbers import ZERO, divide_half_even_18
from counterpoise.ledger.acquisitions import Acquired, cut, merged
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
    rows: list[Disposal], row: int, purchase: str, free: list[str], parts: dict[str, list[Acquired]]
) -> Loss | None:
    """Match a new loss with open units that were bought in the 30 days before; what finds none is returned.

    Args:
        rows: All disposals; that of the loss is changed.
        row: The place of the loss among them.
        purchase: Of the units that were sold.
        free: Lots with units that may replace, the oldest first; those that can do so no more leave it.
        parts: Open lot → its acquisitions; replacements among them are changed.
    """
    sold = rows[row]
    loss = Loss(row=row, whole=sold.quantity, units=sold.quantity)
    stay: list[str] = []
    seen = 0
    while seen < len(free) and loss.units:
        name = free[seen]
        seen += 1
        after: list[Acquired] = []
        for part in parts.get(name, ()):
            fits = part.may_replace and part.purchase != purchase and _is_near(sold, part)
            after += _replace(rows, loss, part) if fits else [part]
        if after:
            parts[name] = after = merged(after)
        if any(part.may_replace and _is_near(sold, part) for part in after):
            stay.append(name)
    free[:seen] = stay
    return loss if loss.units else None


def look_forward(rows: list[Disposal], losses: list[Loss], bought: Acquired) -> list[Acquired]:
    """Match new units with the losses of the 30 days before; losses that are matched or too old leave the queue."""
    done, rest = list[Acquired](), bought
    while losses and rest.may_replace:
        if not _is_near(rows[losses[0].row], bought):
            losses.pop(0)
            continue
        *replaced, rest = _replace(rows, losses[0], rest)
        done += replaced
        if not losses[0].units:
            losses.pop(0)
    return merged([*done, rest])


def split(losses: Iterable[Loss], numerator: Decimal, denominator: Decimal) -> None:
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
