"""Does every broker keep the port's promises? The same cases over each, however it keeps its orders."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Protocol

import pytest

from counterpoise.adapters.brokers.paper import PaperBroker
from counterpoise.adapters.brokers.paper_model import Faults, FillModel
from counterpoise.adapters.brokers.scripted import LosesAnswer, ScriptedBroker
from counterpoise.domain.errors import OrderRejected, OutcomeUnknown
from counterpoise.domain.orders import OrderStatus, Side
from counterpoise.domain.statements import CashEventKind, VenueFill, VenueOrder
from counterpoise.execution.broker import Accepted, Broker, Unknown
from counterpoise.execution.executor import send
from tests.execution.orders import approved, intent

D = Decimal
DAY = datetime(2024, 1, 2, 21, tzinfo=UTC)
PRICES = {"SPY": D(100), "QQQ": D(50)}
CASH = D(10_000)
CERTAIN = D(1)


@dataclass
class Hand:
    """A clock that only a test moves."""

    at: datetime = DAY

    def now(self) -> datetime:
        return self.at


class Venue(Protocol):
    """A broker and what a test needs to move the world behind it."""

    @property
    def broker(self) -> Broker: ...
    async def fund(self) -> None: ...
    async def trade(self) -> None:
        """Fill in full, at PRICES, what is open."""

    def lose_answers(self) -> None:
        """From now on orders are accepted and the sender hears nothing."""

    def refuse(self) -> None:
        """From now on orders are refused."""

    def close(self) -> None: ...


class Paper:
    """The paper venue, in a file or in memory; faults are those of its model."""

    def __init__(self, path: Path | None) -> None:
        self.clock = Hand()
        self.broker = PaperBroker(self.clock, path=path)

    async def fund(self) -> None:
        await self.broker.deposit(CASH, "opening")

    async def trade(self) -> None:
        await self.broker.open_session(DAY, PRICES)

    def lose_answers(self) -> None:
        self.broker._book._model = FillModel(faults=Faults(timeout_after_accept=CERTAIN))

    def refuse(self) -> None:
        self.broker._book._model = FillModel(faults=Faults(reject=CERTAIN))

    def close(self) -> None:
        self.broker.close()


class Scripted:
    """The fake, moved by hand."""

    def __init__(self, path: Path | None) -> None:
        self.broker = ScriptedBroker()

    async def fund(self) -> None:
        self.broker.cash = CASH

    async def trade(self) -> None:
        for order in await self.broker.open_orders():
            self.broker.fill(order.client_order_id, order.quantity, PRICES[order.symbol])
            (final,) = [o for o in self.broker._orders.values() if o.client_order_id == order.client_order_id]
            self.broker.tell(final)

    def lose_answers(self) -> None:
        self.broker.on("submit", *[LosesAnswer(accepted=True)] * 9)

    def refuse(self) -> None:
        self.broker.on("submit", *[OrderRejected("no")] * 9)

    def close(self) -> None:
        self.broker.hang_up()


MAKERS: Mapping[str, Callable[[Path], Venue]] = {
    "paper in a file": lambda folder: Paper(folder / "paper.db"),
    "paper in memory": lambda _: Paper(None),
    "scripted": lambda _: Scripted(None),
}


@pytest.fixture(params=MAKERS)
def venue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Venue]:
    made = MAKERS[request.param](tmp_path)
    yield made
    made.close()


async def test_an_accepted_order_is_open_until_it_fills(venue: Venue) -> None:
    await venue.fund()
    venue_order_id = await venue.broker.submit(approved(intent("p1", quantity="10")))
    (order,) = await venue.broker.open_orders()
    assert (order.client_order_id, order.venue_order_id) == ("p1", venue_order_id)
    assert (order.status, order.quantity, order.filled_quantity) == (OrderStatus.ACCEPTED, D(10), D(0))
    await venue.trade()
    filled = await venue.broker.order_by_client_id("p1")
    assert filled is not None
    assert (filled.status, filled.filled_quantity) == (OrderStatus.FILLED, D(10))
    assert await venue.broker.open_orders() == ()


async def test_a_fill_moves_cash_and_units_together(venue: Venue) -> None:
    await venue.fund()
    await venue.broker.submit(approved(intent("p1", quantity="10")))
    await venue.broker.submit(approved(intent("p2", quantity="4", symbol="QQQ")))
    await venue.trade()
    assert (await venue.broker.account()).cash == CASH - 10 * 100 - 4 * 50
    assert {p.symbol: p.quantity for p in await venue.broker.positions()} == {"SPY": D(10), "QQQ": D(4)}


async def test_a_refusal_is_said_and_fills_nothing(venue: Venue) -> None:
    await venue.fund()
    venue.refuse()
    with pytest.raises(OrderRejected):
        await venue.broker.submit(approved(intent("p1")))
    await venue.trade()
    assert await venue.broker.fills_since(0) == ()
    assert await venue.broker.open_orders() == ()


async def test_an_order_whose_answer_was_lost_is_found_by_its_client_id(venue: Venue) -> None:
    await venue.fund()
    venue.lose_answers()
    assert isinstance(await send(approved(intent("p1")), venue.broker, lambda: True), Unknown)
    found = await venue.broker.order_by_client_id("p1")
    assert found is not None
    assert found.status is OrderStatus.ACCEPTED


async def test_an_order_that_never_was_is_not_found(venue: Venue) -> None:
    assert await venue.broker.order_by_client_id("p1") is None


async def test_a_taken_client_id_makes_no_second_order_and_is_no_refusal(venue: Venue) -> None:
    await venue.fund()
    await venue.broker.submit(approved(intent("p1", quantity="10")))
    with pytest.raises(OutcomeUnknown):
        await venue.broker.submit(approved(intent("p1", quantity="10")))
    assert len(await venue.broker.open_orders()) == 1
    await venue.trade()
    with pytest.raises(OutcomeUnknown):
        await venue.broker.submit(approved(intent("p1", quantity="10")))
    assert [fill.quantity for fill in await venue.broker.fills_since(0)] == [D(10)]


async def test_fills_are_read_on_from_a_cursor(venue: Venue) -> None:
    await venue.fund()
    for name in ("p1", "p2", "p3"):
        await venue.broker.submit(approved(intent(name, quantity="1")))
    await venue.trade()
    fills = await venue.broker.fills_since(0)
    assert [fill.client_order_id for fill in fills] == ["p1", "p2", "p3"]
    assert [fill.sequence for fill in fills] == sorted({fill.sequence for fill in fills})
    assert len({fill.fill_id for fill in fills}) == 3
    assert await venue.broker.fills_since(fills[0].sequence) == fills[1:]
    assert await venue.broker.fills_since(fills[-1].sequence) == ()


async def test_a_cancelled_order_fills_no_more(venue: Venue) -> None:
    await venue.fund()
    await venue.broker.submit(approved(intent("p1")))
    await venue.broker.cancel("p1")
    await venue.trade()
    order = await venue.broker.order_by_client_id("p1")
    assert order is not None
    assert (order.status, order.filled_quantity) == (OrderStatus.CANCELED, D(0))
    assert await venue.broker.fills_since(0) == ()


async def test_what_is_finished_or_unknown_cannot_be_cancelled(venue: Venue) -> None:
    await venue.fund()
    with pytest.raises(OrderRejected):
        await venue.broker.cancel("p1")
    await venue.broker.submit(approved(intent("p1")))
    await venue.trade()
    with pytest.raises(OrderRejected):
        await venue.broker.cancel("p1")
    assert len(await venue.broker.fills_since(0)) == 1


async def test_the_stream_tells_what_the_reads_say(venue: Venue) -> None:
    await venue.fund()
    stream = venue.broker.stream()
    await venue.broker.submit(approved(intent("p1", quantity="10")))
    await venue.trade()
    venue_fills = await venue.broker.fills_since(0)
    final = await venue.broker.order_by_client_id("p1")
    venue.close()
    events = [event async for event in stream]
    assert [event for event in events if isinstance(event, VenueFill)] == list(venue_fills)
    assert [event for event in events if isinstance(event, VenueOrder)][-1] == final


async def test_a_sale_gives_cash(venue: Venue) -> None:
    await venue.fund()
    await venue.broker.submit(approved(intent("p1", quantity="10")))
    await venue.broker.submit(approved(intent("p2", Side.SELL, quantity="4")))
    await venue.trade()
    assert (await venue.broker.account()).cash == CASH - 600
    assert [p.quantity for p in await venue.broker.positions()] == [D(6)]


async def test_an_accepted_order_is_an_accepted_outcome(venue: Venue) -> None:
    await venue.fund()
    outcome = await send(approved(intent("p1")), venue.broker, lambda: True)
    order = await venue.broker.order_by_client_id("p1")
    assert order is not None
    assert outcome == Accepted(venue_order_id=order.venue_order_id)


@pytest.mark.parametrize("path", (pytest.param("paper.db", id="file"), pytest.param(None, id="memory")))
async def test_a_deposit_is_one_cash_event_however_often_it_is_sent(tmp_path: Path, path: str | None) -> None:
    broker = PaperBroker(Hand(), path=tmp_path / path if path else None)
    answers = [await broker.deposit(CASH, "opening"), await broker.deposit(CASH, "opening")]
    assert answers == [True, False]
    (event,) = await broker.cash_events_since(0)
    assert (event.kind, event.amount, event.asset) == (CashEventKind.DEPOSIT, CASH, "USD")
    assert await broker.cash_events_since(event.sequence) == ()
    assert (await broker.account()).cash == CASH
    broker.close()


async def test_the_paper_clock_is_the_one_it_was_given() -> None:
    hand = Hand()
    broker = PaperBroker(hand)
    hand.at = DAY + timedelta(hours=1)
    answer = await broker.clock()
    assert (answer.now, answer.is_open) == (hand.at, False)
    broker.close()
