"""How much may one book hold? The limits of a portfolio, in the field's names, and the policy of its modes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.numbers import HUNDRED, ZERO

D = Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioConstraints:
    """The ten limits of a portfolio (the defaults are for a book of leveraged bets). Exactly at a limit is allowed.

    Attributes:
        max_positions: Open positions at most.
        max_positions_per_symbol: Positions of one symbol at most.
        max_total_risk_pct: Σ risk_amount, % of equity.
        max_per_trade_risk_pct: risk_amount of one new trade, % of equity.
        max_symbol_concentration_pct: Σ |exposure| of one symbol, % of equity.
        max_sector_concentration_pct: Σ |exposure| of one sector, % of equity.
        max_leverage: Leverage of one position; 30 is thirty times.
        max_long_exposure_pct: Σ exposure of longs, % of equity.
        max_short_exposure_pct: Σ exposure of shorts, % of equity.
        max_net_exposure_pct: |long − short|, % of equity.

    Raises:
        InvalidInput: a limit is negative, no finite number or of the wrong type; names it.
    """

    max_positions: int = 8
    max_positions_per_symbol: int = 1
    max_total_risk_pct: Decimal = D(15)
    max_per_trade_risk_pct: Decimal = D(2)
    max_symbol_concentration_pct: Decimal = D(30)
    max_sector_concentration_pct: Decimal = D(40)
    max_leverage: Decimal = D(30)
    max_long_exposure_pct: Decimal = D(100)
    max_short_exposure_pct: Decimal = D(100)
    max_net_exposure_pct: Decimal = D(80)

    def __post_init__(self) -> None:
        """Refuse a limit that could pass an order by failing a comparison."""
        for item in fields(self):
            value = getattr(self, item.name)
            if item.type == "int":
                if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                    raise InvalidInput(item.name, value, "a whole number of at least 0")
            elif not isinstance(value, Decimal) or not value.is_finite() or value < ZERO:
                raise InvalidInput(item.name, value, "a finite Decimal of at least 0")


TRADER = PortfolioConstraints()
INVESTOR = PortfolioConstraints(
    max_positions=200,
    max_total_risk_pct=HUNDRED,
    max_per_trade_risk_pct=HUNDRED,
    max_symbol_concentration_pct=HUNDRED,
    max_sector_concentration_pct=HUNDRED,
    max_leverage=D(1),
    max_long_exposure_pct=HUNDRED,
    max_short_exposure_pct=ZERO,
    max_net_exposure_pct=HUNDRED,
)
PRESETS = {"trader": TRADER, "investor": INVESTOR}


def preset_of(kind: AccountKind) -> str:
    """The preset that an account of this kind starts from."""
    return "investor" if kind is AccountKind.CASH else "trader"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModePolicy:
    """When the risk mode changes, and what it then does.

    Drawdowns are magnitudes in percent; every bound of the ladder is strictly above.
    """

    safe_daily_drawdown_pct: Decimal = D(3)
    reduce_daily_drawdown_pct: Decimal = D(10)
    reduce_weekly_drawdown_pct: Decimal = D(15)
    safe_losing_streak: int = 5
    safe_risk_share_pct: Decimal = D(80)
    aggressive_risk_share_pct: Decimal = D(30)
    aggressive_drawdown_pct: Decimal = D(1)
    aggressive_losing_streak: int = 1
    aggressive_volatility_pct: Decimal = D(40)
    minimum_score_safe: Decimal = D(90)
    minimum_score_neutral: Decimal = D(70)
    minimum_score_aggressive: Decimal = D(50)
    safe_size_share: Decimal = D("0.5")
    safe_new_positions: int = 1
    mode_cooldown_seconds: int = 900
    ladder_release_auto: bool = False

    def __post_init__(self) -> None:
        """Refuse a bound that could never be passed, or always."""
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, Decimal) and not (value.is_finite() and value >= ZERO):
                raise InvalidInput(item.name, value, "a finite Decimal of at least 0")
            if item.type == "int" and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
                raise InvalidInput(item.name, value, "a whole number of at least 0")
