"""What is one life of the product? A boot, a recovery, healing without end, and a death that takes all memory along."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from counterpoise import wiring
from counterpoise.domain.errors import VenueUnavailable
from counterpoise.ledger.checkpoints import InMemoryCheckpoints
from counterpoise.library.plane import Counterpoise
from tests.simulation.story import ACCOUNT
from tests.simulation.wires import Pen, SimulatedTimer, Wire

if TYPE_CHECKING:
    from tests.simulation.world import World

HEAL_SECONDS = 0.7


class Process:
    """One life of the product: from its boot to its death."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.name = f"process {number}"
        self.number = number
        self.dead = asyncio.Event()
        self.gone = asyncio.Event()
        self.superseded = False
        self.excused = False
        self.ready = False
        self.plane: Counterpoise | None = None
        self.failure: BaseException | None = None
        self.clients: list[asyncio.Task[Any]] = []

    def die(self, why: str) -> None:
        """Drop the memory: from now on nothing that this process does reaches anybody."""
        if not self.dead.is_set():
            self.world.say(f"{self.name} dies: {why}")
            self.ready = False
            self.dead.set()

    async def breathe(self) -> None:
        """Go on if the process lives; a dead one waits for ever."""
        if self.dead.is_set():
            await asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Boot, recover, and heal until death."""
        async with Counterpoise.run(self._parts(), ACCOUNT) as plane:
            self.plane = plane
            self.world.booted(self, plane)
            guard = asyncio.get_running_loop().create_task(self._guard(plane), name=f"{self.name} guard")
            try:
                await self._recover(plane)
                self.ready = True
                while True:
                    await asyncio.sleep(HEAL_SECONDS)
                    await self._settle(plane)
            finally:
                guard.cancel()

    async def _recover(self, plane: Counterpoise) -> None:
        while plane.is_opened:
            try:
                await plane.recover(self.world.now())
            except VenueUnavailable:
                await asyncio.sleep(HEAL_SECONDS)
            else:
                return

    async def _settle(self, plane: Counterpoise) -> None:
        try:
            await plane.settle(self.world.now())
        except VenueUnavailable:
            self.world.record.mark("heal failed")

    async def _guard(self, plane: Counterpoise) -> None:
        """The first failed task ends the process."""
        await plane._supervisor.failed.wait()
        self.failure = plane._supervisor._failure
        self.die(f"failed with {type(self.failure).__name__}")

    def _parts(self) -> wiring.Parts:
        return wiring.Parts(
            journal=Pen(self),
            checkpoints=InMemoryCheckpoints(),
            clock=self.world.clock,
            timer=SimulatedTimer(),
            broker=Wire(self),
            venue=None,
            replay_clock=None,
            latch=self.world.latch,
            upkeep=(),
            commits=lambda: 0,
            durability=dict,
            release=lambda: None,
            owner=self.name,
            wall=self.world.clock,
        )
