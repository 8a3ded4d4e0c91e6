"""Does time pass only when somebody moves it, and never back?"""

from __future__ import annotations

import asyncio
from datetime import UTC, timedelta

import pytest

from counterpoise.adapters.clocks import ReplayClock, SystemClock
from tests.control.making import START

SECOND = timedelta(seconds=1)


async def waiting(clock: ReplayClock, *seconds: int) -> tuple[list[int], list[asyncio.Task[None]]]:
    """Tasks that wait that long, and which of them were told that they are due."""
    due: list[int] = []

    async def wait(number: int) -> None:
        await clock.wait(number * SECOND, lambda: due.append(number))

    tasks = [asyncio.ensure_future(wait(number)) for number in seconds]
    await asyncio.sleep(0)
    return due, tasks


async def test_a_replayed_clock_fires_what_is_due_in_its_order() -> None:
    clock = ReplayClock(START)
    due, tasks = await waiting(clock, 3, 1, 2, 60)
    assert clock.next_timer() == START + SECOND
    clock.advance(START + 3 * SECOND)
    assert due == [1, 2, 3]
    assert clock.now() == START + 3 * SECOND
    assert clock.next_timer() == START + 60 * SECOND
    await asyncio.gather(*tasks[:3])
    tasks[3].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_is_due_at_one_instant_fires_in_the_order_in_which_it_was_asked_for() -> None:
    clock = ReplayClock(START)
    due: list[str] = []
    tasks = [asyncio.ensure_future(clock.wait(SECOND, lambda name=name: due.append(name))) for name in "cab"]  # type: ignore[misc]
    await asyncio.sleep(0)
    clock.advance(START + SECOND)
    await asyncio.gather(*tasks)
    assert due == ["c", "a", "b"]


@pytest.mark.parametrize("back", (0, 1, 3_600))
async def test_time_never_goes_back(back: int) -> None:
    clock = ReplayClock(START)
    clock.advance(START - back * SECOND)
    assert clock.now() == START


async def test_a_wait_that_nobody_waits_for_any_more_is_no_timer() -> None:
    clock = ReplayClock(START)
    due, tasks = await waiting(clock, 1, 2)
    tasks[0].cancel()
    await asyncio.gather(tasks[0], return_exceptions=True)
    assert clock.next_timer() == START + 2 * SECOND
    clock.advance(START + 5 * SECOND)
    await tasks[1]
    assert due == [2]
    assert clock.next_timer() is None


async def test_who_is_woken_sees_the_time_that_was_reached() -> None:
    clock = ReplayClock(START)
    seen = []

    async def wait() -> None:
        await clock.wait(SECOND, lambda: None)
        seen.append(clock.now())

    task = asyncio.ensure_future(wait())
    await asyncio.sleep(0)
    clock.advance(START + 10 * SECOND)
    await task
    assert seen == [START + 10 * SECOND]


async def test_the_machines_clock_is_in_utc_and_its_wait_says_when_it_is_due() -> None:
    clock = SystemClock()
    before = clock.now()
    due: list[bool] = []
    await clock.wait(timedelta(milliseconds=1), lambda: due.append(True))
    assert before.tzinfo is UTC
    assert clock.now() >= before + timedelta(milliseconds=1)
    assert due == [True]


async def test_a_real_wait_that_is_cancelled_is_over_too() -> None:
    due: list[bool] = []
    task = asyncio.ensure_future(SystemClock().wait(timedelta(hours=1), lambda: due.append(True)))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert due == [True]
