"""What would an import make of an account? The whole file is tried on a copy of the book before anything is booked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from counterpoise.control.commands import ImportHistory
from counterpoise.control.history import Names, body_of, identity_of, import_history
from counterpoise.control.state import ControlState
from counterpoise.control.verify import reach_of
from counterpoise.domain.accounts import SYSTEM, AccountId, AccountKind
from counterpoise.domain.errors import ConfigurationError, CounterpoiseError, InvalidInput
from counterpoise.domain.facts import Fact, Fill
from counterpoise.domain.history import BrokenHistory, EntryKind, History, HistoryEntry
from counterpoise.domain.instruments import Symbol
from counterpoise.domain.numbers import ZERO, shortest
from counterpoise.domain.orders import Side
from counterpoise.domain.time import CLOCK_SKEW_MAX, format_time
from counterpoise.ledger.codec import decode
from counterpoise.ledger.journal import Journal
from counterpoise.portfolio.fold import Book
from counterpoise.portfolio.timeline import OutOfReach

IMPORT = "import/"
"""Begins the correlation of every fact that an import booked."""

SIMULATED = "paper"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What an account has.

    Attributes:
        cash: Asset → amount, none of them zero.
        positions: Symbol → signed units, none of them zero.
        realised: Realised P&L so far without fees, account currency.
    """

    cash: Mapping[str, Decimal]
    positions: Mapping[Symbol, Decimal]
    realised: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What an import would do.

    Attributes:
        new: What would be booked, sorted by time.
        known: How many entries are booked already.
        last_trades: Newest trade of each symbol that is held afterwards.
        is_late: Whether some of it happened before something that is booked.
        notes: What the owner should know; one sentence each.
    """

    account: AccountId
    correlation: str
    new: tuple[HistoryEntry, ...]
    known: int
    last_trades: tuple[HistoryEntry, ...]
    is_late: bool
    before: Held
    after: Held
    notes: tuple[str, ...]


async def rehearse(
    journal: Journal,
    account: AccountId,
    history: History,
    now: datetime,
    on_entry: Callable[[], None] = lambda: None,
) -> Rehearsal:
    """Find what is booked already, try the rest on a copy of the book, and say what comes of it.

    Args:
        journal: Where the account is.
        account: Into which the history would go.
        history: What a file says.
        now: No entry may be later than this but by CLOCK_SKEW_MAX.
        on_entry: Called after each entry that was tried.

    Raises:
        BrokenHistory: an entry that is ahead of the clock, that contradicts what is booked under its identity, or that
            cannot be true in its place, such as a sale of more than is held in a CASH account; names the rows.
        ConfigurationError: the account trades on the paper venue, which would know nothing of it.
        CounterpoiseError: the account's journal cannot be folded.
    """
    _refuse_ahead(history, now)
    first = min((entry.at for entry in history.entries), default=now)
    wanted = {identity_of(entry): entry for entry in history.entries}
    floor = first - timedelta(microseconds=1)
    try:
        state, booked = await _load(journal, account, floor, wanted)
    except OutOfReach:  # some of what is booked came later than it happened, too
        state, booked = await _load(journal, account, min(floor, await reach_of(journal, account)), wanted)
    if state.state.opened.venue == SIMULATED:
        raise ConfigurationError(
            f"account {account} trades on the paper venue, which knows nothing of such a history; "
            "open one for it with `counterpoise account open NAME`"
        )
    _refuse_contradictions(history, state, booked, wanted)
    new = tuple(entry for entry in history.entries if identity_of(entry) not in state.recorded)
    before, newest = held(state), state.book.timeline.newest
    correlation = f"{IMPORT}{history.digest}"
    _try(history, state, ImportHistory(
        actor=SYSTEM, at=now, cause=correlation, correlation=correlation, entries=new
    ), now, on_entry)  # fmt: skip
    return Rehearsal(
        account=account,
        correlation=correlation,
        new=new,
        known=len(history.entries) - len(new),
        last_trades=_last_trades(history.entries, state),
        is_late=bool(new) and newest is not None and new[0].at <= newest.at,
        before=before,
        after=held(state),
        notes=_notes(state),
    )


async def reach(state: ControlState, journal: Journal, first: datetime) -> None:
    """Let the book reach back to before `first`, so that many late facts need no fold of the journal each time."""
    floor = min(first - timedelta(microseconds=1), await reach_of(journal, state.account))
    book = Book.open(state.account, floor)
    with book.gathering():
        async for entry in journal.read(state.account):
            book.apply(decode(entry.raw))
    state.take(book)


def held(state: ControlState) -> Held:
    """What the account has as it is folded."""
    account = state.state
    return Held(
        cash={asset: amount for asset, amount in sorted(account.cash.items()) if amount},
        positions={
            account.instruments[key].symbol: item.quantity
            for key, item in sorted(account.holdings.items())
            if item.quantity
        },
        realised=account.results.realised_total,
    )


async def _load(
    journal: Journal, account: AccountId, floor: datetime, wanted: Mapping[str, HistoryEntry]
) -> tuple[ControlState, dict[str, Fact]]:
    """The book with facts kept from `floor` on, and the facts that have an identity of the file's."""
    book, booked, recorded = Book.open(account, floor), dict[str, Fact](), set[str]()
    sequence = epoch = 0
    with book.gathering():
        async for entry in journal.read(account):
            fact = decode(entry.raw)
            book.apply(fact)
            recorded.add(fact.fact_id)
            sequence, epoch = fact.sequence, fact.epoch
            if fact.fact_id in wanted:
                booked[fact.fact_id] = fact
    if not sequence:
        raise ConfigurationError(f"no account {account}; open it with `counterpoise account open {account}`")
    return ControlState(account, book, sequence, epoch, recorded), booked


def _refuse_ahead(history: History, now: datetime) -> None:
    ahead = [
        _fault(history, entry, "time", format_time(entry.at), f"a time that has come; it is {format_time(now)}")
        for entry in history.entries
        if entry.at > now + CLOCK_SKEW_MAX
    ]
    if ahead:
        raise BrokenHistory(history.name, ahead)


def _refuse_contradictions(
    history: History, state: ControlState, booked: Mapping[str, Fact], wanted: Mapping[str, HistoryEntry]
) -> None:
    """What is booked under an identity stays; a file that tells another thing under it is refused, both shown."""
    faults: list[InvalidInput] = []
    names = Names(state)
    for identity, fact in booked.items():
        entry = wanted[identity]
        try:
            theirs, ours = _told(entry, names, fact), _recorded(fact)
        except InvalidInput as error:
            faults.append(_fault(history, entry, error.field, error.value, error.rule))
            continue
        differing = [name for name in theirs if theirs[name] != ours.get(name)]
        if differing:
            says = ", ".join(f"{name} {_text(theirs[name])}" for name in differing)
            has = ", ".join(f"{name} {_text(ours.get(name))}" for name in differing)
            rule = f"one meaning of an id: this row has {says}; what is booked, fact {fact.sequence}, has {has}"
            faults.append(_fault(history, entry, "", f"id {entry.entry_id}", rule))
    if faults:
        raise BrokenHistory(history.name, faults)


def _told(entry: HistoryEntry, names: Names, fact: Fact) -> dict[str, Any]:
    """What the entry says, as far as a fact of that source says it too."""
    instrument = names.instrument(entry.symbol, "")[0] if entry.symbol else None
    body = body_of(entry, instrument, names.base)
    told = {"kind": type(body).__name__, "instrument": instrument.instrument_id if instrument else None}
    values = {name: getattr(body, name) for name in type(body).__dataclass_fields__ if name not in _OURS}
    if not fact.correlation_id.startswith(IMPORT):
        # The venue's own report came first: its times are finer or coarser, and its lists leave fees to others.
        return {**told, **{name: value for name, value in values.items() if not name.startswith("fee")}}
    return {**told, "time": entry.at, **values}


def _recorded(fact: Fact) -> dict[str, Any]:
    values = {name: getattr(fact.body, name) for name in type(fact.body).__dataclass_fields__}
    return {"kind": fact.kind, "instrument": fact.instrument, "time": fact.occurred_at, **values}


_OURS = frozenset({"reference", "client_order_id", "venue_sequence"})
"""Fields of a fact that no file of history speaks of."""


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return shortest(value)
    return format_time(value) if isinstance(value, datetime) else str(value)


def _try(
    history: History, state: ControlState, command: ImportHistory, now: datetime, on_entry: Callable[[], None]
) -> None:
    """Fold what the command would book.

    Raises:
        BrokenHistory: something of it cannot be true.
    """
    try:
        facts = import_history(state, command, now).facts
    except InvalidInput as error:
        fault = InvalidInput(f"{history.name} {error.field}", error.value, error.rule)
        raise BrokenHistory(history.name, [fault]) from error
    rows = {identity_of(entry): entry for entry in command.entries}
    watch = _SalesWatch(state, history, rows)
    entry: HistoryEntry | None = None
    try:
        with state.book.gathering(watch.seen):
            for fact in facts:
                entry = rows.get(fact.fact_id, entry)
                state.book.apply(fact)
                if fact.fact_id in rows:
                    on_entry()
            entry = None
    except CounterpoiseError as error:
        where = f"{history.name} row {entry.row}" if entry else history.name
        told = entry.kind.value if entry else "an entry between what is booked"
        fault = InvalidInput(where, told, f"something that can have happened then: {error}")
        raise BrokenHistory(history.name, [fault]) from error
    if watch.faults:
        faults = sorted(watch.faults.values(), key=lambda fault: fault[0])
        raise BrokenHistory(history.name, [fault for _, fault in faults])


class _SalesWatch:
    """Notes the imported sales that sell more than was held, in an account that may not be short."""

    def __init__(self, state: ControlState, history: History, rows: Mapping[str, HistoryEntry]) -> None:
        self.faults: dict[str, tuple[int, InvalidInput]] = {}
        self._state = state.state
        self._history = history
        self._rows = rows
        self._is_cash = state.state.opened.kind is AccountKind.CASH

    def seen(self, fact: Fact) -> None:
        """A fact was folded; when it is folded again later, what was noted then counts."""
        entry = self._rows.get(fact.fact_id)
        if not self._is_cash or entry is None or not isinstance(fact.body, Fill) or fact.body.side is not Side.SELL:
            return
        holding = self._state.holdings.get(str(fact.instrument))
        left = holding.quantity if holding is not None else ZERO
        if left >= ZERO:
            self.faults.pop(fact.fact_id, None)
            return
        units = max(left + fact.body.quantity, ZERO)
        rule = (
            f"at most the {_text(units)} of {entry.symbol} that were held then; a longer history, or a row of kind "
            "`position` in a generic file, says where more came from"
        )
        fault = _fault(self._history, entry, "quantity", _text(fact.body.quantity), rule)
        self.faults[fact.fact_id] = (entry.row, fault)


def _last_trades(entries: Sequence[HistoryEntry], state: ControlState) -> tuple[HistoryEntry, ...]:
    """Newest trade of each symbol that is held, unless its units have changed since."""
    last: dict[Symbol, HistoryEntry] = {}
    for entry in entries:
        if entry.kind is EntryKind.FILL:
            last[entry.symbol] = entry
        elif entry.kind is EntryKind.SPLIT:
            last.pop(entry.symbol, None)
    names, holdings = Names(state), state.state.holdings
    return tuple(
        entry
        for symbol, entry in sorted(last.items())
        if (item := holdings.get(names.instrument(symbol, "")[0].instrument_id)) is not None and item.quantity
    )


def _notes(state: ControlState) -> tuple[str, ...]:
    account = state.state
    base = account.opened.base_currency
    found = []
    for asset, amount in sorted(account.cash.items()):
        if amount < ZERO and account.opened.kind is AccountKind.CASH:
            found.append(f"cash of {asset} would be {_text(amount)}: deposits or a longer history are missing")
        if amount and asset != base and asset not in account.fx:
            found.append(f"{asset} has no rate in {base} yet, so its worth is not known")
    return tuple(found)


def _fault(history: History, entry: HistoryEntry, column: str, value: str, rule: str) -> InvalidInput:
    where = f"{history.name} row {entry.row}"
    return InvalidInput(f"{where} column {column}" if column else where, value, rule)
