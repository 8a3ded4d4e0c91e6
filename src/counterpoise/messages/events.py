"""What does a person hear of what happened? One line each, with its reasons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from counterpoise.domain.decisions import Severity


class EventKind(StrEnum):
    """What an event is about."""

    OPENED = "opened"
    TRANSFER = "transfer"
    DAY = "day"
    RUN = "run"
    APPROVED = "approved"
    DENIED = "denied"
    FILLED = "filled"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    MODE = "mode"
    STATE = "state"
    LIMITS = "limits"
    BREAK = "break"
    AGREE = "agree"
    CASH = "cash"
    AMENDED = "amended"
    CORPORATE = "corporate"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReason:
    """One reason of a refusal: what it means and what can be done."""

    code: str
    meaning: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    """One thing that happened, as a title and a sentence with figures.

    Attributes:
        time, day: Of the account's zone, as they are shown.
        sequence: Of its fact in the journal.
        facts: (label, value) pairs that belong to it.
    """

    id: str
    at: datetime
    time: str
    day: str
    kind: EventKind
    severity: Severity | None
    title: str
    detail: str
    sequence: int
    reasons: tuple[EventReason, ...]
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """The newest first."""

    items: tuple[EventLine, ...]
