"""What does a text in a row mean: a number, a time, a symbol, an asset, an identity?

A text that means nothing is noted as a fault of its row, and reading goes on with a stand-in, so that all faults of
a row are found; a row with a fault makes no entry.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

from counterpoise.adapters.imports.history.notation import CELL_LENGTH_MAX, DayOrder, NumberStyle, plain_number
from counterpoise.adapters.imports.history.sheet import Faults, Sheet, SheetRow
from counterpoise.adapters.imports.history.times import read_epoch, read_time
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.instruments import CASH_SYMBOL, Symbol, read_symbol
from counterpoise.domain.numbers import ONE, ZERO, from_venue

T = TypeVar("T")

ID_LENGTH_MAX = 100
ASSET_RULE = "an asset such as USD or BNB: 1 to 20 of A-Z 0-9"
_ASSET = re.compile(r"[A-Z0-9]{1,20}", re.ASCII)
_IDENTITY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/#-]{0,99}", re.ASCII)
_NUMBER_RULE = "a number such as 1234.56, at most 18 digits before and 18 after the point"
_BR_RULE = "a number such as 1.234,56 (--numbers br), at most 18 digits before and 18 after the comma"
_STAND_IN_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notation:
    """How a file's numbers and times are written.

    Attributes:
        style: None is plain notation, as the brokers' programs write it.
        days: The order of dates with slashes; None refuses them.
        time_zone: In which times without an offset are; None refuses them.
    """

    style: NumberStyle | None = None
    days: DayOrder | None = None
    time_zone: str | None = None


class Cells:
    """Reads the texts of one file."""

    def __init__(self, sheet: Sheet, faults: Faults, notation: Notation) -> None:
        self.sheet = sheet
        self.faults = faults
        self.notation = notation

    def refuse(self, row: SheetRow, column: str, rule: str, value: str | None = None) -> None:
        """Note a fault of the text in `column`."""
        text = row.cells.get(column, "") if value is None else value
        self.faults.add(InvalidInput(self.sheet.where(row, column), text or "an empty cell", rule))

    def text(self, row: SheetRow, column: str) -> str:
        """As it stands there; empty where there is none."""
        return row.cells.get(column, "")

    def number(self, row: SheetRow, column: str, *, empty: Decimal | None = None) -> Decimal:
        """An exact number; `empty` stands for an empty cell, which is refused without it."""
        text = row.cells.get(column, "")
        if not text and empty is not None:
            return empty
        where = self.sheet.where(row, column)
        if not text or len(text) > CELL_LENGTH_MAX:
            self.refuse(row, column, _NUMBER_RULE)
            return ONE
        written = plain_number(text, self.notation.style)
        try:
            return from_venue(written, where)
        except InvalidInput:
            self.refuse(row, column, _BR_RULE if self.notation.style is NumberStyle.BR else _NUMBER_RULE)
            return ONE

    def positive(self, row: SheetRow, column: str) -> Decimal:
        """A number above zero."""
        value = self.number(row, column)
        if value <= ZERO:
            self.refuse(row, column, "a number above zero")
            return ONE
        return value

    def time(self, row: SheetRow, column: str, time_zone: str | None = None) -> datetime:
        """An instant; `time_zone` is that of times which name none, else the file's."""
        text = row.cells.get(column, "")
        try:
            return read_time(
                text, self.sheet.where(row, column), self.notation.days, time_zone or self.notation.time_zone
            )
        except InvalidInput as fault:
            self.faults.add(fault)
            return _STAND_IN_TIME

    def epoch(self, row: SheetRow, column: str) -> datetime:
        """An instant in milliseconds since 1970."""
        try:
            return read_epoch(row.cells.get(column, ""), self.sheet.where(row, column))
        except InvalidInput as fault:
            self.faults.add(fault)
            return _STAND_IN_TIME

    def symbol(self, row: SheetRow, column: str, *, required: bool = True) -> Symbol:
        """A symbol; empty only where none is required."""
        text = row.cells.get(column, "")
        if not text and not required:
            return ""
        try:
            symbol = read_symbol(text, self.sheet.where(row, column))
        except InvalidInput as fault:
            self.faults.add(fault)
            return ""
        if symbol == CASH_SYMBOL:
            self.refuse(row, column, "the symbol of an instrument; cash has an asset instead")
        return symbol

    def asset(self, row: SheetRow, column: str, *, required: bool = False) -> str:
        """An asset's code in upper case; empty only where none is required."""
        text = row.cells.get(column, "").upper()
        if not text and not required:
            return ""
        if not _ASSET.fullmatch(text):
            self.refuse(row, column, ASSET_RULE)
        return text

    def identity(self, row: SheetRow, column: str) -> str:
        """The venue's identity of the row."""
        text = row.cells.get(column, "")
        if not _IDENTITY.fullmatch(text):
            rule = f"an identity of at most {ID_LENGTH_MAX} letters, digits and . _ : / # -"
            self.refuse(row, column, rule)
        return text

    def choice(self, row: SheetRow, column: str, table: Mapping[str, T]) -> T | None:
        """What the word means, in any case; a word that is not in the table is refused."""
        found = table.get(row.cells.get(column, "").lower())
        if found is None:
            self.refuse(row, column, f"one of {', '.join(table)}")
        return found
