"""How does the service start on a port, and end without losing anything?"""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib.metadata import version

import uvicorn

from counterpoise.access.links import Links
from counterpoise.access.sessions import Sessions
from counterpoise.domain.errors import ConfigurationError
from counterpoise.library.plane import Counterpoise
from counterpoise.service.app import build_app
from counterpoise.service.callers import Doorkeeper
from counterpoise.service.desk import Desk, ReplayControl
from counterpoise.service.doors import App
from counterpoise.service.feed import Feed
from counterpoise.service.links import one_time_link
from counterpoise.service.protocol import BoundedProtocol, BoundedWebSocket
from counterpoise.wiring import new_secret

LOOPBACK = "127.0.0.1"
PORT = 8004
CLOSE_SECONDS = 10
"""How long open requests may take to end at a stop."""

MESSAGE_MAX = 64 << 10
"""Bytes of a WebSocket message from a client."""

HTTP_PORT = 80
BACKLOG = 2_048


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A service that listens.

    Attributes:
        address: Of the dashboard and the API, without a path.
        link: Signs one browser in, once, within 15 minutes.
    """

    address: str
    link: str


def listen(port: int) -> socket.socket:
    """A socket on loopback; port 0 takes any that is free.

    Raises:
        ConfigurationError: the port is in use or may not be used.
    """
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((LOOPBACK, port))
        found.listen(BACKLOG)
    except OSError as error:
        found.close()
        used = error.errno == errno.EADDRINUSE
        why = "is in use by another program" if used else f"cannot be used ({error.strerror})"
        raise ConfigurationError(f"port {port} of {LOOPBACK} {why}; choose another with --port") from error
    return found


@asynccontextmanager
async def serving(
    plane: Counterpoise,
    listener: socket.socket,
    stop: asyncio.Event,
    *,
    reads_open: bool,
    replay: ReplayControl | None = None,
) -> AsyncIterator[Served]:
    """Serve `plane` on `listener` for the block; SIGTERM and SIGINT set `stop`, which ends nothing by itself.

    At the end no new request is taken, live sockets close with 1001, and open requests get ten seconds.
    """
    parts, port = plane.parts, listener.getsockname()[1]
    address, token = f"http://{LOOPBACK}:{port}", parts.owner_token()
    desk = Desk(
        plane=plane,
        doorkeeper=Doorkeeper(Sessions(new_secret), token, f"counterpoise-{port}", reads_open=reads_open),
        links=Links(token, parts.start),
        clock=parts.wall,
        new_secret=new_secret,
        started_at=parts.wall.now(),
        version=version("counterpoise"),
        replay=replay,
    )
    boot = new_secret()[:8]
    feed = Feed(desk, boot)
    monotonic = asyncio.get_running_loop().time
    server = _Server(_config(build_app(desk, feed, hosts=_hosts(port), boot=boot, monotonic=monotonic)))
    running = plane.look_after("service.http", server.serve(sockets=[listener]))
    plane.look_after("service.feed", feed.draw())
    with _signals(stop):
        try:
            await server.up.wait()
            parts.announce(address)
            yield Served(address=address, link=one_time_link(address, parts.start, token, parts.wall.now()))
        finally:
            await feed.stop()
            server.should_exit = True
            await asyncio.wait([running])
            parts.announce("")


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: who runs the account decides when to end."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        self.up.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal."""
        yield


def _config(app: App) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws=BoundedWebSocket,
        ws_max_size=MESSAGE_MAX,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=CLOSE_SECONDS,
    )


def _hosts(port: int) -> frozenset[bytes]:
    names = (LOOPBACK, "localhost", "[::1]")
    bare = names if port == HTTP_PORT else ()  # browsers leave out the port that goes without saying
    return frozenset(name.encode() for name in (*(f"{name}:{port}" for name in names), *bare))


@contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    """While this lasts, the signals that ask a process to end set `stop`."""
    loop = asyncio.get_running_loop()
    caught = (signal.SIGTERM, signal.SIGINT)
    for number in caught:
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)
