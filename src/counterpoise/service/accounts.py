"""What can be read of an account?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Path, Query, Request, Response

from counterpoise.library.screen import EquityHistory, KillSwitch, Range, Screen
from counterpoise.messages.overview import (
    Overview,
)
from counterpoise.messages.readmodels import DrawdownMessage, ExposureMessage, PnLMessage, SnapshotMessage
from counterpoise.messages.status import (
    AccountInfo,
)
from counterpoise.service.hot import ACCOUNT_PREFIX, READS, SEED_PREFIX
from counterpoise.service.routing import READ, GuardedRouter, desk_of
from counterpoise.service.sign_in import json_answer

routes = GuardedRouter()

AccountPath = Annotated[str, Path(max_length=64)]
AccountQuery = Annotated[str | None, Query(max_length=64)]
RangeQuery = Annotated[Range, Query(alias="range")]

HOT_ANSWERS: dict[str, type] = {
    "snapshot": SnapshotMessage,
    "pnl": PnLMessage,
    "exposure": ExposureMessage,
    "drawdown": DrawdownMessage,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountList:
    """A page of accounts; `next_cursor` is null on the last one."""

    items: tuple[AccountInfo, ...]
    next_cursor: str | None


async def list_accounts(request: Request) -> Response:
    """The accounts there are."""
    desk = desk_of(request)
    items = (desk.screen.account(),) if desk.plane.is_opened else ()
    return json_answer(AccountList(items=items, next_cursor=None))


async def get_overview(request: Request, account: AccountPath) -> Response:
    """The overview page as one document, the same that the feed begins with."""
    desk = desk_of(request)
    desk.account(account)
    await desk.plane.watch.steady()
    return json_answer(desk.screen.overview(request.app.state.feed.picture.cursor))


async def get_equity_history(request: Request, account: AccountPath, span: RangeQuery = Range.QUARTER) -> Response:
    """The curve of equity in today's capital, flows taken out."""
    desk = desk_of(request)
    desk.account(account)
    await desk.plane.watch.steady()
    return json_answer(desk.screen.equity_history(span))


async def get_kill_switch(request: Request, account: AccountPath) -> Response:
    """The trading state, who set it and why."""
    desk = desk_of(request)
    desk.account(account)
    return json_answer(desk.screen.kill_switch())


def _seed_read(name: str) -> None:
    """A hot read as the router has it: it describes the path, and answers what the hot door hands on."""
    read = READS[name]

    async def of_only_account(request: Request, account: AccountQuery = None) -> Response:
        return _read(request, read, account)

    async def of_account(request: Request, account: AccountPath) -> Response:
        return _read(request, read, account)

    words = {"snapshot": "The whole book", "pnl": "What was earned", "exposure": "What is at stake"}
    for endpoint, prefix, kind in ((of_only_account, SEED_PREFIX, "portfolio"), (of_account, "", "account")):
        endpoint.__name__ = f"get_{kind}_{name}"
        endpoint.__doc__ = words.get(name, "How far equity is below its peaks")
        path = f"{prefix}{name}" if prefix else f"{ACCOUNT_PREFIX}{{account}}/{name}"
        routes.add("GET", path, endpoint, policy=READ, answers=HOT_ANSWERS[name])


def _read(request: Request, read: object, account: str | None) -> Response:
    desk = desk_of(request)
    desk.account(account)
    assert callable(read), "one of READS"
    screen: Screen = desk.screen
    return json_answer(read(screen))


routes.add("GET", "/api/v1/accounts", list_accounts, policy=READ, answers=AccountList)
routes.add("GET", f"{ACCOUNT_PREFIX}{{account}}/overview", get_overview, policy=READ, answers=Overview)
routes.add("GET", f"{ACCOUNT_PREFIX}{{account}}/equity-history", get_equity_history, policy=READ, answers=EquityHistory)
routes.add("GET", f"{ACCOUNT_PREFIX}{{account}}/kill-switch", get_kill_switch, policy=READ, answers=KillSwitch)
for hot in READS:
    _seed_read(hot)
