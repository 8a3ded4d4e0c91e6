"""Does a run sell first, buy with the cash that is really there, and end with the right word?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from counterpoise.adapters.brokers.scripted import LosesAnswer
from counterpoise.control.commands import AdvanceRun, RecordCashFlow
from counterpoise.control.runs import free_cash
from counterpoise.domain.decisions import TradingState
from counterpoise.domain.errors import OrderRejected
from counterpoise.domain.facts import LinesJudged, RunEnded
from counterpoise.domain.facts.control import RunOutcome
from counterpoise.domain.instruments import Category
from counterpoise.domain.orders import OrderStatus, Side
from counterpoise.domain.plans import SizingPolicy
from counterpoise.ledger import codec
from tests.control.making import (
    ACCOUNT,
    CORE,
    OWNER,
    START,
    WIDE,
    D,
    Desk,
    Floor,
    book,
    candidate,
    change_state,
    enable,
    instrument,
    judge,
    mark,
    open_account,
    rebalance,
    targets,
    venue_fill,
)


async def facts_of(floor: Floor, kind: str) -> list[object]:
    return [codec.decode(entry.raw).body async for entry in floor.journal.read(ACCOUNT) if entry.kind == kind]


async def ended(floor: Floor) -> RunEnded:
    (body,) = (await facts_of(floor, "RunEnded"))[-1:]
    assert isinstance(body, RunEnded)
    return body


async def advance(floor: Floor, *, sell_wait_over: bool = False) -> None:
    for run_id in sorted(floor.view.state.runs):
        await floor.ask(
            AdvanceRun(actor=OWNER, at=START, cause=f"advance/{run_id}", run_id=run_id, sell_wait_over=sell_wait_over)
        )
    await floor.settle()


async def fill(floor: Floor, number: int, quantity: str | None = None, price: str | None = None) -> None:
    """Fill the `number`-th order that was sent, whole unless said otherwise."""
    intent = floor.broker.sent[number]
    floor.broker.fill(
        intent.client_order_id, D(quantity) if quantity else intent.quantity, D(price) if price else intent.mark
    )
    await floor.settle()


async def held_spy(floor: Floor, policy: SizingPolicy | None = None, **weights: str) -> None:
    """All 10000 in SPY by the allocation, then targets of halves: the next plan sells SPY and buys TLT."""
    await floor.opened(SPY="100", TLT="50", GLD="20")
    await floor.ask(targets(cause="t0", SPY="1"))
    await floor.ask(rebalance("slot/0"))
    await floor.settle()
    await fill(floor, 0)
    await floor.ask(targets(cause="t1", policy=policy, **(weights or {"SPY": "0.5", "TLT": "0.5"})))
    floor.broker.sent.clear()


def sides(floor: Floor) -> list[tuple[Side, str]]:
    return [(intent.side, intent.symbol) for intent in floor.broker.sent]


async def test_sales_go_first_and_purchases_when_their_money_is_there() -> None:
    async with Floor() as floor:
        await held_spy(floor)
        await floor.ask(rebalance())
        await floor.settle()
        assert sides(floor) == [(Side.SELL, "SPY")]
        await fill(floor, 0, "20")
        assert sides(floor) == [(Side.SELL, "SPY")], "a sale that is not finished releases no purchase"
        await fill(floor, 0, "30")
        assert sides(floor) == [(Side.SELL, "SPY"), (Side.BUY, "TLT")]
        assert floor.broker.sent[1].quantity == D(100)
        await fill(floor, 1)
        assert await ended(floor) == RunEnded(
            run_id=floor.broker.sent[0].run_id, outcome=RunOutcome.COMPLETED, adjustments=()
        )
        assert floor.view.state.orders == {}
        assert floor.view.state.runs == {}


async def test_purchases_are_sized_to_the_cash_that_the_sales_really_brought() -> None:
    async with Floor() as floor:
        await held_spy(floor)
        await floor.ask(rebalance())
        await floor.settle()
        await fill(floor, 0, price="90")
        bought = floor.broker.sent[1]
        assert bought.quantity == D(90)  # 50 × 90 = 4500 at 50 a unit, not the 100 units of the plan
        await fill(floor, 1)
        end = await ended(floor)
        assert end.outcome is RunOutcome.COMPLETED_ADJUSTED
        assert end.adjustments == ("BUY TLT: 100 planned, 90 asked for, 90 filled",)
        judged = (await facts_of(floor, "LinesJudged"))[-1]
        assert isinstance(judged, LinesJudged)
        assert judged.adjustments == ("BUY TLT: 100 planned, 90, the cash really there",)
        assert judged.free_cash == D(4_500)


async def test_when_the_wait_for_sales_is_over_what_is_there_is_spent() -> None:
    async with Floor() as floor:
        await held_spy(floor)
        await floor.ask(rebalance())
        await floor.settle()
        await fill(floor, 0, "20")
        await advance(floor)
        assert len(floor.broker.sent) == 1
        await advance(floor, sell_wait_over=True)
        assert floor.broker.sent[1].quantity == D(40)


async def test_cash_that_another_order_may_still_need_is_not_spent() -> None:
    async with Floor() as floor:
        await held_spy(floor)
        await floor.ask(rebalance())
        await floor.settle()
        await floor.ask(RecordCashFlow(actor=OWNER, at=START, cause="cash/1", amount=D(2_000), reference="r"))
        floor.broker.cash += 2_000
        await floor.ask(judge(candidate("GLD", "90")))
        await floor.settle()
        assert free_cash(floor.view) == D(200)
        await fill(floor, 0, price="60")  # brings 3000
        assert free_cash(floor.view) == D(0)
        assert floor.broker.sent[-1].symbol == "TLT"
        assert floor.broker.sent[-1].quantity == D(64)  # (3000 + 200) ÷ 50


async def test_a_run_waits_for_the_market_to_open_and_is_judged_then() -> None:
    async with Floor() as floor:
        await held_spy(floor)
        await floor.ask(rebalance(market_open=False))
        await floor.settle()
        assert floor.broker.sent == []
        assert len(await facts_of(floor, "LinesJudged")) == 1  # of the first run
        await advance(floor)
        assert sides(floor) == [(Side.SELL, "SPY")]


async def test_a_waiting_run_goes_on_after_a_restart() -> None:
    first = Floor()
    async with first:
        await held_spy(first)
        await first.ask(rebalance(market_open=False))
    async with Floor(first) as second:
        await advance(second)
        assert sides(second) == [(Side.SELL, "SPY")]
        assert second.broker.sent[0].client_order_id.endswith("-1-1")


async def test_a_purchase_is_denied_when_only_reductions_may_be_sent_and_the_run_is_partial() -> None:
    async with Floor() as floor:
        await held_spy(floor)
        await floor.ask(rebalance())
        await floor.settle()
        await floor.ask(change_state(TradingState.REDUCING))
        await fill(floor, 0)
        assert sides(floor) == [(Side.SELL, "SPY")]
        end = await ended(floor)
        assert end.outcome is RunOutcome.PARTIAL
        assert end.adjustments == ("BUY TLT: 100 planned, denied: REDUCING_ONLY",)
        judged = (await facts_of(floor, "LinesJudged"))[-1]
        assert isinstance(judged, LinesJudged)
        assert [(verdict.symbol, verdict.reason) for verdict in judged.verdicts] == [("TLT", "REDUCING_ONLY")]


async def test_a_run_that_is_halted_before_it_is_released_fails_and_sends_nothing() -> None:
    async with Floor() as floor:
        await held_spy(floor)
        await floor.ask(rebalance(market_open=False))
        await floor.ask(change_state(TradingState.HALTED))
        await advance(floor)
        assert floor.broker.sent == []
        end = await ended(floor)
        assert end.outcome is RunOutcome.FAILED
        assert "SELL SPY: 50 planned, denied: HALTED" in end.adjustments


async def test_a_sale_that_the_venue_refuses_leaves_the_purchases_nothing_to_spend() -> None:
    async with Floor() as floor:
        await held_spy(floor)
        floor.broker.on("submit", OrderRejected("not now"))
        await floor.ask(rebalance())
        await floor.settle()
        assert sides(floor) == [(Side.SELL, "SPY")]
        end = await ended(floor)
        assert end.outcome is RunOutcome.FAILED
        assert end.adjustments == (
            "SELL SPY: 50 planned, 0 filled, REJECTED",
            "BUY TLT: 100 planned, not sent: the cash really there bought no lot or less than the minimum",
        )


async def test_a_sale_that_expires_in_part_lets_the_purchases_spend_that_part() -> None:
    async with Floor() as floor:
        await held_spy(floor)
        await floor.ask(rebalance())
        await floor.settle()
        await fill(floor, 0, "10")
        floor.broker.finish(floor.broker.sent[0].client_order_id, OrderStatus.EXPIRED)
        await floor.settle()
        assert floor.broker.sent[1].quantity == D(20)
        await fill(floor, 1)
        end = await ended(floor)
        assert end.outcome is RunOutcome.COMPLETED_ADJUSTED
        assert "SELL SPY: 50 planned, 10 filled, EXPIRED" in end.adjustments


async def test_an_order_in_doubt_keeps_its_run_waiting() -> None:
    async with Floor() as floor:
        await held_spy(floor)
        floor.broker.on("submit", LosesAnswer(accepted=True))
        floor.broker.on("order_by_client_id", *[TimeoutError()] * 3)
        await floor.ask(rebalance())
        await floor.activity.quiet()
        assert len(floor.view.state.runs) == 1
        await advance(floor, sell_wait_over=True)
        await fill(floor, 0)
        assert sides(floor) == [(Side.SELL, "SPY"), (Side.BUY, "TLT")]


async def test_purchases_are_released_once_also_when_the_gate_refuses_each_of_them() -> None:
    """One line is skipped for want of cash and the other denied: the money of the second is not given to the first."""
    async with Floor() as floor:
        toxic = replace(instrument("TLT"), category=Category.TOXIC)
        await floor.ask(open_account(cash="100", listed=[instrument("SPY"), toxic]))
        for symbol, price in (("SPY", "100"), ("TLT", "50")):
            floor.view.observe(mark(symbol, price))
        await floor.ask(targets(SPY="0.11", TLT="0.89", policy=SizingPolicy(min_trade_notional=D(10))))
        await floor.ask(rebalance(market_open=False))
        await floor.ask(RecordCashFlow(actor=OWNER, at=START, cause="cash/1", amount=D(-10), reference="r"))
        await advance(floor)
        assert floor.broker.sent == []
        end = await ended(floor)
        assert end.outcome is RunOutcome.FAILED
        assert len(await facts_of(floor, "LinesJudged")) == 1
        assert [note.split(":")[0] for note in end.adjustments] == ["BUY TLT", "BUY SPY"]


def test_each_line_that_passes_counts_before_the_next_is_judged() -> None:
    desk = Desk(opening=open_account("GLD", "SPY", "TLT", limits=replace(WIDE, max_long_exposure_pct=D(90))))
    desk.observe(GLD="100", SPY="100", TLT="50")
    desk.tell(enable())
    desk.tell(judge(candidate("GLD", "20")))  # beside the allocation, whose targets alone would fit
    desk.tell(book(venue_fill("GLD", "BUY", "20", "100", order=desk.sends()[0].intent.client_order_id)))
    desk.tell(targets(SPY="0.5", TLT="0.4"))
    desk.tell(rebalance())
    (judged,) = desk.bodies("LinesJudged")
    assert isinstance(judged, LinesJudged)
    assert [(verdict.symbol, verdict.reason) for verdict in judged.verdicts] == [
        ("SPY", "APPROVED"),
        ("TLT", "LONG_EXPOSURE_EXCEEDED"),
    ]


def test_advancing_a_run_that_is_over_does_nothing() -> None:
    desk = Desk("SPY")
    before = len(desk.facts)
    answer = desk.tell(AdvanceRun(actor=OWNER, at=START, cause="advance", run_id="0" * 64))
    assert answer.outcome == "duplicate"
    assert desk.kinds(before) == []


def test_lines_of_a_run_belong_to_its_allocation_and_leave_the_units_of_others() -> None:
    desk = Desk("SPY", "TLT")
    desk.observe(SPY="100", TLT="50")
    desk.tell(enable())
    desk.tell(judge(candidate("SPY", "40")))
    bot = desk.sends()[0].intent
    desk.tell(book(venue_fill("SPY", "BUY", "40", "100", order=bot.client_order_id)))
    desk.tell(targets(TLT="0.5"))
    desk.tell(rebalance())
    lines = [approved.intent for approved in desk.sends()[1:]]
    assert [(intent.side, intent.symbol) for intent in lines] == [(Side.BUY, "TLT")]
    assert [share.strategy for intent in lines for share in intent.strategy_shares] == [CORE]


@pytest.mark.parametrize("repeat", (False, True))
def test_ids_of_a_runs_orders_are_a_function_of_run_line_and_attempt(repeat: bool) -> None:  # noqa: FBT001
    desk = Desk("SPY", "TLT")
    desk.observe(SPY="100", TLT="50")
    desk.tell(targets(SPY="0.5", TLT="0.5"))
    desk.tell(rebalance("slot/2" if repeat else "slot/1"))
    intents = [approved.intent for approved in desk.sends()]
    run_id = intents[0].run_id
    assert [intent.client_order_id for intent in intents] == [f"p{run_id[:20]}-{line}-1" for line in (1, 2)]
    assert len(run_id) == 64
