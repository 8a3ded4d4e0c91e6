"""What does the gate see of a live account? Its positions at recorded marks, its open orders, its cash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from counterpoise.control.confirmed import is_confirmed
from counterpoise.control.state import ControlState
from counterpoise.domain.accounts import UNASSIGNED, AccountKind
from counterpoise.domain.decisions import CandidateTrade, Position
from counterpoise.domain.instruments import Instrument, InstrumentId, Symbol
from counterpoise.domain.marks import Mark
from counterpoise.domain.numbers import ONE, ZERO, divide_away_from_zero_18, divide_half_even_18
from counterpoise.domain.orders import PositionSide, Side
from counterpoise.domain.plans import PlanItem
from counterpoise.domain.statements import BreakKind
from counterpoise.portfolio.state import Holding, OrderState
from counterpoise.risk import margin
from counterpoise.risk.affordability import cost_with_fees, margin_needed
from counterpoise.risk.gate import GateBook, Listing, OpenOrder

MARK_AGE_MAX = timedelta(seconds=30)
"""A mark older than this leaves the equity an interval, on whose bad end increases are judged."""


def gate_book(state: ControlState, at: datetime) -> GateBook:
    """The account as the gate judges it at `at`; amounts in account currency, sizes in units × multiplier."""
    account = state.state
    valuation = state.book.valuation
    interval = valuation.interval(at, MARK_AGE_MAX)
    used, funds = used_margin(state), _funds(state)
    return GateBook(
        positions=tuple(position_of(state, held) for _, held in sorted(account.holdings.items()) if held.quantity),
        open_orders=tuple(
            open_order(state, order) for _, order in sorted(account.orders.items()) if order.status.is_open
        ),
        equity=interval.value,
        equity_low=interval.low,
        cash=valuation.cash_value,
        used_margin=used,
        free_margin=interval.value - used,
        kind=account.opened.kind,
        trading_state=account.trading_state,
        balance_usable=is_confirmed(state, at),
        breaks=_blocked_by_breaks(state),
        listings={
            instrument.symbol: listing(state, instrument, funds.get(instrument.quote))
            for _, instrument in sorted(account.instruments.items())
        },
    )


def after_sales(book: GateBook, sales: list[PlanItem]) -> GateBook:
    """The book as it would be with these sales filled at their plan's price, before their fees."""
    sold = {item.symbol: item for item in sales}
    positions = []
    for position in book.positions:
        item = sold.get(position.symbol)
        share = ZERO if item is None else item.order_value
        # order_value is quantity × price, and exposure size × price: what is left keeps its price.
        left = position.exposure - share
        if item is None or left > ZERO:
            size = position.size if item is None else divide_half_even_18(left, position.current_price)
            positions.append(replace(position, size=size))
    proceeds = sum((item.order_value for item in sales), ZERO)
    listings = {
        symbol: listing if listing.funds is None else replace(listing, funds=listing.funds + proceeds)
        for symbol, listing in book.listings.items()
    }
    return replace(book, positions=tuple(positions), cash=book.cash + proceeds, listings=listings)


def listing(state: ControlState, instrument: Instrument, funds: Decimal | None = None) -> Listing:
    """What the gate must know of an instrument that an order does not say."""
    return Listing(
        sector=instrument.sector,
        category=instrument.category,
        multiplier=instrument.multiplier,
        fx_rate=known_rate(state, instrument),
        leverage=leverage_of(state),
        lot=instrument.lot,
        funds=funds,
    )


def leverage_of(state: ControlState) -> Decimal:
    """1 ÷ initial rate in a MARGIN account; 1 elsewhere (FUTURES: until a venue states its setting)."""
    terms = state.state.opened
    return divide_half_even_18(ONE, terms.initial_margin_rate) if terms.kind is AccountKind.MARGIN else ONE


def used_margin(state: ControlState) -> Decimal:
    """What the positions tie up: nothing in a CASH account, the initial rate in MARGIN, all exposure in FUTURES.

    FUTURES would divide by the venue's leverage; while no venue states one it is 1.
    """
    terms = state.state.opened
    return margin.used_margin(terms.kind, ((state.book.valuation.gross, ONE),), terms.initial_margin_rate)


def position_of(state: ControlState, holding: Holding, marks: Mapping[InstrumentId, Mark] | None = None) -> Position:
    """A holding as the gate counts it; without a mark its entry price stands in until the first tick.

    Args:
        state: The account.
        holding: One open position of it.
        marks: Which marks count; the recorded ones by default, on which every decision is made.
    """
    instrument = state.state.instruments[holding.instrument]
    rate = known_rate(state, instrument)
    size = abs(holding.quantity) * instrument.multiplier
    mark = (state.state.marks if marks is None else marks).get(holding.instrument)
    entry = divide_half_even_18(abs(holding.cost), size)
    return Position(
        symbol=instrument.symbol,
        side=PositionSide.LONG if holding.quantity > ZERO else PositionSide.SHORT,
        size=size,
        entry_price=entry * rate,
        current_price=(mark.price if mark else entry) * rate,
        leverage=ONE,
        category=instrument.category,
        sector=instrument.sector,
        risk_amount=holding.risk_amount,
    )


def open_order(state: ControlState, order: OrderState) -> OpenOrder:
    """An order that may still fill, with the room it holds."""
    intent = order.intent
    instrument = state.state.instruments[intent.instrument]
    now = state.state.marks.get(intent.instrument)
    # A limit holds at the marks of the decision at hand: what was sent when its price was lower reaches further now.
    mark = now.price if now is not None and now.price > ZERO else intent.mark
    return OpenOrder(
        symbol=intent.symbol,
        side=intent.side,
        remaining=order.remaining * instrument.multiplier,
        worst_price=intent.worst_price * known_rate(state, instrument),
        mark=mark * known_rate(state, instrument),
        fee_rate=state.state.opened.fee_rate,
        leverage=leverage_of(state),
        risk_amount=divide_away_from_zero_18(intent.risk_amount * order.remaining, intent.quantity),
        sector=instrument.sector,
        strategy=intent.strategy_shares[0].strategy if intent.strategy_shares else UNASSIGNED,
        reduce_only=intent.reduce_only,
    )


def funds_in(state: ControlState, asset: str) -> Decimal:
    """Cash of one asset that no open purchase in it holds, in account currency: cash of another pays for nothing.

    Which asset pays is derived from the instrument, never taken from who asks (incident I-38).
    """
    held = state.state.cash.get(asset, ZERO) * (state.book.valuation.rate(asset) or ZERO)
    return held - _reserved_in(state, asset)


def _funds(state: ControlState) -> dict[str, Decimal]:
    """Asset → its cash before any room, account currency; empty where there is one asset alone, or any cash pays.

    The gate takes off what all open purchases hold, so what those in other assets hold is added here.
    """
    account = state.state
    assets = sorted({account.base, *account.cash, *(item.quote for item in account.instruments.values())})
    if account.opened.kind is not AccountKind.CASH or len(assets) == 1:
        return {}
    held = {asset: _reserved_in(state, asset) for asset in assets}
    whole = sum(held.values(), ZERO)
    return {asset: funds_in(state, asset) + whole for asset in assets}


def _reserved_in(state: ControlState, asset: str) -> Decimal:
    """What open purchases of instruments that are paid in `asset` hold, with fees; account currency, ≥ 0."""
    held = ZERO
    for _, order in sorted(state.state.orders.items()):
        paid_in = state.state.instruments[order.intent.instrument].quote
        if order.status.is_open and order.intent.side is Side.BUY and paid_in == asset:
            room = open_order(state, order)
            held += cost_with_fees(room.remaining, room.worst_price, room.fee_rate)
    return held


def with_own_figures(state: ControlState, candidate: CandidateTrade, at: datetime) -> CandidateTrade:
    """The candidate with our mark, category and sector: what we know ourselves is not taken from the bot.

    A stale mark of what is not held prices nothing; of what is held it widens the equity's interval instead.
    """
    key = state.state.symbols.get(candidate.symbol)
    mark = state.state.marks.get(key) if key else None
    instrument = state.state.instruments[key] if key else None
    rate = rate_of(state, instrument) if instrument else None
    held = key in state.state.holdings and bool(state.state.holdings[key].quantity)
    stale = mark is not None and at - mark.at > MARK_AGE_MAX and not held
    if instrument is None or mark is None or rate is None or stale:
        return _replace(candidate, instrument, None, ZERO)
    price = mark.price * rate
    cost = margin_needed(state.state.opened.kind, abs(candidate.size * price), leverage_of(state))
    return _replace(candidate, instrument, price, cost)


def price_of(state: ControlState, key: InstrumentId) -> Decimal | None:
    """Account currency per unit at the recorded mark, multiplier and FX applied; None while one is not known."""
    mark: Mark | None = state.state.marks.get(key)
    instrument = state.state.instruments[key]
    rate = rate_of(state, instrument)
    return None if mark is None or rate is None else mark.price * instrument.multiplier * rate


def rate_of(state: ControlState, instrument: Instrument) -> Decimal | None:
    """What one unit of the instrument's quote currency is worth in the account's, or None when nobody said."""
    account = state.state
    return ONE if instrument.quote == account.base else account.fx.get(instrument.quote)


def known_rate(state: ControlState, instrument: Instrument) -> Decimal:
    """The rate, or 1 where none is known: the equity interval is open then, so that nothing may be added on it."""
    rate = rate_of(state, instrument)
    return ONE if rate is None else rate


def units_at_venue(state: ControlState, key: InstrumentId) -> Decimal | None:
    """Units that the venue has of a holding where it has fewer than the ledger; None where they agree, as far as known.

    What is missing there since the comparison is taken off what is held now: the venue's figure itself is of then.
    """
    account = state.state
    held, symbol = account.holdings.get(key), account.instruments[key].symbol
    lacking = [
        item.difference.ours - item.difference.theirs
        for _, item in sorted(account.breaks.items())
        if (item.difference.kind, item.difference.subject) == (BreakKind.POSITION, symbol)
    ]
    if held is None or not lacking or lacking[0] <= ZERO:
        return None
    return max(held.quantity - lacking[0], ZERO)


def _replace(
    candidate: CandidateTrade, instrument: Instrument | None, price: Decimal | None, cost: Decimal
) -> CandidateTrade:
    return CandidateTrade(
        symbol=candidate.symbol,
        action=candidate.action,
        confidence=candidate.confidence,
        size=candidate.size,
        margin_required=max(candidate.margin_required, cost),
        risk_amount=candidate.risk_amount,
        category=instrument.category if instrument else candidate.category,
        sector=instrument.sector if instrument else candidate.sector,
        stability_score=candidate.stability_score,
        cost_score=candidate.cost_score,
        recent_performance=candidate.recent_performance,
        price=price,
        reduce_only=candidate.reduce_only,
        strategy=candidate.strategy,
    )


def _blocked_by_breaks(state: ControlState) -> tuple[Symbol, ...]:
    """Symbols in which open breaks forbid new risk; `*` when cash differs."""
    items = [item.difference for item in state.state.breaks.values()]
    if any(item.kind is BreakKind.CASH for item in items):
        return ("*",)
    symbols = {key: order.intent.symbol for key, order in state.state.orders.items()}
    return tuple(sorted(item.symbol or symbols.get(item.subject, item.subject) for item in items))
