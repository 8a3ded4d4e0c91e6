"""Does a screen see the account at its live marks, back as far as it asks, in today's capital?"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import cast

import pytest
import pytest_asyncio

from counterpoise.adapters.clocks import ReplayClock
from counterpoise.domain.plans import SizingPolicy, Target
from counterpoise.library.plane import Counterpoise
from counterpoise.library.screen import POINTS_MAX, SPANS, Range
from counterpoise.portfolio.curve import CurvePoint
from tests.service.making import WALL, D, FakeReplay, Wall, live_account

DAY = timedelta(days=1)


@pytest_asyncio.fixture
async def plane() -> AsyncIterator[Counterpoise]:
    """500 SPY bought at 100 with half of 100,000, the day begun before."""
    async with live_account(Wall(), "SPY") as found:
        await found.start_today(WALL)
        await found.tick({"SPY": D(100)})
        await found.set_targets("core", (Target(symbol="SPY", weight=D("0.5")),), SizingPolicy())
        await found.rebalance("core", "slot")
        await found.settle()
        yield found


def clock_of(plane: Counterpoise) -> ReplayClock:
    return cast("ReplayClock", plane.parts.clock)


def past(plane: Counterpoise, days: int, growth: str = "0.5") -> None:
    """A point of the curve from so many days ago, when a unit was worth so much."""
    point = CurvePoint(at=WALL - days * DAY, equity=D(7), growth=D(growth), drawdown_pct=D(0))
    plane.watch.curve.add(point)


@pytest.mark.parametrize(
    ("span", "days"),
    (
        pytest.param(Range.DAY, [0], id="a day"),
        pytest.param(Range.WEEK, [5, 0], id="a week"),
        pytest.param(Range.MONTH, [20, 5, 0], id="a month"),
        pytest.param(Range.QUARTER, [80, 20, 5, 0], id="a quarter"),
        pytest.param(Range.YEAR, [300, 80, 20, 5, 0], id="a year"),
        pytest.param(Range.ALL, [3_000, 300, 80, 20, 5, 0], id="all"),
    ),
)
async def test_a_curve_goes_back_as_far_as_is_asked(plane: Counterpoise, span: Range, days: list[int]) -> None:
    for age in (3_000, 300, 80, 20, 5):
        past(plane, age)
    history = plane.screen.equity_history(span)
    assert [(WALL - point.at).days for point in history.points] == days
    assert history.points[-1].equity == plane.equity == D(100_000)
    assert (history.account, history.range) == ("main", span)


def test_every_range_but_today_and_all_has_a_span() -> None:
    assert set(SPANS) == set(Range) - {Range.DAY, Range.ALL}


async def test_the_past_is_drawn_in_todays_capital_and_no_deposit_moves_its_shape(plane: Counterpoise) -> None:
    past(plane, 5, "0.5")
    before = plane.screen.equity_history(Range.WEEK).points
    await plane.record_cash_flow(D(100_000), "more")
    after = plane.screen.equity_history(Range.WEEK).points
    assert [point.equity for point in before] == [D(50_000), D(100_000)]
    assert [point.equity for point in after] == [D(100_000), D(200_000)]
    assert before[0].drawdown_pct == after[0].drawdown_pct


async def test_a_screen_gets_no_more_points_than_it_can_show(plane: Counterpoise) -> None:
    for minute in range(3 * POINTS_MAX):
        at = WALL - timedelta(minutes=minute + 1)
        plane.watch.curve.add(CurvePoint(at=at, equity=D(1), growth=D(1), drawdown_pct=None))
    points = plane.screen.equity_history(Range.ALL).points
    assert POINTS_MAX / 2 < len(points) <= POINTS_MAX + 3
    assert all(one.at < other.at for one, other in pairwise(points))


async def test_transfers_and_halts_are_marked(plane: Counterpoise) -> None:
    await plane.halt("enough")
    history = plane.screen.equity_history(Range.DAY)
    assert [marker.kind for marker in history.markers] == ["transfer", "rebalance", "halt"]
    assert history.day_open == D(100_000)


async def test_a_new_account_opens_its_day_with_its_opening_cash() -> None:
    async with live_account(Wall(), "SPY") as fresh:
        history = fresh.screen.equity_history(Range.DAY)
    assert history.day_open == D(100_000)
    assert [point.equity for point in history.points] == [D(100_000)]


async def test_what_is_read_is_at_the_live_marks(plane: Counterpoise) -> None:
    version = plane.screen.version
    plane.observe({"SPY": D(110)}, WALL)
    assert plane.screen.version > version
    assert plane.screen.snapshot().total_equity == D(105_000)
    assert plane.screen.pnl().unrealized_pnl == D(5_000)
    assert plane.screen.exposure().long_exposure == D(55_000)
    assert plane.screen.drawdown().current_equity == D(105_000)
    assert plane.screen.overview("c").figures.equity.value == D(105_000)
    assert plane.screen.kill_switch().trading_state == "ACTIVE"
    assert plane.screen.account().id == "main"


async def test_a_replay_is_at_the_time_of_its_last_price_though_its_clock_is_ahead(plane: Counterpoise) -> None:
    later: datetime = WALL + DAY
    clock_of(plane).advance(later)
    assert plane.screen.now == later
    plane.screen.replay = FakeReplay().seen()
    assert plane.screen.now == WALL
    plane.observe({"SPY": D(101)}, later)
    assert plane.screen.now == later
