"""Which instant does a text of a file mean?"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from counterpoise.adapters.imports.history.notation import CELL_LENGTH_MAX, DayOrder
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.time import zone

TIME_RULE = "a time such as 2024-01-31T15:04:05Z"
_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.([0-9]{1,9}))?(?: ?(Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?)?",
    re.ASCII,
)
_SLASHED = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(?:,? ([0-9]{2}:[0-9]{2}(?::[0-9]{2})?))?", re.ASCII)
_EPOCH = re.compile(r"[0-9]{13}|[0-9]{16}", re.ASCII)
_MILLISECONDS = 13
_YEARS = range(1970, 2200)
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def read_time(text: str, where: str, order: DayOrder | None, time_zone: str | None) -> datetime:
    """The instant in UTC; a date alone is the beginning of its day.

    Args:
        text: ISO 8601, or a date with slashes in the order of the file.
        where: How messages call it.
        order: Of dates with slashes.
        time_zone: In which a time without an offset is; None refuses such times.

    Raises:
        InvalidInput: another form, no such time, or one without a zone.
    """
    if len(text) > CELL_LENGTH_MAX:
        raise InvalidInput(where, text, TIME_RULE)
    iso = _ISO.fullmatch(text)
    if iso is not None:
        day, clock, fraction, offset = iso.groups()
        # Digits beyond the microsecond are cut: no fact is placed later than it happened.
        local = _parsed(f"{day}T{clock or '00:00'}", text, where, fraction)
        if offset:
            return _with_offset(local, offset, text, where)
    else:
        local = _slashed(text, where, order)
    return _in_zone(local, text, where, time_zone)


def read_epoch(text: str, where: str) -> datetime:
    """The instant that milliseconds (13 digits) or microseconds (16 digits) since 1970 mean.

    Raises:
        InvalidInput: any other text.
    """
    if not _EPOCH.fullmatch(text):
        raise InvalidInput(where, text, "milliseconds since 1970, 13 digits such as 1706713445000")
    at = _BEGINNING + (
        timedelta(milliseconds=int(text)) if len(text) == _MILLISECONDS else timedelta(microseconds=int(text))
    )
    return _in_range(at, text, where)


def _parsed(iso: str, text: str, where: str, fraction: str | None = None) -> datetime:
    try:
        parsed = datetime.fromisoformat(iso)
    except ValueError as error:
        raise InvalidInput(where, text, f"{TIME_RULE}; the calendar or the clock has no such time") from error
    return parsed.replace(microsecond=int(fraction[:6].ljust(6, "0"))) if fraction else parsed


def _slashed(text: str, where: str, order: DayOrder | None) -> datetime:
    found = _SLASHED.fullmatch(text)
    if found is None or order is None:
        raise InvalidInput(where, text or "an empty cell", TIME_RULE)
    first, second, year, clock = found.groups()
    day, month = (first, second) if order is DayOrder.DAY_FIRST else (second, first)
    return _parsed(f"{year}-{month:>02}-{day:>02}T{clock or '00:00'}", text, where)


def _with_offset(local: datetime, offset: str, text: str, where: str) -> datetime:
    if offset in ("Z", "UTC"):
        return _in_range(local.replace(tzinfo=UTC), text, where)
    try:
        aware = datetime.fromisoformat(f"{local.isoformat()}{offset}")
        return _in_range(aware.astimezone(UTC), text, where)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(where, text, f"{TIME_RULE}; there is no such offset or time") from error


def _in_zone(local: datetime, text: str, where: str, time_zone: str | None) -> datetime:
    if time_zone is None:
        raise InvalidInput(where, text, "a time with its zone, such as 2024-01-31T15:04:05Z; or say --timezone")
    if local.year not in _YEARS:
        raise InvalidInput(where, text, "a time from 1970 to 2199")
    there = zone(time_zone)
    first, second = (local.replace(tzinfo=there, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return first
    if first.astimezone(there).replace(tzinfo=None) != local:
        if not (local.hour or local.minute or local.second or local.microsecond):
            return first  # a day whose midnight was skipped begins when its clocks were put forward
        raise InvalidInput(where, text, f"a time that {time_zone} had; its clocks were put forward over this one")
    raise InvalidInput(where, text, f"the time with its offset: {time_zone} had it twice, as its clocks were put back")


def _in_range(at: datetime, text: str, where: str) -> datetime:
    if at.year not in _YEARS:
        raise InvalidInput(where, text, "a time from 1970 to 2199")
    return at
