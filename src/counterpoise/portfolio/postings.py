"""Which postings did one fact make, in its place among all others?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from counterpoise.domain.accounts import AccountId
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.facts import Fact
from counterpoise.domain.numbers import ONE, ZERO
from counterpoise.ledger import booking
from counterpoise.ledger.booking import Posting
from counterpoise.portfolio import amendments
from counterpoise.portfolio.history import Happened, History
from counterpoise.portfolio.state import AccountState
from counterpoise.portfolio.timeline import RANKS

Sums = dict[tuple[str, str], Decimal]
"""(ledger account, asset) → amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactPostings:
    """What a fact moved.

    Attributes:
        fact: As it was written.
        postings: As later facts say that it truly was; they sum to zero per asset.
        note: Why they are none, or not what the fact itself says; else empty.
    """

    fact: Fact
    postings: tuple[Posting, ...]
    note: str


def postings_of(account: AccountId, facts: Iterable[Fact], fact_id: str) -> FactPostings:
    """The postings of one fact of a journal.

    Raises:
        InvalidInput: the journal has no such fact.
    """
    told = tuple(facts)
    fact = next((one for one in told if one.fact_id == fact_id), None)
    if fact is None:
        raise InvalidInput("fact", fact_id, "the fact_id of a fact of this account; `counterpoise ledger` lists them")
    if fact.kind not in RANKS:
        return FactPostings(fact=fact, postings=(), note=_why_none(fact))
    history = History(account, told)
    for happened in history.order():
        if happened.fact.fact_id != fact_id:
            history.take(happened)
            continue
        before = _sums(history.state)
        history.take(happened)
        after = _sums(history.state)
        change = {key: amount - before.get(key, ZERO) for key, amount in after.items()}
        found = _entries(history.state, happened, change)
        return FactPostings(fact=fact, postings=found, note=_note(history.state, fact, found))
    return FactPostings(fact=fact, postings=(), note=_note(history.state, fact, ()))


def _entries(state: AccountState, happened: Happened, change: Sums) -> tuple[Posting, ...]:
    """As it was booked; what depends on the lots that were there is read from what the ledger accounts changed by."""
    fact, kind, unit = happened.fact, state.opened.kind, str(happened.fact.instrument)
    if fact.kind == "Split":
        return booking.split_postings(unit, change.get((f"position:{unit}", unit), ZERO))
    instrument = state.instruments.get(fact.body.child if fact.kind == "SpinOff" else unit)
    if instrument is None:
        return booking.postings(fact, kind)
    realised = -change.get((booking.REALISED, instrument.quote), ZERO)
    if fact.kind == "CashInLieu":
        sign = -ONE if change.get((f"position:{unit}", unit), ZERO) > ZERO else ONE
        return booking.in_lieu_postings(fact.body, kind, instrument, sign, realised)
    return booking.postings(fact, kind, instrument, realised)


def _sums(state: AccountState) -> Sums:
    return {(name, asset): amount for name, assets in state.postings.items() for asset, amount in assets.items()}


def _note(state: AccountState, fact: Fact, found: tuple[Posting, ...]) -> str:
    amendment = state.amendments.get(fact.body.fill_id) if fact.kind == "Fill" else None
    if amendment is not None and amendment.busted:
        return f"the venue took this fill back: {amendment.busted}"
    if amendment is not None and amendment.correction is not None:
        return f"as corrected by {amendment.corrected_by}"
    return "" if found else _why_none(fact)


def _why_none(fact: Fact) -> str:
    if fact.kind in amendments.KINDS:
        return f"{fact.kind} posts nothing itself: it says what fill {fact.body.fill_id} truly was"
    return f"{fact.kind} moves neither cash nor units"
