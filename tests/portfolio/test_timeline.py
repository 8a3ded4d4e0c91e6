"""Does the same set of facts make the same book, however late and in whatever order it is heard of?"""

import os
from collections.abc import Iterable
from datetime import timedelta
from itertools import permutations
from math import factorial
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.accounts import AccountKind, LotMethod
from counterpoise.domain.errors import CounterpoiseError, InvalidFact
from counterpoise.domain.facts import (
    Adjustment,
    CashInLieu,
    Deposit,
    Dividend,
    Fact,
    Fee,
    FillBusted,
    FillCorrected,
    InstrumentDefined,
    LotsChosen,
    MarkReason,
    OpeningPosition,
    Split,
    StatementRead,
    TransferReceived,
    TransferSent,
    Withdrawal,
)
from counterpoise.domain.facts.amendments import LotChoice
from counterpoise.domain.facts.statements import StatedCash
from counterpoise.domain.numbers import ZERO, exact
from counterpoise.domain.orders import Side
from counterpoise.portfolio.fold import Book
from counterpoise.portfolio.proof import proof, strategy_proof
from counterpoise.portfolio.timeline import BEGINNING, OutOfReach
from tests.portfolio.making import D, Story, instrument, mark, totals

LONG = os.environ.get("COUNTERPOISE_TEST_LONG") == "1"
PREFIX = 4  # AccountOpened and the instruments come first in every order


def story(kind: AccountKind = AccountKind.CASH, method: LotMethod | None = None) -> Story:
    made = Story(kind, method=method)
    made.tell(InstrumentDefined(instrument=instrument("BTC")))
    made.tell(InstrumentDefined(instrument=instrument("SAP", "EUR")))
    made.tell(InstrumentDefined(instrument=instrument("ETH")))
    return made


def told(book: Book, facts: Iterable[Fact]) -> Book:
    for fact in facts:
        book.apply(fact)
    return book


def heard(made: Story, order: Iterable[Fact]) -> Book:
    """The book of who heard the facts after the prefix in another order."""
    return told(told(Book.open("main"), made.facts[:PREFIX]), order)


def day_of_eight() -> Story:
    """Two days of everything: money, two currencies, a sale before its purchase is heard of, a split and a bust."""
    made = story()
    made.tell(Deposit(amount=D(1000), asset="USD"))
    made.fill("BUY", "BTC", "2", "100", "0.3", shares={"trend": "1.5", "mean": "0.5"})
    made.tell(Split(numerator=D(3), denominator=D(2)), "BTC")
    made.fill("SELL", "BTC", "2", "70", "0.1", shares={"trend": "1", "mean": "1"})
    made.marks(BTC="71")
    made.later(hours=20)  # another day
    made.rate("EUR", "1.1")
    made.tell(Withdrawal(amount=D(100), asset="USD"))
    made.fill("BUY", "SAP", "1", "50", "0.2", fee_asset="EUR")
    return made


def checked(book: Book) -> None:
    """Whatever was heard, the book agrees with itself."""
    state, equity = book.state, book.valuation.equity
    assert proof(state, equity).residual == ZERO
    assert all(strategy_proof(state, name).residual == ZERO for name in state.strategies)
    sums: dict[str, object] = {}
    for assets in state.postings.values():
        for asset, amount in assets.items():
            sums[asset] = sums.get(asset, ZERO) + amount  # type: ignore[operator]
    assert not any(sums.values())


def test_an_eight_fact_day_is_one_state_in_every_order() -> None:
    """All 40,320 orders in the long form; by default those of its last six facts."""
    made = day_of_eight()
    facts = made.facts[PREFIX:]
    fixed, moving = (0, facts) if LONG else (2, facts[2:])
    expected, count = made.book.digest(), 0
    for order in permutations(moving):
        assert heard(made, [*facts[:fixed], *order]).digest() == expected
        count += 1
    assert count == factorial(len(moving))


def test_each_order_of_eight_agrees_with_itself_on_the_way() -> None:
    made, chance = day_of_eight(), Random(8)
    for _ in range(60):
        order = made.facts[PREFIX:]
        chance.shuffle(order)
        book = told(Book.open("main"), made.facts[:PREFIX])
        live = book.follow()
        for fact in order:
            book.apply(fact)
            checked(book)
            assert totals(live) == totals(book.valuation)


def day_of_fifty(seed: int) -> Story:
    chance = Random(seed)
    made = story(AccountKind.MARGIN if seed % 2 else AccountKind.CASH)
    made.tell(Deposit(amount=D(100_000), asset="USD"))
    made.rate("EUR", "1.1")
    fills: list[Fact] = []
    while len(made.facts) < PREFIX + 50:
        made.later(seconds=chance.choice((0, 0, 1, 40, 7200)))
        made.together = chance.random() < 0.3
        kind = chance.randrange(12)
        if kind < 6:
            symbol = chance.choice(("BTC", "ETH", "SAP"))
            price, units = str(chance.randrange(80, 120)), f"{chance.randrange(1, 40)}.5"
            fills.append(made.fill(chance.choice(("BUY", "SELL")), symbol, units, price, "0.11"))
        elif kind == 6:
            made.marks(BTC=str(chance.randrange(80, 120)), ETH=str(chance.randrange(80, 120)))
        elif kind == 7:
            made.rate("EUR", f"1.{chance.randrange(10, 30)}")
        elif kind == 8:
            made.tell(Split(numerator=D(chance.choice((2, 3, 7))), denominator=D(chance.choice((1, 2, 5)))), "ETH")
        elif kind == 9:
            made.tell(chance.choice((Fee, Dividend))(amount=D("1.25"), asset="EUR"), "SAP")
        elif kind == 10 and fills:
            known = chance.choice(fills)
            made.tell(FillBusted(fill_id=known.body.fill_id, reason="erroneous"), "BTC")
        elif kind == 11 and fills:
            known = chance.choice(fills)
            made.tell(
                FillCorrected(
                    fill_id=known.body.fill_id, side=Side.SELL, quantity=D(3), price=D(99), fee=D("0.2"),
                    fee_asset="USD", reason="corrected",
                )
            )  # fmt: skip
    return made


@pytest.mark.parametrize("seed", range(8))
def test_random_orders_of_a_fifty_fact_day_are_one_state(seed: int) -> None:
    """10,000 orders over the eight days in the long form; delivered once or, where a fill comes twice, refused."""
    made, chance = day_of_fifty(seed), Random(seed)
    expected = heard(made, made.facts[PREFIX:]).digest()
    for _ in range(1_250 if LONG else 20):
        order = made.facts[PREFIX:]
        chance.shuffle(order)
        book = heard(made, order)
        assert book.digest() == expected
        checked(book)


def test_a_fill_that_comes_again_is_refused_and_changes_nothing() -> None:
    made = day_of_eight()
    before = made.book.digest()
    for fact in made.facts[PREFIX:]:
        if fact.kind == "Fill":
            with pytest.raises(InvalidFact):
                made.book.apply(fact)
    assert made.book.digest() == before


def test_a_late_sale_takes_the_lot_that_was_the_oldest_then() -> None:
    made = story()
    made.fill("BUY", "BTC", "1", "100")
    made.later(hours=1)
    sale = made.at
    made.later(hours=1)
    made.fill("BUY", "BTC", "1", "200")
    made.fill("SELL", "BTC", "1", "220")  # would take the lot at 100, were it not for the sale before it
    assert made.book.state.results.realised_total == D(120)
    made.at = sale
    made.fill("SELL", "BTC", "1", "150")
    assert made.book.state.results.realised_total == D(50) + D(20)
    assert made.book.state.holdings == {}


def test_a_late_purchase_cures_the_sale_without_an_acquisition() -> None:
    made = story()
    made.later(hours=1)
    made.fill("SELL", "BTC", "1", "150")
    assert made.book.state.holdings["paper:BTC:1"].lots[0].missing
    made.later(hours=-1, minutes=30)
    made.fill("BUY", "BTC", "1", "100")
    assert made.book.state.holdings == {}
    assert made.book.state.results.realised_total == D(50)


def test_a_late_deposit_is_no_gain_and_no_drawdown() -> None:
    made = story()
    made.tell(Deposit(amount=D(1000), asset="USD"))
    made.fill("BUY", "BTC", "5", "100")
    made.later(hours=2)
    made.marks(BTC="120")
    made.later(hours=1)
    made.marks(BTC="90")
    assert made.book.state.drawdown.max_fall == D(150)
    made.later(hours=-2)
    made.tell(Deposit(amount=D(1000), asset="USD"))
    drawdown = made.book.state.drawdown
    assert (drawdown.max_fall, drawdown.max_peak) == (D(150), D(2100))
    assert drawdown.day_flows == D(2000)


def test_yesterday_s_fill_heard_of_today_is_yesterday_s_result() -> None:
    made = story()
    made.fill("BUY", "BTC", "2", "100")
    made.later(hours=10)
    yesterday = made.at
    made.later(hours=14)
    made.fill("SELL", "BTC", "1", "130")
    assert made.book.state.results.realised_today == D(30)
    made.at = yesterday
    made.fill("SELL", "BTC", "1", "110")
    results = made.book.state.results
    assert (results.realised_today, results.realised_total) == (D(30), D(40))


def test_what_is_within_seven_days_is_put_in_its_place_and_what_is_older_asks_for_the_journal() -> None:
    made = story()
    made.fill("BUY", "BTC", "1", "100")
    for _ in range(400):
        made.later(hours=1)
        made.marks(BTC="100")
    now = made.at
    made.at = now - timedelta(days=6, hours=23)
    made.fill("BUY", "BTC", "1", "90")
    made.at = now - timedelta(days=16)
    before = made.book.digest()
    with pytest.raises(OutOfReach) as raised:
        made.fill("BUY", "BTC", "1", "80")
    assert made.book.digest() == before
    assert raised.value.at == made.now
    deep = told(Book.open("main", floor=BEGINNING), made.facts)
    assert deep.digest() == before
    deep.apply(made.fact(Deposit(amount=D(1), asset="USD")))
    assert deep.state.cash["USD"] == made.book.state.cash["USD"] + 1


def test_a_correction_holds_from_the_fill_s_own_place_and_only_the_last_counts() -> None:
    made = story()
    bought = made.fill("BUY", "BTC", "2", "100", "1")
    made.later(hours=1)
    made.fill("SELL", "BTC", "1", "150")
    for price, reason in (("110", "first"), ("120", "second")):
        made.tell(
            FillCorrected(
                fill_id=bought.body.fill_id, side=Side.BUY, quantity=D(2), price=D(price), fee=D(1), fee_asset="USD",
                reason=reason,
            )
        )  # fmt: skip
    assert made.book.state.results.realised_total == D(30)
    assert made.book.state.cash["USD"] == D(-240) - 1 + 150
    checked(made.book)


def test_a_bust_leaves_the_book_as_if_the_fill_had_never_been() -> None:
    made, without = story(), story()
    made.fill("BUY", "BTC", "2", "100", "1")
    without.fill("BUY", "BTC", "2", "100", "1")
    wrong = made.fill("BUY", "BTC", "1", "500", "1")
    without.at += timedelta(microseconds=1)
    for each in (made, without):
        each.later(hours=1)
        each.marks(BTC="101")
    made.tell(FillBusted(fill_id=wrong.body.fill_id, reason="erroneous trade"))
    state, clean = made.book.state, without.book.state
    assert (state.cash, state.holdings, state.drawdown) == (clean.cash, clean.holdings, clean.drawdown)
    assert state.causes == clean.causes
    with pytest.raises(CounterpoiseError):
        made.tell(wrong.body, "BTC")  # its identity stays known


def test_chosen_lots_close_first_in_an_account_of_that_method() -> None:
    made = story(method=LotMethod.SPECIFIC)
    made.fill("BUY", "BTC", "1", "100")
    second = made.fill("BUY", "BTC", "1", "140")
    sold = made.fill("SELL", "BTC", "1", "150")
    assert made.book.state.results.realised_total == D(50)
    made.tell(LotsChosen(fill_id=sold.body.fill_id, lots=(LotChoice(lot=second.body.fill_id, quantity=D(1)),)))
    assert made.book.state.results.realised_total == D(10)


def test_the_newest_statement_stands_whatever_comes_later() -> None:
    made = story()
    cash = (StatedCash(asset="USD", amount=D(5)),)
    made.later(hours=1)
    newest = made.tell(StatementRead(currency="USD", cash=cash))
    made.later(hours=-1)
    agreed = made.tell(StatementRead(currency="USD", cash=(), agrees=True))
    found = made.book.state.statements["test"]
    assert (found.read.cash, found.as_of, found.reconciled_at) == (cash, newest.occurred_at, agreed.occurred_at)


def test_a_refused_late_fact_leaves_the_book_as_it_was() -> None:
    made = story(AccountKind.MARGIN)
    made.tell(Deposit(amount=D(1000), asset="USD"))
    made.later(hours=1)
    late = made.at
    made.fill("SELL", "BTC", "1", "100")
    made.later(hours=2)
    made.marks(BTC="90")
    live, before = made.book.follow(), made.book.digest()
    made.at = late + timedelta(minutes=1)
    with pytest.raises(InvalidFact):
        made.tell(OpeningPosition(quantity=D(1), unit_price=D(50)), "BTC")  # the other side of what was held then
    assert made.book.digest() == before
    assert totals(live) == totals(made.book.valuation)


def test_cash_between_own_accounts_is_in_transit_until_it_arrives() -> None:
    made = story()
    made.tell(Deposit(amount=D(1000), asset="USD"))
    made.tell(TransferSent(transfer_id="t1", amount=D(300), asset="USD", other_account="b"))
    made.tell(TransferReceived(transfer_id="t2", amount=D(50), asset="USD", other_account="c"))
    made.tell(Adjustment(amount=D(1), asset="USD", reason="cents"))
    state = made.book.state
    assert state.cash["USD"] == D(751)
    assert state.postings["in_transit"]["USD"] == D(250)
    assert state.causes.transfer == D(750)


@given(at=st.integers(0, 40), seed=st.integers(0, 10**6))
def test_a_follower_with_ticks_of_its_own_stays_exact(at: int, seed: int) -> None:
    """A late fact moves cash and units under a live valuation; its own newer marks stay."""
    with exact():
        made = day_of_fifty(seed % 8)
        book = told(Book.open("main"), made.facts[:PREFIX])
        order = made.facts[PREFIX:]
        late = order.pop(at)
        for fact in order:
            book.apply(fact)
        tick = mark("BTC", "333", made.at + timedelta(days=3))
        live = book.follow({tick.instrument: tick})
        live.set_mark(tick)
        book.apply(late)
        line = live.line("paper:BTC:1")
        assert line is not None
        assert line.price == D(333)
        assert live.cash_value == book.valuation.cash_value
        other = book.follow()
        other.set_mark(tick)
        assert totals(other) == totals(live)


def test_a_tick_heard_at_the_instant_of_a_recorded_mark_stays_when_the_book_is_folded_again() -> None:
    made = Story(AccountKind.CASH, "BTC")
    made.tell(Deposit(amount=D(1000), asset="USD"))
    made.fill("BUY", "BTC", "1", "100")
    made.marks(BTC="100")
    made.fill("BUY", "BTC", "1", "100")
    tick = mark("BTC", "101", made.book.state.marks["paper:BTC:1"].at)
    live = made.book.follow({tick.instrument: tick})
    live.set_mark(tick)
    made.at -= timedelta(minutes=1)
    made.tell(Deposit(amount=D(5), asset="USD"))
    assert live.equity == D(1005 + 2)


def test_marks_of_a_day_start_come_before_all_else_of_that_instant() -> None:
    made = story()
    made.tell(Deposit(amount=D(1000), asset="USD"))
    made.fill("BUY", "BTC", "5", "100")
    made.at = (made.at + timedelta(days=1)).replace(hour=0)
    made.together = True
    made.fill("SELL", "BTC", "1", "130", "2")
    made.marks(MarkReason.DAY_START, BTC="120")
    assert made.book.state.drawdown.day_equity == D(1100)


def test_cash_in_lieu_is_realised_and_the_value_stays() -> None:
    made = story()
    made.tell(Deposit(amount=D(1000), asset="USD"))
    made.fill("BUY", "BTC", "10", "30", shares={"trend": "7", "mean": "3"})
    made.marks(BTC="33")
    before = made.equity
    made.tell(Split(numerator=D(1), denominator=D(3)), "BTC")
    assert abs(made.equity - before) < D("0.01")
    holding = made.book.state.holdings["paper:BTC:1"]
    assert holding.quantity == D("3.333333333")
    made.tell(CashInLieu(quantity=D("0.333333333"), amount=D(33), asset="USD"), "BTC")
    assert holding.quantity == made.book.state.holdings["paper:BTC:1"].quantity == D(3)
    assert abs(made.equity - before) < D("0.01")
    checked(made.book)
