"""Which postings is a fact? Double entry: per fact and asset they sum to zero, exactly.

The ledger accounts: `cash`; `position:<instrument>` in units of the instrument; `exchange:<instrument>`, the
other side of a trade; `external`, the world that deposits come from; `in_transit`, cash between two accounts of
ours (over all accounts it sums to what has left and not arrived); `corporate`, the other side of splits and
spin-offs; `fees`, `funding`, `dividends`, `interest`, `correction`; and in a FUTURES account `realised`, since a fill
there moves no cash but its profit and its fee.
An amount is signed from the account's point of view: + cash is more cash, + fees is more fees paid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from counterpoise.domain.accounts import UNASSIGNED, AccountKind, StrategyName, StrategyShare, shares_or_unassigned
from counterpoise.domain.errors import InvalidFact
from counterpoise.domain.facts import (
    Adjustment,
    AdjustmentReversed,
    CashInLieu,
    Deposit,
    Dividend,
    Fact,
    Fee,
    Fill,
    Funding,
    Interest,
    OpeningBalance,
    OpeningPosition,
    PositionAdjusted,
    SpinOff,
    StrategyAllotted,
    TransferReceived,
    TransferSent,
    Withdrawal,
)
from counterpoise.domain.instruments import Instrument, InstrumentId
from counterpoise.domain.numbers import CASH_STEP, ZERO, split_exactly

CASH = "cash"
EXTERNAL = "external"
FEES = "fees"
FUNDING = "funding"
DIVIDENDS = "dividends"
INTEREST = "interest"
CORRECTION = "correction"
IN_TRANSIT = "in_transit"
CORPORATE = "corporate"
REALISED = "realised"


class Posting(NamedTuple):
    """One amount on one ledger account.

    Attributes:
        asset: A currency, or the instrument whose units `amount` counts.
        amount: Signed.
    """

    ledger_account: str
    asset: str
    amount: Decimal
    strategy: StrategyName


CashBody = (
    OpeningBalance
    | Deposit
    | Withdrawal
    | TransferSent
    | TransferReceived
    | Fee
    | Funding
    | Interest
    | Dividend
    | Adjustment
    | AdjustmentReversed
)

COUNTERS: Mapping[type[CashBody], tuple[str, int]] = MappingProxyType(
    {
        OpeningBalance: (EXTERNAL, 1),
        Deposit: (EXTERNAL, 1),
        Withdrawal: (EXTERNAL, -1),
        TransferSent: (IN_TRANSIT, -1),
        TransferReceived: (IN_TRANSIT, 1),
        Fee: (FEES, -1),
        Funding: (FUNDING, 1),
        Interest: (INTEREST, 1),
        Dividend: (DIVIDENDS, 1),
        Adjustment: (CORRECTION, 1),
        AdjustmentReversed: (CORRECTION, 1),
    }
)
"""Kind of a cash movement → the ledger account on its other side, and the sign of its amount in `cash`."""


def postings(
    fact: Fact, kind: AccountKind, instrument: Instrument | None = None, realised: Decimal = ZERO
) -> tuple[Posting, ...]:
    """The postings of `fact`, or none when it moves neither cash nor units.

    Args:
        fact: What is booked.
        kind: How the account makes up its equity.
        instrument: Of a Fill, OpeningPosition or correction of units: whose units move; of a SpinOff the child.
        realised: Of a Fill in a FUTURES account: its profit by the lots, quote currency.

    Raises:
        InvalidFact: the strategy shares do not sum to what moves, or the fact lacks its instrument.
    """
    body = fact.body
    if isinstance(body, Fill):
        if instrument is None:
            raise InvalidFact("instrument", str(fact.instrument), "the instrument that was traded")
        return fill_postings(body, instrument, shares_of(fact, body.quantity), kind, realised)
    if isinstance(body, OpeningPosition | PositionAdjusted) or (isinstance(body, AdjustmentReversed) and body.quantity):
        if instrument is None:
            raise InvalidFact("instrument", str(fact.instrument), "the instrument that is held")
        counter = EXTERNAL if isinstance(body, OpeningPosition) else CORRECTION
        return _adopted(instrument, shares_of(fact, body.quantity), counter)
    if isinstance(body, CashBody):
        return cash_postings(body, shares_of(fact, body.amount))
    return _of_the_account(body)


def fill_postings(
    fill: Fill, instrument: Instrument, shares: tuple[StrategyShare, ...], kind: AccountKind, realised: Decimal
) -> tuple[Posting, ...]:
    """As `postings`, of a fill whose shares are known already."""
    if kind is AccountKind.FUTURES:
        return _futures_fill(fill, instrument, shares, realised)
    return _fill(fill, instrument, shares)


def shares_of(fact: Fact, whole: Decimal) -> tuple[StrategyShare, ...]:
    """Whose parts of `whole` the fact moves; all `unassigned` when it does not say.

    Raises:
        InvalidFact: the parts do not sum to the whole, a strategy stands twice, or a part has the other sign.
    """
    shares = fact.strategy_shares
    if not shares:
        return (StrategyShare(strategy=UNASSIGNED, amount=whole),)
    if len(shares) == 1 and shares[0].amount == whole:
        return shares
    shares = shares_or_unassigned(fact.strategy_shares, whole)
    for share in shares:
        if share.amount * whole < ZERO:
            raise InvalidFact("strategy_shares", f"{share.strategy} {share.amount}", f"parts of {whole} with its sign")
    return shares


def pro_rata(amount: Decimal, shares: tuple[StrategyShare, ...]) -> tuple[StrategyShare, ...]:
    """`amount` by the shares of what moved, in steps of 1e-18, summing to it exactly (Hamilton's method)."""
    if len(shares) == 1:
        return shares if shares[0].amount == amount else (StrategyShare(strategy=shares[0].strategy, amount=amount),)
    weights = {share.strategy: abs(share.amount) for share in shares}
    parts = split_exactly(amount, weights, CASH_STEP)
    return tuple(StrategyShare(strategy=share.strategy, amount=parts[share.strategy]) for share in shares)


def cash_postings(body: CashBody, shares: tuple[StrategyShare, ...]) -> tuple[Posting, ...]:
    """Cash against the counter-account of the movement's kind."""
    counter, sign = COUNTERS[type(body)]
    found: list[Posting] = []
    for share in shares:
        found += _pair(CASH, counter, body.asset, sign * share.amount, share.strategy)
    return tuple(found)


def unbalanced(entries: Iterable[Posting]) -> dict[str, Decimal]:
    """Asset → what its postings do not sum to zero by; empty when they balance."""
    sums: dict[str, Decimal] = {}
    for _, asset, amount, _ in entries:
        sums[asset] = sums.get(asset, ZERO) + amount
    return {asset: amount for asset, amount in sums.items() if amount}


def _fill(fill: Fill, instrument: Instrument, shares: tuple[StrategyShare, ...]) -> tuple[Posting, ...]:
    """Units against cash through the exchange account, and the fee from cash."""
    found: list[Posting] = []
    unit, quote, worth = instrument.instrument_id, instrument.quote, fill.price * instrument.multiplier
    position, exchange, sign = f"position:{unit}", f"exchange:{unit}", fill.side.sign
    for share in shares:
        units = sign * share.amount
        found += _pair(position, exchange, unit, units, share.strategy)
        found += _pair(CASH, exchange, quote, -units * worth, share.strategy)
    return (*found, *_fee(fill, shares))


def _futures_fill(
    fill: Fill, instrument: Instrument, shares: tuple[StrategyShare, ...], realised: Decimal
) -> tuple[Posting, ...]:
    """Units, the realised profit into the wallet, and the fee from it."""
    found: list[Posting] = []
    exchange = f"exchange:{instrument.instrument_id}"
    for share in shares:
        found += _units(instrument, exchange, fill.side.sign * share.amount, share.strategy)
    for part in pro_rata(realised, shares) if realised else ():
        found += _pair(CASH, REALISED, instrument.quote, part.amount, part.strategy)
    return (*found, *_fee(fill, shares))


def _adopted(instrument: Instrument, shares: tuple[StrategyShare, ...], counter: str) -> tuple[Posting, ...]:
    """Units that came from outside, or by a correction."""
    found: list[Posting] = []
    for share in shares:
        found += _units(instrument, counter, share.amount, share.strategy)
    return tuple(found)


def _of_the_account(body: object) -> tuple[Posting, ...]:
    """What moves without a market: units of a spin-off, cash between strategies."""
    if isinstance(body, SpinOff):
        return _pair(f"position:{body.child}", CORPORATE, body.child, body.quantity, UNASSIGNED)
    return _allotted(body) if isinstance(body, StrategyAllotted) else ()


def split_postings(unit: InstrumentId, change: Decimal) -> tuple[Posting, ...]:
    """Units that a split made (or took); how many depends on what was held, so the book says it."""
    return _pair(f"position:{unit}", CORPORATE, unit, change, UNASSIGNED)


def in_lieu_postings(
    body: CashInLieu, kind: AccountKind, instrument: Instrument, sign: Decimal, realised: Decimal
) -> tuple[Posting, ...]:
    """Like a sale of the fraction (a cover where `sign` is −1, a short holding): its units against cash.

    In a FUTURES account its profit moves instead, quote currency.
    """
    exchange = f"exchange:{instrument.instrument_id}"
    units = _units(instrument, exchange, -sign * body.quantity, UNASSIGNED)
    if kind is AccountKind.FUTURES:
        return (*units, *_pair(CASH, REALISED, instrument.quote, realised, UNASSIGNED))
    return (*units, *_pair(CASH, exchange, body.asset, sign * body.amount, UNASSIGNED))


def _allotted(body: StrategyAllotted) -> tuple[Posting, ...]:
    """Cash from one strategy's book to another's: the account's own cash stays."""
    given = -body.amount if body.quantity else body.amount
    if not given:
        return ()
    return (
        Posting(ledger_account=CASH, asset=body.asset, amount=-given, strategy=body.giver),
        Posting(ledger_account=CASH, asset=body.asset, amount=given, strategy=body.taker),
    )


def _fee(fill: Fill, shares: tuple[StrategyShare, ...]) -> list[Posting]:
    found: list[Posting] = []
    for part in pro_rata(fill.fee, shares) if fill.fee else ():
        found += _pair(CASH, FEES, fill.fee_asset, -part.amount, part.strategy)
    return found


def _units(instrument: Instrument, counter: str, units: Decimal, strategy: StrategyName) -> tuple[Posting, ...]:
    unit = instrument.instrument_id
    return _pair(f"position:{unit}", counter, unit, units, strategy)


def _pair(account: str, counter: str, asset: str, amount: Decimal, strategy: StrategyName) -> tuple[Posting, ...]:
    """+ `amount` on one account and − on the other; nothing for zero."""
    if not amount:
        return ()
    return (
        Posting(account, asset, amount, strategy),
        Posting(counter, asset, -amount, strategy),
    )
