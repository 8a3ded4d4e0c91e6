"""How does a database get the tables of this version? Imported only when a database is not current.

Alembic and SQLAlchemy take longer to import than a current database takes to open.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from counterpoise.domain.errors import ConfigurationError

SCRIPTS = Path(__file__).parent / "migrations"
BUSY_SECONDS = 30


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration with our revisions, over `connection`."""
    config = Config(attributes={"connection": connection})
    # Config reads `%` as the start of a variable.
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config


def migrate(database: Path, revision: str) -> None:
    """Bring the SQLite file `database` to `revision`, in one transaction; a second process waits for it.

    Raises:
        ConfigurationError: the storage refused; nothing has changed.
    """
    engine = create_engine(
        "sqlite://",
        # isolation_level: or the driver would commit before each CREATE TABLE.
        creator=lambda: sqlite3.connect(database, isolation_level=None, timeout=BUSY_SECONDS),
        poolclass=NullPool,
    )
    event.listen(engine, "begin", _begin)
    run = command.downgrade if revision == "base" else command.upgrade
    try:
        with engine.begin() as connection:
            run(configuration(connection), revision)
    except SQLAlchemyError as error:
        raise ConfigurationError(
            f"the tables of {database} cannot be made ({error.__cause__}): is it writable, and is there room?"
        ) from error
    finally:
        engine.dispose()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
