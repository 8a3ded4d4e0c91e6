"""Does a trading day begin when the local clock says so, and is an instant written in one way only?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.time import (
    at_local,
    day_start,
    format_time,
    parse_day,
    parse_moment,
    parse_time,
    trading_day,
    week_start,
    zone,
)

ZONES = (
    "UTC",
    "America/New_York",
    "Europe/Berlin",
    "Asia/Kolkata",  # half an hour
    "Australia/Lord_Howe",  # half an hour of summer time
    "America/Sao_Paulo",  # until 2019 the clock sprang forward at midnight
    "America/Havana",  # falls back at 01:00, so 00:00 comes twice
    "Asia/Beirut",
    "Pacific/Auckland",
)
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
MICROSECOND = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("zone_name", "day", "hours"),
    (
        pytest.param("America/New_York", date(2024, 3, 9), 24, id="the day before"),
        pytest.param("America/New_York", date(2024, 3, 10), 23, id="New York springs forward"),
        pytest.param("America/New_York", date(2024, 11, 3), 25, id="New York falls back"),
        pytest.param("Europe/Berlin", date(2024, 3, 31), 23, id="Berlin springs forward"),
        pytest.param("Europe/Berlin", date(2024, 10, 27), 25, id="Berlin falls back"),
        pytest.param("America/Sao_Paulo", date(2018, 11, 4), 23, id="a day that begins at 01:00"),
        pytest.param("America/Havana", date(2024, 11, 3), 25, id="a day whose first hour comes twice"),
        pytest.param("Australia/Lord_Howe", date(2024, 4, 7), 24.5, id="half an hour more"),
        pytest.param("UTC", date(2024, 2, 29), 24, id="a leap day"),
    ),
)
def test_a_trading_day_has_the_hours_of_the_local_day(zone_name: str, day: date, hours: float) -> None:
    start, end = day_start(day, zone_name), day_start(day + timedelta(days=1), zone_name)
    assert end - start == timedelta(hours=hours)


def test_the_day_of_new_york_begins_at_its_own_midnight() -> None:
    assert day_start(date(2024, 3, 11), "America/New_York") == datetime(2024, 3, 11, 4, tzinfo=UTC)
    assert day_start(date(2024, 1, 2), "America/New_York") == datetime(2024, 1, 2, 5, tzinfo=UTC)
    assert at_local(date(2024, 3, 11), 16, "America/New_York") == datetime(2024, 3, 11, 20, tzinfo=UTC)
    assert day_start(date(2018, 11, 4), "America/Sao_Paulo") == datetime(2018, 11, 4, 3, tzinfo=UTC)


@given(MOMENTS, st.sampled_from(ZONES))
def test_every_instant_is_in_the_day_whose_start_is_the_last_before_it(at: datetime, zone_name: str) -> None:
    day = trading_day(at, zone_name)
    assert day_start(day, zone_name) <= at < day_start(day + timedelta(days=1), zone_name)


@given(st.dates(date(1990, 1, 2), date(2030, 1, 1)), st.sampled_from(ZONES))
def test_a_day_holds_its_first_instant_and_not_the_one_before(day: date, zone_name: str) -> None:
    start = day_start(day, zone_name)
    assert start.tzinfo is UTC
    assert trading_day(start, zone_name) == day
    assert trading_day(start - MICROSECOND, zone_name) == day - timedelta(days=1)


@given(st.dates(date(1900, 1, 8), date(2100, 1, 1)))
def test_a_week_starts_on_the_monday_on_or_before(day: date) -> None:
    start = week_start(day)
    assert start.isoweekday() == 1
    assert timedelta(0) <= day - start < timedelta(days=7)
    assert week_start(start) == start


@pytest.mark.parametrize(
    "name",
    (
        *(
            "",
            "Mars/Olympus",
            "America",
            "America/",
            "/UTC",
            "../../etc/passwd",
            "America/../UTC",
            "tzdata.zi",
            "__init__.py",
        ),
        *("leapseconds", "UTC\x00", "x" * 5_000, "Etc\\UTC", "\uff21merica/New_York"),
    ),
)
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="time_zone"):
        zone(name)


def test_a_zone_is_of_the_tzdata_package_and_made_once() -> None:
    assert zone("America/New_York") is zone("America/New_York")
    assert zone("America/New_York").key == "America/New_York"
    assert zone("Etc/GMT+5").utcoffset(datetime(2024, 1, 1)) == timedelta(hours=-5)  # noqa: DTZ001


@given(MOMENTS)
def test_an_instant_is_read_as_it_was_written(at: datetime) -> None:
    text = format_time(at)
    assert len(text) == 27
    assert parse_time(text) == at
    assert format_time(parse_time(text)) == text
    assert parse_time(text).tzinfo is UTC


@pytest.mark.parametrize(
    ("at", "text"),
    (
        pytest.param(datetime(2010, 1, 4, 21, tzinfo=UTC), "2010-01-04T21:00:00.000000Z", id="no fraction"),
        pytest.param(datetime(2010, 1, 4, 21, 0, 0, 5, tzinfo=UTC), "2010-01-04T21:00:00.000005Z", id="a microsecond"),
        pytest.param(
            datetime(2010, 1, 4, 21, tzinfo=ZoneInfo("Europe/London")), "2010-01-04T21:00:00.000000Z", id="no offset"
        ),
        pytest.param(datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000000Z", id="the first year"),
    ),
)
def test_the_canonical_text(at: datetime, text: str) -> None:
    assert format_time(at) == text


@pytest.mark.parametrize(
    "at",
    (
        pytest.param(datetime(2010, 1, 4, 21), id="naive"),  # noqa: DTZ001
        pytest.param(datetime(2010, 1, 4, 21, tzinfo=timezone(timedelta(hours=-5))), id="an offset"),
        pytest.param(datetime(2010, 7, 4, 21, tzinfo=ZoneInfo("Europe/London")), id="British summer time"),
    ),
)
def test_only_an_instant_in_utc_is_written(at: datetime) -> None:
    with pytest.raises(InvalidInput, match="in UTC"):
        format_time(at)


@pytest.mark.parametrize(
    "text",
    (
        pytest.param("", id="nothing"),
        pytest.param("2010-01-04T21:00:00Z", id="no fraction"),
        pytest.param("2010-01-04T21:00:00.000Z", id="milliseconds"),
        pytest.param("2010-01-04 21:00:00.000000Z", id="a blank"),
        pytest.param("2010-01-04T21:00:00.000000z", id="small z"),
        pytest.param("2010-01-04T21:00:00.000000+", id="another last character"),
        pytest.param("2010-01-04T21:00:00.000000Z\n", id="a line end"),
        pytest.param("2010-W01-1T21:00:00.000000Z", id="a week date"),
        pytest.param("2010-01-04T21:00:00,000000Z", id="a comma"),
        pytest.param("2010-01-04T21:00:00+010000Z", id="an offset before the Z"),
        pytest.param("2010-01-04T210000.00000000Z", id="no colons"),
        pytest.param("2010-13-04T21:00:00.000000Z", id="month 13"),
        pytest.param("2010-02-30T21:00:00.000000Z", id="30 February"),
        pytest.param("2010-01-04T24:00:00.000000Z", id="24 o'clock"),
        pytest.param("2010-01-04T21:00:60.000000Z", id="a leap second"),
        pytest.param("\uff12010-01-04T21:00:00.000000Z", id="another digit"),
        pytest.param("0000-01-04T21:00:00.000000Z", id="year 0"),
    ),
)
def test_any_other_form_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="a time such as"):
        parse_time(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    (
        ("2024-02-29", date(2024, 2, 29)),
        ("2024-01-03T21:00Z", datetime(2024, 1, 3, 21, tzinfo=UTC)),
        ("2024-01-03T21:00:05Z", datetime(2024, 1, 3, 21, 0, 5, tzinfo=UTC)),
        ("2024-01-03T21:00:05.5Z", datetime(2024, 1, 3, 21, 0, 5, 500_000, tzinfo=UTC)),
    ),
)
def test_a_moment_is_a_day_or_an_instant(text: str, moment: date | datetime) -> None:
    found = parse_moment(text, "--from")
    assert (found, type(found)) == (moment, type(moment))


@pytest.mark.parametrize(
    "text",
    ("", "2023-02-29", "2024-1-3", "2024-W01-3", "2024-01-03T21:00", "2024-01-03T25:00Z", "2024-01-03 21:00Z",
     "2024-01-03T21:00:00+01:00", "2024-01-03T21:00:00.1234567Z", "yesterday", "\u0662024-01-03"),
)  # fmt: skip
def test_no_other_text_is_a_moment(text: str) -> None:
    with pytest.raises(InvalidInput, match="--from"):
        parse_moment(text, "--from")


def test_a_day_is_no_instant() -> None:
    assert parse_day("2024-01-03", "--from") == date(2024, 1, 3)
    with pytest.raises(InvalidInput, match="a day such as"):
        parse_day("2024-01-03T21:00Z", "--from")
