"""What did we decide, from what, and why? Each decision is one fact that holds its inputs and its verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from counterpoise.domain.accounts import StrategyName
from counterpoise.domain.decisions import (
    CandidateTrade,
    RiskMode,
    Severity,
    StateCause,
    TradingState,
    Verdict,
    Violation,
)
from counterpoise.domain.limits import ModePolicy, PortfolioConstraints
from counterpoise.domain.orders import Side
from counterpoise.domain.plans import RebalancePlan, SizingPolicy, Target
from counterpoise.domain.statements import Break


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetsSet:
    """What an allocation wants to hold from now on, and how its rebalances size their orders."""

    strategy: StrategyName
    targets: tuple[Target, ...]
    policy: SizingPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsSet:
    """The limits and the mode policy in force from now on; `reason` documents the change."""

    preset: str
    constraints: PortfolioConstraints
    mode_policy: ModePolicy
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategySet:
    """A strategy that may propose candidates while it is enabled."""

    strategy: StrategyName
    enabled: bool
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateJudged:
    """One evaluation of the gate: its inputs once, then a verdict per candidate.

    Attributes:
        marks_ref: fact_id of the MarksRecorded whose marks it used (with those before it).
        limits_ref: fact_id of the LimitsSet in force.
        equity, used_margin, free_margin: What the limits were measured against, account currency.
        candidates: As judged (with our mark and figures where those are worse than what was sent).
    """

    marks_ref: str
    limits_ref: str
    equity: Decimal
    used_margin: Decimal
    free_margin: Decimal
    mode: RiskMode
    trading_state: TradingState
    candidates: tuple[CandidateTrade, ...]
    verdicts: tuple[Verdict, ...]
    violations: tuple[Violation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanProposed:
    """A rebalance plan that was judged as a whole and will be carried out as `run_id`."""

    run_id: str
    strategy: StrategyName
    marks_ref: str
    limits_ref: str
    plan: RebalancePlan
    denied: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesJudged:
    """Lines of a run were judged again at the moment of sending, on the book as it then was.

    Attributes:
        side: Which phase: sells go first, buys when their money is there.
        verdicts: One per line of the phase; `index` is the line's priority in the plan.
        adjustments: Line by line what differs from the plan, in words.
    """

    run_id: str
    side: Side
    limits_ref: str
    equity: Decimal
    free_cash: Decimal
    verdicts: tuple[Verdict, ...]
    adjustments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeChanged:
    """The risk mode from now on; `reasons` name the conditions. The same mode again says that they still hold."""

    mode: RiskMode
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingStateChanged:
    """What may be sent from now on."""

    state: TradingState
    cause: StateCause
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakOpened:
    """The venue and the ledger differ; `severity` says whether all risk stops or only the subject's."""

    difference: Break
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakSettled:
    """A break is over.

    Attributes:
        opened: fact_id of its BreakOpened.
    """

    opened: str
    reason: str
