"""What happened to an order, as recorded: intended, answered, filled or ended."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from counterpoise.domain.errors import InvalidFact
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.orders import OrderIntent, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderIntended:
    """An approved order is about to leave; durable before the venue hears of it.

    Attributes:
        decision: fact_id of the CandidateJudged or PlanProposed that approved it.
    """

    intent: OrderIntent
    decision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAcknowledged:
    """The venue has the order."""

    client_order_id: str
    venue_order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRejected:
    """The venue refused the order (denied would have been us)."""

    client_order_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderUnknown:
    """The send had no readable outcome: the order may exist, its room stays held until a look-up settles it."""

    client_order_id: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled:
    """The venue ended the order before it was filled."""

    client_order_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderExpired:
    """The order's time in force ran out."""

    client_order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRequested:
    """We are about to ask the venue to cancel."""

    client_order_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One execution of an order, as the venue reported it. `Fact.instrument` says of what.

    Names follow FIX 4.4 ExecutionReport: ExecID 17, LastPx 31, LastQty 32, Commission 12.

    Attributes:
        quantity: Units of the instrument, > 0; direction is in `side`.
        price: Quote currency per unit.
        fee: In `fee_asset`; positive is paid, negative is a rebate.
        client_order_id: Our order, or empty for a fill of an order that we never sent.
        venue_sequence: Place in the venue's own order of executions, a cursor for healing; 0 when it has none.

    Raises:
        InvalidFact: `quantity` is not above zero, or `price` or `fee` is not finite or no price.
    """

    fill_id: str
    client_order_id: str
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_asset: str
    venue_sequence: int = 0

    def __post_init__(self) -> None:
        """Refuse an acknowledgement dressed as a fill: quantity 0, price 0 (incident I-30)."""
        if not self.quantity.is_finite() or self.quantity <= ZERO:
            raise InvalidFact("quantity", str(self.quantity), "units above zero")
        if not self.price.is_finite() or self.price.is_zero():
            raise InvalidFact("price", str(self.price), "a finite price other than zero")
        if not self.fee.is_finite():
            raise InvalidFact("fee", str(self.fee), "a finite amount")
