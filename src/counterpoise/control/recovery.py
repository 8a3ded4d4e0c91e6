"""How does an account come back: read, claim the writer's seat, settle what was in flight, go on?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from counterpoise.control.account import Account
from counterpoise.control.activity import Activity
from counterpoise.control.commands import Command
from counterpoise.control.decision import Draft, LookUpOrder
from counterpoise.control.effects import Effects
from counterpoise.control.feeds import heal
from counterpoise.control.references import note
from counterpoise.control.state import ControlState
from counterpoise.control.verify import replay
from counterpoise.domain.accounts import SYSTEM, AccountId
from counterpoise.domain.errors import JournalCorrupt
from counterpoise.domain.facts import Fact, WriterClaimed
from counterpoise.domain.orders import OrderStatus
from counterpoise.domain.time import Clock
from counterpoise.execution.broker import Broker
from counterpoise.ledger.journal import Anchor, Journal
from counterpoise.portfolio.fold import Book


async def load(
    journal: Journal,
    account: AccountId,
    key: bytes,
    anchors: tuple[Anchor, ...],
    on_folded: Callable[[Book, Fact], None] | None = None,
) -> ControlState:
    """The state that the account's sealed bytes make; `on_folded` sees each fact once it is in the book.

    Raises:
        JournalCorrupt: the bytes are not what was written; nothing may be traded on them.
    """
    said: dict[str, str] = {}

    def take_in(book: Book, fact: Fact) -> None:
        note(said, fact)
        if on_folded is not None:
            on_folded(book, fact)

    replayed, problems = await replay(journal, account, key, anchors, on_folded=take_in)
    if not replayed.report.ok or problems:
        first = (*replayed.report.problems, *problems)[0]
        raise JournalCorrupt(f"account {account}: {first}; run `counterpoise verify`", replayed.report.first_bad)
    return ControlState(account, replayed.book, replayed.sequence, replayed.epoch, replayed.fact_ids, said)


async def claim(state: ControlState, journal: Journal, owner: str, now: datetime) -> None:
    """Take the writer's seat: from this fact on, a writer of an earlier epoch is refused.

    The first claim of an empty journal is part of OpenAccount, so that an account is there whole or not at all.
    """
    state.epoch += 1
    if not state.sequence:
        return
    command = Command(actor=SYSTEM, at=now, cause=f"epoch/{state.epoch}")
    draft = Draft(state, command, now)
    draft.add(WriterClaimed(owner=owner))
    await journal.append(state.account, state.sequence + 1, state.epoch, draft.facts)
    for fact in draft.facts:
        state.fold(fact)


def serve(
    state: ControlState,
    journal: Journal,
    clock: Clock,
    activity: Activity,
    effects: Effects,
    on_recorded: Callable[[Sequence[Fact]], None] = lambda _: None,
) -> Account:
    """Start the actor and its effects on a claimed state; `on_recorded` hears of each append once it is durable."""
    account = Account(
        state=state,
        journal=journal,
        clock=clock,
        activity=activity,
        start_effect=effects.start,
        on_recorded=on_recorded,
    )
    effects.serve(account)
    return account


async def settle_in_flight(account: Account, broker: Broker, effects: Effects, now: datetime) -> None:
    """Take over what the venue did meanwhile, and look up every order whose fate is not recorded.

    An INTENDED order may have been sent the instant before the process died, so it is in doubt like an UNKNOWN one.
    """
    await heal(account, broker, now)
    for client_order_id, order in sorted(account.view.state.orders.items()):
        if order.status in (OrderStatus.INTENDED, OrderStatus.UNKNOWN):
            effects.start(LookUpOrder(client_order_id=client_order_id, intents=order.intents))
