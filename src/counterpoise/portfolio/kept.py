"""What is needed to put the money and holdings of a book back to an earlier moment?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from counterpoise.portfolio.state import (
    AccountState,
    Causes,
    DayBook,
    DrawdownBook,
    EquityWindow,
    Holding,
    StrategyBook,
    Trade,
)


class Kept:
    """A copy of what `portfolio.economy` changes in a state; lots, marks and dates are values and are shared."""

    __slots__ = ("_parts",)

    def __init__(self, parts: tuple[object, ...]) -> None:
        self._parts = parts

    def restore(self, state: AccountState) -> None:
        """Make the state what it was; this copy stays good for another time."""
        for name, part in zip(_COPIES, self._parts, strict=True):
            setattr(state, name, _COPIES[name](part))


def keep(state: AccountState) -> Kept:
    """A copy of the money and holdings of `state`."""
    return Kept(tuple([copy(getattr(state, name)) for name, copy in _COPIES.items()]))


def size_of(state: AccountState) -> int:
    """How many parts a copy has, about."""
    return len(state.holdings) + len(state.postings) + len(state.strategies) + len(state.trades)


def _holdings(found: dict[str, Holding]) -> dict[str, Holding]:
    return {
        key: Holding(
            instrument=item.instrument,
            quantity=item.quantity,
            cost=item.cost,
            lots=list(item.lots),
            owners=dict(item.owners),
            risk_amount=item.risk_amount,
            funding=item.funding,
            opened_at=item.opened_at,
            opened_by=item.opened_by,
        )
        for key, item in found.items()
    }


def _causes(found: Causes) -> Causes:
    return Causes(
        price=found.price,
        fee=found.fee,
        funding=found.funding,
        dividend=found.dividend,
        interest=found.interest,
        fx=found.fx,
        transfer=found.transfer,
        rounding=found.rounding,
        correction=found.correction,
    )


def _strategies(found: dict[str, StrategyBook]) -> dict[str, StrategyBook]:
    return {key: StrategyBook(cash=dict(item.cash), causes=_causes(item.causes)) for key, item in found.items()}


def _postings(found: dict[str, dict[str, Decimal]]) -> dict[str, dict[str, Decimal]]:
    return {key: dict(item) for key, item in found.items()}


def _window(found: EquityWindow) -> EquityWindow:
    return EquityWindow(since=found.since, peak=found.peak, trough=found.trough, peak_at=found.peak_at, step=found.step)


def _drawdown(found: DrawdownBook) -> DrawdownBook:
    return replace(found, daily=_window(found.daily), weekly=_window(found.weekly), ever=_window(found.ever))


def _today(found: DayBook) -> DayBook:
    return DayBook(day=found.day, causes=found.causes, worth=dict(found.worth), spent=dict(found.spent))


def _trades(found: dict[str, Trade]) -> dict[str, Trade]:
    return {key: replace(item) for key, item in found.items()}


_COPIES: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "cash": dict,
        "fx": dict,
        "marks": dict,
        "stated": dict,
        "spun_off": dict,
        "holdings": _holdings,
        "strategies": _strategies,
        "postings": _postings,
        "causes": _causes,
        "drawdown": _drawdown,
        "today": _today,
        "results": replace,
        "trades": _trades,
    }
)
"""Field of the state → how it is copied: all that a fact of money, price or holding changes."""
