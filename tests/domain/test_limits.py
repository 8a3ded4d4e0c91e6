"""Could a limit pass an order by failing a comparison?"""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal

import pytest

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.limits import INVESTOR, PRESETS, TRADER, ModePolicy, PortfolioConstraints, preset_of

D = Decimal
COUNTS = ("max_positions", "max_positions_per_symbol")
AMOUNTS = [item.name for item in fields(PortfolioConstraints) if item.name not in COUNTS]


@pytest.mark.parametrize("value", (-1, True, False, 1.0, D(1), "1", None))
@pytest.mark.parametrize("name", COUNTS)
def test_a_count_is_a_whole_number_of_at_least_nothing(name: str, value: object) -> None:
    with pytest.raises(InvalidInput, match=f"^{name}: "):
        replace(TRADER, **{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("value", (D(-1), D("-0.000001"), D("NaN"), D("sNaN"), D("Infinity"), 1, 1.5, True, "15", None))
@pytest.mark.parametrize("name", AMOUNTS)
def test_a_limit_is_a_finite_decimal_of_at_least_nothing(name: str, value: object) -> None:
    with pytest.raises(InvalidInput, match=f"^{name}: "):
        replace(TRADER, **{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", (*COUNTS, *AMOUNTS))
def test_nothing_at_all_may_be_a_limit(name: str) -> None:
    nothing: object = 0 if name in COUNTS else D(0)
    assert getattr(replace(TRADER, **{name: nothing}), name) == 0  # type: ignore[arg-type]


def test_there_are_ten_limits_with_the_guides_defaults() -> None:
    assert len(COUNTS) + len(AMOUNTS) == 10
    assert (
        PortfolioConstraints(
            max_positions=8,
            max_positions_per_symbol=1,
            max_total_risk_pct=D(15),
            max_per_trade_risk_pct=D(2),
            max_symbol_concentration_pct=D(30),
            max_sector_concentration_pct=D(40),
            max_leverage=D(30),
            max_long_exposure_pct=D(100),
            max_short_exposure_pct=D(100),
            max_net_exposure_pct=D(80),
        )
        == TRADER
    )


def test_an_investor_neither_borrows_nor_sells_short() -> None:
    assert (INVESTOR.max_leverage, INVESTOR.max_short_exposure_pct) == (D(1), D(0))
    assert INVESTOR.max_long_exposure_pct == D(100)


@pytest.mark.parametrize(
    ("kind", "preset"),
    ((AccountKind.CASH, "investor"), (AccountKind.MARGIN, "trader"), (AccountKind.FUTURES, "trader")),
)
def test_an_account_begins_with_the_preset_of_its_kind(kind: AccountKind, preset: str) -> None:
    assert preset_of(kind) == preset
    assert preset in PRESETS


def test_the_ladder_has_the_bounds_of_the_guide() -> None:
    policy = ModePolicy()
    assert policy.safe_daily_drawdown_pct == D(3)
    assert (policy.reduce_daily_drawdown_pct, policy.reduce_weekly_drawdown_pct) == (D(10), D(15))
    assert policy.mode_cooldown_seconds == 15 * 60
    assert not policy.ladder_release_auto
