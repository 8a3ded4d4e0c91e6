"""Which limits would an opening order break, and how much of it would fit?

An order breaches a limit L when after > L × equity and after > before, where before and after are the
worst over every subset of fills of what is open. For exposure each direction is compared with itself: a
short that is already too large does not make room for a long.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.decisions import Reason
from counterpoise.domain.limits import PortfolioConstraints
from counterpoise.domain.numbers import ONE, ZERO, floor_to_step, percent_of, units_toward_zero
from counterpoise.domain.orders import Side
from counterpoise.risk.book import GateBook
from counterpoise.risk.reservations import Line, Reach, Room

EXPOSURE_LIMITS = (
    "max_symbol_concentration_pct",
    "max_sector_concentration_pct",
    "max_long_exposure_pct",
    "max_short_exposure_pct",
    "max_net_exposure_pct",
    "max_leverage",
)
"""What cannot be measured without a price."""

POOLED_LIMITS = EXPOSURE_LIMITS[1:5]
"""What is not wholly measured once an unpriced approval holds room in the same pools."""

SHRINKABLE = frozenset(
    {
        Reason.PER_TRADE_RISK_EXCEEDED,
        Reason.TOTAL_RISK_EXCEEDED,
        Reason.INSUFFICIENT_CASH,
        Reason.INSUFFICIENT_MARGIN,
        Reason.SYMBOL_EXPOSURE_EXCEEDED,
        Reason.SECTOR_EXPOSURE_EXCEEDED,
        Reason.LONG_EXPOSURE_EXCEEDED,
        Reason.SHORT_EXPOSURE_EXCEEDED,
        Reason.NET_EXPOSURE_EXCEEDED,
    }
)
"""Reasons that a smaller size can cure."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One limit that the order would break: what would be measured against what is allowed.

    Both are account currency, except for MAX_POSITIONS_REACHED (count) and LEVERAGE_EXCEEDED
    (exposure against max_leverage × margin).
    """

    reason: Reason
    after: Decimal
    allowed: Decimal

    def __str__(self) -> str:
        return f"{self.reason}: {self.after:f} of {self.allowed:f} allowed"


@dataclass(frozen=True, slots=True)
class Opening:
    """The part of an order that opens or adds.

    Attributes:
        size: Units × multiplier, > 0.
        price: Account currency per unit that exposure is valued at; None leaves exposure unjudged.
        unit_cost: Account currency per unit with fees, at the worst price; None when there is no price.
        risk, margin: Account currency for the whole of `size`.
        exposure, backing: The whole order's value and the margin it states, which give its leverage.
        new_positions: 1, or 0 when it takes the place of a position or adds to one that is netted.
        funds: As `Listing.funds`.
    """

    line: Line
    side: Side
    size: Decimal
    price: Decimal | None
    unit_cost: Decimal | None
    risk: Decimal
    margin: Decimal
    exposure: Decimal
    backing: Decimal
    new_positions: int
    funds: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits of one evaluation as amounts of account currency: each fraction × equity, an exact product.

    `cash` and `margin` are what is there before reservations.
    """

    positions: int
    per_trade_risk: Decimal
    total_risk: Decimal
    symbol: Decimal
    sector: Decimal
    long: Decimal
    short: Decimal
    net: Decimal
    leverage: Decimal
    cash: Decimal
    margin: Decimal
    pays_in_full: bool


def bounds_of(book: GateBook, limits: PortfolioConstraints) -> Bounds:
    """Turn percentages into amounts, on the bad end of equity."""
    equity = book.judged_equity
    pays_in_full = book.kind is AccountKind.CASH
    return Bounds(
        positions=limits.max_positions,
        per_trade_risk=percent_of(equity, limits.max_per_trade_risk_pct),
        total_risk=percent_of(equity, limits.max_total_risk_pct),
        symbol=percent_of(equity, limits.max_symbol_concentration_pct),
        sector=percent_of(equity, limits.max_sector_concentration_pct),
        long=percent_of(equity, limits.max_long_exposure_pct),
        # Nothing can be borrowed to be sold in a CASH account, whatever its limits say.
        short=ZERO if pays_in_full else percent_of(equity, limits.max_short_exposure_pct),
        net=percent_of(equity, limits.max_net_exposure_pct),
        leverage=limits.max_leverage,
        cash=book.cash,
        # What stale marks may have cost is not free either.
        margin=book.free_margin - (book.equity - equity),
        pays_in_full=pays_in_full,
    )


def breaches(room: Room, bounds: Bounds, opening: Opening) -> Iterator[Breach]:
    """Every limit that the opening order would break, in the order of `Reason`."""
    count = room.positions + opening.new_positions
    if opening.new_positions and count > bounds.positions:
        yield Breach(Reason.MAX_POSITIONS_REACHED, Decimal(count), Decimal(bounds.positions))
    if opening.risk > ZERO:
        if opening.risk > bounds.per_trade_risk:
            yield Breach(Reason.PER_TRADE_RISK_EXCEEDED, opening.risk, bounds.per_trade_risk)
        if room.risk + opening.risk > bounds.total_risk:
            yield Breach(Reason.TOTAL_RISK_EXCEEDED, room.risk + opening.risk, bounds.total_risk)
    yield from _means(room, bounds, opening)
    if opening.price is not None:
        yield from _exposures(room, bounds, opening, opening.price)
        most = bounds.leverage * opening.backing
        if opening.exposure > most:
            yield Breach(Reason.LEVERAGE_EXCEEDED, opening.exposure, most)
    elif bounds.pays_in_full and opening.side is Side.SELL:
        yield Breach(Reason.SHORT_EXPOSURE_EXCEEDED, opening.size, ZERO)


def largest(room: Room, bounds: Bounds, opening: Opening, step: Decimal) -> Decimal:
    """The largest multiple of `step` up to the order's size that breaks no limit that shrinking can cure.

    Risk and margin shrink in proportion; they are compared as products, so nothing is rounded but the units.
    """
    sizes = [floor_to_step(opening.size, step)]

    def at_most(amount: Decimal, per_unit: Decimal) -> None:
        if per_unit > ZERO:
            sizes.append(units_toward_zero(max(amount, ZERO), per_unit, step))

    whole = opening.size
    at_most(bounds.per_trade_risk * whole, opening.risk)
    at_most((bounds.total_risk - room.risk) * whole, opening.risk)
    if not bounds.pays_in_full:
        at_most((bounds.margin - room.margin) * whole, opening.margin)
    elif opening.side is Side.BUY:
        free = _cash(bounds, opening) - room.cash
        at_most(free * whole, opening.margin)
        if opening.unit_cost is not None:
            at_most(free, opening.unit_cost)
    if opening.price is not None:
        for amount in _exposure_room(room, bounds, opening, opening.price):
            at_most(amount, max(opening.line.high_price, opening.price))
    return min(sizes)


def _means(room: Room, bounds: Bounds, opening: Opening) -> Iterator[Breach]:
    """Cash where everything is paid in full, margin elsewhere; both without what open orders hold."""
    if not bounds.pays_in_full:
        if opening.margin > max(bounds.margin - room.margin, ZERO):
            yield Breach(Reason.INSUFFICIENT_MARGIN, opening.margin, bounds.margin - room.margin)
    elif opening.side is Side.BUY:
        stated = opening.margin
        cost = stated if opening.unit_cost is None else max(stated, opening.size * opening.unit_cost)
        free = _cash(bounds, opening) - room.cash
        if cost > free:
            yield Breach(Reason.INSUFFICIENT_CASH, cost, free)


def _cash(bounds: Bounds, opening: Opening) -> Decimal:
    """What may pay for the order before reservations: cash of another asset does not (incident I-38)."""
    return bounds.cash if opening.funds is None else min(bounds.cash, opening.funds)


def _exposures(room: Room, bounds: Bounds, opening: Opening, price: Decimal) -> Iterator[Breach]:
    before = opening.line.reach
    after = opening.line.reach_with(opening.side, opening.size, price)
    buys = opening.side is Side.BUY
    own_before, own_after = _own(opening, before), _own(opening, after)
    if own_after > max(bounds.symbol, own_before):
        yield Breach(Reason.SYMBOL_EXPOSURE_EXCEEDED, own_after, bounds.symbol)
    others = room.by_sector.get(opening.line.sector, ZERO) - before.size
    if others + own_after > max(bounds.sector, others + own_before):
        yield Breach(Reason.SECTOR_EXPOSURE_EXCEEDED, others + own_after, bounds.sector)
    total = room.long + after.long - before.long
    if total > max(bounds.long, room.long):
        yield Breach(Reason.LONG_EXPOSURE_EXCEEDED, total, bounds.long)
    total = room.short + after.short - before.short
    if total > max(bounds.short, room.short):
        yield Breach(Reason.SHORT_EXPOSURE_EXCEEDED, total, bounds.short)
    high = room.net_high + after.net_high - before.net_high
    low = room.net_low + after.net_low - before.net_low
    if high > max(bounds.net, room.net_high) or -low > max(bounds.net, -room.net_low):
        yield Breach(Reason.NET_EXPOSURE_EXCEEDED, high if buys else -low, bounds.net)


def _exposure_room(room: Room, bounds: Bounds, opening: Opening, price: Decimal) -> Iterator[Decimal]:
    """What each exposure limit leaves for this order, account currency, once its line is valued at `price`."""
    before = opening.line.reach
    start = opening.line.reach_with(opening.side, ZERO, price)
    own = _own(opening, start)
    if opening.side is Side.BUY:
        pool, pool_bound = room.long - before.long + start.long, bounds.long
        net = room.net_high - before.net_high + start.net_high
    else:
        pool, pool_bound = room.short - before.short + start.short, bounds.short
        net = before.net_low - start.net_low - room.net_low
    yield bounds.symbol - own
    yield bounds.sector - (room.by_sector.get(opening.line.sector, ZERO) - before.size + own)
    yield pool_bound - pool
    yield bounds.net - net


def _own(opening: Opening, reach: Reach) -> Decimal:
    """The symbol's exposure in the order's direction; both directions where both are held at once."""
    if opening.line.long and opening.line.short:
        return reach.size
    return reach.long if opening.side is Side.BUY else reach.short


def unit_cost(price: Decimal, fee_rate: Decimal) -> Decimal:
    """Account currency per unit with fees; a rebate is not counted on."""
    return price * (ONE + max(fee_rate, ZERO))
