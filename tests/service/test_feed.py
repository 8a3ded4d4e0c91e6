"""Does every screen that looks get the whole picture, then what changes, and does nobody wait for anybody else?"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from counterpoise.domain.numbers import exact
from counterpoise.library.plane import Counterpoise
from counterpoise.library.screen import Screen
from counterpoise.messages.wire import to_bytes, to_json
from counterpoise.service import feed as feeds
from counterpoise.service.feed import GOING_AWAY, PARTS, POLICY, SIGN_IN_AGAIN, TOO_SLOW, Closed, Feed, Picture
from tests.service.making import TOKEN, D, Wall, desk_of, live_account
from tests.service.site import BEARER, Site, live_site

SUBSCRIBE = {"type": "subscribe", "channel": "overview"}


# --- the picture ---


@dataclass(kw_only=True)
class Watched:
    """A running account and its feed, without a wire."""

    plane: Counterpoise
    feed: Feed
    wall: Wall

    @property
    def picture(self) -> Picture:
        return self.feed.picture

    async def pay_in(self, reference: str) -> None:
        await self.plane.record_cash_flow(D(1), reference)


@pytest_asyncio.fixture
async def watched() -> AsyncIterator[Watched]:
    """A paper account whose feed is drawn."""
    wall = Wall()
    async with live_account(wall, "SPY", "QQQ") as plane:
        feed = Feed(desk_of(plane, wall), "boot")
        drawing = asyncio.create_task(feed.draw())
        try:
            yield Watched(plane=plane, feed=feed, wall=wall)
        finally:
            drawing.cancel()
            with suppress(asyncio.CancelledError):
                await drawing


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same feed with its times a fortieth as long."""
    monkeypatch.setattr(feeds, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(feeds, "CHANGES_A_SECOND", 160)
    monkeypatch.setattr(feeds, "SHARE_MAX", 1)
    monkeypatch.setattr(feeds, "STUCK_SECONDS", 0.25)


@dataclass
class Eye:
    """A client that hears, or is stuck from the `stuck_at`th text on."""

    stuck_at: int | None = None
    heard: list[str] = field(default_factory=list)
    something: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, text: str) -> None:
        if self.stuck_at is not None and len(self.heard) >= self.stuck_at:
            await asyncio.Event().wait()
        self.heard.append(text)
        self.something.set()

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [said for said in map(json.loads, self.heard) if said["type"] == kind]

    async def until(self, kind: str, count: int = 1) -> list[dict[str, Any]]:
        async with asyncio.timeout(3):
            while len(self.of(kind)) < count:
                self.something.clear()
                await self.something.wait()
        return self.of(kind)


@asynccontextmanager
async def looking(
    feed: Feed, eye: Eye, since: object = None, *, welcome: list[bool] | None = None
) -> AsyncIterator[asyncio.Task[int]]:
    """A client that is served for the block."""
    may = welcome if welcome is not None else [True]
    task = asyncio.create_task(feed.serve(eye, "main", since, lambda: may[0]))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.mark.usefixtures("quick")
async def test_first_comes_the_whole_picture_then_a_heartbeat(watched: Watched) -> None:
    eye = Eye()
    async with looking(watched.feed, eye):
        await eye.until("heartbeat")
    snapshot, beat = (json.loads(text) for text in eye.heard[:2])
    cursor = snapshot["cursor"]
    assert (snapshot["type"], snapshot["channel"], snapshot["account"]) == ("snapshot", "overview", "main")
    assert snapshot["data"] == to_json(watched.plane.screen.overview(cursor))
    assert beat == {
        "type": "heartbeat",
        "server_time": "2024-01-02T15:00:00.000000Z",
        "ages": to_json(watched.plane.screen.ages()),
    }


@pytest.mark.usefixtures("quick")
async def test_a_change_holds_the_parts_that_changed_each_whole_and_no_other(watched: Watched) -> None:
    eye, screen = Eye(), watched.plane.screen
    async with looking(watched.feed, eye):
        await eye.until("snapshot")
        before = {name: to_bytes(getattr(screen.overview(""), name)) for name in PARTS}
        await watched.pay_in("a gift")
        await eye.until("change")
        after = {name: to_bytes(getattr(screen.overview(""), name)) for name in PARTS}
    together: dict[str, Any] = {}
    for change in eye.of("change"):
        together |= change["data"]
    moved = {name for name in PARTS if before[name] != after[name]}
    assert moved == {"status", "figures", "positions", "activity"}
    assert set(together) == moved
    assert together == {name: json.loads(after[name]) for name in moved}


@pytest.mark.usefixtures("quick")
async def test_the_picture_of_who_hears_every_change_is_the_whole_picture(watched: Watched) -> None:
    eye = Eye()
    async with looking(watched.feed, eye):
        (first,) = await eye.until("snapshot")
        for number in range(5):
            await watched.pay_in(f"gift {number}")
            await eye.until("change", number + 1)
    known = first["data"]
    for change in eye.of("change"):
        known |= change["data"]
    cursors = [first["cursor"], *(change["cursor"] for change in eye.of("change"))]
    assert all(int(one.split(".")[1]) < int(other.split(".")[1]) for one, other in pairwise(cursors))
    assert {name: known[name] for name in PARTS} == {
        name: to_json(getattr(watched.plane.screen.overview(""), name)) for name in PARTS
    }


async def test_who_comes_back_gets_what_changed_meanwhile(watched: Watched) -> None:
    async with watched.feed.looked_at() as picture:
        cursor = picture.cursor
    await watched.pay_in("meanwhile")
    eye = Eye()
    async with looking(watched.feed, eye, cursor):
        (change,) = await eye.until("change")
    assert not eye.of("snapshot")
    assert change["data"]["figures"]["equity"]["value"] == "100001"
    assert "gate" not in change["data"], "what is as it was is not sent"


@pytest.mark.parametrize(
    "since",
    (
        None,
        "",
        "boot",
        "boot.",
        "boot.0",
        "other.1",
        "boot.-1",
        "boot.1.1",
        "boot.1e1",
        "boot.²",
        "boot.٣",
        "boot." + "9" * 400,
        1,
        True,
        {"cursor": "boot.1"},
        ["boot.1"],
    ),
    ids=repr,
)
async def test_a_cursor_of_another_start_or_of_none_asks_for_the_whole_picture(watched: Watched, since: object) -> None:
    eye = Eye()
    async with looking(watched.feed, eye, since):
        assert len(await eye.until("snapshot")) == 1


async def test_a_cursor_from_the_future_of_this_start_gets_nothing_twice(watched: Watched) -> None:
    eye = Eye()
    async with looking(watched.feed, eye, "boot.999"):
        (change,) = await eye.until("change")
    assert change["data"] == {}
    assert change["cursor"] == watched.picture.cursor


@pytest.mark.usefixtures("quick")
async def test_a_heartbeat_comes_every_two_seconds_though_nothing_happens(watched: Watched) -> None:
    eye, loop = Eye(), asyncio.get_running_loop()
    began = loop.time()
    async with looking(watched.feed, eye):
        beats = await eye.until("heartbeat", 5)
    took = loop.time() - began
    assert 0.15 < took < 1.5, "the first at once, then one each twentieth of a second"
    assert not eye.of("change")
    assert all(beat["ages"]["stale_after_seconds"] for beat in beats)
    assert json.loads(json.dumps(feeds.IDLE_HELLO_SECONDS)) == 10


def test_the_times_of_the_feed_are_those_that_screens_count_on() -> None:
    assert (feeds.HEARTBEAT_SECONDS, feeds.STUCK_SECONDS, feeds.CHANGES_A_SECOND) == (2.0, 10.0, 4)


# --- who goes ---


@pytest.mark.usefixtures("quick")
async def test_at_a_stop_everybody_is_told_and_the_stop_waits_for_that(watched: Watched) -> None:
    eyes = [Eye() for _ in range(5)]
    tasks = [asyncio.create_task(watched.feed.serve(eye, "main", None, lambda: True)) for eye in eyes]
    for eye in eyes:
        await eye.until("snapshot")
    await watched.feed.stop()
    assert all(task.done() for task in tasks)
    assert {task.result() for task in tasks} == {GOING_AWAY}


@pytest.mark.usefixtures("quick")
async def test_a_stop_does_not_wait_for_who_is_stuck(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "GOODBYE_SECONDS", 0.1)
    monkeypatch.setattr(feeds, "STUCK_SECONDS", 60)
    async with looking(watched.feed, Eye(stuck_at=0)):
        await asyncio.sleep(0.01)
        async with asyncio.timeout(2):
            await watched.feed.stop()
    assert watched.feed.stopping.is_set()


@pytest.mark.usefixtures("quick")
async def test_who_signs_out_is_shown_nothing_more(watched: Watched) -> None:
    eye, welcome = Eye(), [True]
    async with looking(watched.feed, eye, welcome=welcome) as task:
        await eye.until("heartbeat")
        welcome[0] = False
        heard = len(eye.heard)
        await watched.pay_in("unseen")
        async with asyncio.timeout(2):
            assert await task == SIGN_IN_AGAIN
    assert len(eye.heard) == heard


@pytest.mark.usefixtures("quick")
async def test_who_has_gone_is_forgotten(watched: Watched) -> None:
    class Gone(Eye):
        async def send(self, text: str) -> None:
            raise Closed

    async with looking(watched.feed, Gone()) as task:
        async with asyncio.timeout(2):
            assert await task == 0
    assert not watched.feed._looking


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("stuck_at", (0, 1, 2, 3))
async def test_who_is_stuck_is_dropped_in_time_and_slows_nobody(watched: Watched, stuck_at: int) -> None:
    stuck, other, loop = Eye(stuck_at=stuck_at), Eye(), asyncio.get_running_loop()
    async with looking(watched.feed, stuck) as dropped, looking(watched.feed, other):
        began = loop.time()
        for number in range(4):
            await watched.pay_in(f"gift {number}")
            await other.until("change", number + 1)
        assert loop.time() - began < 0.25, "four changes while the other one is stuck"
        async with asyncio.timeout(2):
            assert await dropped == TOO_SLOW
        assert len(stuck.heard) == stuck_at
        await watched.pay_in("after")
        await other.until("change", 5)


@pytest.mark.usefixtures("quick")
async def test_who_is_slow_gets_the_newest_and_no_queue_of_old_ones(watched: Watched) -> None:
    class Slow(Eye):
        async def send(self, text: str) -> None:
            await asyncio.sleep(0.05)
            await super().send(text)

    slow = Slow()
    async with looking(watched.feed, slow):
        await slow.until("snapshot")
        for number in range(20):
            await watched.pay_in(f"gift {number}")
            await asyncio.sleep(0.005)
        async with asyncio.timeout(3):
            while not any(told["data"]["figures"]["equity"]["value"] == "100020" for told in slow.of("change")):
                slow.something.clear()
                await slow.something.wait()
    assert len(slow.of("change")) < 10


# --- what is drawn ---


@pytest.mark.usefixtures("quick")
async def test_fifty_screens_are_sent_the_same_text_that_was_made_once(watched: Watched) -> None:
    eyes = [Eye() for _ in range(50)]
    tasks = [asyncio.create_task(watched.feed.serve(eye, "main", None, lambda: True)) for eye in eyes]
    for eye in eyes:
        await eye.until("heartbeat")
    await watched.pay_in("for all")
    texts = set()
    for eye in eyes:
        await eye.until("change")
        texts.add(id(next(text for text in eye.heard if '"type": "change"' in text[:40])))
    await watched.feed.stop()
    await asyncio.gather(*tasks)
    assert len(texts) == 1


@pytest.mark.usefixtures("quick")
async def test_nothing_is_drawn_while_nobody_looks(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    known = Screen.overview

    def noting(screen: Screen, cursor: str) -> Any:  # noqa: ANN401 - an overview
        drawn.append(cursor)
        return known(screen, cursor)

    monkeypatch.setattr(Screen, "overview", noting)
    for number in range(5):
        await watched.pay_in(f"unseen {number}")
        await asyncio.sleep(0.02)
    assert not drawn
    async with looking(watched.feed, Eye()):
        await asyncio.sleep(0.05)
    seen = len(drawn)
    assert seen
    await asyncio.sleep(0.1)
    await watched.pay_in("unseen again")
    await asyncio.sleep(0.1)
    assert len(drawn) <= seen + 1, "a drawing that was begun may end"


async def test_at_most_four_changes_a_second_are_told(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "CHANGES_A_SECOND", 20)
    eye, loop = Eye(), asyncio.get_running_loop()
    async with looking(watched.feed, eye):
        await eye.until("snapshot")
        began = loop.time()
        number = 0
        while loop.time() - began < 0.4:
            number += 1
            await watched.pay_in(f"gift {number}")
            await asyncio.sleep(0)
        took = loop.time() - began
    assert number > 20
    assert len(eye.of("change")) <= took * 20 + 1


@pytest.mark.usefixtures("quick")
async def test_a_half_done_day_is_never_shown(watched: Watched) -> None:
    eye, late = Eye(), Eye()
    async with looking(watched.feed, eye):
        await eye.until("snapshot")
        with watched.plane.watch.step():
            await watched.pay_in("the first half")
            async with looking(watched.feed, late):
                await asyncio.sleep(0.1)
                assert not late.heard, "who comes in the middle waits for the end"
                await watched.pay_in("the second half")
        await eye.until("change")
    values = {change["data"]["figures"]["equity"]["value"] for change in eye.of("change")}
    assert values == {"100002"}


@pytest.mark.usefixtures("quick")
async def test_days_that_follow_each_other_at_once_are_shown_all_the_same(watched: Watched) -> None:
    eye = Eye()
    async with looking(watched.feed, eye):
        await eye.until("snapshot")
        for number in range(300):
            with watched.plane.watch.step():
                await watched.pay_in(f"day {number}")
            await asyncio.sleep(0)  # all that a replay without a pause leaves to others
        assert len(eye.of("change")) >= 3


# --- over the wire ---


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    """A paper account whose reads need a sign-in."""
    async with live_site("SPY") as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared() -> AsyncIterator[Mapping[bool, Site]]:
    """One whose reads need a sign-in and one whose reads are open, for tests that change nothing."""
    with exact():
        async with live_site("SPY") as closed, live_site("SPY", reads_open=True) as open_to_all:
            yield {False: closed, True: open_to_all}


@asynccontextmanager
async def opened(
    site: Site, headers: dict[str, str] | None = None, *, path: str = "/ws"
) -> AsyncIterator[ClientConnection]:
    async with connect(f"ws://{site.host}{path}", additional_headers=headers, compression=None) as socket:
        yield socket


async def _hear(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(3):
        found: dict[str, Any] = json.loads(await socket.recv())
        return found


async def _ended(socket: ClientConnection) -> tuple[int | None, list[dict[str, Any]]]:
    """The code that it was closed with, and what was said before."""
    said: list[dict[str, Any]] = []
    try:
        while True:
            said.append(await _hear(socket))
    except ConnectionClosed as closed:
        return (closed.rcvd.code if closed.rcvd else None), said


@pytest.mark.usefixtures("quick")
async def test_a_signed_in_browser_sees_a_fact_within_a_second_and_is_out_when_it_signs_out(site: Site) -> None:
    me = await site.sign_in()
    async with opened(site, me.reads) as socket:
        await socket.send(json.dumps(SUBSCRIBE | {"account": "main", "since": None}))
        assert (await _hear(socket))["type"] == "snapshot"
        await site.plane.record_cash_flow(D(1), "a gift")
        async with asyncio.timeout(1):
            while (await _hear(socket))["type"] != "change":
                continue
        await site.call("DELETE", "/api/v1/session", headers=me.writes)
        code, said = await _ended(socket)
    assert code == SIGN_IN_AGAIN
    assert {message["type"] for message in said} <= {"change", "heartbeat"}


async def test_a_program_says_who_it_is_in_its_first_message(site: Site) -> None:
    async with opened(site) as socket:
        await socket.send(json.dumps({"type": "authenticate", "token": TOKEN}))
        await socket.send(json.dumps(SUBSCRIBE))
        assert (await _hear(socket))["type"] == "snapshot"
    async with opened(site, BEARER) as socket:
        await socket.send(json.dumps(SUBSCRIBE))
        assert (await _hear(socket))["type"] == "snapshot"


@pytest.mark.parametrize(
    ("said", "path", "code"),
    (
        pytest.param([SUBSCRIBE], "/ws", "SIGN_IN_NEEDED", id="nobody"),
        pytest.param([SUBSCRIBE], f"/ws?token={TOKEN}", "SIGN_IN_NEEDED", id="a token in the address"),
        pytest.param([{"type": "authenticate", "token": TOKEN + "x"}], "/ws", "CREDENTIAL_INVALID", id="altered"),
        pytest.param([{"type": "authenticate", "token": ""}], "/ws", "CREDENTIAL_INVALID", id="empty"),
        pytest.param([{"type": "authenticate", "token": "é"}], "/ws", "CREDENTIAL_INVALID", id="no ASCII"),
    ),
)
@pytest.mark.asyncio(loop_scope="module")
async def test_who_does_not_say_who_it_is_sees_nothing(
    shared: Mapping[bool, Site], said: list[dict[str, Any]], path: str, code: str
) -> None:
    async with opened(shared[False], path=path) as socket:
        for message in said:
            await socket.send(json.dumps(message))
        closed, heard = await _ended(socket)
    assert closed == SIGN_IN_AGAIN
    assert [(message["type"], message["code"]) for message in heard] == [("error", code)]
    assert TOKEN not in json.dumps(heard)


@pytest.mark.parametrize(
    "said",
    (
        pytest.param("hello", id="no JSON"),
        pytest.param("", id="nothing"),
        pytest.param("[]", id="a list"),
        pytest.param("null", id="null"),
        pytest.param("{}", id="an empty object"),
        pytest.param("[" * 1_000, id="nested deep"),
        pytest.param('{"type":"subscribe","channel":"orders"}', id="no such channel"),
        pytest.param('{"type":"subscribe"}', id="no channel"),
        pytest.param('{"type":"unsubscribe","channel":"overview"}', id="no such request"),
        pytest.param('{"type":"subscribe","channel":"overview","account":"other"}', id="no such account"),
        pytest.param('{"type":"subscribe","channel":"overview","account":1}', id="a number for an account"),
        pytest.param('{"type":"subscribe","channel":"overview","more":1}', id="an unknown field"),
        pytest.param('{"type":"subscribe","type":"subscribe","channel":"overview"}', id="a name twice"),
        pytest.param('{"type":"subscribe","channel":"\\ud800"}', id="half of a character"),
        pytest.param('{"type":"authenticate","token":"\\ud800"}', id="half of a character for a token"),
        pytest.param('{"type":"authenticate"}', id="no token"),
        pytest.param('{"type":"authenticate","token":1}', id="a number for a token"),
        pytest.param(" " * 5_000, id="5,000 characters"),
        pytest.param(b'{"type":"subscribe","channel":"overview"}', id="binary"),
        pytest.param(b"\xff\xfe", id="binary that is no text"),
    ),
)
@pytest.mark.asyncio(loop_scope="module")
async def test_nonsense_is_told_so_and_the_connection_closed(shared: Mapping[bool, Site], said: str | bytes) -> None:
    async with opened(shared[True]) as socket:
        await socket.send(said)
        code, heard = await _ended(socket)
    assert code == POLICY
    (problem,) = heard
    assert (problem["type"], set(problem)) == ("error", {"type", "code", "detail"})
    assert problem["code"] in {"INVALID_INPUT", "ACCOUNT_NOT_FOUND"}
    assert "Traceback" not in problem["detail"]


@pytest.mark.parametrize(
    ("said", "code"),
    (
        pytest.param(" " * 70_000, 1009, id="a message of 70,000 characters"),
        pytest.param(None, TOO_SLOW, id="nothing at all"),
    ),
)
async def test_who_says_too_much_or_nothing_is_let_go(
    site: Site, monkeypatch: pytest.MonkeyPatch, said: str | None, code: int
) -> None:
    monkeypatch.setattr("counterpoise.service.live.IDLE_HELLO_SECONDS", 0.1)
    async with opened(site) as socket:
        if said is not None:
            await socket.send(said)
        assert (await _ended(socket))[0] == code


@pytest.mark.usefixtures("quick")
async def test_a_client_that_never_reads_is_dropped_and_its_connection_freed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("counterpoise.service.protocol.LINGER_SECONDS", 0.05)
    size = 4_000_000
    monkeypatch.setattr(Picture, "heartbeat", lambda _: "x" * size)
    monkeypatch.setattr(Picture, "snapshot", lambda *_: "{}")
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port, limit=1_000)
    shake = "upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    head = f"GET /ws HTTP/1.1\r\nhost: {site.host}\r\nauthorization: Bearer {TOKEN}\r\nconnection: upgrade\r\n"
    writer.write(f"{head}{shake}".encode())
    while (await reader.readline()).strip():
        continue
    hello = json.dumps(SUBSCRIBE).encode()
    writer.write(bytes([0x81, 0x80 | len(hello), 0, 0, 0, 0]) + hello)
    await writer.drain()
    async with opened(site, BEARER) as other:  # meanwhile another one is served
        await other.send(json.dumps(SUBSCRIBE))
        assert await _hear(other) == {}
    got = 0
    await asyncio.sleep(1.6)  # 0.25 s for the text, 1 s for the close, and what lingers
    try:
        with suppress(ConnectionError):
            async with asyncio.timeout(3):
                while taken := await reader.read(1 << 20):
                    got += len(taken)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
    assert (got - 4) % (size + 10), "the last text was not kept for it to the end"
    assert (await site.call("GET", "/livez")).status == 200


async def test_at_a_stop_open_sockets_hear_that_the_service_goes_away() -> None:
    async with live_site(reads_open=True) as site:
        socket = await connect(f"ws://{site.host}/ws", compression=None)
        await socket.send(json.dumps(SUBSCRIBE))
        assert (await _hear(socket))["type"] == "snapshot"
    code, _ = await _ended(socket)
    assert code == GOING_AWAY
