"""What is in force for an account, and what stands around its figures?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from counterpoise.domain.accounts import AccountId, AccountKind, TradingMode
from counterpoise.domain.decisions import RiskMode, Severity, TradingState
from counterpoise.domain.instruments import Symbol
from counterpoise.domain.orders import OrderStatus, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountInfo:
    """Whose book it is."""

    id: AccountId
    name: str
    kind: AccountKind
    base_currency: str
    mode: TradingMode
    venue: str
    time_zone: str


class EndResult(StrEnum):
    """What became of an order that was to end; CANCELLING until the venue has answered."""

    CANCELLING = "CANCELLING"
    CANCELLED = "CANCELLED"
    FILLED = "FILLED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderResult:
    """What became of an order that a halt wanted to end."""

    client_order_id: str
    symbol: Symbol
    side: Side
    quantity: Decimal
    result: EndResult


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrderLine:
    """An order that may still fill."""

    client_order_id: str
    symbol: Symbol
    side: Side
    quantity: Decimal
    remaining: Decimal
    status: OrderStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeReasonLine:
    """Why the risk mode is what it is."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueClock:
    """The account's time as it is shown, and what its market does."""

    text: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many; `targets_out` are beyond their band."""

    facts: int
    positions: int
    open_orders: int
    unknown_orders: int
    breaks: int
    targets: int
    targets_out: int


class Health(StrEnum):
    """How a part of the installation is."""

    OK = "ok"
    WARNING = "warning"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthLine:
    """One part of the installation in a few words."""

    name: str
    text: str
    status: Health


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsYou:
    """The one thing that waits for a person."""

    severity: Severity
    title: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Where a replay of past prices is; `days_per_second` null is as fast as it can."""

    day: str
    number: int
    days: int
    paused: bool
    days_per_second: Decimal | None
    finished: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What is in force, and what stands around the figures.

    Attributes:
        as_of: The account's clock; in a replay the replayed time.
        state_orders: What became of the orders that the last halt ended.
        open_orders: At most 20 of them; `counts` has the true number.
    """

    account: AccountInfo
    as_of: datetime
    trading_state: TradingState
    state_since: datetime | None
    state_by: str | None
    state_reason: str | None
    state_orders: tuple[OrderResult, ...]
    risk_mode: RiskMode
    mode_since: datetime | None
    mode_reasons: tuple[ModeReasonLine, ...]
    clock: VenueClock
    counts: Counts
    open_orders: tuple[OpenOrderLine, ...]
    health: tuple[HealthLine, ...]
    needs_you: NeedsYou | None
    replay: Replay | None
