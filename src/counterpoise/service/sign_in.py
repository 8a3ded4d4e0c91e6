"""How does a browser sign in, and what does it know of its session?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import Request, Response

from counterpoise.domain.accounts import Scope
from counterpoise.messages.wire import to_bytes
from counterpoise.service.bodies import fields_of, read_body, text_of
from counterpoise.service.callers import OWNER, Caller
from counterpoise.service.problems import Code, Problem
from counterpoise.service.routing import PROPOSE, PUBLIC, GuardedRouter, caller_of, desk_of

routes = GuardedRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionAnswer:
    """Who is signed in, and what may be read without that.

    Attributes:
        fresh_until: Until when it may do what needs a fresh sign-in.
        csrf_token: What each write repeats in the header X-CSRF-Token.
        reads_open: Whether reading needs no sign-in, as in a demo.
    """

    signed_in: bool
    name: str | None
    fresh_until: datetime | None
    csrf_token: str | None
    reads_open: bool
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """The code of a one-time link, which stands after `#code=`."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A session that was just opened."""

    name: str
    fresh_until: datetime
    csrf_token: str


async def get_session(request: Request) -> Response:
    """Who is signed in."""
    desk = desk_of(request)
    try:
        caller: Caller | None = desk.doorkeeper.caller(request.scope["headers"], desk.clock.now())
    except Problem:
        caller = None  # an old cookie is as good as none here: the page asks this to find out
    session = caller.session if caller else None
    return json_answer(
        SessionAnswer(
            signed_in=caller is not None,
            name=caller.actor.name if caller else None,
            fresh_until=session.fresh_until if session else None,
            csrf_token=session.csrf_token if session else None,
            reads_open=desk.doorkeeper.reads_open,
            version=desk.version,
        )
    )


async def open_session(request: Request) -> Response:
    """Sign in with the code of a one-time link."""
    desk = desk_of(request)
    body = fields_of(read_body(await request.body()), {"code": True})
    now = desk.clock.now()
    if not desk.links.redeem(text_of(body["code"], "/code"), now):
        raise Problem(Code.LINK_INVALID, "Run `counterpoise token link` for a new one; it works once, for 15 minutes.")
    secret, session = desk.doorkeeper.sessions.open(OWNER, Scope.ADMIN, now)
    made = SignedIn(name=session.name, fresh_until=session.fresh_until, csrf_token=session.csrf_token)
    answer = json_answer(made, status=201)
    answer.set_cookie(desk.doorkeeper.cookie_name, secret, path="/", httponly=True, samesite="strict")
    return answer


async def close_session(request: Request) -> Response:
    """Sign out."""
    desk, caller = desk_of(request), caller_of(request)
    desk.doorkeeper.sessions.close(caller.secret)
    answer = Response(status_code=204)
    answer.delete_cookie(desk.doorkeeper.cookie_name, path="/", httponly=True, samesite="strict")
    return answer


def json_answer(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A value as the body of an answer that no cache keeps."""
    return Response(
        to_bytes(value),
        status_code=status,
        media_type="application/json",
        headers={"cache-control": "no-store", **(headers or {})},
    )


routes.add("GET", "/api/v1/session", get_session, policy=PUBLIC, answers=SessionAnswer)
routes.add(
    "POST",
    "/api/v1/sessions",
    open_session,
    takes=SignIn,
    policy=PUBLIC,
    answers=SignedIn,
    status=201,
    problems=(401, 413),
)
routes.add("DELETE", "/api/v1/session", close_session, policy=PROPOSE, answers=None, status=204)
