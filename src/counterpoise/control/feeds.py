"""Which fills and ends of orders did the venue bring that we have not recorded yet?

The stream may lose frames while its heartbeat goes on (incident I-17), so truth comes from asking: every
execution above our cursor, and every order of ours that the venue no longer lists as open.
"""

from __future__ import annotations

from datetime import datetime

from counterpoise.control.account import Account
from counterpoise.control.commands import BookFills, RecordOrderUpdate
from counterpoise.control.decision import DUPLICATE
from counterpoise.control.statements import refresh
from counterpoise.domain.accounts import SYSTEM
from counterpoise.domain.orders import OrderStatus
from counterpoise.execution.broker import Broker

_WORKING = (OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED)


async def heal(account: Account, broker: Broker, at: datetime) -> bool:
    """Take over what the venue has and we lack; whether anything was new.

    Raises:
        VenueUnavailable: a read failed; nothing is concluded from that.
    """
    news = await _heal_fills(account, broker, at)
    return await _heal_ends(account, broker, at) or news


async def _heal_fills(account: Account, broker: Broker, at: datetime) -> bool:
    cursor = account.view.state.fill_cursor
    fills = await broker.fills_since(cursor)
    if not fills:
        return False
    if account.view.state.runs:
        await refresh(account, broker, at)  # these fills may release purchases, which need a confirmed balance
    venue = broker.capabilities.venue
    command = BookFills(actor=SYSTEM, at=at, cause=f"fills:{venue}:{fills[-1].sequence}", venue=venue, fills=fills)
    return await account.ask(command) is not DUPLICATE


async def _heal_ends(account: Account, broker: Broker, at: datetime) -> bool:
    ours = [key for key, order in sorted(account.view.state.orders.items()) if order.status in _WORKING]
    if not ours:
        return False
    listed = {order.client_order_id for order in await broker.open_orders()}
    news = False
    for client_order_id in ours:
        if client_order_id in listed:
            continue
        seen = await broker.order_by_client_id(client_order_id)
        if seen is not None and seen.status.is_terminal:
            command = RecordOrderUpdate(actor=SYSTEM, at=at, cause=f"update:{client_order_id}", order=seen)
            news = await account.ask(command) is not DUPLICATE or news
    return news
