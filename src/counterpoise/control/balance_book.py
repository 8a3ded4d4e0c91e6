"""How much has a live account, by which source, and what may it still buy for?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from counterpoise.control.confirmed import statement_of
from counterpoise.control.gate_book import MARK_AGE_MAX, leverage_of, open_order
from counterpoise.control.state import ControlState
from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.balances import Balance, BalanceSource, Failed
from counterpoise.domain.numbers import ONE, ZERO, divide_half_even_18
from counterpoise.domain.time import trading_day
from counterpoise.ledger.balances import AUTO, Reading, Standing, get_current_balance, is_fresh
from counterpoise.portfolio.state import Statement
from counterpoise.risk.margin import Means, means_of, used_margin
from counterpoise.risk.reservations import Room

Readings = dict[BalanceSource, Reading | Failed]

STATED = "as the venue states it"
NOT_TODAY_S_SALES = "cash less what today's sales brought, net by instrument: that settles on a later day"
AT_ONCE = "all cash: in an account of this kind the proceeds of a sale are there at once"


def balance_of(state: ControlState, now: datetime, source: str = AUTO, further: Readings | None = None) -> Balance:
    """The balance at the live marks by `source`; `further` are readings that the state alone does not hold.

    Raises:
        InvalidInput: there is no such source.
        PortfolioError: that source says nothing.
    """
    return get_current_balance({**readings_of(state, now), **(further or {})}, standing_of(state), now, source)


def standing_of(state: ControlState) -> Standing:
    """What is known of the account beside its readings."""
    account, terms = state.state, state.state.opened
    return Standing(
        account=account.account,
        currency=account.base,
        venue=terms.venue,
        mode=terms.mode,
        moved_at=account.moved_at,
        breaks=tuple(item.difference for _, item in sorted(account.breaks.items())),
        age_max=terms.balance_age_max,
        trades=terms.trades,
    )


def readings_of(state: ControlState, now: datetime) -> Readings:
    """What the venue said last and what the ledger says now, each by its own figures."""
    statement = statement_of(state)
    told_at = _told_at(state, statement)
    ledger: Reading | Failed = Failed(source=BalanceSource.LEDGER, why="no money has moved yet")
    if told_at is not None:
        ledger = ledger_reading(state, now, told_at, statement.reconciled_at if statement else None)
    return {BalanceSource.BROKER: _broker(state, statement, now), BalanceSource.LEDGER: ledger}


def ledger_reading(state: ControlState, now: datetime, as_of: datetime, reconciled_at: datetime | None) -> Reading:
    """What the book says, at the live marks."""
    means = means_at(state, now)
    return Reading(
        source=BalanceSource.LEDGER,
        cash=state.live.cash_value,
        as_of=as_of,
        reconciled_at=reconciled_at,
        equity=state.live_equity,
        buying_power=means.buying_power if means else None,
        reserved=reserved_of(state),
        settled_cash=_settled(state, now),
        settled_rule=NOT_TODAY_S_SALES if state.state.opened.kind is AccountKind.CASH else AT_ONCE,
    )


def means_at(state: ControlState, now: datetime) -> Means | None:
    """What the account has and may still buy for, at the live marks; margin is judged on the bad end of its equity.

    None where that end is open: what cannot be valued may be worth anything.
    """
    terms, live = state.state.opened, state.live
    interval = live.interval(now, MARK_AGE_MAX)
    equity = interval.value if terms.kind is AccountKind.CASH else interval.low
    if equity is None:
        return None
    leverage = leverage_of(state)
    return means_of(
        kind=terms.kind,
        cash=live.cash_value,
        equity=equity,
        used=used_margin(terms.kind, ((live.gross, leverage),), terms.initial_margin_rate),
        reserved=reserved_of(state),
        rate=terms.initial_margin_rate if terms.kind is AccountKind.MARGIN else divide_half_even_18(ONE, leverage),
        stated=stated_power(state, now),
    )


def reserved_of(state: ControlState) -> Decimal:
    """What approved, working and unknown orders hold with their fees: cash in a CASH account, margin elsewhere."""
    kind, orders = state.state.opened.kind, state.state.orders
    room = Room((), (open_order(state, order) for _, order in sorted(orders.items()) if order.status.is_open), kind)
    return room.cash if kind is AccountKind.CASH else room.margin


def stated_power(state: ControlState, now: datetime) -> Decimal | None:
    """The venue's own buying power while its statement is young; None where it states none in our currency."""
    statement, terms = statement_of(state), state.state.opened
    if statement is None or not is_fresh(statement.as_of, now, terms.balance_age_max):
        return None
    return statement.read.buying_power if statement.read.currency == terms.base_currency else None


def _broker(state: ControlState, statement: Statement | None, now: datetime) -> Reading | Failed:
    """The venue's own figures; what it does not state is the ledger's, where the ledger knows it."""
    nothing = "no statement of the venue was read yet" if state.state.opened.trades else "the account has no venue"
    failed = Failed(source=BalanceSource.BROKER, why=nothing)
    if statement is None:
        return failed
    rates = {item.asset: state.live.rate(item.asset) for item in statement.read.cash}
    unrated = [asset for asset, rate in rates.items() if rate is None]
    if not statement.read.cash or unrated:
        why = f"nobody stated what {', '.join(unrated)} is worth" if unrated else "the venue's statement names no cash"
        return replace(failed, why=why)
    read = statement.read
    ours = ledger_reading(state, now, statement.as_of, statement.reconciled_at)
    same_currency = read.currency == state.state.base
    settled = read.settled_cash if same_currency else None
    return replace(
        ours,
        source=BalanceSource.BROKER,
        cash=sum((item.amount * (rates[item.asset] or ZERO) for item in read.cash), ZERO),
        equity=read.equity if same_currency and read.equity is not None else ours.equity,
        settled_cash=ours.settled_cash if settled is None else settled,
        settled_rule=ours.settled_rule if settled is None else STATED,
    )


def _told_at(state: ControlState, statement: Statement | None) -> datetime | None:
    """The ledger's time: its last agreement with the venue, else of the last fact of money."""
    agreed = statement.reconciled_at if statement else None
    return agreed if agreed is not None else state.state.moved_at


def _settled(state: ControlState, now: datetime) -> Decimal:
    """Cash that no sale of today has brought; only an instrument that was sold more than bought has brought some."""
    terms, day = state.state.opened, state.state.today
    cash = state.live.cash_value
    if terms.kind is not AccountKind.CASH or day.day != trading_day(now, terms.time_zone):
        return cash
    return cash - sum((-spent for _, spent in sorted(day.spent.items()) if spent < ZERO), ZERO)
