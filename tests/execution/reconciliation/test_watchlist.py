"""Does a break open only for what is read twice, five seconds apart, and is not on its way?"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from counterpoise.domain.orders import Side
from counterpoise.domain.statements import Break, BreakKind
from counterpoise.execution.reconciliation.watchlist import (
    CashInFlight,
    InFlight,
    OrderInFlight,
    Watchlist,
    explained,
    watch,
)

D = Decimal
START = datetime(2024, 1, 3, 15, tzinfo=UTC)
BUY_10 = OrderInFlight(client_order_id="p1", symbol="SPY", side=Side.BUY, remaining=D(10), asset="USD", worth=D(1000))


def differs(kind: BreakKind, subject: str, ours: str, theirs: str) -> Break:
    return Break(kind=kind, subject=subject, ours=D(ours), theirs=D(theirs), detail="")


CASH = differs(BreakKind.CASH, "USD", "10", "9")
UNITS = differs(BreakKind.POSITION, "SPY", "0", "4")


def read(*readings: tuple[float, tuple[Break, ...]], in_flight: InFlight = ()) -> list[list[str]]:
    """What is confirmed at each reading, so many seconds after the start."""
    known, found = Watchlist(), []
    for seconds, breaks in readings:
        watched = watch(known, breaks, in_flight, START + timedelta(seconds=seconds))
        known = watched.watchlist
        found.append([item.subject for item in watched.confirmed])
        assert sorted([*watched.confirmed, *watched.waiting], key=str) == sorted(breaks, key=str)
    return found


@pytest.mark.parametrize(
    ("readings", "confirmed"),
    (
        pytest.param([(0, (CASH,))], [[]], id="once"),
        pytest.param([(0, (CASH,)), (4.999, (CASH,))], [[], []], id="twice, too near"),
        pytest.param([(0, (CASH,)), (5, (CASH,))], [[], ["USD"]], id="twice, five seconds apart"),
        pytest.param([(0, (CASH,)), (3, ()), (6, (CASH,))], [[], [], []], id="gone between: it begins anew"),
        pytest.param([(0, (CASH,)), (5, (CASH, UNITS)), (9, (UNITS,)), (10, (UNITS,))],
                     [[], ["USD"], [], ["SPY"]], id="each has its own time"),
        pytest.param([(0, (CASH,)), (5, (differs(BreakKind.CASH, "USD", "10", "3"),))],
                     [[], ["USD"]], id="a difference that moves is one"),
    ),
)  # fmt: skip
def test_a_difference_counts_when_it_is_read_twice(
    readings: list[tuple[float, tuple[Break, ...]]], confirmed: list[list[str]]
) -> None:
    assert read(*readings) == confirmed


def test_the_next_reading_is_due_when_it_can_confirm() -> None:
    watched = watch(Watchlist(), (CASH,), (), START)
    assert watched.next_read == START + timedelta(seconds=5)
    assert watch(watched.watchlist, (CASH,), (), START + timedelta(seconds=5)).next_read is None


def test_what_is_on_its_way_explains_for_a_minute_and_no_longer() -> None:
    readings = [(0.0, (UNITS,)), (30.0, (UNITS,)), (59.9, (UNITS,)), (60.0, (UNITS,))]
    assert read(*readings, in_flight=(BUY_10,)) == [[], [], [], ["SPY"]]
    assert read(*readings) == [[], ["SPY"], ["SPY"], ["SPY"]]


@pytest.mark.parametrize(
    ("item", "in_flight", "is_explained"),
    (
        (differs(BreakKind.POSITION, "SPY", "0", "10"), (BUY_10,), True),
        (differs(BreakKind.POSITION, "SPY", "0", "10.1"), (BUY_10,), False),
        (differs(BreakKind.POSITION, "SPY", "5", "4"), (BUY_10,), False),
        (differs(BreakKind.POSITION, "QQQ", "0", "1"), (BUY_10,), False),
        (differs(BreakKind.POSITION, "SPY", "0", "15"), (BUY_10, BUY_10), True),
        (differs(BreakKind.CASH, "USD", "5000", "4000"), (BUY_10,), True),
        (differs(BreakKind.CASH, "USD", "5000", "3700"), (BUY_10,), False),
        (differs(BreakKind.CASH, "USD", "5000", "5001"), (BUY_10,), False),
        (differs(BreakKind.CASH, "EUR", "5000", "4000"), (BUY_10,), False),
        (differs(BreakKind.CASH, "USD", "5000", "4500"), (CashInFlight(asset="USD", amount=D(-500)),), True),
        (differs(BreakKind.CASH, "USD", "5000", "5500"), (CashInFlight(asset="USD", amount=D(-500)),), False),
        (differs(BreakKind.ORDER, "p1", "0", "1"), (BUY_10,), False),
        (differs(BreakKind.ORDER, "p1", "10", "4"), (BUY_10,), True),
        (differs(BreakKind.ORDER, "p2", "10", "4"), (BUY_10,), False),
    ),
)  # fmt: skip
def test_only_what_it_could_have_moved_is_explained(item: Break, in_flight: InFlight, is_explained: bool) -> None:  # noqa: FBT001 - a row
    assert bool(explained((item,), in_flight)) is is_explained
