"""Can a purchase be paid for, and how large may it be, on the account as it is now?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from counterpoise.control.balance_book import balance_of, means_at, reserved_of, stated_power
from counterpoise.control.gate_book import funds_in, leverage_of, rate_of
from counterpoise.control.state import ControlState
from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.errors import InvalidInput, PortfolioError
from counterpoise.domain.instruments import Instrument, Symbol, instrument_id
from counterpoise.domain.numbers import HUNDRED, ONE, ZERO, percent_of
from counterpoise.risk.affordability import Affordable, cost_with_fees, margin_needed
from counterpoise.risk.position_size import PositionSize, position_size


def afford(
    state: ControlState,
    now: datetime,
    symbol: Symbol,
    quantity: Decimal,
    price: Decimal,
    collar_pct: Decimal | None = None,
) -> Affordable:
    """Whether a purchase can be paid for beside all that is open; the money is looked for where it would be taken.

    Args:
        state: The account.
        now: For the age of balance and marks.
        symbol: Of the account.
        quantity: Units, > 0.
        price: Quote currency per unit, > 0: the limit, or what is expected.
        collar_pct: How far above the mark the price may end up, percent; None is the widest that the account's own
            allocations trade with.

    Raises:
        InvalidInput: a number out of its range, a symbol that is not the account's, or a currency without a rate.
        PortfolioError: what the account is worth is unknown, so that no margin can be judged.
    """
    instrument = _instrument(state, symbol)
    _require("quantity", quantity, quantity.is_finite() and quantity > ZERO, "a finite number above 0")
    _require("price", price, price.is_finite() and price > ZERO, "a finite number above 0")
    collar_pct = collar_of(state) if collar_pct is None else collar_pct
    _require("collar_pct", collar_pct, collar_pct.is_finite() and collar_pct >= ZERO, "a finite percentage, at least 0")
    rate = rate_of(state, instrument)
    if rate is None:
        raise InvalidInput("symbol", symbol, f"an instrument whose currency, {instrument.quote}, has a rate")
    mark = state.live_marks.get(instrument.instrument_id)
    # Where nobody has marked it, the price that is expected is the only one to move away from.
    worst = max(price, percent_of(mark.price if mark is not None else price, HUNDRED + collar_pct))
    value = quantity * instrument.multiplier * worst * rate
    cost = cost_with_fees(ONE, value, state.state.opened.fee_rate)
    need, available = _need_and_available(state, now, instrument, value, cost)
    balance = balance_of(state, now)
    settled = balance.cash if balance.settled_cash is None else balance.settled_cash
    return Affordable(
        symbol=instrument.symbol,
        need=need,
        available=available,
        fees=cost - value,
        reserved=reserved_of(state),
        worst_price=worst,
        currency=state.state.base,
        unsettled=max(balance.cash - settled, ZERO),
        usable_for=balance.usable_for,
    )


def size(
    state: ControlState,
    now: datetime,
    risk_fraction: Decimal,
    stop_distance: Decimal,
    price: Decimal,
    symbol: Symbol | None = None,
    lot: Decimal | None = None,
) -> PositionSize:
    """How many units a trade may have; without a symbol in whole units of the account's currency.

    Raises:
        InvalidInput: a number out of its range, a symbol that is not the account's, or a currency without a rate.
    """
    instrument = None if symbol is None else _instrument(state, symbol)
    rate = ONE if instrument is None else rate_of(state, instrument)
    if rate is None:
        raise InvalidInput("symbol", symbol, "an instrument whose currency has a rate")
    means = means_at(state, now)
    pays_in_full = state.state.opened.kind is AccountKind.CASH
    cash = state.live.cash_value - reserved_of(state)
    if pays_in_full and instrument is not None:
        cash = min(cash, funds_in(state, instrument.quote))
    answer = position_size(
        cash=cash,
        risk_fraction=risk_fraction,
        stop_distance=_in_base(stop_distance, rate),
        price=_in_base(price, rate),
        lot=lot if lot is not None else instrument.lot if instrument is not None else ONE,
        multiplier=instrument.multiplier if instrument is not None else ONE,
        buying_power=means.buying_power if means is not None else ZERO,
    )
    return replace(answer, usable_for=balance_of(state, now).usable_for)


def collar_of(state: ControlState) -> Decimal:
    """The widest collar that the account's own allocations trade with, percent; 0 without one."""
    return max((wanted.policy.collar_pct for wanted in state.state.targets.values()), default=ZERO)


def _need_and_available(
    state: ControlState, now: datetime, instrument: Instrument, value: Decimal, cost: Decimal
) -> tuple[Decimal, Decimal]:
    """Cash where everything is paid in full, margin elsewhere; never more than the venue itself would lend."""
    kind, means = state.state.opened.kind, means_at(state, now)
    if means is None:
        context = {"module": "balances", "operation": "check_affordability", "correlation_id": state.account}
        raise PortfolioError(f"account {state.account} holds what has no price, so its margin is unknown", context)
    if kind is AccountKind.CASH:
        return cost, min(means.buying_power, funds_in(state, instrument.quote))
    leverage = leverage_of(state)
    power = stated_power(state, now)
    available = means.free_margin if power is None else min(means.free_margin, margin_needed(kind, power, leverage))
    return margin_needed(kind, value, leverage) + cost - value, available


def _instrument(state: ControlState, symbol: Symbol) -> Instrument:
    """The account's own instrument; an account without a venue takes any symbol, in its own currency."""
    known = state.state.symbols.get(symbol)
    if known is not None:
        return state.state.instruments[known]
    terms = state.state.opened
    if terms.trades:
        raise InvalidInput("symbol", symbol, "a symbol of this account")
    return first_sight(symbol, terms.venue, terms.base_currency)


def first_sight(symbol: Symbol, venue: str, currency: str) -> Instrument:
    """The instrument that a symbol stands for where no venue lists any.

    Raises:
        InvalidInput: characters that no symbol has.
    """
    return Instrument(
        instrument_id=instrument_id(venue, symbol), symbol=symbol, venue=venue, quote=currency, source="inferred"
    )


def _in_base(price: Decimal, rate: Decimal) -> Decimal:
    return price * rate if price.is_finite() else price  # what is no number is refused by its name further in


def _require(name: str, value: Decimal, holds: bool, rule: str) -> None:  # noqa: FBT001 - private
    if not holds:
        raise InvalidInput(name, str(value), rule)
