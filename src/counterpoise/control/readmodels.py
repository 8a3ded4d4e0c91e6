"""What can be read of a running account at its live marks?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from counterpoise.control.state import ControlState
from counterpoise.domain.accounts import StrategyName
from counterpoise.domain.decisions import RiskMode, TradingState
from counterpoise.domain.instruments import Symbol
from counterpoise.portfolio.drawdown import DrawdownMetrics, metrics, seen_at, time_weighted_return
from counterpoise.portfolio.exposure import ExposureBreakdown, exposure
from counterpoise.portfolio.pnl import PnLBreakdown, breakdown
from counterpoise.portfolio.proof import Proof, equity_of, proof
from counterpoise.portfolio.snapshot import PortfolioSnapshot, snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Every read model of one instant.

    Attributes:
        time_weighted_return: A fraction since the first flow, flows taken out.
        proof: Of the recorded equity; its residual is 0.
    """

    snapshot: PortfolioSnapshot
    pnl: PnLBreakdown
    exposure: ExposureBreakdown
    drawdown: DrawdownMetrics
    time_weighted_return: Decimal | None
    proof: Proof
    mode: RiskMode
    trading_state: TradingState
    open_orders: int
    breaks: int


def overview(view: ControlState, now: datetime) -> Overview:
    """The account at its live marks."""
    state, live = view.state, view.live
    return Overview(
        snapshot=snapshot(state, live, view.sequence, now),
        pnl=breakdown(state, live, now),
        exposure=exposure(state, live, now),
        drawdown=metrics(seen_at(state.drawdown, equity_of(state), now, state.opened.time_zone), live.equity, now),
        time_weighted_return=time_weighted_return(state.drawdown, live.equity),
        proof=proof(state, view.book.valuation.equity),
        mode=state.mode,
        trading_state=state.trading_state,
        open_orders=sum(order.status.is_open for order in state.orders.values()),
        breaks=len(state.breaks),
    )


def units_of(view: ControlState, strategy: StrategyName) -> dict[Symbol, Decimal]:
    """What a strategy owns, signed units by symbol."""
    state = view.state
    return {
        state.instruments[key].symbol: held.owners[strategy]
        for key, held in sorted(state.holdings.items())
        if strategy in held.owners
    }
