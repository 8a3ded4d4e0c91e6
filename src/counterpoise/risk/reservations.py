"""How much room do open orders hold, whichever of them fill?

Limits must hold for every subset of fills of what is open. Looking at each of the 2ⁿ subsets is not
needed: symbols are independent of each other, and inside a symbol every measure is convex in the net
position, so its worst case lies where all buys fill and no sell does, or the other way round.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from counterpoise.domain.accounts import UNASSIGNED, AccountKind, StrategyName
from counterpoise.domain.decisions import Position
from counterpoise.domain.instruments import Symbol
from counterpoise.domain.numbers import ONE, ZERO
from counterpoise.domain.orders import PositionSide, Side
from counterpoise.risk.affordability import cost_with_fees, margin_needed

UNKNOWN_SECTOR = "unknown"


def sector_key(sector: str, symbol: Symbol) -> str:
    """The sector that `symbol` is counted in; an unknown sector is one of its own, never pooled."""
    return f"{UNKNOWN_SECTOR}:{symbol}" if not sector or sector == UNKNOWN_SECTOR else sector


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrder:
    """An approved, working or unknown order: what may still fill.

    Attributes:
        remaining: Units × multiplier that may still fill, ≥ 0; direction is in `side`.
        worst_price: Account currency per unit that cash and margin are held for: max(limit, mark) of a buy.
        mark: Account currency per unit that the exposure is valued at; None values it at `worst_price`.
        fee_rate: Fraction of the order's value; a rebate is not counted on.
        leverage: As `Position.leverage`; > 0.
        risk_amount: What the order adds to total risk when it fills, account currency, ≥ 0.
        reduce_only: It passed as a reduction, so it takes no margin, adds no risk and opens no position.
    """

    symbol: Symbol
    side: Side
    remaining: Decimal
    worst_price: Decimal
    mark: Decimal | None = None
    fee_rate: Decimal = ZERO
    leverage: Decimal = ONE
    strategy: StrategyName = UNASSIGNED
    risk_amount: Decimal = ZERO
    sector: str = UNKNOWN_SECTOR
    reduce_only: bool = False

    @property
    def price(self) -> Decimal:
        """The price that the exposure is valued at."""
        return self.worst_price if self.mark is None else self.mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """The most that some subset of fills can reach, account currency; each figure has its own subset.

    Attributes:
        net: Greatest |long − short|.
        positions: Count of open positions.
        risk: Σ risk_amount.
        cash: Held for buys, fees included: all fill and no sell does.
        margin: Held for orders that may open, fees included.
    """

    long: Decimal
    short: Decimal
    gross: Decimal
    net: Decimal
    positions: int
    risk: Decimal
    cash: Decimal
    margin: Decimal
    by_symbol: tuple[tuple[Symbol, Decimal], ...]
    by_sector: tuple[tuple[str, Decimal], ...]


class Reach(NamedTuple):
    """How far one symbol can go, account currency.

    `long`, `short` and `size` (the larger of them, or both when both are held) are ≥ 0;
    `net_high` ≥ `net_low` are signed.
    """

    long: Decimal
    short: Decimal
    size: Decimal
    net_high: Decimal
    net_low: Decimal


NOWHERE = Reach(ZERO, ZERO, ZERO, ZERO, ZERO)


@dataclass(slots=True)
class Line:
    """One symbol of the room: what is held, what may fill, and between which prices it is valued.

    Attributes:
        long, short: Held units × multiplier, ≥ 0.
        buys, sells: Units × multiplier that open orders may fill, ≥ 0.
        positions: Count of held positions; above 1 only in books that are not netted.
        orders: Count of open orders that may open or add.
    """

    sector: str
    low_price: Decimal
    high_price: Decimal
    long: Decimal = ZERO
    short: Decimal = ZERO
    buys: Decimal = ZERO
    sells: Decimal = ZERO
    positions: int = 0
    orders: int = 0
    working: int = 0
    reach: Reach = NOWHERE

    def closable(self, side: Side) -> Decimal:
        """Units × multiplier that an order on `side` can close, whatever open orders fill before it."""
        left = self.long - self.sells if side is Side.SELL else self.short - self.buys
        return max(left, ZERO)

    def reach_with(self, side: Side, size: Decimal, price: Decimal) -> Reach:
        """The reach if an order of `size` at `price` were open too."""
        buys, sells = (self.buys + size, self.sells) if side is Side.BUY else (self.buys, self.sells + size)
        high_price = max(self.high_price, price)
        low_price = min(self.low_price, price)
        net = self.long - self.short
        up = net + buys
        down = net - sells
        if self.long and self.short:
            # Both directions held at once (not netted): neither side's position shields the other.
            long = self.long + max(buys - self.short, ZERO)
            short = self.short + max(sells - self.long, ZERO)
            size_max = long + short
        else:
            long = max(up, ZERO)
            short = max(-down, ZERO)
            size_max = max(long, short)
        return Reach(
            long * high_price,
            short * high_price,
            size_max * high_price,
            # The end that is worse for |net|: a dear long and a cheap short above, the reverse below.
            up * (high_price if up > ZERO else low_price),
            down * (high_price if down < ZERO else low_price),
        )


class Room:
    """Running worst case of a book; the gate folds each approval in before it judges the next.

    Everything is account currency; nothing that an order might free is counted before it has filled.
    """

    __slots__ = (
        "by_sector",
        "cash",
        "gross",
        "lines",
        "long",
        "margin",
        "net_high",
        "net_low",
        "positions",
        "risk",
        "short",
    )

    def __init__(self, positions: Iterable[Position], open_orders: Iterable[OpenOrder], kind: AccountKind) -> None:
        self.lines: dict[Symbol, Line] = {}
        self.by_sector: dict[str, Decimal] = {}
        self.long = self.short = self.gross = self.net_high = self.net_low = ZERO
        self.risk = self.cash = self.margin = ZERO
        self.positions = 0
        for position in positions:
            self._hold(position)
        for order in open_orders:
            self._queue(order, kind)
        for line in self.lines.values():
            self._move(line, NOWHERE, line.reach_with(Side.BUY, ZERO, line.high_price))

    def line(self, symbol: Symbol, sector: str, price: Decimal) -> Line:
        """The symbol's line; a first sight of it makes an empty one, which counts for nothing yet."""
        line = self.lines.get(symbol)
        if line is None:
            line = Line(sector=sector_key(sector, symbol), low_price=price, high_price=price)
            self.lines[symbol] = line
        return line

    def closable(self, symbol: Symbol, side: Side) -> Decimal:
        """Units × multiplier that an order on `side` can only close."""
        line = self.lines.get(symbol)
        return ZERO if line is None else line.closable(side)

    def close(self, symbol: Symbol, side: Side, size: Decimal) -> None:
        """Fold in an approved reduction: it holds its part of the position and frees nothing before it fills."""
        line = self.lines[symbol]
        self._add(line, side, size, line.high_price)

    def open(self, line: Line, side: Side, size: Decimal, price: Decimal) -> None:
        """Fold in an approved order that opens or adds."""
        line.orders += 1
        self._add(line, side, size, price)

    def worst(self) -> Worst:
        """The figures as a value."""
        return Worst(
            long=self.long,
            short=self.short,
            gross=self.gross,
            net=max(self.net_high, -self.net_low),
            positions=self.positions,
            risk=self.risk,
            cash=self.cash,
            margin=self.margin,
            by_symbol=tuple((symbol, self.lines[symbol].reach.size) for symbol in sorted(self.lines)),
            by_sector=tuple(sorted(self.by_sector.items())),
        )

    def _hold(self, position: Position) -> None:
        price = position.current_price
        line = self.line(position.symbol, position.sector, price)
        if position.side is PositionSide.LONG:
            line.long += position.size
        else:
            line.short += position.size
        line.low_price = min(line.low_price, price)
        line.high_price = max(line.high_price, price)
        line.positions += 1
        self.positions += 1
        self.risk += position.risk_amount

    def _queue(self, order: OpenOrder, kind: AccountKind) -> None:
        price = order.price
        line = self.line(order.symbol, order.sector, price)
        if not line.positions and not line.working:
            self.positions += 1
        line.working += 1
        line.orders += not order.reduce_only
        line.low_price = min(line.low_price, price)
        line.high_price = max(line.high_price, price)
        if order.side is Side.BUY:
            line.buys += order.remaining
        else:
            line.sells += order.remaining
        cost = cost_with_fees(order.remaining, order.worst_price, order.fee_rate)
        if order.side is Side.BUY:
            self.cash += cost
        if not order.reduce_only:
            self.risk += order.risk_amount
            value = order.remaining * order.worst_price
            self.margin += margin_needed(kind, value, order.leverage) + cost - value

    def _add(self, line: Line, side: Side, size: Decimal, price: Decimal) -> None:
        after = line.reach_with(side, size, price)
        if side is Side.BUY:
            line.buys += size
        else:
            line.sells += size
        line.working += 1
        line.low_price = min(line.low_price, price)
        line.high_price = max(line.high_price, price)
        self._move(line, line.reach, after)

    def _move(self, line: Line, before: Reach, after: Reach) -> None:
        line.reach = after
        self.long += after.long - before.long
        self.short += after.short - before.short
        self.gross += after.size - before.size
        self.net_high += after.net_high - before.net_high
        self.net_low += after.net_low - before.net_low
        self.by_sector[line.sector] = self.by_sector.get(line.sector, ZERO) + after.size - before.size


def worst_fills(
    positions: Iterable[Position], open_orders: Iterable[OpenOrder], kind: AccountKind = AccountKind.CASH
) -> Worst:
    """What open orders hold: the worst over every subset of their fills, each figure by itself."""
    return Room(positions, open_orders, kind).worst()
