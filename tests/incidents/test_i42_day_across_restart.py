"""I-42: the day's peak and P&L were kept in memory, and "today" was nobody's day.

Given an account that trades before and after a midnight of its own zone, as no venue and no machine has it. When the
process ends at 23:59:59 and starts at 00:00:01, or at any other step, on days of 23, 24 and 25 hours, at the end of a
week, a month and a year. Then peaks, realised P&L and each day's summary are those of a run that went on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from counterpoise.control.hindsight import known_facts
from counterpoise.domain.accounts import Actor, Scope
from counterpoise.domain.numbers import ZERO, exact
from counterpoise.domain.time import trading_day
from counterpoise.library.opening import Opening
from counterpoise.library.plane import Counterpoise
from counterpoise.portfolio.daily import DaySummary, days
from counterpoise.wiring import Parts
from tests.control.making import TREND, candidate
from tests.service.making import Wall, fakes

D = Decimal
BOT = Actor(name=TREND, scope=Scope.PROPOSE)
OWNER = Actor(name="owner", scope=Scope.ADMIN, fresh=True)
NEW_YORK = "America/New_York"
Act = Callable[[Counterpoise, datetime], Awaitable[object]]


def price(text: str) -> Act:
    """A tick; each here is a new high or low, so that it is recorded."""

    async def act(plane: Counterpoise, at: datetime) -> None:
        await plane.tick({"SPY": D(text)}, at)

    return act


def trade(side: str, size: str, text: str) -> Act:
    """A tick, and an order that fills at it."""

    async def act(plane: Counterpoise, at: datetime) -> None:
        await plane.tick({"SPY": D(text)}, at)
        answer = await plane.judge(TREND, f"slot/{at.isoformat()}", (candidate("SPY", size, side),), BOT, at)
        assert answer.detail[0].allowed, answer  # type: ignore[index]
        await plane.settle(at)

    return act


async def day_start(plane: Counterpoise, at: datetime) -> None:
    await plane.start_today(at)


STEPS: Sequence[tuple[float, Act]] = (
    (-7200, trade("BUY", "100", "100")),
    (-3600, price("110")),
    (-2, trade("SELL", "30", "112")),
    (-0.5, price("113")),
    (0, day_start),
    (2, trade("SELL", "30", "111")),
    (1800, price("114")),
    (4 * 3600, trade("SELL", "10", "109")),
    (20 * 3600, price("115")),
)
"""Seconds from midnight, and what happens then."""


@dataclass(frozen=True)
class Figures:
    """What must not depend on when the process ran."""

    peak: Decimal
    day_peak: Decimal
    max_drawdown_pct: Decimal
    realised: tuple[Decimal, ...]
    fees: Decimal
    day_open: Decimal
    streak: int


def figures(plane: Counterpoise) -> Figures:
    seen = plane.overview()
    book = plane._account.view.state.drawdown
    return Figures(
        peak=seen.drawdown.peak_equity,
        day_peak=book.daily.peak,
        max_drawdown_pct=seen.drawdown.max_drawdown_pct,
        realised=(
            seen.pnl.realized_pnl_today,
            seen.pnl.realized_pnl_week,
            seen.pnl.realized_pnl_month,
            seen.pnl.realized_pnl_total,
        ),
        fees=seen.pnl.fees_today,
        day_open=book.day_equity,
        streak=seen.pnl.losing_streak,
    )


@dataclass(frozen=True)
class Told:
    """How a run went."""

    figures: tuple[Figures, ...]
    days: tuple[DaySummary, ...]
    digest: str
    starts: int


class Runner:
    """A process that can be ended and started on the same journal and venue."""

    def __init__(self, zone: str, midnight: datetime) -> None:
        self.wall = Wall(midnight - timedelta(hours=3))
        self.parts: Parts = fakes(self.wall.at, self.wall, continuous=True)
        self.opening = Opening.paper("main", cash=D(100_000), symbols=("SPY",), time_zone=zone)
        self.starts = 0
        self._stack = AsyncExitStack()
        self.plane: Counterpoise

    def move(self, at: datetime) -> None:
        self.wall.at = at
        assert self.parts.replay_clock is not None
        self.parts.replay_clock.advance(at)

    async def start(self) -> None:
        self.starts += 1
        self.plane = await self._stack.enter_async_context(Counterpoise.run(self.parts, "main"))
        await self.plane.begin(self.opening)
        await self.plane.start_today(self.wall.at)

    async def end(self) -> None:
        await self._stack.aclose()

    async def told(self, seen: list[Figures]) -> Told:
        facts = await known_facts(self.parts.journal, "main", ())
        return Told(figures=tuple(seen), days=days("main", facts), digest=self.plane.digest(), starts=self.starts)


async def told(
    zone: str, midnight: datetime, restarts: Sequence[float] = (), *, down: tuple[float, float] | None = None
) -> Told:
    """Run all steps; the process starts again at `restarts`, or is away between two instants."""
    runner, seen = Runner(zone, midnight), list[Figures]()
    await runner.start()
    await runner.plane.set_strategy(TREND, OWNER, runner.wall.at)
    left = sorted(restarts)
    for second, act in STEPS:
        if down is not None and down[0] < second < down[1]:
            continue
        while left and left[0] <= second:
            runner.move(midnight + timedelta(seconds=left.pop(0)))
            await runner.end()
            await runner.start()
        at = midnight + timedelta(seconds=second)
        if down is not None and second >= down[1] and runner.starts == 1:
            await runner.end()
            runner.move(midnight + timedelta(seconds=down[1]))
            await runner.start()
        runner.move(at)
        await act(runner.plane, at)
        seen.append(figures(runner.plane))
    result = await runner.told(seen)
    await runner.end()
    return result


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


MIDNIGHTS = (
    pytest.param("UTC", moment("2024-02-01"), id="the end of a month"),
    pytest.param("UTC", moment("2024-01-01"), id="the end of a week, a month and a year"),
    pytest.param(NEW_YORK, moment("2024-03-10T05:00"), id="into a day of 23 hours"),
    pytest.param(NEW_YORK, moment("2024-03-11T04:00"), id="out of it, and into a week"),
    pytest.param(NEW_YORK, moment("2024-11-03T04:00"), id="into a day of 25 hours"),
    pytest.param(NEW_YORK, moment("2024-11-04T05:00"), id="out of that"),
    pytest.param("Asia/Tokyo", moment("2024-01-31T15:00"), id="a day that is neither UTC's nor New York's"),
    pytest.param("America/Sao_Paulo", moment("2018-11-04T03:00"), id="a day without a midnight"),
)


@pytest.mark.parametrize(("zone", "midnight"), MIDNIGHTS)
async def test_a_restart_on_either_side_of_midnight_changes_no_figure(zone: str, midnight: datetime) -> None:
    with exact():
        whole = await told(zone, midnight)
        broken = await told(zone, midnight, (-1, 1))
        assert (whole.starts, broken.starts) == (1, 3)
        assert broken.figures == whole.figures
        assert broken.days == whole.days
        assert broken.digest == whole.digest


@pytest.mark.parametrize(("zone", "midnight"), MIDNIGHTS)
async def test_a_process_that_was_away_at_midnight_begins_the_day_where_it_began(zone: str, midnight: datetime) -> None:
    with exact():
        whole, away = await told(zone, midnight), await told(zone, midnight, down=(-0.4, 1))
        gone = [second for second, _ in STEPS].index(0)
        assert away.figures == (*whole.figures[:gone], *whole.figures[gone + 1 :])
        assert away.days == whole.days
        assert away.digest == whole.digest


async def test_a_restart_before_every_step_changes_no_figure() -> None:
    with exact():
        zone, midnight = NEW_YORK, moment("2024-03-10T05:00")
        whole = await told(zone, midnight)
        broken = await told(zone, midnight, [second - 0.1 for second, _ in STEPS])
        assert broken.starts == len(STEPS) + 1
        assert (broken.figures, broken.days, broken.digest) == (whole.figures, whole.days, whole.digest)


async def test_the_figures_are_of_two_days_and_not_of_the_process() -> None:
    """What the runs agree on is also right: 30 at 112 before midnight, 30 at 111 and 10 at 109 after it."""
    with exact():
        run = await told("UTC", moment("2024-02-01"), (-1, 1))
        before, after, last = run.figures[3], run.figures[4], run.figures[-1]
        assert before.realised == (D(360), D(360), D(360), D(360))
        assert after.realised == (ZERO, D(360), ZERO, D(360))
        assert last.realised == (D(420), D(780), D(420), D(780))
        assert [one.realised for one in run.days] == [D(360), D(420)]
        assert [one.trades for one in run.days] == [2, 2]
        assert (before.day_open, after.day_open, after.day_peak) == (before.day_open, before.peak, before.peak)


async def test_a_tick_that_was_no_fact_is_lost_and_with_it_neither_peak_nor_profit() -> None:
    with exact():
        midnight = moment("2024-02-01")
        runner = Runner("UTC", midnight)
        await runner.start()
        await runner.plane.set_strategy(TREND, OWNER, runner.wall.at)
        for second, act in (*STEPS[:4], (-0.3, price("112.5")), (-0.2, price("112.8"))):
            runner.move(midnight + timedelta(seconds=second))
            await act(runner.plane, runner.wall.at)
        before, equity = figures(runner.plane), runner.plane.equity
        await runner.end()
        await runner.start()
        assert figures(runner.plane) == before
        assert equity - runner.plane.equity == 70 * D("0.3"), "the last recorded price is used, at its real age"
        await runner.end()


async def test_the_day_is_the_account_s_and_begins_with_it() -> None:
    """The seed's "today": one instant is of different days in different accounts, and each says of which."""
    with exact():
        midnight = moment("2024-01-31T15:00")
        tokyo, london = await told("Asia/Tokyo", midnight, (-1, 1)), await told("Europe/London", midnight, (-1, 1))
        assert [one.first.isoformat() for one in tokyo.days] == ["2024-01-31", "2024-02-01"]
        assert [one.trades for one in tokyo.days] == [2, 2]
        assert sum(one.trades for one in london.days if one.first == trading_day(midnight, "Europe/London")) == 4
        assert tokyo.figures[-1].realised[-1] == london.figures[-1].realised[-1]
