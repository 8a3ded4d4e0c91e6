"""Which figures of the book did a fact move, as they were known when it was recorded?"""

from __future__ import annotations

from decimal import Decimal

from counterpoise.domain.numbers import ZERO, shortest
from counterpoise.ledger.trail import Change
from counterpoise.portfolio.fold import Book

Figures = dict[str, Decimal]
"""Name → amount: `cash <asset>` and `units <symbol>` in units of it, `equity` and `realised` in account currency."""


def figures(book: Book) -> Figures:
    """The figures of the book as it is."""
    state = book.state
    found = {f"cash {asset}": amount for asset, amount in sorted(state.cash.items())}
    for identity, holding in sorted(state.holdings.items()):
        found[f"units {state.instruments[identity].symbol}"] = holding.quantity
    found["equity"] = book.valuation.equity
    found["realised"] = state.results.realised_total
    return found


def moved(before: Figures, after: Figures) -> tuple[Change, ...]:
    """What is otherwise; what was not there was nothing."""
    names = sorted({**before, **after})
    pairs = ((name, before.get(name, ZERO), after.get(name, ZERO)) for name in names)
    return tuple(Change(name, shortest(old), shortest(new)) for name, old, new in pairs if old != new)
