"""Which weights apply to which value, and what of the book belongs to the mandate?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from counterpoise.domain.errors import InvalidInput, PortfolioError
from counterpoise.domain.instruments import CASH_SYMBOL, Symbol
from counterpoise.domain.numbers import (
    FRACTION_STEP,
    ONE,
    QUANTITY_STEP,
    ZERO,
    canonical,
    divide_toward_zero,
    floor_to_step,
    plain,
    shortest,
)
from counterpoise.domain.plans import LineReason, Outcome, SizingPolicy, Target, Untargeted

PERCENT = Decimal("0.01")
"""Multiplies a percentage into a fraction, exactly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldUnits:
    """What the account holds of one symbol.

    Attributes:
        quantity: Signed units; a short holding is negative.
        sellable: Units of it that are not locked, ≥ 0.
    """

    quantity: Decimal
    sellable: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LotRules:
    """Which orders a venue takes: quantity step in units (> 0), least order value in account currency."""

    lot: Decimal = QUANTITY_STEP
    min_notional: Decimal = ZERO
    fractionable: bool = True


DEFAULT_RULES = LotRules()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanBook:
    """The book that a plan starts from, every amount in account currency.

    Attributes:
        equity: What the account is worth; a holding without a price is not in it.
        cash: Cash before our working orders fill.
        prices: Account currency per unit, multiplier and FX applied; absent or not above zero is no price.
        outside: Signed units per symbol that belong to other strategies: neither sold nor counted.
        working: Signed units that our working orders still have to fill, + buy.
        working_cash: Change in cash when they do; a buy is negative, as in `Fill.cash_flow`.
        blocked: Symbols that may not be traded now, and why.
        equity_cap: Whether an override of the value may not exceed equity (CASH accounts).
        buying_power: What may be bought on top of gross exposure where `equity_cap` is False.
    """

    equity: Decimal
    cash: Decimal
    holdings: Mapping[Symbol, HeldUnits]
    prices: Mapping[Symbol, Decimal]
    lots: Mapping[Symbol, LotRules] = field(default_factory=dict)
    outside: Mapping[Symbol, Decimal] = field(default_factory=dict)
    working: Mapping[Symbol, Decimal] = field(default_factory=dict)
    working_cash: Decimal = ZERO
    blocked: Mapping[Symbol, LineReason] = field(default_factory=dict)
    equity_cap: bool = True
    buying_power: Decimal = ZERO

    def price(self, symbol: Symbol) -> Decimal | None:
        """The usable price of a symbol, or None: a weight cannot be had of what costs nothing or less."""
        price = self.prices.get(symbol)
        return canonical(price) if price is not None and price > ZERO else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Fractions of investable after scaling and buffer; symbols and cash sum to at most 1."""

    symbols: Mapping[Symbol, Decimal]
    cash: Decimal
    notes: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Line:
    """One symbol while its plan is made; the planner's only value that changes.

    Attributes:
        units: Signed units of the mandate, with our working orders filled.
        sellable: Units that may be sold now, ≥ 0, never above what the mandate holds.
        value: units × price.
        excess: value − target_value.
        band_pct: Percentage points that it may drift; None is moved by the portfolio's trigger only.
        drifted: Whether it is beyond its band, or off target when the trigger fired.
        amount: Account currency that the line moves, + buy.
    """

    symbol: Symbol
    weight: Decimal
    units: Decimal
    sellable: Decimal
    price: Decimal | None
    value: Decimal
    rules: LotRules
    target: Target | None
    reason: LineReason
    target_value: Decimal = ZERO
    excess: Decimal = ZERO
    band_pct: Decimal | None = None
    drifted: bool = False
    amount: Decimal = ZERO
    quantity: Decimal = ZERO
    order_value: Decimal = ZERO
    is_exit: bool = False

    @property
    def unit_price(self) -> Decimal:
        """The price of a line that wishes to trade; one without a price never does."""
        assert self.price is not None
        return self.price

    @property
    def known_value(self) -> Decimal | None:
        """What the units are worth, None when that takes a price that nobody has."""
        return None if self.price is None and not self.units.is_zero() else self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """What the targets speak about.

    Attributes:
        lines: Symbols whose weights are shares of `investable`, by symbol; all tradable but for their `reason`.
        unbought: Targets without holding and price; their weight stays in cash.
        kept: Holdings that the plan shows and leaves alone.
        unpriced: Held symbols of the mandate without a price: while there is one, nothing else is known.
        portfolio_value: Equity or its override.
        investable: What weights are shares of.
        idle: The part of `investable` in no symbol; negative when more is held than it.
        free_cash: What buys may use before sells: `idle`, in a CASH account never above cash itself.
        answer: The named outcome that ends the matter, or None.
    """

    lines: tuple[Line, ...]
    unbought: tuple[Line, ...]
    kept: tuple[Line, ...]
    unpriced: tuple[Line, ...]
    portfolio_value: Decimal
    investable: Decimal
    idle: Decimal
    free_cash: Decimal
    cash_weight: Decimal
    cash_target: Target | None
    answer: Outcome | None
    notes: tuple[str, ...]


def mandate_of(
    book: PlanBook,
    targets: tuple[Target, ...],
    policy: SizingPolicy,
    *,
    correlation_id: str = "",
    portfolio_value: Decimal | None = None,
) -> Mandate:
    """Sort the book into what the targets own, keep and do not know.

    Raises:
        InvalidInput: a symbol stands twice among the targets.
        PortfolioError: the override or the withdrawal is more than there is.
    """
    stated = stated_targets(targets)
    weights = weigh(targets, policy.cash_buffer_pct)
    mine, kept, unpriced, unbought = _sorted_lines(book, stated, weights, policy)
    value = canonical(book.equity) if portfolio_value is None else _override(book, portfolio_value, correlation_id)
    outside, notes = _outside_value(book)
    investable = value - sum((line.value for line in kept), ZERO) - outside
    answer = _answer(targets, min(value, investable), unknown_total=bool(unpriced), incomplete=bool(unbought))
    if answer is None or (answer is Outcome.INCOMPLETE and not unpriced):
        _check_withdrawal(policy.raise_cash, investable, correlation_id)
    investable -= policy.raise_cash
    idle = investable - sum((line.value for line in mine), ZERO)
    for line in mine:
        line.target_value = line.weight * investable
        line.excess = line.value - line.target_value
    for line in unbought:
        line.target_value = line.weight * investable
    return Mandate(
        lines=tuple(mine),
        unbought=tuple(unbought),
        kept=tuple(kept),
        unpriced=tuple(unpriced),
        portfolio_value=value,
        investable=investable,
        idle=idle,
        free_cash=_free_cash(book, value, idle, policy.raise_cash),
        cash_weight=weights.cash + sum((line.weight for line in unbought), ZERO),
        cash_target=stated.get(CASH_SYMBOL),
        answer=answer,
        notes=weights.notes + notes + _missing_prices(unpriced + unbought, kept),
    )


def stated_targets(targets: tuple[Target, ...]) -> dict[Symbol, Target]:
    """The targets by symbol.

    Raises:
        InvalidInput: a symbol stands twice: "AAPL" was once sold and bought at the same time.
    """
    stated: dict[Symbol, Target] = {}
    for target in targets:
        if target.symbol in stated:
            raise InvalidInput("targets", target.symbol, "each symbol once")
        stated[target.symbol] = target
    return stated


def weigh(targets: Iterable[Target], cash_buffer_pct: Decimal) -> Weights:
    """Turn stated weights into shares of investable, at most 18 places, rounded down.

    A sum above 1 scales every weight, CASH too. Cash gets what is stated for it and what is missing
    to 1, at least the buffer; the others shrink in proportion where that leaves too little for them.
    """
    enabled = [target for target in targets if target.enabled]
    total = sum((target.weight for target in enabled), ZERO)
    stated = {
        target.symbol: _cut(target.weight) if total <= ONE else divide_toward_zero(target.weight, total, 18)
        for target in enabled
    }
    notes = (f"the weights sum to {shortest(total)}: each was divided by it",) if total > ONE else ()
    cut_total = sum(stated.values(), ZERO)
    missing = ONE - cut_total if total <= ONE else ZERO
    cash = max(stated.pop(CASH_SYMBOL, ZERO) + missing, canonical(cash_buffer_pct * PERCENT))
    invested, room = sum(stated.values(), ZERO), ONE - cash
    if invested > room:
        stated = {symbol: divide_toward_zero(weight * room, invested, 18) for symbol, weight in stated.items()}
    return Weights(symbols=stated, cash=canonical(cash), notes=notes)


def _cut(weight: Decimal) -> Decimal:
    """A third has no last digit; what lies beyond 18 places stays in cash."""
    return canonical(floor_to_step(weight, FRACTION_STEP))


def _sorted_lines(
    book: PlanBook, stated: Mapping[Symbol, Target], weights: Weights, policy: SizingPolicy
) -> tuple[list[Line], list[Line], list[Line], list[Line]]:
    """Lines of the mandate, kept ones, held ones without a price, wanted ones without a price; by symbol."""
    mine: list[Line] = []
    kept: list[Line] = []
    unpriced: list[Line] = []
    unbought: list[Line] = []
    for symbol in sorted({**stated, **book.holdings, **book.working}):
        if symbol == CASH_SYMBOL:
            continue
        line = _line(book, symbol, stated.get(symbol), weights.symbols.get(symbol, ZERO))
        held = not line.units.is_zero() or not line.sellable.is_zero()
        if line.target is None and not held:
            continue
        if line.target is not None and not line.target.enabled:
            line.reason = LineReason.TARGET_DISABLED
            kept.append(line)
        elif line.target is None and policy.untargeted is Untargeted.KEEP:
            line.reason = LineReason.KEPT_UNTARGETED
            kept.append(line)
        elif line.price is None:
            line.reason = LineReason.UNPRICED
            (unpriced if held else unbought).append(line)
        else:
            mine.append(line)
    return mine, kept, unpriced, unbought


def _line(book: PlanBook, symbol: Symbol, target: Target | None, weight: Decimal) -> Line:
    """One symbol of the book; only the mandate's part of a shared holding counts and may be sold."""
    held = book.holdings.get(symbol)
    units = sellable = ZERO
    if held is not None:
        units = held.quantity - book.outside.get(symbol, ZERO)
        sellable = min(held.sellable, units)
    working = book.working.get(symbol, ZERO)
    # What a working sell will take is no longer there to sell; what a working buy will bring is not there yet.
    sellable = max(sellable + min(working, ZERO), ZERO)
    units = canonical(units + working)
    price = book.price(symbol)
    return Line(
        symbol=symbol,
        weight=weight,
        units=units,
        sellable=canonical(sellable),
        price=price,
        value=ZERO if price is None else units * price,
        rules=book.lots.get(symbol, DEFAULT_RULES),
        target=target,
        reason=book.blocked.get(symbol, LineReason.IN_BAND),
    )


def _outside_value(book: PlanBook) -> tuple[Decimal, tuple[str, ...]]:
    """What other strategies' units are worth; those without a price are not in equity either."""
    total, unknown = ZERO, []
    for symbol in sorted(book.outside):
        price = book.price(symbol)
        if price is not None:
            total += book.outside[symbol] * price
        elif not book.outside[symbol].is_zero():
            unknown.append(symbol)
    notes = (f"outside the mandate and without a price: {', '.join(unknown)}",) if unknown else ()
    return total, notes


def _missing_prices(lines: list[Line], kept: list[Line]) -> tuple[str, ...]:
    """Name every symbol whose value is not in the plan."""
    missing = sorted(line.symbol for line in lines)
    unknown = sorted(line.symbol for line in kept if line.price is None and not line.units.is_zero())
    notes = (f"without a price: {', '.join(missing)}",) if missing else ()
    return notes + ((f"kept and without a price, not in the total: {', '.join(unknown)}",) if unknown else ())


def _answer(targets: tuple[Target, ...], value: Decimal, *, unknown_total: bool, incomplete: bool) -> Outcome | None:
    """The named outcome that does not depend on drift, or None."""
    if not targets:
        return Outcome.NO_TARGETS
    if not any(target.enabled for target in targets):
        return Outcome.ALL_DISABLED
    if unknown_total:  # before any word on equity: a value that lacks a price is not known to be zero
        return Outcome.INCOMPLETE
    if value <= ZERO:
        return Outcome.NO_EQUITY
    return Outcome.INCOMPLETE if incomplete else None


def _override(book: PlanBook, stated: Decimal, correlation_id: str) -> Decimal:
    """The stated value that weights apply to, checked against what the account could carry."""
    if book.equity_cap:
        most, meaning = book.equity, "equity"
    else:
        gross = ZERO
        for symbol, held in book.holdings.items():
            gross += abs(held.quantity) * (book.price(symbol) or ZERO)
        most, meaning = gross + book.buying_power, "gross exposure plus buying power"
    if not ZERO <= stated <= max(most, ZERO):
        message = f"portfolio_value {plain(stated)} is not within 0 and {shortest(most)} ({meaning})"
        raise PortfolioError(message, _context("portfolio_value", correlation_id))
    return canonical(stated)


def _check_withdrawal(raise_cash: Decimal, investable: Decimal, correlation_id: str) -> None:
    if raise_cash > investable:
        message = f"raise_cash {plain(raise_cash)} is more than the investable {shortest(investable)}"
        raise PortfolioError(message, _context("raise_cash", correlation_id))


def _free_cash(book: PlanBook, value: Decimal, idle: Decimal, raise_cash: Decimal) -> Decimal:
    if not book.equity_cap and value > book.equity:
        return idle  # the override asked for borrowed money, within buying power
    return min(idle, book.cash + book.working_cash - raise_cash)


def _context(operation: str, correlation_id: str) -> dict[str, str]:
    return {"module": "planning", "operation": operation, "correlation_id": correlation_id}
