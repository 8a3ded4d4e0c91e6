"""The whole loop as one object: `async with Counterpoise.open(...) as plane` owns the data and runs the account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date, datetime
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

from counterpoise import wiring
from counterpoise.access.policies import admit
from counterpoise.control import cycle, market, readmodels, recovery
from counterpoise.control.account import Account
from counterpoise.control.activity import Activity
from counterpoise.control.commands import (
    ChangeTradingState,
    Command,
    OpenAccount,
    RecordCashFlow,
    RequestCancel,
    SetStrategy,
    SetTargets,
)
from counterpoise.control.decision import Answer
from counterpoise.control.effects import Effects
from counterpoise.control.feeds import heal
from counterpoise.control.tally import Tally, tally
from counterpoise.control.tasks import Supervisor
from counterpoise.control.verify import VerifyReport, checkpoint_of, verify
from counterpoise.domain.accounts import (
    SYSTEM,
    AccountId,
    Actor,
    Scope,
    StrategyName,
)
from counterpoise.domain.decisions import CandidateTrade, StateCause, TradingState
from counterpoise.domain.errors import ConfigurationError, CounterpoiseError, PolicyRefused
from counterpoise.domain.instruments import Symbol, check_text
from counterpoise.domain.numbers import ZERO, exact, from_python
from counterpoise.domain.plans import SizingPolicy, Target
from counterpoise.domain.time import format_time
from counterpoise.execution.run import SELL_WAIT
from counterpoise.library.opening import Opening

OWNER = Actor(name="owner", scope=Scope.ADMIN)
"""Who runs the process on this machine; fresh only where something has just checked who it is."""

SETTLE_MAX = 10_000
"""Rounds after which an account that never comes to rest is a fault of ours."""


class Counterpoise:
    """One running account with its journal, venue and clock."""

    def __init__(
        self, parts: wiring.Parts, account: Account, effects: Effects, supervisor: Supervisor, activity: Activity
    ) -> None:
        assert parts.broker is not None, "an account that trades has a venue"
        self.parts = parts
        self._broker = parts.broker
        self._account = account
        self._effects = effects
        self._supervisor = supervisor
        self._activity = activity

    @classmethod
    @asynccontextmanager
    async def run(cls, parts: wiring.Parts, account_id: AccountId) -> AsyncIterator[Counterpoise]:
        """Load the account, claim its writer's seat and serve it until the block ends.

        Raises:
            JournalCorrupt: the journal is not what was written.
            ConfigurationError: the parts have no venue.
        """
        if parts.broker is None:
            raise ConfigurationError("an account that trades needs a venue")
        activity = Activity()
        async with Supervisor(activity.give_up) as supervisor:
            state = await recovery.load(parts.journal, account_id, parts.journal.key, await parts.journal.anchors())
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
            account = recovery.serve(state, parts.journal, parts.clock, activity, effects)
            supervisor.start("account", account.serve())
            for number, upkeep in enumerate(parts.upkeep):
                supervisor.start(f"upkeep.{number}", upkeep())
            yield cls(parts, account, effects, supervisor, activity)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, data_dir: Path, opening: Opening | None = None, *, command: str = "library"
    ) -> AsyncIterator[Counterpoise]:
        """Own `data_dir` and run its account on the paper venue, at the prices that `tick` brings.

        Enters exact arithmetic for the block. The first start needs an `opening`; later ones go on from the journal.

        Raises:
            DataFolderInUse: another process owns the folder.
            ConfigurationError: the folder cannot be used, or holds no account and none is opened.
        """
        with exact():
            settings = wiring.settings_of(data_dir)
            currency = opening.terms.base_currency if opening else "USD"
            parts = wiring.live_parts(settings, command, currency)
            try:
                known = await parts.journal.accounts()
                if not known and opening is None:
                    raise ConfigurationError(f"no account in {data_dir}: open it once with an Opening")
                name = known[0] if known else opening.name if opening else ""
                async with cls.run(parts, name) as plane:
                    await plane.begin(opening)
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

    async def record_cash_flow(
        self, amount: Decimal, reference: str, actor: Actor = OWNER, at: datetime | None = None
    ) -> Answer:
        """Cash came in (> 0) or left (< 0): at the venue first, then as a fact; the reference makes it one act.

        Raises:
            InvalidInput: zero, or more than there is to withdraw.
        """
        at = at or self.parts.clock.now()
        amount = from_python(amount, "amount")
        check_text(reference, "reference")
        admit(RecordCashFlow.__name__, actor)
        venue = self.parts.venue
        if venue is not None and amount > ZERO:
            await venue.deposit(amount, reference)
        elif venue is not None and amount:
            await venue.withdraw(-amount, reference)
        return await self._ask(
            RecordCashFlow(actor=actor, at=at, cause=f"cash/{reference}", amount=amount, reference=reference)
        )

    async def start_day(self, day: date, at: datetime) -> Answer:
        """A trading day of the account's zone has begun."""
        return await market.start_day(self._account, day, at)

    def observe(self, prices: Mapping[Symbol, Decimal], at: datetime) -> None:
        """Value the book at these prices; nothing is recorded."""
        market.observe(self._account, prices, at)

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
        return await cycle.judge(self._account, actor, strategy, slot, at or self.parts.clock.now(), candidates)

    async def rebalance(
        self, strategy: StrategyName, slot: str, actor: Actor = OWNER, at: datetime | None = None
    ) -> Answer:
        """Bring an allocation back to its targets if it has drifted; a slot fires once."""
        at = at or self.parts.clock.now()
        return await cycle.rebalance(self._account, self._broker, actor, strategy, slot, at)

    async def advance_runs(self, actor: Actor, at: datetime, *, sell_wait_over: bool = False) -> None:
        """Let runs go on: the market has opened, or the wait for sales is over."""
        await cycle.advance_runs(self._account, actor, at, sell_wait_over=sell_wait_over)

    async def tick(self, prices: Mapping[Symbol, Decimal], at: datetime | None = None) -> None:
        """New prices: value the book, let working orders match, record what a kept figure depends on."""
        now = at or self.parts.clock.now()
        exact_prices = {symbol: from_python(price, f"price of {symbol}") for symbol, price in sorted(prices.items())}
        self.observe(exact_prices, now)
        await self.assess(now)
        for symbol, price in exact_prices.items():
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
        admit(ChangeTradingState.__name__, actor)
        at = at or self.parts.clock.now()
        try:
            self.parts.latch.engage(reason)
        finally:  # a latch that cannot be written is no reason to leave the halt unrecorded, or orders working
            answer = await self._change_state(TradingState.HALTED, reason, actor, at)
            await self._cancel_all(reason, at)
        return answer

    async def _cancel_all(self, reason: str, at: datetime) -> None:
        """Ask for the end of every order that may still fill."""
        for key, order in sorted(self._account.view.state.orders.items()):
            if order.status.is_open:
                cause = f"halt/{key}/{format_time(at)}"
                await self._ask(RequestCancel(actor=SYSTEM, at=at, cause=cause, client_order_id=key, reason=reason))

    async def resume(self, reason: str, actor: Actor, at: datetime | None = None) -> Answer:
        """Trade again; leaving HALTED, or a latched halt that is no fact yet, needs a fresh actor and a reason.

        Raises:
            PolicyRefused: the actor may not.
        """
        may = actor.fresh and actor.scope in (Scope.TRADE, Scope.ADMIN) and bool(reason.strip())
        if self.parts.latch.is_engaged and not may:
            raise PolicyRefused(f"un-halting needs a reason and {actor.name} to sign in again")
        answer = await self._change_state(TradingState.ACTIVE, reason, actor, at or self.parts.clock.now())
        self.parts.latch.release()
        return answer

    # --- coming to rest ---

    async def recover(self, at: datetime) -> None:
        """After a start: obey a latched halt, take over what the venue did, settle what was in doubt, compare."""
        if self.parts.latch.is_engaged and self.is_opened:
            await self._change_state(TradingState.HALTED, "the HALT file was there at the start", SYSTEM, at)
        await recovery.settle_in_flight(self._account, self._broker, self._effects, at)
        await self.settle(at)
        await recovery.compare(self._account, self._broker, at)

    async def settle(self, at: datetime | None = None) -> None:
        """Return when nothing is under way: every answer recorded, every fill booked, every doubt looked up.

        A replay's clock is moved to the next timer whenever everything else waits for it.

        Raises:
            CounterpoiseError: what a task of the loop failed with.
        """
        at = at or self.parts.clock.now()
        for _ in range(SETTLE_MAX):
            await self._activity.quiet()
            self._supervisor.raise_failure()
            clock = self.parts.replay_clock
            due = clock.next_timer() if clock else None
            if clock and due:
                clock.advance(due)
            elif not await self._heal(at):
                return
        raise CounterpoiseError(f"account {self.account_id} did not come to rest within {SETTLE_MAX} rounds")

    async def keep_state(self) -> None:
        """Keep the folded state, so that a later verification can hold it against the facts."""
        view = self._account.view
        kept = checkpoint_of(view.book, view.sequence, view.epoch, version("counterpoise"))
        await self.parts.checkpoints.save(self.account_id, kept)

    async def _heal(self, at: datetime) -> bool:
        # Asked also while no order is open: a fill may have crossed the end of the last one.
        return self.is_opened and await heal(self._account, self._broker, at)

    async def _change_state(self, state: TradingState, reason: str, actor: Actor, at: datetime) -> Answer:
        return await self._ask(
            ChangeTradingState(
                actor=actor,
                at=at,
                cause=f"state/{state}/{format_time(at)}",
                state=state,
                state_cause=StateCause.PERSON,
                reason=reason,
            )
        )

    async def _ask(self, command: Command) -> Answer:
        return await self._account.ask(command)
