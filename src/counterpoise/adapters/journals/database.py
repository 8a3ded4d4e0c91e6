"""How is the SQLite file opened, is it durable, and what does each of its errors mean for the journal?"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from types import MappingProxyType

from counterpoise.adapters.journals.place import File
from counterpoise.domain.errors import ConfigurationError, JournalBroken, JournalCorrupt, JournalRefused

REVISIONS = ("0001",)
"""Every revision in migrations/versions, oldest first; read here so that a current database needs no Alembic."""
BUSY_SECONDS = 5

_PRIMARY = 0xFF  # an extended result code keeps its primary code in the low byte (sqlite.org/rescode.html)
_CLEAN = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
)
_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_SYNCHRONOUS_FULL = 2
_READ_BACK = ("journal_mode", "synchronous", "fullfsync", "wal_autocheckpoint", "page_size", "busy_timeout")


def is_clean(error: sqlite3.Error) -> bool:
    """Whether the storage said no before anything was written: full, read-only, or busy past its limit."""
    return _code(error) in _CLEAN


def meaning(error: sqlite3.Error, doing: str) -> JournalRefused | JournalBroken:
    """What `error` means when it came while `doing` something that would have changed the file."""
    if is_clean(error):
        return JournalRefused(f"{doing}: the storage refused and nothing was written ({error})")
    return JournalBroken(f"{doing}: the storage failed, nothing may be assumed ({_name(error)}: {error})")


@contextmanager
def reading(doing: str) -> Iterator[None]:
    """Give the errors of a read their meaning.

    Raises:
        JournalCorrupt: the file is damaged.
        JournalRefused: the file is locked or cannot be opened; a later read may succeed.
        JournalBroken: any other failure.
    """
    try:
        yield
    except sqlite3.Error as error:
        if _code(error) in _CORRUPT:
            raise JournalCorrupt(f"{doing}: the database file is damaged ({error})") from error
        if _code(error) == sqlite3.SQLITE_CANTOPEN:
            raise JournalRefused(f"{doing}: the database file cannot be opened ({error})") from error
        raise meaning(error, doing) from error


def connect(database: Path, mode: str) -> sqlite3.Connection:
    """A connection to an existing file, `ro` or `rw`; it may be handed from thread to thread."""
    return sqlite3.connect(
        f"{database.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        timeout=BUSY_SECONDS,
        check_same_thread=False,
    )


def open_for_writing(database: Path, busy_seconds: int = BUSY_SECONDS) -> sqlite3.Connection:
    """A connection whose commits are on the disk when they return, to a file with the tables of this version.

    Raises:
        ConfigurationError: the folder or file cannot be used, or a newer version wrote it; says what to do.
    """
    try:
        database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with ExitStack() as undo:
            connection = sqlite3.connect(database, isolation_level=None, timeout=busy_seconds, check_same_thread=False)
            undo.callback(connection.close)
            _make_durable(connection, database)
            _make_current(connection, database)
            undo.pop_all()
    except OSError as error:
        raise ConfigurationError(
            f"the data folder {database.parent} cannot be used ({error.strerror}): choose a folder that is yours"
        ) from error
    except sqlite3.Error as error:
        raise ConfigurationError(
            f"the journal {database} cannot be opened ({error}): make it and its folder writable, "
            "or restore it from a backup"
        ) from error
    return connection


def pragmas(connection: sqlite3.Connection) -> Mapping[str, str | int]:
    """What the connection says of itself, read back and not remembered."""
    answers = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in _READ_BACK}
    return MappingProxyType({**answers, "sqlite_version": sqlite3.sqlite_version})


def _make_durable(connection: sqlite3.Connection, database: Path) -> None:
    """Write-ahead log, flushed at every commit.

    Raises:
        ConfigurationError: the file system cannot do it.
    """
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA fullfsync=ON")  # macOS: its fsync leaves data in the drive's cache
    connection.execute("PRAGMA checkpoint_fullfsync=ON")
    read = pragmas(connection)
    if read["journal_mode"] != "wal" or read["synchronous"] != _SYNCHRONOUS_FULL:
        raise ConfigurationError(
            f"the journal {database} cannot be made durable (journal_mode={read['journal_mode']}, "
            f"synchronous={read['synchronous']}): put the data folder on a local disk"
        )


def _make_current(connection: sqlite3.Connection, database: Path) -> None:
    found = revision(connection)
    if found == REVISIONS[-1]:
        return
    if found is not None and found not in REVISIONS:
        raise ConfigurationError(
            f"the journal {database} was written by a newer version (revision {found}, "
            f"this one knows {REVISIONS[-1]}): install that version"
        )
    # Imported here: it costs more than opening a current database.
    from counterpoise.adapters.journals.migrate import migrate  # noqa: PLC0415

    migrate(File(database), REVISIONS[-1])


def revision(connection: sqlite3.Connection) -> str | None:
    """The revision of the tables, or None for a file without any."""
    with closing(connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")) as found:
        if found.fetchone() is None:
            return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


def _code(error: sqlite3.Error) -> int | None:
    """The primary result code; errors that the driver makes itself have none."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & _PRIMARY


def _name(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", type(error).__name__)
