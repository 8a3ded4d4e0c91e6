"""What is held against what: our book and the venue's statement, as far as a comparison needs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.instruments import Symbol
from counterpoise.domain.numbers import ONE, QUANTITY_STEP, ZERO
from counterpoise.domain.orders import Side
from counterpoise.domain.statements import CashEventKind, VenueCashEvent, VenueFill, VenueOrder

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An instrument's terms.

    Attributes:
        multiplier: Quote currency per unit and price point, > 0.
        step: The venue's smallest step of quantity, > 0.
        price: Our last mark, quote currency; None when it has none.
        entry: Average unit price of what is held, quote currency; only a FUTURES account needs it.
    """

    quote: str
    multiplier: Decimal = ONE
    step: Decimal = QUANTITY_STEP
    price: Decimal | None = None
    entry: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedFill:
    """An execution in our journal; `fill_id` is the venue's identity of it, figures as in `VenueFill`."""

    fill_id: str
    client_order_id: str
    symbol: Symbol
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_asset: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedCash:
    """A movement of cash in our journal that no order made.

    Attributes:
        event_id: The venue's identity of it, or empty when nobody said one.
        amount: Signed: + into the account.
    """

    event_id: str
    kind: CashEventKind
    amount: Decimal
    asset: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OurOrder:
    """An order of ours that the venue has and that may still fill; `remaining` is in units, > 0."""

    symbol: Symbol
    side: Side
    remaining: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OurBook:
    """Our side.

    Attributes:
        base: The account's currency.
        cash: Asset → amount, of the assets that the venue states.
        positions: Symbol → signed units; nothing held is no entry or zero.
        orders: client order id → what it is, or None when orders are not compared.
        fills, cash_events: What the journal has since `since`.
        listed: Symbol → terms.
        rates: Asset → its worth in the account's currency, without the currency itself.
        since: When the account was opened; what the venue dates earlier is in the opening figures.
    """

    base: str
    kind: AccountKind = AccountKind.CASH
    cash: Mapping[str, Decimal] = field(default_factory=dict)
    positions: Mapping[Symbol, Decimal] = field(default_factory=dict)
    orders: Mapping[str, OurOrder] | None = None
    fills: tuple[BookedFill, ...] = ()
    cash_events: tuple[BookedCash, ...] = ()
    listed: Mapping[Symbol, Listed] = field(default_factory=dict)
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    since: datetime | None = None

    @property
    def working(self) -> Mapping[str, Decimal]:
        """client order id → units still to fill."""
        return {name: order.remaining for name, order in (self.orders or {}).items()}

    def terms(self, symbol: Symbol) -> Listed:
        """Of a symbol; one that we do not list counts in the account's currency."""
        return self.listed.get(symbol) or Listed(quote=self.base)


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueStatement:
    """The venue's side: whole, or there is none; a read that failed is no statement.

    Attributes:
        as_of: The venue's time.
        cash, positions: As on our side.
        orders: Open orders, or None when the venue was not asked.
        fills, cash_events: Its activities, or None when it gives none.
        fills_from: From when on it lists executions; None is all of them (incident I-09: a look-back of a day).
        total_cash: All cash in the account's currency at the venue's rates, where it states one.
        rates: The venue's own rates, where it states them.
        prices: The venue's last prices, where it states them.
        cash_step: To which step the venue rounds cash.
    """

    as_of: datetime
    cash: Mapping[str, Decimal] = field(default_factory=dict)
    positions: Mapping[Symbol, Decimal] = field(default_factory=dict)
    orders: tuple[VenueOrder, ...] | None = None
    fills: tuple[VenueFill, ...] | None = None
    cash_events: tuple[VenueCashEvent, ...] | None = None
    fills_from: datetime | None = None
    total_cash: Decimal | None = None
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    prices: Mapping[Symbol, Decimal] = field(default_factory=dict)
    cash_step: Decimal = CENT

    @property
    def working(self) -> Mapping[str, Decimal] | None:
        """client order id → units still to fill; one that is filled and more has none."""
        if self.orders is None:
            return None
        return {order.client_order_id: max(order.quantity - order.filled_quantity, ZERO) for order in self.orders}
