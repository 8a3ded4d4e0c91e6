"""Is the venue read whole or not at all, is a difference read twice, and is it told to the account?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from counterpoise.control.reconciliation import Comparison, Reconciler, facts_of
from counterpoise.domain.decisions import Reason, Severity
from counterpoise.domain.errors import VenueUnavailable
from counterpoise.domain.orders import OrderStatus, Side
from counterpoise.domain.statements import BreakKind, CashEventKind, VenueCashEvent, VenueOrder
from counterpoise.execution.broker import Capabilities
from counterpoise.execution.reconciliation.causes import BookFill, RecordCash, TakeBackFill
from counterpoise.execution.reconciliation.watchlist import CONFIRMED_AFTER, IN_FLIGHT_MAX
from tests.control.making import START, TREND, D, Floor, book, candidate, judge, venue_fill


async def bought(floor: Floor, symbol: str = "SPY", size: str = "10", price: str = "100") -> None:
    """A bot's order, filled and booked."""
    await floor.ask(judge(candidate(symbol, size), cause=f"judge/{symbol}/{size}"))
    await floor.settle()
    floor.broker.fill(floor.order_ids()[-1], D(size), D(price))
    await floor.settle()


async def reasons(floor: Floor, symbol: str, size: str = "1", action: str = "BUY") -> tuple[Reason, ...]:
    cause = f"probe/{floor.view.sequence}"
    answer = await floor.ask(judge(candidate(symbol, size, action), cause=cause))
    found: tuple[Reason, ...] = answer.detail[0].reasons  # type: ignore[index]
    return found


async def compared(floor: Floor, reconciler: Reconciler | None = None) -> Comparison:
    """Two readings, five seconds apart."""
    used = reconciler or Reconciler(floor.account, floor.broker, records=False)
    await used.compare(START)
    seen = await used.compare(START + CONFIRMED_AFTER)
    assert seen is not None
    return seen


async def test_accounts_that_agree_write_nothing() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        await bought(floor)
        before = await floor.kinds()
        await compared(floor)
        assert await floor.kinds() == before


async def test_units_that_differ_open_a_break_that_stops_new_risk_in_their_symbol_alone_until_it_is_gone() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100", TLT="50")
        await bought(floor)
        floor.broker.held["SPY"] = D(7)
        await compared(floor)

        (opened,) = floor.view.state.breaks.values()
        assert (opened.difference.kind, opened.difference.subject) == (BreakKind.POSITION, "SPY")
        assert (opened.difference.ours, opened.difference.theirs) == (D(10), D(7))
        assert opened.severity is Severity.WARNING
        assert await reasons(floor, "SPY") == (Reason.BREAK_OPEN,)
        assert await reasons(floor, "SPY", "1", "SELL") == ()
        assert await reasons(floor, "TLT") == ()

        await compared(floor)
        assert len(floor.view.state.breaks) == 1
        floor.broker.held["SPY"] = D(10)
        await compared(floor)
        assert floor.view.state.breaks == {}
        assert (await floor.kinds())[-1] == "BreakSettled"
        assert await reasons(floor, "SPY") == ()


async def test_cash_that_differs_stops_all_new_risk_but_no_reduction() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100", TLT="50")
        await bought(floor)
        floor.broker.cash += D("0.02")
        await compared(floor)
        (opened,) = floor.view.state.breaks.values()
        assert (opened.difference.kind, opened.severity) == (BreakKind.CASH, Severity.CRITICAL)
        assert await reasons(floor, "TLT") == (Reason.BREAK_OPEN,)
        assert await reasons(floor, "SPY") == (Reason.BREAK_OPEN,)
        assert await reasons(floor, "SPY", "1", "SELL") == ()


async def test_a_cent_of_cash_is_the_venue_rounding() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        floor.broker.cash += D("0.01")
        await compared(floor)
        assert floor.view.state.breaks == {}


async def test_a_holding_that_only_the_venue_knows_is_a_break() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        floor.broker.held["SPY"] = D(3)
        await compared(floor)
        (opened,) = floor.view.state.breaks.values()
        assert (opened.difference.ours, opened.difference.theirs) == (D(0), D(3))


async def test_a_break_that_is_open_is_not_read_twice_again_after_a_restart() -> None:
    first = Floor()
    async with first:
        await first.opened(SPY="100")
        first.broker.cash += 5
        await compared(first)
    async with Floor(first) as second:
        seen = await Reconciler(second.account, second.broker).compare(START + timedelta(hours=1))
        assert seen is not None
        assert [item.subject for item in seen.watched.confirmed] == ["USD"]
        assert seen.watched.next_read is None
        assert len(second.view.state.breaks) == 1


async def test_one_reading_opens_nothing() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        floor.broker.held["SPY"] = D(3)
        reconciler = Reconciler(floor.account, floor.broker)
        seen = await reconciler.compare(START)
        assert seen is not None
        assert [item.subject for item in seen.watched.waiting] == ["SPY"]
        assert floor.view.state.breaks == {}
        floor.broker.held["SPY"] = D(0)
        await reconciler.compare(START + CONFIRMED_AFTER)
        assert floor.view.state.breaks == {}


@pytest.mark.parametrize("call", ("account", "positions", "open_orders", "fills_since"))
async def test_a_read_that_fails_concludes_nothing(call: str) -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        await bought(floor)
        before = await floor.kinds()
        reconciler = Reconciler(floor.account, floor.broker)
        for seconds in (0, 5, 10):
            floor.broker.on(call, VenueUnavailable("away"))
            with pytest.raises(VenueUnavailable):
                await reconciler.compare(START + timedelta(seconds=seconds))
        assert floor.view.state.breaks == {}
        assert await floor.kinds() == before


async def test_what_the_venue_stated_is_recorded_when_it_is_news() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        await bought(floor)
        reconciler = Reconciler(floor.account, floor.broker)
        before = await floor.kinds()
        await reconciler.compare(START)
        await reconciler.compare(START)
        assert await floor.kinds() == [*before, "StatementRead"]
        known = floor.view.state.statements["scripted"]
        assert known.read.cash[0].amount == D(9_000)
        assert known.reconciled_at == known.as_of == floor.broker.now
        floor.broker.cash += 5
        await reconciler.compare(START)
        assert floor.view.state.statements["scripted"].read.agrees is False


async def test_a_fill_that_comes_between_the_readings_is_not_compared() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        await floor.ask(judge(candidate("SPY", "10")))
        await floor.settle()
        floor.broker.fill(floor.order_ids()[0], D(10), D(100))
        assert await Reconciler(floor.account, floor.broker).compare(START) is None


async def test_what_an_order_in_flight_may_have_moved_waits_a_minute() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        await floor.ask(judge(candidate("SPY", "10")))
        await floor.settle()
        floor.broker.held["SPY"], floor.broker.cash = D(10), D(9_000)
        reconciler = Reconciler(floor.account, floor.broker)
        for seconds in (0, 5, 59):
            seen = await reconciler.compare(START + timedelta(seconds=seconds))
            assert seen is not None
            assert not seen.agrees
            assert floor.view.state.breaks == {}
        await reconciler.compare(START + IN_FLIGHT_MAX)
        assert sorted(item.difference.subject for item in floor.view.state.breaks.values()) == ["SPY", "USD"]


async def test_an_order_in_doubt_is_no_difference_and_one_by_hand_is() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100", TLT="50")
        await floor.ask(judge(candidate("SPY", "10")))
        order = next(iter(floor.view.state.orders.values()))
        floor.broker._accept(order.intent)  # it arrived, and our answer is not here yet
        assert order.status is OrderStatus.INTENDED
        seen = await Reconciler(floor.account, floor.broker).compare(START)
        assert seen is not None
        assert seen.agrees
        await floor.settle()
        by_hand = VenueOrder(
            client_order_id="hand", venue_order_id="v9", symbol="TLT", side=Side.BUY, quantity=D(3),
            filled_quantity=D(1), status=OrderStatus.PARTIALLY_FILLED, updated_at=START,
        )  # fmt: skip
        floor.broker._orders["hand"] = by_hand
        await compared(floor)
        (opened,) = floor.view.state.breaks.values()
        found = opened.difference
        assert (found.kind, found.subject, found.symbol) == (BreakKind.ORDER, "hand", "TLT")
        assert await reasons(floor, "TLT") == (Reason.BREAK_OPEN,)
        assert await reasons(floor, "SPY") == ()


async def test_differences_are_explained_from_the_journal_and_the_venue_s_lists() -> None:
    async with Floor() as floor:
        floor.broker._capabilities = Capabilities(venue="scripted", cash_events=True)
        await floor.opened(SPY="100")
        await bought(floor)
        fee = VenueCashEvent(
            event_id="fee-1", sequence=1, kind=CashEventKind.FEE, amount=D("-3"), asset="USD", happened_at=START
        )
        floor.broker.cash_events.append(fee)
        floor.broker.cash -= 3
        reconciler = Reconciler(floor.account, floor.broker)
        best = (await reconciler.explain(await compared(floor, reconciler), floor.journal))[0]
        assert best.proposals == (RecordCash(event=fee),)

        again = venue_fill("SPY", "BUY", "10", "100", order=floor.order_ids()[0], number=2)
        await floor.ask(book(again))  # the same execution under a second name
        best = (await reconciler.explain(await compared(floor, reconciler), floor.journal))[0]
        assert set(best.proposals) == {RecordCash(event=fee), TakeBackFill(fill_id="x2")}


async def test_a_fill_below_our_cursor_is_found_at_the_venue() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        await bought(floor)
        await bought(floor, size="5")
        reconciler = Reconciler(floor.account, floor.broker)
        missed = venue_fill("SPY", "BUY", "2", "100", number=1)
        floor.broker._fills.append(missed)  # it lists one more, with a number that we have passed
        floor.broker.held["SPY"] += 2
        floor.broker.cash -= 200
        best = (await reconciler.explain(await compared(floor, reconciler), floor.journal))[0]
        assert best.proposals == (BookFill(fill=missed),)
        assert best.score == 100


async def test_a_fill_that_is_older_than_the_venue_s_list_is_no_duplicate_of_one_like_it() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        await floor.ask(book(venue_fill("SPY", "BUY", "10", "100", number=1)))
        late = replace(venue_fill("SPY", "BUY", "10", "100", number=2), filled_at=START + timedelta(days=3))
        await floor.ask(book(late))
        floor.broker._fills.append(late)  # the venue lists the last day alone
        floor.broker.held["SPY"], floor.broker.cash = D(20), D(7_995)
        reconciler = Reconciler(floor.account, floor.broker)
        best = (await reconciler.explain(await compared(floor, reconciler), floor.journal))[0]
        assert [len(cause.kinds) for cause in best.causes] == [4]  # some movement, whatever it was
        assert not any("leaves out" in line.why for line in best.lines)


async def test_the_journal_is_read_whole() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        await bought(floor)
        assert [fact.kind for fact in await facts_of(floor.journal, floor.account)] == await floor.kinds()
        assert floor.view.state.holdings["scripted:SPY:1"].owners == {TREND: D(10)}
