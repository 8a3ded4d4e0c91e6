"""How are past prices replayed through the real loop, day by day, so that a killed replay goes on where it was?

A date means 16:00 in the account's zone. Each day has the same steps, each of which either left a fact, or left
the venue's session where it was, or changed nothing; so after a restart the steps that were done are known.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from counterpoise.demo.momentum import STRATEGY, Closes, Momentum
from counterpoise.domain.accounts import AccountKind, AccountTerms, Actor, Scope, TradingMode, lot_method_of
from counterpoise.domain.instruments import Instrument, Symbol, instrument_id
from counterpoise.domain.limits import INVESTOR, ModePolicy, PortfolioConstraints
from counterpoise.domain.plans import PlanScope, SizingPolicy, Target, Untargeted
from counterpoise.domain.price_history import PriceHistory
from counterpoise.domain.time import at_local, day_start
from counterpoise.execution.run import SELL_WAIT
from counterpoise.library.opening import Opening
from counterpoise.library.plane import Counterpoise

ALLOCATION_STRATEGY = "allocation"
CLOSE_HOUR = 16
OWNER = Actor(name="owner", scope=Scope.ADMIN, fresh=True)
BOT = Actor(name=STRATEGY, scope=Scope.PROPOSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayPlan:
    """What is replayed, and on which terms.

    Attributes:
        fill_same: Orders fill at the price that they were decided at; else at the next day's.
        bot: The strategy that proposes candidates, or None.
    """

    account: str
    history: PriceHistory
    instruments: tuple[Instrument, ...]
    targets: tuple[Target, ...]
    policy: SizingPolicy
    cash: Decimal
    time_zone: str = "America/New_York"
    currency: str = "USD"
    preset: str = "investor"
    constraints: PortfolioConstraints = INVESTOR
    mode_policy: ModePolicy = field(default_factory=lambda: ModePolicy(ladder_release_auto=True))
    fill_same: bool = False
    bot: Momentum | None = None

    def opened_at(self) -> datetime:
        """The account begins with the first day of the prices."""
        return day_start(self.history.days[0], self.time_zone)

    def opening(self) -> Opening:
        """The account's first facts."""
        terms = AccountTerms(
            kind=AccountKind.CASH,
            base_currency=self.currency,
            time_zone=self.time_zone,
            venue="paper",
            mode=TradingMode.PAPER,
            lot_method=lot_method_of(AccountKind.CASH),
            fee_rate=self.policy.fee_rate,
        )
        return Opening(
            name=self.account,
            terms=terms,
            instruments=self.instruments,
            cash=self.cash,
            preset=self.preset,
            constraints=self.constraints,
            mode_policy=self.mode_policy,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DayDone:
    """Said to whoever watches after each day."""

    number: int
    days: int
    day: date
    equity: Decimal


def account_policy(
    threshold_pct: Decimal, fee_bps: Decimal, slippage_bps: Decimal, base: SizingPolicy | None = None
) -> SizingPolicy:
    """How an account's own targets are rebalanced: a strict band, only what drifted, the venue's costs counted."""
    base = base or SizingPolicy()
    return SizingPolicy(
        min_trade_notional=base.min_trade_notional,
        rounding=base.rounding,
        drift_threshold_pct=threshold_pct,
        scope=PlanScope.DRIFTED,
        untargeted=Untargeted.KEEP,
        fee_rate=fee_bps.scaleb(-4),
        collar_pct=slippage_bps.scaleb(-2),
    )


def listed(
    symbols: tuple[Symbol, ...], currency: str, known: Mapping[Symbol, Instrument] | None = None
) -> tuple[Instrument, ...]:
    """Instruments of the paper venue for the columns of a price file."""
    return tuple(
        (known or {}).get(symbol)
        or Instrument(
            instrument_id=instrument_id("paper", symbol), symbol=symbol, venue="paper", quote=currency, source="file"
        )
        for symbol in symbols
    )


async def replay(
    plane: Counterpoise,
    plan: ReplayPlan,
    on_day: Callable[[DayDone], None],
    next_day: Callable[[], Awaitable[bool]] | None = None,
) -> bool:
    """Drive the loop over every day of the prices, from the first or from where a killed replay was.

    Args:
        plane: The account.
        plan: What is replayed.
        on_day: Hears of each day that is done.
        next_day: Waited for after each day; False ends the replay there, to be continued another time.

    Returns whether the last day was reached.
    """
    await begin(plane, plan)
    history = plan.history
    resumed = plane.started_day
    keep = plan.bot.window_days if plan.bot else 1
    closes: deque[Closes] = deque(maxlen=keep)
    for number, day in enumerate(history.days):
        prices = history.traded_on(number)
        closes.append(prices)
        if resumed is not None and day < resumed:
            continue
        with plane.watch.step():
            await _Day(plane, plan, number, prices, closes).run(resumed=day == resumed)
            on_day(DayDone(number=number + 1, days=len(history.days), day=day, equity=plane.equity))
        if next_day is not None and not await next_day():
            return False
    await _end(plane, plan)
    return True


@dataclass(frozen=True, slots=True)
class _Day:
    """One day of the replay."""

    plane: Counterpoise
    plan: ReplayPlan
    number: int
    prices: Closes
    closes: deque[Closes]

    @property
    def day(self) -> date:
        return self.plan.history.days[self.number]

    @property
    def at(self) -> datetime:
        return at_local(self.day, CLOSE_HOUR, self.plan.time_zone)

    async def run(self, *, resumed: bool) -> None:
        """Steps of a day in their order; a resumed day skips what its traces say was done."""
        plane, slot = self.plane, self.day.isoformat()
        venue = plane.venue
        begin = day_start(self.day, self.plan.time_zone)
        plane.advance_clock(begin)
        await plane.start_day(self.day, begin)
        plane.advance_clock(self.at)
        plane.observe(self.prices, self.at)
        if resumed:
            await plane.recover(self.at)
        session = venue.session()
        if session.at is None or session.at < self.at:
            await plane.assess(self.at)
            await venue.open_session(self.at, self.prices)
            session = venue.session()
        if session.is_open:
            await self._trade(slot)
            await venue.close_session()
        await plane.settle(self.at)
        if not self.plan.fill_same:
            await self._decide(slot)

    async def _trade(self, slot: str) -> None:
        """While the market is open: what waits fills, sales release purchases, the end of the wait does too."""
        await self.plane.settle(self.at)
        if self.plan.fill_same:
            await self._decide(slot)
        for sell_wait_over in (False, True):
            if self.plane.has_runs:
                self.plane.advance_clock(self.at + SELL_WAIT * sell_wait_over)
                await self.plane.advance_runs(OWNER, self.at, sell_wait_over=sell_wait_over)
                await self.plane.settle(self.at)

    async def _decide(self, slot: str) -> None:
        """The owner's drift check, then the bot's evaluation, on the prices of this day."""
        if self.plane.was_judged(STRATEGY, slot):
            return
        if self.plan.targets:
            await self.plane.rebalance(ALLOCATION_STRATEGY, slot, OWNER, self.at)
            await self.plane.settle(self.at)
        bot = self.plan.bot
        if bot is not None and bot.is_due(self.number):
            held = self.plane.units_of(STRATEGY)
            candidates = bot.propose(self.number, tuple(self.closes), held, self.plane.equity)
            await self.plane.judge(STRATEGY, slot, candidates, BOT, self.at)
            await self.plane.settle(self.at)


async def begin(plane: Counterpoise, plan: ReplayPlan) -> None:
    """Open the account unless it was opened before; every step here has no second effect."""
    at = plan.opened_at()
    await plane.venue.deposit(plan.cash, "opening cash")
    await plane.open_account(plan.opening(), OWNER, at)
    if plan.targets:
        await plane.set_targets(ALLOCATION_STRATEGY, plan.targets, plan.policy, OWNER, at)
    if plan.bot is not None:
        await plane.set_strategy(STRATEGY, OWNER, at)


async def _end(plane: Counterpoise, plan: ReplayPlan) -> None:
    """After the last price nothing can fill any more: open orders expire and their runs end."""
    at = at_local(plan.history.days[-1], CLOSE_HOUR, plan.time_zone)
    await plane.venue.end()
    await plane.settle(at)
    await plane.compare(at)
    await plane.keep_state()
