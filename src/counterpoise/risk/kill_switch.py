"""Who may change what may be sent at all?

Raising the trading state is free to all, lowering it is not: nothing automatic clears what a person set,
and a milder event never lowers a state.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from counterpoise.domain.decisions import StateCause, TradingState

# CRITICAL, EMERGENCY, HALT, FATAL and every word that is not here mean HALTED.
_REDUCING = frozenset({"WARNING", "HIGH"})
_SEVERITY = {TradingState.ACTIVE: 0, TradingState.REDUCING: 1, TradingState.HALTED: 2}
# What holds a state more firmly takes it over, so that a milder cause cannot release it later.
_FIRMNESS = {
    StateCause.STARTED: 0,
    StateCause.LADDER: 1,
    StateCause.STORAGE: 2,
    StateCause.EMERGENCY: 3,
    StateCause.PERSON: 4,
}


class Refusal(StrEnum):
    """Why a change of the trading state is refused."""

    NO_CHANGE = "NO_CHANGE"
    MILDER_EVENT = "MILDER_EVENT"
    NEEDS_PERSON = "NEEDS_PERSON"
    NEEDS_FRESH = "NEEDS_FRESH"
    NEEDS_REASON = "NEEDS_REASON"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRequest:
    """A wish to change what may be sent.

    Attributes:
        by: PERSON, or the automatic cause that asks.
        fresh: Whether the person proved who it is at most 15 minutes ago.
        reason: In words; needed to lower a state.
    """

    to: TradingState
    by: StateCause
    fresh: bool = False
    reason: str = ""


def may_change(
    current: TradingState, cause: StateCause, request: ChangeRequest, *, ladder_release_auto: bool = False
) -> Refusal | None:
    """None when the change may be made, else why not.

    Args:
        current: The state in force.
        cause: Why it is in force.
        request: What is asked for.
        ladder_release_auto: Whether the ladder may release what the ladder set (`ModePolicy`).
    """
    if _SEVERITY[request.to] > _SEVERITY[current]:
        return None
    if request.to is current:
        return None if _FIRMNESS[request.by] > _FIRMNESS[cause] else Refusal.NO_CHANGE
    if request.by is not StateCause.PERSON:
        return _automatic(current, cause, request, ladder_release_auto=ladder_release_auto)
    if current is TradingState.HALTED and not request.fresh:
        return Refusal.NEEDS_FRESH
    return None if request.reason.strip() else Refusal.NEEDS_REASON


def emergency_state(severity: str) -> TradingState:
    """What an emergency stop of this severity means; a word that nobody knows is the worst one."""
    return TradingState.REDUCING if severity.strip().upper() in _REDUCING else TradingState.HALTED


def _automatic(
    current: TradingState, cause: StateCause, request: ChangeRequest, *, ladder_release_auto: bool
) -> Refusal | None:
    """The one automatic way down: the ladder releases its own REDUCING, where the policy says so."""
    if request.by is not StateCause.LADDER:
        return Refusal.MILDER_EVENT
    released = current is TradingState.REDUCING and cause is StateCause.LADDER
    return None if released and ladder_release_auto else Refusal.NEEDS_PERSON
