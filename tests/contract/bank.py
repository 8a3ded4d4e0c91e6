"""A bank of eight accounts: tellers that send money to one another, and a reader that looks for a cent too many.

`python -m tests.contract.bank URL FOLDER KEY ACCOUNT SECONDS` is a teller: the one writer of its account, a process.
"""

import asyncio
import random
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path

from counterpoise.adapters.clocks import SystemClock
from counterpoise.adapters.journals.chosen import choose
from counterpoise.adapters.journals.stored import StoredJournal
from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.errors import JournalRefused
from counterpoise.domain.facts import (
    SCHEMAS,
    Body,
    Fact,
    OpeningBalance,
    TransferReceived,
    TransferSent,
    WriterClaimed,
)
from counterpoise.domain.numbers import exact
from counterpoise.ledger.audit import Auditor
from counterpoise.ledger.booking import CASH, IN_TRANSIT, postings
from counterpoise.ledger.journal import Journal

ACCOUNTS = tuple(f"desk {number}" for number in range(8))
OPENING = Decimal("1000.00")
ASSET = "USD"
INCOMING_MAX = 20


Transfer = tuple[str, str, Decimal]
"""From whom, to whom, how much."""


@dataclass(slots=True)
class Books:
    """One account as far as somebody has read it.

    Attributes:
        received: How many transfers have arrived.
        left: How many facts of the last append have not been seen yet.
    """

    auditor: Auditor
    sequence: int = 0
    epoch: int = 0
    cash: Decimal = Decimal(0)
    in_transit: Decimal = Decimal(0)
    received: int = 0
    left: int = 0

    def take(self, fact: Fact) -> None:
        """Book one more fact."""
        self.sequence, self.epoch = fact.sequence, fact.epoch
        size = int(fact.correlation_id)
        assert self.left < size, "an append begins where the one before has ended"
        self.left = (self.left or size) - 1
        for posting in postings(fact, AccountKind.CASH):
            if posting.ledger_account == CASH:
                self.cash += posting.amount
            elif posting.ledger_account == IN_TRANSIT:
                self.in_transit += posting.amount


class Reader:
    """Reads every account on from where it stopped, and checks what it finds.

    Attributes:
        on_the_way: What was sent and, as far as was read, has not arrived.
        early: What has arrived, from senders who were read before they sent it.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.books = {account: Books(Auditor(journal.key, account)) for account in ACCOUNTS}
        self.on_the_way: dict[str, Transfer] = {}
        self.early: dict[str, Transfer] = {}

    async def read_on(self, accounts: Sequence[str]) -> None:
        """Read what is new; every entry is a whole link of its chain, and no append is seen in part."""
        for account in accounts:
            books = self.books[account]
            async for entry in self._journal.read(account, books.sequence + 1):
                fact = books.auditor.check(entry)
                assert fact is not None, books.auditor.finish().problems
                books.take(fact)
                self._match(fact)
            assert books.left == 0, f"{account}: the last append is seen in part"
            assert books.cash >= 0, f"{account} is overdrawn"

    async def check(self, chance: random.Random) -> None:
        """Read all accounts, in any order, and hold the total against what the bank began with."""
        await self.read_on(chance.sample(ACCOUNTS, len(ACCOUNTS)))
        self._hold_total()
        unsent = {transfer: sender for transfer, (sender, _, _) in self.early.items()}
        await self.read_on(sorted(set(unsent.values())))
        assert not unsent.keys() & self.early.keys(), "what has arrived was sent before"
        self._hold_total()

    def _hold_total(self) -> None:
        cash = sum(books.cash for books in self.books.values())
        in_transit = sum(amount for _, _, amount in self.on_the_way.values())
        early = sum(amount for _, _, amount in self.early.values())
        assert cash + in_transit - early == self.begun * OPENING
        assert sum(books.in_transit for books in self.books.values()) == in_transit - early

    def _match(self, fact: Fact) -> None:
        body = fact.body
        if isinstance(body, TransferSent):
            told = (fact.account, body.other_account, body.amount)
            if self.early.get(body.transfer_id) is not None:
                assert self.early.pop(body.transfer_id) == told
            else:
                assert body.transfer_id not in self.on_the_way
                self.on_the_way[body.transfer_id] = told
        elif isinstance(body, TransferReceived):
            self.books[fact.account].received += 1
            told = (body.other_account, fact.account, body.amount)
            if body.transfer_id in self.on_the_way:
                assert self.on_the_way.pop(body.transfer_id) == told
            else:
                assert body.transfer_id not in self.early
                self.early[body.transfer_id] = told

    @property
    def begun(self) -> int:
        """How many accounts have their first facts."""
        return sum(1 for books in self.books.values() if books.sequence)

    @property
    def arrived(self) -> int:
        """How many transfers have been received."""
        return sum(books.received for books in self.books.values())


class Teller:
    """The writer of one account."""

    def __init__(self, journal: Journal, account: str) -> None:
        self._journal = journal
        self._account = account
        self._reader = Reader(journal)
        self._mine = self._reader.books[account]
        self._chance = random.Random(account)
        self._epoch = 0

    async def begin(self) -> None:
        """Claim the writer's seat; the first start brings money."""
        await self._reader.read_on((self._account,))
        self._epoch = self._mine.epoch + 1
        claim: list[tuple[str, Body]] = [(f"claim {self._epoch}", WriterClaimed(owner="a teller"))]
        first: list[tuple[str, Body]] = [("opening", OpeningBalance(amount=OPENING, asset=ASSET))]
        await self._append([*claim, *([] if self._mine.sequence else first)])

    async def work(self, until: float) -> None:
        """Take in what was sent here and send some of it on."""
        while time.monotonic() < until:
            bodies = await self._incoming()
            available = self._mine.cash + sum((body.amount for _, body in bodies), Decimal(0))
            cents = self._chance.randint(1, 5_000)
            amount = Decimal(cents).scaleb(-2)
            if amount <= available:
                other = self._chance.choice([account for account in ACCOUNTS if account != self._account])
                transfer = f"{self._account}/{self._epoch}/{self._mine.sequence}"
                sent = TransferSent(transfer_id=transfer, amount=amount, asset=ASSET, other_account=other)
                await self._append([*bodies, (transfer, sent)])
            elif bodies:
                await self._append(bodies)

    async def _incoming(self) -> list[tuple[str, TransferReceived]]:
        await self._reader.read_on([account for account in ACCOUNTS if account != self._account])
        coming = (item for item in self._reader.on_the_way.items() if item[1][1] == self._account)
        return [
            (transfer, TransferReceived(transfer_id=transfer, amount=amount, asset=ASSET, other_account=sender))
            for transfer, (sender, _, amount) in islice(coming, INCOMING_MAX)
        ]

    async def _append(self, bodies: Sequence[tuple[str, Body]]) -> None:
        now = SystemClock().now()
        first = self._mine.sequence + 1
        facts = [
            fact_of(self._account, sequence, self._epoch, cause, body, now, len(bodies))
            for sequence, (cause, body) in enumerate(bodies, first)
        ]
        while True:
            with suppress(JournalRefused):  # busy: nothing was written, and the same facts may be tried again
                await self._journal.append(self._account, first, self._epoch, facts)
                break
        await self._reader.read_on((self._account,))
        assert self._mine.sequence == facts[-1].sequence


def fact_of(account: str, sequence: int, epoch: int, cause: str, body: Body, at: datetime, size: int) -> Fact:
    """A fact that says with how many others it was appended."""
    kind = type(body).__name__
    return Fact(
        account=account,
        sequence=sequence,
        epoch=epoch,
        fact_id=f"{kind}:{cause}:0",
        kind=kind,
        schema=SCHEMAS[kind],
        occurred_at=at,
        recorded_at=at,
        source="teller",
        actor="owner",
        correlation_id=str(size),
        causation_id=cause,
        instrument=None,
        strategy_shares=(),
        body=body,
    )


def opened(url: str, folder: Path, key_file: Path) -> StoredJournal:
    """The bank's journal; anchors of a server lie in the folder."""
    return choose(url, folder, key_file).open(SystemClock(), "a teller")


async def teller(url: str, folder: Path, key_file: Path, account: str, seconds: float) -> None:
    """Run one teller to its end."""
    journal = opened(url, folder, key_file)
    one = Teller(journal, account)
    await one.begin()
    await one.work(time.monotonic() + seconds)
    await journal.close()


if __name__ == "__main__":
    with exact():
        asyncio.run(teller(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4], float(sys.argv[5])))
