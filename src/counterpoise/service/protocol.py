"""What does the wire itself refuse? Requests that are no HTTP, and headers without end, before they fill memory."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from counterpoise.service.doors import BODY_MAX, CLOSE, HEADERS_MAX, SECURITY_HEADERS
from counterpoise.service.problems import Code, Problem

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent  # there for type checkers alone

LINGER_SECONDS = 1.0
"""How long the last words to a client may take that does not read."""

UNTRACED = "not-logged"
"""Trace id of what was refused before it was a request."""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which takes headers of any size, with a bound and with problems as answers.

    The raw bytes since the last whole head or part of a body are counted, not the headers: one header that never ends
    would reach no callback, and headers may also come after a body in chunks.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - handed on as they come
        super().__init__(*args, **kwargs)
        self._idle_size = 0
        self._body_size = 0
        self._refused = False

    def on_message_begin(self) -> None:
        """A new request of the connection."""
        self._body_size = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is whole; what it may hold is checked at the doors."""
        self._idle_size = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body; whoever reads it bounds it, and what nobody reads ends the connection."""
        self._idle_size = 0
        self._body_size += len(body)
        if self._body_size > BODY_MAX and (self.cycle is None or self.cycle.response_complete):
            self.transport.close()
            return
        super().on_body(body)

    def data_received(self, data: bytes) -> None:
        """Bytes from the client; after a refusal nothing more is read."""
        if self._refused or self.transport.is_closing():
            return
        self._idle_size += len(data)
        super().data_received(data)
        if self._idle_size > HEADERS_MAX and not self._refused:
            self.send_400_response("")

    def send_400_response(self, msg: str) -> None:
        """The parser gave up, or the head of the request went on and on."""
        del msg
        self._refused = True
        large = self._idle_size > HEADERS_MAX
        problem = Problem(
            Code.HEADERS_TOO_LARGE if large else Code.MALFORMED_REQUEST,
            "Send a shorter address and fewer headers." if large else "Send HTTP/1.1.",
            headers=CLOSE,
        )
        self.transport.write(_raw(problem))
        self.transport.close()


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, with problems as answers to a handshake that is none, and an end for who never reads."""

    def data_received(self, data: bytes) -> None:
        """Bytes from the client; a head that is refused before it is a handshake is answered here."""
        super().data_received(data)
        if not self.handshake_initiated and self.conn.handshake_exc is not None:
            self._refuse(Code.HEADERS_TOO_LARGE if len(data) > HEADERS_MAX // 2 else Code.MALFORMED_REQUEST)

    def handle_connect(self, event: Request) -> None:
        """A handshake, if it is one (RFC 6455 4.2.1)."""
        if self.conn.accept(event).status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            super().handle_connect(event)
        else:
            self._refuse(Code.MALFORMED_REQUEST)

    async def send(self, message: ASGISendEvent) -> None:
        """To the client; a handshake that was answered with a problem is over, which uvicorn takes for forgotten."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body":
            self.handshake_complete = True

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        """The conversation is over; what a stuck client never takes is not kept for it."""
        super().on_task_complete(task)
        if self.transport.get_write_buffer_size():
            self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def _refuse(self, code: Code) -> None:
        self.handshake_initiated = self.handshake_complete = self.close_sent = True
        detail = "Send fewer headers." if code is Code.HEADERS_TOO_LARGE else "Open the feed as RFC 6455 says."
        self.transport.write(_raw(Problem(code, detail, headers=CLOSE)))
        self.transport.close()


def _raw(problem: Problem) -> bytes:
    body = problem.body(UNTRACED)
    lines = [b"%b: %b\r\n" % pair for pair in (*problem.raw_headers(body), *SECURITY_HEADERS)]
    return b"".join([b"HTTP/1.1 %d \r\n" % problem.status, *lines, b"\r\n", body])
