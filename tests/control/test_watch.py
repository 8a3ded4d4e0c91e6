"""Does the bell ring for whatever moved, and only when what moved is whole?"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from counterpoise.control.commands import AssessMarks
from counterpoise.control.watch import Watch
from counterpoise.domain.decisions import TradingState
from tests.control.making import OWNER, START, D, Desk, Now, change_state, enable


def watch() -> Watch:
    return Watch(Now())


async def _rings(found: Watch) -> bool:
    """Whether it rings within a few turns of the loop."""
    waiting = asyncio.create_task(found.moved())
    for _ in range(5):
        await asyncio.sleep(0)
    done = waiting.done()
    waiting.cancel()
    return done


async def test_it_rings_once_for_what_moved() -> None:
    found = watch()
    assert not await _rings(found)
    found.ring()
    found.ring()
    assert found.version == 2
    assert await _rings(found)
    assert not await _rings(found)


async def test_in_the_middle_of_a_step_it_waits_for_the_end() -> None:
    found = watch()
    with found.step():
        found.ring()
        half_done = found.is_steady
        assert not await _rings(found)
        with found.step():
            found.ring()
        assert not await _rings(found), "the outer step goes on"
    assert (half_done, found.is_steady) == (False, True)
    assert await _rings(found)


async def test_a_step_that_fails_ends_all_the_same() -> None:
    found = watch()
    with pytest.raises(ValueError, match="half"), found.step():
        raise ValueError("half done")
    assert found.is_steady
    assert await _rings(found)


async def test_whoever_waits_for_a_whole_picture_gets_it_between_two_steps() -> None:
    found, seen = watch(), list[bool]()

    async def look() -> None:
        await found.steady()
        seen.append(found.is_steady)

    looks = []
    for _ in range(20):
        with found.step():
            looks.append(asyncio.create_task(look()))
            await asyncio.sleep(0)
        await asyncio.sleep(0)
    await asyncio.gather(*looks)
    assert seen == [True] * 20


def test_facts_are_told_and_move_the_version() -> None:
    desk, found = Desk("SPY"), watch()
    desk.tell(enable())
    desk.tell(change_state(TradingState.HALTED))
    found.recorded(desk.facts)
    assert found.version == 1
    assert found.chronicle.state_change is not None


def test_a_price_is_heard_now_though_it_is_of_long_ago() -> None:
    found = watch()
    found.priced("paper:SPY:1", START - timedelta(days=3_000))
    assert found.pulse.heard_at("paper:SPY:1") == START
    assert found.last_price_at == START - timedelta(days=3_000)


def test_marks_read_back_at_a_start_are_the_curve_that_was() -> None:
    desk, found = Desk("SPY"), watch()
    desk.observe(SPY="100")
    desk.hold("SPY", "10", "100")
    desk.observe(START + timedelta(minutes=1), SPY="300")
    desk.tell(AssessMarks(actor=OWNER, at=START, cause="marks"))
    for fact in desk.facts:
        found.replayed(desk.state.book, fact)
    marks = [fact for fact in desk.facts if fact.kind == "MarksRecorded"]
    assert len(found.curve.since(None, 100)) == len({fact.occurred_at for fact in marks}) > 0
    point, gone = found.sample(desk.state, START + timedelta(minutes=2))
    assert (point.equity, gone) == (D(12_000), ())
    assert found.curve.since(None, 100)[-1] == point
