"""A venue's year and our copy of it, made of events alone: nothing of the reconciler's own bookkeeping is used.

`Year.of(seed)` invents what happened at a venue. `told` says what the venue states of it and what our journal makes of
the events that we heard of: the venue rounds the cash of every event to the cent, we keep it exactly. A fault is an
event that only one side has, or has otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from random import Random

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.orders import OrderStatus, Side
from counterpoise.domain.statements import CashEventKind, VenueCashEvent, VenueFill, VenueOrder
from counterpoise.execution.reconciliation.sides import (
    BookedCash,
    BookedFill,
    Listed,
    OurBook,
    OurOrder,
    VenueStatement,
)

D = Decimal
CENT = D("0.01")
START = datetime(2024, 1, 2, 15, tzinfo=UTC)
NAMES = ("AAA", "BBB", "CCC", "DDD", "EEE")
ROOMY = Context(prec=60, rounding=ROUND_HALF_UP)


def cents(amount: Decimal) -> Decimal:
    """As a venue rounds."""
    return ROOMY.quantize(amount, CENT)


@dataclass(frozen=True)
class Trade:
    """An execution."""

    name: str
    at: datetime
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal
    order: str


@dataclass(frozen=True)
class Cash:
    """Cash without an order; `amount` is signed."""

    name: str
    at: datetime
    kind: CashEventKind
    amount: Decimal
    asset: str = "USD"


@dataclass(frozen=True)
class Resting:
    """An order that still works."""

    name: str
    symbol: str
    side: Side
    left: Decimal


@dataclass
class Knowledge:
    """What one side knows.

    Attributes:
        splits: Symbol → units after per unit before, applied to what is held at the end.
        brought: Symbol → units that were there before.
    """

    trades: list[Trade]
    moves: list[Cash]
    orders: list[Resting]
    rate: Decimal
    splits: dict[str, Decimal] = field(default_factory=dict)
    brought: dict[str, Decimal] = field(default_factory=dict)

    def copy(self) -> Knowledge:
        """Another that may differ."""
        return Knowledge([*self.trades], [*self.moves], [*self.orders], self.rate, {**self.splits}, {**self.brought})

    def held(self) -> dict[str, Decimal]:
        """Units by symbol."""
        units = dict(self.brought)
        for trade in self.trades:
            change = trade.quantity if trade.side is Side.BUY else -trade.quantity
            units[trade.symbol] = units.get(trade.symbol, D(0)) + change
        for symbol, ratio in self.splits.items():
            units[symbol] *= ratio
        return {symbol: amount for symbol, amount in units.items() if amount}

    def purse(self, *, futures: bool, rounded: bool) -> dict[str, Decimal]:
        """Cash by currency."""
        purse = {"USD": D(0)}
        for move in self.moves:
            purse[move.asset] = purse.get(move.asset, D(0)) + move.amount
        book: dict[str, tuple[Decimal, Decimal]] = {}
        for trade in self.trades:
            signed = trade.quantity if trade.side is Side.BUY else -trade.quantity
            paid = won(book, trade, signed) if futures else -signed * trade.price
            paid -= trade.fee
            purse["USD"] += cents(paid) if rounded else paid
        return purse


def won(book: dict[str, tuple[Decimal, Decimal]], trade: Trade, signed: Decimal) -> Decimal:
    """Profit of what a trade of a perpetual closes, at the average entry."""
    units, entry = book.get(trade.symbol, (D(0), D(0)))
    if units * signed >= 0:
        entry = ROOMY.divide(units * entry + signed * trade.price, units + signed)
        book[trade.symbol] = (units + signed, entry)
        return D(0)
    closed = min(abs(units), abs(signed))
    profit = closed * (trade.price - entry) * (1 if units > 0 else -1)
    after = units + signed
    book[trade.symbol] = (after, entry if after * units > 0 else trade.price)
    return profit


def average_entry(trades: list[Trade], symbol: str) -> Decimal:
    """Of what is open."""
    book: dict[str, tuple[Decimal, Decimal]] = {}
    for trade in trades:
        won(book, trade, trade.quantity if trade.side is Side.BUY else -trade.quantity)
    return book.get(symbol, (D(0), D(0)))[1]


@dataclass
class Year:
    """Everything that happened.

    Attributes:
        prices: Last price by symbol.
        by_hand: Whether our movements of cash were typed, without the venue's identities.
    """

    random: Random
    kind: AccountKind
    step: Decimal
    prices: dict[str, Decimal]
    truth: Knowledge
    ours: Knowledge
    end: datetime
    mark_changes: dict[str, Decimal] = field(default_factory=dict)
    by_hand: bool = False

    @classmethod
    def of(cls, seed: int) -> Year:
        """The year of that seed."""
        random = Random(seed)
        kind = random.choice((AccountKind.CASH, AccountKind.CASH, AccountKind.MARGIN, AccountKind.FUTURES))
        step = random.choice((D(1), D("0.001"), D("0.000000001"))) if kind is not AccountKind.FUTURES else D("0.001")
        prices = {name: D(random.randint(800, 40000)) / 100 for name in NAMES[: random.randint(2, 5)]}
        side = Knowledge([], [Cash("in-0", START, CashEventKind.DEPOSIT, D(1_000_000))], [], D("1.0850"))
        if random.random() < 0.4 and kind is not AccountKind.FUTURES:
            side.moves.append(Cash("in-eur", START, CashEventKind.DEPOSIT, D(random.randint(5_000, 90_000)), "EUR"))
        year = cls(random, kind, step, prices, side, side, START)
        for number in range(random.randint(12, 60)):
            year._trade(number)
            if random.random() < 0.12:
                year._move(f"m{number}")
        for number in range(random.randint(0, 2)):
            symbol = random.choice(sorted(prices))
            side.orders.append(Resting(f"rest-{number}", symbol, Side.BUY, year._units()))
        year.ours, year.by_hand = side.copy(), random.random() < 0.4
        return year

    def _units(self) -> Decimal:
        whole = D(self.random.randint(1, 400))
        places = -int(self.step.as_tuple().exponent)
        part = D(self.random.randrange(10**places)).scaleb(-places) if places > 0 else D(0)
        return whole + part

    def _trade(self, number: int) -> None:
        self.end += timedelta(minutes=self.random.randint(3, 3000))
        symbol = self.random.choice(sorted(self.prices))
        move = D(self.random.randint(-250, 252)) / 10_000
        self.prices[symbol] = max(cents(self.prices[symbol] * (1 + move)), D(1))
        held = self.truth.held().get(symbol, D(0))
        sells = held > 0 and self.random.random() < 0.45
        quantity = min(self._units(), held) if sells else self._units()
        price = self.prices[symbol] + D(self.random.randint(-300, 300)) / 10_000
        fee = cents(D("0.35") + quantity * D("0.005")) if self.random.random() < 0.8 else D(0)
        side = Side.SELL if sells else Side.BUY
        self.truth.trades.append(Trade(f"t{number}", self.end, symbol, side, quantity, price, fee, f"o{number // 2}"))

    def _move(self, name: str, kind: CashEventKind | None = None) -> Cash:
        self.end += timedelta(minutes=self.random.randint(3, 900))
        usual = (CashEventKind.FEE, CashEventKind.DIVIDEND, CashEventKind.INTEREST, CashEventKind.DEPOSIT)
        perpetual = (CashEventKind.FEE, CashEventKind.FUNDING, CashEventKind.WITHDRAWAL)
        chosen = kind or self.random.choice(perpetual if self.kind is AccountKind.FUTURES else usual)
        size = D(self.random.randint(95, 90_000)) / 100
        paid = chosen in (CashEventKind.FEE, CashEventKind.WITHDRAWAL)
        paid = paid or (chosen in (CashEventKind.FUNDING, CashEventKind.INTEREST) and self.random.random() < 0.5)
        move = Cash(name, self.end, chosen, -size if paid else size)
        self.truth.moves.append(move)
        return move

    # --- faults: what the other side of each event is told of; each returns what a true explanation must name ---

    def miss_fill(self) -> str:
        self._trade(1000 + len(self.truth.trades))
        return self.truth.trades[-1].name

    def double_fill(self) -> str | None:
        singles = [trade for trade in self.ours.trades if not trade.name.endswith("-again")]
        again = replace(self.random.choice(singles[-25:]), name="")
        twin = replace(again, name=f"d{len(self.ours.trades)}-again", at=again.at + timedelta(seconds=1))
        self.ours.trades.append(twin)
        return twin.name

    def miss_move(self, kind: CashEventKind) -> str:
        return self._move(f"unseen-{len(self.truth.moves)}", kind).name

    def split(self) -> str | None:
        free = [name for name in sorted(self.truth.held()) if name not in self.truth.splits and self._is_quiet(name)]
        ratios = [D(2), D(3), D(4), D("1.5"), D(10), D("0.1"), D("0.5"), D(20), D("2.406"), D("1.265")]
        self.random.shuffle(ratios)
        for symbol in free:
            held = self.truth.held()[symbol]
            for ratio in ratios:
                if not held * ratio % self.step:
                    self.truth.splits[symbol] = ratio
                    self.mark_changes[symbol] = ratio
                    return symbol
        return None

    def _is_quiet(self, symbol: str) -> bool:
        """Whether both sides have the same trades of it, so that one fault is one symbol's."""
        return [t.name for t in self.truth.trades if t.symbol == symbol] == [
            t.name for t in self.ours.trades if t.symbol == symbol
        ]

    def stale_rate(self) -> str | None:
        if not any(move.asset == "EUR" for move in self.truth.moves) or self.truth.rate != self.ours.rate:
            return None
        self.truth.rate += D(self.random.choice((-1, 1)) * self.random.randint(10, 400)) / 10_000
        return "EUR"

    def unknown_position(self) -> str:
        symbol = f"OLD{len(self.truth.brought)}"
        self.truth.brought[symbol] = self._units()
        self.prices[symbol] = D(self.random.randint(800, 40000)) / 100
        return symbol

    def unknown_order(self) -> str:
        name = f"hand-{len(self.truth.orders)}"
        symbol = self.random.choice(sorted(self.truth.held()) or sorted(self.prices))
        self.truth.orders.append(Resting(name, symbol, Side.SELL, self._units()))
        return name

    # --- what each side says ---

    def book(self) -> OurBook:
        """Our journal's figures."""
        side, futures = self.ours, self.kind is AccountKind.FUTURES
        old = {
            symbol: Listed(
                quote="USD",
                step=self.step,
                price=price,
                entry=average_entry(side.trades, symbol) if futures else D(0),
            )
            for symbol, price in self.prices.items()
        }
        return OurBook(
            base="USD",
            kind=self.kind,
            cash=side.purse(futures=futures, rounded=False),
            positions=side.held(),
            orders={o.name: OurOrder(symbol=o.symbol, side=o.side, remaining=o.left) for o in side.orders},
            fills=tuple(
                BookedFill(
                    fill_id=t.name, client_order_id=t.order, symbol=t.symbol, side=t.side, quantity=t.quantity,
                    price=t.price, fee=t.fee, fee_asset="USD", at=t.at,
                )
                for t in side.trades
            ),
            cash_events=tuple(
                BookedCash(
                    event_id="" if self.by_hand else m.name, kind=m.kind, amount=m.amount, asset=m.asset, at=m.at
                )
                for m in side.moves
            ),
            listed=old,
            rates={"EUR": side.rate},
            since=START,
        )  # fmt: skip

    def statement(self, *, activities: bool) -> VenueStatement:
        """The venue's, with or without the list of what happened."""
        side, futures = self.truth, self.kind is AccountKind.FUTURES
        purse = side.purse(futures=futures, rounded=True)
        total = sum((amount * (side.rate if asset == "EUR" else 1) for asset, amount in purse.items()), D(0))
        now = {
            symbol: ROOMY.divide(price, self.mark_changes.get(symbol, D(1))) for symbol, price in self.prices.items()
        }
        return VenueStatement(
            as_of=self.end,
            cash=purse,
            positions=side.held(),
            orders=tuple(venue_order(item, self.end) for item in side.orders),
            fills=tuple(venue_fill(n, t) for n, t in enumerate(side.trades, 1)) if activities else None,
            cash_events=tuple(venue_cash(n, m) for n, m in enumerate(side.moves, 1)) if activities else None,
            total_cash=total if len(purse) > 1 else None,
            rates={"EUR": side.rate} if activities and len(purse) > 1 else {},
            prices={symbol: ROOMY.quantize(price, CENT) for symbol, price in now.items()} if activities else {},
        )


def venue_order(item: Resting, at: datetime) -> VenueOrder:
    return VenueOrder(
        client_order_id=item.name, venue_order_id=f"v-{item.name}", symbol=item.symbol, side=item.side,
        quantity=item.left, filled_quantity=D(0), status=OrderStatus.ACCEPTED, updated_at=at,
    )  # fmt: skip


def venue_fill(number: int, t: Trade) -> VenueFill:
    return VenueFill(
        fill_id=t.name, sequence=number, client_order_id=t.order, symbol=t.symbol, side=t.side, quantity=t.quantity,
        price=t.price, fee=t.fee, fee_asset="USD", cumulative=t.quantity, filled_at=t.at,
    )  # fmt: skip


def venue_cash(number: int, m: Cash) -> VenueCashEvent:
    return VenueCashEvent(
        event_id=m.name, sequence=number, kind=m.kind, amount=m.amount, asset=m.asset, happened_at=m.at
    )
