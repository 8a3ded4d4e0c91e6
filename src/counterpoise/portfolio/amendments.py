"""What does a bust, a correction or a choice of lots change? The fill that it points to, from its own place on.

An amendment may be heard of before its fill: it is kept by the fill's identity and holds when the fill arrives.
Of several corrections (or choices) of one fill the last by its own time stands, then by fact_id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from counterpoise.domain.errors import InvalidFact
from counterpoise.domain.facts import Fact
from counterpoise.domain.numbers import ZERO
from counterpoise.portfolio import economy, orders
from counterpoise.portfolio.state import Amendment
from counterpoise.portfolio.timeline import BEGINNING, OutOfReach

if TYPE_CHECKING:
    from counterpoise.portfolio.fold import Book


def bust(book: Book, fact: Fact) -> None:
    """The fill never was."""
    # Busted twice is busted: of several the first by name is remembered, whichever was heard of first.
    _amend(book, fact, lambda known: replace(known, busted=min(known.busted or fact.fact_id, fact.fact_id)))


def correct(book: Book, fact: Fact) -> None:
    """The fill always had these figures."""

    def corrected(known: Amendment) -> Amendment:
        if not _is_newer(fact, known.corrected_at, known.corrected_by):
            return known
        return replace(known, correction=fact.body, corrected_at=fact.occurred_at, corrected_by=fact.fact_id)

    _amend(book, fact, corrected)


def choose(book: Book, fact: Fact) -> None:
    """The fill closed these lots."""

    def chosen(known: Amendment) -> Amendment:
        if not _is_newer(fact, known.chosen_at, known.chosen_by):
            return known
        return replace(known, choice=fact.body, chosen_at=fact.occurred_at, chosen_by=fact.fact_id)

    _amend(book, fact, chosen)


def require(book: Book, fact: Fact) -> None:
    """Refuse an amendment of a fill that is booked, but older than what is kept.

    Raises:
        OutOfReach: it is.
    """
    fill_id = fact.body.fill_id
    if fill_id in book.fills and not book.timeline.has_fill(fill_id):
        raise OutOfReach(BEGINNING, f"fill {fill_id} is older than what is kept")


KINDS: Mapping[str, Callable[[Book, Fact], None]] = MappingProxyType(
    {"FillBusted": bust, "FillCorrected": correct, "LotsChosen": choose}
)
"""Kind of an amendment → what it changes."""


def _is_newer(fact: Fact, at: datetime | None, by: str) -> bool:
    return at is None or (fact.occurred_at, fact.fact_id) > (at, by)


def _amend(book: Book, fact: Fact, change: Callable[[Amendment], Amendment]) -> None:
    """Keep what is now known of the fill, and fold again from it if it is in the book.

    Raises:
        InvalidFact: the book could not be folded so; it is as it was.
        OutOfReach: see `require`.
    """
    state, fill_id = book.state, fact.body.fill_id
    known = state.amendments.get(fill_id)
    new = change(known or Amendment())
    if new == known:
        return
    if fill_id not in book.fills:
        state.amendments[fill_id] = new
        return
    require(book, fact)
    start, fill = book.timeline.before_fill(fill_id)
    before = economy.amended(state, fill)
    state.amendments[fill_id] = new
    try:
        book.fold_from(start)
    except InvalidFact:
        if known is None:
            del state.amendments[fill_id]
        else:
            state.amendments[fill_id] = known
        book.fold_from(book.timeline.before_fill(fill_id)[0])
        raise
    after = economy.amended(state, fill)
    filled = (before.body.quantity if before else ZERO) - (after.body.quantity if after else ZERO)
    orders.take_back(state, fill.body.client_order_id, filled)
