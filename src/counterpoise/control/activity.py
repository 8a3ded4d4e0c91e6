"""Is anything under way? Counts what works and what only waits for a time, so that a replay knows when to go on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol


class Timer(Protocol):
    """Port: lets time pass (real, replayed or simulated)."""

    async def wait(self, time: timedelta, on_due: Callable[[], None]) -> None:
        """Return when that much of the clock's time has passed; `on_due` is called at that very moment.

        The call comes before the waiting task runs again, so that nobody takes the gap for rest.
        """
        ...


class Activity:
    """Counts pieces of work in hand; `quiet` returns when every piece is done or waits for a timer."""

    def __init__(self) -> None:
        self._working = 0
        self._waiting = 0
        self._given_up = False
        self._changed = asyncio.Event()

    def begin(self) -> None:
        """Count one piece of work from now on; `end` takes it off again."""
        self._working += 1

    def end(self) -> None:
        """One piece of work is done."""
        self._working -= 1
        self._changed.set()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Count one piece of work for as long as the block runs."""
        self.begin()
        try:
            yield
        finally:
            self.end()

    async def pause(self, timer: Timer, time: timedelta) -> None:
        """Let a counted piece of work wait; it counts as working again the moment the timer fires."""
        self._waiting += 1
        self._changed.set()
        await timer.wait(time, self._resumed)

    def _resumed(self) -> None:
        self._waiting -= 1

    @property
    def is_quiet(self) -> bool:
        """Whether nothing can happen before a timer fires or somebody asks for something."""
        return self._working <= self._waiting

    async def quiet(self) -> None:
        """Return as soon as nothing works any more, or at once after `give_up`."""
        while not self.is_quiet and not self._given_up:
            self._changed.clear()
            await self._changed.wait()

    def give_up(self) -> None:
        """Something has failed: what it had in hand will never be done, so nobody waits for rest any more."""
        self._given_up = True
        self._changed.set()
