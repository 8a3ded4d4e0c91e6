"""Who changed what, from what to what, why, and on what grounds? The audit trail that the facts are.

What was before is what the last fact about the same subject had said: limits, targets, an order, a fill that is
corrected now. What a fact moved in cash and units is for whoever folds the facts in the same pass to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from counterpoise.domain.facts import Fact
from counterpoise.domain.instruments import InstrumentId, Symbol
from counterpoise.ledger.codec import parse, to_bytes

Said = dict[str, str]
"""Field → what a fact says of it; a field within a field is `outer.inner`."""

WHY = frozenset({"reason", "reasons", "cause"})
"""Fields of a body that say why."""

INPUTS = frozenset(
    {
        *("marks_ref", "limits_ref", "decision", "settles", "opened", "reference"),
        *("equity", "used_margin", "free_margin", "free_cash"),
    }
)
"""Fields of a body that say on what grounds."""

NAMED_BY = ("symbol", "instrument", "asset", "strategy")
"""What an item of a list is called by; else by its number."""


class Change(NamedTuple):
    """One thing that changed; None is nothing."""

    what: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailEntry:
    """One fact as an act.

    Attributes:
        actor: Who gave the command.
        source: Who said so: `control`, `operator`, or a venue's name.
        symbols: Of every instrument that it names.
        said: Field → what the fact says, without its grounds and reasons.
        changes: What is otherwise than before.
        why: Its reasons, or empty.
        correlation_id, causation_id: The errand it belongs to, and the fact or command that led to it.
        inputs: Field → on what grounds.
    """

    sequence: int
    fact_id: str
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    source: str
    symbols: tuple[Symbol, ...]
    said: Mapping[str, str]
    changes: tuple[Change, ...]
    why: str
    correlation_id: str
    causation_id: str
    inputs: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries are wanted; None takes any.

    Attributes:
        correlation: The errand, or the fact or command that led to it.
        since, until: Times of the source, both included.
    """

    kind: str | None = None
    symbol: Symbol | None = None
    correlation: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def takes(self, entry: TrailEntry) -> bool:
        """Whether the entry is wanted."""
        return (
            self.kind in (None, entry.kind)
            and (self.symbol is None or self.symbol in entry.symbols)
            and self.correlation in (None, entry.correlation_id, entry.causation_id)
            and (self.since is None or entry.occurred_at >= self.since)
            and (self.until is None or entry.occurred_at <= self.until)
        )


Subject = tuple[str, str]


def _of_account(topic: str) -> Callable[[Fact], Subject]:
    return lambda _: (topic, "")


def _by(topic: str, name: str) -> Callable[[Fact], Subject]:
    return lambda fact: (topic, str(getattr(fact.body, name)))


def _order(fact: Fact) -> Subject:
    body = fact.body
    return ("order", body.intent.client_order_id if fact.kind == "OrderIntended" else body.client_order_id)


SUBJECTS: Mapping[str, Callable[[Fact], Subject]] = MappingProxyType(
    {
        **dict.fromkeys(("AccountOpened", "AccountConfigured"), _of_account("account")),
        "WriterClaimed": _of_account("writer"),
        "LimitsSet": _of_account("limits"),
        "ModeChanged": _of_account("mode"),
        "TradingStateChanged": _of_account("trading state"),
        "TargetsSet": _by("targets", "strategy"),
        "StrategySet": _by("strategy", "strategy"),
        "InstrumentDefined": lambda fact: ("instrument", fact.body.instrument.instrument_id),
        "SymbolChange": lambda fact: ("symbol", str(fact.instrument)),
        "FxRate": _by("rate", "asset"),
        "StatementRead": lambda fact: ("statement", fact.source),
        **dict.fromkeys(("Fill", "FillBusted", "FillCorrected"), _by("fill", "fill_id")),
        **dict.fromkeys(("RunStarted", "RunEnded"), _by("run", "run_id")),
        "BreakOpened": lambda fact: ("break", fact.fact_id),
        "BreakSettled": _by("break", "opened"),
    }
)
"""Kind → whose earlier value it replaces."""

REPLACING = frozenset({*SUBJECTS, "MarksRecorded"} - {"Fill"})
"""Kinds that say nothing but what is otherwise from then on; a fill is news, not a change of an earlier one."""

ORDER_EVENTS = frozenset(
    {
        "OrderIntended",
        "OrderAcknowledged",
        "OrderRejected",
        "OrderUnknown",
        "OrderCancelled",
        "OrderExpired",
        "CancelRequested",
    }
)
"""Kinds of which only that they happened follows on one another."""

_ABOUT_ITSELF = frozenset({"fill_id", "client_order_id", "run_id"})


class Trail:
    """Tells facts as acts, in the journal's order; each must be told, also those that nobody wants to see."""

    def __init__(self) -> None:
        self._last: dict[Subject, Said] = {}
        self._symbols: dict[InstrumentId, Symbol] = {}
        self._about: dict[Subject, tuple[Symbol, ...]] = {}

    def tell(self, fact: Fact, moved: tuple[Change, ...] = ()) -> TrailEntry:
        """The fact as an act; `moved` is what it changed in the book."""
        said = _said(fact)
        why = {name: text for name, text in said.items() if _root(name) in WHY}
        inputs = {name: text for name, text in said.items() if _root(name) in INPUTS}
        rest = {name: text for name, text in said.items() if name not in why and name not in inputs}
        symbols = self._named(fact, said)
        return TrailEntry(
            sequence=fact.sequence,
            fact_id=fact.fact_id,
            kind=fact.kind,
            occurred_at=fact.occurred_at,
            recorded_at=fact.recorded_at,
            actor=fact.actor,
            source=fact.source,
            symbols=symbols,
            said=MappingProxyType(rest),
            changes=(*self._changes(fact, rest), *moved),
            why="; ".join(why[name] for name in sorted(why)),
            correlation_id=fact.correlation_id,
            causation_id=fact.causation_id,
            inputs=MappingProxyType(inputs),
        )

    def _changes(self, fact: Fact, said: Said) -> tuple[Change, ...]:
        """What the last fact about the same thing had said otherwise."""
        if fact.kind == "MarksRecorded":
            return tuple(
                change._replace(what=self._symbol(item.instrument))
                for item in fact.body.marks
                for change in self._replace(("mark", item.instrument), {"price": str(item.price)})
            )
        if fact.kind in ORDER_EVENTS:
            subject = _order(fact)
            return self._replace(subject, {f"order {subject[1]}": fact.kind})
        subject_of = SUBJECTS.get(fact.kind)
        if subject_of is None:
            return ()
        new = {name: text for name, text in said.items() if name not in _ABOUT_ITSELF}
        changes = self._replace(subject_of(fact), {} if fact.kind in ("FillBusted", "BreakSettled") else new)
        return changes if fact.kind in REPLACING else ()

    def _replace(self, subject: Subject, new: Said) -> tuple[Change, ...]:
        old = self._last.get(subject, {})
        self._last[subject] = new
        names = dict.fromkeys((*old, *new))
        return tuple(Change(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name))

    def _named(self, fact: Fact, said: Said) -> tuple[Symbol, ...]:
        """Symbols of every instrument that the fact names, itself or by its order or fill."""
        if fact.kind == "InstrumentDefined":
            self._symbols[fact.body.instrument.instrument_id] = fact.body.instrument.symbol
        elif fact.kind == "SymbolChange":
            self._symbols[str(fact.instrument)] = fact.body.symbol
        found = dict.fromkeys(text for name, text in said.items() if name.rpartition(".")[2] == "symbol")
        for name, text in said.items():
            if name.rpartition(".")[2] in ("instrument", "child") and text in self._symbols:
                found[self._symbols[text]] = None
        if fact.instrument is not None:
            found[self._symbol(fact.instrument)] = None
        about: Subject | None = None
        if fact.kind in ORDER_EVENTS:
            about = _order(fact)
        elif fact.kind in ("Fill", "FillBusted", "FillCorrected", "LotsChosen"):
            about = ("fill", fact.body.fill_id)
        if about is not None:
            found.update(dict.fromkeys(self._about.get(about, ())))
            self._about[about] = tuple(found)
        return tuple(sorted(found))

    def _symbol(self, instrument: InstrumentId) -> Symbol:
        return self._symbols.get(instrument, instrument)


def _root(name: str) -> str:
    return name.partition(".")[0]


def _said(fact: Fact) -> Said:
    """Every field of the body; a body that is one value and nothing else is that value."""
    body = parse(to_bytes(fact.body))
    only = next(iter(body.values())) if len(body) == 1 else None
    return _flat(only if isinstance(only, dict) else body)


def _flat(value: object, prefix: str = "") -> Said:
    """Every leaf as text under the way to it; what is empty is left out, as in a fact's bytes."""
    if isinstance(value, dict):
        items = [(str(key), item) for key, item in value.items()]
    elif isinstance(value, list):
        items = _called(value)
    else:
        text = _text(value)
        return {prefix: text} if text else {}
    found: Said = {}
    for name, item in items:
        found.update(_flat(item, f"{prefix}.{name}" if prefix else name))
    return found


def _called(items: list[object]) -> list[tuple[str, object]]:
    """Each item by what it is called; a second one of a name, or one without, by its number too."""
    found: dict[str, object] = {}
    for number, item in enumerate(items, 1):
        name = next((str(item[key]) for key in NAMED_BY if key in item), "") if isinstance(item, dict) else ""
        found[f"{name}#{number}" if name in found else name or str(number)] = item
    return list(found.items())


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
