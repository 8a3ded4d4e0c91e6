"""Do the laws of the gate hold for any book: no breach is opened or widened, and the way out is open?"""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from counterpoise.domain.decisions import CandidateTrade, Position, RiskMode
from counterpoise.domain.instruments import Category
from counterpoise.domain.limits import PortfolioConstraints
from counterpoise.domain.numbers import divide_half_even
from counterpoise.domain.orders import PositionSide, Side
from counterpoise.risk.gate import GateBook, OpenOrder, judge
from counterpoise.risk.reservations import Room, Worst, worst_fills
from tests.risk.books import POLICY, D, book, candidate, judged, netted_positions, open_orders, order, proposals

LIMITS = PortfolioConstraints(
    max_positions=3,
    max_total_risk_pct=D(8),
    max_per_trade_risk_pct=D(3),
    max_symbol_concentration_pct=D(20),
    max_sector_concentration_pct=D(25),
    max_leverage=D(1),
    max_long_exposure_pct=D(30),
    max_short_exposure_pct=D(20),
    max_net_exposure_pct=D(20),
)
EQUITY = D(1000)


def with_approvals(on: GateBook, trades: list[CandidateTrade], *, partial: bool) -> tuple[OpenOrder, ...]:
    """The open orders once every verdict has been turned into one order."""
    found = list(on.open_orders)
    for verdict in judge(on, trades, LIMITS, POLICY, mode=RiskMode.NEUTRAL, allow_partial=partial, found=()):
        if verdict.allowed:
            trade = trades[verdict.index]
            opened = verdict.recommended_size - verdict.closing_size
            share = divide_half_even(verdict.recommended_size, trade.size, 30)
            risk = trade.risk_amount * share if opened else D(0)
            size = verdict.recommended_size * trade.action.sign
            closes = not opened
            price = str(trade.price)
            found.append(
                order(trade.symbol, str(size), price, risk_amount=risk, sector=trade.sector, reduce_only=closes)
            )
    return tuple(found)


def measures(worst: Worst) -> dict[str, Decimal]:
    """What each limit on amounts is about; count and risk too."""
    sectors = {f"sector {name}": value for name, value in worst.by_sector}
    return {
        "positions": D(worst.positions),
        "risk": worst.risk,
        "long": worst.long,
        "short": worst.short,
        "net": worst.net,
        **{f"symbol {name}": value for name, value in worst.by_symbol},
        **sectors,
    }


BOUNDS = {"positions": D(3), "risk": D("80.0000000001"), "long": D(300), "short": D(200), "net": D(200)}


@settings(max_examples=300)
@given(
    positions=netted_positions(),
    orders=open_orders(),
    trades=st.lists(proposals(), max_size=5),
    partial=st.booleans(),
)
def test_an_approval_never_opens_or_widens_a_breach(
    positions: tuple[Position, ...], orders: tuple[OpenOrder, ...], trades: list[CandidateTrade], *, partial: bool
) -> None:
    on = book(*positions, open_orders=orders)
    before = measures(worst_fills(positions, orders))
    after = measures(worst_fills(positions, with_approvals(on, trades, partial=partial)))
    wider_net = {"net"} if any(_may_reduce(on, trade) for trade in trades) else set()
    for name, value in after.items():
        bound = BOUNDS.get(name, D(200) if name.startswith("symbol") else D(250))
        if name not in wider_net:
            assert value <= max(bound, before.get(name, D(0))), name


def _may_reduce(on: GateBook, trade: CandidateTrade) -> bool:
    room = Room(on.positions, on.open_orders, on.kind)
    return room.closable(trade.symbol, trade.action) > 0


@given(positions=netted_positions(), orders=open_orders(), share=st.decimals("0.01", "1", places=2))
def test_a_reduction_always_passes(
    positions: tuple[Position, ...], orders: tuple[OpenOrder, ...], share: Decimal
) -> None:
    on = book(*positions, open_orders=orders, equity_low=None, balance_usable=False, breaks=("*",))
    room = Room(positions, orders, on.kind)
    for held in positions:
        side = Side.SELL if held.side is PositionSide.LONG else Side.BUY
        size = room.closable(held.symbol, side) * share
        if size:
            units = str(size * side.sign)
            trade = candidate(held.symbol, units, None, confidence=D(0), category=Category.TOXIC)
            verdict = judged(on, trade, limits=LIMITS, mode=RiskMode.SAFE)[0]
            assert (verdict.recommended_size, verdict.closing_size) == (size, size)


@given(positions=netted_positions(), trades=st.lists(proposals(), max_size=5))
def test_the_same_question_has_the_same_answer_and_changes_nothing(
    positions: tuple[Position, ...], trades: list[CandidateTrade]
) -> None:
    on = book(*positions)
    first = judge(on, trades, LIMITS, POLICY, mode=RiskMode.NEUTRAL)
    assert judge(on, trades, LIMITS, POLICY, mode=RiskMode.NEUTRAL) == first
    assert on == book(*positions)
    assert sorted(verdict.index for verdict in first) == list(range(len(trades)))
