"""Does the SQLite journal hold against processes, disks and people who want to change it?"""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from counterpoise.adapters.journals.anchors import read_anchors
from counterpoise.adapters.journals.rows import CHUNK
from counterpoise.adapters.journals.sqlite import SqliteJournal, SqliteStore
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
from tests.ledger.samples import deposit, deposits

ROOT = Path(__file__).resolve().parents[3]


class FixedClock:
    """A clock that stands."""

    def now(self) -> datetime:
        return datetime(2024, 3, 10, 7, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def opened(file: Path, *, key_file: Path | None = None, busy_seconds: int = 5) -> SqliteJournal:
    return SqliteJournal.open(file, clock=FixedClock(), key_file=key_file, busy_seconds=busy_seconds)


@pytest.fixture
async def journal(file: Path) -> AsyncIterator[SqliteJournal]:
    made = opened(file)
    yield made
    await made.close()


async def audited(journal: SqliteJournal, account: str = "main") -> AuditReport:
    entries = [entry async for entry in journal.read(account)]
    return audit(entries, journal.key, account, await journal.anchors())


def altered(file: Path, *statements: str) -> None:
    """What somebody with the file and sqlite3 does to it."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


# ── durable, and in few flushes ──────────────────────────────────────────────────────────────────────────


def test_the_settings_that_make_it_durable_are_read_back(file: Path) -> None:
    journal = opened(file)
    assert journal.durability()["journal_mode"] == "wal"
    assert journal.durability()["synchronous"] == 2
    asyncio.run(journal.close())


async def test_appends_that_wait_share_a_commit(journal: SqliteJournal) -> None:
    names = [f"account {n}" for n in range(200)]
    await asyncio.gather(*(journal.append(name, 1, 1, deposits(1, 2, account=name)) for name in names))
    assert 1 <= journal.commits < 100
    assert len(await journal.accounts()) == 200


async def test_a_refused_append_costs_no_commit(journal: SqliteJournal) -> None:
    with pytest.raises(StaleWriter):
        await journal.append("main", 2, 1, deposits(2, 1))
    assert journal.commits == 0


async def test_what_was_acknowledged_is_there_after_the_journal_is_opened_again(file: Path) -> None:
    first = opened(file)
    await first.append("main", 1, 1, deposits(1, 3))
    tail = await first.last("main")
    await first.close()
    second = opened(file)
    assert await second.last("main") == tail
    assert await second.append("main", 4, 1, deposits(4, 1)) == 4
    assert (await audited(second)).ok
    await second.close()


def test_opening_a_current_journal_imports_no_migrations(file: Path) -> None:
    asyncio.run(opened(file).close())
    script = f"""
import sys
from pathlib import Path
from datetime import datetime, UTC
from counterpoise.adapters.journals.sqlite import SqliteJournal
SqliteJournal.open(Path({str(file)!r}), clock=None)
print([name for name in ("alembic", "sqlalchemy") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# ── against people ───────────────────────────────────────────────────────────────────────────────────────

NO_TRIGGERS = (
    "DROP TRIGGER entries_never_change",
    "DROP TRIGGER entries_never_go",
    "DROP TRIGGER entries_follow",
)
COLUMNS = ", ".join(Entry._fields)
COPY = (
    f"INSERT INTO entries ({COLUMNS}) SELECT {COLUMNS.replace('sequence', '{}').replace('fact_id', '{}')} FROM entries"
)


@pytest.mark.parametrize(
    "statement",
    (
        pytest.param("UPDATE entries SET kind = 'Fee' WHERE sequence = 3", id="update"),
        pytest.param("DELETE FROM entries WHERE sequence = 9", id="delete"),
        pytest.param("DELETE FROM entries", id="delete all"),
        pytest.param(
            COPY.format("3", "'new'").replace("INSERT", "INSERT OR REPLACE") + " WHERE sequence = 4",
            id="replace by number",
        ),
        pytest.param(
            COPY.format("10", "'Deposit:3:0'").replace("INSERT", "INSERT OR REPLACE") + " WHERE sequence = 4",
            id="replace by identity",
        ),
        pytest.param(COPY.format("11", "'new'") + " WHERE sequence = 4", id="insert with a gap"),
        pytest.param(COPY.format("0", "'new'") + " WHERE sequence = 4", id="insert below the first"),
    ),
)
async def test_the_database_refuses_any_change(journal: SqliteJournal, file: Path, statement: str) -> None:
    await journal.append("main", 1, 1, deposits(1, 9))
    with pytest.raises(sqlite3.IntegrityError, match="journal entries"):
        altered(file, statement)
    assert (await audited(journal)).entries == 9


SET = "UPDATE entries SET"
ATTACKS = (
    pytest.param([f"{SET} raw = CAST(replace(raw, '\"4\"', '\"5\"') AS BLOB) WHERE sequence = 4"], 4, id="a byte"),
    pytest.param([f"{SET} raw = CAST(raw AS TEXT) WHERE sequence = 4"], 4, id="bytes made text"),
    pytest.param([f"{SET} seal = randomblob(32) WHERE sequence = 4"], 4, id="a seal"),
    pytest.param([f"{SET} actor = 'nobody' WHERE sequence = 4"], 4, id="a column"),
    pytest.param([f"{SET} instrument = 'paper:X:1' WHERE sequence = 4"], 4, id="a column that was absent"),
    pytest.param([f"{SET} account = 'other' WHERE sequence = 9"], 9, id="an entry moved to another account"),
    pytest.param(["DELETE FROM entries WHERE sequence = 4"], 4, id="a row deleted"),
    pytest.param(["DELETE FROM entries WHERE sequence = 1"], 1, id="the first row deleted"),
    pytest.param(
        ["DELETE FROM entries WHERE sequence = 4", f"{SET} sequence = sequence - 1 WHERE sequence > 4"],
        4,
        id="a row deleted and the rest renumbered",
    ),
    pytest.param([COPY.format("10", "'new'") + " WHERE sequence = 4"], 10, id="a row added"),
    pytest.param(
        [
            f"{SET} sequence = sequence + 100 WHERE sequence > 4",
            f"{SET} sequence = sequence - 99 WHERE sequence > 4",
            COPY.format("5", "'new'") + " WHERE sequence = 4",
        ],
        5,
        id="a row inserted",
    ),
    pytest.param(
        ["PRAGMA ignore_check_constraints = ON", COPY.format("-7", "'new'") + " WHERE sequence = 4"],
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
    pytest.param(["DELETE FROM entries WHERE sequence > 8"], 9, id="the anchored row cut off"),
    pytest.param(["DELETE FROM entries WHERE sequence > 2"], 3, id="the tail cut off below the anchor"),
    pytest.param(["DELETE FROM entries"], 1, id="everything cut off"),
)


@pytest.mark.parametrize(("attack", "first_bad"), ATTACKS)
async def test_an_attack_on_the_file_is_found_at_its_first_bad_entry(
    file: Path, attack: list[str], first_bad: int
) -> None:
    writer = opened(file)
    await writer.append("main", 1, 1, deposits(1, 9))
    await writer.close()
    altered(file, *NO_TRIGGERS, *attack)
    journal = opened(file)
    report = await audited(journal)
    assert (report.ok, report.first_bad) == (False, first_bad)
    await journal.close()


async def test_an_account_made_up_in_the_file_is_found(journal: SqliteJournal, file: Path) -> None:
    await journal.append("main", 1, 1, deposits(1, 2))
    altered(
        file, *NO_TRIGGERS, COPY.format("1", "'x'").replace("SELECT account", "SELECT 'ghost'") + " WHERE sequence = 1"
    )
    assert await journal.accounts() == ("ghost", "main")
    assert (await audited(journal, "ghost")).first_bad == 1


UNBOUND = ("ALTER TABLE entries RENAME TO kept", "CREATE TABLE entries AS SELECT * FROM kept")
"""The same rows in a table without a key, a check or a trigger."""


@pytest.mark.parametrize("place", (1, CHUNK - 1, CHUNK, CHUNK + 1, CHUNK + 5))
async def test_a_second_row_with_a_sequence_is_found_wherever_a_read_pauses(
    journal: SqliteJournal, file: Path, place: int
) -> None:
    await journal.append("main", 1, 1, deposits(1, CHUNK + 5))
    altered(file, *UNBOUND, f"INSERT INTO entries SELECT * FROM kept WHERE sequence = {place}")
    report = await audited(journal)
    assert (report.ok, report.first_bad, report.entries) == (False, place + 1, CHUNK + 6)


@pytest.mark.parametrize("account", ("NULL", "''", "X'6D61696E'"))
async def test_an_entry_of_no_account_is_found(journal: SqliteJournal, file: Path, account: str) -> None:
    await journal.append("main", 1, 1, deposits(1, 2))
    altered(file, *UNBOUND, "INSERT INTO entries SELECT * FROM kept WHERE sequence = 2")
    altered(file, f"UPDATE entries SET account = {account} WHERE rowid = 3")
    with pytest.raises(JournalCorrupt, match="an entry of no account"):
        await journal.accounts()


async def test_entries_that_vanish_under_the_writer_end_it(journal: SqliteJournal, file: Path) -> None:
    await journal.append("main", 1, 1, deposits(1, 9))
    altered(file, *NO_TRIGGERS, "DELETE FROM entries WHERE sequence = 9")
    with pytest.raises(JournalBroken, match="entry 9 is no longer what was written"):
        await journal.append("main", 10, 1, deposits(10, 1))
    with pytest.raises(JournalBroken):
        await journal.append("other", 1, 1, deposits(1, 1, account="other"))


@pytest.mark.parametrize(
    "spoil",
    (
        pytest.param(f"{SET} seal = randomblob(32) WHERE sequence = 9", id="its seal was changed"),
        pytest.param(f"{SET} raw = 'text' WHERE sequence = 9", id="its bytes were made text"),
        pytest.param("DELETE FROM entries WHERE sequence = 8", id="the entry before is gone"),
    ),
)
async def test_nothing_is_added_to_a_chain_whose_end_does_not_fit(file: Path, spoil: str) -> None:
    first = opened(file)
    await first.append("main", 1, 1, deposits(1, 9))
    await first.close()
    altered(file, *NO_TRIGGERS, spoil)
    second = opened(file)
    with pytest.raises(JournalCorrupt) as refused:
        await second.append("main", 10, 1, deposits(10, 1))
    assert refused.value.sequence == 9
    assert await second.append("other", 1, 1, deposits(1, 1, account="other")) == 1
    await second.close()


async def test_another_key_adds_nothing(file: Path, tmp_path: Path) -> None:
    first = opened(file)
    await first.append("main", 1, 1, deposits(1, 1))
    await first.close()
    other = tmp_path / "other.key"
    other.write_bytes(bytes(range(32)))
    other.chmod(0o600)
    second = opened(file, key_file=other)
    with pytest.raises(JournalCorrupt, match="is the journal key the one that sealed it"):
        await second.append("main", 2, 1, deposits(2, 1))
    await second.close()


# ── anchors ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_anchors_are_written_every_1000_facts_on_demand_and_at_close(file: Path) -> None:
    journal = opened(file)
    for first in range(1, 2_402, 300):
        await journal.append("main", first, 1, deposits(first, 300))
    await journal.append("other", 1, 1, deposits(1, 1, account="other"))
    await journal.anchor_now()
    await journal.anchor_now()  # nothing moved
    await journal.append("other", 2, 1, deposits(2, 1, account="other"))
    seal = (await journal.last("other")).seal
    await journal.close()
    anchors = read_anchors(file.with_name("anchors.log"))
    assert [(anchor.account, anchor.sequence) for anchor in anchors] == [
        ("main", 1_200), ("main", 2_400), ("main", 2_700), ("other", 1), ("other", 2),
    ]  # fmt: skip
    assert anchors[-1].seal == seal
    assert anchors[-1].at == FixedClock().now()


async def test_an_audit_knows_how_far_the_anchors_reach(journal: SqliteJournal) -> None:
    await journal.append("main", 1, 1, deposits(1, 3))
    await journal.anchor_now()
    await journal.append("main", 4, 1, deposits(4, 1))
    report = await audited(journal)
    assert (report.ok, report.last_anchored, report.notes) == (True, 3, ("tail after sequence 3 not anchored",))


async def test_a_line_that_a_crash_cut_short_is_dropped_and_a_false_one_is_not(
    journal: SqliteJournal, file: Path
) -> None:
    log = file.with_name("anchors.log")
    await journal.append("main", 1, 1, deposits(1, 1))
    await journal.anchor_now()
    with log.open("ab") as lines:
        lines.write(b'{"account":"ma')
    assert len(await journal.anchors()) == 1
    await journal.append("main", 2, 1, deposits(2, 1))
    await journal.anchor_now()
    assert [anchor.sequence for anchor in await journal.anchors()] == [1, 2]
    with log.open("ab") as lines:
        lines.write(b'{"account":"main"}\n')
    with pytest.raises(JournalCorrupt, match=r"line 3 of anchors\.log"):
        await journal.anchors()


async def test_an_anchor_that_cannot_be_written_stops_no_append_and_is_said(file: Path) -> None:
    journal = opened(file)
    log = file.with_name("anchors.log")
    log.mkdir()
    assert await journal.append("main", 1, 1, deposits(1, 1_000)) == 1_000
    with pytest.raises(JournalRefused, match=r"anchors\.log cannot be written"):
        await journal.anchor_now()
    assert "anchors.log" in journal.anchor_problem
    log.rmdir()
    await journal.append("main", 1_001, 1, deposits(1_001, 1))
    await journal.close()
    assert [anchor.sequence for anchor in read_anchors(log)] == [1_001]


# ── against storage ──────────────────────────────────────────────────────────────────────────────────────


def connection_of(journal: SqliteJournal) -> sqlite3.Connection:
    store = journal._writer._store
    assert isinstance(store, SqliteStore)
    return store._connection


def limit_pages(connection: sqlite3.Connection, spare: int) -> None:
    """Let the file grow by so many pages and no more: a real SQLITE_FULL."""
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + spare}")


async def test_a_full_disk_refuses_cleanly_and_appends_go_on_when_there_is_room(journal: SqliteJournal) -> None:
    await journal.append("main", 1, 1, deposits(1, 10))
    before = await journal.last("main")
    limit_pages(connection_of(journal), spare=2)
    with pytest.raises(JournalRefused, match="nothing was written"):
        await journal.append("main", 11, 1, deposits(11, 1_000))
    assert await journal.last("main") == before
    assert (await audited(journal)).ok
    connection_of(journal).execute("PRAGMA max_page_count = 1000000")
    assert await journal.append("main", 11, 1, deposits(11, 1_000)) == 1_010
    assert (await audited(journal)).ok


async def test_a_full_disk_refuses_all_that_share_the_commit_with_one_answer(journal: SqliteJournal) -> None:
    limit_pages(connection_of(journal), spare=4)
    outcomes = await asyncio.gather(
        *(journal.append(name, 1, 1, deposits(1, 500, account=name)) for name in ("a", "b", "a")),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes][:2] == [JournalRefused, JournalRefused]
    assert await journal.accounts() == ()


async def test_a_read_only_database_refuses_cleanly_and_is_read(journal: SqliteJournal) -> None:
    await journal.append("main", 1, 1, deposits(1, 1))
    connection_of(journal).execute("PRAGMA query_only = ON")
    with pytest.raises(JournalRefused, match="readonly"):
        await journal.append("main", 2, 1, deposits(2, 1))
    assert (await audited(journal)).entries == 1
    connection_of(journal).execute("PRAGMA query_only = OFF")
    assert await journal.append("main", 2, 1, deposits(2, 1)) == 2


async def test_a_database_that_stays_busy_refuses_cleanly(file: Path) -> None:
    journal = opened(file, busy_seconds=0)
    await journal.append("main", 1, 1, deposits(1, 1))
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalRefused, match="locked"):
            await journal.append("main", 2, 1, deposits(2, 1))
        other.execute("ROLLBACK")
    assert await journal.append("main", 2, 1, deposits(2, 1)) == 2
    await journal.close()


class Failing:
    """A connection whose COMMIT fails as told, before or after it took place."""

    def __init__(self, real: sqlite3.Connection, code: int, *, when: str) -> None:
        self.real = real
        self.code = code
        self.when = when

    def execute(self, statement: str, *arguments: object) -> sqlite3.Cursor:
        if statement != "COMMIT" or self.when == "never":
            return self.real.execute(statement, *arguments)  # type: ignore[arg-type]
        if self.when == "after":
            self.real.execute(statement)
        elif self.when == "rolled back":
            self.real.execute("ROLLBACK")
        error = sqlite3.OperationalError("told to fail")
        error.sqlite_errorcode = self.code
        raise error

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)


FULL, BUSY, IO_FSYNC, CORRUPT = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_CORRUPT,
)
COMMITS = (
    pytest.param(FULL, "before", JournalRefused, 1, id="full: refused"),
    pytest.param(BUSY, "before", JournalRefused, 1, id="busy: refused"),
    pytest.param(FULL, "rolled back", JournalRefused, 1, id="full and rolled back by itself: refused"),
    pytest.param(BUSY, "after", 2, 2, id="written, but the answer was lost"),
    pytest.param(IO_FSYNC, "before", JournalBroken, 1, id="flush failed: broken"),
    pytest.param(IO_FSYNC, "after", JournalBroken, 2, id="flush failed, readable: broken all the same"),
    pytest.param(CORRUPT, "before", JournalBroken, 1, id="corrupt: broken"),
)


@pytest.mark.parametrize(("code", "when", "outcome", "last"), COMMITS)
async def test_a_commit_that_answers_with_an_error_is_settled_by_what_is_there(
    journal: SqliteJournal, code: int, when: str, outcome: int | type[Exception], last: int
) -> None:
    await journal.append("main", 1, 1, deposits(1, 1))
    failing: Any = Failing(connection_of(journal), code, when=when)
    journal._writer._store = SqliteStore(failing)
    if isinstance(outcome, int):
        assert await journal.append("main", 2, 1, deposits(2, 1)) == outcome
    else:
        with pytest.raises(outcome):
            await journal.append("main", 2, 1, deposits(2, 1))
    assert (await journal.last("main")).sequence == last
    failing.when = "never"
    if outcome is JournalBroken:  # never tried again
        with pytest.raises(JournalBroken):
            await journal.append("main", last + 1, 1, deposits(last + 1, 1))
    else:
        assert await journal.append("main", last + 1, 1, deposits(last + 1, 1)) == last + 1
        assert (await audited(journal)).ok


async def test_a_duplicate_in_a_group_is_refused_alone_when_the_group_is_written_again(journal: SqliteJournal) -> None:
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


def damage(file: Path, first_page: int) -> None:
    """Overwrite the file with zeros from a page on."""
    content = file.read_bytes()
    file.write_bytes(content[: 4096 * first_page] + bytes(len(content) - 4096 * first_page))


@pytest.mark.parametrize("first_page", (3, 60))
async def test_a_damaged_file_is_called_damaged(file: Path, first_page: int) -> None:
    journal = opened(file)
    await journal.append("main", 1, 1, deposits(1, 500))
    await journal.close()
    damage(file, first_page)
    with pytest.raises(JournalCorrupt, match="damaged"):
        await read_all(file)


async def read_all(file: Path) -> None:
    """Open and read; the journal is closed however that ends."""
    journal = opened(file)
    try:
        _ = [entry async for entry in journal.read("main")]
    finally:
        await journal.close()


# ── opening ──────────────────────────────────────────────────────────────────────────────────────────────


def under_a_file(folder: Path) -> Path:
    (folder / "file").touch()
    return folder / "file" / "data" / "journal.db"


def a_folder(folder: Path) -> Path:
    (folder / "journal.db").mkdir()
    return folder / "journal.db"


def no_database(folder: Path) -> Path:
    (folder / "journal.db").write_bytes(b"this is no database at all, only text " * 100)
    return folder / "journal.db"


def newer(folder: Path) -> Path:
    asyncio.run(opened(folder / "journal.db").close())
    altered(folder / "journal.db", "UPDATE alembic_version SET version_num = '9999'")
    return folder / "journal.db"


UNUSABLE = (
    pytest.param(under_a_file, "data folder", id="a folder that cannot be made"),
    pytest.param(a_folder, "cannot be opened", id="a folder in the file's place"),
    pytest.param(no_database, "cannot be opened", id="another file"),
    pytest.param(newer, "newer version", id="a newer revision"),
)


@pytest.mark.parametrize(("make", "says"), UNUSABLE)
def test_what_cannot_be_opened_says_so_in_one_line(tmp_path: Path, make: Callable[[Path], Path], says: str) -> None:
    database = make(tmp_path)
    with pytest.raises(ConfigurationError, match=says) as refused:
        opened(database)
    assert "\n" not in str(refused.value)
    assert str(database.parent) in str(refused.value)


# ── against other processes ──────────────────────────────────────────────────────────────────────────────

CHILD = """
import asyncio, sys, time
from datetime import UTC, datetime
from pathlib import Path
from counterpoise.adapters.journals.sqlite import SqliteJournal
from counterpoise.domain.errors import StaleWriter
from counterpoise.domain.numbers import exact
from tests.ledger.samples import deposits

class Clock:
    def now(self):
        return datetime(2024, 3, 10, 7, tzinfo=UTC)

async def race(journal, name):
    won = []
    for sequence in range(1, 41):
        while (await journal.last("main")).sequence < sequence - 1:
            await asyncio.sleep(0)
        try:
            facts = deposits(sequence, 1)
            await journal.append("main", sequence, 1, facts)
            won.append(sequence)
        except StaleWriter:
            pass
    print(*won)

async def work(journal, name):
    sequence = 1
    while True:
        last = await journal.append("main", sequence, 1, deposits(sequence, 7))
        print(last, flush=True)
        sequence = last + 1

async def main(file, task):
    journal = SqliteJournal.open(Path(file), clock=Clock())
    print("ready", flush=True)
    sys.stdin.readline()
    await task(journal, "x")
    await journal.close()

with exact():
    asyncio.run(main(sys.argv[1], {"race": race, "work": work}[sys.argv[2]]))
"""


@pytest.fixture
def child(file: Path) -> Iterator[Callable[[str], "subprocess.Popen[str]"]]:
    started: list[subprocess.Popen[str]] = []

    def start(task: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(file), task],
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


async def test_of_two_processes_that_race_for_a_sequence_exactly_one_wins(
    file: Path, child: Callable[[str], "subprocess.Popen[str]"]
) -> None:
    racers = [child("race"), child("race")]  # they open the new file at the same moment too
    assert [line_of(racer) for racer in racers] == ["ready\n", "ready\n"]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    won = [[int(number) for number in racer.communicate(timeout=60)[0].split()] for racer in racers]
    assert sorted(won[0] + won[1]) == list(range(1, 41))
    journal = opened(file)
    assert (await audited(journal)).ok
    await journal.close()


@pytest.mark.parametrize("after", (0, 1, 5, 20))
async def test_a_killed_process_leaves_all_it_acknowledged_and_whole_appends_only(
    file: Path, child: Callable[[str], "subprocess.Popen[str]"], after: int
) -> None:
    worker = child("work")
    assert line_of(worker) == "ready\n"
    assert worker.stdin is not None
    worker.stdin.write("go\n")
    worker.stdin.flush()
    acknowledged = [int(line_of(worker)) for _ in range(after)]
    await asyncio.sleep(0.002)
    os.kill(worker.pid, signal.SIGKILL)
    acknowledged += [int(line) for line in worker.communicate(timeout=60)[0].splitlines() if line]
    journal = opened(file)
    last = (await journal.last("main")).sequence
    assert last >= max(acknowledged, default=0)
    assert last in range(0, 10_000_000, 7)
    assert (await audited(journal)).ok
    assert await journal.append("main", last + 1, 2, deposits(last + 1, 1, epoch=2)) == last + 1
    await journal.close()
