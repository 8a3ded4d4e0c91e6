"""What does a fill move when its fee is taken in the very units that it trades?

A venue of coins takes the fee of a purchase out of the coins: 1 BTC bought at a fee of 0.001 BTC leaves 0.999. That
is the same as a purchase of 0.999 whose fee was paid at the fill's price, to the last digit of cash and of units, so
it is booked as one. Counted as units that are there, such a fee makes every later sale one of too much (incident I-13).
"""

from __future__ import annotations

from dataclasses import replace

from counterpoise.domain.accounts import AccountKind, StrategyShare
from counterpoise.domain.facts import Fact, Fill
from counterpoise.domain.instruments import Instrument
from counterpoise.domain.numbers import CASH_STEP, ONE, ZERO, split_exactly


def takes_units(fill: Fill, instrument: Instrument, kind: AccountKind) -> bool:
    """Whether the fee comes out of the units: not in the quote, not of a contract, and not more than there are."""
    return (
        fill.fee_asset != instrument.quote
        and bool(fill.fee)
        and fill.fee_asset == instrument.base
        and instrument.multiplier == ONE
        and kind is not AccountKind.FUTURES
        and fill.quantity - fill.side.sign * fill.fee > ZERO
    )


def after_fee(fact: Fact, instrument: Instrument) -> Fact:
    """The fill as what it moved: its units after the fee, and the fee at its own price in the quote currency."""
    fill: Fill = fact.body
    moved = fill.quantity - fill.side.sign * fill.fee
    shares = fact.strategy_shares
    if shares:
        parts = split_exactly(moved, {share.strategy: share.amount for share in shares}, CASH_STEP)
        shares = tuple(StrategyShare(strategy=name, amount=part) for name, part in parts.items() if part)
    body = replace(fill, quantity=moved, fee=fill.fee * fill.price, fee_asset=instrument.quote)
    return replace(fact, body=body, strategy_shares=shares)
