"""Is every change to a journal found by both verifiers, whoever makes it without the key, wherever he makes it?

Two real journals: the facts of a demo, and one fact of every kind. A thousand attacks on the database, whose owner has
dropped its triggers, keys and checks, and a thousand on the exported file. Each must be found at its first bad entry;
the table of what was not stands in the failure.
"""

import asyncio
import dataclasses
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from random import Random

import pytest

from counterpoise.adapters.journals.checkpoints import SqliteCheckpoints
from counterpoise.adapters.journals.sqlite import SqliteJournal
from counterpoise.control.verify import verify
from counterpoise.domain.errors import JournalCorrupt
from counterpoise.ledger.audit import Auditor, AuditReport, audit
from counterpoise.ledger.journal import Anchor, Entry
from counterpoise.library.reading import verify_folder, write_entries
from counterpoise.settings import Settings
from tests.e2e.command import run
from tests.ledger.samples import SAMPLES
from tests.verifier.attacks import ON_LINES, ON_ROWS, Lines, Rows
from tests.verifier.files import proved

ATTACKS = 1_000
SEED = 20240310
DEMO, KINDS = "demo", "main"
DAYS = 80
WHOLE_EVERY = 25
"""One attack of so many is also looked for by all of `verify`, with fold, kept state and equity."""

UNBOUND = (
    "ALTER TABLE entries RENAME TO clean",
    "CREATE TABLE entries AS SELECT * FROM clean",
    "CREATE INDEX quick ON entries (account, sequence)",
)
"""The same rows in a table of the attacker's making: no trigger, key or check is left."""


class FixedClock:
    """A clock that stands."""

    def now(self) -> datetime:
        return datetime(2024, 3, 10, 7, tzinfo=UTC)


@dataclass(slots=True)
class Tally:
    """Of each kind of attack: how many there were, and what was missed."""

    made: Counter[str] = field(default_factory=Counter)
    missed: Counter[tuple[str, str]] = field(default_factory=Counter)

    def note(self, attack: str, **held: bool) -> None:
        self.made[attack] += 1
        for what, is_so in held.items():
            self.missed[attack, what] += not is_so

    def __str__(self) -> str:
        columns = [f"not {what}" for what in sorted({what for _, what in self.missed})]
        lines = [f"{'attack':<36}{'made':>6}  {'  '.join(columns)}"]
        for name, count in sorted(self.made.items()):
            missed = (f"{self.missed[name, column.removeprefix('not ')]:>{len(column)}}" for column in columns)
            lines.append(f"{name:<36}{count:>6}  {'  '.join(missed)}")
        return "\n".join(["", *lines, f"{'all':<36}{self.made.total():>6}"])


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with both journals, anchored to their ends."""
    place = tmp_path_factory.mktemp("attacked")
    done = run(("demo", "--headless", "--days", str(DAYS), "--data-dir", "data"), place)
    assert done.returncode == 0, done.stderr
    asyncio.run(add_every_kind(place / "data" / "journal.db"))
    return place / "data"


async def add_every_kind(database: Path) -> None:
    facts = [dataclasses.replace(fact, sequence=number) for number, fact in enumerate(SAMPLES.values(), 1)]
    journal = SqliteJournal.open(database, clock=FixedClock())
    await journal.append(KINDS, 1, facts[0].epoch, facts)
    await journal.close()


@dataclass(frozen=True, slots=True)
class Target:
    """A journal that can be read, the same one in its owner's hands, and what was in it."""

    journal: SqliteJournal
    database: sqlite3.Connection
    entries: Mapping[str, tuple[Entry, ...]]
    files: Mapping[str, bytes]
    anchors: tuple[Anchor, ...]

    def restore(self) -> None:
        self.database.execute("DELETE FROM entries")
        self.database.execute("INSERT INTO entries SELECT * FROM clean")


@pytest.fixture
async def target(clean: Path) -> AsyncIterator[Target]:
    journal = SqliteJournal.open(clean / "journal.db", clock=FixedClock())
    with closing(sqlite3.connect(clean / "journal.db", isolation_level=None)) as database:
        database.execute("PRAGMA synchronous = OFF")
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'clean'").fetchone():
            for statement in UNBOUND:
                database.execute(statement)
        accounts = (DEMO, KINDS)
        yield Target(
            journal=journal,
            database=database,
            entries={name: tuple([entry async for entry in journal.read(name)]) for name in accounts},
            files={name: await exported(journal, name) for name in accounts},
            anchors=await journal.anchors(),
        )
    await journal.close()


async def exported(journal: SqliteJournal, account: str) -> bytes:
    lines: list[bytes] = []
    await write_entries(journal, account, lines.append)
    return b"".join(lines)


def first_difference(now: Sequence[object], before: Sequence[object]) -> int:
    """The place from 1 of the first thing that is not what it was."""
    same = (a == b and type(a) is type(b) for a, b in zip(now, before, strict=False))
    return next((place for place, is_same in enumerate(same, 1) if not is_same), min(len(now), len(before)) + 1)


async def test_the_journals_are_whole_before_anybody_attacks_them(target: Target, clean: Path) -> None:
    (demo, *_) = await verify_folder(Settings(data_dir=clean), DEMO)
    assert (demo.ok, demo.notes, demo.checked_digest) == (True, (), demo.replay_digest)
    for account, entries in target.entries.items():
        assert audit(entries, target.journal.key, account, target.anchors).notes == ()
        report = proved(target.files[account], target.anchors, target.journal.key)
        assert (report.ok, report.proved, report.notes) == (True, len(entries), ())
    assert len(target.entries[DEMO]) > 250
    assert len(target.entries[KINDS]) == len(SAMPLES)


async def test_a_thousand_attacks_on_the_database_are_found(target: Target, clean: Path) -> None:
    chance, tally, wholes = Random(SEED), Tally(), 0
    checkpoints = SqliteCheckpoints(clean / "journal.db")
    for number, name in enumerate(islice(cycle(ON_ROWS), ATTACKS)):
        account, other = (KINDS, DEMO) if chance.random() < 0.2 else (DEMO, KINDS)
        before = target.entries[account]
        now = before
        while now == before:  # what changed nothing was no attack
            target.restore()
            target.database.execute("BEGIN")
            ON_ROWS[name](Rows(target.database, account, before, target.entries[other], chance))
            target.database.execute("COMMIT")
            now = tuple([entry async for entry in target.journal.read(account)])
        first_bad = first_difference(now, before)
        report = audited(now, target, account, proved_before=max(0, first_bad - 1 - chance.randrange(20)))
        held = {"found": not report.ok, "named": report.first_bad == first_bad}
        if number % WHOLE_EVERY == 0 and account == DEMO:
            wholes += 1
            assert report == dataclasses.replace(audited(now, target, account), entries=report.entries)
            whole = await verify(target.journal, checkpoints, account, target.journal.key, target.anchors)
            held["so by verify"] = (whole.ok, whole.first_bad, whole.problems[:1]) == (
                report.ok,
                report.first_bad,
                report.problems,
            )
        held |= await seen_in_the_export(target, account, [(entry.raw, entry.seal) for entry in now])
        tally.note(name, **held)
    target.restore()
    assert tally.made.total() == ATTACKS
    assert wholes >= ATTACKS / WHOLE_EVERY / 2
    assert not tally.missed.total(), str(tally)


def audited(now: tuple[Entry, ...], target: Target, account: str, proved_before: int = 0) -> AuditReport:
    """The audit, begun after so many entries that are known to be what was written: it goes from one to the next."""
    after = now[proved_before - 1] if proved_before else None
    auditor = Auditor(target.journal.key, account, target.anchors, after)
    for entry in now[proved_before:]:
        auditor.check(entry)
    return auditor.finish()


async def seen_in_the_export(target: Target, account: str, now: list[tuple[object, object]]) -> dict[str, bool]:
    """Whether what is left of an attack in an exported file is found there; columns for indexing are not in it."""
    try:
        file = await exported(target.journal, account)
    except JournalCorrupt:
        return {"found in export": True}
    report = proved(file, target.anchors, target.journal.key, account)
    before = [(entry.raw, entry.seal) for entry in target.entries[account]]
    if now == before and file == target.files[account]:
        return {"whole in export": report.ok}
    place = first_difference(now, before)
    return {"found in export": not report.ok, "named in export": report.first_bad == place}


async def test_a_thousand_attacks_on_the_exported_file_are_found(target: Target) -> None:
    chance, tally = Random(SEED), Tally()
    lines = {name: tuple(file.splitlines(keepends=True)) for name, file in target.files.items()}
    for name in islice(cycle(ON_LINES), ATTACKS):
        account, other = (KINDS, DEMO) if chance.random() < 0.2 else (DEMO, KINDS)
        file = target.files[account]
        while file == target.files[account]:
            file = ON_LINES[name](Lines(lines[account], lines[other], chance))
        report = proved(file, target.anchors, target.journal.key, account)
        now, before = file.split(b"\n"), target.files[account].split(b"\n")
        place = first_difference(now[1:], before[1:])
        named = (place,) if now[0] == before[0] else (None, 1, place)  # the first line comes before every entry
        is_entry = place <= len(target.entries[account])
        tally.note(name, found=not report.ok, named=not is_entry or report.first_bad in named)
    assert tally.made.total() == ATTACKS
    assert not tally.missed.total(), str(tally)


async def test_beyond_the_last_anchor_a_cut_is_not_found_but_said(target: Target) -> None:
    anchored = len(target.entries[DEMO]) // 2
    anchor = dataclasses.replace(
        next(anchor for anchor in target.anchors if anchor.account == DEMO),
        sequence=anchored,
        seal=target.entries[DEMO][anchored - 1].seal,
    )
    file = Lines(tuple(target.files[DEMO].splitlines(keepends=True)), (), Random(SEED))
    for end in (1, 2, *range(anchored - 3, anchored + 4), len(target.entries[DEMO]) - 1):
        report = audit(target.entries[DEMO][:end], target.journal.key, DEMO, [anchor])
        small = proved(file.made_anew([*file.lines[1 : end + 1]]), [anchor], target.journal.key)
        assert (report.ok, report.first_bad, report.notes) == (small.ok, small.first_bad, small.notes)
        assert report.ok == (end >= anchored)
        assert report.notes == ((f"tail after sequence {anchored} not anchored",) if end > anchored else ())
        assert report.first_bad == (end + 1 if end < anchored else None)
