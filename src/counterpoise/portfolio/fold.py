"""What does each kind of fact change in the book?

`Book` is an account's state with its valuation at the recorded marks; `Book.apply` is the one way in. Folding
is atomic: a fact that cannot be true raises and leaves everything as it was. The state is a function of the
facts; folding more facts into a state is the same as folding them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from hashlib import sha256
from types import MappingProxyType
from typing import TypeVar, cast

from counterpoise.domain.accounts import AccountId, AccountKind
from counterpoise.domain.errors import InvalidFact, UnknownKind
from counterpoise.domain.facts import BODIES, Fact
from counterpoise.domain.facts.market import MarkReason
from counterpoise.domain.numbers import ONE, ZERO, canonical
from counterpoise.domain.time import trading_day, zone
from counterpoise.ledger import booking
from counterpoise.ledger.codec import to_bytes
from counterpoise.portfolio import drawdown, orders, pnl, positions, proof
from counterpoise.portfolio.proof import Cause
from counterpoise.portfolio.state import STATE_VERSION, AccountState, OpenBreak
from counterpoise.portfolio.valuation import Valuation

T = TypeVar("T")


class Book:
    """One account's state and what it is worth at the recorded marks.

    Attributes:
        state: Folded from the facts, changed by `apply` only.
        valuation: The state at its recorded marks, kept incrementally. Without terms there is nothing to value.
    """

    __slots__ = ("_valuations", "state", "valuation")

    def __init__(self, state: AccountState) -> None:
        self.state = state
        self.valuation = Valuation.from_state(state) if state.terms is not None else Valuation(AccountKind.CASH, "")
        self._valuations = [self.valuation]

    @classmethod
    def open(cls, account: AccountId) -> Book:
        """The book of an account without facts."""
        return cls(AccountState(account=account))

    @classmethod
    def from_state(cls, state: AccountState) -> Book:
        """The book of a state that was folded before; it takes the state over."""
        return cls(state)

    def follow(self) -> Valuation:
        """A second valuation that `apply` keeps at the same cash and positions, for marks that are no facts (ticks).

        Raises:
            ValueError: the account has no terms yet.
        """
        live = Valuation.from_state(self.state)
        self._valuations.append(live)
        return live

    def apply(self, fact: Fact) -> None:
        """Fold one fact.

        Raises:
            UnknownKind: this version does not know the fact's kind.
            InvalidFact: it cannot be true; the book is as it was.
            IllegalTransition: its order cannot have had that; the book is as it was.
        """
        fold_one = HANDLERS.get(fact.kind)
        if fold_one is None or type(fact.body) is not BODIES[fact.kind]:
            raise UnknownKind(f"{fact.kind!r} with a {type(fact.body).__name__} is no kind of fact that can be folded")
        if fact.account != self.state.account:
            raise InvalidFact("account", fact.account, f"the account of this book, {self.state.account}")
        if self.state.terms is None and fact.kind not in BEFORE_TERMS:
            raise InvalidFact("kind", fact.kind, "AccountOpened first")
        fold_one(self, fact)

    def digest(self) -> str:
        """As `digest` of the state."""
        return digest(self.state)

    def opened(self) -> None:
        """Value the account from its terms on."""
        self.valuation = Valuation.from_state(self.state)
        self._valuations[0] = self.valuation

    @property
    def valuations(self) -> list[Valuation]:
        """All valuations that follow the book; the first is at the recorded marks."""
        return self._valuations


def apply(state: AccountState, fact: Fact) -> None:
    """Fold one fact into `state`, in place; values the whole state first, so for many facts use a `Book`."""
    Book(state).apply(fact)


def fold(account: AccountId, facts: Iterable[Fact]) -> AccountState:
    """The state of `account` after `facts`."""
    book = Book.open(account)
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
    """New terms; what equity is made of and counted in stays as the account was opened."""
    old, new = book.state.opened, fact.body.terms
    zone(new.time_zone)
    if (old.kind, old.base_currency) != (new.kind, new.base_currency):
        raise InvalidFact("terms", f"{new.kind} {new.base_currency}", f"{old.kind} {old.base_currency}, as opened")
    book.state.terms = new


def _claim_writer(book: Book, fact: Fact) -> None:
    """Nothing: who writes is in the journal, not in the book."""
    del book, fact


def _define_instrument(book: Book, fact: Fact) -> None:
    """New or changed terms; what a held position is worth per point cannot change under it."""
    state, new = book.state, fact.body.instrument
    old = state.instruments.get(new.instrument_id)
    held = new.instrument_id in state.holdings
    if held and old is not None and (old.multiplier, old.quote) != (new.multiplier, new.quote):
        raise InvalidFact("instrument", new.instrument_id, "the multiplier and quote of the position that is held")
    if old is not None and state.symbols.get(old.symbol) == new.instrument_id:
        del state.symbols[old.symbol]
    state.instruments[new.instrument_id] = new
    state.symbols[new.symbol] = new.instrument_id
    for valuation in book.valuations:
        valuation.define(new)


def _record_marks(book: Book, fact: Fact) -> None:
    """Marks that mattered: price causes for what is held, then the equity that they make."""
    state, reason = book.state, fact.body.reason
    for new in fact.body.marks:
        positions.check_price(positions.instrument_of(state, new.instrument), new.price)
    time_zone = state.opened.time_zone
    if reason is not MarkReason.DAY_START:
        # The day began at the marks known then; only DAY_START brings the marks of that instant itself.
        drawdown.begin(state.drawdown, book.valuation.equity, fact.occurred_at, time_zone)
    for new in fact.body.marks:
        positions.mark(state, book.valuations, new)
    drawdown.on_equity(state.drawdown, book.valuation.equity, fact.occurred_at, time_zone)
    state.marks_ref = fact.fact_id
    state.acts[f"marks:{reason}"] = fact.fact_id


def _set_rate(book: Book, fact: Fact) -> None:
    """fx cause = what is priced in the asset × Δrate."""
    state, asset, rate = book.state, fact.body.asset, fact.body.rate
    if asset == state.opened.base_currency:
        if rate != ONE:
            raise InvalidFact("rate", str(rate), f"1: {asset} is the base currency")
        return
    change = rate - state.fx.get(asset, ZERO)
    for strategy in list(state.strategies):
        worth = proof.strategy_worth_in(state, strategy, asset)
        if worth:
            proof.add(state, strategy, Cause.FX, worth * change)
    state.fx[asset] = rate
    for valuation in book.valuations:
        valuation.set_rate(asset, rate)


CASH_CAUSES: Mapping[str, Cause] = MappingProxyType(
    {
        "OpeningBalance": Cause.TRANSFER,
        "Deposit": Cause.TRANSFER,
        "Withdrawal": Cause.TRANSFER,
        "Fee": Cause.FEE,
        "Funding": Cause.FUNDING,
        "Interest": Cause.INTEREST,
        "Dividend": Cause.DIVIDEND,
        "Adjustment": Cause.CORRECTION,
    }
)
"""Kind of a cash movement → the cause that it is; transfers are external flows too."""


def _move_cash(book: Book, fact: Fact) -> None:
    """Cash without an order: its postings, each strategy's share, its cause, and what depends on the kind."""
    state, body, cause = book.state, fact.body, CASH_CAUSES[fact.kind]
    if fact.instrument is not None:
        positions.instrument_of(state, fact.instrument)
    entries = booking.postings(fact, state.opened.kind)
    positions.post(state, entries)
    rate = proof.rate_of(state, body.asset)
    moved = ZERO
    for entry in entries:
        if entry.ledger_account == booking.CASH:
            own = proof.book_of(state, entry.strategy).cash
            own[body.asset] = own.get(body.asset, ZERO) + entry.amount
            proof.add(state, entry.strategy, cause, entry.amount * rate)
            moved += entry.amount
    worth = moved * rate
    if cause is Cause.TRANSFER:
        zone_name = state.opened.time_zone
        drawdown.on_flow(state.drawdown, book.valuation.equity, worth, fact.occurred_at, zone_name)
    state.cash[body.asset] = state.cash.get(body.asset, ZERO) + moved
    for valuation in book.valuations:
        valuation.on_cash(body.asset, moved)
    _count_cash(state, fact, cause, worth)


def _count_cash(state: AccountState, fact: Fact, cause: Cause, worth: Decimal) -> None:
    """Fees and funding into the day's results; what a position earned stays with it until it is closed."""
    day = trading_day(fact.occurred_at, state.opened.time_zone)
    if cause is Cause.FEE:
        pnl.book_fee(state.results, -worth, day)
    elif cause is Cause.FUNDING:
        pnl.book_funding(state.results, worth, day)
    if cause is Cause.FUNDING and fact.instrument is not None:
        holding = state.holdings.get(fact.instrument)
        if holding is not None and holding.quantity:
            holding.funding += worth


def _adopt_position(book: Book, fact: Fact) -> None:
    positions.adopt(book.state, book.valuations, fact)


def _book_fill(book: Book, fact: Fact) -> None:
    positions.book_fill(book.state, book.valuations, fact)


def _set_targets(book: Book, fact: Fact) -> None:
    book.state.targets[fact.body.strategy] = fact.body


def _set_limits(book: Book, fact: Fact) -> None:
    book.state.constraints = fact.body.constraints
    book.state.mode_policy = fact.body.mode_policy
    book.state.limits_ref = fact.fact_id


def _set_strategy(book: Book, fact: Fact) -> None:
    proof.book_of(book.state, fact.body.strategy).enabled = fact.body.enabled


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


Handler = Callable[[Book, Fact], None]


def _on_state(function: Callable[[AccountState, Fact], None]) -> Handler:
    """A handler of what needs no valuation."""

    def handle(book: Book, fact: Fact) -> None:
        function(book.state, fact)

    return handle


HANDLERS: Mapping[str, Handler] = MappingProxyType(
    {
        "AccountOpened": _open_account,
        "AccountConfigured": _configure_account,
        "WriterClaimed": _claim_writer,
        "RunStarted": _on_state(orders.start_run),
        "RunEnded": _on_state(orders.end_run),
        "InstrumentDefined": _define_instrument,
        "MarksRecorded": _record_marks,
        **dict.fromkeys(CASH_CAUSES, _move_cash),
        "FxRate": _set_rate,
        "OpeningPosition": _adopt_position,
        "Fill": _book_fill,
        "OrderIntended": _on_state(orders.intend),
        **{body.__name__: _on_state(orders.answer) for body in orders.EVENTS},
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
    }
)
"""Kind → what it changes; one entry for every kind of fact."""

BEFORE_TERMS = frozenset({"AccountOpened", "WriterClaimed"})
