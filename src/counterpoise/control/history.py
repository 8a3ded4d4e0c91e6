"""Which facts do entries of a user's history become, and which of them are booked already?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from counterpoise.control.commands import ImportHistory
from counterpoise.control.decision import DUPLICATE, Answer, Decision, Draft
from counterpoise.control.state import ControlState
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.facts import (
    Body,
    CashInLieu,
    Deposit,
    Dividend,
    Fact,
    Fee,
    Fill,
    Funding,
    FxRate,
    InstrumentDefined,
    Interest,
    MarkReason,
    MarksRecorded,
    OpeningPosition,
    Split,
    SymbolChange,
    Withdrawal,
)
from counterpoise.domain.facts.envelope import fact_id
from counterpoise.domain.history import EntryKind, HistoryEntry
from counterpoise.domain.instruments import Instrument, InstrumentId, Symbol, check_text, instrument_id
from counterpoise.domain.marks import Mark
from counterpoise.domain.numbers import is_short

ENTRY = "Entry"
"""Begins the identity of a fact that is no fill: the same whatever kind the venue calls it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of one command.

    Attributes:
        booked: Entries that are facts now.
        known: Entries that were facts before.
    """

    booked: int
    known: int


def import_history(state: ControlState, command: ImportHistory, now: datetime) -> Decision:
    """Book what is not booked yet, in the order given; an instrument is defined at first sight.

    That the whole file fits the book was found out before (`control.rehearsal`).

    Raises:
        InvalidInput: a symbol that the venue's account does not know, another currency than an instrument is priced
            in, or an entry that can be no fact; names the row.
    """
    draft = Draft(state, command, now)
    names = Names(state)
    known = 0
    for entry in command.entries:
        identity = identity_of(entry)
        if identity in state.recorded:
            known += 1
            continue
        try:
            _add(draft, names, entry, identity)
        except InvalidInput as error:
            raise InvalidInput(f"row {entry.row} {error.field}", error.value, error.rule) from error
    booked = len(command.entries) - known
    if booked and command.last_trades:
        _mark(draft, names, command)
    if not draft.facts:
        return Decision(answer=replace(DUPLICATE, detail=Imported(booked=0, known=known)))
    return draft.decided(Answer(outcome="done", detail=Imported(booked=booked, known=known)))


def identity_of(entry: HistoryEntry) -> str:
    """The fact that an entry becomes: a fill's is the one that a venue's own report of it would have."""
    return fact_id_of("Fill" if entry.kind is EntryKind.FILL else ENTRY, entry)


def fact_id_of(kind: str, entry: HistoryEntry) -> str:
    """`kind` and the venue's identity."""
    return f"{kind}:{entry.identity}"


class Names:
    """Which instrument a symbol was at the entry in hand; symbols change on the way through a history."""

    def __init__(self, state: ControlState) -> None:
        self._symbols = dict(state.state.symbols)
        self._instruments: dict[InstrumentId, Instrument] = dict(state.state.instruments)
        self._terms = state.state.opened

    def instrument(self, symbol: Symbol, quote: str) -> tuple[Instrument, bool]:
        """The instrument, and whether it is new.

        A symbol that is no more the name of anything was that of the instrument that first had it.

        Raises:
            InvalidInput: the account's venue does not know it, or it is priced in another asset.
        """
        identity = self._symbols.get(symbol) or instrument_id(self._terms.venue, symbol)
        found = self._instruments.get(identity)
        if found is not None:
            if quote and quote != found.quote:
                raise InvalidInput("asset", quote, f"{found.quote}, in which {symbol} is priced")
            return found, False
        if self._terms.trades:
            raise InvalidInput("symbol", symbol, f"a symbol that the account's venue, {self._terms.venue}, has")
        made = Instrument(
            instrument_id=identity,
            symbol=symbol,
            venue=self._terms.venue,
            quote=quote or self._terms.base_currency,
            source="inferred",
        )
        self._symbols[symbol] = identity
        self._instruments[identity] = made
        return made, True

    def rename(self, old: Symbol, new: Symbol) -> None:
        """From here on `new` is what `old` was.

        Raises:
            InvalidInput: another instrument is called so.
        """
        identity = self._symbols.get(old) or instrument_id(self._terms.venue, old)
        if self._symbols.get(new, identity) != identity:
            raise InvalidInput("new_symbol", new, "a symbol that no other instrument of the account has")
        self._symbols.pop(old, None)
        self._symbols[new] = identity

    @property
    def base(self) -> str:
        """The account's currency."""
        return self._terms.base_currency

    @property
    def trades(self) -> bool:
        """Whether the account has a venue that reports by itself."""
        return self._terms.trades


def _add(draft: Draft, names: Names, entry: HistoryEntry, identity: str) -> Fact:
    """The entry as a fact, after that of its instrument when it is new."""
    for name in ("amount", "quantity", "price", "fee", "units_before", "units_after"):
        if not is_short(getattr(entry, name)):
            raise InvalidInput(name, getattr(entry, name), "a Decimal of at most 18 digits before and after the point")
    check_text(entry.entry_id, "id")
    instrument: Instrument | None = None
    if entry.symbol:
        priced = entry.kind in (EntryKind.FILL, EntryKind.POSITION, EntryKind.CASH_IN_LIEU)
        instrument, is_new = names.instrument(entry.symbol, entry.asset if priced else "")
        if is_new:
            draft.add(
                InstrumentDefined(instrument=instrument),
                identity=fact_id("InstrumentDefined", "inferred", instrument.instrument_id),
                occurred_at=entry.at,
                source=entry.venue,
                instrument=instrument.instrument_id,
                correlation_id=_command(draft).correlation,
            )
    if entry.kind is EntryKind.SYMBOL_CHANGE:
        names.rename(entry.symbol, entry.new_symbol)
    body = body_of(entry, instrument, names.base)
    if isinstance(body, Fill) and names.trades:
        body = replace(body, venue_sequence=0)  # the cursor of a venue that reports by itself is not ours to move
    return draft.add(
        body,
        identity=identity,
        occurred_at=entry.at,
        source=entry.venue,
        instrument=instrument.instrument_id if instrument else None,
        correlation_id=_command(draft).correlation,
    )


def body_of(entry: HistoryEntry, instrument: Instrument | None, base: str) -> Body:
    """What the entry says as the body of a fact; an amount without an asset is in the instrument's, or in `base`.

    Raises:
        InvalidFact: it cannot be true.
    """
    return _BODIES[entry.kind](entry, entry.asset or (instrument.quote if instrument else base))


def _mark(draft: Draft, names: Names, command: ImportHistory) -> None:
    """A trade at the venue is an observation: each symbol's last one is its mark, at its own time."""
    known = draft.state.state.marks
    marks: list[Mark] = []
    for entry in command.last_trades:
        instrument, _ = names.instrument(entry.symbol, "")
        mark = known.get(instrument.instrument_id)
        if mark is None or mark.at < entry.at:
            marks.append(Mark(instrument=instrument.instrument_id, price=entry.price, at=entry.at))
    identity = fact_id("MarksRecorded", command.correlation, MarkReason.EXTREME)
    if marks and identity not in draft.state.recorded:
        draft.add(
            MarksRecorded(reason=MarkReason.EXTREME, marks=tuple(sorted(marks, key=lambda mark: mark.instrument))),
            identity=identity,
            occurred_at=max(mark.at for mark in marks),
            correlation_id=command.correlation,
        )


def _command(draft: Draft) -> ImportHistory:
    assert isinstance(draft.command, ImportHistory)
    return draft.command


def _fill(entry: HistoryEntry, asset: str) -> Body:
    if entry.side is None:
        raise InvalidInput("side", "none", "BUY or SELL")
    return Fill(
        fill_id=entry.identity,
        client_order_id="",
        side=entry.side,
        quantity=entry.quantity,
        price=entry.price,
        fee=entry.fee,
        fee_asset=entry.fee_asset or asset,
        venue_sequence=entry.order,
    )


def _flow(entry: HistoryEntry, asset: str) -> Body:
    kind = Deposit if entry.kind is EntryKind.DEPOSIT else Withdrawal
    amount: Decimal = entry.amount if kind is Deposit else -entry.amount
    return kind(amount=amount, asset=asset, reference=entry.identity)


_BODIES: Mapping[EntryKind, Callable[[HistoryEntry, str], Body]] = MappingProxyType(
    {
        EntryKind.FILL: _fill,
        EntryKind.DEPOSIT: _flow,
        EntryKind.WITHDRAWAL: _flow,
        EntryKind.FEE: lambda entry, asset: Fee(amount=-entry.amount, asset=asset, reference=entry.identity),
        EntryKind.DIVIDEND: lambda entry, asset: Dividend(amount=entry.amount, asset=asset),
        EntryKind.INTEREST: lambda entry, asset: Interest(amount=entry.amount, asset=asset),
        EntryKind.FUNDING: lambda entry, asset: Funding(amount=entry.amount, asset=asset),
        EntryKind.SPLIT: lambda entry, _: Split(numerator=entry.units_after, denominator=entry.units_before),
        EntryKind.SYMBOL_CHANGE: lambda entry, _: SymbolChange(symbol=entry.new_symbol),
        EntryKind.CASH_IN_LIEU: lambda entry, asset: CashInLieu(
            quantity=entry.quantity, amount=entry.amount, asset=asset
        ),
        EntryKind.POSITION: lambda entry, _: OpeningPosition(quantity=entry.quantity, unit_price=entry.price),
        EntryKind.RATE: lambda entry, asset: FxRate(asset=asset, rate=entry.price),
    }
)
"""Kind → the body of its fact; `asset` is the one of its price or amount."""
