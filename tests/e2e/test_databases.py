"""Do the commands work alike on PostgreSQL, to the same digest, and does `counterpoise db` do what it says?"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.adapters.journals.postgres_server import database
from tests.e2e.command import COMMAND, environment, run

DEMO = ("demo", "--headless", "--days", "20", "--output", "json", "--data-dir", "data")


@pytest.fixture
def url() -> Iterator[str]:
    with database() as made:
        yield made


def on(url: str) -> dict[str, str]:
    return {"COUNTERPOISE_JOURNAL_URL": url}


def raws(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT raw FROM entries ORDER BY account, sequence").fetchall()
    return [row[0].decode() for row in rows]


def test_the_demo_ends_in_the_same_bytes_on_both(url: str, tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    (tmp_path / "server").mkdir()
    file = run(DEMO, tmp_path / "file")
    server = run(DEMO, tmp_path / "server", **on(url))
    assert (file.returncode, server.returncode) == (0, 0), server.stderr
    left, right = json.loads(file.stdout), json.loads(server.stdout)
    assert (right["verify"], right["synchronous"]) == ("ok", "on")
    assert left["replay_digest"] == right["replay_digest"]
    printed = run(("ledger", "--data-dir", "data", "--limit", "100000"), tmp_path / "file")
    assert printed.stdout.splitlines() == raws(url)
    again = run(("ledger", "--data-dir", "data", "--limit", "100000"), tmp_path / "server", **on(url))
    assert again.stdout == printed.stdout
    assert not (tmp_path / "server" / "data" / "journal.db").exists()


def test_a_demo_that_was_killed_goes_on_from_the_server(url: str, tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    whole = json.loads(run(DEMO, tmp_path / "whole").stdout)
    process = subprocess.Popen(
        [*COMMAND, *DEMO], cwd=tmp_path, env=environment(tmp_path, **on(url)), stdout=subprocess.DEVNULL
    )
    began = time.monotonic()
    while time.monotonic() - began < 60 and not entries(url):
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert entries(url)
    rest = run(DEMO, tmp_path, **on(url))
    assert rest.returncode == 0, rest.stderr
    assert json.loads(rest.stdout)["final_equity"] == whole["final_equity"]
    assert run(("verify", "--data-dir", "data"), tmp_path, **on(url)).returncode == 0


def entries(url: str) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        try:
            row = connection.execute("SELECT count(*) FROM entries").fetchone()
        except psycopg.errors.UndefinedTable:
            return 0
    return int(row[0]) if row else 0


def test_a_demo_of_another_folder_is_not_gone_on_with(url: str, tmp_path: Path) -> None:
    assert run(DEMO, tmp_path, **on(url)).returncode == 0
    elsewhere = run((*DEMO[:-1], "elsewhere"), tmp_path, **on(url))
    assert elsewhere.returncode == 1
    assert "was not begun in elsewhere" in elsewhere.stderr
    unset = run(DEMO, tmp_path)
    assert unset.returncode == 1
    assert "belongs to the journal postgresql://" in unset.stderr
    fresh = run((*DEMO, "--fresh"), tmp_path, **on(url))
    assert fresh.returncode == 1
    assert "none is ever deleted" in fresh.stderr


@pytest.mark.parametrize("kind", ("sqlite", "postgres"))
def test_the_tables_are_told_of_made_and_taken_back(kind: str, url: str, tmp_path: Path) -> None:
    more = on(url) if kind == "postgres" else {}
    where = ("--data-dir", "data")
    status = run(("db", "status", "--output", "json", *where), tmp_path, **more)
    assert status.returncode == 1
    assert json.loads(status.stdout)["revision"] is None
    made = run(("db", "upgrade", *where), tmp_path, **more)
    assert (made.returncode, made.stdout.strip().endswith("revision none → 0001")) == (0, True)
    assert run(("db", "upgrade", *where), tmp_path, **more).stdout.strip().endswith("has revision 0001 already")
    refused = run(("db", "downgrade", "0001", *where), tmp_path, **more)
    assert (refused.returncode, refused.stderr) == (
        2,
        "error: REVISION: 0001 was refused: earlier than 0001, which it has\n",
    )
    assert run(("db", "upgrade", "0007", *where), tmp_path, **more).returncode == 2
    assert run(("db", "downgrade", "base", *where), tmp_path, **more).returncode == 0
    assert json.loads(run(("db", "status", "-o", "json", *where), tmp_path, **more).stdout)["revision"] is None
    assert "nothing to take back" in run(("db", "downgrade", "base", *where), tmp_path, **more).stdout


@pytest.mark.parametrize("kind", ("sqlite", "postgres"))
def test_facts_go_only_when_that_is_said(kind: str, url: str, tmp_path: Path) -> None:
    more = on(url) if kind == "postgres" else {}
    assert run(DEMO, tmp_path, **more).returncode == 0
    status = run(("db", "status", "--data-dir", "data"), tmp_path, **more)
    assert status.returncode == 0
    assert "revision 0001, the newest" in status.stdout
    assert "demo" in status.stdout
    kept = run(("db", "downgrade", "base", "--data-dir", "data"), tmp_path, **more)
    assert kept.returncode == 1
    assert "entries, which a downgrade may throw away for ever; nothing was changed" in kept.stderr
    assert run(("verify", "--data-dir", "data"), tmp_path, **more).returncode == 0
    gone = run(("db", "downgrade", "base", "--discard-facts", "--data-dir", "data"), tmp_path, **more)
    assert gone.returncode == 0
    assert run(("db", "status", "--data-dir", "data"), tmp_path, **more).returncode == 1


def test_tables_under_a_writer_are_not_taken_away(url: str, tmp_path: Path) -> None:
    serving = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", "--data-dir", "data", "--paper", "main", "--symbols", "SPY"],
        cwd=tmp_path,
        env=environment(tmp_path, **on(url)),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert serving.stderr is not None
        assert serving.stderr.readline().startswith("serving")
        key = {"COUNTERPOISE_JOURNAL_KEY_FILE": str(tmp_path / "data" / "journal.key")}
        refused = run(("db", "downgrade", "base", "--discard-facts", "--data-dir", "other"), tmp_path, **on(url), **key)
        assert refused.returncode == 1
        assert "account main is being written by counterpoise serve" in refused.stderr
        second = run(
            ("serve", "--port", "0", "--data-dir", "other", "--paper", "main", "--symbols", "SPY"),
            tmp_path,
            **on(url),
            **key,
        )
        assert second.returncode == 1
        assert "account main is being written by counterpoise serve" in second.stderr
    finally:
        serving.terminate()
        serving.communicate(timeout=30)
    assert run(("verify", "--data-dir", "data"), tmp_path, **on(url)).returncode == 0


def test_no_error_shows_the_password(tmp_path: Path) -> None:
    for url in (
        "postgresql://trader:hunter2@127.0.0.1:1/book",
        "trader:hunter2@127.0.0.1/book",
        "postgresql://trader:hunter2@127.0.0.1:none/book",
    ):
        for command in (("verify",), ("db", "status"), ("db", "upgrade"), DEMO):
            done = run(command, tmp_path, **on(url))
            assert done.returncode == 1
            assert done.stderr.startswith("error: ")
            assert "hunter2" not in done.stdout + done.stderr
