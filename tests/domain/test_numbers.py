"""Is every number read exactly or refused, and rounded only as its function's name says?"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from decimal import ROUND_HALF_EVEN, Decimal, FloatOperation, Inexact, InvalidOperation, localcontext
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain import numbers
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.numbers import (
    CASH_STEP,
    QUANTITY_STEP,
    ZERO,
    canonical,
    ceil_to_step,
    divide_away_from_zero_18,
    divide_exactly_18,
    divide_half_even,
    divide_half_even_18,
    divide_toward_zero,
    exact,
    floor_to_step,
    from_python,
    from_venue,
    is_multiple,
    parse,
    parse_json_number,
    percent_half_even_10,
    percent_of,
    plain,
    ratio_half_even_10,
    split_exactly,
    units_after_toward_zero,
    units_away_from_zero,
    units_toward_zero,
    whole_points,
)

D = Decimal
MILLISECOND = 0.001

PLAIN = st.from_regex(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?", fullmatch=True).filter(
    lambda text: not (text.startswith("-") and not D(text))
)
NUMBERS = st.decimals(min_value=-(10**12), max_value=10**12, places=9, allow_nan=False, allow_infinity=False)
POSITIVE = st.decimals(min_value=D("1e-9"), max_value=10**9, places=9, allow_nan=False, allow_infinity=False)
STEPS = st.sampled_from([D("1e-9"), D("0.01"), D(1), D("0.25"), D(3), D("0.7"), D(100)])

REFUSED = [
    pytest.param(text, id=repr(text))
    for text in (
        *(
            "",
            " ",
            "-",
            ".",
            "NaN",
            "nan",
            "sNaN",
            "Infinity",
            "-Infinity",
            "inf",
            "-0",
            "-0.00",
            "+1",
            "01",
            "00",
            "1.",
        ),
        *(
            ".5",
            "-.5",
            "1_000",
            "1,000",
            "1'000",
            " 1",
            "1 ",
            "1\n",
            "\n1",
            "1\x00",
            "0x10",
            "1e",
            "e5",
            "1e1e1",
            "--1",
        ),
        *("\uff11\uff12", "٣", "१", "1e٣", "½", "−1", "True", "None", "1" + "0" * 18, "0." + "0" * 18 + "1"),
    )
]


def quickest(function: Callable[[], object]) -> float:
    """Seconds of the fastest of some calls: what the work costs, without what the machine does besides."""
    spent = []
    for _ in range(7):
        began = time.perf_counter()
        with suppress(InvalidInput):
            function()
        spent.append(time.perf_counter() - began)
    return min(spent)


@given(PLAIN)
def test_what_is_read_is_written_with_the_digits_received(text: str) -> None:
    with exact():
        assert plain(parse(text, "f")) == text
        assert parse_json_number(text, "f") == from_venue(text, "f") == from_python(text, "f") == D(text)
        assert from_python(D(text), "f") == D(text)


@pytest.mark.parametrize("read", (parse, parse_json_number, from_python))
@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_plain_number_is_refused_with_field_and_value(
    read: Callable[[str, str], Decimal], text: str
) -> None:
    with pytest.raises(InvalidInput, match=r"positions\[2\]\.size") as caught:
        read(text, "positions[2].size")
    assert caught.value.field == "positions[2].size"


@pytest.mark.parametrize("text", [case for case in REFUSED if not str(case.values[0]).startswith("-0")])
def test_a_venues_text_is_held_to_the_same_rule(text: str) -> None:
    with pytest.raises(InvalidInput):
        from_venue(text, "f")


@pytest.mark.parametrize("text", ("-0", "-0.0", "-0.000000000000000000", "-0e-7", "-0E-8", "-0.0e0", "0", "0.00"))
def test_minus_zero_from_a_venue_is_zero(text: str) -> None:
    value = from_venue(text, "f")
    assert value == ZERO
    assert not value.is_signed()


@pytest.mark.parametrize(
    ("text", "value"),
    (
        pytest.param("8.12e-06", "0.00000812", id="as bots send it"),
        pytest.param("1E+5", "100000", id="capital with a sign"),
        pytest.param("0e5", "0", id="zero"),
        pytest.param("-2.5e1", "-25", id="negative"),
        pytest.param("1e-18", "0.000000000000000001", id="the last place"),
        pytest.param("1e17", "100000000000000000", id="the first place"),
    ),
)
def test_a_json_number_may_have_an_exponent_when_it_fits(text: str, value: str) -> None:
    assert plain(parse_json_number(text, "f")) == value
    with pytest.raises(InvalidInput):
        parse(text, "f")


@pytest.mark.parametrize("text", ("1e18", "1e-19", "1e99", "1e-99", "1e100", "12e-18e0", "1.5e-18", "-0e0"))
def test_an_exponent_that_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_json_number(text, "f")


@pytest.mark.parametrize(
    "value",
    (
        pytest.param(True, id="true"),
        pytest.param(False, id="false"),
        pytest.param(1.5, id="a float"),
        pytest.param(float("nan"), id="a float that is none"),
        pytest.param(None, id="nothing"),
        pytest.param(b"1", id="bytes"),
        pytest.param(D("NaN"), id="NaN"),
        pytest.param(D("sNaN"), id="signalling NaN"),
        pytest.param(D("Infinity"), id="infinity"),
        pytest.param(D("-Infinity"), id="minus infinity"),
        pytest.param(D("-0"), id="minus zero"),
        pytest.param(D("-0.00"), id="minus zero with places"),
        pytest.param(D("1e18"), id="19 digits before the point"),
        pytest.param(D("1e-19"), id="19 digits after the point"),
        pytest.param(10**18, id="an int of 19 digits"),
        pytest.param(-(10**18), id="a negative int of 19 digits"),
        pytest.param(10**5_000, id="an int that Python does not write out"),
    ),
)
def test_a_python_value_that_is_no_number_here_is_refused(value: Decimal) -> None:
    with pytest.raises(InvalidInput, match=r"^size: "):
        from_python(value, "size")


@pytest.mark.parametrize(
    ("value", "text"), ((7, "7"), (-(10**18) + 1, "-999999999999999999"), (D("1E+3"), "1000"), ("10.50", "10.50"))
)
def test_a_python_number_is_taken_as_it_is(value: Decimal | int | str, text: str) -> None:
    assert plain(from_python(value, "f")) == text


BOMBS = (
    pytest.param(lambda: parse("1e1000000", "f"), id="text with a huge exponent"),
    pytest.param(lambda: parse_json_number("1e1000000", "f"), id="JSON with a huge exponent"),
    pytest.param(lambda: parse_json_number("1E-999999999999", "f"), id="JSON with a tiny exponent"),
    pytest.param(lambda: from_venue("-0e1000000", "f"), id="a venue's zero with a huge exponent"),
    pytest.param(lambda: from_python(D("1e1000000"), "f"), id="a huge Decimal"),
    pytest.param(lambda: from_python(D("1e-1000000"), "f"), id="a tiny Decimal"),
    pytest.param(lambda: from_python(D("0e999999"), "f"), id="a zero with a huge exponent"),
    pytest.param(lambda: from_python(1 << 200_000, "f"), id="a huge int"),
    pytest.param(lambda: parse("9" * 100_000, "f"), id="100,000 digits"),
    pytest.param(lambda: plain(D("1e1000000")), id="writing a huge Decimal"),
    pytest.param(lambda: plain(D("1e-1000000")), id="writing a tiny Decimal"),
)


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_number_made_to_be_expensive_is_refused_within_a_millisecond(bomb: Callable[[], object]) -> None:
    with pytest.raises(InvalidInput):
        bomb()
    assert quickest(bomb) < MILLISECOND


@pytest.mark.parametrize("value", (D("NaN"), D("Infinity"), D("1e80"), D("1e-81"), D("1." + "1" * 80)))
def test_what_does_not_fit_into_80_characters_is_not_written(value: Decimal) -> None:
    with pytest.raises(InvalidInput, match="80 characters"):
        plain(value)


@given(NUMBERS)
def test_canonical_is_the_same_number_in_one_text(value: Decimal) -> None:
    with exact():
        made = canonical(value)
        assert made == value
        assert plain(canonical(made * D("1.000"))) == plain(made)
        assert "E" not in str(canonical(value * 10**6)) or abs(value) < D("1e-6")
        assert not (made.is_zero() and made.is_signed())


@pytest.mark.parametrize(("value", "text"), (("1E+3", "1000"), ("10.50", "10.5"), ("-0.0", "0"), ("100", "100")))
def test_canonical_text(value: str, text: str) -> None:
    assert plain(canonical(D(value))) == text


def test_a_lost_digit_a_float_and_a_division_by_zero_are_errors_inside() -> None:
    with exact():
        with pytest.raises(Inexact):
            _ = D(1) / D(3)
        with pytest.raises(FloatOperation):
            _ = D(1) < 0.5
        with pytest.raises(InvalidOperation):
            _ = D("NaN") < ZERO
        with pytest.raises(ZeroDivisionError):
            _ = D(1) / ZERO
        assert D(10) ** 150 + 1 - D(10) ** 150 == 1


def test_the_exact_context_is_left_where_it_was_entered() -> None:
    with localcontext() as outer:
        outer.prec = 7
        with exact() as inner:
            assert inner.prec == 200
        assert outer.prec == 7


def as_fraction(value: Decimal) -> Fraction:
    return Fraction(value)


@given(NUMBERS, NUMBERS.filter(bool), st.integers(0, 18))
def test_half_even_is_the_rounding_of_the_true_quotient(numerator: Decimal, denominator: Decimal, places: int) -> None:
    with exact():
        true = as_fraction(numerator) / as_fraction(denominator) * 10**places
        low = floor(true)
        rest = true - low
        expected = low + (rest > Fraction(1, 2) or (rest == Fraction(1, 2) and low % 2 == 1))
        assert as_fraction(divide_half_even(numerator, denominator, places)) * 10**places == expected


@given(NUMBERS, NUMBERS.filter(bool), st.integers(0, 18))
def test_toward_zero_cuts_the_true_quotient(numerator: Decimal, denominator: Decimal, places: int) -> None:
    with exact():
        true = as_fraction(numerator) / as_fraction(denominator) * 10**places
        expected = floor(abs(true)) * (1 if true >= 0 else -1)
        assert as_fraction(divide_toward_zero(numerator, denominator, places)) * 10**places == expected


@given(numerator=st.decimals(-1000, 1000, places=9), denominator=st.decimals("0.001", 1000, places=3))
def test_an_exact_quotient_is_one_and_units_after_a_ratio_are_never_more_than_due(
    numerator: Decimal, denominator: Decimal
) -> None:
    with exact():
        quotient = divide_exactly_18(numerator, denominator)
        units = units_after_toward_zero(numerator, Decimal(1), denominator)
        assert abs(units * denominator) <= abs(numerator)
        assert abs(numerator) - abs(units * denominator) < Decimal("1E-9") * denominator
        if quotient is None:
            assert units * denominator != numerator
        else:
            assert units == quotient
            assert quotient * denominator == numerator


@pytest.mark.parametrize(
    ("units", "numerator", "denominator", "after"),
    (
        pytest.param("100", "2.406", "1", "240.6", id="exact"),
        pytest.param("1", "1", "1000000000000000000", "0.000000000000000001", id="exact at the last place"),
        pytest.param("100", "1", "3", "33.333333333", id="cut at nine"),
        pytest.param("-200", "1", "3", "-66.666666666", id="toward zero"),
        pytest.param("0.000000002", "1", "3", "0.000000000666666666", id="dust is cut at eighteen"),
        pytest.param("0.000000000000000001", "1", "3", "0", id="nothing is left"),
    ),
)
def test_units_after_a_ratio(units: str, numerator: str, denominator: str, after: str) -> None:
    assert units_after_toward_zero(Decimal(units), Decimal(numerator), Decimal(denominator)) == Decimal(after)


@given(NUMBERS, NUMBERS.filter(bool))
def test_away_from_zero_never_holds_less_than_the_true_quotient(numerator: Decimal, denominator: Decimal) -> None:
    with exact():
        true = as_fraction(numerator) / as_fraction(denominator)
        made = as_fraction(divide_away_from_zero_18(numerator, denominator))
        assert abs(made) >= abs(true)
        assert abs(made) - abs(true) < Fraction(1, 10**18)


@pytest.mark.parametrize(
    ("numerator", "denominator", "places", "quotient"),
    (
        pytest.param("1", "8", 2, "0.12", id="a tie goes to the even digit below"),
        pytest.param("3", "8", 2, "0.38", id="a tie goes to the even digit above"),
        pytest.param("-1", "8", 2, "-0.12", id="a negative tie"),
        pytest.param("1", "-3", 4, "-0.3333", id="a negative denominator"),
        pytest.param("0", "-7", 4, "0", id="zero has no sign"),
        pytest.param("-1", "1000", 2, "0", id="what rounds to zero has no sign"),
        pytest.param("10", "5", 18, "2", id="what comes out even stays short"),
    ),
)
def test_half_even_by_example(numerator: str, denominator: str, places: int, quotient: str) -> None:
    made = divide_half_even(D(numerator), D(denominator), places)
    assert plain(made) == quotient


def test_the_named_roundings_have_the_places_of_their_names() -> None:
    assert divide_half_even_18(D(2), D(3)) == D("0.666666666666666667")
    assert ratio_half_even_10(D(2), D(3)) == D("0.6666666667")
    assert percent_half_even_10(D(2), D(3)) == D("66.6666666667")
    assert divide_away_from_zero_18(D(-1), D(3)) == D("-0.333333333333333334")


def test_an_undefined_ratio_is_none_or_an_error_but_never_a_number() -> None:
    assert ratio_half_even_10(D(1), ZERO) is None
    assert percent_half_even_10(ZERO, ZERO) is None
    for divide in (divide_half_even_18, divide_away_from_zero_18):
        with pytest.raises(ZeroDivisionError):
            divide(D(1), ZERO)
    with pytest.raises(ZeroDivisionError):
        divide_toward_zero(D(1), ZERO, 2)


@given(NUMBERS, STEPS)
def test_floor_and_ceil_are_the_neighbouring_multiples_on_either_side(value: Decimal, step: Decimal) -> None:
    with exact():
        low, high = floor_to_step(value, step), ceil_to_step(value, step)
        assert is_multiple(low, step)
        assert is_multiple(high, step)
        assert abs(low) <= abs(value) <= abs(high)
        assert abs(high) - abs(low) == (ZERO if is_multiple(value, step) else step)
        assert low * value >= ZERO
        assert high * value >= ZERO


@given(st.decimals(0, 10**9, places=4), POSITIVE, STEPS)
def test_units_are_the_most_that_an_amount_buys_and_the_least_that_is_worth_it(
    amount: Decimal, price: Decimal, step: Decimal
) -> None:
    with exact():
        most, least = units_toward_zero(amount, price, step), units_away_from_zero(amount, price, step)
        assert most * price <= amount < (most + step) * price
        assert least * price >= amount
        assert least - most in (ZERO, step)
        assert is_multiple(most, step)


@given(NUMBERS, st.decimals(0, 1000, places=4))
def test_a_percentage_of_a_value_is_exact(value: Decimal, percent: Decimal) -> None:
    with exact():
        assert as_fraction(percent_of(value, percent)) == as_fraction(value) * as_fraction(percent) / 100


@pytest.mark.parametrize(("value", "points"), (("3.99", 3), ("4", 4), ("0", 0), ("0.999999", 0)))
def test_whole_points_are_those_that_were_reached(value: str, points: int) -> None:
    assert whole_points(D(value)) == points


WEIGHTS = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=3), st.decimals(0, 10**6, places=6), min_size=1, max_size=6
).filter(lambda weights: any(weights.values()))


@given(NUMBERS, WEIGHTS, STEPS, st.randoms(use_true_random=False))
def test_a_split_sums_exactly_and_does_not_depend_on_the_order_of_the_names(
    total: Decimal, weights: dict[str, Decimal], step: Decimal, random: object
) -> None:
    with exact():
        parts = split_exactly(total, weights, step)
        shuffled = list(weights.items())
        random.shuffle(shuffled)  # type: ignore[attr-defined]
        assert split_exactly(total, dict(shuffled), step) == parts
        assert split_exactly(total, dict(reversed(weights.items())), step) == parts
        assert sum(parts.values(), ZERO) == total
        assert set(parts) == set(weights)


@given(st.integers(0, 10**12), WEIGHTS)
def test_each_part_is_within_a_step_of_its_due_and_no_weight_gets_nothing(
    steps: int, weights: dict[str, Decimal]
) -> None:
    with exact():
        total = steps * QUANTITY_STEP
        parts = split_exactly(total, weights, QUANTITY_STEP)
        whole = sum(map(as_fraction, weights.values()), Fraction(0))
        for name, weight in weights.items():
            due = as_fraction(total) * as_fraction(weight) / whole
            assert abs(as_fraction(parts[name]) - due) < as_fraction(QUANTITY_STEP)
            assert weight or not parts[name]


def test_what_is_left_goes_to_the_largest_remainders_and_ties_by_name() -> None:
    one = D(1)
    assert split_exactly(D(100), {"b": one, "a": one, "c": one}, one) == {"a": D(34), "b": D(33), "c": D(33)}
    assert split_exactly(D(-100), {"b": one, "a": one, "c": one}, one) == {"a": D(-34), "b": D(-33), "c": D(-33)}
    assert split_exactly(D(10), {"a": D("0.26"), "b": D("0.1")}, one) == {"a": D(7), "b": D(3)}
    assert split_exactly(D("1.005"), {"a": ZERO, "b": one, "c": one}, D("0.01")) == {
        "a": ZERO,
        "b": D("0.505"),
        "c": D("0.5"),
    }


@pytest.mark.parametrize("weights", ({}, {"a": ZERO}, {"a": D(-1), "b": D(2)}))
def test_a_split_without_a_weight_above_zero_is_refused(weights: dict[str, Decimal]) -> None:
    with pytest.raises(InvalidInput, match="weights"):
        split_exactly(D(1), weights, CASH_STEP)


def test_rounding_is_half_even_where_the_context_could_round_at_all() -> None:
    assert numbers._EXACT.rounding == ROUND_HALF_EVEN
    assert numbers._EXACT.traps[Inexact]
