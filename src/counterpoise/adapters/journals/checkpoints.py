"""Where are checkpoints kept? In a table of their own beside the journal's, one row an account."""

from __future__ import annotations

import asyncio
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from counterpoise.adapters.journals import database as db
from counterpoise.domain.accounts import AccountId
from counterpoise.ledger.checkpoints import Checkpoint

_FIELDS = ("sequence", "epoch", "state_version", "code_version", "digest", "state")


def statements(mark: str) -> tuple[str, str]:
    """Save and read, for a driver that writes `mark` where a value goes."""
    names, marks = ", ".join(_FIELDS), ", ".join([mark] * (1 + len(_FIELDS)))
    news = ", ".join(f"{name} = excluded.{name}" for name in _FIELDS)
    insert = f"INSERT INTO checkpoints (account, {names}) VALUES ({marks})"  # noqa: S608 - our own names
    return (
        f"{insert} ON CONFLICT (account) DO UPDATE SET {news}",
        f"SELECT {names} FROM checkpoints WHERE account = {mark}",  # noqa: S608 - as above
    )


class StoredCheckpoints(ABC):
    """Checkpoints in a table beside the journal's; see `Checkpoints`."""

    async def save(self, account: AccountId, checkpoint: Checkpoint) -> None:
        """See `Checkpoints.save`."""
        await asyncio.to_thread(self._save, (account, *(getattr(checkpoint, name) for name in _FIELDS)))

    async def latest(self, account: AccountId) -> Checkpoint | None:
        """See `Checkpoints.latest`."""
        row = await asyncio.to_thread(self._latest, account)
        return Checkpoint(**dict(zip(_FIELDS, row, strict=True))) if row else None

    @abstractmethod
    def _save(self, row: Sequence[object]) -> None: ...

    @abstractmethod
    def _latest(self, account: AccountId) -> Sequence[Any] | None: ...


_SAVE, _LATEST = statements("?")


class SqliteCheckpoints(StoredCheckpoints):
    """Checkpoints in the file of an open journal; see `Checkpoints`."""

    def __init__(self, database: Path) -> None:
        self._database = database

    def _save(self, row: Sequence[object]) -> None:
        try:
            with closing(self._connect("rw")) as connection:
                # A lost checkpoint costs time only, so it waits for no flush of its own.
                connection.execute("PRAGMA synchronous=NORMAL")
                connection.execute(_SAVE, row)
        except sqlite3.Error as error:
            raise db.meaning(error, "saving a checkpoint") from error

    def _latest(self, account: AccountId) -> Sequence[Any] | None:
        with db.reading("reading a checkpoint"), closing(self._connect("ro")) as connection:
            row: Sequence[Any] | None = connection.execute(_LATEST, (account,)).fetchone()
            return row

    def _connect(self, mode: str) -> sqlite3.Connection:
        return db.connect(self._database, mode)
