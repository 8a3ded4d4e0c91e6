"""Where are facts kept by default? In one SQLite file, written by one thread, several appends a commit."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from counterpoise.adapters.journals import database as db
from counterpoise.adapters.journals.anchors import ANCHORS_FILE, AnchorLog, read_anchors
from counterpoise.adapters.journals.key import KEY_FILE, make_key, read_key
from counterpoise.adapters.journals.rows import LOWEST_ACCOUNT, NEXT_ACCOUNT, SELECT_LAST, SELECT_LOWEST, SELECT_NEXT
from counterpoise.adapters.journals.writer import Writer
from counterpoise.domain.accounts import AccountId
from counterpoise.domain.errors import JournalCorrupt, JournalRefused
from counterpoise.domain.facts import Fact
from counterpoise.domain.time import Clock
from counterpoise.ledger.journal import NUMBER_MAX, Anchor, Entry, Tail, draft, tail_of

CHUNK = 1_000
"""Entries that one read brings into memory."""


class SqliteJournal:
    """A journal in one file; see `Journal` for what it promises."""

    def __init__(self, database: Path, key: bytes, writer: Writer) -> None:
        self._database = database
        self._key = key
        self._writer = writer
        self._is_open = True

    @classmethod
    def open(
        cls,
        database: Path,
        *,
        clock: Clock,
        key_file: Path | None = None,
        busy_seconds: int = db.BUSY_SECONDS,
    ) -> SqliteJournal:
        """Open `database`, making folder, file, tables and key when they are not there.

        Blocks for milliseconds, or for about a second when tables are made.

        Args:
            database: The file; `anchors.log` lies beside it.
            clock: For the time of anchors.
            key_file: Where the key is; `journal.key` beside the database unless stated.
            busy_seconds: How long another process may hold the file before an append is refused.

        Raises:
            ConfigurationError: says in one line what is wrong, where, and what to do.
            JournalCorrupt: the file is damaged.
        """
        with ExitStack() as undo:
            connection = undo.enter_context(closing(db.open_for_writing(database, busy_seconds)))
            key = _key_of(connection, key_file or database.with_name(KEY_FILE))
            log = AnchorLog(database.with_name(ANCHORS_FILE))
            journal = cls(database, key, Writer(connection, key, log, clock))
            undo.pop_all()
        return journal

    @property
    def key(self) -> bytes:
        """See `Journal.key`."""
        return self._key

    @property
    def commits(self) -> int:
        """Transactions that wrote entries since the journal was opened."""
        return self._writer.commits

    @property
    def anchor_problem(self) -> str:
        """Why the last anchor could not be written, or nothing; appends go on and each tries again."""
        return self._writer.anchor_problem

    def pragmas(self) -> Mapping[str, str | int]:
        """The settings that the writing connection has, read back from it."""
        return self._writer.pragmas

    async def append(self, account: AccountId, expected_sequence: int, epoch: int, facts: Sequence[Fact]) -> int:
        """See `Journal.append`."""
        self._check_open()
        return await self._writer.append(draft(account, expected_sequence, epoch, facts))

    async def read(self, account: AccountId, from_sequence: int = 1) -> AsyncIterator[Entry]:
        """See `Journal.read`; holds `CHUNK` entries at a time and no lock between them."""
        self._check_open()
        with closing(await asyncio.to_thread(self._reader)) as connection:
            before = (from_sequence - 1, NUMBER_MAX) if from_sequence > 1 else None
            while True:
                rows = await asyncio.to_thread(_chunk, connection, account, before)
                for row in rows:
                    yield Entry._make(row[:-1])
                if len(rows) < CHUNK:
                    return
                before = Entry._make(rows[-1][:-1]).sequence, rows[-1][-1]

    async def last(self, account: AccountId) -> Tail:
        """See `Journal.last`."""
        self._check_open()
        return await asyncio.to_thread(self._last, account)

    async def accounts(self) -> tuple[AccountId, ...]:
        """See `Journal.accounts`."""
        self._check_open()
        return await asyncio.to_thread(self._accounts)

    async def anchor_now(self) -> None:
        """See `Journal.anchor_now`."""
        self._check_open()
        await self._writer.anchor()

    async def anchors(self) -> tuple[Anchor, ...]:
        """See `Journal.anchors`.

        Raises:
            JournalCorrupt: anchors.log holds a line that is no anchor.
            JournalRefused: it cannot be read.
        """
        try:
            return await asyncio.to_thread(read_anchors, self._database.with_name(ANCHORS_FILE))
        except OSError as error:
            raise JournalRefused(f"{ANCHORS_FILE} cannot be read ({error.strerror})") from error

    async def close(self) -> None:
        """See `Journal.close`; anchors the tails that moved.

        Raises:
            JournalRefused: everything is closed, but the anchors could not be written.
        """
        if self._is_open:
            self._is_open = False
            await asyncio.to_thread(self._writer.close)
            if self._writer.anchor_problem:
                raise JournalRefused(f"closed, but not anchored: {self._writer.anchor_problem}")

    def _reader(self) -> sqlite3.Connection:
        with db.reading("opening the journal to read"):
            return db.connect(self._database, "ro")

    def _last(self, account: AccountId) -> Tail:
        with closing(self._reader()) as connection, db.reading("reading the end of the journal"):
            row = connection.execute(SELECT_LAST, (account,)).fetchone()
        return tail_of(Entry._make(row) if row else None, account)

    def _accounts(self) -> tuple[AccountId, ...]:
        found: list[AccountId] = []
        with closing(self._reader()) as connection, db.reading("listing the accounts"):
            row = connection.execute(LOWEST_ACCOUNT).fetchone()
            while row:
                if type(row[0]) is not str or not row[0]:
                    raise JournalCorrupt("the journal has an entry of no account, which nobody recorded")
                found.append(row[0])
                # One look-up an account; DISTINCT would walk every entry.
                row = connection.execute(NEXT_ACCOUNT, (row[0],)).fetchone()
        return tuple(found)

    def _check_open(self) -> None:
        if not self._is_open:
            raise JournalRefused("the journal is closed")


def _chunk(connection: sqlite3.Connection, account: AccountId, before: tuple[int, int] | None) -> list[tuple[Any, ...]]:
    """The rows after the one with this sequence and rowid, or the lowest; the rowid is the last column."""
    with db.reading("reading the journal"):
        if before is None:
            return connection.execute(SELECT_LOWEST, (account, CHUNK)).fetchall()
        return connection.execute(SELECT_NEXT, (account, *before, CHUNK)).fetchall()


def _key_of(connection: sqlite3.Connection, path: Path) -> bytes:
    """The key; a new one is made only for a journal that nothing was sealed in yet."""
    with db.reading("opening the journal"):
        has_entries = connection.execute("SELECT EXISTS (SELECT 1 FROM entries)").fetchone()[0]
    return read_key(path) if has_entries else make_key(path)
