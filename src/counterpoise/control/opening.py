"""How does an account begin, and how do its terms, limits and targets change by order of a person?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from decimal import Decimal

from counterpoise.control.commands import (
    ChangeTradingState,
    OpenAccount,
    Reassess,
    SetLimits,
    SetStrategy,
    SetTargets,
)
from counterpoise.control.decision import DONE, DUPLICATE, Decision, Draft
from counterpoise.control.state import ControlState
from counterpoise.domain.accounts import SYSTEM, Scope, StrategyName
from counterpoise.domain.decisions import StateCause, TradingState
from counterpoise.domain.errors import InvalidInput, LimitsConflict, PolicyRefused
from counterpoise.domain.facts import (
    AccountOpened,
    Deposit,
    InstrumentDefined,
    LimitsSet,
    OpeningBalance,
    StrategySet,
    TargetsSet,
    TradingStateChanged,
    WriterClaimed,
)
from counterpoise.domain.facts.envelope import fact_id
from counterpoise.domain.instruments import CASH_SYMBOL, Symbol
from counterpoise.domain.limits import PortfolioConstraints
from counterpoise.domain.numbers import DIGITS_MAX, ONE, ZERO, divide_toward_zero
from counterpoise.risk.conflicts import conflicts
from counterpoise.risk.kill_switch import ChangeRequest, Refusal, may_change


def open_account(state: ControlState, command: OpenAccount, now: datetime) -> Decision:
    """The first facts of a journal, in one append: an account is there whole or not at all."""
    if state.sequence:
        return Decision(answer=DUPLICATE)
    draft = Draft(state, command, now)
    draft.add(AccountOpened(name=command.name, terms=command.terms))
    draft.add(WriterClaimed(owner=command.actor.name))
    for instrument in command.instruments:
        if instrument.venue != command.terms.venue:
            raise InvalidInput("instrument.venue", instrument.venue, f"the account's venue, {command.terms.venue}")
        draft.add(
            InstrumentDefined(instrument=instrument),
            ordinal=instrument.instrument_id,
            instrument=instrument.instrument_id,
        )
    draft.add(
        LimitsSet(
            preset=command.preset,
            constraints=command.constraints,
            mode_policy=command.mode_policy,
            reason="the account was opened",
        )
    )
    if command.opening_cash < ZERO:
        raise InvalidInput("opening_cash", str(command.opening_cash), "an amount of at least 0")
    currency = command.terms.base_currency
    if not command.terms.trades:
        # Nobody pays it in: it was there before the ledger began, and zero is an amount too.
        draft.add(OpeningBalance(amount=command.opening_cash, asset=currency), source="operator")
    elif command.opening_cash:
        draft.add(Deposit(amount=command.opening_cash, asset=currency, reference="opening cash"), source="operator")
    return draft.decided()


def set_targets(state: ControlState, command: SetTargets, now: datetime) -> Decision:
    """Targets are a fact: whatever changes a plan is one. The same targets again are no change.

    Raises:
        InvalidInput: a symbol that the account does not know.
        LimitsConflict: the limits in force would never let the targets be held.
    """
    for target in command.targets:
        if target.symbol != CASH_SYMBOL and target.symbol not in state.state.symbols:
            raise InvalidInput("targets", target.symbol, "a symbol of this account")
    if state.state.constraints is not None:
        _refuse_conflicts(state, {**state.state.targets, command.strategy: command}, state.state.constraints)
    before = state.state.targets.get(command.strategy)
    body = TargetsSet(strategy=command.strategy, targets=command.targets, policy=command.policy)
    if before == body:
        return Decision(answer=DUPLICATE)
    draft = Draft(state, command, now)
    draft.add(body, ordinal=command.strategy, source="operator")
    return draft.decided()


def set_limits(state: ControlState, command: SetLimits, now: datetime) -> Decision:
    """Change the limits.

    Raises:
        PolicyRefused: a limit rises or the mode policy changes and the actor is not fresh; names what.
        LimitsConflict: the saved targets could not be held under them.
    """
    if state.state.limits_ref == fact_id("LimitsSet", command.cause):
        return Decision(answer=DUPLICATE)
    current = state.state.constraints
    raised = [] if current is None else raised_limits(current, command.constraints)
    if command.mode_policy != state.state.mode_policy:
        raised.append("the mode policy")  # which way is looser is not always plain, so every change counts
    if raised and not command.actor.fresh:
        raise PolicyRefused(f"changing {', '.join(raised)} needs {command.actor.name} to sign in again")
    _refuse_conflicts(state, state.state.targets, command.constraints)
    draft = Draft(state, command, now)
    draft.add(
        LimitsSet(
            preset=command.preset,
            constraints=command.constraints,
            mode_policy=command.mode_policy,
            reason=command.reason,
        ),
        source="operator",
    )
    return draft.decided()


def _refuse_conflicts(
    state: ControlState, targets: Mapping[StrategyName, TargetsSet | SetTargets], limits: PortfolioConstraints
) -> None:
    weights: dict[Symbol, Decimal] = {}
    for _, wanted in sorted(targets.items()):
        for target in wanted.targets:
            if target.enabled and target.symbol != CASH_SYMBOL:
                weights[target.symbol] = weights.get(target.symbol, ZERO) + target.weight
    instruments = state.state.instruments
    sectors = {symbol: instruments[key].sector for symbol, key in sorted(state.state.symbols.items())}
    total = sum(weights.values(), ZERO)
    if total > ONE:  # the planner scales weights above 1 down to 1
        weights = {symbol: divide_toward_zero(weight, total, DIGITS_MAX) for symbol, weight in weights.items()}
    found = conflicts(weights, sectors, limits)
    if found:
        raise LimitsConflict(f"LIMITS_CONFLICT, targets and limits cannot both be kept: {'; '.join(found)}")


def raised_limits(before: PortfolioConstraints, after: PortfolioConstraints) -> list[str]:
    """Names of the limits that `after` sets wider than `before`."""
    return [item.name for item in fields(before) if getattr(after, item.name) > getattr(before, item.name)]


def set_strategy(state: ControlState, command: SetStrategy, now: datetime) -> Decision:
    """Name a strategy, enable or disable it."""
    if state.state.enabled.get(command.strategy) is command.enabled:
        return Decision(answer=DUPLICATE)
    draft = Draft(state, command, now)
    body = StrategySet(strategy=command.strategy, enabled=command.enabled, description=command.description)
    draft.add(body, ordinal=command.strategy, source="operator")
    return draft.decided()


def change_trading_state(state: ControlState, command: ChangeTradingState, now: datetime) -> Decision:
    """Halt, reduce or resume, as far as the rules of the kill switch let this cause and actor.

    Raises:
        PolicyRefused: an automatic cause is claimed by somebody else than the system, a state is lowered by an actor
            that may not trade, or the kill switch's own rules refuse.
    """
    if command.state_cause is not StateCause.PERSON and command.actor != SYSTEM:
        raise PolicyRefused(f"{command.state_cause} is no cause that {command.actor.name} may state")
    if _lowers(state.state.trading_state, command.state) and command.actor.scope not in (Scope.TRADE, Scope.ADMIN):
        raise PolicyRefused(f"{command.actor.name} has scope {command.actor.scope}; lowering a state needs trade")
    request = ChangeRequest(to=command.state, by=command.state_cause, fresh=command.actor.fresh, reason=command.reason)
    account = state.state
    refusal = may_change(
        account.trading_state,
        account.state_cause,
        request,
        ladder_release_auto=account.mode_policy.ladder_release_auto,
    )
    if refusal is Refusal.NO_CHANGE:
        return Decision(answer=DUPLICATE)
    if refusal is not None:
        raise PolicyRefused(f"{account.trading_state} cannot become {command.state}: {refusal}")
    draft = Draft(state, command, now)
    draft.add(TradingStateChanged(state=command.state, cause=command.state_cause, reason=command.reason))
    follow_up = Reassess(actor=command.actor, at=command.at, cause=f"{command.cause}/reassess")
    return draft.decided(DONE, *(() if command.state is TradingState.HALTED else (follow_up,)))


def _lowers(current: TradingState, to: TradingState) -> bool:
    order = list(TradingState)
    return order.index(to) < order.index(current)
