"""Which purchases are the units of a lot, for whoever taxes them? Days, worth and what washed losses added.

A lot of the book is units at a cost. The tax view also asks when each unit was acquired, from which day its holding
period counts, and which disallowed loss it carries; so beside every lot lie the acquisitions that it is made of. They
are cut, scaled and handed on together with the lot. Nothing is lost: what a rounding leaves stays with the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from counterpoise.domain.numbers import (
    DIGITS_MAX,
    ONE,
    ZERO,
    divide_half_even,
    divide_half_even_18,
    divide_toward_zero,
)
from counterpoise.ledger.lots import EXACT_PLACES

WORTH_PLACES = 36
"""A price times a quantity ends within these (18 each)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquired:
    """Units that were bought (or sold short) by one fill and are still open.

    Attributes:
        origin: The fill, or the fact of an adoption, that brought them.
        purchase: The order that they were bought by, in however many fills; the origin where no order is known.
        units: > 0, also of a short sale.
        on: Day of the purchase or short sale, in the account's time zone.
        held_from: The day after which the holding period counts: `on`, or earlier by what a washed sale tacked on.
        worth: What they cost (brought, when short) without fees, account currency at the rate of then, signed like
            the position.
        carried: Disallowed losses of washed sales that were added to their cost, account currency, ≥ 0.
        may_replace: Whether they were bought and have not yet taken the place of units sold at a loss.
        missing: Sold in a CASH account and never seen being bought.
    """

    origin: str
    purchase: str
    units: Decimal
    on: date
    held_from: date
    worth: Decimal
    carried: Decimal = ZERO
    may_replace: bool = False
    missing: bool = False


def units_of(parts: Sequence[Acquired]) -> Decimal:
    """Σ units."""
    return sum((part.units for part in parts), ZERO)


def _bought(parts: Iterable[Acquired]) -> list[Acquired]:
    return [part for part in parts if not part.missing]


def _worth_of(parts: Iterable[Acquired]) -> Decimal:
    return sum((part.worth for part in parts), ZERO)


def _carried_by(parts: Iterable[Acquired]) -> Decimal:
    return sum((part.carried for part in parts), ZERO)


def cut(part: Acquired, units: Decimal) -> tuple[Acquired, Acquired]:
    """`units` of `part` (fewer than it has), and the rest."""
    taken = replace(
        part,
        units=units,
        worth=divide_half_even(part.worth * units, part.units, WORTH_PLACES),
        carried=divide_half_even_18(part.carried * units, part.units),
    )
    return taken, replace(
        part, units=part.units - units, worth=part.worth - taken.worth, carried=part.carried - taken.carried
    )


def take(parts: Sequence[Acquired], units: Decimal) -> tuple[list[Acquired], list[Acquired]]:
    """The first `units` of `parts` (that have at least as many), and what stays."""
    taken, left = list[Acquired](), units
    for number, part in enumerate(parts):
        if not left:
            return taken, list(parts[number:])
        if part.units > left:
            first, rest = cut(part, left)
            return [*taken, first], [rest, *parts[number + 1 :]]
        taken.append(part)
        left -= part.units
    return taken, []


def shared(total: Decimal, units: Sequence[Decimal], places: int = EXACT_PLACES) -> list[Decimal]:
    """`total` in proportion to `units` (> 0 each), half to even at `places`; the last part takes what is left."""
    whole = sum(units, ZERO)
    parts = [divide_half_even(total * one, whole, places) for one in units[:-1]]
    return [*parts, total - sum(parts, ZERO)]


def averaged(parts: Sequence[Acquired]) -> list[Acquired]:
    """The same units and days with worth and carried losses spread evenly, as AVERAGE counts cost.

    What is missing keeps its own: it has proceeds, not cost.
    """
    bought = _bought(parts)
    if not bought:
        return list(parts)
    units = [part.units for part in bought]
    worth = shared(_worth_of(bought), units, DIGITS_MAX)
    carried = shared(_carried_by(bought), units, DIGITS_MAX)
    even = iter([
        replace(part, worth=new_worth, carried=new_carried)
        for part, new_worth, new_carried in zip(bought, worth, carried, strict=True)
    ])  # fmt: skip
    return [part if part.missing else next(even) for part in parts]


def take_averaged(parts: Sequence[Acquired], units: Decimal) -> tuple[list[Acquired], list[Acquired]]:
    """As `take` from a pool: the units taken have their even share of what all are worth and carry.

    What stays has the rest in sum, not yet spread: a pool of many purchases is not counted anew at every sale.
    """
    taken, rest = take(parts, units)
    gone, stay = _bought(taken), _bought(rest)
    if not gone or not stay:
        return averaged(taken), rest
    part, whole = units_of(gone), units_of(gone) + units_of(stay)
    worth, carried = _worth_of([*gone, *stay]), _carried_by([*gone, *stay])
    worth_gone, carried_gone = divide_half_even_18(worth * part, whole), divide_half_even_18(carried * part, whole)
    first = next(number for number, one in enumerate(rest) if not one.missing)
    rest[first] = replace(
        rest[first],
        worth=rest[first].worth + worth - worth_gone - _worth_of(stay),
        carried=rest[first].carried + carried - carried_gone - _carried_by(stay),
    )
    gone[0] = replace(
        gone[0],
        worth=gone[0].worth + worth_gone - _worth_of(gone),
        carried=gone[0].carried + carried_gone - _carried_by(gone),
    )
    evened = iter(gone)
    return averaged([one if one.missing else next(evened) for one in taken]), rest


def scaled(parts: Sequence[Acquired], units: Decimal) -> list[Acquired]:
    """The same acquisitions with `units` (> 0) among them, in proportion: a split changes no day and no worth.

    Dust that is left without units leaves what it was worth to the others.
    """
    whole = units_of(parts)
    after = [divide_toward_zero(part.units * units, whole, DIGITS_MAX) for part in parts[:-1]]
    after.append(units - sum(after, ZERO))
    stay = [replace(part, units=new) for part, new in zip(parts, after, strict=True) if new]
    return joined(stay, [part for part, new in zip(parts, after, strict=True) if not new])


def gone_over(parts: Sequence[Acquired], fraction: Decimal) -> tuple[list[Acquired], list[Acquired]]:
    """What stays when `fraction` (0 … 1) of worth and carried losses goes over to a spun-off child, and that child's.

    The child's days are the parent's (26 USC 1223(1)); it was not bought, so it replaces nothing (26 CFR 1.1091-1(f)).
    Its units are still the parent's. What a sale without a purchase brought stays with the parent.
    """
    child = [
        replace(
            part,
            worth=ZERO if part.missing else divide_half_even_18(part.worth * fraction, ONE),
            carried=divide_half_even_18(part.carried * fraction, ONE),
            may_replace=False,
        )
        for part in parts
    ]
    stay = [
        replace(part, worth=part.worth - gone.worth, carried=part.carried - gone.carried)
        for part, gone in zip(parts, child, strict=True)
    ]
    return stay, child


def joined(parts: Sequence[Acquired], lost: Sequence[Acquired]) -> list[Acquired]:
    """`parts` with worth and carried losses of acquisitions that were left without units, on the first of them."""
    first, *rest = parts
    return [
        replace(
            first,
            worth=first.worth + _worth_of(lost),
            carried=first.carried + _carried_by(lost),
        ),
        *rest,
    ]


def merged(parts: Sequence[Acquired]) -> list[Acquired]:
    """The same with units of one purchase and one holding period together; they share what they carry evenly."""
    found: dict[tuple[str, date, bool], Acquired] = {}
    for part in parts:
        key = (part.origin, part.held_from, part.may_replace)
        same = found.get(key)
        found[key] = part if same is None else replace(
            same, units=same.units + part.units, worth=same.worth + part.worth, carried=same.carried + part.carried
        )  # fmt: skip
    return list(found.values())
