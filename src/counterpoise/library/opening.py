"""With what does an account begin?"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from counterpoise.domain.accounts import (
    STATEMENT_VENUE,
    AccountId,
    AccountKind,
    AccountTerms,
    LotMethod,
    TradingMode,
    lot_method_of,
)
from counterpoise.domain.errors import ConfigurationError, InvalidInput
from counterpoise.domain.instruments import Instrument, Symbol, instrument_id
from counterpoise.domain.limits import PRESETS, ModePolicy, PortfolioConstraints, preset_of
from counterpoise.domain.numbers import ZERO, from_python


def account_to_run(
    known: tuple[AccountId, ...],
    wanted: AccountId | None,
    opening: Opening | None,
    folder: Path,
    *,
    is_shared: bool,
) -> AccountId:
    """Which account of a journal a start runs: the one that is named, the only one, or the one that is opened.

    Args:
        known: Those that the journal holds.
        wanted: What the caller names.
        opening: With what an account may begin.
        folder: For the message.
        is_shared: Whether the others belong to other installations; then the opening names ours.

    Raises:
        ConfigurationError: none can be told; says how to tell.
    """
    if wanted is not None:
        if wanted in known or (opening is not None and opening.name == wanted):
            return wanted
        raise ConfigurationError(f"no account {wanted} in the journal; known: {', '.join(known) or 'none'}")
    if opening is not None and (is_shared or not known):
        return opening.name
    if not known:
        raise ConfigurationError(
            f"no account in {folder}; the first start opens one: an Opening, or "
            "`counterpoise serve --paper NAME --symbols SPY,QQQ`"
        )
    if len(known) > 1 and is_shared:
        raise ConfigurationError(
            f"the journal holds several accounts ({', '.join(known)}): name yours, with `account` or --paper"
        )
    return known[0]


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
