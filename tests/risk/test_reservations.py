"""Does the fast rule hold the room that the worst of all 2ⁿ subsets of fills would need?"""

from __future__ import annotations

from decimal import Decimal
from itertools import chain, combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.decisions import Position
from counterpoise.domain.orders import Side
from counterpoise.risk.reservations import OpenOrder, Worst, sector_key, worst_fills
from tests.risk.books import D, netted_positions, open_orders, order, position

Signed = dict[str, Decimal]


def subsets(orders: tuple[OpenOrder, ...]) -> list[tuple[OpenOrder, ...]]:
    """Every choice of orders that fill in full."""
    return list(chain.from_iterable(combinations(orders, size) for size in range(len(orders) + 1)))


def units_after(positions: tuple[Position, ...], filled: tuple[OpenOrder, ...]) -> Signed:
    """Signed units of each symbol once these orders have filled."""
    units: Signed = {}
    for held in positions:
        units[held.symbol] = held.size if held.side == "LONG" else -held.size
    for working in filled:
        units[working.symbol] = units.get(working.symbol, D(0)) + working.side.sign * working.remaining
    return units


def brute_force(positions: tuple[Position, ...], orders: tuple[OpenOrder, ...]) -> Worst:
    """Every figure by trying each subset, each symbol valued anywhere between its lowest and highest price."""
    prices: dict[str, list[Decimal]] = {}
    sectors: dict[str, str] = {}
    for held in positions:
        prices.setdefault(held.symbol, []).append(held.current_price)
        sectors.setdefault(held.symbol, sector_key(held.sector, held.symbol))
    for working in orders:
        prices.setdefault(working.symbol, []).append(working.price)
        sectors.setdefault(working.symbol, sector_key(working.sector, working.symbol))
    found = []
    for filled in subsets(orders):
        units = units_after(positions, filled)
        dear = {symbol: units[symbol] * max(prices[symbol]) for symbol in units}
        cheap = {symbol: units[symbol] * min(prices[symbol]) for symbol in units}
        high = sum((max(dear[symbol], cheap[symbol]) for symbol in units), D(0))
        low = sum((min(dear[symbol], cheap[symbol]) for symbol in units), D(0))
        found.append((filled, units, dear, max(high, -low)))
    values = [dear for _, _, dear, _ in found]
    pools = sorted(dict.fromkeys(sectors.values()))
    return Worst(
        long=max(sum((max(v, D(0)) for v in dear.values()), D(0)) for dear in values),
        short=max(sum((max(-v, D(0)) for v in dear.values()), D(0)) for dear in values),
        gross=max(sum(map(abs, dear.values()), D(0)) for dear in values),
        net=max(net for _, _, _, net in found),
        positions=max(sum(map(bool, units.values())) for _, units, _, _ in found),
        risk=max(sum((o.risk_amount for o in filled), D(0)) for filled, *_ in found)
        + sum((p.risk_amount for p in positions), D(0)),
        cash=max(
            sum((o.side.sign * o.remaining * o.worst_price for o in filled), D(0))
            + sum((o.remaining * o.worst_price * o.fee_rate for o in filled if o.side is Side.BUY), D(0))
            for filled, *_ in found
        ),
        margin=sum((o.remaining * o.worst_price * (1 + o.fee_rate) for o in orders), D(0)),
        by_symbol=tuple((s, max(abs(dear.get(s, D(0))) for dear in values)) for s in sorted(sectors)),
        by_sector=tuple(
            (pool, max(sum((abs(v) for s, v in dear.items() if sectors[s] == pool), D(0)) for dear in values))
            for pool in pools
        ),
    )


@settings(max_examples=400)
@given(positions=netted_positions(), orders=open_orders(most=8))
def test_the_fast_rule_agrees_with_every_subset_of_fills(
    positions: tuple[Position, ...], orders: tuple[OpenOrder, ...]
) -> None:
    assert worst_fills(positions, orders) == brute_force(positions, orders)


@given(positions=netted_positions(), orders=open_orders(), mixed=st.data())
def test_the_order_of_the_orders_does_not_matter(
    positions: tuple[Position, ...], orders: tuple[OpenOrder, ...], mixed: st.DataObject
) -> None:
    assert worst_fills(positions, mixed.draw(st.permutations(orders))) == worst_fills(positions, orders)


def test_cash_is_held_for_all_buys_and_no_sale_pays_for_them() -> None:
    orders = (order("AAA", "2", "10", fee_rate=D("0.01")), order("BBB", "-5", "10"))
    assert worst_fills((position("BBB", "5", "10"),), orders).cash == D("20.20")


def test_a_rebate_is_not_counted_on() -> None:
    assert worst_fills((), (order("AAA", "2", "10", fee_rate=D("-0.01")),)).cash == D(20)


def test_a_reduction_takes_no_margin_and_adds_no_risk() -> None:
    closing = order("AAA", "-2", "10", reduce_only=True, risk_amount=D(5))
    found = worst_fills((position("AAA", "2", "10"),), (closing,), AccountKind.FUTURES)
    assert (found.margin, found.risk, found.positions) == (D(0), D(0), 1)


def test_margin_is_rounded_up_so_that_enough_is_held() -> None:
    held = worst_fills((), (order("AAA", "1", "10", leverage=D(3)),), AccountKind.FUTURES).margin
    assert held == D("3.333333333333333334")


def test_both_directions_held_at_once_are_both_counted() -> None:
    found = worst_fills((position("AAA", "10", "10"), position("AAA", "-10", "10")), ())
    assert (found.gross, found.net, found.by_symbol) == (D(200), D(0), (("AAA", D(200)),))


def test_unknown_sectors_are_never_pooled() -> None:
    found = worst_fills((position("AAA"), position("BBB")), ())
    assert found.by_sector == (("unknown:AAA", D(100)), ("unknown:BBB", D(100)))
