"""What of a live account is held against a venue's statement, and what is on its way between them?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from counterpoise.control.state import ControlState
from counterpoise.domain.facts import (
    Deposit,
    Dividend,
    Fact,
    Fee,
    Fill,
    Funding,
    Interest,
    OpeningBalance,
    Withdrawal,
)
from counterpoise.domain.instruments import Instrument
from counterpoise.domain.numbers import ZERO, divide_half_even_18
from counterpoise.domain.orders import OrderStatus
from counterpoise.domain.statements import CashEventKind, VenueAccount, VenueOrder, VenuePosition
from counterpoise.execution.reconciliation.sides import (
    BookedCash,
    BookedFill,
    Listed,
    OurBook,
    OurOrder,
    VenueStatement,
)
from counterpoise.execution.reconciliation.watchlist import CashInFlight, InFlight, OrderInFlight
from counterpoise.ledger.booking import IN_TRANSIT
from counterpoise.portfolio.economy import amended
from counterpoise.portfolio.state import OrderState

_WORKING = (OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED)


def our_book(state: ControlState, currency: str) -> OurBook:
    """The account's figures, of cash only what the venue states: `currency`."""
    account = state.state
    return OurBook(
        base=account.base,
        kind=account.opened.kind,
        cash={currency: account.cash.get(currency, ZERO)},
        positions={
            account.instruments[key].symbol: held.quantity
            for key, held in sorted(account.holdings.items())
            if held.quantity
        },
        orders={
            key: OurOrder(symbol=order.intent.symbol, side=order.intent.side, remaining=order.remaining)
            for key, order in sorted(account.orders.items())
            if order.status in _WORKING and order.remaining
        },
        listed={item.symbol: _listed(state, item) for _, item in sorted(account.instruments.items())},
        rates={asset: rate for asset, rate in sorted(account.fx.items()) if asset != account.base},
    )


def statement(
    state: ControlState, account: VenueAccount, positions: Iterable[VenuePosition], orders: Iterable[VenueOrder]
) -> VenueStatement:
    """The venue's figures; an order of ours whose fate is still looked up is compared by nobody."""
    doubted = {
        key for key, order in state.state.orders.items() if order.status.is_open and order.status not in _WORKING
    }
    return VenueStatement(
        as_of=account.as_of,
        cash={account.currency: account.cash},
        positions={item.symbol: item.quantity for item in positions},
        orders=tuple(order for order in orders if order.client_order_id not in doubted),
    )


def in_flight(state: ControlState) -> InFlight:
    """Orders that may have filled unheard of, and cash between two accounts of ours."""
    account = state.state
    orders = tuple(_order_in_flight(state, order) for _, order in sorted(account.orders.items()) if order.remaining)
    transit = account.postings.get(IN_TRANSIT, {})
    return (*orders, *(CashInFlight(asset=asset, amount=amount) for asset, amount in sorted(transit.items()) if amount))


def history(state: ControlState, facts: Iterable[Fact], venue: str) -> tuple[OurBook, datetime | None]:
    """What the journal has of executions and of cash without an order, as the fills were corrected; see `with_history`.

    Returns a book with nothing else in it, and when the account was opened.
    """
    fills, moves, opened = list[BookedFill](), list[BookedCash](), None
    for fact in facts:
        if fact.kind == "AccountOpened":
            opened = fact.occurred_at
        if fact.kind == "Fill":
            known = amended(state.state, fact)
            if known is not None:
                fills.append(_fill(state, known, venue))
        elif isinstance(fact.body, _CASH):
            moves.append(_cash(fact, venue))
    return OurBook(base=state.state.base, fills=tuple(fills), cash_events=tuple(moves)), opened


def with_history(ours: OurBook, past: OurBook, opened: datetime | None) -> OurBook:
    """The figures with what made them."""
    return replace(ours, fills=past.fills, cash_events=past.cash_events, since=opened)


def _listed(state: ControlState, instrument: Instrument) -> Listed:
    key = instrument.instrument_id
    mark, holding = state.live_marks.get(key), state.state.holdings.get(key)
    entry = ZERO
    if holding is not None and holding.quantity:
        entry = divide_half_even_18(holding.cost, holding.quantity * instrument.multiplier)
    return Listed(
        quote=instrument.quote,
        multiplier=instrument.multiplier,
        step=instrument.lot,
        price=None if mark is None else mark.price,
        entry=entry,
    )


def _order_in_flight(state: ControlState, order: OrderState) -> OrderInFlight:
    instrument = state.state.instruments[order.intent.instrument]
    mark = state.live_marks.get(order.intent.instrument)
    price = max(order.intent.worst_price, mark.price if mark is not None else ZERO)
    return OrderInFlight(
        client_order_id=order.intent.client_order_id,
        symbol=order.intent.symbol,
        side=order.intent.side,
        remaining=order.remaining,
        asset=instrument.quote,
        worth=order.remaining * price * instrument.multiplier,
    )


def _fill(state: ControlState, fact: Fact, venue: str) -> BookedFill:
    body: Fill = fact.body
    return BookedFill(
        fill_id=body.fill_id.removeprefix(f"{venue}:"),
        client_order_id=body.client_order_id,
        symbol=state.state.instruments[str(fact.instrument)].symbol,
        side=body.side,
        quantity=body.quantity,
        price=body.price,
        fee=body.fee,
        fee_asset=body.fee_asset,
        at=fact.occurred_at,
    )


_CASH = OpeningBalance | Deposit | Withdrawal | Fee | Funding | Interest | Dividend


def _cash(fact: Fact, venue: str) -> BookedCash:
    """Signed from the account's point of view; identity is the venue's where the fact was made from its list."""
    body = fact.body
    kind, sign = {
        "OpeningBalance": (CashEventKind.DEPOSIT, 1),
        "Deposit": (CashEventKind.DEPOSIT, 1),
        "Withdrawal": (CashEventKind.WITHDRAWAL, -1),
        "Fee": (CashEventKind.FEE, -1),
        "Funding": (CashEventKind.FUNDING, 1),
        "Interest": (CashEventKind.INTEREST, 1),
        "Dividend": (CashEventKind.DIVIDEND, 1),
    }[fact.kind]
    ours = f"{fact.kind}:{venue}:"
    return BookedCash(
        event_id=fact.fact_id.removeprefix(ours) if fact.fact_id.startswith(ours) else "",
        kind=kind,
        amount=sign * body.amount,
        asset=body.asset,
        at=fact.occurred_at,
    )
