"""Could a portfolio of these targets be held at all under these limits?

Asked when either is saved: a target that every rebalance would be denied is better refused with both numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from counterpoise.domain.instruments import Symbol
from counterpoise.domain.limits import PortfolioConstraints
from counterpoise.domain.numbers import HUNDRED, ZERO, canonical
from counterpoise.risk.reservations import sector_key


def conflicts(
    weights: Mapping[Symbol, Decimal], sectors: Mapping[Symbol, str], limits: PortfolioConstraints
) -> tuple[str, ...]:
    """Each limit that the targets break at their own weights, with both numbers; exactly at a limit fits.

    Args:
        weights: Fraction of equity per symbol, cash left out, ≥ 0.
        sectors: Sector per symbol; an unknown one is a sector of its own.
        limits: In force or about to be.
    """
    found = []
    held = {symbol: weight for symbol, weight in sorted(weights.items()) if weight > ZERO}
    if len(held) > limits.max_positions:
        found.append(f"{len(held)} targets, but max_positions is {limits.max_positions}")
    found += _above("target of", held, "max_symbol_concentration_pct", limits.max_symbol_concentration_pct)
    by_sector: dict[str, Decimal] = {}
    for symbol, weight in held.items():
        stated = sectors.get(symbol, "")
        sector = stated if sector_key(stated, symbol) == stated else f"of {symbol}, which has none"
        by_sector[sector] = by_sector.get(sector, ZERO) + weight
    found += _above("targets in sector", by_sector, "max_sector_concentration_pct", limits.max_sector_concentration_pct)
    whole = {"together": sum(held.values(), ZERO)}
    found += _above("targets", whole, "max_long_exposure_pct", limits.max_long_exposure_pct)
    found += _above("targets", whole, "max_net_exposure_pct", limits.max_net_exposure_pct)
    return tuple(found)


def _above(what: str, shares: Mapping[str, Decimal], name: str, limit_pct: Decimal) -> list[str]:
    return [
        f"{what} {key}: {canonical(share * HUNDRED)} %, but {name} is {canonical(limit_pct)}"
        for key, share in sorted(shares.items())
        if share * HUNDRED > limit_pct
    ]
