"""What did a venue state about the account as a whole, and when was that so?"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from counterpoise.domain.errors import InvalidFact


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedCash:
    """One asset's amount, signed."""

    asset: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRead:
    """A venue's own figures; `Fact.occurred_at` is the venue's time of them, `Fact.source` the venue.

    Attributes:
        currency: Of equity, buying power and settled cash.
        cash: By asset; an asset that is not named was not stated.
        equity, buying_power, settled_cash: None where the venue states none.
        agrees: Whether cash and positions agreed with the ledger within tolerance when it was read.
    """

    currency: str
    cash: tuple[StatedCash, ...]
    equity: Decimal | None = None
    buying_power: Decimal | None = None
    settled_cash: Decimal | None = None
    agrees: bool = False

    def __post_init__(self) -> None:
        """Refuse an asset twice."""
        names = [item.asset for item in self.cash]
        if len(dict.fromkeys(names)) != len(names):
            raise InvalidFact("cash", names, "each asset once")
