"""Does a HALT file that somebody puts beside the data halt the account that is running on it?"""

from __future__ import annotations

import asyncio

import pytest

from counterpoise.control.halt import MemoryLatch
from counterpoise.domain.accounts import Actor, Scope
from counterpoise.domain.decisions import TradingState
from counterpoise.library import upkeep
from tests.service.making import Wall, live_account

OWNER = Actor(name="owner", scope=Scope.ADMIN, fresh=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "LATCH_EVERY_SECONDS", 0.01)


async def test_the_file_becomes_a_recorded_halt() -> None:
    async with live_account(Wall()) as plane:
        plane.look_after("latch", upkeep.obey_latch(plane))
        plane.parts.latch.engage("by hand")
        for _ in range(100):
            await asyncio.sleep(0.01)
            if plane.screen.kill_switch().trading_state is TradingState.HALTED:
                break
        seen = plane.screen.kill_switch()
        assert (seen.trading_state, seen.state_by, seen.reason) == (
            TradingState.HALTED,
            "system",
            "the HALT file is there",
        )


async def test_an_account_without_it_goes_on() -> None:
    async with live_account(Wall()) as plane:
        plane.look_after("latch", upkeep.obey_latch(plane))
        await asyncio.sleep(0.1)
        assert plane.screen.kill_switch().trading_state is TradingState.ACTIVE


class OnceMore(MemoryLatch):
    """A latch that is seen engaged for one look after a resume was recorded."""

    looks = 0

    @property
    def is_engaged(self) -> bool:
        self.looks += 1
        return self.looks == 5


async def test_a_latch_that_is_seen_once_is_a_resume_under_way() -> None:
    async with live_account(Wall()) as plane:
        plane.parts.latch = OnceMore()
        plane.look_after("latch", upkeep.obey_latch(plane))
        await asyncio.sleep(0.2)
        assert plane.screen.kill_switch().trading_state is TradingState.ACTIVE
