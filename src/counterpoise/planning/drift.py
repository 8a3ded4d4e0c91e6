"""How far is each weight from its target, is that too far, and where should it go?"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from counterpoise.domain.instruments import CASH_SYMBOL, Symbol
from counterpoise.domain.numbers import HUNDRED, ZERO, divide_half_even_18
from counterpoise.domain.plans import (
    OUTCOME_MESSAGES,
    Destination,
    LineReason,
    Outcome,
    PlanAction,
    PlanScope,
    SizingPolicy,
    Target,
)
from counterpoise.planning.targets import PERCENT, Line, Mandate, PlanBook, mandate_of

HALF_PERCENT = Decimal("0.005")


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftLine:
    """One weight beside its target; weights and drift are fractions of investable, None where unknown.

    Attributes:
        drift: actual − target weight.
        threshold_pct: Percentage points it may drift; None when only the portfolio's trigger moves it.
        needs_rebalance: Whether it is strictly beyond that, or off target when the trigger fired.
        action: BUY or SELL when it needs one and may be traded, else HOLD; CASH is always HOLD.
    """

    symbol: Symbol
    actual_value: Decimal | None
    target_value: Decimal | None
    actual_weight: Decimal | None
    target_weight: Decimal
    drift: Decimal | None
    threshold_pct: Decimal | None
    needs_rebalance: bool
    action: PlanAction
    reason: LineReason


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """What has drifted, over targets, holdings and cash.

    Attributes:
        total_drift: Σ|drift| ÷ 2, a fraction of investable; None where unknown.
        triggered: Whether that is strictly beyond the portfolio's trigger.
        outcome: TRADES when a rebalance is needed, IN_BAND when not, else the named answer.
    """

    lines: tuple[DriftLine, ...]
    portfolio_value: Decimal
    investable_value: Decimal
    total_drift: Decimal | None
    triggered: bool
    needs_rebalance: bool
    outcome: Outcome
    message: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the bands say of the whole; each line's own verdict is on the line.

    Attributes:
        cash_goal: Account currency that should stay in cash.
        deviation: Σ|actual − target value| over symbols and cash, account currency.
    """

    needs_rebalance: bool
    triggered: bool
    cash_drifted: bool
    cash_band_pct: Decimal | None
    cash_goal: Decimal
    deviation: Decimal


def drift(
    book: PlanBook, targets: tuple[Target, ...], policy: SizingPolicy, *, portfolio_value: Decimal | None = None
) -> DriftReport:
    """Compare every weight with its target; nothing is planned.

    Raises:
        InvalidInput, PortfolioError: as `mandate_of`.
    """
    mandate = mandate_of(book, targets, policy, portfolio_value=portfolio_value)
    known = mandate.answer is None or (mandate.answer is Outcome.INCOMPLETE and not mandate.unpriced)
    judged = judge(mandate, policy) if known else None
    needs = judged is not None and judged.needs_rebalance
    outcome = mandate.answer or (Outcome.TRADES if needs else Outcome.IN_BAND)
    message = "Rebalancing is needed" if outcome is Outcome.TRADES else OUTCOME_MESSAGES[outcome]
    everyone = sorted((*mandate.lines, *mandate.unbought, *mandate.unpriced), key=lambda line: line.symbol)
    lines = [_drift_line(line, mandate.investable, known=judged is not None) for line in everyone]
    total = None
    if judged is not None:
        lines.append(_cash_line(mandate, judged))
        total = None if mandate.investable.is_zero() else divide_half_even_18(judged.deviation, 2 * mandate.investable)
    return DriftReport(
        lines=(*lines, *(_kept_line(line) for line in mandate.kept)),
        portfolio_value=mandate.portfolio_value,
        investable_value=mandate.investable,
        total_drift=total,
        triggered=judged is not None and judged.triggered,
        needs_rebalance=needs,
        outcome=outcome,
        message=message,
        notes=mandate.notes,
    )


def judge(mandate: Mandate, policy: SizingPolicy) -> Judgement:
    """Mark each line that is beyond its band; strictly, and by products of exact values.

    A portfolio-level trigger that fires makes every line off its target a drifted one.
    """
    investable = mandate.investable
    cash_target_value = mandate.cash_weight * investable
    cash_excess = mandate.idle - cash_target_value
    deviation = abs(cash_excess)
    for line in mandate.lines:
        deviation += abs(line.excess)
    triggered = policy.trigger_pct is not None and deviation * HUNDRED > 2 * policy.trigger_pct * investable
    any_drifted = False
    for line in mandate.lines:
        line.band_pct = band_pct_of(line.target, line.weight, policy, is_cash=False)
        line.drifted = _is_drifted(line.excess, line.band_pct, investable, triggered=triggered)
        any_drifted = any_drifted or line.drifted
    cash_band = band_pct_of(mandate.cash_target, mandate.cash_weight, policy, is_cash=True)
    cash_drifted = _is_drifted(cash_excess, cash_band, investable, triggered=triggered)
    goal = cash_target_value
    if cash_drifted:
        allowed = _allowed_distance(cash_band, policy.destination, investable)
        buffer = policy.cash_buffer_pct * PERCENT * investable
        goal = max(_clamp(mandate.idle, goal, allowed), buffer)
    return Judgement(
        needs_rebalance=any_drifted or cash_drifted,
        triggered=triggered,
        cash_drifted=cash_drifted,
        cash_band_pct=cash_band,
        cash_goal=goal,
        deviation=deviation,
    )


def band_pct_of(target: Target | None, weight: Decimal, policy: SizingPolicy, *, is_cash: bool) -> Decimal | None:
    """The narrower of the absolute and the relative band in percentage points; None is no band of its own.

    The policy's 0 is no absolute band: without any other band it lets every drift act, beside a
    relative band or a trigger it leaves the word to those. A relative band of a target of zero is
    undefined; a symbol that should not be held then has no room at all, cash is left alone.
    """
    if target is not None and target.threshold_pct is not None:
        absolute: Decimal | None = target.threshold_pct
    elif policy.drift_threshold_pct > ZERO or (policy.relative_threshold_pct is None and policy.trigger_pct is None):
        absolute = policy.drift_threshold_pct
    else:
        absolute = None
    if policy.relative_threshold_pct is None:
        return absolute
    if weight.is_zero():
        return ZERO if absolute is None and not is_cash else absolute
    relative = policy.relative_threshold_pct * weight
    return relative if absolute is None else min(absolute, relative)


def send_to_destination(mandate: Mandate, judged: Judgement, policy: SizingPolicy) -> None:
    """Write on each line what it wishes to move, + buy, and why it does not.

    With scope DRIFTED only drifted lines move, with ALL every line does once one has drifted.
    """
    everyone = judged.needs_rebalance and policy.scope is PlanScope.ALL
    for line in mandate.lines:
        if line.reason is not LineReason.IN_BAND:
            continue  # blocked
        if line.excess.is_zero():
            line.reason = LineReason.ON_TARGET
        elif line.drifted or everyone:
            allowed = _allowed_distance(line.band_pct, policy.destination, mandate.investable)
            goal = _clamp(line.value, line.target_value, allowed)
            _move(line, goal, policy)


def _move(line: Line, goal: Decimal, policy: SizingPolicy) -> None:
    amount = goal - line.value
    if amount.is_zero():
        return
    if amount < ZERO and policy.buy_only:
        line.reason = LineReason.BUY_ONLY
        return
    line.amount = amount
    # The one place that says exit: nothing of the symbol should be held at the end.
    line.is_exit = goal.is_zero()
    line.reason = LineReason.EXIT if line.is_exit else LineReason.TO_TARGET


def _is_drifted(excess: Decimal, band_pct: Decimal | None, investable: Decimal, *, triggered: bool) -> bool:
    if triggered and not excess.is_zero():
        return True
    return band_pct is not None and abs(excess) * HUNDRED > band_pct * investable


def _allowed_distance(band_pct: Decimal | None, destination: Destination, investable: Decimal) -> Decimal:
    """How far from its target a moved value may stay, account currency."""
    if band_pct is None or destination is Destination.TARGET:
        return ZERO
    return band_pct * investable * (PERCENT if destination is Destination.BAND_EDGE else HALF_PERCENT)


def _clamp(value: Decimal, target: Decimal, allowed: Decimal) -> Decimal:
    """The value nearest to `value` within `allowed` of `target`; nothing is ever wished to be below zero."""
    return min(max(value, target - allowed, ZERO), target + allowed)


def _drift_line(line: Line, investable: Decimal, *, known: bool) -> DriftLine:
    value = line.known_value
    weight = None
    if known and value is not None and not investable.is_zero():
        weight = divide_half_even_18(value, investable)
    tradable = line.drifted and line.reason is LineReason.IN_BAND
    return DriftLine(
        symbol=line.symbol,
        actual_value=value,
        target_value=line.target_value if known else None,
        actual_weight=weight,
        target_weight=line.weight,
        drift=None if weight is None else weight - line.weight,
        threshold_pct=line.band_pct,
        needs_rebalance=line.drifted,
        action=_action(line.excess) if tradable else PlanAction.HOLD,
        reason=_drift_reason(line, known=known),
    )


def _drift_reason(line: Line, *, known: bool) -> LineReason:
    if line.reason is not LineReason.IN_BAND:
        return line.reason
    if not known:
        return LineReason.TOTAL_UNKNOWN
    if line.excess.is_zero():
        return LineReason.ON_TARGET
    return LineReason.TO_TARGET if line.drifted else LineReason.IN_BAND


def _action(excess: Decimal) -> PlanAction:
    return PlanAction.SELL if excess > ZERO else PlanAction.BUY


def _cash_line(mandate: Mandate, judged: Judgement) -> DriftLine:
    target_value = mandate.cash_weight * mandate.investable
    weight = None if mandate.investable.is_zero() else divide_half_even_18(mandate.idle, mandate.investable)
    on_target = mandate.idle == target_value
    reason = LineReason.ON_TARGET if on_target else LineReason.IN_BAND
    return DriftLine(
        symbol=CASH_SYMBOL,
        actual_value=mandate.idle,
        target_value=target_value,
        actual_weight=weight,
        target_weight=mandate.cash_weight,
        drift=None if weight is None else weight - mandate.cash_weight,
        threshold_pct=judged.cash_band_pct,
        needs_rebalance=judged.cash_drifted,
        action=PlanAction.HOLD,
        reason=LineReason.TO_TARGET if judged.cash_drifted else reason,
    )


def _kept_line(line: Line) -> DriftLine:
    return DriftLine(
        symbol=line.symbol,
        actual_value=line.known_value,
        target_value=line.known_value,
        actual_weight=ZERO,
        target_weight=ZERO,
        drift=ZERO,
        threshold_pct=None,
        needs_rebalance=False,
        action=PlanAction.HOLD,
        reason=line.reason,
    )
