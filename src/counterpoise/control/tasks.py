"""The one supervisor: every task of the product is started here, watched, and ended here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self


class Supervisor:
    """Starts tasks and remembers the first failure, so that none dies unheard.

    A task that ends with an exception makes the supervisor failed: `raise_failure` reports it at the next
    turn of whoever drives the loop, and every waiter on `failed` wakes.

    Args:
        on_failure: Called when the first task has failed.
    """

    def __init__(self, on_failure: Callable[[], None] | None = None) -> None:
        self._on_failure = [on_failure] if on_failure else []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._failure: BaseException | None = None
        self.failed = asyncio.Event()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def start(self, name: str, work: Coroutine[Any, Any, object]) -> asyncio.Task[Any]:
        """Run `work` as a task until it ends or the supervisor stops."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def on_failure(self, call: Callable[[], None]) -> None:
        """Call this too when the first task has failed."""
        self._on_failure.append(call)

    def raise_failure(self) -> None:
        """Raise what the first failed task raised, if one has."""
        if self._failure is not None:
            raise self._failure

    async def stop(self) -> None:
        """Cancel what still runs, in order of name, and wait for it."""
        tasks = sorted(self._tasks, key=lambda task: task.get_name())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None and self._failure is None:
            self._failure = error
            self.failed.set()
            for call in self._on_failure:
                call()
