"""Is the simulated loop a loop: does time pass, do errors arrive, and does the seed alone decide the order?"""

import asyncio
import gc
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.errors import InvalidInput
from tests.simulation.loop import (
    OUTSIDE,
    LostFailure,
    OutsideWorld,
    SimulatedLoop,
    SimulationDeadlock,
    SimulationEndless,
    VirtualClock,
    run,
)

START = datetime(2010, 1, 4, 21, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]
SEEDS = range(40)


async def interleaving(loop: SimulatedLoop) -> str:
    """Which of six tasks went when; two of them meet at the same instant again and again."""
    trace: list[str] = []

    async def walk(name: str, pause: float) -> None:
        for _ in range(3):
            trace.append(name)
            await asyncio.sleep(pause)

    async with asyncio.TaskGroup() as group:
        for name, pause in zip("abcdef", (0, 0, 0, 1, 1, 2), strict=True):
            group.create_task(walk(name, pause))
    return "".join(trace)


async def cancelled_together(loop: SimulatedLoop) -> str:
    """In which order the children of a failing group hear of it; asyncio keeps them in a set."""
    trace: list[str] = []
    ballast: list[object] = []

    async def wait(number: int) -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            trace.append(str(number))

    async def fail() -> None:
        await asyncio.sleep(1)
        raise ValueError

    try:
        async with asyncio.TaskGroup() as group:
            for number in range(10):
                ballast.append(bytearray(1 + len(gc.get_objects()) % 4000))
                group.create_task(wait(number))
            group.create_task(fail())
    except* ValueError:
        trace.append("end")
    return " ".join(trace)


async def for_ever(loop: SimulatedLoop) -> None:
    while True:  # noqa: ASYNC110 - the circle under test
        await asyncio.sleep(0)


async def on_nobody(loop: SimulatedLoop) -> None:
    await loop.create_future()


def test_an_hour_of_sleep_takes_no_time_and_is_an_hour_to_those_inside() -> None:
    async def main(loop: SimulatedLoop) -> float:
        await asyncio.sleep(3600)
        return loop.time()

    began = time.monotonic()
    assert run(1, main) == 3600
    assert time.monotonic() - began < 1


def test_the_clock_shows_the_time_of_the_loop_and_its_own_steps() -> None:
    async def main(loop: SimulatedLoop) -> list[datetime]:
        clock = VirtualClock(loop, START)
        seen = [clock.now()]
        await asyncio.sleep(90.5)
        seen.append(clock.now())
        clock.step(timedelta(seconds=-60))
        return [*seen, clock.now()]

    assert run(1, main) == [
        START,
        START + timedelta(seconds=90.5),
        START + timedelta(seconds=30.5),
    ]


def test_a_clock_does_not_start_at_a_local_time() -> None:
    async def main(loop: SimulatedLoop) -> None:
        VirtualClock(loop, datetime(2010, 1, 4, 16, tzinfo=timezone(timedelta(hours=-5))))

    with pytest.raises(InvalidInput, match="UTC"):
        run(1, main)


def test_timers_fire_in_the_order_of_their_times_whatever_the_seed() -> None:
    async def main(loop: SimulatedLoop) -> list[int]:
        fired: list[int] = []
        for seconds in (3, 1, 2):
            loop.call_later(seconds, fired.append, seconds)
        await asyncio.sleep(4)
        return fired

    assert [run(seed, main) for seed in SEEDS] == [[1, 2, 3]] * len(SEEDS)


def test_a_cancelled_timer_neither_fires_nor_moves_the_time() -> None:
    fired: list[str] = []

    async def main(loop: SimulatedLoop) -> None:
        loop.call_later(100, fired.append, "cancelled").cancel()
        await loop.create_future()

    with pytest.raises(SimulationDeadlock, match=r"after 0\.0 s"):
        run(1, main)
    assert fired == []


def test_a_timer_set_for_the_past_fires_at_once_and_does_not_turn_back_the_time() -> None:
    async def main(loop: SimulatedLoop) -> float:
        await asyncio.sleep(10)
        reached = loop.create_future()
        loop.call_at(3, reached.set_result, None)
        await reached
        return loop.time()

    assert run(1, main) == 10


def test_a_callback_from_another_thread_is_refused() -> None:
    async def main(loop: SimulatedLoop) -> list[str]:
        refused: list[str] = []
        called: list[str] = []

        def call() -> None:
            try:
                loop.call_soon_threadsafe(called.append, "called")
            except OutsideWorld as error:
                refused.append(str(error))

        thread = threading.Thread(target=call)
        thread.start()
        thread.join()
        call()
        await asyncio.sleep(0.5)
        return refused + called

    assert run(1, main) == ["call_soon_threadsafe from another thread", "called"]


@given(st.integers(min_value=0, max_value=10**6))
def test_one_seed_is_one_interleaving(seed: int) -> None:
    assert run(seed, interleaving) == run(seed, interleaving)


def test_seeds_are_different_interleavings() -> None:
    assert len({run(seed, interleaving) for seed in SEEDS}) > len(SEEDS) // 2


def test_every_order_of_three_ready_tasks_is_reached() -> None:
    async def main(loop: SimulatedLoop) -> str:
        trace: list[str] = []

        async def say(name: str) -> None:
            trace.append(name)

        await asyncio.gather(say("a"), say("b"), say("c"))
        return "".join(trace)

    assert {run(seed, main) for seed in range(100)} == {"abc", "acb", "bac", "bca", "cab", "cba"}


def test_cancelling_a_group_is_the_same_interleaving_wherever_its_tasks_lie_in_memory() -> None:
    first = run(7, cancelled_together)
    ballast = []
    for size in range(30):
        ballast.append(bytearray(100 * size))
        assert run(7, cancelled_together) == first
    assert first.endswith("end")


def test_another_process_draws_the_same_interleaving() -> None:
    program = (
        "from tests.simulation.loop import run; from tests.simulation.test_loop import *; "
        "print(run(11, interleaving), run(11, cancelled_together))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert said == {f"{run(11, interleaving)} {run(11, cancelled_together)}\n"}


@pytest.mark.parametrize("seed", (0, 1, 2, 3))
def test_a_deadlock_is_reported_with_those_who_wait(seed: int) -> None:
    async def main(loop: SimulatedLoop) -> None:
        never = loop.create_future()

        async def wait() -> None:
            await never

        await asyncio.sleep(5)
        await asyncio.create_task(wait(), name="the writer")

    with pytest.raises(SimulationDeadlock, match=rf"seed {seed}: nothing can happen after 5.* s; .*the writer"):
        run(seed, main)


def test_a_loop_that_goes_in_circles_is_stopped() -> None:
    with pytest.raises(SimulationEndless, match="1000 turns"):
        run(1, for_ever, iterations_max=1_000)


def test_what_main_raises_arrives() -> None:
    async def main(loop: SimulatedLoop) -> None:
        await asyncio.sleep(1)
        raise LookupError("from main")

    with pytest.raises(LookupError, match="from main"):
        run(1, main)


def test_what_an_awaited_task_raises_arrives() -> None:
    async def fail() -> None:
        raise LookupError("from a task")

    async def main(loop: SimulatedLoop) -> None:
        await asyncio.create_task(fail())

    with pytest.raises(LookupError, match="from a task"):
        run(1, main)


def test_a_failure_that_nobody_asked_for_is_not_lost() -> None:
    async def fail() -> None:
        raise LookupError("unheard")

    async def main(loop: SimulatedLoop) -> None:
        task = asyncio.create_task(fail(), name="publisher")
        await asyncio.sleep(1)
        assert task.done()

    with pytest.raises(LostFailure, match="publisher") as caught:
        run(1, main)
    assert str(caught.value.__cause__) == "unheard"


def test_a_failure_that_somebody_looked_at_is_not_reported_again() -> None:
    async def fail() -> None:
        raise LookupError("heard")

    async def main(loop: SimulatedLoop) -> str:
        task = asyncio.create_task(fail())
        await asyncio.sleep(1)
        return str(task.exception())

    assert run(1, main) == "heard"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_wait_that_is_too_long_times_out_at_its_time(seed: int) -> None:
    async def main(loop: SimulatedLoop) -> float:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(100), timeout=7)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3):
                await loop.create_future()
        return loop.time()

    assert run(seed, main) == 10


def test_a_wait_that_is_short_enough_gets_its_result() -> None:
    async def main(loop: SimulatedLoop) -> str:
        return await asyncio.wait_for(asyncio.sleep(1, "done"), timeout=7)

    assert run(1, main) == "done"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bounded_queue_hands_over_everything_in_order(seed: int) -> None:
    async def main(loop: SimulatedLoop) -> list[int]:
        queue: asyncio.Queue[int] = asyncio.Queue(maxsize=2)
        taken: list[int] = []

        async def take() -> None:
            while len(taken) < 20:
                taken.append(await queue.get())

        async def put() -> None:
            for number in range(20):
                await queue.put(number)

        await asyncio.gather(take(), put())
        return taken

    assert run(seed, main) == list(range(20))


def test_a_lock_is_held_by_one_at_a_time() -> None:
    async def main(loop: SimulatedLoop) -> int:
        lock, inside, most = asyncio.Lock(), 0, 0

        async def enter() -> None:
            nonlocal inside, most
            async with lock:
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= 1

        await asyncio.gather(*(enter() for _ in range(10)))
        return most

    assert {run(seed, main) for seed in SEEDS} == {1}


def test_what_still_runs_at_the_end_is_cancelled_and_cleans_up(caplog: pytest.LogCaptureFixture) -> None:
    ended: list[str] = []

    async def serve() -> None:
        try:
            await asyncio.sleep(10**9)
        finally:
            await asyncio.sleep(1)
            ended.append("served")

    async def main(loop: SimulatedLoop) -> None:
        loop.create_task(serve())
        await asyncio.sleep(1)

    with caplog.at_level(logging.DEBUG, logger="asyncio"):
        run(1, main)
        gc.collect()
    assert ended == ["served"]
    assert caplog.messages == []


def test_a_task_that_will_not_end_does_not_hide_the_first_error() -> None:
    async def stubborn(loop: SimulatedLoop) -> None:
        while True:
            try:
                await loop.create_future()
            except asyncio.CancelledError:
                continue

    async def main(loop: SimulatedLoop) -> None:
        task = loop.create_task(stubborn(loop))
        await asyncio.sleep(1)
        raise LookupError(f"the first error, not {task.get_name()}")

    with pytest.raises(LookupError, match="the first error"):
        run(1, main)


@pytest.mark.parametrize("name", OUTSIDE)
def test_every_way_out_is_closed(name: str) -> None:
    async def main(loop: SimulatedLoop) -> None:
        getattr(loop, name)()

    with pytest.raises(OutsideWorld, match=f"`{name}`"):
        run(1, main)


async def in_a_thread() -> None:
    await asyncio.to_thread(time.monotonic)


async def over_a_socket() -> None:
    await asyncio.open_connection("127.0.0.1", 9)


async def in_a_subprocess() -> None:
    await asyncio.create_subprocess_exec("true")


@pytest.mark.parametrize("leave", (in_a_thread, over_a_socket, in_a_subprocess))
def test_what_asyncio_offers_for_the_world_is_refused(leave: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def main(loop: SimulatedLoop) -> None:
        await leave()

    with pytest.raises(OutsideWorld):
        run(1, main)


def test_the_loop_asks_the_machine_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object) -> float:
        raise AssertionError("the machine was asked for its time")

    monkeypatch.setattr(time, "monotonic", asked)
    monkeypatch.setattr(time, "sleep", asked)
    assert len(run(1, interleaving)) == 18


def test_a_future_that_nobody_sets_is_a_deadlock_for_main_itself() -> None:
    with pytest.raises(SimulationDeadlock, match="on_nobody"):
        run(1, on_nobody)
