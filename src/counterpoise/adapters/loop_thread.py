"""How does a program without an event loop of its own keep an account running? In a thread that has one."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """An event loop that runs in a thread of its own until it is closed; the thread ends with the process too."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="account", daemon=True)
        self._thread.start()
        self._leaving = asyncio.Event()
        self._held: Future[Any] | None = None

    def enter(self, manager: AbstractAsyncContextManager[T]) -> T:
        """Enter `manager` in the loop and stay in it until `close`; once in the life of this object.

        Raises whatever entering raises.
        """
        entered: Future[T] = Future()
        held = asyncio.run_coroutine_threadsafe(self._hold(manager, entered), self._loop)
        either: tuple[Future[Any], ...] = (held, entered)
        wait(either, return_when=FIRST_COMPLETED)
        if not entered.done():
            held.result()
        self._held = held
        return entered.result()

    def close(self) -> None:
        """Leave what was entered, then end the loop and its thread; the second time nothing."""
        if self._loop.is_closed():
            return
        try:
            if self._held is not None:
                self._loop.call_soon_threadsafe(self._leaving.set)
                self._held.result()
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    async def _hold(self, manager: AbstractAsyncContextManager[T], entered: Future[T]) -> None:
        async with manager as value:
            entered.set_result(value)
            await self._leaving.wait()
