"""How do the doors, the hot reads, the pages and the routes make one application?"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from counterpoise.access.policies import Policy
from counterpoise.domain.errors import CounterpoiseError, InvalidInput, JournalRefused, VenueUnavailable
from counterpoise.service import accounts, health, kill_switch, live, market, replay, sign_in
from counterpoise.service.description import describe
from counterpoise.service.desk import Desk
from counterpoise.service.doors import App, Doors
from counterpoise.service.feed import Feed
from counterpoise.service.hot import HotReads
from counterpoise.service.pages import Pages
from counterpoise.service.problems import Code, FieldError, Problem

LOG = logging.getLogger("counterpoise.service")

ROUTES = (sign_in.routes, accounts.routes, kill_switch.routes, market.routes, replay.routes, health.routes)
"""Every group of routes; all of them have policies."""


def policies() -> Mapping[tuple[str, str], Policy | None]:
    """(method, path) → policy, of every route."""
    return {key: policy for group in ROUTES for key, policy in group.policies.items()}


def build_router() -> FastAPI:
    """The routes and the description of the API, without anything behind them."""
    app = FastAPI(
        title="Counterpoise",
        version="1",
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    for group in ROUTES:
        app.include_router(group.router)
    app.include_router(live.routes)
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)
    describe(app, {key: body for group in ROUTES for key, body in group.bodies.items()})
    return app


def build_app(desk: Desk, feed: Feed, *, hosts: frozenset[bytes], boot: str, monotonic: Callable[[], float]) -> App:
    """The whole application, outermost first: doors, hot reads, pages, routes.

    Args:
        desk: What the routes are given.
        feed: Keeps screens live.
        hosts: `Host` values that are ours.
        boot: Names this start of the process.
        monotonic: Seconds of a clock that is never set.
    """
    router = build_router()
    router.state.desk, router.state.feed = desk, feed
    pages = Pages(router, desk.new_secret)
    return Doors(HotReads(pages, desk, boot, monotonic), hosts, desk.new_secret)


def _response(problem: Problem, trace_id: str) -> Response:
    body = problem.body(trace_id)
    answer = Response(body, status_code=problem.status)
    answer.raw_headers = problem.raw_headers(body)
    return answer


def _trace_id(request: Request) -> str:
    desk: Desk = request.app.state.desk
    return desk.new_secret()[:16]


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem), "registered for it"
    return _response(error, _trace_id(request))


async def _on_http(request: Request, error: Exception) -> Response:
    """The router's own refusals: nothing there, or not with that method."""
    assert isinstance(error, HTTPException), "registered for it"
    codes = {404: Code.NOT_FOUND, 405: Code.METHOD_NOT_ALLOWED}
    problem = Problem(codes.get(error.status_code, Code.MALFORMED_REQUEST), "/openapi.json lists what there is.")
    if error.headers and "Allow" in error.headers:
        problem.headers = ((b"allow", error.headers["Allow"].encode()),)
    return _response(problem, _trace_id(request))


async def _on_validation(request: Request, error: Exception) -> Response:
    """A path or query that is not of its type."""
    assert isinstance(error, RequestValidationError), "registered for it"
    errors = tuple(_field_error(item) for item in error.errors())
    detail = f"{errors[0].pointer}: {errors[0].detail}." if errors else ""
    return _response(Problem(Code.INVALID_INPUT, detail, errors), _trace_id(request))


def _field_error(item: Any) -> FieldError:  # noqa: ANN401 - pydantic's own record
    where, *names = (str(part) for part in item["loc"])
    mark = "?" if where == "query" else "/"
    return FieldError(pointer=f"{mark}{'/'.join(names)}", detail=str(item["msg"]))


async def _on_ours(request: Request, error: Exception) -> Response:
    """What the account refused, or cannot do now; nothing else of it is told."""
    trace_id = _trace_id(request)
    if isinstance(error, InvalidInput):
        errors = (FieldError(pointer=f"/{error.field}", detail=error.rule),)
        return _response(Problem(Code.INVALID_INPUT, f"{error}.", errors), trace_id)
    LOG.error("%s answered %s: %s", trace_id, type(error).__name__, error)
    if isinstance(error, VenueUnavailable | JournalRefused):
        return _response(Problem(Code.UNAVAILABLE, "Try again; if it stays so, the log names the cause."), trace_id)
    return _response(Problem(Code.INTERNAL, "The log has more under this trace id."), trace_id)


async def _on_bug(request: Request, error: Exception) -> Response:
    trace_id = _trace_id(request)
    LOG.error("%s answered an unexpected %s", trace_id, type(error).__name__, exc_info=error)
    return _response(Problem(Code.INTERNAL, "The log has more under this trace id."), trace_id)


_HANDLERS: Mapping[type[Exception], Callable[[Request, Exception], Any]] = {
    Problem: _on_problem,
    HTTPException: _on_http,
    RequestValidationError: _on_validation,
    CounterpoiseError: _on_ours,
    Exception: _on_bug,
}
