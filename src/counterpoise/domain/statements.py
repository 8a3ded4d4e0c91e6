"""What did a venue say: its account, positions, orders, fills and cash events, and where do we differ?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from counterpoise.domain.errors import InvalidFact
from counterpoise.domain.instruments import Symbol
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.orders import OrderStatus, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueAccount:
    """The venue's own figures of the account, in `currency`; `as_of` is the venue's time."""

    venue: str
    currency: str
    cash: Decimal
    as_of: datetime
    equity: Decimal | None = None
    buying_power: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VenuePosition:
    """What the venue says is held: signed units, short is negative."""

    symbol: Symbol
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueFill:
    """One execution as the venue reported it.

    Attributes:
        fill_id: The venue's identity of the execution (what it is unique among differs by venue).
        sequence: Place in the venue's own order of executions, from 1; a cursor for `fills_since`.
        fee: In `fee_asset`; positive is paid, negative is a rebate.
        cumulative: Units of the order filled so far, this fill included.
    """

    fill_id: str
    sequence: int
    client_order_id: str
    symbol: Symbol
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_asset: str
    cumulative: Decimal
    filled_at: datetime

    def __post_init__(self) -> None:
        """A fill without quantity is no fill (incident I-30)."""
        if not self.quantity.is_finite() or self.quantity <= ZERO:
            raise InvalidFact("quantity", str(self.quantity), "units above zero")


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueOrder:
    """An order as the venue knows it.

    Attributes:
        filled_quantity: Σ of its fills; completeness of our fills is proved against this.
        status: Mapped through the adapter's table; an unlisted word is an error, never a guess.
    """

    client_order_id: str
    venue_order_id: str
    symbol: Symbol
    side: Side
    quantity: Decimal
    filled_quantity: Decimal
    status: OrderStatus
    updated_at: datetime
    reason: str = ""


class CashEventKind(StrEnum):
    """What moved cash at the venue without an order."""

    DEPOSIT = "DEPOSIT"
    WITHDRAWAL = "WITHDRAWAL"
    FEE = "FEE"
    FUNDING = "FUNDING"
    INTEREST = "INTEREST"
    DIVIDEND = "DIVIDEND"


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueCashEvent:
    """One movement of cash at the venue; `amount` is signed: + into the account."""

    event_id: str
    sequence: int
    kind: CashEventKind
    amount: Decimal
    asset: str
    happened_at: datetime
    symbol: Symbol | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VenuePrice:
    """The venue's last price of a symbol and the time it was made."""

    symbol: Symbol
    price: Decimal
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueClock:
    """The venue's time and whether its market is open."""

    now: datetime
    is_open: bool


class BreakKind(StrEnum):
    """In which figure the venue and the ledger differ, or what the ledger itself lacks."""

    CASH = "CASH"
    POSITION = "POSITION"
    ORDER = "ORDER"
    MISSING_ACQUISITION = "MISSING_ACQUISITION"


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A reconciliation difference; it blocks new risk in what it concerns until it is settled.

    Attributes:
        subject: The asset, symbol or client order id that differs.
        ours, theirs: In units of the subject.
        symbol: Of an order, whose units it trades; None in breaks of other kinds.
    """

    kind: BreakKind
    subject: str
    ours: Decimal
    theirs: Decimal
    detail: str
    symbol: Symbol | None = None
