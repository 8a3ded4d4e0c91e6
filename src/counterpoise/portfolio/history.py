"""What did the book look like before and after each thing that happened, as far as is known by now?

The facts are brought into the order of `portfolio.timeline`, busts and corrections are applied where their fill
stands, and the book is told one after the other. So a late fact is simply where it belongs, whoever looks back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import NamedTuple

from counterpoise.domain.accounts import AccountId
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.facts import Fact, MarkReason
from counterpoise.domain.time import trading_day
from counterpoise.portfolio import amendments, economy
from counterpoise.portfolio.fold import Book
from counterpoise.portfolio.proof import ProofBetween, proof_between, standing
from counterpoise.portfolio.state import AccountState
from counterpoise.portfolio.timeline import RANKS, place
from counterpoise.portfolio.valuation import Valuation

NAMING = frozenset({"AccountOpened", "AccountConfigured", "InstrumentDefined", "SymbolChange", *amendments.KINDS})
"""Kinds that say what others mean, whenever they say it: needed before the first thing that happened is told."""

STANDING = frozenset({"ModeChanged", "TradingStateChanged"})
"""Kinds that say what held from then on."""

WITHOUT_EFFECT = frozenset({"OrderIntended", "OrderRejected", "OrderCancelled", "OrderExpired"})
"""Kinds with a place that move no money: the day that begins with one of them has not begun yet."""


class Happened(NamedTuple):
    """One fact in its place.

    Attributes:
        fact: As later facts say that it truly was; busted fills are left out.
        day: The trading day that it belongs to, of the zone that was the account's then; never before an earlier one.
            Marks recorded to begin a day, before anything else of that day, close the day before.
        time_zone: The zone that the day is of.
    """

    fact: Fact
    day: date
    time_zone: str


Cut = Callable[[Happened], bool]
"""Whether something happened before the cut; a cut parts the order in two."""


def until(at: datetime) -> Cut:
    """Everything up to and including an instant."""
    return lambda happened: happened.fact.occurred_at <= at


def before(day: date) -> Cut:
    """Everything of the days before `day`."""
    return lambda happened: happened.day < day


class History:
    """An account's story, to be told once from its beginning.

    Args:
        account: Whose.
        facts: Of its journal, any number from the first on, in the journal's order.
        until: Only what happened up to and including this instant; None is everything.

    Attributes:
        book: As it is after what was told; of orders, runs and decisions it knows nothing.

    Raises:
        InvalidInput: the account had not been opened.
    """

    def __init__(self, account: AccountId, facts: Iterable[Fact], until: datetime | None = None) -> None:
        self.book = Book.open(account)
        self._money: list[Fact] = []
        for fact in facts:
            if fact.kind in NAMING:
                self.book.apply(fact)
            elif until is not None and fact.occurred_at > until:
                continue
            elif fact.kind in RANKS:
                self._money.append(fact)
            elif fact.kind in STANDING:
                self.book.apply(fact)
        if self.state.terms is None:
            raise InvalidInput("known_at", "a time before the account was opened", "a later one")
        self._money.sort(key=place)
        self._left = self.order()
        self._ahead = next(self._left, None)
        self._last: Happened | None = None

    @property
    def state(self) -> AccountState:
        """The book's state."""
        return self.book.state

    @property
    def recorded(self) -> Valuation:
        """The book at its recorded marks."""
        return self.book.valuation

    def order(self) -> Iterator[Happened]:
        """What happened, in its order: give each to `take`, or cut it with `take_to`, not both."""
        day, zone = None, ""
        for fact in self._money:
            effective = economy.amended(self.state, fact)
            if effective is None:
                continue
            own_zone = self.state.terms_at(fact.occurred_at).time_zone
            own = trading_day(fact.occurred_at, own_zone)
            if day is None or (own > day and not _belongs_before(fact)):
                day, zone = own, own_zone
            yield Happened(effective, day, zone)

    def take(self, happened: Happened) -> None:
        """Book the next thing that happened."""
        economy.HANDLERS[happened.fact.kind](self.state, self.book.valuations, happened.fact)

    def take_to(self, cut: Cut) -> None:
        """Book everything before the cut that is not booked yet.

        Raises:
            InvalidInput: something behind it is booked already.
        """
        if self._last is not None and not cut(self._last):
            raise InvalidInput("to", "a time before the first", "one that is not earlier")
        while self._ahead is not None and cut(self._ahead):
            self.take(self._ahead)
            self._last, self._ahead = self._ahead, next(self._left, None)

    def prove(self, start: Cut, end: Cut) -> ProofBetween:
        """Why equity changed from one cut to a later one, in all and for each strategy.

        Raises:
            InvalidInput: `end` is before `start`.
        """
        self.take_to(start)
        early = standing(self.state, self.recorded.equity)
        self.take_to(end)
        return proof_between(early, standing(self.state, self.recorded.equity))


def _belongs_before(fact: Fact) -> bool:
    """Whether a fact with which no day has begun yet is still the day before's."""
    return fact.kind in WITHOUT_EFFECT or (fact.kind == "MarksRecorded" and fact.body.reason is MarkReason.DAY_START)
