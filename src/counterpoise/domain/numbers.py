"""What is an exact number, how is one read, and where may one be rounded?

All money is `decimal.Decimal` under `exact()`: 200 digits, and any operation that would lose a digit
raises. This is the only module of the core that divides or rounds; each function that does says the
direction and the places in its name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    FloatOperation,
    Inexact,
    InvalidOperation,
    Overflow,
    localcontext,
)
from functools import lru_cache
from typing import NewType

from counterpoise.domain.errors import InvalidInput

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)

# Separate names for what a person could swap by mistake: a notional typed as a quantity
# once became a basket of 444 billion dollars (incident I-39).
Quantity = NewType("Quantity", Decimal)
Notional = NewType("Notional", Decimal)

QUANTITY_PLACES = 9
QUANTITY_STEP = Decimal("1e-9")
CASH_STEP = Decimal("1e-18")
FRACTION_STEP = Decimal("1e-18")
DIGITS_MAX = 18
PLAIN_LENGTH_MAX = 80

_EXACT = Context(
    prec=200,
    rounding=ROUND_HALF_EVEN,
    Emin=-999_999,
    Emax=999_999,
    traps=[Inexact, InvalidOperation, Overflow, DivisionByZero, FloatOperation],
)
_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,18})?", re.ASCII)
_EXPONENT = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,36})?[eE][+-]?[0-9]{1,2}", re.ASCII)
_PLAIN_RULE = "a number in plain notation such as 10000.50, at most 18 digits before and 18 after the point"


def exact() -> AbstractContextManager[Context]:
    """Enter the arithmetic in which a lost digit is an error; each door of the product enters it once.

    The context belongs to the running task or thread (PEP 567), so nothing is set globally.
    """
    return localcontext(_EXACT)


def parse(text: str, field: str) -> Decimal:
    """Read a number that a person or a producer wrote as text.

    Raises:
        InvalidInput: not plain notation, more than 18 + 18 digits, or minus zero.
    """
    if not _PLAIN.fullmatch(text):
        raise InvalidInput(field, text, _PLAIN_RULE)
    value = Decimal(text)
    if value.is_zero() and value.is_signed():
        raise InvalidInput(field, text, "zero has no sign")
    return value


def parse_json_number(text: str, field: str) -> Decimal:
    """Read the raw text of a JSON number; the exponent form that bots send (`8.12e-06`) is allowed.

    Raises:
        InvalidInput: as `parse`, after the exponent is written out.
    """
    if _EXPONENT.fullmatch(text):
        text = format(Decimal(text), "f")
    return parse(text, field)


def from_venue(text: str, field: str) -> Decimal:
    """Read a number from a venue's answer: as `parse_json_number`, but minus zero is zero.

    Raises:
        InvalidInput: not a number of at most 18 + 18 digits.
    """
    return parse_json_number(text.removeprefix("-"), field) if _is_zero_text(text) else parse_json_number(text, field)


def from_python(value: Decimal | int | str, field: str) -> Decimal:
    """Read a number that a Python caller passed; floats are no numbers here.

    Raises:
        InvalidInput: a bool, a float, NaN, an infinity, minus zero or too many digits.
    """
    if isinstance(value, str):
        return parse(value, field)
    if isinstance(value, Decimal) and value.is_finite():
        if value.adjusted() < -DIGITS_MAX - 1 or value.adjusted() > DIGITS_MAX:  # before format: 1e9999999 is one digit
            raise InvalidInput(field, str(value), _PLAIN_RULE)
        return parse(format(value, "f"), field)
    if isinstance(value, int) and not isinstance(value, bool):
        if -(10**DIGITS_MAX) < value < 10**DIGITS_MAX:
            return Decimal(value)
        # Python refuses to write out an int of thousands of digits.
        raise InvalidInput(field, f"an int of {value.bit_length()} bits", _PLAIN_RULE)
    raise InvalidInput(field, value, "a finite Decimal, an int or a string in plain notation")


def plain(value: Decimal) -> str:
    """Write `value` exactly, without exponent; the digits received are kept (`10.50` stays `10.50`).

    Raises:
        InvalidInput: the text would be longer than 80 characters or the value is not finite.
    """
    if not value.is_finite() or abs(value.adjusted()) > PLAIN_LENGTH_MAX:
        raise InvalidInput("value", str(value), "a finite number of at most 80 characters")
    text = format(value, "f")
    if len(text) > PLAIN_LENGTH_MAX:
        raise InvalidInput("value", text, "a number of at most 80 characters")
    return text


def canonical(value: Decimal) -> Decimal:
    """The same number without trailing zeros and without exponent, so equal values have equal text."""
    return value.normalize() + ZERO  # the sum writes out an exponent (1E+3 → 1000) and turns −0 into 0


def shortest(value: Decimal) -> str:
    """The text of the number without trailing zeros and without exponent: equal values have equal text.

    Raises:
        InvalidInput: as `plain`.
    """
    return plain(canonical(value))


def divide_half_even(numerator: Decimal, denominator: Decimal, places: int) -> Decimal:
    """`numerator` ÷ `denominator`, rounded half to even at `places` digits after the point.

    Raises:
        ZeroDivisionError: `denominator` is zero; callers decide what an undefined ratio means.
    """
    whole, remainder, negative = _divide(numerator, denominator, places)
    twice = remainder * 2
    if twice > abs(denominator) or (twice == abs(denominator) and int(whole) & 1):
        whole += 1
    return _signed(whole, negative, places)


def divide_half_even_18(numerator: Decimal, denominator: Decimal) -> Decimal:
    """Average cost and foreign exchange: half to even at 18 places."""
    return divide_half_even(numerator, denominator, 18)


def ratio_half_even_10(numerator: Decimal, denominator: Decimal) -> Decimal | None:
    """A ratio for people: half to even at 10 places, None where it is undefined. Never compared."""
    return None if denominator.is_zero() else divide_half_even(numerator, denominator, 10)


def percent_half_even_10(numerator: Decimal, denominator: Decimal) -> Decimal | None:
    """A percentage for people: 100 × numerator ÷ denominator at 10 places, None where undefined. Never compared."""
    return None if denominator.is_zero() else divide_half_even(numerator * HUNDRED, denominator, 10)


def divide_toward_zero(numerator: Decimal, denominator: Decimal, places: int) -> Decimal:
    """`numerator` ÷ `denominator`, cut toward zero at `places` digits after the point.

    Raises:
        ZeroDivisionError: `denominator` is zero.
    """
    whole, _, negative = _divide(numerator, denominator, places)
    return _signed(whole, negative, places)


def divide_exactly_18(numerator: Decimal, denominator: Decimal) -> Decimal | None:
    """`numerator` ÷ `denominator` where it ends within 18 places, else None: nothing is rounded.

    Raises:
        ZeroDivisionError: `denominator` is zero.
    """
    whole, remainder, negative = _divide(numerator, denominator, 18)
    return None if remainder else _signed(whole, negative, 18)


def units_after_toward_zero(units: Decimal, numerator: Decimal, denominator: Decimal) -> Decimal:
    """`units` × `numerator` ÷ `denominator`: exact within 18 places, else cut toward zero at 9, as venues count units.

    Dust of which nine places would leave nothing is cut at 18.

    Raises:
        ZeroDivisionError: `denominator` is zero.
    """
    product = units * numerator
    exactly = divide_exactly_18(product, denominator)
    if exactly is not None:
        return exactly
    return divide_toward_zero(product, denominator, 9) or divide_toward_zero(product, denominator, 18)


def units_toward_zero(amount: Decimal, price: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of `step` (> 0) whose cost at `price` (> 0) is at most `amount` (≥ 0)."""
    return (amount // (price * step)) * step


def percent_of(value: Decimal, percent: Decimal) -> Decimal:
    """`percent` % of `value`, exactly: a product whose point is moved, so a bound needs no rounding."""
    return (value * percent).scaleb(-2)


def divide_away_from_zero_18(numerator: Decimal, denominator: Decimal) -> Decimal:
    """Room that is held: up at 18 places, so that what is held is never less than what may be needed.

    Raises:
        ZeroDivisionError: `denominator` is zero.
    """
    whole, remainder, negative = _divide(numerator, denominator, 18)
    return _signed(whole + 1 if remainder else whole, negative, 18)


def units_away_from_zero(amount: Decimal, price: Decimal, step: Decimal) -> Decimal:
    """The smallest multiple of `step` (> 0) that is worth at least `amount` (≥ 0) at `price` (> 0)."""
    units = units_toward_zero(amount, price, step)
    return units if units * price >= amount else units + step


def whole_steps(span: timedelta, step: timedelta) -> int:
    """How many whole steps fit into a span of time."""
    return span // step


def even_steps(span: timedelta, count: int) -> timedelta:
    """How long each of `count` even steps of a span is, down to the microsecond."""
    return span // count


def floor_to_step(value: Decimal, step: Decimal) -> Decimal:
    """The multiple of `step` (> 0) nearest to `value` toward zero."""
    return value - value % step


def ceil_to_step(value: Decimal, step: Decimal) -> Decimal:
    """The multiple of `step` (> 0) nearest to `value` away from zero."""
    rest = value % step
    if rest.is_zero():
        return value
    return value - rest + (step if value > ZERO else -step)


def is_multiple(value: Decimal, step: Decimal) -> bool:
    """Whether `value` is a whole number of `step`s (> 0)."""
    return (value % step).is_zero()


def whole_points(value_pct: Decimal) -> int:
    """How many whole percentage points `value_pct` (≥ 0) has reached: 3.99 → 3."""
    return int(value_pct // ONE)


def split_exactly(total: Decimal, weights: Mapping[str, Decimal], step: Decimal) -> dict[str, Decimal]:
    """Share `total` in proportion to `weights` (≥ 0, not all zero) so that the parts sum to it exactly.

    Each part is a multiple of `step`, cut toward zero; what is left goes one step at a time to the
    largest remainder, ties by name (Hamilton's method). A total that is no multiple of `step` leaves
    its odd end with the first name, so that nothing is lost.

    Raises:
        InvalidInput: no weight above zero, or a negative one.
    """
    if not weights or any(weight < ZERO for weight in weights.values()) or not any(weights.values()):
        raise InvalidInput("weights", dict(weights), "weights of at least zero, one of them above")
    names = sorted(weights)
    weight_sum = sum(weights.values(), ZERO)
    odd_end = total % step
    steps = abs(total - odd_end) // step
    shares: dict[str, Decimal] = {}
    remainders: dict[str, Decimal] = {}
    for name in names:
        shares[name], remainders[name] = divmod(steps * weights[name], weight_sum)
    left = int(steps - sum(shares.values(), ZERO))
    for name in sorted(names, key=lambda name: (-remainders[name], name))[:left]:
        shares[name] += 1
    signed_step = step if total >= ZERO else -step
    parts = {name: shares[name] * signed_step for name in names}
    first = next(name for name in names if weights[name] > ZERO)
    parts[first] += odd_end
    return parts


def split_signed(total: Decimal, weights: Mapping[str, Decimal], places: int) -> dict[str, Decimal]:
    """Share `total` in proportion to signed `weights` (whose sum is not zero) so that the parts sum to it exactly.

    Each part is cut toward zero at `places`; what is left goes to the part of the largest weight, ties by name.

    Raises:
        InvalidInput: the weights sum to zero, so there is no proportion.
    """
    whole = sum(weights.values(), ZERO)
    if whole.is_zero():
        raise InvalidInput("weights", dict(weights), "weights whose sum is not zero")
    parts = {name: divide_toward_zero(total * weights[name], whole, places) for name in sorted(weights)}
    first = min(parts, key=lambda name: (-abs(weights[name]), name))
    parts[first] += total - sum(parts.values(), ZERO)
    return parts


def _divide(numerator: Decimal, denominator: Decimal, places: int) -> tuple[Decimal, Decimal, bool]:
    """Whole quotient and remainder of |numerator| × 10^places by |denominator|, and whether the sign is negative."""
    if denominator.is_zero():
        raise ZeroDivisionError
    whole, remainder = divmod(abs(numerator).scaleb(places), abs(denominator))
    return whole, remainder, (numerator < ZERO) != (denominator < ZERO)


def _signed(whole: Decimal, negative: bool, places: int) -> Decimal:  # noqa: FBT001 - private, positional by design
    value = whole.scaleb(-places)
    return _trim(-value if negative and whole else value)


def _trim(value: Decimal) -> Decimal:
    """Drop trailing zeros, so that a quotient that comes out even stays short in later products."""
    return ZERO if value.is_zero() else value.normalize() if value.as_tuple().exponent != 0 else value


@lru_cache(maxsize=256)
def _is_zero_text(text: str) -> bool:
    return bool(re.fullmatch(r"-0(?:\.0{1,18})?(?:[eE][+-]?[0-9]{1,2})?", text, re.ASCII))


def is_short(value: object, places: int = DIGITS_MAX) -> bool:
    """Whether `value` is a finite Decimal below 10^DIGITS_MAX with at most `places` places."""
    if not isinstance(value, Decimal) or not value.is_finite():
        return False
    return value.adjusted() < DIGITS_MAX and -int(value.as_tuple().exponent) <= places
