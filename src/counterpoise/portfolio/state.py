"""What is known of an account after its facts: one value, folded in place by `fold` and by nothing else.

Everything here is a function of the booked facts. It is plain data, so that a checkpoint is its canonical
bytes and the state digest is the hash of them. Sequence, seals and recording times are not in it; of the epoch
only what an open order needs to be sent again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from counterpoise.domain.accounts import AccountId, AccountTerms, StrategyName
from counterpoise.domain.decisions import RiskMode, Severity, StateCause, TradingState
from counterpoise.domain.facts.amendments import FillCorrected, LotsChosen
from counterpoise.domain.facts.control import RunKind
from counterpoise.domain.facts.decisions import TargetsSet
from counterpoise.domain.facts.statements import StatementRead
from counterpoise.domain.instruments import Instrument, InstrumentId, Symbol
from counterpoise.domain.limits import ModePolicy, PortfolioConstraints
from counterpoise.domain.marks import Mark
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.orders import OrderIntent, OrderStatus
from counterpoise.domain.plans import PlanItem
from counterpoise.domain.statements import Break
from counterpoise.ledger.lots import Lot

STATE_VERSION = 3
"""Version of the state's shape; a checkpoint or digest of another version is refused."""


@dataclass(slots=True, kw_only=True)
class Holding:
    """One instrument's position with its lots.

    Attributes:
        quantity: Signed units; Σ of its lots.
        cost: Quote currency, signed; Σ of its lots. Unrealised P&L = quantity × mark × multiplier − cost.
        owners: Strategy → signed units; sums to `quantity`, zero entries removed. A quantity of zero may have
            owners: one strategy long and another short by the same units.
        risk_amount: What approved candidates said that this position risks, account currency.
        funding: Funding and dividends of the units still open, account currency; + received.
        opened_by: fill_id (or fact_id of an adoption) that opened or flipped the position.
    """

    instrument: InstrumentId
    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    lots: list[Lot] = field(default_factory=list)
    owners: dict[StrategyName, Decimal] = field(default_factory=dict)
    risk_amount: Decimal = ZERO
    funding: Decimal = ZERO
    opened_at: datetime | None = None
    opened_by: str = ""


@dataclass(slots=True, kw_only=True)
class Causes:
    """Why equity changed, account currency, each cause added up on its own; never one as the rest of the others."""

    price: Decimal = ZERO
    fee: Decimal = ZERO
    funding: Decimal = ZERO
    dividend: Decimal = ZERO
    interest: Decimal = ZERO
    fx: Decimal = ZERO
    transfer: Decimal = ZERO
    rounding: Decimal = ZERO
    correction: Decimal = ZERO


@dataclass(slots=True, kw_only=True)
class StrategyBook:
    """One strategy's own book inside the account; the books of all strategies sum to the account.

    Attributes:
        cash: Asset → amount; may be negative, since deposits are `unassigned` until allotted. In a FUTURES
            account what its units were bought for counts as spent, so that everywhere
            the strategy's equity = cash + Σ its units × mark × multiplier.
    """

    cash: dict[str, Decimal] = field(default_factory=dict)
    causes: Causes = field(default_factory=Causes)


@dataclass(slots=True, kw_only=True)
class EquityWindow:
    """A peak and its trough on flow-adjusted equity, account currency; `since` is the window's first instant.

    Attributes:
        trough: Lowest since the peak.
        step: Whole percentage points of drawdown at the last recorded equity.
    """

    since: datetime | None = None
    peak: Decimal = ZERO
    trough: Decimal = ZERO
    peak_at: datetime | None = None
    step: int = 0


@dataclass(slots=True, kw_only=True)
class DrawdownBook:
    """Peaks folded from recorded marks and flows only, so that live and replayed figures are the same bits.

    Attributes:
        day: The trading day that the daily figures are about.
        day_equity: Equity at 00:00 of that day as it was; the flows since are beside it, not in it.
        day_flows: Σ external flows since then.
        max_fall, max_peak: The greatest drawdown ever as the pair (peak − equity, peak); compared by products.
        unit_value, unit_equity: Time-weighted growth: worth of one unit (began at 1) at the last flow, and equity
            right after that flow; units × unit value = equity.
    """

    day: date | None = None
    day_equity: Decimal = ZERO
    day_flows: Decimal = ZERO
    daily: EquityWindow = field(default_factory=EquityWindow)
    weekly: EquityWindow = field(default_factory=EquityWindow)
    ever: EquityWindow = field(default_factory=EquityWindow)
    max_fall: Decimal = ZERO
    max_peak: Decimal = ZERO
    unit_value: Decimal = Decimal(1)
    unit_equity: Decimal = ZERO


@dataclass(slots=True, kw_only=True)
class DayBook:
    """From where the P&L of a trading day counts, account currency; it begins together with the day's equity.

    Attributes:
        causes: All causes as they were when the day began.
        worth: What each position was worth then, signed; absent is nothing.
        spent: What the day's trades and adoptions put into each position: Σ signed units × price × multiplier × rate.
    """

    day: date | None = None
    causes: Causes = field(default_factory=Causes)
    worth: dict[InstrumentId, Decimal] = field(default_factory=dict)
    spent: dict[InstrumentId, Decimal] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class ResultsBook:
    """Realised results, account currency.

    Attributes:
        realised_today, realised_week, realised_month: Reset at the boundaries of the account's zone.
        fees_today, funding_today: The same; fees positive = paid.
        wins, losses: Count of closed trades whose P&L after fees and funding is > 0 / not.
        won, lost: Σ P&L of wins; Σ |P&L| of losses.
        losing_streak: Consecutive lost trades up to now.
        streak_at, streak_losses: Instant of the last closed trade, and how many were lost at it.
    """

    day: date | None = None
    realised_today: Decimal = ZERO
    realised_week: Decimal = ZERO
    realised_month: Decimal = ZERO
    realised_total: Decimal = ZERO
    fees_today: Decimal = ZERO
    fees_total: Decimal = ZERO
    funding_today: Decimal = ZERO
    wins: int = 0
    losses: int = 0
    won: Decimal = ZERO
    lost: Decimal = ZERO
    best_trade: Decimal | None = None
    worst_trade: Decimal | None = None
    losing_streak: int = 0
    streak_at: datetime | None = None
    streak_losses: int = 0


@dataclass(slots=True, kw_only=True)
class Trade:
    """What an order that may still fill has closed: one closed trade, counted when the order has ended.

    Attributes:
        quantity: Units that were ordered.
        risk_amount: What the order was approved to risk, account currency.
        filled: Units filled so far.
        closed: Units of them that reduced a position.
        result: P&L of those units after fees (of acquisition and sale) and funding, account currency.
        last_at: Of its last fill.
    """

    quantity: Decimal
    risk_amount: Decimal = ZERO
    filled: Decimal = ZERO
    closed: Decimal = ZERO
    result: Decimal = ZERO
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What later facts say about a fill.

    Attributes:
        busted: fact_id of the FillBusted, or empty.
        correction: The last FillCorrected by its own time, with that time and its fact_id.
        choice: The last LotsChosen, likewise.
    """

    busted: str = ""
    correction: FillCorrected | None = None
    corrected_at: datetime | None = None
    corrected_by: str = ""
    choice: LotsChosen | None = None
    chosen_at: datetime | None = None
    chosen_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The newest statement of a venue.

    Attributes:
        read: What it said.
        as_of: The venue's time.
        reconciled_at: When cash and positions last agreed with the ledger, by any statement of that venue.
    """

    read: StatementRead
    as_of: datetime
    reconciled_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class OrderState:
    """One of our orders as the facts tell it.

    Attributes:
        filled: Units filled so far.
        intents: How often it was intended: one more each time its absence was proved and it was sent anew.
    """

    intent: OrderIntent
    decision: str
    intended_at: datetime
    epoch: int
    status: OrderStatus = OrderStatus.INTENDED
    venue_order_id: str = ""
    filled: Decimal = ZERO
    cancel_requested: bool = False
    fills: int = 0
    last_fill_at: datetime | None = None
    intents: int = 1

    @property
    def remaining(self) -> Decimal:
        """Units that may still fill, ≥ 0."""
        return max(self.intent.quantity - self.filled, ZERO) if self.status.is_open else ZERO


@dataclass(slots=True, kw_only=True)
class RunState:
    """A run in progress; it leaves the state when it has ended.

    Attributes:
        lines: The plan's BUY and SELL lines in sending order (empty for candidates).
        released: Line (its priority) → client_order_id of the order that carries it out.
        judged: Sides whose lines were judged at sending (LinesJudged): `SELL`, then `BUY`.
        denied: Line → its leading reason, for lines that were judged and not sent.
    """

    run_id: str
    kind: RunKind
    decision: str
    strategy: StrategyName
    started_at: datetime
    lines: tuple[PlanItem, ...] = ()
    released: dict[int, str] = field(default_factory=dict)
    judged: tuple[str, ...] = ()
    denied: dict[int, str] = field(default_factory=dict)
    adjustments: tuple[str, ...] = ()
    cash_target: Decimal = ZERO


@dataclass(slots=True, kw_only=True)
class Proposal:
    """What the last PlanProposed or CandidateJudged leaves for the run that carries it out.

    Attributes:
        decision: fact_id of that fact.
        run_id: Only of a plan.
    """

    decision: str
    strategy: StrategyName
    run_id: str = ""
    lines: tuple[PlanItem, ...] = ()
    cash_target: Decimal = ZERO


@dataclass(slots=True, kw_only=True)
class OpenBreak:
    """A break that is not settled yet."""

    difference: Break
    severity: Severity
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierTerms:
    """Terms that were in force until an instant."""

    until: datetime
    terms: AccountTerms


@dataclass(slots=True, kw_only=True)
class AccountState:
    """The whole book of one account.

    Attributes:
        earlier_terms: Terms that were in force before, oldest first.
        cash: Asset → amount that the venue should confirm (FUTURES: the wallet).
        fx: Asset → its worth in the base currency; the base itself is 1.
        marks: The recorded marks (ticks are not facts and not here), and the price of the first fill of
            what had none: a trade at the venue is an observation.
        stated: Entry price of adopted positions that were never marked; their value until the first mark.
        spun_off: Instruments among `stated` that came by a spin-off: their first mark is a price, no flow.
        trades: Orders that may still close something, by client order id.
        amendments: What busts, corrections and choices of lots say, by fill_id.
        enabled: Strategies that were named, and whether they may propose.
        statements: The newest statement of each venue.
        proposed: The plan or judgement that no run carries out yet.
        postings: Ledger account → asset → sum of all postings; each asset sums to zero over all accounts.
        orders: Open orders and those of runs that have not ended, by client order id.
        fill_cursor: The venue's own sequence of the last booked fill.
        acts: Act and subject → cause of the last one, so that a repeated command has no second effect.
        moved_at: The latest time of a fact of money, price or holding.
        marks_ref, marks_at: fact_id and time of the newest MarksRecorded.
        limits_ref: fact_id of the last LimitsSet.
    """

    account: AccountId
    name: str = ""
    terms: AccountTerms | None = None
    earlier_terms: list[EarlierTerms] = field(default_factory=list)
    instruments: dict[InstrumentId, Instrument] = field(default_factory=dict)
    symbols: dict[Symbol, InstrumentId] = field(default_factory=dict)
    cash: dict[str, Decimal] = field(default_factory=dict)
    fx: dict[str, Decimal] = field(default_factory=dict)
    marks: dict[InstrumentId, Mark] = field(default_factory=dict)
    stated: dict[InstrumentId, Decimal] = field(default_factory=dict)
    spun_off: dict[InstrumentId, None] = field(default_factory=dict)
    holdings: dict[InstrumentId, Holding] = field(default_factory=dict)
    strategies: dict[StrategyName, StrategyBook] = field(default_factory=dict)
    postings: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    causes: Causes = field(default_factory=Causes)
    equity_at_open: Decimal = ZERO
    drawdown: DrawdownBook = field(default_factory=DrawdownBook)
    today: DayBook = field(default_factory=DayBook)
    results: ResultsBook = field(default_factory=ResultsBook)
    trades: dict[str, Trade] = field(default_factory=dict)
    amendments: dict[str, Amendment] = field(default_factory=dict)
    statements: dict[str, Statement] = field(default_factory=dict)
    enabled: dict[StrategyName, bool] = field(default_factory=dict)
    orders: dict[str, OrderState] = field(default_factory=dict)
    runs: dict[str, RunState] = field(default_factory=dict)
    proposed: Proposal | None = None
    fill_cursor: int = 0
    targets: dict[StrategyName, TargetsSet] = field(default_factory=dict)
    constraints: PortfolioConstraints | None = None
    mode_policy: ModePolicy = field(default_factory=ModePolicy)
    mode: RiskMode = RiskMode.NEUTRAL
    mode_since: datetime | None = None
    trading_state: TradingState = TradingState.ACTIVE
    state_cause: StateCause = StateCause.STARTED
    breaks: dict[str, OpenBreak] = field(default_factory=dict)
    acts: dict[str, str] = field(default_factory=dict)
    moved_at: datetime | None = None
    marks_ref: str = ""
    marks_at: datetime | None = None
    limits_ref: str = ""

    @property
    def base(self) -> str:
        """The account's base currency."""
        return self.opened.base_currency

    @property
    def opened(self) -> AccountTerms:
        """The terms of the account.

        Raises:
            ValueError: the account's first fact is not booked yet.
        """
        if self.terms is None:
            message = f"account {self.account} has no AccountOpened yet"
            raise ValueError(message)
        return self.terms

    def may_propose(self, strategy: StrategyName) -> bool:
        """Whether the strategy is one of this account and enabled."""
        return self.enabled.get(strategy, strategy in self.strategies)

    def terms_at(self, at: datetime) -> AccountTerms:
        """The terms that were in force at an instant, however late a fact of then is heard of."""
        for earlier in self.earlier_terms:
            if at < earlier.until:
                return earlier.terms
        return self.opened
