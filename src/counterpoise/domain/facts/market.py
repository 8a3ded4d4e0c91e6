"""Which instruments exist for the account, and which marks were used when it mattered?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from counterpoise.domain.instruments import Instrument
from counterpoise.domain.marks import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentDefined:
    """From now on the account may trade `instrument`; a later one with the same id replaces its terms."""

    instrument: Instrument


class MarkReason(StrEnum):
    """Why marks became facts (ticks are not facts)."""

    DAY_START = "DAY_START"
    FLOW = "FLOW"
    DECISION = "DECISION"
    EXTREME = "EXTREME"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarksRecorded:
    """The marks in use at `Fact.occurred_at`.

    Attributes:
        marks: Those that changed since the last MarksRecorded, by instrument id; the rest stand.
    """

    reason: MarkReason
    marks: tuple[Mark, ...]
