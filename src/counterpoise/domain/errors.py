"""Which things can go wrong on purpose, and who must act on each?

Every error raised deliberately derives from `CounterpoiseError` and carries `who_must_act`, so a
caller can tell a typing mistake from a venue that does not answer without reading the message.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar

SHOWN_MAX = 77
"""Characters of a refused value that a message shows."""


class Party(StrEnum):
    """Who can end the condition that an error reports."""

    CALLER = "caller"
    OPERATOR = "operator"
    VENUE = "venue"
    US = "us"


class CounterpoiseError(Exception):
    """Base of every error raised on purpose; `who_must_act` says whose move it is."""

    who_must_act: ClassVar[Party] = Party.US


class InvalidInput(CounterpoiseError):
    """A value from outside was refused; names the field and the value, shortened to one line.

    Attributes:
        field: The field as the sender named it, such as `positions[2].size`.
        value: What was sent, as text of at most 80 characters.
        rule: What would have been accepted.
    """

    who_must_act = Party.CALLER

    def __init__(self, field: str, value: object, rule: str) -> None:
        text = value if isinstance(value, str) else repr(value)
        # The value is shown inside one-line messages and logs: control characters must not break the line.
        shown = text[: SHOWN_MAX + 1].encode("unicode_escape").decode("ascii")
        self.value = shown if len(shown) <= SHOWN_MAX else f"{shown[:SHOWN_MAX]}..."
        self.field = field
        self.rule = rule
        super().__init__(f"{field}: {self.value!s} was refused: {rule}")


class LimitsConflict(CounterpoiseError):
    """Targets and limits that cannot both be kept; the message names both sides with their numbers."""

    who_must_act = Party.CALLER


class InvalidFact(InvalidInput):
    """A fact that cannot be true: it is never booked."""


class UnknownKind(CounterpoiseError):
    """A journal entry names a kind or schema that this version does not know; it is never ignored."""

    who_must_act = Party.OPERATOR


class IllegalTransition(CounterpoiseError):
    """An order was told to do what the status table does not allow."""


class PortfolioError(CounterpoiseError):
    """The planner, the gate or a balance could not answer.

    Attributes:
        message: One sentence.
        context: Always holds `module`, `operation` and `correlation_id`.
    """

    who_must_act = Party.CALLER

    def __init__(self, message: str, context: Mapping[str, str]) -> None:
        missing = [key for key in ("module", "operation", "correlation_id") if key not in context]
        if missing:
            message = f"{message} (context lacks {', '.join(missing)})"
        super().__init__(message)
        self.message = message
        self.context = MappingProxyType(dict(context))


class ConfigurationError(CounterpoiseError):
    """Settings, files or a data folder do not allow a start; the message says what to change."""

    who_must_act = Party.OPERATOR


class DataFolderInUse(ConfigurationError):
    """Another process owns the data folder; the message names it."""


class NotApproved(CounterpoiseError, ValueError):
    """An order was about to leave that no verdict of the gate covers: another symbol, side or a larger size."""


class PolicyRefused(CounterpoiseError):
    """The actor may not give this command (scope missing or authentication not fresh)."""

    who_must_act = Party.CALLER


class StaleWriter(CounterpoiseError):
    """An append came with a wrong expected sequence or an epoch below the highest recorded.

    Somebody else has written: this writer must stop and rebuild from the journal.
    """


class DuplicateFact(CounterpoiseError):
    """The journal already holds a fact of this identity: the act had its effect and has no second one.

    Attributes:
        fact_id: The identity that stands twice.
    """

    def __init__(self, account: str, fact_id: str) -> None:
        super().__init__(f"account {account} already has the fact {fact_id}")
        self.fact_id = fact_id


class JournalRefused(CounterpoiseError):
    """The storage refused cleanly and nothing was written (full, read-only, busy past its limit)."""

    who_must_act = Party.OPERATOR


class JournalBroken(CounterpoiseError):
    """The storage failed in a way after which nothing may be assumed: the process must end."""

    who_must_act = Party.OPERATOR


class JournalCorrupt(CounterpoiseError):
    """The journal's bytes, seals or order are not what was written.

    Attributes:
        sequence: The first bad entry, or None when the fault has no single entry.
    """

    who_must_act = Party.OPERATOR

    def __init__(self, message: str, sequence: int | None = None) -> None:
        super().__init__(message)
        self.sequence = sequence


class OrderRejected(CounterpoiseError):
    """The venue refused the order: record that, do not retry blindly."""

    who_must_act = Party.VENUE


class OutcomeUnknown(CounterpoiseError):
    """No answer or an unreadable one: the order may exist. Look it up, keep its room, never resend."""

    who_must_act = Party.VENUE


class VenueUnavailable(CounterpoiseError):
    """A read from the venue failed: that is a failure, never an empty account."""

    who_must_act = Party.VENUE
