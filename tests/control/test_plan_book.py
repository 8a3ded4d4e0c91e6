"""Does a planner see what its allocation owns, and leave alone what it does not?"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from counterpoise.control.commands import RecordOutcome
from counterpoise.control.plan_book import plan_book
from counterpoise.domain.plans import LineReason
from counterpoise.execution.broker import Unknown
from counterpoise.planning.targets import HeldUnits, LotRules, PlanBook
from tests.control.making import (
    CORE,
    OWNER,
    START,
    TREND,
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


def seen(desk: Desk, strategy: str = CORE, at: datetime = START) -> PlanBook:
    return plan_book(desk.state, strategy, desk.state.live_marks, desk.state.live, at)


def mixed() -> Desk:
    """10 SPY of the bot, 4 SPY and 6 TLT of the allocation, all at the venue's prices."""
    desk = Desk("SPY", "TLT")
    desk.observe(SPY="100", TLT="50")
    desk.tell(enable())
    desk.tell(judge(candidate("SPY", "10")))
    desk.tell(targets(SPY="0.04", TLT="0.03"))
    bot = desk.sends()[0].intent
    desk.tell(book(venue_fill("SPY", "BUY", "10", "100", order=bot.client_order_id)))
    desk.tell(rebalance())
    for number, approved in enumerate(desk.sends()[1:], 2):
        intent = approved.intent
        filled = {"SPY": "4", "TLT": "6"}[intent.symbol]
        price = str(intent.mark)
        desk.tell(book(venue_fill(intent.symbol, "BUY", filled, price, order=intent.client_order_id, number=number)))
    return desk


def test_units_of_other_strategies_are_outside_and_not_for_sale() -> None:
    desk = mixed()
    core, bot = seen(desk), seen(desk, TREND)
    assert core.holdings["SPY"] == HeldUnits(quantity=D(14), sellable=D(4))
    assert core.outside == {"SPY": D(10)}
    assert bot.holdings["SPY"].sellable == D(10)
    assert bot.outside == {"SPY": D(4), "TLT": D(6)}


def test_a_strategy_that_owns_nothing_may_sell_nothing() -> None:
    other = seen(mixed(), "mean")
    assert [held.sellable for held in other.holdings.values()] == [D(0), D(0)]


def test_totals_and_prices_are_those_of_the_marks_that_were_asked_for() -> None:
    desk = mixed()
    desk.observe(SPY="110")
    live = seen(desk)
    assert (live.prices["SPY"], live.equity, live.cash) == (D(110), D(10_000) + 14 * 10, D(10_000) - 1_400 - 300)
    recorded = plan_book(desk.state, CORE, desk.state.state.marks, desk.state.book.valuation, START)
    assert (recorded.prices["SPY"], recorded.equity) == (D(100), D(10_000))


def test_a_price_is_of_one_unit_with_its_multiplier_and_lots_are_the_venues() -> None:
    desk = Desk(opening=open_account(listed=[instrument("FUT", lot="2", multiplier="5")]))
    desk.observe(FUT="100")
    found = seen(desk)
    assert found.prices == {"FUT": D(500)}
    assert found.lots == {"FUT": LotRules(lot=D(2), min_notional=D(0), fractionable=True)}


def test_a_symbol_without_a_mark_has_no_price() -> None:
    assert seen(Desk("SPY")).prices == {}


def test_what_is_under_way_counts_as_done_for_its_own_strategy_and_its_cash_for_all() -> None:
    desk = Desk("SPY")
    desk.observe(SPY="100")
    desk.tell(enable())
    desk.tell(judge(candidate("SPY", "10")))
    intent = desk.sends()[0].intent
    desk.tell(book(venue_fill("SPY", "BUY", "4", "100", order=intent.client_order_id)))
    assert seen(desk, TREND).working == {"SPY": D(6)}
    assert seen(desk).working == {}
    assert seen(desk).working_cash == seen(desk, TREND).working_cash == D(-600)


def test_a_symbol_with_an_order_in_doubt_is_not_traded() -> None:
    desk = Desk("SPY", "TLT")
    desk.observe(SPY="100", TLT="50")
    desk.tell(enable())
    desk.tell(judge(candidate("SPY", "10")))
    assert seen(desk).blocked == {}
    order = desk.sends()[0].intent.client_order_id
    desk.tell(RecordOutcome(actor=OWNER, at=START, cause="a", client_order_id=order, outcome=Unknown(detail="timeout")))
    assert seen(desk).blocked == {"SPY": LineReason.BLOCKED_UNKNOWN}


@pytest.mark.parametrize(
    ("age", "blocked"),
    (
        pytest.param(timedelta(seconds=30), {}, id="as old as it may be"),
        pytest.param(timedelta(seconds=31), {"SPY": LineReason.STALE_PRICE}, id="older"),
    ),
)
def test_a_symbol_whose_price_is_stale_is_not_traded(age: timedelta, blocked: dict[str, LineReason]) -> None:
    desk = Desk("SPY", "TLT")
    desk.observe(SPY="100")
    desk.observe(START + age, TLT="50")
    assert seen(desk, at=START + age).blocked == blocked
