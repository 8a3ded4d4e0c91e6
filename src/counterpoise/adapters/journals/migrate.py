"""How does a database get the tables of this version, or of another? Imported only when a database is not current.

Alembic and SQLAlchemy take longer to import than a current database takes to open.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from counterpoise.adapters.journals.place import File, Place, Server
from counterpoise.domain.errors import ConfigurationError

SCRIPTS = Path(__file__).parent / "migrations"
BUSY_SECONDS = 30
BASE = "base"
"""What Alembic calls a database without any of our tables."""

_SEAT = 0x636F_756E_7465_7270
"""The number of the advisory lock of whoever makes tables on a server; no account's (their numbers are hashes)."""


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration with our revisions, over `connection`."""
    config = Config(attributes={"connection": connection})
    # Config reads `%` as the start of a variable.
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config


def migrate(place: Place, revision: str) -> None:
    """Bring the database at `place` forward to `revision`, in one transaction; a second process waits for it.

    Raises:
        ConfigurationError: the storage refused; nothing has changed.
    """
    engine = _engine(place)
    try:
        with engine.begin() as connection:
            command.upgrade(configuration(connection), revision)
    except SQLAlchemyError as error:
        raise _unchanged(place, error) from error
    finally:
        engine.dispose()


def take_back(place: Place, revision: str, *, discard_facts: bool = False) -> None:
    """Bring the database at `place` back to `revision`, in one transaction.

    Args:
        place: Which database.
        revision: An earlier one, or `BASE`, which removes the tables.
        discard_facts: Whether entries may be thrown away with their table.

    Raises:
        ConfigurationError: there are entries and they may not go, or the storage refused; nothing has changed.
    """
    engine = _engine(place)
    try:
        with engine.begin() as connection:
            kept = _entries(connection)
            if kept and not discard_facts:
                raise ConfigurationError(
                    f"the journal {place.shown} holds {kept:,} entries, which a downgrade may throw away for ever; "
                    "nothing was changed. Make a backup, then say --discard-facts"
                )
            command.downgrade(configuration(connection), revision)
    except SQLAlchemyError as error:
        raise _unchanged(place, error) from error
    finally:
        engine.dispose()


def _entries(connection: Connection) -> int:
    """How many entries there are, when nobody adds one any more."""
    if not inspect(connection).has_table("entries"):
        return 0
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE entries IN EXCLUSIVE MODE")
    return int(connection.exec_driver_sql("SELECT count(*) FROM entries").scalar_one())


def _engine(place: Place) -> Engine:
    engine = _sqlite(place) if isinstance(place, File) else _postgres(place)
    event.listen(engine, "begin", _begin)
    return engine


def _sqlite(place: File) -> Engine:
    return create_engine(
        "sqlite://",
        # isolation_level: or the driver would commit before each CREATE TABLE.
        creator=lambda: sqlite3.connect(place.path, isolation_level=None, timeout=BUSY_SECONDS),
        poolclass=NullPool,
    )


def _postgres(place: Server) -> Engine:
    import psycopg  # noqa: PLC0415 - an extra
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415 - as above

    return create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(
            make_conninfo("", **place.parameters),
            application_name="counterpoise (tables)",
            options=f"-c lock_timeout={BUSY_SECONDS}s",
        ),
        poolclass=NullPool,
    )


def _begin(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_SEAT})")
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _unchanged(place: Place, error: SQLAlchemyError) -> ConfigurationError:
    cause = error.__cause__ or error
    said = place.without_secret(cause) if isinstance(place, Server) else str(cause)
    return ConfigurationError(
        f"the tables of {place.shown} cannot be made ({said}): is it writable, and is there room?"
    )
