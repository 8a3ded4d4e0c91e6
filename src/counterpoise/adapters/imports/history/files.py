"""Which history stands in a user's file? Every form that is known, read whole or refused with every fault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from counterpoise.adapters.imports.history import alpaca, binance, generic
from counterpoise.adapters.imports.history.binance import FeeSign
from counterpoise.adapters.imports.history.cells import Cells, Notation
from counterpoise.adapters.imports.history.notation import Cell, DayOrder, NumberStyle, day_order, number_style
from counterpoise.adapters.imports.history.sheet import Faults, Sheet, SheetRow, read_sheet
from counterpoise.adapters.tables import place
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.history import EntryKind, History, HistoryEntry, LeftOut, differences
from counterpoise.domain.time import zone

__all__ = ["FeeSign", "HistoryForm", "NumberStyle", "ReadingTerms", "read_history"]


class HistoryForm(StrEnum):
    """Whose columns a file has."""

    AUTO = "auto"
    ALPACA = "alpaca"
    BINANCE = "binance"
    GENERIC = "generic"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingTerms:
    """What the owner of a file says about it; None lets the file prove it, or be refused.

    Attributes:
        time_zone: IANA zone of times that name none.
        fees: Sign of a commission that was paid, in files of Binance.
    """

    form: HistoryForm = HistoryForm.AUTO
    numbers: NumberStyle | None = None
    time_zone: str | None = None
    fees: FeeSign | None = None


class _Reader(Protocol):
    def read(self, row: SheetRow) -> HistoryEntry | None: ...

    def finish(self) -> tuple[list[HistoryEntry], tuple[LeftOut, ...]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """How a form is known and which of its columns hold numbers and times."""

    form: HistoryForm
    name: str
    required: tuple[str, ...]
    numbers: tuple[str, ...]
    times: tuple[str, ...] = ()


_FORMS = (
    _Columns(
        form=HistoryForm.ALPACA,
        name=alpaca.FORM,
        required=alpaca.REQUIRED,
        numbers=alpaca.NUMBERS,
        times=alpaca.TIMES,
    ),
    _Columns(form=HistoryForm.BINANCE, name=binance.INCOME, required=binance.INCOME_REQUIRED, numbers=binance.NUMBERS),
    _Columns(form=HistoryForm.BINANCE, name=binance.TRADES, required=binance.TRADES_REQUIRED, numbers=binance.NUMBERS),
    _Columns(
        form=HistoryForm.GENERIC,
        name=generic.FORM,
        required=generic.REQUIRED,
        numbers=generic.NUMBERS,
        times=generic.TIMES,
    ),
)


def read_history(path: Path, terms: ReadingTerms | None = None) -> History:
    """Read a file of fills and cash events, CSV or JSON. Runs under `numbers.exact()`.

    Raises:
        BrokenHistory: rows that cannot be read, or identities that mean two things; names each row, field and value.
        InvalidInput: the file as a whole cannot be read: unknown columns, numbers or dates of two meanings.
    """
    terms = terms or ReadingTerms()
    if terms.time_zone is not None:
        zone(terms.time_zone)
    sheet, faults = read_sheet(path)
    columns = _columns_of(sheet, terms.form)
    if columns.form is HistoryForm.GENERIC:
        _refuse_unknown(sheet)
    if not sheet.rows:
        faults.raise_any()
        raise InvalidInput(sheet.name, "no rows", "at least one row under the header")
    cells = Cells(sheet, faults, _notation(sheet, columns, terms))
    reader = _reader(columns, cells, terms)
    entries: list[HistoryEntry] = []
    for row in sheet.rows:
        before = faults.count
        entry = reader.read(row)
        if entry is not None and faults.count == before:
            entries.append(entry)
    more, left_out = reader.finish()
    entries = _each_once([*entries, *more], sheet, faults)
    faults.raise_any()
    return History(
        name=sheet.name,
        form=columns.name,
        digest=sheet.digest,
        entries=_by_time(entries),
        left_out=left_out,
    )


def _columns_of(sheet: Sheet, form: HistoryForm) -> _Columns:
    """The form whose columns the file has.

    Raises:
        InvalidInput: none, or not that which was asked for.
    """
    wanted = [columns for columns in _FORMS if form in (HistoryForm.AUTO, columns.form)]
    for columns in wanted:
        if all(name in sheet.columns for name in columns.required):
            return columns
    told = "; ".join(f"{columns.name}: {', '.join(map(_shown, columns.required))}" for columns in wanted)
    raise InvalidInput(place(sheet.name, 1), ",".join(sheet.columns.values()), f"the columns of a known form ({told})")


def _shown(column: str) -> str:
    """A column as its broker writes it."""
    return binance.WRITTEN.get(column, column)


def _refuse_unknown(sheet: Sheet) -> None:
    """A column that nothing reads may be one that was misspelt.

    Raises:
        InvalidInput: there is one.
    """
    for name, text in sheet.columns.items():
        if name not in generic.COLUMNS:
            raise InvalidInput(place(sheet.name, 1), text, f"one of {', '.join(generic.COLUMNS)}")


def _notation(sheet: Sheet, columns: _Columns, terms: ReadingTerms) -> Notation:
    """Declared, or proved by the whole file; what a broker's program wrote with commas between cells is plain."""
    written_by_program = not sheet.delimiter or (columns.form is not HistoryForm.GENERIC and sheet.delimiter == ",")
    style = terms.numbers
    if style is None and not written_by_program:
        style = number_style(_texts(sheet, columns.numbers))
    days: DayOrder | None = day_order(_texts(sheet, columns.times), style) if sheet.delimiter else None
    return Notation(style=style, days=days, time_zone=terms.time_zone)


def _texts(sheet: Sheet, columns: Sequence[str]) -> Iterable[Cell]:
    present = [column for column in columns if column in sheet.columns]
    for row in sheet.rows:
        for column in present:
            text = row.cells.get(column, "")
            if text:
                yield Cell(where=sheet.where(row, column), text=text)


def _reader(columns: _Columns, cells: Cells, terms: ReadingTerms) -> _Reader:
    if columns.name == alpaca.FORM:
        return alpaca.AlpacaReader(cells)
    if columns.name == binance.INCOME:
        return binance.IncomeReader(cells)
    if columns.name == binance.TRADES:
        return binance.TradesReader(cells, terms.fees or binance.fee_sign(cells, cells.sheet.rows))
    return generic.GenericReader(cells)


def _each_once(entries: Sequence[HistoryEntry], sheet: Sheet, faults: Faults) -> list[HistoryEntry]:
    """Rows told twice stand once; two rows of one identity that tell different things are refused, both shown."""
    known: dict[str, HistoryEntry] = {}
    for entry in entries:
        first = known.setdefault(entry.identity, entry)
        differing = differences(first, entry)
        if differing:
            rule = f"one meaning of an id: this row has {differing[1]}; row {first.row} has {differing[0]}"
            faults.add(InvalidInput(place(sheet.name, entry.row), f"id {entry.entry_id}", rule))
    return list(known.values())


def _by_time(entries: Sequence[HistoryEntry]) -> tuple[HistoryEntry, ...]:
    """Sorted by time; what shares an instant keeps the venue's numbering, else the file's own direction."""
    falling = len(entries) > 1 and entries[0].at > entries[-1].at
    ordered = sorted(reversed(entries) if falling else entries, key=lambda entry: (entry.at, entry.order))
    return tuple(_numbered(ordered))


def _numbered(entries: Iterable[HistoryEntry]) -> Iterator[HistoryEntry]:
    """Fills without a number of the venue's get their place within their instant."""
    at, last = None, 0
    for entry in entries:
        last = last if entry.at == at else 0
        at = entry.at
        if entry.kind is EntryKind.FILL:
            last = entry.order or last + 1
            yield replace(entry, order=last)
        else:
            yield entry
