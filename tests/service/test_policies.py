"""Does every route say who may call it, and is the answer to everybody what it says?"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.routing import Route

from counterpoise.access.policies import Policy
from counterpoise.domain.accounts import Actor, Scope
from counterpoise.domain.numbers import exact
from counterpoise.service.app import ROUTES, build_router, policies
from counterpoise.service.callers import Doorkeeper
from counterpoise.service.hot import ACCOUNT_PREFIX, READS, SEED_PREFIX
from counterpoise.service.problems import Code
from counterpoise.service.routing import PROPOSE, PUBLIC, READ, TRADE
from tests.service.making import FakeReplay, Wall, live_account
from tests.service.site import BEARER, Answer, Site, assert_problem, site

pytestmark = pytest.mark.asyncio(loop_scope="module")

DESCRIPTION = "/openapi.json"
"""The one address that the framework adds: it says what may be asked, and nothing of an account."""

TABLE: Mapping[tuple[str, str], Policy | None] = {
    ("GET", "/livez"): PUBLIC,
    ("GET", "/readyz"): PUBLIC,
    ("GET", "/health"): PUBLIC,
    ("GET", "/api/v1/session"): PUBLIC,
    ("POST", "/api/v1/sessions"): PUBLIC,
    ("DELETE", "/api/v1/session"): PROPOSE,
    ("GET", "/api/v1/accounts"): READ,
    ("GET", "/api/v1/accounts/{account}/overview"): READ,
    ("GET", "/api/v1/accounts/{account}/equity-history"): READ,
    ("GET", "/api/v1/accounts/{account}/kill-switch"): READ,
    ("POST", "/api/v1/accounts/{account}/kill-switch"): PROPOSE,
    ("POST", "/api/v1/accounts/{account}/events"): TRADE,
    ("GET", "/api/v1/replay"): READ,
    ("PUT", "/api/v1/replay"): TRADE,
    **{("GET", f"{SEED_PREFIX}{name}"): READ for name in READS},
    **{("GET", f"{ACCOUNT_PREFIX}{{account}}/{name}"): READ for name in READS},
}
"""Who may call what, written down a second time: a route that is new here was thought about."""

BODIES: Mapping[tuple[str, str], object] = {
    ("POST", "/api/v1/accounts/{account}/kill-switch"): {"state": "HALTED", "reason": "a test"},
    ("POST", "/api/v1/accounts/{account}/events"): {"type": "market.tick", "symbol": "SPY", "price": "1"},
    ("PUT", "/api/v1/replay"): {"paused": True},
}


def leaves(routes: Any) -> Iterator[Any]:  # noqa: ANN401 - the framework's own kinds of route
    """Every route there is, also those of routers that were included."""
    for route in routes:
        inner = getattr(getattr(route, "original_router", None) or getattr(route, "app", None), "routes", None)
        if isinstance(route, APIRoute | APIWebSocketRoute) or inner is None:
            yield route
        else:
            yield from leaves(inner)


async def test_every_route_of_the_application_has_the_policy_that_is_written_down() -> None:
    seen: set[tuple[str, str]] = set()
    feeds: list[str] = []
    stated = policies()
    for route in leaves(build_router().routes):
        if isinstance(route, APIWebSocketRoute):
            feeds.append(route.path)
        elif isinstance(route, APIRoute):
            for method in route.methods or ():
                assert (method, route.path) in stated, f"{method} {route.path} has no policy: add it with `routes.add`"
                seen.add((method, route.path))
                guards = len(route.dependencies)
                assert guards == (0 if stated[method, route.path] is PUBLIC else 1)
        else:
            assert isinstance(route, Route), f"{route} is no kind of route that is known here"
            assert route.path == DESCRIPTION
    assert seen == set(stated) == set(TABLE)
    assert dict(stated) == dict(TABLE)
    assert feeds == ["/ws"], "each feed asks the doorkeeper by itself"


async def test_no_two_groups_add_the_same_route() -> None:
    keys = [key for group in ROUTES for key in group.policies]
    assert len(keys) == len(set(keys))


@asynccontextmanager
async def _site(*, reads_open: bool) -> AsyncIterator[Site]:
    wall, replay = Wall(), FakeReplay()
    with exact():
        async with (
            live_account(wall, "SPY") as plane,
            site(plane, wall, reads_open=reads_open, replay=replay) as found,
        ):
            yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sites() -> AsyncIterator[Mapping[bool, Site]]:
    """One service whose reads need a sign-in, one whose reads are open, as a demo's."""
    async with _site(reads_open=False) as closed, _site(reads_open=True) as opened:
        yield {False: closed, True: opened}


async def _ask(found: Site, method: str, path: str, headers: Mapping[str, str]) -> Answer:
    body = BODIES.get((method, path))
    return await found.call(method, path.format(account="main"), body, headers=headers)


@pytest.mark.parametrize("reads_open", (False, True), ids=("reads closed", "reads open"))
@pytest.mark.parametrize(("method", "path"), [pytest.param(*key, id=" ".join(key)) for key in TABLE])
async def test_everybody_gets_what_the_policy_says(
    sites: Mapping[bool, Site], method: str, path: str, *, reads_open: bool
) -> None:
    found, policy = sites[reads_open], TABLE[method, path]
    nobody = await _ask(found, method, path, {})
    if policy is PUBLIC or (reads_open and policy is READ):
        assert_let_in(nobody)
    else:
        assert_problem(nobody, 401, Code.SIGN_IN_NEEDED)
    me = await found.sign_in()
    writes = method not in {"GET", "HEAD"} and policy is not PUBLIC
    if writes:
        assert_problem(await _ask(found, method, path, me.reads), 403, Code.CSRF_MISSING)
    assert_let_in(await _ask(found, method, path, me.writes))
    assert_let_in(await _ask(found, method, path, BEARER))  # a token needs no CSRF: no browser sends it by itself
    stranger = {"Cookie": f"{found.cookie_name}=made-up", "X-CSRF-Token": "made-up"}
    other = await _ask(found, method, path, stranger)
    if policy is PUBLIC or (reads_open and policy is READ):
        assert_let_in(other)
    else:
        assert_problem(other, 401, Code.SIGN_IN_NEEDED if reads_open else Code.SESSION_UNKNOWN)


def assert_let_in(answer: Answer) -> None:
    """Whatever it answers, it is about what was asked and not about who asked."""
    if answer.status >= 400:
        assert answer.json()["code"] in {Code.INVALID_INPUT, Code.STATE_REFUSED}, answer.body
    else:
        assert answer.status in {200, 201, 202, 204}


@pytest.mark.parametrize(
    ("scope", "method", "path", "code"),
    (
        pytest.param(Scope.READ, "POST", f"{ACCOUNT_PREFIX}main/kill-switch", Code.NOT_ALLOWED, id="a reader halts"),
        pytest.param(Scope.READ, "POST", f"{ACCOUNT_PREFIX}main/events", Code.NOT_ALLOWED, id="a reader sends prices"),
        pytest.param(Scope.PROPOSE, "POST", f"{ACCOUNT_PREFIX}main/events", Code.NOT_ALLOWED, id="a proposer does"),
        pytest.param(Scope.PROPOSE, "PUT", "/api/v1/replay", Code.NOT_ALLOWED, id="a proposer sets the speed"),
        pytest.param(Scope.PROPOSE, "POST", f"{ACCOUNT_PREFIX}main/kill-switch", None, id="a proposer halts"),
        pytest.param(Scope.READ, "GET", f"{ACCOUNT_PREFIX}main/overview", None, id="a reader reads"),
    ),
)
async def test_a_scope_reaches_as_far_as_it_says(
    sites: Mapping[bool, Site],
    monkeypatch: pytest.MonkeyPatch,
    scope: Scope,
    method: str,
    path: str,
    code: Code | None,
) -> None:
    found = sites[False]
    me = await found.sign_in()
    known = Doorkeeper.caller

    def narrower(keeper: Doorkeeper, headers: Any, now: Any) -> Any:  # noqa: ANN401 - handed on as they come
        caller = known(keeper, headers, now)
        return caller and replace(caller, actor=Actor(name="somebody", scope=scope, fresh=True))

    monkeypatch.setattr(Doorkeeper, "caller", narrower)
    body = {"state": "HALTED"} if path.endswith("kill-switch") else None
    answer = await found.call(method, path, body, headers=me.writes)
    if code is None:
        assert_let_in(answer)
    else:
        assert_problem(answer, 403, code)


async def test_health_tells_nobody_more_than_that_it_is_well(sites: Mapping[bool, Site]) -> None:
    told = (await sites[False].call("GET", "/health")).json()
    known = (await sites[False].call("GET", "/health", headers=BEARER)).json()
    assert {name for name, value in told.items() if value is not None} == {"service", "status", "timestamp"}
    assert all(value is not None for value in known.values())
    assert told["service"] == "portfolio-intelligence"


async def test_a_signed_in_browser_is_told_its_own_name_and_token(sites: Mapping[bool, Site]) -> None:
    found = sites[False]
    me = await found.sign_in()
    session = (await found.call("GET", "/api/v1/session", headers=me.reads)).json()
    assert (session["signed_in"], session["name"], session["csrf_token"]) == (True, "owner", me.csrf_token)
    nobody = (await found.call("GET", "/api/v1/session")).json()
    assert nobody == {
        "signed_in": False,
        "name": None,
        "fresh_until": None,
        "csrf_token": None,
        "reads_open": False,
        "version": session["version"],
    }
