"""Which prices does an account take over HTTP, and is a list taken whole or not at all?"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from counterpoise.domain.instruments import Instrument, instrument_id
from counterpoise.domain.numbers import exact
from counterpoise.domain.plans import SizingPolicy, Target
from counterpoise.service.market import TICK
from tests.service.making import D, FakeReplay, Wall, live_account
from tests.service.site import BEARER, Answer, Site, assert_problem, live_site, site

EVENTS = "/api/v1/accounts/main/events"


def tick(**changed: object) -> dict[str, Any]:
    """A tick, with some of its fields changed; None takes one away."""
    whole: dict[str, object] = {"type": TICK, "symbol": "SPY", "price": "100", "timestamp": "2024-01-02T15:00:00Z"}
    return {name: value for name, value in (whole | changed).items() if value is not None}


@pytest_asyncio.fixture
async def live() -> AsyncIterator[Site]:
    """A paper account of two symbols, at 15:00 UTC."""
    async with live_site("SPY", "QQQ") as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def untouched() -> AsyncIterator[Site]:
    """The same, for all the tests in which nothing is taken."""
    with exact():
        async with live_site("SPY", "QQQ") as found:
            yield found


async def _post(found: Site, body: object) -> Answer:
    return await found.call("POST", EVENTS, body, headers=BEARER)


def _price(found: Site, symbol: str = "SPY") -> str | None:
    view = found.plane._account.view
    mark = view.live_marks.get(view.state.symbols[symbol])
    return None if mark is None else str(mark.price)


@pytest.mark.parametrize(
    ("changed", "price"),
    (
        pytest.param({}, "100", id="text"),
        pytest.param({"price": 100}, "100", id="a number"),
        pytest.param({"price": 100.25}, "100.25", id="a number with places, from its text"),
        pytest.param({"price": "0.000000000000000001"}, "0.000000000000000001", id="18 places"),
        pytest.param({"price": "999999999999999999"}, "999999999999999999", id="18 digits"),
        pytest.param({"timestamp": None}, "100", id="without a time it is of now"),
        pytest.param({"timestamp": "2024-01-02T16:00:00+01:00"}, "100", id="another offset"),
        pytest.param({"timestamp": "2024-01-02T15:05:00Z"}, "100", id="5 minutes ahead"),
        pytest.param({"timestamp": "2024-01-02T14:00:00.123456Z"}, "100", id="an hour ago"),
        pytest.param({"symbol": "spy"}, "100", id="a symbol in small letters"),
    ),
)
async def test_a_price_is_taken_to_its_last_digit(live: Site, changed: dict[str, object], price: str) -> None:
    answer = await _post(live, tick(**changed))
    assert (answer.status, answer.json()) == (202, {"accepted": 1})
    assert format(D(_price(live) or "0"), "f") == price


@pytest.mark.parametrize(
    ("changed", "pointer"),
    (
        pytest.param({"price": "0"}, "/price", id="zero"),
        pytest.param({"price": "-1"}, "/price", id="below zero"),
        pytest.param({"price": "-0"}, "/price", id="minus zero"),
        pytest.param({"price": "1e5"}, "/price", id="an exponent in a text"),
        pytest.param({"price": "1,5"}, "/price", id="a comma"),
        pytest.param({"price": " 1"}, "/price", id="a blank"),
        pytest.param({"price": "\u0661"}, "/price", id="digits of another script"),
        pytest.param({"price": "NaN"}, "/price", id="NaN as a text"),
        pytest.param({"price": True}, "/price", id="a flag"),
        pytest.param({"price": None}, "/price", id="none"),
        pytest.param({"price": [100]}, "/price", id="a list"),
        pytest.param({"price": 10**18}, "/price", id="19 digits"),
        pytest.param({"price": "0." + "0" * 18 + "1"}, "/price", id="19 places"),
        pytest.param({"symbol": "TLT"}, "/symbol", id="a symbol of another account"),
        pytest.param({"symbol": "S P Y"}, "/symbol", id="no symbol"),
        pytest.param({"symbol": "CASH"}, "/symbol", id="cash"),
        pytest.param({"symbol": 1}, "/symbol", id="a number"),
        pytest.param({"timestamp": "2024-01-02T15:05:01Z"}, "/timestamp", id="further ahead than 5 minutes"),
        pytest.param({"timestamp": "2024-01-02T15:00:00"}, "/timestamp", id="no offset"),
        pytest.param({"timestamp": "2024-01-02"}, "/timestamp", id="a day"),
        pytest.param({"timestamp": "yesterday"}, "/timestamp", id="no time"),
        pytest.param({"timestamp": 1704207600}, "/timestamp", id="seconds since 1970"),
        pytest.param({"timestamp": "0001-01-01T00:00:00+14:00"}, "/timestamp", id="before the year 1"),
        pytest.param({"timestamp": "9999-12-31T23:59:59-14:00"}, "/timestamp", id="after the year 9999"),
        pytest.param({"type": "order.executed"}, "/type", id="a fill, which would move money"),
        pytest.param({"type": "trade.opened"}, "/type", id="a trade"),
        pytest.param({"type": "market.Tick"}, "/type", id="almost a tick"),
        pytest.param({"type": None}, "/type", id="no type"),
        pytest.param({"bid": "99"}, "/bid", id="a field that nothing reads"),
    ),
)
@pytest.mark.asyncio(loop_scope="module")
async def test_a_price_that_is_none_is_refused_where_it_is_wrong(
    untouched: Site, changed: dict[str, object], pointer: str
) -> None:
    one = assert_problem(await _post(untouched, tick(**changed)), 422, "INVALID_INPUT")
    listed = assert_problem(await _post(untouched, [tick(price="7"), tick(**changed)]), 422, "INVALID_INPUT")
    assert [error["pointer"] for error in one["errors"]][:1] == [pointer]
    assert [error["pointer"] for error in listed["errors"]][:1] == [f"/1{pointer}"]
    assert "nothing was taken" in listed["detail"]
    assert _price(untouched) is None, "a list is taken whole or not at all"


async def test_a_list_is_taken_whole_the_oldest_first(live: Site) -> None:
    later = tick(price="102", timestamp="2024-01-02T15:02:00Z")
    sooner = tick(price="101", timestamp="2024-01-02T15:01:00Z")
    answer = await _post(live, [later, sooner, tick(symbol="QQQ", price="50")])
    assert answer.json() == {"accepted": 3}
    assert (_price(live), _price(live, "QQQ")) == ("102", "50")


async def test_every_fault_of_a_list_is_named(live: Site) -> None:
    body = [tick(price="0"), 1, tick(), tick(symbol="TLT"), []]
    problem = assert_problem(await _post(live, body), 422, "INVALID_INPUT")
    assert [error["pointer"] for error in problem["errors"]] == ["/0/price", "/1", "/3/symbol", "/4"]


async def test_an_empty_list_is_nothing(live: Site) -> None:
    assert (await _post(live, [])).json() == {"accepted": 0}


async def test_a_price_that_comes_late_does_not_undo_a_newer_one(live: Site) -> None:
    await _post(live, tick(price="100"))
    assert (await _post(live, tick(price="90", timestamp="2024-01-02T14:59:00Z"))).status == 202
    assert _price(live) == "100"


async def test_a_price_moves_the_equity_that_is_read_next(live: Site) -> None:
    await _post(live, tick())
    await live.plane.set_targets("core", (Target(symbol="SPY", weight=D("0.5")),), SizingPolicy())
    await live.plane.rebalance("core", "slot")
    await live.plane.settle()
    before = (await live.call("GET", "/api/portfolio/snapshot", headers=BEARER)).json()
    await _post(live, tick(price="101"))
    after = (await live.call("GET", "/api/portfolio/snapshot", headers=BEARER)).json()
    assert (before["total_equity"], before["positions"][0]["size"]) == ("100000", "500")
    assert (after["total_equity"], after["unrealized_pnl"]) == ("100500", "500")


async def test_an_instrument_that_may_be_negative_has_prices_below_zero(
    live: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = live.plane._account.view.state.instruments
    key = instrument_id("paper", "SPY")
    negative = Instrument(instrument_id=key, symbol="SPY", venue="paper", quote="USD", negative_price_allowed=True)
    monkeypatch.setitem(known, key, negative)
    assert live.plane.may_be_negative("SPY")
    live.plane.observe({"SPY": D("-37.63")}, live.wall.now())
    assert _price(live) == "-37.63"


async def test_a_replay_takes_its_prices_from_its_file_alone() -> None:
    wall = Wall()
    async with live_account(wall, "SPY") as plane, site(plane, wall, replay=FakeReplay()) as found:
        problem = assert_problem(await _post(found, tick()), 409, "STATE_REFUSED")
        assert "from its file" in problem["detail"]
        assert _price(found) is None
