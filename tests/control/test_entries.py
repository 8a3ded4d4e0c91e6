"""Is an entry by hand booked once, only if it can be, and refused by field and value otherwise?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from counterpoise.control.commands import RecordFill, RecordStatement
from counterpoise.control.decide import decide
from counterpoise.control.decision import Draft
from counterpoise.domain.accounts import STATEMENT_VENUE, AccountKind
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.facts import FxRate, InstrumentDefined, StatementRead
from counterpoise.domain.facts.statements import StatedCash
from counterpoise.domain.orders import Side
from counterpoise.domain.statements import VenueAccount
from tests.control.making import OWNER, START, D, Desk, book, instrument, open_account, venue_fill

BEFORE = RecordFill(
    actor=OWNER, at=START, cause="fill/a", fill_id="a", symbol="SPY", side=Side.BUY, quantity=D(10), price=D(100)
)


def entry(fill_id: str, side: str, quantity: str, price: str, fee: str = "0", symbol: str = "SPY") -> RecordFill:
    return replace(
        BEFORE,
        cause=f"fill/{fill_id}",
        fill_id=fill_id,
        side=Side(side),
        quantity=D(quantity),
        price=D(price),
        fee=D(fee),
        symbol=symbol,
    )


def cash(desk: Desk) -> D:
    return desk.state.live.cash_value


def units(desk: Desk, symbol: str = "SPY") -> D:
    return desk.state.state.holdings[desk.state.state.symbols[symbol]].quantity


def by_hand(cash: str = "500") -> Desk:
    opening = open_account(cash=cash)
    return Desk(opening=replace(opening, terms=replace(opening.terms, venue=STATEMENT_VENUE)))


def test_a_purchase_moves_cash_and_leaves_equity_but_for_its_fee() -> None:
    desk = Desk("SPY")
    desk.tell(entry("a", "BUY", "10", "25", fee="1"))
    assert (cash(desk), units(desk), desk.state.live_equity) == (D(9749), D(10), D(9999))


def test_the_same_fill_again_is_booked_once_however_it_is_told() -> None:
    desk = Desk("SPY")
    assert desk.tell(entry("a", "BUY", "10", "25")).outcome == "done"
    before = desk.state.book.digest()
    assert desk.tell(entry("a", "BUY", "10", "25")).outcome == "duplicate"
    assert desk.tell(replace(entry("a", "SELL", "99", "1"), cause="another")).outcome == "duplicate"
    assert desk.state.book.digest() == before


@pytest.mark.parametrize(
    ("changes", "field", "rule"),
    (
        pytest.param({"quantity": D(0)}, "quantity", "above 0", id="no quantity"),
        pytest.param({"quantity": D(-1)}, "quantity", "above 0", id="a negative quantity"),
        pytest.param({"quantity": D("NaN")}, "quantity", "above 0", id="quantity is no number"),
        pytest.param({"quantity": D("1e-30")}, "quantity", "digits", id="a quantity of too many digits"),
        pytest.param({"price": D(0)}, "price", "above 0", id="no price"),
        pytest.param({"price": D(-3)}, "price", "above 0", id="a negative price"),
        pytest.param({"price": D("Infinity")}, "price", "above 0", id="price without end"),
        pytest.param({"fee": D("NaN")}, "fee", "finite", id="fee is no number"),
        pytest.param({"symbol": "ZZZ"}, "symbol", "of this account", id="a symbol that is not the account's"),
        pytest.param({"at": START + timedelta(minutes=5, microseconds=1)}, "occurred_at", "5 minutes", id="the future"),
        pytest.param({"side": Side.SELL}, "quantity", "at most the 0", id="a sale of nothing held"),
        pytest.param({"price": D(1001)}, "quantity", "10 is missing", id="more than there is"),
    ),
)
def test_what_cannot_be_is_refused_by_field_and_value_and_nothing_is_left(
    changes: dict[str, object], field: str, rule: str
) -> None:
    desk = Desk("SPY")
    before = desk.state.book.digest()
    with pytest.raises(InvalidInput, match=rule) as refused:
        decide(desk.state, replace(BEFORE, **changes), START)  # type: ignore[arg-type]
    assert refused.value.field == field
    assert desk.state.book.digest() == before


def test_a_clock_that_is_a_little_ahead_is_believed() -> None:
    desk = Desk("SPY")
    made = decide(desk.state, replace(BEFORE, at=START + timedelta(minutes=5)), START)
    assert [fact.kind for fact in made.facts] == ["Fill"]


def test_a_cash_account_sells_at_most_what_it_holds_and_exactly_that_passes() -> None:
    desk = Desk("SPY")
    desk.tell(entry("a", "BUY", "10", "25"))
    with pytest.raises(InvalidInput, match=r"quantity: 10\.1 was refused: at most the 10 that are held"):
        desk.tell(entry("b", "SELL", "10.1", "25"))
    desk.tell(entry("b", "SELL", "10", "26"))
    assert cash(desk) == D(10_010)


def test_a_sale_that_is_told_late_had_to_be_held_then() -> None:
    desk = Desk("SPY")
    desk.tell(replace(entry("a", "BUY", "10", "25"), at=START - timedelta(hours=2)))
    desk.tell(replace(entry("b", "SELL", "8", "25"), at=START - timedelta(hours=1)))
    desk.tell(entry("c", "BUY", "10", "25"))
    early = replace(entry("d", "SELL", "2.5", "25"), at=START - timedelta(minutes=90))
    with pytest.raises(InvalidInput, match="at most the 2 that are held"):
        desk.tell(early)
    with pytest.raises(InvalidInput, match="at most the 0 that are held"):
        desk.tell(replace(early, at=START - timedelta(hours=3)))
    desk.tell(replace(early, quantity=D(2)))
    assert units(desk) == D(10)


def test_what_the_venue_reports_is_booked_all_the_same() -> None:
    desk = Desk("SPY")
    desk.hold("SPY", "1", "25")
    desk.tell(book(venue_fill("SPY", "SELL", "5", "25", number=902)))
    assert cash(desk) == D(10_100)


@pytest.mark.parametrize("kind", (AccountKind.MARGIN, AccountKind.FUTURES))
def test_elsewhere_a_short_is_a_position(kind: AccountKind) -> None:
    desk = Desk(opening=open_account("SPY", kind=kind))
    desk.tell(entry("a", "SELL", "5", "100"))
    assert units(desk) == D(-5)


def test_of_two_purchases_that_fit_only_one_at_a_time_one_is_booked() -> None:
    desk = Desk("SPY")
    desk.tell(entry("a", "BUY", "60", "100"))
    with pytest.raises(InvalidInput, match="2000 is missing"):
        desk.tell(entry("b", "BUY", "60", "100"))
    desk.tell(entry("c", "BUY", "40", "100"))  # exactly what is left
    assert cash(desk) == D(0)


def test_cash_of_another_asset_pays_for_nothing() -> None:
    desk = Desk(opening=open_account(listed=(instrument("SAP", quote="EUR"),)))
    desk.state.fold(Draft(desk.state, BEFORE, START).add(FxRate(asset="EUR", rate=D("1.1"))))
    with pytest.raises(InvalidInput, match="at most 0 USD with its fee; 110 is missing"):
        desk.tell(entry("a", "BUY", "1", "100", symbol="SAP"))


def test_an_account_without_a_venue_defines_an_instrument_at_first_sight_and_once() -> None:
    desk = by_hand()
    desk.tell(entry("a", "BUY", "1", "100", symbol="PETR4"))
    desk.tell(entry("b", "BUY", "1", "100", symbol="PETR4"))
    (defined,) = desk.bodies("InstrumentDefined")
    assert isinstance(defined, InstrumentDefined)
    assert (defined.instrument.source, defined.instrument.venue) == ("inferred", STATEMENT_VENUE)
    assert units(desk, "PETR4") == D(2)
    with pytest.raises(InvalidInput, match="symbol"):
        desk.tell(entry("c", "BUY", "1", "100", symbol="petr4 "))


def test_an_account_without_a_venue_begins_with_what_was_there_also_with_zero() -> None:
    for opening in ("500", "0"):
        desk = by_hand(opening)
        (fact,) = [fact for fact in desk.facts if fact.kind == "OpeningBalance"]
        assert fact.body.amount == cash(desk) == D(opening)


SAID = VenueAccount(venue="scripted", currency="USD", cash=D(9000), as_of=START, equity=D(9500), buying_power=D(9))


def stated(said: VenueAccount, at: timedelta = timedelta(0), cause: str = "statement/1") -> RecordStatement:
    return RecordStatement(actor=OWNER, at=START + at, cause=cause, statement=said)


def test_a_statement_is_recorded_once_as_the_venue_made_it_with_its_own_time() -> None:
    desk = Desk("SPY")
    said = replace(SAID, as_of=START - timedelta(hours=1))
    desk.tell(stated(said))
    desk.tell(stated(said))
    (fact,) = [fact for fact in desk.facts if fact.kind == "StatementRead"]
    assert (fact.occurred_at, fact.source) == (said.as_of, "scripted")
    body = StatementRead(
        currency="USD", cash=(StatedCash(asset="USD", amount=D(9000)),), equity=D(9500), buying_power=D(9)
    )
    assert fact.body == body


def test_a_venue_whose_clock_is_ahead_makes_nothing_younger_and_one_far_ahead_is_refused() -> None:
    desk = Desk("SPY")
    desk.tell(stated(replace(SAID, as_of=START + timedelta(minutes=5))))
    assert desk.state.state.statements["scripted"].as_of == START
    with pytest.raises(InvalidInput, match="as_of"):
        desk.tell(stated(replace(SAID, as_of=START + timedelta(minutes=6)), cause="2"))
