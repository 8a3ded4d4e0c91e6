"""A process that replays the demo and kills itself at a moment that it was given, or lives and tells how it ended.

It answers one line of JSON on stdout to each line of JSON on stdin. Every start of the replay is a fork of this
process, which has imported everything and read the prices: the start is a real process with its own threads and
files, and costs milliseconds.
"""

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, cast
from unittest import mock

from counterpoise.adapters.brokers.paper import PaperBroker
from counterpoise.adapters.brokers.paper_store import PaperStore
from counterpoise.adapters.journals import database
from counterpoise.adapters.journals.migrate import configuration
from counterpoise.control.commands import Command, RecordOutcome
from counterpoise.control.effects import Effects
from counterpoise.demo.replay import DayDone, ReplayPlan
from counterpoise.demo.run import run_replay
from counterpoise.demo.sample import demo_plan
from counterpoise.domain.errors import CounterpoiseError
from counterpoise.domain.numbers import exact
from counterpoise.domain.price_history import price_history
from counterpoise.library.reading import verify_folder
from counterpoise.risk.gate import Approved
from counterpoise.wiring import PaperSetup, settings_of, system_clock

FIRST_DAY = 1_422
"""Row of the sample from which the window starts: few days, and yet a day on which everything happens."""
DAYS = 93
BUSY_DAY = 90
"""Number of that day in the window: the account sells and buys, the bot evaluates, sells and buys."""
BUSY_DAYS = (BUSY_DAY, BUSY_DAY + 1)  # what the bot asked for fills on the next
THRESHOLD_PCT = Decimal(1)
BEFORE, AFTER = "before", "after"
JOURNAL, VENUE, SUBMIT, ANSWER = "journal", "venue", "submit", "answer"
WHERE = (JOURNAL, VENUE, SUBMIT, ANSWER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When to die: right before or right after the n-th time that something happens on the watched days.

    Attributes:
        where: `journal`, `venue`: a commit that wrote something; `submit`: a call of the venue that places an
            order; `answer`: its answer is made a fact.
        number: From 1.
        days: First and last number of the watched days; None for all, the opening of the account included.
    """

    where: str
    when: str
    number: int
    days: tuple[int, int] | None = None


@dataclass(slots=True)
class Watch:
    """Counts what happens on the watched days, and kills at the moment asked for."""

    days: tuple[int, int] | None
    moment: Moment | None
    seen: dict[str, list[str]] = field(default_factory=lambda: {where: [] for where in WHERE})
    is_on: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)  # the journal commits in its own thread

    def day_ended(self, number: int) -> None:
        """Day `number` is over, −1 before the first: the next one is watched or not."""
        self.is_on = self.days is None or self.days[0] <= number + 1 <= self.days[1]

    def reach(self, where: str, when: str, what: str = "") -> None:
        """Something is about to happen, or has happened right now."""
        with self.lock:
            if not self.is_on:
                return
            if when == BEFORE:
                self.seen[where].append(what)
            at = self.moment
            if at is not None and (at.where, at.when, at.number) == (where, when, len(self.seen[where])):
                os.kill(os.getpid(), signal.SIGKILL)


class Watched:
    """A connection whose commits are told; one that wrote nothing is not."""

    def __init__(self, connection: sqlite3.Connection, watch: Watch, where: str) -> None:
        self._connection = connection
        self._watch = watch
        self._where = where
        self._wrote: list[str] = []
        self._changes = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)

    def execute(self, statement: str, *arguments: Sequence[str]) -> object:
        if statement.startswith("BEGIN"):
            self._wrote = []
            self._changes = self._connection.total_changes
        if statement != "COMMIT":
            if statement.startswith("INSERT"):
                self._wrote.append(statement.split()[statement.split().index("INTO") + 1])
            return self._connection.execute(statement, *arguments)
        told = self._connection.total_changes > self._changes
        if told:
            self._watch.reach(self._where, BEFORE, " ".join(dict.fromkeys(self._wrote)))
        done = self._connection.execute(statement, *arguments)
        if told:
            self._watch.reach(self._where, AFTER)
        return done

    def executemany(self, statement: str, rows: Sequence[Sequence[str]]) -> object:
        self._wrote += [getattr(row, "kind", "prices") for row in rows]
        return self._connection.executemany(statement, rows)


def watched(watch: Watch) -> tuple[Any, ...]:
    """The patches that tell `watch` what happens; they change nothing that happens."""
    open_journal, open_store = database.open_for_writing, PaperStore.__init__
    submit, tell = PaperBroker.submit, Effects._tell

    def journal(path: Path, busy_seconds: int) -> Watched:
        return Watched(open_journal(path, busy_seconds), watch, JOURNAL)

    def store(self: PaperStore, path: Path | None = None) -> None:
        open_store(self, path)
        self._db = cast("sqlite3.Connection", Watched(self._db, watch, VENUE))

    async def submitted(self: PaperBroker, approved: Approved) -> str:
        watch.reach(SUBMIT, BEFORE, approved.intent.client_order_id)
        try:
            return await submit(self, approved)
        finally:
            watch.reach(SUBMIT, AFTER)

    async def told(self: Effects, command: Command) -> None:
        if not isinstance(command, RecordOutcome):
            await tell(self, command)
            return
        watch.reach(ANSWER, BEFORE, f"{type(command.outcome).__name__} {command.client_order_id}")
        await tell(self, command)
        watch.reach(ANSWER, AFTER)

    return (
        mock.patch.object(database, "open_for_writing", journal),
        mock.patch.object(PaperStore, "__init__", store),
        mock.patch.object(PaperBroker, "submit", submitted),
        mock.patch.object(Effects, "_tell", told),
    )


def busy_plan() -> tuple[ReplayPlan, PaperSetup]:
    """The demo's plan over a window that holds a busy day, with a narrow band and faults that hit that day."""
    plan, costs = demo_plan()
    history, last = plan.history, FIRST_DAY + DAYS
    window = price_history(history.symbols, history.days[FIRST_DAY:last], history.rows[FIRST_DAY:last])
    setup = PaperSetup(
        opening_cash=plan.cash,
        currency="USD",
        faults="mild",
        seed=535,
        fee_bps=costs.fee_bps,
        slippage_bps=costs.slippage_bps,
    )
    return replace(plan, history=window, policy=replace(plan.policy, drift_threshold_pct=THRESHOLD_PCT)), setup


def live(folder: Path, plan: ReplayPlan, setup: PaperSetup, watch: Watch) -> dict[str, Any]:
    """One start of the replay, to its end."""
    watch.day_ended(-1)

    def day_ended(done: DayDone) -> None:
        watch.day_ended(done.number - 1)

    patches = watched(watch)
    for patch in patches:
        patch.start()
    summary = run_replay(settings_of(folder), "demo", plan, setup, system_clock(), day_ended)
    return {"summary": {name: _plain(value) for name, value in asdict(summary).items()}, "seen": watch.seen}


def proved(folder: Path) -> dict[str, Any]:
    """What a process that only reads makes of the folder."""
    (report,) = asyncio.run(verify_folder(settings_of(folder)))
    return {"ok": report.ok, "problems": list(report.problems), "digest": report.replay_digest}


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | dict) or value is None else str(value)


def in_fork(work: Callable[[], Mapping[str, Any]]) -> dict[str, Any] | None:
    """What `work` returned in a process of its own, or None when that was killed.

    Raises:
        RuntimeError: it failed.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            with os.fdopen(writing, "w") as pipe, exact():
                json.dump(work(), pipe)
        except (CounterpoiseError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return None
    if os.WEXITSTATUS(status):
        raise RuntimeError(f"a start ended with {os.WEXITSTATUS(status)}")
    answer: dict[str, Any] = json.loads(told)
    return answer


def answer(order: Mapping[str, Any], plan: ReplayPlan, setup: PaperSetup) -> dict[str, Any]:
    """Start the replay as often as told, the last time to its end.

    An order holds `folder`; `copy_of`, a folder to begin with, or nothing; `days`, the days to watch when no
    moment says so; `moments`, one a start that dies. The answer holds how many of them were reached.
    """
    folder = Path(order["folder"])
    if order.get("copy_of"):
        shutil.copytree(order["copy_of"], folder)
    deaths = 0
    for told in order["moments"]:
        moment = Moment(**{**told, "days": _days(told)})
        if in_fork(partial(live, folder, plan, setup, Watch(moment.days, moment))) is not None:
            break
        deaths += 1
    if order.get("stop"):
        return {"deaths": deaths}
    ended = in_fork(partial(live, folder, plan, setup, Watch(_days(order), None)))
    assert ended is not None, "nobody kills this start"
    return {"deaths": deaths, **ended, "verify": in_fork(partial(proved, folder))}


def _days(told: Mapping[str, Any]) -> tuple[int, int] | None:
    first_and_last = told.get("days")
    return None if first_and_last is None else (first_and_last[0], first_and_last[1])


def main() -> None:
    """Answer orders until stdin ends."""
    configuration()  # imports what makes tables here, and not in every fork
    with exact():
        plan, setup = busy_plan()
        for line in sys.stdin:
            sys.stdout.write(json.dumps(answer(json.loads(line), plan, setup)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
