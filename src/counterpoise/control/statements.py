"""How do the venue's own figures of the account reach the book while they are young?

What a decision depends on is a fact. So the venue is asked before an order that adds risk can be judged, and as often
as its answer tells something new; a venue that does not answer leaves the last statement at its real age.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from counterpoise.control.account import Account
from counterpoise.control.commands import RecordStatement
from counterpoise.control.confirmed import is_confirmed, statement_of
from counterpoise.control.state import ControlState
from counterpoise.domain.accounts import SYSTEM
from counterpoise.domain.errors import InvalidInput, VenueUnavailable
from counterpoise.domain.statements import VenueAccount
from counterpoise.domain.time import format_time
from counterpoise.execution.broker import Broker

ANSWER_SECONDS = 2.0
"""How long an order waits for the venue's figures; a reduction then passes without them, an increase does not."""

KEPT_EVERY = timedelta(hours=1)
"""How often a statement that says nothing new is recorded all the same."""


async def refresh(account: Account, broker: Broker, at: datetime) -> bool:
    """Have the balance confirmed if it is not; whether it is. A venue that does not answer is no error here."""
    if not account.view.sequence or is_confirmed(account.view, at):
        return bool(account.view.sequence)
    try:
        said = await asyncio.wait_for(broker.account(), ANSWER_SECONDS)
        await _record(account, said, at)
    except (VenueUnavailable, TimeoutError, InvalidInput):
        return False
    return is_confirmed(account.view, at)


def is_news(state: ControlState, said: VenueAccount, at: datetime, *, agrees: bool) -> bool:
    """Whether what the venue said in a comparison is worth a fact: it tells something new, or the last news is old."""
    last = statement_of(state)
    if last is None or at - last.as_of >= KEPT_EVERY:
        return True
    same = {item.asset: item.amount for item in last.read.cash} == {said.currency: said.cash}
    return not same or last.read.agrees is not agrees


async def _record(account: Account, said: VenueAccount, at: datetime) -> None:
    cause = f"statement/{format_time(at)}/{account.view.sequence}"
    await account.ask(RecordStatement(actor=SYSTEM, at=at, cause=cause, statement=said))
