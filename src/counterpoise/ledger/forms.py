"""How is a value of each type written as JSON, and read back strictly?

A form is a pair of functions, worked out once from a type's annotations: dataclasses, `X | None`,
`tuple[X, ...]`, `tuple[X, Y]`, `list[X]`, `dict[K, X]` with text, whole or enum keys, `dict[str, None]`,
and the leaves str, int, bool, Decimal, datetime, date and StrEnum. Anything else is refused when the
form is made, so that a type which cannot be stored is found by the first test that touches it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache, lru_cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, NamedTuple, NoReturn, Union, get_args, get_origin, get_type_hints

from counterpoise.domain.errors import InvalidFact, InvalidInput
from counterpoise.domain.numbers import PLAIN_LENGTH_MAX, plain
from counterpoise.domain.time import format_time, parse_time

# Any: a form is chosen by type at run time; what goes in is checked by the form itself.
Write = Callable[[Any], Any]
Read = Callable[[Any], Any]

_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", re.ASCII)
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_PAIR = 2


class Form(NamedTuple):
    """How one type is written to plain JSON values and read from them."""

    write: Write
    read: Read


class Misfit(Exception):
    """A value has no such form; the path grows while it climbs out, and the codec makes an InvalidFact of it."""

    def __init__(self, value: object, rule: str, *path: str) -> None:
        super().__init__(rule)
        self.value = value
        self.rule = rule
        self.path = [*path]

    def inside(self, name: str) -> Misfit:
        """The same misfit, seen from the value that holds it."""
        self.path.insert(0, name)
        return self

    def named(self) -> InvalidFact:
        """The error for the outside: path, value and rule."""
        shown = self.value if isinstance(self.value, str) else repr(self.value)
        return InvalidFact(".".join(self.path) or "value", shown, self.rule)


def refuse(value: object, rule: str) -> NoReturn:
    """Raise the misfit of `value` at the place where it stands."""
    raise Misfit(value, rule)


@cache
def form_of(hint: Any) -> Form:  # noqa: ANN401 - annotations have no common type
    """The form of a resolved annotation.

    Raises:
        TypeError: a type that has no canonical form.
    """
    if isinstance(hint, type) and get_origin(hint) is None:
        if hint in _LEAVES:
            return _LEAVES[hint]
        if issubclass(hint, StrEnum):
            return _enum(hint)
        if is_dataclass(hint):
            return form_of_class(hint)
    made = _CONTAINERS.get(get_origin(hint))
    if made is not None:
        return made(get_args(hint))
    if hasattr(hint, "__supertype__"):  # NewType: another name of the same form
        return form_of(hint.__supertype__)
    message = f"{hint!r} has no canonical form"
    raise TypeError(message)


def form_of_class(cls: Any, *, body: Form | None = None) -> Form:  # noqa: ANN401 - as form_of
    """The form of a dataclass; `body` stands in for the field of that name, whose class depends on the kind."""
    return _form_of_class(cls, body)


@cache
def _form_of_class(cls: type, body: Form | None) -> Form:
    hints = get_type_hints(cls)
    items = sorted(fields(cls), key=lambda item: item.name)
    rows = tuple(_row(item, hints[item.name], body) for item in items)
    return Form(_class_writer(cls, rows), _class_reader(cls, rows))


class _Row(NamedTuple):
    """One field: what may be left out is None where `optional`, an empty collection where `empty` makes it."""

    name: str
    write: Write
    read: Read
    optional: bool
    empty: Callable[[], object] | None


def _row(item: Field[Any], hint: Any, body: Form | None) -> _Row:  # noqa: ANN401 - as form_of
    if body is not None and item.name == "body":
        return _Row(item.name, body.write, body.read, optional=False, empty=None)
    form = form_of(hint)
    empty: Callable[[], object] | None = None
    if item.default == ():
        empty = tuple
    elif item.default_factory is not MISSING and item.default_factory in (list, dict, tuple):
        empty = item.default_factory
    return _Row(item.name, form.write, form.read, _is_optional(hint), empty)


def _is_optional(hint: object) -> bool:
    return get_origin(hint) in (UnionType, Union) and NoneType in get_args(hint)


def _class_writer(cls: type, rows: tuple[_Row, ...]) -> Write:
    names = [row.name for row in rows]
    values_of = attrgetter(*names) if len(names) > 1 else lambda value: (getattr(value, names[0]),)
    plan = tuple((row.name, row.write, row.optional, row.empty is not None) for row in rows)

    def write(value: object) -> dict[str, object]:
        if type(value) is not cls:
            raise Misfit(value, f"a {cls.__name__}")
        written = {}
        name = ""
        try:
            for (name, write_field, optional, may_be_empty), held in zip(plan, values_of(value), strict=True):
                if (held is None and optional) or (may_be_empty and not held):
                    continue
                written[name] = write_field(held)
        except Misfit as misfit:
            raise misfit.inside(name) from None
        return written

    return write


def _class_reader(cls: type, rows: tuple[_Row, ...]) -> Read:
    plan = tuple((row.name, row.read, row.optional, row.empty) for row in rows)
    known = frozenset(row.name for row in rows)

    def read(written: object) -> object:
        if type(written) is not dict:
            raise Misfit(written, f"a JSON object ({cls.__name__})")
        values: dict[str, object] = {}
        absent = 0
        name = ""
        try:
            for name, read_field, optional, empty in plan:
                if name in written:
                    values[name] = value = read_field(written[name])
                    if empty and not value:
                        refuse(written[name], "left out when empty")
                elif optional:
                    values[name] = None
                    absent += 1
                elif empty:
                    values[name] = empty()
                    absent += 1
                else:
                    refuse("nothing", f"a field that every {cls.__name__} has")
        except Misfit as misfit:
            raise misfit.inside(name) from None
        if len(written) + absent != len(values):
            raise Misfit(
                "an unknown field", f"no other fields than those of {cls.__name__}", *sorted(set(written) - known)[:1]
            )
        try:
            return cls(**values)
        except InvalidInput as error:
            raise Misfit(error.value, error.rule, error.field) from error

    return read


# ── leaves ───────────────────────────────────────────────────────────────────────────────────────────────


def _exactly(cls: type, rule: str) -> Form:
    def same(value: object) -> object:
        if type(value) is not cls:
            raise Misfit(value, rule)
        return value

    return Form(same, same)


def _write_decimal(value: object) -> str:
    if type(value) is not Decimal:
        raise Misfit(value, "a Decimal")
    try:
        return plain(value)
    except InvalidInput as error:
        raise Misfit(error.value, error.rule) from error


def _read_decimal(written: object) -> Decimal:
    if type(written) is not str or len(written) > PLAIN_LENGTH_MAX or not _DECIMAL.fullmatch(written):
        raise Misfit(written, "a decimal as a string in plain notation of at most 80 characters")
    return Decimal(written)


def write_time(value: object) -> str:
    """The canonical text of an instant.

    Raises:
        Misfit: no aware datetime in UTC.
    """
    if type(value) is not datetime:
        raise Misfit(value, "an aware datetime in UTC")
    try:
        # Equal instants of other zones would be found under the same key, so only UTC itself is looked up.
        return _text_of(value) if value.tzinfo is UTC else format_time(value)
    except InvalidInput as error:
        raise Misfit(error.value, error.rule) from error


_text_of = lru_cache(maxsize=4096)(format_time)  # the facts of one append share their times


@lru_cache(maxsize=4096)
def _time_of(text: str) -> datetime:
    if not _TIME.fullmatch(text):
        raise Misfit(text, "a time such as 2010-01-04T21:00:00.000000Z")
    try:
        return parse_time(text)
    except InvalidInput as error:
        raise Misfit(error.value, error.rule) from error


def _read_time(written: object) -> datetime:
    if type(written) is not str:
        raise Misfit(written, "a time such as 2010-01-04T21:00:00.000000Z")
    return _time_of(written)


def _write_date(value: object) -> str:
    if type(value) is not date:
        raise Misfit(value, "a date")
    return value.isoformat()


def _read_date(written: object) -> date:
    try:
        day = date.fromisoformat(written) if type(written) is str else None
    except ValueError:
        day = None
    if day is None or day.isoformat() != written:  # fromisoformat reads week dates too
        raise Misfit(written, "a date such as 2010-01-04")
    return day


def _enum(cls: type[StrEnum]) -> Form:
    members = {member.value: member for member in cls}
    rule = f"one of {', '.join(members)}"

    def write(value: object) -> str:
        if type(value) is not cls:
            raise Misfit(value, f"a {cls.__name__}")
        return value.value

    def read(written: object) -> StrEnum:
        if type(written) is not str or written not in members:
            raise Misfit(written, rule)
        return members[written]

    return Form(write, read)


_LEAVES: dict[object, Form] = {
    str: _exactly(str, "text"),
    int: _exactly(int, "a whole number"),
    bool: _exactly(bool, "true or false"),
    Decimal: Form(_write_decimal, _read_decimal),
    datetime: Form(write_time, _read_time),
    date: Form(_write_date, _read_date),
}


# ── containers ───────────────────────────────────────────────────────────────────────────────────────────


def _maybe(arguments: tuple[Any, ...]) -> Form:
    others = [argument for argument in arguments if argument is not NoneType]
    if len(others) != 1:
        message = f"a union of {arguments!r} has no canonical form: only X | None has"
        raise TypeError(message)
    # None itself is never written: the class that has the field leaves it out.
    return form_of(others[0])


def _items(write: Write, value: Any) -> list[object]:  # noqa: ANN401 - as form_of
    written: list[object] = []
    try:
        for item in value:
            written.append(write(item))  # noqa: PERF401 - the misfit's place is the length so far
    except Misfit as misfit:
        raise misfit.inside(f"[{len(written)}]") from None
    return written


def _sequence(cls: type, item: Form) -> Form:
    def write(value: object) -> list[object]:
        if type(value) is not cls:
            raise Misfit(value, f"a {cls.__name__}")
        return _items(item.write, value)

    def read(written: object) -> object:
        if type(written) is not list:
            raise Misfit(written, "a JSON array")
        return cls(_items(item.read, written))

    return Form(write, read)


def _list(arguments: tuple[Any, ...]) -> Form:
    return _sequence(list, form_of(arguments[0]))


def _tuple(arguments: tuple[Any, ...]) -> Form:
    if len(arguments) == _PAIR and arguments[1] is Ellipsis:
        return _sequence(tuple, form_of(arguments[0]))
    forms = tuple(form_of(argument) for argument in arguments)

    def write(value: object) -> list[object]:
        if type(value) is not tuple or len(value) != len(forms):
            raise Misfit(value, f"a tuple of {len(forms)}")
        return [form.write(item) for form, item in zip(forms, value, strict=True)]

    def read(written: object) -> tuple[object, ...]:
        if type(written) is not list or len(written) != len(forms):
            raise Misfit(written, f"a JSON array of {len(forms)}")
        return tuple(form.read(item) for form, item in zip(forms, written, strict=True))

    return Form(write, read)


def _dict(arguments: tuple[Any, ...]) -> Form:
    key_hint, value_hint = arguments
    if value_hint in (None, NoneType):
        return _dict_of_keys()
    key = _INT_KEY if key_hint is int else form_of(key_hint)
    form = form_of(value_hint)

    def write(value: object) -> dict[str, object]:
        if type(value) is not dict:
            raise Misfit(value, "a dict")
        names = {key.write(name): name for name in value}
        written = {}
        name = ""
        try:
            for name in sorted(names):
                written[name] = form.write(value[names[name]])
        except Misfit as misfit:
            raise misfit.inside(name) from None
        return written

    def read(written: object) -> dict[object, object]:
        if type(written) is not dict:
            raise Misfit(written, "a JSON object")
        name = ""
        value = {}
        try:
            for name, held in written.items():
                value[key.read(name)] = form.read(held)
        except Misfit as misfit:
            raise misfit.inside(name) from None
        return value

    return Form(write, read)


def _dict_of_keys() -> Form:
    """`dict[str, None]`, a set that keeps an order: the array of its keys, sorted."""

    def write(value: object) -> list[str]:
        if type(value) is not dict or any(type(name) is not str for name in value):
            raise Misfit(value, "a dict with text for keys")
        return sorted(value)

    def read(written: object) -> dict[str, None]:
        if type(written) is not list or any(type(name) is not str for name in written):
            raise Misfit(written, "a JSON array of text")
        keys: dict[str, None] = dict.fromkeys(written)
        if len(keys) != len(written):
            raise Misfit(written, "each key once")
        return keys

    return Form(write, read)


def _write_int_key(value: object) -> str:
    if type(value) is not int:
        raise Misfit(value, "a whole number")
    return str(value)


def _read_int_key(written: str) -> int:
    if not _WHOLE.fullmatch(written):
        raise Misfit(written, "a whole number of at most 18 digits")
    return int(written)


_INT_KEY = Form(_write_int_key, _read_int_key)
_CONTAINERS: dict[object, Callable[[tuple[Any, ...]], Form]] = {
    UnionType: _maybe,
    Union: _maybe,
    tuple: _tuple,
    list: _list,
    dict: _dict,
}
