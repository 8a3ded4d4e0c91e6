"""Through what does a simulated process touch the world? Its hold of the journal, its wire to the venue, its timer.

Each process has its own; when the process is dead they never answer again, so its memory is gone at once although
its tasks are still there to be cancelled. A request that is on the wire arrives all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from counterpoise.domain.accounts import AccountId
from counterpoise.domain.errors import CounterpoiseError, JournalRefused, StaleWriter, VenueUnavailable
from counterpoise.domain.facts import Fact
from counterpoise.domain.instruments import Symbol
from counterpoise.domain.statements import (
    VenueAccount,
    VenueCashEvent,
    VenueClock,
    VenueFill,
    VenueOrder,
    VenuePosition,
    VenuePrice,
)
from counterpoise.execution.broker import Capabilities, VenueEvent
from counterpoise.ledger.journal import Anchor, Entry, Tail
from counterpoise.risk.gate import Approved

if TYPE_CHECKING:
    from tests.simulation.life import Process

T = TypeVar("T")

CLIENT_TIMEOUT_SECONDS = 1.0


class Crash(Exception):
    """The process dies here."""


class SimulatedTimer:
    """The Timer port on virtual time; `on_due` is called at the due moment, before the waiting task runs."""

    async def wait(self, time: timedelta, on_due: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        due: asyncio.Future[None] = loop.create_future()

        def fire() -> None:
            if not due.done():
                on_due()
                due.set_result(None)

        loop.call_later(time.total_seconds(), fire)
        await due


class Pen:
    """A process's hold of the journal: commits take time, are refused, or are the last thing that the process does."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._world = process.world
        self._journal = process.world.journal

    @property
    def key(self) -> bytes:
        return self._journal.key

    async def append(self, account: AccountId, expected_sequence: int, epoch: int, facts: Sequence[Fact]) -> int:
        process, world = self._process, self._world
        await process.breathe()
        await world.delay(world.story.commit)
        await process.breathe()
        if world.happens(world.story.refused_append) and not process.superseded:
            world.record.mark("append refused")
            process.excused = True
            raise JournalRefused("the storage is full")
        world.writing = process
        try:
            last = await self._journal.append(account, expected_sequence, epoch, facts)
        except Crash as crash:
            process.die(str(crash))
        except StaleWriter:
            world.record.mark("stale writer refused")
            world.say(f"{process.name} is refused")
            raise
        await process.breathe()
        await world.delay(world.story.commit)
        await process.breathe()
        return last

    async def read(self, account: AccountId, from_sequence: int = 1) -> AsyncIterator[Entry]:
        async for entry in self._journal.read(account, from_sequence):
            yield entry

    async def last(self, account: AccountId) -> Tail:
        return await self._journal.last(account)

    async def accounts(self) -> tuple[AccountId, ...]:
        return await self._journal.accounts()

    async def anchor_now(self) -> None:
        return None

    async def anchors(self) -> tuple[Anchor, ...]:
        return ()

    async def close(self) -> None:
        return None


class Wire:
    """A process's way to the venue: slow, and at times without an answer."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._world = process.world
        self._venue = process.world.venue

    @property
    def capabilities(self) -> Capabilities:
        return self._venue.capabilities

    async def account(self) -> VenueAccount:
        return await self._read(self._venue.account)

    async def positions(self) -> tuple[VenuePosition, ...]:
        return await self._read(self._venue.positions)

    async def open_orders(self) -> tuple[VenueOrder, ...]:
        return await self._read(self._venue.open_orders)

    async def order_by_client_id(self, client_order_id: str) -> VenueOrder | None:
        return await self._read(lambda: self._venue.order_by_client_id(client_order_id))

    async def fills_since(self, cursor: int) -> tuple[VenueFill, ...]:
        return await self._read(lambda: self._venue.fills_since(cursor))

    async def cash_events_since(self, cursor: int) -> tuple[VenueCashEvent, ...]:
        return await self._read(lambda: self._venue.cash_events_since(cursor))

    async def clock(self) -> VenueClock:
        return await self._read(self._venue.clock)

    async def prices(self, symbols: Sequence[Symbol]) -> tuple[VenuePrice, ...]:
        return await self._read(lambda: self._venue.prices(symbols))

    def stream(self) -> AsyncIterator[VenueEvent]:
        return self._venue.stream()

    async def submit(self, approved: Approved) -> str:
        process, world = self._process, self._world
        if process.dead.is_set():
            await process.breathe()
        world.check_send(process, approved)  # before anything is awaited: this is the submit seam
        if world.crashes(process, world.story.crash_submit):
            world.record.mark("crash between intent and submit")
            process.die("crash before the submit")
            await process.breathe()
        key = approved.intent.client_order_id
        return await self._request(f"submit {key}", lambda: world.deliver(approved))

    async def cancel(self, client_order_id: str) -> None:
        await self._request(f"cancel {client_order_id}", lambda: self._venue.cancel(client_order_id))

    async def _request(self, name: str, call: Callable[[], Awaitable[T]]) -> T:
        """Put a request on the wire; it arrives whatever becomes of us, and its answer may come too late."""
        process, world = self._process, self._world
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        world.spawn(name, _carry(world.delay, world.story.latency, call, answer))
        try:
            # Not wait_for: it can swallow a death that comes together with the answer.
            async with asyncio.timeout(CLIENT_TIMEOUT_SECONDS):
                found = await answer
        except TimeoutError:
            world.record.mark("timeout")
            await process.breathe()
            raise
        except CounterpoiseError:
            await process.breathe()
            raise
        await process.breathe()
        return found

    async def _read(self, call: Callable[[], Awaitable[T]]) -> T:
        process, world = self._process, self._world
        await process.breathe()
        await world.delay(world.story.latency)
        await process.breathe()
        if world.happens(world.story.read_failure):
            world.record.mark("read failed")
            raise VenueUnavailable("the venue does not answer")
        found = await call()
        await world.delay(world.story.latency)
        await process.breathe()
        return found


async def _carry(
    delay: Callable[[float], Awaitable[None]],
    latency: float,
    call: Callable[[], Awaitable[T]],
    answer: asyncio.Future[T],
) -> None:
    await delay(latency)
    try:
        result = await call()
    except CounterpoiseError as error:
        await delay(latency)
        if not answer.done():
            answer.set_exception(error)
        return
    await delay(latency)
    if not answer.done():
        answer.set_result(result)
