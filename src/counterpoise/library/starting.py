"""What runs once an account is loaded, and in which order does it start and end?"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from counterpoise import wiring
from counterpoise.control import recovery
from counterpoise.control.account import Account
from counterpoise.control.activity import Activity
from counterpoise.control.effects import Effects
from counterpoise.control.tasks import Supervisor
from counterpoise.control.watch import Watch
from counterpoise.domain.accounts import AccountId
from counterpoise.domain.decisions import TradingState
from counterpoise.domain.errors import ConfigurationError
from counterpoise.execution.broker import Broker


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """One account with all that it runs on.

    Attributes:
        account: The writer.
        effects: Carries out what it decides.
        supervisor: Watches every task.
        activity: Knows when nothing is under way.
        watch: What people see beside the book.
    """

    parts: wiring.Parts
    broker: Broker
    account: Account
    effects: Effects
    supervisor: Supervisor
    activity: Activity
    watch: Watch


@asynccontextmanager
async def running(parts: wiring.Parts, account_id: AccountId) -> AsyncIterator[Running]:
    """Load the account, claim its writer's seat and serve it until the block ends.

    Raises:
        JournalCorrupt: the journal is not what was written.
        ConfigurationError: the parts have no venue.
    """
    if parts.broker is None:
        raise ConfigurationError("an account that trades needs a venue")
    activity = Activity()
    async with Supervisor(activity.give_up) as supervisor:
        watch, anchors = Watch(parts.wall), await parts.journal.anchors()
        state = await recovery.load(parts.journal, account_id, parts.journal.key, anchors, watch.replayed)
        await recovery.claim(state, parts.journal, parts.owner, parts.clock.now())
        effects = Effects(
            broker=parts.broker,
            clock=parts.clock,
            timer=parts.timer,
            supervisor=supervisor,
            activity=activity,
            may_send=lambda: (
                parts.owns() and not parts.latch.is_engaged and state.state.trading_state is not TradingState.HALTED
            ),
        )
        account = recovery.serve(state, parts.journal, parts.clock, activity, effects, watch.recorded)
        supervisor.start("account", account.serve())
        for number, upkeep in enumerate(parts.upkeep):
            supervisor.start(f"upkeep.{number}", upkeep())
        yield Running(
            parts=parts,
            broker=parts.broker,
            account=account,
            effects=effects,
            supervisor=supervisor,
            activity=activity,
            watch=watch,
        )
