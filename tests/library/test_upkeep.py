"""Does a live account begin its days, ask its venue and keep its curve by itself, whatever is down meanwhile?"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from counterpoise.domain.errors import JournalRefused, VenueUnavailable
from counterpoise.library.upkeep import WAKE_MAX, begin_days, compare_books, keep_curve, keep_states, obey_latch
from counterpoise.portfolio.curve import CurvePoint

NOW = datetime(2024, 1, 2, 15, tzinfo=UTC)
MIDNIGHT = datetime(2024, 1, 3, 5, tzinfo=UTC)
"""Of New York."""

POINT = CurvePoint(at=NOW, equity=Decimal(1), growth=Decimal(1), drawdown_pct=None)


@dataclass
class FakeClock:
    """Moves on by each sleep."""

    at: datetime = NOW
    slept: list[float] = field(default_factory=list)
    rounds: int = 3

    def now(self) -> datetime:
        return self.at


@dataclass
class FakeAccount:
    """Notes what it is told; `down` fails."""

    is_opened: bool = True
    time_zone: str = "America/New_York"
    down: bool = False
    told: list[tuple[str, datetime]] = field(default_factory=list)

    async def start_today(self, now: datetime) -> None:
        self.told.append(("day", now))

    async def settle(self, at: datetime | None = None) -> None:
        assert at is not None
        self.told.append(("settle", at))
        if self.down:
            raise VenueUnavailable("the venue does not answer")

    async def compare(self, at: datetime | None = None) -> None:
        assert at is not None
        self.told.append(("compare", at))

    async def keep_state(self) -> None:
        self.told.append(("state", NOW))
        if self.down:
            raise JournalRefused("the disk is full")

    def sample(self, at: datetime) -> tuple[CurvePoint, tuple[datetime, ...]]:
        self.told.append(("sample", at))
        return POINT, (NOW,)


@dataclass
class FakeSeries:
    """Notes what it keeps; `full` refuses."""

    full: bool = False
    kept: list[CurvePoint] = field(default_factory=list)
    gone: list[datetime] = field(default_factory=list)

    async def keep(self, points: Any) -> None:  # noqa: ANN401 - a sequence
        if self.full:
            raise JournalRefused("the disk is full")
        self.kept += points

    async def load(self) -> tuple[CurvePoint, ...]:
        return tuple(self.kept)

    async def forget(self, instants: Any) -> None:  # noqa: ANN401 - a sequence
        self.gone += instants


class Enough(Exception):
    """So many rounds are enough for a test."""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """Time passes by sleeping; after `rounds` sleeps it is enough."""
    found = FakeClock()

    async def sleep(seconds: float) -> None:
        if len(found.slept) == found.rounds:
            raise Enough
        found.slept.append(seconds)
        found.at += timedelta(seconds=seconds)

    monkeypatch.setattr("counterpoise.library.upkeep.asyncio.sleep", sleep)
    return found


async def test_each_day_is_begun_at_midnight_of_the_accounts_zone(clock: FakeClock) -> None:
    account, clock.at, clock.rounds = FakeAccount(), MIDNIGHT - timedelta(seconds=90), 3
    with pytest.raises(Enough):
        await begin_days(account, clock)
    assert clock.slept == [60, 30, 60]
    assert [at for _, at in account.told] == [
        MIDNIGHT - timedelta(seconds=90),
        MIDNIGHT - timedelta(seconds=30),
        MIDNIGHT,
        MIDNIGHT + timedelta(seconds=60),
    ]


@pytest.mark.parametrize("zone", ("UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"))
async def test_no_sleep_is_longer_than_a_minute_nor_shorter_than_a_second(clock: FakeClock, zone: str) -> None:
    clock.at, clock.rounds = datetime(2024, 3, 30, 12, tzinfo=UTC), 60 * 48
    with pytest.raises(Enough):
        await begin_days(FakeAccount(time_zone=zone), clock)
    assert all(1 <= seconds <= WAKE_MAX.total_seconds() for seconds in clock.slept)


@pytest.mark.parametrize("work", (begin_days, compare_books))
async def test_before_the_account_is_opened_nothing_is_told_to_it(
    clock: FakeClock, work: Callable[[FakeAccount, FakeClock], Coroutine[Any, Any, None]]
) -> None:
    account = FakeAccount(is_opened=False)
    with pytest.raises(Enough):
        await work(account, clock)
    assert not account.told
    assert len(clock.slept) == clock.rounds


async def test_the_venue_is_asked_every_half_minute_and_again_when_it_was_silent(clock: FakeClock) -> None:
    account = FakeAccount(down=True)
    with pytest.raises(Enough):
        await compare_books(account, clock)
    assert [what for what, _ in account.told] == ["settle"] * 3, "of silence nothing is concluded"
    assert clock.slept == [30] * 3
    account.down = False
    clock.rounds += 1
    with pytest.raises(Enough):
        await compare_books(account, clock)
    assert [what for what, _ in account.told[3:]] == ["settle", "compare"]


@pytest.mark.parametrize("down", (False, True))
async def test_the_state_is_kept_every_five_minutes_whatever_became_of_the_last(
    clock: FakeClock, *, down: bool
) -> None:
    account = FakeAccount(down=down)
    with pytest.raises(Enough):
        await keep_states(account)
    assert clock.slept == [300] * 3
    assert [what for what, _ in account.told] == ["state"] * 3


async def test_the_curve_is_kept_every_ten_seconds_and_forgets_what_was_thinned(clock: FakeClock) -> None:
    account, series = FakeAccount(), FakeSeries()
    with pytest.raises(Enough):
        await keep_curve(account, series, clock)
    assert clock.slept == [10] * 3
    assert (series.kept, series.gone) == ([POINT] * 3, [NOW] * 3)


async def test_a_full_disk_costs_detail_of_the_curve_and_nothing_else(clock: FakeClock) -> None:
    account, series = FakeAccount(), FakeSeries(full=True)
    with pytest.raises(Enough):
        await keep_curve(account, series, clock)
    assert [what for what, _ in account.told] == ["sample"] * 3
    assert not series.kept


@dataclass
class FakeLatched:
    """A latch that is seen as `seen` says, look by look."""

    seen: list[bool]
    halted: int = 0

    @property
    def is_latched_only(self) -> bool:
        return self.seen.pop(0) if self.seen else False

    async def halt_as_latched(self) -> None:
        self.halted += 1


@pytest.mark.parametrize(
    ("seen", "halted"),
    (
        pytest.param([False] * 8, 0, id="no file"),
        pytest.param([True, False], 0, id="there for a moment, while somebody resumes"),
        pytest.param([True, True, True], 1, id="there twice"),
    ),
)
async def test_a_file_that_stays_becomes_a_halt(clock: FakeClock, seen: list[bool], halted: int) -> None:
    account = FakeLatched(seen)
    with pytest.raises(Enough):
        await obey_latch(account)
    assert account.halted == halted
