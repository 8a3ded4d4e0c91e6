"""Which split makes so many units of so many?"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import gcd

from counterpoise.domain.numbers import ONE, ZERO, divide_exactly_18, floor_to_step, units_after_toward_zero

COMMON_MAX = 10
"""Largest term of a split into or of few units: 2:1, 1:10, 7:6."""

USUAL = ((3, 2), (4, 3), (5, 4), (6, 5), (5, 2), (5, 3))
"""Splits that companies announce beside n:1 and 1:n."""

RARE = tuple(Decimal(number) for number in (12, 15, 20, 25, 30, 40, 50, 75, 100))
"""n of an n:1 or 1:n split that is announced now and then."""

ODD_STEP = Decimal("0.001")
"""An odd ratio is stated to this step: 2.406:1 (a spin-off or merger paid in stock)."""

ODD_MIN, ODD_MAX = Decimal("0.05"), Decimal(20)

COMMON, UNUSUAL, ODD, ANY = 8, 14, 18, 26
"""Points by rarity; ANY is an odd ratio where nearly every change of units would make one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Each `denominator` units became `numerator`; `points` is how rare such a ratio is."""

    numerator: Decimal
    denominator: Decimal
    points: int


def split_ratio(before: Decimal, after: Decimal, step: Decimal) -> Ratio | None:
    """The commonest ratio that turns `before` into `after` units, fractions below `step` paid out in cash.

    None where one side has nothing, the sides differ, or no ratio that anybody announces does it.
    """
    if before * after <= ZERO or before == after:
        return None
    for ratio in (*_common(), *_rare()):
        if _after(before, ratio, step) == after:
            return ratio
    return _odd(before, after, step)


def _after(before: Decimal, ratio: Ratio, step: Decimal) -> Decimal:
    return floor_to_step(units_after_toward_zero(before, ratio.numerator, ratio.denominator), step)


def _common() -> tuple[Ratio, ...]:
    """Small terms in lowest form, the simplest first."""
    found = [
        (top + bottom, top, bottom)
        for top in range(1, COMMON_MAX + 1)
        for bottom in range(1, COMMON_MAX + 1)
        if gcd(top, bottom) == 1 and top != bottom
    ]
    return tuple(
        Ratio(
            numerator=Decimal(n), denominator=Decimal(m), points=COMMON if 1 in (n, m) or (n, m) in USUAL else UNUSUAL
        )
        for _, n, m in sorted(found)
    )


def _rare() -> tuple[Ratio, ...]:
    ahead = (Ratio(numerator=count, denominator=ONE, points=UNUSUAL) for count in RARE)
    back = (Ratio(numerator=ONE, denominator=count, points=UNUSUAL) for count in RARE)
    return (*ahead, *back)


def _odd(before: Decimal, after: Decimal, step: Decimal) -> Ratio | None:
    """An odd ratio to 1, only where it gives these very units."""
    exactly = divide_exactly_18(after, before)
    if exactly is None or not ODD_MIN <= exactly <= ODD_MAX or exactly != floor_to_step(exactly, ODD_STEP):
        return None
    tells = abs(before) * ODD_STEP > step
    return Ratio(numerator=exactly, denominator=ONE, points=ODD if tells else ANY)
