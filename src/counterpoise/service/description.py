"""What does `/openapi.json` say? The routes' own types, with decimals as strings, and the messages of the feed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from counterpoise.messages.events import Events
from counterpoise.messages.overview import (
    Ages,
    Figures,
    Gate,
    Overview,
    Positions,
)
from counterpoise.messages.status import (
    Status,
)
from counterpoise.service.problems import PROBLEM_JSON

REFERENCE = "#/components/schemas/{model}"
PROBLEM_REFERENCE = REFERENCE.format(model="ProblemDocument")


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotOfFeed:
    """The whole picture, first or when a cursor is too old."""

    type: Literal["snapshot"]
    channel: Literal["overview"]
    account: str
    cursor: str
    data: Overview


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedParts:
    """Those parts that changed, each whole."""

    status: Status | None = None
    figures: Figures | None = None
    positions: Positions | None = None
    gate: Gate | None = None
    activity: Events | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOfFeed:
    """What is newer than the client's cursor."""

    type: Literal["change"]
    channel: Literal["overview"]
    account: str
    cursor: str
    data: ChangedParts


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatOfFeed:
    """Every two seconds: that the service lives, and how old what it knows is."""

    type: Literal["heartbeat"]
    server_time: datetime
    ages: Ages


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorOfFeed:
    """Why the connection is about to be closed."""

    type: Literal["error"]
    code: str
    detail: str


FeedMessage = SnapshotOfFeed | ChangeOfFeed | HeartbeatOfFeed | ErrorOfFeed


Bodies = Mapping[tuple[str, str], Any]
"""(method, path) → type of the body."""


def describe(app: FastAPI, bodies: Bodies) -> None:
    """Make `app.openapi` say everything, once."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, bodies)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _document(app: FastAPI, bodies: Bodies) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary="One exact book, one gate, one plan for every trading account.",
        description="Decimals are strings in plain notation; times are RFC 3339 in UTC; errors are RFC 9457 problems.",
        routes=app.routes,
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    feed = TypeAdapter(FeedMessage).json_schema(mode="serialization", ref_template=REFERENCE)
    schemas.update(feed.pop("$defs", {}))
    schemas["FeedMessage"] = feed
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)  # the framework's own errors are never sent: every error is a problem
    for path, item in document["paths"].items():
        for method, operation in item.items():
            _as_problems(operation)
            if (method.upper(), path) in bodies:
                operation["requestBody"] = _body(bodies[method.upper(), path], schemas)
    document["components"]["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "The token in owner.token of the data folder"},
        "session": {"type": "apiKey", "in": "cookie", "name": "counterpoise-<port>"},
    }
    return document


def _body(kind: Any, schemas: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - a type
    """A body is described by its type, as the answers are; what is optional has a default there."""
    found: dict[str, Any] = _as_strings(TypeAdapter(kind).json_schema(mode="validation", ref_template=REFERENCE))
    schemas.update(found.pop("$defs", {}))
    name = found.get("title", "")
    if name:
        schemas[name] = found
        found = {"$ref": REFERENCE.format(model=name)}
    return {"required": True, "content": {"application/json": {"schema": found}}}


def _as_strings(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """A decimal is described as the string that it should be; a JSON number is read too, from its text."""
    if isinstance(schema, list):
        return [_as_strings(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _as_strings(item) for name, item in schema.items()}
    if "anyOf" in made:
        made["anyOf"] = [item for item in made["anyOf"] if item.get("type") != "number"]
        if len(made["anyOf"]) == 1:
            made |= made.pop("anyOf")[0]
    return made


def _as_problems(operation: dict[str, Any]) -> None:
    """Errors have their own media type."""
    for status, answer in operation["responses"].items():
        if int(status) >= 400:  # noqa: PLR2004 - where HTTP's errors begin
            answer["content"] = {PROBLEM_JSON: {"schema": {"$ref": PROBLEM_REFERENCE}}}
