"""How fast does an account come back from its sealed bytes, how much memory does it take, and does a reader wait?

A life of orders is sealed into memory and into a SQLite journal: each order is intended, acknowledged and filled in
two parts, marks are recorded after every 25 orders, over 8 instruments with long and short holdings of up to some
dozen lots. Measured in CPU time of one core:

- audit: seals, bytes to facts, columns, identities. Beside it the physical limit: BLAKE2b and C's JSON, no fact made.
- audit + fold: the full state, as every start of a writer does it.
- a reader's balance: the kept state and the tail after it, at several lengths of history.
- memory: the peak of a process that opens a journal from SQLite (`--million`: of a million facts, some minutes).
"""

import asyncio
import gc
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from itertools import count, islice
from pathlib import Path

from counterpoise.adapters.journals.sqlite import SqliteJournal
from counterpoise.control.glance import glance
from counterpoise.control.recovery import load
from counterpoise.control.verify import checkpoint_of
from counterpoise.domain.accounts import AccountKind, AccountTerms, LotMethod, StrategyShare, TradingMode
from counterpoise.domain.facts import (
    SCHEMAS,
    AccountOpened,
    Body,
    Deposit,
    Fact,
    Fill,
    InstrumentDefined,
    MarkReason,
    MarksRecorded,
    OrderAcknowledged,
    OrderIntended,
)
from counterpoise.domain.instruments import Instrument, instrument_id
from counterpoise.domain.marks import Mark
from counterpoise.domain.numbers import ZERO, exact
from counterpoise.domain.orders import OrderIntent, Side
from counterpoise.ledger.audit import Auditor
from counterpoise.ledger.chain import genesis
from counterpoise.ledger.checkpoints import InMemoryCheckpoints
from counterpoise.ledger.journal import TWIN_KEY, Entry, InMemoryJournal, draft, sealed
from counterpoise.portfolio.fold import Book

ACCOUNT = "main"
SYMBOLS = ("AAPL", "CVX", "JNJ", "JPM", "KO", "MSFT", "PG", "WMT")
START = datetime(2024, 1, 2, 15, tzinfo=UTC)
STEP = timedelta(minutes=2)
FACTS = 60_000
MILLION = 1_000_000
LENGTHS = (10_000, 100_000)
BATCH = 1_000
ROUNDS = 3
FACTS_PER_SECOND_MIN = 40_000
MEGABYTES_MAX = 500
TAIL = 200
IN_A_ROW = 6
MARKED_EVERY = 25
GROWTH_MAX = 2
VERSION = "bench"


class FixedClock:
    """A clock that stands."""

    def now(self) -> datetime:
        """The same moment, always."""
        return START


class Teller:
    """Numbers the facts."""

    def __init__(self) -> None:
        self.sequence = 0

    def tell(self, body: Body, at: datetime, symbol: str = "", units: Decimal = ZERO, cause: str = "") -> Fact:
        """The next fact; `units` are those of the one strategy."""
        self.sequence += 1
        kind = type(body).__name__
        return Fact(
            account=ACCOUNT,
            sequence=self.sequence,
            epoch=1,
            fact_id=f"{kind}:{cause}:{self.sequence}",
            kind=kind,
            schema=SCHEMAS[kind],
            occurred_at=at,
            recorded_at=at,
            source="paper",
            actor="system",
            correlation_id="5f" * 32,
            causation_id=cause,
            instrument=instrument_id("paper", symbol) if symbol else None,
            strategy_shares=(StrategyShare(strategy="momentum", amount=units),) if units else (),
            body=body,
        )


def life(count: int) -> Iterator[Fact]:
    """The first `count` facts of an account that trades, an order every two minutes."""
    return islice(_life(Teller().tell), count)


def _life(tell: Callable[..., Fact]) -> Iterator[Fact]:
    terms = AccountTerms(
        kind=AccountKind.MARGIN,
        base_currency="USD",
        time_zone="America/New_York",
        venue="paper",
        mode=TradingMode.PAPER,
        lot_method=LotMethod.FIFO,
    )
    yield tell(AccountOpened(name="Main", terms=terms), START)
    for symbol in SYMBOLS:
        held = Instrument(instrument_id=instrument_id("paper", symbol), symbol=symbol, venue="paper", quote="USD")
        yield tell(InstrumentDefined(instrument=held), START)
    yield tell(Deposit(amount=Decimal(1_000_000), asset="USD"), START, units=Decimal(1_000_000))
    execution = 0
    for number in count(1):
        at = START + number * STEP
        symbol = SYMBOLS[number % len(SYMBOLS)]
        side = Side.BUY if number // len(SYMBOLS) % (2 * IN_A_ROW) < IN_A_ROW else Side.SELL
        quantity = Decimal(10 + number % 7) + Decimal("0.25")
        price = Decimal(10_000 + number * 37 % 800).scaleb(-2)
        order = f"p5f5f5f5f5f5f5f5f5f5f-{number}-1"
        intent = OrderIntent(
            client_order_id=order,
            instrument=instrument_id("paper", symbol),
            symbol=symbol,
            side=side,
            quantity=quantity,
            mark=price,
            run_id="5f" * 32,
            line=number,
            strategy_shares=(StrategyShare(strategy="momentum", amount=quantity),),
        )
        yield tell(OrderIntended(intent=intent, decision=f"LinesJudged:{number}"), at, symbol, cause=order)
        yield tell(OrderAcknowledged(client_order_id=order, venue_order_id=f"paper-{order}"), at, symbol, cause=order)
        for place, part in enumerate((quantity - 4, Decimal(4)), 1):
            execution += 1
            done = Fill(
                fill_id=f"paper:{execution:012}",
                client_order_id=order,
                side=side,
                quantity=part,
                price=price,
                fee=Decimal("0.35"),
                fee_asset="USD",
                venue_sequence=execution,
            )
            yield tell(done, at + timedelta(milliseconds=place), symbol, part, cause=order)
        if number % MARKED_EVERY == 0:
            marks = tuple(_mark(name, number * 13 + place, at) for place, name in enumerate(SYMBOLS))
            yield tell(MarksRecorded(reason=MarkReason.DECISION, marks=marks), at + STEP / 2, cause=f"marks/{number}")


def _mark(symbol: str, number: int, at: datetime) -> Mark:
    return Mark(instrument=instrument_id("paper", symbol), price=Decimal(10_000 + number % 900).scaleb(-2), at=at)


def entries_of(facts: Iterable[Fact]) -> list[Entry]:
    """The facts sealed one after the other."""
    listed = list(facts)
    return list(sealed(draft(ACCOUNT, 1, 1, listed), TWIN_KEY, genesis(ACCOUNT)))


def floor(entries: Sequence[Entry]) -> None:
    """What whoever keeps sealed JSON has to do: hash it and parse it, with nothing made of it."""
    seal = bytes(32)
    for entry in entries:
        seal = blake2b(seal + entry.raw, digest_size=32, key=TWIN_KEY).digest()
        json.loads(entry.raw)


def audited(entries: Sequence[Entry]) -> None:
    """Seals, columns, identities, and every fact."""
    auditor = Auditor(TWIN_KEY, ACCOUNT)
    for entry in entries:
        auditor.check(entry)
    assert auditor.finish().ok, auditor.finish().problems


def folded(entries: Sequence[Entry]) -> None:
    """The full state."""
    auditor, book = Auditor(TWIN_KEY, ACCOUNT), Book.open(ACCOUNT)
    for entry in entries:
        fact = auditor.check(entry)
        assert fact is not None, auditor.finish().problems
        book.apply(fact)


def cpu(work: Callable[[Sequence[Entry]], None], entries: Sequence[Entry]) -> float:
    """The fewest CPU seconds of several rounds."""
    seconds = []
    for _ in range(ROUNDS):
        gc.collect()
        begun = time.process_time()
        work(entries)
        seconds.append(time.process_time() - begun)
    return min(seconds)


async def write(folder: Path, count: int) -> None:
    """A SQLite journal of so many facts."""
    journal = open_journal(folder)
    sequence = 1
    try:
        facts = life(count)
        while batch := list(islice(facts, BATCH)):
            await journal.append(ACCOUNT, sequence, 1, batch)
            sequence += len(batch)
    finally:
        await journal.close()


def open_journal(folder: Path) -> SqliteJournal:
    """The product's journal in `folder`, under the key of tests."""
    return SqliteJournal.open(folder / "journal.db", clock=FixedClock())


async def reading(count: int) -> tuple[float, float]:
    """Seconds for a reader's equity from the kept state and its tail, and by folding the whole journal."""
    journal, checkpoints = InMemoryJournal(), InMemoryCheckpoints()
    facts = list(life(count + TAIL))
    await journal.append(ACCOUNT, 1, 1, facts[:count])
    begun = time.perf_counter()
    state = await load(journal, ACCOUNT, journal.key, ())
    whole = time.perf_counter() - begun
    await checkpoints.save(ACCOUNT, checkpoint_of(state.book, state.sequence, 1, VERSION))
    await journal.append(ACCOUNT, count + 1, 1, facts[count:])
    seconds = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        seen = await glance(journal, checkpoints, ACCOUNT, (), VERSION)
        assert seen.sequence == count + TAIL
        seconds.append(time.perf_counter() - begun)
    return min(seconds), whole


CHILD = """
import asyncio, re, sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from counterpoise.control.recovery import load
from counterpoise.domain.numbers import exact
from replay_facts import ACCOUNT, open_journal

async def main():
    journal = open_journal(Path(sys.argv[2]))
    begun = time.perf_counter()
    state = await load(journal, ACCOUNT, journal.key, ())
    seconds = time.perf_counter() - begun
    await journal.close()
    peak = re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())
    print(state.sequence, seconds, int(peak.group(1)) / 1024)

with exact():
    asyncio.run(main())
"""


def from_disk(facts: int) -> tuple[float, float]:
    """Wall-clock seconds and peak megabytes of a process that opens a SQLite journal of so many facts."""
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(write(Path(name), facts))
        command = [sys.executable, "-c", CHILD, str(Path(__file__).parent), name]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own command
        sequence, seconds, megabytes = done.stdout.split()
        assert int(sequence) == facts
        return float(seconds), float(megabytes)


def main() -> None:
    """Measure, print, and say what missed its aim."""
    missed = []
    print(f"Python {platform.python_version()}, {platform.machine()}, {len(SYMBOLS)} symbols")
    with exact():
        entries = entries_of(life(FACTS))
        size = sum(len(entry.raw) for entry in entries) / len(entries)
        print(f"{len(entries):,} facts of {size:,.0f} bytes, CPU time of one core, best of {ROUNDS}")
        for name, work in (("hash + JSON (limit)", floor), ("audit", audited), ("audit + fold", folded)):
            seconds = cpu(work, entries)
            rate = len(entries) / seconds
            print(f"  {name:22}{rate:>10,.0f} facts/s{seconds / len(entries) * 1e6:8.2f} us a fact")
            if work is folded and rate < FACTS_PER_SECOND_MIN:
                missed.append(f"{rate:,.0f} facts/s, the aim is {FACTS_PER_SECOND_MIN:,}")
        print(f"a reader's equity, kept state and a tail of {TAIL} facts")
        glances = []
        for count in LENGTHS:
            seconds, whole = asyncio.run(reading(count))
            glances.append(seconds)
            print(f"  after {count:>9,} facts {seconds * 1e3:8.1f} ms; by the whole journal {whole * 1e3:10,.1f} ms")
        if glances[-1] > glances[0] * GROWTH_MAX:
            missed.append(f"a reader waits {glances[-1] / glances[0]:.1f} times as long for a longer history")
        count = MILLION if "--million" in sys.argv else MILLION // 10
        seconds, megabytes = from_disk(count)
        print(f"{count:,} facts from SQLite: {seconds:.1f} s, {count / seconds:,.0f} facts/s, peak {megabytes:,.0f} MB")
        if megabytes > MEGABYTES_MAX:
            missed.append(f"{megabytes:,.0f} MB, the aim is {MEGABYTES_MAX}")
    for what in missed:
        print(f"missed: {what}")


if __name__ == "__main__":
    main()
