"""What does a fact say to a person, in a title and a sentence with figures?

Figures are cut half even to what a screen can hold; the fact behind the sentence keeps every digit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from counterpoise.domain.accounts import UNASSIGNED
from counterpoise.domain.decisions import RiskMode, Severity, TradingState, Verdict
from counterpoise.domain.facts import (
    AccountOpened,
    AdjustmentReversed,
    BreakOpened,
    BreakSettled,
    CandidateJudged,
    Deposit,
    Fact,
    Fill,
    LimitsSet,
    LinesJudged,
    ModeChanged,
    OpeningBalance,
    OrderCancelled,
    OrderExpired,
    OrderRejected,
    OrderUnknown,
    PlanProposed,
    RunEnded,
    TradingStateChanged,
    Withdrawal,
)
from counterpoise.domain.facts.control import RunKind, RunOutcome
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.plans import PlanAction
from counterpoise.domain.statements import BreakKind
from counterpoise.messages.bookkeeping import BOOKKEEPING
from counterpoise.messages.events import EventKind, EventReason
from counterpoise.messages.sentence import MINUS, Before, Sentence, counted, listed, shown, units
from counterpoise.risk.mode import ModeReason
from counterpoise.risk.reasons import EXPLANATIONS

__all__ = [
    "MINUS",
    "MODE_TEXTS",
    "SPEAKING",
    "Before",
    "Sentence",
    "counted",
    "listed",
    "reason_of",
    "sentences",
    "shown",
    "units",
]

_LONG = re.compile(r"\d+\.\d{3,}")
"""Figures of a detail with more places than a screen needs."""

MODE_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        ModeReason.CRITICAL_VIOLATIONS: "a limit is passed",
        ModeReason.DAILY_DRAWDOWN: "the day's drawdown is above its bound",
        ModeReason.LOSING_STREAK: "too many trades in a row were lost",
        ModeReason.MAX_POSITIONS_REACHED: "as many positions are open as are allowed",
        ModeReason.TOTAL_RISK_HIGH: "total risk is near its limit",
        ModeReason.DEFENSIVE_POLICY: "the orchestrator asks for it",
        ModeReason.INPUT_MISSING: "a price or a stated input is missing or stale",
        ModeReason.COOLDOWN: "the conditions have not been over for long enough",
        ModeReason.AGGRESSIVE_POLICY: "the orchestrator asks for it",
        ModeReason.CALM: "little risk, hardly a fall, no losing streak",
    }
)
"""Reason of a mode → what it means, in words."""


def sentences(fact: Fact, before: Before) -> tuple[Sentence, ...]:
    """What the fact says; nothing for facts that only keep the books."""
    rule = _RULES.get(fact.kind)
    return () if rule is None else tuple(rule(fact, fact.body, before))


def reason_of(code: Any) -> EventReason:  # noqa: ANN401 - any member of Reason
    """A reason with what it means and what to do about it."""
    said = EXPLANATIONS[code]
    return EventReason(code=str(code), meaning=said.meaning, remedy=said.remedy)


def _opened(_fact: Fact, body: AccountOpened, _before: Before) -> Iterator[Sentence]:
    terms = body.terms
    yield Sentence(
        kind=EventKind.OPENED,
        title=f"Account {body.name} opened",
        detail=f"{terms.kind}, {terms.base_currency}, {terms.venue}, {terms.mode}",
    )


def _transfer(fact: Fact, body: Deposit | Withdrawal | OpeningBalance, _before: Before) -> Iterator[Sentence]:
    names = {"OpeningBalance": "Opening balance"}
    yield Sentence(
        kind=EventKind.TRANSFER,
        title=f"{names.get(fact.kind, fact.kind)} {shown(body.amount)} {body.asset}",
        detail=getattr(body, "reference", ""),
    )


def _judged(_fact: Fact, body: CandidateJudged, _before: Before) -> Iterator[Sentence]:
    for verdict in body.verdicts:
        asked = body.candidates[verdict.index] if verdict.index < len(body.candidates) else None
        size = verdict.recommended_size if verdict.allowed or asked is None else asked.size
        facts = (
            ("Score", units(verdict.priority_score)),
            ("Mode", str(body.mode)),
            ("Strategy", asked.strategy if asked else UNASSIGNED),
            ("Equity", shown(body.equity)),
        )
        yield _verdict(verdict, size, facts)


def _lines(_fact: Fact, body: LinesJudged, before: Before) -> Iterator[Sentence]:
    for verdict in body.verdicts:
        if not verdict.allowed:
            facts = (("Line", str(verdict.index)), ("Equity", shown(body.equity)), ("Mode", str(before.mode)))
            yield _verdict(verdict, verdict.recommended_size, facts)


def _verdict(verdict: Verdict, size: Decimal, facts: tuple[tuple[str, str], ...]) -> Sentence:
    amount = f" {units(size)}" if size else ""
    if verdict.allowed:
        title = f"Approved {verdict.action}{amount} {verdict.symbol}"
        return Sentence(kind=EventKind.APPROVED, title=title, detail=verdict.detail, facts=facts)
    more = f" (+{len(verdict.reasons) - 1})" if len(verdict.reasons) > 1 else ""
    measured = _LONG.sub(lambda found: shown(Decimal(found[0])), verdict.detail).removeprefix(f"{verdict.reason}: ")
    said = f": {measured}" if measured else ""
    return Sentence(
        kind=EventKind.DENIED,
        title=f"Denied {verdict.action}{amount} {verdict.symbol}",
        detail=f"{verdict.reason}{more}{said}",
        reasons=tuple(reason_of(reason) for reason in verdict.reasons),
        facts=facts,
    )


def _planned(_fact: Fact, body: PlanProposed, _before: Before) -> Iterator[Sentence]:
    sales = [item for item in body.plan.items if item.action is PlanAction.SELL]
    buys = [item for item in body.plan.items if item.action is PlanAction.BUY]
    sold = sum((item.order_value for item in sales), ZERO)
    bought = sum((item.order_value for item in buys), ZERO)
    yield Sentence(
        kind=EventKind.RUN,
        title=f"Rebalance of {body.strategy} planned",
        detail=f"{counted(len(sales), 'sale')} of {shown(sold)}, {counted(len(buys), 'purchase')} of {shown(bought)}",
        facts=tuple((str(item.symbol), f"{item.action} {units(item.quantity)}") for item in (*sales, *buys)),
    )


def _run_ended(_fact: Fact, body: RunEnded, before: Before) -> Iterator[Sentence]:
    if before.kinds.get(body.run_id) is not RunKind.REBALANCE:
        return
    words = body.outcome.replace("_", ", ").lower()
    changed = len(body.adjustments)
    yield Sentence(
        kind=EventKind.RUN,
        title=f"Rebalance {words}",
        detail=f"{changed} of its lines differ from the plan" if changed else "every line as planned",
        severity=None if body.outcome in (RunOutcome.COMPLETED, RunOutcome.COMPLETED_ADJUSTED) else Severity.WARNING,
        facts=tuple((f"Line {place}", text) for place, text in enumerate(body.adjustments, 1)),
    )


def _filled(fact: Fact, body: Fill, before: Before) -> Iterator[Sentence]:
    symbol = before.symbols.get(str(fact.instrument), str(fact.instrument))
    intent = before.intents.get(body.client_order_id)
    part = "" if intent is None or intent.quantity == body.quantity else f", of {units(intent.quantity)}"
    yield Sentence(
        kind=EventKind.FILLED,
        title=f"Filled {body.side} {units(body.quantity)} {symbol} at {shown(body.price)}",
        detail=f"Fee {shown(body.fee)} {body.fee_asset}{part}",
        facts=(("Order", body.client_order_id or "none of ours"), ("Execution", body.fill_id)),
    )


def _order_ended(fact: Fact, body: Any, before: Before) -> Iterator[Sentence]:  # noqa: ANN401 - one of four bodies
    kind, verb, severity = _ENDS[fact.kind]
    intent = before.intents.get(body.client_order_id)
    what = f"{intent.side} {units(intent.quantity)} {intent.symbol}" if intent else f"order {body.client_order_id}"
    said = getattr(body, "reason", "") or getattr(body, "detail", "")
    if fact.kind == "OrderUnknown":
        said = "Sent, no answer. It is being looked up; its room stays reserved."
    yield Sentence(
        kind=kind, title=f"{verb} {what}", detail=said, severity=severity, facts=(("Order", body.client_order_id),)
    )


_ENDS: Mapping[str, tuple[EventKind, str, Severity | None]] = MappingProxyType(
    {
        OrderRejected.__name__: (EventKind.REJECTED, "Rejected by the venue:", Severity.WARNING),
        OrderUnknown.__name__: (EventKind.UNKNOWN, "Outcome unknown:", Severity.WARNING),
        OrderCancelled.__name__: (EventKind.CANCELLED, "Cancelled", None),
        OrderExpired.__name__: (EventKind.EXPIRED, "Expired", None),
    }
)


def _mode(_fact: Fact, body: ModeChanged, before: Before) -> Iterator[Sentence]:
    if body.mode is before.mode:
        return  # the same mode again says only that its conditions still hold
    words = "; ".join(MODE_TEXTS.get(reason, reason) for reason in body.reasons)
    yield Sentence(
        kind=EventKind.MODE,
        title=f"{before.mode} to {body.mode}",
        detail=words or "no condition of another mode holds",
        severity=Severity.WARNING if body.mode is RiskMode.SAFE else None,
    )


def _state(fact: Fact, body: TradingStateChanged, before: Before) -> Iterator[Sentence]:
    severity = {TradingState.HALTED: Severity.CRITICAL, TradingState.REDUCING: Severity.WARNING}.get(body.state)
    yield Sentence(
        kind=EventKind.STATE,
        title=f"{before.state} to {body.state}",
        detail=f"by {fact.actor}: {body.reason}" if body.reason else f"by {fact.actor}",
        severity=severity,
    )


def _limits(fact: Fact, body: LimitsSet, _before: Before) -> Iterator[Sentence]:
    yield Sentence(
        kind=EventKind.LIMITS, title=f"Limits of the {body.preset} set", detail=f"by {fact.actor}: {body.reason}"
    )


def _break_opened(_fact: Fact, body: BreakOpened, _before: Before) -> Iterator[Sentence]:
    found = body.difference
    if found.kind is BreakKind.MISSING_ACQUISITION:
        title = f"{units(abs(found.ours))} {found.subject} sold that nothing shows being bought"
        detail = f"No new risk in {found.subject} until the purchase is booked"
        yield Sentence(kind=EventKind.BREAK, title=title, detail=detail, severity=body.severity)
        return
    yield Sentence(
        kind=EventKind.BREAK,
        title=f"Venue and ledger differ in {found.subject}",
        detail=f"{found.kind}: ledger {units(found.ours)}, venue {units(found.theirs)}",
        severity=body.severity,
    )


def _break_settled(_fact: Fact, body: BreakSettled, _before: Before) -> Iterator[Sentence]:
    # A settled break carries only the name of the one that it settles, which says of which kind that was.
    missing = f":{BreakKind.MISSING_ACQUISITION}:" in body.opened
    title = "Break of a missing purchase settled" if missing else "Venue and ledger agree again"
    yield Sentence(kind=EventKind.AGREE, title=title, detail=body.reason)


def _adjusted(fact: Fact, body: Any, before: Before) -> Iterator[Sentence]:  # noqa: ANN401 - one of three bodies
    """A correction by hand, or its reversal: never silent, since no venue told of it."""
    units_moved = getattr(body, "quantity", None)
    if units_moved:
        what = f"{units(units_moved)} {before.symbols.get(str(fact.instrument), str(fact.instrument))}"
    else:
        what = f"{shown(body.amount)} {body.asset}"
    verb = "Adjustment reversed" if isinstance(body, AdjustmentReversed) else "Adjusted"
    yield Sentence(
        kind=EventKind.BREAK,
        title=f"{verb}: {what}",
        detail=f"by {fact.actor}: {body.reason}",
        severity=Severity.WARNING,
    )


_RULES: Mapping[str, Callable[[Fact, Any, Before], Iterator[Sentence]]] = MappingProxyType(
    {
        AccountOpened.__name__: _opened,
        OpeningBalance.__name__: _transfer,
        Deposit.__name__: _transfer,
        Withdrawal.__name__: _transfer,
        CandidateJudged.__name__: _judged,
        LinesJudged.__name__: _lines,
        PlanProposed.__name__: _planned,
        RunEnded.__name__: _run_ended,
        Fill.__name__: _filled,
        **dict.fromkeys(_ENDS, _order_ended),
        ModeChanged.__name__: _mode,
        TradingStateChanged.__name__: _state,
        LimitsSet.__name__: _limits,
        BreakOpened.__name__: _break_opened,
        BreakSettled.__name__: _break_settled,
        **BOOKKEEPING,
        **dict.fromkeys(("Adjustment", "PositionAdjusted", "AdjustmentReversed"), _adjusted),
    }
)
"""Kind of a fact → what it says."""

SPEAKING = frozenset(_RULES)
"""Kinds that may say something."""
