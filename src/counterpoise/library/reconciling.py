"""How does a person see where ledger and venue differ, and put it right?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Protocol

from counterpoise.control.account import Account
from counterpoise.control.commands import ReverseAdjustment, SettleBreak
from counterpoise.control.decision import Answer
from counterpoise.control.reconciliation import Comparison, facts_of
from counterpoise.domain.accounts import Actor
from counterpoise.domain.errors import InvalidInput, VenueUnavailable
from counterpoise.domain.facts import Adjustment, AdjustmentReversed, Fact, PositionAdjusted
from counterpoise.domain.statements import Break
from counterpoise.execution.reconciliation.causes import Explanation, Proposal
from counterpoise.library.rest import Rest
from counterpoise.wiring import Parts


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBreakSeen:
    """A break that is open.

    Attributes:
        break_id: Names it for `settle_break`.
        difference: As it was when it opened.
    """

    break_id: str
    difference: Break
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentSeen:
    """A correction that holds.

    Attributes:
        adjustment_id: Names it for `reverse_adjustment`.
        sequence: Its place in the journal, which names it too.
    """

    adjustment_id: str
    sequence: int
    body: Adjustment | PositionAdjusted
    instrument: str | None
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What a comparison came to.

    Attributes:
        as_of: The venue's time of its figures.
        differences: Every one beyond tolerance.
        waiting: Those of them that are in flight or were read once only; they open no break yet.
        breaks: What is open now.
        explanations: What makes the differences, the likeliest first.
        adjustments: Corrections that hold and may be reversed.
    """

    venue: str
    as_of: datetime
    differences: tuple[Break, ...]
    waiting: tuple[Break, ...]
    breaks: tuple[OpenBreakSeen, ...]
    explanations: tuple[Explanation, ...]
    adjustments: tuple[AdjustmentSeen, ...]

    @property
    def agrees(self) -> bool:
        """Whether cash, positions and open orders are the same on both sides."""
        return not self.differences


class _Reconciled(Protocol):
    """What the mixin needs of a running account."""

    parts: Parts
    _account: Account
    _rest: Rest


class Reconciles:
    """The part of `Counterpoise` that holds ledger and venue together."""

    async def reconcile(self: _Reconciled, at: datetime | None = None) -> Reconciliation:
        """Take over what the venue has, compare, read again what differs, and explain it.

        Raises:
            VenueUnavailable: the venue did not answer, or did not stand still; nothing is concluded from that.
        """
        seen = await _compared(self._rest, at or self.parts.clock.now())
        facts = await facts_of(self.parts.journal, self._account)
        return Reconciliation(
            venue=seen.said.venue,
            as_of=seen.said.as_of,
            differences=seen.found,
            waiting=seen.watched.waiting,
            breaks=_breaks(self._account),
            explanations=await self._rest.explain(seen),
            adjustments=_adjustments(facts),
        )

    def breaks(self: _Reconciled) -> tuple[OpenBreakSeen, ...]:
        """Differences that block new risk, oldest first."""
        return _breaks(self._account)

    async def settle_break(
        self: _Reconciled,
        which: str,
        reason: str,
        actor: Actor,
        *,
        explanation: int = 0,
        unit_price: Decimal | None = None,
        at: datetime | None = None,
    ) -> Answer:
        """Make our figure the venue's, by an adjustment that names the break, or by what an explanation proposes.

        Args:
            which: The break: its id, or its subject, such as USD or SPY.
            reason: Why, in words; it stays in the journal.
            actor: Who says so.
            explanation: 0 adjusts; 1 books what the likeliest explanation proposes, 2 the next.
            unit_price: What units cost that come by it; our mark by default.
            at: When; now by default.

        Raises:
            InvalidInput: no such break or explanation, or nothing that can be booked for it.
            VenueUnavailable: the venue's figures could not be read.
        """
        now = at or self.parts.clock.now()
        found = _the_break(self._account, which)
        seen = await _compared(self._rest, now)
        found = _the_break(self._account, found.break_id)
        key = (found.difference.kind, found.difference.subject)
        difference = next((item for item in seen.found if (item.kind, item.subject) == key), found.difference)
        proposals = await _proposals(self._rest, seen, explanation) if explanation else ()
        command = SettleBreak(
            actor=actor,
            at=now,
            cause=f"settle/{_short(found.break_id)}" + (f"/{self._account.view.sequence}" if explanation else ""),
            opened=found.break_id,
            difference=difference,
            reason=reason,
            proposals=proposals,
            unit_price=unit_price,
        )
        answer = await self._account.ask(command)
        await self._rest.compare(now)
        return answer

    async def reverse_adjustment(
        self: _Reconciled, which: str, reason: str, actor: Actor, at: datetime | None = None
    ) -> Answer:
        """Take an adjustment back: the opposite is booked, and the break that it had settled is open again.

        Args:
            which: fact_id of the adjustment, or its place in the journal.
            reason: Why, in words.
            actor: Who says so.
            at: When; now by default.

        Raises:
            InvalidInput: no such adjustment.
        """
        facts = await facts_of(self.parts.journal, self._account)
        adjusted = next((fact for fact in facts if which in (fact.fact_id, str(fact.sequence))), None)
        if adjusted is None or not isinstance(adjusted.body, Adjustment | PositionAdjusted):
            known = ", ".join(f"{item.sequence}" for item in _adjustments(facts)) or "there is none"
            raise InvalidInput("adjustment", which, f"an adjustment that holds: {known}")
        settled = next((fact for fact in facts if fact.fact_id == adjusted.body.settles), None)
        command = ReverseAdjustment(
            actor=actor,
            at=at or self.parts.clock.now(),
            cause=f"reverse/{_short(adjusted.fact_id)}",
            adjustment=adjusted,
            settled=settled,
            reason=reason,
        )
        return await self._account.ask(command)


async def _compared(rest: Rest, now: datetime) -> Comparison:
    await rest.settle(now)
    seen = await rest.compare_until_sure(now)
    if seen is None:
        raise VenueUnavailable("a fill came between the venue's answers, so nothing was compared; ask again")
    return seen


async def _proposals(rest: Rest, seen: Comparison, number: int) -> tuple[Proposal, ...]:
    found = await rest.explain(seen)
    if not 1 <= number <= len(found):
        raise InvalidInput("explanation", number, f"a number from 1 to {len(found)}")
    return found[number - 1].proposals


def _breaks(account: Account) -> tuple[OpenBreakSeen, ...]:
    return tuple(
        OpenBreakSeen(break_id=key, difference=item.difference, opened_at=item.opened_at)
        for key, item in account.view.state.breaks.items()
    )


def _the_break(account: Account, which: str) -> OpenBreakSeen:
    """By its id, or by its subject where only one break is about that.

    Raises:
        InvalidInput: there is none.
    """
    found = _breaks(account)
    named = [item for item in found if which in (item.break_id, item.difference.subject)]
    if len(named) != 1:
        known = ", ".join(item.difference.subject for item in found) or "none is open"
        raise InvalidInput("break", which, f"a break that is open: {known}")
    return named[0]


def _adjustments(facts: list[Fact]) -> tuple[AdjustmentSeen, ...]:
    """Corrections that nobody took back, oldest first."""
    gone = {fact.body.adjustment for fact in facts if isinstance(fact.body, AdjustmentReversed)}
    return tuple(
        AdjustmentSeen(
            adjustment_id=fact.fact_id,
            sequence=fact.sequence,
            body=fact.body,
            instrument=fact.instrument,
            actor=fact.actor,
            at=fact.occurred_at,
        )
        for fact in facts
        if isinstance(fact.body, Adjustment | PositionAdjusted) and fact.fact_id not in gone
    )


def _short(identity: str) -> str:
    """A name of fixed length: an adjustment of a break that was opened by a reversal would else grow for ever."""
    return sha256(identity.encode()).hexdigest()[:16]
