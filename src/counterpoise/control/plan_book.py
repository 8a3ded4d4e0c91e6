"""What does the planner see of a live account? What one allocation owns, and what it must leave alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from counterpoise.control.gate_book import MARK_AGE_MAX, known_rate, rate_of, units_at_venue
from counterpoise.control.state import ControlState
from counterpoise.domain.accounts import AccountKind, StrategyName
from counterpoise.domain.instruments import InstrumentId, Symbol
from counterpoise.domain.marks import Mark
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.orders import OrderStatus
from counterpoise.domain.plans import LineReason
from counterpoise.planning.targets import HeldUnits, LotRules, PlanBook
from counterpoise.portfolio.state import OrderState
from counterpoise.portfolio.valuation import Valuation


def plan_book(
    state: ControlState,
    strategy: StrategyName,
    marks: Mapping[InstrumentId, Mark],
    valuation: Valuation,
    at: datetime,
) -> PlanBook:
    """The account as `strategy`'s planner sees it at these marks and that time, every amount in account currency.

    Units that other strategies own are outside its mandate: neither counted nor sold.
    """
    account = state.state
    held: dict[Symbol, HeldUnits] = {}
    outside: dict[Symbol, Decimal] = {}
    for key, holding in sorted(account.holdings.items()):
        symbol = account.instruments[key].symbol
        own = holding.owners.get(strategy, ZERO)
        there = units_at_venue(state, key)
        sellable = max(own, ZERO) if there is None else min(max(own, ZERO), there)
        held[symbol] = HeldUnits(quantity=holding.quantity, sellable=sellable)
        if holding.quantity != own:
            outside[symbol] = holding.quantity - own
    working, working_cash = _working(state, strategy)
    return PlanBook(
        equity=valuation.equity,
        cash=valuation.cash_value,
        holdings=held,
        prices=_prices(state, marks),
        lots={
            instrument.symbol: LotRules(
                lot=instrument.lot, min_notional=instrument.min_notional, fractionable=instrument.fractionable
            )
            for _, instrument in sorted(account.instruments.items())
        },
        outside=outside,
        working=working,
        working_cash=working_cash,
        blocked=_blocked(state, marks, at),
        equity_cap=account.opened.kind is AccountKind.CASH,
    )


def _prices(state: ControlState, marks: Mapping[InstrumentId, Mark]) -> dict[Symbol, Decimal]:
    """Account currency per unit; a symbol without mark or rate is not in it."""
    prices: dict[Symbol, Decimal] = {}
    for key, mark in sorted(marks.items()):
        instrument = state.state.instruments[key]
        rate = rate_of(state, instrument)
        if rate is not None:
            prices[instrument.symbol] = mark.price * instrument.multiplier * rate
    return prices


def _working(state: ControlState, strategy: StrategyName) -> tuple[dict[Symbol, Decimal], Decimal]:
    """Units that this strategy's own orders still have to fill, and the cash that all open orders will move."""
    units: dict[Symbol, Decimal] = {}
    cash = ZERO
    for _, order in sorted(state.state.orders.items()):
        if not order.status.is_open:
            continue
        signed = order.intent.side.sign * order.remaining
        instrument = state.state.instruments[order.intent.instrument]
        worth = signed * order.intent.worst_price * instrument.multiplier * known_rate(state, instrument)
        cash -= worth + abs(worth) * state.state.opened.fee_rate
        if _is_of(order, strategy):
            units[order.intent.symbol] = units.get(order.intent.symbol, ZERO) + signed
    return units, cash


def _is_of(order: OrderState, strategy: StrategyName) -> bool:
    return any(share.strategy == strategy for share in order.intent.strategy_shares)


def _blocked(state: ControlState, marks: Mapping[InstrumentId, Mark], at: datetime) -> dict[Symbol, LineReason]:
    """Symbols that are not traded: their price is stale, or an order of theirs has an unknown outcome."""
    instruments = state.state.instruments
    stale = {
        instruments[key].symbol: LineReason.STALE_PRICE
        for key, mark in sorted(marks.items())
        if at - mark.at > MARK_AGE_MAX
    }
    unknown = {
        order.intent.symbol: LineReason.BLOCKED_UNKNOWN
        for _, order in sorted(state.state.orders.items())
        if order.status is OrderStatus.UNKNOWN
    }
    return {**stale, **unknown}
