"""Does a bot with floats get the gate's answers, exactly?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.limits import TRADER, ModePolicy
from counterpoise.library.balancer import (
    BalancerOutput,
    CandidateTrade,
    PortfolioBalancer,
    PortfolioConstraints,
    Position,
    RiskMode,
    number,
)

D = Decimal
NOW = datetime(2025, 11, 23, 12, 0, tzinfo=UTC)
CALM = {"daily_drawdown_pct": 0.5, "losing_streak": 0, "volatility_pct": 30}


def held(symbol: str = "BTCUSDT", **more: object) -> Position:
    """A position in a bot's own words: floats and plain text."""
    values: dict[str, Any] = {
        "symbol": symbol,
        "side": "long",
        "size": 0.01,
        "entry_price": 50000.0,
        "current_price": 50000.0,
        "margin": 50.0,
        "leverage": 10.0,
        "category": "CORE",
        "sector": "coins",
        "risk_amount": 50.0,
    }
    return Position(**{**values, **more})


def signal(symbol: str = "SOLUSDT", **more: object) -> CandidateTrade:
    """A candidate in a bot's own words."""
    values: dict[str, Any] = {
        "symbol": symbol,
        "action": "buy",
        "confidence": 0.75,
        "size": 10.0,
        "margin_required": 100.0,
        "risk_amount": 50.0,
        "category": "core",
        "stability_score": 0.8,
        "cost_score": 0.2,
        "recent_performance": 0.05,
    }
    return CandidateTrade(**{**values, **more})


def analyze(
    positions: list[Position],
    candidates: list[CandidateTrade],
    constraints: PortfolioConstraints | None = None,
    equity: object = 10000.0,
    **more: object,
) -> BalancerOutput:
    """One evaluation at a fixed time."""
    options: dict[str, Any] = {"total_equity": equity, "used_margin": 500.0, "free_margin": "9500", **more}
    return PortfolioBalancer(constraints, clock=lambda: NOW).analyze_portfolio(positions, candidates, **options)


def test_the_guides_call_answers_in_the_guides_words() -> None:
    output = analyze([held()], [signal()])
    trade = output.allowed_trades[0]
    assert (trade.symbol, str(trade.action), trade.allowed, trade.reason) == ("SOLUSDT", "BUY", True, "APPROVED")
    assert (trade.priority_score, trade.recommended_size) == (D("102.5"), D(10))
    assert output.timestamp == NOW
    assert str(output.risk_mode) == "NEUTRAL"
    assert output.portfolio_state.total_risk_pct == D("0.5")
    assert output.recommendations == ("RISK MODE: NEUTRAL", "Portfolio healthy - continue normal operations")
    assert output.actions_required == ()


def test_floats_are_read_by_their_shortest_text() -> None:
    output = analyze([held(size=0.1, current_price=0.3, entry_price=0.3)], [])
    assert output.portfolio_state.total_exposure_long == D("0.03")


READ = [
    pytest.param(15.0, "15.0", id="a float"),
    pytest.param(8.12e-06, "0.00000812", id="a small float"),
    pytest.param(0.1 + 0.2, "0.30000000000000004", id="all its digits"),
    pytest.param(1 / 3 / 1000, str(D(repr(1 / 3 / 1000))), id="more than 18 places"),
    pytest.param("10000.50", "10000.50", id="a text"),
    pytest.param(7, "7", id="a whole number"),
    pytest.param(D("1.10"), "1.10", id="a Decimal"),
]
REFUSED = [
    pytest.param(float("nan"), id="NaN"),
    pytest.param(float("inf"), id="infinity"),
    pytest.param(-float("inf"), id="minus infinity"),
    pytest.param(D("NaN"), id="Decimal NaN"),
    pytest.param(D("sNaN"), id="Decimal sNaN"),
    pytest.param(-0.0, id="minus zero"),
    pytest.param(True, id="a bool"),
    pytest.param(None, id="missing"),
    pytest.param("ten", id="a word"),
    pytest.param("1_000", id="underscores"),
    pytest.param(1e30, id="too large"),
    pytest.param(1e-300, id="too small"),
    pytest.param(D("1e30"), id="a Decimal too large"),
]


@pytest.mark.parametrize(("value", "expected"), READ)
def test_numbers_become_exact(value: object, expected: str) -> None:
    assert number(value, "size") == D(expected)


@pytest.mark.parametrize("value", REFUSED)
def test_what_is_no_number_is_refused_with_field_and_value(value: object) -> None:
    with pytest.raises(InvalidInput, match=r"^total_equity: .* was refused"):
        analyze([], [], equity=value)
    with pytest.raises(InvalidInput, match=r"^positions\[1\].size: .* was refused"):
        analyze([held(), held("ETHUSDT", size=value)], [])


@pytest.mark.parametrize("value", REFUSED)
@pytest.mark.parametrize("field", ("confidence", "size", "margin_required", "risk_amount", "recent_performance"))
def test_a_candidate_that_cannot_be_read_is_dropped_and_named(field: str, value: object) -> None:
    wrong: dict[str, Any] = {field: value}
    output = analyze([], [signal(**wrong), signal("ETHUSDT")])
    assert [trade.symbol for trade in output.allowed_trades] == ["ETHUSDT"]
    assert output.dropped_trades[0].reason == "BAD_INPUT"
    assert output.dropped_trades[0].detail.startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("field", "value"),
    (
        pytest.param("side", "BOTH", id="no side"),
        pytest.param("category", "GOOD", id="no category"),
        pytest.param("symbol", "a b", id="no symbol"),
        pytest.param("current_price", 0.0, id="no price"),
        pytest.param("risk_amount", -1, id="risk below zero"),
    ),
)
def test_a_position_that_cannot_be_held_is_refused(field: str, value: object) -> None:
    wrong: dict[str, Any] = {field: value}
    with pytest.raises(InvalidInput, match=rf"positions\[0\].{field}"):
        analyze([held(**wrong)], [])


def test_records_of_another_kind_are_refused() -> None:
    wrong: Any = {"symbol": "BTC"}
    with pytest.raises(InvalidInput, match=r"positions\[0\]"):
        analyze([wrong], [])
    with pytest.raises(InvalidInput, match=r"candidates\[0\]"):
        analyze([], [wrong])


def test_constraints_take_a_bots_floats_and_refuse_what_is_no_limit() -> None:
    assert PortfolioConstraints(max_total_risk_pct=15.0).max_total_risk_pct == D(15)
    assert PortfolioConstraints(max_leverage="12.5").max_leverage == D("12.5")
    for bad in (float("nan"), -1.0, True, "many"):
        with pytest.raises(InvalidInput, match="max_leverage"):
            PortfolioConstraints(max_leverage=bad)


def test_constraints_begin_as_the_guides() -> None:
    ours = PortfolioConstraints()
    names = [*TRADER.__dataclass_fields__]
    assert [getattr(ours, name) for name in names] == [getattr(TRADER, name) for name in names]


POLICIES = [
    pytest.param(None, [], "NEUTRAL", id="not stated"),
    pytest.param({"risk_profile": "neutral"}, [], "NEUTRAL", id="neutral"),
    pytest.param({"risk_profile": "AGGRESSIVE"}, [], "AGGRESSIVE", id="aggressive"),
    pytest.param({"risk_profile": "DEFENSIVE"}, ["DEFENSIVE_POLICY"], "SAFE", id="defensive"),
    pytest.param({"risk_profile": "wild"}, ["INPUT_MISSING"], "SAFE", id="no profile"),
    pytest.param({}, ["INPUT_MISSING"], "SAFE", id="stated and empty"),
    pytest.param({"max_leverage": float("nan")}, ["INPUT_MISSING"], "SAFE", id="a limit that is no number"),
    pytest.param({"max_positions": 2.5}, ["INPUT_MISSING"], "SAFE", id="half a position"),
    pytest.param({"max_dreams": 1}, ["INPUT_MISSING"], "SAFE", id="a limit that nobody keeps"),
    pytest.param({"max_leverage": 5, "name": "x"}, [], "NEUTRAL", id="a limit and a remark"),
    pytest.param("DEFENSIVE", ["INPUT_MISSING"], "SAFE", id="no mapping"),
]


@pytest.mark.parametrize(("policy", "because", "mode"), POLICIES)
def test_what_an_orchestrator_states_is_obeyed_and_never_guessed(policy: object, because: list[str], mode: str) -> None:
    output = analyze([], [], orchestrator_policy=policy)
    assert (str(output.risk_mode), [*output.mode_reasons][: len(because)]) == (mode, because)


def test_an_orchestrator_tightens_limits_and_loosens_none() -> None:
    tight = analyze([], [signal()], orchestrator_policy={"max_per_trade_risk_pct": 0.4})
    assert tight.dropped_trades[0].reason == "PER_TRADE_RISK_EXCEEDED"
    strict = PortfolioConstraints(max_per_trade_risk_pct=0.4)
    loose = analyze([], [signal()], strict, orchestrator_policy={"max_per_trade_risk_pct": 50})
    assert loose.dropped_trades[0].reason == "PER_TRADE_RISK_EXCEEDED"


STATES = [
    pytest.param(CALM, [], "AGGRESSIVE", id="calm"),
    pytest.param({**CALM, "daily_drawdown_pct": 4}, ["DAILY_DRAWDOWN"], "SAFE", id="4 is 4 % down"),
    pytest.param({**CALM, "daily_drawdown_pct": -4.0}, ["DAILY_DRAWDOWN"], "SAFE", id="so is −4"),
    pytest.param({**CALM, "losing_streak": 5}, ["LOSING_STREAK"], "SAFE", id="five lost in a row"),
    pytest.param({"daily_drawdown_pct": 0.1}, ["INPUT_MISSING"], "SAFE", id="no streak"),
    pytest.param({**CALM, "losing_streak": 1.5}, ["INPUT_MISSING"], "SAFE", id="half a trade"),
    pytest.param({**CALM, "volatility_pct": "high"}, ["INPUT_MISSING"], "SAFE", id="volatility in words"),
    pytest.param({**CALM, "volatility_pct": None}, [], "AGGRESSIVE", id="volatility unknown"),
    pytest.param(4, ["INPUT_MISSING"], "SAFE", id="no mapping"),
]


@pytest.mark.parametrize(("state", "because", "mode"), STATES)
def test_what_a_risk_manager_states_is_obeyed_and_never_guessed(state: object, because: list[str], mode: str) -> None:
    output = analyze([], [], risk_manager_state=state)
    assert (str(output.risk_mode), [*output.mode_reasons][: len(because)]) == (mode, because)


@pytest.mark.parametrize(
    ("minutes", "mode"),
    (pytest.param(14, "SAFE", id="still cooling"), pytest.param(15, "NEUTRAL", id="cooled")),
)
def test_the_cooldown_applies_when_the_mode_before_is_passed(minutes: int, mode: str) -> None:
    before = (RiskMode.SAFE, NOW - timedelta(minutes=minutes))
    assert str(analyze([], [], previous_mode=before).risk_mode) == mode


def test_a_critical_book_says_what_to_sell_and_lets_it_be_sold() -> None:
    book = [held(size=0.1, current_price=50000.0)]
    close = signal("BTCUSDT", action="SELL", size=0.04, confidence=0.0)
    output = analyze(book, [signal(), close], PortfolioConstraints(max_symbol_concentration_pct=30.0))
    assert [violation.constraint for violation in output.violations if violation.severity == "CRITICAL"] == [
        "max_symbol_concentration_pct",
        "max_sector_concentration_pct",
    ]
    assert "SELL 0.04 BTCUSDT (worth 2000): max_symbol_concentration_pct" in output.actions_required
    assert [trade.symbol for trade in output.allowed_trades] == ["BTCUSDT"]
    assert output.dropped_trades[0].reason == "CRITICAL_VIOLATIONS"


def test_without_a_price_exposure_is_said_to_be_unjudged() -> None:
    assert "max_long_exposure_pct" in analyze([], [signal()]).allowed_trades[0].unjudged
    assert analyze([], [signal(price=10.0)]).allowed_trades[0].unjudged == ()


def test_partial_sizes_are_off_unless_asked_for() -> None:
    trade = signal(risk_amount=400.0)
    assert analyze([], [trade]).dropped_trades[0].reason == "PER_TRADE_RISK_EXCEEDED"
    balancer = PortfolioBalancer(clock=lambda: NOW, allow_partial=True)
    assert balancer.analyze_portfolio([], [trade], 10000.0, 0, 10000).allowed_trades[0].recommended_size == D(5)


def test_the_mode_policy_is_the_users() -> None:
    strict = replace(ModePolicy(), minimum_score_neutral=D(103))
    output = PortfolioBalancer(mode_policy=strict, clock=lambda: NOW).analyze_portfolio([], [signal()], 10000, 0, 10000)
    assert output.dropped_trades[0].reason == "LOW_PRIORITY"


def test_arguments_are_not_changed_and_the_same_question_has_the_same_answer() -> None:
    positions, candidates = [held()], [signal(), signal("ETHUSDT")]
    first = analyze(positions, candidates)
    assert analyze(positions, candidates) == first
    assert (positions, candidates) == ([held()], [signal(), signal("ETHUSDT")])


def test_the_clock_is_the_systems_unless_one_is_given() -> None:
    output = PortfolioBalancer().analyze_portfolio([], [], 1000, 0, 1000)
    assert output.timestamp.utcoffset() == timedelta(0)
