"""What follows when a person or a robot says that it traded, and when the venue states what the account has?"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from counterpoise.control.affording import first_sight
from counterpoise.control.commands import AdvanceRun, RecordFill, RecordStatement
from counterpoise.control.decision import DONE, DUPLICATE, Answer, Decision, Draft
from counterpoise.control.gate_book import funds_in, rate_of
from counterpoise.control.state import ControlState
from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.facts import Fill, InstrumentDefined, MarkReason, MarksRecorded, StatementRead
from counterpoise.domain.facts.envelope import fact_id
from counterpoise.domain.facts.statements import StatedCash
from counterpoise.domain.instruments import Instrument
from counterpoise.domain.marks import Mark
from counterpoise.domain.numbers import DIGITS_MAX, ZERO, is_short, plain, shortest
from counterpoise.domain.orders import Side
from counterpoise.domain.statements import VenueAccount
from counterpoise.domain.time import CLOCK_SKEW_MAX
from counterpoise.portfolio.economy import amended

MANUAL = "manual"
"""Who says that an execution happened, where no venue does; its identities begin with this."""


def record_fill(state: ControlState, command: RecordFill, now: datetime) -> Decision:
    """Book an execution that somebody entered, once by its identity.

    What a venue reports is always booked; what a person enters must be possible: a CASH account sells only what it
    holds and pays only with what it has, so of two entries that fit only one at a time, one is refused.

    Raises:
        InvalidInput: a number that is none or out of its range, a time ahead of ours, a symbol that the account does
            not know, or more than is held or paid for; names the field and the value.
    """
    identity = f"{MANUAL}:{command.fill_id}"
    if is_booked(state, command.fill_id):
        return Decision(answer=Answer(outcome="duplicate", message=f"Fill {command.fill_id} was booked before."))
    instrument, is_new = _instrument(state, command)
    _check(state, command, instrument, now)
    draft = Draft(state, command, now)
    if is_new:
        draft.add(
            InstrumentDefined(instrument=instrument),
            ordinal=instrument.instrument_id,
            source=MANUAL,
            instrument=instrument.instrument_id,
        )
    draft.add(
        Fill(
            fill_id=identity,
            client_order_id="",
            side=command.side,
            quantity=command.quantity,
            price=command.price,
            fee=command.fee,
            fee_asset=instrument.quote,
        ),
        identity=f"Fill:{identity}",
        source=MANUAL,
        instrument=instrument.instrument_id,
    )
    if not state.state.opened.trades:
        # Nobody else tells such an account a price: the trade itself is the newest that is known.
        seen = Mark(instrument=instrument.instrument_id, price=command.price, at=command.at)
        draft.add(MarksRecorded(reason=MarkReason.DECISION, marks=(seen,)), source=MANUAL)
    runs = (
        AdvanceRun(actor=command.actor, at=command.at, cause=command.cause, run_id=run)
        for run in sorted(state.state.runs)
    )
    return draft.decided(DONE, *runs)


def is_booked(state: ControlState, fill_id: str) -> bool:
    """Whether an entry of that identity was booked before."""
    return f"{MANUAL}:{fill_id}" in state.book.fills


def record_statement(state: ControlState, command: RecordStatement, now: datetime) -> Decision:
    """What the venue says the account has; its own time counts, or that of the question if its clock is ahead of it.

    Raises:
        InvalidInput: the venue dates it further ahead of our clock than clocks differ.
    """
    said = command.statement
    if said.as_of - now > CLOCK_SKEW_MAX:
        raise InvalidInput("as_of", said.as_of.isoformat(), "a time at most 5 minutes ahead of our clock")
    if fact_id("StatementRead", command.cause) in state.recorded:
        return Decision(answer=DUPLICATE)
    draft = Draft(state, command, now)
    draft.add(
        stated(said, agrees=False),
        occurred_at=min(said.as_of, command.at),
        source=state.state.opened.venue,
    )
    return draft.decided()


def stated(said: VenueAccount, *, agrees: bool) -> StatementRead:
    """What the venue says, as a fact; `agrees` when cash and positions were compared and nothing differed."""
    return StatementRead(
        currency=said.currency,
        cash=(StatedCash(asset=said.currency, amount=said.cash),),
        equity=said.equity,
        buying_power=said.buying_power,
        agrees=agrees,
    )


def _instrument(state: ControlState, command: RecordFill) -> tuple[Instrument, bool]:
    """What was traded, and whether the account sees it for the first time."""
    known = state.state.symbols.get(command.symbol)
    if known is not None:
        return state.state.instruments[known], False
    terms = state.state.opened
    if terms.trades:
        raise InvalidInput("symbol", command.symbol, "a symbol of this account")
    return first_sight(command.symbol, terms.venue, terms.base_currency), True


def _check(state: ControlState, command: RecordFill, instrument: Instrument, now: datetime) -> None:
    digits = f"at most {DIGITS_MAX} digits before and after the point"
    _require("quantity", command.quantity, is_short(command.quantity) and command.quantity > ZERO, f"above 0, {digits}")
    priced = is_short(command.price) and (command.price > ZERO or instrument.negative_price_allowed)
    _require("price", command.price, priced and not command.price.is_zero(), f"a price above 0, {digits}")
    _require("fee", command.fee, is_short(command.fee), f"a finite number, {digits}")
    if command.at - now > CLOCK_SKEW_MAX:
        raise InvalidInput("occurred_at", command.at.isoformat(), "a time at most 5 minutes ahead of our clock")
    if state.state.opened.kind is not AccountKind.CASH:
        return
    if command.side is Side.SELL:
        held = _held_since(state, instrument, command.at)
        _require(
            "quantity",
            command.quantity,
            command.quantity <= held,
            f"at most the {shortest(held)} that are held",
        )
        return
    rate = rate_of(state, instrument)
    cost = command.quantity * command.price * instrument.multiplier + command.fee
    free = funds_in(state, instrument.quote)
    if rate is not None and cost * rate > free:
        most, short = shortest(free), shortest(cost * rate - free)
        rule = f"a purchase of at most {most} {state.state.base} with its fee; {short} is missing"
        raise InvalidInput("quantity", plain(command.quantity), rule)


def _held_since(state: ControlState, instrument: Instrument, at: datetime) -> Decimal:
    """The least that was held from `at` until now, ≥ 0: so much and no more can have been sold then.

    A split since ends the walk back: before it the units were others.
    """
    holding = state.state.holdings.get(instrument.instrument_id)
    held = least = holding.quantity if holding else ZERO
    for fact in state.book.timeline.after(at):
        if fact.instrument != instrument.instrument_id:
            continue
        if fact.kind == "Split":
            break
        effective = amended(state.state, fact) if fact.kind == "Fill" else None
        if effective is not None:
            held -= effective.body.side.sign * effective.body.quantity
            least = min(least, held)
    return max(least, ZERO)


def _require(name: str, value: Decimal, holds: bool, rule: str) -> None:  # noqa: FBT001 - private
    if not holds:
        raise InvalidInput(name, str(value), rule)
