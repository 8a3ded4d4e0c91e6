"""How does a person stop an account, and let it go on?"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from fastapi import Request, Response

from counterpoise.domain.decisions import TradingState
from counterpoise.domain.errors import ConfigurationError, InvalidInput, PolicyRefused
from counterpoise.library.screen import KillSwitch
from counterpoise.service.accounts import AccountPath
from counterpoise.service.bodies import fields_of, read_body, text_of
from counterpoise.service.desk import Desk
from counterpoise.service.doors import BODY_MAX
from counterpoise.service.hot import ACCOUNT_PREFIX
from counterpoise.service.problems import Code, FieldError, Problem
from counterpoise.service.routing import PROPOSE, GuardedRouter, caller_of, desk_of
from counterpoise.service.sign_in import json_answer

LOG = logging.getLogger("counterpoise.service")

routes = GuardedRouter()

REASON_MAX = 200

_RANK = {state: rank for rank, state in enumerate(TradingState)}


@dataclass(frozen=True, slots=True, kw_only=True)
class KillSwitchChange:
    """The state that is wanted.

    Attributes:
        reason: In words; needed to go on.
        confirm: The account's name, typed; needed to go on.
    """

    state: TradingState
    reason: str = ""
    confirm: str = ""


async def set_kill_switch(request: Request, account: AccountPath) -> Response:
    """Halt, reduce or resume; halting needs only a sign-in, going on needs a fresh one, a reason and the name."""
    desk, caller = desk_of(request), caller_of(request)
    desk.account(account)
    body = fields_of(read_body(await request.body()), {"state": True, "reason": False, "confirm": False})
    state = _state(text_of(body["state"], "/state"))
    # No halt is refused for what was said with it: what a fact cannot hold of the reason is cut off.
    reason = text_of(body.get("reason", ""), "/reason", most=BODY_MAX if state is TradingState.HALTED else REASON_MAX)
    if _RANK[state] < _RANK[_in_force(desk)]:
        if not caller.actor.fresh:
            raise Problem(Code.SIGN_IN_AGAIN, "Open a new one-time link: `counterpoise token link` prints one.")
        _check_confirmed(desk, text_of(body.get("confirm", ""), "/confirm"), reason)
    try:
        await desk.plane.change_state(state, reason, caller.actor)
    except ConfigurationError as unwritten:
        if desk.screen.kill_switch().trading_state is not state:
            raise
        LOG.warning("halted; the HALT file could not be written: %s", unwritten)  # the fact and this process hold it
    except PolicyRefused as refused:
        raise Problem(Code.STATE_REFUSED, f"{refused}.") from refused
    except InvalidInput as refused:
        fault = FieldError(pointer=f"/{refused.field}", detail=refused.rule)
        raise Problem(Code.INVALID_INPUT, f"{refused}.", (fault,)) from refused
    desk.plane.follow_ends()
    return json_answer(desk.screen.kill_switch())


def _in_force(desk: Desk) -> TradingState:
    """What holds now: a latch that was engaged by hand is a halt too, before any fact says so."""
    return TradingState.HALTED if desk.plane.parts.latch.is_engaged else desk.screen.kill_switch().trading_state


def _state(text: str) -> TradingState:
    try:
        return TradingState(text.upper())
    except ValueError as error:
        known = ", ".join(TradingState)
        raise Problem(
            Code.INVALID_INPUT, f"/state: one of {known}.", (FieldError(pointer="/state", detail=f"one of {known}"),)
        ) from error


def _check_confirmed(desk: Desk, confirm: str, reason: str) -> None:
    """Going on is typed, not clicked: the account's name, and why."""
    errors = []
    name = desk.screen.account().name
    if confirm.strip() != name:
        errors.append(FieldError(pointer="/confirm", detail="the account's name"))
    if not reason.strip():
        errors.append(FieldError(pointer="/reason", detail="why it may go on"))
    if errors:
        raise Problem(Code.CONFIRMATION_MISSING, f"{errors[0].pointer}: {errors[0].detail}.", tuple(errors))


routes.add(
    "POST",
    f"{ACCOUNT_PREFIX}{{account}}/kill-switch",
    set_kill_switch,
    policy=PROPOSE,
    takes=KillSwitchChange,
    answers=KillSwitch,
    problems=(409, 413),
)
