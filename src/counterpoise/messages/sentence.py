"""What is a sentence about a fact made of, and how are its figures written?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from counterpoise.domain.decisions import RiskMode, Severity, TradingState
from counterpoise.domain.facts.control import RunKind
from counterpoise.domain.numbers import ONE, ZERO, canonical, divide_half_even
from counterpoise.domain.orders import OrderIntent
from counterpoise.messages.events import EventKind, EventReason

MINUS = "−"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """What one fact, or one verdict of it, says."""

    kind: EventKind
    title: str
    detail: str = ""
    severity: Severity | None = None
    reasons: tuple[EventReason, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What a sentence needs of what came before its fact.

    Attributes:
        intents: Orders by their client order id, as far as they are remembered.
        kinds: Runs by their id, what they carry out.
        symbols: Instrument id → symbol.
    """

    mode: RiskMode
    state: TradingState
    intents: Mapping[str, OrderIntent]
    kinds: Mapping[str, RunKind]
    symbols: Mapping[str, str]


def shown(value: Decimal, places: int = 2) -> str:
    """A figure for a person: cut half even, thousands apart, U+2212 as minus, zero without sign."""
    cut = divide_half_even(value, ONE, places)
    return f"{cut or ZERO:,.{places}f}".replace("-", MINUS)


def units(value: Decimal) -> str:
    """A quantity for a person: at most four places, no zeros at the end."""
    cut = canonical(divide_half_even(value, ONE, 4))
    return f"{cut or value:,f}".replace("-", MINUS)


def counted(number: int, noun: str) -> str:
    """A number with its noun: 1 sale, 2 sales."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(names: Sequence[str], most: int = 3) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
