"""Is there enough to pay for it, and if not, how much is missing?"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.instruments import Symbol
from counterpoise.domain.numbers import ONE, ZERO, divide_away_from_zero_18
from counterpoise.domain.records import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Affordability:
    """What an order needs against what is there, account currency.

    Attributes:
        need: Worst cost with fees, or margin; ≥ 0.
        available: Cash or free margin that no open order holds; may be negative.
    """

    need: Decimal
    available: Decimal

    @property
    def passes(self) -> bool:
        """Whether the order may be paid for; exactly enough is enough."""
        return self.need <= self.available

    @property
    def shortage(self) -> Decimal:
        """What is missing, account currency; 0 when nothing is."""
        return ZERO if self.passes else self.need - self.available


@dataclass(frozen=True, slots=True, kw_only=True)
class Affordable(Record):
    """Whether a purchase can be paid for on a live account; amounts in `currency`.

    Attributes:
        need: Worst cost with fees, or margin with fees; ≥ 0.
        available: What no open order holds; may be negative.
        fees: In `need`, ≥ 0.
        reserved: What open orders hold, already taken off `available`.
        worst_price: Quote currency per unit that `need` counts with: max(price, mark × (1 + collar)).
        unsettled: Part of the cash that came of sales and has not settled; it may buy.
        usable_for: What the balance may approve: only on TRADE would the gate let the purchase pass.
    """

    also: ClassVar[tuple[str, ...]] = ("affordable", "shortage")

    symbol: Symbol
    need: Decimal
    available: Decimal
    fees: Decimal
    reserved: Decimal
    worst_price: Decimal
    currency: str
    unsettled: Decimal
    usable_for: str

    @property
    def affordable(self) -> bool:
        """Whether it may be paid for; exactly enough is enough."""
        return self.need <= self.available

    @property
    def shortage(self) -> Decimal:
        """What is missing; 0 when nothing is."""
        return max(self.need - self.available, ZERO)


def check_affordability(
    *, size: Decimal, worst_price: Decimal, fee_rate: Decimal, cash: Decimal, reserved: Decimal
) -> Affordability:
    """Compare the worst cost of a buy with the cash that no open order holds.

    Args:
        size: Units × multiplier, ≥ 0.
        worst_price: Account currency per unit at which room is held, > 0.
        fee_rate: Fraction of the order's value; negative is a rebate and is not counted on.
        cash: Account currency, settled or not.
        reserved: Account currency held by approved, working and unknown orders, ≥ 0.
    """
    return Affordability(need=cost_with_fees(size, worst_price, fee_rate), available=cash - reserved)


def cost_with_fees(size: Decimal, price: Decimal, fee_rate: Decimal) -> Decimal:
    """size × price × (1 + fee rate), account currency; a rebate is not money yet."""
    return size * price * (ONE + max(fee_rate, ZERO))


def margin_needed(kind: AccountKind, exposure: Decimal, leverage: Decimal) -> Decimal:
    """Margin that `exposure` takes, account currency, rounded up at 18 places.

    Args:
        kind: A CASH account pays in full.
        exposure: Account currency, ≥ 0.
        leverage: FUTURES: the venue's setting, 1 when unknown; MARGIN: 1 ÷ initial margin rate. > 0.
    """
    if kind is AccountKind.CASH or leverage == ONE:
        return exposure
    return divide_away_from_zero_18(exposure, leverage)
