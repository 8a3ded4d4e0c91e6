"""Has every status and every event exactly one outcome, and is what must never be sent refused?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.errors import IllegalTransition, InvalidFact
from counterpoise.domain.orders import (
    CLIENT_ORDER_ID_LENGTH_MAX,
    TRANSITIONS,
    OrderEvent,
    OrderIntent,
    OrderStatus,
    OrderType,
    Side,
    client_order_id,
    next_status,
)

D = Decimal
E, S = OrderEvent, OrderStatus

# One row a status, one column an event; "-" is illegal. Written from the venues' documents, not from the code.
COLUMNS = (
    E.REINTENDED, E.ACKNOWLEDGED, E.FILLED_PART, E.FILLED_WHOLE, E.CANCELED, E.EXPIRED, E.REJECTED, E.OUTCOME_UNKNOWN,
)  # fmt: skip
LIFE = """
INTENDED          INTENDED  ACCEPTED          PARTIALLY_FILLED  FILLED  CANCELED  EXPIRED  REJECTED  UNKNOWN
UNKNOWN           INTENDED  ACCEPTED          PARTIALLY_FILLED  FILLED  CANCELED  EXPIRED  REJECTED  UNKNOWN
ACCEPTED          -         ACCEPTED          PARTIALLY_FILLED  FILLED  CANCELED  EXPIRED  REJECTED  UNKNOWN
PARTIALLY_FILLED  -         PARTIALLY_FILLED  PARTIALLY_FILLED  FILLED  CANCELED  EXPIRED  -         UNKNOWN
FILLED            -         FILLED            FILLED            FILLED  -         -        -         -
CANCELED          -         CANCELED          CANCELED          FILLED  -         -        -         -
EXPIRED           -         EXPIRED           EXPIRED           FILLED  -         -        -         -
REJECTED          -         -                 REJECTED          FILLED  -         -        -         -
"""
CELLS = [
    pytest.param(S(row[0]), event, after, id=f"{row[0]} {event}")
    for row in (line.split() for line in LIFE.strip().splitlines())
    for event, after in zip(COLUMNS, row[1:], strict=True)
]


@pytest.mark.parametrize(("status", "event", "after"), CELLS)
def test_every_cell_of_the_table(status: OrderStatus, event: OrderEvent, after: str) -> None:
    if after == "-":
        assert (status, event) not in TRANSITIONS
        with pytest.raises(IllegalTransition, match=f"an order that is {status} cannot become {event}"):
            next_status(status, event)
    else:
        assert next_status(status, event) is S(after)


def test_the_table_is_about_every_status_and_every_event() -> None:
    assert len(CELLS) == len(S) * len(E) == 64
    assert set(COLUMNS) == set(E)


@pytest.mark.parametrize("status", S)
def test_an_order_is_open_until_it_is_terminal(status: OrderStatus) -> None:
    assert status.is_open is not status.is_terminal
    assert status.is_terminal is (status in {S.FILLED, S.CANCELED, S.EXPIRED, S.REJECTED})


@given(st.lists(st.sampled_from(E), max_size=12))
def test_no_story_brings_a_finished_order_back_to_life(events: list[OrderEvent]) -> None:
    status, finished = S.INTENDED, False
    for event in events:
        after = TRANSITIONS.get((status, event))
        if after is not None:
            status = after
        assert not (finished and status.is_open)
        finished = status.is_terminal


def test_the_table_cannot_be_changed() -> None:
    table: Any = TRANSITIONS
    with pytest.raises(TypeError):
        table[S.FILLED, E.CANCELED] = S.CANCELED
    assert (S.FILLED, E.CANCELED) not in TRANSITIONS


def intent() -> OrderIntent:
    return OrderIntent(
        client_order_id="p0-1-1",
        instrument="paper:SPY:1",
        symbol="SPY",
        side=Side.BUY,
        quantity=D(10),
        mark=D(100),
        run_id="0" * 64,
        line=1,
    )


def limit(side: Side, price: str) -> OrderIntent:
    return replace(intent(), side=side, order_type=OrderType.LIMIT, limit_price=D(price))


REFUSALS: list[Any] = [
    pytest.param(lambda: replace(intent(), quantity=D(0)), "quantity", id="nothing"),
    pytest.param(lambda: replace(intent(), quantity=D(-1)), "quantity", id="less than nothing"),
    pytest.param(lambda: replace(intent(), quantity=D("NaN")), "quantity", id="no number"),
    pytest.param(lambda: replace(intent(), quantity=D("Infinity")), "quantity", id="without end"),
    pytest.param(lambda: replace(intent(), client_order_id=""), "client_order_id", id="no id"),
    pytest.param(lambda: replace(intent(), client_order_id="x" * 37), "client_order_id", id="an id of 37"),
    pytest.param(lambda: replace(intent(), order_type=OrderType.LIMIT), "limit_price", id="LIMIT without a limit"),
    pytest.param(lambda: replace(intent(), limit_price=D(1)), "limit_price", id="MARKET with a limit"),
]


@pytest.mark.parametrize(("make", "field"), REFUSALS)
def test_what_must_never_be_sent_is_no_intent(make: Callable[[], OrderIntent], field: str) -> None:
    with pytest.raises(InvalidFact) as caught:
        make()
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("made", "worst"),
    (
        pytest.param(intent(), "100", id="a market order at its mark"),
        pytest.param(limit(Side.BUY, "103"), "103", id="a buy above the mark at its limit"),
        pytest.param(limit(Side.BUY, "97"), "100", id="a buy below the mark at the mark"),
        pytest.param(limit(Side.SELL, "97"), "100", id="a sale at the mark"),
    ),
)
def test_room_is_held_at_the_worst_price(made: OrderIntent, worst: str) -> None:
    assert made.worst_price == D(worst)


def test_sides_have_a_sign_and_an_opposite() -> None:
    assert [side.sign for side in (Side.BUY, Side.SELL)] == [D(1), D(-1)]
    assert [side.opposite for side in (Side.BUY, Side.SELL)] == [Side.SELL, Side.BUY]


@given(st.integers(1, 10**6), st.integers(1, 999))
def test_the_same_line_and_attempt_have_the_same_id_and_others_have_another(line: int, attempt: int) -> None:
    made = client_order_id("p", "a" * 64, line, attempt)
    assert made == client_order_id("p", "a" * 64, line, attempt) == f"p{'a' * 20}-{line}-{attempt}"
    assert len(made) <= CLIENT_ORDER_ID_LENGTH_MAX
    assert made != client_order_id("l", "a" * 64, line, attempt)
    assert made != client_order_id("p", "b" * 64, line, attempt)
    assert made != client_order_id("p", "a" * 64, line + 1, attempt)


def test_an_id_that_no_venue_would_take_is_refused() -> None:
    with pytest.raises(InvalidFact, match="at most 36 characters"):
        client_order_id("p", "a" * 64, 10**10, 1000)
