"""What must happen to a live account by itself: the day begins, the venue is asked, the curve of equity is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Protocol

from counterpoise.domain.errors import JournalRefused, VenueUnavailable
from counterpoise.domain.time import Clock, day_start, trading_day
from counterpoise.portfolio.curve import DENSE, CurvePoint, Series

COMPARE_EVERY = timedelta(seconds=30)
"""How often the venue's cash and positions are held against the book."""

STATE_EVERY = timedelta(minutes=5)
"""How often the folded state is kept, so that a reader has a short tail to fold."""

LATCH_EVERY_SECONDS = 1.0

Work = Coroutine[Any, Any, None]

WAKE_MAX = timedelta(minutes=1)
"""A timer sleeps no longer than this, so that a clock that was set is noticed."""


class Kept(Protocol):
    """A running account, as far as its upkeep goes."""

    @property
    def is_opened(self) -> bool:
        """Whether the account has its first facts."""
        ...

    @property
    def time_zone(self) -> str:
        """In which its days begin."""
        ...

    async def start_today(self, now: datetime) -> None:
        """Record that the trading day of `now` has begun, unless it has."""
        ...

    async def settle(self, at: datetime | None = None) -> None:
        """Take over what the venue has."""
        ...

    async def compare(self, at: datetime | None = None) -> None:
        """Hold the book against the venue's."""
        ...

    async def keep_state(self) -> None:
        """Keep the folded state for readers."""
        ...

    def sample(self, at: datetime) -> tuple[CurvePoint, tuple[datetime, ...]]:
        """Put the live equity on the curve."""
        ...


class Latched(Protocol):
    """A running account, as far as its latch goes."""

    @property
    def is_latched_only(self) -> bool:
        """Whether the latch is engaged and no fact says so."""
        ...

    async def halt_as_latched(self) -> None:
        """Make the halt a fact."""
        ...


class LiveAccount(Kept, Latched, Protocol):
    """All that the upkeep of a live account needs of it."""


def of_live_account(account: LiveAccount, series: Series | None, clock: Clock) -> dict[str, Work]:
    """The work that runs for as long as a live account does, by name."""
    work = {
        "days": begin_days(account, clock),
        "latch": obey_latch(account),
        "compare": compare_books(account, clock),
        "state": keep_states(account),
    }
    return work if series is None else {**work, "curve": keep_curve(account, series, clock)}


async def kept_points(series: Series | None) -> tuple[CurvePoint, ...]:
    """The points of earlier starts; a file that cannot be read costs detail of the curve, no fact."""
    if series is None:
        return ()
    try:
        return await series.load()
    except JournalRefused:
        return ()


async def begin_days(account: Kept, clock: Clock) -> None:
    """Tell the account of each new day of its zone, for ever."""
    while True:
        now = clock.now()
        if account.is_opened:
            await account.start_today(now)
        await asyncio.sleep(min(_until_midnight(now, account), WAKE_MAX).total_seconds())


async def compare_books(account: Kept, clock: Clock) -> None:
    """Ask the venue now and then, for ever; while it does not answer, nothing is concluded."""
    while True:
        await asyncio.sleep(COMPARE_EVERY.total_seconds())
        if account.is_opened:
            try:
                await account.settle(clock.now())
                await account.compare(clock.now())
            except VenueUnavailable:
                continue  # its age grows on every screen, and the next round asks again


async def keep_states(account: Kept) -> None:
    """Keep the folded state now and then, for ever; one that cannot be written costs readers time only."""
    while True:
        await asyncio.sleep(STATE_EVERY.total_seconds())
        if account.is_opened:
            with suppress(JournalRefused):
                await account.keep_state()


async def keep_curve(account: Kept, series: Series, clock: Clock) -> None:
    """Keep the equity of every ten seconds, for ever; a file that cannot be written costs detail only."""
    while True:
        await asyncio.sleep(DENSE.total_seconds())
        if account.is_opened:
            point, gone = account.sample(clock.now())
            try:
                await series.keep((point,))
                await series.forget(gone)
            except JournalRefused:
                continue


async def obey_latch(account: Latched) -> None:
    """Halt the account when somebody has put a HALT file beside its data, for ever.

    Nothing is sent from the moment that the file is there; this makes the halt a fact and ends working orders. The
    file must be seen twice: while a resume is under way, it is there a moment longer than the recorded halt.
    """
    seen = False
    while True:
        await asyncio.sleep(LATCH_EVERY_SECONDS)
        if seen and account.is_latched_only:
            await account.halt_as_latched()
        seen = account.is_latched_only


def _until_midnight(now: datetime, account: Kept) -> timedelta:
    if not account.is_opened:
        return timedelta(seconds=1)
    tomorrow = trading_day(now, account.time_zone) + timedelta(days=1)
    return max(day_start(tomorrow, account.time_zone) - now, timedelta(seconds=1))
