"""Which life may an order have? One table of legal status changes; the docs' diagram is drawn from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from counterpoise.domain.accounts import StrategyShare
from counterpoise.domain.errors import IllegalTransition, InvalidFact
from counterpoise.domain.instruments import InstrumentId, Symbol
from counterpoise.domain.numbers import ONE, ZERO

CLIENT_ORDER_ID_LENGTH_MAX = 36


class Side(StrEnum):
    """FIX 4.4 Side 54."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> Decimal:
        """+1 for a buy, −1 for a sell."""
        return ONE if self is Side.BUY else -ONE

    @property
    def opposite(self) -> Side:
        """The other side."""
        return Side.SELL if self is Side.BUY else Side.BUY


class PositionSide(StrEnum):
    """The direction of what is held."""

    LONG = "LONG"
    SHORT = "SHORT"


class OrderType(StrEnum):
    """FIX 4.4 OrdType 40."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"


class TimeInForce(StrEnum):
    """FIX 4.4 TimeInForce 59."""

    DAY = "DAY"
    GTC = "GTC"


class OrderStatus(StrEnum):
    """Where an order is in its life, as far as recorded facts say."""

    INTENDED = "INTENDED"
    ACCEPTED = "ACCEPTED"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"
    UNKNOWN = "UNKNOWN"

    @property
    def is_terminal(self) -> bool:
        """No more fills are expected; a fill that crossed the cancel may still arrive (see TRANSITIONS)."""
        return self in _TERMINAL

    @property
    def is_open(self) -> bool:
        """The order holds room: it may still fill."""
        return not self.is_terminal


_TERMINAL = frozenset({OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED})


class OrderEvent(StrEnum):
    """What the recorded facts can say about an order."""

    REINTENDED = "REINTENDED"  # the same intent again, in a new epoch, after the look-up proved it absent
    ACKNOWLEDGED = "ACKNOWLEDGED"
    FILLED_PART = "FILLED_PART"
    FILLED_WHOLE = "FILLED_WHOLE"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"


def _table() -> dict[tuple[OrderStatus, OrderEvent], OrderStatus]:
    """Rows by status; what is absent is illegal.

    SUBMITTED is no status: that a send is under way is never a fact, so after a restart every
    INTENDED order is looked up like an UNKNOWN one.
    """
    s, e = OrderStatus, OrderEvent
    in_flight = {
        e.ACKNOWLEDGED: s.ACCEPTED,
        e.FILLED_PART: s.PARTIALLY_FILLED,  # the fill may overtake the acknowledgement
        e.FILLED_WHOLE: s.FILLED,
        e.CANCELED: s.CANCELED,
        e.EXPIRED: s.EXPIRED,
        e.REJECTED: s.REJECTED,
        e.OUTCOME_UNKNOWN: s.UNKNOWN,
        e.REINTENDED: s.INTENDED,
    }
    working = {
        e.FILLED_PART: s.PARTIALLY_FILLED,
        e.FILLED_WHOLE: s.FILLED,
        e.CANCELED: s.CANCELED,
        e.EXPIRED: s.EXPIRED,
        e.OUTCOME_UNKNOWN: s.UNKNOWN,
    }
    rows: dict[OrderStatus, Mapping[OrderEvent, OrderStatus]] = {
        s.INTENDED: in_flight,
        s.UNKNOWN: in_flight,
        # Venues do refuse an order after acknowledging it (Alpaca: accepted, then rejected by the exchange).
        s.ACCEPTED: {**working, e.ACKNOWLEDGED: s.ACCEPTED, e.REJECTED: s.REJECTED},
        # The acknowledgement arrived after the first fill: nothing changes.
        s.PARTIALLY_FILLED: {**working, e.ACKNOWLEDGED: s.PARTIALLY_FILLED},
        # Late news about a finished order; an overfill is booked as the venue reports it.
        s.FILLED: {e.ACKNOWLEDGED: s.FILLED, e.FILLED_PART: s.FILLED, e.FILLED_WHOLE: s.FILLED},
        # Impossible but real: a fill crossed the cancel or the close.
        s.CANCELED: {e.ACKNOWLEDGED: s.CANCELED, e.FILLED_PART: s.CANCELED, e.FILLED_WHOLE: s.FILLED},
        s.EXPIRED: {e.ACKNOWLEDGED: s.EXPIRED, e.FILLED_PART: s.EXPIRED, e.FILLED_WHOLE: s.FILLED},
        # A refusal that filled all the same: the venue's execution is the truth.
        s.REJECTED: {e.FILLED_PART: s.REJECTED, e.FILLED_WHOLE: s.FILLED},
    }
    return {(status, event): after for status, row in rows.items() for event, after in row.items()}


TRANSITIONS: Mapping[tuple[OrderStatus, OrderEvent], OrderStatus] = MappingProxyType(_table())


def next_status(status: OrderStatus, event: OrderEvent) -> OrderStatus:
    """The status after `event`.

    Raises:
        IllegalTransition: the table has no such row.
    """
    after = TRANSITIONS.get((status, event))
    if after is None:
        message = f"an order that is {status} cannot become {event}"
        raise IllegalTransition(message)
    return after


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderIntent:
    """One order as it is about to leave: what the gate judged and the venue will be asked for.

    Attributes:
        client_order_id: Function of (mode, run, line, attempt); at most 36 of `A-Z a-z 0-9 _ -`.
        quantity: Units, > 0; direction is in `side`.
        mark: Price the decision was made at, quote currency.
        limit_price: Only for LIMIT orders.
        reduce_only: Whether the gate let it pass as a reduction.
        run_id: The run whose line this order carries out.
        attempt: 1 for the first; n + 1 exists only when n is proved finished.
        strategy_shares: Whose order it is; the parts sum to `quantity`.
        risk_amount: What the approved candidate said it risks, account currency, ≥ 0.
    """

    client_order_id: str
    instrument: InstrumentId
    symbol: Symbol
    side: Side
    quantity: Decimal
    mark: Decimal
    order_type: OrderType = OrderType.MARKET
    time_in_force: TimeInForce = TimeInForce.DAY
    limit_price: Decimal | None = None
    reduce_only: bool = False
    run_id: str
    line: int
    attempt: int = 1
    strategy_shares: tuple[StrategyShare, ...] = ()
    risk_amount: Decimal = ZERO

    def __post_init__(self) -> None:
        """Refuse what must never be sent."""
        if not self.quantity.is_finite() or self.quantity <= ZERO:
            raise InvalidFact("quantity", str(self.quantity), "units above zero")
        if not 1 <= len(self.client_order_id) <= CLIENT_ORDER_ID_LENGTH_MAX:
            raise InvalidFact("client_order_id", self.client_order_id, "1 to 36 characters")
        if (self.order_type is OrderType.LIMIT) != (self.limit_price is not None):
            raise InvalidFact("limit_price", str(self.limit_price), "a price for LIMIT orders and for no other")

    @property
    def worst_price(self) -> Decimal:
        """The price at which room is held: max(limit, mark) for a buy, the mark for a sale."""
        if self.limit_price is None or self.side is Side.SELL:
            return self.mark
        return max(self.limit_price, self.mark)


def client_order_id(mode_letter: str, run_hash: str, line: int, attempt: int) -> str:
    """`<mode><run hash, 20 hex>-<line>-<attempt>`: the same order always has the same id.

    Raises:
        InvalidFact: the id would be longer than 36 characters.
    """
    text = f"{mode_letter}{run_hash[:20]}-{line}-{attempt}"
    if len(text) > CLIENT_ORDER_ID_LENGTH_MAX:
        raise InvalidFact("client_order_id", text, "at most 36 characters")
    return text
