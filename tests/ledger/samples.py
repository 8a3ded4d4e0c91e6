"""One fact of every kind, with a value in each field; `python -m tests.ledger.samples` writes the golden bytes."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from counterpoise.domain.accounts import AccountKind, AccountTerms, LotMethod, StrategyShare, TradingMode
from counterpoise.domain.decisions import (
    CandidateTrade,
    Reason,
    RiskMode,
    Severity,
    StateCause,
    TradingState,
    Verdict,
    Violation,
)
from counterpoise.domain.facts import (
    SCHEMAS,
    AccountConfigured,
    AccountOpened,
    Adjustment,
    AdjustmentReversed,
    Body,
    BreakOpened,
    BreakSettled,
    CancelRequested,
    CandidateJudged,
    CashInLieu,
    Deposit,
    Dividend,
    Fact,
    Fee,
    Fill,
    FillBusted,
    FillCorrected,
    Funding,
    FxRate,
    InstrumentDefined,
    Interest,
    LimitsSet,
    LinesJudged,
    LotsChosen,
    MarkReason,
    MarksRecorded,
    ModeChanged,
    OpeningBalance,
    OpeningPosition,
    OrderAcknowledged,
    OrderCancelled,
    OrderExpired,
    OrderIntended,
    OrderRejected,
    OrderUnknown,
    PlanProposed,
    PositionAdjusted,
    RunEnded,
    RunStarted,
    SpinOff,
    Split,
    StatementRead,
    StrategyAllotted,
    StrategySet,
    SymbolChange,
    TargetsSet,
    TradingStateChanged,
    TransferReceived,
    TransferSent,
    Withdrawal,
    WriterClaimed,
)
from counterpoise.domain.facts.amendments import LotChoice
from counterpoise.domain.facts.control import RunKind, RunOutcome
from counterpoise.domain.facts.statements import StatedCash
from counterpoise.domain.instruments import Category, Instrument
from counterpoise.domain.limits import TRADER, ModePolicy
from counterpoise.domain.marks import Mark
from counterpoise.domain.orders import OrderIntent, OrderType, Side, TimeInForce
from counterpoise.domain.plans import (
    LineReason,
    Outcome,
    PlanAction,
    PlanItem,
    RebalancePlan,
    Rounding,
    SizingPolicy,
    Target,
)
from counterpoise.domain.statements import Break, BreakKind
from counterpoise.ledger.chain import genesis
from counterpoise.ledger.codec import encode
from counterpoise.ledger.journal import TWIN_KEY, draft, sealed

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "facts"
ARCHIVES = GOLDEN.parent / "journals"
ARCHIVE = ARCHIVES / "schemas-3.journal"
D = Decimal
AT = datetime(2024, 3, 10, 6, 59, 59, 999_999, tzinfo=UTC)
RUN = "5f" * 32
ORDER = "p5f5f5f5f5f5f5f5f5f5f-1-1"
SHARES = (
    StrategyShare(strategy="momentum", amount=D("7.25")),
    StrategyShare(strategy="unassigned", amount=D("3.25")),
)
MOVES_INSTRUMENT = (
    "Fill",
    "Dividend",
    "OpeningPosition",
    "Split",
    "SymbolChange",
    "SpinOff",
    "CashInLieu",
    "StrategyAllotted",
    "FillBusted",
    "FillCorrected",
    "LotsChosen",
    "PositionAdjusted",
    "AdjustmentReversed",
)

TERMS = AccountTerms(
    kind=AccountKind.MARGIN,
    base_currency="USD",
    time_zone="America/New_York",
    venue="paper",
    mode=TradingMode.PAPER,
    lot_method=LotMethod.FIFO,
    initial_margin_rate=D("0.50"),
)
INTENT = OrderIntent(
    client_order_id=ORDER,
    instrument="paper:BRK.B:1",
    symbol="BRK.B",
    side=Side.SELL,
    quantity=D("10.50"),
    mark=D("412.10"),
    order_type=OrderType.LIMIT,
    time_in_force=TimeInForce.GTC,
    limit_price=D("412.00"),
    reduce_only=True,
    run_id=RUN,
    line=1,
    attempt=2,
    strategy_shares=SHARES,
    risk_amount=D("12.5"),
)
DENIED = Verdict(
    index=1,
    symbol="ETH/USDT",
    action=Side.SELL,
    allowed=False,
    reasons=(Reason.UNPRICED, Reason.SECTOR_EXPOSURE_EXCEEDED),
    priority_score=D("61.2500000001"),
    recommended_size=D(0),
    closing_size=D("0.000000001"),
    unjudged=("max_net_exposure_pct",),
    detail="no price of “ETH/USDT” since 06:59 – nothing is judged on a guess",
)
PLAN = RebalancePlan(
    plan_id="a0" * 32,
    correlation_id="errand-7",
    causation_id="slot-3",
    outcome=Outcome.TRADES,
    message="1 of 1 lines trades",
    items=(
        PlanItem(
            symbol="BRK.B",
            current_weight=D("0.612"),
            target_weight=D("0.6"),
            drift=D("0.012"),
            current_value=D("6120.00"),
            target_value=D("6000.00"),
            trade_amount=D("-120.00"),
            quantity=D("0.291"),
            order_value=D("119.9211"),
            price=D("412.10"),
            action=PlanAction.SELL,
            reason=LineReason.TO_TARGET,
            priority=1,
            is_exit=True,
        ),
    ),
    total_portfolio_value=D("10000.00"),
    investable_value=D("10000.00"),
    total_trade_value=D("119.9211"),
    cash_target=D("4000.00"),
    notes=("weights above 1 were scaled down",),
    strategy_attribution=(("BRK.B", (("momentum", D("0.75")), ("value", D("0.25")))),),
)
POLICY = SizingPolicy(
    min_trade_notional=D(25),
    rounding=Rounding.WHOLE,
    drift_threshold_pct=D("2.5"),
    relative_threshold_pct=D(20),
    trigger_pct=D(5),
    raise_cash=D("100.00"),
    exit_dust=True,
)
JUDGED = CandidateJudged(
    marks_ref="MarksRecorded:m:0",
    limits_ref="LimitsSet:l:0",
    equity=D("-12.340000000000000001"),
    used_margin=D("999999999999999999.999999999999999999"),
    free_margin=D("-1000000000000000012.340000000000000000"),
    mode=RiskMode.SAFE,
    trading_state=TradingState.REDUCING,
    candidates=(
        CandidateTrade(
            symbol="ETH/USDT",
            action=Side.SELL,
            confidence=D("0.80"),
            size=D("1.5"),
            margin_required=D(150),
            risk_amount=D("8.12"),
            category=Category.TOXIC,
            sector="layer 1",
            stability_score=D("0.7"),
            cost_score=D("0.00000812"),
            recent_performance=D("-0.02"),
            price=D("3500.10"),
            reduce_only=True,
            strategy="momentum",
        ),
    ),
    verdicts=(DENIED,),
    violations=(
        Violation(
            constraint="max_leverage",
            severity=Severity.CRITICAL,
            current_value=D(31),
            limit_value=D(30),
            message="leverage of ETH/USDT is 31, limit 30",
            culprit="ETH/USDT",
        ),
    ),
)
INSTRUMENT = Instrument(
    instrument_id="paper:BRK.B:1",
    symbol="BRK.B",
    venue="paper",
    quote="USD",
    multiplier=D(100),
    lot=D("0.001"),
    tick=D("0.01"),
    min_notional=D(1),
    fractionable=False,
    negative_price_allowed=True,
    category=Category.MONITORING,
    sector="insurance",
    source="file",
)
DIFFERENCE = Break(
    kind=BreakKind.CASH, subject="USD", ours=D("10.00"), theirs=D("9.50"), detail="a fee of 0.50 is not booked",
    symbol="BRK.B",
)  # fmt: skip

_BODIES: tuple[Body, ...] = (
    AccountOpened(name='the "main" book’s\n\u0000\u2028🚀', terms=TERMS),
    AccountConfigured(terms=TERMS, reason="moved to New York"),
    WriterClaimed(owner="host/4711/2024-03-10T06:59:59.999999Z"),
    RunStarted(run_id=RUN, kind=RunKind.REBALANCE, decision=f"PlanProposed:{RUN}:0"),
    RunEnded(run_id=RUN, outcome=RunOutcome.COMPLETED_ADJUSTED, adjustments=("line 1: 3 of 4 filled",)),
    InstrumentDefined(instrument=INSTRUMENT),
    MarksRecorded(
        reason=MarkReason.DECISION,
        marks=(
            Mark(instrument="paper:BRK.B:1", price=D("412.10"), at=AT),
            Mark(instrument="paper:CL:1", price=D("-37.63"), at=AT),
        ),
    ),
    Deposit(amount=D("10000.50"), asset="USD", reference="wire 1"),
    Withdrawal(amount=D("0.01"), asset="USD", reference="wire 2"),
    Fee(amount=D("-0.0005"), asset="BNB", reference="rebate"),
    Funding(amount=D("-1.2500"), asset="USDT"),
    Interest(amount=D("0.07"), asset="USD"),
    Dividend(amount=D("-3.30"), asset="USD"),
    FxRate(asset="EUR", rate=D("1.0850")),
    OpeningBalance(amount=D(0), asset="USD"),
    OpeningPosition(quantity=D("-10.5"), unit_price=D("400.00")),
    Adjustment(amount=D("-0.50"), asset="USD", reason="unseen fee", settles="BreakOpened:b:0"),
    Fill(
        fill_id="exec-1",
        client_order_id=ORDER,
        side=Side.BUY,
        quantity=D("10.50"),
        price=D("412.10"),
        fee=D("0.10"),
        fee_asset="USD",
    ),
    OrderIntended(intent=INTENT, decision=f"PlanProposed:{RUN}:0"),
    OrderAcknowledged(client_order_id=ORDER, venue_order_id="v-1"),
    OrderRejected(client_order_id=ORDER, reason="insufficient day trading buying power"),
    OrderUnknown(client_order_id=ORDER, detail="504 after 10 s"),
    OrderCancelled(client_order_id=ORDER, reason="asked by owner"),
    OrderExpired(client_order_id=ORDER),
    CancelRequested(client_order_id=ORDER, reason="halted"),
    TargetsSet(
        strategy="momentum",
        targets=(
            Target(symbol="BRK.B", weight=D("0.60"), enabled=False, threshold_pct=D(3)),
            Target(symbol="CASH", weight=D("0.40")),
        ),
        policy=POLICY,
    ),
    LimitsSet(preset="trader", constraints=TRADER, mode_policy=ModePolicy(ladder_release_auto=True), reason="start"),
    StrategySet(strategy="momentum", enabled=False, description="buys what rose"),
    JUDGED,
    PlanProposed(
        run_id=RUN,
        strategy="momentum",
        marks_ref="MarksRecorded:m:0",
        limits_ref="LimitsSet:l:0",
        plan=PLAN,
        denied=(DENIED,),
    ),
    LinesJudged(
        run_id=RUN,
        side=Side.BUY,
        limits_ref="LimitsSet:l:0",
        equity=D("10000.00"),
        free_cash=D("119.92"),
        verdicts=(DENIED,),
        adjustments=("line 2: 3 instead of 4 units, the cash ends there",),
    ),
    ModeChanged(mode=RiskMode.SAFE, reasons=("daily drawdown 3.1 % is above 3 %",)),
    TradingStateChanged(state=TradingState.HALTED, cause=StateCause.PERSON, reason="something is wrong"),
    BreakOpened(difference=DIFFERENCE, severity=Severity.CRITICAL),
    BreakSettled(opened="BreakOpened:b:0", reason="fee booked"),
    TransferSent(transfer_id="t-1", amount=D("250.00"), asset="USD", other_account="savings"),
    TransferReceived(transfer_id="t-2", amount=D("0.10"), asset="USD", other_account="savings"),
    StrategyAllotted(giver="unassigned", taker="momentum", amount=D("412.10"), asset="USD", quantity=D("1.5")),
    Split(numerator=D("2.406"), denominator=D(2)),
    SymbolChange(symbol="BRK.A"),
    SpinOff(child="paper:CL:1", quantity=D("-2.10"), cost_fraction=D("0.125")),
    CashInLieu(quantity=D("0.333333333"), amount=D("137.37"), asset="USD"),
    StatementRead(
        currency="USD",
        cash=(StatedCash(asset="BNB", amount=D("0.0005")), StatedCash(asset="USD", amount=D("-12.30"))),
        equity=D("10000.00"),
        buying_power=D("20000.00"),
        settled_cash=D("9000.10"),
        agrees=True,
    ),
    FillBusted(fill_id="exec-1", reason="erroneous trade"),
    FillCorrected(
        fill_id="exec-1",
        side=Side.SELL,
        quantity=D("9.50"),
        price=D("412.00"),
        fee=D("-0.10"),
        fee_asset="BNB",
        reason="the venue's correction 17",
    ),
    LotsChosen(fill_id="exec-1", lots=(LotChoice(lot="exec-0", quantity=D("9.50")),)),
    PositionAdjusted(
        quantity=D("-3.50"), unit_price=D("411.05"), reason="the venue never had them", settles="BreakOpened:b:1"
    ),
    AdjustmentReversed(adjustment="PositionAdjusted:b:1", reason="it had", quantity=D("3.50"), unit_price=D("411.05")),
)


def fact_of(body: Body, sequence: int = 1) -> Fact:
    """`body` in a whole envelope."""
    kind = type(body).__name__
    return Fact(
        account="main",
        sequence=sequence,
        epoch=3,
        fact_id=f"{kind}:sample:{sequence}",
        kind=kind,
        schema=SCHEMAS[kind],
        occurred_at=AT,
        recorded_at=AT.replace(hour=7, minute=0, second=0, microsecond=0),
        source="paper",
        actor="owner",
        correlation_id="errand-7",
        causation_id="command-9",
        instrument="paper:BRK.B:1" if kind in MOVES_INSTRUMENT else None,
        strategy_shares=SHARES if kind == "Fill" else (),
        body=body,
    )


SAMPLES: Mapping[str, Fact] = {type(body).__name__: fact_of(body, sequence) for sequence, body in enumerate(_BODIES, 1)}


def deposit(sequence: int, *, account: str = "main", epoch: int = 1, fact_id: str = "") -> Fact:
    """A small fact for journals whose facts do not matter."""
    return Fact(
        account=account,
        sequence=sequence,
        epoch=epoch,
        fact_id=fact_id or f"Deposit:{sequence}:0",
        kind="Deposit",
        schema=1,
        occurred_at=AT,
        recorded_at=AT,
        source="operator",
        actor="owner",
        correlation_id="errand-1",
        causation_id="",
        body=Deposit(amount=D(sequence), asset="USD"),
    )


def deposits(first: int, count: int, *, account: str = "main", epoch: int = 1) -> list[Fact]:
    """So many deposits with sequences from `first` on."""
    return [deposit(sequence, account=account, epoch=epoch) for sequence in range(first, first + count)]


def archive() -> bytes:
    """A sealed journal of one fact of every kind: a line an entry, its seal and its bytes."""
    facts = [replace(fact, sequence=sequence) for sequence, fact in enumerate(SAMPLES.values(), 1)]
    entries = sealed(draft("main", 1, 3, facts), TWIN_KEY, genesis("main"))
    return b"".join(entry.seal.hex().encode() + b" " + entry.raw + b"\n" for entry in entries)


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for kind, fact in SAMPLES.items():
        (GOLDEN / f"{kind}.json").write_bytes(encode(fact))
    ARCHIVE.parent.mkdir(exist_ok=True)
    ARCHIVE.write_bytes(archive())
