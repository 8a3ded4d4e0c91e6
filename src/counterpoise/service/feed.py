"""How do screens stay live? A picture in parts, each encoded once per change and sent to whoever lacks it.

A client that is slow gets the newest of each part and never a queue of old ones; one that is stuck is dropped.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, fields
from typing import Protocol

from counterpoise.domain.numbers import exact
from counterpoise.messages.overview import Overview
from counterpoise.messages.wire import to_bytes, to_json
from counterpoise.service.desk import Desk

CHANGES_A_SECOND = 4
SHARE_MAX = 0.05
"""Most of the processor's time that making pictures may take: a large book is drawn less often."""

HEARTBEAT_SECONDS = 2.0
STUCK_SECONDS = 10.0
GOODBYE_SECONDS = 2.0
IDLE_HELLO_SECONDS = 10.0
"""How long a client may take to say what it wants."""

CHANNEL = "overview"
CURSOR_DIGITS_MAX = 15
PARTS = tuple(item.name for item in fields(Overview) if item.name not in ("cursor", "ages"))

GOING_AWAY = 1001
POLICY = 1008
TOO_SLOW = 1013
SIGN_IN_AGAIN = 4401


class Closed(Exception):
    """The client has gone."""


class Client(Protocol):
    """A WebSocket, as far as the feed needs it."""

    async def send(self, text: str) -> None:
        """Send a text.

        Raises:
            Closed: nobody is there any more.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Part:
    version: int
    text: str


class Picture:
    """The parts of one account's page, each with the version at which it last changed.

    Args:
        desk: The account.
        boot: Names this start of the process: a cursor of an earlier one asks for a whole picture.
    """

    def __init__(self, desk: Desk, boot: str) -> None:
        self._desk = desk
        self._boot = boot
        self._parts: dict[str, _Part] = {}
        self._version = 0
        self._bell = asyncio.Event()
        self._texts: dict[int, str] = {}

    @property
    def version(self) -> int:
        """Moves when a part has changed."""
        return self._version

    @property
    def cursor(self) -> str:
        """Names this version to a client."""
        return f"{self._boot}.{self._version}"

    def version_of(self, cursor: object) -> int:
        """The version that a client has seen; 0 when that was of another start."""
        boot, _, number = str(cursor).rpartition(".")
        is_number = number.isascii() and number.isdigit() and len(number) <= CURSOR_DIGITS_MAX  # "²" is a digit too
        known = boot == self._boot and is_number
        return min(int(number), self._version) if known else 0

    def refresh(self) -> None:
        """Draw the account anew; only parts that differ are new. A half-done day waits until it is whole."""
        if not self._desk.screen.is_steady:
            return
        with exact():
            drawn = self._desk.screen.overview("")
            texts = {name: to_bytes(getattr(drawn, name)).decode() for name in PARTS}
        known = {name: part.text for name, part in self._parts.items()}
        changed = {name: text for name, text in texts.items() if known.get(name) != text}
        if not changed:
            return
        self._version += 1
        for name, text in changed.items():
            self._parts[name] = _Part(self._version, text)
        self._texts.clear()
        self.ring()

    def ring(self) -> None:
        """Wake everybody who waits, for something new or for the end."""
        waiting, self._bell = self._bell, asyncio.Event()
        waiting.set()

    async def rung(self, seconds: float) -> None:
        """Return at the next ring, or when the time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._bell.wait()

    def snapshot(self, account: str) -> str:
        """The whole picture as a message."""
        with exact():
            ages = to_bytes(self._desk.screen.ages()).decode()
        parts = ",".join(f'"{name}":{self._parts[name].text}' for name in PARTS)
        data = f'{{"cursor":{json.dumps(self.cursor)},{parts},"ages":{ages}}}'
        return self._message("snapshot", account, data)

    def change(self, account: str, since: int) -> str:
        """What is newer than `since`, as a message; the same text for every client that has seen as much."""
        text = self._texts.get(since)
        if text is None:
            newer = (f'"{name}":{part.text}' for name, part in self._parts.items() if part.version > since)
            text = self._texts[since] = self._message("change", account, f"{{{','.join(newer)}}}")
        return text

    def heartbeat(self) -> str:
        """That the service lives, and how old what it knows is."""
        with exact():
            ages = self._desk.screen.ages()
            return json.dumps({"type": "heartbeat", "server_time": to_json(ages.server_time), "ages": to_json(ages)})

    def _message(self, kind: str, account: str, data: str) -> str:
        head = json.dumps({"type": kind, "channel": CHANNEL, "account": account, "cursor": self.cursor})
        return f'{head[:-1]},"data":{data}}}'


class Feed:
    """Draws the picture while anybody looks, and tells every client what it lacks."""

    def __init__(self, desk: Desk, boot: str) -> None:
        self._desk = desk
        self.picture = Picture(desk, boot)
        self.stopping = asyncio.Event()
        self._looking = 0
        self._somebody = asyncio.Event()
        self._nobody = asyncio.Event()
        self._nobody.set()

    async def stop(self) -> None:
        """Tell every client that the service goes away, and give them a moment to hear it."""
        self.stopping.set()
        self.picture.ring()
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                await self._nobody.wait()

    @asynccontextmanager
    async def looked_at(self) -> AsyncIterator[Picture]:
        """While somebody looks, the picture is drawn; the first look draws it at once."""
        self._looking += 1
        self._somebody.set()
        self._nobody.clear()
        try:
            await self._desk.plane.watch.steady()
            self.picture.refresh()
            yield self.picture
        finally:
            self._looking -= 1
            if not self._looking:
                self._somebody.clear()
                self._nobody.set()

    async def draw(self) -> None:
        """Draw whenever something moved, at most four times a second, while somebody looks; for ever."""
        loop = asyncio.get_running_loop()
        while True:
            await self._somebody.wait()
            with suppress(TimeoutError):  # what nobody moves grows old all the same
                async with asyncio.timeout(HEARTBEAT_SECONDS):  # no task between: the next step may begin at once
                    await self._desk.plane.watch.moved()
            began = loop.time()
            self.picture.refresh()
            took = loop.time() - began
            await asyncio.sleep(max(1 / CHANGES_A_SECOND - took, took / SHARE_MAX))

    async def serve(self, client: Client, account: str, since: object, is_welcome: Callable[[], bool]) -> int:
        """Keep a client up to date until it goes, is stuck, is not welcome any more, or the service stops.

        Returns the code to close with; 0 when the client has gone.
        """
        async with self.looked_at() as picture:
            seen = picture.version_of(since)
            try:
                await _within(client.send(picture.change(account, seen) if seen else picture.snapshot(account)))
                seen = picture.version
                await _within(client.send(picture.heartbeat()))
                beat = asyncio.get_running_loop().time() + HEARTBEAT_SECONDS
                while True:
                    if picture.version <= seen and not self.stopping.is_set():
                        await picture.rung(max(beat - asyncio.get_running_loop().time(), 0))
                    if self.stopping.is_set():
                        return GOING_AWAY
                    if not is_welcome():
                        return SIGN_IN_AGAIN
                    if picture.version > seen:
                        text, seen = picture.change(account, seen), picture.version
                        await _within(client.send(text))
                    if asyncio.get_running_loop().time() >= beat:
                        await _within(client.send(picture.heartbeat()))
                        beat += HEARTBEAT_SECONDS
            except TimeoutError:
                return TOO_SLOW
            except Closed:
                return 0


async def _within(sending: Awaitable[None]) -> None:
    async with asyncio.timeout(STUCK_SECONDS):  # `wait_for` of Python 3.11 may swallow a cancellation
        await sending
