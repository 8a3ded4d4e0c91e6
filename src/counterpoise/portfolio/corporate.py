"""What do splits, spin-offs and cash in lieu change in the book?

A split changes units and marks, never value: what rounding of the new price or of odd units leaves is a cause of its
own. Lots keep their cost and their dates; the arithmetic on lots is in `ledger.corporate`.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from counterpoise.domain.accounts import UNASSIGNED, AccountKind
from counterpoise.domain.errors import InvalidFact
from counterpoise.domain.facts import Fact
from counterpoise.domain.facts.corporate import CashInLieu, SpinOff, Split
from counterpoise.domain.instruments import Instrument
from counterpoise.domain.numbers import DIGITS_MAX, ONE, QUANTITY_PLACES, ZERO, divide_half_even_18, split_signed
from counterpoise.domain.time import trading_day
from counterpoise.ledger import booking
from counterpoise.ledger import corporate as lots_of
from counterpoise.ledger.lots import Lot
from counterpoise.portfolio import pnl, positions, today
from counterpoise.portfolio.positions import Valuations
from counterpoise.portfolio.proof import Cause, add, book_of, price_of, rate_of
from counterpoise.portfolio.state import AccountState, Holding


def split(state: AccountState, valuations: Valuations, fact: Fact) -> None:
    """Units × ratio, mark ÷ ratio; a holding of nothing only has its mark changed.

    Raises:
        InvalidFact: the instrument is unknown.
    """
    body: Split = fact.body
    instrument = positions.instrument_of(state, fact.instrument)
    key = instrument.instrument_id
    before = _worth(state, instrument)
    holding = state.holdings.get(key)
    if holding is not None:
        _change_units(state, valuations, holding, body)
    _reprice(state, valuations, fact)
    after = _worth(state, instrument)
    for strategy in sorted({**before, **after}):
        odd = after.get(strategy, ZERO) - before.get(strategy, ZERO)
        if odd:
            add(state, strategy, Cause.ROUNDING, odd)


def spin_off(state: AccountState, valuations: Valuations, fact: Fact) -> None:
    """Units of the child come for those of the parent; a part of each lot's cost goes with them.

    What comes without a holding of the parent comes at no cost: a purchase that is heard of later puts that right.

    Raises:
        InvalidFact: an instrument is unknown, or parent and child are not priced alike.
    """
    body: SpinOff = fact.body
    parent, child = positions.instrument_of(state, fact.instrument), positions.instrument_of(state, body.child)
    if (parent.quote, parent.multiplier) != (child.quote, child.multiplier):
        raise InvalidFact("child", body.child, f"an instrument in {parent.quote} with the parent's multiplier")
    terms = state.terms_at(fact.occurred_at)
    positions.post(state, booking.postings(fact, terms.kind, child))
    holding = state.holdings.get(parent.instrument_id)
    arrived = [Lot(fill_id=fact.fact_id, opened_at=fact.occurred_at, quantity=body.quantity, cost=ZERO)]
    owners = {UNASSIGNED: body.quantity}
    if holding is not None and holding.quantity * body.quantity > ZERO:
        kept, arrived = lots_of.spin_off(holding.lots, body.quantity, body.cost_fraction)
        owners = lots_of.scale_owners(holding.owners, holding.quantity, body.quantity)
        moved = sum((lot.cost for lot in arrived), ZERO)
        holding.lots, holding.cost = kept, holding.cost - moved
        for valuation in valuations:
            valuation.on_position(parent.instrument_id, ZERO, -moved)
    _state_price(state, valuations, child, arrived)
    _receive(state, valuations, fact, child, arrived)
    per_unit = price_of(state, child.instrument_id) * child.multiplier * rate_of(state, child.quote)
    for strategy, units in owners.items():
        add(state, strategy, Cause.PRICE, units * per_unit)
    positions.give(state, state.holdings[child.instrument_id], owners)


def pay_in_lieu(state: AccountState, valuations: Valuations, fact: Fact) -> None:
    """A fraction of the holding is gone and cash came for it: realised like a sale, but no trade of ours.

    Raises:
        InvalidFact: the instrument is unknown, or the cash is not in its quote asset.
    """
    body: CashInLieu = fact.body
    instrument = positions.instrument_of(state, fact.instrument)
    key = instrument.instrument_id
    if body.asset != instrument.quote:
        raise InvalidFact("asset", body.asset, f"{instrument.quote}, in which the instrument is priced")
    terms = state.terms_at(fact.occurred_at)
    holding = state.holdings.get(key) or Holding(instrument=key)
    sign = -ONE if holding.quantity < ZERO else ONE
    traded = lots_of.cash_in_lieu(
        holding.lots,
        body.quantity,
        body.amount,
        terms.lot_method,
        fill_id=fact.fact_id,
        at=fact.occurred_at,
        shorts=terms.kind is not AccountKind.CASH,
    )
    positions.post(state, booking.in_lieu_postings(body, terms.kind, instrument, sign, traded.realised))
    weights = holding.owners if holding.quantity else {UNASSIGNED: ONE}
    units = split_signed(-sign * body.quantity, weights, QUANTITY_PLACES)
    paid = split_signed(sign * body.amount, weights, DIGITS_MAX)
    rate = rate_of(state, instrument.quote)
    per_unit = price_of(state, key) * instrument.multiplier * rate
    for strategy, moved in units.items():
        own = book_of(state, strategy).cash
        own[instrument.quote] = own.get(instrument.quote, ZERO) + paid[strategy]
        add(state, strategy, Cause.PRICE, paid[strategy] * rate + moved * per_unit)
    cash = traded.realised if terms.kind is AccountKind.FUTURES else sign * body.amount
    positions.move_cash(state, valuations, instrument.quote, cash)
    today.put_in(state, key, -sign * body.amount * rate)
    entry = Lot(fill_id=fact.fact_id, opened_at=fact.occurred_at, quantity=-sign * body.quantity, cost=ZERO)
    positions.move_units(state, valuations, holding, entry, traded)
    positions.give(state, holding, units)
    pnl.book_realised(state.results, traded.realised * rate, trading_day(fact.occurred_at, terms.time_zone))


def _state_price(state: AccountState, valuations: Valuations, child: Instrument, arrived: list[Lot]) -> None:
    """A child that nothing has priced yet stands at what it cost until its first mark."""
    key = child.instrument_id
    if key in state.marks or key in state.stated:
        return
    units = sum((lot.quantity for lot in arrived), ZERO)
    cost = sum((lot.cost for lot in arrived), ZERO)
    state.stated[key] = divide_half_even_18(cost, units * child.multiplier)
    state.spun_off[key] = None
    for valuation in valuations:
        valuation.set_stated(key, state.stated[key])


def _receive(state: AccountState, valuations: Valuations, fact: Fact, child: Instrument, arrived: list[Lot]) -> None:
    """Put the child's lots into its holding; what they close there is realised at the cost that they bring."""
    terms, key = state.terms_at(fact.occurred_at), child.instrument_id
    holding = state.holdings.get(key) or Holding(instrument=key)
    units = sum((lot.quantity for lot in arrived), ZERO)
    lots, realised = lots_of.receive(holding.lots, arrived, terms.lot_method, shorts=terms.kind is not AccountKind.CASH)
    cost = sum((lot.cost for lot in lots), ZERO)
    before, change = holding.quantity, cost - holding.cost
    holding.lots, holding.cost, holding.quantity = lots, cost, before + units
    if before * holding.quantity <= ZERO:  # opened from flat, or turned
        holding.opened_at, holding.opened_by = fact.occurred_at, fact.fact_id
    state.holdings[key] = holding
    for valuation in valuations:
        valuation.on_position(key, units, change)
    if realised:
        rate = rate_of(state, child.quote)
        pnl.book_realised(state.results, realised * rate, trading_day(fact.occurred_at, terms.time_zone))


def _change_units(state: AccountState, valuations: Valuations, holding: Holding, body: Split) -> None:
    before = holding.quantity
    holding.lots = lots_of.split(holding.lots, body.numerator, body.denominator)
    holding.quantity = sum((lot.quantity for lot in holding.lots), ZERO)
    holding.owners = lots_of.scale_owners(holding.owners, body.denominator, body.numerator)
    change = holding.quantity - before
    positions.post(state, booking.split_postings(holding.instrument, change))
    for valuation in valuations:
        valuation.on_position(holding.instrument, change, ZERO)


def _reprice(state: AccountState, valuations: Valuations, fact: Fact) -> None:
    """The mark of before the split, in units of after it; a later mark is of after the split already."""
    body: Split = fact.body
    key = str(fact.instrument)
    mark = state.marks.get(key)
    if mark is not None and mark.at <= fact.occurred_at:
        price = divide_half_even_18(mark.price * body.denominator, body.numerator)
        state.marks[key] = new = replace(mark, price=price, at=fact.occurred_at)
        for valuation in valuations:
            line = valuation.line(key)
            if line is not None and (line.at is None or line.at <= fact.occurred_at):
                own = divide_half_even_18(line.price * body.denominator, body.numerator)
                valuation.set_mark(new if own == price else replace(new, price=own))
    if key in state.stated:
        state.stated[key] = divide_half_even_18(state.stated[key] * body.denominator, body.numerator)
        for valuation in valuations:
            valuation.set_stated(key, state.stated[key])


def _worth(state: AccountState, instrument: Instrument) -> dict[str, Decimal]:
    """What each strategy's units of the instrument are worth at the recorded mark, account currency."""
    holding = state.holdings.get(instrument.instrument_id)
    if holding is None:
        return {}
    per_unit = price_of(state, instrument.instrument_id) * instrument.multiplier * rate_of(state, instrument.quote)
    return {strategy: units * per_unit for strategy, units in holding.owners.items()}
