"""Do the proposed reductions cure the book, and are they as few and small as can be?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.decisions import Position, RiskMode
from counterpoise.domain.limits import TRADER, PortfolioConstraints
from counterpoise.risk.cures import HEALTHY, Cure, advice, cures
from counterpoise.risk.limits import violations
from tests.risk.books import D, limits_with, netted_positions, position

TIGHT = PortfolioConstraints(
    max_positions=3,
    max_total_risk_pct=D(3),
    max_per_trade_risk_pct=D(2),
    max_symbol_concentration_pct=D(10),
    max_sector_concentration_pct=D(15),
    max_long_exposure_pct=D(18),
    max_short_exposure_pct=D(18),
    max_net_exposure_pct=D(12),
)


def after(positions: tuple[Position, ...], needed: tuple[Cure, ...]) -> list[Position]:
    """The book once the cures have filled at current prices; risk falls with size."""
    left = [position.size for position in positions]
    for cure in needed:
        left[cure.index] -= cure.size
    return [
        replace(item, size=size, risk_amount=item.risk_amount if size == item.size else D(0))
        for item, size in zip(positions, left, strict=True)
        if size
    ]


@given(book=netted_positions(), equity=st.sampled_from(("500", "1000", "3333.33")))
def test_the_cures_in_their_order_cure_every_limit_on_size(book: tuple[Position, ...], equity: str) -> None:
    needed = cures(book, D(equity), TIGHT)
    left = violations(after(book, needed), D(equity), replace(TIGHT, max_total_risk_pct=D(100)))
    names = [v.constraint for v in left if v.constraint not in ("max_positions", "max_per_trade_risk_pct")]
    assert names == []
    assert len(after(book, needed)) <= TIGHT.max_positions


@given(book=netted_positions())
def test_a_book_within_its_limits_needs_no_cure(book: tuple[Position, ...]) -> None:
    assert cures(book, D(1_000_000), TRADER) == ()


CASES = [
    pytest.param(
        {"max_symbol_concentration_pct": D(30)},
        [position("A", "4", "100"), position("B", "1", "100")],
        ["SELL 1 A (worth 100): max_symbol_concentration_pct"],
        id="symbol: the excess and no more",
    ),
    pytest.param(
        {"max_sector_concentration_pct": D(30)},
        [position("A", "1", "100", sector="x"), position("B", "-3", "100", sector="x")],
        ["BUY 1 B (worth 100): max_sector_concentration_pct"],
        id="sector: the largest position first",
    ),
    pytest.param(
        {"max_positions": 1},
        [position("A", "1", "100"), position("B", "-3", "100")],
        ["SELL 1 A (worth 100): max_positions"],
        id="count: the smallest position goes",
    ),
    pytest.param(
        {"max_net_exposure_pct": D(20)},
        [position("A", "4", "100"), position("B", "-1", "100")],
        ["SELL 1 A (worth 100): max_net_exposure_pct"],
        id="net: the heavier side",
    ),
    pytest.param(
        {"max_total_risk_pct": D(5)},
        [position("A", "4", "100", risk_amount=D(20)), position("B", "2", "100", risk_amount=D(40))],
        ["SELL 0.5 B (worth 50): max_total_risk_pct"],
        id="risk: the riskiest position, in proportion",
    ),
]


@pytest.mark.parametrize(("limits", "book", "expected"), CASES)
def test_each_violation_has_its_smallest_cure(
    limits: dict[str, object], book: list[Position], expected: list[str]
) -> None:
    assert [str(cure) for cure in cures(book, D(1000), limits_with(**limits))] == expected


def test_without_equity_everything_is_closed() -> None:
    needed = cures([position("A", "1"), position("B", "-2")], D(0), TRADER)
    assert [(cure.symbol, cure.size) for cure in needed] == [("A", D(1)), ("B", D(2))]


def test_a_healthy_book_is_said_to_be_healthy_and_unstated_risk_is_named() -> None:
    book = [position("A"), position("B", risk_amount=D(1))]
    recommendations, actions = advice(RiskMode.NEUTRAL, (), (), book, ())
    assert recommendations == ("RISK MODE: NEUTRAL", HEALTHY, "1 positions state no risk")
    assert actions == ()


def test_leverage_is_mended_by_margin_and_says_so() -> None:
    book = [position("A", "0.01", leverage=D(50), risk_amount=D(1))]
    found = violations(book, D(1000), limits_with(max_leverage=D(30)))
    _, actions = advice(RiskMode.SAFE, ("CRITICAL_VIOLATIONS",), found, book, ())
    assert actions == ("leverage of A is 50 of 30", "lower the leverage of A from 50 to at most 30")
