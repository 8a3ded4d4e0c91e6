"""What moves cash without an order? Amounts are in `asset`; each class says its sign."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from counterpoise.domain.errors import InvalidFact
from counterpoise.domain.numbers import ZERO


def _positive(name: str, value: Decimal) -> None:
    if not value.is_finite() or value <= ZERO:
        raise InvalidFact(name, str(value), "a finite number above zero")


def _finite(name: str, value: Decimal) -> None:
    if not value.is_finite() or value.is_zero():
        raise InvalidFact(name, str(value), "a finite number other than zero")


def _explained(reason: str) -> None:
    if not reason.strip():
        raise InvalidFact("reason", reason, "a sentence that explains the correction")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningBalance:
    """Cash that was there before the ledger began; amount ≥ 0 (zero stays zero)."""

    amount: Decimal
    asset: str

    def __post_init__(self) -> None:
        """Refuse a negative or undefined amount."""
        if not self.amount.is_finite() or self.amount < ZERO:
            raise InvalidFact("amount", str(self.amount), "a finite number of at least zero")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningPosition:
    """A position adopted from a venue whose history is shorter than the position.

    Attributes:
        quantity: Signed units; short is negative. Moves `Fact.instrument`.
        unit_price: Entry price that the venue states, quote currency.
    """

    quantity: Decimal
    unit_price: Decimal

    def __post_init__(self) -> None:
        """Refuse no quantity."""
        _finite("quantity", self.quantity)
        _finite("unit_price", self.unit_price)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Flow:
    """Cash that crossed the account's border; amount > 0, its direction is the kind's."""

    amount: Decimal
    asset: str
    reference: str = ""

    def __post_init__(self) -> None:
        """Refuse nothing or less."""
        _positive("amount", self.amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit(_Flow):
    """Cash that came in from outside; amount > 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal(_Flow):
    """Cash that left for outside; amount > 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """A charge that belongs to no single fill; positive is paid, negative is a rebate."""

    amount: Decimal
    asset: str
    reference: str = ""

    def __post_init__(self) -> None:
        """Refuse zero."""
        _finite("amount", self.amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Carry:
    """What holding something brought or cost; + received, − paid."""

    amount: Decimal
    asset: str

    def __post_init__(self) -> None:
        """Refuse zero."""
        _finite("amount", self.amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Funding(_Carry):
    """A perpetual's funding payment; + received, − paid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest(_Carry):
    """Interest; + received, − paid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dividend(_Carry):
    """A cash dividend; + received, − paid on a short. `Fact.instrument` names the share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FxRate:
    """From now on one unit of `asset` is worth `rate` of the account's base currency; rate > 0."""

    asset: str
    rate: Decimal

    def __post_init__(self) -> None:
        """Refuse a rate that is none."""
        _positive("rate", self.rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """A correction of its own kind, never disguised as a fill: settles a break by a stated amount of cash.

    Attributes:
        amount: Signed, in `asset`.
        settles: fact_id of the BreakOpened that it settles, or empty.
    """

    amount: Decimal
    asset: str
    reason: str
    settles: str = ""

    def __post_init__(self) -> None:
        """Refuse zero and a correction that nobody explains."""
        _finite("amount", self.amount)
        _explained(self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionAdjusted:
    """A correction of its own kind, never disguised as a fill: settles a break by a stated number of units.

    Attributes:
        quantity: Signed units of `Fact.instrument`.
        unit_price: What a unit that comes costs, or what one that goes had cost; quote currency.
        settles: fact_id of the BreakOpened that it settles, or empty.
    """

    quantity: Decimal
    unit_price: Decimal
    reason: str
    settles: str = ""

    def __post_init__(self) -> None:
        """Refuse nothing, and a correction that nobody explains."""
        _finite("quantity", self.quantity)
        if not self.unit_price.is_finite():
            raise InvalidFact("unit_price", str(self.unit_price), "a finite price")
        _explained(self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentReversed:
    """An Adjustment or PositionAdjusted is taken back from now on: the opposite of its figures, which stay.

    Attributes:
        adjustment: fact_id of what is taken back.
        amount: Signed cash in `asset`, 0 when units go back.
        quantity: Signed units of `Fact.instrument`, 0 when cash goes back.
        unit_price: As in PositionAdjusted.
    """

    adjustment: str
    reason: str
    amount: Decimal = ZERO
    asset: str = ""
    quantity: Decimal = ZERO
    unit_price: Decimal = ZERO

    def __post_init__(self) -> None:
        """Refuse what takes back nothing, cash and units at once, or what nobody explains."""
        _explained(self.reason)
        if not all(value.is_finite() for value in (self.amount, self.quantity, self.unit_price)):
            raise InvalidFact("amount", str(self.amount), "finite figures")
        if bool(self.amount) is bool(self.quantity):
            raise InvalidFact("amount", str(self.amount), "either cash or units other than zero")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Transfer:
    """Cash between two accounts of ours; amount > 0, `transfer_id` is the same at both ends."""

    transfer_id: str
    amount: Decimal
    asset: str
    other_account: str

    def __post_init__(self) -> None:
        """Refuse nothing or less, and a transfer that nobody can match."""
        _positive("amount", self.amount)
        if not self.transfer_id:
            raise InvalidFact("transfer_id", self.transfer_id, "the identity that both ends share")


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferSent(_Transfer):
    """Cash left for `other_account`; it is in transit until that account has received it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferReceived(_Transfer):
    """Cash arrived from `other_account`; it is in transit no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyAllotted:
    """Cash, or units at a price, went from one strategy's book to another's inside the account.

    Attributes:
        amount: Cash that the taker gives for the units (a crossing), or gets (an allotment: no units); in `asset`.
        quantity: Signed units of `Fact.instrument` that go to the taker; 0 for cash alone.
    """

    giver: str
    taker: str
    amount: Decimal
    asset: str
    quantity: Decimal = ZERO

    def __post_init__(self) -> None:
        """Refuse nothing, and a strategy that gives to itself."""
        if not self.amount.is_finite() or not self.quantity.is_finite() or not (self.amount or self.quantity):
            raise InvalidFact("amount", str(self.amount), "finite, and an amount or a quantity other than zero")
        if self.giver == self.taker:
            raise InvalidFact("taker", self.taker, "another strategy than the giver")
