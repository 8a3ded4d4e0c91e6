"""The whole loop as one object: `async with Counterpoise.open(...) as plane` owns the data and runs the account."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from datetime import date, datetime
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

from counterpoise import wiring
from counterpoise.control import cycle, market, readmodels
from counterpoise.control.commands import (
    OpenAccount,
    SetStrategy,
    SetTargets,
)
from counterpoise.control.decision import Answer
from counterpoise.control.tally import Tally, tally
from counterpoise.control.verify import VerifyReport, checkpoint_of, verify
from counterpoise.domain.accounts import (
    OWNER,
    SYSTEM,
    AccountId,
    Actor,
    StrategyName,
)
from counterpoise.domain.decisions import CandidateTrade, TradingState
from counterpoise.domain.errors import ConfigurationError
from counterpoise.domain.instruments import Symbol
from counterpoise.domain.numbers import exact, from_python
from counterpoise.domain.plans import SizingPolicy, Target
from counterpoise.domain.time import day_start, format_time, trading_day
from counterpoise.execution.run import SELL_WAIT
from counterpoise.library import stopping, upkeep
from counterpoise.library.balances import Balances
from counterpoise.library.bookkeeping import Bookkeeping
from counterpoise.library.opening import Opening, account_to_run
from counterpoise.library.reconciling import Reconciles
from counterpoise.library.rest import Rest
from counterpoise.library.screen import Screen
from counterpoise.library.starting import Running, running
from counterpoise.library.statements import is_statement
from counterpoise.portfolio.curve import CurvePoint


class Counterpoise(Bookkeeping, Reconciles):
    """One running account with its journal, venue and clock.

    Attributes:
        watch: What people see of it beside the book.
        screen: The read models as they are shown.
        balances: How much there is, by source; sizing, affordability and what is entered by hand.
    """

    def __init__(self, running: Running) -> None:
        super().__init__(running.parts, running.account)
        self.watch = running.watch
        self.screen = Screen(running.account.view, running.watch, running.parts.clock)
        self._broker = running.broker
        self._effects = running.effects
        self._supervisor = running.supervisor
        self._activity = running.activity
        self._rest = Rest(running)
        self._kept = 0  # sequence of the state that was kept last
        self.balances = Balances(running, self._rest)

    @classmethod
    @asynccontextmanager
    async def run(cls, parts: wiring.Parts, account_id: AccountId) -> AsyncIterator[Counterpoise]:
        """Load the account, claim its writer's seat and serve it until the block ends.

        Raises:
            JournalCorrupt: the journal is not what was written.
            ConfigurationError: the parts have no venue.
        """
        async with running(parts, account_id) as found:
            yield cls(found)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        data_dir: Path | None = None,
        opening: Opening | None = None,
        *,
        url: str | None = None,
        account: AccountId | None = None,
        command: str = "library",
    ) -> AsyncIterator[Counterpoise]:
        """Own `data_dir` and run its account on the paper venue, at the prices that `tick` brings.

        Enters exact arithmetic for the block. The first start needs an `opening`; later ones go on from the journal.

        Args:
            data_dir: Folder of key, anchors, lock and venue; the environment's or the user's own unless stated.
            opening: With what the account begins.
            url: Where the journal is when it is not in the folder: `sqlite:///…` or `postgresql://…`.
            account: Which account, when the journal holds several.
            command: How others are told of this process.

        Raises:
            DataFolderInUse: another process owns the folder.
            JournalRefused: another process writes the account.
            ConfigurationError: the folder or the journal cannot be used, or holds no account and none is opened.
        """
        with exact():
            settings = wiring.settings_of(data_dir, url)
            currency = opening.terms.base_currency if opening else "USD"
            parts = wiring.live_parts(settings, command, currency)
            try:
                journal = parts.journal
                known = tuple([name for name in await journal.accounts() if not await is_statement(journal, name)])
                name = account_to_run(known, account, opening, settings.data_dir, is_shared=parts.is_shared)
                async with cls.run(parts, name) as plane:
                    await plane.begin(opening)
                    await plane.keep_up()
                    yield plane
                    await plane.keep_state()
            finally:
                await parts.close()

    async def begin(self, opening: Opening | None) -> None:
        """Open the account if this is the first start, then settle what an earlier process left."""
        now = self.parts.clock.now()
        if not self.is_opened and opening is not None:
            if opening.cash:
                await self.venue.deposit(opening.cash, "opening cash")
            await self.open_account(opening, OWNER, now)
        await self.recover(now)

    async def keep_up(self) -> None:
        """From now on begin days, ask the venue and keep the curve by itself, as a live account must."""
        clock = self.parts.wall
        series = self.parts.series(self.account_id) if self.parts.series else None
        for point in await upkeep.kept_points(series):
            self.watch.curve.add(point)
        for name, work in upkeep.of_live_account(self, series, clock).items():
            self._supervisor.start(name, work)

    # --- what is known ---

    @property
    def account_id(self) -> AccountId:
        """Whose loop this is."""
        return self._account.view.account

    @property
    def is_opened(self) -> bool:
        """Whether the account has its first facts."""
        return bool(self._account.view.sequence)

    @property
    def time_zone(self) -> str:
        """In which the account's days begin."""
        return self._account.view.state.opened.time_zone

    @property
    def has_runs(self) -> bool:
        """Whether a run is in progress."""
        return bool(self._account.view.state.runs)

    @property
    def venue(self) -> market.Sessions:
        """The paper venue's own controls: sessions, deposits.

        Raises:
            ConfigurationError: the account trades elsewhere.
        """
        if self.parts.venue is None:
            raise ConfigurationError("this account does not trade on the paper venue")
        return self.parts.venue

    def advance_clock(self, to: datetime) -> None:
        """Move a replay's clock; real time needs no pushing."""
        if self.parts.replay_clock is not None:
            self.parts.replay_clock.advance(to)

    @property
    def equity(self) -> Decimal:
        """At the live marks, account currency."""
        return self._account.view.live_equity

    @property
    def is_running(self) -> bool:
        """Whether the account's writer and everything else that it needs still runs."""
        return not self._supervisor.failed.is_set()

    def look_after(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[Any]:
        """Run `work` for as long as the account runs; when it fails, the account has failed."""
        return self._supervisor.start(name, work)

    def on_failure(self, call: Callable[[], None]) -> None:
        """Call when something that the account needs has failed; `raise_failure` then says what."""
        self._supervisor.on_failure(call)

    def raise_failure(self) -> None:
        """Raise what the first failed task raised, if one has."""
        self._supervisor.raise_failure()

    def knows(self, symbol: Symbol) -> bool:
        """Whether the symbol is one of the account's."""
        return symbol in self._account.view.state.symbols

    def may_be_negative(self, symbol: Symbol) -> bool:
        """Whether the instrument may have a price below zero."""
        state = self._account.view.state
        return state.instruments[state.symbols[symbol]].negative_price_allowed

    @property
    def started_day(self) -> date | None:
        """The trading day whose start was recorded last."""
        return self._account.view.state.drawdown.day

    def was_judged(self, strategy: StrategyName, slot: str) -> bool:
        """Whether this strategy's last judgement was that slot's."""
        return self._account.view.state.acts.get(f"judged:{strategy}") == cycle.judge_cause(strategy, slot)

    def units_of(self, strategy: StrategyName) -> dict[Symbol, Decimal]:
        """What a strategy owns, signed units by symbol."""
        return readmodels.units_of(self._account.view, strategy)

    def overview(self) -> readmodels.Overview:
        """The read models at the live marks."""
        return readmodels.overview(self._account.view, self.parts.clock.now())

    def digest(self) -> str:
        """Of the folded state."""
        return self._account.view.book.digest()

    async def tally(self) -> Tally:
        """Counts over the whole journal."""
        return await tally(self.parts.journal, self.account_id)

    async def verify(self) -> VerifyReport:
        """Build the state anew from the bytes and hold it against the live one."""
        journal = self.parts.journal
        return await verify(
            journal, self.parts.checkpoints, self.account_id, journal.key, await journal.anchors(), self.digest()
        )

    # --- what can be told ---

    async def open_account(self, opening: Opening, actor: Actor, at: datetime) -> Answer:
        """Write the account's first facts; an account that has them stays as it is."""
        return await self._ask(
            OpenAccount(
                actor=actor,
                at=at,
                cause="open",
                name=opening.name,
                terms=opening.terms,
                instruments=opening.instruments,
                opening_cash=opening.cash,
                preset=opening.preset,
                constraints=opening.constraints,
                mode_policy=opening.mode_policy,
            )
        )

    async def set_targets(
        self,
        strategy: StrategyName,
        targets: tuple[Target, ...],
        policy: SizingPolicy,
        actor: Actor = OWNER,
        at: datetime | None = None,
    ) -> Answer:
        """Say what an allocation wants to hold."""
        at = at or self.parts.clock.now()
        cause = f"targets/{strategy}/{format_time(at)}"
        return await self._ask(
            SetTargets(actor=actor, at=at, cause=cause, strategy=strategy, targets=targets, policy=policy)
        )

    async def set_strategy(
        self, strategy: StrategyName, actor: Actor = OWNER, at: datetime | None = None, *, enabled: bool = True
    ) -> Answer:
        """Let a strategy propose, or not."""
        at = at or self.parts.clock.now()
        cause = f"strategy/{strategy}/{format_time(at)}"
        return await self._ask(SetStrategy(actor=actor, at=at, cause=cause, strategy=strategy, enabled=enabled))

    async def start_day(self, day: date, at: datetime) -> Answer:
        """A trading day of the account's zone has begun."""
        return await market.start_day(self._account, day, at)

    async def start_today(self, now: datetime) -> None:
        """Record that the trading day of `now` has begun, unless it has."""
        day = trading_day(now, self.time_zone)
        started = self.started_day
        if started is None or started < day:
            await self.start_day(day, day_start(day, self.time_zone))

    def sample(self, at: datetime) -> tuple[CurvePoint, tuple[datetime, ...]]:
        """Put the live equity on the curve; returns the point and the instants that were thinned out."""
        return self.watch.sample(self._account.view, at)

    def observe(self, prices: Mapping[Symbol, Decimal], at: datetime) -> None:
        """Value the book at these prices; nothing is recorded."""
        market.observe(self._account, prices, at)
        symbols = self._account.view.state.symbols
        for symbol in prices:
            self.watch.priced(symbols[symbol], at)
        self.watch.ring()

    async def assess(self, at: datetime) -> Answer:
        """Record the observed prices if a figure that is kept depends on them."""
        return await market.assess(self._account, at)

    async def judge(
        self,
        strategy: StrategyName,
        slot: str,
        candidates: tuple[CandidateTrade, ...],
        actor: Actor = OWNER,
        at: datetime | None = None,
    ) -> Answer:
        """Let the gate judge candidates and send what it allows."""
        return await cycle.judge(
            self._account, self._broker, actor, strategy, slot, at or self.parts.clock.now(), candidates
        )

    async def rebalance(
        self, strategy: StrategyName, slot: str, actor: Actor = OWNER, at: datetime | None = None
    ) -> Answer:
        """Bring an allocation back to its targets if it has drifted; a slot fires once."""
        at = at or self.parts.clock.now()
        return await cycle.rebalance(self._account, self._broker, actor, strategy, slot, at)

    async def advance_runs(self, actor: Actor, at: datetime, *, sell_wait_over: bool = False) -> None:
        """Let runs go on: the market has opened, or the wait for sales is over."""
        await cycle.advance_runs(self._account, self._broker, actor, at, sell_wait_over=sell_wait_over)

    async def tick(self, prices: Mapping[Symbol, Decimal], at: datetime | None = None) -> None:
        """New prices: value the book, let working orders match, record what a kept figure depends on."""
        now = at or self.parts.clock.now()
        exact_prices = {symbol: from_python(price, f"price of {symbol}") for symbol, price in sorted(prices.items())}
        self.observe(exact_prices, now)
        await self.assess(now)
        view = self._account.view
        for symbol, price in exact_prices.items():
            if view.live_marks[view.state.symbols[symbol]].at <= now:  # a late price values nothing and trades nothing
                await self.venue.set_price(symbol, price, now)
        await self.settle(now)
        runs = self._account.view.state.runs.values()
        if any(now - run.started_at >= SELL_WAIT for run in runs):
            await self.advance_runs(OWNER, now, sell_wait_over=True)
            await self.settle(now)

    async def halt(self, reason: str, actor: Actor = OWNER, at: datetime | None = None) -> Answer:
        """Send nothing from now on; fills still book. The latch holds before the queue is even asked.

        Raises:
            PolicyRefused: the actor may only read.
        """
        return await self.change_state(TradingState.HALTED, reason, actor, at)

    async def resume(self, reason: str, actor: Actor, at: datetime | None = None) -> Answer:
        """Trade again; leaving HALTED, or a latched halt that is no fact yet, needs a fresh actor and a reason.

        Raises:
            PolicyRefused: the actor may not.
        """
        return await self.change_state(TradingState.ACTIVE, reason, actor, at)

    async def change_state(self, state: TradingState, reason: str, actor: Actor, at: datetime | None = None) -> Answer:
        """Halt, reduce or resume. Who repeats what it said gives the same `at`, and has one effect.

        Raises:
            PolicyRefused: the actor may not.
        """
        now = at or self.parts.clock.now()
        # Without a time of its own each call is an act: a replay's clock stands still between two of them.
        act = format_time(now) if at else f"{format_time(now)}/{self._account.view.sequence}"
        return await stopping.change(self._account, self.parts.latch, state, reason, actor, now, act=act)

    @property
    def is_latched_only(self) -> bool:
        """Whether the latch is engaged and no fact says so: somebody has put a HALT file beside the data."""
        halted = self._account.view.state.trading_state is TradingState.HALTED
        return self.is_opened and not halted and self.parts.latch.is_engaged

    async def halt_as_latched(self) -> None:
        """Make that halt a fact, and end what works."""
        await self.change_state(TradingState.HALTED, "the HALT file is there", SYSTEM)
        self.follow_ends()

    def follow_ends(self) -> None:
        """After a halt, ask the venue soon and again what became of the orders that were to end."""
        self._supervisor.start("halt.ends", self._rest.follow_ends())

    # --- coming to rest ---

    async def recover(self, at: datetime) -> None:
        """After a start: obey a latched halt, take over what the venue did, settle what was in doubt, compare."""
        await self._rest.recover(at)

    async def compare(self, at: datetime | None = None) -> None:
        """Hold the book against the venue's; a difference that is read twice opens a break, agreement settles it.

        Raises:
            VenueUnavailable: the venue did not answer; nothing is concluded from that.
        """
        await self._rest.compare(at or self.parts.clock.now())

    async def settle(self, at: datetime | None = None) -> None:
        """Return when nothing is under way: every answer recorded, every fill booked, every doubt looked up.

        Raises:
            CounterpoiseError: what a task of the loop failed with.
        """
        await self._rest.settle(at or self.parts.clock.now())

    async def keep_state(self) -> None:
        """Keep the folded state: readers begin from it, and a later verification can hold it against the facts.

        Nothing is kept where nothing came since, or while the last facts are not durable yet.

        Raises:
            JournalRefused: it could not be written; nothing is lost.
        """
        view = self._account.view
        if view.sequence == self._kept:
            return
        kept = checkpoint_of(view.book, view.sequence, view.epoch, version("counterpoise"))
        if (await self.parts.journal.last(self.account_id)).sequence >= kept.sequence:
            await self.parts.checkpoints.save(self.account_id, kept)
            self._kept = kept.sequence
