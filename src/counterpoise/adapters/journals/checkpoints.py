"""Where are checkpoints kept by default? In a table of their own beside the journal's, one row an account."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from counterpoise.adapters.journals import database as db
from counterpoise.domain.accounts import AccountId
from counterpoise.ledger.checkpoints import Checkpoint

_SAVE = (
    "INSERT OR REPLACE INTO checkpoints "
    "(account, sequence, epoch, state_version, code_version, digest, state) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_LATEST = "SELECT sequence, epoch, state_version, code_version, digest, state FROM checkpoints WHERE account = ?"


class SqliteCheckpoints:
    """Checkpoints in the file of an open journal; see `Checkpoints`."""

    def __init__(self, database: Path) -> None:
        self._database = database

    async def save(self, account: AccountId, checkpoint: Checkpoint) -> None:
        """See `Checkpoints.save`."""
        await asyncio.to_thread(self._save, account, checkpoint)

    async def latest(self, account: AccountId) -> Checkpoint | None:
        """See `Checkpoints.latest`."""
        return await asyncio.to_thread(self._latest, account)

    def _save(self, account: AccountId, checkpoint: Checkpoint) -> None:
        row = (
            account,
            checkpoint.sequence,
            checkpoint.epoch,
            checkpoint.state_version,
            checkpoint.code_version,
            checkpoint.digest,
            checkpoint.state,
        )
        try:
            with closing(self._connect("rw")) as connection:
                # A lost checkpoint costs time only, so it waits for no flush of its own.
                connection.execute("PRAGMA synchronous=NORMAL")
                connection.execute(_SAVE, row)
        except sqlite3.Error as error:
            raise db.meaning(error, "saving a checkpoint") from error

    def _latest(self, account: AccountId) -> Checkpoint | None:
        with db.reading("reading a checkpoint"), closing(self._connect("ro")) as connection:
            row = connection.execute(_LATEST, (account,)).fetchone()
        if row is None:
            return None
        sequence, epoch, state_version, code_version, digest, state = row
        return Checkpoint(
            sequence=sequence,
            epoch=epoch,
            state_version=state_version,
            code_version=code_version,
            digest=digest,
            state=state,
        )

    def _connect(self, mode: str) -> sqlite3.Connection:
        return db.connect(self._database, mode)
