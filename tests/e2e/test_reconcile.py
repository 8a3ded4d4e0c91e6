"""Does a person see from the command line where ledger and venue differ, put it right, and take it back?"""

import json
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from counterpoise.domain.plans import SizingPolicy, Target
from counterpoise.library.opening import Opening
from counterpoise.library.plane import Counterpoise
from tests.e2e.command import run

D = Decimal


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    """50 SPY and 60 QQQ bought from 10,000, and the account at rest."""
    folder = tmp_path / "data"
    opening = Opening.paper("main", cash=D(10_000), symbols=("SPY", "QQQ"))
    async with Counterpoise.open(folder, opening) as plane:
        prices = {"SPY": D(100), "QQQ": D(50)}
        await plane.tick(prices)
        wanted = (Target(symbol="SPY", weight=D("0.5")), Target(symbol="QQQ", weight=D("0.3")))
        await plane.set_targets("core", wanted, SizingPolicy())
        await plane.rebalance("core", "first")
        await plane.tick(prices)
        assert (await plane.reconcile()).agrees
    return folder


def at_the_venue(data: Path, *statements: str) -> None:
    with closing(sqlite3.connect(data / "paper.db")) as venue, venue:
        for statement in statements:
            venue.execute(statement)


def told(data: Path, *arguments: str, code: int = 0) -> str:
    done = run(("reconcile", *arguments, "--data-dir", str(data)), data.parent)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if code < 2 else done.stderr


def seen(data: Path, code: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(told(data, "--output", "json", code=code))
    return found


async def test_a_fee_is_shown_settled_reversed_and_settled_as_what_it_was(data: Path) -> None:
    assert "main and paper agree: cash, positions and open orders" in told(data)
    at_the_venue(
        data,
        "UPDATE venue SET value = '1992.75' WHERE name = 'cash'",
        "INSERT INTO cash_events (event_id, kind, amount, asset, happened_at) "
        "VALUES ('fee-11', 'FEE', '-7.25', 'USD', '2100-01-01T00:00:00.000000Z')",
    )
    shown = told(data, code=1)
    assert "USD            ledger            2,000   paper         1,992.75" in shown
    assert "1. fee   (score 100 of 100)" in shown
    assert "proposal: record fee fee-11 of -7.25 USD" in shown
    assert "no new risk in the account until it is settled" in shown

    assert "USD: the break is settled" in told(data, "settle", "USD", "--reason", "account fee")
    after = seen(data, 0)
    assert after["agrees"] is True
    assert after["breaks"] == []
    (adjusted,) = after["adjustments"]
    body = adjusted["body"]
    assert (body["amount"], body["asset"], body["reason"]) == ("-7.25", "USD", "account fee")
    assert body["settles"].startswith("BreakOpened:")

    number = str(adjusted["sequence"])
    assert "open breaks: USD" in told(data, "reverse", number, "--reason", "book it as a fee")
    assert "nothing happened twice" in told(data, "reverse", number, "--reason", "again")
    assert seen(data, 1)["adjustments"] == []
    verified = run(("verify", "--data-dir", str(data)), data.parent)
    assert verified.returncode == 0, verified.stdout


async def test_json_is_one_object_with_every_difference_and_explanation(data: Path) -> None:
    at_the_venue(data, "UPDATE positions SET quantity = '120' WHERE symbol = 'QQQ'")
    found = seen(data, 1)
    (item,) = found["differences"]
    assert (item["kind"], item["subject"], item["ours_minus_theirs"], item["waiting"]) == (
        "POSITION",
        "QQQ",
        "-60",
        False,
    )
    best = found["explanations"][0]
    assert best["causes"][0]["kinds"] == ["SPLIT"]
    assert best["score"] == 100 + sum(line["points"] for line in best["lines"])
    assert "QQQ: the break is settled" in told(data, "settle", "QQQ", "--explanation", "1", "--reason", "2:1")
    assert told(data).startswith("main and paper agree")


@pytest.mark.parametrize(
    ("arguments", "message"),
    (
        (("settle", "USD", "--reason", "x"), "error: break: USD was refused: a break that is open: none is open"),
        (
            ("reverse", "7", "--reason", "x"),
            "error: adjustment: 7 was refused: an adjustment that holds: there is none",
        ),
        (("settle", "USD"), "error: Missing option '--reason'; see `"),
        (("settle", "USD", "--reason", "x", "--unit-price", "1e9"), "error: --unit-price: 1e9 was refused"),
        (("--account", "other"), "error: no account other in"),
    ),
    ids=["no break", "no adjustment", "no reason", "no number", "no account"],
)
async def test_what_cannot_be_done_is_one_sentence(data: Path, arguments: tuple[str, ...], message: str) -> None:
    code = 1 if arguments[0] == "--account" else 2
    done = run(("reconcile", *arguments, "--data-dir", str(data)), data.parent)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(message)
    assert len(done.stderr.splitlines()) == 1


def test_a_folder_without_an_account_and_a_replay_s_are_refused(tmp_path: Path) -> None:
    empty = run(("reconcile", "--data-dir", str(tmp_path / "none")), tmp_path)
    assert empty.returncode == 1
    assert empty.stderr.startswith("error: ")
    made = run(("demo", "--headless", "--days", "3", "--data-dir", "tour"), tmp_path)
    assert made.returncode == 0, made.stderr
    replay = run(("reconcile", "--data-dir", "tour"), tmp_path)
    assert replay.returncode == 1
    assert "holds a replay" in replay.stderr
