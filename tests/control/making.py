"""An account under a test's hand: `Desk` decides commands on a state alone, `Floor` runs the loop on fakes.

Every command that a `Desk` decides is decided twice on the same state, and the state must not have moved: that
`decide` is pure is checked by every test that uses one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from types import TracebackType
from typing import Self

from counterpoise.adapters.brokers.scripted import ScriptedBroker
from counterpoise.adapters.clocks import ReplayClock
from counterpoise.control import commands, recovery
from counterpoise.control.account import Account
from counterpoise.control.activity import Activity
from counterpoise.control.commands import Command
from counterpoise.control.confirmed import is_confirmed
from counterpoise.control.decide import decide
from counterpoise.control.decision import Answer, CancelOrder, Decision, Effect, LookUpOrder, SendOrder
from counterpoise.control.effects import Effects
from counterpoise.control.feeds import heal
from counterpoise.control.state import ControlState
from counterpoise.control.statements import refresh
from counterpoise.control.tasks import Supervisor
from counterpoise.domain.accounts import AccountKind, AccountTerms, Actor, Scope, TradingMode, lot_method_of
from counterpoise.domain.decisions import CandidateTrade, StateCause, TradingState
from counterpoise.domain.facts import Fact, StatementRead
from counterpoise.domain.instruments import Instrument, instrument_id
from counterpoise.domain.limits import ModePolicy, PortfolioConstraints
from counterpoise.domain.marks import Mark
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.orders import Side
from counterpoise.domain.plans import SizingPolicy, Target
from counterpoise.domain.statements import Break, VenueAccount, VenueFill
from counterpoise.ledger.journal import InMemoryJournal
from counterpoise.portfolio.fold import Book
from counterpoise.portfolio.state import OrderState, Statement
from counterpoise.risk.gate import Approved

D = Decimal
VENUE = "scripted"
START = datetime(2024, 1, 3, 15, tzinfo=UTC)  # a Wednesday
OWNER = Actor(name="owner", scope=Scope.ADMIN, fresh=True)
STALE_OWNER = replace(OWNER, fresh=False)
BOT = Actor(name="trend", scope=Scope.PROPOSE)
TREND = "trend"
CORE = "core"
ACCOUNT = "main"
WIDE = PortfolioConstraints(
    max_positions=20,
    max_positions_per_symbol=5,
    max_total_risk_pct=D(100),
    max_per_trade_risk_pct=D(100),
    max_symbol_concentration_pct=D(100),
    max_sector_concentration_pct=D(100),
    max_leverage=D(1),
    max_long_exposure_pct=D(100),
    max_short_exposure_pct=ZERO,
    max_net_exposure_pct=D(100),
)
"""Limits that nothing here meets, so that a test meets only the one that it is about."""


def instrument(symbol: str, *, lot: str = "1e-9", multiplier: str = "1", quote: str = "USD") -> Instrument:
    return Instrument(
        instrument_id=instrument_id(VENUE, symbol),
        symbol=symbol,
        venue=VENUE,
        quote=quote,
        sector=f"of {symbol}",
        lot=D(lot),
        multiplier=D(multiplier),
    )


def open_account(
    *symbols: str,
    cash: str = "10000",
    kind: AccountKind = AccountKind.CASH,
    limits: PortfolioConstraints = WIDE,
    policy: ModePolicy | None = None,
    zone: str = "UTC",
    listed: Sequence[Instrument] = (),
    cause: str = "open",
) -> commands.OpenAccount:
    return commands.OpenAccount(
        actor=OWNER,
        at=START,
        cause=cause,
        name="Main",
        terms=AccountTerms(
            kind=kind,
            base_currency="USD",
            time_zone=zone,
            venue=VENUE,
            mode=TradingMode.PAPER,
            lot_method=lot_method_of(kind),
        ),
        instruments=(*(instrument(symbol) for symbol in symbols), *listed),
        opening_cash=D(cash),
        preset="investor",
        constraints=limits,
        mode_policy=policy or ModePolicy(),
    )


def candidate(symbol: str, size: str, action: str = "BUY", *, strategy: str = TREND, risk: str = "1") -> CandidateTrade:
    return CandidateTrade(
        symbol=symbol,
        action=Side(action),
        confidence=D("0.9"),
        stability_score=D("0.9"),
        cost_score=D("0.9"),
        recent_performance=D("0.9"),
        size=D(size),
        risk_amount=D(risk),
        strategy=strategy,
    )


def judge(
    *candidates: CandidateTrade, cause: str = "judge/1", at: datetime = START, strategy: str = TREND
) -> commands.JudgeCandidates:
    return commands.JudgeCandidates(actor=BOT, at=at, cause=cause, strategy=strategy, candidates=candidates)


def enable(strategy: str = TREND, *, enabled: bool = True, cause: str = "") -> commands.SetStrategy:
    cause = cause or f"strategy/{strategy}/{enabled}"
    return commands.SetStrategy(actor=OWNER, at=START, cause=cause, strategy=strategy, enabled=enabled)


def targets(strategy: str = CORE, cause: str = "", policy: SizingPolicy | None = None, **weights: str) -> Command:
    return commands.SetTargets(
        actor=OWNER,
        at=START,
        cause=cause or f"targets/{strategy}",
        strategy=strategy,
        targets=tuple(Target(symbol=symbol, weight=D(weight)) for symbol, weight in weights.items()),
        policy=policy or SizingPolicy(),
    )


def rebalance(
    cause: str = "slot/1", strategy: str = CORE, *, market_open: bool = True, at: datetime = START
) -> commands.Rebalance:
    return commands.Rebalance(actor=OWNER, at=at, cause=cause, strategy=strategy, market_open=market_open)


def change_state(
    state: TradingState,
    *,
    cause: str = "",
    actor: Actor = OWNER,
    by: StateCause = StateCause.PERSON,
    reason: str = "said so",
    at: datetime = START,
) -> commands.ChangeTradingState:
    cause = cause or f"state/{state}"
    return commands.ChangeTradingState(actor=actor, at=at, cause=cause, state=state, state_cause=by, reason=reason)


def venue_fill(
    symbol: str, side: str, quantity: str, price: str, *, order: str = "", number: int = 1, fee: str = "0"
) -> VenueFill:
    return VenueFill(
        fill_id=f"x{number}",
        sequence=number,
        client_order_id=order,
        symbol=symbol,
        side=Side(side),
        quantity=D(quantity),
        price=D(price),
        fee=D(fee),
        fee_asset="USD",
        cumulative=D(quantity),
        filled_at=START,
    )


def book(*fills: VenueFill, cause: str = "", at: datetime = START) -> commands.BookFills:
    cause = cause or f"fills/{fills[-1].sequence}"
    return commands.BookFills(actor=OWNER, at=at, cause=cause, venue=VENUE, fills=fills)


def differ(*found: Break, cause: str = "compare/1") -> commands.Reconcile:
    """A comparison that confirmed these differences."""
    return commands.Reconcile(actor=OWNER, at=START, cause=cause, statement=None, differences=found, confirmed=found)


def stating(
    said: VenueAccount, at: datetime = START, *, agrees: bool = False, cause: str = "statement/1"
) -> commands.Command:
    """The venue's statement, as it came or as a comparison found that it agrees."""
    if not agrees:
        return commands.RecordStatement(actor=OWNER, at=at, cause=cause, statement=said)
    return commands.Reconcile(actor=OWNER, at=at, cause=cause, statement=said, differences=(), confirmed=())


def mark(symbol: str, price: str, at: datetime = START) -> Mark:
    return Mark(instrument=instrument_id(VENUE, symbol), price=D(price), at=at)


JUDGING = (
    *(commands.JudgeCandidates, commands.DecideCandidates, commands.Rebalance, commands.ProposePlan),
    *(commands.AdvanceRun, commands.BookFills, commands.RecordOutcome, commands.RecordLookUp),
)


def confirm(state: ControlState, at: datetime) -> None:
    """The venue confirms the balance, unless it just has: without that nothing may add risk."""
    if state.state.terms is not None and not is_confirmed(state, at):
        state.state.statements[VENUE] = Statement(read=StatementRead(currency="USD", cash=()), as_of=at)


def empty_state() -> ControlState:
    """An account without facts whose writer holds epoch 1."""
    return ControlState(ACCOUNT, Book.open(ACCOUNT), 0, 1)


class Now:
    """A clock that stands still."""

    def now(self) -> datetime:
        return START


class Desk:
    """A state, and every fact and effect that commands made of it.

    Args:
        confirmed: Whether the venue confirms the balance before whatever may lead to a judgement.
    """

    def __init__(self, *symbols: str, opening: commands.OpenAccount | None = None, confirmed: bool = True) -> None:
        self.confirmed = confirmed
        self.state = empty_state()
        self.facts: list[Fact] = []
        self.effects: list[Effect] = []
        self.tell(opening or open_account(*symbols))

    def tell(self, command: Command) -> Answer:
        """Decide `command` and what follows from it; the first answer unless a later one says more."""
        answer: Answer | None = None
        pending: list[Command] = [command]
        if self.confirmed and isinstance(command, JUDGING):
            confirm(self.state, command.at)
        while pending:
            decision = pure(self.state, pending.pop(0))
            for fact in decision.facts:
                self.state.fold(fact)
            self.facts += decision.facts
            self.effects += decision.effects
            pending = [*decision.then, *pending]
            if answer is None or decision.answer.detail is not None:
                answer = decision.answer
        assert answer is not None
        return answer

    def observe(self, at: datetime = START, **prices: str) -> None:
        for symbol, price in prices.items():
            self.state.observe(mark(symbol, price, at))

    def kinds(self, since: int = 0) -> list[str]:
        return [fact.kind for fact in self.facts[since:]]

    def bodies(self, kind: str) -> list[object]:
        return [fact.body for fact in self.facts if fact.kind == kind]

    def sends(self) -> list[Approved]:
        return [effect.approved for effect in self.effects if isinstance(effect, SendOrder)]

    def look_ups(self) -> list[str]:
        return [effect.client_order_id for effect in self.effects if isinstance(effect, LookUpOrder)]

    def cancels(self) -> list[str]:
        return [effect.client_order_id for effect in self.effects if isinstance(effect, CancelOrder)]

    def hold(self, symbol: str, quantity: str, price: str, number: int = 901) -> None:
        """Own units of nobody's order, as after a trade by hand at the venue."""
        self.tell(book(venue_fill(symbol, "BUY", quantity, price, number=number)))


def pure(state: ControlState, command: Command) -> Decision:
    """The decision, taken twice; the state must be as it was."""
    before = (state.book.digest(), state.sequence, state.epoch, state.live_equity, dict(state.live_marks))
    first = decide(state, command, command.at)
    second = decide(state, command, command.at)
    after = (state.book.digest(), state.sequence, state.epoch, state.live_equity, dict(state.live_marks))
    assert before == after, "decide() moved the state"
    assert (first.facts, first.answer, first.then) == (second.facts, second.answer, second.then)
    assert len(first.effects) == len(second.effects)
    return first


class NotingBroker(ScriptedBroker):
    """Writes each send into the floor's log; its clock is the floor's."""

    def __init__(self, log: list[str], clock: ReplayClock) -> None:
        super().__init__(cash=D(10_000))
        self.floor_clock = clock
        self.log = log
        self.before_submit: Callable[[], None] | None = None

    async def account(self) -> VenueAccount:
        self.now = self.floor_clock.now()
        return await super().account()

    async def submit(self, approved: Approved) -> str:
        if self.before_submit is not None:
            self.before_submit()
        self.log.append(f"sent {approved.intent.client_order_id}")
        return await super().submit(approved)


class Floor(AbstractAsyncContextManager["Floor"]):
    """The actor with its effects on an in-memory journal, a scripted venue and a clock that the test moves.

    Attributes:
        log: `sent <order>` and `wrote <kinds>`, in the order in which they happened.
        confirmed: Whether the venue is asked to confirm the balance before whatever may lead to a judgement.
    """

    def __init__(self, before: Floor | None = None) -> None:
        self.log: list[str] = before.log if before else []
        self.journal: InMemoryJournal = before.journal if before else InMemoryJournal(after_append=self._wrote)
        self.clock: ReplayClock = before.clock if before else ReplayClock(START)
        self.broker: NotingBroker = before.broker if before else NotingBroker(self.log, self.clock)
        self.activity = Activity()
        self.supervisor = Supervisor(self.activity.give_up)
        self.confirmed = True
        self.account: Account
        self.effects: Effects

    async def __aenter__(self) -> Self:
        state = await recovery.load(self.journal, ACCOUNT, self.journal.key, ())
        await recovery.claim(state, self.journal, "test", self.clock.now())
        self.effects = Effects(
            broker=self.broker,
            clock=self.clock,
            timer=self.clock,
            supervisor=self.supervisor,
            activity=self.activity,
            may_send=lambda: state.state.trading_state is not TradingState.HALTED,
        )
        self.account = recovery.serve(state, self.journal, self.clock, self.activity, self.effects)
        self.supervisor.start("account", self.account.serve())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.supervisor.stop()

    async def ask(self, command: Command) -> Answer:
        if self.confirmed and isinstance(command, JUDGING):
            await refresh(self.account, self.broker, command.at)
        return await self.account.ask(command)

    async def opened(self, *symbols: str, **prices: str) -> None:
        """Open the account with a bot, at these prices."""
        await self.ask(open_account(*symbols, *prices))
        await self.ask(enable())
        for symbol, price in prices.items():
            self.account.view.observe(mark(symbol, price))

    async def settle(self) -> None:
        """Until nothing is under way; the clock jumps from timer to timer."""
        for _ in range(1_000):
            await self.activity.quiet()
            self.supervisor.raise_failure()
            due = self.clock.next_timer()
            if due is not None:
                self.clock.advance(due)
                continue
            open_orders = any(order.status.is_open for order in self.account.view.state.orders.values())
            if not open_orders or not await heal(self.account, self.broker, self.clock.now()):
                return
        raise AssertionError("never comes to rest")

    async def kinds(self) -> list[str]:
        return [entry.kind async for entry in self.journal.read(ACCOUNT)]

    @property
    def view(self) -> ControlState:
        return self.account.view

    def order(self, client_order_id: str) -> OrderState:
        return self.view.state.orders[client_order_id]

    def order_ids(self) -> list[str]:
        return [intent.client_order_id for intent in self.broker.sent]

    def _wrote(self, _account: str, facts: Sequence[Fact]) -> None:
        self.log.append("wrote " + " ".join(fact.kind for fact in facts))
