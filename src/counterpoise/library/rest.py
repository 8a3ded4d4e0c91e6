"""When is nothing under way any more, and do ledger and venue agree then?"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime

from counterpoise.control import recovery
from counterpoise.control.feeds import heal
from counterpoise.control.reconciliation import Comparison, Reconciler
from counterpoise.domain.accounts import SYSTEM
from counterpoise.domain.decisions import TradingState
from counterpoise.domain.errors import CounterpoiseError, VenueUnavailable
from counterpoise.domain.time import format_time
from counterpoise.execution.reconciliation.causes import Explanation
from counterpoise.execution.reconciliation.watchlist import CONFIRMED_AFTER
from counterpoise.library import stopping
from counterpoise.library.starting import Running

ROUNDS_MAX = 10_000
"""Rounds after which an account that never comes to rest is a fault of ours."""

ENDS_EVERY_SECONDS = 0.2
ENDS_ASKED_MAX = 50
"""How often, and how many times, the venue is asked what became of cancelled orders; later rounds ask anyway."""


class Rest:
    """Brings one account to rest, as often as somebody wants."""

    def __init__(self, running: Running) -> None:
        self._parts = running.parts
        self._broker = running.broker
        self._account = running.account
        self._effects = running.effects
        self._supervisor = running.supervisor
        self._activity = running.activity
        self._watch = running.watch
        self._reconciler = Reconciler(running.account, running.broker, records=running.parts.replay_clock is None)

    async def recover(self, at: datetime) -> None:
        """After a start: obey a latched halt, take over what the venue did, settle what was in doubt, compare."""
        if self._parts.latch.is_engaged and self._is_opened:
            reason = "the HALT file was there at the start"
            await stopping.record(self._account, TradingState.HALTED, reason, SYSTEM, at, act=format_time(at))
        await recovery.settle_in_flight(self._account, self._broker, self._effects, at)
        await self.settle(at)
        await self.compare_until_sure(at)

    async def settle(self, at: datetime) -> None:
        """Return when nothing is under way: every answer recorded, every fill booked, every doubt looked up.

        A replay's clock is moved to the next timer whenever everything else waits for it.

        Raises:
            CounterpoiseError: what a task of the loop failed with.
        """
        for _ in range(ROUNDS_MAX):
            await self._activity.quiet()
            self._supervisor.raise_failure()
            clock = self._parts.replay_clock
            due = clock.next_timer() if clock else None
            if clock and due:
                clock.advance(due)
            elif not await self._heal(at):
                return
        raise CounterpoiseError(f"account {self._account.view.account} did not come to rest within {ROUNDS_MAX} rounds")

    async def compare(self, at: datetime) -> Comparison | None:
        """Hold the book against the venue's; a difference that is read twice opens a break, agreement settles it.

        None when a fill came between, so that nothing was compared.

        Raises:
            VenueUnavailable: the venue did not answer; nothing is concluded from that.
        """
        seen = await self._reconciler.compare(at)
        if seen is not None:
            self._watch.pulse.compared(self._parts.wall.now(), agreed=seen.agrees)
        return seen

    async def compare_until_sure(self, at: datetime) -> Comparison | None:
        """As `compare`; what differs is read again as soon as that tells whether it counts.

        Raises:
            VenueUnavailable: the venue did not answer.
        """
        seen = await self.compare(at)
        if seen is None or seen.watched.next_read is None:
            return seen
        wait = min(seen.watched.next_read - at, CONFIRMED_AFTER)
        if self._parts.replay_clock is not None:
            self._parts.replay_clock.advance(at + wait)
        else:
            await self._parts.timer.wait(wait, lambda: None)
        await self.settle(at + wait)
        return await self.compare(at + wait) or seen

    async def explain(self, seen: Comparison) -> tuple[Explanation, ...]:
        """What makes the differences, the likeliest first.

        Raises:
            VenueUnavailable: the venue did not answer.
        """
        return await self._reconciler.explain(seen, self._parts.journal)

    async def follow_ends(self) -> None:
        """After a halt, ask the venue soon and again what became of the orders that were to end."""
        for _ in range(ENDS_ASKED_MAX):
            await asyncio.sleep(ENDS_EVERY_SECONDS)
            with suppress(VenueUnavailable):
                await self._heal(self._parts.clock.now())
            orders = self._account.view.state.orders.values()
            if not any(order.status.is_open and order.cancel_requested for order in orders):
                return

    @property
    def _is_opened(self) -> bool:
        return bool(self._account.view.sequence)

    async def _heal(self, at: datetime) -> bool:
        # Asked also while no order is open: a fill may have crossed the end of the last one.
        if not self._is_opened:
            return False
        news = await heal(self._account, self._broker, at)
        self._watch.pulse.venue(self._parts.wall.now())
        return news
