"""What may come in at all? Host names, sizes and origins are checked before anything else looks at a request."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from counterpoise.domain.errors import CounterpoiseError
from counterpoise.domain.numbers import exact
from counterpoise.service.problems import Code, Problem

LOG = logging.getLogger("counterpoise.service")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_MAX = 1 << 20
HEADERS_MAX = 16 << 10

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
"""On every answer; a page adds its Content-Security-Policy."""


BUGS = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError),
    CounterpoiseError,
)
"""What code that is wrong raises; a cancelled task is no answer, and is let through."""


class Doors:
    """The outermost application: refuses what may not come in, bounds what does, and answers problems.

    Args:
        app: Who answers the rest.
        hosts: `Host` values that are ours; any other name may be a page elsewhere that points it at us.
        new_trace_id: Names an answer in the log.
    """

    def __init__(self, app: App, hosts: frozenset[bytes], new_trace_id: Callable[[], str]) -> None:
        self._app = app
        self._hosts = hosts
        self._new_trace_id = new_trace_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        body = _Body(receive, send)
        try:
            self._check(scope)
            with exact():
                await self._app(scope, body.receive if scope["type"] == "http" else receive, body.send)
        except Problem as problem:
            if body.answered:
                raise
            await answer(problem, scope, send, self._new_trace_id()[:16])
        except BUGS as error:  # nothing of our insides goes out, whatever went wrong
            if body.answered:
                raise
            trace_id = self._new_trace_id()[:16]
            LOG.exception("%s answered an unexpected %s", trace_id, type(error).__name__)
            await answer(Problem(Code.INTERNAL, "The log has more under this trace id."), scope, send, trace_id)

    def _check(self, scope: Scope) -> None:
        size = len(scope.get("raw_path") or b"") + len(scope["query_string"])
        host = origin = None
        length = b""
        for name, value in scope["headers"]:
            size += len(name) + len(value)
            if name == b"host":
                host = value
            elif name == b"origin":
                origin = value
            elif name == b"content-length":
                length = value
        if size > HEADERS_MAX:
            raise Problem(Code.HEADERS_TOO_LARGE, "Send a shorter address and fewer headers.", headers=CLOSE)
        if host is None or host.lower() not in self._hosts:
            raise Problem(Code.HOST_NOT_ALLOWED, "Use the address that the service printed at its start.")
        if origin is not None and not self._is_ours(origin, host):
            is_read = scope["type"] == "http" and scope["method"] in SAFE_METHODS
            if not is_read:  # a browser keeps the answer to a foreign read from its page by itself
                raise Problem(Code.ORIGIN_NOT_ALLOWED, "Only pages of this service may do this.")
        if length.isdigit() and int(length) > BODY_MAX:
            raise too_large()

    def _is_ours(self, origin: bytes, host: bytes) -> bool:
        scheme, _, where = origin.lower().partition(b"://")
        return scheme in (b"http", b"https") and where == host.lower()


CLOSE: tuple[tuple[bytes, bytes], ...] = ((b"connection", b"close"),)


def too_large() -> Problem:
    """The answer to a body that goes on and on; the connection ends with it, the rest is not read."""
    return Problem(Code.BODY_TOO_LARGE, "Send at most 1 MiB; split a longer list.", headers=CLOSE)


async def answer(problem: Problem, scope: Scope, send: Send, trace_id: str) -> None:
    """Send a problem; before a WebSocket is open it is the answer to its handshake."""
    body = problem.body(trace_id)
    kind = "http.response" if scope["type"] == "http" else "websocket.http.response"
    headers = [*problem.raw_headers(body), *SECURITY_HEADERS]
    await send({"type": f"{kind}.start", "status": problem.status, "headers": headers})
    await send({"type": f"{kind}.body", "body": b"" if scope.get("method") == "HEAD" else body})


class _Body:
    """Counts what a client sends, and notes whether it has been answered."""

    __slots__ = ("_receive", "_send", "answered", "size")

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self.size = 0
        self.answered = False

    async def receive(self) -> Message:
        message = await self._receive()
        self.size += len(message.get("body", b""))
        if self.size > BODY_MAX:
            raise too_large()
        return message

    async def send(self, message: Message) -> None:
        if message["type"].endswith("http.response.start"):
            message["headers"] = [*message.get("headers", ()), *SECURITY_HEADERS]
        if message["type"] == "websocket.close" and not self.answered:
            raise Problem(Code.NOT_FOUND, "The feed is at /ws.")  # the router's way to say so has no body
        self.answered = True
        await self._send(message)
