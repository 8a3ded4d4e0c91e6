"""I-13 (freqtrade #8374, #7444, #2877, #3622): a partial exit, then a cancel; the next order is for what is not there.

Given ten partial fills with their fees in the traded asset itself, then a cancel. Then what remains, of the order and
of the holding, is exact; and a remainder that the venue would not take as an order is dust, by that name: nothing is
sent for it, however often somebody asks.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.control.commands import BustFill, RecordOrderUpdate, RequestCancel
from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.decisions import Reason
from counterpoise.domain.instruments import Instrument
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.orders import OrderStatus, Side
from counterpoise.domain.plans import LineReason, RebalancePlan
from counterpoise.domain.statements import VenueFill, VenueOrder
from counterpoise.portfolio.proof import proof, strategy_proof
from tests.control.making import (
    OWNER,
    START,
    D,
    Desk,
    book,
    candidate,
    enable,
    instrument,
    judge,
    open_account,
    rebalance,
    targets,
    venue_fill,
)

BTC = "scripted:BTC:1"
COIN = replace(instrument("BTC", lot="0.00001"), min_notional=D(10))


def trader(coin: Instrument = COIN) -> Desk:
    desk = Desk(opening=open_account(listed=(coin,)))
    desk.observe(BTC="100")
    desk.tell(enable())
    return desk


def partial(order: str, side: str, units: str, number: int, fee: str, price: str = "100") -> VenueFill:
    made = venue_fill("BTC", side, units, price, order=order, number=number, fee=fee)
    return replace(made, fee_asset="BTC", filled_at=START + timedelta(seconds=number))


def cancelled(desk: Desk, order: str) -> None:
    """The venue ends the order with what was filled."""
    desk.tell(RequestCancel(actor=OWNER, at=START, cause=f"cancel/{order}", client_order_id=order, reason="enough"))
    known = desk.state.state.orders[order]
    seen = VenueOrder(
        client_order_id=order, venue_order_id="v1", symbol="BTC", side=known.intent.side,
        quantity=known.intent.quantity, filled_quantity=known.filled, status=OrderStatus.CANCELED, updated_at=START,
    )  # fmt: skip
    desk.tell(RecordOrderUpdate(actor=OWNER, at=START, cause=f"end/{order}", order=seen))


def held(desk: Desk) -> Decimal:
    """Units held, with every proof of the book."""
    state = desk.state.state
    assert proof(state, desk.state.book.valuation.equity).residual == ZERO
    assert all(strategy_proof(state, name).residual == ZERO for name in state.strategies)
    assert desk.state.live.equity == desk.state.book.valuation.equity
    holding = state.holdings.get(BTC)
    units = holding.quantity if holding else ZERO
    assert state.postings.get("position:" + BTC, {}).get(BTC, ZERO) == units
    return units


def bought_in_ten() -> Desk:
    """An order for 10 of which ten parts of 0.7 filled, each less a thousandth in coins, and a cancel."""
    desk = trader()
    desk.tell(judge(candidate("BTC", "10")))
    order = desk.sends()[0].intent.client_order_id
    for number in range(1, 11):
        desk.tell(book(partial(order, "BUY", "0.7", number, "0.0007")))
        assert desk.state.state.orders[order].remaining == 10 - number * D("0.7")
    cancelled(desk, order)
    return desk


def test_ten_partial_fills_with_fees_in_coins_leave_exactly_what_came() -> None:
    desk = bought_in_ten()
    assert held(desk) == D("6.993")  # 7 less ten fees: what the venue itself has
    assert desk.state.state.orders == {}
    assert desk.state.state.cash == {"USD": D(9300)}  # no coins beside the holding, and no debt in coins
    assert desk.state.state.causes.fee == D("-0.7")


def test_the_exit_is_for_exactly_that_and_leaves_nothing() -> None:
    desk = bought_in_ten()
    later = START + timedelta(minutes=1)
    desk.observe(later, BTC="100")
    desk.tell(judge(candidate("BTC", "7", "SELL"), cause="judge/2", at=later))  # a bot that counts without fees
    exit_of = desk.sends()[1].intent
    assert (exit_of.quantity, exit_of.reduce_only) == (D("6.993"), True)
    fill = venue_fill("BTC", "SELL", "6.993", "100", order=exit_of.client_order_id, number=11)
    desk.tell(book(replace(fill, filled_at=later)))
    assert held(desk) == ZERO
    assert BTC not in desk.state.state.holdings


def test_a_partial_exit_then_a_cancel_leaves_the_exact_rest() -> None:
    desk = bought_in_ten()
    desk.tell(judge(candidate("BTC", "6.993", "SELL"), cause="judge/2"))
    order = desk.sends()[1].intent.client_order_id
    for number in range(11, 21):
        desk.tell(book(partial(order, "SELL", "0.5", number, "0.0005")))
    assert desk.state.state.orders[order].remaining == D("1.993")
    cancelled(desk, order)
    assert held(desk) == D("6.993") - 10 * D("0.5005")


def dusty() -> Desk:
    """0.093 BTC left, worth 9.30 where the venue takes 10 at the least, owned by the bot and the allocation alike."""
    desk = bought_in_ten()
    desk.tell(judge(candidate("BTC", "6.9", "SELL"), cause="judge/2"))
    order = desk.sends()[1].intent.client_order_id
    desk.tell(book(partial(order, "SELL", "6.9", 11, "0")))
    assert held(desk) == D("0.093")
    return desk


def test_a_remainder_below_the_least_order_is_dust_and_nothing_is_sent_however_often_it_is_asked_for() -> None:
    desk = dusty()
    sent, runs = len(desk.sends()), desk.kinds().count("RunStarted")
    for number in range(20):
        desk.tell(judge(candidate("BTC", "0.093", "SELL"), cause=f"again/{number}"))
        (verdict,) = desk.bodies("CandidateJudged")[-1].verdicts  # type: ignore[attr-defined]
        assert (verdict.allowed, verdict.reasons, verdict.recommended_size) == (False, (Reason.DUST,), ZERO)
        assert verdict.detail == "0.093 BTC is less than the venue takes, 10 of value"
    assert len(desk.sends()) == sent
    assert desk.kinds().count("RunStarted") == runs
    assert desk.state.state.breaks == {}
    assert desk.state.state.trading_state == "ACTIVE"


def test_the_planner_names_it_dust_too_and_begins_no_run() -> None:
    desk = dusty()
    desk.tell(targets("trend", CASH="1"))
    sent = len(desk.sends())
    for number in range(20):
        answer = desk.tell(rebalance(f"slot/{number}", "trend"))
        assert isinstance(answer.detail, RebalancePlan)
        (line,) = [item for item in answer.detail.items if item.symbol == "BTC"]
        assert line.reason is LineReason.DUST
    assert len(desk.sends()) == sent
    assert desk.state.state.runs == {}


def test_dust_is_no_longer_dust_when_it_is_worth_an_order() -> None:
    desk = dusty()
    later = START + timedelta(minutes=1)
    desk.observe(later, BTC="108")
    desk.tell(judge(candidate("BTC", "0.093", "SELL"), cause="later", at=later))
    assert desk.sends()[-1].intent.quantity == D("0.093")


def test_less_than_a_lot_is_named_by_the_lot() -> None:
    desk = trader()
    desk.tell(judge(candidate("BTC", "0.000009")))
    (verdict,) = desk.bodies("CandidateJudged")[-1].verdicts  # type: ignore[attr-defined]
    assert verdict.reasons == (Reason.DUST,)
    assert verdict.detail == "0 BTC is less than the venue takes, 0.00001 units"


@pytest.mark.parametrize(
    ("symbol", "quote", "asset", "taken"),
    (
        ("BTC", "USD", "BTC", True),
        ("BTC/USD", "USD", "BTC", True),
        ("BTC-USD", "USD", "BTC", True),
        ("BTCUSD", "USD", "BTC", True),
        ("BTCUSD", "USD", "BNB", False),
        ("BNBUSD", "USD", "BNB", True),
        ("SPY", "USD", "USD", False),
        ("USD", "USD", "USD", False),
    ),
)
def test_only_a_fee_in_the_traded_asset_takes_units(symbol: str, quote: str, asset: str, *, taken: bool) -> None:
    coin = instrument(symbol, quote=quote)
    desk = Desk(opening=open_account(listed=(coin,)))
    fill = replace(venue_fill(symbol, "BUY", "1", "100", fee="0.001"), fee_asset=asset)
    desk.tell(book(fill))
    assert desk.state.state.holdings[coin.instrument_id].quantity == (D("0.999") if taken else D(1))
    assert desk.state.state.cash.get(asset, ZERO) == (ZERO if asset != "USD" and taken else desk_cash(asset))


def desk_cash(asset: str) -> Decimal:
    return D("9899.999") if asset == "USD" else D("-0.001")


def test_a_contract_has_no_units_to_take() -> None:
    desk = Desk(opening=open_account("BTC", kind=AccountKind.FUTURES))
    desk.tell(book(replace(venue_fill("BTC", "BUY", "1", "100", fee="0.001"), fee_asset="BTC")))
    assert desk.state.state.holdings[BTC].quantity == D(1)


STEPS = st.integers(1, 10**9).map(lambda steps: D(steps) * D("1e-9"))


@given(st.lists(st.tuples(st.sampled_from(Side), STEPS, st.integers(0, 999)), min_size=1, max_size=10), st.data())
def test_units_and_cash_are_the_venue_s_own_sums_whatever_fills_and_fees(
    trades: list[tuple[Side, Decimal, int]], data: st.DataObject
) -> None:
    desk = Desk(opening=open_account(kind=AccountKind.MARGIN, listed=(instrument("BTC"),)))
    units = cash = ZERO
    fills = []
    for number, (side, quantity, promille) in enumerate(trades, 1):
        fee = quantity * promille * D("0.001")
        fills.append(partial("", side, str(quantity), number, format(fee, "f")))
        units += side.sign * quantity - fee
        cash -= side.sign * quantity * 100
    for fill in data.draw(st.permutations(fills)):
        desk.tell(book(fill, cause=f"fill/{fill.fill_id}"))
    assert held(desk) == units
    assert desk.state.state.cash == {"USD": 10_000 + cash}
    for fill in fills:
        desk.tell(BustFill(actor=OWNER, at=START, cause=fill.fill_id, fill_id=f"scripted:{fill.fill_id}", reason="r"))
    assert (held(desk), desk.state.state.cash) == (ZERO, {"USD": D(10_000)})
