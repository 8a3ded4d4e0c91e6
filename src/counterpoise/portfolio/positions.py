"""What does an execution, an adopted position or a price change in the book?

Each function validates first and only then moves anything, so a refused fact leaves the state as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from counterpoise.domain.accounts import AccountKind, StrategyName, StrategyShare
from counterpoise.domain.errors import InvalidFact
from counterpoise.domain.facts import Fact, Fill, OpeningPosition
from counterpoise.domain.instruments import Instrument, InstrumentId
from counterpoise.domain.marks import Mark
from counterpoise.domain.numbers import ZERO, divide_half_even_18
from counterpoise.domain.time import trading_day
from counterpoise.ledger import booking, unit_fees
from counterpoise.ledger.lots import Lot, Traded, trade
from counterpoise.portfolio import drawdown, pnl, today
from counterpoise.portfolio.proof import Cause, add, book_of, price_of, rate_of
from counterpoise.portfolio.state import AccountState, Holding
from counterpoise.portfolio.valuation import Valuation

Valuations = list[Valuation]


def instrument_of(state: AccountState, identity: InstrumentId | None) -> Instrument:
    """The defined instrument.

    Raises:
        InvalidFact: it was never defined for the account.
    """
    known = state.instruments.get(identity) if identity is not None else None
    if known is None:
        raise InvalidFact("instrument", str(identity), "an instrument that was defined before")
    return known


def check_price(instrument: Instrument, price: Decimal) -> None:
    """Refuse a negative price where the instrument has none.

    Raises:
        InvalidFact: it is negative and the instrument does not allow that.
    """
    if price < ZERO and not instrument.negative_price_allowed:
        raise InvalidFact("price", str(price), f"a price above zero for {instrument.symbol}")


def book_fill(state: AccountState, valuations: Valuations, fact: Fact) -> None:
    """Book an execution as the venue reported it, also one that sells more than is held.

    Raises:
        InvalidFact: its instrument is unknown, or its shares do not fit it.
    """
    fill: Fill = fact.body
    instrument = instrument_of(state, fact.instrument)
    check_price(instrument, fill.price)
    terms = state.terms_at(fact.occurred_at)
    reported = fact
    if unit_fees.takes_units(fill, instrument, terms.kind):
        fact = unit_fees.after_fee(fact, instrument)
        fill = fact.body
    shares = booking.shares_of(fact, fill.quantity)
    rate = rate_of(state, instrument.quote)
    fee_rate = rate if fill.fee_asset == instrument.quote else rate_of(state, fill.fee_asset)
    fee = fill.fee * fee_rate
    worth = fill.price * instrument.multiplier
    entry = _entry(fact, worth, fee)
    holding = state.holdings.get(instrument.instrument_id) or Holding(instrument=instrument.instrument_id)
    amendment = state.amendments.get(fill.fill_id)
    chosen = amendment.choice.lots if amendment is not None and amendment.choice is not None else ()
    traded = trade(
        entry, worth, holding.lots, terms.lot_method, shorts=terms.kind is not AccountKind.CASH, chosen=chosen
    )
    post(state, booking.fill_postings(fill, instrument, shares, terms.kind, traded.realised))
    if instrument.instrument_id in state.stated:  # its first mark is a flow, and a flow may begin the day
        today.begin(state, valuations[0], fact.occurred_at)
    today.put_in(state, instrument.instrument_id, entry.cost * rate)
    if instrument.instrument_id not in state.marks:
        seen = Mark(instrument=instrument.instrument_id, price=fill.price, at=fact.occurred_at)
        first_mark(state, valuations, seen)
    _pay(state, fill, instrument, shares, rate, fee_rate)
    cash = traded.realised if terms.kind is AccountKind.FUTURES else -entry.cost
    move_cash(state, valuations, instrument.quote, cash)
    move_cash(state, valuations, fill.fee_asset, -fill.fee)
    funding = move_units(state, valuations, holding, entry, traded)
    _risk(state, holding, fill, traded)
    give(state, holding, {share.strategy: fill.side.sign * share.amount for share in shares})
    day, realised = trading_day(fact.occurred_at, terms.time_zone), traded.realised * rate
    pnl.book_fill(state.results, realised, fee, day)
    pnl.fill_trade(state, reported, traded.closed, realised + funding - traded.closed_fees)


def adopt(state: AccountState, valuations: Valuations, fact: Fact) -> None:
    """Book a position that was there before the ledger: an external flow at its mark.

    Without a mark it comes in at its stated entry price, and the first mark then adds the rest of the flow.

    Raises:
        InvalidFact: the instrument is unknown, the shares do not fit, or the position is on the other side.
    """
    body: OpeningPosition = fact.body
    instrument = instrument_of(state, fact.instrument)
    identity, kind = instrument.instrument_id, state.opened.kind
    check_price(instrument, body.unit_price)
    holding = state.holdings.get(identity) or Holding(instrument=identity)
    if holding.quantity * body.quantity < ZERO:
        raise InvalidFact("quantity", str(body.quantity), "units on the side of the position that is held")
    shares = booking.shares_of(fact, body.quantity)
    post(state, booking.postings(fact, kind, instrument))
    worth = body.unit_price * instrument.multiplier
    lot = Lot(fill_id=fact.fact_id, opened_at=fact.occurred_at, quantity=body.quantity, cost=body.quantity * worth)
    traded = trade(lot, worth, holding.lots, state.opened.lot_method, shorts=True)
    today.begin(state, valuations[0], fact.occurred_at)
    if identity not in state.marks:
        _state_price(state, valuations, fact, body.unit_price)
    per_unit = price_of(state, identity) * instrument.multiplier
    flow = ZERO
    for share in shares:
        book = book_of(state, share.strategy)
        if kind is AccountKind.FUTURES:
            book.cash[instrument.quote] = book.cash.get(instrument.quote, ZERO) - share.amount * worth
        gained = share.amount * (per_unit - worth if kind is AccountKind.FUTURES else per_unit)
        gained *= rate_of(state, instrument.quote)
        add(state, share.strategy, Cause.TRANSFER, gained)
        flow += gained
    today.put_in(state, identity, body.quantity * per_unit * rate_of(state, instrument.quote))
    _flow(state, valuations, fact, flow)
    move_units(state, valuations, holding, lot, traded)
    give(state, holding, {share.strategy: share.amount for share in shares})


def mark(state: AccountState, valuations: Valuations, new: Mark) -> None:
    """Take a recorded mark; the newest stands, whatever order they arrive in."""
    known = state.marks.get(new.instrument)
    if known is None:
        first_mark(state, valuations, new)
        return
    if new.at < known.at:
        return
    state.marks[new.instrument] = new
    for valuation in valuations:
        valuation.set_mark(new)
    holding = state.holdings.get(new.instrument)
    if holding is not None and new.price != known.price:
        revalue(state, holding, new.price - known.price, Cause.PRICE)


def first_mark(state: AccountState, valuations: Valuations, new: Mark) -> None:
    """Take the first mark of an instrument: what was adopted before it is a flow at this mark.

    Units of a spin-off are no flow: what they are worth is what the parent's price lost.
    """
    stated = state.stated.pop(new.instrument, None)
    came_by_spin_off = new.instrument in state.spun_off
    state.spun_off.pop(new.instrument, None)
    state.marks[new.instrument] = new
    holding = state.holdings.get(new.instrument)
    if stated is not None and holding is not None:
        cause = Cause.PRICE if came_by_spin_off else Cause.TRANSFER
        gained = revalue(state, holding, new.price - stated, cause)
        if cause is Cause.TRANSFER:
            today.put_in(state, new.instrument, gained)
            zone = state.opened.time_zone
            drawdown.on_flow(state.drawdown, valuations[0].equity, gained, new.at, zone)
    for valuation in valuations:
        valuation.set_mark(new)


def post(state: AccountState, entries: tuple[booking.Posting, ...]) -> None:
    """Add postings to the ledger accounts.

    Raises:
        InvalidFact: they do not sum to zero per asset.
    """
    wrong = booking.unbalanced(entries)
    if wrong:
        raise InvalidFact("postings", str(wrong), "postings that sum to zero per asset")
    for name, asset, amount, _ in entries:
        account = state.postings.get(name)
        if account is None:
            account = state.postings[name] = {}
        account[asset] = account.get(asset, ZERO) + amount


def _entry(fact: Fact, worth: Decimal, fee: Decimal) -> Lot:
    """The whole fill as one lot, as if all of it opened; `worth` = price × multiplier, `fee` in account currency."""
    fill: Fill = fact.body
    units = fill.side.sign * fill.quantity
    return Lot(fill_id=fill.fill_id, opened_at=fact.occurred_at, quantity=units, cost=units * worth, fees=fee)


def _pay(
    state: AccountState,
    fill: Fill,
    instrument: Instrument,
    shares: tuple[StrategyShare, ...],
    rate: Decimal,
    fee_rate: Decimal,
) -> None:
    """Each strategy pays for its units and its part of the fee, and gains mark − price on them."""
    quote, sign, worth = instrument.quote, fill.side.sign, fill.price * instrument.multiplier
    edge = price_of(state, instrument.instrument_id) - fill.price
    gain = edge * instrument.multiplier * rate if edge else ZERO
    for share in shares:
        units = sign * share.amount
        own = book_of(state, share.strategy).cash
        own[quote] = own.get(quote, ZERO) - units * worth
        if gain:
            add(state, share.strategy, Cause.PRICE, units * gain)
    for part in booking.pro_rata(fill.fee, shares) if fill.fee else ():
        own = state.strategies[part.strategy].cash
        own[fill.fee_asset] = own.get(fill.fee_asset, ZERO) - part.amount
        add(state, part.strategy, Cause.FEE, -part.amount * fee_rate)


def move_cash(state: AccountState, valuations: Valuations, asset: str, amount: Decimal) -> None:
    """Cash of the account, by `amount` units of `asset`."""
    if amount:
        state.cash[asset] = state.cash.get(asset, ZERO) + amount
        for valuation in valuations:
            valuation.on_cash(asset, amount)


def move_units(state: AccountState, valuations: Valuations, holding: Holding, entry: Lot, traded: Traded) -> Decimal:
    """Put the traded lots into the holding; returns the funding that belonged to the closed units."""
    before, funding = abs(holding.quantity), ZERO
    if traded.closed and holding.funding:
        funding = divide_half_even_18(holding.funding * traded.closed, before)
        holding.funding -= funding
    if traded.opened and traded.closed == before:  # opened from flat, or flipped
        holding.opened_at, holding.opened_by = entry.opened_at, entry.fill_id
    holding.lots = traded.lots
    holding.quantity += entry.quantity
    holding.cost += traded.cost_change
    state.holdings[holding.instrument] = holding
    for valuation in valuations:
        valuation.on_position(holding.instrument, entry.quantity, traded.cost_change)
    return funding


def _risk(state: AccountState, holding: Holding, fill: Fill, traded: Traded) -> None:
    """Closed units take their share of the stated risk along; opened ones bring that of their order, pro rata."""
    if traded.closed and holding.risk_amount:
        before = abs(holding.quantity - fill.side.sign * fill.quantity)
        holding.risk_amount -= divide_half_even_18(holding.risk_amount * traded.closed, before)
    order = state.trades.get(fill.client_order_id) if traded.opened and fill.client_order_id else None
    if order is not None and order.risk_amount:
        holding.risk_amount += divide_half_even_18(order.risk_amount * traded.opened, order.quantity)


def give(state: AccountState, holding: Holding, units: Mapping[StrategyName, Decimal]) -> None:
    """Give each strategy its signed units; a holding that nobody has any of leaves the state."""
    for strategy, given in units.items():
        owned = holding.owners.get(strategy, ZERO) + given
        if owned:
            holding.owners[strategy] = owned
        else:
            holding.owners.pop(strategy, None)
    if not holding.quantity:
        holding.opened_at, holding.opened_by = None, ""
        if not holding.owners:
            del state.holdings[holding.instrument]


def revalue(state: AccountState, holding: Holding, change: Decimal, cause: Cause) -> Decimal:
    """units × Δprice × multiplier × rate to each owner's cause; returns the sum, account currency."""
    terms = state.instruments[holding.instrument]
    per_unit = change * terms.multiplier * rate_of(state, terms.quote)
    total = ZERO
    for strategy, units in holding.owners.items():
        gained = units * per_unit
        add(state, strategy, cause, gained)
        total += gained
    return total


def _state_price(state: AccountState, valuations: Valuations, fact: Fact, price: Decimal) -> None:
    """The entry price of the latest adoption stands for all adopted units that were never marked."""
    identity = str(fact.instrument)
    holding = state.holdings.get(identity)
    if holding is not None:
        flow = revalue(state, holding, price - state.stated.get(identity, ZERO), Cause.TRANSFER)
        today.put_in(state, identity, flow)
        _flow(state, valuations, fact, flow)
    state.stated[identity] = price
    for valuation in valuations:
        valuation.set_stated(identity, price)


def _flow(state: AccountState, valuations: Valuations, fact: Fact, flow: Decimal) -> None:
    """Tell the drawdown of an external flow; equity is still the one before it."""
    zone = state.opened.time_zone
    drawdown.on_flow(state.drawdown, valuations[0].equity, flow, fact.occurred_at, zone)
