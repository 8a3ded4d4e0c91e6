"""How many units may one trade have, so that its stop costs no more than wanted and cash is left for costs?"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.numbers import ONE, ZERO, units_toward_zero
from counterpoise.domain.records import Record

CASH_SHARE_MAX = Decimal("0.95")
"""Share of the cash that one trade may take: the rest is for fees and for a worse price (the robot's own rule)."""


class Limiter(StrEnum):
    """What made a position no larger; of equal ones the first."""

    RISK = "risk"
    CASH = "cash"
    BUYING_POWER = "buying_power"


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionSize(Record):
    """How many units, and why no more.

    Attributes:
        position_size: Units, a multiple of the lot, ≥ 0.
        limited_by: What made it no larger.
        available_cash: Account currency that no open order holds, ≥ 0.
        risk_amount: What is lost at the stop, account currency: units × multiplier × stop distance.
        value: Units × multiplier × price, account currency.
        usable_for: What the balance that it was taken from may approve, or empty.
    """

    position_size: Decimal
    limited_by: Limiter
    available_cash: Decimal
    risk_amount: Decimal
    value: Decimal
    lot: Decimal
    usable_for: str = ""


def position_size(
    *,
    cash: Decimal,
    risk_fraction: Decimal,
    stop_distance: Decimal,
    price: Decimal,
    lot: Decimal = ONE,
    multiplier: Decimal = ONE,
    buying_power: Decimal | None = None,
) -> PositionSize:
    """min(cash × risk ÷ stop distance, cash × 0.95 ÷ price), floored to the lot; prices in account currency.

    Args:
        cash: What no open order holds; below zero counts as nothing.
        risk_fraction: Of the cash that the stop may cost: above 0, at most 1 (2 % is 0.02).
        stop_distance: Between entry and stop, per unit, > 0.
        price: Per unit, > 0.
        lot: Smallest step of quantity, > 0.
        multiplier: Units of the underlying per contract, > 0.
        buying_power: Where margin counts: the third bound, by the same share.

    Raises:
        InvalidInput: a number is not finite or out of its range; names the field and the value.
    """
    for name, number in (("cash", cash), ("risk_fraction", risk_fraction)):
        _check(name, number, number.is_finite(), "a finite number")
    _check("risk_fraction", risk_fraction, ZERO < risk_fraction <= ONE, "a fraction above 0, at most 1 (2 % is 0.02)")
    steps = (("stop_distance", stop_distance), ("price", price), ("lot", lot), ("multiplier", multiplier))
    for name, number in steps:
        _check(name, number, number.is_finite() and number > ZERO, "a finite number above 0")
    free = max(cash, ZERO)
    bounds = [
        (free * risk_fraction, stop_distance * multiplier, Limiter.RISK),
        (free * CASH_SHARE_MAX, price * multiplier, Limiter.CASH),
    ]
    if buying_power is not None:
        bounds.append((max(buying_power, ZERO) * CASH_SHARE_MAX, price * multiplier, Limiter.BUYING_POWER))
    amount, per_unit, limiter = bounds[0]
    for other, other_per_unit, name in bounds[1:]:
        if other * per_unit < amount * other_per_unit:  # compared as products, so that nothing is rounded
            amount, per_unit, limiter = other, other_per_unit, name
    units = units_toward_zero(amount, per_unit, lot)
    return PositionSize(
        position_size=units,
        limited_by=limiter if free else Limiter.CASH,
        available_cash=free,
        risk_amount=units * multiplier * stop_distance,
        value=units * multiplier * price,
        lot=lot,
    )


def _check(name: str, value: Decimal, holds: bool, rule: str) -> None:  # noqa: FBT001 - private, positional by design
    if not holds:
        raise InvalidInput(name, str(value), rule)
