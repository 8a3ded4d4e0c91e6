"""Are the book's own violations found exactly at their bounds?"""

from __future__ import annotations

import pytest
from hypothesis import given

from counterpoise.domain.decisions import Position, Severity
from counterpoise.domain.instruments import Category
from counterpoise.domain.limits import TRADER, PortfolioConstraints
from counterpoise.domain.orders import PositionSide
from counterpoise.risk.limits import measure, violations
from tests.risk.books import D, limits_with, netted_positions, position


def found(positions: list[Position], limits: PortfolioConstraints, equity: str = "1000") -> list[tuple[str, str]]:
    """Constraint and severity of each violation."""
    return [(v.constraint, str(v.severity)) for v in violations(positions, D(equity), limits)]


@pytest.mark.parametrize(
    ("count", "expected"),
    (
        pytest.param(7, [], id="7 of 8 is below nine tenths"),
        pytest.param(8, [("max_positions", "WARNING")], id="8 of 8 is near"),
        pytest.param(9, [("max_positions", "CRITICAL")], id="9 of 8 is above"),
        pytest.param(0, [], id="an empty book is near nothing"),
    ),
)
def test_positions_are_counted_against_their_limit(count: int, expected: list[tuple[str, str]]) -> None:
    book = [position(f"S{number}", "0.001") for number in range(count)]
    assert found(book, limits_with(max_positions=8)) == expected


@pytest.mark.parametrize(
    ("risk", "expected"),
    (
        pytest.param("127.5", [], id="12.75 of 15 is not above 85 %"),
        pytest.param("127.6", [("max_total_risk_pct", "WARNING")], id="12.76 warns"),
        pytest.param("150", [("max_total_risk_pct", "WARNING")], id="exactly 15 is not above"),
        pytest.param("150.1", [("max_total_risk_pct", "CRITICAL")], id="15.01 is above"),
    ),
)
def test_total_risk_is_measured_against_equity(risk: str, expected: list[tuple[str, str]]) -> None:
    book = [position("A", "0.001", risk_amount=D(risk))]
    assert found(book, limits_with(max_total_risk_pct=D(15))) == expected


ABOVE_AND_AT = [
    pytest.param("max_symbol_concentration_pct", "CRITICAL", "1", "BTC", id="symbol"),
    pytest.param("max_sector_concentration_pct", "CRITICAL", "1", "coins", id="sector"),
    pytest.param("max_long_exposure_pct", "CRITICAL", "1", "", id="long"),
    pytest.param("max_short_exposure_pct", "CRITICAL", "-1", "", id="short"),
    pytest.param("max_net_exposure_pct", "WARNING", "-1", "", id="net of a short"),
    pytest.param("max_net_exposure_pct", "WARNING", "1", "", id="net of a long"),
]


@pytest.mark.parametrize(("name", "severity", "size", "culprit"), ABOVE_AND_AT)
def test_exposure_is_above_its_limit_but_not_exactly_at_it(name: str, severity: str, size: str, culprit: str) -> None:
    at = position("BTC", size, "300", sector="coins")
    above = position("BTC", size, "300.0000000001", sector="coins")
    limits = limits_with(**{name: D(30)})
    assert found([at], limits) == []
    assert found([above], limits) == [(name, severity)]
    assert violations([above], D(1000), limits)[0].culprit == culprit


def test_leverage_is_one_violation_a_position() -> None:
    book = [
        position("A", "0.001", leverage=D(31)),
        position("B", "0.001", leverage=D(30)),
        position("C", leverage=D(99)),
    ]
    result = violations(book, D(1000), limits_with(max_leverage=D(30)))
    assert [(v.culprit, v.current_value, v.severity) for v in result] == [
        ("A", D(31), Severity.CRITICAL),
        ("C", D(99), Severity.CRITICAL),
    ]


def test_two_positions_of_one_symbol_are_one_too_many() -> None:
    book = [position("A", "1", "1"), position("A", "-1", "1")]
    assert found(book, limits_with(max_positions_per_symbol=1)) == [("max_positions_per_symbol", "CRITICAL")]


def test_the_risk_of_a_held_position_only_warns() -> None:
    book = [position("A", "0.001", risk_amount=D("20.01"))]
    assert found(book, limits_with(max_per_trade_risk_pct=D(2))) == [("max_per_trade_risk_pct", "WARNING")]


@pytest.mark.parametrize("equity", (pytest.param("0", id="zero"), pytest.param("-5", id="negative")))
def test_no_equity_is_critical_and_has_no_percentages(equity: str) -> None:
    book = [position("A")]
    assert found(book, TRADER, equity) == [("total_equity", "CRITICAL")]
    assert measure(book, D(equity), D(0), D(0)).total_risk_pct is None


def test_unknown_sectors_stand_alone() -> None:
    book = [position("A", "1", "300"), position("B", "1", "300")]
    assert found(book, limits_with(max_sector_concentration_pct=D(40))) == []
    pooled = [position("A", "1", "300", sector="coins"), position("B", "1", "300", sector="coins")]
    assert found(pooled, limits_with(max_sector_concentration_pct=D(40))) == [
        ("max_sector_concentration_pct", "CRITICAL")
    ]


def test_the_book_is_measured_in_the_figures_of_its_limits() -> None:
    book = [
        position("BTCUSDT", "0.2", "42741.13", category=Category.CORE, sector="coins", risk_amount=D(50)),
        position("ETHUSDT", "5", "2833.30", category=Category.CORE, sector="coins", risk_amount=D(25)),
        position("SOLUSDT", "-45", "95.09"),
    ]
    view = measure(book, D(10000), D(1500), D(8500))
    assert (view.total_exposure_long, view.total_exposure_short) == (D("22714.726"), D("4279.05"))
    assert (view.net_exposure, view.gross_exposure) == (D("18435.676"), D("26993.776"))
    assert (view.total_positions, view.long_positions, view.short_positions) == (3, 2, 1)
    assert (view.total_risk_pct, view.max_symbol_concentration_pct) == (D("0.75"), D("141.665"))
    assert view.max_sector_concentration_pct == D("227.14726")
    assert view.category_distribution == ((Category.CORE, 2), (Category.EXPANSION, 1))
    assert view.risk_by_strategy == (("unassigned", D(75)),)


def test_equal_positions_count_fully_and_an_empty_book_has_no_count() -> None:
    assert measure([position("A"), position("B")], D(1), D(0), D(0)).effective_positions == D(2)
    assert measure([], D(1), D(0), D(0)).effective_positions is None


@given(book=netted_positions())
def test_the_net_is_never_larger_than_the_gross(book: tuple[Position, ...]) -> None:
    view = measure(book, D(1000), D(0), D(0))
    assert abs(view.net_exposure) <= view.gross_exposure
    longs = sum(item.side is PositionSide.LONG for item in book)
    assert (view.long_positions, view.short_positions) == (longs, len(book) - longs)
