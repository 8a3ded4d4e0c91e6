"""How much has a running account, how large may a trade be, and what do people enter by hand?"""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from decimal import Decimal

from counterpoise.control import affording
from counterpoise.control.balance_sources import current_balance
from counterpoise.control.commands import RecordFill
from counterpoise.control.entries import is_booked
from counterpoise.control.statements import refresh
from counterpoise.domain.accounts import Actor
from counterpoise.domain.balances import Balance, BalanceSource
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.instruments import Symbol, check_text
from counterpoise.domain.numbers import ZERO, plain
from counterpoise.domain.orders import Side
from counterpoise.ledger.balances import AUTO
from counterpoise.ledger.trail import TrailEntry
from counterpoise.library.hindsight import Moment, day_of, trail_of
from counterpoise.library.rest import Rest
from counterpoise.library.starting import Running
from counterpoise.portfolio.daily import DaySummary
from counterpoise.risk.affordability import Affordable
from counterpoise.risk.position_size import PositionSize


class Balances:
    """The balances of one running account.

    Attributes:
        loop: In which the account runs; nobody else may await what is here.
    """

    def __init__(self, running: Running, rest: Rest) -> None:
        self.loop = asyncio.get_running_loop()
        self._parts = running.parts
        self._broker = running.broker
        self._account = running.account
        self._rest = rest

    @property
    def trades(self) -> bool:
        """Whether the account has a venue."""
        return self._account.view.state.opened.trades

    @property
    def currency(self) -> str:
        """The account's own."""
        return self._account.view.state.base

    async def current(self, source: str = AUTO) -> Balance:
        """The balance by a source; the venue is asked when its last statement is too old to trade on.

        A venue that does not answer leaves its last statement, at its real age and grade.

        Raises:
            InvalidInput: there is no such source.
            PortfolioError: that source says nothing, or no source does.
        """
        now = self._parts.clock.now()
        if source in (AUTO, BalanceSource.BROKER):
            await self._confirm(now)
        journal = self._parts.journal
        return await current_balance(journal, self._account.view, await journal.anchors(), now, source)

    async def size(
        self,
        risk_fraction: Decimal,
        stop_distance: Decimal,
        price: Decimal,
        symbol: Symbol | None = None,
        lot: Decimal | None = None,
    ) -> PositionSize:
        """How many units a trade may have; see `control.affording.size`."""
        now = self._parts.clock.now()
        await self._confirm(now)
        return affording.size(self._account.view, now, risk_fraction, stop_distance, price, symbol, lot)

    async def afford(
        self, symbol: Symbol, quantity: Decimal, price: Decimal, collar_pct: Decimal | None = None
    ) -> Affordable:
        """Whether a purchase can be paid for; see `control.affording.afford`."""
        now = self._parts.clock.now()
        await self._confirm(now)
        return affording.afford(self._account.view, now, symbol, quantity, price, collar_pct)

    async def record_fill(
        self,
        *,
        fill_id: str,
        symbol: Symbol,
        side: Side | None,
        quantity: Decimal,
        price: Decimal,
        fee: Decimal = ZERO,
        actor: Actor,
        at: datetime | None = None,
    ) -> bool:
        """Book an execution that no venue reports; whether it was new. The same `fill_id` is booked once.

        Without a side it ends the position that is held, or part of it.

        Raises:
            InvalidInput: a value is none, is in the future, or cannot be; names field and value.
            PolicyRefused: the actor may not.
        """
        if not fill_id:
            raise InvalidInput("fill_id", fill_id, "a text that names this execution and no other")
        check_text(fill_id, "fill_id")
        if is_booked(self._account.view, fill_id):
            return False
        command = RecordFill(
            actor=actor,
            at=at or self._parts.clock.now(),
            cause=f"fill/{fill_id}",
            fill_id=fill_id,
            symbol=symbol,
            side=self._closing(symbol, quantity) if side is None else side,
            quantity=quantity,
            price=price,
            fee=fee,
        )
        return (await self._account.ask(command)).outcome == "done"

    async def sync(self) -> Balance:
        """Take over what the venue did, hold the book against it, and say what the venue says there is.

        Raises:
            VenueUnavailable: it does not answer, or there is none.
        """
        now = self._parts.clock.now()
        await self._rest.settle(now)
        await self._rest.compare(now)
        return await self.current(BalanceSource.BROKER)

    async def day(self, day: date | None = None) -> DaySummary:
        """What a day of the account's zone brought; today, when None. It is read from the journal.

        Raises:
            InvalidInput: the account had not begun then, or the day is still to come.
        """
        return await day_of(self._parts.journal, self._account.view.account, day, self._parts.clock.now())

    async def trail(
        self,
        *,
        kind: str | None = None,
        symbol: Symbol | None = None,
        correlation: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
    ) -> tuple[TrailEntry, ...]:
        """Every recorded act that is wanted, oldest first: who, what, before, after, why.

        Raises:
            InvalidInput: no such kind, or `until` is before `since`.
        """
        found = await trail_of(
            self._parts.journal,
            self._account.view.account,
            kind=kind,
            symbol=symbol,
            correlation=correlation,
            since=since,
            until=until,
        )
        return found.entries

    async def _confirm(self, now: datetime) -> None:
        """Ask the venue, if there is one and its last word is too old to trade on."""
        if self.trades:
            await refresh(self._account, self._broker, now)

    def _closing(self, symbol: Symbol, quantity: Decimal) -> Side:
        """The side of a trade that ends `quantity` of a position.

        Raises:
            InvalidInput: so much is not held.
        """
        state = self._account.view.state
        holding = state.holdings.get(state.symbols.get(symbol, ""))
        held = holding.quantity if holding is not None else ZERO
        if not quantity.is_finite() or quantity > abs(held):
            raise InvalidInput("quantity", str(quantity), f"at most the {plain(abs(held))} {symbol} that are held")
        return Side.SELL if held > ZERO else Side.BUY
