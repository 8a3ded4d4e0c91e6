"""At which price is a position valued, and how old is that price?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from counterpoise.domain.errors import InvalidFact
from counterpoise.domain.instruments import InstrumentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The price a position is valued at.

    Attributes:
        price: Quote currency per unit. Finite; zero is never a price, negative only where the
            instrument allows it (checked where the instrument is known).
        at: The source's time, never "now".
    """

    instrument: InstrumentId
    price: Decimal
    at: datetime

    def __post_init__(self) -> None:
        """Refuse what is no price: an unknown price is absent, never zero."""
        if not self.price.is_finite() or self.price.is_zero():
            raise InvalidFact("price", str(self.price), "a finite price other than zero")
