"""Where is the curve of equity kept between the facts? In a database of its own; losing it costs detail, no fact."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from counterpoise.domain.accounts import AccountId
from counterpoise.domain.errors import JournalRefused
from counterpoise.domain.numbers import plain
from counterpoise.domain.time import format_time, parse_time
from counterpoise.portfolio.curve import CurvePoint

T = TypeVar("T")

BUSY_SECONDS = 2.0

_MAKE = (
    "CREATE TABLE IF NOT EXISTS equity_series (account TEXT NOT NULL, at TEXT NOT NULL, equity TEXT NOT NULL, "
    "growth TEXT NOT NULL, drawdown_pct TEXT, PRIMARY KEY (account, at)) WITHOUT ROWID"
)
_KEEP = "INSERT OR REPLACE INTO equity_series (account, at, equity, growth, drawdown_pct) VALUES (?, ?, ?, ?, ?)"
_LOAD = "SELECT at, equity, growth, drawdown_pct FROM equity_series WHERE account = ? ORDER BY at"
_FORGET = "DELETE FROM equity_series WHERE account = ? AND at = ?"


class SqliteSeries:
    """The points of one account in `series.db`; decimals as text, since SQLite's own numbers lose digits.

    Each call opens the file anew: there is one every ten seconds, and nothing is held open between them.
    """

    def __init__(self, path: Path, account: AccountId) -> None:
        self._path = path
        self._account = account

    async def keep(self, points: Sequence[CurvePoint]) -> None:
        """See `Series.keep`.

        Raises:
            JournalRefused: the file cannot be written.
        """
        rows = [self._row(point) for point in points]
        await self._with(lambda connection: connection.executemany(_KEEP, rows))

    async def load(self) -> tuple[CurvePoint, ...]:
        """See `Series.load`.

        Raises:
            JournalRefused: the file cannot be read.
        """
        rows = await self._with(lambda connection: connection.execute(_LOAD, (self._account,)).fetchall())
        return tuple(_point(row) for row in rows)

    async def forget(self, instants: Sequence[datetime]) -> None:
        """See `Series.forget`.

        Raises:
            JournalRefused: the file cannot be written.
        """
        rows = [(self._account, format_time(at)) for at in instants]
        if rows:
            await self._with(lambda connection: connection.executemany(_FORGET, rows))

    async def _with(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.to_thread(self._run, work)

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            with closing(sqlite3.connect(self._path, timeout=BUSY_SECONDS)) as connection, connection:
                connection.execute(_MAKE)
                return work(connection)
        except sqlite3.Error as error:
            raise JournalRefused(f"{self._path} cannot be used ({error}); it may be deleted") from error

    def _row(self, point: CurvePoint) -> tuple[str, str, str, str, str | None]:
        drawdown = None if point.drawdown_pct is None else plain(point.drawdown_pct)
        return self._account, format_time(point.at), plain(point.equity), plain(point.growth), drawdown


def _point(row: tuple[str, str, str, str | None]) -> CurvePoint:
    at, equity, growth, drawdown = row
    return CurvePoint(
        at=parse_time(at),
        equity=Decimal(equity),
        growth=Decimal(growth),
        drawdown_pct=None if drawdown is None else Decimal(drawdown),
    )
