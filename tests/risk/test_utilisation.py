"""Is the use of a limit what its violation says: above 100 % exactly where the limit is passed?"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.decisions import Position, Severity
from counterpoise.domain.limits import PRESETS, PortfolioConstraints
from counterpoise.risk.cures import cures
from counterpoise.risk.limits import violations
from counterpoise.risk.utilisation import Use, tightest, utilisation
from tests.risk.books import D, limits_with, position

POSITIONS = st.lists(
    st.builds(
        lambda symbol, size, price, risk, sector: position(
            symbol, str(size), str(price), risk_amount=risk, sector=sector
        ),
        symbol=st.sampled_from(("BTC", "ETH", "SOL")),
        size=st.decimals("-5", "5", places=2).filter(bool),
        price=st.decimals("1", "500", places=2),
        risk=st.decimals("0", "100", places=2),
        sector=st.sampled_from(("coins", "chains", "unknown")),
    ),
    max_size=9,
)


def use_of(book: list[Position], equity: Decimal, limits: PortfolioConstraints) -> dict[str, Use]:
    found = violations(book, equity, limits)
    return {use.constraint: use for use in utilisation(book, equity, limits, found, cures(book, equity, limits))}


@given(POSITIONS, st.decimals("1", "5000", places=2), st.sampled_from(sorted(PRESETS)))
def test_use_and_violation_agree_on_every_limit(book: list[Position], equity: Decimal, preset: str) -> None:
    limits = PRESETS[preset]
    found = violations(book, equity, limits)
    passed = {v.constraint for v in found if v.current_value > v.limit_value}
    for name, use in use_of(book, equity, limits).items():
        severities = {v.severity for v in found if v.constraint == name}
        assert (use.severity is not None) == bool(severities), name
        assert use.severity is (max(severities, key=lambda s: s is Severity.CRITICAL) if severities else None)
        rounds = abs(use.use_pct - 100) < D("1e-8")  # a share is shown at ten places
        assert rounds or (use.use_pct > 100) == (name in passed) or not use.limit, name
        assert use.use_pct >= 0
        assert use.limit == getattr(limits, name)


@given(POSITIONS, st.sampled_from(("0", "-1", "-5000")))
def test_without_equity_no_share_of_it_has_a_value(book: list[Position], equity: str) -> None:
    for use in use_of(book, D(equity), PRESETS["investor"]).values():
        if use.constraint.endswith("_pct"):
            assert use.now is None
            assert use.use_pct in (0, 100)


@pytest.mark.parametrize(
    ("book", "name", "now", "use", "culprit"),
    (
        pytest.param([position("BTC", "1")], "max_positions", "1", "12.5", "", id="one of eight"),
        pytest.param([position("BTC", "3")], "max_symbol_concentration_pct", "30", "300", "BTC", id="three times"),
        pytest.param([position("BTC", "-1")], "max_short_exposure_pct", "10", "50", "", id="half of the shorts"),
        pytest.param([position("A", "1"), position("B", "-3")], "max_net_exposure_pct", "20", "40", "", id="net short"),
        pytest.param([], "max_symbol_concentration_pct", "0", "0", "", id="an empty book"),
    ),
)
def test_a_use_is_now_by_limit_and_names_what_binds(
    book: list[Position], name: str, now: str, use: str, culprit: str
) -> None:
    limits = limits_with(
        max_positions=8,
        max_symbol_concentration_pct=D(10),
        max_short_exposure_pct=D(20),
        max_net_exposure_pct=D(50),
    )
    found = use_of(book, D(1_000), limits)[name]
    assert (found.now, found.use_pct, found.culprit) == (D(now), D(use), culprit)


def test_anything_above_a_limit_of_zero_is_full_use() -> None:
    found = use_of([position("BTC", "-0.01")], D(1_000), limits_with(max_short_exposure_pct=D(0)))
    assert found["max_short_exposure_pct"].use_pct == 100
    assert found["max_short_exposure_pct"].severity is Severity.CRITICAL


def test_a_passed_limit_carries_its_cure() -> None:
    found = use_of([position("BTC", "3")], D(1_000), limits_with(max_symbol_concentration_pct=D(10)))
    (cure,) = found["max_symbol_concentration_pct"].cure
    assert (cure.symbol, cure.action) == ("BTC", "SELL")


def uses(*figures: tuple[str, Severity | None]) -> list[Use]:
    made = use_of([position("BTC", "1")], D(1_000), limits_with())["max_positions"]
    return [
        replace(made, constraint=f"limit-{place}", use_pct=D(pct), severity=severity)
        for place, (pct, severity) in enumerate(figures)
    ]


@pytest.mark.parametrize(
    ("figures", "most", "chosen"),
    (
        pytest.param([("10", None), ("90", None), ("50", None)], 2, [1, 2], id="the fullest, in their order"),
        pytest.param([("99", None), ("5", Severity.WARNING)], 1, [1], id="a warning before a full one"),
        pytest.param([("200", Severity.WARNING), ("101", Severity.CRITICAL)], 1, [1], id="critical first"),
        pytest.param([("1", None)], 6, [0], id="fewer than asked for"),
        pytest.param([("5", None), ("5", None), ("5", None)], 2, [0, 1], id="ties by their order"),
    ),
)
def test_the_tightest_come_first(figures: list[tuple[str, Severity | None]], most: int, chosen: list[int]) -> None:
    found = tightest(uses(*figures), most)
    assert [use.constraint for use in found] == [f"limit-{place}" for place in chosen]
