"""What did an account gain for tax, by all that is known of it now?

The history is told in the order of `timeline.place`, with busts, corrections and choices of lots in force, so it is the
same however late a fact was heard of. What is gained, and how, is in `ledger.tax`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from counterpoise.domain.accounts import LotMethod
from counterpoise.domain.facts import Fact
from counterpoise.ledger.disposals import Gains
from counterpoise.ledger.tax import Event, TaxBook
from counterpoise.portfolio import economy
from counterpoise.portfolio.state import AccountState
from counterpoise.portfolio.timeline import place

KINDS = frozenset({"Fill", "OpeningPosition", "Split", "SpinOff", "CashInLieu", "FxRate"})
"""What changes lots, or what they are worth in the account's currency."""


def gains(state: AccountState, facts: Iterable[Fact], *, method: LotMethod | None = None, washes: bool = True) -> Gains:
    """The disposals of the whole history.

    Args:
        state: Folded from all of the facts: it knows what was amended, and the terms of each time.
        facts: In any order; kinds that move no lots may be left out.
        method: Another order of lots than the account's own.
        washes: Whether wash sales are looked for.

    Raises:
        InvalidFact: a trade is in a currency of which no rate was stated.
    """
    book = TaxBook(state.instruments, state.base, method=method, washes=washes)
    for event in _events(state, facts):
        book.tell(event)
    return book.gains()


def _events(state: AccountState, facts: Iterable[Fact]) -> Iterator[Event]:
    for fact in sorted((fact for fact in facts if fact.kind in KINDS), key=place):
        effective = economy.amended(state, fact)
        if effective is None:
            continue
        if fact.kind == "OpeningPosition":
            yield Event(effective, state.opened)
            continue
        known = state.amendments.get(fact.body.fill_id) if fact.kind == "Fill" else None
        chosen = known.choice.lots if known is not None and known.choice is not None else ()
        yield Event(effective, state.terms_at(fact.occurred_at), chosen)
