"""With what does an account begin?"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from counterpoise.domain.accounts import (
    STATEMENT_VENUE,
    AccountKind,
    AccountTerms,
    LotMethod,
    TradingMode,
    lot_method_of,
)
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.instruments import Instrument, Symbol, instrument_id
from counterpoise.domain.limits import PRESETS, ModePolicy, PortfolioConstraints, preset_of
from counterpoise.domain.numbers import ZERO, from_python


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """With what an account begins."""

    name: str
    terms: AccountTerms
    instruments: tuple[Instrument, ...]
    cash: Decimal
    preset: str
    constraints: PortfolioConstraints
    mode_policy: ModePolicy = field(default_factory=ModePolicy)

    @classmethod
    def paper(
        cls,
        name: str,
        *,
        cash: Decimal,
        symbols: tuple[Symbol, ...],
        currency: str = "USD",
        time_zone: str = "America/New_York",
    ) -> Opening:
        """A CASH account of paper money with the limits of its kind."""
        terms = AccountTerms(
            kind=AccountKind.CASH,
            base_currency=currency,
            time_zone=time_zone,
            venue="paper",
            mode=TradingMode.PAPER,
            lot_method=lot_method_of(AccountKind.CASH),
        )
        preset = preset_of(terms.kind)
        return cls(
            name=name,
            terms=terms,
            instruments=tuple(
                Instrument(
                    instrument_id=instrument_id(terms.venue, symbol), symbol=symbol, venue=terms.venue, quote=currency
                )
                for symbol in symbols
            ),
            cash=from_python(cash, "cash"),
            preset=preset,
            constraints=PRESETS[preset],
        )

    @classmethod
    def statement(
        cls,
        name: str,
        kind: AccountKind | str = AccountKind.CASH,
        *,
        currency: str = "USD",
        time_zone: str = "America/New_York",
        lot_method: LotMethod | None = None,
        cash: Decimal = ZERO,
    ) -> Opening:
        """An account that only tells what happened elsewhere: it has no venue, never trades, and takes any symbol.

        Raises:
            InvalidInput: a kind that is none (`cash`, `margin`, `futures`), or a currency that is none.
        """
        found = AccountKind.__members__.get(str(kind).upper())
        if found is None:
            raise InvalidInput("kind", kind, "cash, margin or futures")
        terms = AccountTerms(
            kind=found,
            base_currency=currency,
            time_zone=time_zone,
            venue=STATEMENT_VENUE,
            mode=TradingMode.LIVE,  # the money is real
            lot_method=lot_method or lot_method_of(found),
        )
        preset = preset_of(found)
        return cls(
            name=name,
            terms=terms,
            instruments=(),
            cash=from_python(cash, "cash"),
            preset=preset,
            constraints=PRESETS[preset],
        )
