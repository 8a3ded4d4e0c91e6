"""Which targets could never be held under which limits?"""

from dataclasses import replace
from decimal import Decimal

import pytest

from counterpoise.domain.limits import INVESTOR, PortfolioConstraints
from counterpoise.risk.conflicts import conflicts

D = Decimal
WEIGHTS = {"AAA": D("0.5"), "BBB": D("0.3"), "CCC": D("0.2")}
SECTORS = {"AAA": "Energy", "BBB": "Energy", "CCC": "unknown"}


def test_targets_of_the_whole_fit_an_investor() -> None:
    assert conflicts(WEIGHTS, SECTORS, INVESTOR) == ()


@pytest.mark.parametrize(
    ("limits", "said"),
    (
        pytest.param(replace(INVESTOR, max_positions=2), "3 targets, but max_positions is 2", id="count"),
        pytest.param(
            replace(INVESTOR, max_symbol_concentration_pct=D("49.9")),
            "target of AAA: 50 %, but max_symbol_concentration_pct is 49.9",
            id="symbol",
        ),
        pytest.param(
            replace(INVESTOR, max_sector_concentration_pct=D(79)),
            "targets in sector Energy: 80 %, but max_sector_concentration_pct is 79",
            id="sector",
        ),
        pytest.param(
            replace(INVESTOR, max_long_exposure_pct=D(99)),
            "targets together: 100 %, but max_long_exposure_pct is 99",
            id="long",
        ),
        pytest.param(
            replace(INVESTOR, max_net_exposure_pct=D(80)),
            "targets together: 100 %, but max_net_exposure_pct is 80",
            id="net",
        ),
    ),
)
def test_each_limit_is_named_with_both_numbers(limits: PortfolioConstraints, said: str) -> None:
    assert conflicts(WEIGHTS, SECTORS, limits) == (said,)


def test_exactly_at_a_limit_fits_and_every_conflict_is_named_at_once() -> None:
    assert conflicts(WEIGHTS, SECTORS, replace(INVESTOR, max_symbol_concentration_pct=D(50))) == ()
    tight = replace(INVESTOR, max_positions=1, max_symbol_concentration_pct=D(25))
    assert len(conflicts(WEIGHTS, SECTORS, tight)) == 3


def test_unknown_sectors_are_never_pooled() -> None:
    unknown = dict.fromkeys(WEIGHTS, "unknown")
    assert conflicts(WEIGHTS, unknown, replace(INVESTOR, max_sector_concentration_pct=D(50))) == ()
