"""How does a program ask for a plan? Holdings and an allocation in, a RebalancePlan out; nothing is ordered.

The planner takes no floats: weights are Decimal (or text in plain notation), other numbers Decimal, int or text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Protocol, TypeVar

from counterpoise.domain.accounts import StrategyName
from counterpoise.domain.errors import InvalidFact, InvalidInput, PortfolioError
from counterpoise.domain.instruments import CASH_SYMBOL, Symbol, read_symbol
from counterpoise.domain.numbers import ONE, ZERO, exact, from_python, parse, plain
from counterpoise.domain.plans import RebalancePlan, SizingPolicy, Target
from counterpoise.ledger.codec import from_bytes, to_bytes
from counterpoise.planning.attribution import Contributions
from counterpoise.planning.rebalance import plan_rebalance
from counterpoise.planning.targets import HeldUnits, PlanBook, mandate_of

MODULE = "planner"
WEIGHT_SUM_MIN, WEIGHT_SUM_MAX = Decimal("0.99"), Decimal("1.01")
DEFAULT_STRATEGY: StrategyName = "default"
_HOLDINGS_RULE = "a Holdings, a dict of positions, prices and cash, or an object whose holdings() returns one"

T = TypeVar("T")
Number = Decimal | int | str
Attribution = Mapping[Symbol, Mapping[StrategyName, Decimal]]


@dataclass(frozen=True, slots=True)
class Holdings:
    """What is held now: units, their prices, and cash; all in one currency.

    Attributes:
        positions: Units per symbol; `HeldUnits` where some of them are locked.
        prices: Currency per unit; a symbol without a usable price is left out, never zero.

    Raises:
        PortfolioError: a value is no number, or a symbol stands twice once stripped and upper-cased.
    """

    positions: Mapping[Symbol, Number | HeldUnits]
    prices: Mapping[Symbol, Number]
    cash: Number

    def __post_init__(self) -> None:
        """Read symbols and numbers once; what is kept cannot change."""
        try:
            with exact():
                positions = {
                    symbol: _held(value, f"positions[{symbol}]")
                    for symbol, value in _by_symbol(self.positions, "positions").items()
                }
                prices = {
                    symbol: from_python(_number(value, f"prices[{symbol}]"), f"prices[{symbol}]")
                    for symbol, value in _by_symbol(self.prices, "prices").items()
                }
                cash = from_python(_number(self.cash, "cash"), "cash")
        except InvalidInput as error:
            raise _refused(error, "Holdings", "") from error
        object.__setattr__(self, "positions", MappingProxyType(positions))
        object.__setattr__(self, "prices", MappingProxyType(prices))
        object.__setattr__(self, "cash", cash)


class HoldingsSource(Protocol):
    """Anything that can say what is held now."""

    def holdings(self) -> Holdings | Mapping[str, object]:
        """What is held now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyAllocation:
    """What a strategy wants to hold: fractions of the portfolio's value per symbol, `CASH` for cash.

    Attributes:
        target_weights: 0 … 1 each; their sum may not exceed 1.01, and is at least 0.99 when planned
            (parts of a merge may sum to less). Below 1 the rest is cash, above 1 all are scaled to 1.
        portfolio_value: The value that weights apply to, or None for equity.
        attribution: Symbol → strategy → fraction of its orders; the fractions of a symbol sum to 1.
        contributions: Symbol → strategy → weight asked, kept by `merge_allocations`.

    Raises:
        PortfolioError: a weight is no Decimal from 0 to 1, a symbol stands twice, the fractions do not sum to 1.
    """

    target_weights: Mapping[Symbol, Decimal]
    portfolio_value: Decimal | None = None
    correlation_id: str = ""
    strategy: StrategyName = DEFAULT_STRATEGY
    attribution: Attribution | None = None
    contributions: Contributions = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read symbols and weights once; what is kept cannot change."""
        try:
            with exact():
                self._read()
        except InvalidInput as error:
            raise _refused(error, "StrategyAllocation", self.correlation_id) from error

    def _read(self) -> None:
        weights = {
            symbol: _weight(value, f"target_weights[{symbol}]")
            for symbol, value in _by_symbol(self.target_weights, "target_weights").items()
        }
        total = sum(weights.values(), ZERO)
        if total > WEIGHT_SUM_MAX:
            raise InvalidInput("target_weights", str(total), f"a sum of at most {WEIGHT_SUM_MAX}")
        object.__setattr__(self, "target_weights", MappingProxyType(weights))
        if self.portfolio_value is not None:
            value = from_python(_number(self.portfolio_value, "portfolio_value"), "portfolio_value")
            object.__setattr__(self, "portfolio_value", value)
        if self.attribution is not None:
            object.__setattr__(self, "attribution", _attribution(self.attribution))
        frozen = {symbol: MappingProxyType(dict(parts)) for symbol, parts in self.contributions.items()}
        object.__setattr__(self, "contributions", MappingProxyType(frozen))

    @property
    def asked(self) -> Contributions:
        """Who asked for which part of each weight: as stated, as merged, or this strategy for all."""
        if self.attribution is not None:
            return self.attribution
        if self.contributions:
            return self.contributions
        return {symbol: {self.strategy: ONE} for symbol in self.target_weights if symbol != CASH_SYMBOL}


def merge_allocations(allocations: Iterable[StrategyAllocation], *, correlation_id: str = "") -> StrategyAllocation:
    """Sum the weights of several strategies into one allocation that remembers who asked for what.

    Raises:
        PortfolioError: two parts of one strategy, different portfolio values, a sum outside 0.99 … 1.01.
    """
    parts = sorted(allocations, key=lambda part: part.strategy)
    merged_id = correlation_id or next((part.correlation_id for part in parts if part.correlation_id), "")
    try:
        with exact():
            return _merged(parts, merged_id)
    except InvalidInput as error:
        raise _refused(error, "merge_allocations", merged_id) from error


class PortfolioService:
    """Plans for whatever `source` holds: a Holdings, its dict, or an object with `.holdings()`; never a broker."""

    def __init__(self, source: Holdings | Mapping[str, object] | HoldingsSource) -> None:
        self._source = source

    def create_rebalance_plan(
        self,
        strategy: StrategyAllocation,
        correlation_id: str,
        *,
        policy: SizingPolicy | None = None,
        causation_id: str | None = None,
    ) -> RebalancePlan:
        """The plan that brings the holdings to the strategy's weights; the same inputs give the same plan.

        Raises:
            PortfolioError: a held symbol has no price (its context names them), the weights do not sum to
                0.99 … 1.01, the source or a value is not what it should be.
        """
        policy = policy or SizingPolicy()
        try:
            with exact():
                book = _book(_holdings(self._source))
                _check_sum(strategy.target_weights)
                targets = tuple(
                    Target(symbol=symbol, weight=weight) for symbol, weight in strategy.target_weights.items()
                )
                _check_prices(book, targets, policy, correlation_id)
                return plan_rebalance(
                    book,
                    targets,
                    policy,
                    correlation_id=correlation_id,
                    causation_id=strategy.correlation_id if causation_id is None else causation_id,
                    portfolio_value=strategy.portfolio_value,
                    contributions=strategy.asked,
                )
        except InvalidInput as error:
            raise _refused(error, "create_rebalance_plan", correlation_id) from error
        except PortfolioError as error:
            context = {**error.context, "correlation_id": correlation_id}
            raise PortfolioError(error.message, context) from error


def plan_to_json(plan: RebalancePlan) -> str:
    """The plan as canonical JSON: sorted keys, decimals as strings with every digit."""
    with exact():
        return to_bytes(plan).decode("utf-8")


def plan_from_json(text: str) -> RebalancePlan:
    """The plan that `plan_to_json` wrote, equal in every field.

    Raises:
        PortfolioError: the text is not a plan.
    """
    try:
        with exact():
            return from_bytes(RebalancePlan, text.encode("utf-8"))
    except InvalidFact as error:
        raise _refused(error, "plan_from_json", "") from error


def _holdings(source: object) -> Holdings:
    """Read the source, whichever of its three forms it has."""
    if isinstance(source, Holdings):
        return source
    if isinstance(source, Mapping):
        if sorted(source) != ["cash", "positions", "prices"]:
            raise InvalidInput("source", ", ".join(sorted(map(str, source))), _HOLDINGS_RULE)
        return Holdings(**source)
    ask = getattr(source, "holdings", None)
    if not callable(ask):
        raise InvalidInput("source", type(source).__name__, _HOLDINGS_RULE)
    answer = ask()
    if not isinstance(answer, Holdings | Mapping):
        _discard(answer)
        raise InvalidInput("source", type(answer).__name__, _HOLDINGS_RULE)
    return _holdings(answer)


def _discard(answer: object) -> None:
    """Close the coroutine that an asynchronous source (a broker) gave: it will not be awaited here."""
    close = getattr(answer, "close", None)
    if callable(close):
        close()


def _book(holdings: Holdings) -> PlanBook:
    """A cash account that holds exactly this; what has no price is not in its equity."""
    held = {symbol: value for symbol, value in holdings.positions.items() if isinstance(value, HeldUnits)}
    prices = {symbol: price for symbol, price in holdings.prices.items() if isinstance(price, Decimal)}
    cash = from_python(holdings.cash, "cash")
    book = PlanBook(equity=cash, cash=cash, holdings=held, prices=prices)
    values = (units.quantity * (book.price(symbol) or ZERO) for symbol, units in held.items())
    return PlanBook(equity=cash + sum(values, ZERO), cash=cash, holdings=held, prices=prices)


def _check_prices(book: PlanBook, targets: tuple[Target, ...], policy: SizingPolicy, correlation_id: str) -> None:
    """Refuse a plan whose total is unknown: a price that is missing is never taken to be zero."""
    held = {symbol: units for symbol, units in book.holdings.items() if not units.quantity.is_zero()}
    if all(book.price(symbol) is not None for symbol in held):
        return
    missing = mandate_of(book, targets, policy, correlation_id=correlation_id).unpriced
    if missing:
        names = ", ".join(line.symbol for line in missing)
        context = {"module": MODULE, "operation": "create_rebalance_plan", "correlation_id": correlation_id}
        raise PortfolioError(f"held without a usable price: {names}", {**context, "symbols": names})


def _check_sum(weights: Mapping[Symbol, Decimal]) -> None:
    total = sum(weights.values(), ZERO)
    if weights and not WEIGHT_SUM_MIN <= total <= WEIGHT_SUM_MAX:
        raise InvalidInput("target_weights", str(total), f"a sum from {WEIGHT_SUM_MIN} to {WEIGHT_SUM_MAX}")


def _merged(parts: list[StrategyAllocation], correlation_id: str) -> StrategyAllocation:
    names = [part.strategy for part in parts]
    if len(dict.fromkeys(names)) != len(names) or not names:
        raise InvalidInput("allocations", ", ".join(names), "at least one, each of another strategy")
    values = list(dict.fromkeys(part.portfolio_value for part in parts))
    if len(values) != 1:
        raise InvalidInput("portfolio_value", ", ".join(map(str, values)), "the same for every strategy")
    weights: dict[Symbol, Decimal] = {}
    contributions: dict[Symbol, dict[StrategyName, Decimal]] = {}
    for part in parts:
        for symbol, weight in part.target_weights.items():
            weights[symbol] = weights.get(symbol, ZERO) + weight
            if symbol != CASH_SYMBOL and not weight.is_zero():
                contributions.setdefault(symbol, {})[part.strategy] = weight
    _check_sum(weights)
    return StrategyAllocation(
        target_weights=weights,
        portfolio_value=values[0],
        correlation_id=correlation_id,
        strategy="+".join(names),
        contributions=contributions,
    )


def _by_symbol(values: Mapping[Symbol, T], field_name: str) -> dict[Symbol, T]:
    """The same mapping by stripped, upper-cased symbol, in order of symbol."""
    if not isinstance(values, Mapping):
        raise InvalidInput(field_name, type(values).__name__, "a mapping from symbol to number")
    read: dict[Symbol, T] = {}
    for text, value in values.items():
        symbol = read_symbol(text, field_name) if isinstance(text, str) else _no_symbol(text, field_name)
        if symbol in read or (symbol == CASH_SYMBOL and field_name == "positions"):
            raise InvalidInput(field_name, symbol, "each symbol once, and cash in `cash`")
        read[symbol] = value
    return dict(sorted(read.items()))


def _no_symbol(value: object, field_name: str) -> Symbol:
    raise InvalidInput(field_name, value, "symbols as text")


def _number(value: object, field_name: str) -> Number:
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise InvalidInput(field_name, value, "a Decimal, an int or text in plain notation; no float")
    return value


def _held(value: object, field_name: str) -> HeldUnits:
    if isinstance(value, HeldUnits):
        quantity = from_python(_number(value.quantity, field_name), field_name)
        return HeldUnits(quantity=quantity, sellable=from_python(_number(value.sellable, field_name), field_name))
    quantity = from_python(_number(value, field_name), field_name)
    return HeldUnits(quantity=quantity, sellable=max(quantity, ZERO))


def _weight(value: object, field_name: str) -> Decimal:
    """A weight: strictly Decimal of any length (a third has no end), or text."""
    if isinstance(value, str):
        value = parse(value, field_name)
    if not isinstance(value, Decimal) or not value.is_finite() or not ZERO <= value <= ONE:
        raise InvalidInput(field_name, value, "a Decimal fraction from 0 to 1")
    return value


def _attribution(stated: Attribution) -> Attribution:
    read: dict[Symbol, Mapping[StrategyName, Decimal]] = {}
    for symbol, parts in _by_symbol(stated, "attribution").items():
        fractions = {name: _weight(part, f"attribution[{symbol}][{name}]") for name, part in sorted(parts.items())}
        total = sum(fractions.values(), ZERO)
        if total != ONE:
            raise InvalidInput(f"attribution[{symbol}]", plain(total), "fractions that sum to exactly 1")
        read[symbol] = MappingProxyType(fractions)
    return MappingProxyType(read)


def _refused(error: InvalidInput, operation: str, correlation_id: str) -> PortfolioError:
    """The library's one error, with the refused field and value in its context."""
    context = {"module": MODULE, "operation": operation, "correlation_id": correlation_id}
    return PortfolioError(str(error), {**context, "field": error.field, "value": error.value})
