"""What has happened in a simulated day, as seen from outside the processes: the log, the marks and the violations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from counterpoise.domain.decisions import TradingState
from counterpoise.domain.facts import (
    BreakOpened,
    BreakSettled,
    Fact,
    Fill,
    LinesJudged,
    OrderAcknowledged,
    OrderCancelled,
    OrderExpired,
    OrderIntended,
    OrderRejected,
    OrderUnknown,
    RunEnded,
    TradingStateChanged,
    WriterClaimed,
)
from counterpoise.domain.orders import OrderIntent

VIOLATIONS_MAX = 20


@dataclass(slots=True)
class Record:
    """Log, marks, violations and what is durable.

    Attributes:
        marks: Named situation → how often it was reached.
        acknowledged: Identities of facts whose command was answered, with when.
        intents: client order id → its intent, once durable.
        sent: client order ids that a process has handed to the wire.
    """

    marks: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    durable: set[str] = field(default_factory=set)
    acknowledged: list[str] = field(default_factory=list)
    intents: dict[str, OrderIntent] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    trading_state: TradingState = TradingState.ACTIVE

    def log(self, second: float, line: str) -> None:
        """One line of the day; the digest is over all of them."""
        text = f"{second:.6f} {line}"
        self.lines.append(text)

    def digest(self) -> str:
        """Of the whole log."""
        return sha256("\n".join(self.lines).encode()).hexdigest()

    def mark(self, name: str) -> None:
        """A situation that a campaign must reach."""
        self.marks[name] += 1

    def violate(self, second: float, law: str, what: str) -> None:
        """A law does not hold."""
        if len(self.violations) < VIOLATIONS_MAX:
            self.violations.append(f"{law}: {what} (at {second:.3f} s)")
        self.log(second, f"VIOLATION {law} {what}")

    def became_durable(self, facts: Sequence[Fact]) -> None:
        """Follow what the journal holds, and mark the situations that facts tell of."""
        for fact in facts:
            self.durable.add(fact.fact_id)
            body = fact.body
            if isinstance(body, OrderIntended):
                self._intended(body.intent)
            elif isinstance(body, OrderUnknown):
                self.unknown.add(body.client_order_id)
                self.mark("unknown")
            elif isinstance(body, OrderAcknowledged):
                self._acknowledged(body.client_order_id)
            elif isinstance(body, Fill):
                self._filled(body)
            elif isinstance(body, TradingStateChanged):
                self.trading_state = body.state
                self.mark(f"state {body.state}")
            else:
                self._other(body)

    def _intended(self, intent: OrderIntent) -> None:
        key = intent.client_order_id
        if key in self.intents:
            self.mark("proved absent and resent")
        self.intents[key] = intent

    def _acknowledged(self, key: str) -> None:
        self.answered.add(key)
        if key in self.unknown:
            self.mark("unknown found")

    def _filled(self, body: Fill) -> None:
        intent = self.intents.get(body.client_order_id)
        if intent is None:
            self.mark("fill of no order of ours")
        elif body.quantity < intent.quantity:
            self.mark("partial fill")
        if body.client_order_id not in self.answered:
            self.mark("fill before its acknowledgement")

    def _other(self, body: object) -> None:
        match body:
            case WriterClaimed():
                self.mark("writer claimed")
            case OrderRejected():
                self.mark("rejected")
            case OrderExpired():
                self.mark("expired")
            case OrderCancelled(reason=reason):
                self.mark(_why_cancelled(reason))
            case LinesJudged(verdicts=verdicts) if not all(verdict.allowed for verdict in verdicts):
                self.mark("line denied")
            case RunEnded(outcome=outcome):
                self.mark(f"run {outcome}")
            case BreakOpened():
                self.mark("break opened")
            case BreakSettled():
                self.mark("break settled")
            case _:
                pass


def _why_cancelled(reason: str) -> str:
    if reason.startswith("withheld"):
        return "withheld by a halt"
    return "absent while halted" if reason.startswith("proved absent") else "cancelled"
