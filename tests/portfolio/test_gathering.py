"""Do late facts that are folded together make the same book as one after the other?"""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.errors import InvalidFact
from counterpoise.domain.facts import Deposit, Fact, Fee, Fill, MarkReason, Split, SymbolChange, Withdrawal
from counterpoise.domain.orders import Side
from counterpoise.portfolio.fold import Book
from counterpoise.portfolio.timeline import BEGINNING
from counterpoise.portfolio.valuation import Valuation
from tests.portfolio.making import D, Story, totals

PREFIX = 3  # AccountOpened and the instruments come first in every order


def story(kind: AccountKind) -> Story:
    """A hundred facts of money on four days."""
    made = Story(kind, "BTC", "ETH")
    made.tell(Deposit(amount=D(5000), asset="USD"))
    for number in range(30):
        made.later(hours=3)
        made.fill(
            "BUY" if number % 3 else "SELL", "BTC" if number % 2 else "ETH", str(number % 4 + 1), str(90 + number)
        )
        if number % 5 == 0:
            made.tell(Fee(amount=D("0.5"), asset="USD"))
            made.marks(MarkReason.EXTREME, BTC=str(100 + number))
        if number == 12:
            made.tell(Split(numerator=D(2)), "BTC")
        if number == 20:
            made.tell(Withdrawal(amount=D(100), asset="USD"))
            made.tell(SymbolChange(symbol="XBT"), "BTC")
    return made


def apart(facts: Sequence[Fact]) -> tuple[Book, Valuation]:
    book = Book.open("main", BEGINNING)
    live: Valuation | None = None
    for fact in facts:
        book.apply(fact)
        live = live or book.follow()
    assert live is not None
    return book, live


def together(facts: Sequence[Fact]) -> tuple[Book, Valuation]:
    book = Book.open("main", BEGINNING)
    live: Valuation | None = None
    with book.gathering():
        for fact in facts:
            book.apply(fact)
            live = live or book.follow()
    assert live is not None
    return book, live


@pytest.mark.parametrize("kind", (AccountKind.CASH, AccountKind.FUTURES))
@given(data=st.data())
def test_the_book_is_the_same_in_any_order(kind: AccountKind, data: st.DataObject) -> None:
    made = story(kind)
    rest = data.draw(st.permutations(made.facts[PREFIX:]))
    (one, live_one), (all_, live_all) = apart([*made.facts[:PREFIX], *rest]), together([*made.facts[:PREFIX], *rest])
    assert all_.digest() == one.digest() == made.book.digest()
    assert totals(all_.valuation) == totals(one.valuation)
    assert totals(live_all) == totals(live_one) == totals(all_.valuation)
    assert all_.fills == one.fills


def test_facts_that_come_after_are_folded_on_the_whole() -> None:
    made = story(AccountKind.CASH)
    late, rest = made.facts[PREFIX : PREFIX + 20], made.facts[PREFIX + 20 :]
    book, _ = together([*made.facts[:PREFIX], *rest[:10], *late, *rest[10:]])
    assert book.digest() == made.book.digest()


def test_who_looks_on_sees_each_fact_of_money_last_in_its_own_order() -> None:
    made = story(AccountKind.CASH)
    seen: list[Fact] = []
    book = Book.open("main", BEGINNING)
    with book.gathering(seen.append):
        for fact in [*made.facts[:PREFIX], *reversed(made.facts[PREFIX:])]:
            book.apply(fact)
    moved = [fact for fact in made.facts if fact.kind not in ("AccountOpened", "InstrumentDefined", "SymbolChange")]
    assert seen[-len(moved) :] == moved
    made.later(hours=1)
    book.apply(made.fact(Deposit(amount=D(1), asset="USD")))
    assert seen[-1] == moved[-1]  # nobody looks on any more


def test_what_cannot_be_true_in_its_place_is_said_when_the_block_ends() -> None:
    made = story(AccountKind.CASH)
    made.at -= timedelta(days=3)
    body = Fill(fill_id="w", client_order_id="", side=Side.BUY, quantity=D(1), price=D(-1), fee=D(0), fee_asset="USD")
    wrong = made.fact(body, "ETH")
    book, _ = apart(made.facts)
    with pytest.raises(InvalidFact), book.gathering():
        book.apply(wrong)
    book, _ = apart(made.facts)
    before = book.digest()
    with pytest.raises(InvalidFact):
        book.apply(wrong)
    assert book.digest() == before
