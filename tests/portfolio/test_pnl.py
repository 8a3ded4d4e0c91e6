"""Is what was earned counted once, in its own period, by closed trades?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.facts import Deposit, Dividend, Fee, Funding, OrderRejected, OrderUnknown
from counterpoise.domain.numbers import ZERO
from counterpoise.portfolio.pnl import NO_LOSS, NO_TRADE, PnLBreakdown, breakdown
from tests.portfolio.making import D, Story, intent


def story(kind: AccountKind = AccountKind.CASH, zone: str = "UTC") -> Story:
    made = Story(kind, "BTC", zone=zone)
    made.tell(Deposit(amount=D(100000), asset="USD"))
    return made


def read(made: Story) -> PnLBreakdown:
    return breakdown(made.book.state, made.book.valuation, made.at)


def round_trip(made: Story, bought: str, sold: str, fee: str = "0") -> None:
    made.at += timedelta(microseconds=1)
    made.fill("BUY", "BTC", "1", bought, fee)
    made.fill("SELL", "BTC", "1", sold, fee)


@pytest.mark.parametrize("order", list(permutations(("90", "110", "95"))), ids="-".join)
def test_of_trades_at_one_instant_the_wins_count_before_the_losses(order: tuple[str, ...]) -> None:
    """Heard in another order after a restart, they mean the same (a session's fills all have its time)."""
    made = story()
    round_trip(made, "100", "99")
    for _ in order:
        made.fill("BUY", "BTC", "1", "100")
    made.later(seconds=1)
    made.together = True
    for sold in order:
        made.fill("SELL", "BTC", "1", sold)
    assert read(made).losing_streak == 2


def test_realised_is_without_fees_and_total_adds_the_unrealised() -> None:
    made = story()
    made.fill("BUY", "BTC", "2", "100", "0.20")
    made.fill("SELL", "BTC", "1", "130", "0.13")
    found = read(made)

    assert (found.realized_pnl_today, found.realized_pnl_total, found.fees_today) == (D(30), D(30), D("0.33"))
    assert (found.unrealized_pnl, found.total_pnl) == (ZERO, D(30))  # the first fill's price is the mark
    made.marks(BTC="125")
    assert read(made).total_pnl == D(55)


def test_a_trade_wins_by_its_profit_after_the_fees_of_both_ends() -> None:
    made = story()
    round_trip(made, "100", "101.5", fee="1")
    found = read(made)

    assert (found.win_rate, found.worst_trade_pnl) == (ZERO, D("-0.5"))
    assert found.realized_pnl_total == D("1.5")


def test_funding_belongs_to_the_trade_that_closes_its_units_and_a_dividend_to_none() -> None:
    made = story(AccountKind.FUTURES)
    made.fill("BUY", "BTC", "2", "100")
    made.tell(Funding(amount=D(-3), asset="USD"), "BTC")
    made.tell(Dividend(amount=D(1), asset="USD"), "BTC")
    made.fill("SELL", "BTC", "1", "100.5")
    found = read(made)

    assert (found.best_trade_pnl, found.funding_today) == (D("-1.0"), D(-3))
    assert made.book.state.holdings["paper:BTC:1"].funding == D("-1.5")


def test_wins_losses_streak_and_factor_are_those_of_closed_trades() -> None:
    made = story()
    for sold in ("110", "90", "95", "100", "98"):
        round_trip(made, "100", sold)
    found = read(made)

    assert (found.closed_trades, found.win_rate) == (5, D("0.2"))
    assert found.profit_factor == D("0.5882352941")  # 10 ÷ (10 + 5 + 2)
    assert (found.best_trade_pnl, found.worst_trade_pnl) == (D(10), D(-10))
    assert found.losing_streak == 3  # 90, 95 and 98: the trade of zero in between ends nothing
    round_trip(made, "100", "101")
    assert read(made).losing_streak == 0


@pytest.mark.parametrize(
    ("sold", "reason", "rate"),
    (pytest.param((), NO_TRADE, None, id="no trade"), pytest.param(("101",), NO_LOSS, D(1), id="no loss")),
)
def test_an_undefined_profit_factor_says_why(sold: tuple[str, ...], reason: str, rate: object) -> None:
    made = story()
    for price in sold:
        round_trip(made, "100", price)
    found = read(made)

    assert (found.profit_factor, found.profit_factor_reason, found.win_rate) == (None, reason, rate)


@pytest.mark.parametrize(
    ("now", "figures"),
    (
        pytest.param(datetime(2024, 1, 3, 23, 59, tzinfo=UTC), (10, 10, 10), id="the same day"),
        pytest.param(datetime(2024, 1, 4, tzinfo=UTC), (0, 10, 10), id="the next day"),
        pytest.param(datetime(2024, 1, 8, tzinfo=UTC), (0, 0, 10), id="the next Monday"),
        pytest.param(datetime(2024, 2, 1, tzinfo=UTC), (0, 0, 0), id="the next month"),
    ),
)
def test_a_period_that_has_begun_since_is_empty(now: datetime, figures: tuple[int, int, int]) -> None:
    made = story()
    round_trip(made, "100", "110")
    made.at = now
    found = read(made)

    expected = tuple(D(figure) for figure in figures)
    assert (found.realized_pnl_today, found.realized_pnl_week, found.realized_pnl_month) == expected
    assert found.realized_pnl_total == D(10)
    made.tell(Fee(amount=D(1), asset="USD"))
    results = made.book.state.results
    assert (results.realised_today, results.realised_week, results.realised_month) == expected


@pytest.mark.parametrize(
    ("at", "today"),
    (
        pytest.param(datetime(2024, 3, 10, 4, 59, 59, 500000, tzinfo=UTC), 10, id="23:59:59.5 in New York"),
        pytest.param(datetime(2024, 3, 10, 5, tzinfo=UTC), 5, id="00:00 of the day that is 23 hours long"),
        pytest.param(datetime(2024, 3, 11, 3, 59, tzinfo=UTC), 5, id="23:59 of that day"),
        pytest.param(datetime(2024, 3, 11, 4, tzinfo=UTC), 5, id="00:00 of the next"),
    ),
)
def test_a_fill_lands_on_its_own_day_also_when_clocks_change(at: datetime, today: int) -> None:
    made = story(zone="America/New_York")
    made.at = datetime(2024, 3, 9, 18, tzinfo=UTC)
    round_trip(made, "100", "105")
    made.at = at
    round_trip(made, "100", "105")

    assert made.book.state.results.realised_today == today


def test_a_late_fill_counts_in_those_periods_that_it_is_still_in() -> None:
    made = story()
    made.fill("BUY", "BTC", "2", "100")
    made.later(days=1)
    made.tell(Fee(amount=D(1), asset="USD"))
    made.later(days=-1)
    made.fill("SELL", "BTC", "1", "110", fee="2")
    results = made.book.state.results

    assert (results.realised_today, results.realised_week, results.realised_month) == (ZERO, D(10), D(10))
    assert (results.fees_today, results.fees_total) == (D(1), D(3))


def test_a_realised_profit_keeps_every_digit() -> None:
    made = story()
    made.fill("BUY", "BTC", "3.000000001", "0.000000012345")
    made.fill("SELL", "BTC", "0.000000001", "0.000000012346")
    assert read(made).realized_pnl_total == D("1E-21")
    made.fill("SELL", "BTC", "3", "0.000000012345")
    assert read(made).realized_pnl_total == D("1E-21")


def orders_of(venue_behind: timedelta, *, again: bool = False) -> Story:
    """Bought at 100; an order to sell is filled in two parts by a venue whose clock is behind ours."""
    made = Story(AccountKind.CASH, "A")
    made.tell(Deposit(amount=D(10_000), asset="USD"))
    made.fill("BUY", "A", "10", "100")
    made.later(hours=1)
    order = intent("s1", "SELL", "A", "10", risk="5")
    made.intend(order)
    if again:
        made.tell(OrderUnknown(client_order_id="s1", detail="no answer"))
        made.later(seconds=31)
        made.intend(order, epoch=2)
    made.at -= venue_behind
    made.fill("SELL", "A", "4", "110", order="s1")
    made.fill("SELL", "A", "6", "90", order="s1")
    return made


@pytest.mark.parametrize("behind", (timedelta(), timedelta(minutes=2)))
@pytest.mark.parametrize("again", (False, True))
def test_an_order_is_one_trade_whatever_the_venues_clock_says(behind: timedelta, *, again: bool) -> None:
    made = orders_of(behind, again=again)
    results = made.book.state.results
    assert (results.wins, results.losses, results.lost) == (0, 1, D(20))
    assert made.book.state.trades == {}


def test_an_order_that_the_venue_ends_before_its_intent_by_its_clock_is_over() -> None:
    made = Story(AccountKind.CASH, "A")
    made.tell(Deposit(amount=D(10_000), asset="USD"))
    made.intend(intent("b1", "BUY", "A", "10"))
    made.at -= timedelta(minutes=2)
    made.tell(OrderRejected(client_order_id="b1", reason="no"))
    assert made.book.state.trades == {}
