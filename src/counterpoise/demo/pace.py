"""How fast does a replay go, for somebody who looks on?"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from decimal import Decimal

from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.numbers import ZERO

SPEEDS: tuple[Decimal | None, ...] = (
    Decimal(1),
    Decimal(2),
    Decimal(5),
    Decimal(10),
    Decimal(20),
    Decimal(50),
    Decimal(100),
    None,
)
"""Days a second that a person can choose; None is as fast as it can."""

FASTEST = Decimal(1_000)
SLOWEST = Decimal("0.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Days a second, None as fast as it can, and whether the replay stands still."""

    days_per_second: Decimal | None
    paused: bool = False


class Pace:
    """Makes a replay wait between its days, and lets several hands change how long."""

    def __init__(self, days_per_second: Decimal | None) -> None:
        self._speed = Speed(days_per_second=checked_speed(days_per_second))
        self._changed = asyncio.Event()
        self._due: float | None = None
        self._ended = False

    @property
    def speed(self) -> Speed:
        """What is set."""
        return self._speed

    def set(self, *, days_per_second: Decimal | None, paused: bool) -> None:
        """Go at this speed from now on, or stand still.

        Raises:
            InvalidInput: slower than a day in ten seconds or faster than a thousand a second.
        """
        self._speed = Speed(days_per_second=checked_speed(days_per_second), paused=paused)
        self._due = None
        self._changed.set()

    def toggle(self) -> None:
        """Stand still, or go on."""
        self.set(days_per_second=self._speed.days_per_second, paused=not self._speed.paused)

    def faster(self) -> None:
        """The next speed of `SPEEDS`."""
        self._shift(1)

    def slower(self) -> None:
        """The speed of `SPEEDS` before."""
        self._shift(-1)

    def end(self) -> None:
        """No day is due any more."""
        self._ended = True
        self._changed.set()

    async def wait(self) -> bool:
        """Return when the next day is due, or False when there is none. Always lets others run first."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(0)
        while True:
            if self._ended:
                return False
            self._changed.clear()
            if self._speed.paused:
                await self._changed.wait()
                continue
            rate = self._speed.days_per_second
            if rate is None:
                return True
            # Counted from when the last day was due, so that the work of a day does not slow the replay down.
            due = max(self._due if self._due is not None else loop.time(), loop.time() - 1)
            left = due + float(1 / rate) - loop.time()
            if left <= 0 or not await self._is_changed_within(left):
                self._due = due + float(1 / rate)
                return True

    async def _is_changed_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def _shift(self, by: int) -> None:
        now = self._speed.days_per_second
        known = [speed if speed is not None else FASTEST + 1 for speed in SPEEDS]
        place = min(range(len(known)), key=lambda index: abs(known[index] - (FASTEST + 1 if now is None else now)))
        chosen = SPEEDS[min(max(place + by, 0), len(SPEEDS) - 1)]
        self.set(days_per_second=chosen, paused=self._speed.paused)


def checked_speed(days_per_second: Decimal | None) -> Decimal | None:
    """The speed, if a replay can go at it; None is as fast as it can.

    Raises:
        InvalidInput: slower than a day in ten seconds or faster than a thousand a second.
    """
    if days_per_second is None:
        return None
    if not days_per_second.is_finite() or not SLOWEST <= days_per_second <= FASTEST or days_per_second <= ZERO:
        raise InvalidInput("days_per_second", str(days_per_second), f"from {SLOWEST} to {FASTEST:f}, or none for all")
    return days_per_second
