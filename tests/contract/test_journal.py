"""Does every journal keep the promise of the port: all or nothing, in order, once, by the rightful writer?"""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from counterpoise.adapters.journals.checkpoints import SqliteCheckpoints
from counterpoise.adapters.journals.place import Server, read_url
from counterpoise.adapters.journals.postgres import PostgresCheckpoints, PostgresJournal
from counterpoise.adapters.journals.rows import CHUNK
from counterpoise.adapters.journals.sqlite import SqliteJournal
from counterpoise.domain.errors import DuplicateFact, InvalidFact, JournalRefused, StaleWriter, UnknownKind
from counterpoise.domain.facts import Fact
from counterpoise.ledger.audit import audit
from counterpoise.ledger.chain import genesis
from counterpoise.ledger.checkpoints import Checkpoint, Checkpoints, InMemoryCheckpoints
from counterpoise.ledger.codec import decode, encode
from counterpoise.ledger.journal import Entry, InMemoryJournal, Journal, Tail
from tests.adapters.journals.postgres_server import database
from tests.ledger.samples import SAMPLES, deposit, deposits


class FixedClock:
    """A clock that stands."""

    def now(self) -> datetime:
        return datetime(2024, 3, 10, 7, tzinfo=UTC)


@contextmanager
def in_memory(_folder: Path) -> Iterator[tuple[Journal, Checkpoints]]:
    yield InMemoryJournal(), InMemoryCheckpoints()


@contextmanager
def on_sqlite(folder: Path) -> Iterator[tuple[Journal, Checkpoints]]:
    file = folder / "journal.db"
    yield SqliteJournal.open(file, clock=FixedClock()), SqliteCheckpoints(file)


@contextmanager
def on_postgres(folder: Path) -> Iterator[tuple[Journal, Checkpoints]]:
    with database() as url:
        server = read_url(url)
        assert isinstance(server, Server)
        yield PostgresJournal.open(server, clock=FixedClock(), folder=folder), PostgresCheckpoints(server)


STORES = (
    pytest.param(in_memory, id="memory"),
    pytest.param(on_sqlite, id="sqlite"),
    pytest.param(on_postgres, id="postgres"),
)


@pytest.fixture(params=STORES)
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Journal, Checkpoints]]:
    make: Callable[[Path], AbstractContextManager[tuple[Journal, Checkpoints]]] = request.param
    with make(tmp_path) as made:
        yield made
        await made[0].close()


@pytest.fixture
def journal(stores: tuple[Journal, Checkpoints]) -> Journal:
    return stores[0]


@pytest.fixture
def checkpoints(stores: tuple[Journal, Checkpoints]) -> Checkpoints:
    return stores[1]


async def entries_of(journal: Journal, account: str = "main", from_sequence: int = 1) -> list[Entry]:
    return [entry async for entry in journal.read(account, from_sequence)]


async def test_an_empty_journal_ends_at_its_genesis(journal: Journal) -> None:
    assert await journal.last("main") == Tail(sequence=0, epoch=0, seal=genesis("main"))
    assert await journal.accounts() == ()
    assert await entries_of(journal) == []


async def test_what_was_appended_is_read_in_order_and_is_whole(journal: Journal) -> None:
    facts = deposits(1, 3)
    assert await journal.append("main", 1, 1, facts[:2]) == 2
    assert await journal.append("main", 3, 1, facts[2:]) == 3
    entries = await entries_of(journal)
    assert [decode(entry.raw) for entry in entries] == facts
    assert audit(entries, journal.key, "main").ok
    assert await journal.last("main") == Tail(sequence=3, epoch=1, seal=entries[-1].seal)


async def test_columns_repeat_the_fact(journal: Journal) -> None:
    fact = dataclasses.replace(SAMPLES["Fill"], sequence=1)
    await journal.append("main", 1, fact.epoch, [fact])
    assert await entries_of(journal) == [
        Entry(
            account="main",
            sequence=1,
            epoch=3,
            fact_id=fact.fact_id,
            kind="Fill",
            schema=1,
            occurred_at="2024-03-10T06:59:59.999999Z",
            recorded_at="2024-03-10T07:00:00.000000Z",
            source="paper",
            actor="owner",
            correlation_id="errand-7",
            causation_id="command-9",
            instrument="paper:BRK.B:1",
            raw=encode(fact),
            seal=(await journal.last("main")).seal,
        )
    ]


async def test_every_kind_of_fact_can_be_kept(journal: Journal) -> None:
    facts = [dataclasses.replace(fact, sequence=place) for place, fact in enumerate(SAMPLES.values(), 1)]
    await journal.append("main", 1, 3, facts)
    entries = await entries_of(journal)
    assert [decode(entry.raw) for entry in entries] == facts
    assert audit(entries, journal.key, "main").ok


@pytest.mark.parametrize("start", (-1, 0, 1, 2, 5, 6))
async def test_reading_begins_where_it_is_asked_to(journal: Journal, start: int) -> None:
    await journal.append("main", 1, 1, deposits(1, 5))
    read = [entry.sequence for entry in await entries_of(journal, from_sequence=start)]
    assert read == list(range(max(start, 1), 6))


async def test_a_long_journal_is_read_without_a_gap(journal: Journal) -> None:
    await journal.append("main", 1, 1, deposits(1, 2 * CHUNK))
    await journal.append("main", 2 * CHUNK + 1, 1, deposits(2 * CHUNK + 1, 7))
    assert [entry.sequence for entry in await entries_of(journal)] == list(range(1, 2 * CHUNK + 8))


async def test_a_reader_sees_what_is_written_while_it_reads(journal: Journal) -> None:
    await journal.append("main", 1, 1, deposits(1, CHUNK))
    seen: list[int] = []
    async for entry in journal.read("main"):
        if not seen:
            await journal.append("main", CHUNK + 1, 1, deposits(CHUNK + 1, 2))
        seen.append(entry.sequence)
    assert seen == list(range(1, CHUNK + 3))


async def test_accounts_do_not_meet(journal: Journal) -> None:
    for account in ("b", "a", "ab"):
        await journal.append(account, 1, 1, deposits(1, 2, account=account))
    assert await journal.accounts() == ("a", "ab", "b")
    assert [entry.account for entry in await entries_of(journal, "a")] == ["a", "a"]
    seals = {(await journal.last(account)).seal for account in ("a", "ab", "b")}
    assert len(seals) == 3


REFUSALS = (
    pytest.param(2, 5, deposits(2, 1, epoch=5), StaleWriter, id="a sequence that is taken"),
    pytest.param(4, 5, deposits(4, 1, epoch=5), StaleWriter, id="a gap"),
    pytest.param(3, 4, deposits(3, 1, epoch=4), StaleWriter, id="an epoch that was ended"),
    pytest.param(3, 5, [deposit(3, epoch=5, fact_id="Deposit:1:0")], DuplicateFact, id="a fact that is there"),
    pytest.param(
        3,
        5,
        [deposit(3, epoch=5), deposit(4, epoch=5, fact_id="Deposit:2:0")],
        DuplicateFact,
        id="a fact that is there, second of two",
    ),
    pytest.param(
        3,
        5,
        [deposit(3, epoch=5, fact_id="x"), deposit(4, epoch=5, fact_id="x")],
        DuplicateFact,
        id="one fact twice",
    ),
    pytest.param(3, 5, [], InvalidFact, id="nothing"),
    pytest.param(3, 5, [deposit(3, epoch=5, fact_id="a\0b")], InvalidFact, id="an identity that not every store holds"),
    pytest.param(
        3,
        5,
        [deposit(3, epoch=5), dataclasses.replace(deposit(4, epoch=5), correlation_id="\0")],
        InvalidFact,
        id="a column that not every store holds",
    ),
    pytest.param(3, 5, deposits(3, 1, epoch=5, account="other"), InvalidFact, id="a fact of another account"),
    pytest.param(3, 5, deposits(4, 1, epoch=5), InvalidFact, id="a fact with another sequence"),
    pytest.param(3, 5, [deposit(3, epoch=5), deposit(5, epoch=5)], InvalidFact, id="facts with a gap"),
    pytest.param(3, 5, deposits(3, 1, epoch=6), InvalidFact, id="a fact of another epoch"),
    pytest.param(2**63, 5, deposits(2**63, 1, epoch=5), InvalidFact, id="a sequence that no store holds"),
    pytest.param(3, 2**63, deposits(3, 1, epoch=2**63), InvalidFact, id="an epoch that no store holds"),
    pytest.param(
        3,
        5,
        [deposit(3, epoch=5), dataclasses.replace(deposit(4, epoch=5), kind="Miracle")],
        UnknownKind,
        id="a fact without a form",
    ),
)


@pytest.mark.parametrize(("sequence", "epoch", "facts", "error"), REFUSALS)
async def test_a_refused_append_leaves_nothing_behind(
    journal: Journal, sequence: int, epoch: int, facts: Sequence[Fact], error: type[Exception]
) -> None:
    await journal.append("main", 1, 5, deposits(1, 2, epoch=5))
    before = await entries_of(journal)
    with pytest.raises(error):
        await journal.append("main", sequence, epoch, facts)
    assert await entries_of(journal) == before
    assert await journal.append("main", 3, 5, deposits(3, 1, epoch=5)) == 3


async def test_a_duplicate_names_the_fact(journal: Journal) -> None:
    await journal.append("main", 1, 1, deposits(1, 1))
    with pytest.raises(DuplicateFact) as refused:
        await journal.append("main", 2, 1, [deposit(2), deposit(3, fact_id="Deposit:1:0")])
    assert refused.value.fact_id == "Deposit:1:0"


async def test_the_same_fact_id_may_stand_in_two_accounts(journal: Journal) -> None:
    await journal.append("a", 1, 1, deposits(1, 1, account="a"))
    assert await journal.append("b", 1, 1, deposits(1, 1, account="b")) == 1


async def test_a_higher_epoch_ends_the_lower_one(journal: Journal) -> None:
    await journal.append("main", 1, 1, deposits(1, 1))
    await journal.append("main", 2, 2, deposits(2, 1, epoch=2))
    with pytest.raises(StaleWriter, match="epoch 1 was ended by epoch 2"):
        await journal.append("main", 3, 1, deposits(3, 1))
    assert (await journal.last("main")).epoch == 2


async def test_of_appends_that_wait_together_each_gets_its_own_answer(journal: Journal) -> None:
    await journal.append("d", 1, 1, deposits(1, 1, account="d"))
    appends: list[Any] = [
        journal.append("a", 1, 1, deposits(1, 3, account="a")),
        journal.append("a", 1, 1, deposits(1, 1, account="a")),  # lost the race for 1
        journal.append("a", 4, 1, deposits(4, 1, account="a")),  # follows one that is not durable yet
        journal.append("b", 9, 1, deposits(9, 1, account="b")),
        journal.append("c", 1, 1, deposits(1, 1, account="c")),
        journal.append("d", 2, 1, [deposit(2, account="d", fact_id="Deposit:1:0")]),
        journal.append("e", 1, 1, deposits(1, 2, account="e")),
    ]
    outcomes = await asyncio.gather(*appends, return_exceptions=True)
    assert [outcome if isinstance(outcome, int) else type(outcome) for outcome in outcomes] == [
        3, StaleWriter, 4, StaleWriter, 1, DuplicateFact, 2,
    ]  # fmt: skip
    for account, count in (("a", 4), ("b", 0), ("c", 1), ("d", 1), ("e", 2)):
        entries = await entries_of(journal, account)
        assert [entry.sequence for entry in entries] == list(range(1, count + 1))
        assert audit(entries, journal.key, account).ok


async def test_a_cancelled_append_is_written_or_not_and_the_journal_goes_on(journal: Journal) -> None:
    waiting = asyncio.ensure_future(journal.append("main", 1, 1, deposits(1, 1)))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    tail = await journal.last("main")
    if tail.sequence == 0:  # another append of the same account finds out by its answer
        await journal.append("other", 1, 1, deposits(1, 1, account="other"))
        tail = await journal.last("main")
    assert await journal.append("main", tail.sequence + 1, 1, deposits(tail.sequence + 1, 1)) == tail.sequence + 1


async def test_a_closed_journal_refuses(journal: Journal) -> None:
    await journal.append("main", 1, 1, deposits(1, 1))
    await journal.close()
    await journal.close()
    with pytest.raises(JournalRefused, match="closed"):
        await journal.append("main", 2, 1, deposits(2, 1))
    with pytest.raises(JournalRefused, match="closed"):
        await journal.last("main")
    with pytest.raises(JournalRefused, match="closed"):
        await entries_of(journal)


async def test_the_twin_can_crash_before_and_after_an_append() -> None:
    class Crash(Exception):
        """The process is gone."""

    def crash(account: str, facts: Sequence[Fact]) -> None:
        raise Crash

    twin = InMemoryJournal(before_append=crash)
    with pytest.raises(Crash):
        await twin.append("main", 1, 1, deposits(1, 2))
    assert (await twin.last("main")).sequence == 0
    twin = InMemoryJournal(after_append=crash)
    with pytest.raises(Crash):
        await twin.append("main", 1, 1, deposits(1, 2))
    await twin.close()
    twin.reopen()
    assert (await twin.last("main")).sequence == 2


# ── checkpoints ──────────────────────────────────────────────────────────────────────────────────────────


def checkpoint(sequence: int) -> Checkpoint:
    return Checkpoint(
        sequence=sequence, epoch=2, state_version=1, code_version="0.1.0", digest=f"v1:{sequence}", state=b"\x00{}"
    )


async def test_the_latest_checkpoint_of_an_account_is_kept(checkpoints: Checkpoints) -> None:
    assert await checkpoints.latest("main") is None
    await checkpoints.save("main", checkpoint(10))
    await checkpoints.save("other", checkpoint(11))
    await checkpoints.save("main", checkpoint(20))
    assert await checkpoints.latest("main") == checkpoint(20)
    assert await checkpoints.latest("other") == checkpoint(11)
