"""Does the curve keep where equity was, thinner the longer ago, and does no transfer move its past?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.control.commands import AssessMarks, RecordCashFlow, StartDay
from counterpoise.portfolio.curve import THIN_EVERY, THINNED, Curve, CurvePoint, point_at, scaled, thinned
from tests.control.making import OWNER, START, Desk

D = Decimal
NOW = datetime(2024, 1, 2, 15, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


def point(at: datetime = NOW, equity: str = "100", growth: str = "1") -> CurvePoint:
    return CurvePoint(at=at, equity=D(equity), growth=D(growth), drawdown_pct=D(0))


def points(count: int, apart: timedelta = 10 * SECOND) -> list[CurvePoint]:
    """Points that end now."""
    return [point(NOW - apart * number, str(number)) for number in reversed(range(count))]


AGES = st.lists(st.integers(0, 800 * 24 * 3600), min_size=1, max_size=200, unique=True)


@given(AGES)
def test_thinning_keeps_the_ends_the_order_and_is_done_once(ages: list[int]) -> None:
    found = [point(NOW - age * SECOND) for age in sorted(ages, reverse=True)]
    kept = thinned(found, found[-1].at)
    assert (kept[0], kept[-1]) == (found[0], found[-1])
    assert all(one.at < other.at for one, other in pairwise(kept))
    assert set(kept) <= set(found)
    assert thinned(kept, found[-1].at) == kept


@pytest.mark.parametrize(
    ("age", "apart", "most"),
    (
        pytest.param(timedelta(hours=1), 10 * SECOND, 62, id="today every ten seconds"),
        pytest.param(timedelta(days=2), timedelta(minutes=1), 62, id="yesterday every minute"),
        pytest.param(timedelta(days=40), timedelta(hours=1), 62, id="last month every hour"),
        pytest.param(timedelta(days=400), timedelta(days=1), 62, id="last year every day"),
    ),
)
def test_points_are_as_far_apart_as_their_age_asks(age: timedelta, apart: timedelta, most: int) -> None:
    dense = [point(NOW - age - apart * number / 6) for number in reversed(range(360))]
    kept = thinned([*dense, point(NOW)], NOW)[:-1]
    assert 58 <= len(kept) <= most
    middle = [other.at - one.at for one, other in pairwise(kept[1:-1])]
    assert set(middle) == {apart}
    assert THINNED[-1][0] == timedelta(0)


def test_a_curve_of_years_stays_small() -> None:
    curve = Curve()
    at, step, count = point(), timedelta(minutes=20), 20 * THIN_EVERY
    for number in range(count):
        curve.add(replace(at, at=NOW + step * number))
    dense, hours, days = timedelta(days=30) // step, 335 * 24, (step * count).days - 365
    assert len(curve.since(None, 1_000_000)) < dense + hours + days + THIN_EVERY + 8 < count / 3


def test_what_was_thinned_out_is_told_so_that_it_can_be_forgotten() -> None:
    curve, gone = Curve(), set[datetime]()
    ever = {NOW + SECOND * number for number in range(THIN_EVERY)}
    for at in sorted(ever):
        gone |= set(curve.add(point(at)))
    left = {kept.at for kept in curve.since(None, 1_000_000)}
    assert gone
    assert (left | gone, left & gone) == (ever, set())


@given(st.lists(st.integers(0, 30), max_size=40))
def test_points_stand_in_the_order_of_their_time_each_once(seconds: list[int]) -> None:
    curve = Curve()
    for number, second in enumerate(seconds):
        curve.add(point(NOW + second * SECOND, str(number)))
    last = {NOW + second * SECOND: D(number) for number, second in enumerate(seconds)}
    found = curve.since(None, 1_000)
    assert [(kept.at, kept.equity) for kept in found] == sorted(last.items())


@given(st.integers(1, 900), st.integers(1, 900), st.integers(1, 900))
def test_a_screen_gets_no_more_points_than_it_can_draw_with_both_ends(count: int, most: int, micros: int) -> None:
    curve = Curve(points(count, timedelta(microseconds=micros)))
    found = curve.since(None, most)
    assert len(found) <= most + 2
    assert (found[0], found[-1]) == (points(count, timedelta(microseconds=micros))[0], point(NOW, "0"))
    assert count > most or len(found) == count


@pytest.mark.parametrize(
    ("start", "count"), ((None, 100), (NOW - 50 * SECOND, 6), (NOW, 1), (NOW + SECOND, 0), (NOW - DAY, 100))
)
def test_a_range_begins_at_its_start(start: datetime | None, count: int) -> None:
    assert len(Curve(points(100)).since(start, 1_000)) == count


def test_an_empty_curve_has_no_points() -> None:
    assert Curve().since(None, 10) == ()
    assert thinned([], NOW) == []
    assert scaled([], D(1), D(1)) == ()


# --- in today's capital ---

GROWTHS = st.lists(st.decimals("0.01", "100", places=6), min_size=1, max_size=20)


@given(GROWTHS, st.decimals("1", "1e9", places=2))
def test_the_scaled_curve_has_the_shape_of_growth_and_ends_at_the_equity(growths: list[D], equity: D) -> None:
    found: Sequence[CurvePoint] = [point(NOW, "7", str(growth)) for growth in growths]
    drawn = scaled(found, equity, growths[-1])
    assert drawn[-1] == equity
    for value, growth in zip(drawn, growths, strict=True):
        assert abs(value * growths[-1] - growth * equity) <= D("1e-14") * equity


@pytest.mark.parametrize("growth", ("0", "-1"))
def test_without_growth_the_curve_is_drawn_as_it_was(growth: str) -> None:
    assert scaled([point(equity="5"), point(equity="7")], D(1), D(growth)) == (D(5), D(7))


def fallen(price: D) -> Desk:
    """10,000 in SPY bought at 100, now at `price`."""
    desk = Desk("SPY")
    desk.observe(SPY="100")
    desk.tell(StartDay(actor=OWNER, at=START, cause="day", day=START.date()))
    desk.hold("SPY", "100", "100")
    desk.observe(START + SECOND, SPY=str(price))
    desk.tell(AssessMarks(actor=OWNER, at=START + SECOND, cause="marks"))
    return desk


def now_of(desk: Desk) -> CurvePoint:
    return point_at(desk.state.state.drawdown, desk.state.live_equity, START + SECOND)


@given(st.decimals("1", "1000", places=2), st.decimals("-0.9", "10", places=2).filter(bool))
def test_a_transfer_moves_neither_growth_nor_drawdown_nor_the_past(price: D, share: D) -> None:
    desk = fallen(price)
    before = now_of(desk)
    flow = (before.equity * share).quantize(D("0.01"))
    desk.tell(
        RecordCashFlow(actor=OWNER, at=START + 2 * SECOND, cause="flow", amount=flow, reference="flow", moved=True)
    )
    after = now_of(desk)
    assert after.equity == before.equity + flow
    assert abs(after.growth - before.growth) < D("1e-15") * max(before.growth, D(1))
    assert before.drawdown_pct is not None
    assert after.drawdown_pct is not None
    assert abs(after.drawdown_pct - before.drawdown_pct) < D("1e-6")
    begun = point(START, "10000", "1")
    (first, last) = scaled([begun, after], after.equity, after.growth)
    assert last == after.equity
    assert abs(last / 1 - first * price / 100) <= D("1e-9") * last + D("1e-9"), "the curve fell as the price did"
