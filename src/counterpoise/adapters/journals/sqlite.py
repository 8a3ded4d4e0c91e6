"""Where are facts kept by default? In one SQLite file, written by one thread, several appends a commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from counterpoise.adapters.journals import database as db
from counterpoise.adapters.journals.anchors import ANCHORS_FILE, AnchorLog
from counterpoise.adapters.journals.key import KEY_FILE, key_for
from counterpoise.adapters.journals.rows import COLUMNS, Statements
from counterpoise.adapters.journals.store import Conflict, every_account
from counterpoise.adapters.journals.stored import StoredJournal
from counterpoise.adapters.journals.writer import Writer
from counterpoise.domain.accounts import AccountId
from counterpoise.domain.time import Clock
from counterpoise.ledger.journal import Entry, Tail

READS = Statements("?")
INSERT = f"INSERT INTO entries ({COLUMNS}) VALUES ({', '.join('?' for _ in Entry._fields)})"  # noqa: S608 - our own names


class SqliteJournal(StoredJournal):
    """A journal in one file; see `Journal` for what it promises."""

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
            key = key_for(key_file or database.with_name(KEY_FILE), has_entries=_has_entries(connection))
            anchors = database.with_name(ANCHORS_FILE)
            writer = Writer(SqliteStore(connection), key, AnchorLog(anchors), clock)
            journal = cls(key, writer, lambda: _reader(database), anchors)
            undo.pop_all()
        return journal


class SqliteStore:
    """The connection that writes; see `Store`. One transaction at a time in the whole file keeps others out."""

    keeps_others_out = False  # only until the commit: the next transaction may be another process's

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def settings(self) -> Mapping[str, str | int]:
        """See `Store.settings`."""
        return db.pragmas(self._connection)

    def begin(self) -> None:
        """See `Store.begin`; takes the file's lock for writing."""
        with _told():
            self._connection.execute("BEGIN IMMEDIATE")

    def claim(self, account: AccountId) -> None:
        """See `Store.claim`: the transaction is the claim."""
        assert self._connection.in_transaction, f"account {account} is claimed by a transaction"

    def last(self, account: AccountId) -> Entry | None:
        """See `Store.last`."""
        return self._entry(READS.last, account)

    def one(self, account: AccountId, sequence: int) -> Entry | None:
        """See `Store.one`."""
        return self._entry(READS.one, account, sequence)

    def has_fact(self, account: AccountId, fact_id: str) -> bool:
        """See `Store.has_fact`."""
        with _told(), closing(self._connection.execute(READS.has_fact, (account, fact_id))) as found:
            return found.fetchone() is not None

    def insert(self, entries: Sequence[Entry], tail: Tail) -> None:  # noqa: ARG002 - the trigger looks for the tail
        """See `Store.insert`."""
        with _told():
            self._connection.executemany(INSERT, entries)

    def commit(self) -> None:
        """See `Store.commit`."""
        with _told():
            self._connection.execute("COMMIT")

    def roll_back(self) -> None:
        """See `Store.roll_back`; after some errors SQLite has done it by itself."""
        with _told():
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def regain(self, accounts: Collection[AccountId]) -> bool:  # noqa: ARG002 - the file has one writer
        """See `Store.regain`: a transaction that is still open was not committed."""
        return not self._connection.in_transaction

    def keep_alive(self) -> bool:
        """See `Store.keep_alive`: a file asks for no sign of life."""
        return True

    def close(self) -> None:
        """See `Store.close`."""
        self._connection.close()

    def _entry(self, statement: str, *values: object) -> Entry | None:
        with _told():
            row = self._connection.execute(statement, values).fetchone()
        return Entry._make(row) if row else None


class SqliteReader:
    """A connection that reads; see `Reader`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def following(self, account: AccountId, sequence: int | None, count: int) -> list[Entry]:
        """See `Reader.following`."""
        statement, values = (
            (READS.first, (account, count)) if sequence is None else (READS.following, (account, sequence, count))
        )
        with db.reading("reading the journal"):
            return [Entry._make(row) for row in self._connection.execute(statement, values)]

    def last(self, account: AccountId) -> Entry | None:
        """See `Reader.last`."""
        with db.reading("reading the end of the journal"):
            row = self._connection.execute(READS.last, (account,)).fetchone()
        return Entry._make(row) if row else None

    def accounts(self) -> tuple[AccountId, ...]:
        """See `Reader.accounts`."""
        with db.reading("listing the accounts"):
            return every_account(
                lambda above: self._connection.execute(READS.next_account, (above,)).fetchone(),
                self._connection.execute(READS.nameless).fetchone,
            )


@contextmanager
def _reader(database: Path) -> Iterator[SqliteReader]:
    with db.reading("opening the journal to read"):
        connection = db.connect(database, "ro")
    with closing(connection):
        yield SqliteReader(connection)


@contextmanager
def _told() -> Iterator[None]:
    """Give the errors of the writer their meaning."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise Conflict(str(error)) from error
    except sqlite3.Error as error:
        raise db.meaning(error, "appending") from error


def _has_entries(connection: sqlite3.Connection) -> bool:
    with db.reading("opening the journal"):
        return bool(connection.execute("SELECT EXISTS (SELECT 1 FROM entries)").fetchone()[0])
