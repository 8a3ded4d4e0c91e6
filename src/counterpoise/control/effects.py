"""What is carried out once the facts are durable: sends, look-ups and cancels, whose answers come back as commands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from counterpoise.control.account import Account
from counterpoise.control.activity import Activity, Timer
from counterpoise.control.commands import Command, RecordLookUp, RecordOutcome
from counterpoise.control.decision import CancelOrder, Effect, LookUpOrder, SendOrder
from counterpoise.control.tasks import Supervisor
from counterpoise.domain.accounts import SYSTEM
from counterpoise.domain.errors import CounterpoiseError
from counterpoise.domain.statements import VenueOrder
from counterpoise.domain.time import Clock
from counterpoise.execution import executor
from counterpoise.execution.broker import Broker, Found, NotFound

LANE_MAX = 65_536
LOOK_UPS_MAX = 1_000


class Effects:
    """Carries effects out: one lane of sends in order, and a task for each look-up."""

    def __init__(
        self,
        *,
        broker: Broker,
        clock: Clock,
        timer: Timer,
        supervisor: Supervisor,
        activity: Activity,
        may_send: Callable[[], bool],
        absent_after: timedelta = executor.ABSENT_AFTER,
    ) -> None:
        self._broker = broker
        self._clock = clock
        self._timer = timer
        self._supervisor = supervisor
        self._activity = activity
        self._may_send = may_send
        self._absent_after = absent_after
        self._lane: asyncio.Queue[SendOrder | CancelOrder] = asyncio.Queue(LANE_MAX)
        self._account: Account | None = None

    def serve(self, account: Account) -> None:
        """Begin to carry out what `account` decides."""
        self._account = account
        self._supervisor.start("effects.lane", self._run_lane())

    def start(self, effect: Effect) -> None:
        """Take on one effect; returns at once.

        Raises:
            CounterpoiseError: more sends wait than any account could have; the actor ends.
        """
        self._activity.begin()  # counted from here on, so that nobody takes the moment before the task runs for quiet
        if isinstance(effect, LookUpOrder):
            self._supervisor.start(f"effects.look_up.{effect.client_order_id}", self._look_up(effect))
            return
        try:
            self._lane.put_nowait(effect)
        except asyncio.QueueFull as full:
            raise CounterpoiseError(f"more than {LANE_MAX} orders wait to be sent") from full

    async def _run_lane(self) -> None:
        while True:
            effect = await self._lane.get()
            try:
                await self._carry_out(effect)
            finally:
                self._activity.end()

    async def _carry_out(self, effect: SendOrder | CancelOrder) -> None:
        if isinstance(effect, SendOrder):
            outcome = await executor.send(effect.approved, self._broker, self._may_send)
            client_order_id = effect.approved.intent.client_order_id
            await self._tell(
                RecordOutcome(
                    actor=SYSTEM,
                    at=self._clock.now(),
                    cause=f"answer:{client_order_id}",
                    client_order_id=client_order_id,
                    outcome=outcome,
                )
            )
        else:
            # Whatever the venue answers, what became of the order is asked for again by `feeds.heal`.
            await executor.cancel(effect.client_order_id, self._broker)

    async def _look_up(self, effect: LookUpOrder) -> None:
        try:
            await self._ask_until_sure(effect)
        finally:
            self._activity.end()

    async def _ask_until_sure(self, effect: LookUpOrder) -> None:
        """Ask until the venue shows the order or its absence is proved; an unanswered question proves nothing."""
        asked_for = timedelta(0)
        for tries in range(LOOK_UPS_MAX):
            result = await executor.look_up(effect.client_order_id, self._broker)
            if isinstance(result, Found):
                await self._tell(self._finding(effect, result.order))
                return
            if not isinstance(result, NotFound):
                asked_for = timedelta(0)  # what was waited before a question that nobody answered proves nothing
            elif executor.proves_absent(asked_for, self._absent_after):
                await self._tell(self._finding(effect, None))
                return
            delay = executor.look_up_delay(tries)
            await self._activity.pause(self._timer, delay)
            asked_for += delay
        # Still in doubt: the command starts the next look-up, so that no order is left without an owner.
        await self._tell(replace(self._finding(effect, None), proved_absent=False))

    def _finding(self, effect: LookUpOrder, found: VenueOrder | None) -> RecordLookUp:
        return RecordLookUp(
            actor=SYSTEM,
            at=self._clock.now(),
            cause=f"look_up:{effect.client_order_id}",
            client_order_id=effect.client_order_id,
            intents=effect.intents,
            found=found,
            proved_absent=found is None,
        )

    async def _tell(self, command: Command) -> None:
        assert self._account is not None, "serve() comes first"
        await self._account.ask(command)
