"""Is an account's journal what was written? Chain, sequence, columns, identities, epochs and anchors.

That each fact's postings sum to zero is checked by whoever folds the facts in the same pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from counterpoise.domain.accounts import AccountId
from counterpoise.domain.errors import InvalidFact, UnknownKind
from counterpoise.domain.facts import Fact
from counterpoise.ledger import chain, codec, sealed
from counterpoise.ledger.journal import Anchor, Entry

_COLUMNS = Entry._fields[:13]  # account … causation_id, which every fact has, and instrument, which some have


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What an audit found.

    Attributes:
        entries: How many were looked at, those after the first bad one included.
        first_bad: Sequence of the first entry that is not what was written or is missing; None when all are.
        problems: One sentence each; empty when the journal is whole.
        notes: What could not be proved, such as a tail that no anchor covers yet.
        last_anchored: The highest sequence whose seal an anchor confirms, 0 for none.
    """

    ok: bool
    entries: int
    first_bad: int | None
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    last_anchored: int


class Auditor:
    """Looks at the entries of one account in order, once, so that the same pass can fold their facts.

    Args:
        key: Of the seals.
        account: Whose journal it is.
        anchors: Of any account; only this one's count.
        after: The entry before the first one to look at; what it says of itself is taken as it is.
    """

    def __init__(
        self, key: bytes, account: AccountId, anchors: Iterable[Anchor] = (), after: Entry | None = None
    ) -> None:
        self._key = key
        self._account = account
        self._sequence = after.sequence if after else 0
        self._anchors = sorted(
            (anchor.sequence, anchor.seal)
            for anchor in anchors
            if anchor.account == account and anchor.sequence > self._sequence
        )
        self._next_anchor = 0
        self._entries = 0
        self._epoch = after.epoch if after else 0
        self._seal = after.seal if after else chain.genesis(account)
        self._fact_ids: set[str] = set()
        self._last_anchored = 0
        self._first_bad: int | None = None
        self._problems: list[str] = []

    @property
    def fact_ids(self) -> set[str]:
        """Identities of the facts that were checked and found whole; the caller may take them over."""
        return self._fact_ids

    def check(self, entry: Entry) -> Fact | None:
        """The fact of the next entry, or None from the first bad entry on."""
        self._entries += 1
        if self._problems:
            return None
        problem = self._broken_link(entry)
        if problem is None:
            fact, problem = self._read(entry)
        if problem is not None:
            self._refuse(self._sequence + 1, problem)
            return None
        self._sequence = entry.sequence
        self._epoch = entry.epoch
        self._seal = entry.seal
        self._fact_ids.add(entry.fact_id)
        return fact

    def finish(self) -> AuditReport:
        """The report, after the last entry."""
        highest = self._anchors[-1][0] if self._anchors else 0
        if not self._problems and highest > self._sequence:
            missing = self._sequence + 1
            self._refuse(missing, f"entry {missing} is missing: an anchor confirms entries up to {highest}")
        notes: tuple[str, ...] = ()
        if not self._problems and self._sequence > self._last_anchored:
            notes = (f"tail after sequence {self._last_anchored} not anchored",)
        return AuditReport(
            ok=not self._problems,
            entries=self._entries,
            first_bad=self._first_bad,
            problems=tuple(self._problems),
            notes=notes,
            last_anchored=self._last_anchored,
        )

    def _broken_link(self, entry: Entry) -> str | None:
        """What is wrong with the entry as a link of the chain."""
        expected = self._sequence + 1
        if entry.account != self._account:
            return f"entry {expected} belongs to account {entry.account}"
        if entry.sequence != expected:
            return f"entry {expected} is missing: {entry.sequence} follows"
        if not chain.fits(self._key, self._seal, entry.raw, entry.seal):
            return f"entry {expected}: its seal does not fit its bytes and the entry before"
        while self._next_anchor < len(self._anchors) and self._anchors[self._next_anchor][0] <= expected:
            # A whole chain sealed anew by somebody with the key fits itself, but not the anchors.
            if self._anchors[self._next_anchor] != (expected, entry.seal):
                return f"entry {expected}: its anchor has another seal"
            self._last_anchored = expected
            self._next_anchor += 1
        return None

    def _read(self, entry: Entry) -> tuple[Fact | None, str | None]:
        """The fact of the entry, or what is wrong with what it says."""
        fact = sealed.read(entry)
        if fact is None:
            fact, problem = _read_strictly(entry)
            if fact is None:
                return None, problem
        name = f"entry {entry.sequence}"
        if fact.fact_id in self._fact_ids:
            return None, f"{name}: the fact {fact.fact_id} stands twice"
        if fact.epoch < self._epoch:
            return None, f"{name}: its epoch {fact.epoch} follows epoch {self._epoch}"
        return fact, None

    def _refuse(self, sequence: int, problem: str) -> None:
        self._first_bad = sequence
        self._problems.append(problem)


def audit(entries: Iterable[Entry], key: bytes, account: AccountId, anchors: Sequence[Anchor] = ()) -> AuditReport:
    """Look at a whole journal of one account at once."""
    auditor = Auditor(key, account, anchors)
    for entry in entries:
        auditor.check(entry)
    return auditor.finish()


def _read_strictly(entry: Entry) -> tuple[Fact | None, str | None]:
    """The fact of an entry that the quick reader did not take, or what is wrong with it."""
    try:
        written = codec.parse(entry.raw)
        fact = codec.build(written)
    except (InvalidFact, UnknownKind) as error:
        return None, f"entry {entry.sequence} cannot be read: {error}"
    differing = [name for name in _COLUMNS if written.get(name) != getattr(entry, name)]
    if differing:
        return None, f"entry {entry.sequence}: {', '.join(differing)} differs from the bytes"
    return fact, None
