"""Where do the venue's cash, positions and open orders differ from ours?

Pure comparison. Whether a difference is explained by something in flight, and whether it is read twice before
it counts, is decided by the caller, who knows what is in flight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from counterpoise.domain.instruments import Symbol
from counterpoise.domain.numbers import ZERO, plain
from counterpoise.domain.statements import Break, BreakKind

TOLERANCE = Decimal("0.01")
"""Account currency; up to and including this the venue's rounding may explain a difference in cash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One side of the comparison.

    Attributes:
        cash: Asset → amount.
        positions: Symbol → signed units; nothing held is no entry or zero.
        orders: client order id → units still to fill, or None when this side was not asked for orders.
    """

    cash: Mapping[str, Decimal]
    positions: Mapping[Symbol, Decimal]
    orders: Mapping[str, Decimal] | None = field(default=None)


def differences(ours: Statement, theirs: Statement, tolerance: Decimal = TOLERANCE) -> tuple[Break, ...]:
    """Every break, cash first, then positions, then orders, each by name.

    Cash may differ by `tolerance`; units never may. An asset or symbol that one side does not list is zero
    there: both statements must be whole (a failed read is no statement).
    """
    return (
        *_compare(BreakKind.CASH, ours.cash, theirs.cash, tolerance),
        *_compare(BreakKind.POSITION, ours.positions, theirs.positions, ZERO),
        *_orders(ours.orders, theirs.orders),
    )


def _orders(ours: Mapping[str, Decimal] | None, theirs: Mapping[str, Decimal] | None) -> tuple[Break, ...]:
    return () if ours is None or theirs is None else _compare(BreakKind.ORDER, ours, theirs, ZERO)


def _compare(
    kind: BreakKind, ours: Mapping[str, Decimal], theirs: Mapping[str, Decimal], tolerance: Decimal
) -> tuple[Break, ...]:
    return tuple(
        _break(kind, subject, ours.get(subject, ZERO), theirs.get(subject, ZERO))
        for subject in sorted({**ours, **theirs})
        if abs(ours.get(subject, ZERO) - theirs.get(subject, ZERO)) > tolerance
    )


def _break(kind: BreakKind, subject: str, ours: Decimal, theirs: Decimal) -> Break:
    detail = f"ledger {plain(ours)}, venue {plain(theirs)}, ledger minus venue {plain(ours - theirs)}"
    return Break(kind=kind, subject=subject, ours=ours, theirs=theirs, detail=detail)
