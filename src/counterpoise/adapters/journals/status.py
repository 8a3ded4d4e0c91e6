"""What is in a journal's database, and in which revision? Read without making or changing anything."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from counterpoise.adapters.journals import database as db
from counterpoise.adapters.journals.place import File
from counterpoise.adapters.journals.rows import Statements
from counterpoise.adapters.journals.store import every_account
from counterpoise.domain.accounts import AccountId
from counterpoise.domain.errors import ConfigurationError
from counterpoise.ledger.journal import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAccount:
    """One account as the database has it; nothing is proved by this (`counterpoise verify` does).

    Attributes:
        sequence, epoch: Of the last entry.
        recorded_at: When that was written, canonical text.
        writer: Who writes it now, or nothing; a file does not know.
    """

    account: AccountId
    sequence: int
    epoch: int
    recorded_at: str
    writer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseStatus:
    """A journal's database.

    Attributes:
        place: Which, without its password.
        software: Name and version of what runs it.
        revision: Of its tables; None when there are none.
        newest: The revision that this version works with.
        size_bytes: On the disk, with its indexes; 0 when there is nothing.
        settings: What makes it durable, as the database says.
    """

    place: str
    software: str
    revision: str | None
    newest: str
    size_bytes: int
    accounts: tuple[KeptAccount, ...]
    settings: Mapping[str, str | int]

    @property
    def is_current(self) -> bool:
        """Whether this version can work with it as it is."""
        return self.revision == self.newest


def kept(last: Entry, writer: str = "") -> KeptAccount:
    """The account whose last entry this is."""
    return KeptAccount(
        account=last.account, sequence=last.sequence, epoch=last.epoch, recorded_at=last.recorded_at, writer=writer
    )


def of_file(place: File) -> DatabaseStatus:
    """The status of a SQLite file; one that is not there has no revision.

    Raises:
        ConfigurationError: it is there but cannot be read.
    """
    if not place.path.exists():
        return _of_file(place, None, 0, (), {})
    try:
        with closing(db.connect(place.path, "ro")) as connection:
            revision = db.revision(connection)
            accounts = _accounts(connection) if _has_entries(connection) else ()
            size = connection.execute(
                "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
            ).fetchone()[0]
            return _of_file(place, revision, size, accounts, {"journal_mode": _journal_mode(connection)})
    except sqlite3.Error as error:
        raise ConfigurationError(
            f"the journal {place.shown} cannot be read ({error}): is it a journal, and is it readable?"
        ) from error


def _of_file(
    place: File,
    revision: str | None,
    size: int,
    accounts: tuple[KeptAccount, ...],
    settings: Mapping[str, str | int],
) -> DatabaseStatus:
    return DatabaseStatus(
        place=place.shown,
        software=f"SQLite {sqlite3.sqlite_version}",
        revision=revision,
        newest=db.REVISIONS[-1],
        size_bytes=size,
        accounts=accounts,
        settings=settings,
    )


def _accounts(connection: sqlite3.Connection) -> tuple[KeptAccount, ...]:
    reads = Statements("?")
    names = every_account(
        lambda above: connection.execute(reads.next_account, (above,)).fetchone(),
        lambda: connection.execute(reads.nameless).fetchone(),
    )
    return tuple(kept(Entry._make(connection.execute(reads.last, (name,)).fetchone())) for name in names)


def _has_entries(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'entries'").fetchone() is not None


def _journal_mode(connection: sqlite3.Connection) -> str:
    return str(connection.execute("PRAGMA journal_mode").fetchone()[0])
