"""Does a running account hold when its owner lost the folder, its latch the disk, or a caller the right?"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from counterpoise import wiring
from counterpoise.adapters.brokers.scripted import VENUE, ScriptedBroker
from counterpoise.adapters.folder import DataFolder, Ownership
from counterpoise.domain.accounts import Actor, Scope
from counterpoise.domain.decisions import TradingState
from counterpoise.domain.errors import ConfigurationError, DataFolderInUse, InvalidInput, PolicyRefused
from counterpoise.domain.instruments import Instrument, instrument_id
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.orders import OrderStatus
from counterpoise.library.opening import Opening
from counterpoise.library.plane import Counterpoise
from counterpoise.settings import Settings
from counterpoise.wiring import PaperSetup
from tests.control.making import BOT, OWNER, START, TREND, D, candidate
from tests.library.test_plane import ACCOUNT, fakes, opened

READER = Actor(name="reader", scope=Scope.READ, fresh=True)
PROPOSER = Actor(name="bot", scope=Scope.PROPOSE, fresh=True)
MINE = Opening.paper("mine", cash=Decimal(1000), symbols=("SPY",))


async def facts_of(plane: Counterpoise, name: str) -> int:
    """How many facts of that kind the journal holds."""
    return sum([entry.kind == name async for entry in plane.parts.journal.read(plane.account_id)])


async def known_to_the_venue(plane: Counterpoise) -> int:
    """Orders and executions that the venue knows of."""
    broker = plane.parts.broker
    assert broker is not None
    return len(await broker.open_orders()) + len(await broker.fills_since(0))


async def test_an_owner_that_lost_its_folder_sends_nothing() -> None:
    parts = fakes()
    async with Counterpoise.run(parts, ACCOUNT) as plane:
        await opened(plane)
        parts.owns = lambda: False
        answer = await plane.judge(TREND, "s1", (candidate("SPY", "1"),), BOT, START)
        assert answer.detail[0].allowed  # type: ignore[index]
        await plane.settle(START)
        assert (await facts_of(plane, "OrderIntended"), await facts_of(plane, "OrderCancelled")) == (1, 1)
        assert await facts_of(plane, "OrderAcknowledged") == 0
        assert (await known_to_the_venue(plane), plane.overview().open_orders) == (0, 0)


async def test_an_owner_whose_lock_file_was_replaced_sends_nothing(tmp_path: Path) -> None:
    async with Counterpoise.open(tmp_path, MINE) as plane:
        await plane.set_strategy(TREND)
        await plane.tick({"SPY": Decimal(100)})
        lock = tmp_path / "owner.lock"
        lock.rename(tmp_path / "owner.old")
        lock.touch()
        await plane.judge(TREND, "s1", (candidate("SPY", "1"),))
        await plane.settle()
        assert await facts_of(plane, "OrderCancelled") == 1
        assert await known_to_the_venue(plane) == 0


@pytest.mark.parametrize("recorded", (True, False), ids=("a recorded halt", "a latched halt alone"))
@pytest.mark.parametrize("actor", (PROPOSER, READER), ids=lambda actor: str(actor.scope))
async def test_whoever_may_not_trade_releases_no_halt_however_fresh(actor: Actor, *, recorded: bool) -> None:
    parts = fakes()
    async with Counterpoise.run(parts, ACCOUNT) as plane:
        await opened(plane)
        if recorded:
            await plane.halt("the news", OWNER, START)
        else:
            parts.latch.engage("from another process")
        with pytest.raises(PolicyRefused):
            await plane.resume("calm again", actor, START)
        assert parts.latch.is_engaged
        assert plane.overview().trading_state is (TradingState.HALTED if recorded else TradingState.ACTIVE)


async def test_a_reader_halts_nothing() -> None:
    parts = fakes()
    async with Counterpoise.run(parts, ACCOUNT) as plane:
        await opened(plane)
        with pytest.raises(PolicyRefused):
            await plane.halt("because", READER, START)
        assert not parts.latch.is_engaged
        assert plane.overview().trading_state is TradingState.ACTIVE


@pytest.mark.parametrize("amount", ("500", "-500"))
@pytest.mark.parametrize("actor", (BOT, READER), ids=lambda actor: str(actor.scope))
async def test_whoever_may_not_trade_moves_no_cash_at_the_venue(actor: Actor, amount: str) -> None:
    parts = fakes()
    async with Counterpoise.run(parts, ACCOUNT) as plane:
        await opened(plane)
        assert parts.broker is not None
        before = await parts.broker.account()
        with pytest.raises(PolicyRefused):
            await plane.record_cash_flow(D(amount), "r", actor, START)
        assert (await parts.broker.account()).cash == before.cash == D(10_000)
        assert plane.equity == D(10_000)


@pytest.mark.parametrize("amount", ("NaN", "1E+300", "-1E+300", "1E-300"))
async def test_an_amount_that_no_fact_can_hold_reaches_no_venue(amount: str) -> None:
    parts = fakes()
    async with Counterpoise.run(parts, ACCOUNT) as plane:
        await opened(plane)
        assert parts.broker is not None
        with pytest.raises(InvalidInput, match="amount"):
            await plane.record_cash_flow(D(amount), "r", OWNER, START)
        assert (await parts.broker.account()).cash == D(10_000)
        await plane.halt("enough", OWNER, START)
        assert plane.overview().trading_state is TradingState.HALTED


@asynccontextmanager
async def on_scripted() -> AsyncIterator[tuple[Counterpoise, ScriptedBroker, str]]:
    """An account at a venue under the test's hand, with one order that works there."""
    parts, broker = fakes(), ScriptedBroker(cash=D(10_000))
    broker.now = START
    parts.broker, parts.venue = broker, None
    paper = Opening.paper(ACCOUNT, cash=D(10_000), symbols=())
    listed = Instrument(instrument_id=instrument_id("paper", "SPY"), symbol="SPY", venue="paper", quote="USD")
    opening = Opening(
        name=ACCOUNT,
        terms=paper.terms,
        instruments=(listed,),
        cash=paper.cash,
        preset=paper.preset,
        constraints=paper.constraints,
    )
    assert broker.capabilities.venue == VENUE
    async with Counterpoise.run(parts, ACCOUNT) as plane:
        await plane.open_account(opening, OWNER, START)
        await plane.set_strategy(TREND, OWNER, START)
        plane.observe({"SPY": D(100)}, START)
        await plane.judge(TREND, "s1", (candidate("SPY", "10"),), BOT, START)
        await plane.settle(START)
        yield plane, broker, broker.sent[0].client_order_id


async def test_a_fill_that_crossed_the_end_of_the_last_order_is_booked_by_the_next_settle() -> None:
    async with on_scripted() as (plane, broker, order):
        broker.finish(order, OrderStatus.CANCELED)
        await plane.settle(START)
        assert plane.overview().open_orders == 0
        broker.fill(order, D(3), D(100))
        await plane.settle(START)
        overview = plane.overview()
        assert [(held.symbol, held.size) for held in overview.snapshot.positions] == [("SPY", D(3))]
        assert overview.proof.residual == ZERO
        assert await facts_of(plane, "Fill") == 1


async def test_a_halt_asks_for_the_end_of_every_open_order() -> None:
    async with on_scripted() as (plane, broker, order):
        await plane.judge(TREND, "s2", (candidate("SPY", "1"),), BOT, START + timedelta(seconds=1))
        await plane.settle(START)
        orders = sorted(intent.client_order_id for intent in broker.sent)
        assert order in orders
        await plane.halt("the news", OWNER, START)
        await plane.settle(START)
        assert sorted(str(said[0]) for name, said in broker.calls if name == "cancel") == orders
        assert plane.overview().open_orders == 0


async def test_a_latch_that_cannot_be_written_still_halts_and_records_it_and_says_so(tmp_path: Path) -> None:
    async with Counterpoise.open(tmp_path, MINE) as plane:
        await plane.set_strategy(TREND)
        plane.observe({"SPY": Decimal(100)}, plane.parts.clock.now())
        (tmp_path / "HALT").mkdir()
        with pytest.raises(ConfigurationError, match="HALT could not be written"):
            await plane.halt("the news")
        assert plane.overview().trading_state is TradingState.HALTED
        assert await facts_of(plane, "TradingStateChanged") == 1
        answer = await plane.judge(TREND, "s1", (candidate("SPY", "1"),))
        assert answer.detail[0].reason == "HALTED"  # type: ignore[index]


def paper() -> PaperSetup:
    return PaperSetup(opening_cash=D(1000), currency="USD", faults="none", seed=1, fee_bps=ZERO, slippage_bps=ZERO)


async def test_a_replay_refuses_a_folder_that_holds_a_live_account(tmp_path: Path) -> None:
    async with Counterpoise.open(tmp_path, MINE):
        pass
    with pytest.raises(ConfigurationError, match="holds an account that is no replay"):
        wiring.replay_parts(Settings(data_dir=tmp_path), "replay", paper(), START, {"command": "replay"})
    assert not (tmp_path / "replay.json").exists()
    async with Counterpoise.open(tmp_path) as plane:
        assert plane.equity == D(1000)


@pytest.mark.parametrize("key", (b"short", None), ids=("a key that is cut off", "a folder in its place"))
async def test_a_start_that_failed_frees_the_folder_in_the_same_process(key: bytes | None, tmp_path: Path) -> None:
    async with Counterpoise.open(tmp_path, MINE):
        pass
    path, kept = tmp_path / "journal.key", tmp_path / "kept.key"
    path.rename(kept)
    if key is None:
        path.mkdir()
    else:
        path.touch(mode=0o600)
        path.write_bytes(key)
    with pytest.raises(ConfigurationError, match="journal key"):
        async with Counterpoise.open(tmp_path):
            pass
    owner = Ownership(DataFolder(tmp_path))
    owner.take("test")
    with pytest.raises(DataFolderInUse):
        Ownership(DataFolder(tmp_path)).take("another")
    owner.release()
    if key is None:
        path.rmdir()
    kept.replace(path)
    async with Counterpoise.open(tmp_path) as plane:
        assert plane.equity == D(1000)
