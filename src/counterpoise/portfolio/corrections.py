"""What does a correction of units change in the book, and what does taking one back?

A correction is no trade: it realises nothing and is no external flow. What it changes in equity is a cause of its own.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from counterpoise.domain.accounts import AccountKind, LotMethod, StrategyShare
from counterpoise.domain.facts import AdjustmentReversed, Fact, PositionAdjusted
from counterpoise.domain.facts.amendments import LotChoice
from counterpoise.domain.instruments import Instrument
from counterpoise.domain.marks import Mark
from counterpoise.domain.numbers import ZERO, divide_half_even_18
from counterpoise.ledger import booking
from counterpoise.ledger.lots import Lot, Traded, trade
from counterpoise.portfolio import flows, positions, today
from counterpoise.portfolio.proof import Cause, add, book_of, price_of, rate_of
from counterpoise.portfolio.state import AccountState, Holding
from counterpoise.portfolio.valuation import Valuation

Valuations = list[Valuation]


def adjust_units(state: AccountState, valuations: Valuations, fact: Fact) -> None:
    """Units come at their stated cost, or go with the cost of the lots that the account's method closes.

    Raises:
        InvalidFact: the instrument is unknown, or the shares do not fit.
    """
    _move(state, valuations, fact, state.opened.lot_method, ())


def take_back(state: AccountState, valuations: Valuations, fact: Fact) -> None:
    """The opposite of a correction: cash as it was, or units; those that had come go first, if they are still there."""
    body: AdjustmentReversed = fact.body
    if body.amount:
        flows.move_cash(state, valuations, fact)
        return
    method = state.opened.lot_method
    own = (LotChoice(lot=body.adjustment, quantity=abs(body.quantity)),)
    _move(state, valuations, fact, method if method is LotMethod.AVERAGE else LotMethod.SPECIFIC, own)


def _move(
    state: AccountState, valuations: Valuations, fact: Fact, method: LotMethod, chosen: tuple[LotChoice, ...]
) -> None:
    body: PositionAdjusted | AdjustmentReversed = fact.body
    instrument = positions.instrument_of(state, fact.instrument)
    identity, kind = instrument.instrument_id, state.opened.kind
    positions.check_price(instrument, body.unit_price)
    shares = booking.shares_of(fact, body.quantity)
    worth = body.unit_price * instrument.multiplier
    lot = Lot(fill_id=fact.fact_id, opened_at=fact.occurred_at, quantity=body.quantity, cost=body.quantity * worth)
    holding = state.holdings.get(identity) or Holding(instrument=identity)
    traded = _out_of_pool(lot, holding.lots) if chosen and method is LotMethod.AVERAGE else None
    traded = traded or trade(lot, worth, holding.lots, method, shorts=True, chosen=chosen)
    positions.post(state, booking.postings(fact, kind, instrument))
    today.begin(state, valuations[0], fact.occurred_at)
    if identity not in state.marks:
        seen = Mark(instrument=identity, price=body.unit_price, at=fact.occurred_at)
        positions.first_mark(state, valuations, seen)
    _cause(state, instrument, shares, traded, kind)
    per_unit = price_of(state, identity) * instrument.multiplier * rate_of(state, instrument.quote)
    today.put_in(state, identity, body.quantity * per_unit)
    if traded.closed and holding.risk_amount:
        holding.risk_amount -= divide_half_even_18(holding.risk_amount * traded.closed, abs(holding.quantity))
    positions.move_units(state, valuations, holding, lot, traded)
    positions.give(state, holding, {share.strategy: share.amount for share in shares})


def _out_of_pool(gone: Lot, lots: list[Lot]) -> Traded | None:
    """Take units out of an average at the cost at which they had come in; None where that leaves no sound average."""
    if len(lots) != 1:
        return None
    pool = lots[0]
    quantity, cost = pool.quantity + gone.quantity, pool.cost + gone.cost
    if pool.quantity * gone.quantity >= ZERO or quantity * pool.quantity <= ZERO or cost * pool.cost <= ZERO:
        return None
    return Traded(
        lots=[replace(pool, quantity=quantity, cost=cost)],
        closed=abs(gone.quantity),
        opened=ZERO,
        cost_change=gone.cost,
        realised=ZERO,
        closed_fees=ZERO,
        pieces=[],
    )


def _cause(
    state: AccountState, instrument: Instrument, shares: tuple[StrategyShare, ...], traded: Traded, kind: AccountKind
) -> None:
    """Each owner's units at the mark; in a FUTURES account less their cost, which its own cash had counted as spent."""
    rate = rate_of(state, instrument.quote)
    per_unit = price_of(state, instrument.instrument_id) * instrument.multiplier
    for share in shares:
        add(state, share.strategy, Cause.CORRECTION, share.amount * per_unit * rate)
    spent: Decimal = traded.cost_change if kind is AccountKind.FUTURES else ZERO
    for part in booking.pro_rata(spent, shares) if spent else ():
        own = book_of(state, part.strategy).cash
        own[instrument.quote] = own.get(instrument.quote, ZERO) - part.amount
        add(state, part.strategy, Cause.CORRECTION, -part.amount * rate)
