"""What can an account be told? Every command names its actor and the cause that makes it one act."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from counterpoise.domain.accounts import AccountId, AccountTerms, Actor, StrategyName
from counterpoise.domain.decisions import CandidateTrade, StateCause, TradingState
from counterpoise.domain.facts import Fact
from counterpoise.domain.facts.amendments import LotChoice
from counterpoise.domain.facts.corporate import CashInLieu, SpinOff, Split, SymbolChange
from counterpoise.domain.history import HistoryEntry
from counterpoise.domain.instruments import Instrument, Symbol
from counterpoise.domain.limits import ModePolicy, PortfolioConstraints
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.orders import Side
from counterpoise.domain.plans import SizingPolicy, Target
from counterpoise.domain.statements import Break, CashEventKind, VenueAccount, VenueFill, VenueOrder
from counterpoise.execution.broker import SendOutcome
from counterpoise.execution.reconciliation.causes import Proposal

CorporateAction = Split | SymbolChange | SpinOff | CashInLieu


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What every command carries.

    Attributes:
        at: The time that the command is about, from its source (a price's time, a timer's time), UTC.
        cause: Identity of the act; the same cause twice has one effect.
    """

    actor: Actor
    at: datetime
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAccount(Command):
    """Write the first facts of an account: its terms, instruments, limits and opening cash."""

    name: str
    terms: AccountTerms
    instruments: tuple[Instrument, ...]
    opening_cash: Decimal
    preset: str
    constraints: PortfolioConstraints
    mode_policy: ModePolicy = field(default_factory=ModePolicy)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTargets(Command):
    """Say what an allocation wants to hold from now on."""

    strategy: StrategyName
    targets: tuple[Target, ...]
    policy: SizingPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLimits(Command):
    """Change the limits; raising any of them needs a fresh actor."""

    preset: str
    constraints: PortfolioConstraints
    mode_policy: ModePolicy
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetStrategy(Command):
    """Name a strategy and say whether it may propose."""

    strategy: StrategyName
    enabled: bool
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCorporateAction(Command):
    """Something happened to what is held without a trade; `at` is when it took effect, such as the ex-date."""

    symbol: Symbol
    action: CorporateAction


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCashFlow(Command):
    """Cash moved without an order; `at` is when, `reference` names it.

    Attributes:
        amount: Without a kind signed: > 0 came in, < 0 left. With one as its fact says it: DEPOSIT and WITHDRAWAL
            are > 0, a FEE is positive when paid, all others are positive when received.
        kind: None is a deposit or a withdrawal, by the sign.
        currency: Empty is the account's own.
        symbol: The share of a DIVIDEND, the contract of a FUNDING.
        moved: The venue has moved it already, so it is booked whatever is free.
    """

    amount: Decimal
    reference: str
    kind: CashEventKind | None = None
    currency: str = ""
    symbol: Symbol | None = None
    moved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTransfer(Command):
    """Cash leaves for another account of ours and is in transit until that one has received it.

    Attributes:
        amount: > 0, in `currency`; empty is the account's own.
        reference: The identity that both ends share.
        moved: As in RecordCashFlow.
    """

    amount: Decimal
    other_account: AccountId
    reference: str
    currency: str = ""
    moved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveTransfer(Command):
    """Cash arrived from another account of ours; fields as in SendTransfer."""

    amount: Decimal
    other_account: AccountId
    reference: str
    currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFxRate(Command):
    """From `at` on one unit of `asset` is worth `rate` (> 0) of the account's currency."""

    asset: str
    rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AllotStrategy(Command):
    """Cash, or units for cash, go from one strategy's book to another's; the account itself does not change.

    Attributes:
        amount: Without units: cash that the taker gets, > 0. With units: cash that the taker pays for them.
        quantity: Signed units of `symbol` that go to the taker; 0 for cash alone.
    """

    giver: StrategyName
    taker: StrategyName
    amount: Decimal
    reference: str
    currency: str = ""
    symbol: Symbol | None = None
    quantity: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class BustFill(Command):
    """The venue cancelled an execution: the book is as if it had never been."""

    fill_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectFill(Command):
    """The venue corrected an execution; a figure that is None stays as it is."""

    fill_id: str
    reason: str
    quantity: Decimal | None = None
    price: Decimal | None = None
    fee: Decimal | None = None
    fee_asset: str | None = None
    side: Side | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseLots(Command):
    """Which lots a closing fill takes, in an account of method SPECIFIC; the rest of it closes the oldest."""

    fill_id: str
    lots: tuple[LotChoice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAcquisitions(Command):
    """What was sold that nothing shows being bought? Follows what may have made or cured it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFill(Command):
    """Somebody traded where no venue reports to us; `at` is when, `fill_id` makes it one act.

    Attributes:
        quantity: Units, > 0.
        price: Quote currency per unit, > 0.
        fee: Quote currency; positive is paid, negative is a rebate.
    """

    fill_id: str
    symbol: Symbol
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordStatement(Command):
    """The venue states what the account has; nobody has compared that with the ledger."""

    statement: VenueAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportHistory(Command):
    """Book entries of a user's history, sorted by time; those that are booked already are passed over.

    Attributes:
        correlation: Names the import, the same for all its commands.
        last_trades: With the last command of an import, the newest trade of each symbol: what it is valued at.
    """

    correlation: str
    entries: tuple[HistoryEntry, ...]
    last_trades: tuple[HistoryEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StartDay(Command):
    """A trading day of the account's zone has begun."""

    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessMarks(Command):
    """The live marks have moved: record them if a peak, a trough or a step of a drawdown depends on them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reassess(Command):
    """Measure mode and ladder anew on the recorded figures."""

    day_start: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeCandidates(Command):
    """Let the gate judge what a strategy proposes, and send what it allows."""

    strategy: StrategyName
    candidates: tuple[CandidateTrade, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideCandidates(Command):
    """The second half of JudgeCandidates, once the marks it uses are recorded."""

    strategy: StrategyName
    candidates: tuple[CandidateTrade, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebalance(Command):
    """Bring an allocation back to its targets if it has drifted; `cause` is the slot, which fires once.

    Attributes:
        market_open: While the market is closed nothing is sent: the run waits for it to open.
        may_ask_venue: Whether who asks can have the balance confirmed first, when a plan would need that.
    """

    strategy: StrategyName
    market_open: bool
    may_ask_venue: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposePlan(Command):
    """The second half of Rebalance, once the marks it uses are recorded."""

    strategy: StrategyName
    market_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvanceRun(Command):
    """Something about a run has changed: release what is due, or end it."""

    run_id: str
    sell_wait_over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BookFills(Command):
    """The venue reports executions; each is booked once, by its identity."""

    venue: str
    fills: tuple[VenueFill, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOutcome(Command):
    """What came of a send."""

    client_order_id: str
    outcome: SendOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLookUp(Command):
    """What a look-up of an order in doubt found.

    Attributes:
        found: The venue's order, or None.
        proved_absent: Whether None is proof (asked again and again for longer than `absent_after`).
        intents: How often the order had been intended when the look-up began.
    """

    client_order_id: str
    intents: int
    found: VenueOrder | None
    proved_absent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOrderUpdate(Command):
    """The venue reports a new state of one of our orders."""

    order: VenueOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCancel(Command):
    """Ask the venue to cancel an order."""

    client_order_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconcile(Command):
    """The venue's figures were held against the book.

    Attributes:
        statement: What the venue stated, to be recorded; None in a replay, whose facts do not depend on who looks on.
        differences: Every one that was read.
        confirmed: Those of them that were read twice and that nothing in flight explains.
    """

    statement: VenueAccount | None
    differences: tuple[Break, ...]
    confirmed: tuple[Break, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleBreak(Command):
    """Put our figure right by a correction of its own kind, or carry out what an explanation proposes.

    Attributes:
        opened: fact_id of the BreakOpened.
        difference: The figures as they were read last.
        proposals: What to carry out; nothing is an Adjustment of the whole difference.
        unit_price: Of units that come, quote currency; our mark by default.
    """

    opened: str
    difference: Break
    reason: str
    proposals: tuple[Proposal, ...] = ()
    unit_price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReverseAdjustment(Command):
    """Take a correction back; the break that it had settled is open again.

    Attributes:
        adjustment: The Adjustment or PositionAdjusted, as the journal has it.
        settled: The BreakOpened that it settled, as the journal has it, or None when it settled none.
    """

    adjustment: Fact
    settled: Fact | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTradingState(Command):
    """Halt, reduce or resume."""

    state: TradingState
    state_cause: StateCause
    reason: str
