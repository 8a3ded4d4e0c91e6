"""What comes of a command: facts to make durable, effects to start after that, an answer, and what to decide next."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from counterpoise.control.commands import Command
from counterpoise.control.state import ControlState
from counterpoise.domain.accounts import StrategyShare
from counterpoise.domain.facts import SCHEMAS, Body, Fact
from counterpoise.domain.facts.envelope import fact_id
from counterpoise.domain.instruments import InstrumentId
from counterpoise.risk.gate import Approved


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOrder:
    """Effect: put an approved order to the venue; its intent is durable by then."""

    approved: Approved


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpOrder:
    """Effect: ask the venue, with back-off, what became of an order in doubt.

    Attributes:
        intents: How often the order was intended by then: an answer about an earlier send decides nothing.
    """

    client_order_id: str
    intents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder:
    """Effect: ask the venue to cancel."""

    client_order_id: str


Effect = SendOrder | LookUpOrder | CancelOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the giver of a command hears once its facts are durable.

    Attributes:
        outcome: `done`, `duplicate`, or a named outcome of the stage that decided.
        message: One sentence.
        detail: Values that the caller may want: verdicts, a plan, a run id.
    """

    outcome: str
    message: str = ""
    detail: object = None


DONE = Answer(outcome="done")
DUPLICATE = Answer(outcome="duplicate", message="This was done before; nothing happened twice.")

UNCONFIRMED = Answer(outcome="unconfirmed", message="The venue has to confirm the balance first.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A pure function's whole answer to a command.

    Attributes:
        then: Commands to decide next, on the state with these facts folded, before the same append.
    """

    facts: tuple[Fact, ...] = ()
    effects: tuple[Effect, ...] = ()
    answer: Answer = DONE
    then: tuple[Command, ...] = ()


@dataclass(slots=True)
class Draft:
    """Numbers the facts of one command: envelope fields come from the command, the state and the clock."""

    state: ControlState
    command: Command
    now: datetime
    facts: list[Fact] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)

    def add(
        self,
        body: Body,
        *,
        ordinal: int | str = 0,
        identity: str | None = None,
        occurred_at: datetime | None = None,
        source: str = "control",
        instrument: InstrumentId | None = None,
        shares: tuple[StrategyShare, ...] = (),
        correlation_id: str | None = None,
    ) -> Fact:
        """Add a fact; its id is a function of (kind, cause, ordinal) unless the outside world gave one."""
        kind = type(body).__name__
        made = Fact(
            account=self.state.account,
            sequence=self.state.sequence + 1 + len(self.facts),
            epoch=self.state.epoch,
            fact_id=identity or fact_id(kind, self.command.cause, ordinal),
            kind=kind,
            schema=SCHEMAS[kind],
            occurred_at=occurred_at or self.command.at,
            recorded_at=self.now,
            source=source,
            actor=self.command.actor.name,
            correlation_id=correlation_id or self.command.cause,
            causation_id=self.command.cause,
            instrument=instrument,
            strategy_shares=shares,
            body=body,
        )
        self.facts.append(made)
        return made

    def effect(self, effect: Effect) -> None:
        """Add something to start once the facts are durable."""
        self.effects.append(effect)

    def decided(self, answer: Answer = DONE, *then: Command) -> Decision:
        """Close the draft."""
        return Decision(facts=tuple(self.facts), effects=tuple(self.effects), answer=answer, then=then)
