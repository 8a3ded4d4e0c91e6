"""Does a demo that people watch do the same as one that nobody sees, and end as cleanly?"""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import time
from pathlib import Path

from tests.e2e.command import COMMAND, environment, run

DAYS = "66"
WATCHED = ("demo", "--days", DAYS, "--port", "0", "--data-dir", "data")


def digest(text: str) -> str:
    found = re.search(r"v3:[0-9a-f]{64}", text)
    assert found, text
    return found[0]


def headless(place: Path) -> str:
    done = run(("demo", "--headless", "--days", DAYS, "--data-dir", "headless"), place)
    assert done.returncode == 0, done.stderr
    return digest(done.stdout)


def test_watched_and_unseen_end_in_the_same_state(tmp_path: Path) -> None:
    done = run((*WATCHED, "--speed", "max"), tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert re.fullmatch(r"dashboard http://127\.0\.0\.1:\d+", lines[0])
    assert lines[1].startswith("sign in once http://127.0.0.1:")
    assert "\x1b" not in done.stdout
    assert digest(done.stdout) == headless(tmp_path)


def test_sigterm_ends_it_between_two_days_and_it_goes_on_later(tmp_path: Path) -> None:
    arguments = (*WATCHED, "--speed", "20")
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 0, said
    assert "goes on from there" in said
    assert not re.search("Traceback|Error", said), said
    done = run((*WATCHED, "--speed", "max"), tmp_path)
    assert done.returncode == 0, done.stderr
    assert digest(done.stdout) == headless(tmp_path)


def test_a_port_in_use_is_one_line_and_touches_nothing(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, *WATCHED, "--stay"], cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    port = re.findall(r"127\.0\.0\.1:(\d+)", process.stdout.readline())[0]
    try:
        second = run(("demo", "--port", port, "--data-dir", "other"), tmp_path)
        assert second.returncode == 1
        assert (
            second.stderr
            == f"error: port {port} of 127.0.0.1 is in use by another program; choose another with --port\n"
        )
        assert not (tmp_path / "other").exists()
        third = run(("demo", "--days", DAYS, "--port", "0", "--data-dir", "data"), tmp_path)
        assert third.returncode == 1
        assert f"http://127.0.0.1:{port}" in third.stderr  # names who has the folder, and where
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 0


def test_on_a_terminal_q_ends_it(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *WATCHED, "--speed", "20"],
        cwd=tmp_path,
        env=environment(tmp_path, TERM="xterm", COLUMNS="80", LINES="24"),
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
    )
    os.close(theirs)
    seen = b""
    until = time.monotonic() + 20
    while b"Equity, USD" not in seen and time.monotonic() < until:
        seen += os.read(ours, 65_536)
    os.write(ours, b"q")
    while process.poll() is None and time.monotonic() < until:
        try:
            seen += os.read(ours, 65_536)
        except OSError:  # the last end of the terminal was closed
            break
    assert process.wait(10) == 0
    os.close(ours)
    assert process.stderr is not None
    assert b"goes on from there" in process.stderr.read()
    process.stderr.close()
    assert b"\x1b[?1049h" in seen  # drawn beside what was on the terminal
    assert seen.rstrip().endswith(b"\x1b[?25h") or b"\x1b[?1049l" in seen  # and taken off it again
