"""How is sending stopped, and who may let it go on? The latch holds before the queue is even asked."""

from __future__ import annotations

from datetime import datetime

from counterpoise.access.policies import admit
from counterpoise.control.account import Account
from counterpoise.control.commands import ChangeTradingState, RequestCancel
from counterpoise.control.decision import Answer
from counterpoise.control.halt import HaltLatch
from counterpoise.domain.accounts import SYSTEM, Actor, Scope
from counterpoise.domain.decisions import StateCause, TradingState
from counterpoise.domain.errors import PolicyRefused
from counterpoise.domain.instruments import TEXT_LENGTH_MAX
from counterpoise.domain.time import format_time

_RANK = {state: rank for rank, state in enumerate(TradingState)}


async def change(
    account: Account, latch: HaltLatch, state: TradingState, reason: str, actor: Actor, at: datetime, *, act: str
) -> Answer:
    """Halt, reduce or resume, as a person; the same `act` twice has one effect.

    Raises:
        PolicyRefused: the actor may not.
        InvalidInput: the reason could not be recorded.
    """
    if state is TradingState.HALTED:
        return await halt(account, latch, reason, actor, at, act=act)
    if _RANK[state] > _RANK[account.view.state.trading_state]:
        return await record(account, state, reason, actor, at, act=act)  # stricter, so nothing is let go
    return await release(account, latch, state, reason, actor, at, act=act)


async def halt(account: Account, latch: HaltLatch, reason: str, actor: Actor, at: datetime, *, act: str) -> Answer:
    """Send nothing from now on; fills still book, and every order that may still fill is asked to end.

    Raises:
        PolicyRefused: the actor may only read.
    """
    admit(ChangeTradingState.__name__, actor)
    reason = _recordable(reason)
    try:
        latch.engage(reason)
    finally:  # a latch that cannot be written is no reason to leave the halt unrecorded, or orders working
        answer = await record(account, TradingState.HALTED, reason, actor, at, act=act)
        await _cancel_all(account, reason, at)
    return answer


async def release(
    account: Account, latch: HaltLatch, state: TradingState, reason: str, actor: Actor, at: datetime, *, act: str
) -> Answer:
    """Trade again; leaving HALTED, or a latched halt that is no fact yet, needs a fresh actor and a reason.

    Raises:
        PolicyRefused: the actor may not.
    """
    may = actor.fresh and actor.scope in (Scope.TRADE, Scope.ADMIN) and bool(reason.strip())
    if latch.is_engaged and not may:
        raise PolicyRefused(f"un-halting needs a reason and {actor.name} to sign in again")
    answer = await record(account, state, reason, actor, at, act=act)
    if account.view.state.trading_state is not TradingState.HALTED:  # somebody may have halted meanwhile
        latch.release()
    return answer


async def record(account: Account, state: TradingState, reason: str, actor: Actor, at: datetime, *, act: str) -> Answer:
    """Give the account the new state as a command."""
    return await account.ask(
        ChangeTradingState(
            actor=actor,
            at=at,
            cause=f"state/{state}/{act}",
            state=state,
            state_cause=StateCause.PERSON,
            reason=reason,
        )
    )


def _recordable(reason: str) -> str:
    """The reason as far as a fact can hold it: no halt is refused, or left half done, for what was said with it."""
    return "".join(sign for sign in reason if not "\ud800" <= sign <= "\udfff")[:TEXT_LENGTH_MAX]


async def _cancel_all(account: Account, reason: str, at: datetime) -> None:
    """Ask for the end of every order that may still fill."""
    for key, order in sorted(account.view.state.orders.items()):
        if order.status.is_open:
            cause = f"halt/{key}/{format_time(at)}"
            await account.ask(RequestCancel(actor=SYSTEM, at=at, cause=cause, client_order_id=key, reason=reason))
