"""Where does the book stand against its limits and ladders, at the live marks?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from counterpoise.control.gate_book import position_of
from counterpoise.control.overview.moment import Moment
from counterpoise.domain.decisions import Position, Severity, Violation
from counterpoise.domain.limits import ModePolicy
from counterpoise.domain.numbers import ZERO
from counterpoise.messages.overview import Gate, Ladder, LadderStep, LimitUnit, LimitUse, ViolationLine
from counterpoise.messages.sentences import shown, units
from counterpoise.portfolio import drawdown
from counterpoise.risk.cures import Cure, cures
from counterpoise.risk.limits import violations
from counterpoise.risk.reservations import UNKNOWN_SECTOR, sector_key
from counterpoise.risk.utilisation import Use, tightest, utilisation

LIMITS_SHOWN = 6
ALWAYS_FULL = frozenset({"max_positions_per_symbol", "max_leverage"})
"""Limits that one position of a netting account without leverage already fills."""

LADDER_ROOM = Decimal("1.2")
"""How far a ladder's bar goes beyond its last step."""

LABELS: Mapping[str, tuple[str, LimitUnit]] = MappingProxyType(
    {
        "max_positions": ("Positions", LimitUnit.COUNT),
        "max_positions_per_symbol": ("Positions per symbol", LimitUnit.COUNT),
        "max_total_risk_pct": ("Total risk", LimitUnit.PERCENT),
        "max_per_trade_risk_pct": ("Risk of one trade", LimitUnit.PERCENT),
        "max_symbol_concentration_pct": ("Largest", LimitUnit.PERCENT),
        "max_sector_concentration_pct": ("Sector", LimitUnit.PERCENT),
        "max_leverage": ("Leverage", LimitUnit.TIMES),
        "max_long_exposure_pct": ("Long exposure", LimitUnit.PERCENT),
        "max_short_exposure_pct": ("Short exposure", LimitUnit.PERCENT),
        "max_net_exposure_pct": ("Net exposure", LimitUnit.PERCENT),
    }
)
"""Limit → what it is called on a screen, and its unit."""


def gate(moment: Moment) -> Gate:
    """The tightest limits with their use and cure, the ladders, and the day's decisions."""
    view, state = moment.view, moment.view.state
    limits = state.constraints
    assert limits is not None, "an opened account has limits"
    equity = view.live.equity
    held = tuple(
        position_of(view, item, view.live_marks) for _, item in sorted(state.holdings.items()) if item.quantity
    )
    found = violations(held, equity, limits)
    needed = cures(held, equity, limits)
    uses = [use for use in utilisation(held, equity, limits, found, needed) if _tells(use)]
    criticals = sum(violation.severity is Severity.CRITICAL for violation in found)
    warnings = len(found) - criticals
    words = [f"{count} {name}" for count, name in ((criticals, "CRITICAL"), (warnings, "WARNING")) if count]
    return Gate(
        verdict=", ".join(words) or "no violations",
        severity=Severity.CRITICAL if criticals else Severity.WARNING if warnings else None,
        limits=tuple(_limit(use) for use in tightest(uses, LIMITS_SHOWN)),
        ladders=_ladders(moment, state.mode_policy),
        violations=tuple(
            ViolationLine(
                constraint=violation.constraint,
                severity=violation.severity,
                message=violation.message,
                culprit=violation.culprit,
                cure=_cured(tuple(cure for cure in needed if _cures(cure, violation, held))),
            )
            for violation in found
        ),
        today=moment.watch.chronicle.today(moment.now),
    )


def _tells(use: Use) -> bool:
    """Whether its bar says anything: what is always in full use is shown only when it is passed.

    A symbol without a sector is a sector of its own, whose bar would be that of the symbol again.
    """
    again = use.constraint == "max_sector_concentration_pct" and use.culprit.startswith(f"{UNKNOWN_SECTOR}:")
    return use.now is not None and (use.severity is not None or not (again or use.constraint in ALWAYS_FULL))


def _limit(use: Use) -> LimitUse:
    label, unit = LABELS[use.constraint]
    return LimitUse(
        name=use.constraint,
        label=f"{label}, {use.culprit}" if use.culprit else label,
        now=use.now if use.now is not None else ZERO,
        limit=use.limit,
        unit=unit,
        use_pct=use.use_pct,
        severity=use.severity,
        culprit=use.culprit,
        cure=_cured(use.cure),
    )


def _cures(cure: Cure, violation: Violation, held: Sequence[Position]) -> bool:
    """Whether the cure is this violation's: several symbols or sectors may pass the same limit."""
    touched = (cure.symbol, sector_key(held[cure.index].sector, cure.symbol))
    return cure.constraint == violation.constraint and (not violation.culprit or violation.culprit in touched)


def _cured(found: tuple[Cure, ...]) -> str | None:
    """The reductions in words, in the order to carry them out."""
    said = [f"{cure.action} {units(cure.size)} {cure.symbol} (worth {shown(cure.notional)})" for cure in found]
    return ", then ".join(said) or None


def _ladders(moment: Moment, policy: ModePolicy) -> tuple[Ladder, Ladder]:
    state = moment.view.state
    recorded = moment.view.book.valuation.equity
    book = drawdown.seen_at(state.drawdown, recorded, moment.now, state.opened.time_zone)
    equity = moment.view.live.equity
    reducing = LadderStep(at_pct=policy.reduce_daily_drawdown_pct, label="REDUCING", severity=Severity.CRITICAL)
    weekly = LadderStep(at_pct=policy.reduce_weekly_drawdown_pct, label="REDUCING", severity=Severity.CRITICAL)
    safe = LadderStep(at_pct=policy.safe_daily_drawdown_pct, label="SAFE", severity=Severity.WARNING)
    return (
        _ladder("Drawdown today", drawdown.drawdown_pct(book.daily, equity), (safe, reducing)),
        _ladder("Drawdown this week", drawdown.drawdown_pct(book.weekly, equity), (weekly,)),
    )


def _ladder(label: str, now_pct: Decimal | None, steps: tuple[LadderStep, ...]) -> Ladder:
    passed = [step for step in steps if now_pct is not None and now_pct > step.at_pct]
    last = max(step.at_pct for step in steps)
    return Ladder(
        label=label,
        now_pct=now_pct,
        scale_pct=max(last * LADDER_ROOM, now_pct or ZERO),
        severity=passed[-1].severity if passed else None,
        steps=steps,
    )
