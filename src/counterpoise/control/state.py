"""What does a decision look at? The folded book, the live marks beside it, and the writer's place in the journal."""

from __future__ import annotations

from decimal import Decimal

from counterpoise.control.references import note
from counterpoise.domain.accounts import AccountId
from counterpoise.domain.facts import Fact
from counterpoise.domain.instruments import InstrumentId
from counterpoise.domain.marks import Mark
from counterpoise.domain.numbers import ZERO
from counterpoise.portfolio.fold import Book
from counterpoise.portfolio.state import AccountState
from counterpoise.portfolio.valuation import Valuation


class ControlState:
    """One account as its writer knows it.

    Attributes:
        book: The fold of the facts, valued at recorded marks.
        sequence: Of the last fact in the journal, 0 when empty.
        epoch: Of the writer's own claim.
        live_marks: Marks from ticks; not facts, and at least as new as the recorded ones.
        recorded: Identities of all facts; an act whose fact is among them had its effect.
        said: What each act of cash said, by its cause; see control.references.
    """

    __slots__ = ("_live", "account", "book", "epoch", "live_marks", "recorded", "said", "sequence")

    def __init__(
        self,
        account: AccountId,
        book: Book,
        sequence: int = 0,
        epoch: int = 0,
        recorded: set[str] | None = None,
        said: dict[str, str] | None = None,
    ) -> None:
        self.account = account
        self.book = book
        self.sequence = sequence
        self.epoch = epoch
        self.recorded: set[str] = set() if recorded is None else recorded
        self.said: dict[str, str] = {} if said is None else said
        self.live_marks: dict[InstrumentId, Mark] = dict(book.state.marks)
        self._live: Valuation | None = book.follow(self.live_marks) if book.state.terms else None

    @property
    def state(self) -> AccountState:
        """The folded state."""
        return self.book.state

    @property
    def live(self) -> Valuation:
        """The book at the live marks; before the account is opened there is nothing to value."""
        return self._live or self.book.valuation

    @property
    def live_equity(self) -> Decimal:
        """Equity at the live marks, account currency."""
        return self._live.equity if self._live else ZERO

    def fold(self, fact: Fact) -> None:
        """Take in a fact that this writer is about to make durable, or has read back."""
        self.book.apply(fact)
        self.sequence = fact.sequence
        self.epoch = max(self.epoch, fact.epoch)
        self.recorded.add(fact.fact_id)
        note(self.said, fact)
        if fact.kind == "Split":
            self._take_split(str(fact.instrument))
        if self._live is None and self.state.terms:
            self._live = self.book.follow(self.live_marks)

    def _take_split(self, instrument: InstrumentId) -> None:
        """A tick of before a split is in units that are no more."""
        recorded, tick = self.state.marks.get(instrument), self.live_marks.get(instrument)
        if recorded is not None and tick is not None and tick.at <= recorded.at:
            self.live_marks[instrument] = recorded

    def take(self, book: Book) -> None:
        """Go on with a book of the same facts that reaches further back; the ticks stay."""
        self.book = book
        self._live = book.follow(self.live_marks)
        for mark in self.live_marks.values():
            self._live.set_mark(mark)

    def observe(self, mark: Mark) -> None:
        """Value the book at a tick; one that is older than the last known changes nothing."""
        known = self.live_marks.get(mark.instrument)
        if known is None or known.at <= mark.at:
            self.live_marks[mark.instrument] = mark
            self.live.set_mark(mark)

    def unrecorded_marks(self) -> tuple[Mark, ...]:
        """Live marks that differ from the recorded ones, by instrument id."""
        recorded = self.state.marks
        return tuple(mark for key, mark in sorted(self.live_marks.items()) if recorded.get(key) != mark)
