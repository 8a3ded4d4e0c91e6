"""What can make ledger and venue differ, what points to it, and what would put it right?"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from counterpoise.domain.instruments import Symbol
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.statements import VenueCashEvent, VenueFill
from counterpoise.execution.reconciliation.differences import Gaps, Key


class CauseKind(StrEnum):
    """Why a figure differs."""

    MISSED_FILL = "MISSED_FILL"
    DUPLICATE_FILL = "DUPLICATE_FILL"
    CORRECTED_FILL = "CORRECTED_FILL"
    FEE = "FEE"
    FUNDING = "FUNDING"
    DIVIDEND = "DIVIDEND"
    INTEREST = "INTEREST"
    TRANSFER = "TRANSFER"
    SPLIT = "SPLIT"
    STALE_FX = "STALE_FX"
    UNKNOWN_POSITION = "UNKNOWN_POSITION"
    UNKNOWN_ORDER = "UNKNOWN_ORDER"
    ENDED_ORDER = "ENDED_ORDER"
    VENUE_ROUNDING = "VENUE_ROUNDING"
    UNEXPLAINED = "UNEXPLAINED"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookFill:
    """Book an execution that the venue lists and we do not have."""

    fill: VenueFill


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBackFill:
    """Bust an execution of ours that the venue lists only once, under another identity; `fill_id` as we booked it."""

    fill_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectFill:
    """Correct an execution of ours to the figures that the venue lists under the same identity."""

    fill: VenueFill


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptPosition:
    """Take over signed units that were there before our history; `unit_price` in quote currency, None if unknown."""

    symbol: Symbol
    quantity: Decimal
    unit_price: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCash:
    """Record a movement of cash that the venue lists and we do not have."""

    event: VenueCashEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSplit:
    """Record that each `denominator` units became `numerator`."""

    symbol: Symbol
    numerator: Decimal
    denominator: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRate:
    """Record the venue's rate: account currency per unit of `asset`."""

    asset: str
    rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjust:
    """Move our figure by a stated amount, as a correction of its own kind.

    Attributes:
        amount: Signed; cash in `asset`, or units of `symbol` when that is named.
        unit_price: Of units, quote currency; None if unknown.
    """

    amount: Decimal
    asset: str = ""
    symbol: Symbol = ""
    unit_price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActAtVenue:
    """Nothing to book: somebody has to act at the venue, or wait; `advice` says what for."""

    advice: str


Proposal = (
    BookFill | TakeBackFill | CorrectFill | AdoptPosition | RecordCash | RecordSplit | RecordRate | Adjust | ActAtVenue
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One thing that happened and that only one side knows.

    Attributes:
        kinds: What it is; several when nothing tells them apart, since they have the same effect.
        effect: What booking it adds to our side.
        evidence: In words, with figures.
        proposals: What would put it right.
        points: What speaks against it, > 0 is less likely; with `doubt` saying why.
        pointed: Whether something that the venue lists points to it.
    """

    kinds: tuple[CauseKind, ...]
    effect: Gaps
    evidence: str
    proposals: tuple[Proposal, ...]
    points: int = 0
    doubt: str = ""
    pointed: bool = False

    @property
    def name(self) -> str:
        """The kinds in words."""
        return " or ".join(kind.lower().replace("_", " ") for kind in self.kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreLine:
    """One part of a score and why."""

    points: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Causes that together make the difference.

    Attributes:
        score: 0 … 100: 100 less what speaks against it, line by line in `lines`.
    """

    causes: tuple[Cause, ...]
    score: int
    lines: tuple[ScoreLine, ...]

    @property
    def proposals(self) -> tuple[Proposal, ...]:
        """What would make ledger and venue agree, cause by cause."""
        return tuple(proposal for cause in self.causes for proposal in cause.proposals)


def joint_effect(causes: tuple[Cause, ...]) -> Gaps:
    """What booking all of them adds to our side."""
    total: dict[Key, Decimal] = {}
    for cause in causes:
        for key, amount in cause.effect.items():
            total[key] = total.get(key, ZERO) + amount
    return {key: amount for key, amount in total.items() if amount}
