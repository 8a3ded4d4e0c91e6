"""When does a trading day begin, and who says what time it is?

Time is never asked for inside: it arrives as an argument, from the `Clock` port at the edge.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import resources
from typing import Protocol
from zoneinfo import ZoneInfo

from counterpoise.domain.errors import InvalidInput

# What people type: a day, or an instant with its zone, seconds and their parts as wanted.
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?Z", re.ASCII)
_MOMENT_RULE = "a day such as 2024-01-03 or an instant such as 2024-01-03T21:00:00Z"
# fromisoformat alone would also read week dates, commas and offsets.
_CANONICAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z", re.ASCII)


CLOCK_SKEW_MAX = timedelta(minutes=5)
"""How far another clock may be ahead of ours; what claims to be later still is not believed."""


class Clock(Protocol):
    """Port: the present moment."""

    def now(self) -> datetime:
        """The present as an aware datetime in UTC."""
        ...


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The IANA zone `name` from the `tzdata` package, so every machine has the same rules.

    Raises:
        InvalidInput: no such zone.
    """
    parts = name.split("/")
    if not all(part and part.replace("_", "").replace("-", "").replace("+", "").isalnum() for part in parts):
        raise InvalidInput("time_zone", name, "an IANA zone such as America/New_York")
    try:
        with resources.files("tzdata").joinpath("zoneinfo", *parts).open("rb") as data:
            return ZoneInfo.from_file(data, key=name)
    except (OSError, ValueError) as error:
        raise InvalidInput("time_zone", name, "an IANA zone such as America/New_York") from error


def trading_day(at: datetime, time_zone: str) -> date:
    """The local calendar date of the instant `at`: a day is [local day start, next), 23 to 25 hours."""
    return at.astimezone(zone(time_zone)).date()


def day_start(day: date, time_zone: str) -> datetime:
    """The first instant of the local `day`, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=zone(time_zone)).astimezone(UTC)


def at_local(day: date, hour: int, time_zone: str) -> datetime:
    """The instant at which the local clock shows `hour` o'clock on `day`, in UTC."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=zone(time_zone)).astimezone(UTC)


def week_start(day: date) -> date:
    """The Monday on or before `day` (ISO 8601)."""
    return day - timedelta(days=day.weekday())


def format_time(at: datetime) -> str:
    """The canonical text of an instant: `YYYY-MM-DDTHH:MM:SS.ffffffZ`.

    Raises:
        InvalidInput: `at` is not an aware datetime in UTC.
    """
    if at.tzinfo is not UTC and at.utcoffset() != timedelta(0):
        raise InvalidInput("time", at, "an aware datetime in UTC")
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_time(text: str) -> datetime:
    """Read the canonical text of an instant.

    Raises:
        InvalidInput: any other form.
    """
    if not _CANONICAL.fullmatch(text):
        raise InvalidInput("time", text, "a time such as 2010-01-04T21:00:00.000000Z")
    try:
        return datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)
    except ValueError as error:
        raise InvalidInput("time", text, "a time such as 2010-01-04T21:00:00.000000Z") from error


def parse_moment(text: str, field: str) -> date | datetime:
    """A day (a `date` and no `datetime`) or an instant in UTC, as people type them.

    Raises:
        InvalidInput: any other form, or no such day or time.
    """
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
        if _INSTANT.fullmatch(text):
            return datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)
    except ValueError as error:
        raise InvalidInput(field, text, _MOMENT_RULE) from error
    raise InvalidInput(field, text, _MOMENT_RULE)


def parse_day(text: str, field: str) -> date:
    """A day, as people type it.

    Raises:
        InvalidInput: any other form, or no such day.
    """
    day = parse_moment(text, field)
    if isinstance(day, datetime):
        raise InvalidInput(field, text, "a day such as 2024-01-03")
    return day
