"""Is the paper venue durable, deterministic and honest about what a cash account can carry?"""

import contextlib
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.adapters.brokers.paper import STREAM_LENGTH_MAX, PaperBroker
from counterpoise.adapters.brokers.paper_book import PaperTerms, Session
from counterpoise.adapters.brokers.paper_model import NONE, WILD, Faults, FillModel
from counterpoise.adapters.brokers.paper_store import PaperStore
from counterpoise.domain.errors import (
    ConfigurationError,
    InvalidInput,
    OrderRejected,
    OutcomeUnknown,
    VenueUnavailable,
)
from counterpoise.domain.orders import OrderIntent, OrderStatus, Side, TimeInForce
from counterpoise.domain.statements import VenueFill, VenueOrder
from counterpoise.execution.broker import Accepted
from counterpoise.execution.executor import send
from tests.adapters.paper_story import FIRST, Hand, tell
from tests.execution.orders import approved, intent

D = Decimal
SURE = D(1)
NEXT = FIRST + timedelta(days=1)
PRICES = {"SPY": D(100), "QQQ": D(50)}


@pytest.fixture
async def venue() -> AsyncIterator[PaperBroker]:
    """In memory, without faults, 10,000 of cash."""
    broker = await funded()
    yield broker
    broker.close()


async def funded(
    faults: Faults = NONE, *, clock: Hand | None = None, terms: PaperTerms | None = None, path: Path | None = None
) -> PaperBroker:
    broker = PaperBroker(clock or Hand(), FillModel(faults=faults), terms, path)
    await broker.deposit(D(10_000), "opening")
    return broker


async def status(broker: PaperBroker, client_order_id: str) -> OrderStatus | None:
    order = await broker.order_by_client_id(client_order_id)
    return None if order is None else order.status


async def place(broker: PaperBroker, order: OrderIntent) -> None:
    """Send, whatever comes back."""
    await send(approved(order), broker, lambda: True)


def contents(path: Path) -> list[str]:
    """Everything in a venue's file, as SQL."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        return list(db.iterdump())


def exit_of(*arguments: str) -> int:
    """How a Python process of its own ended."""
    child = subprocess.run([sys.executable, *arguments], cwd=Path(__file__).parents[2], check=False)
    return child.returncode


async def test_an_order_in_an_open_session_fills_at_once_at_its_price(venue: PaperBroker) -> None:
    await venue.open_session(FIRST, PRICES)
    await venue.submit(approved(intent("p1", quantity="3")))
    (fill,) = await venue.fills_since(0)
    assert (fill.price, fill.quantity, fill.filled_at, fill.cumulative) == (D(100), D(3), FIRST, D(3))
    assert await status(venue, "p1") is OrderStatus.FILLED


async def test_orders_that_arrive_after_the_close_wait_for_the_next_session(venue: PaperBroker) -> None:
    await venue.open_session(FIRST, PRICES)
    await venue.close_session()
    await venue.submit(approved(intent("p1")))
    assert await venue.fills_since(0) == ()
    await venue.open_session(NEXT, {"SPY": D(90)})
    assert [(fill.price, fill.filled_at) for fill in await venue.fills_since(0)] == [(D(90), NEXT)]


@pytest.mark.parametrize("arrival", list(permutations(("p1", "p5", "p9"))), ids="-".join)
async def test_queued_orders_meet_one_auction_whoever_came_first(arrival: tuple[str, ...], venue: PaperBroker) -> None:
    for name in arrival:
        await venue.submit(approved(intent(name, quantity="40")))
    await venue.open_session(FIRST, PRICES)
    assert [fill.client_order_id for fill in await venue.fills_since(0)] == ["p1", "p5"]
    refused = await venue.order_by_client_id("p9")
    assert refused is not None
    assert (refused.status, refused.reason) == (OrderStatus.REJECTED, "insufficient cash")


async def test_in_an_auction_sales_of_what_is_held_pay_for_purchases(venue: PaperBroker) -> None:
    await venue.submit(approved(intent("first", quantity="100")))
    await venue.open_session(FIRST, PRICES)
    await venue.close_session()
    await venue.submit(approved(intent("a-buy", quantity="50")))
    await venue.submit(approved(intent("z-sell", Side.SELL, quantity="50")))
    await venue.open_session(NEXT, PRICES)
    assert [fill.client_order_id for fill in await venue.fills_since(1)] == ["z-sell", "a-buy"]


async def test_a_symbol_without_a_price_is_not_traded(venue: PaperBroker) -> None:
    await venue.open_session(FIRST, PRICES)
    await venue.close_session()
    await venue.submit(approved(intent("day")))
    await venue.submit(approved(intent("gtc", time_in_force=TimeInForce.GTC)))
    await venue.open_session(NEXT, {"QQQ": D(51)})
    assert await venue.fills_since(0) == ()
    await venue.close_session()
    assert await status(venue, "day") is OrderStatus.EXPIRED
    assert await status(venue, "gtc") is OrderStatus.ACCEPTED
    assert [price.at for price in await venue.prices(["SPY", "QQQ", "XYZ"])] == [FIRST, NEXT]


@pytest.mark.parametrize(
    ("side", "limit", "slippage_bps", "price"),
    (
        pytest.param(Side.BUY, "99.99", "0", None, id="a purchase below the market waits"),
        pytest.param(Side.BUY, "100", "0", "100", id="a purchase at the market"),
        pytest.param(Side.BUY, "100.02", "5", "100.02", id="slippage stops at the limit"),
        pytest.param(Side.BUY, "101", "5", "100.05", id="slippage within the limit"),
        pytest.param(Side.SELL, "100.01", "0", None, id="a sale above the market waits"),
        pytest.param(Side.SELL, "99.98", "5", "99.98", id="a sale's slippage stops at the limit"),
    ),
)
async def test_a_limit_is_never_passed(side: Side, limit: str, slippage_bps: str, price: str | None) -> None:
    broker = PaperBroker(Hand(), FillModel(slippage_bps=D(slippage_bps)), PaperTerms(shorting=True))
    await broker.deposit(D(10_000), "opening")
    await broker.open_session(FIRST, PRICES)
    await broker.submit(approved(intent("p1", side, limit=limit)))
    assert [fill.price for fill in await broker.fills_since(0)] == ([] if price is None else [D(price)])
    broker.close()


@pytest.mark.parametrize(
    ("order", "terms", "reason"),
    (
        pytest.param(intent("p1", quantity="100"), PaperTerms(), None, id="all the cash"),
        pytest.param(
            intent("p1", quantity="100.000000001"), PaperTerms(), "insufficient cash", id="more than the cash"
        ),
        pytest.param(intent("p1", quantity="101"), PaperTerms(borrowing=True), None, id="borrowing"),
        pytest.param(intent("p1", Side.SELL), PaperTerms(), "insufficient quantity", id="more than is held"),
        pytest.param(intent("p1", Side.SELL), PaperTerms(shorting=True), None, id="shorting"),
    ),
)
async def test_what_the_account_cannot_carry_is_refused(
    order: OrderIntent, terms: PaperTerms, reason: str | None
) -> None:
    broker = await funded(terms=terms)
    await broker.open_session(FIRST, PRICES)
    outcome = contextlib.nullcontext() if reason is None else pytest.raises(OrderRejected, match=reason)
    with outcome:
        await broker.submit(approved(order))
    assert await status(broker, "p1") is (OrderStatus.FILLED if reason is None else OrderStatus.REJECTED)
    assert len(await broker.fills_since(0)) == (reason is None)
    broker.close()


async def test_the_fee_counts_in_what_cash_can_carry() -> None:
    broker = PaperBroker(Hand(), FillModel(fee_bps=D(1)))
    await broker.deposit(D(10_000), "opening")
    await broker.open_session(FIRST, PRICES)
    with pytest.raises(OrderRejected, match="insufficient cash"):
        await broker.submit(approved(intent("p1", quantity="100")))
    await broker.submit(approved(intent("p2", quantity="50")))
    assert (await broker.account()).cash == D("4999.5")
    broker.close()


async def test_a_refused_order_stays_refused_when_it_is_sent_again(venue: PaperBroker) -> None:
    await venue.open_session(FIRST, PRICES)
    for _ in range(2):
        with pytest.raises(OrderRejected, match="insufficient quantity"):
            await venue.submit(approved(intent("p1", Side.SELL)))
    assert await venue.fills_since(0) == ()


async def test_sessions_are_idempotent_by_time(venue: PaperBroker) -> None:
    assert venue.session() == Session(at=None, is_open=False)
    await venue.submit(approved(intent("p1")))
    assert await venue.open_session(FIRST, PRICES) is True
    before = await venue.fills_since(0)
    assert await venue.open_session(FIRST, {"SPY": D(1)}) is True
    assert await venue.fills_since(0) == before
    assert (await venue.prices(["SPY"]))[0].price == D(100)
    await venue.close_session()
    await venue.close_session()
    assert await venue.open_session(FIRST, PRICES) is False
    assert await venue.open_session(FIRST - timedelta(days=1), PRICES) is False
    assert venue.session() == Session(at=FIRST, is_open=False)


async def test_a_session_cannot_open_over_another(venue: PaperBroker) -> None:
    await venue.open_session(FIRST, PRICES)
    with pytest.raises(InvalidInput, match="closed first"):
        await venue.open_session(NEXT, PRICES)
    assert venue.session() == Session(at=FIRST, is_open=True)


@pytest.mark.parametrize("price", ("0", "-1", "NaN", "Infinity"))
async def test_what_is_no_price_is_refused(venue: PaperBroker, price: str) -> None:
    with pytest.raises(InvalidInput, match="price of SPY"):
        await venue.open_session(FIRST, {"SPY": D(price)})
    assert venue.session().is_open is False


async def test_the_end_expires_everything_that_is_open(venue: PaperBroker) -> None:
    await venue.submit(approved(intent("day")))
    await venue.submit(approved(intent("gtc", time_in_force=TimeInForce.GTC)))
    await venue.end()
    assert [await status(venue, name) for name in ("day", "gtc")] == [OrderStatus.EXPIRED] * 2
    assert await venue.open_orders() == ()


async def test_equity_is_unknown_while_a_position_has_no_price() -> None:
    broker = await funded(terms=PaperTerms(continuous=True))
    await broker.set_price("SPY", D(100), FIRST)
    await broker.submit(approved(intent("p1")))
    await broker.set_price("SPY", D(110), FIRST)
    assert (await broker.account()).equity == D(10_100)
    broker._book.ticks.clear()
    assert (await broker.account()).equity is None
    broker.close()


# --- faults ---


async def test_a_lost_request_leaves_no_order_and_may_be_sent_again() -> None:
    broker = await funded(Faults(lost_request=SURE))
    with pytest.raises(OutcomeUnknown):
        await broker.submit(approved(intent("p1")))
    assert await broker.order_by_client_id("p1") is None
    broker._book._model = FillModel()
    assert await broker.submit(approved(intent("p1"))) == "paper-p1"
    broker.close()


async def test_a_hidden_order_is_there_all_the_same() -> None:
    broker = await funded(Faults(not_visible=SURE))
    with pytest.raises(OutcomeUnknown):
        await broker.submit(approved(intent("p1")))
    patience = FillModel().patience("p1")
    looks = [await broker.order_by_client_id("p1") for _ in range(patience + 1)]
    assert looks[:patience] == [None] * patience
    assert looks[patience] is not None
    assert len(await broker.open_orders()) == 1
    broker.close()


async def test_a_hidden_order_shows_in_time_without_being_looked_for() -> None:
    hand = Hand()
    broker = await funded(Faults(not_visible=SURE), clock=hand)
    await place(broker, intent("p1"))
    assert await broker.open_orders() == ()
    hand.at += timedelta(seconds=20)
    assert await status(broker, "p1") is OrderStatus.ACCEPTED
    broker.close()


async def test_sending_a_hidden_order_again_makes_no_second_one() -> None:
    broker = await funded(Faults(not_visible=SURE))
    await place(broker, intent("p1"))
    broker._book._model = FillModel()
    with pytest.raises(OutcomeUnknown, match="taken"):
        await broker.submit(approved(intent("p1")))
    await broker.open_session(FIRST, PRICES)
    assert [fill.quantity for fill in await broker.fills_since(0)] == [D(10)]
    broker.close()


async def test_a_late_order_fills_only_once_it_has_arrived() -> None:
    broker = await funded(Faults(late_accept=SURE))
    await broker.open_session(FIRST, PRICES)
    await place(broker, intent("p1"))
    assert await broker.fills_since(0) == ()
    statuses = [await status(broker, "p1") for _ in range(FillModel().patience("p1") + 1)]
    assert statuses[-1] is OrderStatus.FILLED
    assert statuses[:-1] == [None] * (len(statuses) - 1)
    assert len(await broker.fills_since(0)) == 1
    broker.close()


async def test_a_late_order_arrives_by_itself_in_a_later_session() -> None:
    hand = Hand()
    broker = await funded(Faults(late_accept=SURE), clock=hand)
    await broker.open_session(FIRST, PRICES)
    await place(broker, intent("p1"))
    await broker.close_session()
    hand.at = NEXT
    await broker.open_session(NEXT, {"SPY": D(90)})
    assert [(fill.price, fill.filled_at) for fill in await broker.fills_since(0)] == [(D(90), NEXT)]
    broker.close()


async def test_a_refusal_whose_answer_was_lost_is_found_refused() -> None:
    broker = await funded(Faults(timeout_after_accept=SURE))
    await broker.open_session(FIRST, PRICES)
    with pytest.raises(OutcomeUnknown):
        await broker.submit(approved(intent("p1", Side.SELL)))
    assert await status(broker, "p1") is OrderStatus.REJECTED
    broker.close()


async def test_a_remainder_expires_with_the_session() -> None:
    broker = await funded(Faults(remainder=SURE))
    await broker.open_session(FIRST, PRICES)
    await broker.submit(approved(intent("p1")))
    fills = await broker.fills_since(0)
    filled = sum((fill.quantity for fill in fills), D(0))
    assert 0 < filled < 10
    assert await status(broker, "p1") is OrderStatus.PARTIALLY_FILLED
    await broker.close_session()
    order = await broker.order_by_client_id("p1")
    assert order is not None
    assert (order.status, order.filled_quantity) == (OrderStatus.EXPIRED, filled)
    assert await broker.fills_since(0) == fills
    broker.close()


async def test_the_acknowledgement_may_come_after_the_fills() -> None:
    broker = await funded(Faults(late_acknowledgement=SURE))
    stream = broker.stream()
    await broker.open_session(FIRST, PRICES)
    await broker.submit(approved(intent("p1")))
    broker.close()
    events = [event async for event in stream]
    told = [event.status if isinstance(event, VenueOrder) else "fill" for event in events]
    assert told == ["fill", OrderStatus.ACCEPTED, OrderStatus.FILLED]


ORDERS = [intent(f"p{n}", quantity=quantity) for n, quantity in enumerate(("7", "1", "2.5", "0.000000003", "4", "9"))]


async def filled_by(orders: Sequence[OrderIntent]) -> dict[str, list[tuple[str, D, D]]]:
    """Order → its fills, after one session at a wild venue."""
    broker = await funded(replace(WILD, lost_request=D(0)))
    await broker.open_session(FIRST, PRICES)
    for order in orders:
        await place(broker, order)
    for _ in range(5):
        for order in orders:
            await broker.order_by_client_id(order.client_order_id)
    fills: dict[str, list[tuple[str, D, D]]] = {order.client_order_id: [] for order in ORDERS}
    for fill in await broker.fills_since(0):
        fills[fill.client_order_id].append((fill.fill_id, fill.quantity, fill.price))
    broker.close()
    return fills


@given(orders=st.permutations(ORDERS))
async def test_fills_do_not_depend_on_the_order_of_arrival(orders: list[OrderIntent]) -> None:
    fills = await filled_by(orders)
    assert fills == await filled_by(ORDERS)
    for order in ORDERS:
        assert sum((quantity for _, quantity, _ in fills[order.client_order_id]), D(0)) <= order.quantity


# --- continuous matching ---


async def test_a_continuous_market_fills_one_part_a_price() -> None:
    broker = await funded(Faults(partial=SURE), terms=PaperTerms(continuous=True))
    await broker.submit(approved(intent("p1")))
    assert await broker.fills_since(0) == ()
    parts, _ = FillModel(faults=Faults(partial=SURE)).parts("p1", D(10))
    for n in range(len(parts)):
        assert len(await broker.fills_since(0)) == n
        await broker.set_price("QQQ", D(50), FIRST)
        await broker.set_price("SPY", D(100 + n), FIRST)
    fills = await broker.fills_since(0)
    assert [(fill.quantity, fill.price) for fill in fills] == [(q, D(100 + n)) for n, q in enumerate(parts)]
    assert await status(broker, "p1") is OrderStatus.FILLED
    broker.close()


async def test_a_limit_waits_for_its_price_in_a_continuous_market() -> None:
    broker = await funded(terms=PaperTerms(continuous=True))
    await broker.set_price("SPY", D(101), FIRST)
    await broker.submit(approved(intent("p1", limit="100")))
    assert await broker.fills_since(0) == ()
    await broker.set_price("SPY", D("99.5"), FIRST)
    assert [fill.price for fill in await broker.fills_since(0)] == [D("99.5")]
    broker.close()


async def test_cash_that_runs_out_between_parts_ends_the_order() -> None:
    broker = await funded(Faults(partial=SURE), terms=PaperTerms(continuous=True))
    await broker.set_price("SPY", D(100), FIRST)
    await broker.submit(approved(intent("p1")))
    await broker.set_price("SPY", D(1_000_000), FIRST)
    order = await broker.order_by_client_id("p1")
    assert order is not None
    assert (order.status, order.reason) == (OrderStatus.CANCELED, "insufficient cash")
    assert 0 < order.filled_quantity < 10
    broker.close()


async def test_the_two_ways_of_matching_do_not_mix(venue: PaperBroker) -> None:
    with pytest.raises(InvalidInput, match="in sessions"):
        await venue.set_price("SPY", D(100), FIRST)
    other = await funded(terms=PaperTerms(continuous=True))
    with pytest.raises(InvalidInput, match="continuously"):
        await other.open_session(FIRST, PRICES)
    other.close()


# --- the file ---


async def test_a_reopened_file_goes_on_where_it_was(tmp_path: Path) -> None:
    first = await funded(path=tmp_path / "paper.db")
    await first.open_session(FIRST, PRICES)
    await first.submit(approved(intent("p1", quantity="10")))
    await first.close_session()
    await first.submit(approved(intent("p2", quantity="5")))
    first.close()
    second = await funded(path=tmp_path / "paper.db")
    assert [order.client_order_id for order in await second.open_orders()] == ["p2"]
    assert (await second.account()).cash == D(9_000)
    assert await second.open_session(FIRST, PRICES) is False
    await second.open_session(NEXT, PRICES)
    assert [(f.sequence, f.fill_id) for f in await second.fills_since(0)] == [(1, "p1/1"), (2, "p2/1")]
    second.close()


def test_the_file_is_durable_when_it_answers(tmp_path: Path) -> None:
    store = PaperStore(tmp_path / "paper.db")
    assert store.pragmas == ("wal", 2)
    store.close()


@pytest.mark.parametrize(
    "make",
    (
        pytest.param(lambda path: path.mkdir(), id="a folder"),
        pytest.param(lambda path: path.write_bytes(b"no database at all" * 99), id="not a database"),
        pytest.param(
            lambda path: sqlite3.connect(path).execute("PRAGMA user_version=99").connection.close(), id="newer"
        ),
    ),
)
def test_what_is_no_paper_venue_is_refused(tmp_path: Path, make: object) -> None:
    path = tmp_path / "paper.db"
    assert callable(make)
    make(path)
    with pytest.raises(ConfigurationError, match=r"paper\.db"):
        PaperStore(path)


async def test_a_file_that_fails_is_a_venue_that_does_not_answer(tmp_path: Path) -> None:
    broker = await funded(path=tmp_path / "paper.db")
    broker._store.close()
    with pytest.raises(VenueUnavailable):
        await broker.positions()
    with pytest.raises(OutcomeUnknown):
        await broker.submit(approved(intent("p1")))
    with pytest.raises(OutcomeUnknown):
        await broker.cancel("p1")


async def test_a_full_disk_leaves_nothing_half_done(tmp_path: Path) -> None:
    broker = await funded(path=tmp_path / "paper.db")
    await broker.open_session(FIRST, PRICES)
    stream = broker.stream()
    pages = broker._store._db.execute("PRAGMA page_count").fetchone()[0]
    broker._store._db.execute(f"PRAGMA max_page_count={pages}")
    n = 0
    while isinstance(await send(approved(intent(f"p{n}", quantity="0.01")), broker, lambda: True), Accepted):
        n += 1
    assert 0 < n < 500
    assert await broker.order_by_client_id(f"p{n}") is None
    cash = (await broker.account()).cash
    assert cash == 10_000 - sum(fill.quantity * fill.price for fill in await broker.fills_since(0))
    broker._store._db.execute("PRAGMA max_page_count=1000000")
    await broker.submit(approved(intent(f"p{n}", quantity="0.01")))
    fills = await broker.fills_since(0)
    broker.close()
    assert [event async for event in stream if isinstance(event, VenueFill)] == list(fills)


async def test_a_listener_that_falls_behind_loses_news_and_reads_them(venue: PaperBroker) -> None:
    stream = venue.stream()
    await venue.open_session(FIRST, PRICES)
    venue._listeners[0]._maxsize = 3  # type: ignore[attr-defined]
    for n in range(5):
        await venue.submit(approved(intent(f"p{n}", quantity="1")))
    venue.close()
    heard = [event async for event in stream]
    assert len(heard) == 2
    assert STREAM_LENGTH_MAX >= 1_000


async def test_a_killed_venue_and_an_undisturbed_one_agree_to_the_byte(tmp_path: Path) -> None:
    await tell(tmp_path / "undisturbed.db")
    expected = contents(tmp_path / "undisturbed.db")
    assert sum('INSERT INTO "fills"' in line for line in expected) > 10
    for statement in (3, 40, 77, 131, 190, 243, 310):
        path = tmp_path / f"killed-{statement}.db"
        assert exit_of("-m", "tests.adapters.paper_story", str(path), str(statement)) == -signal.SIGKILL
        await tell(path)
        assert contents(path) == expected, statement


async def test_a_kill_between_acceptance_and_answer_loses_and_doubles_nothing(tmp_path: Path) -> None:
    path = tmp_path / "paper.db"
    program = (
        "import asyncio, os, signal\n"
        "from pathlib import Path\n"
        "from counterpoise.adapters.brokers.paper import PaperBroker\n"
        "from counterpoise.domain.numbers import exact\n"
        "from tests.adapters.test_paper import FIRST, PRICES, approved, funded, intent\n"
        "PaperBroker._answer = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "async def main():\n"
        f"    broker = await funded(path=Path({str(path)!r}))\n"
        "    await broker.open_session(FIRST, PRICES)\n"
        "    await broker.submit(approved(intent('p1', quantity='10')))\n"
        "with exact(): asyncio.run(main())\n"
    )
    assert exit_of("-c", program) == -signal.SIGKILL
    broker = await funded(path=path)
    assert await status(broker, "p1") is OrderStatus.FILLED
    with pytest.raises(OutcomeUnknown, match="taken"):
        await broker.submit(approved(intent("p1", quantity="10")))
    assert [fill.fill_id for fill in await broker.fills_since(0)] == ["p1/1"]
    assert (await broker.account()).cash == D(9_000)
    broker.close()
