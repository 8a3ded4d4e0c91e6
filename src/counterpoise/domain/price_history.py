"""Which prices did a market have, day by day, and where are the holes? One table, read once, never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from counterpoise.domain.instruments import Symbol

PriceRow = tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceHistory:
    """Closing prices of some symbols over some days; make one with `price_history`.

    A cell is the price of one symbol on one day in quote currency per unit, > 0, or None. None before the
    symbol's first price means that it could not be traded yet; None later means that its last price goes
    on as a stale mark and that it cannot be traded that day. The two are never confused with zero.

    Attributes:
        symbols: In the order of the columns, each once.
        days: Rising, each once.
        rows: One row a day, one cell a symbol.
        not_yet_traded: Count of empty cells before their symbol's first price.
        stale_cells: Count of empty cells after it, those behind a symbol's end included.
        ended: Symbol → its last priced day, for every symbol whose prices end before the last day.
    """

    symbols: tuple[Symbol, ...]
    days: tuple[date, ...]
    rows: tuple[PriceRow, ...]
    not_yet_traded: int
    stale_cells: int
    ended: Mapping[Symbol, date]

    def traded_on(self, index: int) -> dict[Symbol, Decimal]:
        """The prices that were made on day number `index`; who has none that day is not in it."""
        cells = zip(self.symbols, self.rows[index], strict=True)
        return {symbol: price for symbol, price in cells if price is not None}


def price_history(symbols: Sequence[Symbol], days: Sequence[date], rows: Sequence[PriceRow]) -> PriceHistory:
    """Put a table of prices together and count its holes."""
    priced_first: list[int | None] = [None] * len(symbols)
    priced_last: list[int] = [-1] * len(symbols)
    priced_cells = 0
    for index, row in enumerate(rows):
        for column, price in enumerate(row):
            if price is not None:
                priced_cells += 1
                priced_last[column] = index
                if priced_first[column] is None:
                    priced_first[column] = index
    not_yet = sum(len(rows) if first is None else first for first in priced_first)
    ended = {symbol: days[last] for symbol, last in zip(symbols, priced_last, strict=True) if 0 <= last < len(rows) - 1}
    return PriceHistory(
        symbols=tuple(symbols),
        days=tuple(days),
        rows=tuple(rows),
        not_yet_traded=not_yet,
        stale_cells=len(symbols) * len(rows) - priced_cells - not_yet,
        ended=MappingProxyType(ended),
    )
