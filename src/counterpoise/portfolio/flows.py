"""What does cash without an order change: deposits, fees, funding, transfers, rates, and cash between strategies?"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from counterpoise.domain.errors import InvalidFact
from counterpoise.domain.facts import Fact
from counterpoise.domain.facts.money import StrategyAllotted
from counterpoise.domain.numbers import ONE, ZERO
from counterpoise.domain.time import trading_day
from counterpoise.ledger import booking
from counterpoise.portfolio import drawdown, pnl, positions, proof, today
from counterpoise.portfolio.proof import Cause
from counterpoise.portfolio.state import AccountState, Holding
from counterpoise.portfolio.valuation import Valuation

Valuations = list[Valuation]

CASH_CAUSES: Mapping[str, Cause] = MappingProxyType(
    {
        "OpeningBalance": Cause.TRANSFER,
        "Deposit": Cause.TRANSFER,
        "Withdrawal": Cause.TRANSFER,
        "TransferSent": Cause.TRANSFER,
        "TransferReceived": Cause.TRANSFER,
        "Fee": Cause.FEE,
        "Funding": Cause.FUNDING,
        "Interest": Cause.INTEREST,
        "Dividend": Cause.DIVIDEND,
        "Adjustment": Cause.CORRECTION,
        "AdjustmentReversed": Cause.CORRECTION,
    }
)
"""Kind of a cash movement → the cause that it is; transfers are external flows too."""


def move_cash(state: AccountState, valuations: Valuations, fact: Fact) -> None:
    """Cash without an order: its postings, each strategy's share, its cause, and what depends on the kind."""
    body, cause = fact.body, CASH_CAUSES[fact.kind]
    if fact.instrument is not None:
        positions.instrument_of(state, fact.instrument)
    entries = booking.postings(fact, state.opened.kind)
    positions.post(state, entries)
    if cause is Cause.TRANSFER:
        today.begin(state, valuations[0], fact.occurred_at)
    rate = proof.rate_of(state, body.asset)
    moved = ZERO
    for entry in entries:
        if entry.ledger_account == booking.CASH:
            own = proof.book_of(state, entry.strategy).cash
            own[body.asset] = own.get(body.asset, ZERO) + entry.amount
            proof.add(state, entry.strategy, cause, entry.amount * rate)
            moved += entry.amount
    worth = moved * rate
    if cause is Cause.TRANSFER:
        zone_name = state.opened.time_zone
        drawdown.on_flow(state.drawdown, valuations[0].equity, worth, fact.occurred_at, zone_name)
    state.cash[body.asset] = state.cash.get(body.asset, ZERO) + moved
    for valuation in valuations:
        valuation.on_cash(body.asset, moved)
    _count(state, fact, cause, worth)


def _count(state: AccountState, fact: Fact, cause: Cause, worth: Decimal) -> None:
    """Fees and funding into the day's results; what a position earned stays with it until it is closed."""
    day = trading_day(fact.occurred_at, state.opened.time_zone)
    if cause is Cause.FEE:
        pnl.book_fee(state.results, -worth, day)
    elif cause is Cause.FUNDING:
        pnl.book_funding(state.results, worth, day)
    if cause is Cause.FUNDING and fact.instrument is not None:
        holding = state.holdings.get(fact.instrument)
        if holding is not None and holding.quantity:
            holding.funding += worth


def set_rate(state: AccountState, valuations: Valuations, fact: Fact) -> None:
    """fx cause = what is priced in the asset × Δrate."""
    asset, rate = fact.body.asset, fact.body.rate
    if asset == state.opened.base_currency:
        if rate != ONE:
            raise InvalidFact("rate", str(rate), f"1: {asset} is the base currency")
        return
    change = rate - state.fx.get(asset, ZERO)
    for strategy in list(state.strategies):
        worth = proof.strategy_worth_in(state, strategy, asset)
        if worth:
            proof.add(state, strategy, Cause.FX, worth * change)
    state.fx[asset] = rate
    for valuation in valuations:
        valuation.set_rate(asset, rate)


def allot(state: AccountState, valuations: Valuations, fact: Fact) -> None:
    """Cash, or units at a price, from one strategy's book to another's; the account itself does not change.

    Raises:
        InvalidFact: units of an instrument that was not defined.
    """
    del valuations  # nothing of the account moves
    body: StrategyAllotted = fact.body
    per_unit = ZERO
    if body.quantity:
        instrument = positions.instrument_of(state, fact.instrument)
        per_unit = proof.price_of(state, instrument.instrument_id) * instrument.multiplier
        per_unit *= proof.rate_of(state, instrument.quote)
    positions.post(state, booking.postings(fact, state.opened.kind))
    # An allotment gives cash away; in a crossing the taker pays for the units.
    given = -body.amount if body.quantity else body.amount
    rate = proof.rate_of(state, body.asset)
    for strategy, cash, units in (
        (body.giver, -given, -body.quantity),
        (body.taker, given, body.quantity),
    ):
        own = proof.book_of(state, strategy).cash
        own[body.asset] = own.get(body.asset, ZERO) + cash
        cause = Cause.PRICE if body.quantity else Cause.TRANSFER
        proof.add(state, strategy, cause, cash * rate + units * per_unit)
    if body.quantity:
        key = str(fact.instrument)
        holding = state.holdings.get(key)
        if holding is None:
            holding = state.holdings[key] = Holding(instrument=key)
        positions.give(state, holding, {body.giver: -body.quantity, body.taker: body.quantity})
