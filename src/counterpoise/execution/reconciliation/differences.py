"""Where do the venue's cash, positions and open orders differ from ours?

Pure comparison. Whether a difference is explained by something in flight, and whether it is read twice before
it counts, is the watchlist's to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from counterpoise.domain.instruments import Symbol
from counterpoise.domain.numbers import ONE, ZERO, plain
from counterpoise.domain.statements import Break, BreakKind
from counterpoise.execution.reconciliation.sides import OurBook, VenueStatement

TOLERANCE = Decimal("0.01")
"""Account currency; up to and including this the venue's rounding may explain a difference in cash."""

TOTAL = "all cash"
"""Subject of a difference in the worth of all cash that its amounts do not explain: another rate."""

Key = tuple[BreakKind, str]
"""What a difference is about."""

Gaps = Mapping[Key, Decimal]
"""Key → theirs − ours: what booking the truth would add to our side."""


def differences(ours: OurBook, theirs: VenueStatement, tolerance: Decimal = TOLERANCE) -> tuple[Break, ...]:
    """Every difference beyond tolerance, cash first, then positions, then orders, each by name.

    Cash may differ by `tolerance` (account currency) and units by less than the venue's step. An asset or symbol
    that one side does not list is zero there.
    """
    found = gaps(ours, theirs)
    return tuple(_break(ours, theirs, key, gap) for key, gap in found.items() if is_beyond(ours, key, gap, tolerance))


def gaps(ours: OurBook, theirs: VenueStatement) -> Gaps:
    """Every difference that is not zero, in the order of `differences`, however small."""
    found = {
        **_compare(BreakKind.CASH, ours.cash, theirs.cash),
        **_total(ours, theirs),
        **_compare(BreakKind.POSITION, ours.positions, theirs.positions),
    }
    if ours.orders is not None and theirs.working is not None:
        found.update(_compare(BreakKind.ORDER, ours.working, theirs.working))
    return found


def is_beyond(ours: OurBook, key: Key, gap: Decimal, tolerance: Decimal = TOLERANCE) -> bool:
    """Whether a difference counts."""
    kind, subject = key
    if kind is BreakKind.CASH:
        return abs(gap) * _rate(ours, subject) > tolerance
    step = ours.terms(subject).step if kind is BreakKind.POSITION else ZERO
    return abs(gap) >= step and bool(gap)


def _compare(kind: BreakKind, ours: Mapping[str, Decimal], theirs: Mapping[str, Decimal]) -> dict[Key, Decimal]:
    both = {subject: theirs.get(subject, ZERO) - ours.get(subject, ZERO) for subject in sorted({**ours, **theirs})}
    return {(kind, subject): gap for subject, gap in both.items() if gap}


def _total(ours: OurBook, theirs: VenueStatement) -> dict[Key, Decimal]:
    """What the venue's worth of all its cash says beyond its amounts at our rates; nothing where a rate is unknown."""
    if theirs.total_cash is None or not all(asset == ours.base or asset in ours.rates for asset in theirs.cash):
        return {}
    worth = sum((amount * _rate(ours, asset) for asset, amount in theirs.cash.items()), ZERO)
    return {(BreakKind.CASH, TOTAL): theirs.total_cash - worth} if theirs.total_cash != worth else {}


def _rate(ours: OurBook, subject: Symbol) -> Decimal:
    """Account currency per unit; an asset that nobody has priced counts as one, so that it is not overlooked."""
    return ours.rates.get(subject, ONE)


def _break(ours: OurBook, theirs: VenueStatement, key: Key, gap: Decimal) -> Break:
    kind, subject = key
    side = {BreakKind.CASH: ours.cash, BreakKind.POSITION: ours.positions, BreakKind.ORDER: ours.working}[kind]
    held = side.get(subject, ZERO)
    if subject == TOTAL and theirs.total_cash is not None:
        held = theirs.total_cash - gap
    said = held + gap
    detail = f"ledger {plain(held)}, venue {plain(said)}, ledger minus venue {plain(held - said)}"
    return Break(kind=kind, subject=subject, ours=held, theirs=said, detail=detail)
