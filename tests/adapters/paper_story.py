"""A few days at the paper venue, told so that it can be killed anywhere and told again.

Run as `python -m tests.adapters.paper_story FILE N`, the process kills itself at SQL statement number N.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from counterpoise.adapters.brokers.paper import PaperBroker
from counterpoise.adapters.brokers.paper_model import WILD, FillModel
from counterpoise.domain.numbers import exact
from counterpoise.domain.orders import OrderIntent, Side
from counterpoise.execution.executor import send
from tests.execution.orders import approved, intent

D = Decimal
FIRST = datetime(2024, 1, 2, 21, tzinfo=UTC)
MODEL = FillModel(seed=7, fee_bps=D(3), slippage_bps=D(2), faults=WILD)
DAYS, LOOK_UPS = 4, 5


@dataclass
class Hand:
    """A clock that only the story moves."""

    at: datetime = FIRST

    def now(self) -> datetime:
        return self.at


def orders_of(day: int) -> list[OrderIntent]:
    """Purchases on even days, sales on odd ones."""
    side = Side.BUY if day % 2 == 0 else Side.SELL
    return [intent(f"p{day}-{n}-1", side, "3.5", symbol) for n, symbol in enumerate(("SPY", "QQQ", "TLT"))]


async def place(broker: PaperBroker, order: OrderIntent) -> None:
    """As control does: nothing leaves before a look-up proved it absent, and nothing is resent blindly."""
    for _ in range(9):
        for _ in range(LOOK_UPS):
            if await broker.order_by_client_id(order.client_order_id):
                return
        await send(approved(order), broker, lambda: True)
    message = f"{order.client_order_id} never arrived"
    raise AssertionError(message)


async def tell(path: Path, spy: Callable[[PaperBroker], None] = lambda _: None) -> None:
    """The whole story, from wherever it was left."""
    hand = Hand()
    broker = PaperBroker(hand, MODEL, path=path)
    spy(broker)
    await broker.deposit(D(100_000), "opening")
    for day in range(DAYS):
        hand.at = FIRST + timedelta(days=day)
        before = broker.session().at
        if before is None or before < hand.at:
            await place(broker, intent(f"p{day}-queued-1", quantity="1", symbol="GLD"))
        if await broker.open_session(hand.at, {s: D(50 + day) for s in ("SPY", "QQQ", "TLT", "GLD")}):
            for order in orders_of(day):
                await place(broker, order)
            await broker.close_session()
    await broker.end()
    broker.close()


def kill_at(statement: int) -> Callable[[PaperBroker], None]:
    """Let the process die at the n-th SQL statement, as a power cut would."""
    seen = 0

    def count(_: str) -> None:
        nonlocal seen
        seen += 1
        if seen == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    return lambda broker: broker._store._db.set_trace_callback(count)


if __name__ == "__main__":
    with exact():
        asyncio.run(tell(Path(sys.argv[1]), kill_at(int(sys.argv[2]))))
