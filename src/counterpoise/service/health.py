"""Is the service alive, is it ready, and what of it is how?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from fastapi import Request, Response

from counterpoise.domain.decisions import TradingState
from counterpoise.domain.numbers import canonical
from counterpoise.messages.overview import Age
from counterpoise.messages.readmodels import seconds
from counterpoise.service.desk import Desk
from counterpoise.service.problems import Problem
from counterpoise.service.routing import PUBLIC, GuardedRouter, desk_of
from counterpoise.service.sign_in import json_answer

routes = GuardedRouter()

SERVICE = "portfolio-intelligence"


class HealthStatus(StrEnum):
    """How the whole, or a part of it, is."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One part; its age is null before anything was heard of it."""

    name: str
    status: HealthStatus
    age_seconds: Decimal | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthAnswer:
    """How the service is. Without a sign-in only service, status and timestamp are there.

    Attributes:
        status: `unavailable` (503) when something that trading needs is down; a halt by a person is not that.
    """

    service: str
    status: HealthStatus
    timestamp: datetime
    version: str | None
    uptime_seconds: Decimal | None
    trading_state: TradingState | None
    components: tuple[Component, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """The process answers."""

    status: str


async def get_livez(_: Request) -> Response:
    """Whether the process answers."""
    return json_answer(Alive(status="ok"))


async def get_readyz(request: Request) -> Response:
    """Whether the account was compared with its venue, so that it may trade; 503 until then."""
    compared = desk_of(request).screen.ages().ledger.age_seconds is not None
    return json_answer(Alive(status="ok" if compared else "not yet compared"), status=200 if compared else 503)


async def get_health(request: Request) -> Response:
    """How the service and each part of it is."""
    desk = desk_of(request)
    now = desk.clock.now()
    components = _components(desk)
    worst = _worst([component.status for component in components])
    told = _may_read(desk, request)
    answer = HealthAnswer(
        service=SERVICE,
        status=worst,
        timestamp=now,
        version=desk.version if told else None,
        uptime_seconds=canonical(seconds(now - desk.started_at)) if told else None,
        trading_state=desk.screen.kill_switch().trading_state if told else None,
        components=components if told else None,
    )
    return json_answer(answer, status=503 if worst is HealthStatus.UNAVAILABLE else 200)


def _may_read(desk: Desk, request: Request) -> bool:
    try:
        desk.doorkeeper.reader(request.scope["headers"], desk.clock.now())
    except Problem:
        return False
    return True


def _components(desk: Desk) -> tuple[Component, ...]:
    ages = desk.screen.ages()
    journal = HealthStatus.HEALTHY if desk.plane.is_running else HealthStatus.UNAVAILABLE
    running = "every fact is durable" if desk.plane.is_running else "the writer has stopped; restart the service"
    return (
        Component(name="database", status=journal, age_seconds=None, message=running),
        _aged("broker", ages.broker, HealthStatus.UNAVAILABLE),
        _aged("prices", ages.prices, HealthStatus.DEGRADED),
        _aged("reconciliation", ages.ledger, HealthStatus.DEGRADED),
    )


def _aged(name: str, age: Age, when_stale: HealthStatus) -> Component:
    return Component(
        name=name,
        status=when_stale if age.stale else HealthStatus.HEALTHY,
        age_seconds=age.age_seconds,
        message=age.text,
    )


def _worst(found: list[HealthStatus]) -> HealthStatus:
    order = list(HealthStatus)
    return max(found, key=order.index)


routes.add("GET", "/livez", get_livez, policy=PUBLIC, answers=Alive)
routes.add("GET", "/readyz", get_readyz, policy=PUBLIC, answers=Alive, problems=(503,))
routes.add("GET", "/health", get_health, policy=PUBLIC, answers=HealthAnswer, problems=(503,))
