"""The service on a real port of loopback, and a client that says exactly the bytes that a test wants said."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from counterpoise.access.links import LINK_LIFE, make_code
from counterpoise.library.plane import Counterpoise
from counterpoise.service.problems import PROBLEM_JSON, TITLES, Code
from counterpoise.service.server import listen, serving
from tests.service.making import TOKEN, FakeReplay, Wall, live_account

SECONDS_MAX = 5.0
BEARER = {"Authorization": f"Bearer {TOKEN}"}
LEAKS = re.compile(
    rb"Traceback|File \"|\.py\b|site-packages|starlette|fastapi|uvicorn|pydantic|Error\b|Exception|<class|"
    rb"0x[0-9a-f]{6}|object at|/usr/|/home/|/tmp/"
)
"""What an answer never holds: our insides, and where they lie on the machine."""

SECRETS = (TOKEN.encode(), TOKEN[:24].encode())
_numbers = count(1)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    closed: bool | None = None

    def json(self) -> Any:  # noqa: ANN401 - whatever was answered
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json()["code"])


@dataclass(kw_only=True)
class Site:
    """A service that listens."""

    port: int
    plane: Counterpoise
    wall: Wall
    link: str

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def cookie_name(self) -> str:
        return f"counterpoise-{self.port}"

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        host: str | None = None,
    ) -> Answer:
        """One request over one connection; bytes are sent as they are, anything else as JSON."""
        raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = {"Host": host or self.host, "Connection": "close", **(headers or {})}
        if raw:
            lines.setdefault("Content-Type", "application/json")
            lines.setdefault("Content-Length", str(len(raw)))
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return await self.say(head.encode("latin-1") + b"\r\n" + raw)

    async def say(self, raw: bytes, *, is_head: bool = False) -> Answer:
        """Send these bytes; the first answer, and whether the service then closes the connection by itself."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(raw)
            with suppress(ConnectionError):  # it may be refused before it was all read
                await writer.drain()
            is_head = is_head or raw.startswith(b"HEAD ")
            return await asyncio.wait_for(_answer(reader, is_head=is_head), SECONDS_MAX)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def code(self, **later: float) -> str:
        """A fresh one-time code of this start."""
        nonce = f"nonce-of-the-tests-{next(_numbers):06d}"
        self_at = self.wall.now()
        wall = Wall(self_at)
        wall.later(**later)
        return make_code(TOKEN, "1.1", wall.now() + LINK_LIFE, nonce)

    async def sign_in(self) -> Signed:
        """Open a session, as the page does."""
        answer = await self.call("POST", "/api/v1/sessions", {"code": self.code()})
        assert answer.status == 201, answer.body
        secret = answer.headers["set-cookie"].partition(";")[0].partition("=")[2]
        return Signed(cookie=f"{self.cookie_name}={secret}", csrf_token=answer.json()["csrf_token"], secret=secret)


@dataclass(frozen=True, kw_only=True)
class Signed:
    """A browser that is signed in."""

    cookie: str
    csrf_token: str
    secret: str = field(repr=False)

    @property
    def reads(self) -> dict[str, str]:
        return {"Cookie": self.cookie}

    @property
    def writes(self) -> dict[str, str]:
        return {"Cookie": self.cookie, "X-CSRF-Token": self.csrf_token}


@asynccontextmanager
async def site(
    plane: Counterpoise, wall: Wall, *, reads_open: bool = False, replay: FakeReplay | None = None
) -> AsyncIterator[Site]:
    """Serve `plane` on a free port for the block."""
    with listen(0) as listener:
        port: int = listener.getsockname()[1]
        async with serving(plane, listener, asyncio.Event(), reads_open=reads_open, replay=replay) as served:
            yield Site(port=port, plane=plane, wall=wall, link=served.link)


@asynccontextmanager
async def live_site(*symbols: str, reads_open: bool = False) -> AsyncIterator[Site]:
    """An account that matches at every price it is told, and its service."""
    wall = Wall()
    async with live_account(wall, *symbols) as plane, site(plane, wall, reads_open=reads_open) as found:
        yield found


def assert_problem(answer: Answer, status: int, code: str) -> dict[str, Any]:
    """The answer is a problem with this code, whole, that tells nothing of our insides."""
    assert answer.status == status, (answer.status, answer.body[:300])
    assert answer.headers["content-type"] == PROBLEM_JSON
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    problem: dict[str, Any] = answer.json()
    assert problem["code"] == code
    assert problem["status"] == status
    assert problem["title"] == TITLES[Code(code)][1]
    assert problem["type"] == f"urn:counterpoise:problem:{code.lower().replace('_', '-')}"
    assert problem["detail"]
    assert problem["trace_id"]
    assert set(problem) <= {"type", "title", "status", "detail", "code", "trace_id", "errors"}
    assert not LEAKS.search(answer.body), answer.body
    assert not any(secret in answer.body for secret in SECRETS)
    return problem


async def _answer(reader: asyncio.StreamReader, *, is_head: bool) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    size = 0 if is_head else int(headers.get("content-length", "0"))
    body = await reader.readexactly(size)
    try:
        more = await asyncio.wait_for(reader.read(1), 0.05)
        closed: bool | None = not more
    except TimeoutError:
        closed = False
    except ConnectionError:
        closed = True
    return Answer(status=int(first.split(" ")[1]), headers=headers, body=body, closed=closed)
