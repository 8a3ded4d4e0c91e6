"""Eight processes, each the writer of its own account, send money to one another: is every cent there in every read?

A few seconds; `COUNTERPOISE_TEST_LONG=1` makes it a minute. One of the processes is killed on the way and replaced.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from counterpoise.ledger.audit import audit
from tests.adapters.journals.postgres_server import database
from tests.contract.bank import ACCOUNTS, OPENING, Reader, opened

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60.0 if os.environ.get("COUNTERPOISE_TEST_LONG") else 4.0
START_SECONDS_MAX = 60.0


@pytest.fixture(params=("sqlite", "postgres"))
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'bank.db'}"
        return
    with database() as made:
        yield made


class Tellers:
    """The writing processes."""

    def __init__(self, url: str, folder: Path, key_file: Path) -> None:
        self._url = url
        self._folder = folder
        self._key_file = key_file
        self.running: dict[str, subprocess.Popen[str]] = {}

    def start(self, account: str, seconds: float) -> None:
        folder = self._folder / account
        folder.mkdir(exist_ok=True)
        arguments = (self._url, str(folder), str(self._key_file), account, str(seconds))
        self.running[account] = subprocess.Popen(
            [sys.executable, "-m", "tests.contract.bank", *arguments], stderr=subprocess.PIPE, text=True, cwd=ROOT
        )

    def kill(self, account: str) -> None:
        os.kill(self.running[account].pid, signal.SIGKILL)
        self.running[account].communicate()

    def end(self) -> list[tuple[int, str]]:
        """How each ended, and what it said."""
        return [(process.wait(), process.communicate()[1]) for process in self.running.values()]

    def stop(self) -> None:
        for process in self.running.values():
            process.kill()
            process.wait()
            if process.stderr is not None:
                process.stderr.close()


@pytest.fixture
def tellers(url: str, tmp_path: Path) -> Iterator[Tellers]:
    made = Tellers(url, tmp_path, tmp_path / "journal.key")
    yield made
    made.stop()


async def test_the_total_is_balances_and_what_is_in_transit_in_every_read(
    url: str, tmp_path: Path, tellers: Tellers
) -> None:
    journal = opened(url, tmp_path, tmp_path / "journal.key")  # makes tables and key
    readers = [Reader(journal), Reader(journal)]
    chance = random.Random(1)
    for account in ACCOUNTS:
        tellers.start(account, SECONDS)
    began = time.monotonic()
    while readers[0].begun < len(ACCOUNTS):
        assert time.monotonic() - began < START_SECONDS_MAX, "a teller did not start"
        await readers[0].check(chance)
        await asyncio.sleep(0.05)
    half, rounds, killed = time.monotonic() + SECONDS / 2, 0, False
    while any(process.poll() is None for process in tellers.running.values()):
        for reader in readers:
            await reader.check(chance)
        rounds += 1
        if not killed and time.monotonic() > half:
            tellers.kill(ACCOUNTS[3])
            tellers.start(ACCOUNTS[3], SECONDS / 2)
            killed = True
    assert tellers.end() == [(0, "")] * len(ACCOUNTS)
    last = Reader(journal)
    await last.check(chance)
    assert last.begun == len(ACCOUNTS)
    assert last.arrived > 10 * len(ACCOUNTS), "money moved"
    assert rounds > 3, "it was read while it moved"
    assert sum(books.cash + books.in_transit for books in last.books.values()) == len(ACCOUNTS) * OPENING
    assert last.books[ACCOUNTS[3]].epoch == 2, "the killed writer was replaced"
    for account in ACCOUNTS:
        report = audit([entry async for entry in journal.read(account)], journal.key, account, await journal.anchors())
        assert report.ok, report.problems
    await journal.close()
