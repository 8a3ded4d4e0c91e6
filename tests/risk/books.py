"""Which books do the tests of the gate judge on? Short names for values with the fields that matter."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar

from hypothesis import strategies as st

from counterpoise.domain.decisions import CandidateTrade, Position, RiskMode, Verdict
from counterpoise.domain.instruments import Category
from counterpoise.domain.limits import ModePolicy, PortfolioConstraints
from counterpoise.domain.orders import PositionSide, Side
from counterpoise.risk.gate import GateBook, OpenOrder, judge

D = Decimal
Value = TypeVar("Value", Position, CandidateTrade, OpenOrder, GateBook)
POLICY = ModePolicy()
HUGE = D(1_000_000)
WIDE = PortfolioConstraints(
    max_positions=1_000,
    max_positions_per_symbol=1_000,
    max_total_risk_pct=HUGE,
    max_per_trade_risk_pct=HUGE,
    max_symbol_concentration_pct=HUGE,
    max_sector_concentration_pct=HUGE,
    max_leverage=HUGE,
    max_long_exposure_pct=HUGE,
    max_short_exposure_pct=HUGE,
    max_net_exposure_pct=HUGE,
)
"""Limits that nothing here reaches, so that a test can tighten one."""


def position(symbol: str = "BTC", size: str = "1", price: str = "100", **more: object) -> Position:
    """A long position of `size` at `price`; a size below zero is a short."""
    units = D(size)
    values: dict[str, Any] = {
        "symbol": symbol,
        "side": PositionSide.LONG if units > 0 else PositionSide.SHORT,
        "size": abs(units),
        "entry_price": D(price),
        "current_price": D(price),
        "risk_amount": D(0),
    }
    return Position(**{**values, **more})


def candidate(symbol: str = "ETH", size: str = "1", price: str | None = "100", **more: object) -> CandidateTrade:
    """A CORE buy with a high score that takes full margin; a size below zero sells."""
    units = D(size)
    values: dict[str, Any] = {
        "symbol": symbol,
        "action": Side.BUY if units > 0 else Side.SELL,
        "confidence": D("0.9"),
        "size": abs(units),
        "margin_required": abs(units) * D(price or "0"),
        "category": Category.CORE,
        "price": None if price is None else D(price),
    }
    return CandidateTrade(**{**values, **more})


def book(*positions: Position, equity: str = "1000", **more: object) -> GateBook:
    """A margined book of `equity`, all of it free."""
    worth = D(equity)
    values: dict[str, Any] = {
        "positions": positions,
        "equity": worth,
        "equity_low": worth,
        "cash": worth,
        "free_margin": worth,
    }
    return GateBook(**{**values, **more})


def order(symbol: str = "ETH", size: str = "1", price: str = "100", **more: object) -> OpenOrder:
    """A working buy; a size below zero sells."""
    units = D(size)
    values: dict[str, Any] = {
        "symbol": symbol,
        "side": Side.BUY if units > 0 else Side.SELL,
        "remaining": abs(units),
        "worst_price": D(price),
    }
    return OpenOrder(**{**values, **more})


def judged(
    held: GateBook,
    *candidates: CandidateTrade,
    limits: PortfolioConstraints = WIDE,
    mode: RiskMode = RiskMode.NEUTRAL,
    **more: object,
) -> list[Verdict]:
    """The verdicts in the order in which the candidates were sent."""
    options: dict[str, Any] = more
    verdicts = judge(held, candidates, limits, POLICY, mode=mode, **options)
    return sorted(verdicts, key=lambda verdict: verdict.index)


def reasons(verdict: Verdict) -> list[str]:
    """Every reason by its name."""
    return [str(reason) for reason in verdict.reasons]


def limits_with(**changes: object) -> PortfolioConstraints:
    """Wide limits but for these."""
    tighter: dict[str, Any] = changes
    return replace(WIDE, **tighter)


def changed(value: Value, field: str, to: object) -> Value:
    """The same value with something else in one field, whatever its type allows."""
    changes: dict[str, Any] = {field: to}
    return replace(value, **changes)


SYMBOLS = st.sampled_from(("AAA", "BBB", "CCC", "DDD"))
SECTORS = {"AAA": "tech", "BBB": "tech", "CCC": "food", "DDD": "unknown"}
PRICES = {"AAA": "10", "BBB": "7", "CCC": "3.5", "DDD": "100"}
SIZES = st.decimals("-20", "20", places=1).filter(bool)


@st.composite
def netted_positions(draw: st.DrawFn) -> tuple[Position, ...]:
    """At most one position a symbol."""
    symbols = draw(st.lists(SYMBOLS, unique=True, max_size=4))
    return tuple(
        position(
            symbol,
            str(draw(SIZES)),
            PRICES[symbol],
            sector=SECTORS[symbol],
            risk_amount=draw(st.decimals("0", "30", places=1)),
        )
        for symbol in symbols
    )


@st.composite
def open_orders(draw: st.DrawFn, most: int = 6) -> tuple[OpenOrder, ...]:
    """Working orders whose price may differ from the mark."""
    found = []
    for symbol in draw(st.lists(SYMBOLS, max_size=most)):
        price = D(PRICES[symbol]) + draw(st.sampled_from((D(0), D("0.5"))))
        risk = draw(st.decimals("0", "30", places=1))
        fee = draw(st.sampled_from((D(0), D("0.001"))))
        size = str(draw(SIZES))
        found.append(order(symbol, size, str(price), sector=SECTORS[symbol], risk_amount=risk, fee_rate=fee))
    return tuple(found)


@st.composite
def proposals(draw: st.DrawFn) -> CandidateTrade:
    """A sound candidate with any score."""
    symbol = draw(SYMBOLS)
    return candidate(
        symbol,
        str(draw(SIZES)),
        PRICES[symbol],
        sector=SECTORS[symbol],
        risk_amount=draw(st.decimals("0", "30", places=1)),
        confidence=draw(st.decimals("0.5", "1", places=2)),
    )
