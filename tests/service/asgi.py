"""One request to an application without a wire."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from counterpoise.service.doors import App
from tests.service.site import Answer


async def ask(
    app: App, path: str, *, method: str = "GET", query: str = "", headers: Mapping[str, str] | None = None
) -> Answer:
    """What `app` answers; names of headers in lower case."""
    sent = {"host": "127.0.0.1:8004", **(headers or {})}
    scope: MutableMapping[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "scheme": "http",
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8004),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in sent.items()],
    }
    messages: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        messages.append(message)

    await app(scope, receive, send)
    head = messages[0]
    return Answer(
        status=head["status"],
        headers={name.decode(): value.decode() for name, value in head.get("headers", ())},
        body=b"".join(message.get("body", b"") for message in messages[1:]),
    )
