"""What is said on `/ws`? Who it is, what they want, and then what changes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from counterpoise.service.bodies import Value, fields_of, read_body, text_of
from counterpoise.service.callers import Caller, sign_in_needed
from counterpoise.service.desk import Desk
from counterpoise.service.feed import CHANNEL, IDLE_HELLO_SECONDS, POLICY, SIGN_IN_AGAIN, TOO_SLOW, Closed, Feed
from counterpoise.service.problems import Code, Problem

routes = APIRouter()

HELLO_MAX = 4_096
"""Characters of what a client says; it has little to say."""

_AUTHENTICATE: Mapping[str, bool] = {"type": True, "token": True}
_SUBSCRIBE: Mapping[str, bool] = {"type": True, "channel": True, "account": False, "since": False}


@routes.websocket("/ws")
async def live(websocket: WebSocket) -> None:
    """The feed; whoever may not read is refused before the upgrade, unless the first message says who it is."""
    desk: Desk = websocket.app.state.desk
    feed: Feed = websocket.app.state.feed
    headers = websocket.scope["headers"]
    caller = desk.doorkeeper.caller(headers, desk.clock.now())
    await websocket.accept()
    talk = _Talk(websocket)
    try:
        code = await _converse(desk, feed, talk, caller)
    except (Closed, WebSocketDisconnect):
        return
    if code:
        await talk.close(code)


async def _converse(desk: Desk, feed: Feed, talk: _Talk, caller: Caller | None) -> int:
    """From the hello to the end; returns the code to close with."""
    try:
        said = await talk.hear()
        if said.get("type") == "authenticate":
            token = text_of(fields_of(dict(said), _AUTHENTICATE)["token"], "/token")
            caller = desk.doorkeeper.caller([(b"authorization", b"Bearer " + token.encode())], desk.clock.now())
            said = await talk.hear()
        if caller is None and not desk.doorkeeper.reads_open:
            raise sign_in_needed()
        name, since = _subscription(desk, said)
    except TimeoutError:
        return TOO_SLOW
    except Problem as problem:
        await talk.refuse(problem)
        signed_out = problem.code in (Code.SIGN_IN_NEEDED, Code.SESSION_UNKNOWN, Code.CREDENTIAL_INVALID)
        return SIGN_IN_AGAIN if signed_out else POLICY
    return await _serve(desk, feed, talk, caller, name, since)


def _subscription(desk: Desk, said: Mapping[str, Value]) -> tuple[str, Value]:
    """The account that a client wants to see, and what it has seen.

    Raises:
        Problem: it wants something else.
    """
    wanted = fields_of(dict(said), _SUBSCRIBE)
    if wanted["type"] != "subscribe" or wanted["channel"] != CHANNEL:
        raise Problem(Code.INVALID_INPUT, f"Say subscribe, with the channel {CHANNEL}.")
    account = wanted.get("account")
    return desk.account(None if account is None else text_of(account, "/account")), wanted.get("since")


async def _serve(desk: Desk, feed: Feed, talk: _Talk, caller: Caller | None, account: str, since: object) -> int:
    """Serve the client. What it says meanwhile is not read; that it has gone shows when something is sent."""

    def is_welcome() -> bool:
        """A session that ends closes its sockets too."""
        secret = caller.secret if caller and caller.session else ""
        return not secret or desk.doorkeeper.sessions.find(secret, desk.clock.now()) is not None

    return await feed.serve(talk, account, since, is_welcome)


class _Talk:
    """One WebSocket, with its texts bounded."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket

    async def hear(self) -> Mapping[str, Value]:
        """The next message, an object.

        Raises:
            Problem: it is none.
            TimeoutError: nothing came.
        """
        async with asyncio.timeout(IDLE_HELLO_SECONDS):
            message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise Closed
        text = message.get("text")
        if text is None:
            raise Problem(Code.INVALID_INPUT, "Say it as text.")
        if len(text) > HELLO_MAX:
            raise Problem(Code.INVALID_INPUT, f"Say it in {HELLO_MAX} characters.")
        value = read_body(text.encode("utf-8", "surrogatepass"))
        if not isinstance(value, dict):
            raise Problem(Code.INVALID_INPUT, "A message is an object.")
        return value

    async def send(self, text: str) -> None:
        """See `feed.Client.send`."""
        try:
            await self._websocket.send_text(text)
        except (WebSocketDisconnect, RuntimeError) as error:
            raise Closed from error

    async def refuse(self, problem: Problem) -> None:
        """Say what was wrong."""
        await self._websocket.send_json({"type": "error", "code": problem.code, "detail": problem.detail})

    async def close(self, code: int) -> None:
        """End the connection."""
        try:
            async with asyncio.timeout(1):
                await self._websocket.close(code)
        except (RuntimeError, TimeoutError):
            return
