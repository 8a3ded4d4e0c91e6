"""Short ways to write a book, targets and a plan, and the arithmetic of carrying a plan out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from counterpoise.domain.numbers import ONE, ZERO
from counterpoise.domain.plans import PlanAction, PlanItem, RebalancePlan, SizingPolicy, Target
from counterpoise.planning.rebalance import plan_rebalance
from counterpoise.planning.targets import HeldUnits, PlanBook

D = Decimal


def book_of(holdings: Mapping[str, str], prices: Mapping[str, str], cash: str = "0", **rest: Any) -> PlanBook:  # noqa: ANN401 - PlanBook checks
    """A book whose equity is its cash and its priced holdings."""
    units = {symbol: D(quantity) for symbol, quantity in holdings.items()}
    marks = {symbol: D(price) for symbol, price in prices.items()}
    equity = D(cash) + sum((units[symbol] * marks.get(symbol, ZERO) for symbol in units), ZERO)
    held = {symbol: HeldUnits(quantity=n, sellable=max(n, ZERO)) for symbol, n in units.items()}
    return PlanBook(**{"equity": equity, "cash": D(cash), "holdings": held, "prices": marks, **rest})


def targets_of(weights: Mapping[str, str]) -> tuple[Target, ...]:
    """Targets from `SPY: 0.4`."""
    return tuple(Target(symbol=symbol, weight=D(weight)) for symbol, weight in weights.items())


def plan_of(book: PlanBook, weights: Mapping[str, str], **policy: Any) -> RebalancePlan:  # noqa: ANN401 - SizingPolicy checks
    """A plan from a book, weights and the fields of a policy."""
    return plan_rebalance(book, targets_of(weights), SizingPolicy(**policy), correlation_id="test")


def lines_of(plan: RebalancePlan) -> dict[str, PlanItem]:
    """The lines by symbol."""
    return {item.symbol: item for item in plan.items}


def amounts_of(plan: RebalancePlan) -> dict[str, Decimal]:
    """Trade amounts of the lines that trade."""
    return {item.symbol: item.trade_amount for item in plan.items if item.action is not PlanAction.HOLD}


def orders_of(plan: RebalancePlan) -> list[PlanItem]:
    """The lines that trade, in sending order."""
    return [item for item in plan.items if item.action is not PlanAction.HOLD]


def carried_out(book: PlanBook, plan: RebalancePlan) -> PlanBook:
    """The book after every order filled in full at the plan's prices, without fees."""
    held = dict(book.holdings)
    cash = book.cash
    for item in orders_of(plan):
        sign = ONE if item.action is PlanAction.BUY else -ONE
        before = held.get(item.symbol, HeldUnits(quantity=ZERO, sellable=ZERO))
        locked = before.quantity - before.sellable
        quantity = before.quantity + sign * item.quantity
        held[item.symbol] = HeldUnits(quantity=quantity, sellable=max(quantity - locked, ZERO))
        cash -= sign * item.order_value
    return replace(book, holdings=held, cash=cash)


def cash_after_worst_fills(book: PlanBook, plan: RebalancePlan, policy: SizingPolicy) -> Decimal:
    """Free cash when every order fills at its collar and pays its fee."""
    cash = book.cash + book.working_cash
    collar = policy.collar_pct.scaleb(-2)
    for item in orders_of(plan):
        fee = item.order_value * policy.fee_rate
        if item.action is PlanAction.BUY:
            cash -= item.order_value * (ONE + collar) + fee
        else:
            cash += item.order_value * (ONE - collar) - fee
    return cash
