"""Does a replay that was killed at any moment go on to the same end as one that nobody touched?

The killed processes are real and die of SIGKILL; tests/e2e/kill_child.py makes them. Every journal append and every
venue write of one busy day is such a moment, before and after its commit, and so is every step of a send.
"""

import json
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import count
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from tests.e2e.kill_child import AFTER, ANSWER, BEFORE, BUSY_DAYS, JOURNAL, SUBMIT, VENUE, WHERE

CHILD = Path(__file__).with_name("kill_child.py")
SERVERS = 2
RANDOM_CASES = 50
DEATHS_MAX = 3
MAY_DIFFER = ("seconds", "commits", "unknowns")
"""Of a process or of its luck: an order whose answer nobody heard is looked up, whoever did not hear it."""

Order = Mapping[str, Any]
Ask = Callable[[Sequence[Order]], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """Two processes that replay and die as told; orders are shared out between them, answers come in order."""
    servers: SimpleQueue[subprocess.Popen[str]] = SimpleQueue()

    def answer(order: Order) -> dict[str, Any]:
        server = servers.get()
        try:
            assert server.stdin is not None
            assert server.stdout is not None
            server.stdin.write(json.dumps(order) + "\n")
            server.stdin.flush()
            line = server.stdout.readline()
            assert line, f"the process that should answer has ended with {server.wait()}; its stderr says why"
            told: dict[str, Any] = json.loads(line)
            return told
        finally:
            servers.put(server)

    with ExitStack() as started:
        for _ in range(SERVERS):
            command = [sys.executable, str(CHILD)]
            server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            servers.put(started.enter_context(server))
        with ThreadPoolExecutor(SERVERS) as pool:
            yield lambda orders: list(pool.map(answer, orders))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kill")


@pytest.fixture(scope="module")
def whole(ask: Ask, folder: Path) -> dict[str, Any]:
    """A run that nobody touches; what it saw is of all days."""
    (told,) = ask([{"folder": str(folder / "whole"), "moments": []}])
    return {**told, "books": books(folder / "whole")}


@pytest.fixture(scope="module")
def busy(ask: Ask, folder: Path) -> dict[str, Any]:
    """The same, and what it saw is of the busy days."""
    (told,) = ask([{"folder": str(folder / "busy"), "moments": [], "days": BUSY_DAYS}])
    seen: dict[str, Any] = told["seen"]
    return seen


@pytest.fixture(scope="module")
def eve(ask: Ask, folder: Path) -> Path:
    """A folder as a process left it that died right before the first append of the busy days."""
    path = folder / "eve"
    (told,) = ask([{"folder": str(path), "moments": [moment(JOURNAL, BEFORE, 1)], "stop": True}])
    assert told == {"deaths": 1}
    return path


def moment(where: str, when: str, number: int, days: tuple[int, int] | None = BUSY_DAYS) -> dict[str, Any]:
    return {"where": where, "when": when, "number": number, "days": days}


def books(folder: Path) -> dict[str, list[Any]]:
    """What the venue and the journal have of each order and each fill; they must tell the same."""
    with closing(sqlite3.connect(folder / "paper.db")) as venue:
        orders = venue.execute("SELECT client_order_id FROM orders ORDER BY 1").fetchall()
        fills = venue.execute("SELECT 'paper:' || fill_id FROM fills ORDER BY 1").fetchall()
    with closing(sqlite3.connect(folder / "journal.db")) as journal:
        kinds = journal.execute("SELECT kind, raw FROM entries WHERE kind IN ('OrderIntended', 'Fill')").fetchall()
    bodies = [(kind, json.loads(raw)["body"]) for kind, raw in kinds]
    intended = sorted({body["intent"]["client_order_id"] for kind, body in bodies if kind == "OrderIntended"})
    booked = sorted(body["fill_id"] for kind, body in bodies if kind == "Fill")
    assert [row[0] for row in fills] == booked, "fills at the venue and in the journal"
    assert {row[0] for row in orders} <= set(intended), "the venue has orders that nobody intended"
    return {"orders": intended, "fills": booked}


def differences(told: Mapping[str, Any], ended: Path, whole: Mapping[str, Any]) -> dict[str, Any]:
    """How an end differs from that of the untouched run."""
    found: dict[str, Any] = {
        name: (value, told["summary"][name])
        for name, value in whole["summary"].items()
        if name not in MAY_DIFFER and told["summary"][name] != value
    }
    if not told["verify"]["ok"] or told["verify"]["digest"] != whole["summary"]["replay_digest"]:
        found["verify"] = told["verify"]
    if books(ended) != whole["books"]:
        found["books"] = "other orders or fills"
    return found


def endings(ask: Ask, orders: Sequence[Order], whole: Mapping[str, Any]) -> dict[str, Any]:
    """The moments after which the end was another one; each folder is deleted once it has been looked at."""
    wrong = {}
    for order, told in zip(orders, ask(orders), strict=True):
        found = differences(told, Path(order["folder"]), whole)
        if told["deaths"] < 1 or found:
            wrong[json.dumps(order["moments"])] = found or "nobody was killed"
        shutil.rmtree(order["folder"])
    return wrong


def every(where: str, seen: Mapping[str, Sequence[str]], eve: Path, folder: Path) -> list[Order]:
    """An order for each time that something happens on the busy days, before and after it."""
    return [
        {
            "folder": str(folder / f"{where}-{number}-{when}"),
            "copy_of": str(eve),
            "moments": [moment(where, when, number)],
        }
        for number in range(1, len(seen[where]) + 1)
        for when in (BEFORE, AFTER)
    ]


def test_on_the_busy_days_everything_happens(busy: Mapping[str, Sequence[str]], whole: Mapping[str, Any]) -> None:
    appended = " ".join(busy[JOURNAL]).split()
    for kind in (
        "MarksRecorded",
        "LinesJudged",
        "OrderIntended",
        "OrderAcknowledged",
        "OrderUnknown",
        "OrderRejected",
        "Fill",
        "RunEnded",
        "ModeChanged",
        "CandidateJudged",
        "RunStarted",
    ):
        assert kind in appended, f"{kind} is not among the moments"
    assert appended.count("LinesJudged") == 2, "sales are released, and then purchases"
    assert {answer.split()[0] for answer in busy[ANSWER]} == {"Accepted", "Unknown", "Refused"}
    assert len(busy[SUBMIT]) == len(busy[ANSWER]) > 5
    assert any("fills" in written for written in busy[VENUE])
    assert whole["summary"]["partial_fills"] > 0


@pytest.mark.parametrize(
    "where",
    (
        pytest.param(JOURNAL, id="an append to the journal"),
        pytest.param(VENUE, id="a write of the venue"),
        pytest.param(SUBMIT, id="an order between its intent and the venue, or between the venue and its answer"),
        pytest.param(ANSWER, id="an answer between its arrival and its record"),
    ),
)
def test_a_run_killed_around_any_of_these_ends_the_same(
    where: str, ask: Ask, folder: Path, eve: Path, busy: Mapping[str, Sequence[str]], whole: Mapping[str, Any]
) -> None:
    assert busy[where]
    assert endings(ask, every(where, busy, eve, folder), whole) == {}


def test_a_run_killed_at_random_moments_again_and_again_ends_the_same(
    ask: Ask, folder: Path, whole: Mapping[str, Any]
) -> None:
    chance = random.Random(1)
    orders = []
    for number in range(RANDOM_CASES):
        where = chance.choice(WHERE)
        first = moment(where, chance.choice((BEFORE, AFTER)), chance.randint(1, len(whole["seen"][where])), None)
        # The next processes die early: in what they do to recover, or soon after.
        later = [
            moment(chance.choice(WHERE), chance.choice((BEFORE, AFTER)), chance.randint(1, 6), None)
            for _ in range(chance.randrange(DEATHS_MAX))
        ]
        orders.append({"folder": str(folder / f"random-{number}"), "moments": [first, *later]})
    assert endings(ask, orders, whole) == {}


def test_the_command_killed_from_outside_ends_the_same(tmp_path: Path) -> None:
    def command(data: Path) -> list[str]:
        arguments = ("demo", "--headless", "--days", "70", "--data-dir", str(data), "--output", "json")
        return [sys.executable, "-m", "counterpoise", *arguments]

    untouched = subprocess.run(command(tmp_path / "untouched"), capture_output=True, text=True, check=True)
    expected, data = json.loads(untouched.stdout), tmp_path / "killed"
    deaths = 0
    for started in count():
        assert started < 200, "it never ends"
        child = subprocess.Popen(command(data), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            # Later each time, so that it gets on however slow the machine is.
            output, _ = child.communicate(timeout=0.3 + 0.15 * started)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            deaths += 1
            continue
        assert child.returncode == 0, output
        break
    ended = json.loads(output)
    assert deaths > 0
    assert {name: value for name, value in ended.items() if name not in MAY_DIFFER} == {
        name: value for name, value in expected.items() if name not in MAY_DIFFER
    }
    assert books(data) == books(tmp_path / "untouched")
