"""What is the book now, for somebody who only reads? A kept state and what came after it, however long the history.

The state must be of this version and have the digest that was kept with it, and what came after it is audited like
always. Nothing is traded on a glance: a writer folds the whole journal (decision 0010).
"""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.control.recovery import load
from counterpoise.control.state import ControlState
from counterpoise.domain.accounts import AccountId
from counterpoise.domain.errors import CounterpoiseError
from counterpoise.domain.facts import Fact
from counterpoise.ledger.audit import Auditor
from counterpoise.ledger.checkpoints import Checkpoint, Checkpoints
from counterpoise.ledger.codec import from_bytes
from counterpoise.ledger.journal import Anchor, Journal
from counterpoise.portfolio.amendments import KINDS
from counterpoise.portfolio.fold import Book, digest
from counterpoise.portfolio.state import STATE_VERSION, AccountState
from counterpoise.portfolio.timeline import OutOfReach


async def glance(
    journal: Journal, checkpoints: Checkpoints, account: AccountId, anchors: Sequence[Anchor], code_version: str
) -> ControlState:
    """The account's book for reading; folds the whole journal where a kept state does not do.

    Raises:
        JournalCorrupt: the bytes are not what was written.
    """
    kept = await checkpoints.latest(account)
    if kept is not None and (kept.state_version, kept.code_version) == (STATE_VERSION, code_version):
        found = await _from_kept(journal, account, anchors, kept)
        if found is not None:
            return found
    return await load(journal, account, journal.key, tuple(anchors))


async def _from_kept(
    journal: Journal, account: AccountId, anchors: Sequence[Anchor], kept: Checkpoint
) -> ControlState | None:
    """The kept state with the facts after it, or None where only the whole journal can tell."""
    book = _book_of(kept)
    if book is None:
        return None
    auditor: Auditor | None = None
    sequence, epoch = kept.sequence, kept.epoch
    async for entry in journal.read(account, kept.sequence):
        if auditor is None:
            if entry.sequence != kept.sequence:
                return None
            auditor = Auditor(journal.key, account, anchors, after=entry)
            continue
        fact = auditor.check(entry)
        if fact is None or not _fold(book, fact):
            return None
        sequence, epoch = fact.sequence, fact.epoch
    if auditor is None or not auditor.finish().ok:
        return None
    return ControlState(account, book, sequence, epoch)


def _book_of(kept: Checkpoint) -> Book | None:
    """The book of a kept state that is what was kept; else None."""
    try:
        state = from_bytes(AccountState, kept.state)
        # Held against its digest first: what was spoiled may hold positions of nothing that can be valued.
        return Book.from_state(state) if digest(state) == kept.digest else None
    except (CounterpoiseError, LookupError):
        return None


def _fold(book: Book, fact: Fact) -> bool:
    """Fold a fact that came after the kept state; False when it is about what lies before."""
    if fact.kind in KINDS:
        return False  # of a fill that may be among those that are not at hand
    try:
        book.apply(fact)
    except OutOfReach:
        return False
    return True
