"""Does a correction of units change what it says, realise nothing, prove its equity and go back as it came?"""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.accounts import AccountKind, LotMethod
from counterpoise.domain.errors import InvalidFact
from counterpoise.domain.facts import Adjustment, AdjustmentReversed, Deposit, FxRate, PositionAdjusted
from counterpoise.domain.numbers import ZERO, divide_half_even_18
from counterpoise.portfolio.proof import proof
from counterpoise.portfolio.today import position_pnl
from tests.portfolio.making import D, Story

KINDS = tuple(AccountKind)


def held(story: Story) -> tuple[Decimal, Decimal]:
    """Units and cost."""
    holding = story.book.state.holdings.get("paper:BTC:1")
    return (holding.quantity, holding.cost) if holding else (ZERO, ZERO)


def gained_today(story: Story) -> Decimal:
    """P&L of the position since the day began."""
    line = story.book.valuation.line("paper:BTC:1") if story.book.state.holdings else None
    return position_pnl(story.book.state.today, "paper:BTC:1", line.value if line else ZERO)


def correct(quantity: str, price: str) -> PositionAdjusted:
    return PositionAdjusted(quantity=D(quantity), unit_price=D(price), reason="the venue is right")


def reverse(identity: str, quantity: str, price: str) -> AdjustmentReversed:
    return AdjustmentReversed(adjustment=identity, reason="it was not", quantity=D(quantity), unit_price=D(price))


def bought(kind: AccountKind, method: LotMethod | None = None) -> Story:
    """4 at 100 of a bot and 2 at 120 of nobody, marked at 130."""
    story = Story(kind, "BTC", method=method)
    story.tell(Deposit(amount=D(5000), asset="USD"))
    story.fill("BUY", "BTC", "4", "100", shares={"trend": "4"})
    story.fill("BUY", "BTC", "2", "120")
    story.marks(BTC="130")
    return story


def proved(story: Story) -> Decimal:
    """The equity, proved in total, for each strategy, and in the ledger's accounts."""
    state = story.book.state
    assert proof(state, story.equity).residual == ZERO
    assert sum((book.causes.correction for book in state.strategies.values()), ZERO) == state.causes.correction
    for asset in ("USD", "paper:BTC:1"):
        assert sum((side.get(asset, ZERO) for side in state.postings.values()), ZERO) == ZERO
    cash = sum((book.cash.get("USD", ZERO) for book in state.strategies.values()), ZERO)
    owned, cost = held(story)
    worth = cash + owned * state.marks["paper:BTC:1"].price
    assert worth == story.equity
    assert cost == sum((lot.cost for holding in state.holdings.values() for lot in holding.lots), ZERO)
    return story.equity


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("quantity", "price", "units"),
    (("3", "90", "9"), ("-1", "100", "5"), ("-6", "100", "0"), ("-8", "125", "-2")),
    ids=["more", "fewer", "none", "short"],
)
def test_units_are_corrected_and_the_equity_is_proved(kind: AccountKind, quantity: str, price: str, units: str) -> None:
    story = bought(kind)
    before, results = proved(story), story.book.state.results.realised_total
    cash, gained = dict(story.book.state.cash), gained_today(story)
    story.tell(correct(quantity, price), "BTC")
    assert gained_today(story) == gained  # nobody earned it
    assert held(story)[0] == D(units)
    assert proved(story) - before == story.book.state.causes.correction
    assert story.book.state.results.realised_total == results
    assert story.book.state.cash == cash
    assert story.book.state.drawdown.day_flows == D(5000)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("quantity", "price", "back"), (("3", "90", "-3"), ("-1", "100", "1")), ids=["more", "fewer"])
def test_taken_back_it_is_as_if_it_had_never_been(kind: AccountKind, quantity: str, price: str, back: str) -> None:
    story = bought(kind)
    before, figures = proved(story), held(story)
    cost = story.book.state.holdings["paper:BTC:1"].cost
    told = story.tell(correct(quantity, price), "BTC")
    cost_of_one = divide_half_even_18(held(story)[1] - cost, D(quantity))
    story.tell(reverse(told.fact_id, back, str(cost_of_one)), "BTC")
    assert abs(proved(story) - before) < D("1e-15")
    assert held(story)[0] == figures[0]
    assert abs(held(story)[1] - figures[1]) < D("1e-15")
    assert abs(story.book.state.causes.correction) < D("1e-15")


def test_units_that_had_come_go_first_when_they_are_taken_back() -> None:
    story = bought(AccountKind.CASH, LotMethod.FIFO)
    told = story.tell(correct("3", "90"), "BTC")
    story.tell(reverse(told.fact_id, "-3", "90"), "BTC")
    lots = story.book.state.holdings["paper:BTC:1"].lots
    assert [(lot.quantity, lot.cost) for lot in lots] == [(D(4), D(400)), (D(2), D(240))]


def test_cash_that_was_corrected_goes_back() -> None:
    story = bought(AccountKind.CASH)
    before = proved(story)
    told = story.tell(Adjustment(amount=D("-7.5"), asset="USD", reason="unseen fee"))
    assert proved(story) == before - D("7.5")
    story.tell(AdjustmentReversed(adjustment=told.fact_id, reason="seen", amount=D("7.5"), asset="USD"))
    assert proved(story) == before
    assert story.book.state.causes.correction == ZERO
    assert story.book.state.postings["correction"]["USD"] == ZERO


def test_units_of_what_had_no_price_are_worth_what_they_are_said_to_cost() -> None:
    story = Story(AccountKind.MARGIN, "BTC")
    story.tell(FxRate(asset="EUR", rate=D(2)))
    story.tell(correct("5", "40"), "BTC")
    assert proved(story) == D(200)


@pytest.mark.parametrize(
    ("amount", "quantity"), (("0", "0"), ("1", "1"), ("NaN", "0"), ("0", "Infinity")), ids=["none", "both", "NaN", "∞"]
)
def test_a_reversal_takes_back_cash_or_units(amount: str, quantity: str) -> None:
    with pytest.raises(InvalidFact):
        AdjustmentReversed(adjustment="a", reason="r", amount=D(amount), asset="USD", quantity=D(quantity))


def test_a_correction_of_units_needs_an_instrument_a_number_and_a_reason() -> None:
    story = bought(AccountKind.CASH)
    digest = story.book.digest()
    with pytest.raises(InvalidFact, match="an instrument that was defined before"):
        story.tell(correct("1", "1"), "XYZ")
    with pytest.raises(InvalidFact, match="other than zero"):
        correct("0", "1")
    with pytest.raises(InvalidFact, match="explains the correction"):
        PositionAdjusted(quantity=D(1), unit_price=D(1), reason=" ")
    assert story.book.digest() == digest


@given(kind=st.sampled_from(KINDS), steps=st.lists(st.tuples(st.integers(-9, 9), st.integers(1, 200)), max_size=8))
def test_any_corrections_prove_their_equity(kind: AccountKind, steps: list[tuple[int, int]]) -> None:
    story = bought(kind)
    for quantity, price in steps:
        if quantity:
            story.tell(correct(str(quantity), str(price)), "BTC")
    assert abs(proved(story) - story.equity) == ZERO
    assert held(story)[0] == 6 + sum(quantity for quantity, _ in steps)
