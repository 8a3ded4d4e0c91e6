"""Was something sold that nothing shows being bought? A break that opens and settles by itself.

What a venue reports is always booked. In a CASH account the part of a sale without an acquisition is a lot at no cost,
flagged `missing`; it opens a break of its own kind, and the late buy that cures it settles that break. The comparison
with the venue leaves these alone: it compares figures, and this is about where they came from.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from counterpoise.control.commands import CheckAcquisitions, Command
from counterpoise.control.decision import Decision, Draft
from counterpoise.control.state import ControlState
from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.decisions import Severity
from counterpoise.domain.facts import BreakOpened, BreakSettled, Fact
from counterpoise.domain.instruments import Symbol
from counterpoise.domain.numbers import ZERO, shortest
from counterpoise.domain.statements import Break, BreakKind
from counterpoise.portfolio.state import AccountState

CURED = "every unit that was sold is accounted for"
CHANGED = "another number of units is missing now"


def check_acquisitions(state: ControlState, command: CheckAcquisitions, now: datetime) -> Decision:
    """Open a break for each symbol with missing units, settle those that are cured, renew those that changed."""
    draft = Draft(state, command, now)
    missing = missing_units(state.state)
    known = {found.subject: (ref, found) for ref, found in _open_breaks(state.state)}
    for symbol, (ref, found) in known.items():
        if found.ours != -missing.get(symbol, ZERO):
            reason = CHANGED if symbol in missing else CURED
            draft.add(BreakSettled(opened=ref, reason=reason), ordinal=ref)
    for symbol, units in missing.items():
        if symbol not in known or known[symbol][1].ours != -units:
            body = BreakOpened(difference=_break(symbol, units), severity=Severity.WARNING)
            draft.add(body, ordinal=f"{BreakKind.MISSING_ACQUISITION}:{symbol}")
    return draft.decided()


def missing_units(state: AccountState) -> dict[Symbol, Decimal]:
    """Symbol → units, > 0, that were sold and that nothing shows being bought; by symbol."""
    if state.terms is None or state.terms.kind is not AccountKind.CASH:
        return {}
    found = {
        state.instruments[key].symbol: -sum((lot.quantity for lot in held.lots if lot.missing), ZERO)
        for key, held in state.holdings.items()
        if held.quantity < ZERO
    }
    return {symbol: units for symbol, units in sorted(found.items()) if units}


def explains(missing: dict[Symbol, Decimal], difference: Break) -> bool:
    """Whether a difference in a position is nothing but units that are known to be missing."""
    units = missing.get(difference.subject, ZERO)
    return difference.kind is BreakKind.POSITION and bool(units) and difference.theirs - difference.ours == units


def follow_up(state: ControlState, command: Command, facts: list[Fact]) -> tuple[CheckAcquisitions, ...]:
    """The check, where these fills may have made or cured something: sales, or anything while a break is open."""
    if state.state.opened.kind is not AccountKind.CASH:
        return ()
    sold = any(fact.body.side.sign < 0 for fact in facts)
    if not sold and not any(_open_breaks(state.state)):
        return ()
    return (CheckAcquisitions(actor=command.actor, at=command.at, cause=command.cause),)


def _open_breaks(state: AccountState) -> Iterator[tuple[str, Break]]:
    for ref, item in state.breaks.items():
        if item.difference.kind is BreakKind.MISSING_ACQUISITION:
            yield ref, item.difference


def _break(symbol: Symbol, units: Decimal) -> Break:
    """Ours is what the sales left, theirs what a CASH account can have at the least: nothing."""
    return Break(
        kind=BreakKind.MISSING_ACQUISITION,
        subject=symbol,
        ours=-units,
        theirs=ZERO,
        detail=f"{shortest(units)} {symbol} were sold that nothing shows being bought",
    )
