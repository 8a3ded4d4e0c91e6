"""How are numbers of request bodies read? From their raw text, never through float."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TypeAlias

from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.numbers import parse, parse_json_number
from counterpoise.service.problems import Code, FieldError, Problem

DEPTH_MAX = 32
ITEMS_MAX = 10_000


class Number(str):
    """The raw text of a JSON number."""

    __slots__ = ()


Value: TypeAlias = "bool | str | list[Value] | dict[str, Value] | None"
"""What a body holds; a number is a `Number`."""


def read_body(raw: bytes) -> Value:
    """The body's JSON with every number as its raw text.

    Raises:
        Problem: it is no UTF-8 JSON, repeats a name, holds NaN or an infinity, or is nested too deep.
    """
    if _depth(raw) > DEPTH_MAX:
        raise Problem(Code.INVALID_INPUT, f"JSON may be nested {DEPTH_MAX} deep.")
    try:
        value: Value = json.loads(
            raw.decode("utf-8"),
            parse_float=Number,
            parse_int=Number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unrepeated,
        )
    except (ValueError, RecursionError) as error:
        said = str(error) if isinstance(error, _Refused) else "The body must be JSON in UTF-8."
        raise Problem(Code.INVALID_INPUT, said) from error
    return value


def fields_of(value: Value, known: Mapping[str, bool], at: str = "") -> dict[str, Value]:
    """The object's fields.

    Args:
        value: What should be an object.
        known: Name → whether it is required.
        at: JSON pointer of the object.

    Raises:
        Problem: it is no object, lacks a field, or has one that nothing reads.
    """
    if not isinstance(value, dict):
        raise Problem(Code.INVALID_INPUT, "An object is needed.", (FieldError(pointer=at, detail="an object"),))
    errors = [
        FieldError(pointer=f"{at}/{_escaped(name)}", detail="not known here") for name in value if name not in known
    ]
    errors += [
        FieldError(pointer=f"{at}/{name}", detail="required")
        for name, required in known.items()
        if required and name not in value
    ]
    if errors:
        raise Problem(Code.INVALID_INPUT, _first(errors), tuple(errors))
    return value


def text_of(value: Value, at: str, *, most: int = 200) -> str:
    """A text.

    Raises:
        Problem: it is none, or too long.
    """
    if not isinstance(value, str) or isinstance(value, Number) or len(value) > most or not _is_whole(value):
        error = FieldError(pointer=at, detail=f"text of at most {most} characters")
        raise Problem(Code.INVALID_INPUT, _first([error]), (error,))
    return value


def flag_of(value: Value, at: str) -> bool:
    """True or false.

    Raises:
        Problem: it is neither.
    """
    if not isinstance(value, bool):
        error = FieldError(pointer=at, detail="true or false")
        raise Problem(Code.INVALID_INPUT, _first([error]), (error,))
    return value


def decimal_of(value: Value, at: str) -> Decimal:
    """A number, as a string in plain notation or as a JSON number.

    Raises:
        Problem: it is none of at most 18 + 18 digits.
    """
    try:
        if isinstance(value, Number):
            return parse_json_number(value, at)
        return parse(text_of(value, at), at)
    except InvalidInput as refused:
        error = FieldError(pointer=at, detail=refused.rule)
        raise Problem(Code.INVALID_INPUT, str(refused), (error,)) from refused


class _Refused(ValueError):
    """What JSON allows or Python reads, and we do not."""


def _refuse_constant(name: str) -> Value:
    raise _Refused(f"{name} is no JSON number.")


def _unrepeated(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Refused("A name stands twice in one object.")
    if not all(_is_whole(name) for name in found):
        raise _Refused("A name holds half of a character.")
    return found


_STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


def _depth(raw: bytes) -> int:
    """How deep brackets nest outside of strings; counted before parsing, since the parser itself recurses."""
    brackets = _STRINGS.sub(b"", raw).translate(None, delete=_NO_BRACKETS)
    deepest = depth = 0
    for sign in brackets:
        if sign in b"[{":
            depth += 1
            if depth > DEPTH_MAX:
                return depth
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


_NO_BRACKETS = bytes(sign for sign in range(256) if sign not in b"[]{}")


def _is_whole(text: str) -> bool:
    """Whether it has no half of a character: such an escape is JSON, yet no text that can be sent."""
    return _SURROGATE.search(text) is None


def _escaped(name: str) -> str:
    return name[:60].replace("~", "~0").replace("/", "~1")


def _first(errors: list[FieldError]) -> str:
    return f"{errors[0].pointer or 'The body'}: {errors[0].detail}."
