"""Do the venue's answers become the right facts, once each?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from counterpoise.control.commands import RecordLookUp, RecordOrderUpdate, RecordOutcome, RequestCancel
from counterpoise.domain.decisions import TradingState
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.facts import Fill
from counterpoise.domain.orders import OrderIntent, OrderStatus
from counterpoise.domain.statements import VenueOrder
from counterpoise.execution.broker import Accepted, Refused, SendOutcome, Unknown, Withheld
from tests.control.making import (
    OWNER,
    START,
    TREND,
    D,
    Desk,
    book,
    candidate,
    change_state,
    enable,
    judge,
    pure,
    venue_fill,
)


def sent() -> tuple[Desk, OrderIntent]:
    """A bot's order for 10 SPY that has left."""
    desk = Desk("SPY", "TLT")
    desk.observe(SPY="100", TLT="50")
    desk.tell(enable())
    desk.tell(judge(candidate("SPY", "10")))
    return desk, desk.sends()[0].intent


def seen(intent: OrderIntent, status: OrderStatus, filled: str = "0", reason: str = "") -> VenueOrder:
    return VenueOrder(
        client_order_id=intent.client_order_id,
        venue_order_id="v1",
        symbol=intent.symbol,
        side=intent.side,
        quantity=intent.quantity,
        filled_quantity=D(filled),
        status=status,
        updated_at=START,
        reason=reason,
    )


def outcome(intent: OrderIntent, made: SendOutcome) -> RecordOutcome:
    return RecordOutcome(actor=OWNER, at=START, cause="answer", client_order_id=intent.client_order_id, outcome=made)


def look_up(intent: OrderIntent, found: VenueOrder | None, *, proved: bool = False) -> RecordLookUp:
    return RecordLookUp(
        actor=OWNER,
        at=START,
        cause="look_up",
        client_order_id=intent.client_order_id,
        intents=1,
        found=found,
        proved_absent=proved,
    )


def update(order: VenueOrder) -> RecordOrderUpdate:
    return RecordOrderUpdate(actor=OWNER, at=START, cause="update", order=order)


@pytest.mark.parametrize(
    ("made", "kinds", "left"),
    (
        pytest.param(Accepted(venue_order_id="v1"), ["OrderAcknowledged"], OrderStatus.ACCEPTED, id="accepted"),
        pytest.param(Refused(reason="no"), ["OrderRejected", "RunEnded"], None, id="refused"),
        pytest.param(Withheld(reason="halted"), ["OrderCancelled", "RunEnded"], None, id="withheld"),
        pytest.param(Unknown(detail="timeout"), ["OrderUnknown"], OrderStatus.UNKNOWN, id="unknown"),
    ),
)
def test_each_outcome_of_a_send_is_its_fact(made: SendOutcome, kinds: list[str], left: OrderStatus | None) -> None:
    desk, intent = sent()
    before = len(desk.facts)
    desk.tell(outcome(intent, made))
    assert desk.kinds(before) == kinds
    order = desk.state.state.orders.get(intent.client_order_id)
    assert (order.status if order else None) is left
    assert desk.look_ups() == ([intent.client_order_id] if left is OrderStatus.UNKNOWN else [])


def test_a_fill_that_overtook_the_answer_leaves_the_answer_nothing_to_say() -> None:
    desk, intent = sent()
    desk.tell(book(venue_fill("SPY", "BUY", "4", "100", order=intent.client_order_id)))
    before = len(desk.facts)
    assert desk.tell(outcome(intent, Accepted(venue_order_id="v1"))).outcome == "duplicate"
    assert desk.tell(outcome(intent, Unknown(detail="late"))).outcome == "duplicate"
    assert desk.kinds(before) == []
    assert desk.look_ups() == []


@pytest.mark.parametrize(
    ("status", "filled", "kinds"),
    (
        pytest.param(OrderStatus.ACCEPTED, "0", ["OrderAcknowledged"], id="working"),
        pytest.param(OrderStatus.CANCELED, "0", ["OrderAcknowledged", "OrderCancelled", "RunEnded"], id="cancelled"),
        pytest.param(OrderStatus.EXPIRED, "0", ["OrderAcknowledged", "OrderExpired", "RunEnded"], id="expired"),
        pytest.param(OrderStatus.REJECTED, "0", ["OrderAcknowledged", "OrderRejected", "RunEnded"], id="rejected"),
        pytest.param(OrderStatus.CANCELED, "3", ["OrderAcknowledged"], id="cancelled with fills that we lack"),
        pytest.param(OrderStatus.FILLED, "10", ["OrderAcknowledged"], id="filled, said by the fills"),
    ),
)
def test_an_order_in_doubt_that_was_found_becomes_what_the_venue_says(
    status: OrderStatus, filled: str, kinds: list[str]
) -> None:
    desk, intent = sent()
    desk.tell(outcome(intent, Unknown(detail="timeout")))
    before = len(desk.facts)
    desk.tell(look_up(intent, seen(intent, status, filled)))
    assert desk.kinds(before) == kinds
    assert len(desk.sends()) == 1


def test_an_order_proved_absent_is_intended_again_under_its_id_and_sent() -> None:
    desk, intent = sent()
    desk.tell(outcome(intent, Unknown(detail="timeout")))
    before = len(desk.facts)
    desk.tell(look_up(intent, None, proved=True))
    assert desk.kinds(before) == ["OrderIntended"]
    first, again = desk.sends()
    assert again.intent == first.intent
    order = desk.state.state.orders[intent.client_order_id]
    assert (order.status, order.intents) == (OrderStatus.INTENDED, 2)
    desk.tell(outcome(intent, Unknown(detail="again")))
    assert desk.kinds(before) == ["OrderIntended", "OrderUnknown"]
    assert len({fact.fact_id for fact in desk.facts}) == len(desk.facts)


def test_not_found_is_no_proof_and_is_asked_again() -> None:
    desk, intent = sent()
    desk.tell(outcome(intent, Unknown(detail="timeout")))
    before = len(desk.facts)
    desk.tell(look_up(intent, None))
    assert desk.kinds(before) == []
    assert desk.look_ups() == [intent.client_order_id] * 2
    assert len(desk.sends()) == 1


def test_an_order_proved_absent_while_halted_is_closed_and_not_sent() -> None:
    desk, intent = sent()
    desk.tell(outcome(intent, Unknown(detail="timeout")))
    desk.tell(change_state(TradingState.HALTED))
    before = len(desk.facts)
    desk.tell(look_up(intent, None, proved=True))
    assert desk.kinds(before) == ["OrderCancelled", "RunEnded"]
    assert len(desk.sends()) == 1


def test_what_is_known_of_an_order_is_not_looked_up() -> None:
    desk, intent = sent()
    desk.tell(outcome(intent, Accepted(venue_order_id="v1")))
    before = len(desk.facts)
    for command in (look_up(intent, None, proved=True), look_up(intent, seen(intent, OrderStatus.CANCELED))):
        assert desk.tell(command).outcome == "duplicate"
    assert desk.kinds(before) == []


@pytest.mark.parametrize(
    ("status", "kind"),
    (
        pytest.param(OrderStatus.CANCELED, "OrderCancelled", id="cancelled"),
        pytest.param(OrderStatus.EXPIRED, "OrderExpired", id="expired"),
        pytest.param(OrderStatus.REJECTED, "OrderRejected", id="rejected after it was accepted"),
    ),
)
def test_an_end_counts_only_when_all_its_fills_are_booked(status: OrderStatus, kind: str) -> None:
    desk, intent = sent()
    desk.tell(outcome(intent, Accepted(venue_order_id="v1")))
    filled = "0" if status is OrderStatus.REJECTED else "4"
    before = len(desk.facts)
    if filled != "0":
        assert desk.tell(update(seen(intent, status, filled))).outcome == "duplicate"
        assert desk.kinds(before) == []
        desk.tell(book(venue_fill("SPY", "BUY", "4", "100", order=intent.client_order_id)))
    assert desk.tell(update(seen(intent, status, filled))).outcome == "done"
    assert desk.kinds(before)[-2:] == [kind, "RunEnded"]
    assert desk.tell(update(seen(intent, status, filled))).outcome == "duplicate"


def test_an_update_tells_of_an_acceptance_that_was_never_heard_and_changes_nothing_in_the_state_when_decided() -> None:
    desk, intent = sent()
    decision = pure(desk.state, update(seen(intent, OrderStatus.ACCEPTED)))
    assert [fact.kind for fact in decision.facts] == ["OrderAcknowledged"]
    desk.tell(update(seen(intent, OrderStatus.ACCEPTED)))
    assert desk.state.state.orders[intent.client_order_id].venue_order_id == "v1"
    assert desk.tell(update(seen(intent, OrderStatus.ACCEPTED))).outcome == "duplicate"


def test_a_fill_is_booked_once_by_the_identity_that_the_venue_gave() -> None:
    desk, intent = sent()
    part = venue_fill("SPY", "BUY", "4", "100", order=intent.client_order_id, number=1)
    rest = venue_fill("SPY", "BUY", "6", "101", order=intent.client_order_id, number=2)
    before = len(desk.facts)
    desk.tell(book(part, part))
    desk.tell(book(part, rest))
    assert desk.tell(book(rest, part)).outcome == "duplicate"
    assert desk.kinds(before) == ["Fill", "Fill", "RunEnded"]
    assert desk.state.state.holdings["scripted:SPY:1"].quantity == D(10)
    assert [fact.fact_id for fact in desk.facts if fact.kind == "Fill"] == ["Fill:scripted:x1", "Fill:scripted:x2"]


def test_a_fill_carries_the_venues_time_and_name_and_the_strategys_share() -> None:
    desk, intent = sent()
    later = START.replace(hour=18)
    desk.tell(book(replace(venue_fill("SPY", "BUY", "4", "100", order=intent.client_order_id), filled_at=later)))
    fact = desk.facts[-1]
    assert isinstance(fact.body, Fill)
    assert (fact.occurred_at, fact.recorded_at, fact.source) == (later, START, "scripted")
    assert [(share.strategy, share.amount) for share in fact.strategy_shares] == [(TREND, D(4))]
    assert fact.correlation_id == intent.run_id


def test_a_fill_of_an_order_that_we_never_sent_is_nobodys_and_ends_no_run() -> None:
    desk, _ = sent()
    before = len(desk.facts)
    desk.tell(book(venue_fill("TLT", "BUY", "4", "50", order="by-hand")))
    assert desk.kinds(before) == ["Fill"]
    assert desk.state.state.holdings["scripted:TLT:1"].owners == {"unassigned": D(4)}


def test_a_fill_of_a_symbol_that_the_account_does_not_know_is_refused_whole() -> None:
    desk, _ = sent()
    before = len(desk.facts)
    with pytest.raises(InvalidInput, match="a symbol of this account"):
        desk.tell(book(venue_fill("TLT", "BUY", "4", "50"), venue_fill("XYZ", "BUY", "4", "50", number=2)))
    assert desk.kinds(before) == []


def test_news_of_an_order_that_is_not_ours_is_no_news() -> None:
    desk, intent = sent()
    other = replace(intent, client_order_id="not-ours")
    before = len(desk.facts)
    for command in (
        outcome(other, Refused(reason="no")),
        look_up(other, None, proved=True),
        update(seen(other, OrderStatus.CANCELED)),
        RequestCancel(actor=OWNER, at=START, cause="c", client_order_id="not-ours", reason="enough"),
    ):
        assert desk.tell(command).outcome == "duplicate"
    assert desk.kinds(before) == []
    assert desk.cancels() == []
