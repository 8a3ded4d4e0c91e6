"""What does one new price cost, when the account's totals are read after it? Ours against NautilusTrader, and bare.

The work, for every side: take one price of one of N positions, then read equity, unrealised P&L and net exposure of
the whole account. All sides hold the same N positions (two thirds long, one third short, whole shares at prices in
cents, one currency) and hear the same seeded stream of prices, in which each differs from the last of its symbol.
Before anything is timed, the sides with the same book and stream play its start and must agree on the totals; after
the last round, each of ours must equal, to the last digit, the sums over its positions made anew.

- ours, live tick: `Valuation.set_mark` on the account's live valuation, then its three properties; what a tick goes
  through inside the account. A FUTURES account, whose equity takes one operation more than the others'.
- ours, library path: `control.market.observe` of one symbol, which looks it up, checks the price and makes the mark.
- ours, ten of them: the live tick where only ten of the N positions ever get a price: what the size of the book costs
  by itself. Prices for all N at random also touch more memory, which slows the sums by hand down as well.
- ours, long digits: the live tick with quantities of 9 places, prices of 8, and a rate of 6 to the account's currency.
- NautilusTrader: the quote into its Cache, `Portfolio.update_quote_tick`, then `unrealized_pnls`, `net_exposures` and
  the margin account's balance. It has no total of equity, so that is the balance and the P&L read already, summed.
  Its net exposure adds shorts without their sign; it is compared with our gross. Bid and ask are the one price.
- NautilusTrader, no reading: only the first two calls, which put the arithmetic off until somebody reads.
- Decimal and float by hand: the same totals in local names and two dicts, without instruments, rates, times, sides
  or checks: five operations, and the least that the arithmetic costs in Python.

Ours and the Decimals run under `exact()`, as in production; NautilusTrader calculates with floats in between, which
`exact()` forbids, and runs in Python's own context. Prices are made before the clock starts; the sides run in turn,
so that what slows the machine down slows all of them down.
"""

import argparse
import decimal
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from importlib.metadata import version
from itertools import count, islice
from random import Random
from types import SimpleNamespace
from typing import Generic, Protocol, TypeVar

from counterpoise.adapters.clocks import ReplayClock
from counterpoise.control.account import Account
from counterpoise.control.activity import Activity
from counterpoise.control.market import observe
from counterpoise.control.state import ControlState
from counterpoise.domain.accounts import AccountKind, AccountTerms, TradingMode, lot_method_of
from counterpoise.domain.facts import AccountOpened, Body, Deposit, Fact, Fill, FxRate, InstrumentDefined
from counterpoise.domain.instruments import Instrument, instrument_id
from counterpoise.domain.marks import Mark
from counterpoise.domain.numbers import ONE, ZERO, exact
from counterpoise.domain.orders import Side
from counterpoise.ledger.journal import InMemoryJournal
from counterpoise.portfolio.fold import Book

MICROSECONDS_MAX = 2.0
GROWTH_MAX = 1.5
"""What still counts as flat from 10 to 10,000 positions."""
FEW = 10
RATIO_MIN = 1_000
RATIO_AT = 1_000
SIZES = (10, 100, 1_000, 10_000)
PEER_SIZE_MAX = 1_000
PEER = {
    "accounting.accounts.margin": "MarginAccount",
    "cache.cache": "Cache",
    "common.component": "MessageBus TestClock",
    "core.uuid": "UUID4",
    "model.currencies": "USD",
    "model.data": "QuoteTick",
    "model.enums": "AccountType LiquiditySide OmsType OrderSide OrderType",
    "model.events": "AccountState OrderFilled",
    "model.identifiers": (
        "AccountId ClientOrderId InstrumentId PositionId StrategyId Symbol TradeId TraderId Venue VenueOrderId"
    ),
    "model.instruments": "Equity",
    "model.objects": "AccountBalance Money Price Quantity",
    "model.position": "Position",
    "portfolio.portfolio": "Portfolio",
}
START = datetime(2024, 1, 3, 9, tzinfo=UTC)
BASE = "USD"
DEPOSIT = Decimal(1_000_000)

Number = TypeVar("Number", Decimal, float)
Totals = tuple[Number, Number, Number]
"""Equity, unrealised P&L, net exposure."""
Tick = tuple[int, int]
"""Which position, and its price in steps."""
Context = Callable[[], AbstractContextManager[object]]
"""The arithmetic that a side runs in."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How many digits the numbers of a workload have."""

    quantity_places: int = 0
    price_places: int = 2
    rate: Decimal = ONE

    def quantity(self, position: int) -> Decimal:
        """Signed units of a position; every third is short."""
        units: int = 10**self.quantity_places * (position % 7 + 1) + (position % 1_000 if self.quantity_places else 0)
        return Decimal(units if position % 3 else -units).scaleb(-self.quantity_places)

    def price(self, steps: int) -> Decimal:
        """So many steps of price."""
        return Decimal(steps).scaleb(-self.price_places)

    @property
    def entry_steps(self) -> int:
        """100 and an odd end."""
        steps: int = 100 * 10**self.price_places + 1
        return steps


WHOLE = Shape()
LONG = Shape(quantity_places=9, price_places=8, rate=Decimal("1.084215"))


def stream(size: int, entry_steps: int, few: int | None = None) -> Iterator[Tick]:
    """Prices without end, of a random position (or of one of `few`), each another than the last of its position."""
    random = Random(20240103)
    steps = [entry_steps] * size
    apart = size // (few or size)
    while True:
        position = random.randrange(few or size) * apart
        steps[position] += random.choice((-3, -2, -1, 1, 2, 3)) if steps[position] > entry_steps // 2 else 3
        yield position, steps[position]


SYMBOLS = [f"S{position:04}" for position in range(SIZES[-1])]
IDENTITIES = [instrument_id("paper", symbol) for symbol in SYMBOLS]


class Contender(Protocol):
    """One way to do the work."""

    def load(self, ticks: Sequence[Tick]) -> None:
        """Make the prices ready; not timed."""
        ...

    def run(self) -> Totals[Decimal] | Totals[float] | None:
        """Take every loaded price, read the totals after each, and return the last; None where nothing is read."""
        ...


# ── ours ─────────────────────────────────────────────────────────────────────────────────────────────────


def bodies(size: int, shape: Shape) -> Iterator[tuple[str | None, Body]]:
    """The facts of an account with `size` positions, and the instrument that each is about."""
    kind = AccountKind.FUTURES
    terms = AccountTerms(
        kind=kind,
        base_currency=BASE,
        time_zone="UTC",
        venue="paper",
        mode=TradingMode.PAPER,
        lot_method=lot_method_of(kind),
    )
    yield None, AccountOpened(name="Main", terms=terms)
    yield None, Deposit(amount=DEPOSIT, asset=BASE)
    quote = BASE
    if shape.rate != ONE:
        quote = "EUR"
        yield None, FxRate(asset=quote, rate=shape.rate)
    for position in range(size):
        name, quantity = SYMBOLS[position], shape.quantity(position)
        identity = IDENTITIES[position]
        yield (
            None,
            InstrumentDefined(
                instrument=Instrument(instrument_id=identity, symbol=name, venue="paper", quote=quote),
            ),
        )
        yield (
            identity,
            Fill(
                fill_id=f"{position:06}",
                client_order_id="",
                side=Side.BUY if quantity > 0 else Side.SELL,
                quantity=abs(quantity),
                price=shape.price(shape.entry_steps),
                fee=ZERO,
                fee_asset=quote,
            ),
        )


def open_account(size: int, shape: Shape) -> Account:
    """An account that was folded from facts, as its writer holds it."""
    state = ControlState("main", Book.open("main"))
    for sequence, (identity, body) in enumerate(bodies(size, shape), 1):
        state.fold(
            Fact(
                account="main",
                sequence=sequence,
                epoch=1,
                fact_id=f"f{sequence}",
                kind=type(body).__name__,
                schema=1,
                occurred_at=START,
                recorded_at=START,
                source="bench",
                actor="system",
                correlation_id=f"c{sequence}",
                causation_id="",
                instrument=identity,
                strategy_shares=(),
                body=body,
            )
        )
    return Account(
        state=state, journal=InMemoryJournal(), clock=ReplayClock(START), activity=Activity(), start_effect=print
    )


class LiveTick:
    """`set_mark` and the three properties."""

    def __init__(self, size: int, shape: Shape = WHOLE) -> None:
        self.account = open_account(size, shape)
        self.shape = shape
        self.marks: list[Mark] = []
        self.moments = count(1)

    def load(self, ticks: Sequence[Tick]) -> None:
        """Each mark a millisecond newer than the last."""
        self.marks = [
            Mark(
                instrument=IDENTITIES[position],
                price=self.shape.price(steps),
                at=START + timedelta(milliseconds=next(self.moments)),
            )
            for position, steps in ticks
        ]

    def run(self) -> Totals[Decimal]:
        """Take and read."""
        valuation = self.account.view.live
        for mark in self.marks:
            valuation.set_mark(mark)
            read = valuation.equity, valuation.unrealised, valuation.net
        return read

    def gross(self) -> Decimal:
        """What NautilusTrader calls net exposure."""
        return self.account.view.live.gross

    def anew(self) -> Totals[Decimal]:
        """The totals from every position by itself, as no incremental sum has seen them."""
        lines = [self.account.view.live.line(IDENTITIES[n]) for n in range(self.size)]
        values = [line.quantity * line.price * line.factor for line in lines if line]
        costs = [line.cost * line.factor for line in lines if line]
        net = sum(values, ZERO)
        unrealised = net - sum(costs, ZERO)
        return DEPOSIT + unrealised, unrealised, net

    @property
    def size(self) -> int:
        """Positions held."""
        return len(self.account.view.state.instruments)


class LibraryPath(LiveTick):
    """`observe` of a price by its symbol, and the three properties of whatever is then the live valuation."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.prices: list[tuple[dict[str, Decimal], datetime]] = []

    def load(self, ticks: Sequence[Tick]) -> None:
        """One mapping a price, as a feed hands it over."""
        self.prices = [
            ({SYMBOLS[position]: self.shape.price(steps)}, START + timedelta(milliseconds=next(self.moments)))
            for position, steps in ticks
        ]

    def run(self) -> Totals[Decimal]:
        """Take and read."""
        account = self.account
        for prices, at in self.prices:
            observe(account, prices, at)
            live = account.view.live
            read = live.equity, live.unrealised, live.net
        return read


# ── the bare limit ───────────────────────────────────────────────────────────────────────────────────────


class ByHand(Generic[Number]):
    """The same totals with nothing around them."""

    def __init__(self, size: int, number: Callable[[Decimal], Number]) -> None:
        self.number: Callable[[Decimal], Number] = number
        entry = number(WHOLE.price(WHOLE.entry_steps))
        self.quantities: dict[str, Number] = {SYMBOLS[n]: number(WHOLE.quantity(n)) for n in range(size)}
        self.last: dict[str, Number] = dict.fromkeys(self.quantities, entry)
        self.market: Number = sum((quantity * entry for quantity in self.quantities.values()), start=number(ZERO))
        self.cost: Number = self.market
        self.ticks: list[tuple[str, Number]] = []

    def load(self, ticks: Sequence[Tick]) -> None:
        """Name and price."""
        self.ticks = [(SYMBOLS[position], self.number(WHOLE.price(steps))) for position, steps in ticks]

    def run(self) -> Totals[Number]:
        """Take and read."""
        quantities, last, market, cost, wallet = (
            self.quantities, self.last, self.market, self.cost, self.number(DEPOSIT),
        )  # fmt: skip
        for name, price in self.ticks:
            market += quantities[name] * (price - last[name])
            last[name] = price
            unrealised = market - cost
            read = wallet + unrealised, unrealised, market
        self.market = market
        return read


# ── NautilusTrader ───────────────────────────────────────────────────────────────────────────────────────


def nautilus() -> SimpleNamespace | str:
    """The peer's classes by name, or why there are none."""
    found = SimpleNamespace()
    try:
        for module, names in PEER.items():
            loaded = import_module(f"nautilus_trader.{module}")
            for name in names.split():
                setattr(found, name, getattr(loaded, name))
    except ImportError as error:
        return str(error)
    return found


class NautilusBook:
    """A Portfolio with its Cache and a margin account, without the engines around them."""

    def __init__(self, size: int, peer: SimpleNamespace) -> None:
        self.peer = peer
        self.venue = peer.Venue("PAPER")
        clock, trader = peer.TestClock(), peer.TraderId("BENCH-001")
        self.cache = peer.Cache(database=None)
        bus = peer.MessageBus(trader_id=trader, clock=clock)
        self.portfolio = peer.Portfolio(msgbus=bus, cache=self.cache, clock=clock)
        self.portfolio.update_account(self.account_state())
        self.instruments = [self.open(position, trader) for position in range(size)]
        self.load([(position, WHOLE.entry_steps) for position in range(size)])
        for quote in self.quotes:
            self.cache.add_quote_tick(quote)
        self.portfolio.initialize_orders()
        self.portfolio.initialize_positions()
        assert self.portfolio.initialized

    def account_state(self) -> object:
        """The deposit."""
        peer = self.peer
        free, locked = peer.Money(DEPOSIT, peer.USD), peer.Money(0, peer.USD)
        return peer.AccountState(
            account_id=peer.AccountId("PAPER-1"),
            account_type=peer.AccountType.MARGIN,
            base_currency=peer.USD,
            reported=True,
            balances=[peer.AccountBalance(free, locked, free)],
            margins=[],
            info={},
            event_id=peer.UUID4(),
            ts_event=0,
            ts_init=0,
        )

    def open(self, position: int, trader: object) -> object:
        """Define an instrument and fill one order of it; its id."""
        peer, quantity = self.peer, WHOLE.quantity(position)
        name = peer.Symbol(SYMBOLS[position])
        identity = peer.InstrumentId(name, self.venue)
        instrument = peer.Equity(
            instrument_id=identity,
            raw_symbol=name,
            currency=peer.USD,
            price_precision=WHOLE.price_places,
            price_increment=peer.Price.from_str("0.01"),
            lot_size=peer.Quantity.from_int(1),
            ts_event=0,
            ts_init=0,
        )
        fill = peer.OrderFilled(
            trader_id=trader,
            strategy_id=peer.StrategyId("BENCH-001"),
            instrument_id=identity,
            client_order_id=peer.ClientOrderId(f"O-{position}"),
            venue_order_id=peer.VenueOrderId(f"V-{position}"),
            account_id=peer.AccountId("PAPER-1"),
            trade_id=peer.TradeId(f"T-{position}"),
            position_id=peer.PositionId(f"P-{position}"),
            order_side=peer.OrderSide.BUY if quantity > 0 else peer.OrderSide.SELL,
            order_type=peer.OrderType.MARKET,
            last_qty=peer.Quantity.from_int(int(abs(quantity))),
            last_px=peer.Price.from_str(str(WHOLE.price(WHOLE.entry_steps))),
            currency=peer.USD,
            commission=peer.Money(0, peer.USD),
            liquidity_side=peer.LiquiditySide.TAKER,
            event_id=peer.UUID4(),
            ts_event=0,
            ts_init=0,
        )
        self.cache.add_instrument(instrument)
        self.cache.add_position(peer.Position(instrument=instrument, fill=fill), peer.OmsType.NETTING)
        return identity

    def load(self, ticks: Sequence[Tick]) -> None:
        """A quote whose bid and ask are the price."""
        one = self.peer.Quantity.from_int(1)
        prices = (
            (self.instruments[position], self.peer.Price.from_str(str(WHOLE.price(steps)))) for position, steps in ticks
        )
        self.quotes = [
            self.peer.QuoteTick(identity, price, price, one, one, moment, moment)
            for moment, (identity, price) in enumerate(prices)
        ]


class NautilusRead(NautilusBook):
    """The update, and what a person who looks at the account reads."""

    def run(self) -> Totals[Decimal]:
        """Take and read."""
        cache, portfolio, venue, dollar = self.cache, self.portfolio, self.venue, self.peer.USD
        account = portfolio.account(venue)
        for quote in self.quotes:
            cache.add_quote_tick(quote)
            portfolio.update_quote_tick(quote)
            unrealised = portfolio.unrealized_pnls(venue)[dollar]
            read = account.balance_total(dollar) + unrealised, unrealised, portfolio.net_exposures(venue)[dollar]
        return read[0], read[1].as_decimal(), read[2].as_decimal()


class NautilusUpdate(NautilusBook):
    """The update by itself."""

    def run(self) -> None:
        """Take."""
        cache, portfolio = self.cache, self.portfolio
        for quote in self.quotes:
            cache.add_quote_tick(quote)
            portfolio.update_quote_tick(quote)


# ── the run ──────────────────────────────────────────────────────────────────────────────────────────────

OURS = "ours, live tick"
HOT = "ours, ten of them"
LIBRARY = "ours, library path"
DIGITS = "ours, long digits"
PEER_READ = "NautilusTrader"
PEER_UPDATE = "NautilusTrader, no reading"
BARE = "Decimal by hand"
FLOAT = "float by hand"
Medians = dict[tuple[str, int], float]


class Seat:
    """One side with its own place in the stream of prices."""

    def __init__(self, side: Contender, prices: Iterator[Tick], context: Context = exact) -> None:
        self.side = side
        self.prices = prices
        self.context = context
        self.read: Totals[Decimal] | Totals[float] | None = None

    def play(self, ticks: int) -> float:
        """Microseconds a price, over the next so many."""
        with self.context():
            self.side.load(list(islice(self.prices, ticks)))
            begun = time.perf_counter()
            self.read = self.side.run()
            return (time.perf_counter() - begun) / ticks * 1e6


def seats(size: int, peer: SimpleNamespace | str) -> dict[str, Seat]:
    """Everybody who takes part at this size."""

    def prices() -> Iterator[Tick]:
        return stream(size, WHOLE.entry_steps)

    with exact():
        sides = {
            OURS: Seat(LiveTick(size), prices()),
            HOT: Seat(LiveTick(size), stream(size, WHOLE.entry_steps, FEW)),
            DIGITS: Seat(LiveTick(size, LONG), stream(size, LONG.entry_steps)),
            LIBRARY: Seat(LibraryPath(size), prices()),
            BARE: Seat(ByHand(size, Decimal), prices()),
            FLOAT: Seat(ByHand(size, float), prices()),
        }
    if not isinstance(peer, str) and size <= PEER_SIZE_MAX:
        sides[PEER_READ] = Seat(NautilusRead(size, peer), prices(), nullcontext)
        sides[PEER_UPDATE] = Seat(NautilusUpdate(size, peer), prices(), nullcontext)
    return sides


def agree(sides: Mapping[str, Seat]) -> None:
    """Let every side play the same start and compare its totals with ours."""
    for seat in sides.values():
        seat.play(50)
    ours = sides[OURS].side
    assert isinstance(ours, LiveTick)
    equity, unrealised, net = ours.anew()
    for name in (OURS, LIBRARY, BARE, FLOAT, PEER_READ):
        seat_read = sides[name].read if name in sides else None
        expected = (equity, unrealised, ours.gross() if name == PEER_READ else net)
        if seat_read and tuple(Decimal(str(round(value, 6))) for value in seat_read) != expected:
            raise SystemExit(f"{name} says {seat_read}, anew it is {expected}: this is not the same work")


def measure(size: int, peer: SimpleNamespace | str, rounds: int, budget: int) -> dict[str, list[float]]:
    """Microseconds a price of each side, one figure a round, all sides in turn."""
    sides = seats(size, peer)
    agree(sides)
    took: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, seat in sides.items():
            # The peer's reading grows with the book, so it gets fewer prices for the same time.
            took[name].append(seat.play(max(20, budget // size // 4) if name == PEER_READ else budget))
    with exact():
        for seat in sides.values():
            assert not isinstance(seat.side, LiveTick) or seat.read == seat.side.anew(), "an incremental total is off"
    return took


def show(size: int, took: Mapping[str, Sequence[float]]) -> Medians:
    """One line a side; each ratio is to our live tick."""
    ours = statistics.median(took[OURS])
    print(f"\n{size:,} positions")
    for name, times in took.items():
        middle = statistics.median(times)
        spread = f"({min(times):,.2f} – {max(times):,.2f})"
        print(f"  {name:<28}{middle:>10,.2f} µs   ratio {middle / ours:>9,.2f}   {spread}")
    return {(name, size): statistics.median(times) for name, times in took.items()}


def verdicts(medians: Medians) -> Iterator[str]:
    """Whether each aim holds."""
    small, large = SIZES[0], SIZES[-1]
    for name in (OURS, HOT, DIGITS):
        slowest = max(medians[name, size] for size in SIZES)
        verdict = held(slowest <= MICROSECONDS_MAX)
        yield f"{name}: median at most {slowest:.2f} µs at any size (aim {MICROSECONDS_MAX:.0f}): {verdict}"
    slowest = max(medians[LIBRARY, size] for size in SIZES)
    yield f"{LIBRARY}: median at most {slowest:.2f} µs at any size (has no aim)"
    bare = medians[BARE, large] / medians[BARE, small]
    for name, what in ((HOT, f"the same {FEW} get prices"), (OURS, f"all get prices at random; by hand {bare:.2f} ×")):
        growth = medians[name, large] / medians[name, small]
        yield (
            f"flat: {large:,} positions cost {growth:.2f} × what {small} do when {what} "
            f"(aim {GROWTH_MAX} ×): {held(growth <= GROWTH_MAX)}"
        )
    if (PEER_READ, RATIO_AT) not in medians:
        yield f"NautilusTrader at {RATIO_AT:,} positions (aim {RATIO_MIN:,} × ours): NOT MEASURED"
        return
    ratio = medians[PEER_READ, RATIO_AT] / medians[OURS, RATIO_AT]
    yield (
        f"NautilusTrader at {RATIO_AT:,} positions takes {ratio:,.0f} × ours "
        f"(aim {RATIO_MIN:,} ×): {held(ratio >= RATIO_MIN)}"
    )


def held(yes: bool) -> str:  # noqa: FBT001 - a verdict and nothing else
    """The word for it."""
    return "holds" if yes else "MISSED"


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(prog="bench.tick", description="One new price, then the account's totals.")
    parser.add_argument("--quick", action="store_true", help="some seconds, for a first look; figures are rough")
    quick = parser.parse_args().quick
    rounds, budget = (3, 4_000) if quick else (11, 40_000)
    peer = nautilus()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"libmpdec {getattr(decimal, '__libmpdec_version__', 'none')}, counterpoise {version('counterpoise')}"
    )
    if isinstance(peer, str):
        print(f"NautilusTrader is NOT MEASURED: {peer}. `./dev bench tick` brings it, from requirements-bench.lock.")
    else:
        print(f"NautilusTrader {version('nautilus_trader')}")
    print(
        f"one price, then equity, unrealised P&L and net exposure: microseconds, median (min – max) of {rounds} rounds"
    )
    medians: Medians = {}
    for size in SIZES:
        medians |= show(size, measure(size, peer, rounds, budget))
    print()
    for line in verdicts(medians):
        print(line)


if __name__ == "__main__":
    main()
    sys.exit(0)
