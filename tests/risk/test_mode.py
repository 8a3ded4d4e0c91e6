"""Does the mode follow from its conditions, exactly at their bounds, and does SAFE last for its cooldown?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from counterpoise.domain.decisions import RiskMode, Severity, TradingState, Violation
from counterpoise.domain.limits import TRADER
from counterpoise.risk.mode import (
    Fall,
    ModeInputs,
    RiskProfile,
    RiskState,
    held_since,
    ladder,
    mode_of,
    worse_fall,
)
from tests.risk.books import POLICY, D

NOW = datetime(2025, 11, 23, 12, 0, tzinfo=UTC)
CALM = RiskState(daily_fall=(D(1), D(100)), losing_streak=1, volatility_pct=D(40))
QUIET = ModeInputs(positions=1, total_risk=D(0), equity=D(1000))


def state(**changes: object) -> RiskState:
    """A calm risk manager but for these."""
    values: dict[str, Any] = changes
    return replace(CALM, **values)


def violation(severity: Severity) -> tuple[Violation, ...]:
    """One violation of this severity."""
    return (
        Violation(constraint="x", severity=severity, current_value=D(2), limit_value=D(1), message="x above its limit"),
    )


SAFE_OR_NOT = [
    pytest.param({"violations": violation(Severity.CRITICAL)}, ["CRITICAL_VIOLATIONS"], id="a critical violation"),
    pytest.param({"violations": violation(Severity.WARNING)}, None, id="a warning is not enough"),
    pytest.param({"state": state(daily_fall=(D("3.01"), D(100)))}, ["DAILY_DRAWDOWN"], id="down more than 3 %"),
    pytest.param({"state": state(daily_fall=(D(3), D(100)))}, None, id="down exactly 3 %"),
    pytest.param({"state": state(losing_streak=5)}, ["LOSING_STREAK"], id="five lost in a row"),
    pytest.param({"state": state(losing_streak=4)}, None, id="four lost in a row"),
    pytest.param({"positions": 8}, ["MAX_POSITIONS_REACHED"], id="8 of 8 positions"),
    pytest.param({"positions": 7}, None, id="7 of 8 positions"),
    pytest.param({"total_risk": D("120.01")}, ["TOTAL_RISK_HIGH"], id="risk above 80 % of its limit"),
    pytest.param({"total_risk": D(120)}, None, id="risk at 80 % of its limit"),
    pytest.param({"profile": RiskProfile.DEFENSIVE}, ["DEFENSIVE_POLICY"], id="a defensive orchestrator"),
    pytest.param({"missing": ("policy",)}, ["INPUT_MISSING"], id="an unreadable input"),
    pytest.param({"state": state(losing_streak=None)}, ["INPUT_MISSING"], id="half a risk state"),
    pytest.param(
        {"positions": 9, "profile": RiskProfile.DEFENSIVE, "state": state(daily_fall=None, losing_streak=9)},
        ["LOSING_STREAK", "MAX_POSITIONS_REACHED", "DEFENSIVE_POLICY", "INPUT_MISSING"],
        id="every reason is listed",
    ),
]


@pytest.mark.parametrize(("changes", "expected"), SAFE_OR_NOT)
def test_each_condition_alone_means_safe(changes: dict[str, Any], expected: list[str] | None) -> None:
    mode, reasons = mode_of(replace(QUIET, **changes), TRADER, POLICY)
    assert (mode is RiskMode.SAFE) == (expected is not None)
    assert [str(reason) for reason in reasons if mode is RiskMode.SAFE] == (expected or [])


AGGRESSIVE_OR_NOT = [
    pytest.param({"state": CALM}, "AGGRESSIVE", id="calm, each figure at its bound"),
    pytest.param({}, "NEUTRAL", id="nothing stated"),
    pytest.param({"state": state(daily_fall=(D("1.01"), D(100)))}, "NEUTRAL", id="down more than 1 %"),
    pytest.param({"state": state(losing_streak=2)}, "NEUTRAL", id="two lost in a row"),
    pytest.param({"state": state(volatility_pct=D("40.01"))}, "NEUTRAL", id="too volatile"),
    pytest.param({"state": state(volatility_pct=None)}, "AGGRESSIVE", id="volatility unknown"),
    pytest.param({"state": CALM, "total_risk": D(45)}, "AGGRESSIVE", id="risk at 30 % of its limit"),
    pytest.param({"state": CALM, "total_risk": D("45.01")}, "NEUTRAL", id="risk above 30 % of its limit"),
    pytest.param({"state": CALM, "violations": violation(Severity.WARNING)}, "NEUTRAL", id="a warning"),
    pytest.param({"state": CALM, "profile": RiskProfile.NEUTRAL}, "NEUTRAL", id="a neutral orchestrator"),
    pytest.param({"profile": RiskProfile.AGGRESSIVE, "total_risk": D(100)}, "AGGRESSIVE", id="asked for"),
    pytest.param(
        {"profile": RiskProfile.AGGRESSIVE, "violations": violation(Severity.WARNING)},
        "NEUTRAL",
        id="asked, but warned",
    ),
]


@pytest.mark.parametrize(("changes", "expected"), AGGRESSIVE_OR_NOT)
def test_aggressive_needs_calm_or_an_orchestrator_and_no_warning(changes: dict[str, Any], expected: str) -> None:
    assert mode_of(replace(QUIET, **changes), TRADER, POLICY)[0] == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    (
        pytest.param(0, "SAFE", id="at once"),
        pytest.param(899, "SAFE", id="a second too early"),
        pytest.param(900, "NEUTRAL", id="after the cooldown"),
    ),
)
def test_safe_is_left_only_after_its_cooldown(seconds: int, expected: str) -> None:
    held_at = NOW - timedelta(seconds=seconds)
    assert mode_of(QUIET, TRADER, POLICY, previous=(RiskMode.SAFE, held_at), now=NOW)[0] == expected


def test_the_cooldown_counts_from_the_last_instant_at_which_conditions_held() -> None:
    bad = replace(QUIET, positions=8)
    first = mode_of(bad, TRADER, POLICY, now=NOW)
    since = held_since(first, None, NOW)
    later = NOW + timedelta(hours=2)
    still = mode_of(bad, TRADER, POLICY, previous=(RiskMode.SAFE, since), now=later)
    since = held_since(still, (RiskMode.SAFE, since), later)
    over = later + timedelta(minutes=14)
    cooling = mode_of(QUIET, TRADER, POLICY, previous=(RiskMode.SAFE, since), now=over)
    assert (since, cooling) == (later, (RiskMode.SAFE, ("COOLDOWN",)))
    assert held_since(cooling, (RiskMode.SAFE, since), over) == later


def test_without_a_previous_mode_no_cooldown_applies() -> None:
    assert mode_of(QUIET, TRADER, POLICY) == (RiskMode.NEUTRAL, ())
    assert held_since((RiskMode.NEUTRAL, ()), (RiskMode.SAFE, NOW), NOW + timedelta(1)) == NOW + timedelta(1)


@pytest.mark.parametrize(
    ("daily", "weekly", "expected"),
    (
        pytest.param(("10", "100"), ("15", "100"), "ACTIVE", id="exactly at both bounds"),
        pytest.param(("10.01", "100"), ("0", "100"), "REDUCING", id="daily above"),
        pytest.param(("0", "100"), ("15.01", "100"), "REDUCING", id="weekly above"),
        pytest.param(("0.1", "0.9"), ("0", "1"), "REDUCING", id="a ratio that no decimal can write"),
        pytest.param(("1", "0"), ("0", "1"), "REDUCING", id="a fall from no peak"),
    ),
)
def test_the_ladder_stops_strictly_above_its_bounds(
    daily: tuple[str, str], weekly: tuple[str, str], expected: str
) -> None:
    falls: list[Fall] = [(D(lost), D(peak)) for lost, peak in (daily, weekly)]
    assert ladder(falls[0], falls[1], POLICY) is TradingState(expected)


def test_the_deeper_of_two_falls_is_found_without_dividing() -> None:
    third: tuple[Decimal, Decimal] = (D(1), D(3))
    assert worse_fall(third, (D("33.3333"), D(100))) == third
    assert worse_fall((D("33.3333"), D(100)), third) == third
