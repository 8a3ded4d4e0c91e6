"""Is an account what its journal says? Builds the state from the sealed bytes and holds everything against it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from counterpoise.domain.accounts import AccountId
from counterpoise.domain.errors import CounterpoiseError
from counterpoise.domain.facts import Fact
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.time import parse_time
from counterpoise.ledger.audit import Auditor, AuditReport
from counterpoise.ledger.checkpoints import Checkpoint, Checkpoints
from counterpoise.ledger.codec import decode, to_bytes
from counterpoise.ledger.journal import Anchor, Journal
from counterpoise.portfolio.amendments import KINDS
from counterpoise.portfolio.fold import Book
from counterpoise.portfolio.proof import proof
from counterpoise.portfolio.state import STATE_VERSION, AccountState
from counterpoise.portfolio.timeline import BEGINNING, RANKS, OutOfReach


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """The book that an account's bytes make, as far as they are whole.

    Attributes:
        sequence, epoch: Of the last fact that was folded; 0 for an empty journal.
        fact_ids: Identities of all of them.
    """

    book: Book
    report: AuditReport
    sequence: int
    epoch: int
    fact_ids: set[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What verification proved or found.

    Attributes:
        entries: Facts read.
        first_bad: Sequence of the first bad entry, or None.
        problems: One sentence each; empty when everything holds.
        notes: What could not be proved, and that is no fault.
        residual: Equity that no cause explains, account currency; must be 0.
        replay_digest: Of the state that the bytes make.
        checked_digest: The kept or live digest that it was held against, or empty when there was none.
    """

    account: AccountId
    ok: bool
    entries: int
    first_bad: int | None
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    residual: Decimal
    replay_digest: str
    checked_digest: str


async def replay(
    journal: Journal,
    account: AccountId,
    key: bytes,
    anchors: tuple[Anchor, ...],
    checkpoint: Checkpoint | None = None,
    on_folded: Callable[[Book, Fact], None] | None = None,
) -> tuple[Replayed, tuple[str, ...]]:
    """Audit and fold in one pass; the second value names what a kept state has that the bytes do not make."""
    told = 0

    def tell(book: Book, fact: Fact) -> None:
        nonlocal told
        if on_folded is not None and fact.sequence > told:  # each once, also when the fold begins again
            told = fact.sequence
            on_folded(book, fact)

    try:
        return await _replay(journal, account, key, anchors, checkpoint, tell, None)
    except OutOfReach:
        floor = await reach_of(journal, account)
        return await _replay(journal, account, key, anchors, checkpoint, tell, floor)


async def reach_of(journal: Journal, account: AccountId) -> datetime:
    """From when on facts have to be kept so that every late one of this journal can be put in its place."""
    newest = floor = ""
    amended: dict[str, None] = {}
    async for entry in journal.read(account):
        if entry.kind in KINDS:
            amended[decode(entry.raw).body.fill_id] = None
        elif entry.kind in RANKS:
            late = newest and entry.occurred_at < newest
            floor = min(floor or entry.occurred_at, entry.occurred_at) if late else floor
            newest = max(newest, entry.occurred_at)
    if amended:
        async for entry in journal.read(account):
            if entry.kind == "Fill" and decode(entry.raw).body.fill_id in amended:
                floor = min(floor or entry.occurred_at, entry.occurred_at)
    return parse_time(floor) - timedelta(microseconds=1) if floor else BEGINNING


async def _replay(
    journal: Journal,
    account: AccountId,
    key: bytes,
    anchors: tuple[Anchor, ...],
    checkpoint: Checkpoint | None,
    on_folded: Callable[[Book, Fact], None],
    floor: datetime | None,
) -> tuple[Replayed, tuple[str, ...]]:
    book = Book.open(account, floor)
    auditor = Auditor(key, account, anchors)
    sequence = epoch = 0
    problems: list[str] = []
    with _uncollected(), book.gathering():
        async for entry in journal.read(account):
            fact = auditor.check(entry)
            if fact is None:
                continue
            try:
                book.apply(fact)
                if fact.kind == "MarksRecorded" or (checkpoint is not None and fact.sequence == checkpoint.sequence):
                    book.settle()  # somebody looks at the book of this moment
            except OutOfReach:
                raise
            except CounterpoiseError as error:
                problems.append(f"entry {fact.sequence} cannot be booked: {error}")
                break
            sequence, epoch = fact.sequence, fact.epoch
            on_folded(book, fact)
            if checkpoint is not None and sequence == checkpoint.sequence:
                problems += checkpoint_problems(book, checkpoint)
        problems += _unbookable(book)
    if checkpoint is not None and checkpoint.sequence > sequence and not problems:
        problems.append(f"a state was kept at entry {checkpoint.sequence}, but the journal ends at {sequence}")
    book.timeline.floor = None
    replayed = Replayed(book=book, report=auditor.finish(), sequence=sequence, epoch=epoch, fact_ids=auditor.fact_ids)
    return replayed, tuple(problems)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let the collector of cycles rest: a fold makes none, and walking what is kept costs nearly as much as folding."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _unbookable(book: Book) -> list[str]:
    """What is wrong with the late facts that still wait."""
    try:
        book.settle()
    except CounterpoiseError as error:
        return [f"facts that came late cannot be booked in their place: {error}"]
    return []


async def verify(
    journal: Journal,
    checkpoints: Checkpoints,
    account: AccountId,
    key: bytes,
    anchors: tuple[Anchor, ...],
    live_digest: str = "",
) -> VerifyReport:
    """Chain, sequence, identities, zero sum per asset, equity proof, and the digest of the kept or live state."""
    checkpoint = await checkpoints.latest(account)
    if checkpoint is not None and checkpoint.state_version != STATE_VERSION:
        checkpoint = None  # a state of another shape proves nothing; it is made anew at the next close
    replayed, kept_problems = await replay(journal, account, key, anchors, checkpoint)
    state = replayed.book.state
    digest = replayed.book.digest()
    problems = [*replayed.report.problems, *kept_problems, *zero_sum_problems(state)]
    residual = proof(state, replayed.book.valuation.equity).residual if replayed.sequence else ZERO
    if residual:
        problems.append(f"equity has {residual} that no cause explains")
    if live_digest and live_digest != digest:
        problems.append("the live state differs from what the journal's bytes make")
    return VerifyReport(
        account=account,
        ok=not problems,
        entries=replayed.report.entries,
        first_bad=replayed.report.first_bad,
        problems=tuple(problems),
        notes=replayed.report.notes,
        residual=residual,
        replay_digest=digest,
        checked_digest=live_digest or (checkpoint.digest if checkpoint else ""),
    )


def checkpoint_of(book: Book, sequence: int, epoch: int, code_version: str) -> Checkpoint:
    """The state as it may be kept; deleting it loses nothing."""
    return Checkpoint(
        sequence=sequence,
        epoch=epoch,
        state_version=STATE_VERSION,
        code_version=code_version,
        digest=book.digest(),
        state=to_bytes(book.state),
    )


def checkpoint_problems(book: Book, checkpoint: Checkpoint) -> list[str]:
    """What a kept state says that the facts do not."""
    problems = []
    if book.digest() != checkpoint.digest:
        problems.append(f"the digest kept at entry {checkpoint.sequence} is not that of the facts")
    if to_bytes(book.state) != checkpoint.state:
        problems.append(f"the state kept at entry {checkpoint.sequence} is not what the facts make")
    return problems


def zero_sum_problems(state: AccountState) -> list[str]:
    """Assets whose postings do not sum to zero over all ledger accounts."""
    sums: dict[str, Decimal] = {}
    for assets in state.postings.values():
        for asset, amount in assets.items():
            sums[asset] = sums.get(asset, ZERO) + amount
    return [f"postings of {asset} sum to {amount}, not to zero" for asset, amount in sorted(sums.items()) if amount]
