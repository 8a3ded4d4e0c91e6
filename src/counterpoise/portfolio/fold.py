"""What does each kind of fact change in the book?

`Book` is an account's state with its valuation at the recorded marks; `Book.apply` is the one way in. Folding
is atomic: a fact that cannot be true raises and leaves everything as it was. What was decided, ordered and named is
folded in the order of the journal, which is what we knew; money, prices and holdings are folded in the order in which
they happened (`portfolio.timeline`), however late we heard of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from types import MappingProxyType
from typing import TypeVar, cast

from counterpoise.domain.accounts import AccountId, AccountKind
from counterpoise.domain.errors import InvalidFact, UnknownKind
from counterpoise.domain.facts import BODIES, Fact
from counterpoise.domain.instruments import InstrumentId
from counterpoise.domain.marks import Mark
from counterpoise.domain.numbers import canonical
from counterpoise.domain.time import zone
from counterpoise.ledger.codec import to_bytes
from counterpoise.portfolio import amendments, economy, orders
from counterpoise.portfolio.state import STATE_VERSION, AccountState, EarlierTerms, OpenBreak, Statement
from counterpoise.portfolio.timeline import BEGINNING, LAST_RANK, OF_AN_ORDER, RANKS, Place, Timeline, place
from counterpoise.portfolio.valuation import Valuation

T = TypeVar("T")

NO_TICKS: Mapping[InstrumentId, Mark] = MappingProxyType({})


def _nobody(fact: Fact) -> None:
    """Listens to nothing."""
    del fact


class Book:
    """One account's state and what it is worth at the recorded marks.

    Args:
        state: Folded from the facts; the book takes it over.
        newest: The place of the last fact of money in it.
        floor: Facts from this time on stay within reach of late ones, however old they become.

    Attributes:
        state: Changed by `apply` only.
        valuation: The state at its recorded marks, kept incrementally. Without terms there is nothing to value.
        timeline: The facts of money of the last days.
        fills: Identities of the fills that were folded. They are not part of the state: it would grow with history.
    """

    __slots__ = ("_gathers", "_seen", "_ticks", "_valuations", "_waiting", "fills", "state", "timeline", "valuation")

    def __init__(self, state: AccountState, newest: Place | None = None, floor: datetime | None = None) -> None:
        self.state = state
        self.fills: set[str] = set()
        self.timeline = Timeline(state, newest, floor)
        self.valuation = Valuation.from_state(state) if state.terms is not None else Valuation(AccountKind.CASH, "")
        self._valuations = [self.valuation]
        self._ticks: list[Mapping[InstrumentId, Mark]] = []
        self._gathers = self._waiting = False
        self._seen: Callable[[Fact], None] = _nobody

    @classmethod
    def open(cls, account: AccountId, floor: datetime | None = None) -> Book:
        """The book of an account without facts."""
        return cls(AccountState(account=account), floor=floor)

    @classmethod
    def from_state(cls, state: AccountState) -> Book:
        """The book of a state that was folded before; it takes the state over. What came before is out of reach."""
        newest = None if state.moved_at is None else Place(state.moved_at, LAST_RANK, 0, "")
        return cls(state, newest)

    def follow(self, ticks: Mapping[InstrumentId, Mark] = NO_TICKS) -> Valuation:
        """A second valuation that `apply` keeps at the same cash and positions, for marks that are no facts (ticks).

        Args:
            ticks: The newest of these marks, kept up by whoever brings them to the valuation; read only when a late
                fact has changed what was before.

        Raises:
            ValueError: the account has no terms yet.
        """
        live = Valuation.from_state(self.state)
        self._valuations.append(live)
        self._ticks.append(ticks)
        return live

    def apply(self, fact: Fact) -> None:
        """Fold one fact, late or not.

        Raises:
            UnknownKind: this version does not know the fact's kind.
            InvalidFact: it cannot be true; the book is as it was.
            IllegalTransition: its order cannot have had that; the book is as it was.
            OutOfReach: it is so late that the book must be folded anew from the journal; the book is as it was.
        """
        fold_one = HANDLERS.get(fact.kind)
        if fold_one is None or type(fact.body) is not BODIES[fact.kind]:
            raise UnknownKind(f"{fact.kind!r} with a {type(fact.body).__name__} is no kind of fact that can be folded")
        if fact.account != self.state.account:
            raise InvalidFact("account", fact.account, f"the account of this book, {self.state.account}")
        if self.state.terms is None and fact.kind not in BEFORE_TERMS:
            raise InvalidFact("kind", fact.kind, "AccountOpened first")
        if self._waiting and not (fact.kind in RANKS and self.timeline.is_late(place(fact))):
            self.settle()
        fold_one(self, fact)

    @contextmanager
    def gathering(self, seen: Callable[[Fact], None] | None = None) -> Iterator[None]:
        """Fold late facts that follow each other in one go: a thousand of them cost one fold of what came later.

        Meanwhile the state is that of an earlier moment; it is right again after `settle`, after the next fact that is
        not late, and when the block ends. What one of them is refused for is raised then, and the book is of no use.

        Args:
            seen: Told of each fact of money in the order in which they happened, as soon as the state has it; of those
                that have to be folded again, again.
        """
        self._gathers, self._seen = True, seen or _nobody
        try:
            yield
            self.settle()
        finally:
            self._gathers, self._waiting, self._seen = False, False, _nobody

    def settle(self) -> None:
        """Fold the late facts that wait.

        Raises:
            InvalidFact: one of them, or one that came after, cannot be true in its place.
        """
        if self._waiting:
            self._waiting = False
            self.fold_from(self.timeline.kept_from)

    def require(self, fact: Fact) -> None:
        """Refuse a fact that `apply` could not put in its place.

        Raises:
            OutOfReach: the book must be folded anew from the journal, with facts kept from the time it names on.
        """
        if fact.kind in RANKS:
            self.timeline.require(self.place(fact))
        elif fact.kind in amendments.KINDS:
            amendments.require(self, fact)

    def as_before(self, fill_id: str) -> AccountState:
        """Money and holdings as they were right before a fill that is within reach; the book stays as it is."""
        was, facts = self.timeline.leading_to(fill_id)
        only = [Valuation.from_state(was)]
        for fact in facts:
            economy.change(was, only, fact)
        return was

    def digest(self) -> str:
        """As `digest` of the state."""
        return digest(self.state)

    def opened(self) -> None:
        """Value the account from its terms on."""
        self.valuation = Valuation.from_state(self.state)
        self._valuations[0] = self.valuation
        self.timeline = Timeline(self.state, floor=self.timeline.floor)

    @property
    def valuations(self) -> list[Valuation]:
        """All valuations that follow the book; the first is at the recorded marks."""
        return self._valuations

    def place(self, fact: Fact) -> Place:
        """Where a fact stands; fills and the end of an open order after its intent, whatever the venue's clock says."""
        where = place(fact)
        if fact.kind in OF_AN_ORDER:
            order = self.state.orders.get(fact.body.client_order_id)
            if order is not None and order.intended_at > where.at:
                return where._replace(at=order.intended_at)
        return where

    def move(self, fact: Fact, where: Place | None = None) -> None:
        """Fold what a fact changes in money, prices and holdings, in its place (`where` if it is known already).

        Raises:
            InvalidFact, OutOfReach: the book is as it was.
        """
        where = where or self.place(fact)
        if not self.timeline.is_late(where):
            economy.change(self.state, self._valuations, fact)
            self.timeline.add(where, fact)
            self.state.moved_at = where.at
            self._seen(fact)
            return
        start = self.timeline.insert(where, fact)
        if self._gathers:
            self._waiting = True
            return
        try:
            self.fold_from(start)
        except InvalidFact:
            # Here it stood in the way of itself or of what came after it: without it everything is as it was.
            self.fold_from(self.timeline.remove(where))
            raise

    def fold_from(self, start: int) -> None:
        """Fold the timeline from `start` on again, from the state that was put back to there."""
        recorded = Valuation.from_state(self.state)
        only = [recorded]

        def fold_one(fact: Fact) -> None:
            economy.change(self.state, only, fact)
            self._seen(fact)

        self.timeline.refold(start, fold_one)
        self.valuation = self._valuations[0] = recorded
        for follower, ticks in zip(self._valuations[1:], self._ticks, strict=True):
            follower.take_over(recorded, ticks)


def apply(state: AccountState, fact: Fact) -> None:
    """Fold one fact into `state`, in place; values the whole state first, so for many facts use a `Book`."""
    Book(state).apply(fact)


def fold(account: AccountId, facts: Iterable[Fact]) -> AccountState:
    """The state of `account` after `facts`."""
    book = Book.open(account, floor=BEGINNING)  # all are here, so none is ever out of reach
    for fact in facts:
        book.apply(fact)
    return book.state


def digest(state: AccountState) -> str:
    """`v<version>:` and the SHA-256 of the state's canonical bytes; equal states have equal digests."""
    return f"v{STATE_VERSION}:{sha256(to_bytes(normal(state))).hexdigest()}"


def normal(value: T) -> T:
    """The same value with every Decimal in its shortest plain form, so that equal numbers have equal text."""
    return cast("T", _normal(value))


def _normal(value: object) -> object:
    if isinstance(value, Decimal):
        return canonical(value)
    if isinstance(value, dict):
        return {key: _normal(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_normal(item) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{item.name: _normal(getattr(value, item.name)) for item in fields(value)})
    return value


def _open_account(book: Book, fact: Fact) -> None:
    if book.state.terms is not None:
        raise InvalidFact("kind", fact.kind, "once per account")
    zone(fact.body.terms.time_zone)  # an unknown zone is refused here, not at the first trading day
    book.state.name, book.state.terms = fact.body.name, fact.body.terms
    book.opened()


def _configure_account(book: Book, fact: Fact) -> None:
    """New terms; what equity is made of and counted in stays as the account was opened.

    Raises:
        InvalidFact: kind or currency would change, or terms would change before the last change of them.
    """
    old, new = book.state.opened, fact.body.terms
    zone(new.time_zone)
    if (old.kind, old.base_currency) != (new.kind, new.base_currency):
        raise InvalidFact("terms", f"{new.kind} {new.base_currency}", f"{old.kind} {old.base_currency}, as opened")
    earlier = book.state.earlier_terms
    if earlier and fact.occurred_at < earlier[-1].until:
        raise InvalidFact("occurred_at", fact.occurred_at.isoformat(), "a time after the last change of terms")
    earlier.append(EarlierTerms(until=fact.occurred_at, terms=old))
    book.state.terms = new


def _claim_writer(book: Book, fact: Fact) -> None:
    """Nothing: who writes is in the journal, not in the book."""
    del book, fact


def _define_instrument(book: Book, fact: Fact) -> None:
    """New or changed terms; what an instrument that was ever booked is worth per point cannot change under it."""
    state, new = book.state, fact.body.instrument
    old = state.instruments.get(new.instrument_id)
    booked = f"position:{new.instrument_id}" in state.postings or new.instrument_id in state.holdings
    if booked and old is not None and (old.multiplier, old.quote) != (new.multiplier, new.quote):
        raise InvalidFact("instrument", new.instrument_id, "the multiplier and quote of the position that is held")
    _name(state, new.instrument_id, new.symbol)
    state.instruments[new.instrument_id] = new
    for valuation in book.valuations:
        valuation.define(new)


def _change_symbol(book: Book, fact: Fact) -> None:
    """Another symbol for the same thing."""
    state = book.state
    old = state.instruments.get(str(fact.instrument))
    if old is None:
        raise InvalidFact("instrument", str(fact.instrument), "an instrument that was defined before")
    taken = state.symbols.get(fact.body.symbol)
    if taken not in (None, old.instrument_id):
        raise InvalidFact("symbol", fact.body.symbol, "a symbol that no other instrument of the account has")
    _name(state, old.instrument_id, fact.body.symbol)
    state.instruments[old.instrument_id] = replace(old, symbol=fact.body.symbol)
    orders.rename(state, old.symbol, fact.body.symbol)


def _split(book: Book, fact: Fact) -> None:
    """Units and mark; what runs still wanted to trade of it was counted in units that are no more."""
    book.move(fact)
    orders.drop_lines(book.state, str(fact.instrument), "SPLIT")


def _name(state: AccountState, identity: str, symbol: str) -> None:
    old = state.instruments.get(identity)
    if old is not None and state.symbols.get(old.symbol) == identity:
        del state.symbols[old.symbol]
    state.symbols[symbol] = identity


def _record_marks(book: Book, fact: Fact) -> None:
    """Marks that mattered, and which fact brought the last ones."""
    book.move(fact)
    state = book.state
    if state.marks_at is None or fact.occurred_at >= state.marks_at:
        state.marks_ref, state.marks_at = fact.fact_id, fact.occurred_at


def _book_fill(book: Book, fact: Fact) -> None:
    """An execution: once, by its identity; its order first says whether it can fill."""
    state, fill = book.state, fact.body
    if fill.fill_id in book.fills:
        raise InvalidFact("fill_id", fill.fill_id, "a fill that is not booked yet")
    effective = economy.amended(state, fact)
    status = orders.status_after_fill(state, effective.body) if effective else None
    book.move(fact)
    book.fills.add(fill.fill_id)
    state.fill_cursor = max(state.fill_cursor, fill.venue_sequence)
    if effective is not None:
        orders.book_fill(state, effective, status)


def _intend(book: Book, fact: Fact) -> None:
    """An order, and from now on its fills are one trade; the same order sent again begins no second one."""
    book.timeline.require(place(fact))
    if orders.intend(book.state, fact):
        book.move(fact)


def _answer(book: Book, fact: Fact) -> None:
    """What the venue said of an order; its end is also the end of what it can close."""
    if fact.kind not in RANKS:
        orders.answer(book.state, fact)
        return
    where = book.place(fact)
    book.timeline.require(where)
    orders.answer(book.state, fact)
    book.move(fact, where)


def _set_targets(book: Book, fact: Fact) -> None:
    book.state.targets[fact.body.strategy] = fact.body


def _set_limits(book: Book, fact: Fact) -> None:
    book.state.constraints = fact.body.constraints
    book.state.mode_policy = fact.body.mode_policy
    book.state.limits_ref = fact.fact_id


def _set_strategy(book: Book, fact: Fact) -> None:
    book.state.enabled[fact.body.strategy] = fact.body.enabled


def _change_mode(book: Book, fact: Fact) -> None:
    book.state.mode = fact.body.mode
    book.state.mode_since = fact.occurred_at


def _change_trading_state(book: Book, fact: Fact) -> None:
    book.state.trading_state = fact.body.state
    book.state.state_cause = fact.body.cause


def _open_break(book: Book, fact: Fact) -> None:
    book.state.breaks[fact.fact_id] = OpenBreak(
        difference=fact.body.difference, severity=fact.body.severity, opened_at=fact.occurred_at
    )


def _settle_break(book: Book, fact: Fact) -> None:
    if fact.body.opened not in book.state.breaks:
        raise InvalidFact("opened", fact.body.opened, "a break that is open")
    del book.state.breaks[fact.body.opened]


def _read_statement(book: Book, fact: Fact) -> None:
    """The newest statement of a venue stands, whatever order they arrive in."""
    known = book.state.statements.get(fact.source)
    agreed = fact.occurred_at if fact.body.agrees else None
    last = max((at for at in (agreed, known.reconciled_at if known else None) if at is not None), default=None)
    if known is not None and fact.occurred_at < known.as_of:
        book.state.statements[fact.source] = replace(known, reconciled_at=last)
        return
    book.state.statements[fact.source] = Statement(read=fact.body, as_of=fact.occurred_at, reconciled_at=last)


Handler = Callable[[Book, Fact], None]


def _on_state(function: Callable[[AccountState, Fact], None]) -> Handler:
    """A handler of what changes nothing but what was decided and ordered."""

    def handle(book: Book, fact: Fact) -> None:
        function(book.state, fact)

    return handle


HANDLERS: Mapping[str, Handler] = MappingProxyType(
    {
        **dict.fromkeys(RANKS, Book.move),
        "AccountOpened": _open_account,
        "AccountConfigured": _configure_account,
        "WriterClaimed": _claim_writer,
        "RunStarted": _on_state(orders.start_run),
        "RunEnded": _on_state(orders.end_run),
        "InstrumentDefined": _define_instrument,
        "SymbolChange": _change_symbol,
        "Split": _split,
        "MarksRecorded": _record_marks,
        "Fill": _book_fill,
        **amendments.KINDS,
        "OrderIntended": _intend,
        **{body.__name__: _answer for body in orders.EVENTS},
        "CancelRequested": _on_state(orders.request_cancel),
        "TargetsSet": _set_targets,
        "LimitsSet": _set_limits,
        "StrategySet": _set_strategy,
        "CandidateJudged": _on_state(orders.judge),
        "LinesJudged": _on_state(orders.judge_lines),
        "PlanProposed": _on_state(orders.propose_plan),
        "ModeChanged": _change_mode,
        "TradingStateChanged": _change_trading_state,
        "BreakOpened": _open_break,
        "BreakSettled": _settle_break,
        "StatementRead": _read_statement,
    }
)
"""Kind → what it changes; one entry for every kind of fact."""

BEFORE_TERMS = frozenset({"AccountOpened", "WriterClaimed"})
