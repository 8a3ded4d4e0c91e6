"""Is the whole loop one object that opens, trades, halts, comes back and proves itself?"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from counterpoise import wiring
from counterpoise.adapters.brokers.paper import PaperBroker
from counterpoise.adapters.clocks import ReplayClock
from counterpoise.adapters.folder import Ownership
from counterpoise.control.halt import MemoryLatch
from counterpoise.domain.accounts import Actor, Scope
from counterpoise.domain.decisions import TradingState
from counterpoise.domain.errors import (
    ConfigurationError,
    DataFolderInUse,
    InvalidInput,
    JournalBroken,
    JournalCorrupt,
    PolicyRefused,
)
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.plans import SizingPolicy, Target
from counterpoise.ledger.checkpoints import Checkpoint, InMemoryCheckpoints
from counterpoise.ledger.journal import InMemoryJournal, Tail
from counterpoise.library.opening import Opening
from counterpoise.library.plane import Counterpoise
from counterpoise.library.reading import verify_folder
from counterpoise.settings import Settings
from counterpoise.wiring import Parts
from tests.control.making import BOT, CORE, OWNER, STALE_OWNER, START, TREND, D, candidate

ACCOUNT = "main"
PRICES = {"SPY": D(100), "TLT": D(50)}
OPENING = Opening.paper(ACCOUNT, cash=D(10_000), symbols=("SPY", "TLT"))


def fakes() -> Parts:
    clock = ReplayClock(START)
    venue = PaperBroker(clock)
    return Parts(
        journal=InMemoryJournal(),
        checkpoints=InMemoryCheckpoints(),
        clock=clock,
        timer=clock,
        broker=venue,
        venue=venue,
        replay_clock=clock,
        latch=MemoryLatch(),
        upkeep=(),
        commits=lambda: 0,
        durability=dict,
        release=lambda: None,
        owner="test",
    )


async def opened(plane: Counterpoise) -> None:
    """The account with its cash at both ends, a bot, and prices."""
    await plane.venue.deposit(OPENING.cash, "opening cash")
    await plane.open_account(OPENING, OWNER, START)
    await plane.set_strategy(TREND, OWNER, START)
    plane.observe(PRICES, START)


async def session(plane: Counterpoise, minutes: int = 1) -> None:
    """One session of the market in which what waits fills."""
    at = START + timedelta(minutes=minutes)
    plane.advance_clock(at)
    await plane.venue.open_session(at, PRICES)
    await plane.settle(at)
    await plane.advance_runs(OWNER, at)
    await plane.settle(at)
    await plane.venue.close_session()
    await plane.settle(at)


async def bought(plane: Counterpoise, size: str = "10") -> None:
    await opened(plane)
    await plane.judge(TREND, "s1", (candidate("SPY", size),), BOT, START)
    await plane.settle(START)
    await session(plane)


async def test_an_account_is_opened_once_and_holds_its_cash() -> None:
    parts = fakes()
    async with Counterpoise.run(parts, ACCOUNT) as plane:
        before = plane.is_opened
        await opened(plane)
        assert [before, plane.is_opened] == [False, True]
        assert (plane.account_id, plane.equity) == (ACCOUNT, D(10_000))
        other = replace(OPENING, cash=D(5))
        assert (await plane.open_account(other, OWNER, START)).outcome == "duplicate"
        assert plane.equity == D(10_000)


async def test_a_candidate_becomes_a_position_of_its_strategy() -> None:
    async with Counterpoise.run(fakes(), ACCOUNT) as plane:
        await bought(plane)
        assert plane.units_of(TREND) == {"SPY": D(10)}
        assert plane.units_of(CORE) == {}
        assert plane.was_judged(TREND, "s1")
        assert not plane.was_judged(TREND, "s2")
        assert not plane.has_runs
        overview = plane.overview()
        assert overview.proof.residual == ZERO
        assert (overview.open_orders, overview.breaks) == (0, 0)
        counts = await plane.tally()
        assert (counts.approved, counts.fills) == (1, 1)


async def test_a_rebalance_of_a_closed_market_is_carried_out_when_it_opens() -> None:
    async with Counterpoise.run(fakes(), ACCOUNT) as plane:
        await opened(plane)
        await plane.set_targets(CORE, (Target(symbol="SPY", weight=D("0.5")),), SizingPolicy(), OWNER, START)
        await plane.rebalance(CORE, "2024-01-03", OWNER, START)
        await plane.settle(START)
        waiting = plane.has_runs
        assert (await plane.tally()).orders == {}
        await session(plane)
        await session(plane, 2)
        assert plane.units_of(CORE) == {"SPY": D(50)}
        assert [waiting, plane.has_runs] == [True, False]
        assert (await plane.rebalance(CORE, "2024-01-03", OWNER, START)).outcome == "duplicate"


async def test_what_was_verified_is_what_is_live_and_what_was_kept() -> None:
    parts = fakes()
    async with Counterpoise.run(parts, ACCOUNT) as plane:
        await bought(plane)
        await plane.keep_state()
        report = await plane.verify()
        assert report.ok, report.problems
        assert report.checked_digest == report.replay_digest == plane.digest()
        kept = await parts.checkpoints.latest(ACCOUNT)
        assert kept is not None
        assert kept.digest == plane.digest()


async def test_the_state_is_kept_when_something_came_and_never_ahead_of_what_is_durable() -> None:
    parts = fakes()
    journal, checkpoints = parts.journal, parts.checkpoints
    saved: list[int] = []
    save = checkpoints.save

    async def noted(account: str, checkpoint: Checkpoint) -> None:
        saved.append(checkpoint.sequence)
        await save(account, checkpoint)

    checkpoints.save = noted  # type: ignore[method-assign]
    async with Counterpoise.run(parts, ACCOUNT) as plane:
        await opened(plane)
        await plane.keep_state()
        await plane.keep_state()
        assert saved == [(await journal.last(ACCOUNT)).sequence]
        await plane.record_cash_flow(D(5), "more")
        last = journal.last

        async def behind(account: str) -> Tail:
            return replace(await last(account), sequence=saved[0])

        journal.last = behind  # type: ignore[method-assign]
        await plane.keep_state()
        assert len(saved) == 1
        journal.last = last  # type: ignore[method-assign]
        await plane.keep_state()
        assert saved[1] == (await journal.last(ACCOUNT)).sequence > saved[0]


async def test_an_account_comes_back_as_it_was_and_agrees_with_its_venue() -> None:
    parts = fakes()
    async with Counterpoise.run(parts, ACCOUNT) as plane:
        await bought(plane)
        await plane.compare()
        digest, equity = plane.digest(), plane.equity
    async with Counterpoise.run(parts, ACCOUNT) as plane:
        assert plane.digest() == digest
        await plane.recover(START + timedelta(minutes=5))
        assert plane.digest() == digest
        assert (plane.equity, plane.overview().breaks) == (equity, 0)


async def test_what_filled_while_nobody_looked_is_taken_over_at_the_start() -> None:
    parts = fakes()
    async with Counterpoise.run(parts, ACCOUNT) as plane:
        await opened(plane)
        await plane.judge(TREND, "s1", (candidate("SPY", "10"),), BOT, START)
        await plane.settle(START)
    at = START + timedelta(minutes=1)
    assert parts.venue is not None
    assert parts.replay_clock is not None
    parts.replay_clock.advance(at)
    await parts.venue.open_session(at, PRICES)
    async with Counterpoise.run(parts, ACCOUNT) as plane:
        assert plane.units_of(TREND) == {}
        await plane.recover(at)
        assert plane.units_of(TREND) == {"SPY": D(10)}
        assert plane.overview().breaks == 0


async def test_cash_that_only_the_venue_has_opens_a_break_at_the_start_and_stops_new_risk() -> None:
    parts = fakes()
    async with Counterpoise.run(parts, ACCOUNT) as plane:
        await opened(plane)
        await plane.venue.deposit(D(7), "by hand")
        await plane.recover(START)
        assert plane.overview().breaks == 1
        answer = await plane.judge(TREND, "s1", (candidate("SPY", "1"),), BOT, START)
        assert answer.detail[0].reason == "BREAK_OPEN"  # type: ignore[index]
        await plane.record_cash_flow(D(7), "by hand", OWNER, START)
        await plane.recover(START)
        assert plane.overview().breaks == 0


async def test_a_halt_stops_sending_at_once_and_a_fresh_person_with_a_reason_resumes() -> None:
    parts = fakes()
    async with Counterpoise.run(parts, ACCOUNT) as plane:
        await opened(plane)
        await plane.halt("the news", OWNER, START)
        engaged = [parts.latch.is_engaged]
        assert plane.overview().trading_state is TradingState.HALTED
        answer = await plane.judge(TREND, "s1", (candidate("SPY", "1"),), BOT, START)
        assert answer.detail[0].reason == "HALTED"  # type: ignore[index]
        for actor, reason in ((STALE_OWNER, "calm again"), (OWNER, " ")):
            with pytest.raises(PolicyRefused):
                await plane.resume(reason, actor, START)
            engaged.append(parts.latch.is_engaged)
        await plane.resume("calm again", OWNER, START)
        assert [*engaged, parts.latch.is_engaged] == [True, True, True, False]
        assert plane.overview().trading_state is TradingState.ACTIVE


async def test_an_order_on_its_way_is_held_back_by_the_latch_alone() -> None:
    parts = fakes()
    async with Counterpoise.run(parts, ACCOUNT) as plane:
        await opened(plane)
        await plane.judge(TREND, "s1", (candidate("SPY", "1"),), BOT, START)
        parts.latch.engage("from another process")
        await plane.settle(START)
        assert parts.broker is not None
        assert await parts.broker.open_orders() == ()
        assert plane.overview().open_orders == 0


async def test_a_latch_that_was_engaged_before_the_start_is_obeyed_and_recorded() -> None:
    parts = fakes()
    async with Counterpoise.run(parts, ACCOUNT) as plane:
        await opened(plane)
    parts.latch.engage("while nobody ran")
    async with Counterpoise.run(parts, ACCOUNT) as plane:
        await plane.recover(START)
        assert plane.overview().trading_state is TradingState.HALTED


async def test_a_day_begins_on_its_own_marks_and_prices_are_recorded_where_they_matter() -> None:
    async with Counterpoise.run(fakes(), ACCOUNT) as plane:
        await bought(plane)
        assert (await plane.start_day(START.date(), START)).outcome == "done"
        assert plane.started_day == START.date()
        later = START + timedelta(minutes=3)
        plane.observe({"SPY": D(120)}, later)
        assert plane.equity == D(10_200)
        assert (await plane.assess(later)).outcome == "done"
        with pytest.raises(InvalidInput, match="a symbol of this account"):
            plane.observe({"XYZ": D(1)}, later)


async def test_cash_that_comes_and_goes_moves_equity_and_is_no_gain() -> None:
    async with Counterpoise.run(fakes(), ACCOUNT) as plane:
        await opened(plane)
        for number, amount in enumerate(("500", "-200")):
            await plane.record_cash_flow(D(amount), f"wire {number}", OWNER, START)
        assert plane.equity == D(10_300)
        overview = plane.overview()
        assert overview.time_weighted_return == ZERO
        assert overview.drawdown.max_drawdown_pct == ZERO


async def test_a_task_that_fails_is_heard_by_whoever_settles() -> None:
    async def broken() -> None:
        raise JournalBroken("the disk is gone")

    parts = fakes()
    parts.upkeep = (broken,)
    async with Counterpoise.run(parts, ACCOUNT) as plane:
        await asyncio.sleep(0.01)
        with pytest.raises(JournalBroken, match="the disk is gone"):
            await plane.settle(START)


async def test_an_account_that_trades_needs_a_venue() -> None:
    without = fakes()
    without.broker = None
    with pytest.raises(ConfigurationError, match="needs a venue"):
        async with Counterpoise.run(without, ACCOUNT):
            pass
    elsewhere = fakes()
    elsewhere.venue = None
    async with Counterpoise.run(elsewhere, ACCOUNT) as plane:
        with pytest.raises(ConfigurationError, match="does not trade on the paper venue"):
            _ = plane.venue


async def test_a_reader_may_give_no_command() -> None:
    reader = Actor(name="reader", scope=Scope.READ)
    async with Counterpoise.run(fakes(), ACCOUNT) as plane:
        await opened(plane)
        digest = plane.digest()
        with pytest.raises(PolicyRefused):
            await plane.set_strategy("mean", reader, START)
        with pytest.raises(PolicyRefused):
            await plane.record_cash_flow(D(5), "r", reader, START)
        assert plane.digest() == digest


async def test_a_journal_that_was_changed_is_not_traded_on() -> None:
    parts = fakes()
    async with Counterpoise.run(parts, ACCOUNT) as plane:
        await bought(plane)
    assert isinstance(parts.journal, InMemoryJournal)
    entries = parts.journal._entries[ACCOUNT]
    entries[4] = entries[4]._replace(raw=entries[4].raw + b" ")
    with pytest.raises(JournalCorrupt):
        async with Counterpoise.run(parts, ACCOUNT):
            pass


async def test_a_folder_on_the_disk_is_owned_by_one_goes_on_and_verifies(tmp_path: Path) -> None:
    async with Counterpoise.open(tmp_path, OPENING) as plane:
        await plane.set_strategy(TREND)
        await plane.tick(PRICES)
        await plane.judge(TREND, "s1", (candidate("SPY", "10"),))
        await plane.tick(PRICES)
        held, digest = plane.units_of(TREND), plane.digest()
        assert held == {"SPY": D(10)}
        with pytest.raises(DataFolderInUse):
            async with Counterpoise.open(tmp_path, OPENING):
                pass
    (report,) = await verify_folder(Settings(data_dir=tmp_path))
    assert report.ok, report.problems
    assert report.replay_digest == report.checked_digest == digest
    with pytest.raises(ConfigurationError, match="no account nobody"):
        await verify_folder(Settings(data_dir=tmp_path), "nobody")
    async with Counterpoise.open(tmp_path) as plane:
        assert plane.units_of(TREND) == held
        assert plane.overview().breaks == 0


async def test_an_empty_folder_needs_an_opening(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="the first start opens one"):
        async with Counterpoise.open(tmp_path):
            pass


async def test_an_account_in_another_currency_goes_on_in_it(tmp_path: Path) -> None:
    opening = Opening.paper("mine", cash=Decimal(1000), symbols=("SAP",), currency="EUR", time_zone="Europe/Berlin")
    async with Counterpoise.open(tmp_path, opening) as plane:
        await plane.tick({"SAP": Decimal(100)})
    async with Counterpoise.open(tmp_path) as plane:
        broker = plane.parts.broker
        assert broker is not None
        assert (plane.overview().breaks, (await broker.account()).currency) == (0, "EUR")


async def test_cash_flows_reach_the_venue_so_that_no_break_opens(tmp_path: Path) -> None:
    opening = Opening.paper("mine", cash=Decimal(1000), symbols=("SPY",))
    async with Counterpoise.open(tmp_path, opening) as plane:
        await plane.record_cash_flow(Decimal(100), "pay in")
        await plane.record_cash_flow(Decimal(100), "pay in")
        await plane.record_cash_flow(Decimal(-30), "pay out")
        with pytest.raises(InvalidInput, match="at most the 1070 USD that are free"):
            await plane.record_cash_flow(Decimal(-5000), "too much")
    async with Counterpoise.open(tmp_path) as plane:
        assert (plane.overview().breaks, plane.equity) == (0, Decimal(1070))


@pytest.mark.parametrize("price", (1.5, True, "NaN", Decimal("Infinity")), ids=repr)
async def test_what_is_no_exact_price_is_refused_by_name(price: Any, tmp_path: Path) -> None:  # noqa: ANN401 - on purpose
    async with Counterpoise.open(tmp_path, Opening.paper("mine", cash=Decimal(1000), symbols=("SPY",))) as plane:
        with pytest.raises(InvalidInput, match="price of SPY"):
            await plane.tick({"SPY": price})


async def test_an_error_in_the_block_leaves_a_closed_journal_and_a_free_folder(tmp_path: Path) -> None:
    opening = Opening.paper("mine", cash=Decimal(1000), symbols=("SPY",))
    with pytest.raises(ZeroDivisionError):
        async with Counterpoise.open(tmp_path, opening):
            raise ZeroDivisionError
    assert (tmp_path / "anchors.log").exists()
    assert [thread.name for thread in threading.enumerate() if "journal" in thread.name] == []
    async with Counterpoise.open(tmp_path) as plane:
        assert plane.equity == Decimal(1000)


async def test_the_lease_is_renewed_and_the_tail_anchored_while_the_account_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "RENEW_SECONDS", 0)
    monkeypatch.setattr(wiring, "ANCHOR_SECONDS", 0)
    renewals: list[int] = []
    renew = Ownership.renew

    def counted(self: Ownership) -> None:
        renewals.append(1)
        renew(self)

    monkeypatch.setattr(Ownership, "renew", counted)
    async with Counterpoise.open(tmp_path, Opening.paper("mine", cash=Decimal(1000), symbols=("SPY",))):
        for _ in range(200):
            await asyncio.sleep(0.005)
            if renewals and (tmp_path / "anchors.log").exists():
                break
    assert renewals
    assert '"sequence":' in (tmp_path / "anchors.log").read_text()
