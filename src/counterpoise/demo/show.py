"""How is a replay shown while it runs: at a person's pace, on a terminal, and at 127.0.0.1?"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from rich.console import Console

from counterpoise.demo.pace import Pace
from counterpoise.demo.replay import DayDone, ReplayPlan, begin, replay
from counterpoise.demo.run import ReplaySummary, parts_of, summarise
from counterpoise.demo.terminal import run_lines, run_terminal
from counterpoise.demo.terminal_view import ViewFacts
from counterpoise.domain.errors import VenueUnavailable
from counterpoise.domain.time import Clock
from counterpoise.library import upkeep
from counterpoise.library.plane import Counterpoise
from counterpoise.library.screen import Range
from counterpoise.messages.overview import (
    Overview,
)
from counterpoise.messages.status import (
    Replay,
)
from counterpoise.service.server import Served, serving
from counterpoise.settings import Settings
from counterpoise.wiring import PaperSetup

COMPARE_EVERY_SECONDS = 2.0
"""How often, on the machine's clock, a replay's book is held against its venue."""

HISTORY_SHOWN = 400
"""Days of equity that a terminal can draw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where a replay is shown.

    Attributes:
        console: A terminal to draw on; None writes lines instead.
        write: Takes a line.
        stay: Whether the service goes on after the last day, until somebody ends it.
    """

    listener: socket.socket
    pace: Pace
    console: Console | None
    write: Callable[[str], None]
    stay: bool


class Show:
    """One replay with people looking on; it is the `ReplayControl` of the service."""

    def __init__(self, plane: Counterpoise, plan: ReplayPlan, pace: Pace) -> None:
        self._plane = plane
        self._plan = plan
        self._pace = pace
        self._done = 0
        self._day = plan.history.days[0]
        self._finished = False
        self._compared_at = 0.0
        past = plane.screen.equity_history(Range.ALL).points[:-1]
        self.equity = deque((point.equity for point in past), maxlen=HISTORY_SHOWN)
        self._publish()

    # --- the service's ReplayControl ---

    def seen(self) -> Replay:
        """Where the replay is."""
        speed = self._pace.speed
        return Replay(
            day=self._day.isoformat(),
            number=self._done,
            days=len(self._plan.history.days),
            paused=speed.paused,
            days_per_second=speed.days_per_second,
            finished=self._finished,
        )

    def set(self, *, days_per_second: Decimal | None, paused: bool) -> None:
        """Go at this speed, or stand still.

        Raises:
            InvalidInput: no such speed.
        """
        self._pace.set(days_per_second=days_per_second, paused=paused)
        self._publish()

    # --- the replay itself ---

    async def run(self) -> None:
        """Replay to the last day, or until the pace ends."""
        self._finished = await replay(self._plane, self._plan, self._on_day, self._next_day)
        if self._finished:
            self._plane.watch.pulse.closed = True
            await self._plane.compare()
        self._publish()

    @property
    def is_finished(self) -> bool:
        """Whether the last day was reached."""
        return self._finished

    def page(self) -> Overview:
        """What is shown now, at the speed that is set now."""
        page = self._plane.screen.overview("")
        return replace(page, status=replace(page.status, replay=self.seen()))

    def _on_day(self, done: DayDone) -> None:
        self._done, self._day = done.number, done.day
        self.equity.append(done.equity)
        self._plane.sample(self._plane.screen.now)
        self._publish()

    async def _next_day(self) -> bool:
        await self._compare_now_and_then()
        return await self._pace.wait()

    async def _compare_now_and_then(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._compared_at < COMPARE_EVERY_SECONDS:
            return
        self._compared_at = now
        try:
            await self._plane.compare()
        except VenueUnavailable:
            return  # the venue's own faults; the next round asks again

    def _publish(self) -> None:
        self._plane.screen.replay = self.seen()
        self._plane.watch.ring()


async def show(
    settings: Settings, command: str, plan: ReplayPlan, setup: PaperSetup, clock: Clock, stage: Stage
) -> ReplaySummary | None:
    """Replay `plan` on the data folder of `settings` with people looking on.

    Returns the figures of the whole, or None when somebody ended it before the last day.

    Raises:
        CounterpoiseError: the folder, the journal or the input is not as it must be.
    """
    began = clock.now()
    parts = parts_of(settings, command, plan, setup)
    try:
        async with Counterpoise.run(parts, plan.account) as plane:
            await begin(plane, plan)
            await plane.compare()
            shown = Show(plane, plan, stage.pace)
            stop = asyncio.Event()
            plane.on_failure(stop.set)
            async with serving(plane, stage.listener, stop, reads_open=True, replay=shown) as served:
                await _run(plane, shown, served, stage, stop)
            plane.raise_failure()
            await plane.keep_state()
            return await summarise(plane, plan, began, clock) if shown.is_finished else None
    finally:
        await parts.close()


async def _run(plane: Counterpoise, shown: Show, served: Served, stage: Stage, stop: asyncio.Event) -> None:
    """Replay and view until somebody ends it, or until the last day when nobody is to stay."""

    def facts() -> ViewFacts:
        message = "" if not shown.is_finished else "The last day is over: q ends, `--fresh` begins anew."
        return ViewFacts(
            url=served.address, one_time_link=served.link, message=message, equity_history=tuple(shown.equity)
        )

    async def to_the_end() -> None:
        try:
            await shown.run()
        finally:
            if not stage.stay:
                stop.set()

    plane.look_after("latch", upkeep.obey_latch(plane))
    viewing = plane.look_after("demo.view", _view(shown.page, facts, stage, stop))
    replaying = plane.look_after("demo.replay", to_the_end())
    await stop.wait()
    stage.pace.end()  # the day in hand is finished, no other begins
    await asyncio.wait([replaying, viewing])


def _view(
    page: Callable[[], Overview], facts: Callable[[], ViewFacts], stage: Stage, stop: asyncio.Event
) -> Coroutine[Any, Any, None]:
    if stage.console is not None:
        return run_terminal(page, facts, stage.pace, stop, stage.console)
    return run_lines(page, facts, stop, stage.write)
