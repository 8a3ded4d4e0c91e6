"""Which prices stand in a user's file? A CSV or Parquet table of days and symbols, as exact Decimals.

Two forms, told apart by the header: wide (`date` and one column a symbol) and long (`date`, `symbol`,
`price`). An empty cell is a day without a price; anything else that is no price is refused with file, row
and column, because a wrong price buys and sells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from counterpoise.adapters.tables import Row, Table, open_table, place
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.instruments import CASH_SYMBOL, Symbol, read_symbol
from counterpoise.domain.numbers import ZERO, parse_json_number
from counterpoise.domain.price_history import PriceHistory, PriceRow, price_history

__all__ = ["PriceHistory", "read_prices"]

DATE, SYMBOL, PRICE = "date", "symbol", "price"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MIDNIGHT = re.compile(r"[ T]00:00:00(?:\.0+)?", re.ASCII)
_DAY_RULE = "a date such as 2010-01-04"
_PRICE_RULE = "a price above zero such as 101.25; leave the cell empty where there is none"


def read_prices(path: Path | str) -> PriceHistory:
    """Read a file of daily prices, CSV (also gzipped) or Parquet.

    Column names and symbols in any case, columns in any order. Prices keep every digit that stands there;
    the exponent form that programs write (`8.12e-06`) is read too. In the long form rows may be sorted by
    date or by symbol, as long as the dates of each symbol rise.

    Raises:
        InvalidInput: one line that names file, row, column and what to do: unreadable file, no `date`
            column, no rows, bad or repeated symbol, a price that is no number above zero, a date that is
            none, repeats or goes back, a row of another width than the header.
        ConfigurationError: a Parquet file, and pyarrow is not installed.
    """
    with open_table(Path(path)) as table:
        names = [name.lower() for name in table.header]
        if sorted(names) == sorted((DATE, SYMBOL, PRICE)):
            history = _read_long(table, names)
        else:
            history = _read_wide(table, names)
        if not any(price is not None for row in history.rows for price in row):
            raise InvalidInput(table.name, "no prices", "a header and at least one row with a price")
        return history


def _read_wide(table: Table, names: list[str]) -> PriceHistory:
    """One row a day, one column a symbol."""
    date_column = _date_column(table, names)
    symbols = _symbols_of_header(table, date_column)
    days: list[date] = []
    rows: list[PriceRow] = []
    for row in table.rows:
        day = _day(table, row, date_column)
        if days and day <= days[-1]:
            raise _out_of_order(place(table.name, row.number, DATE), day, days[-1])
        days.append(day)
        cells = (cell for column, cell in enumerate(row.cells) if column != date_column)
        rows.append(tuple(_prices(table, row, symbols, cells)))
    return price_history(symbols, days, rows)


def _read_long(table: Table, names: list[str]) -> PriceHistory:
    """One row a price; symbols in the order in which they first appear."""
    date_column, symbol_column, price_column = (names.index(name) for name in (DATE, SYMBOL, PRICE))
    prices: dict[Symbol, dict[date, Decimal | None]] = {}
    last: dict[Symbol, date] = {}
    known_days: dict[date, date] = {}
    for row in table.rows:
        symbol = _symbol(row.cells[symbol_column], place(table.name, row.number, SYMBOL))
        parsed = _day(table, row, date_column)
        day = known_days.setdefault(parsed, parsed)  # one date in memory for all symbols of a day
        if symbol in last and day <= last[symbol]:
            raise _out_of_order(place(table.name, row.number, DATE), day, last[symbol], f" for {symbol}")
        last[symbol] = day
        cell = row.cells[price_column]
        prices.setdefault(symbol, {})[day] = _price(cell, place(table.name, row.number, PRICE)) if cell else None
    days = sorted(known_days)
    rows = [tuple(by_day.get(day) for by_day in prices.values()) for day in days]
    return price_history(tuple(prices), days, rows)


def _date_column(table: Table, names: list[str]) -> int:
    """Where the dates are.

    Raises:
        InvalidInput: no column or several of that name, or no other column.
    """
    where = place(table.name, 1)
    if names.count(DATE) != 1:
        separators = [mark for mark in (";", "\t", "|") if mark in table.header[0]]
        told = "columns separated by commas" if separators else "one column named `date`"
        raise InvalidInput(where, ",".join(table.header), f"{told}, beside one column for each symbol")
    if SYMBOL in names:
        rule = f"`{DATE}`, `{SYMBOL}` and `{PRICE}` and no other column, or one column for each symbol"
        raise InvalidInput(where, ",".join(table.header), rule)
    if len(names) == 1:
        raise InvalidInput(where, table.header[0], "one column for each symbol beside `date`")
    return names.index(DATE)


def _symbols_of_header(table: Table, date_column: int) -> tuple[Symbol, ...]:
    """The symbols that the columns are of, each once."""
    seen: dict[Symbol, int] = {}
    for column, text in enumerate(table.header):
        if column == date_column:
            continue
        where = place(table.name, 1, str(column + 1))
        if not text:
            raise InvalidInput(where, "an empty name", "the symbol that the prices are of, or no column")
        symbol = _symbol(text, where)
        if symbol in seen:
            raise InvalidInput(where, symbol, f"each symbol once; column {seen[symbol]} has it too")
        seen[symbol] = column + 1
    return tuple(seen)


def _symbol(text: str, where: str) -> Symbol:
    symbol = read_symbol(text, where)
    if symbol == CASH_SYMBOL:
        raise InvalidInput(where, text, "the symbol of a priced instrument; cash needs no price")
    return symbol


def _day(table: Table, row: Row, column: int) -> date:
    """The day of a row; a timestamp counts as its day when it is midnight."""
    text = row.cells[column]
    where = place(table.name, row.number, DATE)
    if not _DAY.fullmatch(text[:10]) or (text[10:] and not _MIDNIGHT.fullmatch(text[10:])):
        raise InvalidInput(where, text or "an empty cell", _DAY_RULE)
    try:
        return date.fromisoformat(text[:10])
    except ValueError as error:
        raise InvalidInput(where, text, f"{_DAY_RULE}; the calendar has no such day") from error


def _prices(table: Table, row: Row, symbols: Sequence[Symbol], cells: Iterator[str]) -> Iterator[Decimal | None]:
    for symbol, cell in zip(symbols, cells, strict=True):
        yield _price(cell, place(table.name, row.number, symbol)) if cell else None


def _price(text: str, where: str) -> Decimal:
    """The exact price that `text` says; the words of other programs for no value are no price."""
    try:
        price = parse_json_number(text, where)
    except InvalidInput as error:
        raise InvalidInput(where, text, _PRICE_RULE) from error
    if price <= ZERO:
        raise InvalidInput(where, text, _PRICE_RULE)
    return price


def _out_of_order(where: str, day: date, before: date, whose: str = "") -> InvalidInput:
    rule = (
        "each date once; remove one of the rows"
        if day == before
        else f"rising dates; sort the file ({before} is above)"
    )
    return InvalidInput(where, f"{day}{whose}", rule)
