"""Does each fact say what it posted, and do the postings of all facts sum to the book?"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.facts import (
    CashInLieu,
    Deposit,
    FillBusted,
    FillCorrected,
    InstrumentDefined,
    OpeningPosition,
    SpinOff,
    Split,
    StrategyAllotted,
    StrategySet,
)
from counterpoise.domain.numbers import ZERO, exact
from counterpoise.domain.orders import Side
from counterpoise.ledger.booking import Posting, unbalanced
from counterpoise.portfolio.postings import postings_of
from tests.portfolio.making import D, Story, instrument
from tests.portfolio.test_proof import ACTS, KINDS, Act, eventful, play


def of_all(story: Story) -> list[Posting]:
    """The postings of every fact, each of which balances."""
    found: list[Posting] = []
    for fact in story.facts:
        posted = postings_of("main", story.facts, fact.fact_id).postings
        assert unbalanced(posted) == {}
        found += posted
    return found


def sums(postings: Iterable[Posting]) -> dict[tuple[str, str], Decimal]:
    found: dict[tuple[str, str], Decimal] = {}
    for name, asset, amount, _ in postings:
        found[name, asset] = found.get((name, asset), ZERO) + amount
    return {key: amount for key, amount in found.items() if amount}


def kept(story: Story) -> dict[tuple[str, str], Decimal]:
    accounts = story.book.state.postings.items()
    return {(name, asset): amount for name, assets in accounts for asset, amount in assets.items() if amount}


@pytest.mark.parametrize("kind", KINDS)
def test_postings_of_one_of_everything_sum_to_the_book(kind: AccountKind) -> None:
    story = eventful(kind)
    story.tell(Split(numerator=D(3), denominator=D(2)), "BTC")
    story.tell(InstrumentDefined(instrument=instrument("CHD")))
    story.tell(SpinOff(child="paper:CHD:1", quantity=D("0.75"), cost_fraction=D("0.2")), "BTC")
    story.tell(CashInLieu(quantity=D("0.5"), amount=D(40), asset="USD"), "BTC")
    story.tell(StrategyAllotted(giver="trend", taker="mean", amount=D(7), asset="USD"))
    story.tell(OpeningPosition(quantity=D(1), unit_price=D(30)), "BTC")
    assert sums(of_all(story)) == kept(story)


def test_cash_in_lieu_of_a_short_pays() -> None:
    story = Story(AccountKind.MARGIN, "BTC")
    story.fill("SELL", "BTC", "2.5", "100")
    story.tell(CashInLieu(quantity=D("0.5"), amount=D(40), asset="USD"), "BTC")
    assert sums(of_all(story)) == kept(story)


def test_a_fill_of_a_future_posts_its_profit_and_its_fee() -> None:
    story = Story(AccountKind.FUTURES, "BTC")
    story.fill("BUY", "BTC", "2", "100", "0.2")
    sold = story.fill("SELL", "BTC", "1", "130", "0.1")
    posted = postings_of("main", story.facts, sold.fact_id)
    assert posted.note == ""
    assert [(one.ledger_account, one.amount) for one in posted.postings if one.asset == "USD"] == [
        ("cash", D(30)),
        ("realised", D(-30)),
        ("cash", D("-0.1")),
        ("fees", D("0.1")),
    ]


def test_a_corrected_fill_posts_what_it_truly_was_and_a_busted_one_nothing() -> None:
    story = Story(AccountKind.CASH, "BTC")
    story.tell(Deposit(amount=D(1000), asset="USD"))
    wrong, gone = story.fill("BUY", "BTC", "2", "100"), story.fill("BUY", "BTC", "1", "100")
    corrected = story.tell(
        FillCorrected(
            fill_id=wrong.body.fill_id, side=Side.BUY, quantity=D(3), price=D(99), fee=D(1), fee_asset="USD",
            reason="the venue said so",
        ),
        "BTC",
    )  # fmt: skip
    busted = story.tell(FillBusted(fill_id=gone.body.fill_id, reason="erroneous"), "BTC")

    found = postings_of("main", story.facts, wrong.fact_id)
    assert found.note == f"as corrected by {corrected.fact_id}"
    assert sums(found.postings)["cash", "USD"] == D(-298)
    nothing = postings_of("main", story.facts, gone.fact_id)
    assert (nothing.postings, nothing.note) == ((), f"the venue took this fill back: {busted.fact_id}")
    itself = postings_of("main", story.facts, busted.fact_id)
    assert (itself.postings, itself.note) == (
        (),
        f"FillBusted posts nothing itself: it says what fill {gone.body.fill_id} truly was",
    )
    assert sums(of_all(story)) == kept(story)


def test_what_moves_nothing_says_so_and_what_is_not_there_is_refused() -> None:
    story = Story()
    fact = story.tell(StrategySet(strategy="trend", enabled=True))
    marks = story.marks()
    assert postings_of("main", story.facts, fact.fact_id).note == "StrategySet moves neither cash nor units"
    assert postings_of("main", story.facts, marks.fact_id).note == "MarksRecorded moves neither cash nor units"
    with pytest.raises(InvalidInput, match="nobody"):
        postings_of("main", story.facts, "nobody")


@given(acts=st.lists(ACTS, max_size=8), kind=st.sampled_from(AccountKind))
def test_whatever_happens_the_postings_of_all_facts_are_the_book(acts: list[Act], kind: AccountKind) -> None:
    with exact():
        story = Story(kind, "BTC")
        story.tell(InstrumentDefined(instrument=instrument("SAP", "EUR", "2")))
        for act in acts:
            play(story, act)
        assert sums(of_all(story)) == kept(story)
