"""What do the positions tie up, what is free beside open orders, and how far is the end?

CASH pays in full. MARGIN holds the initial rate of its gross exposure (Regulation T, 12 CFR 220.12: one half).
FUTURES holds exposure ÷ leverage of each symbol at the venue, 1 when unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.numbers import (
    ONE,
    ZERO,
    divide_away_from_zero_18,
    divide_toward_zero,
    percent_half_even_10,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What an account may still buy for, account currency.

    Attributes:
        cash: FUTURES: the wallet.
        used_margin: What positions tie up, ≥ 0; 0 in a CASH account.
        reserved: What approved, working and unknown orders hold with their fees, ≥ 0; margin where margined.
        free_margin: equity − used margin − reserved, signed.
        buying_power: Signed; never more than the venue's own figure where it states one.
    """

    kind: AccountKind
    cash: Decimal
    equity: Decimal
    used_margin: Decimal
    reserved: Decimal
    free_margin: Decimal
    buying_power: Decimal


def used_margin(kind: AccountKind, exposures: Iterable[tuple[Decimal, Decimal]], initial_rate: Decimal) -> Decimal:
    """What positions tie up, account currency, ≥ 0.

    Args:
        kind: Of the account.
        exposures: (exposure ≥ 0, the venue's leverage of its symbol ≥ 1, or 1 when unknown) of each position.
        initial_rate: Fraction of gross exposure that a MARGIN account must hold.
    """
    match kind:
        case AccountKind.CASH:
            return ZERO
        case AccountKind.MARGIN:
            return sum((exposure for exposure, _ in exposures), ZERO) * initial_rate
        case AccountKind.FUTURES:
            return sum((divide_away_from_zero_18(exposure, leverage) for exposure, leverage in exposures), ZERO)


def means_of(
    *,
    kind: AccountKind,
    cash: Decimal,
    equity: Decimal,
    used: Decimal,
    reserved: Decimal,
    rate: Decimal = ONE,
    stated: Decimal | None = None,
) -> Means:
    """Put together what may still be bought for.

    Args:
        kind: CASH buys for cash − reserved, the others for free margin ÷ rate.
        cash: Before reservations.
        equity: At the marks; its bad end when they are stale.
        used: As `used_margin`.
        reserved: What open orders hold.
        rate: Margin per value of a purchase, 0 … 1: the initial rate, or 1 ÷ leverage.
        stated: The venue's own buying power, if it states one; the smaller of both counts.
    """
    free = equity - used - reserved
    ours = cash - reserved if kind is AccountKind.CASH else _divide_down(free, rate)
    return Means(
        kind=kind,
        cash=cash,
        equity=equity,
        used_margin=used,
        reserved=reserved,
        free_margin=free,
        buying_power=ours if stated is None else min(ours, stated),
    )


def liquidation_distance_pct(equity: Decimal, maintenance_margin: Decimal, exposure: Decimal) -> Decimal | None:
    """How far the mark of one position may move against it until the account is liquidated, percent of the mark.

    (equity − Σ maintenance margin) ÷ exposure × 100, for positions that share one margin (cross); half even at 10
    places, ≤ 0 when it should have happened. None without exposure.

    Args:
        equity: Of the account.
        maintenance_margin: Σ over all positions of what the venue demands to keep them, ≥ 0.
        exposure: Of the position, ≥ 0.
    """
    return percent_half_even_10(equity - maintenance_margin, exposure)


def distance_to_price_pct(mark: Decimal, liquidation_price: Decimal, sign: int) -> Decimal | None:
    """The same from the price that the venue states, percent of the mark; None without a mark.

    Args:
        mark: > 0.
        liquidation_price: The venue's, ≥ 0.
        sign: +1 long, −1 short.
    """
    return percent_half_even_10(sign * (mark - liquidation_price), mark)


def _divide_down(amount: Decimal, rate: Decimal) -> Decimal:
    """Never more than there is: toward zero above it, away from zero below."""
    return divide_toward_zero(amount, rate, 18) if amount >= ZERO else divide_away_from_zero_18(amount, rate)
