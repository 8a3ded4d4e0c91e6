"""Which bytes is a fact, and which fact is in these bytes?

A value has one form: UTF-8 JSON, keys sorted, no spaces, decimals as plain strings with the digits
received, times `YYYY-MM-DDTHH:MM:SS.ffffffZ`, absent fields left out. Absent is None, and an empty
collection where empty is the field's default. How a class is written follows from its annotations and is
worked out once per class, in `ledger.forms`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import TypeVar, cast

from counterpoise.domain.errors import InvalidFact, UnknownKind
from counterpoise.domain.facts import BODIES, SCHEMAS, Fact
from counterpoise.ledger.forms import Form, Misfit, form_of_class

T = TypeVar("T")

Upcaster = Callable[[dict[str, object]], dict[str, object]]
UPCASTERS: Mapping[tuple[str, int], Upcaster] = MappingProxyType(
    {
        ("BreakOpened", 1): lambda body: body,  # since 2 a break of an order says its symbol
    }
)
"""(kind, schema) → function from a body as written then to a body of schema + 1. Never deleted."""


def encode(fact: Fact) -> bytes:
    """The canonical bytes of `fact`, in today's schema of its kind.

    Raises:
        UnknownKind: its kind or schema is not one that is written today.
        InvalidFact: its body is not of its kind, or a field holds what has no canonical form; names it.
    """
    form = _form_of_kind(fact.kind)
    if fact.schema != SCHEMAS[fact.kind]:
        raise UnknownKind(f"{fact.kind} is written in schema {SCHEMAS[fact.kind]}, not {fact.schema}")
    return _write(form, fact)


def decode(raw: bytes) -> Fact:
    """The fact in `raw`, lifted to today's schema of its kind.

    Raises:
        UnknownKind: a kind or schema that this version does not know.
        InvalidFact: not the form of a fact; names the field.
    """
    return build(parse(raw))


def parse(raw: bytes) -> dict[str, object]:
    """The JSON object in `raw`, as it was written: what an entry's columns must repeat.

    Raises:
        InvalidFact: no JSON object, a key twice, or a number that is not whole.
    """
    try:
        value = _READ(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise InvalidFact("fact", repr(raw[:60]), f"canonical JSON ({error})") from error
    if type(value) is not dict:
        raise InvalidFact("fact", repr(raw[:60]), "a JSON object")
    return value


def build(
    written: dict[str, object],
    *,
    upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
    schemas: Mapping[str, int] = SCHEMAS,
) -> Fact:
    """The fact of a parsed object, its body lifted step by step from the schema it was written in.

    Raises:
        UnknownKind, InvalidFact: as `decode`.
    """
    kind, schema = written.get("kind"), written.get("schema")
    if type(kind) is not str or type(schema) is not int or schema < 1:
        raise InvalidFact("kind, schema", f"{kind!r}, {schema!r}", "a name and a whole number from 1")
    form = _form_of_kind(kind)
    if schema != schemas[kind]:
        written = _lift(written, kind, schema, upcasters, schemas[kind])
    return cast("Fact", _read(form, written))


def to_bytes(value: object) -> bytes:
    """The canonical bytes of any dataclass of the domain, or of a mutable state made of them.

    Raises:
        InvalidFact: a field holds what has no canonical form; names it.
    """
    return _write(form_of_class(type(value)), value)


def from_bytes(cls: type[T], raw: bytes) -> T:
    """The value of class `cls` in `raw`; dictionaries come back in the order of their keys.

    Raises:
        InvalidFact: not the form of a `cls`; names the field.
    """
    return cast("T", _read(form_of_class(cls), parse(raw)))


@cache
def _form_of_kind(kind: str) -> Form:
    """How a whole fact of this kind is written: the envelope with the one body that fits it."""
    body = BODIES.get(kind)
    if body is None:
        raise UnknownKind(f"{kind!r} is no kind of fact that this version knows")
    return form_of_class(Fact, body=form_of_class(body))


def _lift(
    written: dict[str, object],
    kind: str,
    schema: int,
    upcasters: Mapping[tuple[str, int], Upcaster],
    today: int,
) -> dict[str, object]:
    """The same object with its body in schema `today`."""
    if schema > today:
        raise UnknownKind(f"{kind} in schema {schema} was written by a newer version (this one knows {today})")
    body = written.get("body")
    if type(body) is not dict:
        raise InvalidFact("body", repr(body), "a JSON object")
    for step in range(schema, today):
        upcaster = upcasters.get((kind, step))
        if upcaster is None:
            raise UnknownKind(f"{kind} in schema {step} has no upcaster to {step + 1}")
        body = upcaster(dict(body))
    return {**written, "schema": today, "body": body}


def _write(form: Form, value: object) -> bytes:
    try:
        # Keys are in order already: a class's by its form, a dictionary's by the form of dictionaries.
        return _TEXT(form.write(value)).encode("utf-8")
    except Misfit as misfit:
        raise misfit.named() from misfit
    except UnicodeEncodeError as error:
        raise InvalidFact("text", ascii(error.object[error.start : error.end]), "characters of Unicode") from error


def _read(form: Form, written: dict[str, object]) -> object:
    try:
        return form.read(written)
    except Misfit as misfit:
        raise misfit.named() from misfit


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise InvalidFact(next(key for key in keys if keys.count(key) > 1), "twice", "each key once")
    return found


def _no_number(text: str) -> object:
    raise InvalidFact("number", text, 'a decimal as a string in plain notation, such as "10.50"')


_TEXT = json.JSONEncoder(ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":")).encode
_READ = json.JSONDecoder(object_pairs_hook=_once, parse_float=_no_number, parse_constant=_no_number).decode
