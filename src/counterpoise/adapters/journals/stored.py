"""What have all journals in a database in common? One writer's thread, readers beside it, anchors in a file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from counterpoise.adapters.journals.anchors import read_anchors
from counterpoise.adapters.journals.store import Reader, Readers, entries_from
from counterpoise.adapters.journals.writer import Writer
from counterpoise.domain.accounts import AccountId
from counterpoise.domain.errors import JournalRefused
from counterpoise.domain.facts import Fact
from counterpoise.ledger.journal import Anchor, Entry, Tail, draft, tail_of

T = TypeVar("T")


class StoredJournal:
    """A journal in a database; see `Journal` for what it promises."""

    def __init__(self, key: bytes, writer: Writer, readers: Readers, anchors: Path) -> None:
        self._key = key
        self._writer = writer
        self._readers = readers
        self._anchors = anchors
        self._is_open = True

    @property
    def key(self) -> bytes:
        """See `Journal.key`."""
        return self._key

    @property
    def commits(self) -> int:
        """Transactions that wrote entries since the journal was opened."""
        return self._writer.commits

    @property
    def anchor_problem(self) -> str:
        """Why the last anchor could not be written, or nothing; appends go on and each tries again."""
        return self._writer.anchor_problem

    def durability(self) -> Mapping[str, str | int]:
        """The settings that the writing connection had when it was opened, read back from it."""
        return self._writer.settings

    async def append(self, account: AccountId, expected_sequence: int, epoch: int, facts: Sequence[Fact]) -> int:
        """See `Journal.append`."""
        self._check_open()
        return await self._writer.append(draft(account, expected_sequence, epoch, facts))

    async def read(self, account: AccountId, from_sequence: int = 1) -> AsyncIterator[Entry]:
        """See `Journal.read`; holds `CHUNK` entries at a time and no lock between them."""
        self._check_open()
        with closing(self._chunks(account, from_sequence)) as chunks:
            while (entries := await asyncio.to_thread(next, chunks, None)) is not None:
                for entry in entries:
                    yield entry

    async def last(self, account: AccountId) -> Tail:
        """See `Journal.last`."""
        return tail_of(await self._ask(lambda reader: reader.last(account)), account)

    async def accounts(self) -> tuple[AccountId, ...]:
        """See `Journal.accounts`."""
        return await self._ask(lambda reader: reader.accounts())

    async def anchor_now(self) -> None:
        """See `Journal.anchor_now`."""
        self._check_open()
        await self._writer.anchor()

    async def keep_alive(self) -> None:
        """Show the database that this writer lives; one that is silent may lose its accounts to another.

        Raises:
            JournalRefused: the journal is closed.
        """
        self._check_open()
        await self._writer.keep_alive()

    async def anchors(self) -> tuple[Anchor, ...]:
        """See `Journal.anchors`.

        Raises:
            JournalCorrupt: anchors.log holds a line that is no anchor.
            JournalRefused: it cannot be read.
        """
        try:
            return await asyncio.to_thread(read_anchors, self._anchors)
        except OSError as error:
            raise JournalRefused(f"{self._anchors.name} cannot be read ({error.strerror})") from error

    async def close(self) -> None:
        """See `Journal.close`; anchors the tails that moved.

        Raises:
            JournalRefused: everything is closed, but the anchors could not be written.
        """
        if self._is_open:
            self._is_open = False
            await asyncio.to_thread(self._writer.close)
            if self._writer.anchor_problem:
                raise JournalRefused(f"closed, but not anchored: {self._writer.anchor_problem}")

    def _chunks(self, account: AccountId, from_sequence: int) -> Generator[list[Entry], None, None]:
        with self._readers() as reader:
            yield from entries_from(reader, account, from_sequence)

    async def _ask(self, question: Callable[[Reader], T]) -> T:
        self._check_open()
        return await asyncio.to_thread(self._answer, question)

    def _answer(self, question: Callable[[Reader], T]) -> T:
        with self._readers() as reader:
            return question(reader)

    def _check_open(self) -> None:
        if not self._is_open:
            raise JournalRefused("the journal is closed")
