"""What follows when cash moves without an order: a deposit, a fee, a dividend, a transfer, another rate?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import TypeVar

from counterpoise.control.commands import Command, ReceiveTransfer, RecordCashFlow, RecordFxRate, SendTransfer
from counterpoise.control.decision import DUPLICATE, Decision, Draft
from counterpoise.control.references import was_said
from counterpoise.control.runs import free_cash
from counterpoise.control.state import ControlState
from counterpoise.domain.accounts import AccountKind, is_asset
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.facts import (
    Deposit,
    Dividend,
    Fee,
    Funding,
    FxRate,
    Interest,
    MarkReason,
    MarksRecorded,
    TransferReceived,
    TransferSent,
    Withdrawal,
)
from counterpoise.domain.facts.envelope import fact_id
from counterpoise.domain.instruments import InstrumentId, Symbol, check_text
from counterpoise.domain.numbers import DIGITS_MAX, ZERO, is_short, plain, shortest
from counterpoise.domain.statements import CashEventKind
from counterpoise.domain.time import CLOCK_SKEW_MAX, format_time

Transfer = TypeVar("Transfer", TransferSent, TransferReceived)
Flow = Deposit | Withdrawal | Fee | Funding | Interest | Dividend

_SIGNED: Mapping[CashEventKind, type[Funding | Interest | Dividend]] = MappingProxyType(
    {CashEventKind.FUNDING: Funding, CashEventKind.INTEREST: Interest, CashEventKind.DIVIDEND: Dividend}
)
_OF_A_SYMBOL = (CashEventKind.FUNDING, CashEventKind.DIVIDEND)


def record_cash_flow(state: ControlState, command: RecordCashFlow, now: datetime) -> Decision:
    """Book it; the marks around an external flow are recorded with it, so that no drawdown comes of a flow.

    Raises:
        InvalidInput: an amount of the wrong sign or size, a currency without a rate, a time ahead of ours, a symbol
            where there is none or none where there must be one, a reference that stands for another flow, or a
            withdrawal of more than is free.
    """
    body, instrument = flow_of(state, command, now)
    if was_said(state.said, command.cause, command.reference, body, instrument):
        return Decision(answer=DUPLICATE)
    if isinstance(body, Withdrawal) and not command.moved:
        check_free(state, body.amount, body.asset)
    draft = Draft(state, command, now)
    if isinstance(body, Deposit | Withdrawal):
        _record_marks(draft)
    draft.add(body, source="operator", instrument=instrument)
    return draft.decided()


def send_transfer(state: ControlState, command: SendTransfer, now: datetime) -> Decision:
    """Cash leaves for another account of ours and is in transit.

    Raises:
        InvalidInput: as `record_cash_flow`; or the other account is this one.
    """
    sent = _transfer(TransferSent, state, command, now)
    if was_said(state.said, command.cause, command.reference, sent):
        return Decision(answer=DUPLICATE)
    if not command.moved:
        check_free(state, sent.amount, sent.asset)
    draft = Draft(state, command, now)
    _record_marks(draft)
    draft.add(sent, source="operator")
    return draft.decided()


def receive_transfer(state: ControlState, command: ReceiveTransfer, now: datetime) -> Decision:
    """Cash arrived from another account of ours; it is in transit no more.

    Raises:
        InvalidInput: as `send_transfer`.
    """
    received = _transfer(TransferReceived, state, command, now)
    if was_said(state.said, command.cause, command.reference, received):
        return Decision(answer=DUPLICATE)
    draft = Draft(state, command, now)
    _record_marks(draft)
    draft.add(received, source="operator")
    return draft.decided()


def record_fx_rate(state: ControlState, command: RecordFxRate, now: datetime) -> Decision:
    """What a currency is worth from `at` on.

    Raises:
        InvalidInput: no asset code, the account's own currency, a rate that is none, or another one of that instant.
    """
    if not is_asset(command.asset):
        raise InvalidInput("asset", command.asset, "an asset code such as EUR")
    if command.asset == state.state.base:
        raise InvalidInput("asset", command.asset, f"another one: {state.state.base} is the account's own currency")
    check_positive("rate", command.rate)
    check_time(command, now)
    body = FxRate(asset=command.asset, rate=command.rate)
    if was_said(state.said, command.cause, format_time(command.at), body):
        return Decision(answer=DUPLICATE)
    draft = Draft(state, command, now)
    draft.add(body, source="operator")
    return draft.decided()


def flow_of(state: ControlState, command: RecordCashFlow, now: datetime) -> tuple[Flow, InstrumentId | None]:
    """The fact that the command asks for, and of what.

    Raises:
        InvalidInput: a field of it is wrong.
    """
    amount, kind = command.amount, command.kind
    if not is_short(amount):
        raise InvalidInput("amount", amount, _SHORT)
    if amount.is_zero():
        raise InvalidInput("amount", "0", "an amount other than zero")
    if kind is None:
        kind = CashEventKind.DEPOSIT if amount > ZERO else CashEventKind.WITHDRAWAL
        amount = abs(amount)
    asset = currency_of(state, command.currency)
    check_time(command, now)
    instrument = _instrument(state, kind, command.symbol)
    if kind in _SIGNED:
        return _SIGNED[kind](amount=amount, asset=asset), instrument
    if kind is CashEventKind.FEE:
        return Fee(amount=amount, asset=asset, reference=command.reference), None
    check_positive("amount", amount)
    body = Deposit if kind is CashEventKind.DEPOSIT else Withdrawal
    return body(amount=amount, asset=asset, reference=command.reference), None


def check_free(state: ControlState, amount: Decimal, asset: str) -> None:
    """Refuse to give away what a CASH account has not, or holds for open purchases; elsewhere the venue decides.

    Raises:
        InvalidInput: it is more than is free.
    """
    account = state.state
    if account.opened.kind is not AccountKind.CASH:
        return
    free = account.cash.get(asset, ZERO)
    if asset == account.base:
        free = min(free, free_cash(state))
    if amount > free:
        said = f"at most the {shortest(max(free, ZERO))} {asset} that are free"
        raise InvalidInput("amount", shortest(amount), said)


def currency_of(state: ControlState, currency: str) -> str:
    """The currency of an amount; empty is the account's own.

    Raises:
        InvalidInput: nothing says what it is worth, so equity could not be told.
    """
    account = state.state
    known = (account.base, *sorted(account.fx))
    if currency and currency not in known:
        rule = f"one with a rate: {', '.join(known)}; record what it is worth first"
        raise InvalidInput("currency", currency, rule)
    return currency or account.base


def check_time(command: Command, now: datetime) -> None:
    """Refuse a time that has not come yet.

    Raises:
        InvalidInput: it is not in UTC, or more than CLOCK_SKEW_MAX ahead of ours.
    """
    if command.at.utcoffset() != timedelta(0):
        raise InvalidInput("occurred_at", command.at.isoformat(), "a time in UTC, such as 2024-01-03T15:00:00Z")
    if command.at > now + CLOCK_SKEW_MAX:
        rule = f"a time that has come: it is {format_time(now)}, and a clock may be 5 minutes ahead"
        raise InvalidInput("occurred_at", format_time(command.at), rule)


def check_positive(name: str, value: Decimal) -> None:
    """Refuse what is no number above zero that a fact can hold.

    Raises:
        InvalidInput: names the field.
    """
    if not is_short(value):
        raise InvalidInput(name, value, _SHORT)
    if value <= ZERO:
        raise InvalidInput(name, plain(value), "a number above zero")


_SHORT = f"a Decimal of at most {DIGITS_MAX} digits before and after the point"


def _instrument(state: ControlState, kind: CashEventKind, symbol: Symbol | None) -> InstrumentId | None:
    """Whose dividend or funding it is."""
    if symbol is None:
        if kind is CashEventKind.DIVIDEND:
            raise InvalidInput("symbol", "", "the share that paid the dividend")
        return None
    if kind not in _OF_A_SYMBOL:
        raise InvalidInput("symbol", symbol, f"none: a {kind.lower()} is of the whole account")
    found = state.state.symbols.get(symbol)
    if found is None:
        raise InvalidInput("symbol", symbol, "a symbol of this account")
    return found


def _transfer(
    kind: type[Transfer], state: ControlState, command: SendTransfer | ReceiveTransfer, now: datetime
) -> Transfer:
    """The fact of one end of a transfer."""
    check_positive("amount", command.amount)
    asset = currency_of(state, command.currency)
    check_time(command, now)
    if not command.reference.strip():
        raise InvalidInput("reference", command.reference, "the identity that both ends of the transfer share")
    check_text(command.other_account, "other_account")
    if not command.other_account.strip() or command.other_account == state.account:
        raise InvalidInput("other_account", command.other_account, "another account than this one")
    return kind(transfer_id=command.reference, amount=command.amount, asset=asset, other_account=command.other_account)


def _record_marks(draft: Draft) -> None:
    """The marks of the flow's moment; those that came after it say nothing of it."""
    command = draft.command
    marks = tuple(mark for mark in draft.state.unrecorded_marks() if mark.at <= command.at)
    identity = fact_id("MarksRecorded", command.cause, MarkReason.FLOW)
    draft.add(MarksRecorded(reason=MarkReason.FLOW, marks=marks), identity=identity)
