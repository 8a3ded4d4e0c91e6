"""When do marks become facts, and what do the figures that follow from them do to mode and trading state?"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from counterpoise.control.commands import AssessMarks, Reassess, StartDay
from counterpoise.control.decision import DONE, DUPLICATE, Answer, Decision, Draft
from counterpoise.control.gate_book import gate_book
from counterpoise.control.state import ControlState
from counterpoise.domain.decisions import RiskMode, StateCause, TradingState
from counterpoise.domain.facts import MarkReason, MarksRecorded, ModeChanged, TradingStateChanged
from counterpoise.domain.facts.envelope import fact_id
from counterpoise.domain.numbers import ZERO
from counterpoise.portfolio.drawdown import would_move
from counterpoise.portfolio.state import EquityWindow
from counterpoise.risk.kill_switch import ChangeRequest, may_change
from counterpoise.risk.limits import violations
from counterpoise.risk.mode import NO_FALL, Fall, ModeInputs, ModeReason, RiskState, ladder, mode_of

LADDER_AGE_MAX = timedelta(minutes=5)
"""A drawdown on older values is not trusted: the mode is SAFE until there are newer ones."""

CONFIRM_AFTER = timedelta(minutes=1)
"""How often it is recorded that SAFE still has cause; the cooldown may be short by as much."""


def start_day(state: ControlState, command: StartDay, now: datetime) -> Decision:
    """Record the marks at 00:00 of the account's zone: day and week figures begin there."""
    reference = fact_id("MarksRecorded", command.cause, MarkReason.DAY_START)
    if reference in state.recorded:
        return Decision(answer=DUPLICATE)
    draft = Draft(state, command, now)
    draft.add(MarksRecorded(reason=MarkReason.DAY_START, marks=state.unrecorded_marks()), identity=reference)
    follow_up = Reassess(actor=command.actor, at=command.at, cause=f"{command.cause}/day", day_start=True)
    return draft.decided(DONE, follow_up)


def assess_marks(state: ControlState, command: AssessMarks, now: datetime) -> Decision:
    """Record the marks only where a peak, a trough or a whole point of a drawdown depends on them."""
    again = 0
    while (reference := fact_id("MarksRecorded", command.cause, _extreme(again))) in state.recorded:
        again += 1  # several prices may be of one instant
    if again and not state.unrecorded_marks():
        return Decision(answer=DUPLICATE)
    if not would_move(state.state.drawdown, state.live_equity):
        return Decision(answer=Answer(outcome="within"))
    draft = Draft(state, command, now)
    draft.add(MarksRecorded(reason=MarkReason.EXTREME, marks=state.unrecorded_marks()), identity=reference)
    follow_up = Reassess(actor=command.actor, at=command.at, cause=f"{command.cause}/{_extreme(again).lower()}")
    return draft.decided(DONE, follow_up)


def _extreme(again: int) -> str:
    return f"{MarkReason.EXTREME}.{again}" if again else str(MarkReason.EXTREME)


def reassess(state: ControlState, command: Reassess, now: datetime) -> Decision:
    """Hold mode and ladder against the recorded figures; every change is a fact with its reasons."""
    draft = Draft(state, command, now)
    _climb(draft, command)
    if not command.day_start:  # at 00:00 all marks are of yesterday; the mode waits for the day's own
        note_mode(draft)
    return draft.decided()


def note_mode(draft: Draft) -> RiskMode:
    """The mode now. A change is a fact, and so is, at most once a minute, that SAFE's conditions still hold.

    That confirmation is the memory of the cooldown: `mode_since` is the last instant known to have been bad.
    """
    state, at = draft.state, draft.command.at
    mode, reasons = current_mode(state, at)
    account = state.state
    held = mode is RiskMode.SAFE and ModeReason.COOLDOWN not in reasons
    stale = account.mode_since is None or at - account.mode_since >= CONFIRM_AFTER
    if mode is not account.mode or (held and stale):
        draft.add(ModeChanged(mode=mode, reasons=tuple(str(reason) for reason in reasons)))
    return mode


def current_mode(state: ControlState, at: datetime) -> tuple[RiskMode, tuple[str, ...]]:
    """The mode that the recorded book, drawdown and losing streak mean at `at`."""
    account = state.state
    assert account.constraints is not None, "an opened account has limits"
    book = gate_book(state, at)
    daily, _ = falls(state)
    inputs = ModeInputs(
        positions=len(book.positions),
        total_risk=sum((position.risk_amount for position in book.positions), ZERO),
        equity=book.equity,
        violations=violations(book.positions, book.equity, account.constraints),
        state=RiskState(daily_fall=daily, losing_streak=account.results.losing_streak),
        missing=state.book.valuation.stale(at, LADDER_AGE_MAX),
    )
    previous = (account.mode, account.mode_since) if account.mode_since else None
    return mode_of(inputs, account.constraints, account.mode_policy, previous=previous, now=at)


def falls(state: ControlState) -> tuple[Fall, Fall]:
    """The day's and the week's fall as (peak − equity, peak) on recorded, flow-adjusted figures."""
    drawdown, equity = state.state.drawdown, state.book.valuation.equity
    return _fall(drawdown.daily, equity), _fall(drawdown.weekly, equity)


def _fall(window: EquityWindow, equity: Decimal) -> Fall:
    if window.since is None:
        return NO_FALL
    return (max(window.peak - equity, ZERO), window.peak)


def _climb(draft: Draft, command: Reassess) -> None:
    """The ladder: REDUCING above its bounds; released where the policy lets it, at a day start without cause."""
    account = draft.state.state
    wanted = ladder(*falls(draft.state), account.mode_policy)
    if wanted is TradingState.ACTIVE and not (command.day_start and account.state_cause is StateCause.LADDER):
        return
    request = ChangeRequest(to=wanted, by=StateCause.LADDER)
    auto = account.mode_policy.ladder_release_auto
    if may_change(account.trading_state, account.state_cause, request, ladder_release_auto=auto) is None:
        reason = "drawdown above the ladder" if wanted is TradingState.REDUCING else "no bound of the ladder is passed"
        draft.add(TradingStateChanged(state=wanted, cause=StateCause.LADDER, reason=reason))
