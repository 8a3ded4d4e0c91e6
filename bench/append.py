"""How much do encoding, sealing and the writer's thread cost? Our append against plain sqlite3 with the same rows.

All sides write into the same tables with the same indexes, triggers and settings, in turn, several times:

- ours: `append` of Fact values.
- our writer: the same with the facts encoded beforehand; it still reads the tail, seals, and answers another thread.
- sqlite3 + encode: one thread that encodes, seals and inserts, without checking or answering anybody.
- sqlite3: rows that are encoded and sealed already.

A disk may flush more slowly when the flushes are further apart, so encoding in between costs more than its own time.
"""

import asyncio
import platform
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from counterpoise.adapters.journals.anchors import AnchorLog
from counterpoise.adapters.journals.database import open_for_writing, pragmas
from counterpoise.adapters.journals.sqlite import INSERT, SqliteJournal, SqliteStore
from counterpoise.adapters.journals.writer import Writer
from counterpoise.domain.accounts import StrategyShare
from counterpoise.domain.facts import Fact, Fill
from counterpoise.domain.numbers import exact
from counterpoise.domain.orders import Side
from counterpoise.ledger.chain import genesis
from counterpoise.ledger.journal import TWIN_KEY, Draft, Entry, draft, sealed

AT = datetime(2024, 3, 10, 7, tzinfo=UTC)
ROUNDS = 5
SINGLE = 1_500
BATCHED = 20_000
BATCH = 100
GROUPED = 6_400


class FixedClock:
    """A clock that stands."""

    def now(self) -> datetime:
        """The same moment, always."""
        return AT


def fill(sequence: int) -> Fact:
    """A fill as a venue reports it, about 530 bytes."""
    quantity = Decimal(sequence) + Decimal("0.25")
    return Fact(
        account="main",
        sequence=sequence,
        epoch=1,
        fact_id=f"Fill:paper:{sequence}",
        kind="Fill",
        schema=1,
        occurred_at=AT + timedelta(microseconds=sequence),
        recorded_at=AT + timedelta(microseconds=sequence + 7),
        source="paper",
        actor="system",
        correlation_id="5f" * 32,
        causation_id=f"OrderIntended:p5f5f5f5f5f5f5f5f5f5f-{sequence}-1:0",
        instrument="paper:AAPL:1",
        strategy_shares=(StrategyShare(strategy="momentum", amount=quantity),),
        body=Fill(
            fill_id=f"{sequence:012}",
            client_order_id=f"p5f5f5f5f5f5f5f5f5f5f-{sequence}-1",
            side=Side.BUY,
            quantity=quantity,
            price=Decimal("187.1500"),
            fee=Decimal("0.35"),
            fee_asset="USD",
        ),
    )


async def ours(folder: Path, facts: list[Fact], batch: int) -> tuple[float, int]:
    """Facts per second through the journal, and its commits."""
    journal = SqliteJournal.open(folder / "ours.db", clock=FixedClock())
    began = time.perf_counter()
    for first in range(0, len(facts), batch):
        await journal.append("main", first + 1, 1, facts[first : first + batch])
    rate = len(facts) / (time.perf_counter() - began)
    commits = journal.commits
    await journal.close()
    return rate, commits


async def writer(folder: Path, drafts: list[Draft]) -> tuple[float, int]:
    """Facts per second through the writer's thread, and its commits."""
    with closing(open_for_writing(folder / "writer.db")) as connection:
        thread = Writer(SqliteStore(connection), TWIN_KEY, AnchorLog(folder / "anchors.log"), FixedClock())
        began = time.perf_counter()
        for drafted in drafts:
            await thread.append(drafted)
        rate = sum(len(drafted.facts) for drafted in drafts) / (time.perf_counter() - began)
        thread.close()
    return rate, thread.commits


async def encoding(folder: Path, facts: list[Fact], batch: int) -> tuple[float, int]:
    """Facts per second when one thread encodes, seals and inserts, and its commits."""
    previous = genesis("main")
    with closing(open_for_writing(folder / "encoding.db")) as connection:
        began = time.perf_counter()
        for first in range(0, len(facts), batch):
            entries = sealed(draft("main", first + 1, 1, facts[first : first + batch]), TWIN_KEY, previous)
            previous = entries[-1].seal
            insert(connection, entries)
        rate = len(facts) / (time.perf_counter() - began)
    return rate, len(range(0, len(facts), batch))


async def plain(folder: Path, rows: list[Entry], batch: int) -> tuple[float, int]:
    """Rows per second through executemany, and its commits."""
    with closing(open_for_writing(folder / "plain.db")) as connection:
        began = time.perf_counter()
        for first in range(0, len(rows), batch):
            insert(connection, rows[first : first + batch])
        rate = len(rows) / (time.perf_counter() - began)
    return rate, len(range(0, len(rows), batch))


def insert(connection: sqlite3.Connection, rows: list[Entry]) -> None:
    """One transaction."""
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(INSERT, rows)
    connection.execute("COMMIT")


async def together(folder: Path, facts: list[Fact], accounts: int) -> tuple[float, int]:
    """Facts per second when many accounts append one fact at a time, and the commits that took."""
    journal = SqliteJournal.open(folder / "together.db", clock=FixedClock())
    each = len(facts) // accounts
    named = {f"account {n}": [replace_account(fact, f"account {n}") for fact in facts[:each]] for n in range(accounts)}

    async def one(account: str) -> None:
        for sequence, fact in enumerate(named[account], 1):
            await journal.append(account, sequence, 1, [fact])

    began = time.perf_counter()
    await asyncio.gather(*(one(account) for account in named))
    rate = each * accounts / (time.perf_counter() - began)
    commits = journal.commits
    await journal.close()
    return rate, commits


def replace_account(fact: Fact, account: str) -> Fact:
    """The same fact in another account's journal."""
    names = [name for name in Fact.__slots__ if name != "account"]
    return Fact(account=account, **{name: getattr(fact, name) for name in names})


Contender = Callable[[Path], Awaitable[tuple[float, int]]]


async def in_turn(sides: Mapping[str, Contender]) -> dict[str, tuple[list[float], int]]:
    """The rates of each side over all rounds; a fresh folder each time."""
    rates: dict[str, list[float]] = {name: [] for name in sides}
    commits: dict[str, int] = {}
    for _ in range(ROUNDS):
        for name, run in sides.items():
            with tempfile.TemporaryDirectory() as folder:
                rate, commits[name] = await run(Path(folder))
                rates[name].append(rate)
    return {name: (rates[name], commits[name]) for name in sides}


def show(title: str, results: dict[str, tuple[list[float], int]], count: int) -> None:
    """One line a side; each ratio is to the last side."""
    last = statistics.median([*results.values()][-1][0])
    print(f"\n{title}")
    for name, (rates, commits) in results.items():
        middle = statistics.median(rates)
        spread = f"({min(rates):,.0f} … {max(rates):,.0f})"
        print(
            f"  {name:<18}{middle:>9,.0f}/s  ratio {middle / last:4.2f}  {commits / count:.4f} commits a fact  {spread}"
        )


async def compare(facts: list[Fact], batch: int) -> None:
    """All sides with so many facts an append."""
    firsts = range(0, len(facts), batch)
    drafts = [draft("main", first + 1, 1, facts[first : first + batch]) for first in firsts]
    rows = sealed(draft("main", 1, 1, facts), TWIN_KEY, genesis("main"))
    sides: dict[str, Contender] = {
        "ours": lambda folder: ours(folder, facts, batch),
        "sqlite3 + encode": lambda folder: encoding(folder, facts, batch),
        "our writer": lambda folder: writer(folder, drafts),
        "sqlite3": lambda folder: plain(folder, rows, batch),
    }
    show(f"{batch} facts an append", await in_turn(sides), len(facts))


async def main() -> None:
    """Run everything and print the table."""
    with tempfile.TemporaryDirectory() as folder, closing(open_for_writing(Path(folder) / "x.db")) as connection:
        settings = ", ".join(f"{name}={value}" for name, value in pragmas(connection).items())
    print(f"{platform.machine()} Python {platform.python_version()} SQLite {sqlite3.sqlite_version}")
    print(f"read back: {settings}")
    facts = [fill(sequence) for sequence in range(1, BATCHED + 1)]
    await compare(facts[:SINGLE], 1)
    await compare(facts, BATCH)
    grouped: dict[str, Contender] = {"ours": lambda folder: together(folder, facts[:GROUPED], 64)}
    show("1 fact an append, 64 accounts at once", await in_turn(grouped), GROUPED)


if __name__ == "__main__":
    with exact():
        asyncio.run(main())
    sys.exit(0)
