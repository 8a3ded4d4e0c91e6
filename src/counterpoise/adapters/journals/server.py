"""How is a PostgreSQL server reached, is it durable, and what does each of its errors mean for the journal?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import MappingProxyType

import psycopg
from psycopg import Connection
from psycopg.conninfo import make_conninfo

from counterpoise.adapters.journals.database import REVISIONS
from counterpoise.adapters.journals.place import Server
from counterpoise.adapters.journals.store import Conflict, Lost
from counterpoise.domain.errors import ConfigurationError, JournalBroken, JournalCorrupt, JournalRefused

BUSY_SECONDS = 5
SILENT_SECONDS = 30
"""The server ends a writer that said nothing for so long, and another may write its accounts."""
OLDEST = 14
"""The first major version that ends silent sessions (idle_session_timeout)."""

_CONFLICT = ("23",)  # integrity constraints, the triggers' own among them
_LOST = ("08", "57P01", "57P02", "57P03", "57P05", "25P03")
_CORRUPT = ("XX001", "XX002")
_CLEAN = (
    "53",  # the disk is full, no memory, too many connections
    "25006",  # read-only
    "40",  # deadlock, serialization
    "55P03",  # a lock was not to be had in time
    "57014",  # cancelled by a person or a time limit
    "42501",  # not allowed to
    "28",  # not let in
    "3D000",  # no such database
)
"""Beginnings of SQLSTATE (postgresql.org, Appendix A) after which nothing of the statement is left."""

_DURABLE = {"fsync": ("on",), "full_page_writes": ("on",), "synchronous_commit": ("on", "remote_apply")}
_READ_BACK = ("server_version", *_DURABLE, "wal_sync_method", "server_encoding", "transaction_read_only")
_PATIENCE = {
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
"""How long a server that has gone away is believed to be there: seconds, the last in milliseconds."""


def connect(server: Server, name: str, *, is_writer: bool = False) -> Connection[tuple[object, ...]]:
    """A connection that runs each statement in a transaction of its own.

    Args:
        server: Where to.
        name: What the server's own tables call it.
        is_writer: Whether its commits must be on the disk when they return, and its silence ends it.

    Raises:
        psycopg.OperationalError: the server cannot be reached or does not let us in.
    """
    options = ["-c client_encoding=UTF8", f"-c lock_timeout={BUSY_SECONDS}s"]
    if is_writer:
        options += [
            f"-c idle_session_timeout={SILENT_SECONDS}s",
            f"-c idle_in_transaction_session_timeout={SILENT_SECONDS}s",
        ]
    made = psycopg.connect(
        make_conninfo("", **{**_PATIENCE, **server.parameters}),
        autocommit=True,
        application_name=name,
        options=" ".join(options),
    )
    if is_writer:
        with ExitStack() as undo:
            undo.callback(made.close)
            # Stronger than `on` stays; anything weaker, a role's or a database's default, does not.
            made.execute(
                "SELECT set_config('synchronous_commit', 'on', false) "
                "WHERE current_setting('synchronous_commit') <> 'remote_apply'"
            )
            undo.pop_all()
    return made


def open_for_writing(server: Server, name: str) -> Connection[tuple[object, ...]]:
    """A connection whose commits are on the disk when they return, to a database with the tables of this version.

    Raises:
        ConfigurationError: the server cannot be used, or a newer version wrote the tables; says what to do.
    """
    with ExitStack() as undo, _opening(server):
        made = connect(server, name, is_writer=True)
        undo.callback(made.close)
        check(made, server)
        make_current(made, server)
        undo.pop_all()
    return made


def settings(connection: Connection[tuple[object, ...]]) -> Mapping[str, str | int]:
    """What the server says of itself and of this connection, read back and not remembered."""
    answers: dict[str, str | int] = {}
    for name in _READ_BACK:
        row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
        answers[name] = str(row[0]) if row else ""
    return MappingProxyType(answers)


def check(connection: Connection[tuple[object, ...]], server: Server) -> None:
    """Refuse a server that forgets, garbles, or is not there itself.

    Raises:
        ConfigurationError: names the setting and who must change it.
    """
    if connection.info.server_version < OLDEST * 10_000:
        raise ConfigurationError(
            f"{server.shown} is PostgreSQL {connection.info.server_version // 10_000}: "
            f"whoever runs that server must bring it to {OLDEST} or later"
        )
    refuse_forgetful(settings(connection), server)
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    if row is None or row[0] != connection.info.backend_pid:
        raise ConfigurationError(
            f"{server.shown} is a connection pooler, behind which no writer keeps its seat: name the server itself"
        )


def refuse_forgetful(found: Mapping[str, str | int], server: Server) -> None:
    """Refuse settings under which what was acknowledged may be gone after a power cut, or is not what was sent.

    Raises:
        ConfigurationError: names the setting and who must change it.
    """
    for name, good in _DURABLE.items():
        if found[name] not in good:
            raise ConfigurationError(
                f"{server.shown} runs with {name} = {found[name]} and may forget what it has acknowledged: "
                f"whoever runs that server must set {name} = on (postgresql.conf) and reload it"
            )
    if found["server_encoding"] != "UTF8":
        raise ConfigurationError(
            f"the database of {server.shown} is encoded in {found['server_encoding']}, which cannot hold every text: "
            "whoever runs that server must create it with ENCODING 'UTF8'"
        )


def revision(connection: Connection[tuple[object, ...]]) -> str | None:
    """The revision of the tables, or None for a database without any."""
    row = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
    if row is None or row[0] is None:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


def make_current(connection: Connection[tuple[object, ...]], server: Server) -> None:
    """Bring the tables to this version's revision.

    Raises:
        ConfigurationError: a newer version made them, or they cannot be made.
    """
    found = revision(connection)
    if found == REVISIONS[-1]:
        return
    if found is not None and found not in REVISIONS:
        raise ConfigurationError(
            f"the journal {server.shown} was written by a newer version (revision {found}, "
            f"this one knows {REVISIONS[-1]}): install that version"
        )
    # Imported here: it costs more than opening a current database.
    from counterpoise.adapters.journals.migrate import migrate  # noqa: PLC0415

    migrate(server, REVISIONS[-1])


def is_lost(error: psycopg.Error) -> bool:
    """Whether the connection ended, so that nobody knows what became of the statement."""
    return error.sqlstate is None or error.sqlstate.startswith(_LOST)


def meaning(error: psycopg.Error, server: Server, doing: str) -> JournalRefused | JournalBroken:
    """What `error` means when it came while `doing` something that would have changed the database."""
    said = server.without_secret(error)
    if (error.sqlstate or "").startswith(_CLEAN):
        return JournalRefused(f"{doing}: {server.shown} refused and nothing was written ({said})")
    return JournalBroken(f"{doing}: {server.shown} failed, nothing may be assumed ({error.sqlstate}: {said})")


@contextmanager
def writing(server: Server) -> Iterator[None]:
    """Give the errors of the writer their meaning.

    Raises:
        Conflict, Lost, JournalRefused, JournalBroken: see `Store`.
    """
    try:
        yield
    except psycopg.Error as error:
        if (error.sqlstate or "").startswith(_CONFLICT):
            raise Conflict(server.without_secret(error)) from error
        if is_lost(error):
            raise Lost(f"the connection to {server.shown} ended ({server.without_secret(error)})") from error
        raise meaning(error, server, "appending") from error


@contextmanager
def reading(server: Server, doing: str) -> Iterator[None]:
    """Give the errors of a read their meaning.

    Raises:
        JournalCorrupt: the server says that its files are damaged.
        JournalRefused: it cannot be reached, or refused; a later read may succeed.
        JournalBroken: any other failure.
    """
    try:
        yield
    except psycopg.Error as error:
        said = server.without_secret(error)
        if (error.sqlstate or "").startswith(_CORRUPT):
            raise JournalCorrupt(f"{doing}: {server.shown} is damaged ({said})") from error
        if is_lost(error):
            raise JournalRefused(f"{doing}: {server.shown} cannot be reached ({said})") from error
        raise meaning(error, server, doing) from error


@contextmanager
def _opening(server: Server) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise ConfigurationError(
            f"the journal {server.shown} cannot be opened ({server.without_secret(error)}): "
            "is the server running, does it know the user and the database, and may the user create tables there?"
        ) from error
