"""How is a journal written as a plain file, so that it can be proved without this program?

One account a file: a first line that says whose it is and where it ended, a line an entry, and a last line with
the count and the last seal, without which the file is not whole. docs/journal-format.md is the reader's side.
"""

from __future__ import annotations

import json

from counterpoise.domain.accounts import AccountId
from counterpoise.domain.errors import JournalCorrupt
from counterpoise.domain.time import format_time
from counterpoise.ledger.journal import Anchor, Entry

FORMAT = "counterpoise-journal-1"


def first_line(account: AccountId, last: int) -> bytes:
    """Whose journal follows, and the sequence at which it ended when the export began.

    Raises:
        JournalCorrupt: as `entry_line`.
    """
    if type(last) is not int:
        raise JournalCorrupt(f"entry {last!r} of account {account} is not what was written")
    return _line({"account": account, "format": FORMAT, "last": last})


def entry_line(entry: Entry) -> bytes:
    """The seal in lower-case hexadecimal, a space, and the sealed bytes as they are.

    Raises:
        JournalCorrupt: what is kept cannot stand on a line, so it is not what was written.
    """
    # A forged row may hold values of any type, and bytes of any kind.
    whole = type(entry.sequence) is int and type(entry.raw) is bytes and type(entry.seal) is bytes
    if not whole or b"\n" in entry.raw:
        raise JournalCorrupt(f"entry {entry.sequence!r} of account {entry.account} is not what was written")
    return b"%s %s\n" % (entry.seal.hex().encode(), entry.raw)


def last_line(entries: int, seal: bytes) -> bytes:
    """How many entries came before, and the seal of the last one."""
    return _line({"entries": entries, "seal": seal.hex()})


def anchor_line(anchor: Anchor) -> bytes:
    """One anchor, as `anchors.log` has it."""
    return _line(
        {
            "account": anchor.account,
            "at": format_time(anchor.at),
            "seal": anchor.seal.hex(),
            "sequence": anchor.sequence,
        }
    )


def _line(said: dict[str, object]) -> bytes:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
