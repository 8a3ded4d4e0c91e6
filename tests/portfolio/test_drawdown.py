"""Is a drawdown the fall from a peak, whatever flows in and out?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.numbers import ZERO, exact
from counterpoise.portfolio.drawdown import (
    DrawdownMetrics,
    Extreme,
    Figure,
    Move,
    daily_loss_pct,
    daily_pnl,
    metrics,
    on_equity,
    on_flow,
    time_weighted_return,
    would_move,
)
from counterpoise.portfolio.state import DrawdownBook

D = Decimal
MONDAY = datetime(2024, 1, 8, 9, tzinfo=UTC)
Steps = list[tuple[str, str, int]]


def folded(steps: Steps, zone: str = "UTC") -> DrawdownBook:
    """Equity and flows in order: (`equity`, amount, hours since Monday 09:00), or (`flow`, amount, hours)."""
    book, equity = DrawdownBook(), ZERO
    for act, amount, hours in steps:
        at = MONDAY + timedelta(hours=hours)
        if act == "flow":
            on_flow(book, equity, D(amount), at, zone)
            equity += D(amount)
        else:
            equity = D(amount)
            on_equity(book, equity, at, zone)
    return book


def read(book: DrawdownBook, equity: str, hours: int = 5) -> DrawdownMetrics:
    return metrics(book, D(equity), MONDAY + timedelta(hours=hours))


FALL: Steps = [("flow", "12000", 0), ("equity", "9000", 1), ("equity", "10500", 2)]


def test_after_12000_9000_10500_the_greatest_fall_is_a_quarter_and_half_is_recovered() -> None:
    found = read(folded(FALL), "10500")

    assert (found.max_drawdown_pct, found.daily_drawdown_pct) == (D(25), D("12.5"))
    assert (found.recovery_progress_pct, found.peak_equity) == (D(50), D(12000))


def test_back_at_the_peak_all_is_recovered_and_the_greatest_fall_stays() -> None:
    book = folded([*FALL, ("equity", "12000", 3)])
    found = read(book, "12000")

    assert (found.recovery_progress_pct, found.max_drawdown_pct) == (D(100), D(25))
    assert found.daily_drawdown_pct == ZERO


def test_a_withdrawal_is_no_drawdown() -> None:
    steps: Steps = [("flow", "12000", 0), ("equity", "10000", 1)]
    before = read(folded(steps), "10000")
    after = read(folded([*steps, ("flow", "-6000", 2)]), "4000")

    assert after.peak_equity == D(4800)
    assert before.daily_drawdown_pct == after.daily_drawdown_pct == D("16.6666666667")
    assert before.max_drawdown_pct == after.max_drawdown_pct


def test_a_deposit_is_no_peak() -> None:
    book = folded([("flow", "10000", 0), ("equity", "9000", 1), ("flow", "90000", 2)])
    found = read(book, "99000")

    assert found.peak_equity == D(110000)
    assert found.daily_drawdown_pct == D(10)


def test_a_flow_at_a_new_high_scales_that_high() -> None:
    book = DrawdownBook()
    on_flow(book, ZERO, D(1000), MONDAY, "UTC")
    on_flow(book, D(1500), D(1500), MONDAY, "UTC")

    assert (book.ever.peak, book.ever.trough) == (D(3000), D(3000))


def test_after_everything_is_lost_peaks_restart_and_the_greatest_fall_stays() -> None:
    book = folded([("flow", "1000", 0), ("equity", "-50", 1), ("flow", "550", 2)])
    found = read(book, "500")

    assert (found.peak_equity, found.daily_drawdown_pct) == (D(500), ZERO)
    assert found.max_drawdown_pct == D(105)


def test_withdrawing_all_and_coming_back_is_no_drawdown_and_keeps_the_growth() -> None:
    book = folded([("flow", "1000", 0), ("equity", "1100", 1), ("flow", "-1100", 2), ("flow", "50", 3)])

    assert read(book, "50").daily_drawdown_pct == ZERO
    assert time_weighted_return(book, D(50)) == D("0.1")


def test_only_a_strictly_higher_equity_moves_the_peak() -> None:
    book = folded([("flow", "1000", 0), ("equity", "1000", 30), ("equity", "999", 31), ("equity", "1000", 32)])

    assert book.ever.peak_at == MONDAY
    assert book.ever.trough == D(999)
    assert read(book, "1000", hours=49).days_since_peak == 2


@pytest.mark.parametrize(
    ("zone", "hours", "daily", "weekly"),
    (
        pytest.param("UTC", 14, "20", "20", id="23:00 of the same day"),
        pytest.param("UTC", 15, "0", "20", id="the first instant of Tuesday"),
        pytest.param("America/New_York", 15, "20", "20", id="still Monday evening in New York"),
        pytest.param("America/New_York", 20, "0", "20", id="Tuesday in New York"),
        pytest.param("UTC", 7 * 24 - 9, "0", "0", id="the first instant of the next Monday"),
    ),
)
def test_days_and_weeks_begin_in_the_accounts_zone(zone: str, hours: int, daily: str, weekly: str) -> None:
    book = folded([("flow", "1000", 0), ("equity", "800", hours)], zone)
    found = read(book, "800", hours)

    assert (found.daily_drawdown_pct, found.weekly_drawdown_pct) == (D(daily), D(weekly))
    assert found.max_drawdown_pct == D(20)


def test_an_equity_of_an_earlier_day_starts_no_day() -> None:
    book = folded([("flow", "1000", 24), ("equity", "900", 0)])

    assert book.day == MONDAY.date() + timedelta(days=1)
    assert book.daily.trough == D(900)


def test_daily_pnl_leaves_out_the_flows_of_the_day() -> None:
    book = folded([("flow", "1000", 0), ("equity", "1000", 15), ("flow", "500", 16), ("equity", "1380", 17)])

    assert daily_pnl(book, D(1380)) == D(-120)
    assert daily_loss_pct(book, D(1380)) == D(8)


def test_a_book_without_capital_has_no_percentages() -> None:
    book = DrawdownBook()
    found = read(book, "0")

    assert daily_loss_pct(book, ZERO) is None
    assert time_weighted_return(book, ZERO) is None
    assert (found.daily_drawdown_pct, found.days_since_peak, found.recovery_progress_pct) == (None, None, D(100))


def test_after_a_total_loss_growth_is_counted_anew() -> None:
    book = folded([("flow", "1000", 0), ("equity", "-50", 1), ("flow", "550", 2)])

    assert time_weighted_return(book, D(550)) == D("0.1")


def test_a_flow_at_the_peak_leaves_no_dust_below_it() -> None:
    equity, flow = D("3.0000000000000000000000007"), D("1.1")
    book = DrawdownBook()
    on_flow(book, ZERO, equity, MONDAY, "UTC")
    on_flow(book, equity, flow, MONDAY, "UTC")

    assert book.ever.peak == book.ever.trough == equity + flow


def test_growth_is_chained_over_flows() -> None:
    book = folded([("flow", "1000", 0), ("equity", "1100", 1), ("flow", "900", 2), ("equity", "1800", 3)])

    assert book.unit_value == D("1.1")
    assert time_weighted_return(book, D(1800)) == D("-0.01")  # 1.1 x 0.9 - 1


ALL = (Figure.DAILY, Figure.WEEKLY, Figure.MAX)


@pytest.mark.parametrize(
    ("equity", "extremes"),
    (
        pytest.param("1000.01", [Extreme.PEAK, Extreme.STEP], id="a new peak, out of the fifth point"),
        pytest.param("1000", [Extreme.STEP], id="back at the peak"),
        pytest.param("945", [], id="the same whole point"),
        pytest.param("950", [], id="exactly five points"),
        pytest.param("950.01", [Extreme.STEP], id="less than five"),
        pytest.param("939.99", [Extreme.TROUGH, Extreme.STEP], id="a new trough beyond six"),
        pytest.param("940", [Extreme.TROUGH, Extreme.STEP], id="exactly six points"),
        pytest.param("944.99", [Extreme.TROUGH], id="a new trough in the same point"),
    ),
)
def test_an_equity_that_would_move_a_figure_is_told(equity: str, extremes: list[Extreme]) -> None:
    book = folded([("flow", "1000", 0), ("equity", "945", 1)])

    assert would_move(book, D(equity)) == tuple(Move(figure=f, extreme=e) for f in ALL for e in extremes)


@given(
    equities=st.lists(st.decimals("1", "100000", places=2), min_size=1, max_size=8),
    flow=st.decimals("-0.9", "5", places=2),
)
def test_no_flow_changes_any_drawdown(equities: list[Decimal], flow: Decimal) -> None:
    with exact():
        steps: Steps = [("equity", str(equity), 1) for equity in equities]
        book, last = folded(steps), equities[-1]
        before = metrics(book, last, MONDAY)
        on_flow(book, last, last * flow, MONDAY + timedelta(hours=1), "UTC")
        after = metrics(book, last + last * flow, MONDAY)
        for name in ("daily_drawdown_pct", "weekly_drawdown_pct", "max_drawdown_pct", "recovery_progress_pct"):
            assert abs(getattr(before, name) - getattr(after, name)) <= D("1e-9")


@given(equities=st.lists(st.decimals("1", "1000", places=2), min_size=1, max_size=12))
def test_the_peak_is_the_highest_and_the_trough_the_lowest_since(equities: list[Decimal]) -> None:
    with exact():
        book = folded([("equity", str(equity), 1) for equity in equities])
        top = equities.index(max(equities))
        assert (book.ever.peak, book.ever.trough) == (equities[top], min(equities[top:]))
        assert would_move(book, equities[-1]) == ()
