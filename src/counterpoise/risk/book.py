"""On what does the gate judge, and which candidate cannot be judged at all?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.decisions import CandidateTrade, Position, TradingState
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.instruments import Category, Symbol, check_symbol
from counterpoise.domain.numbers import ONE, QUANTITY_STEP, ZERO
from counterpoise.domain.orders import PositionSide, Side
from counterpoise.risk.reservations import UNKNOWN_SECTOR, OpenOrder

EVERYTHING = "*"
"""As a break: the whole account, such as a cash break."""

_FINITE = "a finite Decimal"
_ABOVE_ZERO = "a finite Decimal above zero"
_FRACTION = "a finite Decimal 0 … 1"
_NOT_NEGATIVE = "a finite Decimal of at least 0"


def _check(value: object, name: str, least: Decimal | None, rule: str, *, above: bool = False) -> None:
    """A comparison with NaN is never true, so what is no finite Decimal is refused before any comparison."""
    if not isinstance(value, Decimal) or not value.is_finite():
        raise InvalidInput(name, value, rule)
    if least is not None and (value < least or (above and value == least)):
        raise InvalidInput(name, str(value), rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What the gate must know of an instrument that an order does not say itself.

    Attributes:
        multiplier: Units × multiplier is the size in which positions and candidates speak, > 0.
        fx_rate: Account currency per quote currency, > 0.
        leverage: FUTURES: the venue's setting, 1 when unknown; MARGIN: 1 ÷ initial margin rate; CASH 1.
        lot: Smallest step of quantity, > 0.
        funds: Where everything is paid in full: cash of the asset that pays for it, account currency, before what
            open purchases in that asset hold; None where any cash pays.
    """

    sector: str = UNKNOWN_SECTOR
    category: Category = Category.EXPANSION
    multiplier: Decimal = ONE
    fx_rate: Decimal = ONE
    leverage: Decimal = ONE
    lot: Decimal = QUANTITY_STEP
    funds: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse what would make exposure vanish."""
        for name in ("multiplier", "fx_rate", "leverage", "lot"):
            _check(getattr(self, name), f"listing.{name}", ZERO, _ABOVE_ZERO, above=True)


UNLISTED = Listing()


@dataclass(frozen=True, slots=True, kw_only=True)
class GateBook:
    """The whole portfolio at one instant, account currency; prices are per unit, in account currency too.

    Attributes:
        equity: At the last known marks; what violations are measured against.
        equity_low: The bad end of the equity interval; increases are judged on it. None: it has no end.
        cash: Before reservations.
        free_margin: equity − used margin, before reservations: the gate subtracts what `open_orders` hold.
        balance_usable: Whether the balance is trusted enough to add risk (`usable_for` TRADE).
        breaks: Symbols with an open break, or `*` for the account.
        listings: What is known of instruments; an absent symbol is `UNLISTED`.

    Raises:
        InvalidInput: a number is not finite, or a size, price or risk is out of its range; names the field.
    """

    positions: tuple[Position, ...] = ()
    open_orders: tuple[OpenOrder, ...] = ()
    equity: Decimal
    equity_low: Decimal | None
    cash: Decimal = ZERO
    used_margin: Decimal = ZERO
    free_margin: Decimal = ZERO
    kind: AccountKind = AccountKind.FUTURES
    trading_state: TradingState = TradingState.ACTIVE
    balance_usable: bool = True
    breaks: tuple[str, ...] = ()
    listings: Mapping[Symbol, Listing] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        """Refuse numbers that could pass an order by failing a comparison."""
        for name in ("equity", "cash", "used_margin", "free_margin"):
            _check(getattr(self, name), name, None, _FINITE)
        if self.equity_low is not None:
            _check(self.equity_low, "equity_low", None, _FINITE)
        for number, position in enumerate(self.positions):
            check_position(position, f"positions[{number}]")
        for number, order in enumerate(self.open_orders):
            _check_order(order, f"open_orders[{number}]")

    @property
    def judged_equity(self) -> Decimal:
        """What increases are judged on: never more than the bad end of the interval."""
        return self.equity if self.equity_low is None else min(self.equity, self.equity_low)

    def listing(self, symbol: Symbol) -> Listing:
        """What is known of `symbol`."""
        return self.listings.get(symbol, UNLISTED)

    def has_break(self, symbol: Symbol) -> bool:
        """Whether a difference with the venue is open that stops new risk in `symbol`."""
        return EVERYTHING in self.breaks or symbol in self.breaks


def check_position(position: Position, place: str) -> None:
    """Refuse a position that no book can hold.

    Raises:
        InvalidInput: names the field of `place` and the value.
    """
    check_symbol(position.symbol, f"{place}.symbol")
    if not isinstance(position.side, PositionSide):
        raise InvalidInput(f"{place}.side", position.side, "LONG or SHORT")
    _check(position.size, f"{place}.size", ZERO, _ABOVE_ZERO, above=True)
    _check(position.current_price, f"{place}.current_price", ZERO, _ABOVE_ZERO, above=True)
    _check(position.entry_price, f"{place}.entry_price", None, _FINITE)
    for name in ("margin", "leverage", "risk_amount"):
        _check(getattr(position, name), f"{place}.{name}", ZERO, _NOT_NEGATIVE)


def fault_of(candidate: CandidateTrade) -> str:
    """Why `candidate` cannot be judged: the first field that is no such value, or nothing."""
    try:
        _check_candidate(candidate)
    except InvalidInput as refused:
        return str(refused)
    return ""


def is_scorable(candidate: CandidateTrade) -> bool:
    """Whether the score has a value: confidence is a fraction 0 … 1 and the other parts are finite."""
    parts = (candidate.stability_score, candidate.cost_score, candidate.recent_performance)
    confidence = candidate.confidence
    if not isinstance(confidence, Decimal) or not confidence.is_finite() or not ZERO <= confidence <= ONE:
        return False
    return all(isinstance(part, Decimal) and part.is_finite() for part in parts)


def _check_candidate(candidate: CandidateTrade) -> None:
    check_symbol(candidate.symbol, "symbol")
    if not isinstance(candidate.action, Side):
        raise InvalidInput("action", candidate.action, "BUY or SELL")
    if not isinstance(candidate.category, Category):
        raise InvalidInput("category", candidate.category, "CORE, EXPANSION, MONITORING or TOXIC")
    if not isinstance(candidate.reduce_only, bool):
        raise InvalidInput("reduce_only", candidate.reduce_only, "True or False")
    if not is_scorable(candidate):
        _check(candidate.confidence, "confidence", ZERO, _FRACTION)
        for name in ("stability_score", "cost_score", "recent_performance"):
            _check(getattr(candidate, name), name, None, _FINITE)
        raise InvalidInput("confidence", str(candidate.confidence), _FRACTION)
    _check(candidate.size, "size", ZERO, _ABOVE_ZERO, above=True)
    _check(candidate.margin_required, "margin_required", ZERO, _NOT_NEGATIVE)
    _check(candidate.risk_amount, "risk_amount", ZERO, _NOT_NEGATIVE)
    if candidate.price is not None:
        _check(candidate.price, "price", ZERO, _ABOVE_ZERO, above=True)


def _check_order(order: OpenOrder, place: str) -> None:
    check_symbol(order.symbol, f"{place}.symbol")
    _check(order.remaining, f"{place}.remaining", ZERO, _NOT_NEGATIVE)
    _check(order.worst_price, f"{place}.worst_price", ZERO, _ABOVE_ZERO, above=True)
    _check(order.price, f"{place}.mark", ZERO, _ABOVE_ZERO, above=True)
    _check(order.leverage, f"{place}.leverage", ZERO, _ABOVE_ZERO, above=True)
    _check(order.fee_rate, f"{place}.fee_rate", None, _FINITE)
    _check(order.risk_amount, f"{place}.risk_amount", ZERO, _NOT_NEGATIVE)
