"""What changed a holding without a trade: splits, new names, spin-offs and the cash paid for fractions?

`Fact.instrument` names whose units move. Ratios are units after ÷ units before.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from counterpoise.domain.errors import InvalidFact
from counterpoise.domain.instruments import InstrumentId, Symbol, check_symbol
from counterpoise.domain.numbers import ONE, ZERO


def _positive(name: str, value: Decimal) -> None:
    if not value.is_finite() or value <= ZERO:
        raise InvalidFact(name, str(value), "a finite number above zero")


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Each `denominator` units became `numerator` units; value and cost stay, units and unit cost change.

    Attributes:
        numerator, denominator: 2 and 1 for a 2:1 split, 1 and 10 for a reverse split, 2.406 and 1 for an odd one.
    """

    numerator: Decimal
    denominator: Decimal = ONE

    def __post_init__(self) -> None:
        """Refuse a ratio that is none."""
        _positive("numerator", self.numerator)
        _positive("denominator", self.denominator)


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolChange:
    """The instrument trades under another symbol from now on; its identity, lots and cost stay."""

    symbol: Symbol

    def __post_init__(self) -> None:
        """Refuse what is no symbol."""
        check_symbol(self.symbol, "symbol")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpinOff:
    """Units of another instrument came for the units held; a part of the cost goes with them.

    Attributes:
        child: The instrument that came; defined before.
        quantity: Its units, signed like the holding.
        cost_fraction: Part of the holding's cost that moves to the child, 0 … 1; dates of acquisition move along.
    """

    child: InstrumentId
    quantity: Decimal
    cost_fraction: Decimal

    def __post_init__(self) -> None:
        """Refuse no units and a part that is none."""
        if not self.quantity.is_finite() or self.quantity.is_zero():
            raise InvalidFact("quantity", str(self.quantity), "a finite number other than zero")
        if not self.cost_fraction.is_finite() or not ZERO <= self.cost_fraction <= ONE:
            raise InvalidFact("cost_fraction", str(self.cost_fraction), "a fraction from 0 to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class CashInLieu:
    """A fraction of a unit was paid out in cash instead of being delivered: a sale without an order.

    Attributes:
        quantity: Units given up, > 0.
        amount: Cash received (paid, when short), ≥ 0, in `asset`.
    """

    quantity: Decimal
    amount: Decimal
    asset: str

    def __post_init__(self) -> None:
        """Refuse no fraction, or less than nothing for it."""
        _positive("quantity", self.quantity)
        if not self.amount.is_finite() or self.amount < ZERO:
            raise InvalidFact("amount", str(self.amount), "a finite number of at least zero")
