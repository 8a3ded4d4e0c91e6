"""Does every answer of a venue become one of the four outcomes, and does nothing leave twice or after a halt?"""

from datetime import UTC, datetime, timedelta

import pytest

from counterpoise.adapters.brokers.scripted import ScriptedBroker
from counterpoise.domain.errors import OrderRejected, OutcomeUnknown, VenueUnavailable
from counterpoise.domain.orders import OrderStatus
from counterpoise.execution.broker import (
    Accepted,
    CancelAsked,
    CancelRefused,
    CancelUnknown,
    Found,
    LookUp,
    NotFound,
    Refused,
    SendOutcome,
    StillUnknown,
    Unknown,
    Withheld,
)
from counterpoise.execution.executor import cancel, look_up, look_up_delay, proves_absent, send
from tests.execution.orders import approved, intent

ORDER = intent("p1")
NOON = datetime(2024, 1, 2, 12, tzinfo=UTC)

NO_ANSWERS = (
    pytest.param(OutcomeUnknown("gateway said 504"), "gateway said 504", id="unreadable"),
    pytest.param(VenueUnavailable("no route"), "no route", id="unavailable"),
    pytest.param(TimeoutError(), "TimeoutError", id="timeout"),
    pytest.param(ConnectionResetError("reset\nby peer"), "reset by peer", id="broken connection"),
    pytest.param(OSError("network is down"), "network is down", id="network"),
)


def yes() -> bool:
    return True


def no() -> bool:
    return False


@pytest.mark.parametrize(
    ("answer", "outcome"),
    (
        pytest.param("v1", Accepted(venue_order_id="v1"), id="accepted"),
        pytest.param(OrderRejected("no such symbol"), Refused(reason="no such symbol"), id="refused"),
    ),
)
async def test_a_readable_answer_is_what_it_says(answer: object, outcome: SendOutcome) -> None:
    broker = ScriptedBroker()
    broker.on("submit", answer)
    assert await send(approved(ORDER), broker, yes) == outcome
    assert broker.sent == [ORDER]


@pytest.mark.parametrize(("error", "detail"), NO_ANSWERS)
async def test_no_answer_is_unknown_and_nothing_is_sent_again(error: Exception, detail: str) -> None:
    broker = ScriptedBroker()
    broker.on("submit", error)
    assert await send(approved(ORDER), broker, yes) == Unknown(detail=detail)
    assert broker.sent == [ORDER]


async def test_a_halt_at_the_seam_holds_the_order_back() -> None:
    broker = ScriptedBroker()
    assert isinstance(await send(approved(ORDER), broker, no), Withheld)
    assert broker.calls == []


async def test_the_latch_is_read_right_before_the_venue_hears() -> None:
    broker = ScriptedBroker()
    seen: list[int] = []

    def latch() -> bool:
        seen.append(len(broker.calls))
        return True

    await send(approved(ORDER), broker, latch)
    assert seen == [0]
    assert [name for name, _ in broker.calls] == ["submit"]


async def test_an_error_of_ours_is_no_outcome() -> None:
    broker = ScriptedBroker()
    broker.on("submit", KeyError("id"))
    with pytest.raises(KeyError):
        await send(approved(ORDER), broker, yes)


async def test_an_order_that_the_venue_has_is_found() -> None:
    broker = ScriptedBroker()
    await send(approved(ORDER), broker, yes)
    found = await look_up("p1", broker)
    assert isinstance(found, Found)
    assert (found.order.client_order_id, found.order.status) == ("p1", OrderStatus.ACCEPTED)


async def test_not_found_and_no_answer_are_different() -> None:
    broker = ScriptedBroker()
    assert await look_up("p1", broker) == NotFound()
    for row in NO_ANSWERS:
        broker.on("order_by_client_id", row.values[0])
        expected: LookUp = StillUnknown(detail=str(row.values[1]))
        assert await look_up("p1", broker) == expected


async def test_a_cancel_is_asked_refused_or_unknown() -> None:
    broker = ScriptedBroker()
    await send(approved(ORDER), broker, yes)
    broker.on("cancel", TimeoutError())
    assert await cancel("p1", broker) == CancelUnknown(detail="TimeoutError")
    assert await cancel("p1", broker) == CancelAsked()
    assert await cancel("p1", broker) == CancelRefused(reason="p1: nothing to cancel")


def test_not_found_proves_nothing_before_its_time() -> None:
    proofs = [proves_absent(timedelta(seconds=seconds)) for seconds in (0, 29, 30, 31)]
    assert proofs == [False, False, True, True]


def test_look_ups_back_off_to_half_a_minute() -> None:
    assert [look_up_delay(n).total_seconds() for n in (0, 1, 2, 3, 4, 5, 10_000)] == [1, 2, 4, 8, 16, 30, 30]
