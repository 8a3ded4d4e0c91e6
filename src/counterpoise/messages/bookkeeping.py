"""What do facts that move cash, amend fills or change holdings without a trade say to a person?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from counterpoise.domain.facts import (
    CashInLieu,
    Dividend,
    Fact,
    Fee,
    FillBusted,
    FillCorrected,
    Funding,
    FxRate,
    Interest,
    LotsChosen,
    OpeningPosition,
    SpinOff,
    Split,
    StrategyAllotted,
    SymbolChange,
    TransferReceived,
    TransferSent,
)
from counterpoise.domain.numbers import ONE, ZERO, canonical, divide_half_even
from counterpoise.messages.events import EventKind
from counterpoise.messages.sentence import MINUS, Before, Sentence, listed, shown, units

RATE_PLACES = 8
"""Places of a rate or ratio that a person is shown."""


def _fee(_fact: Fact, body: Fee, _before: Before) -> Iterator[Sentence]:
    name = "Fee" if body.amount > ZERO else "Rebate"
    title = f"{name} {_money(abs(body.amount))} {body.asset}"
    yield Sentence(kind=EventKind.CASH, title=title, detail=body.reference)


def _carry(fact: Fact, body: Funding | Interest | Dividend, before: Before) -> Iterator[Sentence]:
    of = f" of {_symbol(fact, before)}" if fact.instrument else ""
    done = "received" if body.amount > ZERO else "paid"
    yield Sentence(
        kind=EventKind.CASH, title=f"{fact.kind}{of}: {_money(abs(body.amount))} {body.asset} {done}", detail=""
    )


def _sent(_fact: Fact, body: TransferSent, _before: Before) -> Iterator[Sentence]:
    title = f"Sent {shown(body.amount)} {body.asset} to {body.other_account}"
    detail = f"In transit until {body.other_account} has received it; transfer {body.transfer_id}"
    yield Sentence(kind=EventKind.TRANSFER, title=title, detail=detail)


def _received(_fact: Fact, body: TransferReceived, _before: Before) -> Iterator[Sentence]:
    title = f"Received {shown(body.amount)} {body.asset} from {body.other_account}"
    yield Sentence(kind=EventKind.TRANSFER, title=title, detail=f"Transfer {body.transfer_id}")


def _allotted(fact: Fact, body: StrategyAllotted, before: Before) -> Iterator[Sentence]:
    detail = "The account itself does not change"
    if not body.quantity:
        title = f"{shown(body.amount)} {body.asset} from {body.giver} to {body.taker}"
    else:
        what = f"{units(body.quantity)} {_symbol(fact, before)}"
        title = f"{what} from {body.giver} to {body.taker} for {shown(body.amount)} {body.asset}"
    yield Sentence(kind=EventKind.CASH, title=title, detail=detail)


def _rate(_fact: Fact, body: FxRate, _before: Before) -> Iterator[Sentence]:
    yield Sentence(kind=EventKind.CASH, title=f"1 {body.asset} is worth {_ratio(body.rate)} from now on")


def _adopted(fact: Fact, body: OpeningPosition, before: Before) -> Iterator[Sentence]:
    title = f"Took over {units(body.quantity)} {_symbol(fact, before)} at {shown(body.unit_price)}"
    yield Sentence(kind=EventKind.TRANSFER, title=title, detail="Held before the ledger began")


def _busted(_fact: Fact, body: FillBusted, _before: Before) -> Iterator[Sentence]:
    yield Sentence(
        kind=EventKind.AMENDED, title=f"Fill {body.fill_id} busted: as if it had never been", detail=body.reason
    )


def _corrected(_fact: Fact, body: FillCorrected, _before: Before) -> Iterator[Sentence]:
    title = f"Fill {body.fill_id} corrected to {body.side} {units(body.quantity)} at {shown(body.price)}"
    detail = f"Fee {_money(body.fee)} {body.fee_asset}: {body.reason}"
    yield Sentence(kind=EventKind.AMENDED, title=title, detail=detail)


def _chosen(_fact: Fact, body: LotsChosen, _before: Before) -> Iterator[Sentence]:
    lots = [f"{units(choice.quantity)} of {choice.lot}" for choice in body.lots]
    title = f"Fill {body.fill_id} closes {listed(lots)}"
    yield Sentence(kind=EventKind.AMENDED, title=title, detail="Lots chosen by name; the rest closes the oldest")


def _split(fact: Fact, body: Split, before: Before) -> Iterator[Sentence]:
    title = f"{_symbol(fact, before)} split {_ratio(body.numerator)} for {_ratio(body.denominator)}"
    yield Sentence(kind=EventKind.CORPORATE, title=title, detail="Units and price change; value and cost stay")


def _renamed(fact: Fact, body: SymbolChange, before: Before) -> Iterator[Sentence]:
    yield Sentence(kind=EventKind.CORPORATE, title=f"{_symbol(fact, before)} trades as {body.symbol} from now on")


def _spun_off(fact: Fact, body: SpinOff, before: Before) -> Iterator[Sentence]:
    child = before.symbols.get(body.child, body.child)
    title = f"{units(body.quantity)} {child} came from {_symbol(fact, before)}"
    percent = _ratio(body.cost_fraction.scaleb(2))
    yield Sentence(kind=EventKind.CORPORATE, title=title, detail=f"{percent} % of its cost goes along")


def _in_lieu(fact: Fact, body: CashInLieu, before: Before) -> Iterator[Sentence]:
    title = f"{shown(body.amount)} {body.asset} in cash for {_small(body.quantity)} {_symbol(fact, before)}"
    yield Sentence(kind=EventKind.CORPORATE, title=title, detail="A fraction that was not delivered")


def _symbol(fact: Fact, before: Before) -> str:
    return before.symbols.get(str(fact.instrument), str(fact.instrument))


def _money(value: Decimal) -> str:
    """An amount that may be a fraction of a cent: never shown as nothing."""
    cut = shown(value)
    return cut if divide_half_even(value, ONE, 2) else _ratio(value)


def _small(value: Decimal) -> str:
    return units(value) if divide_half_even(value, ONE, 4) else _ratio(value)


def _ratio(value: Decimal) -> str:
    cut = canonical(divide_half_even(value, ONE, RATE_PLACES))
    return f"{cut or value:,f}".replace("-", MINUS)


BOOKKEEPING: Mapping[str, Callable[[Fact, Any, Before], Iterator[Sentence]]] = MappingProxyType(
    {
        Fee.__name__: _fee,
        Funding.__name__: _carry,
        Interest.__name__: _carry,
        Dividend.__name__: _carry,
        TransferSent.__name__: _sent,
        TransferReceived.__name__: _received,
        StrategyAllotted.__name__: _allotted,
        FxRate.__name__: _rate,
        OpeningPosition.__name__: _adopted,
        FillBusted.__name__: _busted,
        FillCorrected.__name__: _corrected,
        LotsChosen.__name__: _chosen,
        Split.__name__: _split,
        SymbolChange.__name__: _renamed,
        SpinOff.__name__: _spun_off,
        CashInLieu.__name__: _in_lieu,
    }
)
"""Kind of a fact → what it says."""
