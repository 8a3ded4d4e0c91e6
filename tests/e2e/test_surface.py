"""Is the command what its specification says: its keys, its streams, its files, and its proof of the journal?"""

import json
import os
import pty
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.e2e.command import COMMAND, SYMBOLS, TARGETS, environment, rows, run, sample, wide

DAYS = 12
SUMMARY_KEYS = (
    "days",
    "seconds",
    "commits",
    "judged",
    "partial_fills",
    "unknowns",
    "mode_changes",
    "final_equity",
    "time_weighted_return_pct",
    "max_drawdown_pct",
    "rebalances",
    "orders",
    "fills",
    "fees",
    "denials",
    "equity_proof_residual",
    "verify",
    "replay_digest",
)
MORE_KEYS = ("stale_cells", "synchronous")
"""Empty cells, which the replay rule has counted in the summary, and how durable the commits were."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place where a short demo was run into `data`; its streams are kept beside."""
    place = tmp_path_factory.mktemp("demo")
    done = run(("demo", "--headless", "--days", "66", "--data-dir", "data", "--output", "json"), place)
    assert done.returncode == 0, done.stderr
    (place / "stdout").write_text(done.stdout)
    (place / "stderr").write_text(done.stderr)
    return place


def test_every_day_is_durable(demo: Path) -> None:
    told = json.loads((demo / "stdout").read_text())
    assert (told["synchronous"], told["commits"] >= told["days"]) == ("FULL", True)


@pytest.fixture
def copied(demo: Path, tmp_path: Path) -> Path:
    """A copy of that place, to do something to."""
    shutil.copytree(demo, tmp_path / "copy")
    return tmp_path / "copy"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A place with a user's prices and targets."""
    (tmp_path / "prices.csv").write_text(wide(DAYS))
    (tmp_path / "targets.csv").write_text(TARGETS)
    return tmp_path


def replayed(place: Path, *more: str, prices: str = "prices.csv", data: str = "data") -> dict[str, Any]:
    """What a replay of the files in `place` told."""
    files = ("--prices", prices, "--targets", "targets.csv", "--data-dir", data)
    done = run(("replay", *files, "--output", "json", *more), place)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert (told["verify"], told["equity_proof_residual"]) == ("ok", "0")
    return told


def bodies(data: Path, kind: str) -> list[dict[str, Any]]:
    """The bodies of all facts of a kind, and when each took place."""
    with closing(sqlite3.connect(data / "journal.db")) as connection:
        found = connection.execute("SELECT raw FROM entries WHERE kind = ? ORDER BY sequence", (kind,)).fetchall()
    facts = [json.loads(raw) for (raw,) in found]
    return [{**fact["body"], "at": fact["occurred_at"]} for fact in facts]


# ── streams ──────────────────────────────────────────────────────────────────────────────────────────────


def test_json_is_one_pure_object_with_the_keys_of_the_specification(demo: Path) -> None:
    told = json.loads((demo / "stdout").read_text())
    assert sorted(told) == sorted((*SUMMARY_KEYS, *MORE_KEYS))
    assert (told["days"], told["verify"], told["equity_proof_residual"]) == (66, "ok", "0")
    assert sorted(told["judged"]) == ["approved", "denied"]
    assert told["judged"]["denied"] == sum(told["denials"].values()) > 0
    assert told["replay_digest"].startswith("v3:")
    for name in ("seconds", "final_equity", "time_weighted_return_pct", "max_drawdown_pct", "fees"):
        assert isinstance(told[name], str), f"{name} is a decimal and no float"
        assert Decimal(told[name]).is_finite()
    assert (demo / "stderr").read_text() == "", "progress is for terminals"


def test_a_table_has_every_figure_and_the_folder(files: Path) -> None:
    done = run(("replay", "--prices", "prices.csv", "--targets", "targets.csv", "--data-dir", "data"), files)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    for words in ("final equity", "replay digest", "v3:", "data folder", "  data\n"):
        assert words in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 80


def on_a_terminal(place: Path, which: str, arguments: tuple[str, ...], **more: str) -> tuple[str, str]:
    """Run with stdout or stderr on a terminal; what the terminal got, and what the other stream got."""
    master, terminal = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=place,
        env=environment(place, TERM="xterm-256color", **more),
        stdout=terminal if which == "stdout" else subprocess.PIPE,
        stderr=terminal if which == "stderr" else subprocess.PIPE,
        text=True,
    ) as process:
        os.close(terminal)
        shown = b""
        while True:
            try:
                part = os.read(master, 65_536)
            except OSError:  # the terminal's other end is closed
                break
            if not part:
                break
            shown += part
        other = process.stderr if which == "stdout" else process.stdout
        assert other is not None
        piped = other.read()
    os.close(master)
    assert process.returncode == 0, piped
    return shown.decode(), piped


@pytest.mark.parametrize(
    ("more", "has_colour"),
    (
        pytest.param({}, True, id="a terminal"),
        pytest.param({"NO_COLOR": "1"}, False, id="NO_COLOR"),
        pytest.param({"NO_COLOR": ""}, True, id="an empty NO_COLOR says nothing"),
    ),
)
def test_progress_is_shown_on_a_terminal_and_stays_out_of_stdout(
    *, more: dict[str, str], has_colour: bool, tmp_path: Path
) -> None:
    arguments = ("demo", "--headless", "--days", "40", "--data-dir", "data", "--output", "json")
    shown, piped = on_a_terminal(tmp_path, "stderr", arguments, **more)
    assert "demo" in shown
    assert "/40" in shown
    assert ("\x1b[3" in shown) is has_colour
    assert json.loads(piped)["days"] == 40


@pytest.mark.parametrize(("more", "has_colour"), (({}, True), ({"NO_COLOR": "1"}, False)))
def test_a_table_is_coloured_on_a_terminal_only(*, more: dict[str, str], has_colour: bool, tmp_path: Path) -> None:
    shown, piped = on_a_terminal(tmp_path, "stdout", ("demo", "--headless", "--days", "3", "--data-dir", "d"), **more)
    assert "final equity" in shown
    assert ("\x1b[32m" in shown) is has_colour, "ok is green"
    assert piped == ""


def test_help_and_version_are_answers(tmp_path: Path) -> None:
    for arguments, words in ((("--version",), "0."), (("--help",), "replay"), (("replay", "--help"), "--slippage-bps")):
        done = run(arguments, tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert words in done.stdout


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────


def test_wide_long_and_parquet_prices_end_in_the_same_digest(files: Path) -> None:
    history = sample()
    days = range(DAYS)
    priced = [(history.days[number], name, history.traded_on(number)[name]) for number in days for name in SYMBOLS]
    long = "\n".join(("date,symbol,price", *(f"{day},{name},{price}" for day, name, price in priced)))
    (files / "long.csv").write_text(long + "\n")
    dates = pa.array([history.days[number] for number in days])
    columns = {name: pa.array([float(history.traded_on(number)[name]) for number in days]) for name in SYMBOLS}
    parquet.write_table(pa.table({"date": dates, **columns}), files / "floats.parquet")
    texts = {
        "date": [row[0] for row in priced],
        "symbol": [row[1] for row in priced],
        "price": [row[2] for row in priced],
    }
    parquet.write_table(pa.table(texts), files / "decimals.parquet")
    digests = {
        name: replayed(files, prices=name, data=f"from-{name}")["replay_digest"]
        for name in ("prices.csv", "long.csv", "floats.parquet", "decimals.parquet")
    }
    assert len(set(digests.values())) == 1, digests


def test_orders_fill_at_the_next_price_unless_told_the_same(files: Path) -> None:
    first, second = (day.isoformat() for day in sample().days[:2])
    replayed(files, data="next")
    assert bodies(files / "next", "Fill")[0]["at"].startswith(second), "no look-ahead"
    replayed(files, "--fill", "same", data="same")
    assert bodies(files / "same", "Fill")[0]["at"].startswith(first)


def test_whole_shares_are_whole(files: Path) -> None:
    replayed(files, data="fractions")
    assert any(Decimal(fill["quantity"]) % 1 for fill in bodies(files / "fractions", "Fill"))
    replayed(files, "--whole", data="whole")
    quantities = [Decimal(fill["quantity"]) for fill in bodies(files / "whole", "Fill")]
    assert quantities
    assert not any(quantity % 1 for quantity in quantities)


def test_the_bot_trades_what_the_targets_leave(files: Path) -> None:
    (files / "prices.csv").write_text(wide(66))
    told = replayed(files, "--momentum")
    assert told["judged"]["approved"] > 0
    judged = [candidate for fact in bodies(files / "data", "CandidateJudged") for candidate in fact["candidates"]]
    assert {candidate["symbol"] for candidate in judged} <= {"JNJ", "XOM"}
    assert replayed(files, data="alone")["judged"] == {"approved": 0, "denied": 0}


def test_costs_are_charged_as_told(files: Path) -> None:
    assert replayed(files, data="free")["fees"] == "0"
    told = replayed(files, "--fee-bps", "10", "--slippage-bps", "5", data="dear")
    spent = sum(Decimal(fill["quantity"]) * Decimal(fill["price"]) for fill in bodies(files / "dear", "Fill"))
    assert Decimal(told["fees"]) == spent * Decimal("0.001")


def test_a_finished_folder_gives_the_same_summary_again_and_says_so(copied: Path) -> None:
    first = json.loads((copied / "stdout").read_text())
    done = run(("demo", "--headless", "--days", "66", "--data-dir", "data", "--output", "json"), copied)
    assert done.returncode == 0
    again = json.loads(done.stdout)
    assert {**again, "seconds": 0, "commits": 0} == {**first, "seconds": 0, "commits": 0}
    assert done.stderr.splitlines() == [
        "note: data was complete, nothing was left to do; --fresh begins anew",
    ]
    anew = run(("demo", "--headless", "--days", "3", "--fresh", "--data-dir", "data", "--output", "json"), copied)
    assert (json.loads(anew.stdout)["days"], anew.stderr) == (3, "")


def test_snapshot_and_ledger_read_what_was_written(demo: Path) -> None:
    told = json.loads((demo / "stdout").read_text())
    seen = json.loads(run(("snapshot", "--data-dir", "data", "--output", "json"), demo).stdout)
    assert Decimal(seen["total_equity"]) == Decimal(told["final_equity"])
    assert seen["num_positions"] == len(seen["positions"]) > 0
    ledger = run(("ledger", "--data-dir", "data", "--kind", "Fill", "--limit", "5"), demo)
    facts = [json.loads(line) for line in ledger.stdout.splitlines()]
    assert [fact["kind"] for fact in facts] == ["Fill"] * 5


# ── proof ────────────────────────────────────────────────────────────────────────────────────────────────

MIDDLE = 60
"""Sequence of the entry that hands are laid on."""


def edited(connection: sqlite3.Connection) -> None:
    (raw,) = connection.execute("SELECT raw FROM entries WHERE sequence = ?", (MIDDLE,)).fetchone()
    at = raw.index(b'"actor"')
    connection.execute("UPDATE entries SET raw = ? WHERE sequence = ?", (raw[: at + 9] + b"X" + raw[at + 10 :], MIDDLE))


def column_edited(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE entries SET actor = 'somebody' WHERE sequence = ?", (MIDDLE,))


def seal_edited(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE entries SET seal = zeroblob(32) WHERE sequence = ?", (MIDDLE,))


def deleted(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM entries WHERE sequence = ?", (MIDDLE,))


def closed_up(connection: sqlite3.Connection) -> None:
    deleted(connection)
    later = connection.execute("SELECT sequence FROM entries WHERE sequence > ? ORDER BY 1", (MIDDLE,)).fetchall()
    for (sequence,) in later:
        connection.execute("UPDATE entries SET sequence = sequence - 1 WHERE sequence = ?", (sequence,))


def inserted(connection: sqlite3.Connection) -> None:
    later = "SELECT sequence FROM entries WHERE sequence >= ? ORDER BY 1 DESC"
    for (sequence,) in connection.execute(later, (MIDDLE,)).fetchall():
        connection.execute("UPDATE entries SET sequence = sequence + 1 WHERE sequence = ?", (sequence,))
    connection.execute(
        "INSERT INTO entries SELECT account, ?, epoch, 'forged', kind, schema, occurred_at, recorded_at, source, "
        "actor, correlation_id, causation_id, instrument, raw, seal FROM entries WHERE sequence = ?",
        (MIDDLE, MIDDLE - 1),
    )


def reordered(connection: sqlite3.Connection) -> None:
    for was, becomes in ((MIDDLE, -1), (MIDDLE + 1, MIDDLE), (-1, MIDDLE + 1)):
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("UPDATE entries SET sequence = ? WHERE sequence = ?", (becomes, was))


def cut_off(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM entries WHERE sequence = (SELECT max(sequence) FROM entries)")


def state_flipped(connection: sqlite3.Connection) -> None:
    (state,) = connection.execute("SELECT state FROM checkpoints").fetchone()
    at = state.index(b'"cash"')
    digit = next(index for index in range(at, len(state)) if state[index : index + 1].isdigit())
    flipped = b"1" if state[digit : digit + 1] != b"1" else b"2"
    connection.execute("UPDATE checkpoints SET state = ?", (state[:digit] + flipped + state[digit + 1 :],))


def digest_flipped(connection: sqlite3.Connection) -> None:
    (digest,) = connection.execute("SELECT digest FROM checkpoints").fetchone()
    connection.execute("UPDATE checkpoints SET digest = ?", (digest[:-1] + ("0" if digest[-1] != "0" else "1"),))


@pytest.mark.parametrize(
    ("lay_hands_on", "first_bad", "word"),
    (
        pytest.param(edited, MIDDLE, "seal", id="bytes edited"),
        pytest.param(column_edited, MIDDLE, "actor", id="a column edited"),
        pytest.param(seal_edited, MIDDLE, "seal", id="a seal edited"),
        pytest.param(deleted, MIDDLE, str(MIDDLE), id="a row deleted"),
        pytest.param(closed_up, MIDDLE, str(MIDDLE), id="a row deleted and the gap closed"),
        pytest.param(inserted, MIDDLE, str(MIDDLE), id="a row inserted"),
        pytest.param(reordered, MIDDLE, str(MIDDLE), id="two rows exchanged"),
        pytest.param(cut_off, None, "anchor", id="the last row cut off"),
        pytest.param(state_flipped, None, "state kept", id="a kept value flipped"),
        pytest.param(digest_flipped, None, "digest kept", id="a kept digest flipped"),
    ),
)
def test_verify_finds_what_hands_did(
    lay_hands_on: Callable[[sqlite3.Connection], None], first_bad: int | None, word: str, copied: Path
) -> None:
    whole = run(("verify", "--data-dir", "data", "--output", "json"), copied)
    assert (whole.returncode, json.loads(whole.stdout)[0]["problems"]) == (0, [])
    with closing(sqlite3.connect(copied / "data" / "journal.db")) as connection:
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        lay_hands_on(connection)
        connection.commit()
    done = run(("verify", "--data-dir", "data", "--output", "json"), copied)
    assert done.returncode == 1
    (found,) = json.loads(done.stdout)
    assert found["ok"] is False
    assert word in " ".join(found["problems"])
    if first_bad is not None:
        assert found["first_bad"] == first_bad
    assert done.stderr == ""


@pytest.mark.parametrize("statement", ("UPDATE entries SET actor = 'x'", "DELETE FROM entries"))
def test_the_database_itself_refuses_to_change_an_entry(statement: str, copied: Path) -> None:
    with (
        closing(sqlite3.connect(copied / "data" / "journal.db")) as connection,
        pytest.raises(sqlite3.IntegrityError, match="journal entries are never"),
    ):
        connection.execute(statement)


def test_an_interrupted_replay_says_that_nothing_was_lost_and_goes_on(tmp_path: Path) -> None:
    command = [*COMMAND, "demo", "--headless", "--days", "900", "--data-dir", "data", "--output", "json"]
    started = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A test run in the background ignores Ctrl-C, and a child would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - the test has one thread
    )
    while not (tmp_path / "data" / "replay.json").exists():
        assert started.poll() is None
        time.sleep(0.01)
    started.send_signal(signal.SIGINT)
    told, said = started.communicate()
    assert (started.returncode, told) == (130, "")
    assert said == "interrupted; nothing was lost in data, and the same command goes on from there\n"
    assert run(("verify", "--data-dir", "data"), tmp_path).returncode == 0


def test_a_folder_that_holds_a_demo_s_is_said_to(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo / "data", tmp_path / "home" / "demo")
    done = run(("verify", "--data-dir", "home"), tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: no journal in home itself; choose one with --data-dir home/demo\n"


def test_beginning_anew_deletes_only_what_a_demo_made(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo / "data", tmp_path / "data")
    (tmp_path / "data" / "notes.txt").write_text("mine")
    begun = run(("demo", "--headless", "--fresh", "--days", "3", "--data-dir", "data"), tmp_path)
    assert begun.returncode == 0, begun.stderr
    assert (tmp_path / "data" / "notes.txt").read_text() == "mine"
    assert len(rows(tmp_path / "data")) < len(rows(demo / "data"))


def test_beginning_anew_leaves_a_replay_alone(files: Path) -> None:
    replayed(files)
    before = rows(files / "data")
    refused = run(("demo", "--headless", "--fresh", "--data-dir", "data"), files)
    assert (refused.returncode, rows(files / "data")) == (1, before)
    assert refused.stderr == "error: data holds no demo but replay; it is left alone, choose another\n"
