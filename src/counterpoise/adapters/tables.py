"""How is a table in a user's file read: CSV, gzipped CSV or Parquet, row by row, as the text that stands there?

Numbers leave here as text and meaning comes later, so that nothing passes through a float of ours. What
cannot be read is refused with the file, the row and what to do about it.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from itertools import count
from pathlib import Path
from typing import Any

from counterpoise.domain.errors import ConfigurationError, InvalidInput

LINE_BYTES_MAX = 1_000_000
"""Longest line of a text file: 40,000 columns of a price; what is longer is no table."""

PARQUET_MAGIC = b"PAR1"  # Apache Parquet file format: the first and last four bytes
GZIP_MAGIC = b"\x1f\x8b"  # RFC 1952, 2.3.1
BYTE_ORDER_MARK = "\ufeff"
BATCH_ROWS = 4_096
NAME_LENGTH_MAX = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: its place in the file and its cells, stripped of the space around them; empty is no value.

    Attributes:
        number: Line of the file from 1 where the row begins; in Parquet the row from 1.
    """

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table that is being read.

    Attributes:
        name: The file's name, fit for a message of one line.
        header: The names of the columns as they stand there.
        rows: Each with as many cells as the header; can be walked once, while the file is open.
    """

    name: str
    header: tuple[str, ...]
    rows: Iterator[Row]


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """Open a file by what is in it: gzip and Parquet are known by their first bytes, all else is CSV.

    Raises:
        InvalidInput: The file cannot be opened, or is not what it seems; also while the rows are walked.
        ConfigurationError: A Parquet file and no pyarrow to read it.
    """
    name = shown(path.name)
    try:
        with path.open("rb") as raw:
            start = raw.peek(len(PARQUET_MAGIC))
            if start.startswith(PARQUET_MAGIC) or path.suffix == ".parquet":
                yield _parquet_table(raw, name)
            elif start.startswith(GZIP_MAGIC):
                with gzip.open(raw) as unpacked:
                    yield _csv_table(BufferedReader(unpacked), name)
            else:
                yield _csv_table(raw, name)
    except OSError as error:
        rule = f"a file that can be read ({error.strerror or 'not a whole gzip file'})"
        raise InvalidInput(name, str(path), rule) from error
    except (EOFError, zlib.error) as error:
        raise InvalidInput(name, str(error), "a whole gzip file; make or fetch it again") from error


def place(name: str, row: int, column: str = "") -> str:
    """Where in the file something stands, as messages say it."""
    return f"{name} row {row} column {column}" if column else f"{name} row {row}"


def shown(name: str) -> str:
    """A file's name on one line: what cannot be printed is `?`, and the middle of a long one is left out."""
    printable = "".join(letter if letter.isprintable() else "?" for letter in name)
    return printable if len(printable) <= NAME_LENGTH_MAX else f"{printable[:40]}…{printable[-39:]}"


def _csv_table(stream: BufferedReader, name: str) -> Table:
    rows = _csv_rows(_lines(stream, name), name)
    header = next(rows, None)
    if header is None or not any(header.cells):
        raise InvalidInput(place(name, 1), "no header", "names of columns, separated by commas, in the first line")
    return Table(name=name, header=header.cells, rows=_whole(rows, name, len(header.cells)))


def _lines(stream: BufferedReader, name: str) -> Iterator[str]:
    """Decode line by line, so that a bad byte is found in its row and a long line is not read to its end."""
    for number in count(1):
        line = stream.readline(LINE_BYTES_MAX + 1)
        if not line:
            return
        if len(line) > LINE_BYTES_MAX:
            rule = f"lines of at most {LINE_BYTES_MAX:,} bytes; is this a text file?"
            raise InvalidInput(place(name, number), "a longer line", rule)
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            rule = "text in UTF-8; save the file again in that encoding"
            raise InvalidInput(place(name, number), f"byte 0x{line[error.start]:02x}", rule) from error
        yield text.removeprefix(BYTE_ORDER_MARK) if number == 1 else text


def _csv_rows(lines: Iterator[str], name: str) -> Iterator[Row]:
    """Split lines into cells (RFC 4180); a row that spans lines is named by its first."""
    reader = csv.reader(lines, skipinitialspace=True, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            rule = "cells separated by commas, quotes closed on their own line"
            raise InvalidInput(place(name, number), str(error), rule) from error
        if cells is None:
            return
        yield Row(number=number, cells=tuple(cell.strip() for cell in cells))


def _whole(rows: Iterable[Row], name: str, width: int) -> Iterator[Row]:
    """Let blank rows pass at the end only, and refuse rows that are not as wide as the header."""
    blank: Row | None = None
    for row in rows:
        if not any(row.cells):
            blank = blank or row
            continue
        if blank:
            raise InvalidInput(place(name, blank.number), "an empty row", "rows without a gap; remove it")
        if len(row.cells) != width:
            rule = f"{width} cells, as in the header; an empty cell keeps its comma"
            raise InvalidInput(place(name, row.number), f"{len(row.cells)} cells", rule)
        yield row


def _parquet_table(stream: BufferedReader, name: str) -> Table:
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra, loaded by the one who needs it
        from pyarrow import compute, parquet  # noqa: PLC0415 - as above
    except ImportError as error:
        message = f"{name} is a Parquet file: pip install counterpoise[parquet], or save it as CSV"
        raise ConfigurationError(message) from error
    try:
        file = parquet.ParquetFile(stream)
        header = tuple(str(column).strip() for column in file.schema_arrow.names)
    except pa.ArrowException as error:
        raise InvalidInput(name, str(error), "a whole Parquet file; write it again") from error
    rows = _parquet_rows(file, name, header, pa, compute)
    return Table(name=name, header=header, rows=_whole(rows, name, len(header)))


def _parquet_rows(file: Any, name: str, header: tuple[str, ...], pa: Any, compute: Any) -> Iterator[Row]:  # noqa: ANN401 - pyarrow ships no types
    """Every cell as text: floats by their shortest repr, decimals with all digits, null as empty."""
    numbers = count(1)
    try:
        for batch in file.iter_batches(batch_size=BATCH_ROWS):
            columns = []
            for index, column in enumerate(header):
                try:
                    columns.append(_as_text(batch.column(index), pa, compute))
                except pa.ArrowException as error:
                    kind = str(batch.column(index).type)
                    rule = "a column of dates, texts or numbers"
                    raise InvalidInput(f"{name} column {shown(column)}", kind, rule) from error
            for cells in zip(*columns, strict=True):
                yield Row(number=next(numbers), cells=tuple((cell or "").strip() for cell in cells))
    except pa.ArrowException as error:
        raise InvalidInput(place(name, next(numbers)), str(error), "a whole Parquet file; write it again") from error


def _as_text(column: Any, pa: Any, compute: Any) -> list[str | None]:  # noqa: ANN401 - pyarrow ships no types
    """One column of a batch as text; an instant with a zone becomes the local time that people mean by it."""
    if pa.types.is_timestamp(column.type) and column.type.tz:
        column = compute.local_timestamp(column)
    texts: list[str | None] = column.cast(pa.string()).to_pylist()
    return texts
