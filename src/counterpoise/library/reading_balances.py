"""How much has an account of a data folder, for somebody who does not own it?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from counterpoise.control import affording
from counterpoise.control.balance_sources import current_balance
from counterpoise.control.state import ControlState
from counterpoise.domain.accounts import AccountId
from counterpoise.domain.balances import Balance
from counterpoise.domain.instruments import Symbol
from counterpoise.library.reading import viewing
from counterpoise.risk.affordability import Affordable
from counterpoise.risk.position_size import PositionSize
from counterpoise.settings import Settings

T = TypeVar("T")


async def read_balance(settings: Settings, account: AccountId | None, source: str) -> Balance:
    """The balance as the journal has it, at its real age; the venue is not asked.

    Raises:
        ConfigurationError: no journal, no such account, or several and none was named.
        InvalidInput: there is no such source.
        PortfolioError: that source says nothing.
        JournalCorrupt: the journal is not what was written.
    """
    async with viewing(settings, account) as (parts, view):
        anchors = await parts.journal.anchors()
        return await current_balance(parts.journal, view, anchors, parts.clock.now(), source)


async def read_size(
    settings: Settings,
    account: AccountId | None,
    risk_fraction: Decimal,
    stop_distance: Decimal,
    price: Decimal,
    symbol: Symbol | None,
    lot: Decimal | None,
) -> PositionSize:
    """As `control.affording.size`, on the account as its journal has it.

    Raises:
        ConfigurationError, JournalCorrupt: as `read_balance`.
        InvalidInput: a number is out of its range, or the account does not know the symbol.
    """
    return await _seen(
        settings, account, lambda view, now: affording.size(view, now, risk_fraction, stop_distance, price, symbol, lot)
    )


async def read_affordable(
    settings: Settings,
    account: AccountId | None,
    symbol: Symbol,
    quantity: Decimal,
    price: Decimal,
    collar_pct: Decimal | None,
) -> Affordable:
    """As `control.affording.afford`, on the account as its journal has it.

    Raises:
        ConfigurationError, JournalCorrupt, InvalidInput: as `read_size`.
    """
    return await _seen(
        settings, account, lambda view, now: affording.afford(view, now, symbol, quantity, price, collar_pct)
    )


async def _seen(settings: Settings, account: AccountId | None, look: Callable[[ControlState, datetime], T]) -> T:
    async with viewing(settings, account) as (parts, view):
        return look(view, parts.clock.now())
