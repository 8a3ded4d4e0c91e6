"""Which candidate comes first, and which score is enough?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from counterpoise.domain.decisions import CandidateTrade, RiskMode
from counterpoise.domain.instruments import Category
from counterpoise.domain.limits import ModePolicy
from counterpoise.domain.numbers import HUNDRED, ZERO

CATEGORY_BONUS: Mapping[Category, Decimal] = MappingProxyType(
    {Category.CORE: Decimal(20), Category.EXPANSION: Decimal(10), Category.MONITORING: Decimal(5)}
)
STABILITY_WEIGHT = Decimal(10)
COST_WEIGHT = Decimal(5)
PERFORMANCE_WEIGHT = Decimal(10)


def priority_score(candidate: CandidateTrade) -> Decimal:
    """max(0, 100 · confidence + category + 10 · stability − 5 · cost + 10 · performance), in points."""
    points = (
        HUNDRED * candidate.confidence
        + CATEGORY_BONUS.get(candidate.category, ZERO)
        + STABILITY_WEIGHT * candidate.stability_score
        - COST_WEIGHT * candidate.cost_score
        + PERFORMANCE_WEIGHT * candidate.recent_performance
    )
    return max(ZERO, points)


def minimum_score(mode: RiskMode, policy: ModePolicy) -> Decimal:
    """The score, in points, that a candidate must reach in this mode; exactly at it is enough."""
    if mode is RiskMode.SAFE:
        return policy.minimum_score_safe
    if mode is RiskMode.AGGRESSIVE:
        return policy.minimum_score_aggressive
    return policy.minimum_score_neutral


def ranked(scores: Sequence[Decimal]) -> tuple[int, ...]:
    """Places of `scores` from the highest down; equal scores keep the order in which they were sent."""
    return tuple(sorted(range(len(scores)), key=scores.__getitem__, reverse=True))
