"""Does the snapshot show the book as it is, and how sure it is?"""

from __future__ import annotations

from datetime import timedelta

import pytest

from counterpoise.domain.accounts import AccountKind, StrategyShare
from counterpoise.domain.facts import Deposit, OpeningPosition
from counterpoise.domain.numbers import ZERO, percent_half_even_10
from counterpoise.domain.orders import PositionSide
from counterpoise.portfolio.drawdown import metrics, seen_at
from counterpoise.portfolio.snapshot import PortfolioSnapshot, Quality, snapshot
from tests.portfolio.making import START, D, Story, mark


def futures() -> Story:
    story = Story(AccountKind.FUTURES, "BTCUSDT", "SOLUSDT", base="USDT")
    story.together = True
    story.tell(Deposit(amount=D(10000), asset="USDT"))
    story.fill("BUY", "BTCUSDT", "0.2", "42000", shares={"trend": "0.15", "mean": "0.05"})
    story.fill("SELL", "SOLUSDT", "45", "98.50")
    story.marks(BTCUSDT="42741.13", SOLUSDT="95.09")
    return story


def read(story: Story) -> PortfolioSnapshot:
    return snapshot(story.book.state, story.book.valuation, len(story.facts), story.at)


def test_the_figures_of_a_snapshot_are_the_checked_ones() -> None:
    found = read(futures())

    assert (found.total_equity, found.cash_balance) == (D("10301.676"), D(10000))
    assert (found.unrealized_pnl, found.total_exposure) == (D("301.676"), D("12827.276"))
    assert (found.num_positions, found.sequence, found.as_of) == (2, 7, START)
    assert (found.daily_pnl, found.daily_drawdown_pct, found.realized_pnl_today) == (D("301.676"), ZERO, ZERO)
    assert {item.quality for item in found.quality} == {Quality.EXACT}


def test_a_position_shows_both_sides_in_their_own_figures() -> None:
    long, short = read(futures()).positions

    assert (long.symbol, long.side, long.size) == ("BTCUSDT", PositionSide.LONG, D("0.2"))
    assert (long.entry_price, long.current_price) == (D(42000), D("42741.13"))
    assert (long.unrealized_pnl, long.unrealized_pnl_pct) == (D("148.226"), D("1.7645952381"))
    assert (long.exposure, long.mark_age, long.opened_at) == (D("8548.226"), timedelta(0), START)
    assert long.strategy_shares == (
        StrategyShare(strategy="mean", amount=D("0.05")),
        StrategyShare(strategy="trend", amount=D("0.15")),
    )
    assert (short.side, short.size, short.unrealized_pnl) == (PositionSide.SHORT, D(45), D("153.45"))
    assert short.entry_price == D("98.50")


def test_a_position_keeps_the_fill_that_opened_it_until_it_flips() -> None:
    story = futures()
    first = read(story).positions[0].trade_id
    story.later(seconds=5)
    story.fill("BUY", "BTCUSDT", "0.1", "42000")
    assert read(story).positions[0].trade_id == first
    flip = story.fill("SELL", "BTCUSDT", "1", "42000")
    found = read(story).positions[0]

    assert (found.trade_id, found.opened_at) == (flip.body.fill_id, START + timedelta(seconds=5))


def test_an_empty_book_has_no_positions_and_is_exact() -> None:
    story = Story(AccountKind.CASH)
    found = read(story)

    assert (found.positions, found.total_equity, found.daily_drawdown_pct) == ((), ZERO, None)
    assert found.as_of == START


@pytest.mark.parametrize(
    ("minutes", "quality"), (pytest.param(0, Quality.EXACT, id="fresh"), pytest.param(1, Quality.INTERVAL, id="stale"))
)
def test_equity_says_how_sure_it_is(minutes: int, quality: Quality) -> None:
    story = futures()
    story.later(minutes=minutes)
    found = {item.figure: item for item in read(story).quality}

    assert found["total_equity"].quality is quality
    assert found["cash_balance"].quality is Quality.EXACT
    if quality is Quality.INTERVAL:
        assert (found["total_equity"].low, found["total_equity"].high) == (D("9660.3122"), D("10943.0398"))
        assert found["daily_pnl"].low == D("-339.6878")
        assert found["total_exposure"].quality is Quality.STALE
        assert read(story).positions[0].quality is Quality.STALE


def test_a_position_that_was_never_marked_has_no_price() -> None:
    story = Story(AccountKind.MARGIN, "XYZ")
    story.tell(OpeningPosition(quantity=D(-2), unit_price=D(50)), "XYZ")
    found = read(story)
    equity = next(item for item in found.quality if item.figure == "total_equity")

    assert (found.positions[0].current_price, found.positions[0].mark_age) == (None, None)
    assert (equity.quality, equity.low, equity.high) == (Quality.INTERVAL, None, ZERO)


def overnight() -> Story:
    """Day 1 ends at 1050, 50 above where it began and below its peak of 1100; no fact of day 2 is there yet."""
    story = Story(AccountKind.CASH, "AAA")
    story.tell(Deposit(amount=D(1000), asset="USD"))
    story.fill("BUY", "AAA", "10", "50")
    for price in ("60", "55"):
        story.later(hours=1)
        story.marks(AAA=price)
    return story


def test_the_first_day_counts_from_its_start_and_its_peak() -> None:
    found = read(overnight())

    assert (found.total_equity, found.daily_pnl) == (D(1050), D(50))
    assert found.daily_drawdown_pct == D("4.5454545455")


@pytest.mark.parametrize("price", ("55", "44"))
def test_a_day_that_no_fact_has_begun_yet_starts_at_the_recorded_equity(price: str) -> None:
    story = overnight()
    digest, recorded = story.book.digest(), story.equity
    story.at = START.replace(hour=7) + timedelta(days=1)
    live = story.book.follow()
    live.set_mark(mark("AAA", price, story.at))
    found = snapshot(story.book.state, live, len(story.facts), story.at)
    fallen = recorded - found.total_equity

    assert found.daily_pnl == -fallen == D({"55": "0", "44": "-110"}[price])
    assert found.daily_drawdown_pct == percent_half_even_10(fallen, recorded)
    seen = seen_at(story.book.state.drawdown, recorded, story.at, "UTC")
    assert metrics(seen, found.total_equity, story.at).daily_drawdown_pct == found.daily_drawdown_pct
    assert metrics(seen, found.total_equity, story.at).peak_equity == D(1100), "the peak of all time stays"
    assert story.book.digest() == digest, "reading changes nothing"
