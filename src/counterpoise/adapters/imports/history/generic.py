"""What does a file of our own columns say? For brokers without a reader, and for what a broker's file cannot say.

Columns, in any order and any case; only `time` and `kind` are needed, an empty cell is no value:

| column | meaning |
|---|---|
| `time` | ISO 8601, or with slashes; a date alone is the beginning of its day |
| `kind` | a word of KINDS |
| `id` | the row's identity, the same in every file that has the row; without it the row's own values are its identity |
| `symbol` | of a trade, a dividend, a funding payment, a corporate action |
| `quantity`, `price` | of `buy`, `sell`, `position`, `cash_in_lieu` (quantity alone); `price` alone of `rate` |
| `fee`, `fee_currency` | of a trade: positive is paid, negative is a rebate; without a currency it is the price's |
| `amount` | of cash, > 0; also < 0 for `dividend`, `interest`, `funding`, `transfer` (paid) and `fee` (a rebate) |
| `currency` | of `price` and `amount`; without it the account's own. Of a `rate`: whose price it is |
| `ratio` | of a `split`, new to old: `4:1` |
| `new_symbol` | of a `symbol_change` |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from types import MappingProxyType

from counterpoise.adapters.imports.history.cells import Cells
from counterpoise.adapters.imports.history.sheet import SheetRow
from counterpoise.domain.history import EntryKind, HistoryEntry, LeftOut
from counterpoise.domain.numbers import ZERO, shortest
from counterpoise.domain.orders import Side

VENUE = "file"
FORM = "generic"

TIME, KIND, ID, SYMBOL, QUANTITY, PRICE = "time", "kind", "id", "symbol", "quantity", "price"
FEE, FEE_CURRENCY, AMOUNT, CURRENCY, RATIO, NEW_SYMBOL = (
    *("fee", "fee_currency", "amount", "currency", "ratio", "new_symbol"),
)
REQUIRED = (TIME, KIND)
COLUMNS = (*REQUIRED, ID, SYMBOL, QUANTITY, PRICE, FEE, FEE_CURRENCY, AMOUNT, CURRENCY, RATIO, NEW_SYMBOL)
NUMBERS = (QUANTITY, PRICE, FEE, AMOUNT)
TIMES = (TIME,)

KINDS: Mapping[str, EntryKind] = MappingProxyType(
    {
        "buy": EntryKind.FILL,
        "sell": EntryKind.FILL,
        "deposit": EntryKind.DEPOSIT,
        "withdrawal": EntryKind.WITHDRAWAL,
        "transfer": EntryKind.DEPOSIT,
        "fee": EntryKind.FEE,
        "dividend": EntryKind.DIVIDEND,
        "interest": EntryKind.INTEREST,
        "funding": EntryKind.FUNDING,
        "split": EntryKind.SPLIT,
        "symbol_change": EntryKind.SYMBOL_CHANGE,
        "cash_in_lieu": EntryKind.CASH_IN_LIEU,
        "position": EntryKind.POSITION,
        "rate": EntryKind.RATE,
    }
)
TRANSFER = "transfer"

_USES: Mapping[EntryKind, tuple[str, ...]] = MappingProxyType(
    {
        EntryKind.FILL: (SYMBOL, QUANTITY, PRICE, FEE, FEE_CURRENCY, CURRENCY),
        EntryKind.DEPOSIT: (AMOUNT, CURRENCY),
        EntryKind.WITHDRAWAL: (AMOUNT, CURRENCY),
        EntryKind.FEE: (AMOUNT, CURRENCY),
        EntryKind.INTEREST: (AMOUNT, CURRENCY),
        EntryKind.DIVIDEND: (AMOUNT, CURRENCY, SYMBOL),
        EntryKind.FUNDING: (AMOUNT, CURRENCY, SYMBOL),
        EntryKind.SPLIT: (SYMBOL, RATIO),
        EntryKind.SYMBOL_CHANGE: (SYMBOL, NEW_SYMBOL),
        EntryKind.CASH_IN_LIEU: (SYMBOL, QUANTITY, AMOUNT, CURRENCY),
        EntryKind.POSITION: (SYMBOL, QUANTITY, PRICE, CURRENCY),
        EntryKind.RATE: (PRICE, CURRENCY),
    }
)
"""Kind → the columns that say something about it; another that is filled is a mistake, and is refused."""

_SIGNED = (EntryKind.DIVIDEND, EntryKind.INTEREST, EntryKind.FUNDING)
_HASH_DIGITS = 24


class GenericReader:
    """Turns rows into entries."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._seen: dict[str, int] = {}

    def read(self, row: SheetRow) -> HistoryEntry | None:
        """The entry of one row; None when its kind is none."""
        cells = self._cells
        kind = cells.choice(row, KIND, KINDS)
        if kind is None:
            return None
        for column in COLUMNS:
            if column not in (*REQUIRED, ID, *_USES[kind]) and cells.text(row, column):
                cells.refuse(row, column, f"an empty cell in a row of kind {cells.text(row, KIND).lower()}")
        entry = self._entry(row, kind)
        identity = cells.identity(row, ID) if cells.text(row, ID) else ""
        return replace(entry, entry_id=identity or self._own_identity(entry))

    def finish(self) -> tuple[list[HistoryEntry], tuple[LeftOut, ...]]:
        """Nothing more: each row is an entry."""
        return [], ()

    def _entry(self, row: SheetRow, kind: EntryKind) -> HistoryEntry:
        cells = self._cells
        common = HistoryEntry(row=row.number, venue=VENUE, entry_id="", at=cells.time(row, TIME), kind=kind)
        currency = cells.asset(row, CURRENCY, required=kind is EntryKind.RATE)
        if kind in (EntryKind.DEPOSIT, EntryKind.WITHDRAWAL, EntryKind.FEE, *_SIGNED):
            symbol = cells.symbol(row, SYMBOL, required=False)
            return self._cash(row, replace(common, asset=currency, symbol=symbol))
        if kind is EntryKind.RATE:
            return replace(common, asset=currency, price=cells.positive(row, PRICE))
        return self._of_symbol(row, replace(common, asset=currency, symbol=cells.symbol(row, SYMBOL)))

    def _of_symbol(self, row: SheetRow, entry: HistoryEntry) -> HistoryEntry:
        """What happened to one instrument."""
        cells = self._cells
        if entry.kind is EntryKind.SPLIT:
            after, before = self._ratio(row)
            return replace(entry, units_before=before, units_after=after)
        if entry.kind is EntryKind.SYMBOL_CHANGE:
            return replace(entry, new_symbol=cells.symbol(row, NEW_SYMBOL))
        if entry.kind is EntryKind.CASH_IN_LIEU:
            amount = cells.number(row, AMOUNT)
            if amount < ZERO:
                cells.refuse(row, AMOUNT, "an amount of at least zero")
            return replace(entry, quantity=cells.positive(row, QUANTITY), amount=amount)
        return self._units(row, replace(entry, price=cells.positive(row, PRICE)))

    def _units(self, row: SheetRow, entry: HistoryEntry) -> HistoryEntry:
        """Units that were traded, or that were there."""
        cells = self._cells
        if entry.kind is EntryKind.POSITION:
            quantity = cells.number(row, QUANTITY)
            if not quantity:
                cells.refuse(row, QUANTITY, "units other than zero; negative is short")
            return replace(entry, quantity=quantity)
        return replace(
            entry,
            side=Side(cells.text(row, KIND).upper()),
            quantity=cells.positive(row, QUANTITY),
            fee=cells.number(row, FEE, empty=ZERO),
            fee_asset=cells.asset(row, FEE_CURRENCY),
        )

    def _cash(self, row: SheetRow, entry: HistoryEntry) -> HistoryEntry:
        """The amount as it moved: + received, − paid."""
        cells, amount = self._cells, self._cells.number(row, AMOUNT)
        if not amount:
            cells.refuse(row, AMOUNT, "an amount other than zero")
        if entry.kind in _SIGNED:
            return replace(entry, amount=amount)
        if entry.kind is EntryKind.FEE:
            return replace(entry, amount=-amount)
        if cells.text(row, KIND).lower() == TRANSFER:
            return replace(entry, amount=amount, kind=EntryKind.DEPOSIT if amount > ZERO else EntryKind.WITHDRAWAL)
        if amount < ZERO:
            cells.refuse(row, AMOUNT, f"an amount above zero: a {entry.kind} says its direction")
        return replace(entry, amount=amount if entry.kind is EntryKind.DEPOSIT else -amount)

    def _ratio(self, row: SheetRow) -> tuple[Decimal, Decimal]:
        """Units after and before."""
        after, colon, before = self._cells.text(row, RATIO).partition(":")
        parts = [
            self._cells.positive(SheetRow(number=row.number, cells={RATIO: part.strip()}), RATIO)
            for part in ((after, before) if colon else (after, "1"))
        ]
        return parts[0], parts[1]

    def _own_identity(self, entry: HistoryEntry) -> str:
        """The row's values as an identity; equal rows of one file are told apart by their number."""
        values = (entry.amount, entry.quantity, entry.price, entry.fee, entry.units_before, entry.units_after)
        words = (
            *(entry.at.isoformat(), entry.kind, entry.symbol, entry.asset, entry.fee_asset, entry.new_symbol),
            *(entry.side or "", *(shortest(value) for value in values)),
        )
        digest = sha256("\x1f".join(words).encode()).hexdigest()[:_HASH_DIGITS]
        self._seen[digest] = self._seen.get(digest, 0) + 1
        return f"row-{digest}-{self._seen[digest]}"
