"""Does the gate see the account as it is: at recorded marks, with every open order and every break?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from counterpoise.control.gate_book import gate_book, price_of, used_margin, with_own_figures
from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.decisions import Reason, Verdict
from counterpoise.domain.instruments import Category
from counterpoise.domain.orders import PositionSide, Side
from counterpoise.domain.statements import Break, BreakKind
from tests.control.making import (
    START,
    D,
    Desk,
    book,
    candidate,
    differ,
    enable,
    instrument,
    judge,
    open_account,
    venue_fill,
)

SECOND = timedelta(seconds=1)


def test_positions_are_at_their_recorded_marks_in_units_times_multiplier() -> None:
    desk = Desk(opening=open_account(listed=[instrument("FUT", multiplier="5")], cash="100000"))
    desk.hold("FUT", "4", "100")
    desk.observe(FUT="110")
    (position,) = gate_book(desk.state, START).positions
    assert (position.size, position.entry_price, position.current_price) == (D(20), D(100), D(100)), "110 is a tick"
    desk.tell(enable())
    desk.tell(judge(candidate("FUT", "5")))
    (position,) = gate_book(desk.state, START).positions
    assert position.current_price == D(110)
    assert position.side is PositionSide.LONG
    assert position.exposure == D(2_200)


def test_a_short_is_a_position_of_its_own_side() -> None:
    desk = Desk(opening=open_account("SPY", kind=AccountKind.MARGIN))
    desk.tell(book(venue_fill("SPY", "SELL", "3", "100")))
    (position,) = gate_book(desk.state, START).positions
    assert (position.side, position.size) == (PositionSide.SHORT, D(3))


@pytest.mark.parametrize(
    ("kind", "used"),
    (
        pytest.param(AccountKind.CASH, 0, id="cash holds what it buys"),
        pytest.param(AccountKind.MARGIN, 500, id="half of the exposure"),
        pytest.param(AccountKind.FUTURES, 1_000, id="all of the exposure"),
    ),
)
def test_margin_in_use_follows_the_kind_of_account(kind: AccountKind, used: int) -> None:
    desk = Desk(opening=open_account("SPY", kind=kind))
    desk.hold("SPY", "10", "100")
    assert used_margin(desk.state) == D(used)
    made = gate_book(desk.state, START)
    assert made.free_margin == made.equity - used


@pytest.mark.parametrize(
    ("age", "low"),
    (
        pytest.param(30 * SECOND, "10000", id="fresh"),
        pytest.param(31 * SECOND, "9950", id="stale: 5 % of the position"),
        pytest.param(timedelta(hours=2), "9800", id="hours: 20 %"),
        pytest.param(timedelta(days=2), "9000", id="days: all of it"),
    ),
)
def test_an_old_mark_leaves_the_equity_an_interval(age: timedelta, low: str) -> None:
    desk = Desk("SPY")
    desk.hold("SPY", "10", "100")
    made = gate_book(desk.state, START + age)
    assert (made.equity, made.equity_low) == (D(10_000), D(low))


def test_an_open_order_holds_the_room_that_it_may_still_take() -> None:
    desk = Desk("SPY")
    desk.observe(SPY="100")
    desk.tell(enable())
    desk.tell(judge(candidate("SPY", "10", risk="50")))
    intent = desk.sends()[0].intent
    desk.tell(book(venue_fill("SPY", "BUY", "4", "100", order=intent.client_order_id)))
    (order,) = gate_book(desk.state, START).open_orders
    assert (order.symbol, order.side, order.remaining, order.worst_price) == ("SPY", Side.BUY, D(6), D(100))
    assert (order.strategy, order.risk_amount) == ("trend", D(30))


def test_a_breaks_symbol_is_blocked_and_a_cash_break_blocks_everything() -> None:
    desk = Desk("SPY", "TLT")
    item = Break(kind=BreakKind.POSITION, subject="SPY", ours=D(1), theirs=D(2), detail="off")
    desk.tell(differ(item, cause="compare/1"))
    assert gate_book(desk.state, START).breaks == ("SPY",)
    cash = replace(item, kind=BreakKind.CASH, subject="USD")
    desk.tell(differ(item, cash, cause="compare/2"))
    made = gate_book(desk.state, START)
    assert made.has_break("TLT")
    assert made.has_break("SPY")


def test_a_break_of_an_order_blocks_the_orders_symbol() -> None:
    desk = Desk("SPY", "TLT")
    desk.observe(SPY="100")
    desk.tell(enable())
    desk.tell(judge(candidate("SPY", "1")))
    order = desk.sends()[0].intent.client_order_id
    item = Break(kind=BreakKind.ORDER, subject=order, ours=D(1), theirs=D(0), detail="off")
    desk.tell(differ(item, cause="compare/1"))
    assert gate_book(desk.state, START).breaks == ("SPY",)


def test_a_candidate_is_judged_with_our_price_category_and_sector_and_the_worse_margin() -> None:
    desk = Desk(opening=open_account(listed=[replace(instrument("SPY"), category=Category.TOXIC, sector="index")]))
    desk.tell(enable())
    desk.observe(SPY="100")
    stated = replace(candidate("SPY", "3"), price=D(1), category=Category.CORE, sector="tech", margin_required=D(7))
    (verdict,) = _judged(desk, stated)
    assert verdict.reasons == (Reason.TOXIC_SYMBOL,)
    own = with_own_figures(desk.state, stated, START)
    assert (own.price, own.category, own.sector, own.margin_required) == (D(100), Category.TOXIC, "index", D(300))
    assert with_own_figures(desk.state, replace(stated, margin_required=D(900)), START).margin_required == D(900)


def test_what_is_unknown_has_no_price() -> None:
    desk = Desk("SPY")
    assert with_own_figures(desk.state, replace(candidate("SPY", "1"), price=D(5)), START).price is None
    assert with_own_figures(desk.state, replace(candidate("XYZ", "1"), price=D(5)), START).price is None
    assert price_of(desk.state, "scripted:SPY:1") is None


def _judged(desk: Desk, *candidates: object) -> tuple[Verdict, ...]:
    answer = desk.tell(judge(*candidates))  # type: ignore[arg-type]
    assert isinstance(answer.detail, tuple)
    return answer.detail
