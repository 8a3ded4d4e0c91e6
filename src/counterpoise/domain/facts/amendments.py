"""What was found to be otherwise than an earlier fill said? The fill stays; these point to it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from counterpoise.domain.errors import InvalidFact
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.orders import Side


def _explained(reason: str) -> None:
    if not reason.strip():
        raise InvalidFact("reason", reason, "a sentence that explains it")


@dataclass(frozen=True, slots=True, kw_only=True)
class FillBusted:
    """The venue cancelled an execution (FIX 4.4 ExecType H, Trade Cancel): the book is as if it had never been."""

    fill_id: str
    reason: str

    def __post_init__(self) -> None:
        """Refuse a bust that nobody explains."""
        _explained(self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class FillCorrected:
    """The venue corrected an execution (FIX 4.4 ExecType G, Trade Correct): these figures were always the true ones.

    Attributes:
        quantity: Units, > 0.
        price: Quote currency per unit.
        fee: In `fee_asset`; positive is paid.
    """

    fill_id: str
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_asset: str
    reason: str

    def __post_init__(self) -> None:
        """Refuse figures that no execution has (incident I-30)."""
        _explained(self.reason)
        if not self.quantity.is_finite() or self.quantity <= ZERO:
            raise InvalidFact("quantity", str(self.quantity), "units above zero")
        if not self.price.is_finite() or self.price.is_zero():
            raise InvalidFact("price", str(self.price), "a finite price other than zero")
        if not self.fee.is_finite():
            raise InvalidFact("fee", str(self.fee), "a finite amount")


@dataclass(frozen=True, slots=True, kw_only=True)
class LotChoice:
    """So many units (> 0) of the lot that the fill `lot` opened."""

    lot: str
    quantity: Decimal

    def __post_init__(self) -> None:
        """Refuse a choice of nothing."""
        if not self.quantity.is_finite() or self.quantity <= ZERO:
            raise InvalidFact("quantity", str(self.quantity), "units above zero")


@dataclass(frozen=True, slots=True, kw_only=True)
class LotsChosen:
    """Which lots a closing fill takes in an account of method SPECIFIC; what is not chosen closes oldest first."""

    fill_id: str
    lots: tuple[LotChoice, ...]

    def __post_init__(self) -> None:
        """Refuse a lot twice."""
        names = [choice.lot for choice in self.lots]
        if not names or len(dict.fromkeys(names)) != len(names):
            raise InvalidFact("lots", names, "at least one lot, each once")
