"""Is what happened told once, in order, and counted for the day on which it happened?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.control import chronicle as chronicles
from counterpoise.control.chronicle import Chronicle
from counterpoise.control.commands import RecordCashFlow, RequestCancel
from counterpoise.domain.accounts import SYSTEM
from counterpoise.domain.decisions import TradingState
from counterpoise.domain.facts import Fact, OrderIntended
from counterpoise.domain.orders import OrderStatus
from counterpoise.ledger.codec import decode
from tests.control.making import (
    CORE,
    OWNER,
    START,
    D,
    Desk,
    book,
    candidate,
    change_state,
    enable,
    judge,
    open_account,
    rebalance,
    targets,
    venue_fill,
)

FACTS = Path(__file__).parents[1] / "golden" / "facts"
DAY = timedelta(days=1)
CLEAN = {"approved": 0, "denied": 0, "rejected": 0, "unknown": 0}


def told(facts: list[Fact]) -> Chronicle:
    found = Chronicle()
    for fact in facts:
        found.follow(fact)
    return found


def counts(found: Chronicle, at: datetime = START) -> dict[str, int]:
    seen = found.today(at)
    return {name: getattr(seen, name) for name in CLEAN}


def trading(zone: str = "UTC") -> Desk:
    """An account whose bot has one order approved and one denied."""
    desk = Desk(opening=open_account("SPY", "QQQ", zone=zone))
    desk.tell(enable())
    desk.observe(SPY="100", QQQ="50")
    desk.tell(judge(candidate("SPY", "2"), candidate("TLT", "1")))
    return desk


def orders(desk: Desk) -> list[str]:
    return sorted(desk.state.state.orders)


def test_decisions_are_counted_for_their_day_and_the_next_begins_at_none() -> None:
    found = told(trading().facts)
    assert counts(found) == CLEAN | {"approved": 1, "denied": 1}
    assert counts(found, START + DAY) == CLEAN
    assert counts(found, START - DAY) == CLEAN


@pytest.mark.parametrize(
    ("zone", "hours", "same"),
    (
        pytest.param("UTC", 8, True, id="15:00 to 23:00 in London"),
        pytest.param("UTC", 9, False, id="15:00 to midnight"),
        pytest.param("America/New_York", 13, True, id="10:00 to 23:00 in New York"),
        pytest.param("America/New_York", 14, False, id="10:00 to midnight"),
        pytest.param("Asia/Tokyo", 1, True, id="after midnight in Tokyo"),
        pytest.param("Asia/Tokyo", -1, False, id="the day before in Tokyo"),
    ),
)
def test_a_day_is_a_day_of_the_accounts_zone(zone: str, hours: int, *, same: bool) -> None:
    found = told(trading(zone).facts)
    assert (counts(found, START + timedelta(hours=hours))["approved"] == 1) is same


def test_an_older_fact_that_is_recorded_late_counts_for_no_other_day() -> None:
    facts = trading().facts
    late = [replace(fact, occurred_at=fact.occurred_at - DAY) for fact in facts if fact.kind == "CandidateJudged"]
    assert counts(told([*facts, *late])) == counts(told(facts))


def test_events_are_told_the_newest_first_with_the_place_of_their_fact() -> None:
    desk = trading()
    events = told(desk.facts).events(100)
    assert [event.kind for event in events] == ["denied", "approved", "mode", "transfer", "limits", "opened"]
    assert [event.sequence for event in events] == sorted((event.sequence for event in events), reverse=True)
    assert len({event.id for event in events}) == len(events)
    assert all((event.time, event.day) == ("15:00:00", "2024-01-03") for event in events)
    assert len(told(desk.facts).events(2)) == 2


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chronicles, "INTENTS_MAX", 3)
    found, desk = Chronicle(), trading()
    (intended,) = [fact for fact in desk.facts if isinstance(fact.body, OrderIntended)]
    assert isinstance(intended.body, OrderIntended)
    flow = RecordCashFlow(actor=OWNER, at=START, cause="flow", amount=D(1), reference="r")
    desk.tell(flow)
    (paid,) = [fact for fact in desk.facts if fact.kind == "Deposit"][-1:]
    for number in range(3_000):
        found.follow(replace(paid, sequence=100 + number))
    for number in range(10):
        key = f"order-{number}"
        intent = replace(intended.body.intent, client_order_id=key)
        found.follow(replace(intended, body=replace(intended.body, intent=intent)))
    assert len(found.events(1_000_000)) == chronicles.EVENTS_MAX
    assert len(found.markers(None)) == chronicles.MARKERS_MAX
    assert list(found._intents) == ["order-7", "order-8", "order-9"]


def test_rebalances_transfers_and_states_are_marked_on_the_curve() -> None:
    desk = trading()
    desk.tell(targets(CORE, SPY="0.5"))
    desk.tell(rebalance())
    desk.tell(change_state(TradingState.HALTED, at=START + DAY))
    found = told(desk.facts)
    assert [marker.kind for marker in found.markers(None)] == ["transfer", "rebalance", "halt"]
    assert [marker.kind for marker in found.markers(START + DAY)] == ["halt"]


def halted() -> tuple[Desk, str]:
    """An account that was halted while its order worked."""
    desk = trading()
    (key,) = orders(desk)
    desk.tell(change_state(TradingState.HALTED))
    desk.tell(RequestCancel(actor=SYSTEM, at=START, cause=f"halt/{key}", client_order_id=key, reason="halt"))
    return desk, key


def test_an_order_that_a_halt_ends_is_cancelling_until_the_venue_says_what_became_of_it() -> None:
    desk, key = halted()
    (seen,) = told(desk.facts).state_orders(desk.state)
    assert (seen.client_order_id, seen.symbol, seen.side, seen.quantity) == (key, "SPY", "BUY", D(2))
    assert seen.result == "CANCELLING"


def test_an_order_in_doubt_is_told_as_unknown_and_as_filled_once_its_fill_is_known() -> None:
    desk, key = halted()
    found = told(desk.facts)
    recorded = decode((FACTS / "OrderUnknown.json").read_bytes())
    unknown = replace(recorded, body=replace(recorded.body, client_order_id=key))
    found.follow(unknown)
    desk.state.state.orders[key] = replace(desk.state.state.orders[key], status=OrderStatus.UNKNOWN)
    assert [order.result for order in found.state_orders(desk.state)] == ["UNKNOWN"]
    desk.tell(book(venue_fill("SPY", "BUY", "2", "100", order=key)))
    assert [order.result for order in found.state_orders(desk.state)] == ["FILLED"]


def test_an_order_that_filled_before_its_cancel_came_is_told_as_filled() -> None:
    desk, key = halted()
    desk.tell(book(venue_fill("SPY", "BUY", "2", "100", order=key)))
    (seen,) = told(desk.facts).state_orders(desk.state)
    assert seen.result == "FILLED"


@pytest.mark.parametrize(
    ("kind", "result"),
    (
        ("OrderCancelled", "CANCELLED"),
        ("OrderExpired", "EXPIRED"),
        ("OrderRejected", "REJECTED"),
        ("OrderUnknown", "UNKNOWN"),
    ),
)
def test_each_end_of_an_order_is_told_by_its_name(kind: str, result: str) -> None:
    desk, key = halted()
    found = told(desk.facts)
    recorded = decode((FACTS / f"{kind}.json").read_bytes())
    found.follow(replace(recorded, body=replace(recorded.body, client_order_id=key)))
    if kind == "OrderUnknown":
        desk.state.state.orders[key] = replace(desk.state.state.orders[key], status=OrderStatus.UNKNOWN)
    assert [order.result for order in found.state_orders(desk.state)] == [result]


def test_the_next_change_of_state_begins_a_new_list() -> None:
    desk, _ = halted()
    desk.tell(change_state(TradingState.ACTIVE, cause="on"))
    found = told(desk.facts)
    assert found.state_orders(desk.state) == ()
    change = found.state_change
    assert change is not None
    assert (change.by, change.reason) == ("owner", "said so")


def test_a_cancel_that_no_halt_asked_for_is_none_of_its_orders() -> None:
    desk = trading()
    (key,) = orders(desk)
    desk.tell(RequestCancel(actor=SYSTEM, at=START, cause="c", client_order_id=key, reason="owner"))
    assert told(desk.facts).state_orders(desk.state) == ()


@given(st.integers(0, 40))
def test_who_reads_the_journal_back_tells_the_same_as_who_followed_it(cut: int) -> None:
    desk, _ = halted()
    followed, again = told(desk.facts), told(desk.facts[:cut])
    for fact in desk.facts[cut:]:
        again.follow(fact)
    assert again.events(1_000) == followed.events(1_000)
    assert again.markers(None) == followed.markers(None)
    assert again.version == followed.version
