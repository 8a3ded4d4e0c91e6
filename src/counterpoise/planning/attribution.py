"""To which strategy do an order's fills and fees belong, to the last unit?"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from counterpoise.domain.accounts import StrategyName
from counterpoise.domain.instruments import Symbol
from counterpoise.domain.numbers import CASH_STEP, FRACTION_STEP, ONE, QUANTITY_STEP, ZERO, split_exactly

Fractions = tuple[tuple[StrategyName, Decimal], ...]
"""Strategy → fraction > 0, by name; the fractions sum to exactly 1."""

Contributions = Mapping[Symbol, Mapping[StrategyName, Decimal]]
"""How much of a symbol's target weight each strategy asked for, ≥ 0, in any common unit."""

Owned = Mapping[Symbol, Mapping[StrategyName, Decimal]]
"""What each strategy's part of a holding is worth, account currency, signed."""


def fractions_of(parts: Mapping[StrategyName, Decimal]) -> Fractions:
    """Parts (≥ 0, one of them above) as fractions of 18 places, largest remainder, ties by name."""
    present = {name: part for name, part in parts.items() if not part.is_zero()}
    if len(present) == 1:
        return tuple((name, ONE) for name in present)
    split = split_exactly(ONE, present, FRACTION_STEP)
    return tuple((name, split[name]) for name in sorted(split) if not split[name].is_zero())


def order_fractions(
    direction: Decimal,
    target_value: Decimal,
    asked: Mapping[StrategyName, Decimal],
    owned: Mapping[StrategyName, Decimal],
) -> Fractions:
    """Who is on the side of an order (`direction` > 0 buys), pro rata to |target − owned|.

    An exit has nobody who asks, so it belongs to those who own. Where no strategy is on the order's
    side the asked weights decide, as while nobody owns anything; without those, nobody is named.
    """
    asked_sum = sum(asked.values(), ZERO) or ONE
    sides: dict[StrategyName, Decimal] = {}
    for name in {**asked, **owned}:
        # d = target value × asked ÷ Σ asked − owned, times Σ asked, so that nothing is divided.
        gap = target_value * asked.get(name, ZERO) - owned.get(name, ZERO) * asked_sum
        if gap * direction > ZERO:
            sides[name] = abs(gap)
    parts = sides or asked
    return fractions_of(parts) if any(parts.values()) else ()


def share_quantity(quantity: Decimal, fractions: Fractions) -> dict[StrategyName, Decimal]:
    """Units of a fill by strategy, 9 places; they sum to `quantity` exactly."""
    return split_exactly(quantity, dict(fractions), QUANTITY_STEP)


def share_cash(amount: Decimal, fractions: Fractions) -> dict[StrategyName, Decimal]:
    """An amount of money by strategy, 18 places; the parts sum to `amount` exactly."""
    return split_exactly(amount, dict(fractions), CASH_STEP)
