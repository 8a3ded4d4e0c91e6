"""What has happened lately, and how was today? Kept beside the book from the same facts; nothing decides on it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from counterpoise.control.state import ControlState
from counterpoise.domain.decisions import RiskMode, StateCause, TradingState
from counterpoise.domain.facts import (
    AccountConfigured,
    AccountOpened,
    CancelRequested,
    Fact,
    InstrumentDefined,
    ModeChanged,
    OrderCancelled,
    OrderExpired,
    OrderIntended,
    OrderRejected,
    OrderUnknown,
    RunEnded,
    RunStarted,
    SymbolChange,
    TradingStateChanged,
)
from counterpoise.domain.facts.control import RunKind
from counterpoise.domain.orders import OrderIntent, OrderStatus
from counterpoise.domain.time import trading_day, zone
from counterpoise.messages.events import EventKind, EventLine
from counterpoise.messages.overview import (
    TodayCounts,
)
from counterpoise.messages.sentences import SPEAKING, Before, Sentence, sentences
from counterpoise.messages.status import (
    EndResult,
    OrderResult,
)

EVENTS_MAX = 200
"""Events that are remembered; the journal has them all."""

INTENTS_MAX = 4_096
"""Orders that are remembered by their id, so that what becomes of them can be told in words."""

MARKERS_MAX = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChange:
    """The last change of the trading state; the first state has none."""

    at: datetime
    by: str
    cause: StateCause
    reason: str


class MarkerKind(StrEnum):
    """What a marker on a curve points at."""

    REBALANCE = "rebalance"
    TRANSFER = "transfer"
    HALT = "halt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """Something to point at on a curve of equity."""

    at: datetime
    kind: MarkerKind
    label: str


@dataclass(slots=True, kw_only=True)
class _Counts:
    day: date | None = None
    approved: int = 0
    denied: int = 0
    rejected: int = 0
    unknown: int = 0


class Chronicle:
    """Follows an account's facts, each once and in their order.

    Attributes:
        version: Moves with every fact that changes what is told.
    """

    def __init__(self) -> None:
        self.version = 0
        self._events: deque[EventLine] = deque(maxlen=EVENTS_MAX)
        self._markers: deque[Marker] = deque(maxlen=MARKERS_MAX)
        self._today = _Counts()
        self._mode = RiskMode.NEUTRAL
        self._state = TradingState.ACTIVE
        self._changed: StateChange | None = None
        self._intents: dict[str, OrderIntent] = {}
        self._runs: dict[str, RunKind] = {}
        self._symbols: dict[str, str] = {}
        self._ended: dict[str, EndResult] = {}  # client order id → what became of an order that a halt wanted to end
        self._mode_reasons: tuple[str, ...] = ()
        self._time_zone = "UTC"

    # --- what is known ---

    def events(self, most: int) -> tuple[EventLine, ...]:
        """The newest first."""
        return tuple(event for event, _ in zip(reversed(self._events), range(most), strict=False))

    def markers(self, since: datetime | None) -> tuple[Marker, ...]:
        """Rebalances, transfers and halts, the oldest first."""
        return tuple(marker for marker in self._markers if since is None or marker.at >= since)

    def today(self, now: datetime) -> TodayCounts:
        """Decisions and orders of the trading day of `now`."""
        seen = self._today if self._today.day == trading_day(now, self._time_zone) else _Counts()
        return TodayCounts(approved=seen.approved, denied=seen.denied, rejected=seen.rejected, unknown=seen.unknown)

    @property
    def state_change(self) -> StateChange | None:
        """Who changed the trading state last, when and why."""
        return self._changed

    @property
    def mode_reasons(self) -> tuple[str, ...]:
        """Why the risk mode is what it is."""
        return self._mode_reasons

    def state_orders(self, view: ControlState) -> tuple[OrderResult, ...]:
        """What became of each order that the last halt wanted to end, as far as the venue has answered."""
        return tuple(
            OrderResult(
                client_order_id=key,
                symbol=intent.symbol,
                side=intent.side,
                quantity=intent.quantity,
                result=_result(view, key, ended),
            )
            for key, ended in self._ended.items()
            if (intent := self._intents.get(key)) is not None
        )

    # --- following ---

    def follow(self, fact: Fact) -> None:
        """Take in one fact that is durable: first what it says beside what was before it, then what is from now on."""
        if isinstance(fact.body, AccountOpened | AccountConfigured):
            self._time_zone = fact.body.terms.time_zone
        if fact.kind in SPEAKING:
            self._say(fact)
        self._remember(fact)

    def _remember(self, fact: Fact) -> None:
        match fact.body:
            case InstrumentDefined(instrument=instrument):
                self._symbols[instrument.instrument_id] = instrument.symbol
            case SymbolChange(symbol=symbol):
                self._symbols[str(fact.instrument)] = symbol
            case RunStarted(run_id=run_id, kind=kind):
                self._runs[run_id] = kind
            case RunEnded(run_id=run_id):
                self._runs.pop(run_id, None)
            case OrderIntended(intent=intent):
                self._intents[intent.client_order_id] = intent
                if len(self._intents) > INTENTS_MAX:
                    self._intents.pop(next(iter(self._intents)))
            case ModeChanged(mode=mode, reasons=reasons):
                self._mode, self._mode_reasons = mode, reasons
            case TradingStateChanged(state=state, cause=cause, reason=reason):
                self._state, self._ended = state, {}
                self._changed = StateChange(at=fact.occurred_at, by=fact.actor, cause=cause, reason=reason)
            case CancelRequested(client_order_id=key) if self._state is TradingState.HALTED:
                self._ended[key] = EndResult.CANCELLING
            case OrderCancelled() | OrderExpired() | OrderRejected() | OrderUnknown():
                if fact.body.client_order_id in self._ended:
                    self._ended[fact.body.client_order_id] = _OVER[fact.kind]
            case _:
                return
        self.version += 1

    def _say(self, fact: Fact) -> None:
        before = Before(
            mode=self._mode, state=self._state, intents=self._intents, kinds=self._runs, symbols=self._symbols
        )
        local = fact.occurred_at.astimezone(zone(self._time_zone))
        for number, sentence in enumerate(sentences(fact, before)):
            self._count(sentence.kind, local.date())
            self._events.append(_line(fact, number, sentence, local))
            self.version += 1
            if sentence.kind in (EventKind.TRANSFER, EventKind.STATE) or fact.kind == "PlanProposed":
                marked = MarkerKind.REBALANCE if fact.kind == "PlanProposed" else _MARKED[sentence.kind]
                self._markers.append(Marker(at=fact.occurred_at, kind=marked, label=sentence.title))

    def _count(self, kind: EventKind, day: date) -> None:
        name = _COUNTED.get(kind)
        if name is None:
            return
        if self._today.day is None or day > self._today.day:
            self._today = _Counts(day=day)
        if day == self._today.day:
            setattr(self._today, name, getattr(self._today, name) + 1)


def _line(fact: Fact, number: int, sentence: Sentence, local: datetime) -> EventLine:
    return EventLine(
        id=f"{fact.sequence}.{number}",
        at=fact.occurred_at,
        time=local.strftime("%H:%M:%S"),
        day=local.date().isoformat(),
        kind=sentence.kind,
        severity=sentence.severity,
        title=sentence.title,
        detail=sentence.detail,
        sequence=fact.sequence,
        reasons=sentence.reasons,
        facts=sentence.facts,
    )


def _result(view: ControlState, key: str, ended: EndResult) -> EndResult:
    """The recorded end, or what the book says of an order that has none yet."""
    if ended not in (EndResult.CANCELLING, EndResult.UNKNOWN):
        return ended
    order = view.state.orders.get(key)
    if order is None or order.status is OrderStatus.FILLED:  # an order that is over leaves the book, filled or ended
        return EndResult.FILLED
    return EndResult.UNKNOWN if order.status is OrderStatus.UNKNOWN else EndResult.CANCELLING


_COUNTED: Mapping[EventKind, str] = MappingProxyType(
    {
        EventKind.APPROVED: "approved",
        EventKind.DENIED: "denied",
        EventKind.REJECTED: "rejected",
        EventKind.UNKNOWN: "unknown",
    }
)
_MARKED: Mapping[EventKind, MarkerKind] = MappingProxyType(
    {EventKind.TRANSFER: MarkerKind.TRANSFER, EventKind.STATE: MarkerKind.HALT}
)
_OVER: Mapping[str, EndResult] = MappingProxyType(
    {
        "OrderCancelled": EndResult.CANCELLED,
        "OrderExpired": EndResult.EXPIRED,
        "OrderRejected": EndResult.REJECTED,
        "OrderUnknown": EndResult.UNKNOWN,
    }
)
