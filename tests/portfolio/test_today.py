"""Does the day's P&L begin at one instant for equity, causes and every position?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.errors import InvalidFact
from counterpoise.domain.facts import Deposit, Fee, Interest, MarkReason, OpeningBalance, OpeningPosition, Withdrawal
from counterpoise.domain.instruments import instrument_id
from counterpoise.domain.numbers import ZERO, exact
from counterpoise.portfolio.today import Today, position_pnl, seen_at, today
from tests.portfolio.making import D, Story

IDS = {symbol: instrument_id("paper", symbol) for symbol in ("BTC", "ETH")}


def told(story: Story) -> Today:
    valuation = story.book.valuation
    return today(story.book.state, valuation, valuation, story.at)


def by_position(story: Story) -> dict[str, Decimal]:
    valuation, state = story.book.valuation, story.book.state
    day = seen_at(state, valuation, story.at)
    lines = {symbol: valuation.line(key) for symbol, key in IDS.items()}
    return {symbol: position_pnl(day, IDS[symbol], line.value if line else ZERO) for symbol, line in lines.items()}


def a_day() -> Story:
    """Yesterday 2 BTC were bought at 100 and marked 110; today begins at 120."""
    story = Story(AccountKind.CASH, "BTC", "ETH")
    story.tell(OpeningBalance(amount=D(1000), asset="USD"))
    story.fill("BUY", "BTC", "2", "100", fee="1")
    story.marks(BTC="110")
    story.later(days=1)
    story.marks(MarkReason.DAY_START, BTC="120")
    return story


def test_a_day_counts_from_its_own_start() -> None:
    story = a_day()
    story.marks(BTC="125")
    story.fill("SELL", "BTC", "1", "130", fee="0.5")
    story.fill("BUY", "ETH", "3", "10", fee="0.25")
    story.marks(ETH="12", BTC="128")
    story.tell(Interest(amount=D(2), asset="USD"))
    story.tell(Deposit(amount=D(500), asset="USD"))
    # BTC: sold at 130 what began at 120, and 128 − 120 on the other; ETH: 3 × (12 − 10).
    assert by_position(story) == {"BTC": D(18), "ETH": D(6)}
    assert told(story) == Today(
        pnl=D("25.25"),
        capital=D("1539"),
        day_open=D("1039"),
        transfers=D(500),
        price=D(24),
        fees=D("-0.75"),
        other=D(2),
        residual=ZERO,
    )


def test_a_day_that_no_fact_has_begun_yet_began_at_the_recorded_marks() -> None:
    story = a_day()
    story.marks(BTC="125")
    story.later(days=1)
    assert by_position(story) == {"BTC": ZERO, "ETH": ZERO}
    assert told(story).pnl == ZERO
    assert told(story).day_open == D(1049)


def test_live_marks_are_prices_too() -> None:
    story = a_day()
    live = story.book.follow()
    mark = story.book.state.marks[IDS["BTC"]]
    live.set_mark(replace(mark, price=D(123), at=mark.at + timedelta(seconds=1)))
    seen = today(story.book.state, story.book.valuation, live, story.at)
    assert (seen.pnl, seen.price, seen.residual) == (D(6), D(6), ZERO)


@pytest.mark.parametrize("kind", AccountKind)
def test_what_was_adopted_today_gained_nothing_by_that(kind: AccountKind) -> None:
    story = Story(kind, "BTC", "ETH")
    story.tell(OpeningBalance(amount=D(1000), asset="USD"))
    story.tell(OpeningPosition(quantity=D(2), unit_price=D(90)), "BTC")
    story.marks(BTC="100")
    assert by_position(story)["BTC"] == ZERO
    assert told(story).pnl == told(story).residual == ZERO
    story.marks(BTC="103")
    assert by_position(story)["BTC"] == told(story).price == D(6)


def test_a_first_mark_by_a_fill_is_a_flow_that_begins_the_day() -> None:
    story = Story(AccountKind.CASH, "BTC", "ETH")
    story.tell(OpeningBalance(amount=D(1000), asset="USD"))
    story.tell(OpeningPosition(quantity=D(2), unit_price=D(90)), "BTC")
    story.later(days=1)
    story.fill("BUY", "BTC", "1", "100", fee="1")
    seen = told(story)
    assert story.book.state.today.day == story.book.state.drawdown.day
    assert (seen.transfers, seen.price, seen.fees, seen.residual) == (D(20), ZERO, D(-1), ZERO)
    story.marks(BTC="103")
    assert by_position(story)["BTC"] == told(story).price == D(9)


def test_a_refused_fact_begins_no_day() -> None:
    story = a_day()
    story.later(days=1)
    before = replace(story.book.state.today)
    with pytest.raises(InvalidFact):
        story.marks(BTC="-1")
    with pytest.raises(InvalidFact):
        story.tell(OpeningPosition(quantity=D(-2), unit_price=D(90)), "BTC")
    assert story.book.state.today == before
    assert story.book.state.drawdown.day == before.day


UNITS = st.decimals("0.001", "9", places=3)
PRICES = st.decimals("1", "300", places=2)
SYMBOLS = st.sampled_from(sorted(IDS))
ACTS = st.one_of(
    st.tuples(st.just("fill"), SYMBOLS, st.sampled_from(["BUY", "SELL"]), UNITS, PRICES),
    st.tuples(st.just("mark"), SYMBOLS, st.sampled_from(MarkReason), PRICES),
    st.tuples(st.just("cash"), st.sampled_from([Deposit, Withdrawal, Fee, Interest]), UNITS),
    st.tuples(st.just("adopt"), SYMBOLS, UNITS, PRICES),
    st.tuples(st.just("later"), st.integers(1, 40)),
)


@given(acts=st.lists(ACTS, max_size=14), kind=st.sampled_from(AccountKind))
def test_positions_and_causes_sum_to_the_day(acts: list[tuple[object, ...]], kind: AccountKind) -> None:
    with exact():
        story = Story(kind, *IDS)
        story.tell(OpeningBalance(amount=D(100_000), asset="USD"))
        for act in acts:
            play(story, act)
            seen = told(story)
            assert seen.residual == ZERO
            assert sum(by_position(story).values(), ZERO) == seen.price


def play(story: Story, act: tuple[object, ...]) -> None:
    match act:
        case ("fill", str(symbol), str(side), units, price):
            story.fill(side, symbol, str(units), str(price), fee="0.01")
        case ("mark", str(symbol), MarkReason() as reason, price):
            story.marks(reason, **{symbol: str(price)})
        case ("cash", type() as kind, Decimal() as amount):
            story.tell(kind(amount=amount, asset="USD"))
        case ("adopt", str(symbol), Decimal() as units, Decimal() as price):
            held = story.book.state.holdings.get(IDS[symbol])
            if held is None or held.quantity >= ZERO:
                story.tell(OpeningPosition(quantity=units, unit_price=price), symbol)
        case ("later", int(hours)):
            story.later(hours=hours)
