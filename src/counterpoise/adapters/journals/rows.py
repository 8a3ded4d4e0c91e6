"""Which statements write and read the entries of a journal?"""

from __future__ import annotations

from counterpoise.ledger.journal import Entry

_COLUMNS = ", ".join(Entry._fields)
_MARKS = ", ".join("?" for _ in Entry._fields)

INSERT = f"INSERT INTO entries ({_COLUMNS}) VALUES ({_MARKS})"  # noqa: S608 - our own names, no input
SELECT = (
    f"SELECT {_COLUMNS} FROM entries "  # noqa: S608 - as above
    "WHERE account = ? AND (? IS NULL OR sequence > ?) ORDER BY sequence LIMIT ?"
)
SELECT_LAST = f"SELECT {_COLUMNS} FROM entries WHERE account = ? ORDER BY sequence DESC LIMIT 1"  # noqa: S608 - as above
SELECT_ONE = f"SELECT {_COLUMNS} FROM entries WHERE account = ? AND sequence = ?"  # noqa: S608 - as above
HAS_FACT = "SELECT 1 FROM entries WHERE account = ? AND fact_id = ?"
NEXT_ACCOUNT = "SELECT account FROM entries WHERE account > ? ORDER BY account LIMIT 1"
