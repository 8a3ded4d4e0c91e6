"""I-62: sixteen ghosts of positions that nobody held stood beside eight real ones in what was kept for speed.

Given an account whose kept states, curve and read models come of its facts. When any of them is deleted, at any
time, or is spoiled. Then it is made anew from the facts alone: the same digest, the same figures, and no position that
the facts do not make.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from counterpoise.control.glance import glance
from counterpoise.control.recovery import load
from counterpoise.control.verify import checkpoint_of, verify
from counterpoise.domain.numbers import exact
from counterpoise.ledger.checkpoints import InMemoryCheckpoints
from counterpoise.ledger.codec import from_bytes, to_bytes
from counterpoise.ledger.journal import InMemoryJournal
from counterpoise.library.hindsight import days, proof
from counterpoise.library.opening import Opening
from counterpoise.library.plane import Counterpoise
from counterpoise.library.reading import read_overview, verify_folder
from counterpoise.portfolio.fold import Book, digest
from counterpoise.portfolio.state import AccountState, Holding
from counterpoise.settings import Settings
from tests.control.making import OWNER, TREND, candidate
from tests.portfolio.making import Story
from tests.portfolio.test_timeline import PREFIX, day_of_fifty

D = Decimal
OPENING = Opening.paper("main", cash=D(10_000), symbols=("SPY", "TLT"))
GHOSTS = (
    pytest.param("paper:GHOST:1", id="of nothing that was ever defined"),
    pytest.param("paper:BTC:1", id="beside what is held"),
)
VERSION = "1"


async def journal_of(made: Story) -> InMemoryJournal:
    journal = InMemoryJournal()
    await journal.append("main", 1, 1, made.facts)
    return journal


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_is_kept_or_deleted_at_any_time_the_book_is_the_same(seed: int) -> None:
    """A state kept after each fact in turn, and none: a reader, a writer and a check all find the live book."""
    with exact():
        made = day_of_fifty(seed)
        journal, live = await journal_of(made), made.book.digest()
        book, checkpoints = Book.open("main"), InMemoryCheckpoints()
        assert (await glance(journal, checkpoints, "main", (), VERSION)).book.digest() == live
        for fact in made.facts:
            book.apply(fact)
            await checkpoints.save("main", checkpoint_of(book, fact.sequence, fact.epoch, VERSION))
            assert (await glance(journal, checkpoints, "main", (), VERSION)).book.digest() == live
        assert (await load(journal, "main", journal.key, ())).book.digest() == live
        for kept in (checkpoints, InMemoryCheckpoints()):
            report = await verify(journal, kept, "main", journal.key, (), live)
            assert (report.ok, report.replay_digest) == (True, live)


@pytest.mark.parametrize("seed", range(6))
def test_copies_on_the_way_may_be_dropped_before_any_fact(seed: int) -> None:
    """What a late fact goes back to: without all but the first of them it only goes back further."""
    with exact():
        made, chance = day_of_fifty(seed), Random(seed)
        told = made.facts[PREFIX:]
        chance.shuffle(told)
        book, dropped = Book.open("main"), 0
        for fact in (*made.facts[:PREFIX], *told):
            book.apply(fact)
            copies = book.timeline._kept
            keep_every(book)
            dropped += len(copies) - 1
            del copies[1:]
        assert dropped > 0
        assert book.digest() == made.book.digest()


def keep_every(book: Book) -> None:
    """Make the book keep a copy after the next fact, however small it is."""
    book.timeline._every = 1


async def spoiled(made: Story, ghost: str) -> tuple[InMemoryJournal, InMemoryCheckpoints, AccountState]:
    """A kept state with a position that no fact made."""
    journal, checkpoints = await journal_of(made), InMemoryCheckpoints()
    kept = checkpoint_of(made.book, made.facts[-1].sequence, 1, VERSION)
    state = from_bytes(AccountState, kept.state)
    state.holdings[ghost] = Holding(instrument=ghost, quantity=D(7), cost=D(700))
    await checkpoints.save("main", replace(kept, state=to_bytes(state)))
    return journal, checkpoints, state


@pytest.mark.parametrize("ghost", GHOSTS)
async def test_a_ghost_in_a_kept_state_is_not_shown_and_is_named(ghost: str) -> None:
    with exact():
        made = day_of_fifty(1)
        journal, checkpoints, _ = await spoiled(made, ghost)
        seen = await glance(journal, checkpoints, "main", (), VERSION)
        assert seen.book.digest() == made.book.digest()
        report = await verify(journal, checkpoints, "main", journal.key, ())
        assert not report.ok
        assert any("not what the facts make" in problem for problem in report.problems)


@pytest.mark.parametrize("ghost", GHOSTS)
async def test_a_ghost_that_brought_its_own_digest_is_never_traded_on_and_is_named(ghost: str) -> None:
    with exact():
        made = day_of_fifty(1)
        journal, checkpoints, state = await spoiled(made, ghost)
        forged = await checkpoints.latest("main")
        assert forged is not None
        await checkpoints.save("main", replace(forged, digest=digest(state)))
        assert (await load(journal, "main", journal.key, ())).book.digest() == made.book.digest()
        report = await verify(journal, checkpoints, "main", journal.key, ())
        assert not report.ok
        assert report.replay_digest == made.book.digest()


async def test_a_kept_state_that_nothing_can_be_valued_by_is_passed_over() -> None:
    with exact():
        made = day_of_fifty(1)
        journal, checkpoints, state = await spoiled(made, "paper:GHOST:1")
        forged = await checkpoints.latest("main")
        assert forged is not None
        await checkpoints.save("main", replace(forged, digest=digest(state)))
        assert (await glance(journal, checkpoints, "main", (), VERSION)).book.digest() == made.book.digest()


def delete_all_that_is_kept(folder: Path) -> int:
    """Every kept state and the whole curve; how many states there were."""
    with closing(sqlite3.connect(folder / "journal.db")) as database:
        count = database.execute("DELETE FROM checkpoints").rowcount
        database.commit()
    for path in folder.glob("series.db*"):
        path.unlink()
    return count


async def trade(plane: Counterpoise, slot: str, price: str) -> None:
    at = plane.parts.clock.now()
    await plane.tick({"SPY": D(price)}, at)
    await plane.judge(TREND, slot, (candidate("SPY", "5", "BUY" if slot == "in" else "SELL"),), OWNER, at)
    await plane.settle()


async def test_a_folder_without_all_that_was_kept_is_the_same_account(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    async with Counterpoise.open(tmp_path, OPENING) as plane:
        await plane.set_strategy(TREND, OWNER, plane.parts.clock.now())
        await trade(plane, "in", "100")
        await plane.keep_state()
        assert delete_all_that_is_kept(tmp_path) == 1  # under the hands of its owner
        live = plane.digest()
        with exact():
            (report,) = await verify_folder(settings)
        assert (report.ok, report.replay_digest) == (True, live)
        await trade(plane, "out", "110")
        ended, equity = plane.digest(), plane.equity
    with exact():
        before = (await read_overview(settings, None), await days(settings), await proof(settings))
        assert delete_all_that_is_kept(tmp_path) == 1
        after = (await read_overview(settings, None), await days(settings), await proof(settings))
    assert after == before
    assert after[1].days[-1].closing_equity == equity
    with exact():
        (report,) = await verify_folder(settings)
        assert (report.ok, report.replay_digest) == (True, ended)
    async with Counterpoise.open(tmp_path) as plane:  # a start compares, and records what the venue states
        assert (plane.equity, plane.overview().snapshot.positions) == (equity, ())
        with exact():
            (report,) = await verify_folder(settings)
        assert (report.ok, report.replay_digest) == (True, plane.digest())
