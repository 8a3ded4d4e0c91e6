"""How much of each limit is in use, by what, and which are the tightest?

Use is now ÷ limit, for people only: what is allowed was compared as products elsewhere (`risk.limits`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal

from counterpoise.domain.decisions import Position, Severity, Violation
from counterpoise.domain.limits import PortfolioConstraints
from counterpoise.domain.numbers import HUNDRED, ZERO, percent_half_even_10
from counterpoise.risk.cures import Cure
from counterpoise.risk.limits import Tally, tally

Sides = Mapping[str, tuple[Decimal, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One limit beside what it limits.

    Attributes:
        constraint: Name of the limit's parameter.
        now, limit: In the unit of the limit (percent of equity, count or times); now is None without equity.
        use_pct: now ÷ limit × 100, half even at 10 places; 100 when anything at all is above a limit of zero.
        culprit: The symbol or sector that binds; empty for the whole book.
        severity: Of the violation, when there is one.
        cure: The reductions that bring it back, when it is passed.
    """

    constraint: str
    now: Decimal | None
    limit: Decimal
    use_pct: Decimal
    culprit: str
    severity: Severity | None
    cure: tuple[Cure, ...]


def utilisation(
    positions: Sequence[Position],
    equity: Decimal,
    limits: PortfolioConstraints,
    found: Sequence[Violation],
    needed: Sequence[Cure],
) -> tuple[Use, ...]:
    """Every limit with its use, in the order of the parameters.

    Args:
        positions: The open positions.
        equity: Account currency.
        limits: What is allowed.
        found: `risk.limits.violations` of the same book.
        needed: `risk.cures.cures` of the same book.
    """
    shares = dict(_shares(positions, tally(positions)))
    return tuple(
        _use(item.name, shares[item.name], equity, limits, found, needed)
        for item in fields(limits)
        if item.name in shares
    )


def tightest(uses: Sequence[Use], most: int) -> tuple[Use, ...]:
    """The `most` that are nearest to their limit, in the order of the parameters; CRITICAL and WARNING come first."""
    rank = {Severity.CRITICAL: 0, Severity.WARNING: 1, None: 2}
    chosen = sorted(uses, key=lambda use: (rank[use.severity], -use.use_pct))[:most]
    return tuple(use for use in uses if use in chosen)


def _shares(positions: Sequence[Position], sums: Tally) -> Iterator[tuple[str, tuple[Decimal, str, bool]]]:
    """Limit → (what is in use, by what, whether that is a share of equity)."""
    yield "max_positions", (Decimal(len(positions)), "", False)
    yield "max_positions_per_symbol", (*_largest({key: Decimal(n) for key, n in sums.count_by_symbol.items()}), False)
    yield "max_total_risk_pct", (sums.risk, "", True)
    yield "max_per_trade_risk_pct", (*_largest(_of_each(positions, lambda position: position.risk_amount)), True)
    yield "max_symbol_concentration_pct", (*_largest(sums.by_symbol), True)
    yield "max_sector_concentration_pct", (*_largest(sums.by_sector), True)
    yield "max_leverage", (*_largest(_of_each(positions, lambda position: position.leverage)), False)
    yield "max_long_exposure_pct", (sums.long, "", True)
    yield "max_short_exposure_pct", (sums.short, "", True)
    yield "max_net_exposure_pct", (abs(sums.net), "", True)


def _of_each(positions: Sequence[Position], amount: Callable[[Position], Decimal]) -> dict[str, Decimal]:
    """Symbol → the greatest amount of one of its positions: a symbol may be held long and short."""
    found: dict[str, Decimal] = {}
    for position in positions:
        found[position.symbol] = max(found.get(position.symbol, ZERO), amount(position))
    return found


def _largest(amounts: Mapping[str, Decimal]) -> tuple[Decimal, str]:
    """The greatest amount and whose it is, the first one where several are as great."""
    name = max(amounts, key=lambda key: amounts[key], default="")
    return (amounts[name], name) if name and amounts[name] else (ZERO, "")


def _use(
    name: str,
    share: tuple[Decimal, str, bool],
    equity: Decimal,
    limits: PortfolioConstraints,
    found: Sequence[Violation],
    needed: Sequence[Cure],
) -> Use:
    amount, culprit, of_equity = share
    limit = Decimal(getattr(limits, name))
    base = equity if of_equity else HUNDRED
    now = percent_half_even_10(amount, base) if base > ZERO else None
    breaches = [violation for violation in found if violation.constraint == name]
    severities = {violation.severity for violation in breaches}
    return Use(
        constraint=name,
        now=now,
        limit=limit,
        use_pct=_use_pct(amount, limit, base),
        culprit=culprit,
        severity=next((severity for severity in (Severity.CRITICAL, Severity.WARNING) if severity in severities), None),
        cure=tuple(cure for cure in needed if cure.constraint == name),
    )


def _use_pct(amount: Decimal, limit: Decimal, base: Decimal) -> Decimal:
    if not amount:
        return ZERO
    allowed = limit * base
    use = percent_half_even_10(amount * HUNDRED, allowed) if allowed > ZERO else None
    return HUNDRED if use is None else use
