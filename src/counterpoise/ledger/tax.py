"""What did an account gain for tax? Its history told once more, with the days, fees and wash sales of every lot.

The queues are those of the book (`lots`, `corporate`): the same trades close the same units at the same cost, so that
the gains, with what wash sales put off, are the realised P&L less the fees of the closed units, exactly. What the book
does not ask for lies beside each lot (`acquisitions`): days, worth in the account's currency, carried losses.

The rules are those of the United States. An AVERAGE account counts its cost evenly and its days oldest first
(26 CFR 1.1012-1(e)(7)). The order of lots by HIFO is by cost without fees and carried losses, as in the book.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from counterpoise.domain.accounts import AccountKind, AccountTerms, LotMethod
from counterpoise.domain.errors import InvalidFact
from counterpoise.domain.facts import CashInLieu, Fact, Fill, FxRate, OpeningPosition, SpinOff, Split
from counterpoise.domain.facts.amendments import LotChoice
from counterpoise.domain.instruments import Instrument, InstrumentId
from counterpoise.domain.numbers import DIGITS_MAX, ONE, ZERO, divide_half_even
from counterpoise.domain.orders import PositionSide
from counterpoise.domain.time import trading_day
from counterpoise.ledger import acquisitions, corporate, wash_sales
from counterpoise.ledger.acquisitions import Acquired, shared
from counterpoise.ledger.disposals import Disposal, Gains
from counterpoise.ledger.lots import EXACT_PLACES, Lot, Traded, trade
from counterpoise.ledger.tax_lots import TaxLots, spread


class Event(NamedTuple):
    """One fact of the history, as it truly was.

    Attributes:
        fact: A Fill as corrected, a Split, SpinOff, CashInLieu, OpeningPosition or FxRate.
        terms: Those in force then.
        chosen: Of a Fill: the lots that were chosen for it.
    """

    fact: Fact
    terms: AccountTerms
    chosen: tuple[LotChoice, ...] = ()


class TaxBook:
    """The tax view of one account, told its events in the order in which they happened.

    Args:
        instruments: Every instrument of the account.
        base: The account's currency.
        method: Which lots close first, instead of what the account's terms say.
        washes: Whether wash sales are looked for: the rule is about stock and securities.
    """

    def __init__(
        self,
        instruments: Mapping[InstrumentId, Instrument],
        base: str,
        *,
        method: LotMethod | None = None,
        washes: bool = True,
    ) -> None:
        self._instruments = instruments
        self._method = method
        self._washes = washes
        self._rates = {base: ONE}
        self._base = base
        self._lines: dict[InstrumentId, TaxLots] = {}
        self._rows: list[Disposal] = []

    def tell(self, event: Event) -> None:
        """Take one event; those of other kinds change nothing here.

        Raises:
            InvalidFact: its instrument is unknown, or it is in a currency that nothing has stated a rate of.
        """
        body = event.fact.body
        if isinstance(body, FxRate):
            self._rates[body.asset] = body.rate
        elif isinstance(body, Fill):
            self._fill(event, body)
        elif isinstance(body, OpeningPosition):
            self._adopt(event, body)
        elif isinstance(body, Split):
            self._split(event, body)
        elif isinstance(body, SpinOff):
            self._spin_off(event, body)
        elif isinstance(body, CashInLieu):
            self._pay_in_lieu(event, body)

    def gains(self) -> Gains:
        """Everything that was closed so far; units sold and never seen being bought are told at no cost."""
        rows = [*self._rows, *(row for line in self._lines.values() for row in _never_bought(line))]
        carried = [part.carried for line in self._lines.values() for parts in line.parts.values() for part in parts]
        return Gains(disposals=tuple(sorted(rows, key=_disposed_on)), deferred=sum(carried, ZERO))

    def _fill(self, event: Event, fill: Fill) -> None:
        line = self._line(event.fact.instrument)
        fee = fill.fee * self._rate(fill.fee_asset, event) if fill.fee else ZERO
        worth = fill.price * line.instrument.multiplier
        entry = _entry(event, fill.fill_id, fill.side.sign * fill.quantity, worth, fee)
        self._trade(line, entry, worth, event, self._today(line, entry, event, bought=True), shorts=_shorts(event))

    def _adopt(self, event: Event, body: OpeningPosition) -> None:
        line = self._line(event.fact.instrument)
        worth = body.unit_price * line.instrument.multiplier
        entry = _entry(event, event.fact.fact_id, body.quantity, worth)
        self._trade(line, entry, worth, event, self._today(line, entry, event), shorts=True)

    def _pay_in_lieu(self, event: Event, body: CashInLieu) -> None:
        line = self._line(event.fact.instrument)
        sign = ONE if line.units < ZERO else -ONE
        entry = replace(_entry(event, event.fact.fact_id, sign * body.quantity, ZERO), cost=sign * body.amount)
        self._trade(line, entry, None, event, self._today(line, entry, event), shorts=_shorts(event))

    def _split(self, event: Event, body: Split) -> None:
        line = self._line(event.fact.instrument)
        after = corporate.split(line.lots, body.numerator, body.denominator)
        line.parts, line.lots = spread(line.lots, line.parts, after), after
        for losses in line.losses.values():
            wash_sales.split(losses, body.numerator, body.denominator)

    def _spin_off(self, event: Event, body: SpinOff) -> None:
        """The child takes over a part of each lot, with its days; without a parent it comes at no cost."""
        parent, child = self._line(event.fact.instrument), self._line(body.child)
        if parent.units * body.quantity <= ZERO:
            entry = _entry(event, event.fact.fact_id, body.quantity, ZERO)
            self._receive(child, entry, self._today(child, entry, event), event)
            return
        before, gone = parent.lots, dict[str, list[Acquired]]()
        parent.lots, arrived = corporate.spin_off(before, body.quantity, body.cost_fraction)
        for name, parts in list(parent.parts.items()):
            parent.parts[name], gone[name] = acquisitions.gone_over(parts, body.cost_fraction)
        came = spread(before, gone, arrived)
        for lot in arrived:
            self._receive(child, replace(lot, fill_id=parent.given[lot.fill_id]), came[lot.fill_id], event)

    def _receive(self, line: TaxLots, lot: Lot, parts: list[Acquired], event: Event) -> None:
        """Put a lot with days of its own among the others, or let it close what is on the other side."""
        if line.units * lot.quantity < ZERO:
            self._trade(line, lot, None, event, parts, shorts=_shorts(event))
            return
        line.receive(lot, parts, self._method_of(event))

    def _trade(
        self, line: TaxLots, entry: Lot, worth: Decimal | None, event: Event, parts: list[Acquired], *, shorts: bool
    ) -> None:
        """Close, then open, as the book does; `parts` are the acquisitions of the whole entry, as if all opened."""
        method = self._method_of(event)
        if method is LotMethod.AVERAGE:
            line.pool()
        entry = line.named(entry)
        done = trade(entry, worth, line.lots, method, shorts=shorts, chosen=line.choices(event.chosen))
        line.lots = done.lots
        closing, opening = acquisitions.take(parts, done.closed)
        flow = _paid_for_closed(entry, done, worth)
        if done.closed:
            self._close(line, entry, done, closing, event, flow)
        if done.opened:
            if entry.quantity < ZERO and not shorts:
                opening = self._never_seen_bought(line, opening, entry.cost - flow)
            self._open(line, opening)

    def _never_seen_bought(self, line: TaxLots, opening: list[Acquired], cost: Decimal) -> list[Acquired]:
        """What the book counts as all profit at once: it has proceeds, −`cost` (quote currency), and nothing else."""
        own = shared(cost, [part.units for part in opening])
        foreign = line.instrument.quote != self._base
        return [
            replace(part, missing=True, may_replace=False, worth=part.worth if foreign else worth)
            for part, worth in zip(opening, own, strict=True)
        ]

    def _open(self, line: TaxLots, opening: list[Acquired]) -> None:
        """New units; losses of the days before may find their replacement in them."""
        newest = line.lots[-1]
        if self._washes:
            losses = line.losses[_side(newest.quantity)]
            opening = [one for part in opening for one in wash_sales.look_forward(self._rows, losses, part)]
            if not line.free or line.free[-1] != newest.fill_id:
                line.free.append(newest.fill_id)
        line.parts.setdefault(newest.fill_id, []).extend(opening)

    def _close(
        self, line: TaxLots, entry: Lot, done: Traded, closing: list[Acquired], event: Event, flow: Decimal
    ) -> None:
        """One disposal for each acquisition that was closed; `flow` is what the trade paid for them, quote currency."""
        rate, foreign = self._rate(line.instrument.quote, event), line.instrument.quote != self._base
        ends = [end for piece in done.pieces for end in self._ends(line, piece, event)]
        units = [end.part.units for end in ends]
        fee = done.closed_fees - sum((piece.fees for piece in done.pieces), ZERO)
        flows, fees = shared(flow, units), shared(fee, units, DIGITS_MAX)
        paid = shared(sum((part.worth for part in closing), ZERO), units) if foreign else flows
        brought = shared(sum((part.carried for part in closing), ZERO), units, DIGITS_MAX)
        first = len(self._rows)
        for end, end_flow, end_paid, end_fee, more in zip(ends, flows, paid, fees, brought, strict=True):
            part, sells, carried = end.part, entry.quantity < ZERO, end.part.carried + more
            basis = part.worth if foreign else end.cost + part.worth if part.missing else end.cost
            rates = ZERO if part.missing or not foreign else (end.cost + end_flow) * rate - basis - end_paid
            self._rows.append(
                Disposal(
                    instrument=line.instrument.instrument_id,
                    quantity=part.units,
                    side=_side(-entry.quantity),
                    opened_on=part.on,
                    disposed_on=_day_of(event),
                    held_from=part.held_from,
                    proceeds=-(end_paid + end_fee) if sells else -(basis + end.fees),
                    cost=(basis + end.fees if sells else end_paid + end_fee) + carried,
                    carried=carried,
                    currency_gain=rates,
                    origin=part.origin,
                    closed_by=line.given[entry.fill_id],
                )
            )
        if self._washes:
            self._wash(line, first, [end.part.purchase for end in ends])

    def _ends(self, line: TaxLots, piece: Lot, event: Event) -> list[_End]:
        """The acquisitions of a closed piece, with their shares of its cost and fees."""
        taken = line.take(piece, self._method_of(event))
        units = [part.units for part in taken]
        costs, fees = shared(piece.cost, units), shared(piece.fees, units, DIGITS_MAX)
        return [_End(*end) for end in zip(taken, costs, fees, strict=True)]

    def _wash(self, line: TaxLots, first: int, purchases: list[str]) -> None:
        """Match the losses among the disposals from `first` on with what is open; the rest waits for purchases."""
        for row, purchase in enumerate(purchases, first):
            if self._rows[row].gain < ZERO:
                loss = wash_sales.look_back(self._rows, row, purchase, line.free, line.parts)
                if loss is not None:
                    line.losses[self._rows[row].side].append(loss)

    def _today(self, line: TaxLots, entry: Lot, event: Event, *, bought: bool = False) -> list[Acquired]:
        """The whole entry as one acquisition of the day."""
        day, rate = _day_of(event), self._rate(line.instrument.quote, event)
        return [
            Acquired(
                origin=entry.fill_id,
                purchase=(event.fact.body.client_order_id if bought else "") or entry.fill_id,
                units=abs(entry.quantity),
                on=day,
                held_from=day,
                worth=entry.cost * rate,
                may_replace=bought,
            )
        ]

    def _line(self, identity: InstrumentId | None) -> TaxLots:
        instrument = self._instruments.get(identity or "")
        if instrument is None:
            raise InvalidFact("instrument", str(identity), "an instrument that was defined")
        return self._lines.setdefault(instrument.instrument_id, TaxLots(instrument))

    def _rate(self, asset: str, event: Event) -> Decimal:
        """Account currency per unit of `asset`."""
        rate = self._rates.get(asset)
        if rate is None:
            rule = (
                f"a rate to {self._base} stated before the trade of {_day_of(event)}, since gains are in {self._base}"
            )
            raise InvalidFact("rate", asset, rule)
        return rate

    def _method_of(self, event: Event) -> LotMethod:
        return self._method or event.terms.lot_method


class _End(NamedTuple):
    """One acquisition that a trade closes, with its share of the lot's cost (quote currency) and opening fees."""

    part: Acquired
    cost: Decimal
    fees: Decimal


def _never_bought(line: TaxLots) -> Iterator[Disposal]:
    """Units that a CASH account sold and that nothing shows being bought: proceeds without a cost."""
    for lot in line.lots:
        parts = line.parts[lot.fill_id]
        fees = shared(lot.fees, [part.units for part in parts], DIGITS_MAX)
        for part, fee in zip(parts, fees, strict=True):
            if part.missing:
                yield Disposal(
                    instrument=line.instrument.instrument_id,
                    quantity=part.units,
                    side=PositionSide.LONG,
                    opened_on=None,
                    disposed_on=part.on,
                    held_from=part.on,
                    proceeds=-part.worth - fee,
                    cost=ZERO,
                    origin="",
                    closed_by=part.origin,
                )


def _entry(event: Event, name: str, units: Decimal, worth: Decimal, fees: Decimal = ZERO) -> Lot:
    """The whole event as one lot, as if all of it opened."""
    return Lot(fill_id=name, opened_at=event.fact.occurred_at, quantity=units, cost=units * worth, fees=fees)


def _paid_for_closed(entry: Lot, done: Traded, worth: Decimal | None) -> Decimal:
    """What of the entry's cost paid for the units that it closed, quote currency, signed; as `lots.trade` cuts it."""
    if not done.opened:
        return entry.cost
    if worth is not None:
        return done.closed.copy_sign(entry.quantity) * worth
    return divide_half_even(entry.cost * done.closed, abs(entry.quantity), EXACT_PLACES)


def _shorts(event: Event) -> bool:
    return event.terms.kind is not AccountKind.CASH


def _side(units: Decimal) -> PositionSide:
    return PositionSide.LONG if units > ZERO else PositionSide.SHORT


def _day_of(event: Event) -> date:
    return trading_day(event.fact.occurred_at, event.terms.time_zone)


def _disposed_on(row: Disposal) -> date:
    return row.disposed_on
