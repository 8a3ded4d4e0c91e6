"""How much new risk is wanted now, and when does a fall stop trading by itself?

A fall is the pair (peak − equity, peak): bounds are compared as products, 100 × fall > percent × peak.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from counterpoise.domain.decisions import RiskMode, Severity, TradingState, Violation
from counterpoise.domain.limits import ModePolicy, PortfolioConstraints
from counterpoise.domain.numbers import HUNDRED, ZERO, percent_of
from counterpoise.risk.limits import is_critical

Fall = tuple[Decimal, Decimal]
"""(peak − equity, peak), account currency; a drawdown of d percent is (d, 100)."""

NO_FALL: Fall = (ZERO, HUNDRED)


class RiskProfile(StrEnum):
    """What an orchestrator wants; DEFENSIVE is obeyed at once, AGGRESSIVE only when nothing warns."""

    DEFENSIVE = "DEFENSIVE"
    NEUTRAL = "NEUTRAL"
    AGGRESSIVE = "AGGRESSIVE"


class ModeReason(StrEnum):
    """Why the risk mode is what it is."""

    CRITICAL_VIOLATIONS = "CRITICAL_VIOLATIONS"
    DAILY_DRAWDOWN = "DAILY_DRAWDOWN"
    LOSING_STREAK = "LOSING_STREAK"
    MAX_POSITIONS_REACHED = "MAX_POSITIONS_REACHED"
    TOTAL_RISK_HIGH = "TOTAL_RISK_HIGH"
    DEFENSIVE_POLICY = "DEFENSIVE_POLICY"
    INPUT_MISSING = "INPUT_MISSING"
    COOLDOWN = "COOLDOWN"
    AGGRESSIVE_POLICY = "AGGRESSIVE_POLICY"
    CALM = "CALM"


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskState:
    """What a risk manager states; None is not known.

    Attributes:
        daily_fall: The day's fall as a pair.
        losing_streak: Trades lost in a row.
        volatility_pct: A year, percent.
    """

    daily_fall: Fall | None
    losing_streak: int | None
    volatility_pct: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeInputs:
    """What the mode follows from.

    Attributes:
        total_risk: Σ risk_amount of the positions, account currency.
        profile: None when no orchestrator states one.
        state: None when no risk manager states one; its rules are then skipped.
        missing: Inputs that were stated but are incomplete, stale or no number; any of them means SAFE.
    """

    positions: int
    total_risk: Decimal
    equity: Decimal
    violations: tuple[Violation, ...] = ()
    profile: RiskProfile | None = None
    state: RiskState | None = None
    missing: tuple[str, ...] = ()


def mode_of(
    inputs: ModeInputs,
    limits: PortfolioConstraints,
    policy: ModePolicy,
    *,
    previous: tuple[RiskMode, datetime] | None = None,
    now: datetime | None = None,
) -> tuple[RiskMode, tuple[str, ...]]:
    """The mode and its reasons. SAFE is entered at once and left only after a cooldown.

    Args:
        inputs: What the mode follows from.
        limits: Bounds of positions and risk.
        policy: When modes change.
        previous: The mode before and, when it was SAFE, the last instant at which SAFE's conditions held.
            That instant is all the memory that the cooldown needs; `held_since` carries it on. The instant
            at which the mode changed would not do: conditions may have held for hours since then.
        now: The present, needed with `previous`.
    """
    reasons = tuple(_safe_reasons(inputs, limits, policy))
    if reasons:
        return RiskMode.SAFE, reasons
    if previous is not None and now is not None and _is_cooling(previous, now, policy):
        return RiskMode.SAFE, (ModeReason.COOLDOWN,)
    warned = any(violation.severity is Severity.WARNING for violation in inputs.violations)
    if not warned and inputs.profile is RiskProfile.AGGRESSIVE:
        return RiskMode.AGGRESSIVE, (ModeReason.AGGRESSIVE_POLICY,)
    if not warned and inputs.profile is None and _is_calm(inputs, limits, policy):
        return RiskMode.AGGRESSIVE, (ModeReason.CALM,)
    return RiskMode.NEUTRAL, ()


def held_since(
    answer: tuple[RiskMode, tuple[str, ...]], previous: tuple[RiskMode, datetime] | None, now: datetime
) -> datetime:
    """The instant to hand to the next `mode_of`: when SAFE's conditions last held, else when the mode began."""
    mode, reasons = answer
    if previous is None or previous[0] is not mode:
        return now
    if mode is RiskMode.SAFE and ModeReason.COOLDOWN not in reasons:
        return now
    return previous[1]


def ladder(daily: Fall, weekly: Fall, policy: ModePolicy) -> TradingState:
    """The emergency stop: REDUCING strictly above either bound, else ACTIVE. SAFE is `mode_of`'s step of it."""
    if is_above(daily, policy.reduce_daily_drawdown_pct) or is_above(weekly, policy.reduce_weekly_drawdown_pct):
        return TradingState.REDUCING
    return TradingState.ACTIVE


def is_above(fall: Fall, bound_pct: Decimal) -> bool:
    """Whether the fall is strictly above the bound; a fall from no peak is above every bound."""
    lost, peak = fall
    return lost * HUNDRED > bound_pct * peak


def worse_fall(one: Fall, other: Fall) -> Fall:
    """The deeper of two falls, compared across; used where a producer's figure and ours differ."""
    return one if one[0] * other[1] >= other[0] * one[1] else other


def _safe_reasons(inputs: ModeInputs, limits: PortfolioConstraints, policy: ModePolicy) -> Iterator[ModeReason]:
    """Each condition that alone means SAFE."""
    if is_critical(inputs.violations):
        yield ModeReason.CRITICAL_VIOLATIONS
    fall = inputs.state.daily_fall if inputs.state else None
    streak = inputs.state.losing_streak if inputs.state else None
    if fall is not None and is_above(fall, policy.safe_daily_drawdown_pct):
        yield ModeReason.DAILY_DRAWDOWN
    if streak is not None and streak >= policy.safe_losing_streak:
        yield ModeReason.LOSING_STREAK
    if inputs.positions >= limits.max_positions:
        yield ModeReason.MAX_POSITIONS_REACHED
    if _risk_above(inputs, limits, policy.safe_risk_share_pct):
        yield ModeReason.TOTAL_RISK_HIGH
    if inputs.profile is RiskProfile.DEFENSIVE:
        yield ModeReason.DEFENSIVE_POLICY
    if inputs.missing or (inputs.state is not None and (fall is None or streak is None)):
        yield ModeReason.INPUT_MISSING


def _is_cooling(previous: tuple[RiskMode, datetime], now: datetime, policy: ModePolicy) -> bool:
    """Whether SAFE's conditions held too short a while ago; exactly the cooldown ago is long enough."""
    mode, held_at = previous
    return mode is RiskMode.SAFE and now - held_at < timedelta(seconds=policy.mode_cooldown_seconds)


def _is_calm(inputs: ModeInputs, limits: PortfolioConstraints, policy: ModePolicy) -> bool:
    """Little risk, hardly a fall, no streak of losses, and no volatility known to be high."""
    state = inputs.state
    if state is None or state.daily_fall is None or state.losing_streak is None:
        return False
    return (
        not _risk_above(inputs, limits, policy.aggressive_risk_share_pct)
        and not is_above(state.daily_fall, policy.aggressive_drawdown_pct)
        and state.losing_streak <= policy.aggressive_losing_streak
        and (state.volatility_pct is None or state.volatility_pct <= policy.aggressive_volatility_pct)
    )


def _risk_above(inputs: ModeInputs, limits: PortfolioConstraints, share_pct: Decimal) -> bool:
    """Whether total risk is strictly above this share of its limit."""
    allowed = percent_of(inputs.equity, limits.max_total_risk_pct)
    return inputs.total_risk > percent_of(allowed, share_pct)
