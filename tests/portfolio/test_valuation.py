"""Is the book worth what the marks say, at every tick, and how sure is that?"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.facts import Deposit, OpeningPosition
from counterpoise.domain.instruments import instrument_id
from counterpoise.domain.marks import Mark
from counterpoise.domain.numbers import ZERO, exact
from counterpoise.portfolio.valuation import Valuation
from tests.portfolio.making import START, VENUE, D, Story, instrument, mark, totals

HALF_MINUTE = timedelta(seconds=30)


def futures() -> Story:
    story = Story(AccountKind.FUTURES, "BTCUSDT", "SOLUSDT", "ETHUSDT", base="USDT")
    story.tell(Deposit(amount=D(10000), asset="USDT"))
    return story


def test_a_long_future_gains_what_its_mark_gained() -> None:
    story = futures()
    story.fill("BUY", "BTCUSDT", "0.2", "42000")
    story.marks(BTCUSDT="42741.13")

    assert story.book.valuation.unrealised == D("148.226")
    assert story.book.valuation.gross == D("8548.226")
    assert story.equity == D("10148.226")


def test_a_short_future_gains_what_its_mark_lost() -> None:
    story = futures()
    story.fill("SELL", "SOLUSDT", "45", "98.50")
    story.marks(SOLUSDT="95.09")

    assert story.book.valuation.unrealised == D("153.45")


def test_the_totals_of_three_positions_are_the_checked_figures() -> None:
    story = futures()
    story.fill("BUY", "BTCUSDT", "0.2", "42000")
    story.fill("SELL", "SOLUSDT", "45", "98.50")
    story.fill("BUY", "ETHUSDT", "5", "2680")
    story.marks(BTCUSDT="42741.13", SOLUSDT="95.09", ETHUSDT="2833.30")

    assert totals(story.book.valuation) == {
        "cash_value": D(10000),
        "market_value": D("18435.676"),
        "unrealised": D("1068.176"),
        "long": D("22714.726"),
        "short": D("4279.05"),
        "gross": D("26993.776"),
        "net": D("18435.676"),
        "equity": D("11068.176"),
    }


def test_a_small_amount_is_not_rounded_on_the_way() -> None:
    story = Story(AccountKind.CASH, "DOGE")
    story.tell(Deposit(amount=D(1), asset="USD"))
    story.fill("BUY", "DOGE", "100", "0.004")

    assert story.book.valuation.gross == D("0.4")


def test_buying_ten_at_25_from_500_leaves_250_cash_and_the_same_equity() -> None:
    story = Story(AccountKind.CASH, "XYZ")
    story.tell(Deposit(amount=D(500), asset="USD"))
    story.fill("BUY", "XYZ", "10", "25")

    assert story.book.state.cash == {"USD": D(250)}
    assert (story.equity, story.book.valuation.unrealised) == (D(500), ZERO)


@pytest.mark.parametrize(
    ("kind", "cash", "equity"),
    (
        pytest.param(AccountKind.MARGIN, "1450", "990", id="margin: the sale's cash, the debt at the mark"),
        pytest.param(AccountKind.FUTURES, "1000", "990", id="futures: the wallet, the loss at the mark"),
    ),
)
def test_a_short_is_worth_the_same_however_equity_is_made_up(kind: AccountKind, cash: str, equity: str) -> None:
    story = Story(kind, "XYZ")
    story.tell(Deposit(amount=D(1000), asset="USD"))
    story.fill("SELL", "XYZ", "10", "45")
    story.marks(XYZ="46")

    assert story.book.valuation.cash_value == D(cash)
    assert story.equity == D(equity)


def test_a_foreign_position_is_worth_its_mark_at_the_rate() -> None:
    valuation = Valuation(AccountKind.CASH, "USD")
    valuation.define(instrument("SAP", "EUR", "2"))
    valuation.on_cash("EUR", D(-400))
    valuation.on_position(instrument_id(VENUE, "SAP"), D(2), D(400))
    valuation.set_mark(mark("SAP", "110"))
    assert valuation.equity == ZERO
    valuation.set_rate("EUR", D("1.1"))

    assert valuation.equity == D("44.0")
    assert valuation.unrealised == D("44.0")


def test_an_older_mark_never_replaces_a_newer_one() -> None:
    valuation = Valuation(AccountKind.CASH, "USD")
    valuation.define(instrument("XYZ"))
    assert valuation.set_mark(mark("XYZ", "10"))
    assert not valuation.set_mark(mark("XYZ", "9", START - HALF_MINUTE))
    assert valuation.mark(instrument_id(VENUE, "XYZ")) == mark("XYZ", "10")


def test_a_mark_of_an_undefined_instrument_changes_nothing() -> None:
    valuation = Valuation(AccountKind.CASH, "USD")

    assert not valuation.set_mark(mark("XYZ", "10"))
    assert valuation.mark(instrument_id(VENUE, "XYZ")) is None


@pytest.mark.parametrize(
    ("age", "low", "high", "is_stale"),
    (
        pytest.param(timedelta(seconds=30), "1000", "1000", False, id="fresh at exactly the age"),
        pytest.param(timedelta(seconds=31), "975", "1025", True, id="5 % up to an hour"),
        pytest.param(timedelta(hours=1), "975", "1025", True, id="5 % at an hour"),
        pytest.param(timedelta(hours=1, seconds=1), "900", "1100", True, id="20 % up to a day"),
        pytest.param(timedelta(days=1), "900", "1100", True, id="20 % at a day"),
        pytest.param(timedelta(days=1, seconds=1), "500", "1500", True, id="100 % beyond"),
    ),
)
def test_a_stale_mark_widens_equity_by_its_age(age: timedelta, low: str, high: str, is_stale: bool) -> None:  # noqa: FBT001
    story = Story(AccountKind.CASH, "XYZ")
    story.tell(Deposit(amount=D(1000), asset="USD"))
    story.fill("BUY", "XYZ", "10", "50")
    found = story.book.valuation.interval(START + age, HALF_MINUTE)

    assert (found.low, found.value, found.high) == (D(low), D(1000), D(high))
    assert found.is_exact is not is_stale
    assert found.stale == ((instrument_id(VENUE, "XYZ"),) if is_stale else ())


def test_a_new_mark_makes_the_interval_exact_again() -> None:
    story = Story(AccountKind.CASH, "XYZ")
    story.tell(Deposit(amount=D(1000), asset="USD"))
    story.fill("BUY", "XYZ", "10", "50")
    later = START + timedelta(minutes=5)
    assert not story.book.valuation.interval(later, HALF_MINUTE).is_exact
    story.book.valuation.set_mark(mark("XYZ", "50", later))

    assert story.book.valuation.interval(later, HALF_MINUTE).is_exact


@pytest.mark.parametrize(
    ("kind", "quantity", "low", "high"),
    (
        pytest.param(AccountKind.MARGIN, "10", "1000", None, id="a long is worth from nothing to no bound"),
        pytest.param(AccountKind.MARGIN, "-10", None, "1000", id="a short costs from nothing to no bound"),
        pytest.param(AccountKind.FUTURES, "10", "500", None, id="a long future loses its entry at most"),
    ),
)
def test_a_position_that_was_never_marked_opens_one_end(
    kind: AccountKind, quantity: str, low: str | None, high: str | None
) -> None:
    story = Story(kind, "XYZ")
    story.tell(Deposit(amount=D(1000), asset="USD"))
    story.tell(OpeningPosition(quantity=D(quantity), unit_price=D(50)), "XYZ")
    found = story.book.valuation.interval(START, HALF_MINUTE)

    assert found.low == (None if low is None else D(low))
    assert found.high == (None if high is None else D(high))
    assert found.stale == (instrument_id(VENUE, "XYZ"),)


def test_cash_without_a_rate_is_unknown_and_not_zero() -> None:
    story = Story(AccountKind.CASH)
    story.tell(Deposit(amount=D(1000), asset="USD"))
    story.tell(Deposit(amount=D(1), asset="BNB"))
    found = story.book.valuation.interval(START, HALF_MINUTE)

    assert (found.low, found.value, found.high, found.unrated) == (D(1000), D(1000), None, ("BNB",))
    story.rate("BNB", "300")
    assert story.book.valuation.interval(START, HALF_MINUTE).high == D(1300)


def test_a_position_priced_in_an_asset_without_a_rate_leaves_the_top_open() -> None:
    valuation = Valuation(AccountKind.CASH, "USD")
    valuation.define(instrument("SAP", "EUR"))
    valuation.set_mark(mark("SAP", "110"))
    valuation.on_position(instrument_id(VENUE, "SAP"), D(2), D(200))
    found = valuation.interval(START, HALF_MINUTE)

    assert (found.low, found.high, found.stale) == (ZERO, None, (instrument_id(VENUE, "SAP"),))
    valuation.set_rate("EUR", D("1.1"))
    assert valuation.interval(START, HALF_MINUTE).is_exact


def test_an_interval_looks_at_single_positions_only_while_one_may_be_uncertain() -> None:
    valuation = Valuation(AccountKind.CASH, "USD")
    for symbol, quote in (("SAP", "EUR"), ("XYZ", "USD"), ("GONE", "GBP")):
        valuation.define(instrument(symbol, quote))
        valuation.on_position(instrument_id(VENUE, symbol), D(2), D(200))
    assert (valuation._unmarked, valuation._unrated) == (3, 2)
    valuation.set_rate("EUR", D("1.1"))
    valuation.set_mark(mark("SAP", "110"))
    later = START + 2 * HALF_MINUTE
    valuation.set_mark(mark("XYZ", "110", later))
    valuation.on_position(instrument_id(VENUE, "GONE"), D(-2), D(-200))
    valuation.set_mark(mark("SAP", "110", later))
    assert (valuation._unmarked, valuation._unrated, valuation._oldest) == (0, 0, START)

    assert valuation.interval(later, HALF_MINUTE).is_exact
    assert valuation._oldest == later


def test_a_negative_price_counts_as_exposure_of_its_side() -> None:
    valuation = Valuation(AccountKind.MARGIN, "USD")
    valuation.define(instrument("CL", negative=True))
    valuation.on_position(instrument_id(VENUE, "CL"), D(2), D(20))
    valuation.set_mark(mark("CL", "-37"))

    assert (valuation.long, valuation.short, valuation.market_value) == (D(74), ZERO, D(-74))


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("mark"), st.sampled_from("AB"), st.decimals("0.01", "500", places=2)),
        st.tuples(st.just("move"), st.sampled_from("AB"), st.decimals("-20", "20", places=3)),
        st.tuples(st.just("rate"), st.just("EUR"), st.decimals("0.5", "2", places=6)),
        st.tuples(st.just("cash"), st.sampled_from(["USD", "EUR"]), st.decimals("-500", "500", places=2)),
    ),
    max_size=25,
)


@given(steps=STEPS, kind=st.sampled_from(AccountKind))
def test_the_incremental_totals_are_those_of_a_valuation_built_anew(
    steps: list[tuple[str, str, Decimal]], kind: AccountKind
) -> None:
    with exact():
        kept = Valuation(kind, "USD")
        last: dict[str, dict[str, Decimal]] = {"mark": {}, "move": {}, "rate": {}, "cash": {}}
        for symbol, quote in (("A", "USD"), ("B", "EUR")):
            kept.define(instrument(symbol, quote, "3"))
        for act, name, amount in steps:
            last[act][name] = amount + (last[act].get(name, ZERO) if act in {"move", "cash"} else ZERO)
            play(kept, act, name, amount)
        anew = Valuation(kind, "USD")
        for act in ("rate", "cash"):
            for name, amount in last[act].items():
                play(anew, act, name, amount)
        for symbol, quote in (("A", "USD"), ("B", "EUR")):
            anew.define(instrument(symbol, quote, "3"))
        for act in ("move", "mark"):
            for name, amount in last[act].items():
                play(anew, act, name, amount)
        assert totals(kept) == totals(anew)
        assert kept.interval(START, HALF_MINUTE) == anew.interval(START, HALF_MINUTE)


def play(valuation: Valuation, act: str, name: str, amount: Decimal) -> None:
    if act == "mark":
        valuation.set_mark(Mark(instrument=instrument_id(VENUE, name), price=amount, at=START))
    elif act == "move":
        valuation.on_position(instrument_id(VENUE, name), amount, amount * 7)
    elif act == "rate":
        valuation.set_rate(name, amount)
    else:
        valuation.on_cash(name, amount)
