"""What can be traded, in which steps, and what is it worth per point?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from counterpoise.domain.errors import InvalidFact, InvalidInput
from counterpoise.domain.numbers import ONE, QUANTITY_STEP, ZERO

InstrumentId = str
Symbol = str

CASH_SYMBOL: Symbol = "CASH"
SYMBOL_RULE = "1 to 32 of A-Z 0-9 . _ / : -"
_SYMBOL = re.compile(r"[A-Z0-9._/:-]{1,32}", re.ASCII)


class Category(StrEnum):
    """How much a symbol is trusted by the portfolio's owner (the seed's risk buckets)."""

    CORE = "CORE"
    EXPANSION = "EXPANSION"
    MONITORING = "MONITORING"
    TOXIC = "TOXIC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One tradable thing at one venue.

    Attributes:
        instrument_id: `venue:symbol:n`, given at first definition and kept through symbol changes.
        quote: Asset that prices are in.
        multiplier: Quote currency per unit and price point, > 0.
        lot: Smallest step of quantity, > 0.
        tick: Smallest step of price, or None when the venue states none.
        min_notional: Smallest order value that the venue takes, quote currency.
        fractionable: Whether parts of one unit may be ordered.
        sector: `unknown` is a sector of its own for each symbol.
        source: `table` (the venue's list), `file` (a user's price file) or `inferred` (seen in an event).
    """

    instrument_id: InstrumentId
    symbol: Symbol
    venue: str
    quote: str
    multiplier: Decimal = ONE
    lot: Decimal = QUANTITY_STEP
    tick: Decimal | None = None
    min_notional: Decimal = ZERO
    fractionable: bool = True
    negative_price_allowed: bool = False
    category: Category = Category.CORE
    sector: str = "unknown"
    source: str = "table"

    @property
    def base(self) -> str:
        """The asset that its units are: BTC of BTC/USDT, BTC-USDT and BTCUSDT; a symbol without its quote is itself."""
        stem = self.symbol.removesuffix(self.quote).rstrip("/:._-")
        return stem or self.symbol

    def __post_init__(self) -> None:
        """Refuse what no venue could list."""
        check_symbol(self.symbol, "symbol")
        for name in ("multiplier", "lot"):
            _check_positive(name, getattr(self, name))
        if self.tick is not None:
            _check_positive("tick", self.tick)


def _check_positive(name: str, value: Decimal) -> None:
    if not value.is_finite() or value <= ZERO:
        raise InvalidFact(name, str(value), "a finite number above zero")


def instrument_id(venue: str, symbol: Symbol, generation: int = 1) -> InstrumentId:
    """The identity given at first definition; `generation` grows when a venue reuses a ticker."""
    return f"{venue}:{symbol}:{generation}"


def read_symbol(text: str, field: str) -> Symbol:
    """A symbol as people type it: stripped and upper-cased.

    Raises:
        InvalidInput: characters that no symbol has, or longer than 32.
    """
    return check_symbol(text.strip().upper(), field)


TEXT_LENGTH_MAX = 200


def check_text(text: object, field: str) -> None:
    """Refuse a text that no fact can hold: no text at all, too long, or with halves of a character (lone surrogates).

    Raises:
        InvalidInput: names the field.
    """
    if not isinstance(text, str) or len(text) > TEXT_LENGTH_MAX or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise InvalidInput(field, ascii(text), f"text of at most {TEXT_LENGTH_MAX} characters")


def check_symbol(symbol: Symbol, field: str) -> Symbol:
    """Return `symbol` unchanged when it is one.

    Raises:
        InvalidInput: characters that no symbol has, or longer than 32.
    """
    if not _SYMBOL.fullmatch(symbol):
        raise InvalidInput(field, symbol, SYMBOL_RULE)
    return symbol
