"""What is the answer to "how much have I?": an amount with its source, its age, and what may be done on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from counterpoise.domain.accounts import AccountId, TradingMode
from counterpoise.domain.records import Record
from counterpoise.domain.statements import Break


class BalanceSource(StrEnum):
    """Who says how much there is, in the order in which `auto` asks."""

    BROKER = "broker"
    LEDGER = "ledger"
    HISTORY = "history"
    OPENING = "opening"


class Confidence(StrEnum):
    """How far a balance can be trusted."""

    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


class UsableFor(StrEnum):
    """What a balance may approve, each including the ones after it; only TRADE may add risk."""

    TRADE = "TRADE"
    REDUCE = "REDUCE"
    DISPLAY = "DISPLAY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Why a source says nothing."""

    source: BalanceSource
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What another source says, beside the one that was chosen."""

    source: BalanceSource
    amount: Decimal
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceDetails:
    """What stands behind a balance.

    Attributes:
        paper: Whether it is paper money; a paper venue is a venue, and says so. An account without a venue is not.
        why: One sentence: what the balance may be used for, and for what not.
        breaks: Open differences between venue and ledger.
        disagreement: In words, when two sources say different amounts of the same moment; else empty.
        others: What the sources that were read but not chosen say.
        failed: Sources before the chosen one that `auto` could not use.
        settled_rule: How settled cash was found.
        reconciled_at: When the ledger last agreed with the venue, or None.
    """

    account: AccountId
    venue: str
    mode: TradingMode
    paper: bool
    why: str
    breaks: tuple[Break, ...] = ()
    disagreement: str = ""
    others: tuple[Said, ...] = ()
    failed: tuple[Failed, ...] = ()
    settled_rule: str = ""
    reconciled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance(Record):
    """One answer to "how much have I?", account currency; reads as a record and as a mapping.

    Attributes:
        amount: Cash, as the source states it; `balance` is the same by the name that robots use.
        source: Whose figure it is.
        as_of: The source's own time, never the time of asking.
        age: From `as_of` to the time of asking, ≥ 0.
        equity: What the account is worth; a purchase does not change it.
        buying_power: What may be bought for; None where the source cannot say, as with the three below.
        reserved: What approved, working and unknown orders hold, ≥ 0.
        settled_cash: Cash that could be taken out today; `details.settled_rule` says how it was found.
    """

    also: ClassVar[tuple[str, ...]] = ("balance",)

    amount: Decimal
    currency: str
    source: BalanceSource
    as_of: datetime
    age: timedelta
    confidence: Confidence
    usable_for: UsableFor
    cash: Decimal
    equity: Decimal | None
    buying_power: Decimal | None
    reserved: Decimal | None
    settled_cash: Decimal | None
    details: BalanceDetails

    @property
    def balance(self) -> Decimal:
        """The amount."""
        return self.amount

    @property
    def may_add_risk(self) -> bool:
        """Whether an order that adds risk may be approved on it."""
        return self.usable_for is UsableFor.TRADE
