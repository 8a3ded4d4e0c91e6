"""Does an export hold what the journal holds, is it whole or not there, and is it proved without the journal?"""

import asyncio
import shutil
import sqlite3
import stat
import subprocess
import sys
import tracemalloc
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from counterpoise import verifier
from counterpoise.adapters.journals.rows import CHUNK
from counterpoise.adapters.journals.sqlite import SqliteJournal
from counterpoise.cli.whole_file import WholeFile
from counterpoise.domain.errors import ConfigurationError, InvalidInput
from counterpoise.library.reading import export_journal
from counterpoise.settings import Settings
from tests.e2e.command import COMMAND, environment, run
from tests.ledger.samples import deposits
from tests.verifier.files import proved


class FixedClock:
    """A clock that stands."""

    def now(self) -> datetime:
        return datetime(2024, 3, 10, 7, tzinfo=UTC)


async def filled(folder: Path, **counts: int) -> None:
    """A data folder with so many deposits in each account."""
    journal = SqliteJournal.open(folder / "journal.db", clock=FixedClock())
    for account, count in counts.items():
        await journal.append(account, 1, 1, deposits(1, count, account=account))
    await journal.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place with the data folder `data` of two accounts."""
    place = tmp_path_factory.mktemp("made")
    asyncio.run(filled(place / "data", main=30, other=2))
    return place


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may spoil."""
    shutil.copytree(made / "data", tmp_path / "data")
    return tmp_path


def spoil(place: Path, change: str) -> None:
    """What the owner of the database can do."""
    with closing(sqlite3.connect(place / "data" / "journal.db")) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute("PRAGMA ignore_check_constraints = ON")
        database.execute(change)
        database.commit()


def test_an_export_is_the_seals_and_the_bytes(place: Path) -> None:
    done = run(("export", "journal", "--data-dir", "data", "--account", "main", "--out", "journal.txt"), place)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "30 entries in journal.txt\n")
    with closing(sqlite3.connect(place / "data" / "journal.db")) as database:
        kept = database.execute("SELECT seal, raw FROM entries WHERE account = 'main' ORDER BY sequence").fetchall()
    written = (place / "journal.txt").read_bytes()
    assert [line.split(b" ", 1) for line in written.split(b"\n")[1:-2]] == [
        [seal.hex().encode(), raw] for seal, raw in kept
    ]
    assert stat.S_IMODE((place / "journal.txt").stat().st_mode) == 0o600
    printed = subprocess.run(
        [*COMMAND, "export", "journal", "--data-dir", "data", "--account", "main"],
        cwd=place, env=environment(place), capture_output=True, check=True,
    )  # fmt: skip
    assert (printed.stdout, printed.stderr) == (written, b"")


def test_a_copy_of_the_small_verifier_proves_it(place: Path) -> None:
    assert run(("export", "journal", "--data-dir", "data", "--account", "other", "--out", "j"), place).returncode == 0
    done = run(("export", "anchors", "--data-dir", "data", "--out", "a"), place)
    assert done.stderr == "2 anchors in a\n"
    assert (place / "a").read_bytes() == (place / "data" / "anchors.log").read_bytes()
    shutil.copy(verifier.__file__, place / "verifier.py")
    command = [sys.executable, "-I", "-S", "verifier.py", "j", "--key", "data/journal.key", "--anchors", "a"]
    told = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout, told.stderr) == (0, "other: ok, 2 entries proved\n", "")


def test_the_anchors_of_one_account_are_its_own(place: Path) -> None:
    done = run(("export", "anchors", "--data-dir", "data", "--account", "other"), place)
    log = (place / "data" / "anchors.log").read_text().splitlines()
    assert done.stdout.splitlines() == [line for line in log if '"other"' in line]
    assert len(log) == 2


async def test_an_account_that_goes_on_is_written_up_to_where_it_was(tmp_path: Path) -> None:
    journal = SqliteJournal.open(tmp_path / "journal.db", clock=FixedClock())
    await journal.append("main", 1, 1, deposits(1, 2 * CHUNK))
    lines: list[bytes] = []
    more = 0

    async def go_on() -> None:
        nonlocal more
        while not lines or not lines[-1].startswith(b'{"entries"'):
            await journal.append("main", 2 * CHUNK + more + 1, 1, deposits(2 * CHUNK + more + 1, 50))
            more += 50

    going_on = asyncio.ensure_future(go_on())
    count = await export_journal(Settings(data_dir=tmp_path), "main", lines.append)
    await going_on
    report = proved(b"".join(lines), key=journal.key)
    assert (report.ok, report.proved) == (True, count)
    assert 2 * CHUNK <= count < 2 * CHUNK + more
    await journal.close()


async def test_memory_does_not_grow_with_the_journal(tmp_path: Path) -> None:
    peaks = []
    for count in (3 * CHUNK, 9 * CHUNK):
        await filled(tmp_path / str(count), main=count)
        tracemalloc.start()
        written = await export_journal(Settings(data_dir=tmp_path / str(count)), "main", len)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert written == count
    assert peaks[1] < 1.2 * peaks[0]


REFUSED = (
    pytest.param("journal", 1, "several accounts in data; name one of: main, other", id="which account"),
    pytest.param("journal --account mine", 1, "no account mine in data; name one of: main, other", id="no account"),
    pytest.param("anchors --account mine", 1, "no account mine in data; known: main, other", id="no such anchors"),
    pytest.param(
        "journal --account main --out there", 2,
        "--out: there was refused: a name that is free, or --force to replace the file", id="taken",
    ),
    pytest.param(
        "anchors --out folder --force", 2, "--out: folder was refused: a file; this is a folder", id="a folder",
    ),
    pytest.param(
        "journal --account main --out data/journal.db --force", 2,
        "--out: data/journal.db was refused: a file outside the data folder", id="the journal itself",
    ),
    pytest.param("anchors --out folder/no/file", 1, "folder/no/file cannot be written (No such file or directory); "
                 "choose another with --out", id="no folder"),
    pytest.param("anchors --force", 2, "Invalid value: --force goes with --out; see "
                 "`python -m counterpoise export anchors --help`", id="nothing to replace"),
)  # fmt: skip


@pytest.mark.parametrize(("arguments", "code", "said"), REFUSED)
def test_what_cannot_be_done_is_said_and_leaves_nothing(place: Path, arguments: str, code: int, said: str) -> None:
    (place / "there").write_bytes(b"mine")
    (place / "folder").mkdir()
    done = run(("export", *arguments.split(), "--data-dir", "data"), place)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", f"error: {said}\n")
    assert (place / "there").read_bytes() == b"mine"
    assert sorted(path.name for path in place.iterdir()) == ["data", "folder", "there"]


def test_a_file_is_replaced_only_when_asked_to(place: Path) -> None:
    (place / "target").write_bytes(b"old")
    (place / "link").symlink_to("target")
    done = run(("export", "anchors", "--data-dir", "data", "--out", "link", "--force"), place)
    assert done.returncode == 0, done.stderr
    assert (place / "link").is_symlink()
    assert (place / "target").read_bytes() == (place / "data" / "anchors.log").read_bytes()


def test_a_full_disk_is_said(place: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, "export", "journal", "--data-dir", "data", "--account", "main"],
            cwd=place, env=environment(place), stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    said = "error: standard output cannot be written (No space left on device); use --out\n"
    assert (done.returncode, done.stderr) == (1, said)


@pytest.mark.parametrize(
    "change",
    (
        pytest.param("UPDATE entries SET raw = CAST(raw AS TEXT) WHERE sequence = 20", id="text"),
        pytest.param("UPDATE entries SET raw = X'0A' WHERE sequence = 20", id="a line's end"),
        pytest.param("UPDATE entries SET seal = 'text' WHERE sequence = 20", id="no seal"),
        pytest.param("UPDATE entries SET sequence = 'last' WHERE sequence = 30", id="no number at the end"),
    ),
)
def test_an_entry_that_no_line_can_hold_is_named_and_no_file_is_left(place: Path, change: str) -> None:
    spoil(place, change)
    done = run(("export", "journal", "--data-dir", "data", "--account", "main", "--out", "j"), place)
    name = "'last'" if "'last'" in change else "20"
    assert (done.returncode, done.stderr) == (1, f"error: entry {name} of account main is not what was written\n")
    assert [path.name for path in place.iterdir()] == ["data"]


# ── whole or not there ───────────────────────────────────────────────────────────────────────────────────


class Crashed(Exception):
    """Whatever ends a command half way."""


def left(folder: Path) -> list[tuple[str, bytes]]:
    return [(found.name, found.read_bytes()) for found in folder.iterdir()]


def crash(path: Path, *, force: bool) -> None:
    with WholeFile(path, keep_out_of=path.parent / "data", force=force) as file:
        file.write(b"half")
        assert path.exists() is force
        raise Crashed


def be_late(path: Path) -> None:
    with WholeFile(path, keep_out_of=path.parent / "data", force=False) as file:
        file.write(b"ours")
        path.write_bytes(b"theirs")


def test_half_a_file_never_has_the_name(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with pytest.raises(Crashed):
        crash(path, force=False)
    assert left(tmp_path) == []
    path.write_bytes(b"old")
    with pytest.raises(Crashed):
        crash(path, force=True)
    assert left(tmp_path) == [("out", b"old")]


def test_a_name_that_is_taken_meanwhile_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        be_late(tmp_path / "out")
    assert left(tmp_path) == [("out", b"theirs")]


def test_a_disk_without_second_names_takes_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_second_names(_path: Path, _target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", no_second_names)
    with WholeFile(tmp_path / "out", keep_out_of=tmp_path / "data", force=False) as file:
        file.write(b"ours")
    assert left(tmp_path) == [("out", b"ours")]


def test_a_disk_that_is_full_at_the_end_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("counterpoise.cli.whole_file.os.fsync", full)
    with (
        pytest.raises(ConfigurationError, match=r"cannot be written \(No space left on device\)"),
        WholeFile(tmp_path / "out", keep_out_of=tmp_path / "data", force=False) as file,
    ):
        file.write(b"ours")
    assert left(tmp_path) == []
