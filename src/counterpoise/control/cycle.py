"""How does a rebalance or an evaluation start: once per slot, whoever asks and however often?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from counterpoise.control.account import Account
from counterpoise.control.commands import AdvanceRun, JudgeCandidates, Rebalance
from counterpoise.control.decision import UNCONFIRMED, Answer
from counterpoise.control.statements import refresh
from counterpoise.domain.accounts import Actor, StrategyName
from counterpoise.domain.decisions import CandidateTrade
from counterpoise.execution.broker import Broker


async def rebalance(
    account: Account, broker: Broker, actor: Actor, strategy: StrategyName, slot: str, at: datetime
) -> Answer:
    """Bring an allocation back to its targets if it has drifted; the slot fires once.

    Raises:
        VenueUnavailable: the venue does not say whether its market is open.
    """
    is_open = (await broker.clock()).is_open
    cause = f"rebalance/{strategy}/{slot}"
    command = Rebalance(actor=actor, at=at, cause=cause, strategy=strategy, market_open=is_open, may_ask_venue=True)
    answer = await account.ask(command)
    if answer is not UNCONFIRMED:
        return answer
    await refresh(account, broker, at)
    return await account.ask(replace(command, may_ask_venue=False))


async def judge(
    account: Account,
    broker: Broker,
    actor: Actor,
    strategy: StrategyName,
    slot: str,
    at: datetime,
    candidates: tuple[CandidateTrade, ...],
) -> Answer:
    """Let the gate judge what `strategy` proposes in this slot, and send what it allows."""
    if candidates:
        await refresh(account, broker, at)
    return await account.ask(
        JudgeCandidates(actor=actor, at=at, cause=judge_cause(strategy, slot), strategy=strategy, candidates=candidates)
    )


def judge_cause(strategy: StrategyName, slot: str) -> str:
    """The identity of a strategy's evaluation in a slot."""
    return f"judge/{strategy}/{slot}"


async def advance_runs(
    account: Account, broker: Broker, actor: Actor, at: datetime, *, sell_wait_over: bool = False
) -> None:
    """Let every run go on: the market has opened, or the wait for sales is over and what is there is spent."""
    if account.view.state.runs:
        await refresh(account, broker, at)
    for run_id in sorted(account.view.state.runs):
        cause = f"advance/{run_id}"
        command = AdvanceRun(actor=actor, at=at, cause=cause, run_id=run_id, sell_wait_over=sell_wait_over)
        await account.ask(command)
