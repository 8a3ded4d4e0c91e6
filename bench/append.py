"""How much do encoding, sealing and the writer's thread cost? Our append against the bare drivers with the same rows.

All sides write into the same tables with the same indexes, triggers and settings, in turn, several times. SQLite:

- ours: `append` of Fact values.
- our writer: the same with the facts encoded beforehand; it still reads the tail, seals, and answers another thread.
- sqlite3 + encode: one thread that encodes, seals and inserts, without checking or answering anybody.
- sqlite3: rows that are encoded and sealed already.

PostgreSQL, on the server that the tests use, each time in a new database:

- ours, our writer: as above.
- psycopg arrays: our one statement a transaction, with rows that are encoded and sealed already.
- psycopg: the same rows through `execute` and, several at a time, `executemany`.

A disk may flush more slowly when the flushes are further apart, so encoding in between costs more than its own time.
"""

import asyncio
import platform
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg

from counterpoise.adapters.journals import server as server_db
from counterpoise.adapters.journals.anchors import AnchorLog
from counterpoise.adapters.journals.database import open_for_writing, pragmas
from counterpoise.adapters.journals.place import Server, read_url
from counterpoise.adapters.journals.postgres import PostgresJournal, PostgresStore
from counterpoise.adapters.journals.rows import COLUMNS
from counterpoise.adapters.journals.sqlite import INSERT, SqliteJournal, SqliteStore
from counterpoise.adapters.journals.store import Store
from counterpoise.adapters.journals.stored import StoredJournal
from counterpoise.adapters.journals.writer import Writer
from counterpoise.domain.accounts import StrategyShare
from counterpoise.domain.facts import Fact, Fill
from counterpoise.domain.numbers import exact
from counterpoise.domain.orders import Side
from counterpoise.ledger.chain import genesis
from counterpoise.ledger.journal import TWIN_KEY, Draft, Entry, Tail, draft, sealed, tail_of
from tests.adapters.journals.postgres_server import database

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


async def ours(journal: StoredJournal, facts: list[Fact], batch: int) -> tuple[float, int]:
    """Facts per second through the journal, and its commits."""
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
        return await through(SqliteStore(connection), folder, drafts)


async def through(store: Store, folder: Path, drafts: list[Draft]) -> tuple[float, int]:
    """Facts per second through a writer's thread, and its commits."""
    thread = Writer(store, TWIN_KEY, AnchorLog(folder / "anchors.log"), FixedClock())
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


async def together(journal: StoredJournal, facts: list[Fact], accounts: int) -> tuple[float, int]:
    """Facts per second when many accounts append one fact at a time, and the commits that took."""
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


def on_file(folder: Path) -> StoredJournal:
    """A journal in a file."""
    return SqliteJournal.open(folder / "ours.db", clock=FixedClock())


@contextmanager
def on_server() -> Iterator[Server]:
    """A new database with the journal's tables."""
    with database() as url:
        server = read_url(url)
        assert isinstance(server, Server), "a server's URL"
        server_db.open_for_writing(server, "bench").close()
        yield server


async def postgres_ours(folder: Path, facts: list[Fact], batch: int) -> tuple[float, int]:
    """Facts per second through the journal on a server."""
    with on_server() as server:
        return await ours(PostgresJournal.open(server, clock=FixedClock(), folder=folder), facts, batch)


async def postgres_together(folder: Path, facts: list[Fact], accounts: int) -> tuple[float, int]:
    """Facts per second when many accounts append one fact at a time."""
    with on_server() as server:
        return await together(PostgresJournal.open(server, clock=FixedClock(), folder=folder), facts, accounts)


async def postgres_writer(folder: Path, drafts: list[Draft]) -> tuple[float, int]:
    """Facts per second through the writer's thread on a server."""
    with on_server() as server:
        connection = server_db.open_for_writing(server, "bench")
        return await through(PostgresStore(server, connection, "bench", 0), folder, drafts)


async def postgres_arrays(_folder: Path, rows: list[Entry], batch: int) -> tuple[float, int]:
    """Rows per second through our statement alone."""
    with on_server() as server:
        store = PostgresStore(server, server_db.open_for_writing(server, "bench"), "bench", 0)
        tail = tail_of(None, "main")
        began = time.perf_counter()
        for first in range(0, len(rows), batch):
            tail = insert_arrays(store, rows[first : first + batch], tail)
        rate = len(rows) / (time.perf_counter() - began)
        store.close()
    return rate, len(range(0, len(rows), batch))


def insert_arrays(store: PostgresStore, rows: list[Entry], tail: Tail) -> Tail:
    """One transaction."""
    store.begin()
    store.insert(rows, tail)
    store.commit()
    return tail_of(rows[-1], "main")


async def postgres_plain(_folder: Path, rows: list[Entry], batch: int) -> tuple[float, int]:
    """Rows per second through the driver's own ways, and its commits."""
    insert_row = f"INSERT INTO entries ({COLUMNS}) VALUES ({', '.join('%s' for _ in Entry._fields)})".encode()  # noqa: S608 - our own names
    with on_server() as server, server_db.open_for_writing(server, "bench") as connection:
        began = time.perf_counter()
        for first in range(0, len(rows), batch):
            insert_plain(connection, insert_row, rows[first : first + batch])
        rate = len(rows) / (time.perf_counter() - began)
    return rate, len(range(0, len(rows), batch))


def insert_plain(connection: psycopg.Connection[tuple[object, ...]], statement: bytes, rows: list[Entry]) -> None:
    """One transaction: a statement alone is one by itself."""
    if len(rows) == 1:
        connection.execute(statement, rows[0])
        return
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(statement, rows)


async def compare_postgres(facts: list[Fact], batch: int) -> None:
    """All sides on a server with so many facts an append."""
    firsts = range(0, len(facts), batch)
    drafts = [draft("main", first + 1, 1, facts[first : first + batch]) for first in firsts]
    rows = sealed(draft("main", 1, 1, facts), TWIN_KEY, genesis("main"))
    sides: dict[str, Contender] = {
        "ours": lambda folder: postgres_ours(folder, facts, batch),
        "our writer": lambda folder: postgres_writer(folder, drafts),
        "psycopg arrays": lambda folder: postgres_arrays(folder, rows, batch),
        "psycopg": lambda folder: postgres_plain(folder, rows, batch),
    }
    show(f"PostgreSQL, {batch} facts an append", await in_turn(sides), len(facts))


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
        "ours": lambda folder: ours(on_file(folder), facts, batch),
        "sqlite3 + encode": lambda folder: encoding(folder, facts, batch),
        "our writer": lambda folder: writer(folder, drafts),
        "sqlite3": lambda folder: plain(folder, rows, batch),
    }
    show(f"SQLite, {batch} facts an append", await in_turn(sides), len(facts))


async def main() -> None:
    """Run everything and print the table."""
    with tempfile.TemporaryDirectory() as folder, closing(open_for_writing(Path(folder) / "x.db")) as connection:
        settings = ", ".join(f"{name}={value}" for name, value in pragmas(connection).items())
    print(f"{platform.machine()} Python {platform.python_version()} SQLite {sqlite3.sqlite_version}")
    print(f"read back: {settings}")
    facts = [fill(sequence) for sequence in range(1, BATCHED + 1)]
    await compare(facts[:SINGLE], 1)
    await compare(facts, BATCH)
    grouped: dict[str, Contender] = {"ours": lambda folder: together(on_file(folder), facts[:GROUPED], 64)}
    show("SQLite, 1 fact an append, 64 accounts at once", await in_turn(grouped), GROUPED)
    with on_server() as server, closing(server_db.connect(server, "bench", is_writer=True)) as asked:
        settings = ", ".join(f"{name}={value}" for name, value in server_db.settings(asked).items())
    print(f"\nread back: {settings}")
    await compare_postgres(facts[:SINGLE], 1)
    await compare_postgres(facts, BATCH)
    on_servers: dict[str, Contender] = {"ours": lambda folder: postgres_together(folder, facts[:GROUPED], 64)}
    show("PostgreSQL, 1 fact an append, 64 accounts at once", await in_turn(on_servers), GROUPED)


if __name__ == "__main__":
    with exact():
        asyncio.run(main())
    sys.exit(0)
