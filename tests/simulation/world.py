"""What is one simulated day? The real loop in processes that crash, a venue that fails, people who go on asking.

Everything inside `Counterpoise.run` is the product's own code. What a process knows dies with it; the journal, the
venue and what is on the wire live on. After the faults comes a calm in which everything must come to rest.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from counterpoise.adapters.brokers.paper import PaperBroker, PaperTerms
from counterpoise.adapters.brokers.paper_model import NONE, FillModel
from counterpoise.control.halt import MemoryLatch
from counterpoise.domain.decisions import TradingState
from counterpoise.domain.errors import CounterpoiseError, JournalRefused, OutcomeUnknown, StaleWriter, VenueUnavailable
from counterpoise.domain.facts import Fact, OrderCancelled, OrderIntended, WriterClaimed
from counterpoise.domain.numbers import exact
from counterpoise.ledger.journal import InMemoryJournal
from counterpoise.library.plane import Counterpoise
from counterpoise.risk.gate import Approved
from tests.simulation import people
from tests.simulation.life import Process
from tests.simulation.loop import SimulatedLoop, VirtualClock, run
from tests.simulation.oracle import examine
from tests.simulation.record import Record
from tests.simulation.story import ACCOUNT, FAULT_SECONDS, START, ZOMBIE_SECONDS_MAX, Story, story_of
from tests.simulation.wires import Crash

T = TypeVar("T")

REST_SECONDS_MAX = 90
CRASHES_MAX = 8
LIVES_MAX = 50
TURNS_MAX = 300_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """How a simulated day went.

    Attributes:
        digest: Of the log: the same seed is the same day, everywhere.
        marks: Named situation → how often it was reached.
    """

    seed: int
    digest: str
    violations: tuple[str, ...]
    marks: dict[str, int]
    log: tuple[str, ...]


@dataclass(slots=True)
class LastWords:
    """What a process knew when it died, if all of it was durable."""

    sequence: int = 0
    digest: str = ""


@dataclass(slots=True)
class World:
    """Everything that outlives a process."""

    loop: SimulatedLoop
    story: Story
    record: Record = field(default_factory=Record)
    processes: list[Process] = field(default_factory=list)
    writing: Process | None = None
    calm: bool = False
    closing: bool = False
    crashes_left: int = CRASHES_MAX
    on_wire: int = 0
    last_words: LastWords = field(default_factory=LastWords)
    latch: MemoryLatch = field(default_factory=MemoryLatch)
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)
    clock: VirtualClock = field(init=False)
    journal: InMemoryJournal = field(init=False)
    venue: PaperBroker = field(init=False)
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        story = self.story
        self.chance = random.Random(f"day {story.seed}")
        self.clock = VirtualClock(self.loop, START)
        self.journal = InMemoryJournal(before_append=self._before_append, after_append=self._after_append)
        terms = PaperTerms(shorting=story.lenient, borrowing=story.lenient, continuous=True)
        self.venue = PaperBroker(self.clock, self.model(calm=False), terms)

    def model(self, *, calm: bool) -> FillModel:
        """The venue's manners; in the calm it answers, but what an order's parts are stays as it was."""
        story, faults = self.story, self.story.faults
        if calm:
            late = faults.late_acknowledgement
            faults = replace(NONE, partial=faults.partial, remainder=faults.remainder, late_acknowledgement=late)
        return FillModel(seed=story.seed, fee_bps=story.fee_bps, slippage_bps=story.slippage_bps, faults=faults)

    # --- time, chance and the log ---

    def now(self) -> datetime:
        return self.clock.now()

    def say(self, line: str) -> None:
        self.record.log(self.loop.time(), line)

    def violate(self, law: str, what: str) -> None:
        self.record.violate(self.loop.time(), law, what)

    async def delay(self, most: float) -> None:
        """Let up to `most` seconds pass; in the calm nothing takes time."""
        await asyncio.sleep(0 if self.calm or not most else self.chance.uniform(0, most))

    def happens(self, probability: float) -> bool:
        return not self.calm and probability > 0 and self.chance.random() < probability

    def crashes(self, process: Process | None, rate: float) -> bool:
        """Whether this is the moment at which the process dies."""
        if process is None or process.superseded or not self.crashes_left or not self.happens(rate):
            return False
        self.crashes_left -= 1
        return True

    def spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Something in the world that no process owns."""
        self.tasks.append(self.loop.create_task(work, name=name))

    # --- what the journal and the venue see ---

    def _before_append(self, _account: str, facts: Sequence[Fact]) -> None:
        if self.crashes(self.writing, self.story.crash_append):
            self.record.mark("crash before append")
            raise Crash(f"crash before the append of {facts[0].kind}")

    def _after_append(self, _account: str, facts: Sequence[Fact]) -> None:
        writer = self.writing
        assert writer is not None
        for fact in facts:
            self.say(f"{writer.name} fact {fact.sequence} {fact.epoch} {fact.fact_id}")
            if isinstance(fact.body, OrderCancelled) and fact.body.reason.startswith("proved absent"):
                self._check_absent(fact.body.client_order_id)
            if isinstance(fact.body, OrderIntended) and fact.body.intent.client_order_id in self.record.intents:
                self._check_absent(fact.body.intent.client_order_id)
        if writer.superseded:
            self.violate("FENCE", f"{writer.name} lost its seat and wrote {facts[0].fact_id}")
        self.record.became_durable(facts)
        if any(isinstance(fact.body, WriterClaimed) for fact in facts):
            self._claimed(writer)
        if self.crashes(writer, self.story.crash_append):
            self.record.mark("crash after append")
            raise Crash(f"crash after the append of {facts[0].kind}")

    def _claimed(self, writer: Process) -> None:
        for other in self.processes:
            if other is not writer and not other.dead.is_set() and not other.superseded:
                other.superseded, other.ready = True, False
                self.record.mark("zombie")
                self.spawn(f"{other.name} haunts", self._haunt(other))

    async def _haunt(self, zombie: Process) -> None:
        """A process that has lost its seat goes on for a while, and tries to write at least once."""
        await asyncio.sleep(self.chance.uniform(0, ZOMBIE_SECONDS_MAX))
        plane = zombie.plane
        if plane is not None and plane.is_opened and not zombie.dead.is_set():
            try:
                await asyncio.wait_for(people.one_more_append(plane, self.now()), 1 + 3 * self.story.commit)
            except (CounterpoiseError, TimeoutError):
                self.record.mark("zombie refused")
        zombie.die("a zombie ends")

    def _check_absent(self, client_order_id: str) -> None:
        if self.venue._store.order(client_order_id) is not None:
            self.violate("NL6", f"{client_order_id} was taken for absent, and the venue has it")

    def check_send(self, process: Process, approved: Approved) -> None:
        """A process is about to send: its intent is durable, trading is not halted, the seat is its own."""
        key = approved.intent.client_order_id
        self.say(f"{process.name} sends {key}")
        if key not in self.record.intents:
            self.violate("NL2", f"{key} was sent before its intent was durable")
        if key in self.record.sent:
            self.record.mark("sent again")
        self.record.sent.add(key)
        if process.superseded:
            self.record.mark("zombie sent")
        if self.latch.is_engaged:
            self.violate("NL4", f"{key} was sent while the halt latch is engaged")
        elif not process.superseded and self.record.trading_state is TradingState.HALTED:
            self.violate("NL4", f"{key} was sent while the journal says HALTED")

    async def deliver(self, approved: Approved) -> str:
        """The venue hears of an order."""
        key = approved.intent.client_order_id
        self.say(f"venue hears {key}")
        self.on_wire += 1
        try:
            return await self.venue.submit(approved)
        except OutcomeUnknown:
            self.record.mark(self._why_unanswered(key))
            raise
        finally:
            self.on_wire -= 1

    def _why_unanswered(self, client_order_id: str) -> str:
        order = self.venue._store.order(client_order_id)
        if order is None:
            return "request lost"
        if not order.arrived:
            return "late accept"
        return "hidden order" if order.looks_left else "answer lost"

    # --- the life of processes ---

    @property
    def current(self) -> Process | None:
        """The process that can be asked, if there is one."""
        living = [item for item in self.processes if item.ready and not item.dead.is_set() and not item.superseded]
        return living[-1] if living else None

    def start(self) -> Process:
        """Boot one more process."""
        process = Process(self, len(self.processes) + 1)
        self.processes.append(process)
        self.say(f"{process.name} starts")
        self.spawn(f"life of {process.name}", self._live(process))
        return process

    async def keep(self) -> None:
        """There is always one that serves, or will after a while."""
        while not self.closing and len(self.processes) < LIVES_MAX:
            seated = [item for item in self.processes if not item.gone.is_set() and not item.superseded]
            if not seated:
                self.start()
            await asyncio.sleep(0.1 if self.calm else self.chance.uniform(0.05, 1))

    async def _live(self, process: Process) -> None:
        runner = self.loop.create_task(process.run(), name=process.name)
        runner.add_done_callback(lambda _: process.die("it ended"))
        await process.dead.wait()
        self._hear_last_words(process)
        for task in (runner, *process.clients):
            task.cancel()
        ends = await asyncio.gather(runner, *process.clients, return_exceptions=True)
        self._judge_end(process, process.failure or ends[0])
        process.gone.set()

    def _judge_end(self, process: Process, error: BaseException | None) -> None:
        """A process may end by a crash, because it lost its seat, or because the storage refused."""
        if error is None or isinstance(error, asyncio.CancelledError):
            return
        if isinstance(error, StaleWriter) and process.plane is None:
            self.record.mark("claim lost to another instance")
        elif isinstance(error, StaleWriter) and process.superseded:
            self.record.mark("ended as stale")
        elif not (isinstance(error, JournalRefused) and process.excused):
            self.violate("LIFE", f"{process.name} failed: {type(error).__name__}: {error}")

    def _hear_last_words(self, process: Process) -> None:
        """If everything that the process knew is durable, its successor must know the same."""
        self.last_words = LastWords()
        plane = process.plane
        entries = self.journal._entries.get(ACCOUNT, [])
        if plane is None or process.superseded or plane._account.view.sequence != len(entries):
            return
        self.last_words = LastWords(len(entries), plane.digest())

    def booted(self, process: Process, plane: Counterpoise) -> None:
        """A process has replayed the journal and claimed its seat."""
        view = plane._account.view
        self.say(f"{process.name} booted at {view.sequence} epoch {view.epoch}")
        missing = [fact_id for fact_id in self.record.acknowledged if fact_id not in self._identities()]
        if missing:
            self.violate("NL3", f"{process.name} boots without {missing[0]}")
        if view.sequence and view.sequence == self.last_words.sequence + 1:
            self.record.mark("live digest compared at boot")
            if plane.digest() != self.last_words.digest:
                self.violate("NL5", f"{process.name} boots with another state than its predecessor died with")

    def _identities(self) -> dict[str, None]:
        return {entry.fact_id: None for entry in self.journal._entries.get(ACCOUNT, [])}

    def acknowledge(self, fact_id: str) -> None:
        """An answer reached its giver: its fact is durable now and for ever."""
        if fact_id not in self.record.durable:
            self.violate("NL3", f"{fact_id} was acknowledged and is not durable")
        self.record.acknowledged.append(fact_id)

    async def call(self, act: Callable[[Counterpoise], Awaitable[T]]) -> T | None:
        """Ask whoever serves; None when nobody does, or when it died or refused before it answered."""
        process = self.current
        if process is None or process.plane is None:
            return None
        task: asyncio.Task[T] = self.loop.create_task(_act(act, process.plane), name=f"{process.name} client")
        process.clients.append(task)
        try:
            return await task
        except asyncio.CancelledError:
            if process.dead.is_set() and task.cancelled():
                return None
            raise
        except (StaleWriter, JournalRefused, VenueUnavailable):
            return None
        finally:
            if task.done():
                process.clients.remove(task)

    # --- the day ---

    async def day(self) -> None:
        """Thirty seconds of faults, then calm until rest, then one last restart."""
        self.spawn("keeper", self.keep())
        for name, work in people.of(self):
            self.spawn(name, work)
        await asyncio.sleep(FAULT_SECONDS)
        self._end_faults()
        await self._come_to_rest()
        last = self.current
        if last is not None:
            last.die("the last restart")
            await last.gone.wait()
        await self._come_to_rest()
        self.closing = True
        await self._close()

    def _end_faults(self) -> None:
        self.say("faults end")
        self.calm = True
        self.venue._book._model = self.model(calm=True)
        for process in self.processes:
            if process.superseded:
                process.die("the faults are over")

    async def _come_to_rest(self) -> None:
        deadline = self.loop.time() + REST_SECONDS_MAX
        for _ in range(REST_SECONDS_MAX):
            if self.loop.time() >= deadline or not await self._unrest():
                break
            await asyncio.sleep(1)
        left = await self._unrest()
        if left:
            self.violate("REST", f"after {REST_SECONDS_MAX} s of calm: {left}")

    async def _unrest(self) -> str:
        """What is still under way, or nothing."""
        working = [task.get_name() for task in self.tasks if task.get_name().startswith("person") and not task.done()]
        if working:
            return ", ".join(working)
        process = self.current
        if process is None or process.plane is None or self.on_wire:
            return "nobody serves" if not self.on_wire else "a request is on the wire"
        plane = process.plane
        if int(self.loop.time()) % 10 == 0:
            await self.venue.end()
        await self.call(lambda served: served.advance_runs(people.OWNER, self.now(), sell_wait_over=True))
        await self.call(lambda served: served.settle(self.now()))
        orders = [key for key, order in sorted(plane._account.view.state.orders.items()) if order.status.is_open]
        runs = sorted(plane._account.view.state.runs)
        await self.call(lambda served: served.compare(self.now()))
        breaks = sorted(plane._account.view.state.breaks)
        quiet = plane._activity.is_quiet
        return ", ".join([*orders, *runs, *breaks, *([] if quiet else ["activity"])])

    async def _close(self) -> None:
        process = self.current
        if process is None or process.plane is None:
            self.violate("REST", "nobody serves at the end")
            return
        for problem in await examine(self, process.plane):
            self.violate(*problem)


async def _act(act: Callable[[Counterpoise], Awaitable[T]], plane: Counterpoise) -> T:
    return await act(plane)


def simulate(seed: int, *, mutant: Callable[[], AbstractContextManager[None]] | None = None) -> Day:
    """One seed's day; the same log on every machine and in every process."""
    worlds: list[World] = []

    async def main(loop: SimulatedLoop) -> None:
        worlds.append(World(loop, story_of(seed)))
        await worlds[0].day()

    with exact(), (mutant or nullcontext)():
        trouble: tuple[str, ...] = ()
        try:
            run(seed, main, iterations_max=TURNS_MAX)
        except Exception as error:  # noqa: BLE001 - whatever a day ends with is what it found
            cause = f" from {error.__cause__!r}" if error.__cause__ else ""
            trouble = (f"LIFE: {type(error).__name__}: {error}{cause}",)
    world = worlds[0]
    world.venue.close()
    return Day(
        seed=seed,
        digest=world.record.digest(),
        violations=(*world.record.violations, *trouble),
        marks=dict(sorted(world.record.marks.items())),
        log=tuple(world.record.lines),
    )
