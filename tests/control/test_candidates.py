"""Do a strategy's candidates become orders that the gate allowed, and nothing else?"""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal

import pytest

from counterpoise.domain.decisions import CandidateTrade, Reason, RiskMode, TradingState, Verdict
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.facts import CandidateJudged, MarksRecorded
from counterpoise.domain.orders import Side
from tests.control.making import (
    TREND,
    WIDE,
    D,
    Desk,
    book,
    candidate,
    change_state,
    enable,
    instrument,
    judge,
    mark,
    open_account,
    venue_fill,
)


def ready(*symbols: str, cash: str = "10000", **prices: str) -> Desk:
    desk = Desk(opening=open_account(*symbols, *prices, cash=cash))
    desk.tell(enable())
    for symbol, price in prices.items():
        desk.state.observe(mark(symbol, price))
    return desk


def verdicts(desk: Desk, *candidates: CandidateTrade, cause: str = "judge/1") -> tuple[Verdict, ...]:
    found = desk.tell(judge(*candidates, cause=cause)).detail
    assert isinstance(found, tuple)
    return found


def test_marks_then_judgement_then_run_then_intents_are_recorded_together() -> None:
    desk = ready(SPY="100", TLT="50")
    before = len(desk.facts)
    desk.tell(judge(candidate("SPY", "10"), candidate("TLT", "3")))
    kinds = [kind for kind in desk.kinds(before) if kind != "ModeChanged"]
    assert kinds == ["MarksRecorded", "CandidateJudged", "RunStarted", "OrderIntended", "OrderIntended"]
    judged = desk.bodies("CandidateJudged")[0]
    assert isinstance(judged, CandidateJudged)
    assert judged.marks_ref == "MarksRecorded:judge/1:0"
    assert judged.limits_ref == "LimitsSet:open:0"
    assert (judged.equity, judged.free_margin, judged.used_margin) == (D(10_000), D(10_000), D(0))
    assert [item.price for item in judged.candidates] == [D(100), D(50)]


def test_an_intent_is_what_was_approved_down_to_the_lot_and_belongs_to_its_strategy() -> None:
    desk = Desk(opening=open_account(listed=[instrument("FUT", lot="2", multiplier="5")], cash="100000"))
    desk.tell(enable())
    desk.observe(FUT="100")
    desk.tell(judge(candidate("FUT", "37", risk="100")))
    (approved,) = desk.sends()
    intent = approved.intent
    assert intent.quantity == D(6)  # 37 ÷ 5 = 7.4 units, in lots of 2
    assert [(share.strategy, share.amount) for share in intent.strategy_shares] == [(TREND, D(6))]
    assert (intent.mark, intent.side, intent.risk_amount) == (D(100), Side.BUY, D(100))
    assert approved.epoch == desk.state.epoch
    assert intent.client_order_id.startswith("p")


def test_a_candidate_smaller_than_a_lot_is_denied_by_name_and_not_sent() -> None:
    desk = Desk(opening=open_account(listed=[instrument("FUT", lot="2", multiplier="5")]))
    desk.tell(enable())
    desk.observe(FUT="1")
    (verdict,) = verdicts(desk, candidate("FUT", "9"))
    assert (verdict.allowed, verdict.reasons) == (False, (Reason.DUST,))
    assert desk.sends() == []
    assert "RunStarted" not in desk.kinds()


def test_each_approval_holds_its_room_before_the_next_is_judged() -> None:
    desk = ready(SPY="100", TLT="50")
    found = verdicts(desk, candidate("SPY", "60"), candidate("TLT", "100"))
    assert [(verdict.symbol, verdict.reason) for verdict in found] == [
        ("SPY", "APPROVED"),
        ("TLT", "INSUFFICIENT_CASH"),
    ]
    assert verdicts(desk, candidate("TLT", "81"), cause="judge/2")[0].reason == "INSUFFICIENT_CASH"
    assert verdicts(desk, candidate("TLT", "80"), cause="judge/3")[0].reason == "APPROVED"


@pytest.mark.parametrize(
    ("state", "buy", "sell"),
    (
        pytest.param(TradingState.ACTIVE, (), (), id="active"),
        pytest.param(TradingState.REDUCING, (Reason.REDUCING_ONLY,), (), id="reducing"),
        pytest.param(TradingState.HALTED, (Reason.HALTED,), (Reason.HALTED,), id="halted"),
    ),
)
def test_reducing_denies_what_adds_and_halted_denies_all(
    state: TradingState, buy: tuple[Reason, ...], sell: tuple[Reason, ...]
) -> None:
    desk = ready(SPY="100", TLT="50")
    desk.hold("SPY", "10", "100")
    if state is not TradingState.ACTIVE:
        desk.tell(change_state(state))
    found = {
        verdict.symbol: verdict for verdict in verdicts(desk, candidate("SPY", "4", "SELL"), candidate("TLT", "1"))
    }
    assert found["TLT"].reasons == buy
    assert found["SPY"].reasons == sell
    sent = {"SPY"} if not sell else set()
    assert {approved.intent.symbol for approved in desk.sends()} == sent | ({"TLT"} if not buy else set())


def test_a_sale_of_what_is_held_is_marked_as_a_reduction() -> None:
    desk = ready(SPY="100")
    desk.hold("SPY", "10", "100")
    desk.tell(judge(candidate("SPY", "10", "SELL")))
    assert desk.sends()[0].intent.reduce_only


@pytest.mark.parametrize(
    ("symbol", "reason"),
    (
        pytest.param("TLT", Reason.UNPRICED, id="never marked"),
        pytest.param("XYZ", Reason.UNPRICED, id="not listed"),
    ),
)
def test_what_has_no_price_is_denied_whatever_price_the_bot_states(symbol: str, reason: Reason) -> None:
    desk = ready("TLT", SPY="100")
    stated = replace(candidate(symbol, "1"), price=D(50))
    assert verdicts(desk, stated)[0].reasons == (reason,)


def test_our_own_mark_is_used_and_not_the_price_that_the_bot_states() -> None:
    desk = ready(SPY="100")
    cheap = replace(candidate("SPY", "101"), price=D("0.01"), margin_required=D(1))
    assert verdicts(desk, cheap)[0].reason == "INSUFFICIENT_CASH"


@pytest.mark.parametrize("strategy", ("mean", "trend"))
def test_only_an_enabled_strategy_may_propose(strategy: str) -> None:
    desk = ready(SPY="100")
    desk.tell(enable(enabled=False))
    before = len(desk.facts)
    with pytest.raises(InvalidInput, match="an enabled strategy of this account"):
        desk.tell(judge(candidate("SPY", "1"), strategy=strategy))
    assert desk.kinds(before) == []


def test_no_candidates_are_no_decision() -> None:
    desk = ready(SPY="100")
    before = len(desk.facts)
    assert desk.tell(judge()).outcome == "nothing"
    assert desk.kinds(before) == []


NUMBERS = [item.name for item in fields(CandidateTrade) if "Decimal" in str(item.type)]


@pytest.mark.parametrize("value", (Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), 0.5, True, "1"))
@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_that_is_none_refuses_the_command_and_names_the_field(name: str, value: object) -> None:
    """A fact could not hold it, and comparing it would end the actor."""
    desk = ready(SPY="100")
    before = len(desk.facts)
    bad = replace(candidate("SPY", "1"), **{name: value})  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match=rf"candidates\[1\]\.{name}"):
        desk.tell(judge(candidate("SPY", "1"), bad))
    assert desk.kinds(before) == []
    assert len(NUMBERS) == 8


@pytest.mark.parametrize(
    "bad",
    (
        pytest.param(replace(candidate("SPY", "1"), size=D(-1)), id="a negative size"),
        pytest.param(replace(candidate("SPY", "1"), size=D(0)), id="no size"),
        pytest.param(replace(candidate("SPY", "1"), confidence=D("1.1")), id="confidence above one"),
        pytest.param(replace(candidate("SPY", "1"), risk_amount=D(-1)), id="negative risk"),
    ),
)
def test_a_candidate_that_makes_no_sense_is_denied_alone(bad: CandidateTrade) -> None:
    desk = ready(SPY="100", TLT="50")
    found = {verdict.index: verdict for verdict in verdicts(desk, bad, candidate("TLT", "1"))}
    assert found[0].reasons == (Reason.BAD_INPUT,)
    assert found[1].allowed


def test_a_bot_trades_into_its_own_book_whatever_name_it_writes_on_the_candidate() -> None:
    desk = ready(SPY="100", TLT="50")
    desk.tell(enable("mean"))
    desk.tell(judge(candidate("SPY", "10", strategy="mean"), candidate("TLT", "1", strategy="unassigned")))
    for number, approved in enumerate(desk.sends()):
        intent = approved.intent
        desk.tell(book(venue_fill(intent.symbol, "BUY", str(intent.quantity), "50", order=intent.client_order_id,
                                  number=number + 1)))  # fmt: skip
    owners = {holding.instrument: holding.owners for holding in desk.state.state.holdings.values()}
    assert owners == {"scripted:SPY:1": {TREND: D(10)}, "scripted:TLT:1": {TREND: D(1)}}


def test_each_strategy_has_its_own_book_in_the_one_account() -> None:
    desk = ready(SPY="100")
    desk.tell(enable("mean"))
    for number, (strategy, size) in enumerate((("trend", "10"), ("mean", "5"))):
        desk.tell(judge(candidate("SPY", size, strategy=strategy), strategy=strategy, cause=f"judge/{strategy}"))
        intent = desk.sends()[-1].intent
        desk.tell(book(venue_fill("SPY", "BUY", size, "100", order=intent.client_order_id, number=number + 1, fee="1")))
    state = desk.state.state
    assert state.holdings["scripted:SPY:1"].owners == {"trend": D(10), "mean": D(5)}
    assert state.strategies["trend"].cash["USD"] == D(-1_001)
    assert state.strategies["mean"].cash["USD"] == D(-501)
    assert state.strategies["mean"].causes.fee == D(-1)
    assert state.cash["USD"] == D(10_000) - D(1_502)


def test_the_same_slot_of_a_strategy_is_judged_once() -> None:
    desk = ready(SPY="100")
    desk.tell(judge(candidate("SPY", "1")))
    before = len(desk.facts)
    desk.observe(SPY="101")
    assert desk.tell(judge(candidate("SPY", "2"))).outcome == "duplicate"
    assert desk.kinds(before) == []


def test_the_mode_in_force_is_recorded_with_the_judgement() -> None:
    desk = Desk(opening=open_account("SPY", limits=replace(WIDE, max_positions=1)))
    desk.tell(enable())
    desk.observe(SPY="100")
    desk.hold("SPY", "10", "100")
    (verdict,) = verdicts(desk, candidate("SPY", "1"))
    judged = desk.bodies("CandidateJudged")[0]
    assert isinstance(judged, CandidateJudged)
    assert judged.mode is RiskMode.SAFE
    assert Reason.MAX_POSITIONS_REACHED not in verdict.reasons or not verdict.allowed
    assert desk.state.state.mode is RiskMode.SAFE


def test_marks_that_were_recorded_already_are_not_recorded_again() -> None:
    desk = ready(SPY="100", TLT="50")
    desk.tell(judge(candidate("SPY", "1")))
    desk.observe(TLT="51")
    desk.tell(judge(candidate("SPY", "1"), cause="judge/2"))
    recorded = [body.marks for body in desk.bodies("MarksRecorded") if isinstance(body, MarksRecorded)]
    assert [[mark.instrument for mark in marks] for marks in recorded] == [
        ["scripted:SPY:1", "scripted:TLT:1"],
        ["scripted:TLT:1"],
    ]
