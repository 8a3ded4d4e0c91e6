"""Does a replay go as fast as a person asks, stand still when told, and end at once?"""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from counterpoise.demo.pace import FASTEST, SLOWEST, SPEEDS, Pace, checked_speed
from counterpoise.domain.errors import InvalidInput

D = Decimal


async def _days(pace: Pace, count: int) -> float:
    """Seconds that so many days take."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for _ in range(count):
        assert await pace.wait()
    return loop.time() - began


@pytest.mark.parametrize(
    ("speed", "days", "least", "most"),
    (
        pytest.param(None, 1_000, 0.0, 0.5, id="as fast as it can"),
        pytest.param(D(1_000), 100, 0.08, 0.5, id="a thousand a second"),
        pytest.param(D(50), 5, 0.09, 0.5, id="fifty a second"),
    ),
)
async def test_days_are_as_far_apart_as_the_speed_says(speed: D | None, days: int, least: float, most: float) -> None:
    assert least <= await _days(Pace(speed), days) < most


async def test_the_work_of_a_day_does_not_slow_the_replay_down() -> None:
    pace, loop = Pace(D(20)), asyncio.get_running_loop()
    began = loop.time()
    for _ in range(4):
        await pace.wait()
        await asyncio.sleep(0.04)
    assert loop.time() - began < 0.3, "four days of 50 ms and the last day's work"


async def test_a_replay_without_a_pause_lets_others_run() -> None:
    pace, others = Pace(None), 0

    async def other() -> None:
        nonlocal others
        while True:
            others += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await _days(pace, 50)
    task.cancel()
    assert others >= 50


async def test_it_stands_still_until_it_goes_on() -> None:
    pace = Pace(None)
    pace.toggle()
    waiting = asyncio.create_task(pace.wait())
    await asyncio.sleep(0.02)
    assert not waiting.done()
    pace.toggle()
    async with asyncio.timeout(1):
        assert await waiting


async def test_a_new_speed_counts_at_once() -> None:
    pace = Pace(SLOWEST)
    waiting = asyncio.create_task(pace.wait())
    await asyncio.sleep(0.01)
    pace.set(days_per_second=FASTEST, paused=False)
    async with asyncio.timeout(1):
        assert await waiting


@pytest.mark.parametrize("speed", (SLOWEST, D(1), None))
@pytest.mark.parametrize("paused", (False, True))
async def test_the_end_wakes_whoever_waits(speed: D | None, *, paused: bool) -> None:
    pace = Pace(speed)
    pace.set(days_per_second=speed, paused=paused)
    waiting = asyncio.create_task(pace.wait())
    if speed is not None or paused:
        await asyncio.sleep(0.01)
        assert not waiting.done()
    pace.end()
    async with asyncio.timeout(1):
        assert not await waiting
        assert not await pace.wait()


@pytest.mark.parametrize(
    ("speed", "good"),
    (
        (D("0.1"), True),
        (D("0.09"), False),
        (D(1_000), True),
        (D("1000.01"), False),
        (D(0), False),
        (D(-1), False),
        (D("NaN"), False),
        (D("Infinity"), False),
        (None, True),
    ),
)
def test_a_speed_is_between_a_day_in_ten_seconds_and_a_thousand_a_second(speed: D | None, *, good: bool) -> None:
    pace = Pace(D(7))
    if good:
        assert checked_speed(speed) == speed
        pace.set(days_per_second=speed, paused=False)
        assert pace.speed.days_per_second == speed
        return
    with pytest.raises(InvalidInput, match="days_per_second"):
        pace.set(days_per_second=speed, paused=True)
    assert (pace.speed.days_per_second, pace.speed.paused) == (D(7), False), "a refused speed changes nothing"


@pytest.mark.parametrize(
    ("start", "faster", "slower"),
    (
        (D(1), D(2), D(1)),
        (D(10), D(20), D(5)),
        (D(100), None, D(50)),
        (None, None, D(100)),
        (D(7), D(10), D(2)),
        (D("0.1"), D(2), D(1)),
    ),
)
def test_keys_step_through_the_speeds_and_stop_at_the_ends(start: D | None, faster: D | None, slower: D | None) -> None:
    up, down = Pace(start), Pace(start)
    up.faster()
    down.slower()
    assert (up.speed.days_per_second, down.speed.days_per_second) == (faster, slower)
    assert {up.speed.days_per_second, down.speed.days_per_second} <= set(SPEEDS)


def test_changing_the_speed_does_not_set_a_standing_replay_going() -> None:
    pace = Pace(D(1))
    pace.toggle()
    pace.faster()
    assert pace.speed.paused
