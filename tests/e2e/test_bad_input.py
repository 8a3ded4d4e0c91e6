"""What does a person hear who gave the command something wrong, and is everything that was there still there?

Each mistake ends with 2 (the input) or 1 (what the input met), says in one line on stderr what is wrong, where, and
what to do, writes nothing to stdout, shows no traceback, and leaves an existing journal as it was.
"""

import json
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.command import COMMAND, TARGETS, environment, rows, run, wide

INPUT, FAILURE = 2, 1
DAYS = 6
REPLAY = ("replay", "--prices", "prices.csv", "--targets", "targets.csv", "--data-dir", "data")
GOOD = wide(DAYS)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place where the good files were replayed into `data`."""
    place = tmp_path_factory.mktemp("begun")
    (place / "prices.csv").write_text(GOOD)
    (place / "targets.csv").write_text(TARGETS)
    done = run(REPLAY, place)
    assert done.returncode == 0, done.stderr
    return place


@pytest.fixture
def place(begun: Path, tmp_path: Path) -> Path:
    """A copy of that place, to make a mistake in."""
    shutil.copytree(begun, tmp_path / "place")
    return tmp_path / "place"


def explained(done: subprocess.CompletedProcess[str], code: int, *words: str) -> str:
    """The one line that explains the mistake; it must hold all these words."""
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("error: ")
    for word in words:
        assert word in lines[0]
    return lines[0]


def cell(row: int, column: str, text: str) -> str:
    return wide(DAYS, {(row, column): text})


def swapped() -> str:
    lines = GOOD.splitlines()
    lines[2], lines[3] = lines[3], lines[2]
    return "\n".join(lines) + "\n"


PRICES = (
    pytest.param(cell(2, "KO", "NaN"), "row 4 column KO", "NaN", "above zero", id="NaN"),
    pytest.param(cell(2, "KO", "inf"), "row 4 column KO", "inf", "above zero", id="infinity"),
    pytest.param(cell(2, "KO", "0"), "row 4 column KO", ": 0 ", "above zero", id="zero"),
    pytest.param(cell(2, "KO", "-28.5"), "row 4 column KO", "-28.5", "above zero", id="negative"),
    pytest.param(cell(2, "KO", "n/a"), "row 4 column KO", "n/a", "leave the cell empty", id="a word"),
    pytest.param(cell(1, "date", "2010-01-04"), "row 3 column date", "2010-01-04", "each date once", id="date twice"),
    pytest.param(swapped(), "row 4 column date", "2010-01-05", "sort the file", id="dates that go back"),
    pytest.param(
        cell(1, "date", "05/01/2010"), "row 3 column date", "05/01/2010", "2010-01-04", id="another date form"
    ),
    pytest.param(GOOD + "2010-01-12,1\n", "row 8", "2 cells", "keeps its comma", id="a row too short"),
    pytest.param("date,KO\n", "prices.csv", "no prices", "at least one row", id="no rows"),
    pytest.param("", "prices.csv row 1", "no header", "names of columns", id="an empty file"),
    pytest.param("day,KO\n2010-01-04,1\n", "prices.csv row 1", "day,KO", "`date`", id="no column of dates"),
    pytest.param("date,KO,ko\n2010-01-04,1,1\n", "prices.csv row 1", "KO", "each symbol once", id="a symbol twice"),
)


@pytest.mark.parametrize(("prices", "where", "what", "remedy"), PRICES)
def test_bad_prices_are_refused_by_row_and_column(prices: str, where: str, what: str, remedy: str, place: Path) -> None:
    before = rows(place / "data")
    (place / "prices.csv").write_text(prices)
    explained(run(REPLAY, place), INPUT, where, what, remedy)
    assert rows(place / "data") == before


HEAD = "symbol,target_percent\n"
TARGET_FILES = (
    pytest.param(HEAD + "KOO,70\nCASH,30\n", "target", "KOO", "perhaps KO", id="a symbol without prices"),
    pytest.param(HEAD + "AAPL,43\nKO,30\nCASH,30\n", "targets.csv", "103 %", "99 to 101 %", id="a sum of 103 %"),
    pytest.param(HEAD + "AAPL,-40\nKO,110\nCASH,30\n", "row 2", "-40", "0 to 100", id="a negative target"),
    pytest.param(HEAD + "AAPL,40%\nKO,30\nCASH,30\n", "row 2", "40%", "without a % sign", id="a % sign"),
    pytest.param(HEAD + "KO,40\nKO,30\nCASH,30\n", "row 3", "KO", "each symbol once", id="a symbol twice"),
    pytest.param("symbol,weight\nKO,40\n", "targets.csv row 1", "weight", "target_percent", id="another column"),
)


@pytest.mark.parametrize(("targets", "where", "what", "remedy"), TARGET_FILES)
def test_bad_targets_are_refused_by_row(targets: str, where: str, what: str, remedy: str, place: Path) -> None:
    before = rows(place / "data")
    (place / "targets.csv").write_text(targets)
    explained(run(REPLAY, place), INPUT, where, what, remedy)
    assert rows(place / "data") == before


COMMAND_LINES = (
    pytest.param(
        (*REPLAY, "--prices", "none.csv"), INPUT, ("--prices", "none.csv", "no such file"), id="no such prices"
    ),
    pytest.param(
        (*REPLAY, "--targets", "none.csv"), INPUT, ("--targets", "none.csv", "no such file"), id="no such targets"
    ),
    pytest.param((*REPLAY, "--prices", "data"), INPUT, ("--prices", "data", "a folder"), id="a folder for a file"),
    pytest.param((*REPLAY, "--fill", "never"), INPUT, ("--fill", "never", "'next', 'same'"), id="no such fill"),
    pytest.param((*REPLAY, "--faults", "bad"), INPUT, ("--faults", "bad", "'mild'"), id="no such faults"),
    pytest.param((*REPLAY, "--output", "xml"), INPUT, ("--output", "xml", "'json'"), id="no such output"),
    pytest.param((*REPLAY, "--cash", "much"), INPUT, ("--cash", "much", "a number"), id="cash in words"),
    pytest.param((*REPLAY, "--cash", "0"), INPUT, ("--cash", ": 0 ", "above 0"), id="no cash"),
    pytest.param((*REPLAY, "--cash", "NaN"), INPUT, ("--cash", "NaN", "a number"), id="NaN for cash"),
    pytest.param((*REPLAY, "--fee-bps", "-1"), INPUT, ("--fee-bps", "-1", "at least 0"), id="a negative fee"),
    pytest.param((*REPLAY, "--threshold", "x"), INPUT, ("--threshold", ": x ", "a number"), id="no band"),
    pytest.param((*REPLAY, "--seed", "x"), INPUT, ("--seed", "integer", "replay --help"), id="a seed in words"),
    pytest.param((*REPLAY, "--colour"), INPUT, ("No such option", "--colour", "replay --help"), id="no such option"),
    pytest.param(REPLAY[:3], INPUT, ("Missing option", "--targets", "replay --help"), id="no targets"),
    pytest.param(("replya",), INPUT, ("replya", "Did you mean 'replay'?", "--help"), id="no such command"),
    pytest.param(("demo", "--headless", "--days", "0"), INPUT, ("--days", ": 0 ", "at least 1"), id="no days"),
    pytest.param(
        ("demo", "--headless", "--fresh", "--data-dir", "."),
        FAILURE,
        ("holds no demo", "left alone"),
        id="fresh where no demo was",
    ),
    pytest.param(
        ("ledger", "--kind", "Trade", "--data-dir", "data"), INPUT, ("--kind", "Trade", "Fill"), id="no such kind"
    ),
    pytest.param((*REPLAY, "--cash", "5"), FAILURE, ("data", "cash 100000, not 5", "--data-dir"), id="other cash"),
    pytest.param((*REPLAY, "--whole"), FAILURE, ("data", "other policy", "--data-dir"), id="another policy"),
    pytest.param(
        (*REPLAY, "--faults", "mild"), FAILURE, ("faults none, not mild", "same files and flags"), id="other faults"
    ),
    pytest.param(
        ("demo", "--headless", "--data-dir", "data"), FAILURE, ("account replay, not demo",), id="another command"
    ),
    pytest.param(
        ("verify", "--data-dir", "data", "--account", "main"),
        FAILURE,
        ("no account main", "replay"),
        id="no such account",
    ),
    pytest.param(
        (*REPLAY, "--data-dir", "prices.csv"),
        FAILURE,
        ("prices.csv", "a file is in its place"),
        id="a file for a folder",
    ),
    pytest.param(
        (*REPLAY, "--data-dir", "prices.csv/data"),
        FAILURE,
        ("prices.csv/data", "--data-dir"),
        id="a folder under a file",
    ),
    pytest.param(
        (*REPLAY, "--data-dir", "/proc/counterpoise"),
        FAILURE,
        ("/proc/counterpoise", "--data-dir"),
        id="where nobody may write",
    ),
    *(
        pytest.param(
            (verb, "--data-dir", "nothing"), FAILURE, ("no journal in nothing", "--data-dir"), id=f"{verb} of nothing"
        )
        for verb in ("verify", "snapshot", "ledger")
    ),
)


@pytest.mark.parametrize(("arguments", "code", "words"), COMMAND_LINES)
def test_a_bad_command_line_is_explained(
    arguments: tuple[str, ...], code: int, words: tuple[str, ...], place: Path
) -> None:
    (place / "nothing").mkdir()
    before = rows(place / "data")
    explained(run(arguments, place), code, *words)
    assert rows(place / "data") == before
    assert list((place / "nothing").iterdir()) == []


@pytest.mark.parametrize("arguments", (REPLAY, ("verify",), ("demo", "--headless")))
def test_a_setting_that_nothing_reads_is_refused(arguments: tuple[str, ...], place: Path) -> None:
    done = run(arguments, place, COUNTERPOISE_DATADIR="data")
    explained(done, FAILURE, "COUNTERPOISE_DATADIR", "COUNTERPOISE_DATA_DIR")
    assert not (place / ".local").exists(), "the default folder was not begun instead"


def newer(data: Path) -> None:
    with closing(sqlite3.connect(data / "journal.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()


def keyless(data: Path) -> None:
    (data / "journal.key").unlink()


def other_key(data: Path) -> None:
    (data / "journal.key").write_bytes(bytes(32))


def open_key(data: Path) -> None:
    (data / "journal.key").chmod(0o644)


def no_database(data: Path) -> None:
    for name in ("journal.db-wal", "journal.db-shm"):
        (data / name).unlink(missing_ok=True)
    (data / "journal.db").write_bytes(b"no database at all\n" * 1_000)


def no_venue(data: Path) -> None:
    for name in ("paper.db-wal", "paper.db-shm"):
        (data / name).unlink(missing_ok=True)
    (data / "paper.db").write_bytes(b"no database at all\n" * 1_000)


def torn_terms(data: Path) -> None:
    (data / "replay.json").write_text("{")


DAMAGE = (
    pytest.param(newer, ("verify",), ("newer version", "9999", "install that version"), id="verify a newer journal"),
    pytest.param(newer, REPLAY[:5], ("newer version", "9999", "install that version"), id="go on with a newer journal"),
    pytest.param(keyless, ("verify",), ("journal.key", "restore the file"), id="verify without the key"),
    pytest.param(keyless, REPLAY[:5], ("journal.key", "restore the file"), id="go on without the key"),
    pytest.param(other_key, REPLAY[:5], ("account replay", "verify"), id="go on with another key"),
    pytest.param(open_key, ("snapshot",), ("journal.key", "chmod 600"), id="a key that all may read"),
    pytest.param(no_database, ("verify",), ("journal.db", "backup"), id="verify what is no database"),
    pytest.param(no_database, REPLAY[:5], ("journal.db", "backup"), id="go on in what is no database"),
    pytest.param(no_venue, REPLAY[:5], ("paper.db", "cannot be opened"), id="go on at what is no venue"),
    pytest.param(torn_terms, REPLAY[:5], ("replay.json", "--data-dir"), id="go on with torn terms"),
)


@pytest.mark.parametrize(("damage", "arguments", "words"), DAMAGE)
def test_a_damaged_folder_is_explained_and_not_written_to(
    damage: Callable[[Path], None], arguments: tuple[str, ...], words: tuple[str, ...], place: Path
) -> None:
    damage(place / "data")
    before = {name: (place / "data" / name).read_bytes() for name in ("journal.db", "paper.db", "anchors.log")}
    explained(run((*arguments, "--data-dir", "data"), place), FAILURE, *words)
    for name, content in before.items():
        assert (place / "data" / name).read_bytes() == content, name


def test_an_empty_cell_is_legal_and_counted(place: Path) -> None:
    (place / "prices.csv").write_text(wide(DAYS, {(0, "XOM"): "", (2, "KO"): "", (3, "KO"): ""}))
    done = run((*REPLAY, "--data-dir", "holes", "--output", "json"), place)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["stale_cells"], told["verify"]) == (2, "ok"), "the cell before the first price is not stale"


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has the folder `data` and works in it for longer than the test takes."""
    process = subprocess.Popen(
        [*COMMAND, "demo", "--headless", "--data-dir", "data"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(400):
        if (tmp_path / "data" / "replay.json").exists() and (tmp_path / "data" / "journal.key").exists():
            break
        time.sleep(0.05)
    yield process
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_second_instance_names_the_first_and_touches_nothing(owner: subprocess.Popen[bytes], tmp_path: Path) -> None:
    again = ("demo", "--headless", "--data-dir", "data")
    for arguments in (again, (*again, "--fresh")):
        explained(run(arguments, tmp_path), FAILURE, "data", f"`demo`, process {owner.pid}", "--data-dir")
    assert owner.poll() is None, "the first goes on"
    assert (tmp_path / "data" / "journal.db").exists()
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    verified = run(("verify", "--data-dir", "data"), tmp_path)
    assert verified.returncode == 0, verified.stdout
    assert "demo: ok" in verified.stdout
    # The dead one's lock is free: only its terms still speak.
    explained(run((*again, "--days", "3"), tmp_path), FAILURE, "begun with days", "same files and flags")
