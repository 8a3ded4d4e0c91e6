"""How much is at stake, and in what?"""

from __future__ import annotations

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.facts import Deposit, InstrumentDefined
from counterpoise.domain.numbers import ZERO
from counterpoise.portfolio.exposure import Stake, breakdown, exposure
from tests.portfolio.making import START, D, Story, instrument


def test_a_symbol_held_long_100_and_short_100_shows_200_gross_and_nothing_net() -> None:
    held = (Stake(symbol="BTC", sector="coins", amount=D(100)), Stake(symbol="BTC", sector="coins", amount=D(-100)))
    found = breakdown(held, D(400), START)

    assert (found.total_exposure, found.net_exposure) == (D(200), ZERO)
    assert (found.long_exposure, found.short_exposure) == (D(100), D(100))
    assert found.exposure_by_symbol == (("BTC", D(200)),)
    assert found.exposure_by_sector == (("coins", D(200)),)
    assert found.exposure_pct_of_equity == D(50)


def test_exposures_of_a_book_are_by_symbol_and_sector() -> None:
    story = Story(AccountKind.FUTURES, "ODD", base="USDT")
    for symbol, sector in (("BTCUSDT", "coins"), ("ETHUSDT", "coins"), ("SOLUSDT", "chains")):
        story.tell(InstrumentDefined(instrument=instrument(symbol, "USDT", sector=sector)))
    story.tell(Deposit(amount=D(10000), asset="USDT"))
    story.fill("BUY", "BTCUSDT", "0.2", "42000")
    story.fill("SELL", "SOLUSDT", "45", "98.50")
    story.fill("BUY", "ETHUSDT", "5", "2680")
    story.fill("BUY", "ODD", "1", "2")
    story.fill("SELL", "ODD", "1", "2")
    story.fill("SELL", "ODD", "1", "3")
    story.marks(BTCUSDT="42741.13", SOLUSDT="95.09", ETHUSDT="2833.30")
    found = exposure(story.book.state, story.book.valuation, story.at)

    assert (found.long_exposure, found.short_exposure) == (D("22714.726"), D("4281.05"))
    assert (found.total_exposure, found.net_exposure) == (D("26995.776"), D("18433.676"))
    assert found.exposure_by_symbol == (
        ("BTCUSDT", D("8548.226")),
        ("ETHUSDT", D("14166.50")),
        ("ODD", D(2)),
        ("SOLUSDT", D("4279.05")),
    )
    assert found.exposure_by_sector == (("chains", D("4279.05")), ("coins", D("22714.726")), ("unknown:ODD", D(2)))


def test_a_share_of_no_equity_is_undefined() -> None:
    assert breakdown((), ZERO, START).exposure_pct_of_equity is None
