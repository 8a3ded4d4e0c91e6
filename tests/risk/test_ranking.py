"""Is the score the sum of its weighted terms, and is its order stable?"""

from __future__ import annotations

import pytest

from counterpoise.domain.decisions import RiskMode
from counterpoise.domain.instruments import Category
from counterpoise.risk.ranking import minimum_score, priority_score, ranked
from tests.risk.books import POLICY, D, candidate

SCORES = [
    pytest.param("CORE", "0.75", "0.8", "0.2", "0.05", "102.5", id="a core symbol"),
    pytest.param("EXPANSION", "0.60", "0.3", "0.5", "-0.02", "70.3", id="an expansion symbol"),
    pytest.param("MONITORING", "0.5", "0", "0", "0", "55", id="a watched symbol"),
    pytest.param("TOXIC", "0.5", "0", "0", "0", "50", id="a toxic symbol has no bonus"),
    pytest.param("TOXIC", "0", "0", "9", "0", "0", id="never below zero"),
]


@pytest.mark.parametrize(("category", "confidence", "stability", "cost", "performance", "expected"), SCORES)
def test_the_score_is_the_guides(
    category: str, confidence: str, stability: str, cost: str, performance: str, expected: str
) -> None:
    trade = candidate(
        category=Category(category),
        confidence=D(confidence),
        stability_score=D(stability),
        cost_score=D(cost),
        recent_performance=D(performance),
    )
    assert priority_score(trade) == D(expected)


def test_equal_scores_keep_the_order_in_which_they_were_sent() -> None:
    assert ranked([D(70), D(90), D("90.0"), D(80)]) == (1, 2, 3, 0)


def test_each_mode_has_its_own_bar() -> None:
    assert [minimum_score(mode, POLICY) for mode in RiskMode] == [D(90), D(70), D(50)]
