"""How much is at stake, on which side, in what?

Exposure of a position = |signed quantity × mark × multiplier × rate|, base currency, ≥ 0, leverage not applied.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from counterpoise.domain.instruments import Symbol
from counterpoise.domain.numbers import ZERO, percent_half_even_10
from counterpoise.portfolio.state import AccountState
from counterpoise.portfolio.valuation import Valuation

UNKNOWN_SECTOR = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stake:
    """One position's exposure, account currency, signed: + long, − short."""

    symbol: Symbol
    sector: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureBreakdown:
    """The read model, account currency.

    Attributes:
        total_exposure: Long + short, ≥ 0 (gross).
        net_exposure: Long − short, signed.
        exposure_by_symbol, exposure_by_sector: (name, Σ exposure ≥ 0) by name; a symbol held long 100 and
            short 100 has 200. A symbol of unknown sector is a sector of its own.
        exposure_pct_of_equity: Gross, half even at 10 places; None where equity is not above zero.
    """

    total_exposure: Decimal
    long_exposure: Decimal
    short_exposure: Decimal
    net_exposure: Decimal
    exposure_by_symbol: tuple[tuple[Symbol, Decimal], ...]
    exposure_by_sector: tuple[tuple[str, Decimal], ...]
    exposure_pct_of_equity: Decimal | None
    timestamp: datetime


def stakes(state: AccountState, valuation: Valuation) -> tuple[Stake, ...]:
    """The exposures of all open positions, by instrument."""
    found: list[Stake] = []
    for identity in sorted(state.holdings):
        line, terms = valuation.line(identity), state.instruments[identity]
        if line is not None and line.quantity:
            amount = abs(line.value).copy_sign(line.quantity)
            found.append(Stake(symbol=terms.symbol, sector=terms.sector, amount=amount))
    return tuple(found)


def breakdown(held: Iterable[Stake], equity: Decimal, now: datetime) -> ExposureBreakdown:
    """The read model of these exposures."""
    long = short = ZERO
    by_symbol: dict[Symbol, Decimal] = {}
    by_sector: dict[str, Decimal] = {}
    for stake in held:
        size = abs(stake.amount)
        if stake.amount > ZERO:
            long += size
        else:
            short += size
        sector = f"{UNKNOWN_SECTOR}:{stake.symbol}" if stake.sector in {"", UNKNOWN_SECTOR} else stake.sector
        by_symbol[stake.symbol] = by_symbol.get(stake.symbol, ZERO) + size
        by_sector[sector] = by_sector.get(sector, ZERO) + size
    return ExposureBreakdown(
        total_exposure=long + short,
        long_exposure=long,
        short_exposure=short,
        net_exposure=long - short,
        exposure_by_symbol=tuple(sorted(by_symbol.items())),
        exposure_by_sector=tuple(sorted(by_sector.items())),
        exposure_pct_of_equity=percent_half_even_10(long + short, equity) if equity > ZERO else None,
        timestamp=now,
    )


def exposure(state: AccountState, valuation: Valuation, now: datetime) -> ExposureBreakdown:
    """The account's exposures at the marks of `valuation`."""
    return breakdown(stakes(state, valuation), valuation.equity, now)
