"""Do the revisions lead forward and back on both databases, and is the newest the one that the code expects?"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from alembic.script import ScriptDirectory
from psycopg.conninfo import make_conninfo

from counterpoise.adapters.journals import database as sqlite_db
from counterpoise.adapters.journals import server as postgres_db
from counterpoise.adapters.journals.database import REVISIONS
from counterpoise.adapters.journals.migrate import BASE, configuration, migrate, take_back
from counterpoise.adapters.journals.place import File, Place, read_url
from counterpoise.adapters.journals.postgres import PostgresJournal
from counterpoise.adapters.journals.sqlite import SqliteJournal
from counterpoise.adapters.journals.stored import StoredJournal
from counterpoise.domain.errors import ConfigurationError
from tests.adapters.journals.postgres_server import database
from tests.ledger.samples import deposits

OURS = {"entries", "checkpoints", "entries_by_kind", "entries_by_instrument"}
TRIGGERS = {"entries_never_change", "entries_never_go", "entries_follow"}
RULES = {"sqlite": TRIGGERS, "postgres": {*TRIGGERS, "entries_refuse()", "entries_follow()"}}


class FixedClock:
    """A clock that stands."""

    def now(self) -> datetime:
        return datetime(2024, 3, 10, 7, tzinfo=UTC)


@pytest.fixture(params=("sqlite", "postgres"))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "sqlite":
        yield File(tmp_path / "journal.db")
        return
    with database() as url:
        yield read_url(url)


def asked(place: Place, on_sqlite: str, on_postgres: str) -> list[str]:
    """The first column of what the database answers."""
    if isinstance(place, File):
        with closing(sqlite3.connect(place.path)) as connection:
            return [str(row[0]) for row in connection.execute(on_sqlite)]
    with psycopg.connect(make_conninfo("", **place.parameters), autocommit=True) as server:
        rows = server.execute(on_postgres.encode())
        return [str(row[0]) for row in rows] if rows.description else []


def things(place: Place) -> set[str]:
    """Names of all tables, indexes, triggers and functions of ours."""
    found = asked(
        place,
        "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'",
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
        "UNION SELECT tgname FROM pg_trigger WHERE NOT tgisinternal "
        "UNION SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    )
    return {name for name in found if not name.endswith(("_pkey", "_key", "_pkc"))}


def opened(place: Place, folder: Path) -> StoredJournal:
    if isinstance(place, File):
        return SqliteJournal.open(place.path, clock=FixedClock())
    return PostgresJournal.open(place, clock=FixedClock(), folder=folder)


def revision(place: Place) -> str | None:
    if isinstance(place, File):
        with closing(sqlite3.connect(place.path)) as connection:
            return sqlite_db.revision(connection)
    with psycopg.connect(make_conninfo("", **place.parameters)) as server:
        return postgres_db.revision(server)


def test_the_list_of_revisions_is_that_of_the_files() -> None:
    scripts = ScriptDirectory.from_config(configuration())
    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == REVISIONS


@pytest.mark.parametrize("number", range(len(REVISIONS)))
def test_each_revision_comes_and_goes_without_a_trace(place: Place, number: int) -> None:
    before = REVISIONS[number - 1] if number else BASE
    if number:
        migrate(place, before)
    else:
        take_back(place, before)
    without = things(place)
    migrate(place, REVISIONS[number])
    made = things(place)
    assert revision(place) == REVISIONS[number]
    take_back(place, before)
    assert things(place) == without
    assert revision(place) == (before if number else None)
    migrate(place, REVISIONS[number])
    assert things(place) == made


def test_the_newest_has_every_table_index_and_rule(place: Place) -> None:
    migrate(place, REVISIONS[-1])
    rules = RULES["sqlite" if isinstance(place, File) else "postgres"]
    assert things(place) == {"alembic_version", *OURS, *rules}


def test_opening_brings_a_database_of_no_revision_to_the_newest(place: Place, tmp_path: Path) -> None:
    take_back(place, BASE)
    journal = opened(place, tmp_path)
    assert revision(place) == REVISIONS[-1]
    journal._writer.close()


def test_a_revision_that_fails_leaves_nothing_behind(place: Place) -> None:
    table = "CREATE TABLE checkpoints (in_the_way TEXT)"
    assert asked(place, table, table) == []
    with pytest.raises(ConfigurationError, match=r"checkpoints.* already exists") as refused:
        migrate(place, "0001")
    assert things(place) == {"checkpoints"}
    assert "\n" not in str(refused.value)


async def test_facts_are_thrown_away_only_when_that_is_said(place: Place, tmp_path: Path) -> None:
    journal = opened(place, tmp_path)
    await journal.append("main", 1, 1, deposits(1, 3))
    await journal.close()
    before = things(place)
    with pytest.raises(ConfigurationError, match=r"holds 3 entries.*nothing was changed"):
        take_back(place, BASE)
    assert things(place) == before
    assert revision(place) == REVISIONS[-1]
    again = opened(place, tmp_path)
    assert (await again.last("main")).sequence == 3
    await again.close()
    take_back(place, BASE, discard_facts=True)
    assert things(place) == {"alembic_version"}


def test_of_many_that_make_the_tables_at_once_all_find_them_made(place: Place) -> None:
    failed: list[BaseException] = []

    def make() -> None:
        try:
            migrate(place, REVISIONS[-1])
        except BaseException as error:  # noqa: BLE001 - reported below
            failed.append(error)

    makers = [threading.Thread(target=make) for _ in range(4)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert failed == []
    assert things(place) >= OURS


async def test_names_are_sorted_alike_on_every_server(place: Place, tmp_path: Path) -> None:
    journal = opened(place, tmp_path)
    names = ("Zeta", "alpha", "Ångström", "émile", "_x", "a b", "🚀")
    for name in names:
        await journal.append(name, 1, 1, deposits(1, 1, account=name))
    assert await journal.accounts() == tuple(sorted(names))
    await journal.close()
