"""What does a portfolio want to hold, and what would it trade to get there? Values only; `planning` computes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.instruments import Symbol
from counterpoise.domain.numbers import HUNDRED, ONE, ZERO, from_python


class PlanAction(StrEnum):
    """What a line of a plan does."""

    BUY = "BUY"
    SELL = "SELL"
    HOLD = "HOLD"


class Rounding(StrEnum):
    """Which quantities an order may have."""

    FRACTIONAL = "FRACTIONAL"  # to the instrument's lot
    LOT = "LOT"  # the same, said of venues whose lot is not a fraction
    WHOLE = "WHOLE"  # whole units


class Destination(StrEnum):
    """Where a drifted weight is brought to."""

    TARGET = "TARGET"
    BAND_EDGE = "BAND_EDGE"
    HALF = "HALF"


class PlanScope(StrEnum):
    """Which symbols move when some have drifted."""

    ALL = "ALL"
    DRIFTED = "DRIFTED"


class Untargeted(StrEnum):
    """What happens to a holding without a target."""

    EXIT = "EXIT"
    KEEP = "KEEP"


class Outcome(StrEnum):
    """What a plan came to; each has one sentence."""

    TRADES = "TRADES"
    IN_BAND = "IN_BAND"
    BELOW_MINIMUM = "BELOW_MINIMUM"
    NO_TARGETS = "NO_TARGETS"
    ALL_DISABLED = "ALL_DISABLED"
    NO_EQUITY = "NO_EQUITY"
    INCOMPLETE = "INCOMPLETE"
    BLOCKED = "BLOCKED"


class LineReason(StrEnum):
    """Why a line is as it is; every HOLD has one."""

    TO_TARGET = "TO_TARGET"
    ON_TARGET = "ON_TARGET"
    IN_BAND = "IN_BAND"
    FUNDS_OTHERS = "FUNDS_OTHERS"
    TAKES_SURPLUS = "TAKES_SURPLUS"
    EXIT = "EXIT"
    BELOW_MINIMUM = "BELOW_MINIMUM"
    BELOW_LOT = "BELOW_LOT"
    DUST = "DUST"
    NO_CASH = "NO_CASH"
    KEPT_UNTARGETED = "KEPT_UNTARGETED"
    TARGET_DISABLED = "TARGET_DISABLED"
    UNPRICED = "UNPRICED"
    BUY_ONLY = "BUY_ONLY"
    BLOCKED_UNKNOWN = "BLOCKED_UNKNOWN"
    BLOCKED_FOREIGN_ORDER = "BLOCKED_FOREIGN_ORDER"
    LOCKED = "LOCKED"
    NO_EQUITY = "NO_EQUITY"
    TOTAL_UNKNOWN = "TOTAL_UNKNOWN"
    STALE_PRICE = "STALE_PRICE"


OUTCOME_MESSAGES: Mapping[Outcome, str] = MappingProxyType(
    {
        Outcome.TRADES: "Rebalancing executed",
        Outcome.IN_BAND: "Portfolio is balanced - no action needed",
        Outcome.BELOW_MINIMUM: "Every trade is too small to send or has no cash to pay for it",
        Outcome.NO_TARGETS: "No target allocations configured",
        Outcome.ALL_DISABLED: "All target allocations are disabled",
        Outcome.NO_EQUITY: "Portfolio value is 0",
        Outcome.INCOMPLETE: "Prices are missing",
        Outcome.BLOCKED: "Trading is halted",
    }
)
"""The sentence of each outcome; people and programs read these, so they stay as they are."""

REASON_SENTENCES: Mapping[LineReason, str] = MappingProxyType(
    {
        LineReason.TO_TARGET: "Moves to its destination.",
        LineReason.ON_TARGET: "Is exactly where it should be.",
        LineReason.IN_BAND: "Is off its target, but not beyond its band, and the others need no help from it.",
        LineReason.FUNDS_OTHERS: "Is above its target and sold, not below it, to pay for the symbols that drifted.",
        LineReason.TAKES_SURPLUS: "Is below its target and bought, not above it, with what the drifted symbols freed.",
        LineReason.EXIT: "Should not be held; whatever may be sold is sold.",
        LineReason.BELOW_MINIMUM: "The trade would be smaller than the policy or the venue allows.",
        LineReason.BELOW_LOT: "The trade would be smaller than the smallest step of quantity.",
        LineReason.DUST: "All that is held is worth less than the venue takes as one order.",
        LineReason.NO_CASH: "Would be bought, but neither cash nor sales pay for it.",
        LineReason.KEPT_UNTARGETED: "Is held without a target and kept; its value is outside the investable value.",
        LineReason.TARGET_DISABLED: "Its target is disabled: kept, its value is outside the investable value.",
        LineReason.UNPRICED: "Has no usable price.",
        LineReason.BUY_ONLY: "Would be sold, but the policy only buys.",
        LineReason.BLOCKED_UNKNOWN: "An order of ours in this symbol has an unknown outcome.",
        LineReason.BLOCKED_FOREIGN_ORDER: "An open order that is not ours stands in this symbol.",
        LineReason.LOCKED: "Would be sold, but no unit of it may be sold now.",
        LineReason.NO_EQUITY: "There is no value that weights could be shares of.",
        LineReason.TOTAL_UNKNOWN: "Another holding has no price, so no weight is known.",
        LineReason.STALE_PRICE: "Its last price is too old to trade on; it counts at that price and is left alone.",
    }
)
"""What each reason says to a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The wish for one symbol (or `CASH`).

    Attributes:
        weight: Fraction of the investable value, 0 … 1.
        threshold_pct: Absolute band of this symbol in percentage points, or None for the policy's.
    """

    symbol: Symbol
    weight: Decimal
    enabled: bool = True
    threshold_pct: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse a weight outside 0 … 1."""
        if not isinstance(self.weight, Decimal) or not self.weight.is_finite() or not ZERO <= self.weight <= ONE:
            raise InvalidInput(f"weight of {self.symbol}", self.weight, "a Decimal fraction from 0 to 1")


_POLICY_MAY_LACK = ("relative_threshold_pct", "trigger_pct")
_POLICY_NUMBERS = (
    "min_trade_notional",
    "drift_threshold_pct",
    "cash_buffer_pct",
    "fee_rate",
    "collar_pct",
    "raise_cash",
    *_POLICY_MAY_LACK,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SizingPolicy:
    """How wishes become orders; the defaults take a strategy allocation straight to its target.

    Attributes:
        min_trade_notional: Smallest order value, account currency; equal passes.
        drift_threshold_pct: Percentage points a weight may drift, strictly more acts; 0 is no band.
        relative_threshold_pct: The same as % of the target weight, or None.
        trigger_pct: Portfolio-level trigger on Σ|drift| ÷ 2 in points, or None.
        cash_buffer_pct: % of investable kept in cash at least.
        fee_rate: Fraction of order value that a trade costs, counted before it is sent.
        collar_pct: % a price may move against us before an order stops.
        raise_cash: Account currency to free for a withdrawal.
        exit_dust: Whether a whole exit below the minimum is sent.
    """

    min_trade_notional: Decimal = Decimal(10)
    rounding: Rounding = Rounding.FRACTIONAL
    drift_threshold_pct: Decimal = ZERO
    relative_threshold_pct: Decimal | None = None
    trigger_pct: Decimal | None = None
    destination: Destination = Destination.TARGET
    scope: PlanScope = PlanScope.ALL
    cash_buffer_pct: Decimal = ZERO
    fee_rate: Decimal = ZERO
    collar_pct: Decimal = ZERO
    untargeted: Untargeted = Untargeted.EXIT
    buy_only: bool = False
    raise_cash: Decimal = ZERO
    exit_dust: bool = False

    def __post_init__(self) -> None:
        """Read int and text as Decimal; refuse a number that is negative, none or no sensible fraction."""
        for name in _POLICY_NUMBERS:
            value = getattr(self, name)
            if value is None and name in _POLICY_MAY_LACK:
                continue
            number = from_python(value, name)
            if number < ZERO:
                raise InvalidInput(name, str(number), "a number of at least 0")
            object.__setattr__(self, name, number)
        for name in ("cash_buffer_pct", "collar_pct"):
            if getattr(self, name) > HUNDRED:
                raise InvalidInput(name, str(getattr(self, name)), "at most 100 percent")
        if self.fee_rate >= ONE:
            raise InvalidInput("fee_rate", str(self.fee_rate), "a fraction below 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanItem:
    """One line of a plan. Weights are fractions of investable; `drift` is a fraction too (actual − target).

    `current_weight`, `drift`, `current_value` and `target_value` are None where a missing price makes
    them unknown: unknown is never zero.

    Attributes:
        trade_amount: Account currency the line wishes to move, + buy, − sell, before rounding to lots.
        quantity: Units to order, ≥ 0.
        order_value: quantity × price, account currency, ≥ 0; every cash law is about this one.
        price: Account currency per unit (multiplier and FX applied), None when unpriced.
        priority: Rank in sending order from 1; 0 for HOLD lines.
        is_exit: Whether the line closes the whole holding; stated, never inferred from a weight.
        attribution: Strategy → fraction of the line's fills and fees; the fractions sum to 1.
    """

    symbol: Symbol
    current_weight: Decimal | None
    target_weight: Decimal
    drift: Decimal | None
    current_value: Decimal | None
    target_value: Decimal | None
    trade_amount: Decimal
    quantity: Decimal
    order_value: Decimal
    price: Decimal | None
    action: PlanAction
    reason: LineReason
    priority: int = 0
    is_exit: bool = False
    attribution: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RebalancePlan:
    """What to trade, and why every line is as it is: a pure function of holdings, prices, targets and policy.

    Attributes:
        plan_id: SHA-256 of the inputs, 64 hexadecimal digits; not over correlation ids or time.
        total_portfolio_value: Equity of the account or the stated override, account currency.
        investable_value: What weights are shares of.
        total_trade_value: Σ order_value.
        cash_target: Account currency that stays in cash.
        notes: What the plan did to its inputs, such as weights above 1 scaled down.
        strategy_attribution: Symbol → strategy → fraction, the fractions of a symbol sum to 1.
    """

    plan_id: str
    correlation_id: str
    causation_id: str = ""
    outcome: Outcome
    message: str
    items: tuple[PlanItem, ...]
    total_portfolio_value: Decimal
    investable_value: Decimal
    total_trade_value: Decimal
    cash_target: Decimal
    notes: tuple[str, ...] = ()
    strategy_attribution: tuple[tuple[Symbol, tuple[tuple[str, Decimal], ...]], ...] = ()

    @property
    def trades_required(self) -> bool:
        """Whether any line buys or sells."""
        return any(item.action is not PlanAction.HOLD for item in self.items)

    @property
    def metadata(self) -> Mapping[str, Mapping[Symbol, Mapping[str, Decimal]]]:
        """`strategy_attribution` as mappings: symbol → strategy → fraction of that symbol's fills and fees."""
        by_symbol = {symbol: MappingProxyType(dict(shares)) for symbol, shares in self.strategy_attribution}
        return MappingProxyType({"strategy_attribution": MappingProxyType(by_symbol)})
