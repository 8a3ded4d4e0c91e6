"""What does the gate say to a whole portfolio and its candidates? One answer, the same live and in the library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from counterpoise.domain.decisions import BalancerOutput, CandidateTrade, RiskMode
from counterpoise.domain.limits import ModePolicy, PortfolioConstraints
from counterpoise.domain.numbers import ZERO
from counterpoise.risk.book import GateBook
from counterpoise.risk.candidates import judge
from counterpoise.risk.cures import advice, cures
from counterpoise.risk.limits import measure, tally, violations
from counterpoise.risk.mode import ModeInputs, RiskProfile, RiskState, mode_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What others say about how much risk is wanted; None is not stated.

    Attributes:
        missing: What was stated but is incomplete, stale or no number.
        previous_mode: As in `mode_of`; without it no cooldown applies.
    """

    profile: RiskProfile | None = None
    state: RiskState | None = None
    missing: tuple[str, ...] = ()
    previous_mode: tuple[RiskMode, datetime] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HowToJudge:
    """As the arguments of `judge`."""

    allow_partial: bool = False
    require_price: bool = True
    fee_rate: Decimal = ZERO


NOTHING_STATED = Stated()
LIVE = HowToJudge()


def evaluate(
    book: GateBook,
    candidates: Sequence[CandidateTrade],
    limits: PortfolioConstraints,
    policy: ModePolicy,
    now: datetime,
    *,
    stated: Stated = NOTHING_STATED,
    how: HowToJudge = LIVE,
) -> BalancerOutput:
    """Measure the book, find its mode, judge the candidates and say what is to be done; a pure function."""
    sums = tally(book.positions)
    found = violations(book.positions, book.equity, limits, sums)
    inputs = ModeInputs(
        positions=len(book.positions),
        total_risk=sums.risk,
        equity=book.equity,
        violations=found,
        profile=stated.profile,
        state=stated.state,
        missing=stated.missing,
    )
    mode, reasons = mode_of(inputs, limits, policy, previous=stated.previous_mode, now=now)
    verdicts = judge(
        book,
        candidates,
        limits,
        policy,
        mode=mode,
        mode_reasons=reasons,
        allow_partial=how.allow_partial,
        require_price=how.require_price,
        fee_rate=how.fee_rate,
        found=found,
    )
    needed = cures(book.positions, book.equity, limits) if found else ()
    recommendations, actions = advice(mode, reasons, found, book.positions, needed)
    return BalancerOutput(
        timestamp=now,
        risk_mode=mode,
        portfolio_state=measure(book.positions, book.equity, book.used_margin, book.free_margin, sums),
        violations=found,
        allowed_trades=tuple(verdict for verdict in verdicts if verdict.allowed),
        dropped_trades=tuple(verdict for verdict in verdicts if not verdict.allowed),
        recommendations=recommendations,
        actions_required=actions,
        mode_reasons=reasons,
    )
