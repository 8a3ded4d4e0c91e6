"""Can anybody who is signed in stop the account at once, and nobody let it go on by accident?"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio

from counterpoise.control.halt import MemoryLatch
from counterpoise.domain.decisions import TradingState
from counterpoise.domain.errors import ConfigurationError, JournalRefused
from counterpoise.domain.plans import SizingPolicy, Target
from counterpoise.library import stopping
from tests.service.golden import DAYS
from tests.service.making import D, FakeReplay, Wall, demo_account
from tests.service.site import BEARER, Answer, Signed, Site, assert_problem, live_site, site

SWITCH = "/api/v1/accounts/{account}/kill-switch"
GO_ON = {"state": "ACTIVE", "reason": "the news was false", "confirm": "main"}


@pytest_asyncio.fixture
async def live() -> AsyncIterator[Site]:
    """A paper account."""
    async with live_site("SPY", "QQQ") as found:
        yield found


@pytest_asyncio.fixture
async def demo() -> AsyncIterator[Site]:
    """The demo in the middle of its replay, with orders that still work."""
    wall = Wall()
    async with demo_account(DAYS, wall) as plane, site(plane, wall, reads_open=True, replay=FakeReplay()) as found:
        yield found


async def _say(found: Site, headers: Mapping[str, str], **body: object) -> Answer:
    return await found.call("POST", SWITCH.format(account=found.plane.account_id), body, headers=headers)


async def _states(found: Site) -> list[str]:
    """The changes of state that were recorded, in their order."""
    read = found.plane.parts.journal.read(found.plane.account_id)
    return [entry.kind async for entry in read if entry.kind == "TradingStateChanged"]


def _told(found: Site) -> dict[str, Any]:
    change = found.plane.watch.chronicle.state_change
    assert change is not None
    return {"by": change.by, "reason": change.reason}


async def test_a_halt_ends_every_open_order_and_tells_what_becomes_of_each(demo: Site) -> None:
    me = await demo.sign_in()
    working = {key: order for key, order in demo.plane._account.view.state.orders.items() if order.status.is_open}
    assert working, "the demo has orders that still work on this day"
    answer = await _say(demo, me.writes, state="HALTED", reason="bad fills")
    told = answer.json()
    assert answer.status == 200
    assert (told["trading_state"], told["state_by"], told["reason"]) == ("HALTED", "owner", "bad fills")
    assert {order["client_order_id"] for order in told["orders"]} == set(working)
    for order in told["orders"]:
        intent = working[order["client_order_id"]].intent
        assert (order["symbol"], order["side"]) == (intent.symbol, intent.side)
        assert D(order["quantity"]) == intent.quantity
        assert order["result"] in {"CANCELLING", "CANCELLED", "FILLED", "EXPIRED", "REJECTED", "UNKNOWN"}
    await demo.plane.settle()
    later = (await demo.call("GET", SWITCH.format(account="demo"))).json()
    assert {order["result"] for order in later["orders"]} <= {"CANCELLED", "FILLED", "EXPIRED", "REJECTED"}
    assert not any(order.status.is_open for order in demo.plane._account.view.state.orders.values())


async def test_after_a_halt_nothing_is_sent_any_more(live: Site) -> None:
    half = (Target(symbol="SPY", weight=D("0.5")),)
    await live.plane.set_targets("core", half, SizingPolicy())
    await live.call("POST", "/api/v1/accounts/main/events", TICK, headers=BEARER)
    await _say(live, BEARER, state="HALTED")
    await live.plane.rebalance("core", "slot")
    await live.plane.settle()
    assert not live.plane._account.view.state.orders
    assert (await live.call("GET", "/api/portfolio/snapshot", headers=BEARER)).json()["num_positions"] == 0


TICK = {"type": "market.tick", "symbol": "SPY", "price": "100"}


@pytest.mark.parametrize("reason", ("", "x" * 200, "ünïcode 🛑", "a\x00b\x1b[31m", "<script>alert(1)</script>"))
async def test_a_halt_needs_no_reason_and_no_reason_refuses_it(live: Site, reason: str) -> None:
    me = await live.sign_in()
    live.wall.later(hours=11)  # nor a fresh sign-in
    answer = await _say(live, me.writes, state="halted", reason=reason)
    assert answer.status == 200
    assert answer.json()["reason"] == (reason or None)
    assert live.plane.parts.latch.is_engaged


@pytest.mark.parametrize("reason", ("\ud800", "x" * 500), ids=("half of a character", "too long for a fact"))
async def test_a_halt_by_a_program_is_whole_whatever_is_said_with_it(live: Site, reason: str) -> None:
    await live.plane.halt(reason)
    assert live.plane.screen.kill_switch().trading_state is TradingState.HALTED
    assert live.plane.parts.latch.is_engaged
    assert _told(live)["reason"] in {"", "x" * 200}


async def test_a_halt_over_http_is_not_refused_for_a_long_reason(live: Site) -> None:
    me = await live.sign_in()
    answer = await _say(live, me.writes, state="HALTED", reason="x" * 5_000)
    assert answer.status == 200
    assert (answer.json()["trading_state"], answer.json()["reason"]) == ("HALTED", "x" * 200)


Later = dict[str, float]


@pytest.mark.parametrize(
    ("later", "body", "status", "code"),
    (
        pytest.param({"minutes": 15}, GO_ON, 200, "", id="fresh, with reason and name"),
        pytest.param({"minutes": 15, "seconds": 1}, GO_ON, 403, "SIGN_IN_AGAIN", id="a second too late"),
        pytest.param({"minutes": 16}, GO_ON, 403, "SIGN_IN_AGAIN", id="16 minutes"),
        pytest.param({"minutes": 16}, GO_ON | {"state": "REDUCING"}, 403, "SIGN_IN_AGAIN", id="reducing only"),
        pytest.param({}, GO_ON | {"state": "REDUCING"}, 200, "", id="reducing, fresh"),
        pytest.param({}, GO_ON | {"reason": ""}, 422, "CONFIRMATION_MISSING", id="no reason"),
        pytest.param({}, GO_ON | {"reason": " \t"}, 422, "CONFIRMATION_MISSING", id="a reason of blanks"),
        pytest.param({}, GO_ON | {"confirm": "Main"}, 422, "CONFIRMATION_MISSING", id="another name"),
        pytest.param({}, GO_ON | {"confirm": ""}, 422, "CONFIRMATION_MISSING", id="no name"),
        pytest.param({}, {"state": "ACTIVE"}, 422, "CONFIRMATION_MISSING", id="neither"),
        pytest.param({}, GO_ON | {"confirm": True}, 422, "INVALID_INPUT", id="a flag for a name"),
        pytest.param({}, GO_ON | {"state": "GO"}, 422, "INVALID_INPUT", id="no state"),
        pytest.param({}, GO_ON | {"state": 1}, 422, "INVALID_INPUT", id="a number for a state"),
        pytest.param({}, GO_ON | {"fresh": True}, 422, "INVALID_INPUT", id="a field that nothing reads"),
    ),
)
async def test_going_on_after_a_halt_is_typed_by_somebody_who_has_just_signed_in(
    live: Site, later: Later, body: dict[str, object], status: int, code: str
) -> None:
    me = await live.sign_in()
    await _say(live, me.writes, state="HALTED", reason="the news")
    live.wall.later(**later)
    answer = await _say(live, me.writes, **body)
    if status == 200:
        assert answer.status == 200, answer.body
        assert answer.json()["trading_state"] == body["state"]
        assert not live.plane.parts.latch.is_engaged
    else:
        assert_problem(answer, status, code)
        assert live.plane.screen.kill_switch().trading_state is TradingState.HALTED
        assert live.plane.parts.latch.is_engaged


async def test_what_is_missing_is_named_field_by_field(live: Site) -> None:
    await _say(live, BEARER, state="HALTED")
    problem = assert_problem(await _say(live, BEARER, state="ACTIVE"), 422, "CONFIRMATION_MISSING")
    assert [error["pointer"] for error in problem["errors"]] == ["/confirm", "/reason"]


@pytest.mark.parametrize(
    ("steps", "allowed"),
    (
        pytest.param(("REDUCING", "ACTIVE"), (True, True), id="reducing and back"),
        pytest.param(("REDUCING", "HALTED"), (True, True), id="stricter and stricter"),
        pytest.param(("HALTED", "REDUCING", "ACTIVE"), (True, True, True), id="down in two steps"),
        pytest.param(("ACTIVE",), (True,), id="what holds already"),
    ),
)
async def test_states_change_step_by_step(live: Site, steps: tuple[str, ...], allowed: tuple[bool, ...]) -> None:
    me = await live.sign_in()
    for state, may in zip(steps, allowed, strict=True):
        answer = await _say(live, me.writes, state=state, reason="a step", confirm="main")
        assert (answer.status == 200) is may, answer.body
        assert live.plane.screen.kill_switch().trading_state == state


async def test_a_stricter_state_needs_no_fresh_sign_in_and_a_milder_one_does(live: Site) -> None:
    me = await live.sign_in()
    live.wall.later(hours=1)
    assert (await _say(live, me.writes, state="REDUCING", reason="careful")).status == 200
    milder = await _say(live, me.writes, state="ACTIVE", reason="enough", confirm="main")
    assert_problem(milder, 403, "SIGN_IN_AGAIN")
    assert (await _say(live, me.writes, state="HALTED")).status == 200


async def test_halting_twice_is_one_change_and_both_are_answered(live: Site) -> None:
    first = await _say(live, BEARER, state="HALTED", reason="once")
    again = await _say(live, BEARER, state="HALTED", reason="twice")
    assert (first.status, again.status) == (200, 200)
    assert again.json()["reason"] == "once"
    assert len(await _states(live)) == 1


async def test_halt_resume_halt_at_one_standing_instant_are_three_acts(live: Site) -> None:
    now = live.plane.parts.clock.now()
    for state in ("HALTED", "ACTIVE", "HALTED"):
        answer = await _say(live, BEARER, state=state, reason="a test", confirm="main")
        assert answer.json()["trading_state"] == state
    assert live.plane.parts.clock.now() == now, "a replay's clock stands still between its days"
    assert len(await _states(live)) == 3
    assert live.plane.parts.latch.is_engaged


async def test_a_latch_that_was_set_by_hand_is_lifted_like_a_halt(live: Site) -> None:
    me = await live.sign_in()
    live.plane.parts.latch.engage("a file in the folder")
    assert_problem(await _say(live, me.writes, state="ACTIVE", reason="go on"), 422, "CONFIRMATION_MISSING")
    live.wall.later(minutes=16)
    assert_problem(await _say(live, me.writes, **GO_ON), 403, "SIGN_IN_AGAIN")
    assert live.plane.parts.latch.is_engaged
    fresh = await live.sign_in()
    assert (await _say(live, fresh.writes, **GO_ON)).status == 200
    assert not live.plane.parts.latch.is_engaged


async def test_who_halts_while_somebody_lets_go_keeps_the_latch(live: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    await live.plane.halt("first")
    record = stopping.record

    async def overtaken(*args: object, **named: object) -> object:
        answer = await record(*args, **named)  # type: ignore[arg-type]
        if TradingState.ACTIVE in args:
            await live.plane.halt("second")
        return answer

    monkeypatch.setattr(stopping, "record", overtaken)
    answer = await _say(live, BEARER, **GO_ON)
    assert answer.json()["trading_state"] == "HALTED"
    assert live.plane.parts.latch.is_engaged


async def test_a_latch_that_cannot_be_written_halts_all_the_same(live: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: MemoryLatch, reason: str) -> None:
        raise ConfigurationError("/data/HALT cannot be written: the disk is full")

    monkeypatch.setattr(MemoryLatch, "engage", full)
    answer = await _say(live, BEARER, state="HALTED", reason="now")
    assert (answer.status, answer.json()["trading_state"]) == (200, "HALTED")
    assert b"disk" not in answer.body
    assert live.plane.screen.kill_switch().trading_state is TradingState.HALTED


async def test_a_halt_that_no_journal_takes_holds_in_this_process(live: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuses(*_: object) -> None:
        raise JournalRefused("/data/journal.db: the disk is full")

    monkeypatch.setattr(live.plane.parts.journal, "append", refuses)
    problem = assert_problem(await _say(live, BEARER, state="HALTED"), 503, "UNAVAILABLE")
    assert "journal.db" not in problem["detail"]
    assert live.plane.parts.latch.is_engaged
    assert not live.plane._effects._may_send()


async def test_nobody_halts_without_a_sign_in_even_where_reads_are_open(demo: Site) -> None:
    assert_problem(await _say(demo, {}, state="HALTED"), 401, "SIGN_IN_NEEDED")
    stranger = Signed(cookie=f"{demo.cookie_name}=made-up", csrf_token="x", secret="made-up")
    assert_problem(await _say(demo, stranger.writes, state="HALTED"), 401, "SIGN_IN_NEEDED")
    assert demo.plane.screen.kill_switch().trading_state is TradingState.ACTIVE


async def test_the_state_that_is_read_is_the_state_that_was_set(live: Site) -> None:
    before = (await live.call("GET", SWITCH.format(account="main"), headers=BEARER)).json()
    assert before == {
        "trading_state": "ACTIVE",
        "state_since": None,
        "state_by": None,
        "reason": None,
        "orders": [],
    }
    set_to = await _say(live, BEARER, state="REDUCING", reason="careful")
    read = await live.call("GET", SWITCH.format(account="main"), headers=BEARER)
    assert read.json() == set_to.json()
    assert read.json()["state_since"] == "2024-01-02T15:00:00.000000Z"
