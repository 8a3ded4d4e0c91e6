"""What follows from a comparison with the venue, and from a person's order to put a difference right?"""

from __future__ import annotations

from datetime import datetime

from counterpoise.control import entries, proposals
from counterpoise.control.acquisitions import explains, missing_units
from counterpoise.control.commands import CheckAcquisitions, Reconcile, ReverseAdjustment, SettleBreak
from counterpoise.control.decision import DONE, DUPLICATE, Answer, Decision, Draft
from counterpoise.control.state import ControlState
from counterpoise.domain.decisions import Severity
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.facts import (
    Adjustment,
    AdjustmentReversed,
    BreakOpened,
    BreakSettled,
    Fact,
    PositionAdjusted,
)
from counterpoise.domain.facts.envelope import fact_id
from counterpoise.domain.statements import Break, BreakKind
from counterpoise.execution.reconciliation.causes import Adjust, Proposal
from counterpoise.execution.reconciliation.differences import TOTAL


def reconcile(state: ControlState, command: Reconcile, now: datetime) -> Decision:
    """Record the statement, open a break for each confirmed difference and settle those that are gone.

    Units that are known to be missing an acquisition have a break of their own: none of the comparison's doubles it,
    and no agreement of figures settles it.
    """
    draft = Draft(state, command, now)
    if command.statement is not None:
        draft.add(
            entries.stated(command.statement, agrees=not command.differences),
            occurred_at=min(command.statement.as_of, command.at),
            source=command.statement.venue,
        )
    missing = missing_units(state.state)
    known = {(item.difference.kind, item.difference.subject): ref for ref, item in state.state.breaks.items()}
    for item in command.confirmed:
        if (item.kind, item.subject) not in known and not explains(missing, item):
            draft.add(_opened(item), ordinal=f"{item.kind}:{item.subject}")
    seen = {(item.kind, item.subject) for item in command.differences if not explains(missing, item)}
    for subject, ref in known.items():
        if subject not in seen and subject[0] is not BreakKind.MISSING_ACQUISITION:
            draft.add(BreakSettled(opened=ref, reason="the next comparison agreed"), ordinal=ref)
    return draft.decided(DONE, CheckAcquisitions(actor=command.actor, at=command.at, cause=command.cause))


def settle_break(state: ControlState, command: SettleBreak, now: datetime) -> Decision:
    """Correct our figure by the whole difference and close the break, or book what was proposed.

    What is proposed closes no break by itself: the next comparison does, when it agrees.

    Raises:
        InvalidInput: no such break is open, the figures are another's, no reason, or nothing here can settle it.
    """
    if fact_id("BreakSettled", command.cause) in state.recorded:
        return Decision(answer=DUPLICATE)
    known = state.state.breaks.get(command.opened)
    if known is None:
        raise InvalidInput("break", command.opened, f"a break that is open: {_names(state)}")
    item = command.difference
    if (item.kind, item.subject) != (known.difference.kind, known.difference.subject):
        raise InvalidInput("difference", item.subject, f"the figures of {known.difference.subject}")
    if not command.reason.strip():
        raise InvalidInput("reason", command.reason, "a sentence that says why")
    draft = Draft(state, command, now)
    if command.proposals:
        follow_ups = proposals.carry_out(draft, command)
        booked = tuple(fact.fact_id for fact in draft.facts)
        return draft.decided(Answer(outcome="done", message="booked as proposed", detail=booked), *follow_ups)
    made = proposals.adjust(draft, _whole(command), command)
    draft.add(
        BreakSettled(opened=command.opened, reason=f"adjusted by {command.actor.name}: {command.reason}"),
    )
    return draft.decided(Answer(outcome="done", message="adjusted", detail=(made.fact_id,)))


def reverse_adjustment(state: ControlState, command: ReverseAdjustment, now: datetime) -> Decision:
    """Book the opposite of a correction, once, and open again the break that it had settled.

    Raises:
        InvalidInput: no correction of this account, or no reason.
    """
    adjusted = command.adjustment
    identity = fact_id("AdjustmentReversed", adjusted.fact_id)
    if identity in state.recorded:
        return Decision(answer=DUPLICATE)
    if adjusted.account != state.account or adjusted.fact_id not in state.recorded:
        raise InvalidInput("adjustment", adjusted.fact_id, "an adjustment that this account's journal has")
    if not command.reason.strip():
        raise InvalidInput("reason", command.reason, "a sentence that says why")
    draft = Draft(state, command, now)
    draft.add(
        _opposite(adjusted, command.reason),
        identity=identity,
        source="operator",
        instrument=adjusted.instrument,
        shares=proposals.opposite_shares(adjusted),
    )
    opened = _reopened(state, command)
    if opened is not None:
        draft.add(opened)
    return draft.decided(DONE)


def _opened(item: Break) -> BreakOpened:
    """A cash break stops all new risk, any other that of its symbol."""
    return BreakOpened(difference=item, severity=Severity.CRITICAL if item.kind is BreakKind.CASH else Severity.WARNING)


def _whole(command: SettleBreak) -> Proposal:
    """The correction of the whole difference.

    Raises:
        InvalidInput: no figure of ours would be put right by one.
    """
    item = command.difference
    gap = item.theirs - item.ours
    if item.kind is BreakKind.ORDER or item.subject == TOTAL or not gap:
        why = "proposals: an adjustment moves cash or units, and this is " + (
            "no difference any more" if not gap else "an order" if item.kind is BreakKind.ORDER else "a rate"
        )
        raise InvalidInput("break", item.subject, why)
    if item.kind is BreakKind.CASH:
        return Adjust(amount=gap, asset=item.subject)
    return Adjust(amount=gap, symbol=item.subject, unit_price=command.unit_price)


def _opposite(adjusted: Fact, reason: str) -> AdjustmentReversed:
    body = adjusted.body
    if isinstance(body, Adjustment):
        return AdjustmentReversed(adjustment=adjusted.fact_id, reason=reason, amount=-body.amount, asset=body.asset)
    if isinstance(body, PositionAdjusted):
        return AdjustmentReversed(
            adjustment=adjusted.fact_id, reason=reason, quantity=-body.quantity, unit_price=body.unit_price
        )
    raise InvalidInput("adjustment", adjusted.fact_id, f"an adjustment, and this is a {adjusted.kind}")


def _reopened(state: ControlState, command: ReverseAdjustment) -> BreakOpened | None:
    """The break as it was, unless one about the same is open already."""
    if command.settled is None or not isinstance(command.settled.body, BreakOpened):
        return None
    before: Break = command.settled.body.difference
    open_now = {(item.difference.kind, item.difference.subject) for item in state.state.breaks.values()}
    return None if (before.kind, before.subject) in open_now or before.ours == before.theirs else _opened(before)


def _names(state: ControlState) -> str:
    return ", ".join(item.difference.subject for item in state.state.breaks.values()) or "none is"
