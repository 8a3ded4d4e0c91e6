"""What follows when a person gives cash, or units for cash, from one strategy's book to another's?"""

from __future__ import annotations

from datetime import datetime

from counterpoise.control.cash_flows import check_positive, check_time, currency_of
from counterpoise.control.commands import AllotStrategy
from counterpoise.control.decision import DUPLICATE, Decision, Draft
from counterpoise.control.references import was_said
from counterpoise.control.state import ControlState
from counterpoise.domain.accounts import UNASSIGNED, AccountKind, StrategyName
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.facts import StrategyAllotted
from counterpoise.domain.instruments import InstrumentId
from counterpoise.domain.numbers import DIGITS_MAX, ZERO, is_short, plain, shortest
from counterpoise.domain.time import format_time


def allot_strategy(state: ControlState, command: AllotStrategy, now: datetime) -> Decision:
    """Book the allotment (cash) or the internal crossing (units at a price).

    Raises:
        InvalidInput: a strategy or symbol that the account does not know, a strategy that gives to itself, more units
            than the giver owns, units of an earlier moment than the last that was booked, more cash than the paying
            book of a CASH account has, or amounts that are none.
    """
    check_time(command, now)
    for name in ("giver", "taker"):
        _check_known(state, name, getattr(command, name))
    if command.giver == command.taker:
        raise InvalidInput("taker", command.taker, "another strategy than the giver")
    asset = currency_of(state, command.currency)
    instrument = _check_units(state, command) if command.quantity or command.symbol else None
    if instrument is None:
        check_positive("amount", command.amount)
    else:
        _check_price(command)
    body = StrategyAllotted(
        giver=command.giver, taker=command.taker, amount=command.amount, asset=asset, quantity=command.quantity
    )
    if was_said(state.said, command.cause, command.reference, body, instrument):
        return Decision(answer=DUPLICATE)
    _check_cash(state, command, asset)
    if instrument is not None:
        _check_owned(state, command, instrument)
    draft = Draft(state, command, now)
    draft.add(body, source="operator", instrument=instrument)
    return draft.decided()


def known_strategies(state: ControlState) -> list[StrategyName]:
    """Strategies that the account has heard of, by name."""
    account = state.state
    return sorted({UNASSIGNED, *account.enabled, *account.strategies, *account.targets})


def _check_known(state: ControlState, field: str, name: StrategyName) -> None:
    known = known_strategies(state)
    if name not in known:
        raise InvalidInput(field, name, f"a strategy of this account: {', '.join(known)}")


def _check_units(state: ControlState, command: AllotStrategy) -> InstrumentId:
    if not is_short(command.quantity) or command.quantity.is_zero():
        raise InvalidInput("quantity", command.quantity, "signed units other than zero, of at most 18 places")
    found = state.state.symbols.get(command.symbol or "")
    if found is None:
        raise InvalidInput("symbol", command.symbol or "", "a symbol of this account")
    return found


def _check_price(command: AllotStrategy) -> None:
    """Units may be given for nothing, but never with cash on top of them."""
    if not is_short(command.amount):
        raise InvalidInput("amount", command.amount, f"a Decimal of at most {DIGITS_MAX} digits")
    if command.amount * command.quantity < ZERO:
        raise InvalidInput("amount", plain(command.amount), "cash that the taker pays, signed like the units")


def _check_cash(state: ControlState, command: AllotStrategy, asset: str) -> None:
    """In a CASH account nobody gives cash away that its own book has not: the giver of cash, or the taker of units."""
    if state.state.opened.kind is not AccountKind.CASH:
        return
    payer = command.taker if command.quantity else command.giver
    book = state.state.strategies.get(payer)
    there = book.cash.get(asset, ZERO) if book else ZERO
    if command.amount > there:
        said = f"at most the {shortest(max(there, ZERO))} {asset} that {payer} has"
        raise InvalidInput("amount", shortest(command.amount), said)


def _check_owned(state: ControlState, command: AllotStrategy, instrument: InstrumentId) -> None:
    # Who owned what is known as of now: told of an earlier moment, units could go before they had come.
    moved = state.state.moved_at
    if moved is not None and command.at <= moved:
        rule = f"a time after the last thing that was booked, {format_time(moved)}"
        raise InvalidInput("occurred_at", format_time(command.at), rule)
    held = state.state.holdings.get(instrument)
    owned = held.owners.get(command.giver, ZERO) if held else ZERO
    if owned * command.quantity <= ZERO or abs(command.quantity) > abs(owned):
        said = f"at most the {shortest(owned)} {command.symbol} that {command.giver} owns"
        raise InvalidInput("quantity", shortest(command.quantity), said)
