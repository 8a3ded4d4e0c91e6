"""Every kind of fact, once: what can be written into a journal and nothing else."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from counterpoise.domain.facts.amendments import FillBusted, FillCorrected, LotsChosen
from counterpoise.domain.facts.control import (
    AccountConfigured,
    AccountOpened,
    RunEnded,
    RunStarted,
    WriterClaimed,
)
from counterpoise.domain.facts.corporate import CashInLieu, SpinOff, Split, SymbolChange
from counterpoise.domain.facts.decisions import (
    BreakOpened,
    BreakSettled,
    CandidateJudged,
    LimitsSet,
    LinesJudged,
    ModeChanged,
    PlanProposed,
    StrategySet,
    TargetsSet,
    TradingStateChanged,
)
from counterpoise.domain.facts.envelope import Fact
from counterpoise.domain.facts.market import InstrumentDefined, MarkReason, MarksRecorded
from counterpoise.domain.facts.money import (
    Adjustment,
    AdjustmentReversed,
    Deposit,
    Dividend,
    Fee,
    Funding,
    FxRate,
    Interest,
    OpeningBalance,
    OpeningPosition,
    PositionAdjusted,
    StrategyAllotted,
    TransferReceived,
    TransferSent,
    Withdrawal,
)
from counterpoise.domain.facts.orders import (
    CancelRequested,
    Fill,
    OrderAcknowledged,
    OrderCancelled,
    OrderExpired,
    OrderIntended,
    OrderRejected,
    OrderUnknown,
)
from counterpoise.domain.facts.statements import StatementRead

if TYPE_CHECKING:
    from collections.abc import Mapping

Body = (
    AccountOpened
    | AccountConfigured
    | WriterClaimed
    | RunStarted
    | RunEnded
    | InstrumentDefined
    | MarksRecorded
    | Deposit
    | Withdrawal
    | Fee
    | Funding
    | Interest
    | Dividend
    | FxRate
    | OpeningBalance
    | OpeningPosition
    | Adjustment
    | PositionAdjusted
    | AdjustmentReversed
    | TransferSent
    | TransferReceived
    | StrategyAllotted
    | Split
    | SymbolChange
    | SpinOff
    | CashInLieu
    | Fill
    | FillBusted
    | FillCorrected
    | LotsChosen
    | StatementRead
    | OrderIntended
    | OrderAcknowledged
    | OrderRejected
    | OrderUnknown
    | OrderCancelled
    | OrderExpired
    | CancelRequested
    | TargetsSet
    | LimitsSet
    | StrategySet
    | CandidateJudged
    | LinesJudged
    | PlanProposed
    | ModeChanged
    | TradingStateChanged
    | BreakOpened
    | BreakSettled
)

BODIES: Mapping[str, type[Body]] = MappingProxyType({body.__name__: body for body in Body.__args__})
"""Kind → class of its body. A kind that is not here is an error, never ignored."""

SCHEMAS: Mapping[str, int] = MappingProxyType({**dict.fromkeys(BODIES, 1), "BreakOpened": 2})
"""Kind → schema that is written today; a changed body gets one more and an upcaster in ledger/codec.py."""

__all__ = [
    "BODIES",
    "SCHEMAS",
    "AccountConfigured",
    "AccountOpened",
    "Adjustment",
    "AdjustmentReversed",
    "Body",
    "BreakOpened",
    "BreakSettled",
    "CancelRequested",
    "CandidateJudged",
    "CashInLieu",
    "Deposit",
    "Dividend",
    "Fact",
    "Fee",
    "Fill",
    "FillBusted",
    "FillCorrected",
    "Funding",
    "FxRate",
    "InstrumentDefined",
    "Interest",
    "LimitsSet",
    "LinesJudged",
    "LotsChosen",
    "MarkReason",
    "MarksRecorded",
    "ModeChanged",
    "OpeningBalance",
    "OpeningPosition",
    "OrderAcknowledged",
    "OrderCancelled",
    "OrderExpired",
    "OrderIntended",
    "OrderRejected",
    "OrderUnknown",
    "PlanProposed",
    "PositionAdjusted",
    "RunEnded",
    "RunStarted",
    "SpinOff",
    "Split",
    "StatementRead",
    "StrategyAllotted",
    "StrategySet",
    "SymbolChange",
    "TargetsSet",
    "TradingStateChanged",
    "TransferReceived",
    "TransferSent",
    "Withdrawal",
    "WriterClaimed",
]
