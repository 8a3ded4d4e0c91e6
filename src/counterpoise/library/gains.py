"""What did an account gain in one year, for a tax return?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from counterpoise.domain.accounts import AccountId, LotMethod
from counterpoise.domain.instruments import InstrumentId, Symbol
from counterpoise.domain.numbers import ZERO, shortest
from counterpoise.domain.time import trading_day
from counterpoise.ledger.disposals import Disposal, Term, Totals, totals
from counterpoise.ledger.wash_sales import WINDOW_DAYS
from counterpoise.library.reading import read_history
from counterpoise.portfolio.gains import KINDS, gains
from counterpoise.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class YearOfGains:
    """The disposals of one calendar year of the account's time zone, amounts in its currency.

    Attributes:
        lot_method: In which order lots closed.
        wash_sales: Whether wash sales were looked for.
        disposals: By day of disposal.
        symbols: What each instrument is called today.
        deferred: Losses that wash sales put off to units that are still open today, ≥ 0.
        read_on: Today, in the account's time zone.
    """

    account: AccountId
    year: int
    currency: str
    time_zone: str
    lot_method: LotMethod
    wash_sales: bool
    disposals: tuple[Disposal, ...]
    symbols: Mapping[InstrumentId, Symbol]
    deferred: Decimal
    read_on: date

    def of(self, term: Term) -> tuple[Disposal, ...]:
        """Those of one part of Form 8949."""
        return tuple(one for one in self.disposals if one.term is term)

    def totals(self, term: Term) -> Totals:
        """The sums of that part, exact."""
        return totals(self.disposals, term)

    @property
    def settled_on(self) -> date:
        """From this day on no purchase can disallow a loss of the year any more."""
        return date(self.year, 12, 31) + timedelta(days=WINDOW_DAYS + 1)

    def notes(self) -> Iterator[str]:
        """What a person has to know who relies on the figures."""
        if not self.disposals:
            yield f"nothing was disposed of in {self.year}"
        bare = [one for one in self.disposals if one.acquired_on is None]
        if bare:
            names = ", ".join(sorted({self.symbols[one.instrument] for one in bare}))
            yield f"no purchase is recorded of what {len(bare)} of the sales sold ({names}): its cost counts as 0"
        if self.deferred:
            amount = shortest(self.deferred)
            yield f"losses of {amount} {self.currency} are put off by wash sales to units that are still open"
        may_be_washed = any(one.disallowed < -one.gain for one in self.disposals)
        if self.wash_sales and may_be_washed and self.read_on < self.settled_on:
            yield f"purchases before {self.settled_on} can still disallow losses of {self.year}"


async def read_year_of_gains(
    settings: Settings,
    account: AccountId | None,
    year: int,
    *,
    method: LotMethod | None = None,
    wash_sales: bool = True,
) -> YearOfGains:
    """The gains of one year, from the facts of all years.

    Args:
        settings: Where the data folder is.
        account: Which account; None where there is one.
        year: Calendar year in the account's time zone.
        method: Another order of lots than the account's own.
        wash_sales: Whether losses are disallowed by replacements (26 USC 1091: stock and securities).

    Raises:
        ConfigurationError: no journal, no such account, or several and none was named.
        JournalCorrupt: the journal is not what was written.
        InvalidFact: a trade is in a currency of which no rate was stated.
    """
    state, facts, now = await read_history(settings, account, KINDS)
    found = gains(state, facts, method=method, washes=wash_sales)
    return YearOfGains(
        account=state.account,
        year=year,
        currency=state.base,
        time_zone=state.opened.time_zone,
        lot_method=method or state.opened.lot_method,
        wash_sales=wash_sales,
        disposals=found.in_year(year),
        symbols={key: instrument.symbol for key, instrument in state.instruments.items()},
        deferred=found.deferred or ZERO,
        read_on=trading_day(now, state.opened.time_zone),
    )
