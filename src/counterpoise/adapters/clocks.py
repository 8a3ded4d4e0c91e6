"""Who says what time it is: the machine, or the prices of a replay?"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The machine's clock and real waiting."""

    def now(self) -> datetime:
        """The present in UTC."""
        return datetime.now(UTC)

    async def wait(self, time: timedelta, on_due: Callable[[], None]) -> None:
        """Sleep."""
        try:
            await asyncio.sleep(time.total_seconds())
        finally:
            on_due()


class ReplayClock:
    """A clock that prices and timers move: nothing of a replay depends on when it is run.

    Time never goes back: prices that are older than the clock are a fault of the caller.
    """

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._timers: list[tuple[datetime, int, asyncio.Future[None], Callable[[], None]]] = []
        self._count = 0

    def now(self) -> datetime:
        """The replayed moment."""
        return self._now

    async def wait(self, time: timedelta, on_due: Callable[[], None]) -> None:
        """Return when the replay has come that far."""
        fired: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._timers, (self._now + time, self._count, fired, on_due))
        await fired

    def next_timer(self) -> datetime | None:
        """When the earliest timer is due, or None."""
        while self._timers and self._timers[0][2].done():
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def advance(self, to: datetime) -> None:
        """Move to `to` unless the clock is there already, firing what is due on the way."""
        self._now = max(self._now, to)
        while self._timers and self._timers[0][0] <= self._now:
            _, _, fired, on_due = heapq.heappop(self._timers)
            if not fired.done():
                on_due()
                fired.set_result(None)
