"""What is the least that has to be sold or bought back, and in which order, so that every limit holds again?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from counterpoise.domain.decisions import Position, RiskMode, Severity, Violation
from counterpoise.domain.instruments import Symbol
from counterpoise.domain.limits import PortfolioConstraints
from counterpoise.domain.numbers import (
    QUANTITY_STEP,
    ZERO,
    canonical,
    divide_away_from_zero_18,
    percent_of,
    units_away_from_zero,
)
from counterpoise.domain.orders import PositionSide, Side
from counterpoise.risk.limits import TOTAL_EQUITY
from counterpoise.risk.reservations import sector_key

HEALTHY = "Portfolio healthy - continue normal operations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cure:
    """One reduction of one position.

    Attributes:
        index: Place of the position in the list that was measured, from 0.
        action: SELL reduces a long, BUY a short.
        size: Units × multiplier to close, > 0, a multiple of 1e-9 or all that is left.
        notional: size × current price, account currency.
        constraint: The limit that it cures.
        severity: Of the violation that it cures.
    """

    index: int
    symbol: Symbol
    action: Side
    size: Decimal
    notional: Decimal
    constraint: str
    severity: Severity

    def __str__(self) -> str:
        size, worth = canonical(self.size), canonical(self.notional)
        return f"{self.action} {size:f} {self.symbol} (worth {worth:f}): {self.constraint}"


class _Trim:
    """The sizes that are left while one limit after the other is cured."""

    __slots__ = ("cures", "positions", "sizes")

    def __init__(self, positions: Sequence[Position]) -> None:
        self.positions = positions
        self.sizes = [position.size for position in positions]
        self.cures: list[Cure] = []

    def open(self) -> list[int]:
        """Places of the positions that are still there."""
        return [index for index, size in enumerate(self.sizes) if size]

    def exposure(self, index: int) -> Decimal:
        """What is left of a position, account currency."""
        return self.sizes[index] * self.positions[index].current_price

    def risk(self, index: int) -> Decimal:
        """What is left of its risk, in proportion to its size and rounded up at 18 places."""
        position = self.positions[index]
        return divide_away_from_zero_18(position.risk_amount * self.sizes[index], position.size)

    def cut(self, index: int, size: Decimal, constraint: str, severity: Severity) -> None:
        """Close `size` of a position, at most what is left."""
        position = self.positions[index]
        size = min(size, self.sizes[index])
        self.sizes[index] -= size
        cure = Cure(
            index=index,
            symbol=position.symbol,
            action=Side.SELL if position.side is PositionSide.LONG else Side.BUY,
            size=size,
            notional=size * position.current_price,
            constraint=constraint,
            severity=severity,
        )
        self.cures.append(cure)

    def close_smallest(self, members: list[int], most: int, constraint: str) -> None:
        """Close whole positions, the smallest exposure first, until at most `most` are left."""
        for index in sorted(members, key=self.exposure)[: max(len(members) - most, 0)]:
            self.cut(index, self.sizes[index], constraint, Severity.CRITICAL)

    def cut_exposure(
        self, members: Iterable[int], bound: Decimal, constraint: str, severity: Severity = Severity.CRITICAL
    ) -> None:
        """Cut the largest exposures first, so that the fewest positions are touched."""
        held = sorted(members, key=self.exposure, reverse=True)
        excess = sum((self.exposure(index) for index in held), ZERO) - bound
        for index in held:
            if excess <= ZERO:
                return
            before = self.exposure(index)
            price = self.positions[index].current_price
            self.cut(index, units_away_from_zero(min(excess, before), price, QUANTITY_STEP), constraint, severity)
            excess -= before - self.exposure(index)

    def cut_risk(self, members: Iterable[int], bound: Decimal, constraint: str, severity: Severity) -> None:
        """Cut the positions that risk most first; risk falls with size."""
        held = sorted(members, key=self.risk, reverse=True)
        excess = sum((self.risk(index) for index in held), ZERO) - bound
        for index in held:
            if excess <= ZERO:
                return
            before = self.risk(index)
            if not before:
                return
            position = self.positions[index]
            amount = min(excess, before) * position.size
            units = units_away_from_zero(amount, position.risk_amount, QUANTITY_STEP)
            self.cut(index, units, constraint, severity)
            excess -= before - self.risk(index)


def cures(positions: Sequence[Position], equity: Decimal, limits: PortfolioConstraints) -> tuple[Cure, ...]:
    """Reductions that, carried out in order at current prices, leave the book within its limits.

    Each cure is measured on what the ones before it leave. Leverage has no
    cure here: it is mended by margin, not by size.
    """
    trim = _Trim(positions)
    if equity <= ZERO:
        trim.close_smallest(trim.open(), 0, TOTAL_EQUITY)
        return tuple(trim.cures)
    for members in _groups(trim, (position.symbol for position in positions)):
        trim.close_smallest(members, limits.max_positions_per_symbol, "max_positions_per_symbol")
    trim.close_smallest(trim.open(), limits.max_positions, "max_positions")
    bound = percent_of(equity, limits.max_symbol_concentration_pct)
    for members in _groups(trim, (position.symbol for position in positions)):
        trim.cut_exposure(members, bound, "max_symbol_concentration_pct")
    bound = percent_of(equity, limits.max_sector_concentration_pct)
    for members in _groups(trim, (sector_key(position.sector, position.symbol) for position in positions)):
        trim.cut_exposure(members, bound, "max_sector_concentration_pct")
    for index in trim.open():
        bound = percent_of(equity, limits.max_per_trade_risk_pct)
        trim.cut_risk([index], bound, "max_per_trade_risk_pct", Severity.WARNING)
    bound = percent_of(equity, limits.max_total_risk_pct)
    trim.cut_risk(trim.open(), bound, "max_total_risk_pct", Severity.CRITICAL)
    _cure_sides(trim, equity, limits)  # the net comes last: every cut before it may widen it
    return tuple(trim.cures)


def advice(
    mode: RiskMode,
    mode_reasons: Sequence[str],
    found: Sequence[Violation],
    positions: Sequence[Position],
    needed: Sequence[Cure],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Recommendations and required actions, in words with numbers; cures come in the order to carry them out."""
    recommendations = [f"RISK MODE: {mode}"]
    if not found and mode is not RiskMode.SAFE:
        recommendations.append(HEALTHY)
    if mode_reasons:
        recommendations.append(f"mode {mode} follows from {', '.join(mode_reasons)}")
    recommendations += [v.message for v in found if v.severity is Severity.WARNING]
    recommendations += [str(cure) for cure in needed if cure.severity is Severity.WARNING]
    unstated = sum(not position.risk_amount for position in positions)
    if unstated:
        recommendations.append(f"{unstated} positions state no risk")
    actions = [v.message for v in found if v.severity is Severity.CRITICAL]
    actions += [
        f"lower the leverage of {v.culprit} from {v.current_value:f} to at most {v.limit_value:f}"
        for v in found
        if v.constraint == "max_leverage"
    ]
    actions += [str(cure) for cure in needed if cure.severity is Severity.CRITICAL]
    return tuple(recommendations), tuple(actions)


def _cure_sides(trim: _Trim, equity: Decimal, limits: PortfolioConstraints) -> None:
    longs = [index for index in trim.open() if trim.positions[index].side is PositionSide.LONG]
    shorts = [index for index in trim.open() if trim.positions[index].side is PositionSide.SHORT]
    trim.cut_exposure(longs, percent_of(equity, limits.max_long_exposure_pct), "max_long_exposure_pct")
    trim.cut_exposure(shorts, percent_of(equity, limits.max_short_exposure_pct), "max_short_exposure_pct")
    long = sum((trim.exposure(index) for index in longs), ZERO)
    short = sum((trim.exposure(index) for index in shorts), ZERO)
    heavy, light = (longs, short) if long >= short else (shorts, long)
    bound = light + percent_of(equity, limits.max_net_exposure_pct)
    trim.cut_exposure(heavy, bound, "max_net_exposure_pct", Severity.WARNING)


def _groups(trim: _Trim, names: Iterable[str]) -> list[list[int]]:
    """Places of the positions still open, by name, in the order of first sight."""
    groups: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        if trim.sizes[index]:
            groups.setdefault(name, []).append(index)
    return list(groups.values())
