"""How does a person tell an account that is not running what happened, and see what that changed?"""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.numbers import ONE, ZERO, canonical, divide_half_even, exact, parse
from counterpoise.domain.time import format_time
from counterpoise.library.recording import Act, Booked, Change, book
from counterpoise.wiring import settings_of

ReferenceOption = Annotated[
    str, typer.Option("--reference", help="Names this act: said again, it has no second effect.", show_default=False)
]
AtOption = Annotated[
    str | None, typer.Option("--at", help="When, as 2024-01-03T15:00:00Z; now, unless said.", show_default=False)
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, in a sentence.", show_default=False)]
CurrencyOption = Annotated[
    str, typer.Option("--currency", help="Of the amount; the account's own, unless said.", show_default=False)
]

PLACES = 2
"""Places of a figure on the screen, unless they would show no change."""


def tell(verb: str, act: Act, data_dir: Path | None, account: str | None, *, as_json: bool) -> None:
    """Book one act and print what it changed."""
    with exact():
        booked = asyncio.run(book(settings_of(data_dir), account, f"ledger {verb}", act))
        if as_json:
            print(json.dumps(booked.as_json(), indent=2))
        else:
            print_booked(booked)


def print_booked(booked: Booked) -> None:
    """The facts, then each figure that is otherwise now."""
    if not booked.facts:
        print(f"{booked.account}: {booked.answer.message or 'nothing to book'}")
        return
    for fact, title in zip(booked.facts, booked.titles, strict=True):
        if title != fact.kind:
            print(f"{booked.account}: {title}")
            print(f"  entry {fact.sequence}, {fact.fact_id}, at {format_time(fact.occurred_at)}")
    width = max((len(change.figure) for change in booked.changes), default=0)
    for change in booked.changes:
        before, after = shown(change)
        print(f"  {change.figure:<{width}}  {before} → {after}")
    if not booked.changes:
        print("  no figure of the book changed")


def shown(change: Change) -> tuple[str, str]:
    """Before and after: money to two places, unless they would hide what changed; units with every digit."""
    cuts = [divide_half_even(value, ONE, PLACES) for value in (change.before, change.after)]
    if change.is_money and cuts[0] != cuts[1]:
        return (f"{cuts[0] or ZERO:,.{PLACES}f}", f"{cuts[1] or ZERO:,.{PLACES}f}")
    return (f"{canonical(change.before):,f}", f"{canonical(change.after):,f}")


def read_time(text: str | None) -> datetime | None:
    """A time as a person types it.

    Raises:
        InvalidInput: no time, or one without its zone.
    """
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise InvalidInput("--at", text, "a time with its zone, such as 2024-01-03T15:00:00Z")
    return at.astimezone(UTC)


def read_number(text: str | None, name: str) -> Decimal | None:
    """A number as a person types it, or nothing."""
    return None if text is None else parse(text, name)
