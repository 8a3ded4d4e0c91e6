"""What did the control plane itself do: open an account, claim its writer's seat, start and end runs?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from counterpoise.domain.accounts import AccountTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOpened:
    """The first fact of every journal."""

    name: str
    terms: AccountTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountConfigured:
    """The terms from now on."""

    terms: AccountTerms
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterClaimed:
    """A process took the account's one writer's seat; writers of an earlier epoch are refused from here on.

    Attributes:
        owner: Which process: host, process id and start.
    """

    owner: str


class RunKind(StrEnum):
    """What a run carries out."""

    REBALANCE = "REBALANCE"
    CANDIDATES = "CANDIDATES"


class RunOutcome(StrEnum):
    """How a run ended; it is not called placed when it was refused."""

    COMPLETED = "COMPLETED"
    COMPLETED_ADJUSTED = "COMPLETED_ADJUSTED"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """Lines are about to be carried out.

    Attributes:
        run_id: 64 hexadecimal digits: hash of the account and the preview, slot or decision it carries out.
        decision: fact_id of the PlanProposed or CandidateJudged.
    """

    run_id: str
    kind: RunKind
    decision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded:
    """All lines of a run are terminal; `adjustments` say which lines differ from the plan and why."""

    run_id: str
    outcome: RunOutcome
    adjustments: tuple[str, ...] = ()
