"""What does a tax return ask of units that were closed: dates, term, proceeds, cost, and what of a loss is disallowed?

One `Disposal` is one closed part of a lot, as Form 8949 wants it: units of one acquisition on one day, given up on one
day. All amounts are in the account's currency, at the rate of the day that they belong to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from counterpoise.domain.instruments import InstrumentId
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.orders import PositionSide

ONE_DAY = timedelta(days=1)
FEBRUARY, LEAP_DAY, MARCH = 2, 29, 3


class Term(StrEnum):
    """How long a unit was held: LONG is more than one year (26 USC 1222)."""

    SHORT = "SHORT"
    LONG = "LONG"


def long_from(held_from: date) -> date:
    """The first day on which a disposal is LONG.

    The day of acquisition does not count, that of disposal does (Rev. Rul. 66-7): a year that begins on the day after
    has to be over. Bought on 28 February 2015, it began on 1 March and was over after 29 February 2016.
    """
    first = held_from + ONE_DAY
    if (first.month, first.day) == (FEBRUARY, LEAP_DAY):
        return date(first.year + 1, MARCH, 1)
    return first.replace(year=first.year + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposal:
    """Units of one acquisition that were closed by one trade, or paid out in cash.

    Attributes:
        quantity: Units, > 0.
        side: LONG was bought and then sold; SHORT was sold and then bought back.
        opened_on: Day of the purchase or of the short sale; None where nothing shows a purchase (then SHORT term at
            no cost).
        disposed_on: Day of the sale; of a short sale the day on which it was closed.
        held_from: Day after which the holding period counts: `opened_on`, or earlier after a wash sale
            (26 USC 1223(3)).
        proceeds: Net of the fee of the sale.
        cost: With the fee of the purchase and with `carried`.
        carried: Part of `cost`: losses of earlier wash sales, ≥ 0.
        currency_gain: Part of the gain that the exchange rate made between the two days, signed; else 0.
        disallowed: Part of a loss that a wash sale disallows (26 USC 1091), ≥ 0: column (g), code W.
        origin: The fill or adoption that opened the units.
        closed_by: The fill, or the fact of a payment in lieu, that closed them; empty where nothing shows a purchase.
    """

    instrument: InstrumentId
    quantity: Decimal
    side: PositionSide
    opened_on: date | None
    disposed_on: date
    held_from: date
    proceeds: Decimal
    cost: Decimal
    carried: Decimal = ZERO
    currency_gain: Decimal = ZERO
    disallowed: Decimal = ZERO
    origin: str
    closed_by: str

    @property
    def acquired_on(self) -> date | None:
        """What Form 8949 has in column (b): of a short sale the day on which the units that closed it were bought."""
        return self.disposed_on if self.side is PositionSide.SHORT else self.opened_on

    @property
    def days_held(self) -> int:
        """Days from the day after the acquisition to the disposal, with what a wash sale tacked on; 0 of a short."""
        if self.side is PositionSide.SHORT or self.opened_on is None:
            return 0
        return (self.disposed_on - self.held_from).days

    @property
    def term(self) -> Term:
        """SHORT or LONG; a short sale that is closed by a purchase is SHORT (26 USC 1233(b))."""
        if self.side is PositionSide.SHORT or self.opened_on is None or self.disposed_on < long_from(self.held_from):
            return Term.SHORT
        return Term.LONG

    @property
    def gain(self) -> Decimal:
        """Proceeds − cost, before a wash sale is looked at."""
        return self.proceeds - self.cost

    @property
    def tax_gain(self) -> Decimal:
        """What counts: proceeds − cost + disallowed, column (h)."""
        return self.gain + self.disallowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums of one part of Form 8949."""

    proceeds: Decimal = ZERO
    cost: Decimal = ZERO
    disallowed: Decimal = ZERO
    tax_gain: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Gains:
    """What a history of one account gained for tax.

    Attributes:
        disposals: By day of disposal, those of one day in the order in which they closed.
        deferred: Disallowed losses that units still open carry, ≥ 0: they count when those are closed.
    """

    disposals: tuple[Disposal, ...]
    deferred: Decimal

    def in_year(self, year: int) -> tuple[Disposal, ...]:
        """Those of one calendar year of the account's time zone."""
        return tuple(one for one in self.disposals if one.disposed_on.year == year)


def totals(disposals: Iterable[Disposal], term: Term) -> Totals:
    """The sums over all disposals of one term."""
    found = [one for one in disposals if one.term is term]
    return Totals(
        proceeds=sum((one.proceeds for one in found), ZERO),
        cost=sum((one.cost for one in found), ZERO),
        disallowed=sum((one.disallowed for one in found), ZERO),
        tax_gain=sum((one.tax_gain for one in found), ZERO),
    )
