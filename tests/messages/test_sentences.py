"""Does each kind of fact say to a person what it is, and is what strangers wrote harmless in it?"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.decisions import Reason, RiskMode, Severity, TradingState
from counterpoise.domain.facts import SCHEMAS, Fact, ModeChanged, RunEnded, TradingStateChanged
from counterpoise.domain.facts.control import RunKind, RunOutcome
from counterpoise.ledger.codec import decode
from counterpoise.messages.events import EventKind
from counterpoise.messages.sentences import (
    MODE_TEXTS,
    SPEAKING,
    Before,
    Sentence,
    listed,
    reason_of,
    sentences,
    shown,
    units,
)
from counterpoise.messages.wire import to_bytes
from counterpoise.risk.mode import ModeReason
from tests.control.making import START, Desk, book, candidate, enable, judge, venue_fill

D = Decimal
FOLDER = Path(__file__).parents[1] / "golden" / "facts"
NOTHING = Before(mode=RiskMode.NEUTRAL, state=TradingState.ACTIVE, intents={}, kinds={}, symbols={})
ORDER = "p5f5f5f5f5f5f5f5f5f5f-1-1"


def fact(kind: str) -> Fact:
    """A recorded fact of this kind."""
    return decode((FOLDER / f"{kind}.json").read_bytes())


def said(kind: str, before: Before = NOTHING) -> tuple[Sentence, ...]:
    return sentences(fact(kind), before)


@pytest.mark.parametrize(
    ("kind", "event", "severity", "title", "detail"),
    (
        (
            "AccountOpened",
            "opened",
            None,
            'Account the "main" book’s\n\x00\u2028🚀 opened',
            "MARGIN, USD, paper, PAPER",
        ),
        ("OpeningBalance", "transfer", None, "Opening balance 0.00 USD", ""),
        ("Deposit", "transfer", None, "Deposit 10,000.50 USD", "wire 1"),
        ("Withdrawal", "transfer", None, "Withdrawal 0.01 USD", "wire 2"),
        ("LimitsSet", "limits", None, "Limits of the trader set", "by owner: start"),
        ("Fill", "filled", None, "Filled BUY 10.5 paper:BRK.B:1 at 412.10", "Fee 0.10 USD"),
        ("OrderCancelled", "cancelled", None, f"Cancelled order {ORDER}", "asked by owner"),
        ("OrderExpired", "expired", None, f"Expired order {ORDER}", ""),
        (
            "OrderRejected",
            "rejected",
            Severity.WARNING,
            f"Rejected by the venue: order {ORDER}",
            "insufficient day trading buying power",
        ),
        (
            "OrderUnknown",
            "unknown",
            Severity.WARNING,
            f"Outcome unknown: order {ORDER}",
            "Sent, no answer. It is being looked up; its room stays reserved.",
        ),
        ("ModeChanged", "mode", Severity.WARNING, "NEUTRAL to SAFE", "daily drawdown 3.1 % is above 3 %"),
        ("TradingStateChanged", "state", Severity.CRITICAL, "ACTIVE to HALTED", "by owner: something is wrong"),
        ("BreakOpened", "break", Severity.CRITICAL, "Venue and ledger differ in USD", "CASH: ledger 10, venue 9.5"),
        ("BreakSettled", "agree", None, "Venue and ledger agree again", "fee booked"),
        ("Fee", "cash", None, "Rebate 0.0005 BNB", "rebate"),
        ("Funding", "cash", None, "Funding: 1.25 USDT paid", ""),
        ("Interest", "cash", None, "Interest: 0.07 USD received", ""),
        ("Dividend", "cash", None, "Dividend of paper:BRK.B:1: 3.30 USD paid", ""),
        (
            "TransferSent",
            "transfer",
            None,
            "Sent 250.00 USD to savings",
            "In transit until savings has received it; transfer t-1",
        ),
        ("TransferReceived", "transfer", None, "Received 0.10 USD from savings", "Transfer t-2"),
        (
            "StrategyAllotted",
            "cash",
            None,
            "1.5 paper:BRK.B:1 from unassigned to momentum for 412.10 USD",
            "The account itself does not change",
        ),
        ("FxRate", "cash", None, "1 EUR is worth 1.085 from now on", ""),
        (
            "OpeningPosition",
            "transfer",
            None,
            "Took over −10.5 paper:BRK.B:1 at 400.00",
            "Held before the ledger began",
        ),
        ("FillBusted", "amended", None, "Fill exec-1 busted: as if it had never been", "erroneous trade"),
        (
            "FillCorrected",
            "amended",
            None,
            "Fill exec-1 corrected to SELL 9.5 at 412.00",
            "Fee −0.10 BNB: the venue's correction 17",
        ),
        (
            "LotsChosen",
            "amended",
            None,
            "Fill exec-1 closes 9.5 of exec-0",
            "Lots chosen by name; the rest closes the oldest",
        ),
        (
            "Split",
            "corporate",
            None,
            "paper:BRK.B:1 split 2.406 for 2",
            "Units and price change; value and cost stay",
        ),
        ("SymbolChange", "corporate", None, "paper:BRK.B:1 trades as BRK.A from now on", ""),
        (
            "SpinOff",
            "corporate",
            None,
            "−2.1 paper:CL:1 came from paper:BRK.B:1",
            "12.5 % of its cost goes along",
        ),
        (
            "CashInLieu",
            "corporate",
            None,
            "137.37 USD in cash for 0.3333 paper:BRK.B:1",
            "A fraction that was not delivered",
        ),
        ("Adjustment", "break", Severity.WARNING, "Adjusted: −0.50 USD", "by owner: unseen fee"),
        (
            "PositionAdjusted",
            "break",
            Severity.WARNING,
            "Adjusted: −3.5 paper:BRK.B:1",
            "by owner: the venue never had them",
        ),
        ("AdjustmentReversed", "break", Severity.WARNING, "Adjustment reversed: 3.5 paper:BRK.B:1", "by owner: it had"),
    ),
)
def test_a_fact_says_what_it_is(kind: str, event: str, severity: Severity | None, title: str, detail: str) -> None:
    (sentence,) = said(kind)
    assert (sentence.kind, sentence.severity) == (event, severity)
    assert (sentence.title, sentence.detail) == (title, detail)


def test_what_has_a_smaller_figure_than_the_screen_is_never_shown_as_nothing() -> None:
    made = fact("Interest")
    (sentence,) = sentences(replace(made, body=replace(made.body, amount=D("0.0000001"))), NOTHING)
    assert sentence.title == "Interest: 0.0000001 USD received"


def test_a_missing_purchase_and_its_end_are_told_in_their_own_words() -> None:
    desk = Desk("SPY")
    desk.tell(book(venue_fill("SPY", "SELL", "5", "100", number=2)))
    desk.tell(book(replace(venue_fill("SPY", "BUY", "5", "90"), filled_at=START - timedelta(hours=1))))
    told = [said for each in desk.facts if "Break" in each.kind for said in sentences(each, NOTHING)]
    assert [(each.title, each.detail) for each in told] == [
        ("5 SPY sold that nothing shows being bought", "No new risk in SPY until the purchase is booked"),
        ("Break of a missing purchase settled", "every unit that was sold is accounted for"),
    ]


@pytest.mark.parametrize("kind", sorted(SCHEMAS))
def test_every_recorded_kind_speaks_or_is_silent_and_never_fails(kind: str) -> None:
    found = said(kind)
    assert bool(found) <= (kind in SPEAKING)
    for sentence in found:
        assert sentence.title
        assert json.loads(to_bytes(sentence))["title"] == sentence.title


def test_a_denial_names_every_reason_with_its_meaning_and_remedy() -> None:
    (sentence,) = said("CandidateJudged")
    assert sentence.kind is EventKind.DENIED
    assert sentence.title == "Denied SELL ETH/USDT"
    assert sentence.detail.startswith("UNPRICED (+1): no price of")
    assert [reason.code for reason in sentence.reasons] == ["UNPRICED", "SECTOR_EXPOSURE_EXCEEDED"]
    assert all(reason.meaning and reason.remedy for reason in sentence.reasons)
    assert dict(sentence.facts)["Mode"] == "SAFE"


@pytest.mark.parametrize("code", list(Reason))
def test_every_reason_has_a_meaning_and_a_remedy(code: Reason) -> None:
    told = reason_of(code)
    assert told.code == code
    assert told.meaning
    assert told.remedy


@pytest.mark.parametrize("code", list(ModeReason))
def test_every_reason_of_a_mode_has_words(code: ModeReason) -> None:
    assert MODE_TEXTS[code]


def judged() -> Desk:
    desk = Desk("SPY")
    desk.tell(enable())
    desk.observe(SPY="100")
    desk.tell(judge(candidate("SPY", "2"), candidate("SPY", "1e-9")))
    return desk


def test_an_approval_says_what_was_approved_and_a_fill_is_told_by_its_order() -> None:
    facts = judged().facts
    told = [one for item in facts for one in sentences(item, NOTHING)]
    approved = [one for one in told if one.kind is EventKind.APPROVED]
    assert approved[0].title == "Approved BUY 2 SPY"
    intent = next(item.body for item in facts if item.kind == "OrderIntended").intent
    known = replace(NOTHING, intents={ORDER: intent}, symbols={"paper:BRK.B:1": "BRK.B"})
    (filled,) = said("Fill", known)
    assert filled.title == "Filled BUY 10.5 BRK.B at 412.10"
    assert filled.detail.endswith(", of 2"), "a part of the order that asked for 2"
    (cancelled,) = said("OrderCancelled", known)
    assert cancelled.title == "Cancelled BUY 2 SPY"


def test_the_same_mode_again_says_nothing() -> None:
    assert said("ModeChanged", replace(NOTHING, mode=RiskMode.SAFE)) == ()
    calm = replace(fact("ModeChanged"), body=ModeChanged(mode=RiskMode.NEUTRAL, reasons=()))
    (sentence,) = sentences(calm, replace(NOTHING, mode=RiskMode.SAFE))
    assert (sentence.severity, sentence.detail) == (None, "no condition of another mode holds")


@pytest.mark.parametrize(
    ("state", "severity"),
    ((TradingState.ACTIVE, None), (TradingState.REDUCING, Severity.WARNING), (TradingState.HALTED, Severity.CRITICAL)),
)
def test_a_state_is_as_severe_as_it_is(state: TradingState, severity: Severity | None) -> None:
    body = fact("TradingStateChanged").body
    assert isinstance(body, TradingStateChanged)
    changed = replace(fact("TradingStateChanged"), body=replace(body, state=state))
    (sentence,) = sentences(changed, NOTHING)
    assert sentence.severity is severity


@pytest.mark.parametrize("outcome", list(RunOutcome))
def test_the_end_of_a_rebalance_is_told_and_that_of_another_run_is_not(outcome: RunOutcome) -> None:
    ended = fact("RunEnded")
    assert isinstance(ended.body, RunEnded)
    ended = replace(ended, body=replace(ended.body, outcome=outcome))
    assert isinstance(ended.body, RunEnded)
    (sentence,) = sentences(ended, replace(NOTHING, kinds={ended.body.run_id: RunKind.REBALANCE}))
    fine = outcome in (RunOutcome.COMPLETED, RunOutcome.COMPLETED_ADJUSTED)
    assert (sentence.severity is None) is fine
    others = [kind for kind in RunKind if kind is not RunKind.REBALANCE]
    assert all(not sentences(ended, replace(NOTHING, kinds={ended.body.run_id: kind})) for kind in others)


@pytest.mark.parametrize(
    ("value", "text"),
    (
        ("1234567.891", "1,234,567.89"),
        ("-0.004", "0.00"),
        ("0.005", "0.00"),
        ("0.015", "0.02"),
        ("-12.345", "−12.34"),
    ),
)
def test_a_figure_is_cut_half_even_for_a_person(value: str, text: str) -> None:
    assert shown(D(value)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    (("10", "10"), ("10.50", "10.5"), ("0.12345", "0.1234"), ("0.00001", "0.00001"), ("1000", "1,000"), ("0", "0")),
)
def test_a_quantity_never_becomes_nothing_by_being_cut(value: str, text: str) -> None:
    assert units(D(value)) == text


@given(st.decimals("-1e17", "1e17", allow_nan=False, places=9))
def test_a_shown_figure_is_within_half_a_cent(value: Decimal) -> None:
    back = D(shown(value).replace(",", "").replace("−", "-"))
    assert abs(back - value) <= D("0.005")


@pytest.mark.parametrize(
    ("names", "text"),
    (([], ""), (["A"], "A"), (["A", "B", "C"], "A, B, C"), (["A", "B", "C", "D", "E"], "A, B, C and 2 more")),
)
def test_a_list_names_three_and_counts_the_rest(names: list[str], text: str) -> None:
    assert listed(names) == text


EVIL = "</script><b onload=x>\x00\x1b[2J\x07\r\n\u202egnp"


def test_what_a_stranger_wrote_stays_text_on_the_wire() -> None:
    halted = fact("TradingStateChanged")
    assert isinstance(halted.body, TradingStateChanged)
    (sentence,) = sentences(replace(halted, body=replace(halted.body, reason=EVIL)), NOTHING)
    raw = to_bytes(sentence)
    assert json.loads(raw)["detail"].endswith(EVIL)
    assert not any(sign < 0x20 for sign in raw)
