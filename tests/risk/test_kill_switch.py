"""Can anything automatic, or a person in passing, let orders out that somebody stopped?"""

from __future__ import annotations

from itertools import product

import pytest

from counterpoise.domain.decisions import StateCause, TradingState
from counterpoise.risk.kill_switch import ChangeRequest, emergency_state, may_change

CHANGES = [
    pytest.param("ACTIVE", "STARTED", "HALTED", "PERSON", False, "", None, id="anybody halts, without a reason"),
    pytest.param("ACTIVE", "STARTED", "REDUCING", "LADDER", False, "", None, id="the ladder stops"),
    pytest.param("REDUCING", "LADDER", "HALTED", "EMERGENCY", False, "", None, id="worse overtakes"),
    pytest.param("HALTED", "PERSON", "REDUCING", "EMERGENCY", False, "x", "MILDER_EVENT", id="milder does not lower"),
    pytest.param("HALTED", "EMERGENCY", "REDUCING", "LADDER", False, "x", "NEEDS_PERSON", id="nor does the ladder"),
    pytest.param("HALTED", "STORAGE", "ACTIVE", "STORAGE", False, "x", "MILDER_EVENT", id="storage reopens nothing"),
    pytest.param("HALTED", "PERSON", "ACTIVE", "PERSON", False, "checked", "NEEDS_FRESH", id="a stale login"),
    pytest.param("HALTED", "PERSON", "ACTIVE", "PERSON", True, "  ", "NEEDS_REASON", id="no reason"),
    pytest.param("HALTED", "PERSON", "ACTIVE", "PERSON", True, "checked", None, id="fresh and with a reason"),
    pytest.param("HALTED", "PERSON", "REDUCING", "PERSON", False, "checked", "NEEDS_FRESH", id="also half way"),
    pytest.param("REDUCING", "LADDER", "ACTIVE", "PERSON", False, "seen", None, id="a person lifts REDUCING"),
    pytest.param("REDUCING", "LADDER", "ACTIVE", "PERSON", False, "", "NEEDS_REASON", id="but says why"),
    pytest.param("REDUCING", "LADDER", "REDUCING", "PERSON", False, "", None, id="a person takes it over"),
    pytest.param("REDUCING", "PERSON", "REDUCING", "LADDER", False, "", "NO_CHANGE", id="never the other way"),
    pytest.param("ACTIVE", "STARTED", "ACTIVE", "STARTED", False, "", "NO_CHANGE", id="nothing changes"),
]


@pytest.mark.parametrize(("now", "cause", "to", "by", "fresh", "reason", "expected"), CHANGES)
def test_who_may_change_what(
    now: str, cause: str, to: str, by: str, *, fresh: bool, reason: str, expected: str | None
) -> None:
    request = ChangeRequest(to=TradingState(to), by=StateCause(by), fresh=fresh, reason=reason)
    assert may_change(TradingState(now), StateCause(cause), request) == expected


@pytest.mark.parametrize(
    ("state", "cause", "auto", "released"),
    (
        pytest.param("REDUCING", "LADDER", True, True, id="its own, where the policy says so"),
        pytest.param("REDUCING", "LADDER", False, False, id="manual by default"),
        pytest.param("REDUCING", "PERSON", True, False, id="not a person's"),
        pytest.param("REDUCING", "EMERGENCY", True, False, id="not an emergency's"),
        pytest.param("HALTED", "LADDER", True, False, id="no halt"),
    ),
)
def test_the_ladder_releases_only_what_it_set(state: str, cause: str, *, auto: bool, released: bool) -> None:
    request = ChangeRequest(to=TradingState.ACTIVE, by=StateCause.LADDER)
    refusal = may_change(TradingState(state), StateCause(cause), request, ladder_release_auto=auto)
    assert (refusal is None) == released


def test_nothing_automatic_ever_lowers_a_halt() -> None:
    automatic = [cause for cause in StateCause if cause is not StateCause.PERSON]
    lower = (TradingState.ACTIVE, TradingState.REDUCING)
    for cause, by, to, auto in product(StateCause, automatic, lower, (True, False)):
        request = ChangeRequest(to=to, by=by, fresh=True, reason="by itself")
        assert may_change(TradingState.HALTED, cause, request, ladder_release_auto=auto) is not None


@pytest.mark.parametrize(
    ("severity", "expected"),
    (
        *[pytest.param(word, "HALTED", id=word) for word in ("CRITICAL", "EMERGENCY", "HALT", "FATAL")],
        *[pytest.param(word, "REDUCING", id=word) for word in ("WARNING", "HIGH", " high ")],
        pytest.param("minor", "HALTED", id="a word nobody knows"),
        pytest.param("", "HALTED", id="no word"),
    ),
)
def test_an_emergency_stops_by_its_severity(severity: str, expected: str) -> None:
    assert emergency_state(severity) == expected
