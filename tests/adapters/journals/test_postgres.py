"""Does the PostgreSQL journal hold against processes, lost connections, servers and people who want to change it?"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from counterpoise.adapters.journals import server as db
from counterpoise.adapters.journals.place import Server, read_url
from counterpoise.adapters.journals.postgres import PostgresJournal, PostgresReader, PostgresStore, seat_of
from counterpoise.adapters.journals.rows import CHUNK
from counterpoise.adapters.journals.store import Conflict, Lost
from counterpoise.domain.errors import (
    ConfigurationError,
    DuplicateFact,
    JournalBroken,
    JournalCorrupt,
    JournalRefused,
    StaleWriter,
)
from counterpoise.ledger.audit import AuditReport, audit
from counterpoise.ledger.journal import Entry
from tests.adapters.journals.postgres_server import database
from tests.ledger.samples import deposit, deposits

ROOT = Path(__file__).resolve().parents[3]


class FixedClock:
    """A clock that stands."""

    def now(self) -> datetime:
        return datetime(2024, 3, 10, 7, tzinfo=UTC)


@pytest.fixture
def url() -> Iterator[str]:
    with database() as made:
        yield made


@pytest.fixture
def server(url: str) -> Server:
    return of(url)


def of(url: str) -> Server:
    read = read_url(url)
    assert isinstance(read, Server)
    return read


def opened(server: Server, folder: Path, *, key_file: Path | None = None, reconnect: float = 5) -> PostgresJournal:
    return PostgresJournal.open(
        server, clock=FixedClock(), folder=folder, key_file=key_file, name="first", reconnect_seconds=reconnect
    )


@pytest.fixture
async def journal(server: Server, tmp_path: Path) -> AsyncIterator[PostgresJournal]:
    made = opened(server, tmp_path)
    yield made
    await made.close()


async def audited(journal: PostgresJournal, account: str = "main") -> AuditReport:
    entries = [entry async for entry in journal.read(account)]
    return audit(entries, journal.key, account, await journal.anchors())


def altered(url: str, *statements: str) -> None:
    """What somebody with the database's password and psql does to it."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


# ── durable, and in few flushes ──────────────────────────────────────────────────────────────────────────


def test_the_settings_that_make_it_durable_are_read_back(server: Server, tmp_path: Path) -> None:
    journal = opened(server, tmp_path)
    read = journal.durability()
    assert (read["fsync"], read["full_page_writes"], read["synchronous_commit"]) == ("on", "on", "on")
    asyncio.run(journal.close())


@pytest.mark.parametrize("weaker", ("off", "local", "remote_write"))
def test_a_weaker_default_of_the_database_is_not_taken_over(
    server: Server, url: str, tmp_path: Path, weaker: str
) -> None:
    altered(url, f"ALTER DATABASE {server.parameters['dbname']} SET synchronous_commit = {weaker}")
    journal = opened(server, tmp_path)
    assert journal.durability()["synchronous_commit"] == "on"
    asyncio.run(journal.close())


GOOD = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "server_encoding": "UTF8"}


@pytest.mark.parametrize(
    ("name", "value"),
    (
        ("fsync", "off"),
        ("full_page_writes", "off"),
        ("synchronous_commit", "off"),
        ("synchronous_commit", "local"),
        ("server_encoding", "SQL_ASCII"),
    ),
)
def test_a_server_that_forgets_is_refused_and_the_one_who_runs_it_is_told(name: str, value: str) -> None:
    place = of("postgresql://trader:secret@db.example/book")
    db.refuse_forgetful(GOOD, place)
    db.refuse_forgetful({**GOOD, "synchronous_commit": "remote_apply"}, place)
    with pytest.raises(ConfigurationError, match="whoever runs that server must") as refused:
        db.refuse_forgetful({**GOOD, name: value}, place)
    assert value in str(refused.value)
    assert "secret" not in str(refused.value)


async def test_appends_that_wait_share_a_commit(journal: PostgresJournal) -> None:
    names = [f"account {n}" for n in range(200)]
    await asyncio.gather(*(journal.append(name, 1, 1, deposits(1, 2, account=name)) for name in names))
    assert 1 <= journal.commits < 100
    assert len(await journal.accounts()) == 200
    await asyncio.gather(*(journal.append(name, 3, 1, deposits(3, 2, account=name)) for name in names))
    assert {(await audited(journal, name)).entries for name in names} == {4}


async def test_a_refused_append_costs_no_commit(journal: PostgresJournal) -> None:
    with pytest.raises(StaleWriter):
        await journal.append("main", 2, 1, deposits(2, 1))
    assert journal.commits == 0


async def test_what_was_acknowledged_is_there_after_the_journal_is_opened_again(server: Server, tmp_path: Path) -> None:
    first = opened(server, tmp_path)
    await first.append("main", 1, 1, deposits(1, 3))
    tail = await first.last("main")
    await first.close()
    second = opened(server, tmp_path)
    assert await second.last("main") == tail
    assert await second.append("main", 4, 1, deposits(4, 1)) == 4
    assert (await audited(second)).ok
    await second.close()


def test_opening_a_current_journal_imports_no_migrations(server: Server, url: str, tmp_path: Path) -> None:
    asyncio.run(opened(server, tmp_path).close())
    script = f"""
import sys
from pathlib import Path
from counterpoise.adapters.journals.place import read_url
from counterpoise.adapters.journals.postgres import PostgresJournal
PostgresJournal.open(read_url({url!r}), clock=None, folder=Path({str(tmp_path)!r}))
print([name for name in ("alembic", "sqlalchemy") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


async def test_a_long_read_holds_one_chunk_and_no_transaction(
    journal: PostgresJournal, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for first in range(1, 5 * CHUNK, CHUNK):
        await journal.append("main", first, 1, deposits(first, CHUNK))
    sizes: list[int] = []
    plain = PostgresReader.following

    def counted(self: PostgresReader, account: str, sequence: int | None, count: int) -> list[Entry]:
        found = plain(self, account, sequence, count)
        sizes.append(len(found))
        return found

    monkeypatch.setattr(PostgresReader, "following", counted)
    reading = journal.read("main")
    assert (await anext(reading)).sequence == 1
    assert sizes == [CHUNK]
    with psycopg.connect(url) as other:
        states = other.execute(
            "SELECT DISTINCT state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    assert states == [("idle",)]
    assert [entry.sequence async for entry in reading] == list(range(2, 5 * CHUNK + 1))


# ── one writer an account ────────────────────────────────────────────────────────────────────────────────


async def test_a_second_writer_is_told_who_writes_and_other_accounts_are_free(
    journal: PostgresJournal, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "BUSY_SECONDS", 1)
    await journal.append("main", 1, 1, deposits(1, 1))
    second = opened(server, tmp_path)
    outcomes = await asyncio.gather(
        second.append("main", 2, 2, deposits(2, 1, epoch=2)),
        second.append("other", 1, 1, deposits(1, 1, account="other")),
        return_exceptions=True,
    )
    assert isinstance(outcomes[0], JournalRefused)
    assert "account main is being written by first (session" in str(outcomes[0])
    assert outcomes[1] == 1
    began = time.monotonic()
    with pytest.raises(JournalRefused, match="being written"):
        await second.append("main", 2, 2, deposits(2, 1, epoch=2))
    assert time.monotonic() - began < db.BUSY_SECONDS / 2, "it is waited for once only"
    await journal.close()
    assert await second.append("main", 2, 2, deposits(2, 1, epoch=2)) == 2
    await second.close()


async def test_a_writer_that_is_silent_is_replaced_and_fenced_when_it_wakes(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "SILENT_SECONDS", 1)
    first = opened(server, tmp_path)
    await first.append("main", 1, 1, deposits(1, 1))
    for _ in range(4):  # alive for longer than it may be silent
        await asyncio.sleep(0.4)
        await first.keep_alive()
    monkeypatch.setattr(db, "SILENT_SECONDS", 30)
    monkeypatch.setattr(db, "BUSY_SECONDS", 2)
    second = opened(server, tmp_path)
    assert await second.append("main", 2, 2, deposits(2, 1, epoch=2)) == 2
    with pytest.raises(JournalRefused, match="is being written by first"):
        await first.append("main", 2, 1, deposits(2, 1))
    await second.close()
    with pytest.raises(StaleWriter, match="the journal ends at 2"):
        await first.append("main", 2, 1, deposits(2, 1))
    with pytest.raises(StaleWriter, match="epoch 1 was ended by epoch 2"):
        await first.append("main", 3, 1, deposits(3, 1))
    await first.close()


def test_accounts_have_seats_of_their_own() -> None:
    seats = {seat_of(f"account {number}") for number in range(10_000)}
    assert len(seats) == 10_000
    assert all(0 <= seat < 2**63 for seat in seats)


CHILD = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from counterpoise.adapters.journals.place import read_url
from counterpoise.adapters.journals.postgres import PostgresJournal
from counterpoise.domain.errors import JournalRefused, StaleWriter
from counterpoise.domain.numbers import exact
from tests.ledger.samples import deposits

class Clock:
    def now(self):
        return datetime(2024, 3, 10, 7, tzinfo=UTC)

async def race(journal):
    won, stale, refused = [], 0, 0
    while len(won) < 20:
        sequence = (await journal.last("main")).sequence + 1
        try:
            await journal.append("main", sequence, 1, deposits(sequence, 1))
            won.append(sequence)
        except StaleWriter:
            stale += 1
        except JournalRefused:
            refused += 1
            await asyncio.sleep(0.01)
    print(*won)

async def work(journal):
    sequence = 1
    while True:
        last = await journal.append("main", sequence, 1, deposits(sequence, 7))
        print(last, flush=True)
        sequence = last + 1

async def main(url, folder, task):
    journal = PostgresJournal.open(read_url(url), clock=Clock(), folder=Path(folder), name="child")
    print("ready", flush=True)
    sys.stdin.readline()
    await task(journal)
    await journal.close()

with exact():
    asyncio.run(main(sys.argv[1], sys.argv[2], {"race": race, "work": work}[sys.argv[3]]))
"""


@pytest.fixture
def child(url: str, tmp_path: Path) -> Iterator[Callable[[str], "subprocess.Popen[str]"]]:
    started: list[subprocess.Popen[str]] = []

    def start(task: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", CHILD, url, str(tmp_path), task],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def line_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def go(process: "subprocess.Popen[str]") -> None:
    assert line_of(process) == "ready\n"
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


async def test_of_two_processes_one_writes_an_account_until_it_ends_and_then_the_other(
    server: Server, tmp_path: Path, child: Callable[[str], "subprocess.Popen[str]"]
) -> None:
    racers = [child("race"), child("race")]  # they make the tables and the key at the same moment too
    for racer in racers:
        go(racer)
    won = sorted([int(number) for number in racer.communicate(timeout=60)[0].split()] for racer in racers)
    assert won == [list(range(1, 21)), list(range(21, 41))]
    journal = opened(server, tmp_path)
    report = await audited(journal)
    assert (report.ok, report.entries) == (True, 40)
    await journal.close()


@pytest.mark.parametrize("after", (0, 1, 5, 20))
async def test_a_killed_process_leaves_all_it_acknowledged_whole_appends_only_and_its_seat(
    server: Server, tmp_path: Path, child: Callable[[str], "subprocess.Popen[str]"], after: int
) -> None:
    worker = child("work")
    go(worker)
    acknowledged = [int(line_of(worker)) for _ in range(after)]
    await asyncio.sleep(0.002)
    os.kill(worker.pid, signal.SIGKILL)
    acknowledged += [int(line) for line in worker.communicate(timeout=60)[0].splitlines() if line]
    journal = opened(server, tmp_path)
    with pytest.raises(StaleWriter):  # which waits until the server has ended what the dead process was doing
        await journal.append("main", 2**40, 2, deposits(2**40, 1, epoch=2))
    last = (await journal.last("main")).sequence
    assert last >= max(acknowledged, default=0)
    assert last in range(0, 10_000_000, 7)
    assert (await audited(journal)).ok
    assert await journal.append("main", last + 1, 2, deposits(last + 1, 1, epoch=2)) == last + 1
    await journal.close()


# ── against people ───────────────────────────────────────────────────────────────────────────────────────

COLUMNS = ", ".join(Entry._fields)
COPY = (
    f"INSERT INTO entries ({COLUMNS}) SELECT {COLUMNS.replace('sequence', '{}').replace('fact_id', '{}')} FROM entries "
    "WHERE sequence = 4"
)


@pytest.mark.parametrize(
    "statement",
    (
        pytest.param("UPDATE entries SET kind = 'Fee' WHERE sequence = 3", id="update"),
        pytest.param("DELETE FROM entries WHERE sequence = 9", id="delete"),
        pytest.param("DELETE FROM entries", id="delete all"),
        pytest.param("TRUNCATE entries", id="truncate"),
        pytest.param("TRUNCATE entries, checkpoints CASCADE", id="truncate all"),
        pytest.param(
            "SET session_replication_role = replica; UPDATE entries SET kind = 'Fee'", id="update as a replica"
        ),
        pytest.param("SET session_replication_role = replica; DELETE FROM entries", id="delete as a replica"),
        pytest.param(
            COPY.format("10", "'new'") + " ON CONFLICT (account, sequence) DO UPDATE SET kind = 'Fee'",
            id="insert or update",
        ),
        pytest.param(COPY.format("11", "'new'"), id="insert with a gap"),
        pytest.param(COPY.format("3", "'new'"), id="insert in the middle"),
        pytest.param(COPY.format("0", "'new'"), id="insert below the first"),
        pytest.param(
            COPY.format("10", "'new'").replace("10, epoch", "10, epoch - 1"), id="insert under an epoch that was ended"
        ),
    ),
)
async def test_the_database_refuses_any_change(journal: PostgresJournal, url: str, statement: str) -> None:
    await journal.append("main", 1, 2, deposits(1, 9, epoch=2))
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="journal entries"):
        altered(url, *statement.split("; "))
    assert (await audited(journal)).entries == 9


def unguarded(*statements: str) -> list[str]:
    return ["ALTER TABLE entries DISABLE TRIGGER USER", *statements, "ALTER TABLE entries ENABLE TRIGGER USER"]


SET = "UPDATE entries SET"
ATTACKS = (
    pytest.param([f"{SET} raw = overlay(raw PLACING 'x' FROM 20) WHERE sequence = 4"], 4, id="a byte"),
    pytest.param([f"{SET} seal = sha256('x') WHERE sequence = 4"], 4, id="a seal"),
    pytest.param([f"{SET} actor = 'nobody' WHERE sequence = 4"], 4, id="a column"),
    pytest.param([f"{SET} instrument = 'paper:X:1' WHERE sequence = 4"], 4, id="a column that was absent"),
    pytest.param([f"{SET} account = 'other' WHERE sequence = 9"], 9, id="an entry moved to another account"),
    pytest.param(["DELETE FROM entries WHERE sequence = 4"], 4, id="a row deleted"),
    pytest.param(
        [
            "DELETE FROM entries WHERE sequence = 4",
            "ALTER TABLE entries DROP CONSTRAINT entries_pkey",
            f"{SET} sequence = sequence - 1 WHERE sequence > 4",
        ],
        4,
        id="a row deleted and the rest renumbered",
    ),
    pytest.param([COPY.format("10", "'new'")], 10, id="a row added"),
    pytest.param(
        ["ALTER TABLE entries DROP CONSTRAINT entries_sequence_check", COPY.format("-7", "'new'")],
        1,
        id="a row below the first",
    ),
    pytest.param(
        [
            f"{SET} sequence = 100 WHERE sequence = 4",
            f"{SET} sequence = 4 WHERE sequence = 7",
            f"{SET} sequence = 7 WHERE sequence = 100",
        ],
        4,
        id="two rows reordered",
    ),
    pytest.param(["DELETE FROM entries WHERE sequence > 2"], 3, id="the tail cut off below the anchor"),
    pytest.param(["TRUNCATE entries"], 1, id="everything cut off"),
)


@pytest.mark.parametrize(("attack", "first_bad"), ATTACKS)
async def test_an_attack_on_the_table_is_found_at_its_first_bad_entry(
    server: Server, url: str, tmp_path: Path, attack: list[str], first_bad: int
) -> None:
    writer = opened(server, tmp_path)
    await writer.append("main", 1, 1, deposits(1, 9))
    await writer.close()
    altered(url, *unguarded(*attack))
    journal = opened(server, tmp_path)
    report = await audited(journal)
    assert (report.ok, report.first_bad) == (False, first_bad)
    await journal.close()


@pytest.mark.parametrize(
    "attack",
    (
        pytest.param("DELETE FROM entries WHERE sequence = 9", id="gone"),
        pytest.param(f"{SET} seal = sha256('x') WHERE sequence = 9", id="changed"),
        pytest.param("TRUNCATE entries", id="all gone"),
    ),
)
async def test_entries_that_vanish_under_the_writer_end_it(journal: PostgresJournal, url: str, attack: str) -> None:
    await journal.append("main", 1, 1, deposits(1, 9))
    altered(url, *unguarded(attack))
    with pytest.raises(JournalBroken, match="entry 9 is no longer what was written"):
        await journal.append("main", 10, 1, deposits(10, 1))
    with pytest.raises(JournalBroken):
        await journal.append("other", 1, 1, deposits(1, 1, account="other"))


async def test_an_entry_that_somebody_added_behind_the_writer_makes_it_stale(
    journal: PostgresJournal, url: str
) -> None:
    await journal.append("main", 1, 1, deposits(1, 9))
    altered(url, COPY.format("10", "'new'"))
    with pytest.raises(StaleWriter, match="the journal ends at 10"):
        await journal.append("main", 10, 1, deposits(10, 1))
    assert (await audited(journal)).first_bad == 10


@pytest.mark.parametrize(
    "spoil",
    (
        pytest.param(f"{SET} seal = sha256('x') WHERE sequence = 9", id="its seal was changed"),
        pytest.param("DELETE FROM entries WHERE sequence = 8", id="the entry before is gone"),
    ),
)
async def test_nothing_is_added_to_a_chain_whose_end_does_not_fit(
    server: Server, url: str, tmp_path: Path, spoil: str
) -> None:
    first = opened(server, tmp_path)
    await first.append("main", 1, 1, deposits(1, 9))
    await first.close()
    altered(url, *unguarded(spoil))
    second = opened(server, tmp_path)
    with pytest.raises(JournalCorrupt) as refused:
        await second.append("main", 10, 1, deposits(10, 1))
    assert refused.value.sequence == 9
    assert await second.append("other", 1, 1, deposits(1, 1, account="other")) == 1
    await second.close()


# ── against storage ──────────────────────────────────────────────────────────────────────────────────────

MEANINGS = (
    ("53100", JournalRefused),  # disk full
    ("53200", JournalRefused),  # out of memory
    ("25006", JournalRefused),  # read-only
    ("55P03", JournalRefused),  # locked for too long
    ("40P01", JournalRefused),  # deadlock
    ("57014", JournalRefused),  # cancelled
    ("42501", JournalRefused),  # not allowed
    ("23505", Conflict),
    ("23000", Conflict),  # our triggers
    ("08006", Lost),
    ("57P01", Lost),  # ended by a person
    ("57P02", Lost),  # the server crashed
    ("57P05", Lost),  # silent for too long
    ("58030", JournalBroken),  # I/O error
    ("XX000", JournalBroken),
    ("XX001", JournalBroken),  # damaged
    ("42P01", JournalBroken),  # the table is gone
    ("22021", JournalBroken),
)


@pytest.mark.parametrize(("state", "kind"), MEANINGS)
def test_every_error_of_the_server_has_its_meaning(state: str, kind: type[Exception]) -> None:
    server = of("postgresql://trader:s3cret@db.example:5433/book")
    error = psycopg.errors.lookup(state)("it said s3cret")
    with pytest.raises(kind) as told, db.writing(server):
        raise error
    assert "s3cret" not in str(told.value)


def test_an_error_without_a_state_is_a_lost_connection() -> None:
    with pytest.raises(Lost), db.writing(of("postgresql://db.example/book")):
        raise psycopg.OperationalError("consuming input failed: server closed the connection unexpectedly")


def store_of(journal: PostgresJournal) -> PostgresStore:
    store = journal._writer._store
    assert isinstance(store, PostgresStore)
    return store


async def test_a_read_only_database_refuses_cleanly_and_is_read(journal: PostgresJournal) -> None:
    await journal.append("main", 1, 1, deposits(1, 1))
    connection = store_of(journal)._connection
    connection.execute("SET default_transaction_read_only = on")
    with pytest.raises(JournalRefused, match="read-only"):
        await journal.append("main", 2, 1, deposits(2, 1))
    assert (await audited(journal)).entries == 1
    connection.execute("SET default_transaction_read_only = off")
    assert await journal.append("main", 2, 1, deposits(2, 1)) == 2


async def test_a_table_that_stays_locked_refuses_cleanly(journal: PostgresJournal, url: str) -> None:
    await journal.append("main", 1, 1, deposits(1, 1))
    store_of(journal)._connection.execute("SET lock_timeout = '100ms'")
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE entries IN EXCLUSIVE MODE")
        with pytest.raises(JournalRefused, match="nothing was written"):
            await journal.append("main", 2, 1, deposits(2, 1))
    assert await journal.append("main", 2, 1, deposits(2, 1)) == 2


class Cut:
    """A connection that is cut once, before or after the server has done what it was told."""

    def __init__(self, real: psycopg.Connection[Any], url: str, *, when: str) -> None:
        self.real = real
        self.url = url
        self.when = when

    def execute(self, statement: str, *arguments: Any) -> object:  # noqa: ANN401 - as psycopg has it
        if not str(statement).startswith("INSERT"):
            return self.real.execute(statement, *arguments)
        if self.when == "after":
            self.real.execute(statement, *arguments)
        altered(self.url, f"SELECT pg_terminate_backend({self.real.info.backend_pid}, 5000)")
        return self.real.execute(statement, *arguments)

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)


def cut(journal: PostgresJournal, url: str, when: str) -> None:
    store = store_of(journal)
    connection: Any = Cut(store._connection, url, when=when)
    store._connection = connection


@pytest.mark.parametrize("when", ("before", "after"))
async def test_a_commit_whose_answer_was_lost_is_settled_by_what_is_there_and_written_once(
    journal: PostgresJournal, url: str, when: str
) -> None:
    await journal.append("main", 1, 1, deposits(1, 1))
    cut(journal, url, when)
    both = (journal.append("main", 2, 1, deposits(2, 3)), journal.append("b", 1, 1, deposits(1, 1, account="b")))
    assert [*await asyncio.gather(*both)] == [4, 1]
    assert await journal.append("main", 5, 1, deposits(5, 1)) == 5
    report = await audited(journal)
    assert (report.ok, report.entries) == (True, 5)
    assert (await audited(journal, "b")).entries == 1


async def test_a_connection_that_ended_while_nothing_was_written_is_mended(journal: PostgresJournal, url: str) -> None:
    await journal.append("main", 1, 1, deposits(1, 1))
    altered(url, f"SELECT pg_terminate_backend({store_of(journal)._connection.info.backend_pid}, 5000)")
    assert await journal.append("main", 2, 1, deposits(2, 1)) == 2
    altered(url, f"SELECT pg_terminate_backend({store_of(journal)._connection.info.backend_pid}, 5000)")
    await journal.keep_alive()
    assert await journal.append("main", 3, 1, deposits(3, 1)) == 3


def unreachable(*_: object) -> None:
    raise ConfigurationError("the journal cannot be opened")


async def test_an_answer_that_cannot_be_looked_up_ends_the_writer(
    server: Server, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = opened(server, tmp_path, reconnect=0)
    await journal.append("main", 1, 1, deposits(1, 1))
    cut(journal, url, "after")
    monkeypatch.setattr(db, "open_for_writing", unreachable)
    with pytest.raises(JournalBroken, match="it cannot be told whether this was written"):
        await journal.append("main", 2, 1, deposits(2, 1))
    with pytest.raises(JournalBroken):  # never tried again
        await journal.append("main", 3, 1, deposits(3, 1))
    assert (await journal.last("main")).sequence == 2
    await journal.close()


async def test_a_server_that_is_away_while_nothing_is_asked_of_it_refuses_cleanly_until_it_is_back(
    server: Server, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = opened(server, tmp_path, reconnect=0)
    await journal.append("main", 1, 1, deposits(1, 1))
    altered(url, f"SELECT pg_terminate_backend({store_of(journal)._connection.info.backend_pid}, 5000)")
    await journal.keep_alive()
    with monkeypatch.context() as away:
        away.setattr(db, "open_for_writing", unreachable)
        with pytest.raises(JournalRefused, match="nothing was written"):
            await journal.append("main", 2, 1, deposits(2, 1))
    assert await journal.append("main", 2, 1, deposits(2, 1)) == 2
    await journal.close()


async def test_an_answer_is_not_final_while_another_session_has_the_seat(
    server: Server, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be our own old session that still commits: what is not there yet may come."""
    journal = opened(server, tmp_path)
    await journal.append("main", 1, 1, deposits(1, 1))
    cut(journal, url, "before")
    monkeypatch.setattr(PostgresStore, "_wait_for", lambda self, key: False)
    real = PostgresStore._connect_again
    with psycopg.connect(url, autocommit=True) as other:

        def late(store: PostgresStore) -> psycopg.Connection[tuple[object, ...]]:
            other.execute("SELECT pg_advisory_lock(%s)", (seat_of("main"),))
            return real(store)

        monkeypatch.setattr(PostgresStore, "_connect_again", late)
        with pytest.raises(JournalBroken, match="it cannot be told"):
            await journal.append("main", 2, 1, deposits(2, 1))
    await journal.close()


async def test_a_duplicate_in_a_group_is_refused_alone(journal: PostgresJournal) -> None:
    await journal.append("d", 1, 1, deposits(1, 1, account="d"))
    outcomes = await asyncio.gather(
        *(journal.append(name, 1, 1, deposits(1, 2, account=name)) for name in ("a", "b")),
        journal.append("d", 2, 1, [deposit(2, account="d", fact_id="Deposit:1:0")]),
        *(journal.append(name, 1, 1, deposits(1, 2, account=name)) for name in ("e", "f")),
        return_exceptions=True,
    )
    assert [outcome if isinstance(outcome, int) else type(outcome) for outcome in outcomes] == [
        2, 2, DuplicateFact, 2, 2,
    ]  # fmt: skip


async def test_readers_outlive_their_connections(journal: PostgresJournal, url: str) -> None:
    await journal.append("main", 1, 1, deposits(1, 2))
    assert (await journal.last("main")).sequence == 2
    altered(
        url,
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid()",
    )
    assert (await journal.last("main")).sequence == 2
    assert await journal.accounts() == ("main",)


# ── opening ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_server_that_does_not_answer_is_said_in_one_line_without_the_secret(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"postgresql://trader@127\.0\.0\.1:1/book cannot be opened"
    ) as refused:
        opened(of("postgresql://trader:s3cret@127.0.0.1:1/book"), tmp_path)
    assert "\n" not in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_a_database_that_is_not_there_is_said(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        opened(of(f"{url}_not"), tmp_path)


def test_a_newer_revision_is_refused(server: Server, url: str, tmp_path: Path) -> None:
    asyncio.run(opened(server, tmp_path).close())
    altered(url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigurationError, match="newer version"):
        opened(server, tmp_path)


def test_a_user_who_may_not_make_tables_is_told(server: Server, url: str, tmp_path: Path) -> None:
    visitor = f"{server.parameters['dbname']}_visitor"
    altered(url, "REVOKE CREATE ON SCHEMA public FROM PUBLIC", f"CREATE ROLE {visitor} LOGIN")
    try:
        with pytest.raises(ConfigurationError, match="permission denied"):
            opened(Server(parameters={**server.parameters, "user": visitor}), tmp_path)
    finally:
        altered(url, f"DROP ROLE {visitor}")


async def test_another_key_adds_nothing(server: Server, tmp_path: Path) -> None:
    first = opened(server, tmp_path)
    await first.append("main", 1, 1, deposits(1, 1))
    await first.close()
    other = tmp_path / "other.key"
    other.write_bytes(bytes(range(32)))
    other.chmod(0o600)
    second = opened(server, tmp_path, key_file=other)
    with pytest.raises(JournalCorrupt, match="is the journal key the one that sealed it"):
        await second.append("main", 2, 1, deposits(2, 1))
    await second.close()
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(ConfigurationError, match="restore the file that sealed this journal"):
        opened(server, tmp_path / "elsewhere")


async def test_anchors_lie_in_the_folder(server: Server, tmp_path: Path) -> None:
    journal = opened(server, tmp_path)
    await journal.append("main", 1, 1, deposits(1, 1_000))
    await journal.close()
    again = opened(server, tmp_path)
    assert [(anchor.account, anchor.sequence) for anchor in await again.anchors()] == [("main", 1_000)]
    await again.close()


def test_what_a_silent_pooler_would_break_is_looked_at(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psycopg.ConnectionInfo, "backend_pid", 0)
    with pytest.raises(ConfigurationError, match="connection pooler"):
        opened(server, tmp_path)
