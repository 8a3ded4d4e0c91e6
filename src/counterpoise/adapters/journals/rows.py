"""Which statements read the entries of a journal, whatever the database?"""

from __future__ import annotations

from dataclasses import dataclass

from counterpoise.ledger.journal import Entry

COLUMNS = ", ".join(Entry._fields)
CHUNK = 1_000
"""Entries that one read brings into memory."""


@dataclass(frozen=True, slots=True)
class Statements:
    """The reads of a journal for a driver that writes `mark` where a value goes.

    Attributes:
        first: The lowest entries of an account; account, count.
        following: The entries from a sequence on; account, sequence, count.
        last: The highest entry of an account.
        one: The entry of an account and a sequence.
        has_fact: Whether an account has a fact.
        next_account: The first account after a name. One look-up an account; DISTINCT would walk every entry.
        nameless: An entry of no account, which nobody recorded.
    """

    mark: str

    @property
    def first(self) -> str:
        return f"SELECT {COLUMNS} FROM entries WHERE account = {self.mark} ORDER BY sequence LIMIT {self.mark}"  # noqa: S608 - our own names

    @property
    def following(self) -> str:
        return (
            f"SELECT {COLUMNS} FROM entries "  # noqa: S608 - our own names
            f"WHERE account = {self.mark} AND sequence >= {self.mark} ORDER BY sequence LIMIT {self.mark}"
        )

    @property
    def last(self) -> str:
        return f"SELECT {COLUMNS} FROM entries WHERE account = {self.mark} ORDER BY sequence DESC LIMIT 1"  # noqa: S608 - our own names

    @property
    def one(self) -> str:
        return f"SELECT {COLUMNS} FROM entries WHERE account = {self.mark} AND sequence = {self.mark}"  # noqa: S608 - our own names

    @property
    def has_fact(self) -> str:
        return f"SELECT 1 FROM entries WHERE account = {self.mark} AND fact_id = {self.mark}"  # noqa: S608 - our own names

    @property
    def next_account(self) -> str:
        return f"SELECT account FROM entries WHERE account > {self.mark} ORDER BY account LIMIT 1"  # noqa: S608 - our own names

    @property
    def nameless(self) -> str:
        return "SELECT 1 FROM entries WHERE account IS NULL OR account = '' LIMIT 1"
