"""What does the paper venue remember? One SQLite file; every change is committed before the venue answers.

Times and numbers are text: times canonical, decimals with every digit. The same code keeps its memory in a file
or, for simulation, nowhere (`path` None).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from counterpoise.domain.errors import ConfigurationError
from counterpoise.domain.instruments import Symbol
from counterpoise.domain.numbers import ZERO, canonical, plain, shortest
from counterpoise.domain.orders import OrderStatus, OrderType, Side, TimeInForce
from counterpoise.domain.statements import (
    CashEventKind,
    VenueCashEvent,
    VenueFill,
    VenueOrder,
    VenuePosition,
    VenuePrice,
)
from counterpoise.domain.time import format_time, parse_time

SHAPE = 1
"""Version of the tables; a file of another version is refused."""

BUSY_SECONDS = 10

TABLES = """
CREATE TABLE venue (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE positions (symbol TEXT PRIMARY KEY, quantity TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE prices (symbol TEXT PRIMARY KEY, price TEXT NOT NULL, at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE requests (client_order_id TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE cash_events (
    sequence INTEGER PRIMARY KEY, event_id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, amount TEXT NOT NULL,
    asset TEXT NOT NULL, happened_at TEXT NOT NULL
);
CREATE TABLE orders (
    arrival INTEGER PRIMARY KEY, client_order_id TEXT NOT NULL UNIQUE, symbol TEXT NOT NULL, side TEXT NOT NULL,
    quantity TEXT NOT NULL, order_type TEXT NOT NULL, time_in_force TEXT NOT NULL, limit_price TEXT,
    filled TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL, executions INTEGER NOT NULL,
    looks_left INTEGER NOT NULL, arrived INTEGER NOT NULL, requested_at TEXT NOT NULL, updated_at TEXT NOT NULL
);
CREATE INDEX orders_open ON orders (arrival) WHERE status IN ('ACCEPTED', 'PARTIALLY_FILLED');
CREATE TABLE fills (
    sequence INTEGER PRIMARY KEY, fill_id TEXT NOT NULL UNIQUE, client_order_id TEXT NOT NULL, symbol TEXT NOT NULL,
    side TEXT NOT NULL, quantity TEXT NOT NULL, price TEXT NOT NULL, fee TEXT NOT NULL, fee_asset TEXT NOT NULL,
    cumulative TEXT NOT NULL, filled_at TEXT NOT NULL
);
"""
OPEN = "status IN ('ACCEPTED', 'PARTIALLY_FILLED')"
ORDER_COLUMNS = (
    "client_order_id, symbol, side, quantity, order_type, time_in_force, limit_price, filled, status, reason, "
    "executions, looks_left, arrived, requested_at, updated_at"
)
FILL_COLUMNS = (
    "sequence, fill_id, client_order_id, symbol, side, quantity, price, fee, fee_asset, cumulative, filled_at"
)


@dataclass(slots=True, kw_only=True)
class PaperOrder:
    """An order in the venue's book.

    Attributes:
        executions: How many fills it has had.
        looks_left: Look-ups that will still answer "not found".
        arrived: False while the request is on its way (accepted late); such an order does not match.
    """

    client_order_id: str
    symbol: Symbol
    side: Side
    quantity: Decimal
    order_type: OrderType
    time_in_force: TimeInForce
    limit_price: Decimal | None
    requested_at: datetime
    updated_at: datetime
    filled: Decimal = ZERO
    status: OrderStatus = OrderStatus.ACCEPTED
    reason: str = ""
    executions: int = 0
    looks_left: int = 0
    arrived: bool = True

    @property
    def venue_order_id(self) -> str:
        """The venue's own id: a function of ours, so that a second life of the venue gives the same."""
        return f"paper-{self.client_order_id}"

    def as_reported(self) -> VenueOrder:
        """The order as the venue tells it."""
        return VenueOrder(
            client_order_id=self.client_order_id,
            venue_order_id=self.venue_order_id,
            symbol=self.symbol,
            side=self.side,
            quantity=self.quantity,
            filled_quantity=self.filled,
            status=self.status,
            updated_at=self.updated_at,
            reason=self.reason,
        )


class PaperStore:
    """The venue's tables. Reads see what is committed; writes happen inside `transaction`."""

    def __init__(self, path: Path | None = None) -> None:
        """Open or create the file, or memory without one.

        Raises:
            ConfigurationError: the file cannot be opened, is no paper venue or is of another version.
        """
        self._where = str(path) if path else "memory"
        try:
            self._db = sqlite3.connect(
                path or ":memory:", isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False
            )
            self.pragmas = self._make_durable(in_memory=path is None)
            self._make_tables()
        except sqlite3.Error as error:
            raise ConfigurationError(f"the paper venue's file {self._where} cannot be opened: {error}") from error

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes of one request or one session, durable together when the block ends, or none of them."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _make_durable(self, *, in_memory: bool) -> tuple[str, int]:
        journal = str(self._db.execute("PRAGMA journal_mode=WAL").fetchone()[0])
        self._db.execute("PRAGMA synchronous=FULL")
        synchronous = int(self._db.execute("PRAGMA synchronous").fetchone()[0])
        if not in_memory and (journal, synchronous) != ("wal", 2):
            raise ConfigurationError(f"{self._where} is on a file system that offers no durable WAL ({journal})")
        return journal, synchronous

    def _make_tables(self) -> None:
        with self.transaction():  # under the write lock: two processes may open a new file at once
            shape = int(self._db.execute("PRAGMA user_version").fetchone()[0])
            if shape == 0:
                for statement in filter(str.strip, TABLES.split(";")):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version={SHAPE}")
            elif shape != SHAPE:
                raise ConfigurationError(f"{self._where} has shape {shape}, this version reads {SHAPE}")

    # --- what the venue knows of itself ---

    def value(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM venue WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_value(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO venue (name, value) VALUES (?, ?)", (name, value))

    def time(self, name: str) -> datetime | None:
        text = self.value(name)
        return parse_time(text) if text else None

    @property
    def cash(self) -> Decimal:
        """Settled or not, account currency."""
        return Decimal(self.value("cash") or 0)

    def add_cash(self, amount: Decimal) -> None:
        self.set_value("cash", shortest(self.cash + amount))

    # --- positions and prices ---

    def position(self, symbol: Symbol) -> Decimal:
        row = self._db.execute("SELECT quantity FROM positions WHERE symbol = ?", (symbol,)).fetchone()
        return ZERO if row is None else Decimal(row[0])

    def positions(self) -> tuple[VenuePosition, ...]:
        rows = self._db.execute("SELECT symbol, quantity FROM positions ORDER BY symbol")
        return tuple(VenuePosition(symbol=symbol, quantity=Decimal(quantity)) for symbol, quantity in rows)

    def add_units(self, symbol: Symbol, units: Decimal) -> None:
        quantity = canonical(self.position(symbol) + units)
        if quantity.is_zero():
            self._db.execute("DELETE FROM positions WHERE symbol = ?", (symbol,))
        else:
            self._db.execute("INSERT OR REPLACE INTO positions VALUES (?, ?)", (symbol, plain(quantity)))

    def prices(self) -> dict[Symbol, VenuePrice]:
        rows = self._db.execute("SELECT symbol, price, at FROM prices ORDER BY symbol")
        return {row[0]: VenuePrice(symbol=row[0], price=Decimal(row[1]), at=parse_time(row[2])) for row in rows}

    def price(self, symbol: Symbol) -> VenuePrice | None:
        row = self._db.execute("SELECT price, at FROM prices WHERE symbol = ?", (symbol,)).fetchone()
        return None if row is None else VenuePrice(symbol=symbol, price=Decimal(row[0]), at=parse_time(row[1]))

    def set_prices(self, prices: Mapping[Symbol, Decimal], at: datetime) -> None:
        rows = [(symbol, plain(price), format_time(at)) for symbol, price in prices.items()]
        self._db.executemany("INSERT OR REPLACE INTO prices VALUES (?, ?, ?)", rows)

    # --- requests and orders ---

    def count_request(self, client_order_id: str) -> int:
        """Note one more attempt to place this order and return how many there were."""
        row = self._db.execute(
            "INSERT INTO requests VALUES (?, 1) ON CONFLICT (client_order_id) DO UPDATE SET count = count + 1 "
            "RETURNING count",
            (client_order_id,),
        ).fetchone()
        return int(row[0])

    def order(self, client_order_id: str) -> PaperOrder | None:
        rows = self._orders("client_order_id = ?", (client_order_id,))
        return rows[0] if rows else None

    def open_orders(self) -> list[PaperOrder]:
        """Orders that may still fill, in order of arrival, those on their way included."""
        return self._orders(OPEN, ())

    def _orders(self, condition: str, arguments: Sequence[str]) -> list[PaperOrder]:
        query = f"SELECT {ORDER_COLUMNS} FROM orders WHERE {condition} ORDER BY arrival"  # noqa: S608 - our own words
        return [_order(row) for row in self._db.execute(query, arguments)]

    def put_order(self, order: PaperOrder) -> None:
        """Insert the order, or write what has changed; its place in the order of arrival stays."""
        self._db.execute(
            f"INSERT INTO orders ({ORDER_COLUMNS}) VALUES ({', '.join('?' * 15)}) "  # noqa: S608 - our own words
            "ON CONFLICT (client_order_id) DO UPDATE SET filled = excluded.filled, status = excluded.status, "
            "reason = excluded.reason, executions = excluded.executions, looks_left = excluded.looks_left, "
            "arrived = excluded.arrived, updated_at = excluded.updated_at",
            (
                order.client_order_id,
                order.symbol,
                order.side,
                plain(order.quantity),
                order.order_type,
                order.time_in_force,
                None if order.limit_price is None else plain(order.limit_price),
                plain(order.filled),
                order.status,
                order.reason,
                order.executions,
                order.looks_left,
                order.arrived,
                format_time(order.requested_at),
                format_time(order.updated_at),
            ),
        )

    # --- fills and cash events ---

    def last_fill(self) -> int:
        """Sequence of the newest fill, 0 before the first."""
        return int(self._db.execute("SELECT coalesce(max(sequence), 0) FROM fills").fetchone()[0])

    def put_fill(self, fill: VenueFill) -> None:
        self._db.execute(
            f"INSERT INTO fills ({FILL_COLUMNS}) VALUES ({', '.join('?' * 11)})",  # noqa: S608 - our own words
            (
                fill.sequence,
                fill.fill_id,
                fill.client_order_id,
                fill.symbol,
                fill.side,
                *(plain(number) for number in (fill.quantity, fill.price, fill.fee)),
                fill.fee_asset,
                plain(fill.cumulative),
                format_time(fill.filled_at),
            ),
        )

    def fills_since(self, cursor: int) -> tuple[VenueFill, ...]:
        query = f"SELECT {FILL_COLUMNS} FROM fills WHERE sequence > ? ORDER BY sequence"  # noqa: S608 - our own words
        return tuple(_fill(row) for row in self._db.execute(query, (cursor,)))

    def put_cash_event(self, kind: CashEventKind, amount: Decimal, asset: str, event_id: str, at: datetime) -> bool:
        """Note a movement of cash; False when one of that id is there already."""
        done = self._db.execute(
            "INSERT OR IGNORE INTO cash_events (event_id, kind, amount, asset, happened_at) VALUES (?, ?, ?, ?, ?)",
            (event_id, kind, plain(amount), asset, format_time(at)),
        )
        return done.rowcount == 1

    def cash_events_since(self, cursor: int) -> tuple[VenueCashEvent, ...]:
        rows = self._db.execute(
            "SELECT event_id, sequence, kind, amount, asset, happened_at FROM cash_events WHERE sequence > ? "
            "ORDER BY sequence",
            (cursor,),
        )
        return tuple(
            VenueCashEvent(
                event_id=row[0],
                sequence=row[1],
                kind=CashEventKind(row[2]),
                amount=Decimal(row[3]),
                asset=row[4],
                happened_at=parse_time(row[5]),
            )
            for row in rows
        )


def _order(row: tuple[str, ...]) -> PaperOrder:
    return PaperOrder(
        client_order_id=row[0],
        symbol=row[1],
        side=Side(row[2]),
        quantity=Decimal(row[3]),
        order_type=OrderType(row[4]),
        time_in_force=TimeInForce(row[5]),
        limit_price=None if row[6] is None else Decimal(row[6]),
        filled=Decimal(row[7]),
        status=OrderStatus(row[8]),
        reason=row[9],
        executions=int(row[10]),
        looks_left=int(row[11]),
        arrived=bool(row[12]),
        requested_at=parse_time(row[13]),
        updated_at=parse_time(row[14]),
    )


def _fill(row: tuple[str, ...]) -> VenueFill:
    return VenueFill(
        sequence=int(row[0]),
        fill_id=row[1],
        client_order_id=row[2],
        symbol=row[3],
        side=Side(row[4]),
        quantity=Decimal(row[5]),
        price=Decimal(row[6]),
        fee=Decimal(row[7]),
        fee_asset=row[8],
        cumulative=Decimal(row[9]),
        filled_at=parse_time(row[10]),
    )
