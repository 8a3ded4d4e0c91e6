"""Where is a replay, and how fast does it go?"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from fastapi import Request, Response

from counterpoise.domain.errors import InvalidInput
from counterpoise.messages.status import (
    Replay,
)
from counterpoise.service.bodies import decimal_of, fields_of, flag_of, read_body
from counterpoise.service.desk import ReplayControl
from counterpoise.service.problems import Code, FieldError, Problem
from counterpoise.service.routing import READ, TRADE, GuardedRouter, desk_of
from counterpoise.service.sign_in import json_answer

routes = GuardedRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayChange:
    """What is left out stays; `days_per_second` null is as fast as it can."""

    paused: bool = False
    days_per_second: Decimal | None = None


async def get_replay(request: Request) -> Response:
    """Where the replay is."""
    return json_answer(_control(request).seen())


async def set_replay(request: Request) -> Response:
    """Go on, stand still, or change the speed; null days a second is as fast as it can."""
    control = _control(request)
    body = fields_of(read_body(await request.body()), {"paused": False, "days_per_second": False})
    seen = control.seen()
    paused = flag_of(body["paused"], "/paused") if "paused" in body else seen.paused
    speed = seen.days_per_second
    if "days_per_second" in body:
        wanted = body["days_per_second"]
        speed = None if wanted is None else decimal_of(wanted, "/days_per_second")
    try:
        control.set(days_per_second=speed, paused=paused)
    except InvalidInput as refused:
        error = FieldError(pointer="/days_per_second", detail=refused.rule)
        raise Problem(Code.INVALID_INPUT, f"{refused}.", (error,)) from refused
    return json_answer(control.seen())


def _control(request: Request) -> ReplayControl:
    found = desk_of(request).replay
    if found is None:
        raise Problem(Code.NOT_FOUND, "Nothing is replayed here.")
    return found


routes.add("GET", "/api/v1/replay", get_replay, policy=READ, answers=Replay)
routes.add("PUT", "/api/v1/replay", set_replay, policy=TRADE, takes=ReplayChange, answers=Replay, problems=(413,))
