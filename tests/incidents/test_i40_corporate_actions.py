"""I-40: a split, spin-off, dividend or new symbol with an order open and a plan half done.

Given a holding, a working order on it and a plan under way. When the company acts. Then the value before and after is
the same to the cent, cash in lieu is booked, the working order is cancelled and what the plan still wanted of it is
dropped, and drift is counted anew on the units that there are.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from counterpoise.control import commands
from counterpoise.control.commands import CorporateAction
from counterpoise.control.decision import DUPLICATE
from counterpoise.domain.accounts import AccountKind, Actor, Scope
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.facts import CashInLieu, Deposit, Dividend, PlanProposed, SpinOff, Split, SymbolChange
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.orders import Side
from counterpoise.execution.broker import Accepted
from counterpoise.portfolio.proof import proof
from tests.control.making import OWNER, START, D, Desk, book, open_account, rebalance, targets, venue_fill
from tests.portfolio.making import Story

CENT = D("0.01")
EX_DATE = START + timedelta(hours=12)
FRESH = Actor(name="owner", scope=Scope.ADMIN, fresh=True)


def act(symbol: str, action: CorporateAction, cause: str = "notice-1") -> commands.RecordCorporateAction:
    return commands.RecordCorporateAction(actor=FRESH, at=EX_DATE, cause=cause, symbol=symbol, action=action)


def half_done() -> Desk:
    """10 A and 4 B held; the plan sells A and waits with its purchase of B for the money."""
    desk = Desk(opening=open_account("A", "B", cash="3200"))
    desk.observe(A="300", B="50")
    desk.tell(targets(A="0.9375", B="0.0625"))
    desk.tell(rebalance("slot/0"))
    for number, sent in enumerate(desk.sends(), 1):
        intent = sent.intent
        price = "300" if intent.symbol == "A" else "50"
        desk.tell(
            book(
                venue_fill(
                    intent.symbol, "BUY", str(intent.quantity), price, order=intent.client_order_id, number=number
                )
            )
        )
    desk.tell(targets(cause="targets/2", A="0.1", B="0.85"))
    desk.effects.clear()
    desk.tell(rebalance())
    (sent,) = desk.sends()
    assert (sent.intent.symbol, sent.intent.side) == ("A", Side.SELL)
    desk.tell(
        commands.RecordOutcome(
            actor=OWNER, at=START, cause="answer", client_order_id=sent.intent.client_order_id,
            outcome=Accepted(venue_order_id="v1"),
        )
    )  # fmt: skip
    return desk


def whole(desk: Desk) -> Decimal:
    """Equity with its proof."""
    equity = desk.state.book.valuation.equity
    assert proof(desk.state.state, equity).residual == ZERO
    assert desk.state.live.equity == equity
    return equity


@pytest.mark.parametrize(
    ("numerator", "denominator", "units", "price"),
    (("2", "1", "20", "150"), ("1", "10", "1", "3000"), ("2.406", "1", "24.06", "124.688279301745635910")),
    ids=["2:1", "1:10", "2.406:1"],
)
def test_a_split_keeps_the_value_ends_the_order_and_drops_the_lines(
    numerator: str, denominator: str, units: str, price: str
) -> None:
    desk = half_done()
    order = desk.sends()[0].intent.client_order_id
    before = whole(desk)
    desk.tell(act("A", Split(numerator=D(numerator), denominator=D(denominator))))
    holding = desk.state.state.holdings["scripted:A:1"]
    assert (holding.quantity, holding.cost) == (D(units), D(3000))
    assert desk.state.state.marks["scripted:A:1"].price == D(price)
    assert desk.state.live_marks["scripted:A:1"].price == D(price)
    assert abs(whole(desk) - before) < CENT
    assert desk.cancels() == [order]
    assert desk.state.state.orders[order].cancel_requested


def test_a_line_that_was_not_sent_is_dropped_when_its_units_are_no_more() -> None:
    desk = half_done()
    desk.tell(act("B", Split(numerator=D(2))))
    (run,) = desk.state.state.runs.values()
    assert list(run.denied.values()) == ["SPLIT"]
    sold = desk.sends()[0].intent
    desk.tell(book(venue_fill("A", "SELL", str(sold.quantity), "300", order=sold.client_order_id, number=3)))
    assert [sent.intent.symbol for sent in desk.sends()] == ["A"]
    assert desk.state.state.runs == {}


def test_drift_is_counted_on_the_units_that_there_are_now() -> None:
    desk = half_done()
    sold = desk.sends()[0].intent
    desk.tell(act("A", Split(numerator=D(3))))
    late = venue_fill("A", "SELL", str(sold.quantity), "300", order=sold.client_order_id, number=3)
    desk.tell(book(late))  # executed before the split, heard of after it
    assert desk.state.state.holdings["scripted:A:1"].quantity == (10 - sold.quantity) * 3
    bought = desk.sends()[1].intent
    desk.tell(book(venue_fill("B", "BUY", str(bought.quantity), "50", order=bought.client_order_id, number=4)))
    assert desk.state.state.runs == {}
    desk.observe(EX_DATE, A="120", B="50")
    desk.tell(targets(cause="targets/3", A="0.5", B="0.5"))
    desk.tell(rebalance("slot/2", at=EX_DATE))
    plan = desk.bodies("PlanProposed")[-1]
    assert isinstance(plan, PlanProposed)
    held = {item.symbol: item.current_value for item in plan.plan.items}
    assert held["A"] == (10 - sold.quantity) * 3 * 120
    assert whole(desk) > ZERO


def test_a_reverse_split_pays_the_fraction_in_cash() -> None:
    desk = Desk("A")
    desk.observe(A="10")
    desk.hold("A", "25", "10")
    before = whole(desk)
    desk.tell(act("A", Split(numerator=D(1), denominator=D(10))))
    desk.tell(act("A", CashInLieu(quantity=D("0.5"), amount=D(50), asset="USD"), "notice-2"))
    assert desk.state.state.holdings["scripted:A:1"].quantity == D(2)
    assert whole(desk) == before
    with pytest.raises(InvalidInput, match="at most the 2"):
        desk.tell(act("A", CashInLieu(quantity=D(3), amount=D(50), asset="USD"), "notice-3"))


def test_a_spin_off_keeps_cost_and_dates_and_is_valued_by_its_own_mark() -> None:
    desk = half_done()
    before = whole(desk)
    held = desk.state.state.holdings["scripted:A:1"]
    opened = held.lots[0].opened_at
    desk.tell(act("A", SpinOff(child="scripted:B:1", quantity=D(2), cost_fraction=D("0.2"))))
    child = desk.state.state.holdings["scripted:B:1"]
    assert (held.cost, child.cost, child.quantity) == (D(2400), D(800), D(6))
    assert [lot.opened_at for lot in child.lots] == [opened, opened]
    assert whole(desk) == before + 100  # two units of B at 50, until A's own price says what it is without them


def test_a_dividend_on_the_ex_date_is_a_cause_of_its_own() -> None:
    made = Story(AccountKind.CASH, "A")
    made.tell(Deposit(amount=D(1000), asset="USD"))
    made.fill("BUY", "A", "10", "50")
    made.later(days=1)
    made.marks(A="49.27")  # the price falls by what is paid
    paid = made.tell(Dividend(amount=D("7.30"), asset="USD"), "A")
    assert made.equity == D(1000)
    causes = made.book.state.causes
    assert (causes.price, causes.dividend) == (D("-7.30"), D("7.30"))
    assert made.book.state.holdings["paper:A:1"].cost == D(500)
    assert proof(made.book.state, made.equity).residual == ZERO
    with pytest.raises(InvalidInput):
        made.book.apply(replace(paid, instrument="paper:ZZZ:1"))


def test_a_new_symbol_keeps_the_position_the_targets_and_the_plan() -> None:
    desk = half_done()
    order = desk.sends()[0].intent.client_order_id
    before = whole(desk)
    desk.tell(act("B", SymbolChange(symbol="BB")))
    state = desk.state.state
    assert state.symbols["BB"] == "scripted:B:1"
    assert "B" not in state.symbols
    assert [target.symbol for target in state.targets["core"].targets] == ["A", "BB"]
    assert whole(desk) == before
    assert desk.cancels() == []
    sold = desk.sends()[0].intent
    desk.tell(book(venue_fill("A", "SELL", str(sold.quantity), "300", order=order, number=3)))
    assert [sent.intent.symbol for sent in desk.sends()] == ["A", "BB"]
    assert desk.sends()[1].intent.instrument == "scripted:B:1"


def test_the_same_notice_twice_has_one_effect_and_an_unknown_symbol_is_named() -> None:
    desk = half_done()
    desk.tell(act("A", Split(numerator=D(2))))
    assert desk.tell(act("A", Split(numerator=D(2)))) is DUPLICATE
    assert desk.state.state.holdings["scripted:A:1"].quantity == D(20)
    with pytest.raises(InvalidInput, match="symbol: ZZZ was refused"):
        desk.tell(act("ZZZ", Split(numerator=D(2)), "other"))
    with pytest.raises(InvalidInput, match="no other instrument"):
        desk.tell(act("A", SymbolChange(symbol="B"), "third"))
