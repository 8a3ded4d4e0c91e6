"""Is it known when nothing is under way any more?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from counterpoise.adapters.clocks import ReplayClock
from counterpoise.control.activity import Activity
from counterpoise.control.tasks import Supervisor
from tests.control.making import START

SECOND = timedelta(seconds=1)


async def quiet_within(activity: Activity, seconds: float) -> bool:
    try:
        await asyncio.wait_for(activity.quiet(), seconds)
    except TimeoutError:
        return False
    return True


async def test_nothing_under_way_is_quiet() -> None:
    assert await quiet_within(Activity(), 1)


async def test_work_in_hand_is_not_quiet_until_it_ends_even_with_an_error() -> None:
    activity = Activity()
    activity.begin()
    assert not await quiet_within(activity, 0.01)
    activity.end()
    assert await quiet_within(activity, 1)
    seen: list[bool] = []

    def work() -> None:
        with activity.working():
            seen.append(activity.is_quiet)
            raise LookupError

    with pytest.raises(LookupError):
        work()
    assert [*seen, activity.is_quiet] == [False, True]


async def test_work_that_waits_for_a_timer_is_quiet_and_works_again_the_moment_it_fires() -> None:
    activity, clock = Activity(), ReplayClock(START)
    after: list[bool] = []

    async def work() -> None:
        with activity.working():
            await activity.pause(clock, SECOND)
            after.append(activity.is_quiet)

    task = asyncio.ensure_future(work())
    await asyncio.sleep(0)
    assert await quiet_within(activity, 1)
    clock.advance(START + SECOND)
    assert not activity.is_quiet, "the gap before the task runs again is no rest"
    await task
    assert after == [False]
    assert activity.is_quiet


async def test_whoever_waits_for_rest_hears_that_something_failed() -> None:
    activity = Activity()
    activity.begin()
    waiting = asyncio.ensure_future(activity.quiet())
    await asyncio.sleep(0)
    assert not waiting.done()
    activity.give_up()
    await asyncio.wait_for(waiting, 1)
    assert await quiet_within(activity, 1)
    assert not activity.is_quiet


async def test_a_supervisor_reports_the_first_failure_only() -> None:
    heard: list[str] = []
    note: Callable[[], None] = lambda: heard.append("failed")  # noqa: E731 - one call, noted
    async with Supervisor(note) as supervisor:

        async def fail(error: Exception) -> None:
            raise error

        supervisor.raise_failure()
        supervisor.start("one", fail(LookupError("first")))
        supervisor.start("two", fail(KeyError("second")))
        await asyncio.wait_for(supervisor.failed.wait(), 1)
        await asyncio.sleep(0)
        with pytest.raises(LookupError, match="first"):
            supervisor.raise_failure()
    assert heard == ["failed"]


async def test_a_supervisor_that_stops_cancels_what_runs_and_calls_that_no_failure() -> None:
    ended: list[str] = []

    async def serve(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(name)

    async with Supervisor() as supervisor:
        for name in ("b", "a"):
            supervisor.start(name, serve(name))
        await asyncio.sleep(0)
    assert sorted(ended) == ["a", "b"]
    supervisor.raise_failure()
    assert not supervisor.failed.is_set()
