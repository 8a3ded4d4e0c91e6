"""Where does the book stand against its limits?

Every comparison is of products (100 × exposure against percent × equity): nothing is divided before it
is compared, so zero and negative equity cannot pass a limit. Exactly at a limit is not above it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from counterpoise.domain.accounts import UNASSIGNED
from counterpoise.domain.decisions import PortfolioStateView, Position, Severity, Violation
from counterpoise.domain.instruments import Category, Symbol
from counterpoise.domain.limits import PortfolioConstraints
from counterpoise.domain.numbers import ZERO, percent_half_even_10, percent_of, ratio_half_even_10
from counterpoise.domain.orders import PositionSide
from counterpoise.risk.reservations import sector_key

POSITIONS_NEAR_SHARE = Decimal("0.9")
RISK_NEAR_PCT = Decimal(85)
TOTAL_EQUITY = "total_equity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One pass over the positions, account currency; maps keep the order of first sight."""

    long: Decimal
    short: Decimal
    risk: Decimal
    squares: Decimal
    longs: int
    by_symbol: dict[Symbol, Decimal]
    by_sector: dict[str, Decimal]
    count_by_symbol: dict[Symbol, int]
    categories: dict[Category, int]

    @property
    def gross(self) -> Decimal:
        """Long + short, ≥ 0."""
        return self.long + self.short

    @property
    def net(self) -> Decimal:
        """Long − short, signed."""
        return self.long - self.short


def tally(positions: Sequence[Position]) -> Tally:
    """Add up exposure, risk and counts."""
    long = short = risk = squares = ZERO
    longs = 0
    by_symbol: dict[Symbol, Decimal] = {}
    by_sector: dict[str, Decimal] = {}
    count_by_symbol: dict[Symbol, int] = {}
    categories: dict[Category, int] = {}
    for position in positions:
        exposure = position.size * position.current_price
        if position.side is PositionSide.LONG:
            long += exposure
            longs += 1
        else:
            short += exposure
        risk += position.risk_amount
        squares += exposure * exposure
        symbol, sector = position.symbol, sector_key(position.sector, position.symbol)
        by_symbol[symbol] = by_symbol.get(symbol, ZERO) + exposure
        by_sector[sector] = by_sector.get(sector, ZERO) + exposure
        count_by_symbol[symbol] = count_by_symbol.get(symbol, 0) + 1
        categories[position.category] = categories.get(position.category, 0) + 1
    return Tally(
        long=long,
        short=short,
        risk=risk,
        squares=squares,
        longs=longs,
        by_symbol=by_symbol,
        by_sector=by_sector,
        count_by_symbol=count_by_symbol,
        categories=categories,
    )


def measure(
    positions: Sequence[Position],
    equity: Decimal,
    used_margin: Decimal,
    free_margin: Decimal,
    sums: Tally | None = None,
) -> PortfolioStateView:
    """The book in the figures that the limits are about; a percentage of no equity is None."""
    found = tally(positions) if sums is None else sums
    return PortfolioStateView(
        total_equity=equity,
        used_margin=used_margin,
        free_margin=free_margin,
        total_exposure_long=found.long,
        total_exposure_short=found.short,
        net_exposure=found.net,
        gross_exposure=found.gross,
        total_risk_pct=_share_pct(found.risk, equity),
        total_positions=len(positions),
        long_positions=found.longs,
        short_positions=len(positions) - found.longs,
        max_symbol_concentration_pct=_share_pct(max(found.by_symbol.values(), default=ZERO), equity),
        max_sector_concentration_pct=_share_pct(max(found.by_sector.values(), default=ZERO), equity),
        category_distribution=tuple(
            (category, found.categories[category]) for category in Category if category in found.categories
        ),
        effective_positions=ratio_half_even_10(found.gross * found.gross, found.squares),
        # A position does not say whose it is; who knows the shares replaces this.
        risk_by_strategy=((UNASSIGNED, found.risk),) if positions else (),
    )


def violations(
    positions: Sequence[Position], equity: Decimal, limits: PortfolioConstraints, sums: Tally | None = None
) -> tuple[Violation, ...]:
    """Every limit that the book as it stands is above or near, in the order of the parameters."""
    found = tally(positions) if sums is None else sums
    return tuple(_violations(positions, equity, limits, found))


def is_critical(found: Sequence[Violation]) -> bool:
    """Whether any violation blocks every order that is no reduction."""
    return any(violation.severity is Severity.CRITICAL for violation in found)


def _violations(
    positions: Sequence[Position], equity: Decimal, limits: PortfolioConstraints, sums: Tally
) -> Iterator[Violation]:
    if equity <= ZERO:
        message = f"equity is {equity:f}: no new risk can be carried"
        yield Violation(
            constraint=TOTAL_EQUITY,
            severity=Severity.CRITICAL,
            current_value=equity,
            limit_value=ZERO,
            message=message,
        )
    yield from _counts(len(positions), limits, sums)
    yield from _leverage(positions, limits.max_leverage)
    if equity <= ZERO:
        return  # a percentage of no equity has no value; total_equity already blocks
    yield from _risk(positions, equity, limits, sums.risk)
    for symbol, exposure in sums.by_symbol.items():
        yield from _above("max_symbol_concentration_pct", exposure, equity, limits, symbol)
    for sector, exposure in sums.by_sector.items():
        yield from _above("max_sector_concentration_pct", exposure, equity, limits, sector)
    yield from _above("max_long_exposure_pct", sums.long, equity, limits)
    yield from _above("max_short_exposure_pct", sums.short, equity, limits)
    yield from _above("max_net_exposure_pct", abs(sums.net), equity, limits, severity=Severity.WARNING)


def _counts(total: int, limits: PortfolioConstraints, sums: Tally) -> Iterator[Violation]:
    most = limits.max_positions
    if total > most:
        yield _counted("max_positions", Severity.CRITICAL, total, most, f"{total} positions of {most}")
    elif total and total >= POSITIONS_NEAR_SHARE * most:
        yield _counted("max_positions", Severity.WARNING, total, most, f"{total} positions of {most}")
    most = limits.max_positions_per_symbol
    for symbol, count in sums.count_by_symbol.items():
        if count > most:
            message = f"{count} positions of {most} in {symbol}"
            yield _counted("max_positions_per_symbol", Severity.CRITICAL, count, most, message, symbol)


def _leverage(positions: Sequence[Position], most: Decimal) -> Iterator[Violation]:
    for position in positions:
        if position.leverage > most:
            yield Violation(
                constraint="max_leverage",
                severity=Severity.CRITICAL,
                current_value=position.leverage,
                limit_value=most,
                message=f"leverage of {position.symbol} is {position.leverage:f} of {most:f}",
                culprit=position.symbol,
            )


def _risk(
    positions: Sequence[Position], equity: Decimal, limits: PortfolioConstraints, risk: Decimal
) -> Iterator[Violation]:
    name = "max_total_risk_pct"
    bound = percent_of(equity, limits.max_total_risk_pct)
    if risk > bound:
        yield _measured(name, Severity.CRITICAL, risk, equity, limits.max_total_risk_pct)
    elif risk > percent_of(bound, RISK_NEAR_PCT):
        yield _measured(name, Severity.WARNING, risk, equity, limits.max_total_risk_pct)
    name = "max_per_trade_risk_pct"
    bound = percent_of(equity, limits.max_per_trade_risk_pct)
    for position in positions:
        if position.risk_amount > bound:  # the limit is for new trades: what is held only warns
            limit = limits.max_per_trade_risk_pct
            yield _measured(name, Severity.WARNING, position.risk_amount, equity, limit, position.symbol)


def _above(
    name: str,
    exposure: Decimal,
    equity: Decimal,
    limits: PortfolioConstraints,
    culprit: str = "",
    *,
    severity: Severity = Severity.CRITICAL,
) -> Iterator[Violation]:
    limit: Decimal = getattr(limits, name)
    if exposure > percent_of(equity, limit):
        yield _measured(name, severity, exposure, equity, limit, culprit)


def _measured(
    name: str, severity: Severity, amount: Decimal, equity: Decimal, limit: Decimal, culprit: str = ""
) -> Violation:
    current = percent_half_even_10(amount, equity)
    shown = ZERO if current is None else current
    whose = f" of {culprit}" if culprit else ""
    what = name.removeprefix("max_").removesuffix("_pct").replace("_", " ")
    return Violation(
        constraint=name,
        severity=severity,
        current_value=shown,
        limit_value=limit,
        message=f"{what}{whose} is {shown:f} % of equity, limit {limit:f} %",
        culprit=culprit,
    )


def _counted(name: str, severity: Severity, count: int, most: int, message: str, culprit: str = "") -> Violation:
    return Violation(
        constraint=name,
        severity=severity,
        current_value=Decimal(count),
        limit_value=Decimal(most),
        message=message,
        culprit=culprit,
    )


def _share_pct(amount: Decimal, equity: Decimal) -> Decimal | None:
    """Percent of equity for people; None when there is no equity to have a share of."""
    return percent_half_even_10(amount, equity) if equity > ZERO else None
