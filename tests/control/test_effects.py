"""Do orders leave once, after their intent is durable, and is every doubt looked up?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from counterpoise.adapters.brokers.scripted import LosesAnswer
from counterpoise.control import effects as effects_module
from counterpoise.control.commands import RequestCancel
from counterpoise.domain.decisions import TradingState
from counterpoise.domain.errors import (
    CounterpoiseError,
    JournalRefused,
    OrderRejected,
    OutcomeUnknown,
    VenueUnavailable,
)
from counterpoise.domain.facts import Fact
from counterpoise.domain.orders import OrderStatus
from tests.control.making import OWNER, START, D, Floor, candidate, change_state, judge


def asked(floor: Floor, call: str) -> int:
    return sum(name == call for name, _ in floor.broker.calls)


async def test_an_order_leaves_only_after_its_intent_is_durable() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100", TLT="50")
        await floor.ask(judge(candidate("SPY", "1"), candidate("TLT", "1")))
        await floor.settle()
        intended = next(place for place, line in enumerate(floor.log) if "OrderIntended" in line)
        sent = [place for place, line in enumerate(floor.log) if line.startswith("sent")]
        assert len(sent) == 2
        assert intended < sent[0]
        assert floor.log[-1].startswith("wrote OrderAcknowledged")


async def test_nothing_leaves_when_the_append_of_the_intent_fails() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")

        def full(_account: str, facts: Sequence[Fact]) -> None:
            raise JournalRefused("no space left")

        floor.journal.before_append = full
        with pytest.raises(JournalRefused):
            await floor.ask(judge(candidate("SPY", "1")))
        await asyncio.sleep(0.01)
        assert floor.broker.sent == []


async def test_orders_leave_one_after_the_other_in_the_order_of_their_verdicts() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100", TLT="50", GLD="20")
        await floor.ask(judge(candidate("TLT", "1"), candidate("SPY", "1"), candidate("GLD", "1")))
        await floor.settle()
        assert [intent.symbol for intent in floor.broker.sent] == ["TLT", "SPY", "GLD"]
        assert len(set(floor.order_ids())) == 3


async def test_an_order_is_withheld_when_trading_was_halted_before_it_left() -> None:
    """The halt is folded while the first order is at the venue; the second is held back at the seam."""
    async with Floor() as floor:
        await floor.opened(SPY="100", TLT="50")
        halting: list[asyncio.Task[object]] = []

        def halt() -> None:
            halting.append(asyncio.ensure_future(floor.ask(change_state(TradingState.HALTED))))

        floor.broker.before_submit = halt
        await floor.ask(judge(candidate("SPY", "1"), candidate("TLT", "1")))
        await floor.settle()
        assert [intent.symbol for intent in floor.broker.sent] == ["SPY"]
        kinds = await floor.kinds()
        assert kinds.count("OrderCancelled") == 1
        statuses = {order.intent.symbol: order.status for order in floor.view.state.orders.values()}
        assert statuses == {"SPY": OrderStatus.ACCEPTED, "TLT": OrderStatus.CANCELED}
        assert floor.view.state.orders[floor.order_ids()[0]].remaining == D(1)
        assert len(halting) == 1


async def test_a_refusal_by_the_venue_is_recorded_and_never_sent_again() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        floor.broker.on("submit", OrderRejected("not tradable"))
        await floor.ask(judge(candidate("SPY", "1")))
        await floor.settle()
        assert asked(floor, "submit") == 1
        assert (await floor.kinds())[-2:] == ["OrderRejected", "RunEnded"]


UNKNOWN_ENDS = (
    pytest.param(OutcomeUnknown("a broken connection"), id="the adapter says so"),
    pytest.param(VenueUnavailable("503"), id="the venue is away"),
    pytest.param(TimeoutError(), id="no answer in time"),
    pytest.param(ConnectionResetError("reset by peer"), id="the line broke"),
)


@pytest.mark.parametrize("failure", UNKNOWN_ENDS)
async def test_an_unknown_send_that_never_arrived_is_proved_absent_and_sent_again_as_the_same_order(
    failure: Exception,
) -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        floor.broker.on("submit", failure)
        await floor.ask(judge(candidate("SPY", "1")))
        await floor.settle()
        first, again = floor.broker.sent
        assert first == again
        assert floor.order(first.client_order_id).status is OrderStatus.ACCEPTED
        assert floor.order(first.client_order_id).intents == 2
        kinds = await floor.kinds()
        tail = kinds[kinds.index("OrderIntended") :]
        assert tail == ["OrderIntended", "OrderUnknown", "OrderIntended", "OrderAcknowledged"]


async def test_an_unknown_send_that_did_arrive_is_found_and_not_sent_again() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        floor.broker.on("submit", LosesAnswer(accepted=True))
        await floor.ask(judge(candidate("SPY", "1")))
        await floor.settle()
        assert asked(floor, "submit") == 1
        assert floor.clock.now() == START
        assert floor.order(floor.order_ids()[0]).venue_order_id == f"scripted-{floor.order_ids()[0]}"


async def test_look_ups_back_off_and_absence_is_proved_only_after_thirty_seconds() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        floor.broker.on("submit", LosesAnswer(accepted=False))
        await floor.ask(judge(candidate("SPY", "1")))
        times = []
        for _ in range(8):
            await floor.activity.quiet()
            due = floor.clock.next_timer()
            if due is None:
                break
            times.append(due - START)
            floor.clock.advance(due)
        assert times == [timedelta(seconds=after) for after in (1, 3, 7, 15, 31)]
        assert asked(floor, "order_by_client_id") == 6
        assert asked(floor, "submit") == 2


async def test_a_look_up_that_failed_proves_nothing_and_starts_the_wait_anew() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        floor.broker.on("submit", LosesAnswer(accepted=False))
        # Not found at 0 s; away at 1, 3, 7 and 15 s; not found from 31 s on, which is proof 30 s later.
        floor.broker.on("order_by_client_id", None, *[VenueUnavailable("away")] * 4)
        await floor.ask(judge(candidate("SPY", "1")))
        await floor.settle()
        assert floor.clock.now() - START == timedelta(seconds=61)
        assert asked(floor, "submit") == 2


async def test_an_order_in_doubt_keeps_its_room_until_it_is_settled() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        floor.broker.on("submit", LosesAnswer(accepted=False))
        await floor.ask(judge(candidate("SPY", "60")))
        await floor.activity.quiet()
        order = next(iter(floor.view.state.orders.values()))
        assert order.status is OrderStatus.UNKNOWN
        assert order.remaining == D(60)
        answer = await floor.ask(judge(candidate("SPY", "60"), cause="judge/2"))
        assert answer.detail[0].reason == "INSUFFICIENT_CASH"  # type: ignore[index]


async def test_an_order_that_is_proved_absent_is_not_sent_while_halted() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        floor.broker.on("submit", LosesAnswer(accepted=False))
        await floor.ask(judge(candidate("SPY", "1")))
        await floor.activity.quiet()
        await floor.ask(change_state(TradingState.HALTED))
        await floor.settle()
        assert asked(floor, "submit") == 1
        assert (await floor.kinds())[-2:] == ["OrderCancelled", "RunEnded"]
        assert floor.view.state.orders == {}


async def test_a_cancel_is_asked_for_while_halted_too() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        await floor.ask(judge(candidate("SPY", "1")))
        await floor.settle()
        await floor.ask(change_state(TradingState.HALTED))
        order = floor.order_ids()[0]
        await floor.ask(RequestCancel(actor=OWNER, at=START, cause="c", client_order_id=order, reason="halted"))
        await floor.settle()
        assert asked(floor, "cancel") == 1
        assert (await floor.kinds())[-3:] == ["CancelRequested", "OrderCancelled", "RunEnded"]


async def test_a_cancel_that_fails_stops_nothing() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100", TLT="50")
        await floor.ask(judge(candidate("SPY", "1")))
        await floor.settle()
        floor.broker.on("cancel", TimeoutError(), OrderRejected("too late"))
        for number in range(2):
            order = floor.order_ids()[0]
            cause = f"c{number}"
            await floor.ask(RequestCancel(actor=OWNER, at=START, cause=cause, client_order_id=order, reason="enough"))
        await floor.ask(judge(candidate("TLT", "1"), cause="judge/2"))
        await floor.settle()
        assert [intent.symbol for intent in floor.broker.sent] == ["SPY", "TLT"]
        assert asked(floor, "cancel") == 2


async def test_whoever_waits_for_rest_hears_of_a_failure_while_more_orders_wait() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100", TLT="50", GLD="20")

        def full(_account: str, facts: Sequence[Fact]) -> None:
            if any(fact.kind == "OrderAcknowledged" for fact in facts):
                raise JournalRefused("no space left")

        floor.journal.before_append = full
        await floor.ask(judge(candidate("SPY", "1"), candidate("TLT", "1"), candidate("GLD", "1")))
        with pytest.raises(JournalRefused, match="no space left"):
            await asyncio.wait_for(floor.settle(), 5)


async def test_a_lane_that_is_full_is_a_fault_that_ends_the_actor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effects_module, "LANE_MAX", 1)
    async with Floor() as floor:
        await floor.opened(SPY="100", TLT="50", GLD="20")
        await floor.ask(judge(candidate("SPY", "1"), candidate("TLT", "1"), candidate("GLD", "1")))
        with pytest.raises(CounterpoiseError, match="more than 1 orders wait"):
            await asyncio.wait_for(floor.settle(), 5)
