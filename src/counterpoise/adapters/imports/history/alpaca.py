"""What do Alpaca's account activities say? `GET /v2/account/activities` (Trading API), as JSON or CSV of its fields.

A date without a time is the beginning of that day in New York. What cannot be booked exactly is refused by name, with
the line that a generic file would have for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from counterpoise.adapters.imports.history.cells import Cells
from counterpoise.adapters.imports.history.sheet import SheetRow
from counterpoise.domain.history import EntryKind, HistoryEntry, LeftOut
from counterpoise.domain.instruments import Symbol
from counterpoise.domain.numbers import ZERO, shortest
from counterpoise.domain.orders import Side

VENUE = "alpaca"
FORM = "alpaca activities"
ZONE = "America/New_York"
CURRENCY = "USD"

TYPE, ID, TIME, DATE = "activity_type", "id", "transaction_time", "date"
SIDE, QUANTITY, PRICE, SYMBOL, NET, STATUS = "side", "qty", "price", "symbol", "net_amount", "status"
ORDER, FILLED = "order_id", "cum_qty"
REQUIRED = (TYPE, ID)
NUMBERS = (QUANTITY, PRICE, NET, FILLED, "leaves_qty", "per_share_amount")
TIMES = (TIME, DATE)

FILL = "FILL"
_SIDES = MappingProxyType({"buy": Side.BUY, "sell": Side.SELL, "sell_short": Side.SELL})

_CASH: Mapping[str, EntryKind | None] = MappingProxyType(
    {
        **dict.fromkeys(("CSD", "CSW", "TRANS", "JNLC", "ACATC"), None),
        **dict.fromkeys(
            ("DIV", "DIVCGL", "DIVCGS", "DIVFEE", "DIVFT", "DIVNRA", "DIVROC", "DIVTW", "DIVTXEX"), EntryKind.DIVIDEND
        ),
        **dict.fromkeys(("INT", "INTNRA", "INTTW"), EntryKind.INTEREST),
        **dict.fromkeys(("FEE", "CFEE", "PTC", "PTR"), EntryKind.FEE),
    }
)
"""Type → what it is; None goes by its sign: cash that crossed the account's border."""

_SPLITS = ("SPLIT", "SSP")
_RENAMES = ("NC", "SC")
_OUTGOING, _INCOMING = ("CSW",), ("CSD",)

_BY_HAND: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("ACATS", "JNLS"), "a generic file: kind `position` with quantity and price"),
        **dict.fromkeys(("MA", "REORG", "SPIN", "SSO"), "`record_corporate_action`: its terms are not in the file"),
        **dict.fromkeys(
            ("OPASN", "OPCA", "OPCSH", "OPEXC", "OPEXP", "OPTRD"), "a file without options: this version has none"
        ),
        "MISC": "a generic file that says what it was",
    }
)
"""Type that Alpaca has and that says too little to be booked → what can be done about it."""

KNOWN = (FILL, *_CASH, *_SPLITS, *_RENAMES)
_EXECUTED, _CANCELLED = ("", "executed"), "canceled"
_PAIR = 2


class AlpacaReader:
    """Turns rows into entries; `finish` gives those that only several rows together make."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._changes: dict[tuple[str, str], list[SheetRow]] = {}
        self._cancelled = 0

    def read(self, row: SheetRow) -> HistoryEntry | None:
        """The entry of one row; None for what is left out or belongs to others."""
        kind = self._cells.text(row, TYPE).upper()
        if kind == FILL:
            return self._fill(row)
        if not self._is_booked(row, kind):
            return None
        if kind in _CASH:
            return self._cash(row, kind)
        self._changes.setdefault((kind, self._cells.text(row, DATE)), []).append(row)
        return None

    def _is_booked(self, row: SheetRow, kind: str) -> bool:
        """Whether a row that is no execution is to be booked; a fault is noted where that cannot be said."""
        status = self._cells.text(row, STATUS).lower()
        if kind in _BY_HAND:
            rule = f"an activity that can be booked from its row; write it with {_BY_HAND[kind]}"
            self._cells.refuse(row, TYPE, rule)
        elif kind not in KNOWN:
            self._cells.refuse(row, TYPE, f"an activity type that this version knows: {', '.join(KNOWN)}")
        elif status == _CANCELLED:
            self._cancelled += 1
        elif status not in _EXECUTED:
            self._cells.refuse(row, STATUS, "executed or canceled; what a correction corrects is not in the file")
        else:
            return True
        return False

    def finish(self) -> tuple[list[HistoryEntry], tuple[LeftOut, ...]]:
        """Splits and new symbols, and what was left out."""
        entries: list[HistoryEntry] = []
        for (kind, _), rows in self._changes.items():
            entries += self._splits(rows) if kind in _SPLITS else self._renames(rows)
        why = "the broker cancelled them"
        left = (LeftOut(what="canceled", rows=self._cancelled, why=why),) if self._cancelled else ()
        return entries, left

    def _fill(self, row: SheetRow) -> HistoryEntry:
        cells = self._cells
        side = cells.choice(row, SIDE, _SIDES)
        symbol = cells.symbol(row, SYMBOL)
        return HistoryEntry(
            row=row.number,
            venue=VENUE,
            entry_id=self._fill_id(row),
            at=cells.time(row, TIME),
            kind=EntryKind.FILL,
            symbol=symbol,
            asset=_quote(symbol),
            side=side,
            quantity=cells.positive(row, QUANTITY),
            price=cells.positive(row, PRICE),
        )

    def _fill_id(self, row: SheetRow) -> str:
        """(order id, cumulative quantity): what the stream of executions carries too; else the activity's own id."""
        activity = self._cells.identity(row, ID)
        if not self._cells.text(row, ORDER) or not self._cells.text(row, FILLED):
            return activity
        filled = self._cells.positive(row, FILLED)
        return f"{self._cells.identity(row, ORDER)}:{shortest(filled)}"

    def _cash(self, row: SheetRow, kind: str) -> HistoryEntry | None:
        cells = self._cells
        symbol, amount, asset = cells.symbol(row, SYMBOL, required=False), cells.number(row, NET, empty=ZERO), CURRENCY
        meaning = _CASH[kind]
        if meaning is EntryKind.FEE and not amount and cells.text(row, QUANTITY):
            # A fee on coins is charged in coins: its row has a quantity and no net amount.
            amount, asset, symbol = cells.number(row, QUANTITY), _base(symbol), ""
            amount = -abs(amount)
        if not amount:
            cells.refuse(row, NET, "an amount other than zero")
        if (kind in _OUTGOING and amount > ZERO) or (kind in _INCOMING and amount < ZERO):
            cells.refuse(row, NET, f"an amount {'below' if kind in _OUTGOING else 'above'} zero for {kind}")
        return HistoryEntry(
            row=row.number,
            venue=VENUE,
            entry_id=cells.identity(row, ID),
            at=self._at(row),
            kind=meaning or (EntryKind.DEPOSIT if amount > ZERO else EntryKind.WITHDRAWAL),
            symbol=symbol,
            asset=asset,
            amount=amount,
        )

    def _splits(self, rows: list[SheetRow]) -> list[HistoryEntry]:
        """A split is told as units that went (negative) and units that came: their ratio is the split's."""
        by_symbol: dict[Symbol, list[SheetRow]] = {}
        for row in rows:
            by_symbol.setdefault(self._cells.symbol(row, SYMBOL), []).append(row)
        entries = []
        for symbol, told in by_symbol.items():
            moved = [self._cells.number(row, QUANTITY) for row in told]
            gone, came = _sum_of(moved, -1), _sum_of(moved, 1)
            if not gone or not came:
                rule = (
                    "two rows, the units that went and those that came; for one row the ratio is not known, "
                    "so write it into a generic file: kind `split` with `ratio`"
                )
                self._cells.refuse(told[0], QUANTITY, rule)
                continue
            entries.append(self._change(told, EntryKind.SPLIT, symbol, units=(gone, came)))
        return entries

    def _renames(self, rows: list[SheetRow]) -> list[HistoryEntry]:
        """A new symbol is told as units of the old one that went and as many of the new one that came."""
        if len(rows) == _PAIR:
            old, new = sorted(rows, key=lambda row: self._cells.number(row, QUANTITY, empty=ZERO))
            gone, came = (self._cells.number(row, QUANTITY, empty=ZERO) for row in (old, new))
            if gone < ZERO and gone == -came:
                symbols = self._cells.symbol(old, SYMBOL), self._cells.symbol(new, SYMBOL)
                return [self._change([old, new], EntryKind.SYMBOL_CHANGE, symbols[0], new_symbol=symbols[1])]
        rule = (
            "two rows of a day with as many units gone as came; else write it into a generic file: "
            "kind `symbol_change` with `new_symbol`"
        )
        for row in rows:
            self._cells.refuse(row, TYPE, rule)
        return []

    def _change(
        self,
        rows: list[SheetRow],
        kind: EntryKind,
        symbol: Symbol,
        *,
        units: tuple[Decimal, Decimal] = (ZERO, ZERO),
        new_symbol: Symbol = "",
    ) -> HistoryEntry:
        return HistoryEntry(
            row=rows[0].number,
            venue=VENUE,
            entry_id=min(self._cells.identity(row, ID) for row in rows),
            at=self._at(rows[0]),
            kind=kind,
            symbol=symbol,
            units_before=units[0],
            units_after=units[1],
            new_symbol=new_symbol,
        )

    def _at(self, row: SheetRow) -> datetime:
        """When it was; the day where the row has no time."""
        return self._cells.time(row, TIME if self._cells.text(row, TIME) else DATE, ZONE)


def _sum_of(moved: list[Decimal], sign: int) -> Decimal:
    return sum((abs(units) for units in moved if units * sign > ZERO), ZERO)


def _quote(symbol: Symbol) -> str:
    """What the symbol is priced in: a pair says so, a share is in dollars."""
    return symbol.rpartition("/")[2] if "/" in symbol else CURRENCY


def _base(symbol: Symbol) -> str:
    """The coin of a pair, written BTC/USD or BTCUSD."""
    return symbol.partition("/")[0] if "/" in symbol else symbol.removesuffix(CURRENCY)
