"""What has an account done so far? Counts over its journal, for summaries; nothing decides on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from counterpoise.domain.accounts import AccountId
from counterpoise.domain.decisions import RiskMode
from counterpoise.domain.facts import (
    CandidateJudged,
    Fact,
    Fill,
    LinesJudged,
    ModeChanged,
    OrderIntended,
    OrderUnknown,
    RunStarted,
)
from counterpoise.domain.facts.control import RunKind
from counterpoise.domain.numbers import ZERO
from counterpoise.ledger import codec
from counterpoise.ledger.journal import Journal


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts of what the facts say.

    Attributes:
        denials: Leading reason → candidates denied for it.
        reasons: Reason → candidates that had it among theirs.
        denied_lines: Plan lines that were judged at sending and held back.
        partial_fills: Fills that brought only a part of their order.
        orders: Orders intended, each once however often it was sent.
        fees: Σ fees of fills in the base currency's units as charged; positive is paid.
    """

    facts: int = 0
    approved: int = 0
    denied: int = 0
    denials: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    denied_lines: int = 0
    rebalances: int = 0
    orders: dict[str, Decimal] = field(default_factory=dict)
    fills: int = 0
    partial_fills: int = 0
    unknowns: int = 0
    mode_changes: int = 0
    mode: RiskMode = RiskMode.NEUTRAL
    fees: Decimal = ZERO


async def tally(journal: Journal, account: AccountId) -> Tally:
    """Count over the whole journal; only the kinds that count are decoded."""
    counts = Tally()
    async for entry in journal.read(account):
        counts.facts += 1
        if entry.kind in _COUNTS:
            count(counts, codec.decode(entry.raw))
    return counts


def count(counts: Tally, fact: Fact) -> None:
    """Take one fact into the counts."""
    rule = _COUNTS.get(fact.kind)
    if rule is not None:
        rule(counts, fact.body)


def _judged(counts: Tally, body: CandidateJudged) -> None:
    for verdict in body.verdicts:
        if verdict.allowed:
            counts.approved += 1
            continue
        counts.denied += 1
        counts.denials[verdict.reason] = counts.denials.get(verdict.reason, 0) + 1
        for reason in verdict.reasons:
            counts.reasons[reason] = counts.reasons.get(reason, 0) + 1


def _lines(counts: Tally, body: LinesJudged) -> None:
    counts.denied_lines += sum(not verdict.allowed for verdict in body.verdicts)


def _run(counts: Tally, body: RunStarted) -> None:
    counts.rebalances += body.kind is RunKind.REBALANCE


def _intended(counts: Tally, body: OrderIntended) -> None:
    counts.orders[body.intent.client_order_id] = body.intent.quantity


def _fill(counts: Tally, body: Fill) -> None:
    counts.fills += 1
    counts.partial_fills += body.quantity < counts.orders.get(body.client_order_id, body.quantity)
    counts.fees += body.fee


def _unknown(counts: Tally, _body: OrderUnknown) -> None:
    counts.unknowns += 1


def _mode(counts: Tally, body: ModeChanged) -> None:
    counts.mode_changes += body.mode is not counts.mode
    counts.mode = body.mode


_COUNTS: Mapping[str, Callable[[Tally, Any], None]] = MappingProxyType(
    {
        "CandidateJudged": _judged,
        "LinesJudged": _lines,
        "RunStarted": _run,
        "OrderIntended": _intended,
        "Fill": _fill,
        "OrderUnknown": _unknown,
        "ModeChanged": _mode,
    }
)
