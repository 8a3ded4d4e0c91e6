"""Does a break open and close as comparisons say, and is what a person settles exact, named and taken back whole?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from counterpoise.control import commands
from counterpoise.control.decision import DUPLICATE
from counterpoise.domain.decisions import Severity
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.facts import Adjustment, AdjustmentReversed, BreakOpened, Fact, PositionAdjusted, StatementRead
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.statements import Break, BreakKind, CashEventKind, VenueAccount, VenueCashEvent
from counterpoise.execution.reconciliation import causes as told
from counterpoise.execution.reconciliation.differences import TOTAL
from counterpoise.portfolio.proof import proof
from tests.control.making import (
    OWNER,
    START,
    D,
    Desk,
    book,
    candidate,
    differ,
    enable,
    judge,
    open_account,
    venue_fill,
)

LATER = START + timedelta(minutes=1)


def difference(kind: BreakKind, subject: str, ours: str = "1", theirs: str = "2") -> Break:
    return Break(kind=kind, subject=subject, ours=D(ours), theirs=D(theirs), detail="ledger 1, venue 2")


def settle(
    item: Break, *proposals: told.Proposal, cause: str = "settle/1", opened: str = "", unit_price: D | None = None
) -> commands.SettleBreak:
    opened = opened or f"BreakOpened:compare/1:{item.kind}:{item.subject}"
    return commands.SettleBreak(
        actor=OWNER, at=LATER, cause=cause, opened=opened, difference=item, reason="said so", proposals=proposals,
        unit_price=unit_price,
    )  # fmt: skip


def reverse(adjusted: Fact, settled: Fact | None = None, reason: str = "it was not") -> commands.ReverseAdjustment:
    return commands.ReverseAdjustment(
        actor=OWNER, at=LATER, cause="reverse/1", adjustment=adjusted, settled=settled, reason=reason
    )


def last(desk: Desk, kind: str) -> Fact:
    return [fact for fact in desk.facts if fact.kind == kind][-1]


def proved(desk: Desk) -> Decimal:
    equity = desk.state.book.valuation.equity
    assert proof(desk.state.state, equity).residual == ZERO
    assert desk.state.live.cash_value == desk.state.book.valuation.cash_value
    return equity


def test_each_new_difference_opens_a_break_and_each_that_is_gone_is_settled() -> None:
    desk = Desk("SPY", "TLT")
    spy, tlt, cash = (
        difference(BreakKind.POSITION, "SPY"),
        difference(BreakKind.POSITION, "TLT"),
        difference(BreakKind.CASH, "USD"),
    )
    desk.tell(differ(spy, cash, cause="c1"))
    opened = [body for body in desk.bodies("BreakOpened") if isinstance(body, BreakOpened)]
    assert [body.severity for body in opened] == [Severity.WARNING, Severity.CRITICAL]
    before = len(desk.facts)
    desk.tell(differ(spy, tlt, cause="c2"))
    assert desk.kinds(before) == ["BreakOpened", "BreakSettled"]
    assert [item.difference for item in desk.state.state.breaks.values()] == [spy, tlt]
    desk.tell(differ(cause="c3"))
    assert desk.state.state.breaks == {}
    desk.tell(differ(spy, cause="c4"))
    assert len(desk.state.state.breaks) == 1


def test_each_comparison_records_what_the_venue_stated_at_its_own_time() -> None:
    desk = Desk("SPY")
    said = VenueAccount(
        venue="scripted", currency="USD", cash=D("9999.98"), as_of=START - timedelta(seconds=3), equity=D(12_000),
        buying_power=D(9_000),
    )  # fmt: skip
    desk.tell(replace(differ(), statement=said))
    fact = desk.facts[-1]
    assert (fact.kind, fact.source, fact.occurred_at) == ("StatementRead", "scripted", said.as_of)
    assert isinstance(fact.body, StatementRead)
    assert (fact.body.cash[0].amount, fact.body.equity, fact.body.agrees) == (D("9999.98"), D(12_000), True)
    waiting = difference(BreakKind.CASH, "USD")
    desk.tell(replace(differ(cause="compare/2"), statement=said, differences=(waiting,), confirmed=()))
    assert desk.state.state.breaks == {}
    assert desk.bodies("StatementRead")[-1].agrees is False  # type: ignore[attr-defined]


def test_cash_is_put_right_by_an_adjustment_that_names_its_break_and_its_actor() -> None:
    desk = Desk("SPY", "TLT")
    item = difference(BreakKind.CASH, "USD", "10000", "9992.50")
    desk.tell(differ(item))
    answer = desk.tell(settle(item))
    adjusted = last(desk, "Adjustment")
    assert answer.detail == (adjusted.fact_id,)
    assert adjusted.body == Adjustment(
        amount=D("-7.50"), asset="USD", reason="said so", settles="BreakOpened:compare/1:CASH:USD"
    )
    assert (adjusted.actor, adjusted.source) == ("owner", "operator")
    assert desk.state.state.breaks == {}
    assert desk.state.state.cash["USD"] == D("9992.50")
    assert proved(desk) == D("9992.50")
    assert desk.tell(settle(item)) is DUPLICATE


def test_what_differs_more_by_now_is_settled_as_it_is_now() -> None:
    desk = Desk("SPY")
    desk.tell(differ(difference(BreakKind.CASH, "USD", "10000", "9992.50")))
    desk.tell(settle(difference(BreakKind.CASH, "USD", "10000", "9990")))
    assert desk.state.state.cash["USD"] == D(9990)


def holding_desk() -> Desk:
    """6 SPY of a bot at 100 and 4 of nobody at 110, marked at 120."""
    desk = Desk("SPY", "TLT")
    desk.observe(SPY="100")
    desk.tell(enable())
    desk.tell(judge(candidate("SPY", "6")))
    order = desk.sends()[0].intent.client_order_id
    desk.tell(book(venue_fill("SPY", "BUY", "6", "100", order=order)))
    desk.hold("SPY", "4", "110")
    desk.observe(LATER, SPY="120")
    return desk


def test_units_that_the_venue_does_not_have_go_from_each_owner_at_their_cost() -> None:
    desk = holding_desk()
    item = difference(BreakKind.POSITION, "SPY", "10", "5")
    desk.tell(differ(item))
    before = proved(desk)
    desk.tell(settle(item))
    holding = desk.state.state.holdings["scripted:SPY:1"]
    assert holding.owners == {"trend": D(3), "unassigned": D(2)}
    assert (holding.quantity, holding.cost) == (D(5), D(540))
    adjusted = last(desk, "PositionAdjusted")
    assert adjusted.body == PositionAdjusted(
        quantity=D(-5), unit_price=D(100), reason="said so", settles="BreakOpened:compare/1:POSITION:SPY"
    )
    assert desk.kinds().count("Fill") == 2
    assert proved(desk) - before == desk.state.state.causes.correction < ZERO
    assert desk.state.state.results.realised_total == ZERO
    assert desk.state.state.breaks == {}


def test_units_that_only_the_venue_has_come_at_the_price_that_is_said_or_at_the_mark() -> None:
    desk = holding_desk()
    item = difference(BreakKind.POSITION, "SPY", "10", "13")
    desk.tell(differ(item))
    desk.tell(settle(item))
    assert last(desk, "PositionAdjusted").body.unit_price == D(120)
    other = difference(BreakKind.POSITION, "TLT", "0", "2")
    desk.tell(differ(other))
    with pytest.raises(InvalidInput, match="what a unit of TLT cost; it has no price here yet"):
        desk.tell(settle(other, cause="settle/2"))
    desk.tell(settle(other, cause="settle/2", unit_price=D(50)))
    assert desk.state.state.holdings["scripted:TLT:1"].cost == D(100)
    proved(desk)


@pytest.mark.parametrize(
    ("item", "answer"),
    (
        (difference(BreakKind.CASH, "USD", "10000", "10003"), "cash"),
        (difference(BreakKind.POSITION, "SPY", "10", "7"), "units that went"),
        (difference(BreakKind.POSITION, "SPY", "10", "12"), "units that came"),
    ),
    ids=lambda item: item if isinstance(item, str) else None,
)
def test_a_reversal_points_to_its_adjustment_puts_the_book_back_and_opens_the_break_again(
    item: Break, answer: str
) -> None:
    desk = holding_desk()
    desk.tell(differ(item))
    opened = last(desk, "BreakOpened")
    state = desk.state.state
    before = (proved(desk), dict(state.cash), state.holdings["scripted:SPY:1"].owners | {})
    cost = state.holdings["scripted:SPY:1"].cost
    desk.tell(settle(item))
    assert state.breaks == {}
    adjusted = last(desk, "Adjustment" if answer == "cash" else "PositionAdjusted")
    desk.tell(reverse(adjusted, opened))
    assert (proved(desk), dict(state.cash), state.holdings["scripted:SPY:1"].owners) == before
    assert state.holdings["scripted:SPY:1"].cost == cost
    body = last(desk, "AdjustmentReversed").body
    assert isinstance(body, AdjustmentReversed)
    assert (body.adjustment, body.reason) == (adjusted.fact_id, "it was not")
    assert [entry.difference for entry in state.breaks.values()] == [item]
    assert state.causes.correction == ZERO
    facts = len(desk.facts)
    assert desk.tell(reverse(adjusted, opened)) is DUPLICATE
    assert len(desk.facts) == facts


def test_what_is_settled_again_after_a_reversal_is_another_adjustment() -> None:
    desk = Desk("SPY")
    item = difference(BreakKind.CASH, "USD", "10000", "10003")
    desk.tell(differ(item))
    desk.tell(settle(item))
    desk.tell(reverse(last(desk, "Adjustment"), last(desk, "BreakOpened")))
    (again,) = desk.state.state.breaks
    desk.tell(settle(item, cause="settle/2", opened=again))
    assert desk.state.state.cash["USD"] == D(10003)
    assert desk.kinds().count("Adjustment") == 2


def test_a_reversal_opens_no_second_break_about_the_same() -> None:
    desk = Desk("SPY")
    item = difference(BreakKind.CASH, "USD", "10000", "10003")
    desk.tell(differ(item))
    opened = last(desk, "BreakOpened")
    desk.tell(settle(item))
    desk.tell(differ(item, cause="compare/5"))
    desk.tell(reverse(last(desk, "Adjustment"), opened))
    assert len(desk.state.state.breaks) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    (
        ({"opened": "BreakOpened:other"}, "a break that is open: USD"),
        ({"reason": " "}, "a sentence that says why"),
        ({"difference": difference(BreakKind.CASH, "EUR")}, "the figures of USD"),
        ({"difference": difference(BreakKind.CASH, "USD", "5", "5")}, "no difference any more"),
        ({"proposals": (told.ActAtVenue(advice="cancel it"),)}, "one that can be booked; here cancel it"),
        ({"proposals": (told.Adjust(amount=D(1), symbol="XYZ"),)}, "a symbol of this account"),
    ),
    ids=["no such break", "no reason", "another's figures", "gone", "nothing to book", "unknown symbol"],
)
def test_what_cannot_be_settled_is_refused_and_changes_nothing(change: dict[str, Any], message: str) -> None:
    desk = Desk("SPY")
    item = difference(BreakKind.CASH, "USD", "10000", "9992.50")
    desk.tell(differ(item))
    digest, facts = desk.state.book.digest(), len(desk.facts)
    with pytest.raises(InvalidInput, match=message):
        desk.tell(replace(settle(item), **change))
    assert (desk.state.book.digest(), len(desk.facts)) == (digest, facts)


@pytest.mark.parametrize(
    ("item", "message"),
    ((difference(BreakKind.ORDER, "p1"), "this is an order"), (difference(BreakKind.CASH, TOTAL), "this is a rate")),
    ids=["an order", "a rate"],
)
def test_an_adjustment_moves_cash_or_units_and_nothing_else(item: Break, message: str) -> None:
    desk = Desk("SPY")
    desk.tell(differ(item))
    with pytest.raises(InvalidInput, match=message):
        desk.tell(settle(item))


def test_only_an_adjustment_of_this_account_can_be_reversed() -> None:
    desk = Desk("SPY")
    with pytest.raises(InvalidInput, match="an adjustment, and this is a Deposit"):
        desk.tell(reverse(last(desk, "Deposit")))
    with pytest.raises(InvalidInput, match="this account's journal has"):
        desk.tell(reverse(replace(last(desk, "Deposit"), account="another")))


FEE = VenueCashEvent(
    event_id="f-9", sequence=4, kind=CashEventKind.FEE, amount=D("-1.25"), asset="USD", happened_at=START
)
MISSED = venue_fill("SPY", "BUY", "2", "105", number=77)


@pytest.mark.parametrize(
    ("proposal", "kind", "cash", "units"),
    (
        (told.BookFill(fill=MISSED), "Fill", "8750", "12"),
        (told.TakeBackFill(fill_id="x901"), "FillBusted", "9400", "6"),
        (told.CorrectFill(fill=venue_fill("SPY", "BUY", "5", "111", number=901)), "FillCorrected", "8845", "11"),
        (told.AdoptPosition(symbol="SPY", quantity=D(3), unit_price=D(99)), "OpeningPosition", "8960", "13"),
        (told.RecordCash(event=FEE), "Fee", "8958.75", "10"),
        (told.RecordCash(event=replace(FEE, kind=CashEventKind.DEPOSIT, amount=D(5))), "Deposit", "8965", "10"),
        (told.RecordCash(event=replace(FEE, kind=CashEventKind.WITHDRAWAL)), "Withdrawal", "8958.75", "10"),
        (told.RecordCash(event=replace(FEE, kind=CashEventKind.DIVIDEND, amount=D(5), symbol="SPY")), "Dividend",
         "8965", "10"),
        (told.RecordSplit(symbol="SPY", numerator=D(2), denominator=D(1)), "Split", "8960", "20"),
        (told.RecordRate(asset="EUR", rate=D("1.1")), "FxRate", "8960", "10"),
        (told.Adjust(amount=D(4), asset="USD"), "Adjustment", "8964", "10"),
    ),
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else value,
)  # fmt: skip
def test_what_an_explanation_proposes_is_booked_as_what_it_is(
    proposal: told.Proposal, kind: str, cash: str, units: str
) -> None:
    desk = holding_desk()
    item = difference(BreakKind.POSITION, "SPY", "10", "99")
    desk.tell(differ(item))
    desk.tell(settle(item, proposal))
    assert desk.kinds()[-1] == kind
    assert desk.state.state.cash["USD"] == D(cash)
    assert desk.state.state.holdings["scripted:SPY:1"].quantity == D(units)
    assert len(desk.state.state.breaks) == 1  # the next comparison says whether it was that
    proved(desk)


def test_a_break_of_an_order_that_is_not_ours_blocks_the_symbol_that_it_trades() -> None:
    desk = Desk(opening=open_account("SPY", "TLT"))
    desk.observe(SPY="100", TLT="50")
    desk.tell(enable())
    desk.tell(differ(replace(difference(BreakKind.ORDER, "hand-1", "0", "4"), symbol="TLT")))
    denied = desk.tell(judge(candidate("TLT", "1"))).detail
    allowed = desk.tell(judge(candidate("SPY", "1"), cause="judge/2")).detail
    assert [str(reason) for reason in denied[0].reasons] == ["BREAK_OPEN"]  # type: ignore[index]
    assert allowed[0].reasons == ()  # type: ignore[index]
