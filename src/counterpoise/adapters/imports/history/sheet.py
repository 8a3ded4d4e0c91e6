"""How is a history file taken apart into rows of named texts: CSV of any common dialect, or JSON, nothing guessed?

Every fault is noted with its row, and reading goes on, so that one pass tells all that has to be mended.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from counterpoise.adapters.tables import BYTE_ORDER_MARK, LINE_BYTES_MAX, place, shown
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.history import FAULTS_SHOWN_MAX, BrokenHistory

FILE_BYTES_MAX = 256_000_000
ROWS_MAX = 1_000_000
COLUMNS_MAX = 200
DELIMITERS = (",", ";", "\t")
_JSON_RULE = "a JSON list of objects, as the broker's API answers it"


@dataclass(slots=True)
class Faults:
    """What is wrong with a file, in its order; beyond FAULTS_SHOWN_MAX faults are only counted."""

    name: str
    found: list[InvalidInput] = field(default_factory=list)
    count: int = 0

    def add(self, fault: InvalidInput) -> None:
        """Note a fault."""
        self.count += 1
        if len(self.found) < FAULTS_SHOWN_MAX:
            self.found.append(fault)

    def raise_any(self) -> None:
        """Refuse the file when anything is wrong.

        Raises:
            BrokenHistory: with every fault.
        """
        if self.found:
            raise BrokenHistory(self.name, self.found, self.count)


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """One row: its place in the file, and its texts by the column's name in lower case; empty is no value."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A file as rows of texts.

    Attributes:
        columns: Name in lower case → as it stands in the file.
        delimiter: Of a CSV file; empty for JSON.
    """

    name: str
    digest: str
    columns: Mapping[str, str]
    rows: tuple[SheetRow, ...]
    delimiter: str

    def where(self, row: SheetRow, column: str) -> str:
        """Where a text stands, as messages say it."""
        return place(self.name, row.number, self.columns.get(column, column))


def read_sheet(path: Path) -> tuple[Sheet, Faults]:
    """Take a file apart; faults of single rows are in the second value, and those rows are left out.

    Raises:
        InvalidInput: nothing of the file can be read: no file, too large, no text, no header, no JSON list.
    """
    name = shown(path.name)
    raw = _bytes(path, name)
    digest = sha256(raw).hexdigest()
    faults = Faults(name)
    start = raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start in (b"[", b"{"):
        columns, rows = _json_rows(raw, name, faults)
        return Sheet(name=name, digest=digest, columns=columns, rows=rows, delimiter=""), faults
    columns, rows, delimiter = _csv_rows(raw, name, faults)
    return Sheet(name=name, digest=digest, columns=columns, rows=rows, delimiter=delimiter), faults


def _bytes(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as stream:
            raw = stream.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise InvalidInput(name, str(path), f"a file that can be read ({error.strerror})") from error
    if len(raw) > FILE_BYTES_MAX:
        raise InvalidInput(name, "a larger file", f"at most {FILE_BYTES_MAX:,} bytes; split it")
    if not raw.strip():
        raise InvalidInput(name, "an empty file", "a CSV file with a header, or a JSON list")
    return raw


# ── CSV (RFC 4180, and what spreadsheets make of it) ─────────────────────────────────────────────────────


def _csv_rows(raw: bytes, name: str, faults: Faults) -> tuple[Mapping[str, str], tuple[SheetRow, ...], str]:
    lines = list(_lines(raw, name))
    delimiter = _delimiter(lines[0] if lines else "")
    reader = csv.reader(iter(lines), delimiter=delimiter, skipinitialspace=True, strict=True)
    columns: Mapping[str, str] | None = None
    rows: list[SheetRow] = []
    blank = 0
    while True:
        number = reader.line_num + 1
        try:
            texts = next(reader, None)
        except csv.Error as error:
            rule = f"cells separated by {delimiter!r}, quotes closed on their own line"
            faults.add(InvalidInput(place(name, number), str(error), rule))
            return columns or {}, tuple(rows), delimiter  # where the next row begins is not known
        if texts is None:
            break
        cells = [text.strip() for text in texts]
        if columns is None:
            columns = _header(cells, name)
        elif not any(cells):
            blank = blank or number
        elif blank:
            faults.add(InvalidInput(place(name, blank), "an empty row", "rows without a gap; remove it"))
            blank = 0
        elif len(cells) != len(columns):
            rule = f"{len(columns)} cells, as in the header; an empty cell keeps its separator"
            faults.add(InvalidInput(place(name, number), f"{len(cells)} cells", rule))
        else:
            rows.append(SheetRow(number=number, cells=dict(zip(columns, cells, strict=True))))
    if columns is None:
        raise InvalidInput(place(name, 1), "no header", "names of columns in the first line")
    return columns, _counted(rows, name), delimiter


def _lines(raw: bytes, name: str) -> Iterator[str]:
    """Text by lines that keep their ends; a bad byte is found in its row."""
    for number, line in enumerate(raw.splitlines(keepends=True), 1):
        if len(line) > LINE_BYTES_MAX:
            rule = f"lines of at most {LINE_BYTES_MAX:,} bytes; is this a text file?"
            raise InvalidInput(place(name, number), "a longer line", rule)
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            rule = "text in UTF-8; save the file again in that encoding"
            raise InvalidInput(place(name, number), f"byte 0x{line[error.start]:02x}", rule) from error
        if "\0" in text:
            raise InvalidInput(place(name, number), "a NUL byte", "a text file; save it again as CSV in UTF-8")
        yield text.removeprefix(BYTE_ORDER_MARK) if number == 1 else text


def _delimiter(header: str) -> str:
    """What separates the names of the header; spreadsheets of comma-decimal countries write semicolons."""
    counts = [(header.count(mark), -place_of) for place_of, mark in enumerate(DELIMITERS)]
    return DELIMITERS[-max(counts)[1]]


def _header(names: Sequence[str], name: str) -> Mapping[str, str]:
    """Name in lower case → as it stands there.

    Raises:
        InvalidInput: no names, too many, an empty one, or one twice.
    """
    where = place(name, 1)
    if not any(names):
        raise InvalidInput(where, "no header", "names of columns in the first line")
    if len(names) > COLUMNS_MAX:
        raise InvalidInput(where, f"{len(names)} columns", f"at most {COLUMNS_MAX}")
    columns: dict[str, str] = {}
    for number, text in enumerate(names, 1):
        if not text:
            raise InvalidInput(where, f"no name for column {number}", "a name for each column")
        if text.lower() in columns:
            raise InvalidInput(where, text, "each column once, in upper or lower case")
        columns[text.lower()] = shown(text)
    return columns


def _counted(rows: Sequence[SheetRow], name: str) -> tuple[SheetRow, ...]:
    if len(rows) > ROWS_MAX:
        raise InvalidInput(name, f"{len(rows):,} rows", f"at most {ROWS_MAX:,}; split the file")
    return tuple(rows)


# ── JSON ─────────────────────────────────────────────────────────────────────────────────────────────────


def _json_rows(raw: bytes, name: str, faults: Faults) -> tuple[Mapping[str, str], tuple[SheetRow, ...]]:
    columns: dict[str, str] = {}
    rows: list[SheetRow] = []
    for number, item in enumerate(_json_list(raw, name), 1):
        if not isinstance(item, _Object):
            faults.add(InvalidInput(place(name, number), _told(item), "an object"))
            continue
        cells: dict[str, str] = {}
        for key, value in item.pairs:
            lower = key.lower()
            columns.setdefault(lower, shown(key))
            if lower in cells:
                faults.add(InvalidInput(place(name, number), shown(key), "each key once, in upper or lower case"))
            cells[lower] = _told(value).strip()
        rows.append(SheetRow(number=number, cells=cells))
    return columns, _counted(rows, name)


@dataclass(frozen=True, slots=True)
class _Object:
    """A JSON object as its pairs, so that a key that stands twice is seen."""

    pairs: tuple[tuple[str, Any], ...]


def _json_list(raw: bytes, name: str) -> list[Any]:
    """The list, every number as the text that stands there.

    Raises:
        InvalidInput: no JSON, no list, or nested too deep.
    """
    try:
        found = json.loads(
            raw.decode("utf-8-sig"),
            parse_float=str,
            parse_int=str,
            parse_constant=str,
            object_pairs_hook=lambda pairs: _Object(tuple(pairs)),
        )
    except UnicodeDecodeError as error:
        raise InvalidInput(name, f"byte 0x{raw[error.start]:02x}", "text in UTF-8") from error
    except json.JSONDecodeError as error:
        rule = f"{_JSON_RULE}; {error.msg}"
        raise InvalidInput(place(name, error.lineno), f"column {error.colno}", rule) from error
    except RecursionError as error:
        raise InvalidInput(name, "lists or objects in each other without end", _JSON_RULE) from error
    if not isinstance(found, list):
        raise InvalidInput(name, "an object" if isinstance(found, _Object) else _told(found), _JSON_RULE)
    return found


def _told(value: object) -> str:
    """A JSON value as text; what is no text or number is shown as such and is refused by whatever reads it."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "{an object}" if isinstance(value, _Object) else "[a list]"
