"""Does a value arrive as it is: every digit, every field, no float?"""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType, ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.decisions import Severity
from counterpoise.domain.errors import InvalidInput
from counterpoise.messages import events, overview, readmodels, status
from counterpoise.messages.readmodels import seconds
from counterpoise.messages.wire import to_bytes, to_json

D = Decimal
MODULES = (events, overview, readmodels, status)


@dataclass(frozen=True, slots=True, kw_only=True)
class One:
    only: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Two:
    first: One
    second: tuple[One, ...]


@pytest.mark.parametrize(
    ("value", "written"),
    (
        pytest.param(D("10148.226"), "10148.226", id="as it is"),
        pytest.param(D("10.500"), "10.5", id="without zeros at the end"),
        pytest.param(D("1E+3"), "1000", id="without an exponent"),
        pytest.param(D("1E-18"), "0.000000000000000001", id="18 places"),
        pytest.param(D("-0"), "0", id="zero has no sign"),
        pytest.param(D("0.000"), "0", id="zero has no places"),
        pytest.param(
            D("123456789012345678901234567890.123456789"), "123456789012345678901234567890.123456789", id="long"
        ),
    ),
)
def test_a_decimal_is_a_string_in_plain_notation(value: Decimal, written: str) -> None:
    assert to_json(value) == written
    assert to_bytes(One(only=value)) == f'{{"only":"{written}"}}'.encode()


@given(st.decimals("-1e18", "1e18", allow_nan=False, places=18))
def test_a_decimal_comes_back_as_it_was(value: Decimal) -> None:
    written = to_json(value)
    assert isinstance(written, str)
    assert Decimal(written) == value
    assert "e" not in written.lower()
    assert "." not in written or not written.endswith("0")


@pytest.mark.parametrize(
    ("value", "written"),
    (
        pytest.param(datetime(2010, 1, 4, 21, tzinfo=UTC), "2010-01-04T21:00:00.000000Z", id="time"),
        pytest.param(date(2010, 1, 4), "2010-01-04", id="day"),
        pytest.param(Severity.CRITICAL, "CRITICAL", id="name"),
        pytest.param(True, True, id="flag"),
        pytest.param(7, 7, id="count"),
        pytest.param(None, None, id="nothing"),
        pytest.param("ünïcode 🚀", "ünïcode 🚀", id="text"),
        pytest.param((1, (2, None)), [1, [2, None]], id="nested"),
        pytest.param(MappingProxyType({"a": D(1)}), {"a": "1"}, id="mapping"),
        pytest.param(Two(first=One(only=D(1)), second=()), {"first": {"only": "1"}, "second": []}, id="record"),
    ),
)
def test_every_kind_of_value_has_one_form(value: object, written: object) -> None:
    assert to_json(value) == written
    assert json.loads(to_bytes(value)) == written


@pytest.mark.parametrize(
    "value",
    (
        pytest.param(1.5, id="float"),
        pytest.param(float("nan"), id="NaN"),
        pytest.param([0.1], id="float in a list"),
        pytest.param({"a": 0.1}, id="float in an object"),
        pytest.param(One(only=0.1), id="float in a record"),  # type: ignore[arg-type]
        pytest.param({1, 2}, id="set"),
        pytest.param(b"x", id="bytes"),
        pytest.param(timedelta(1), id="span"),
        pytest.param(1j, id="complex"),
        pytest.param(object(), id="object"),
    ),
)
def test_what_no_message_has_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="has no form in JSON"):
        to_json(value)


@pytest.mark.parametrize("value", (D("NaN"), D("Infinity"), D("-Infinity")))
def test_a_decimal_that_is_no_number_is_refused(value: Decimal) -> None:
    with pytest.raises(InvalidInput):
        to_json(value)


@pytest.mark.parametrize(
    "value",
    (datetime(2010, 1, 4, 16, tzinfo=timezone(timedelta(hours=-5))), datetime(2010, 1, 4, 16)),  # noqa: DTZ001
    ids=("another offset", "no offset"),
)
def test_a_time_that_is_not_in_utc_is_refused(value: datetime) -> None:
    with pytest.raises(InvalidInput, match="UTC"):
        to_json(value)


def test_control_characters_and_markup_stay_text() -> None:
    evil = "</script>\x00\x1b[31m\u2028\n\"'\\"
    raw = to_bytes({"a": evil})
    assert json.loads(raw) == {"a": evil}
    assert not any(sign < 0x20 for sign in raw), "a control character never stands in the bytes"


def records(module: ModuleType) -> list[type]:
    return [
        kind
        for _, kind in sorted(vars(module).items())
        if inspect.isclass(kind) and is_dataclass(kind) and kind.__module__ == module.__name__
    ]


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, id=kind.__name__) for module in MODULES for kind in records(module)]
)
def test_a_message_is_written_field_by_field_in_the_order_of_its_class(kind: Any) -> None:  # noqa: ANN401 - any record
    values = {item.name: D(place) for place, item in enumerate(fields(kind))}
    written = to_json(kind(**values))
    assert isinstance(written, dict)
    assert list(written.items()) == [(name, str(value)) for name, value in values.items()]
    assert kind.__dataclass_params__.frozen
    assert "float" not in " ".join(str(item.type) for item in fields(kind))


@pytest.mark.parametrize(
    ("age", "said"),
    (
        pytest.param(timedelta(0), "0", id="none"),
        pytest.param(timedelta(microseconds=1), "0.000001", id="a microsecond"),
        pytest.param(timedelta(days=3650, microseconds=10), "315360000.00001", id="ten years"),
    ),
)
def test_an_age_is_exact_to_the_microsecond(age: timedelta, said: str) -> None:
    assert to_json(seconds(age)) == said
