"""What do Binance's own lists say? Fields of `myTrades` (spot), `userTrades` and `income` (USD-M futures), JSON or CSV.

Trades bring their own profit and commission, so the rows of `income` that repeat these are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from counterpoise.adapters.imports.history.cells import Cells
from counterpoise.adapters.imports.history.sheet import SheetRow
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.history import EntryKind, HistoryEntry, LeftOut
from counterpoise.domain.instruments import Symbol
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.orders import Side

VENUE = "binance"
TRADES, INCOME = "binance trades", "binance income"

ID, SYMBOL, PRICE, QUANTITY, VALUE, TIME = "id", "symbol", "price", "qty", "quoteqty", "time"
FEE, FEE_ASSET, SIDE, IS_BUYER, BUYER = "commission", "commissionasset", "side", "isbuyer", "buyer"
POSITION_SIDE, MAKER, IS_MAKER, MARGIN_ASSET = "positionside", "maker", "ismaker", "marginasset"
INCOME_TYPE, AMOUNT, ASSET, TRANSACTION = "incometype", "income", "asset", "tranid"
TRADES_REQUIRED = (ID, SYMBOL, PRICE, QUANTITY, FEE, FEE_ASSET, TIME)
INCOME_REQUIRED = (INCOME_TYPE, AMOUNT, ASSET, TIME, TRANSACTION)
NUMBERS = (PRICE, QUANTITY, VALUE, FEE, AMOUNT, "realizedpnl")
WRITTEN = MappingProxyType({FEE_ASSET: "commissionAsset", INCOME_TYPE: "incomeType", TRANSACTION: "tranId"})
"""Column in lower case → as Binance writes it."""

QUOTES = (
    *("FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USD1", "BTC", "ETH", "BNB", "EUR", "BRL", "TRY", "GBP", "AUD", "JPY"),
    *(
        "MXN",
        "ARS",
        "PLN",
        "ZAR",
        "RON",
        "UAH",
        "COP",
        "CZK",
        "DAI",
        "PAX",
        "RUB",
        "NGN",
        "IDRT",
        "BIDR",
        "USDP",
        "USD",
    ),
)
"""What Binance's symbols are priced in; the longest that ends a symbol is its quote asset."""

_SIDES = MappingProxyType({"buy": Side.BUY, "sell": Side.SELL})
_BUYER = MappingProxyType({"true": Side.BUY, "false": Side.SELL})
_ID_DIGITS_MAX = 18
_VALUE_TOLERANCE = Decimal("0.000001")
"""How far `quoteQty` may be from price × qty: the venue cuts it at eight places."""

_TOLD_BY_TRADES = ("REALIZED_PNL", "COMMISSION")
_INCOME = MappingProxyType(
    {
        "funding_fee": EntryKind.FUNDING,
        **dict.fromkeys(
            ("insurance_clear", "commission_rebate", "api_rebate", "referral_kickback", "fee_return"), EntryKind.FEE
        ),
        **dict.fromkeys(
            ("transfer", "internal_transfer", "cross_collateral_transfer", "strategy_umfutures_transfer"), None
        ),
        "welcome_bonus": None,
    }
)
"""Type of income → what it is; None goes by its sign: cash that crossed the account's border."""


class FeeSign(StrEnum):
    """Which sign a commission that was paid has in the file."""

    POSITIVE = "positive"
    NEGATIVE = "negative"


class TradesReader:
    """Turns rows of trades into entries."""

    def __init__(self, cells: Cells, fee_sign: FeeSign) -> None:
        self._cells = cells
        self._paid = -1 if fee_sign is FeeSign.NEGATIVE else 1

    def read(self, row: SheetRow) -> HistoryEntry:
        """The fill of one row."""
        cells = self._cells
        symbol, price, quantity = cells.symbol(row, SYMBOL), cells.positive(row, PRICE), cells.positive(row, QUANTITY)
        self._check(row, price * quantity)
        number = cells.text(row, ID)
        if not (number.isascii() and number.isdigit() and len(number) <= _ID_DIGITS_MAX):
            cells.refuse(row, ID, "the trade's number, at most 18 digits")
            number = "0"
        return HistoryEntry(
            row=row.number,
            venue=VENUE,
            entry_id=f"{symbol}:{int(number)}",  # numbers are unique per symbol only
            at=cells.epoch(row, TIME),
            kind=EntryKind.FILL,
            symbol=symbol,
            asset=self._quote(row, symbol),
            side=self._side(row),
            quantity=quantity,
            price=price,
            fee=self._paid * cells.number(row, FEE),
            fee_asset=cells.asset(row, FEE_ASSET, required=True),
            order=int(number),
        )

    def finish(self) -> tuple[list[HistoryEntry], tuple[LeftOut, ...]]:
        """Nothing more: every trade is told by its own row."""
        return [], ()

    def _check(self, row: SheetRow, value: Decimal) -> None:
        cells = self._cells
        if cells.text(row, POSITION_SIDE).upper() not in ("", "BOTH"):
            rule = "BOTH: a long and a short position of one symbol side by side (hedge mode) are not kept apart here"
            cells.refuse(row, POSITION_SIDE, rule)
        if cells.text(row, VALUE) and abs(cells.number(row, VALUE) - value) > _VALUE_TOLERANCE:
            cells.refuse(row, VALUE, f"price × qty, which is {value}; coin-margined contracts are not read here")

    def _side(self, row: SheetRow) -> Side | None:
        if self._cells.text(row, SIDE):
            return self._cells.choice(row, SIDE, _SIDES)
        return self._cells.choice(row, IS_BUYER if self._cells.text(row, IS_BUYER) else BUYER, _BUYER)

    def _quote(self, row: SheetRow, symbol: Symbol) -> str:
        """What the trade was priced in."""
        if self._cells.text(row, MARGIN_ASSET):
            return self._cells.asset(row, MARGIN_ASSET)
        found = quote_of(symbol)
        if not found and symbol:
            self._cells.refuse(row, SYMBOL, f"a symbol that ends in what it is priced in, one of {', '.join(QUOTES)}")
        return found


class IncomeReader:
    """Turns rows of income into entries, but for what the trades themselves tell."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._left = dict.fromkeys(_TOLD_BY_TRADES, 0)

    def read(self, row: SheetRow) -> HistoryEntry | None:
        """The entry of one row; None for what is left out."""
        cells = self._cells
        word = cells.text(row, INCOME_TYPE).upper()
        if word in self._left:
            self._left[word] += 1
            return None
        amount = cells.number(row, AMOUNT)
        if not amount:
            cells.refuse(row, AMOUNT, "an amount other than zero")
        if word.lower() not in _INCOME:
            known = ", ".join(name.upper() for name in (*_INCOME, *_TOLD_BY_TRADES))
            cells.refuse(row, INCOME_TYPE, f"an income type that this version knows: {known}")
            return None
        kind = _INCOME[word.lower()]
        return HistoryEntry(
            row=row.number,
            venue=VENUE,
            entry_id=f"{word}:{cells.identity(row, TRANSACTION)}",  # unique within one type only
            at=cells.epoch(row, TIME),
            kind=kind or (EntryKind.DEPOSIT if amount > ZERO else EntryKind.WITHDRAWAL),
            symbol=cells.symbol(row, SYMBOL, required=False),
            asset=cells.asset(row, ASSET, required=True),
            amount=amount,
        )

    def finish(self) -> tuple[list[HistoryEntry], tuple[LeftOut, ...]]:
        """What was left out."""
        why = "the trades bring them: import the account's trades (userTrades) too"
        return [], tuple(LeftOut(what=word, rows=rows, why=why) for word, rows in self._left.items() if rows)


def quote_of(symbol: Symbol) -> str:
    """The asset that a symbol such as BTCUSDT is priced in, or nothing."""
    found = [quote for quote in QUOTES if symbol.endswith(quote) and len(symbol) > len(quote)]
    return max(found, key=len, default="")


def fee_sign(cells: Cells, rows: Sequence[SheetRow]) -> FeeSign:
    """The sign of a commission that was paid: only makers are ever paid one, so a taker's proves it.

    Raises:
        InvalidInput: takers' commissions of both signs, or negative ones of which no taker's says what they are.
    """
    proofs: dict[FeeSign, SheetRow] = {}
    negative: SheetRow | None = None
    for row in rows:
        text = cells.text(row, FEE)
        if not text.strip("-0.,"):
            continue
        sign = FeeSign.NEGATIVE if text.startswith("-") else FeeSign.POSITIVE
        if _is_taker(cells, row):
            proofs.setdefault(sign, row)
        elif sign is FeeSign.NEGATIVE:
            negative = negative or row
    if len(proofs) > 1:
        row = proofs[FeeSign.NEGATIVE]
        rule = f"one sign for what takers pay; row {proofs[FeeSign.POSITIVE].number} has the other"
        raise InvalidInput(cells.sheet.where(row, FEE), cells.text(row, FEE), rule)
    if not proofs and negative is not None:
        rule = "a commission whose sign a taker's row proves; say --fees negative if it was paid, positive if received"
        raise InvalidInput(cells.sheet.where(negative, FEE), cells.text(negative, FEE), rule)
    return next(iter(proofs), FeeSign.POSITIVE)


def _is_taker(cells: Cells, row: SheetRow) -> bool:
    return "false" in (cells.text(row, MAKER).lower(), cells.text(row, IS_MAKER).lower())
