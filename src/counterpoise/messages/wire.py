"""How is a value written as JSON? Decimals as plain strings, times in UTC with `Z`, fields by their names."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import Any

from counterpoise.domain.numbers import shortest
from counterpoise.domain.time import format_time

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]


def to_json(value: object) -> Json:
    """The value in JSON's own types; a float is refused, since nothing of ours is one.

    Raises:
        TypeError: a type that no message has.
    """
    kind: Any = type(value)
    return _writer(kind)(value)


def to_bytes(value: object) -> bytes:
    """The value as compact UTF-8 JSON, fields in the order of their class."""
    return json.dumps(to_json(value), ensure_ascii=False, separators=(",", ":")).encode()


@lru_cache(maxsize=256)
def _writer(kind: Any) -> Callable[[Any], Json]:  # noqa: ANN401 - any class
    """How values of this exact type are written; found once a type, since an overview has thousands of values."""
    if is_dataclass(kind):
        return _record(kind)
    for known, writer in _WRITERS:
        if issubclass(kind, known):
            return writer
    raise TypeError(f"{kind.__name__} has no form in JSON")


def _same(value: Json) -> Json:
    return value


def _decimal(value: Decimal) -> str:
    return shortest(value)


def _list(value: tuple[object, ...] | list[object]) -> Json:
    return [to_json(item) for item in value]


def _object(value: Mapping[str, object]) -> Json:
    return {key: to_json(item) for key, item in value.items()}


def _record(kind: Any) -> Callable[[Any], Json]:  # noqa: ANN401 - any dataclass
    names = tuple(item.name for item in fields(kind))
    if len(names) == 1:
        only = names[0]
        return lambda value: {only: to_json(getattr(value, only))}
    take = attrgetter(*names)
    return lambda value: {name: to_json(item) for name, item in zip(names, take(value), strict=True)}


_WRITERS: tuple[tuple[type, Callable[[Any], Json]], ...] = (
    (StrEnum, str.__str__),
    (str, _same),
    (int, _same),  # bool is one
    (type(None), _same),
    (Decimal, _decimal),
    (datetime, format_time),
    (date, date.isoformat),
    (tuple, _list),
    (list, _list),
    (Mapping, _object),
)
"""Classes and how their values are written, the narrower before the wider."""
