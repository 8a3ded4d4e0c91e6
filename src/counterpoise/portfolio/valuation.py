"""What is the book worth at the marks, and how sure is that?

Totals are kept incrementally, so a tick costs the same at ten and at ten thousand positions; since every sum is
exact, they equal the totals of a valuation built anew, to the last digit.

A position's price is its newest mark; one never marked takes its first fill's price, since a trade at the venue
is an observation. An adopted position that was never marked stands at its stated entry price, and an asset
without a rate adds nothing: both leave the equity an interval with an open end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.instruments import Instrument, InstrumentId
from counterpoise.domain.marks import Mark
from counterpoise.domain.numbers import ONE, ZERO
from counterpoise.portfolio.state import AccountState

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WIDTH_HOUR = Decimal("0.05")
WIDTH_DAY = Decimal("0.2")
WIDTH_BEYOND = ONE


@dataclass(frozen=True, slots=True, kw_only=True)
class EquityInterval:
    """Equity, account currency, with the range that stale and missing prices leave.

    Attributes:
        low, high: None where that end is open.
        value: At the last known marks.
        stale: Held instruments whose mark is too old or missing, by id.
        unrated: Assets held without a rate to the base currency.
    """

    low: Decimal | None
    value: Decimal
    high: Decimal | None
    stale: tuple[InstrumentId, ...] = ()
    unrated: tuple[str, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Whether both ends are the value."""
        return not self.stale and not self.unrated


@dataclass(slots=True)
class Line:
    """One instrument as it is valued.

    Attributes:
        price: Quote currency per unit; zero only while nothing has stated one.
        at: When the price was made; None while the instrument was never marked.
        factor: multiplier × rate of the quote asset.
        value: quantity × price × factor, base currency, signed.
    """

    instrument: InstrumentId
    quote: str
    multiplier: Decimal
    factor: Decimal
    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    price: Decimal = ZERO
    at: datetime | None = None
    value: Decimal = ZERO


class Valuation:
    """The account's totals in its base currency.

    CASH, MARGIN: equity = cash + market value. FUTURES: equity = wallet + unrealised.

    Attributes:
        cash_value: Σ cash × rate; in a FUTURES account the wallet.
        market_value: Σ signed quantity × price × multiplier × rate.
        long, short: Σ exposure of that side, ≥ 0.
    """

    __slots__ = (
        "_cash", "_cost_value", "_futures", "_held", "_lines", "_oldest", "_rates", "_unmarked", "_unrated",
        "cash_value", "long", "market_value", "short",
    )  # fmt: skip

    def __init__(self, kind: AccountKind, base: str) -> None:
        self._futures = kind is AccountKind.FUTURES
        self._rates: dict[str, Decimal] = {base: ONE}
        self._cash: dict[str, Decimal] = {}
        self._lines: dict[InstrumentId, Line] = {}
        self._held: dict[InstrumentId, Line] = {}
        # No held mark is older than this; marks only get newer, so it stays true until a scan moves it up.
        self._oldest: datetime | None = None
        self._unmarked = 0  # held lines that were never marked
        self._unrated = 0  # held lines whose quote asset has no rate
        self._cost_value = ZERO
        self.cash_value = ZERO
        self.market_value = ZERO
        self.long = ZERO
        self.short = ZERO

    @classmethod
    def from_state(cls, state: AccountState) -> Valuation:
        """The state at its recorded marks."""
        made = cls(state.opened.kind, state.base)
        for asset, rate in state.fx.items():
            made.set_rate(asset, rate)
        for instrument in state.instruments.values():
            made.define(instrument)
        for asset, amount in state.cash.items():
            made.on_cash(asset, amount)
        for identity, price in state.stated.items():
            made.set_stated(identity, price)
        for mark in state.marks.values():
            made.set_mark(mark)
        for holding in state.holdings.values():
            made.on_position(holding.instrument, holding.quantity, holding.cost)
        return made

    @property
    def unrealised(self) -> Decimal:
        """Σ (quantity × price × multiplier − cost) × rate, signed."""
        return self.market_value - self._cost_value

    @property
    def gross(self) -> Decimal:
        """Long + short exposure, ≥ 0."""
        return self.long + self.short

    @property
    def net(self) -> Decimal:
        """Long − short exposure, signed."""
        return self.long - self.short

    @property
    def equity(self) -> Decimal:
        """What the account is worth at the last known marks, signed."""
        if self._futures:
            return self.cash_value + self.market_value - self._cost_value
        return self.cash_value + self.market_value

    def line(self, instrument: InstrumentId) -> Line | None:
        """How an instrument is valued, or None when it is not defined. Read only."""
        return self._lines.get(instrument)

    def mark(self, instrument: InstrumentId) -> Mark | None:
        """The newest mark of an instrument."""
        line = self._lines.get(instrument)
        if line is None or line.at is None:
            return None
        return Mark(instrument=instrument, price=line.price, at=line.at)

    def rate(self, asset: str) -> Decimal | None:
        """What one unit of `asset` is worth in the base currency, or None when nobody said."""
        return self._rates.get(asset)

    def define(self, instrument: Instrument) -> None:
        """Make an instrument known; a second definition of a held one changes nothing here."""
        known = self._lines.get(instrument.instrument_id)
        if known is not None and known.quantity:
            return
        self._lines[instrument.instrument_id] = Line(
            instrument=instrument.instrument_id,
            quote=instrument.quote,
            multiplier=instrument.multiplier,
            factor=instrument.multiplier * self._rates.get(instrument.quote, ZERO),
            price=known.price if known else ZERO,
            at=known.at if known else None,
        )

    def set_mark(self, mark: Mark) -> bool:
        """Take a price; says whether anything changed. An older one than the known, or of no instrument, does not."""
        line = self._lines.get(mark.instrument)
        if line is None:
            return False
        if line.at is None:
            self._unmarked -= mark.instrument in self._held
            self._lower_oldest(mark.at, held=mark.instrument in self._held)
        elif mark.at < line.at:
            return False
        line.at = mark.at
        if mark.price == line.price:
            return False
        self._reprice(line, mark.price)
        return True

    def set_stated(self, instrument: InstrumentId, price: Decimal) -> None:
        """Take the entry price of an adopted position, in use until the first mark."""
        line = self._lines.get(instrument)
        if line is not None and line.at is None:
            self._reprice(line, price)

    def set_rate(self, asset: str, rate: Decimal) -> None:
        """From now on one unit of `asset` is worth `rate` of the base currency."""
        before = self._rates.get(asset, ZERO)
        if asset not in self._rates:
            self._unrated -= sum(line.quote == asset for line in self._held.values())
        self._rates[asset] = rate
        self.cash_value += self._cash.get(asset, ZERO) * (rate - before)
        for line in self._lines.values():
            if line.quote == asset:
                self._cost_value += line.cost * (rate - before)
                line.factor = line.multiplier * rate
                self._revalue(line, line.quantity)

    def on_cash(self, asset: str, delta: Decimal) -> None:
        """Cash moved by `delta` units of `asset`."""
        self._cash[asset] = self._cash.get(asset, ZERO) + delta
        self.cash_value += delta * self._rates.get(asset, ZERO)

    def on_position(self, instrument: InstrumentId, quantity: Decimal, cost: Decimal) -> None:
        """A position moved by signed units and quote-currency cost. The instrument must be defined."""
        line = self._lines[instrument]
        line.cost += cost
        self._cost_value += cost * self._rates.get(line.quote, ZERO)
        after = line.quantity + quantity
        self._revalue(line, after)
        if after and instrument not in self._held:
            self._held[instrument] = line
            self._unmarked += line.at is None
            self._unrated += line.quote not in self._rates
            if line.at is not None:
                self._lower_oldest(line.at, held=True)
        elif not after and instrument in self._held:
            del self._held[instrument]
            self._unmarked -= line.at is None
            self._unrated -= line.quote not in self._rates

    def take_over(self, other: Valuation, ticks: Mapping[InstrumentId, Mark]) -> None:
        """Come to the same rates, cash, positions and marks as `other`; `ticks` of its own that are not older stay."""
        for asset, rate in other._rates.items():
            if self._rates.get(asset) != rate:
                self.set_rate(asset, rate)
        for asset in dict.fromkeys([*self._cash, *other._cash]):
            moved = other._cash.get(asset, ZERO) - self._cash.get(asset, ZERO)
            if moved:
                self.on_cash(asset, moved)
        for key, line in other._lines.items():
            mine = self._lines[key]
            tick = ticks.get(key)
            at, price = line.at, line.price
            if tick is not None and (at is None or at <= tick.at):
                at, price = tick.at, tick.price
            self._unmarked += (at is None) - (mine.at is None) if key in self._held else 0
            mine.at = at
            if price != mine.price:
                self._reprice(mine, price)
            if at is not None:
                self._lower_oldest(at, held=key in self._held)
            if (mine.quantity, mine.cost) != (line.quantity, line.cost):
                self.on_position(key, line.quantity - mine.quantity, line.cost - mine.cost)

    def interval(self, now: datetime, mark_age_max: timedelta) -> EquityInterval:
        """Equity with the range that its stale marks leave; cheap while all are fresh.

        A mark is stale when it is older than `mark_age_max`. Its price may then be off by 5 % up to an hour,
        20 % up to a day and 100 % beyond; never marked: a long is worth [0, none], a short [none, 0].
        """
        value = self.equity
        unrated = tuple(sorted(asset for asset, held in self._cash.items() if held and asset not in self._rates))
        fresh = self._oldest is None or now - self._oldest <= mark_age_max
        if fresh and not self._unmarked and not unrated and not self._unrated:
            return EquityInterval(low=value, value=value, high=value)
        low: Decimal | None = value
        high: Decimal | None = value
        for asset in unrated:
            low, high = _open_end(low, high, self._cash[asset])
        stale: list[InstrumentId] = []
        for line in self._held.values():
            below, above = self._room(line, now, mark_age_max)
            if below is not None and above is not None and not below and not above:
                continue
            stale.append(line.instrument)
            low = None if low is None or below is None else low - below
            high = None if high is None or above is None else high + above
        self._oldest = min((line.at for line in self._held.values() if line.at is not None), default=None)
        return EquityInterval(low=low, value=value, high=high, stale=tuple(sorted(stale)), unrated=unrated)

    def stale(self, now: datetime, mark_age_max: timedelta) -> tuple[InstrumentId, ...]:
        """Held instruments whose mark is older than `mark_age_max` or missing, by id."""
        return self.interval(now, mark_age_max).stale

    def _room(self, line: Line, now: datetime, age_max: timedelta) -> tuple[Decimal | None, Decimal | None]:
        """By how much the line may be worth less and more than it shows; None is without bound."""
        if line.quote not in self._rates:
            return (ZERO if line.quantity > ZERO and not self._futures else None), None
        if line.at is None:
            return (line.value, None) if line.quantity > ZERO else (None, -line.value)
        age = now - line.at
        if age <= age_max:
            return ZERO, ZERO
        width = WIDTH_HOUR if age <= HOUR else WIDTH_DAY if age <= DAY else WIDTH_BEYOND
        room = abs(line.value) * width
        return room, room

    def _lower_oldest(self, at: datetime, *, held: bool) -> None:
        if held and (self._oldest is None or at < self._oldest):
            self._oldest = at

    def _reprice(self, line: Line, price: Decimal) -> None:
        line.price = price
        if line.quantity:
            self._revalue(line, line.quantity)

    def _revalue(self, line: Line, quantity: Decimal) -> None:
        """Take the line's old value out of the totals and put the new one in."""
        before = line.value
        if line.quantity > ZERO:
            self.long -= abs(before)
        elif before:
            self.short -= abs(before)
        line.quantity = quantity
        line.value = after = quantity * line.price * line.factor
        self.market_value += after - before
        if quantity > ZERO:
            self.long += abs(after)
        elif after:
            self.short += abs(after)


def _open_end(low: Decimal | None, high: Decimal | None, held: Decimal) -> tuple[Decimal | None, Decimal | None]:
    """The range with an amount of unknown worth in it: what is owned opens the top, what is owed the bottom."""
    return (low, None) if held > ZERO else (None, high)
