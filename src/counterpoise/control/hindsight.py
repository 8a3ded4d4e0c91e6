"""What does an account's journal say, whole and audited, as far as it was known at a moment?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from counterpoise.control.state import ControlState
from counterpoise.domain.accounts import AccountId
from counterpoise.domain.errors import InvalidInput, JournalCorrupt
from counterpoise.domain.facts import Fact
from counterpoise.domain.time import format_time
from counterpoise.ledger.audit import Auditor
from counterpoise.ledger.journal import Anchor, Journal
from counterpoise.ledger.trail import Trail, TrailEntry, Wanted
from counterpoise.portfolio import amendments
from counterpoise.portfolio.fold import Book
from counterpoise.portfolio.history import History
from counterpoise.portfolio.moved import figures, moved
from counterpoise.portfolio.timeline import BEGINNING, RANKS


async def known_facts(journal: Journal, account: AccountId, anchors: Sequence[Anchor]) -> tuple[Fact, ...]:
    """Every fact of the account.

    Raises:
        JournalCorrupt: the bytes are not what was written.
    """
    auditor, found = Auditor(journal.key, account, anchors), list[Fact]()
    async for entry in journal.read(account):
        fact = auditor.check(entry)
        if fact is not None:
            found.append(fact)
    report = auditor.finish()
    if not report.ok:
        raise JournalCorrupt(f"account {account}: {report.problems[0]}; run `counterpoise verify`", report.first_bad)
    return tuple(found)


def known_by(facts: Sequence[Fact], at: datetime) -> Sequence[Fact]:
    """The facts that were known at an instant.

    The order of a journal is its sequence and never a clock's: what stands before a fact that was known was known.

    Raises:
        InvalidInput: nothing was known then.
    """
    known = max((number for number, fact in enumerate(facts, 1) if fact.recorded_at <= at), default=0)
    if not known:
        first = format_time(facts[0].recorded_at)
        raise InvalidInput("known_at", format_time(at), f"a time from {first} on, when the first fact was recorded")
    return facts[:known]


def view_of(account: AccountId, facts: Sequence[Fact], as_of: datetime | None) -> ControlState:
    """The book after everything that happened up to `as_of`, as far as `facts` know; for reading, not for trading."""
    history = History(account, facts, as_of)
    history.take_to(lambda _: True)
    seen = [fact.sequence for fact in facts if as_of is None or fact.occurred_at <= as_of]
    return ControlState(account, history.book, max(seen, default=0), facts[-1].epoch)


def trail(account: AccountId, facts: Iterable[Fact], wanted: Wanted) -> tuple[TrailEntry, ...]:
    """The acts that are wanted, in the journal's order, with what each changed in the book as it was known then."""
    book, told, found = Book.open(account, floor=BEGINNING), Trail(), list[TrailEntry]()
    now = figures(book)
    for fact in facts:
        before = now
        book.apply(fact)
        if fact.kind in RANKS or fact.kind in amendments.KINDS:
            now = figures(book)
        entry = told.tell(fact, moved(before, now))
        if wanted.takes(entry):
            found.append(entry)
    return tuple(found)
