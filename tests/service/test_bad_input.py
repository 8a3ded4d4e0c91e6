"""Is everything that should not be sent answered with a problem that has a code, and does nothing leak or grow?"""

from __future__ import annotations

import asyncio
import json
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import pytest
import pytest_asyncio

from counterpoise.access.links import LINK_LIFE, make_code
from counterpoise.domain.numbers import exact
from counterpoise.service.bodies import DEPTH_MAX, ITEMS_MAX
from counterpoise.service.doors import BODY_MAX, HEADERS_MAX
from counterpoise.service.problems import ERRORS_MAX, TITLES, Code, Problem
from tests.service.making import TOKEN
from tests.service.site import BEARER, Answer, Signed, Site, assert_problem, live_site

MIB = 1 << 20
HEADERS = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
HANDSHAKE = HEADERS + "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
EVENTS = "/api/v1/accounts/main/events"
SWITCH = "/api/v1/accounts/main/kill-switch"
SESSIONS = "/api/v1/sessions"


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service() -> AsyncIterator[Site]:
    """A paper account whose reads need a sign-in; for every test that changes nothing."""
    with exact():
        async with live_site("SPY", "QQQ") as site:
            yield site


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened() -> AsyncIterator[Site]:
    """One whose reads are open, as a demo's are."""
    with exact():
        async with live_site(reads_open=True) as site:
            yield site


@pytest_asyncio.fixture(loop_scope="module")
async def own() -> AsyncIterator[Site]:
    """The same, for one test."""
    async with live_site("SPY", "QQQ") as site:
        yield site


async def test_every_code_has_a_status_and_a_title() -> None:
    assert set(TITLES) == set(Code)
    assert all(400 <= status < 600 for status, _ in TITLES.values())


# --- addresses ---


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    (
        pytest.param("GET", "/api/v1/nothing", 404, "NOT_FOUND", id="unknown path"),
        pytest.param("GET", "/api/portfolio/snapshot/", 404, "NOT_FOUND", id="a slash too many"),
        pytest.param("GET", "/../../etc/passwd", 404, "NOT_FOUND", id="out of the root"),
        pytest.param("GET", "/assets/..%2f..%2fetc/passwd", 404, "NOT_FOUND", id="out of the assets"),
        pytest.param("GET", "/%00%ff", 404, "NOT_FOUND", id="no text"),
        pytest.param("GET", "/ws", 404, "NOT_FOUND", id="the feed without an upgrade"),
        pytest.param("POST", "/api/portfolio/snapshot", 405, "METHOD_NOT_ALLOWED", id="hot read, other method"),
        pytest.param("DELETE", "/health", 405, "METHOD_NOT_ALLOWED", id="route, other method"),
        pytest.param("OPTIONS", "/api/portfolio/pnl", 405, "METHOD_NOT_ALLOWED", id="options"),
        pytest.param("TRACE", "/health", 405, "METHOD_NOT_ALLOWED", id="trace"),
        pytest.param("GET", "/api/v1/accounts/other/snapshot", 404, "ACCOUNT_NOT_FOUND", id="unknown account"),
        pytest.param("GET", "/api/v1/accounts/other/overview", 404, "ACCOUNT_NOT_FOUND", id="overview of no account"),
        pytest.param("GET", "/api/v1/accounts/MAIN/pnl", 404, "ACCOUNT_NOT_FOUND", id="account in capitals"),
        pytest.param("GET", f"/api/v1/accounts/{'a' * 65}/overview", 422, "INVALID_INPUT", id="account too long"),
        pytest.param("GET", "/api/portfolio/pnl?account=other", 404, "ACCOUNT_NOT_FOUND", id="?account= unknown"),
        pytest.param("GET", "/api/portfolio/pnl?account=", 404, "ACCOUNT_NOT_FOUND", id="?account= empty"),
        pytest.param("GET", "/api/portfolio/pnl?account=main&account=main", 422, "INVALID_INPUT", id="account twice"),
        pytest.param("GET", "/api/portfolio/pnl?acount=main", 422, "INVALID_INPUT", id="misspelt query"),
        pytest.param("GET", "/api/portfolio/pnl?%ff=%fe", 422, "INVALID_INPUT", id="query is no text"),
        pytest.param("GET", "/api/portfolio/pnl?account", 422, "INVALID_INPUT", id="query is no pair"),
        pytest.param("GET", "/api/portfolio/pnl?&&&=", 422, "INVALID_INPUT", id="query of nothing"),
        pytest.param("GET", "/api/v1/accounts/main/equity-history?range=2D", 422, "INVALID_INPUT", id="no such range"),
        pytest.param("GET", "/api/v1/replay", 404, "NOT_FOUND", id="nothing is replayed"),
    ),
)
async def test_an_address_that_is_none_is_a_problem(
    service: Site, method: str, path: str, status: int, code: str
) -> None:
    answer = await service.call(method, path, headers=BEARER)
    problem = assert_problem(answer, status, code)
    assert ("allow" in answer.headers) == (status == 405)
    assert "etc/passwd" not in json.dumps(problem)


@pytest.mark.parametrize(
    "path", ("/api/portfolio/pnl", "/api/v1/accounts/main/overview", "/api/v1/accounts/x/overview")
)
async def test_who_is_nobody_learns_of_no_account_whether_it_is_there(service: Site, path: str) -> None:
    assert_problem(await service.call("GET", path), 401, "SIGN_IN_NEEDED")


@pytest.mark.parametrize(
    ("host", "status"),
    (
        pytest.param("evil.example:{port}", 421, id="a name that was pointed at us"),
        pytest.param("127.0.0.1", 421, id="without the port"),
        pytest.param("127.0.0.1:1", 421, id="another port"),
        pytest.param("127.0.0.1:{port}.evil.example", 421, id="ours as a part"),
        pytest.param("localhost:{port}", 200, id="localhost"),
        pytest.param("LOCALHOST:{port}", 200, id="capitals"),
        pytest.param("[::1]:{port}", 200, id="IPv6"),
    ),
)
async def test_only_our_own_host_names_are_answered(service: Site, host: str, status: int) -> None:
    answer = await service.call("GET", "/livez", host=host.format(port=service.port))
    if status == 200:
        assert answer.json() == {"status": "ok"}
    else:
        assert_problem(answer, 421, "HOST_NOT_ALLOWED")


async def test_a_request_without_a_host_is_refused(service: Site) -> None:
    assert_problem(await service.say(b"GET /livez HTTP/1.1\r\n\r\n"), 421, "HOST_NOT_ALLOWED")
    assert_problem(await service.say(b"GET /livez HTTP/1.0\r\n\r\n"), 421, "HOST_NOT_ALLOWED")


# --- heads ---


@pytest.mark.parametrize(
    "raw",
    (
        pytest.param(b"hello\r\n\r\n", id="no HTTP"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64, id="TLS"),
        pytest.param(b"GET / HTTP/9.9\r\nHost: {host}\r\n\r\n", id="another HTTP"),
        pytest.param(b"GET /livez HTTP/1.1\r\nHost: {host}\r\nno colon here\r\n\r\n", id="a header without a colon"),
        pytest.param(b"GET /livez HTTP/1.1\r\nHost: {host}\r\na b: c\r\n\r\n", id="a space in a name"),
        pytest.param(b"POST /x HTTP/1.1\r\nHost: {host}\r\nContent-Length: -1\r\n\r\n", id="length below zero"),
        pytest.param(b"POST /x HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", id="two"),
        pytest.param(
            b"POST /x HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            id="two ways to end, as in request smuggling",
        ),
        pytest.param(b"POST /x HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", id="no chunk"),
    ),
)
async def test_what_is_no_http_is_refused_and_the_connection_closed(service: Site, raw: bytes) -> None:
    answer = await service.say(raw.replace(b"{host}", service.host.encode()))
    if answer.status == 404:  # the head was whole, so it was answered before the body was seen to be none
        assert_problem(answer, 404, "NOT_FOUND")
    else:
        assert_problem(answer, 400, "MALFORMED_REQUEST")
        assert answer.headers["connection"] == "close"
    assert answer.closed


@pytest.mark.parametrize(
    "head",
    (
        pytest.param(b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: {host}\r\n\r\n", id="long address"),
        pytest.param(b"GET /livez?" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: {host}\r\n\r\n", id="long query"),
        pytest.param(b"GET /livez HTTP/1.1\r\nHost: {host}\r\na: " + b"a" * 20_000 + b"\r\n\r\n", id="one long"),
        pytest.param(b"GET /livez HTTP/1.1\r\nHost: {host}\r\n" + b"a: bcdefgh\r\n" * 3_000 + b"\r\n", id="many"),
        pytest.param(b"GET /livez HTTP/1.1\r\nHost: {host}\r\na: " + b"a" * 40_000, id="one that never ends"),
        pytest.param(b"GET /livez HTTP/1.1\r\nHost: {host}\r\n" + b"a: b\r\n" * 9_000, id="many without an end"),
        pytest.param(b"GET /" + b"a" * 40_000, id="an address that never ends"),
    ),
)
async def test_a_head_beyond_16_kib_is_refused_and_the_connection_closed(service: Site, head: bytes) -> None:
    answer = await service.say(head.replace(b"{host}", service.host.encode()))
    assert_problem(answer, 431, "HEADERS_TOO_LARGE")
    assert answer.closed


async def test_a_head_just_below_16_kib_is_taken(service: Site) -> None:
    filler = b"a" * (HEADERS_MAX - 200)
    head = b"GET /livez HTTP/1.1\r\nHost: {host}\r\na: ".replace(b"{host}", service.host.encode())
    assert (await service.say(head + filler + b"\r\n\r\n")).status == 200


# --- bodies ---


@pytest.mark.parametrize("token", (TOKEN, ""), ids=("owner", "nobody"))
async def test_a_body_said_to_be_beyond_a_mebibyte_is_refused_unread(service: Site, token: str) -> None:
    head = f"POST {EVENTS} HTTP/1.1\r\nHost: {service.host}\r\nContent-Length: {BODY_MAX + 1}\r\n"
    head += f"Authorization: Bearer {token}\r\n" if token else ""
    answer = await service.say(head.encode() + b"\r\n")
    assert_problem(answer, 413, "BODY_TOO_LARGE")
    assert answer.closed


@pytest.mark.parametrize("length", ("9" * 30, "1048577"), ids=("more than a machine counts", "a byte too many"))
async def test_a_length_that_is_too_large_never_waits_for_the_body(service: Site, length: str) -> None:
    answer = await service.say(
        f"POST {SESSIONS} HTTP/1.1\r\nHost: {service.host}\r\nContent-Length: {length}\r\n\r\n".encode()
    )
    assert answer.status in (400, 413)
    assert_problem(answer, answer.status, "MALFORMED_REQUEST" if answer.status == 400 else "BODY_TOO_LARGE")
    assert answer.closed


CHUNK = b"10000\r\n" + b"a" * 65_536 + b"\r\n"
TRAILERS = b"0\r\n" + b"a: " + b"b" * 65_536
EXTENSION = b"1;" + b"a" * 65_536


@pytest.mark.parametrize(
    ("path", "first", "again"),
    (
        pytest.param(SESSIONS, b"", CHUNK, id="to a route that reads it"),
        pytest.param("/health", b"", CHUNK, id="to a route that takes no body"),
        pytest.param("/nothing", b"", CHUNK, id="to no route"),
        pytest.param(EVENTS, b"", CHUNK, id="by nobody, who is refused first"),
        pytest.param(SESSIONS, TRAILERS, b"b" * 65_536, id="one header after the body, without end"),
        pytest.param(SESSIONS, b"0\r\n", b"a: b\r\n" * 10_000, id="many headers after the body"),
        pytest.param(SESSIONS, EXTENSION, b"a" * 65_536, id="an extension of a chunk, without end"),
    ),
)
async def test_a_hundred_mebibytes_in_chunks_are_cut_off_and_memory_stays_flat(
    service: Site, path: str, first: bytes, again: bytes
) -> None:
    method = "GET" if path == "/health" else "POST"
    await service.call("GET", "/livez")
    tracemalloc.start()
    try:
        sent, answer = await _pour(service, method, path, first, again, most=100 * MIB)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sent < 8 * MIB  # what buffers on the way may hold
    assert peak < 6 * MIB
    if answer:
        assert (
            b"application/problem+json" in answer or b'"status":"healthy"' in answer or b'"status":"degraded"' in answer
        )
    assert (await service.call("GET", "/livez")).status == 200


async def test_a_body_that_goes_on_beyond_a_mebibyte_is_told_so(service: Site) -> None:
    chunks = b"".join([CHUNK] * 17)
    head = f"POST {SESSIONS} HTTP/1.1\r\nHost: {service.host}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    answer = await service.say(head + chunks)
    assert_problem(answer, 413, "BODY_TOO_LARGE")
    assert answer.closed


async def _pour(service: Site, method: str, path: str, first: bytes, again: bytes, *, most: int) -> tuple[int, bytes]:
    """Send until the service closes; how much went out, and what came back if it was still there to be read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    sent, heard = 0, b""
    try:
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: {service.host}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        writer.write(first)
        with suppress(ConnectionError):
            while sent < most and not writer.is_closing():
                writer.write(again)
                await asyncio.wait_for(writer.drain(), 5)
                sent += len(again)
        with suppress(ConnectionError):
            heard = await asyncio.wait_for(reader.read(), 5)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
    return sent, heard


@pytest.mark.parametrize(
    ("body", "said"),
    (
        pytest.param(b"", "JSON in UTF-8", id="nothing"),
        pytest.param(b"{", "JSON in UTF-8", id="half"),
        pytest.param(b"\xff\xfe{}", "JSON in UTF-8", id="not UTF-8"),
        pytest.param('{"code":"é"}'.encode("latin-1"), "JSON in UTF-8", id="latin-1"),
        pytest.param('{"code":"x"}'.encode("utf-16"), "JSON in UTF-8", id="UTF-16"),
        pytest.param(b"\xef\xbb\xbf{}", "JSON in UTF-8", id="a byte order mark"),
        pytest.param(b"[" * 10_000 + b"]" * 10_000, f"nested {DEPTH_MAX} deep", id="lists 10,000 deep"),
        pytest.param(b'{"a":' * 10_000 + b"1" + b"}" * 10_000, f"nested {DEPTH_MAX} deep", id="objects 10,000 deep"),
        pytest.param(b'{"code":NaN}', "NaN is no JSON number", id="NaN"),
        pytest.param(b'{"code":-Infinity}', "-Infinity is no JSON number", id="infinity"),
        pytest.param(b'{"code":"a","code":"b"}', "stands twice", id="a name twice"),
        pytest.param(b'{"\\ud800":1}', "half of a character", id="half of a character as a name"),
        pytest.param(b'{"code":"\\ud800"}', "/code", id="half of a character"),
        pytest.param(b'{"code":1}', "/code", id="a number for a text"),
        pytest.param(b'{"code":1e999}', "/code", id="a number beyond every float"),
        pytest.param(b'{"code":' + b"9" * 100_000 + b"}", "/code", id="100,000 digits"),
        pytest.param(b'{"code":true}', "/code", id="a flag for a text"),
        pytest.param(b'{"code":null}', "/code", id="null"),
        pytest.param(b'{"code":["a"]}', "/code", id="a list"),
        pytest.param(b'{"code":"' + b"a" * 201 + b'"}', "/code", id="too long a text"),
        pytest.param(b'{"code":"a","more":1}', "/more", id="an unknown field"),
        pytest.param(b'{"~/":1}', "/~0~1", id="an unknown field, escaped in its pointer"),
        pytest.param(b"{}", "/code", id="nothing in it"),
        pytest.param(b"[]", "An object", id="a list for an object"),
        pytest.param(b'"code"', "An object", id="a text for an object"),
    ),
)
async def test_a_body_that_cannot_be_read_is_a_problem_that_says_where(service: Site, body: bytes, said: str) -> None:
    answer = await service.call("POST", SESSIONS, body)
    assert said in assert_problem(answer, 422, "INVALID_INPUT")["detail"]


async def test_an_answer_names_a_hundred_fields_at_most(service: Site) -> None:
    body = {f"field-{number}": number for number in range(20_000)}
    answer = await service.call("POST", SESSIONS, body)
    assert len(assert_problem(answer, 422, "INVALID_INPUT")["errors"]) == ERRORS_MAX
    assert len(answer.body) < 20_000


async def test_more_events_than_are_taken_at_a_time_are_refused(service: Site) -> None:
    answer = await service.call("POST", EVENTS, [0] * (ITEMS_MAX + 1), headers=BEARER)
    assert_problem(answer, 422, "INVALID_INPUT")


@pytest.mark.parametrize(
    "body",
    (
        pytest.param(b'{"a":"' + b"\\\\" * 500_000 + b'"}', id="a million backslashes"),
        pytest.param(b'"' * 1_000_000, id="a million quotes"),
        pytest.param(b"[" * 1_000_000, id="a million brackets"),
        pytest.param(b"[" + b"0," * 500_000 + b"0]", id="half a million numbers"),
    ),
)
async def test_a_hostile_body_of_a_mebibyte_takes_no_time_worth_speaking_of(service: Site, body: bytes) -> None:
    began = time.thread_time()
    assert_problem(await service.call("POST", SESSIONS, body), 422, "INVALID_INPUT")
    assert time.thread_time() - began < 1.5


# --- who asks ---


@pytest.mark.parametrize(
    ("value", "code"),
    (
        pytest.param(f"Bearer {TOKEN}x", "CREDENTIAL_INVALID", id="longer"),
        pytest.param(f"Bearer {TOKEN[:-1]}", "CREDENTIAL_INVALID", id="shorter"),
        pytest.param(f"Bearer {TOKEN[:-1]}q", "CREDENTIAL_INVALID", id="altered"),
        pytest.param(f"Bearer {TOKEN.upper()}", "CREDENTIAL_INVALID", id="in capitals"),
        pytest.param("Bearer", "CREDENTIAL_INVALID", id="without a token"),
        pytest.param("Bearer ", "CREDENTIAL_INVALID", id="an empty token"),
        pytest.param("", "CREDENTIAL_INVALID", id="empty"),
        pytest.param(f"Basic {TOKEN}", "CREDENTIAL_INVALID", id="another scheme"),
        pytest.param(TOKEN, "CREDENTIAL_INVALID", id="no scheme"),
        pytest.param("Bearer \xff\xfe", "CREDENTIAL_INVALID", id="no text"),
    ),
)
@pytest.mark.parametrize(("method", "path"), (("GET", "/api/portfolio/pnl"), ("POST", EVENTS)), ids=("read", "write"))
async def test_a_token_that_is_not_good_is_never_taken_for_nobody(
    opened: Site, value: str, code: str, method: str, path: str
) -> None:
    answer = await opened.call(method, path, {} if method == "POST" else None, headers={"Authorization": value})
    assert_problem(answer, 401, code)
    assert answer.headers["www-authenticate"].startswith("Bearer")


Alter = Callable[[Site, str], str]


def _at(place: int, part: Callable[[str], str]) -> Alter:
    def alter(_: Site, code: str) -> str:
        parts = code.split(".")
        parts[place] = part(parts[place])
        return ".".join(parts)

    return alter


def _other_first(text: str) -> str:
    return ("1" if text[0] != "1" else "2") + text[1:]


@pytest.mark.parametrize(
    "alter",
    (
        pytest.param(_at(0, lambda text: str(int(text) + 60)), id="another expiry"),
        pytest.param(_at(1, _other_first), id="another nonce"),
        pytest.param(_at(2, _other_first), id="another mac"),
        pytest.param(_at(2, lambda text: text[:-1]), id="a shorter mac"),
        pytest.param(_at(1, lambda text: text + "\n"), id="a line more"),
        pytest.param(lambda _, code: code + ".x", id="a part more"),
        pytest.param(lambda _, code: code.rpartition(".")[0], id="a part less"),
        pytest.param(lambda _, code: "", id="nothing"),
        pytest.param(lambda _, code: "٠١٢٣٤٥٦٧٨٩." + code.partition(".")[2], id="digits of another script"),
        pytest.param(
            lambda site, _: make_code(TOKEN, "9.9", site.wall.now() + LINK_LIFE, "n" * 20), id="another start"
        ),
        pytest.param(
            lambda site, _: make_code("x" * 43, "1.1", site.wall.now() + LINK_LIFE, "n" * 20), id="other token"
        ),
        pytest.param(lambda site, _: make_code(TOKEN, "1.1", site.wall.now() + 2 * LINK_LIFE, "n" * 20), id="too late"),
        pytest.param(lambda site, _: make_code(TOKEN, "1.1", site.wall.now(), "n" * 20), id="expired at this instant"),
    ),
)
async def test_a_link_that_is_altered_in_any_part_signs_nobody_in(service: Site, alter: Alter) -> None:
    answer = await service.call("POST", SESSIONS, {"code": alter(service, service.code())})
    assert_problem(answer, 401, "LINK_INVALID")
    assert "set-cookie" not in answer.headers


async def test_a_link_works_once_and_for_fifteen_minutes(own: Site) -> None:
    code, late = own.code(), own.code()
    assert (await own.call("POST", SESSIONS, {"code": code})).status == 201
    assert_problem(await own.call("POST", SESSIONS, {"code": code}), 401, "LINK_INVALID")
    own.wall.later(minutes=15)
    assert_problem(await own.call("POST", SESSIONS, {"code": late}), 401, "LINK_INVALID")


async def test_the_link_that_the_start_printed_signs_in_with_a_cookie_that_scripts_cannot_read(own: Site) -> None:
    code = own.link.partition("#code=")[2]
    answer = await own.call("POST", SESSIONS, {"code": code})
    cookie = answer.headers["set-cookie"]
    assert answer.status == 201
    assert cookie.startswith(f"{own.cookie_name}=")
    assert "httponly" in cookie.lower()
    assert "samesite=strict" in cookie.lower()
    assert "path=/" in cookie.lower()
    assert "domain" not in cookie.lower()
    assert "?" not in own.link, "a query would stand in logs"


async def _sign_out(site: Site, me: Signed) -> None:
    assert (await site.call("DELETE", "/api/v1/session", headers=me.writes)).status == 204


@pytest.mark.parametrize(
    ("later", "status"),
    (
        pytest.param({"hours": 12}, 200, id="idle for 12 hours"),
        pytest.param({"hours": 12, "seconds": 1}, 401, id="idle for longer"),
    ),
)
async def test_a_session_ends_when_it_is_idle(own: Site, later: dict[str, float], status: int) -> None:
    me = await own.sign_in()
    own.wall.later(**later)
    answer = await own.call("GET", "/api/portfolio/pnl", headers=me.reads)
    assert answer.status == status
    if status == 401:
        assert_problem(answer, 401, "SESSION_UNKNOWN")
        assert_problem(await own.call("POST", EVENTS, {}, headers=me.writes), 401, "SESSION_UNKNOWN")


async def test_a_session_ends_after_seven_days_however_busy_it_is(own: Site) -> None:
    me = await own.sign_in()
    for _ in range(14):
        own.wall.later(hours=12)
        assert (await own.call("GET", "/api/portfolio/pnl", headers=me.reads)).status == 200
    own.wall.later(seconds=1)
    assert_problem(await own.call("GET", "/api/portfolio/pnl", headers=me.reads), 401, "SESSION_UNKNOWN")


async def test_who_signs_out_is_out_and_nobody_else_is(service: Site) -> None:
    me, other = await service.sign_in(), await service.sign_in()
    await _sign_out(service, me)
    assert_problem(await service.call("GET", "/api/portfolio/pnl", headers=me.reads), 401, "SESSION_UNKNOWN")
    assert (await service.call("GET", "/api/portfolio/pnl", headers=other.reads)).status == 200
    session = (await service.call("GET", "/api/v1/session", headers=me.reads)).json()
    assert (session["signed_in"], session["name"], session["csrf_token"]) == (False, None, None)


@pytest.mark.parametrize(
    "cookie",
    (
        pytest.param("{name}=", id="empty"),
        pytest.param("{name}=made-up", id="made up"),
        pytest.param("{name}={secret}x", id="longer"),
        pytest.param("{name}={csrf}", id="the CSRF token as a cookie"),
    ),
)
async def test_a_cookie_that_was_never_given_is_no_session(service: Site, cookie: str) -> None:
    me = await service.sign_in()
    sent = cookie.format(name=service.cookie_name, secret=me.secret, csrf=me.csrf_token)
    answer = await service.call("GET", "/api/portfolio/pnl", headers={"Cookie": sent})
    assert_problem(answer, 401, "SESSION_UNKNOWN")


async def test_the_cookie_of_another_service_on_this_machine_is_nothing_to_us(service: Site) -> None:
    me = await service.sign_in()
    answer = await service.call("GET", "/api/portfolio/pnl", headers={"Cookie": f"counterpoise-1={me.secret}"})
    assert_problem(answer, 401, "SIGN_IN_NEEDED")


@pytest.mark.parametrize("sent", ("", "wrong", "other", "ÿ"), ids=("none", "wrong", "of another session", "no ASCII"))
@pytest.mark.parametrize(
    ("method", "path", "body"),
    (("POST", EVENTS, {}), ("POST", SWITCH, {"state": "HALTED"}), ("DELETE", "/api/v1/session", None)),
    ids=("events", "kill switch", "sign out"),
)
async def test_a_write_without_the_csrf_token_of_its_session_has_no_effect(
    service: Site, sent: str, method: str, path: str, body: object
) -> None:
    me, other = await service.sign_in(), await service.sign_in()
    token = other.csrf_token if sent == "other" else sent
    headers = me.reads | ({"X-CSRF-Token": token} if token else {})
    assert_problem(await service.call(method, path, body, headers=headers), 403, "CSRF_MISSING")
    assert service.plane.screen.kill_switch().trading_state == "ACTIVE"
    assert (await service.call("GET", "/api/portfolio/pnl", headers=me.reads)).status == 200


@pytest.mark.parametrize("origin", ("http://evil.example", "null", "https://127.0.0.1", "http://localhost:{port}", ""))
async def test_a_page_of_another_site_writes_nothing(own: Site, origin: str) -> None:
    me = await own.sign_in()
    headers = me.writes | {"Origin": origin.format(port=own.port)}
    answer = await own.call("POST", SWITCH, {"state": "HALTED"}, headers=headers)
    assert_problem(answer, 403, "ORIGIN_NOT_ALLOWED")
    assert "access-control-allow-origin" not in answer.headers
    assert own.plane.screen.kill_switch().trading_state == "ACTIVE"
    ours = await own.call("POST", SWITCH, {"state": "HALTED"}, headers=me.writes | {"Origin": f"http://{own.host}"})
    assert ours.status == 200


# --- the feed's handshake ---


@pytest.mark.parametrize(
    ("path", "more", "status", "code"),
    (
        pytest.param("/ws", "origin: http://evil.example\r\n", 403, "ORIGIN_NOT_ALLOWED", id="another site"),
        pytest.param("/ws", "origin: null\r\n", 403, "ORIGIN_NOT_ALLOWED", id="a page without an origin"),
        pytest.param("/ws", "cookie: {name}=made-up\r\n", 401, "SESSION_UNKNOWN", id="made-up cookie"),
        pytest.param("/ws", "authorization: Bearer x\r\n", 401, "CREDENTIAL_INVALID", id="altered token"),
        pytest.param("/nothing", "", 404, "NOT_FOUND", id="another path"),
        pytest.param("/api/portfolio/pnl", "", 404, "NOT_FOUND", id="the path of a read"),
        pytest.param("/ws", "a: " + "a" * 20_000 + "\r\n", 431, "HEADERS_TOO_LARGE", id="too much"),
        pytest.param("/ws", "a: " + "a" * 9_000 + "\r\n", 431, "HEADERS_TOO_LARGE", id="a header of 9,000 characters"),
        pytest.param("/ws", "sec-websocket-key: x\r\n", 400, "MALFORMED_REQUEST", id="two keys"),
    ),
)
async def test_a_feed_that_may_not_be_opened_is_refused_before_the_upgrade(
    service: Site, path: str, more: str, status: int, code: str
) -> None:
    more = more.format(name=service.cookie_name)
    answer = await service.say(f"GET {path} HTTP/1.1\r\nhost: {service.host}\r\n{HANDSHAKE}{more}\r\n".encode())
    assert_problem(answer, status, code)
    assert answer.closed


@pytest.mark.parametrize("host", ("evil.example:{port}", "127.0.0.1:1"))
async def test_a_feed_under_another_host_name_is_refused_before_the_upgrade(service: Site, host: str) -> None:
    named = host.format(port=service.port)
    answer = await service.say(
        f"GET /ws HTTP/1.1\r\nhost: {named}\r\norigin: http://{named}\r\n{HANDSHAKE}\r\n".encode()
    )
    assert_problem(answer, 421, "HOST_NOT_ALLOWED")
    assert answer.closed


async def test_a_handshake_that_is_none_is_a_problem_too(service: Site) -> None:
    answer = await service.say(f"GET /ws HTTP/1.1\r\nhost: {service.host}\r\n{HEADERS}\r\n".encode())
    assert_problem(answer, 400, "MALFORMED_REQUEST")
    assert answer.closed


# --- ourselves ---


@pytest.mark.parametrize(
    ("method", "path", "broken"),
    (
        pytest.param("GET", "/api/portfolio/pnl", "counterpoise.service.hot.to_bytes", id="a hot read"),
        pytest.param("GET", "/api/v1/accounts/main/overview", "counterpoise.library.screen.overview", id="a route"),
        pytest.param("POST", SWITCH, "counterpoise.library.screen.Screen.kill_switch", id="a write"),
    ),
)
async def test_a_fault_of_ours_is_a_problem_without_a_word_of_our_insides(
    own: Site,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    method: str,
    path: str,
    broken: str,
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError(f"{TOKEN} in /usr/lib/secret.py")

    monkeypatch.setattr(broken, fails)
    body = {"state": "HALTED"} if method == "POST" else None
    problem = assert_problem(await own.call(method, path, body, headers=BEARER), 500, "INTERNAL")
    assert problem["trace_id"] in caplog.text, "whoever reads the log finds it"


async def test_a_problem_says_no_more_than_its_code_its_words_and_its_fields() -> None:
    body = json.loads(Problem(Code.INTERNAL).body("trace"))
    assert body == {
        "type": "urn:counterpoise:problem:internal",
        "title": "Something went wrong on our side",
        "status": 500,
        "detail": "Something went wrong on our side",
        "code": "INTERNAL",
        "trace_id": "trace",
    }


@pytest.mark.parametrize("path", ("/livez", "/health", "/api/v1/session", "/openapi.json", "/nothing", "/"))
async def test_every_answer_forbids_guessing_its_type_and_reading_it_from_elsewhere(service: Site, path: str) -> None:
    answer: Answer = await service.call("GET", path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "server" not in answer.headers
