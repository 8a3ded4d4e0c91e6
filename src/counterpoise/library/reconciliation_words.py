"""How is a comparison told: to a program as JSON, to a person in words and numbers?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from counterpoise.domain.numbers import canonical, divide_half_even, shortest
from counterpoise.domain.statements import Break, BreakKind, VenueFill
from counterpoise.domain.time import format_time
from counterpoise.execution.reconciliation.causes import (
    ActAtVenue,
    Adjust,
    AdoptPosition,
    BookFill,
    Cause,
    CorrectFill,
    Explanation,
    Proposal,
    RecordCash,
    RecordRate,
    RecordSplit,
    TakeBackFill,
)
from counterpoise.execution.reconciliation.pointed import fill_in_words
from counterpoise.library.reconciling import AdjustmentSeen, OpenBreakSeen, Reconciliation
from counterpoise.messages.wire import Json, to_json

SHOWN_PLACES = 9
"""Digits after the point that a person is shown; JSON has them all."""


def as_json(seen: Reconciliation, account: str) -> dict[str, Json]:
    """The whole comparison as one object; decimals are strings."""
    waiting = seen.waiting
    return {
        "account": account,
        "venue": seen.venue,
        "as_of": format_time(seen.as_of),
        "agrees": seen.agrees,
        "differences": [{**_break_json(item), "waiting": item in waiting} for item in seen.differences],
        "breaks": [
            {"break_id": item.break_id, "opened_at": format_time(item.opened_at), **_break_json(item.difference)}
            for item in seen.breaks
        ],
        "explanations": [_explanation_json(item) for item in seen.explanations],
        "adjustments": [
            {
                "adjustment_id": item.adjustment_id,
                "sequence": item.sequence,
                "actor": item.actor,
                "at": format_time(item.at),
                "instrument": item.instrument,
                "kind": type(item.body).__name__,
                "body": to_json(item.body),
            }
            for item in seen.adjustments
        ],
    }


def lines(seen: Reconciliation, account: str) -> Iterator[str]:
    """The comparison as a person reads it."""
    when = f"{seen.as_of:%Y-%m-%d %H:%M:%S} UTC"
    if seen.agrees:
        yield f"{account} and {seen.venue} agree: cash, positions and open orders, as of {when}"
    else:
        count = len(seen.differences)
        yield f"{account} and {seen.venue} differ in {count} figure{'s' if count > 1 else ''}, as of {when}"
        yield ""
        for item in seen.differences:
            yield from _difference(item, seen)
        yield ""
        yield "What makes it, the likeliest first:"
        for number, explanation in enumerate(seen.explanations, 1):
            yield from _explanation(number, explanation)
    if seen.adjustments:
        yield ""
        yield "Adjustments that hold:"
        for adjusted in seen.adjustments:
            yield f"  {adjustment_in_words(adjusted)}"


def in_words(proposal: Proposal) -> str:
    """What would be done, as a sentence's end."""
    return _WORDS[type(proposal)](proposal)


def adjustment_in_words(item: AdjustmentSeen) -> str:
    """One correction that holds: what, who, when and why, with the number that names it."""
    body = item.body
    moved = getattr(body, "quantity", None)
    figure = f"{shown(moved)} units of {item.instrument}" if moved is not None else f"{shown(body.amount)} {body.asset}"  # type: ignore[union-attr]
    return f"{item.sequence}  {figure}, by {item.actor} at {item.at:%Y-%m-%d %H:%M} UTC: {body.reason}"


def shown(value: Decimal) -> str:
    """A number for people: thousands apart, at most nine places."""
    return f"{canonical(divide_half_even(value, Decimal(1), SHOWN_PLACES)):,f}"


def _at(price: Decimal | None) -> str:
    return "" if price is None else f" at {shown(price)} a unit"


def _difference(item: Break, seen: Reconciliation) -> Iterator[str]:
    what = f"order {item.subject}" if item.kind is BreakKind.ORDER else item.subject
    yield (
        f"  {what:<14} ledger {shown(item.ours):>16}   {seen.venue} {shown(item.theirs):>16}"
        f"   ledger − venue {shown(item.ours - item.theirs):>14}"
    )
    broken = next((known for known in seen.breaks if _is_about(known, item)), None)
    if broken is not None:
        yield f"  {'':<14} break open since {broken.opened_at:%Y-%m-%d %H:%M:%S} UTC: {_blocked(item)}"
    elif item in seen.waiting:
        yield f"  {'':<14} no break yet: something in flight may explain it, or it was read once only"


def _is_about(known: OpenBreakSeen, item: Break) -> bool:
    return (known.difference.kind, known.difference.subject) == (item.kind, item.subject)


def _blocked(item: Break) -> str:
    if item.kind is BreakKind.CASH:
        return "no new risk in the account until it is settled"
    return f"no new risk in {item.symbol or item.subject} until it is settled"


def _explanation(number: int, item: Explanation) -> Iterator[str]:
    yield f"  {number}. {' + '.join(cause.name for cause in item.causes)}   (score {item.score} of 100)"
    for cause in item.causes:
        yield f"     {cause.evidence}"
    for line in item.lines:
        yield f"     −{line.points}: {line.why}"
    for proposal in item.proposals:
        yield f"     proposal: {in_words(proposal)}"


def _break_json(item: Break) -> dict[str, Json]:
    return {
        "kind": str(item.kind),
        "subject": item.subject,
        "symbol": item.symbol,
        "ours": shortest(item.ours),
        "theirs": shortest(item.theirs),
        "ours_minus_theirs": shortest(item.ours - item.theirs),
    }


def _explanation_json(item: Explanation) -> Json:
    return {
        "score": item.score,
        "lines": [{"points": -line.points, "why": line.why} for line in item.lines],
        "causes": [_cause_json(cause) for cause in item.causes],
    }


def _cause_json(cause: Cause) -> Json:
    return {
        "kinds": [str(kind) for kind in cause.kinds],
        "evidence": cause.evidence,
        "pointed": cause.pointed,
        "effect": [
            {"kind": str(kind), "subject": subject, "amount": shortest(amount)}
            for (kind, subject), amount in cause.effect.items()
        ],
        "proposals": [
            {"kind": type(proposal).__name__, "words": in_words(proposal), "figures": to_json(proposal)}
            for proposal in cause.proposals
        ],
    }


def _fill(fill: VenueFill) -> str:
    return f"{fill.fill_id}, {fill_in_words(fill.side, fill.quantity, fill.symbol, fill.price)}"


def _adjust(proposal: Adjust) -> str:
    if not proposal.symbol:
        return f"adjust cash by {shown(proposal.amount)} {proposal.asset}"
    return f"adjust {proposal.symbol} by {shown(proposal.amount)} units{_at(proposal.unit_price)}"


def _record_cash(proposal: RecordCash) -> str:
    event = proposal.event
    return f"record {event.kind.lower()} {event.event_id} of {shown(event.amount)} {event.asset}"


def _split(proposal: RecordSplit) -> str:
    return f"record a split of {proposal.symbol}, {shown(proposal.numerator)}:{shown(proposal.denominator)}"


_WORDS: Mapping[type[Proposal], Callable[[Any], str]] = MappingProxyType(
    {
        BookFill: lambda it: f"book fill {_fill(it.fill)}",
        TakeBackFill: lambda it: f"take back our fill {it.fill_id}",
        CorrectFill: lambda it: f"correct our fill to {_fill(it.fill)}, fee {shown(it.fill.fee)} {it.fill.fee_asset}",
        AdoptPosition: lambda it: f"adopt {shown(it.quantity)} {it.symbol}{_at(it.unit_price)}",
        RecordCash: _record_cash,
        RecordSplit: _split,
        RecordRate: lambda it: f"record the rate {shown(it.rate)} of {it.asset}",
        Adjust: _adjust,
        ActAtVenue: lambda it: it.advice,
    }
)
"""Kind of a proposal → its words."""
