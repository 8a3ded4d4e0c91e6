"""A running account and its service for tests, without a disk and with clocks that stand still."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from counterpoise.access.links import Links
from counterpoise.access.sessions import Sessions
from counterpoise.adapters.brokers.paper import PaperBroker, PaperTerms
from counterpoise.adapters.brokers.paper_model import PROFILES, FillModel
from counterpoise.adapters.clocks import ReplayClock
from counterpoise.control.halt import MemoryLatch
from counterpoise.demo.replay import replay
from counterpoise.demo.sample import demo_plan
from counterpoise.ledger.checkpoints import InMemoryCheckpoints
from counterpoise.ledger.journal import InMemoryJournal
from counterpoise.library.opening import Opening
from counterpoise.library.plane import Counterpoise
from counterpoise.messages.status import (
    Replay,
)
from counterpoise.service.callers import Doorkeeper
from counterpoise.service.desk import Desk
from counterpoise.wiring import Parts

D = Decimal
WALL = datetime(2024, 1, 2, 15, tzinfo=UTC)
"""When the tests happen, on the machine's clock."""

TOKEN = "owner-token-of-the-tests-0123456789abcdefghijklmnop"
COOKIE = "counterpoise-8004"
HOSTS = frozenset({b"127.0.0.1:8004"})


@dataclass
class Wall:
    """A machine's clock that moves when told."""

    at: datetime = WALL

    def now(self) -> datetime:
        return self.at

    def later(self, **span: float) -> None:
        self.at += timedelta(**span)


def secrets() -> Iterator[str]:
    numbers = count(1)
    return (f"secret-{number:08d}-0123456789abcdefghijklmnopqrstuv" for number in numbers)


@dataclass
class FakeReplay:
    """A replay's control without a replay."""

    speed: Decimal | None = D(10)
    paused: bool = False
    asked: list[tuple[Decimal | None, bool]] = field(default_factory=list)

    def seen(self) -> Replay:
        return Replay(
            day="2010-06-04", number=106, days=3270, paused=self.paused, days_per_second=self.speed, finished=False
        )

    def set(self, *, days_per_second: Decimal | None, paused: bool) -> None:
        self.asked.append((days_per_second, paused))
        self.speed, self.paused = days_per_second, paused


def fakes(start: datetime, wall: Wall, model: FillModel | None = None, *, continuous: bool = False) -> Parts:
    """Parts without a disk."""
    clock = ReplayClock(start)
    venue = PaperBroker(clock, model or FillModel(), PaperTerms(currency="USD", continuous=continuous))
    return Parts(
        journal=InMemoryJournal(),
        checkpoints=InMemoryCheckpoints(),
        clock=clock,
        timer=clock,
        broker=venue,
        venue=venue,
        replay_clock=clock,
        latch=MemoryLatch(),
        upkeep=(),
        commits=lambda: 0,
        durability=dict,
        release=lambda: None,
        owner="test",
        wall=wall,
        start="1.1",
        owner_token=lambda: TOKEN,
    )


@asynccontextmanager
async def demo_account(days: int, wall: Wall) -> AsyncIterator[Counterpoise]:
    """The demo after so many days, the same on every machine."""
    plan, costs = demo_plan(days)
    model = FillModel(seed=1, fee_bps=costs.fee_bps, slippage_bps=costs.slippage_bps, faults=PROFILES["mild"])
    async with Counterpoise.run(fakes(plan.opened_at(), wall, model), plan.account) as plane:

        async def next_day() -> bool:
            plane.sample(plane.parts.clock.now())
            return True

        # The last day is left open: its orders still work, as on a screen in the middle of a replay.
        await replay(plane, plan, lambda _: None, next_day=_days(next_day, days))
        await plane.compare()
        plane.screen.replay = FakeReplay().seen()
        yield plane


def _days(next_day: Callable[[], Awaitable[bool]], days: int) -> Callable[[], Awaitable[bool]]:
    done = count(1)

    async def wait() -> bool:
        await next_day()
        return next(done) < days

    return wait


@asynccontextmanager
async def live_account(wall: Wall, *symbols: str, cash: str = "100000") -> AsyncIterator[Counterpoise]:
    """A paper account that matches at every price it is told."""
    opening = Opening.paper("main", cash=D(cash), symbols=symbols or ("SPY", "QQQ"))
    async with Counterpoise.run(fakes(wall.now(), wall, continuous=True), opening.name) as plane:
        await plane.begin(opening)
        await plane.compare()
        yield plane


def desk_of(plane: Counterpoise, wall: Wall, *, reads_open: bool = False, replay: FakeReplay | None = None) -> Desk:
    """What the routes are given."""
    made = secrets()
    return Desk(
        plane=plane,
        doorkeeper=Doorkeeper(Sessions(lambda: next(made)), TOKEN, COOKIE, reads_open=reads_open),
        links=Links(TOKEN, "1.1"),
        clock=wall,
        new_secret=lambda: next(made),
        started_at=WALL,
        version="0.1.0",
        replay=replay,
    )
