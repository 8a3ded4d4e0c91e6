"""Where are facts kept when many processes share a server? In PostgreSQL: each account has one writer at a time.

A writer's seat is an advisory lock of its session. The server gives it back when the session ends, and not before what
that session was doing has ended too: so who gets the seat of a lost connection reads a final answer.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any, cast

import psycopg
from psycopg import Connection

from counterpoise.adapters.journals import server as db
from counterpoise.adapters.journals.anchors import ANCHORS_FILE, AnchorLog
from counterpoise.adapters.journals.checkpoints import StoredCheckpoints, statements
from counterpoise.adapters.journals.key import KEY_FILE, key_for
from counterpoise.adapters.journals.place import Server
from counterpoise.adapters.journals.rows import COLUMNS, Statements
from counterpoise.adapters.journals.store import AccountTaken, Conflict, Lost, every_account
from counterpoise.adapters.journals.stored import StoredJournal
from counterpoise.adapters.journals.writer import Writer
from counterpoise.domain.accounts import AccountId
from counterpoise.domain.errors import ConfigurationError, JournalBroken, JournalCorrupt, JournalRefused
from counterpoise.domain.time import Clock
from counterpoise.ledger.journal import Entry, Tail

RECONNECT_SECONDS = 30
"""How long a lost connection is tried again while an append waits for its answer."""
IDLE_READERS_MAX = 4

READS = Statements("%s")
_SAVE, _LATEST = statements("%s")
_TYPES = {"sequence": "bigint", "epoch": "bigint", "schema": "integer", "raw": "bytea", "seal": "bytea"}
_ARRAYS = ", ".join(f"%b::{_TYPES.get(name, 'text')}[]" for name in Entry._fields)
# One statement for a whole group: one way to the server and back, and all or nothing by itself. It adds nothing unless
# every account still ends where its entries begin.
_INSERT = (
    f"INSERT INTO entries ({COLUMNS}) SELECT * FROM unnest({_ARRAYS}) "  # noqa: S608 - our own names
    "WHERE %s = (SELECT count(*) FROM unnest(%b::text[], %b::bigint[], %b::bytea[]) AS ends (account, sequence, seal) "
    "JOIN entries USING (account, sequence) WHERE entries.seal = ends.seal)"
)
_SEAT = b"counterpoise-w"
_HOLDER = (
    "SELECT application_name, pid, coalesce(host(client_addr), 'this machine') FROM pg_locks "
    "JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND granted AND objsubid = 1 "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND (classid::bigint << 32 | objid::bigint) = %s"
)


class PostgresJournal(StoredJournal):
    """A journal in a PostgreSQL database; see `Journal` for what it promises."""

    @classmethod
    def open(
        cls,
        server: Server,
        *,
        clock: Clock,
        folder: Path,
        key_file: Path | None = None,
        name: str = "counterpoise",
        reconnect_seconds: float = RECONNECT_SECONDS,
    ) -> PostgresJournal:
        """Open the journal of `server`, making its tables and the key when they are not there.

        Blocks for some milliseconds, or for about a second when tables are made.

        Args:
            server: Where it is.
            clock: For the time of anchors.
            folder: Where `anchors.log` lies.
            key_file: Where the key is; `journal.key` in the folder unless stated.
            name: What the server's own tables call this process.
            reconnect_seconds: How long an append looks for a server that was lost.

        Raises:
            ConfigurationError: says in one line what is wrong, where, and what to do.
        """
        with ExitStack() as undo:
            connection = db.open_for_writing(server, name)
            undo.callback(connection.close)
            readers = PostgresReaders(server, f"{name} (reading)")
            undo.callback(readers.close)
            key = key_for(key_file or folder / KEY_FILE, has_entries=_has_entries(connection, server))
            anchors = folder / ANCHORS_FILE
            store = PostgresStore(server, connection, name, reconnect_seconds)
            journal = cls(key, Writer(store, key, AnchorLog(anchors), clock), readers, anchors)
            undo.pop_all()
        return journal

    async def close(self) -> None:
        """See `StoredJournal.close`; ends the readers' connections too."""
        try:
            await super().close()
        finally:
            assert isinstance(self._readers, PostgresReaders), "opened with them"
            self._readers.close()


class PostgresStore:
    """The connection that writes; see `Store`."""

    keeps_others_out = True

    def __init__(
        self, server: Server, connection: Connection[tuple[object, ...]], name: str, reconnect_seconds: float
    ) -> None:
        self._server = server
        self._connection = connection
        self._name = name
        self._reconnect_seconds = reconnect_seconds
        self._seats: set[AccountId] = set()
        self._refused: set[AccountId] = set()
        self._entries: list[Entry] = []
        self._ends: list[tuple[AccountId, int, bytes]] = []

    def settings(self) -> Mapping[str, str | int]:
        """See `Store.settings`."""
        with db.reading(self._server, "reading the settings"):
            return db.settings(self._connection)

    def begin(self) -> None:
        """See `Store.begin`: the one statement of `commit` is the transaction."""
        self._entries, self._ends = [], []
        if self._connection.closed:
            raise Lost(f"the connection to {self._server.shown} has ended")

    def claim(self, account: AccountId) -> None:
        """See `Store.claim`; the seat is kept until the session ends.

        Waits for a seat once: the process that had it may be ending. One that keeps it is not waited for again.
        """
        if account in self._seats:
            return
        key = seat_of(account)
        with db.writing(self._server):
            row = self._connection.execute("SELECT pg_try_advisory_lock(%s)", (key,)).fetchone()
            is_mine = bool(row and row[0])
            if not is_mine and account not in self._refused:
                is_mine = self._wait_for(key)
            if not is_mine:
                self._refused.add(account)
                holder = holder_of(self._connection, key) or "another program"
                raise AccountTaken(f"account {account} is being written by {holder}: stop that one first")
        self._refused.discard(account)
        self._seats.add(account)

    def last(self, account: AccountId) -> Entry | None:
        """See `Store.last`."""
        return self._entry(READS.last, account)

    def one(self, account: AccountId, sequence: int) -> Entry | None:
        """See `Store.one`."""
        return self._entry(READS.one, account, sequence)

    def has_fact(self, account: AccountId, fact_id: str) -> bool:
        """See `Store.has_fact`."""
        with db.writing(self._server):
            return self._connection.execute(READS.has_fact, (account, fact_id)).fetchone() is not None

    def insert(self, entries: Sequence[Entry], tail: Tail) -> None:
        """See `Store.insert`; they are sent when the transaction commits."""
        account = entries[0].account
        is_durable = all(entry.account != account for entry in self._entries)  # else it ends in this transaction
        if is_durable and tail.sequence:
            self._ends.append((account, tail.sequence, tail.seal))
        self._entries.extend(entries)

    def commit(self) -> None:
        """See `Store.commit`."""
        ends = [list(column) for column in zip(*self._ends, strict=True)] or [[], [], []]
        values = (*(list(column) for column in zip(*self._entries, strict=True)), len(self._ends), *ends)
        with db.writing(self._server):
            written = self._connection.execute(_INSERT, values).rowcount
        if written != len(self._entries):
            raise Conflict(f"{written} of {len(self._entries)} entries follow what is there")

    def roll_back(self) -> None:
        """See `Store.roll_back`: what was not sent is forgotten, what failed the server has undone."""
        self._entries, self._ends = [], []

    def regain(self, accounts: Collection[AccountId]) -> bool:
        """See `Store.regain`: connects anew, and takes back the seats; who has them all reads final answers."""
        if self._is_answered():
            return True  # what the server said is final
        held, self._seats, self._refused = self._seats, set(), set()
        self._connection = self._connect_again()
        is_final = not accounts
        for account in sorted(held | set(accounts)):
            try:
                self.claim(account)
            except AccountTaken:
                continue
            is_final |= account in accounts  # one of them tells for all: they were written together or not at all
        return is_final

    def keep_alive(self) -> bool:
        """See `Store.keep_alive`; a lost connection is noticed here, and mended by the next append."""
        return self._is_answered()

    def close(self) -> None:
        """See `Store.close`."""
        self._connection.close()

    def _wait_for(self, key: int) -> bool:
        try:
            self._connection.execute("SELECT pg_advisory_lock(%s)", (key,))
        except psycopg.errors.LockNotAvailable:
            return False
        return True

    def _is_answered(self) -> bool:
        try:
            self._connection.execute("SELECT 1")
        except psycopg.Error:
            self._connection.close()
            return False
        return True

    def _connect_again(self) -> Connection[tuple[object, ...]]:
        ends_at = time.monotonic() + self._reconnect_seconds
        pause = 0.05
        while True:
            try:
                return db.open_for_writing(self._server, self._name)
            except ConfigurationError as error:
                if time.monotonic() + pause > ends_at:
                    raise JournalRefused(str(error)) from error
            time.sleep(pause)
            pause = min(2 * pause, 1.0)

    def _entry(self, statement: str, *values: object) -> Entry | None:
        with db.writing(self._server):
            return _first(self._connection.execute(statement, values).fetchone())


class PostgresReaders:
    """Readers, each on a connection of its own while it is used; a few are kept for the next."""

    def __init__(self, server: Server, name: str) -> None:
        self._server = server
        self._name = name
        self._idle: queue.LifoQueue[Connection[tuple[object, ...]]] = queue.LifoQueue(IDLE_READERS_MAX)

    @contextmanager
    def __call__(self) -> Iterator[PostgresReader]:
        """A reader until the block ends.

        Raises:
            JournalRefused: the server cannot be reached.
        """
        connection, is_kept = self._connection(), False
        try:
            yield PostgresReader(self._server, connection)
            is_kept = self._keep(connection)
        finally:
            if not is_kept:
                connection.close()

    def close(self) -> None:
        """Close those that wait."""
        while not self._idle.empty():
            self._idle.get_nowait().close()

    def _keep(self, connection: Connection[tuple[object, ...]]) -> bool:
        try:
            self._idle.put_nowait(connection)
        except queue.Full:
            return False
        return True

    def _connection(self) -> Connection[tuple[object, ...]]:
        with suppress(queue.Empty):
            while True:
                kept = self._idle.get_nowait()
                try:
                    kept.execute("SELECT 1")  # the server may have ended it meanwhile
                except psycopg.Error:
                    kept.close()
                else:
                    return kept
        with db.reading(self._server, "opening the journal to read"):
            return db.connect(self._server, self._name)


class PostgresReader:
    """A connection that reads; see `Reader`."""

    def __init__(self, server: Server, connection: Connection[tuple[object, ...]]) -> None:
        self._server = server
        self._connection = connection

    def following(self, account: AccountId, sequence: int | None, count: int) -> list[Entry]:
        """See `Reader.following`."""
        statement, values = (
            (READS.first, (account, count)) if sequence is None else (READS.following, (account, sequence, count))
        )
        with db.reading(self._server, "reading the journal"):
            return [_entry(row) for row in self._connection.execute(statement, values)]

    def last(self, account: AccountId) -> Entry | None:
        """See `Reader.last`."""
        with db.reading(self._server, "reading the end of the journal"):
            return _first(self._connection.execute(READS.last, (account,)).fetchone())

    def accounts(self) -> tuple[AccountId, ...]:
        """See `Reader.accounts`."""
        with db.reading(self._server, "listing the accounts"):
            return every_account(self._after, self._connection.execute(READS.nameless).fetchone)

    def _after(self, account: str) -> tuple[str] | None:
        return cast("tuple[str] | None", self._connection.execute(READS.next_account, (account,)).fetchone())


class PostgresCheckpoints(StoredCheckpoints):
    """Checkpoints in the database of an open journal; see `Checkpoints`."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def _save(self, row: Sequence[object]) -> None:
        doing = "saving a checkpoint"
        try:
            # A lost checkpoint costs time only, so it waits for no flush of its own: no `is_writer` here.
            with db.reading(self._server, doing), self._connect() as connection:
                connection.execute("SET synchronous_commit = off")
                connection.execute(_SAVE, row)
        except JournalCorrupt as error:
            raise JournalBroken(str(error)) from error

    def _latest(self, account: AccountId) -> Sequence[Any] | None:
        with db.reading(self._server, "reading a checkpoint"), self._connect() as connection:
            return connection.execute(_LATEST, (account,)).fetchone()

    def _connect(self) -> Connection[tuple[object, ...]]:
        return db.connect(self._server, "counterpoise (checkpoints)")


def seat_of(account: AccountId) -> int:
    """The number of the advisory lock that an account's writer holds: 63 bits that differ by account."""
    return int.from_bytes(blake2b(account.encode(), digest_size=8, person=_SEAT).digest()) >> 1


def holder_of(connection: Connection[tuple[object, ...]], seat: int) -> str:
    """Who holds a seat, as far as the server tells; empty when nobody does."""
    row = connection.execute(_HOLDER, (seat,)).fetchone()
    return f"{row[0] or 'a program'} (session {row[1]} from {row[2]})" if row else ""


def _first(row: tuple[object, ...] | None) -> Entry | None:
    return None if row is None else _entry(row)


def _entry(row: tuple[object, ...]) -> Entry:
    return Entry._make(cast("Sequence[str]", row))  # the columns' types are those of Entry's fields


def _has_entries(connection: Connection[tuple[object, ...]], server: Server) -> bool:
    with db.reading(server, "opening the journal"):
        row = connection.execute("SELECT EXISTS (SELECT 1 FROM entries)").fetchone()
    return bool(row and row[0])
