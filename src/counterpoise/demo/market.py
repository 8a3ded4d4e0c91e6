"""Which market does the demo replay, and how do its owner and its bot divide it?"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from pathlib import Path

from counterpoise.domain.instruments import CASH_SYMBOL, Category, Symbol

SAMPLE_NAME = "us_equities_daily_2010_2022.csv.gz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A share of the sample: its sector, and how far the demo's owner trusts it."""

    symbol: Symbol
    sector: str
    category: Category


def _listed(symbol: Symbol, sector: str, category: Category = Category.CORE) -> Listed:
    return Listed(symbol=symbol, sector=sector, category=category)


MARKET = (
    _listed("AAPL", "Technology"),
    _listed("AMD", "Technology", Category.EXPANSION),
    _listed("BAC", "Financials", Category.EXPANSION),
    _listed("BBY", "Consumer Discretionary", Category.EXPANSION),
    _listed("CVX", "Energy"),
    _listed("GE", "Industrials", Category.MONITORING),
    _listed("HD", "Consumer Discretionary"),
    _listed("JNJ", "Health Care"),
    _listed("JPM", "Financials"),
    _listed("KO", "Consumer Staples"),
    _listed("LLY", "Health Care"),
    _listed("MRK", "Health Care"),
    _listed("MSFT", "Technology"),
    _listed("PEP", "Consumer Staples"),
    _listed("PFE", "Health Care"),
    _listed("PG", "Consumer Staples"),
    _listed("RRC", "Energy", Category.TOXIC),  # banned by the owner; the bot is not told, the gate is
    _listed("UNH", "Health Care"),
    _listed("WMT", "Consumer Staples"),
    _listed("XOM", "Energy"),
)
"""Every share of the sample, by symbol."""

_SHARE = Decimal("0.075")
ALLOCATION: dict[Symbol, Decimal] = {
    **dict.fromkeys(("AAPL", "JNJ", "JPM", "KO", "MSFT", "PG", "WMT", "XOM"), _SHARE),
    CASH_SYMBOL: Decimal("0.4"),  # what the bot may trade with
}
"""The owner's targets as fractions of equity: eight shares, the rest for the bot."""

BOT_UNIVERSE = tuple(share for share in MARKET if share.symbol not in ALLOCATION)
"""The twelve shares that the bot trades; none of them is in the allocation, so that neither undoes the other."""


def sample_prices() -> AbstractContextManager[Path]:
    """The shipped sample as a file that exists while the context is open, also from a zipped package."""
    return resources.as_file(resources.files("counterpoise.demo") / "data" / SAMPLE_NAME)
