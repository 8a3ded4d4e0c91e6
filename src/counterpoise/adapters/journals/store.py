"""What must a database be able to do to hold a journal? The writer's side and the readers' side of it.

Errors that reach the callers of a journal are the domain's: `JournalRefused` when nothing was written,
`JournalBroken` when nothing may be assumed. Two more stay between a store and the writer, who settles them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from counterpoise.adapters.journals.rows import CHUNK
from counterpoise.domain.accounts import AccountId
from counterpoise.domain.errors import JournalCorrupt, JournalRefused
from counterpoise.ledger.journal import Entry, Tail


class Conflict(Exception):
    """What is there does not let the entries in: a fact is there already, or the account's journal ends elsewhere.

    Nothing was written.
    """


class AccountTaken(JournalRefused):
    """Another process writes this account; names it. Other accounts of the same transaction are not touched."""


class Lost(Exception):
    """The connection ended before the answer came: whether anything was written must be looked up."""


class Store(Protocol):
    """The one connection that writes; used by one thread.

    Attributes:
        keeps_others_out: Whether nobody else can write an account from `claim` on, until the connection ends. Then
            a tail that was read or written once need not be read again.
    """

    keeps_others_out: bool

    def settings(self) -> Mapping[str, str | int]:
        """What makes commits durable, read back from the database."""
        ...

    def begin(self) -> None:
        """Begin a transaction.

        Raises:
            JournalRefused, JournalBroken: see above; so do all that follow.
        """
        ...

    def claim(self, account: AccountId) -> None:
        """Make sure that nobody else writes the account while this transaction runs.

        Raises:
            AccountTaken: somebody else does.
        """
        ...

    def last(self, account: AccountId) -> Entry | None:
        """The highest entry of an account."""
        ...

    def one(self, account: AccountId, sequence: int) -> Entry | None:
        """The entry with that number."""
        ...

    def has_fact(self, account: AccountId, fact_id: str) -> bool:
        """Whether the account has the fact."""
        ...

    def insert(self, entries: Sequence[Entry], tail: Tail) -> None:
        """Add entries right after `tail`, at the latest when the transaction commits.

        Raises:
            Conflict: see there.
        """
        ...

    def commit(self) -> None:
        """Make everything durable.

        Raises:
            Conflict, Lost: see there.
        """
        ...

    def roll_back(self) -> None:
        """End the transaction as if it had never been; nothing happens when there is none."""
        ...

    def regain(self, accounts: Collection[AccountId]) -> bool:
        """After a commit without a clear answer: whether what is read from now on about `accounts` is final."""
        ...

    def keep_alive(self) -> bool:
        """Show the database that the writer lives, where it ends those that do not; and whether it is there."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...


class Reader(Protocol):
    """One connection that reads; used by one thread at a time."""

    def following(self, account: AccountId, sequence: int | None, count: int) -> list[Entry]:
        """At most so many entries from `sequence` or from the lowest on.

        Raises:
            JournalCorrupt: the database is damaged.
            JournalRefused: it cannot be reached; a later read may succeed.
        """
        ...

    def last(self, account: AccountId) -> Entry | None:
        """The highest entry of an account."""
        ...

    def accounts(self) -> tuple[AccountId, ...]:
        """Every account that has an entry, sorted."""
        ...


class Readers(Protocol):
    """Where readers come from."""

    def __call__(self) -> AbstractContextManager[Reader]:
        """A reader until the block ends."""
        ...


def entries_from(reader: Reader, account: AccountId, from_sequence: int) -> Iterator[list[Entry]]:
    """The entries of an account in chunks, up to the last one there is when it is reached.

    Each chunk is a query of its own that begins where the one before ended, so a long read holds neither memory nor
    a transaction: it keeps no old rows alive on a server, and sees what is written meanwhile.
    """
    # From the first on means from the lowest on: an entry below 1 is one that somebody put there.
    first, seen = from_sequence if from_sequence > 1 else None, 0
    while True:
        entries = reader.following(account, first, CHUNK + seen)
        yield entries[seen:]
        if len(entries) < CHUNK + seen:
            return
        # The last sequence is asked for again: who owns the database can give a second row the same one.
        first = entries[-1].sequence
        seen = sum(entry.sequence == first for entry in entries)


def every_account(
    following: Callable[[str], Sequence[object] | None], nameless: Callable[[], object]
) -> tuple[AccountId, ...]:
    """Every account, when `following` gives the row with the one after a name and `nameless` one of no account.

    Raises:
        JournalCorrupt: an entry is of no account.
    """
    found: list[AccountId] = []
    is_whole = nameless() is None
    while is_whole and (row := following(found[-1] if found else "")):
        name = row[0]
        if type(name) is str:
            found.append(name)
        is_whole = type(name) is str
    if not is_whole:
        raise JournalCorrupt("the journal has an entry of no account, which nobody recorded")
    return tuple(found)
