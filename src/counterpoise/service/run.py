"""How does `counterpoise serve` run an account of the user's, from its start to SIGTERM?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from counterpoise.domain.errors import ConfigurationError
from counterpoise.library.opening import Opening
from counterpoise.library.plane import Counterpoise
from counterpoise.service.server import Served, listen, serving
from counterpoise.wiring import serving as owner_of
from counterpoise.wiring import settings_of

T = TypeVar("T")


def run_in_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end on uvloop, which answers several times as many requests as the standard loop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


async def serve_account(data_dir: Path, opening: Opening | None, port: int, say: Callable[[Served], None]) -> None:
    """Serve the account of a data folder until SIGTERM or SIGINT; `say` hears the address once it answers.

    The order of the end: no new request, live sockets closed with 1001, the append in hand finished, the folder
    given back. Open orders stay at the venue and are reconciled at the next start.

    Raises:
        ConfigurationError: the port or the folder cannot be used, or there is no account and no opening.
        CounterpoiseError: what the account failed with.
    """
    try:
        listener = listen(port)  # before the folder is taken: a port in use must not disturb the data
    except ConfigurationError as refused:
        known = _served_already(data_dir, port)
        if known is None:
            raise
        raise known from refused
    with listener:
        async with Counterpoise.open(data_dir, opening, command="serve") as plane:
            stop = asyncio.Event()
            plane.on_failure(stop.set)
            async with serving(plane, listener, stop, reads_open=False) as served:
                say(served)
                await stop.wait()
            plane.raise_failure()


def _served_already(data_dir: Path, port: int) -> ConfigurationError | None:
    """What to say when it is the folder's own service that has the port; None when it is somebody else."""
    try:
        address = owner_of(settings_of(data_dir)).address
    except ConfigurationError:
        return None
    if not address.endswith(f":{port}"):
        return None
    return ConfigurationError(f"{data_dir} is served already at {address}; `counterpoise token link` signs in there")
