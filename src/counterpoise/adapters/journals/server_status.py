"""What is in a journal's database on a server, and who writes there? Read without making or changing anything."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import Connection

from counterpoise.adapters.journals import server as db
from counterpoise.adapters.journals.database import REVISIONS
from counterpoise.adapters.journals.place import Server
from counterpoise.adapters.journals.postgres import READS, holder_of, seat_of
from counterpoise.adapters.journals.status import DatabaseStatus, KeptAccount, kept
from counterpoise.adapters.journals.store import every_account
from counterpoise.domain.errors import ConfigurationError
from counterpoise.ledger.journal import Entry


def of_server(server: Server) -> DatabaseStatus:
    """The status of a PostgreSQL database; one without our tables has no revision.

    Raises:
        ConfigurationError: it cannot be reached or read.
    """
    try:
        with db.connect(server, "counterpoise (status)") as connection:
            revision = db.revision(connection)
            settings = db.settings(connection)
            return DatabaseStatus(
                place=server.shown,
                software=f"PostgreSQL {settings['server_version']}",
                revision=revision,
                newest=REVISIONS[-1],
                size_bytes=_size(connection) if revision else 0,
                accounts=_accounts(connection) if revision else (),
                settings={name: value for name, value in settings.items() if name != "server_version"},
            )
    except psycopg.Error as error:
        raise ConfigurationError(
            f"the journal {server.shown} cannot be read ({server.without_secret(error)}): "
            "is the server running, and does it know the user and the database?"
        ) from error


def _accounts(connection: Connection[Any]) -> tuple[KeptAccount, ...]:
    row = connection.execute("SELECT to_regclass('entries')").fetchone()
    if row is None or row[0] is None:
        return ()
    found = []
    names = every_account(
        lambda above: connection.execute(READS.next_account, (above,)).fetchone(),
        lambda: connection.execute(READS.nameless).fetchone(),
    )
    for name in names:
        last = connection.execute(READS.last, (name,)).fetchone()
        if last:
            found.append(kept(Entry._make(last), holder_of(connection, seat_of(name))))
    return tuple(found)


def _size(connection: Connection[Any]) -> int:
    row = connection.execute(
        "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE oid IN "
        "(to_regclass('entries'), to_regclass('checkpoints'))"
    ).fetchone()
    return int(row[0] or 0) if row else 0
