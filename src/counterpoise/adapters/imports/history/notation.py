"""Which decimal mark and which order of day and month does a file use: said by its owner, or proved by the file?

A number such as `1.234` and a date such as `03/04/2024` can be read in two ways. They are read only when the owner
says how, or when other cells of the same file leave one way alone; else the file is refused with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from counterpoise.domain.errors import InvalidInput

CELL_LENGTH_MAX = 80
"""Longest text that can be a number or a time."""

_POINT_GROUPS = re.compile(r"-?[1-9][0-9]{0,2}(?:\.[0-9]{3})+", re.ASCII)
_COMMA_GROUPS = re.compile(r"-?[1-9][0-9]{0,2}(?:,[0-9]{3})+", re.ASCII)
_POINT_DECIMAL = re.compile(r"-?(?:[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+)\.[0-9]+(?:[eE][+-]?[0-9]+)?", re.ASCII)
_COMMA_DECIMAL = re.compile(r"-?(?:[0-9]+|[1-9][0-9]{0,2}(?:\.[0-9]{3})+),[0-9]+", re.ASCII)
_SLASHED = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/[0-9]{4}(?![0-9])", re.ASCII)
_MONTHS = 12


class NumberStyle(StrEnum):
    """How a file writes 1234.56."""

    US = "us"
    """1,234.56"""

    BR = "br"
    """1.234,56; its dates are day/month/year"""


class DayOrder(StrEnum):
    """How a file writes the third of April with slashes."""

    DAY_FIRST = "dd/mm/yyyy"
    MONTH_FIRST = "mm/dd/yyyy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A text of the file and where it stands, as messages say it."""

    where: str
    text: str


def plain_number(text: str, style: NumberStyle | None) -> str:
    """The number without groups and with a decimal point; empty when the style has no such number.

    Args:
        text: As it stands in the file.
        style: None takes plain notation alone, as the brokers' programs write it.
    """
    if "," not in text and (style is not NumberStyle.BR or "." not in text):
        return text
    if style is NumberStyle.US:
        return text.replace(",", "") if _is_us(text) else ""
    if style is NumberStyle.BR:
        return text.replace(".", "").replace(",", ".") if _is_br(text) else ""
    return ""


def number_style(cells: Iterable[Cell]) -> NumberStyle:
    """The one style in which every number of the file can be read.

    Raises:
        InvalidInput: the file has numbers of both styles, or only such as both styles can read, differently.
    """
    proofs: dict[NumberStyle, Cell] = {}
    doubtful: Cell | None = None
    for cell in cells:
        text = cell.text
        if len(text) > CELL_LENGTH_MAX or ("." not in text and "," not in text):
            continue
        us, br = _is_us(text), _is_br(text)
        if us and br:
            doubtful = doubtful or cell
        elif us or br:
            proofs.setdefault(NumberStyle.US if us else NumberStyle.BR, cell)
    if len(proofs) > 1:
        one, other = proofs[NumberStyle.US], proofs[NumberStyle.BR]
        rule = f"numbers of one style in a file; {one.where} has {one.text!r}"
        raise InvalidInput(other.where, other.text, rule)
    if not proofs and doubtful is not None:
        rule = "a number that can be read in one way; no other number of the file says whether its mark is that of "
        raise InvalidInput(doubtful.where, doubtful.text, f"{rule}thousands, so say --numbers us or --numbers br")
    return next(iter(proofs), NumberStyle.US)


def day_order(cells: Iterable[Cell], style: NumberStyle | None) -> DayOrder | None:
    """The one order in which every date with slashes can be read; None where there are none.

    Raises:
        InvalidInput: dates that fit no common order, or only such as both orders can read.
    """
    if style is NumberStyle.BR:
        return DayOrder.DAY_FIRST
    proofs: dict[DayOrder, Cell] = {}
    doubtful: Cell | None = None
    for cell in cells:
        found = _SLASHED.match(cell.text[:CELL_LENGTH_MAX])
        if found is None:
            continue
        first, second = int(found[1]), int(found[2])
        if first > _MONTHS >= second:
            proofs.setdefault(DayOrder.DAY_FIRST, cell)
        elif second > _MONTHS >= first:
            proofs.setdefault(DayOrder.MONTH_FIRST, cell)
        elif first != second:
            doubtful = doubtful or cell
    if len(proofs) > 1:
        one, other = proofs[DayOrder.DAY_FIRST], proofs[DayOrder.MONTH_FIRST]
        raise InvalidInput(other.where, other.text, f"dates of one order in a file; {one.where} has {one.text!r}")
    if not proofs and doubtful is not None:
        rule = "a date that can be read in one way, such as 2024-04-03; or say --numbers br for day/month/year"
        raise InvalidInput(doubtful.where, doubtful.text, rule)
    return next(iter(proofs), DayOrder.DAY_FIRST)


def _is_us(text: str) -> bool:
    return bool(_POINT_DECIMAL.fullmatch(text) or _COMMA_GROUPS.fullmatch(text))


def _is_br(text: str) -> bool:
    return bool(_COMMA_DECIMAL.fullmatch(text) or _POINT_GROUPS.fullmatch(text))
