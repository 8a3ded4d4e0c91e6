"""In which order did things happen, whatever order we heard of them in?

What money and holdings are is a function of the *set* of facts, folded in the order of `place`. A fact that arrives
late is put where it belongs: the book goes back to a state kept from before it and folds again from there. Kept are
at least the last seven days (by the facts' own times); what is older is folded anew from the journal.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

from counterpoise.domain.errors import CounterpoiseError
from counterpoise.domain.facts import Fact
from counterpoise.domain.facts.market import MarkReason
from counterpoise.portfolio.kept import Kept, keep, size_of
from counterpoise.portfolio.state import AccountState

REACH = timedelta(days=7)
"""How far back a late fact is put in its place without reading the journal."""

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
"""Before everything: a floor that keeps all facts within reach."""

KEEP_EVERY = 32
"""Facts between two kept states of a small book; a larger book keeps one every so many facts as it has parts."""


class Place(NamedTuple):
    """Where a fact stands in the order of what happened.

    At one instant the day begins first, then rates, splits and what follows from them, then the marks around a flow
    and the flow, then orders, their fills in the venue's own order and their ends, and last the marks that judge it
    all. Every field is the fact's own, so the order is the same however the facts were heard of.
    """

    at: datetime
    rank: int
    venue_sequence: int
    fact_id: str


RANKS: Mapping[str, int] = MappingProxyType(
    {
        "FxRate": 1,
        "Split": 2,
        "SpinOff": 3,
        "CashInLieu": 4,
        "OpeningBalance": 6,
        "OpeningPosition": 6,
        "Deposit": 6,
        "Withdrawal": 6,
        "TransferSent": 6,
        "TransferReceived": 6,
        "StrategyAllotted": 6,
        "Fee": 6,
        "Funding": 6,
        "Interest": 6,
        "Dividend": 6,
        "Adjustment": 6,
        "PositionAdjusted": 6,
        "AdjustmentReversed": 7,  # behind what it takes back, also when both are of one instant
        "OrderIntended": 7,
        "Fill": 8,
        "OrderRejected": 9,
        "OrderCancelled": 9,
        "OrderExpired": 9,
        "MarksRecorded": 10,
    }
)
"""Kind → its rank among facts of one instant; what is not here changes neither money nor holdings."""

OF_AN_ORDER = frozenset({"Fill", "OrderRejected", "OrderCancelled", "OrderExpired"})
"""Kinds that tell, by the venue's clock, what became of an order."""

LAST_RANK = 99
"""Behind everything of an instant."""

_MARKS: Mapping[MarkReason, int] = MappingProxyType({MarkReason.DAY_START: 0, MarkReason.FLOW: 5})


class OutOfReach(CounterpoiseError):
    """A fact belongs before everything that is kept: the book must be folded anew from the journal.

    Attributes:
        at: From when on facts have to be kept for it.
    """

    def __init__(self, at: datetime, message: str) -> None:
        super().__init__(message)
        self.at = at


def place(fact: Fact) -> Place:
    """Where `fact` stands; only of kinds in RANKS."""
    rank, venue_sequence = RANKS[fact.kind], 0
    if fact.kind == "Fill":
        venue_sequence = fact.body.venue_sequence
    elif fact.kind == "MarksRecorded":
        rank = _MARKS.get(fact.body.reason, rank)
    return Place(fact.occurred_at, rank, venue_sequence, fact.fact_id)


class Timeline:
    """The facts of the last days in their order, with states to go back to.

    Args:
        state: The book as it is now; what came before it is out of reach.
        newest: The place of the last fact in it, or None when there is none.
        floor: Facts from this time on stay kept, however old they become.
    """

    __slots__ = ("_every", "_facts", "_kept", "_places", "_since", "_start", "_state", "floor")

    def __init__(self, state: AccountState, newest: Place | None = None, floor: datetime | None = None) -> None:
        self._state = state
        self._places: list[Place] = []
        self._facts: list[Fact] = []
        self._kept: list[tuple[int, Kept]] = [(0, keep(state))]
        self._since = 0  # facts since the last kept state
        self._every = KEEP_EVERY + size_of(state)
        self._start = newest
        self.floor = floor

    @property
    def newest(self) -> Place | None:
        """The place of the last fact, or None."""
        return self._places[-1] if self._places else self._start

    @property
    def kept_from(self) -> int:
        """Before which fact the newest kept state is."""
        return self._kept[-1][0]

    def is_late(self, where: Place) -> bool:
        """Whether something that happened later is folded already."""
        newest = self.newest
        return newest is not None and where < newest

    def add(self, where: Place, fact: Fact) -> None:
        """A fact that is the newest was folded."""
        self._places.append(where)
        self._facts.append(fact)
        self._since += 1
        if self._since >= self._every:
            self._keep(len(self._facts))
            self._thin()
            self._trim(where.at)

    def insert(self, where: Place, fact: Fact) -> int:
        """Put a late fact among the others and the state back to before it; says from which fact to fold again.

        Raises:
            OutOfReach: it belongs before everything that is kept.
        """
        self.require(where)
        index = bisect_right(self._places, where)
        self._places.insert(index, where)
        self._facts.insert(index, fact)
        return self._back_to(index)

    def remove(self, where: Place) -> int:
        """Take a fact out again; as `insert`."""
        index = bisect_right(self._places, where) - 1
        del self._places[index], self._facts[index]
        return self._back_to(index)

    def refold(self, start: int, fold_one: Callable[[Fact], None]) -> None:
        """Fold the facts from `start` on, keeping states on the way."""
        self._since = 0
        for number in range(start, len(self._facts)):
            if self._since >= self._every:
                self._keep(number)
                self._thin()
            fold_one(self._facts[number])
            self._since += 1
        self._thin()

    def after(self, at: datetime) -> Iterator[Fact]:
        """The kept facts that happened after `at`, the newest first."""
        for where, fact in zip(reversed(self._places), reversed(self._facts), strict=True):
            if where.at <= at:
                return
            yield fact

    def has_fill(self, fill_id: str) -> bool:
        """Whether the fill is among the facts that are kept."""
        return self._index_of(fill_id) is not None

    def fill(self, fill_id: str) -> Fact | None:
        """The fill's fact, if it is among the facts that are kept."""
        index = self._index_of(fill_id)
        return None if index is None else self._facts[index]

    def leading_to(self, fill_id: str) -> tuple[AccountState, list[Fact]]:
        """A copy of a state from before a fill that is kept, and the facts to fold so that only the fill is missing."""
        index = self._index_of(fill_id)
        assert index is not None, "asked before with has_fill"
        start, kept = next(found for found in reversed(self._kept) if found[0] <= index)
        was = replace(self._state)
        kept.restore(was)
        return was, self._facts[start:index]

    def before_fill(self, fill_id: str) -> tuple[int, Fact]:
        """Put the state back to before a fill that is kept: where to fold again from, and its fact."""
        index = self._index_of(fill_id)
        assert index is not None, "asked before with has_fill"
        return self._back_to(index), self._facts[index]

    def _index_of(self, fill_id: str) -> int | None:
        for index in range(len(self._facts) - 1, -1, -1):
            fact = self._facts[index]
            if fact.kind == "Fill" and fact.body.fill_id == fill_id:
                return index
        return None

    def require(self, where: Place) -> None:
        """Refuse a fact that belongs before everything that is kept.

        Raises:
            OutOfReach: it does.
        """
        if self._start is not None and where < self._start:
            raise OutOfReach(where.at, f"a fact of {where.at.isoformat()} is older than what is kept")

    def _keep(self, index: int) -> None:
        """Keep the state as it is before the fact at `index`."""
        self._kept.append((index, keep(self._state)))
        self._since = 0
        self._every = KEEP_EVERY + size_of(self._state)

    def _back_to(self, index: int) -> int:
        """The last kept state at or before `index` becomes the state; states after it are let go."""
        while self._kept[-1][0] > index:
            self._kept.pop()
        start, kept = self._kept[-1]
        kept.restore(self._state)
        return start

    def _thin(self) -> None:
        """Keep the last states dense and older ones ever sparser, so that their number grows with the logarithm."""
        kept, place_of = self._kept, len(self._kept) - 4
        while place_of > 0:
            older, middle, newer = kept[place_of - 1], kept[place_of], kept[place_of + 1]
            if newer[0] - older[0] <= len(self._facts) - newer[0]:
                kept.remove(middle)
            place_of -= 1

    def _trim(self, now: datetime) -> None:
        """Let go of what is older than the reach, as far as a state is kept to begin from."""
        horizon = now - REACH
        if self.floor is not None:
            horizon = min(horizon, self.floor)
        first = 0
        while first + 1 < len(self._kept) and self._places[self._kept[first + 1][0] - 1].at < horizon:
            first += 1
        if not first:
            return
        gone = self._kept[first][0]
        self._start = self._places[gone - 1]
        del self._places[:gone], self._facts[:gone]
        self._kept = [(index - gone, kept) for index, kept in self._kept[first:]]
