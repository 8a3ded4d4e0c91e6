"""Where do facts live, and under which promise? The port of every journal, and its twin in memory.

Promise of `append`: all of the facts or none; it returns only when they are durable; a writer that has
missed something (wrong sequence, or an epoch below the highest recorded) is refused.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from counterpoise.domain.accounts import AccountId
from counterpoise.domain.errors import DuplicateFact, InvalidFact, JournalRefused, StaleWriter
from counterpoise.domain.facts import Fact
from counterpoise.domain.instruments import InstrumentId
from counterpoise.ledger import chain, codec
from counterpoise.ledger.forms import write_time

NUMBER_MAX = 2**63 - 1
"""The largest sequence and epoch that every store can hold."""


class Entry(NamedTuple):
    """One fact as it is kept: its bytes, their seal, and columns that repeat fields of the bytes for indexing.

    A tuple and not a dataclass, because a replay makes one of every row it reads.

    Attributes:
        occurred_at, recorded_at: Canonical text, as in the bytes.
        schema: As written; the fact that is read from `raw` may have been lifted to a later one.
        seal: 32 bytes, see `chain`.
    """

    account: AccountId
    sequence: int
    epoch: int
    fact_id: str
    kind: str
    schema: int
    occurred_at: str
    recorded_at: str
    source: str
    actor: str
    correlation_id: str
    causation_id: str
    instrument: InstrumentId | None
    raw: bytes
    seal: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """The end of an account's journal; sequence and epoch are 0 and the seal is the genesis while it is empty.

    Attributes:
        epoch: The highest recorded, which is the last entry's, since epochs never fall.
    """

    sequence: int
    epoch: int
    seal: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """The seal of one entry, kept outside the database so that a cut-off tail is found.

    Attributes:
        at: When it was taken.
    """

    account: AccountId
    sequence: int
    seal: bytes
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Facts that were checked and encoded, on their way to be sealed by whoever knows the tail."""

    account: AccountId
    expected_sequence: int
    epoch: int
    facts: tuple[tuple[Fact, bytes], ...]


class Journal(Protocol):
    """Port: append-only facts per account."""

    @property
    def key(self) -> bytes:
        """The key of the seals, which an audit needs."""
        ...

    async def append(self, account: AccountId, expected_sequence: int, epoch: int, facts: Sequence[Fact]) -> int:
        """Write all of `facts` durably, or none, and return the sequence of the last one.

        A caller that is cancelled while it waits does not know whether they were written: it reads the tail.

        Args:
            account: Whose facts they are; each carries the same.
            expected_sequence: The number that the first fact gets; the facts carry it and those after it.
            epoch: The claim under which they are written; the facts carry it.
            facts: At least one.

        Raises:
            StaleWriter: `expected_sequence` is not last + 1, or `epoch` is below the highest recorded.
            DuplicateFact: a fact_id is in the journal already, or stands twice among `facts`.
            InvalidFact, UnknownKind: a fact disagrees with the arguments or has no canonical bytes.
            JournalRefused: nothing was written (full, read-only, busy); the same append may be tried later.
            JournalBroken: nothing may be assumed; the process must end.
        """
        ...

    def read(self, account: AccountId, from_sequence: int = 1) -> AsyncIterator[Entry]:
        """The entries from `from_sequence` on, in order, up to the last one there is when it is reached."""
        ...

    async def last(self, account: AccountId) -> Tail:
        """Where the account's journal ends."""
        ...

    async def accounts(self) -> tuple[AccountId, ...]:
        """Every account that has an entry, sorted."""
        ...

    async def anchor_now(self) -> None:
        """Note every tail that moved since it was noted last, outside the storage.

        Raises:
            JournalRefused: it could not be noted.
        """
        ...

    async def anchors(self) -> tuple[Anchor, ...]:
        """Every tail ever noted; accounts among them may be missing from `accounts` if entries were cut off."""
        ...

    async def close(self) -> None:
        """Finish what is being written and let go of the storage; later calls are refused."""
        ...


def draft(account: AccountId, expected_sequence: int, epoch: int, facts: Sequence[Fact]) -> Draft:
    """Check that the facts carry what the append says, and encode them.

    Raises:
        InvalidFact, UnknownKind, DuplicateFact: see `Journal.append`.
    """
    if not facts:
        raise InvalidFact("facts", "none", "at least one fact to append")
    if not 0 < expected_sequence <= NUMBER_MAX - len(facts) or not 0 < epoch <= NUMBER_MAX:
        raise InvalidFact("sequence, epoch", f"{expected_sequence}, {epoch}", "whole numbers from 1 to 2⁶³ − 1")
    seen: set[str] = set()
    for sequence, fact in enumerate(facts, expected_sequence):
        carried = (fact.account, fact.sequence, fact.epoch)
        if carried != (account, sequence, epoch):
            raise InvalidFact("account, sequence, epoch", repr(carried), f"{(account, sequence, epoch)!r}")
        _refuse_nul(fact)
        if fact.fact_id in seen:
            raise DuplicateFact(account, fact.fact_id)
        seen.add(fact.fact_id)
    encoded = tuple((fact, codec.encode(fact)) for fact in facts)
    return Draft(account=account, expected_sequence=expected_sequence, epoch=epoch, facts=encoded)


def _refuse_nul(fact: Fact) -> None:
    """What stands in a column must be text that every store can hold; inside the bytes any character may stand."""
    texts = (fact.account, fact.fact_id, fact.source, fact.actor, fact.correlation_id, fact.causation_id)
    if any("\0" in text for text in (*texts, fact.instrument or "")):
        raise InvalidFact("fact", fact.fact_id, "text without the character NUL, which not every database can hold")


def refuse_stale(drafted: Draft, tail: Tail) -> None:
    """Let pass only the writer that knows the whole journal and still owns its seat.

    Raises:
        StaleWriter: see `Journal.append`.
    """
    if drafted.expected_sequence != tail.sequence + 1:
        raise StaleWriter(
            f"account {drafted.account}: expected to write {drafted.expected_sequence}, "
            f"but the journal ends at {tail.sequence}"
        )
    if drafted.epoch < tail.epoch:
        raise StaleWriter(f"account {drafted.account}: epoch {drafted.epoch} was ended by epoch {tail.epoch}")


def sealed(drafted: Draft, key: bytes, previous: bytes) -> list[Entry]:
    """The entries of a draft, chained to the entry sealed `previous`."""
    entries = []
    for fact, raw in drafted.facts:
        previous = chain.seal(key, previous, raw)
        entries.append(
            Entry(
                fact.account,
                fact.sequence,
                fact.epoch,
                fact.fact_id,
                fact.kind,
                fact.schema,
                write_time(fact.occurred_at),
                write_time(fact.recorded_at),
                fact.source,
                fact.actor,
                fact.correlation_id,
                fact.causation_id,
                fact.instrument,
                raw,
                previous,
            )
        )
    return entries


def tail_of(last: Entry | None, account: AccountId) -> Tail:
    """The tail that `last` makes; None is an empty journal."""
    if last is None:
        return Tail(sequence=0, epoch=0, seal=chain.genesis(account))
    return Tail(sequence=last.sequence, epoch=last.epoch, seal=last.seal)


Hook = Callable[[AccountId, Sequence[Fact]], None]
TWIN_KEY = bytes(range(chain.KEY_SIZE_MIN))
"""The key of journals that no disk ever sees."""


def _nothing(_account: AccountId, _facts: Sequence[Fact]) -> None:
    return None


class InMemoryJournal:
    """The twin: the same promise without a disk, for simulation and tests.

    Args:
        key: Of the seals.
        before_append: Called when an append would be accepted, before anything is written; what it raises
            is a crash that left nothing behind.
        after_append: Called when everything is written; what it raises is a crash whose answer was lost.
    """

    def __init__(self, *, key: bytes = TWIN_KEY, before_append: Hook = _nothing, after_append: Hook = _nothing) -> None:
        self._key = key
        self.before_append = before_append
        self.after_append = after_append
        self._entries: dict[AccountId, list[Entry]] = {}
        self._fact_ids: dict[AccountId, set[str]] = {}
        self._is_open = True

    @property
    def key(self) -> bytes:
        """See `Journal.key`."""
        return self._key

    async def append(self, account: AccountId, expected_sequence: int, epoch: int, facts: Sequence[Fact]) -> int:
        """See `Journal.append`."""
        self._check_open()
        drafted = draft(account, expected_sequence, epoch, facts)
        entries = self._entries.get(account, [])
        tail = tail_of(entries[-1] if entries else None, account)
        refuse_stale(drafted, tail)
        known = self._fact_ids.get(account, set())
        for fact in facts:
            if fact.fact_id in known:
                raise DuplicateFact(account, fact.fact_id)
        self.before_append(account, facts)
        self._entries.setdefault(account, []).extend(sealed(drafted, self._key, tail.seal))
        self._fact_ids.setdefault(account, set()).update(fact.fact_id for fact in facts)
        self.after_append(account, facts)
        return facts[-1].sequence

    async def read(self, account: AccountId, from_sequence: int = 1) -> AsyncIterator[Entry]:
        """See `Journal.read`."""
        self._check_open()
        entries = self._entries.get(account, [])
        place = max(from_sequence, 1) - 1
        while place < len(entries):
            yield entries[place]
            place += 1

    async def last(self, account: AccountId) -> Tail:
        """See `Journal.last`."""
        self._check_open()
        entries = self._entries.get(account, [])
        return tail_of(entries[-1] if entries else None, account)

    async def accounts(self) -> tuple[AccountId, ...]:
        """See `Journal.accounts`."""
        self._check_open()
        return tuple(sorted(self._entries))

    async def anchor_now(self) -> None:
        """See `Journal.anchor_now`: memory has no outside."""
        self._check_open()

    async def anchors(self) -> tuple[Anchor, ...]:
        """See `Journal.anchors`."""
        self._check_open()
        return ()

    async def close(self) -> None:
        """See `Journal.close`."""
        self._is_open = False

    def reopen(self) -> None:
        """What a new process finds after a crash: the same entries, open again."""
        self._is_open = True

    def _check_open(self) -> None:
        if not self._is_open:
            raise JournalRefused("the journal is closed")
