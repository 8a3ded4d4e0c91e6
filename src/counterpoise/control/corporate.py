"""What follows when a holding changes without a trade: a split, a new symbol, a spin-off, cash for a fraction?"""

from __future__ import annotations

from datetime import datetime

from counterpoise.control.commands import AdvanceRun, CheckAcquisitions, RecordCorporateAction, RequestCancel
from counterpoise.control.decision import DONE, DUPLICATE, Decision, Draft
from counterpoise.control.state import ControlState
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.facts.corporate import CashInLieu, SpinOff, SymbolChange
from counterpoise.domain.facts.envelope import fact_id
from counterpoise.domain.numbers import ZERO


def record_corporate_action(state: ControlState, command: RecordCorporateAction, now: datetime) -> Decision:
    """Book it, ask for the end of every working order on the symbol, and let runs go on without its lines.

    An order at the venue was priced and counted in what was before (incident I-40); the next rebalance decides anew.

    Raises:
        InvalidInput: a symbol that the account does not know, a new symbol that another instrument has, a fraction
            that is not held, or a spin-off in an account that holds no shares.
    """
    action, account = command.action, state.state
    instrument = account.symbols.get(command.symbol)
    identity = fact_id(type(action).__name__, command.cause)
    if identity in state.recorded:
        return Decision(answer=DUPLICATE)
    if instrument is None:
        raise InvalidInput("symbol", command.symbol, "a symbol of this account")
    _check(state, command, instrument)
    draft = Draft(state, command, now)
    draft.add(action, identity=identity, source="operator", instrument=instrument)
    counted = CheckAcquisitions(actor=command.actor, at=command.at, cause=command.cause)
    if isinstance(action, CashInLieu):
        return draft.decided(DONE, counted)
    working = [
        key
        for key, order in sorted(account.orders.items())
        if order.intent.instrument == instrument and not order.status.is_terminal
    ]
    cancels = [
        RequestCancel(
            actor=command.actor,
            at=command.at,
            cause=f"{command.cause}/{key}",
            client_order_id=key,
            reason=f"{type(action).__name__} of {command.symbol}",
        )
        for key in working
    ]
    runs = [
        AdvanceRun(actor=command.actor, at=command.at, cause=command.cause, run_id=run) for run in sorted(account.runs)
    ]
    return draft.decided(DONE, counted, *cancels, *runs)


def _check(state: ControlState, command: RecordCorporateAction, instrument: str) -> None:
    action, account = command.action, state.state
    if isinstance(action, SymbolChange) and account.symbols.get(action.symbol) not in (None, instrument):
        raise InvalidInput("action.symbol", action.symbol, "a symbol that no other instrument of this account has")
    if isinstance(action, SpinOff) and action.child not in account.instruments:
        raise InvalidInput("action.child", action.child, "an instrument that was defined before")
    if isinstance(action, CashInLieu):
        holding = account.holdings.get(instrument)
        held = abs(holding.quantity) if holding is not None else ZERO
        if action.quantity > held:
            raise InvalidInput("action.quantity", action.quantity, f"at most the {held} units that are held")
