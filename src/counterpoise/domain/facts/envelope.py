"""What does every fact carry, whatever it says?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterpoise.domain.accounts import AccountId, StrategyShare
from counterpoise.domain.instruments import InstrumentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One entry of an account's journal: recorded once, never changed.

    Attributes:
        sequence: Place in the account's journal, from 1 without gaps.
        epoch: Which claim of the writer's seat wrote it; fences a paused former owner.
        fact_id: Unique per account; for our own acts a function of (kind, cause, ordinal), never random,
            so that doing a thing twice has one effect.
        kind: Name of the body's class.
        schema: Version of the body's shape.
        occurred_at: The source's time, UTC.
        recorded_at: The Clock port's time, UTC.
        source: Who said so: `control`, `operator`, or a venue's name.
        actor: Who gave the command.
        correlation_id: The errand that this belongs to: a run, a decision, an import.
        causation_id: fact_id or command that led to it.
        instrument: Where a quantity moves, whose.
        strategy_shares: Where a quantity or amount moves, whose it is; sums to it exactly. Empty: all `unassigned`.
    """

    account: AccountId
    sequence: int
    epoch: int
    fact_id: str
    kind: str
    schema: int
    occurred_at: datetime
    recorded_at: datetime
    source: str
    actor: str
    correlation_id: str
    causation_id: str
    instrument: InstrumentId | None = None
    strategy_shares: tuple[StrategyShare, ...] = ()
    # One of domain.facts.Body; the union lives one floor up, where all kinds are known.
    body: Any


def fact_id(kind: str, cause: str, ordinal: int | str = 0) -> str:
    """The identity of one of our own acts: the same kind, cause and ordinal are the same act."""
    return f"{kind}:{cause}:{ordinal}"
