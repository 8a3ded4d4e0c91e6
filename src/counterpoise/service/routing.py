"""Who may call a route? Each one is added with its policy, and a route without one cannot be added here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Depends, Request

from counterpoise.access.policies import Policy, ranks_below
from counterpoise.domain.accounts import Actor, Scope
from counterpoise.service.callers import Caller, sign_in_needed
from counterpoise.service.desk import Desk
from counterpoise.service.doors import SAFE_METHODS
from counterpoise.service.problems import Code, Problem, ProblemDocument

Endpoint = Callable[..., Awaitable[Any]]

PUBLIC = None
"""Anybody on this machine: what says nothing of an account."""

READ = Policy(scope=Scope.READ)
"""Whoever may read; in a demo that is anybody."""

PROPOSE = Policy(scope=Scope.PROPOSE)
TRADE = Policy(scope=Scope.TRADE)

ANONYMOUS = Actor(name="anybody", scope=Scope.READ)


def desk_of(request: Request) -> Desk:
    """What the service has at hand."""
    found: Desk = request.app.state.desk
    return found


class GuardedRouter:
    """Adds routes with their policies.

    Attributes:
        policies: (method, path) → policy, for the test that walks the table.
        bodies: (method, path) → type of the body, for the API's description.
    """

    def __init__(self) -> None:
        self.router = APIRouter()
        self.policies: dict[tuple[str, str], Policy | None] = {}
        self.bodies: dict[tuple[str, str], Any] = {}

    def add(
        self,
        method: str,
        path: str,
        endpoint: Endpoint,
        *,
        policy: Policy | None,
        answers: Any,  # noqa: ANN401 - a type
        status: int = 200,
        takes: Any = None,  # noqa: ANN401 - a type
        problems: tuple[int, ...] = (),
    ) -> None:
        """Add a route.

        Args:
            method: GET, POST, …
            path: From the root.
            endpoint: Answers it.
            policy: Who may call it; PUBLIC is anybody.
            answers: Type of the answer, for the API's description.
            status: Of the answer.
            takes: Type of the body, for the description; it is read by `bodies`, never through float.
            problems: Statuses that its problems have beside those of every route.
        """
        self.policies[method, path] = policy
        if takes is not None:
            self.bodies[method, path] = takes
        guard = [] if policy is None else [Depends(_guard(policy))]
        known = {400, 401, 403, 404, 421, 422, 500, *problems} if policy else {400, 421, 422, 500, *problems}
        self.router.add_api_route(
            path,
            endpoint,
            methods=[method],
            response_model=answers,
            status_code=status,
            dependencies=guard,
            operation_id=endpoint.__name__,
            summary=(endpoint.__doc__ or "").strip().splitlines()[0].rstrip("."),
            responses={code: {"model": ProblemDocument, "description": "A problem"} for code in sorted(known)},
        )


def caller_of(request: Request) -> Caller:
    """The caller of a guarded route."""
    found: Caller = request.state.caller
    return found


def _guard(policy: Policy) -> Callable[[Request], Awaitable[None]]:
    async def check(request: Request) -> None:
        """Let the caller in, or say what they lack."""
        desk = desk_of(request)
        keeper, headers, now = desk.doorkeeper, request.scope["headers"], desk.clock.now()
        reads = policy.scope is Scope.READ
        found = keeper.reader(headers, now) if reads else keeper.caller(headers, now)
        if found is None and not reads:
            raise sign_in_needed()
        caller = found or Caller(actor=ANONYMOUS)
        _check_csrf(request, caller)
        if ranks_below(caller.actor.scope, policy.scope):
            raise Problem(Code.NOT_ALLOWED, f"{caller.actor.name} has scope {caller.actor.scope}, not {policy.scope}.")
        if policy.fresh and not caller.actor.fresh:
            raise Problem(Code.SIGN_IN_AGAIN, "Open a new one-time link: `counterpoise token link` prints one.")
        request.state.caller = caller

    return check


def _check_csrf(request: Request, caller: Caller) -> None:
    if request.method in SAFE_METHODS or caller.session is None:
        return
    if not caller.session.is_own(request.headers.get("x-csrf-token", "")):
        raise Problem(Code.CSRF_MISSING, "GET /api/v1/session gives the token; send it as X-CSRF-Token.")
