"""Which statements write and read the entries of a journal?"""

from __future__ import annotations

from counterpoise.ledger.journal import Entry

_COLUMNS = ", ".join(Entry._fields)
_MARKS = ", ".join("?" for _ in Entry._fields)

INSERT = f"INSERT INTO entries ({_COLUMNS}) VALUES ({_MARKS})"  # noqa: S608 - our own names, no input
SELECT_LOWEST = (
    f"SELECT {_COLUMNS}, rowid FROM entries "  # noqa: S608 - as above
    "WHERE account = ? ORDER BY sequence, rowid LIMIT ?"
)
"""The lowest and not those from 1 on: an entry below 1 is one that somebody put there."""

SELECT_NEXT = (
    f"SELECT {_COLUMNS}, rowid FROM entries "  # noqa: S608 - as above
    "WHERE account = ? AND (sequence, rowid) > (?, ?) ORDER BY sequence, rowid LIMIT ?"
)
"""After a row, and not after its sequence: who owns the database can give two rows the same one."""
SELECT_LAST = f"SELECT {_COLUMNS} FROM entries WHERE account = ? ORDER BY sequence DESC LIMIT 1"  # noqa: S608 - as above
SELECT_ONE = f"SELECT {_COLUMNS} FROM entries WHERE account = ? AND sequence = ?"  # noqa: S608 - as above
HAS_FACT = "SELECT 1 FROM entries WHERE account = ? AND fact_id = ?"
LOWEST_ACCOUNT = "SELECT account FROM entries ORDER BY account LIMIT 1"
NEXT_ACCOUNT = "SELECT account FROM entries WHERE account > ? ORDER BY account LIMIT 1"
