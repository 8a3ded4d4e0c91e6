"""How are the reads that everybody polls answered at once? From bytes made once per change, ahead of the router."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import parse_qs

from counterpoise.domain.numbers import exact
from counterpoise.library.screen import Screen
from counterpoise.messages.wire import to_bytes
from counterpoise.service.desk import Desk
from counterpoise.service.doors import App, Receive, Scope, Send
from counterpoise.service.problems import Code, Problem

SEED_PREFIX = "/api/portfolio/"
ACCOUNT_PREFIX = "/api/v1/accounts/"

READS: Mapping[str, Callable[[Screen], object]] = MappingProxyType(
    {
        "snapshot": Screen.snapshot,
        "pnl": Screen.pnl,
        "exposure": Screen.exposure,
        "drawdown": Screen.drawdown,
    }
)
"""Last part of the path → what is read."""

AGE_MAX_SECONDS = 1.0
"""Bytes are made anew after this long even if nothing changed: ages and staleness move by themselves."""

_NOT_MODIFIED = b"no-cache"


class Prepared:
    """One read as bytes, made anew when the account has moved.

    Args:
        read: Makes the value.
        boot: Names this start of the process, so that a tag of an earlier one never matches.
        monotonic: Seconds of a clock that is never set.
    """

    __slots__ = ("_boot", "_made_at", "_monotonic", "_read", "_version", "body", "headers", "not_modified", "tag")

    def __init__(self, read: Callable[[], object], boot: str, monotonic: Callable[[], float]) -> None:
        self._read = read
        self._boot = boot
        self._monotonic = monotonic
        self._version = -1
        self._made_at = 0.0
        self.tag = self.body = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.not_modified: list[tuple[bytes, bytes]] = []

    def refresh(self, screen: Screen) -> None:
        """Make the bytes anew if they may be outdated; a half-done day of a replay waits until it is whole."""
        now = self._monotonic()
        if screen.version == self._version and now - self._made_at < AGE_MAX_SECONDS:
            return
        if not screen.is_steady:
            return
        version = screen.version
        with exact():
            self.body = to_bytes(self._read())
        self._version, self._made_at = version, now
        self.tag = f'"{self._boot}.{version}.{int(now)}"'.encode()
        cached = [(b"etag", self.tag), (b"cache-control", b"no-cache")]
        self.headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(self.body)).encode()),
            *cached,
        ]
        self.not_modified = cached


class HotReads:
    """Answers GETs of `READS`, and hands everything else on."""

    def __init__(self, app: App, desk: Desk, boot: str, monotonic: Callable[[], float]) -> None:
        self._app = app
        self._desk = desk
        screen = desk.screen
        self._prepared = {name: Prepared(_bound(read, screen), boot, monotonic) for name, read in READS.items()}
        self._by_path = {f"{SEED_PREFIX}{name}": prepared for name, prepared in self._prepared.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        prepared = self._by_path.get(scope["path"]) if scope["type"] == "http" else None
        if prepared is None and scope["type"] == "http" and scope["path"].startswith(ACCOUNT_PREFIX):
            prepared = self._of_account(scope["path"])
        if prepared is None or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        desk = self._desk
        headers = scope["headers"]
        desk.doorkeeper.reader(headers, desk.clock.now())
        if scope["query_string"]:
            desk.account(_wanted(scope["query_string"]))
        desk.account(None)
        if not prepared.body:
            await desk.plane.watch.steady()
        prepared.refresh(desk.screen)
        for name, value in headers:
            if name == b"if-none-match" and (prepared.tag in value or value.strip() == b"*"):
                await send({"type": "http.response.start", "status": 304, "headers": prepared.not_modified})
                await send({"type": "http.response.body"})
                return
        await send({"type": "http.response.start", "status": 200, "headers": prepared.headers})
        await send({"type": "http.response.body", "body": prepared.body if scope["method"] == "GET" else b""})

    def _of_account(self, path: str) -> Prepared | None:
        """`/api/v1/accounts/{id}/{name}` of the account there is; any other is the router's."""
        account, _, name = path[len(ACCOUNT_PREFIX) :].partition("/")
        return self._prepared.get(name) if account == self._desk.plane.account_id else None


def _bound(read: Callable[[Screen], object], screen: Screen) -> Callable[[], object]:
    return lambda: read(screen)


def _wanted(query: bytes) -> str | None:
    """The account that a query names.

    Raises:
        Problem: the query is not text, or names anything else than an account, once.
    """
    try:
        found = parse_qs(query.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError as error:
        raise Problem(Code.INVALID_INPUT, "The query must be name=value pairs, such as ?account=main.") from error
    unknown = sorted(set(found) - {"account"})
    if unknown or len(found["account"]) != 1:
        name = unknown[0] if unknown else "account"
        raise Problem(Code.INVALID_INPUT, f"?{name[:40]} is not known here or stands twice; ?account= is.")
    return found["account"][0]
