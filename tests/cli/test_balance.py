"""Can a person and a program read a balance, and is an error one line and an exit code?"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from counterpoise.cli.balance import age_in_words
from counterpoise.library.opening import Opening
from counterpoise.library.plane import Counterpoise

D = Decimal


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An account that its venue has just confirmed."""
    path = tmp_path_factory.mktemp("balance")

    async def live() -> None:
        async with Counterpoise.open(path, Opening.paper("mine", cash=D(10_000), symbols=("SPY",))) as plane:
            await plane.tick({"SPY": D(400)})
            await plane.compare()

    asyncio.run(live())
    return path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "counterpoise", "balance", *arguments, "--data-dir", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_person_reads_source_age_and_what_it_may_be_used_for(folder: Path) -> None:
    done = run(folder)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "mine: 10,000.00 USD (paper money)"
    for words in ("broker, ", "confidence", " s ago", "usable for", "buying power", "ledger says 10,000.00"):
        assert words in done.stdout
    assert max(map(len, lines[:9])) <= 80


@pytest.mark.parametrize(
    ("source", "usable_for"),
    (("auto", ("TRADE", "REDUCE")), ("history", ("REDUCE",)), ("opening", ("DISPLAY",))),
)
def test_a_program_reads_one_object(folder: Path, source: str, usable_for: tuple[str, ...]) -> None:
    for as_json in (("--json",), ("--output", "json")):
        told = json.loads(run(folder, "--source", source, *as_json).stdout)
        assert (told["account"], told["balance"], told["amount"]) == ("mine", "10000", "10000")
        assert told["usable_for"] in usable_for
        assert D(told["age_seconds"]) > 0
        assert told["details"]["paper"] is True


def test_a_trade_is_sized(folder: Path) -> None:
    told = json.loads(run(folder, "size", "--risk", "0.02", "--stop", "4", "--price", "400", "--json").stdout)
    assert (told["position_size"], told["limited_by"]) == ("23", "cash")
    said = run(folder, "size", "--risk", "0.02", "--stop", "40", "--price", "400", "--symbol", "spy").stdout
    assert said.startswith("5 units, limited by risk\n")


def test_a_purchase_that_cannot_be_paid_for_ends_with_one(folder: Path) -> None:
    assert run(folder, "afford", "SPY", "25", "--price", "400").returncode == 0
    refused = run(folder, "afford", "SPY", "25", "--price", "401")
    assert (refused.returncode, refused.stdout.splitlines()[0]) == (1, "SPY: not affordable: 25.00 is missing")
    told = json.loads(run(folder, "afford", "SPY", "25", "--price", "401", "--json").stdout)
    assert (told["affordable"], told["shortage"]) == (False, "25")
    assert run(folder, "afford", "SPY", "25", "--price", "400", "--collar-pct", "4").returncode == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    (
        (("--source", "bank"), 2, "error: source: bank was refused"),
        (("--account", "yours"), 1, "error: no account yours"),
        (("afford", "QQQ", "1", "--price", "1"), 2, "error: symbol: QQQ was refused"),
        (("afford", "SPY", "0", "--price", "1"), 2, "error: quantity: 0 was refused"),
        (("afford", "SPY", "1", "--price", "NaN"), 2, "error: --price: NaN was refused"),
        (("size", "--risk", "2", "--stop", "4", "--price", "400"), 2, "error: risk_fraction: 2 was refused"),
        (("size", "--risk", "0.02", "--stop", "0", "--price", "400"), 2, "error: stop_distance: 0 was refused"),
    ),
)
def test_an_error_is_one_line_and_a_code(folder: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = run(folder, *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("seconds", "words"),
    (
        (0, "0 s"),
        (0.9, "0 s"),
        (42, "42 s"),
        (185, "3 min 5 s"),
        (180, "3 min"),
        (7_800, "2 h 10 min"),
        (273_600, "3 d 4 h"),
    ),
)
def test_an_age_is_told_to_two_places(seconds: float, words: str) -> None:
    assert age_in_words(timedelta(seconds=seconds)) == words
