"""Where do the venue and the ledger differ, and why? Asks the venue; what it concludes is told to the account."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from counterpoise.control import comparing
from counterpoise.control.account import Account
from counterpoise.control.commands import Reconcile
from counterpoise.control.statements import is_news
from counterpoise.domain.accounts import SYSTEM
from counterpoise.domain.facts import Fact
from counterpoise.domain.statements import Break, BreakKind, VenueAccount
from counterpoise.execution.broker import Broker
from counterpoise.execution.reconciliation.causes import Explanation
from counterpoise.execution.reconciliation.differences import differences
from counterpoise.execution.reconciliation.search import explain
from counterpoise.execution.reconciliation.sides import OurBook, VenueStatement
from counterpoise.execution.reconciliation.watchlist import CONFIRMED_AFTER, Watched, Watchlist, watch
from counterpoise.ledger.codec import decode
from counterpoise.ledger.journal import Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One reading of the venue held against the book.

    Attributes:
        found: Every difference beyond tolerance.
        watched: Which of them count, which wait for a second reading, and when that may be.
    """

    said: VenueAccount
    ours: OurBook
    theirs: VenueStatement
    found: tuple[Break, ...]
    watched: Watched

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return not self.found


class Reconciler:
    """Compares one account with its venue, as often as somebody wants, and remembers what it read before.

    Args:
        account: Whose book.
        broker: Its venue.
        records: Whether what the venue says becomes a fact when it is news. In a replay people look on at their own
            pace, and its facts must not depend on that: there only breaks do.
    """

    def __init__(self, account: Account, broker: Broker, *, records: bool = True) -> None:
        self._account, self._broker, self._records = account, broker, records
        self._watchlist = Watchlist()

    async def compare(self, at: datetime) -> Comparison | None:
        """Read cash, positions and open orders; a difference that is read again opens a break, agreement settles it.

        None when a fill came between the readings, so that two different moments would be compared.

        Raises:
            VenueUnavailable: a read failed; nothing is concluded from that, and no figure is taken for zero.
        """
        view = self._account.view
        before = view.sequence
        said = await self._broker.account()
        positions = await self._broker.positions()
        orders = await self._broker.open_orders()
        if view.sequence != before or await self._broker.fills_since(view.state.fill_cursor):
            return None
        view = self._account.view
        ours = comparing.our_book(view, said.currency)
        theirs = comparing.statement(view, said, positions, orders)
        found = _with_symbols(differences(ours, theirs), ours, theirs)
        watched = watch(self._known(at), found, comparing.in_flight(view), at)
        self._watchlist = watched.watchlist
        is_kept = self._records and is_news(view, said, at, agrees=not found)
        if is_kept or watched.confirmed or view.state.breaks:
            command = Reconcile(
                actor=SYSTEM,
                at=at,
                cause=f"compare/{view.sequence}",
                statement=said if is_kept else None,
                differences=found,
                confirmed=watched.confirmed,
            )
            await self._account.ask(command)
        return Comparison(said=said, ours=ours, theirs=theirs, found=found, watched=watched)

    def _known(self, at: datetime) -> Watchlist:
        """What was read before; a break that is open was read twice already, maybe by an earlier process."""
        broken = {
            (item.difference.kind, item.difference.subject): min(item.opened_at - CONFIRMED_AFTER, at)
            for item in self._account.view.state.breaks.values()
        }
        return Watchlist(since={**self._watchlist.since, **broken})

    async def explain(self, seen: Comparison, journal: Journal) -> tuple[Explanation, ...]:
        """What makes the differences, the likeliest first, with what venue and journal list of executions and cash.

        Raises:
            VenueUnavailable: a read failed.
        """
        if seen.agrees:
            return ()
        venue, offers = self._broker.capabilities.venue, self._broker.capabilities
        fills = await self._broker.fills_since(0)
        events = await self._broker.cash_events_since(0) if offers.cash_events else None
        symbols = tuple(sorted({**seen.ours.positions, **seen.theirs.positions}))
        prices = await self._broker.prices(symbols) if offers.prices else ()
        theirs = replace(
            seen.theirs,
            fills=fills,
            cash_events=events,
            # How far back a venue lists is not said: what is older than its first one may simply not be listed.
            fills_from=min((fill.filled_at for fill in fills), default=seen.theirs.as_of),
            prices={price.symbol: price.price for price in prices},
        )
        past, opened = comparing.history(self._account.view, await facts_of(journal, self._account), venue)
        return explain(comparing.with_history(seen.ours, past, opened), theirs)


async def facts_of(journal: Journal, account: Account) -> list[Fact]:
    """Everything that the journal has of the account."""
    return [decode(entry.raw) async for entry in journal.read(account.view.account)]


def _with_symbols(found: tuple[Break, ...], ours: OurBook, theirs: VenueStatement) -> tuple[Break, ...]:
    """A break of an order blocks the symbol that it trades, also when the order is not ours."""
    symbols = {order.client_order_id: order.symbol for order in theirs.orders or ()}
    symbols.update({key: order.symbol for key, order in (ours.orders or {}).items()})
    return tuple(
        replace(item, symbol=symbols.get(item.subject)) if item.kind is BreakKind.ORDER else item for item in found
    )
