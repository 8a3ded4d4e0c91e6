"""What does a user's history say: one execution or cash event an entry, in words that no broker owns?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.instruments import Symbol
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.orders import Side

FAULTS_SHOWN_MAX = 50
"""Faults of one file that are kept to be shown; the rest are counted."""


class EntryKind(StrEnum):
    """What happened."""

    FILL = "fill"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    FEE = "fee"
    DIVIDEND = "dividend"
    INTEREST = "interest"
    FUNDING = "funding"
    SPLIT = "split"
    SYMBOL_CHANGE = "symbol change"
    CASH_IN_LIEU = "cash in lieu"
    POSITION = "position"
    RATE = "rate"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One thing that happened, as a file tells it.

    Attributes:
        row: Where it stands: the line of a CSV file from 1, the place in a JSON list from 1.
        venue: Whose identities `entry_id` is one of: `alpaca`, `binance`, or `file`.
        entry_id: The venue's identity of it; the same in every file that tells it.
        symbol: Whose, as it was called then; empty where no instrument has part in it.
        asset: What `amount` and `price` are in; empty is the account's base currency. Of a RATE: whose rate it is.
        amount: Cash as it moved, + received, − paid.
        side, quantity, price: Of a FILL: quantity > 0. Of a POSITION: signed units and their unit price. Of a
            CASH_IN_LIEU: units given up, > 0. Of a RATE: its price, base currency.
        fee, fee_asset: Of a FILL; positive is paid, negative is a rebate; an empty asset is that of the price.
        units_before, units_after: Of a SPLIT: so many units became so many, both > 0.
        new_symbol: Of a SYMBOL_CHANGE.
        order: Place among what happened at one instant, by the venue's own numbering; 0 where it has none.
    """

    row: int
    venue: str
    entry_id: str
    at: datetime
    kind: EntryKind
    symbol: Symbol = ""
    asset: str = ""
    amount: Decimal = ZERO
    side: Side | None = None
    quantity: Decimal = ZERO
    price: Decimal = ZERO
    fee: Decimal = ZERO
    fee_asset: str = ""
    units_before: Decimal = ZERO
    units_after: Decimal = ZERO
    new_symbol: Symbol = ""
    order: int = 0

    @property
    def identity(self) -> str:
        """Unique among all entries of all files of an account."""
        return f"{self.venue}:{self.entry_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Rows that are not booked on purpose.

    Attributes:
        what: The venue's word for them.
        rows: How many.
        why: One clause.
    """

    what: str
    rows: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What one file says, complete and sorted by time.

    Attributes:
        name: The file's name, fit for a message of one line.
        form: How it was read, such as `alpaca activities`.
        digest: SHA-256 of the file's bytes, 64 hexadecimal digits.
    """

    name: str
    form: str
    digest: str
    entries: tuple[HistoryEntry, ...]
    left_out: tuple[LeftOut, ...] = ()


class BrokenHistory(InvalidInput):
    """A file was refused as a whole, and nothing of it was booked.

    Attributes:
        faults: What is wrong, in the order of the file; at most FAULTS_SHOWN_MAX of them.
        count: How many faults there are in all.
    """

    def __init__(self, name: str, faults: Sequence[InvalidInput], count: int = 0) -> None:
        self.faults = tuple(faults[:FAULTS_SHOWN_MAX])
        self.count = max(count, len(faults))
        told = f"{self.count} fault{'' if self.count == 1 else 's'}"
        super().__init__(name, told, f"a history without any; nothing was booked. The first: {faults[0]}")


def differences(one: HistoryEntry, other: HistoryEntry) -> tuple[str, str] | None:
    """What two entries of one identity say differently, in words of each; None when they agree."""
    names = [name for name in _TOLD if getattr(one, name) != getattr(other, name)]
    if not names:
        return None
    told = [", ".join(f"{name} {getattr(entry, name)}" for name in names) for entry in (one, other)]
    return told[0], told[1]


_TOLD = tuple(item.name for item in fields(HistoryEntry) if item.name not in ("row", "order"))
