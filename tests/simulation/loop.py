"""How does asyncio code run when neither time nor order is real? An event loop that a seed decides.

Time is virtual: when nothing is ready it jumps to the next timer, so an hour of sleep costs nothing. Among
everything that is ready the seed draws the order, so each seed is another interleaving of the same tasks
and one seed is the same interleaving on every machine and in every process. The world outside (threads,
sockets, subprocesses, signals) is refused: what a simulation cannot decide it cannot repeat.

asyncio promises that callbacks run in the order in which they were registered; this loop breaks that promise
on purpose, because no two tasks of ours may rely on it.
"""

from __future__ import annotations

import asyncio
import heapq
import random
import threading
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context
from datetime import datetime, timedelta
from typing import Any, NoReturn, TypeVar, TypeVarTuple

from counterpoise.domain.time import format_time

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

ITERATIONS_MAX = 1_000_000
"""Turns of the loop in one run; a simulation that needs more is going in circles."""

OUTSIDE = (
    *("run_in_executor", "set_default_executor", "getaddrinfo", "getnameinfo"),
    *("add_reader", "remove_reader", "add_writer", "remove_writer", "add_signal_handler", "remove_signal_handler"),
    *("sock_recv", "sock_recv_into", "sock_recvfrom", "sock_recvfrom_into", "sock_sendall", "sock_sendto"),
    *("sock_connect", "sock_accept", "sock_sendfile", "sendfile", "start_tls"),
    *("create_connection", "create_server", "create_unix_connection", "create_unix_server"),
    *("create_datagram_endpoint", "connect_accepted_socket", "connect_read_pipe", "connect_write_pipe"),
    *("subprocess_exec", "subprocess_shell"),
)
"""Methods of a loop that reach for the world."""


class SimulationDeadlock(Exception):
    """Nothing is ready and no timer is set: nobody will ever wake the tasks that it names."""


class SimulationEndless(Exception):
    """The loop turned as often as it may and has not come to its end."""


class OutsideWorld(Exception):
    """Code under simulation asked for a thread, a socket, a subprocess or a signal."""


class LostFailure(Exception):
    """A task failed and nobody asked how it went; its error is the cause of this one."""


class SimulatedLoop(asyncio.BaseEventLoop):
    """An event loop with virtual time, a drawn order and no outside.

    Attributes:
        seed: What the order is drawn from.
        iterations: Turns made so far.
    """

    _ready: Any  # asyncio's own: handles to run now, and a heap of timers; the same since 3.4
    _scheduled: Any
    _stopping: bool

    def __init__(self, seed: int, iterations_max: int = ITERATIONS_MAX) -> None:
        super().__init__()
        self.seed = seed
        self.iterations = 0
        self._iterations_max = iterations_max
        self._order = random.Random(seed)
        self._now_seconds = 0.0
        self._thread = threading.get_ident()
        self._task_count = 0
        self._numbers: dict[asyncio.Task[Any], int] = {}  # of tasks that are not done
        self._failed: list[asyncio.Task[Any]] = []
        self.set_task_factory(self._make_task)
        for name in OUTSIDE:
            setattr(self, name, _refusal(name))

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._now_seconds

    def _run_once(self) -> None:
        """One turn: let time pass if nothing is ready, then run what is ready, in the order drawn."""
        self.iterations += 1
        if self.iterations > self._iterations_max:
            raise SimulationEndless(
                f"seed {self.seed}: {self._iterations_max} turns at {self.time()} s; {self._waiting()}"
            )
        self._drop_cancelled_timers()
        if not self._ready and not self._stopping:
            if not self._scheduled:
                raise SimulationDeadlock(
                    f"seed {self.seed}: nothing can happen after {self.time()} s; {self._waiting()}"
                )
            self._now_seconds = max(self._now_seconds, self._scheduled[0].when())
        self._wake_due_timers()
        for handle in self._drawn_order():
            if not handle.cancelled():
                handle._run()

    def _drop_cancelled_timers(self) -> None:
        """A cancelled timer must not move the time."""
        while self._scheduled and self._scheduled[0].cancelled():
            self._unschedule()

    def _wake_due_timers(self) -> None:
        while self._scheduled and self._scheduled[0].when() <= self._now_seconds:
            self._ready.append(self._unschedule())

    def _unschedule(self) -> asyncio.TimerHandle:
        handle: asyncio.TimerHandle = heapq.heappop(self._scheduled)
        return handle

    def _drawn_order(self) -> list[asyncio.Handle]:
        """Everything ready, shuffled.

        asyncio keeps tasks in sets (a TaskGroup cancels its children in the order of their addresses), so they
        are sorted by their number before the draw: the seed alone decides.
        """
        ready = list(self._ready)
        self._ready.clear()
        ready.sort(key=self._rank)
        self._order.shuffle(ready)
        return ready

    def _rank(self, handle: asyncio.Handle) -> int:
        """A task's number; callbacks that belong to no task stay in their order, before the tasks."""
        owner = getattr(getattr(handle, "_callback", None), "__self__", None)
        return self._numbers.get(owner, 0) if isinstance(owner, asyncio.Task) else 0

    def _make_task(
        self,
        loop: asyncio.AbstractEventLoop,
        coro: Coroutine[Any, Any, T] | Generator[Any, None, T],
        **options: Any,  # noqa: ANN401 - name, context and what later versions add
    ) -> asyncio.Task[T]:
        """Number a task, and watch how it ends."""
        task: asyncio.Task[T] = asyncio.Task(coro, loop=loop, **options)
        self._task_count += 1
        if options.get("name") is None:  # asyncio counts across all loops of the process
            task.set_name(f"task {self._task_count}")
        self._numbers[task] = self._task_count
        task.add_done_callback(self._note_end)
        return task

    def _note_end(self, task: asyncio.Task[Any]) -> None:
        self._numbers.pop(task, None)
        if _is_unheard(task):
            self._failed.append(task)

    def _waiting(self) -> str:
        names = [f"{task.get_name()} in {getattr(task.get_coro(), '__qualname__', '?')}" for task in self._numbers]
        return f"waiting: {', '.join(names) or 'nobody'}"

    def call_soon_threadsafe(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """The same as `call_soon`, as there is one thread.

        Raises:
            OutsideWorld: called from another thread.
        """
        if threading.get_ident() != self._thread:
            raise OutsideWorld("call_soon_threadsafe from another thread")
        return self.call_soon(callback, *args, context=context)

    def wind_up(self) -> None:
        """Cancel what still runs, let it end and close; tasks that will not end are left behind."""
        self._iterations_max = self.iterations + ITERATIONS_MAX
        try:
            self.run_until_complete(self._end_all(tuple(self._numbers)))
        except (SimulationDeadlock, SimulationEndless):
            pass  # the run itself has said what there is to say
        finally:
            self.close()

    async def _end_all(self, tasks: tuple[asyncio.Task[Any], ...]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.shutdown_asyncgens()

    def raise_lost_failure(self) -> None:
        """Report the first task that failed unheard.

        Raises:
            LostFailure: there is one.
        """
        for task in self._failed:
            if _is_unheard(task):
                raise LostFailure(f"seed {self.seed}: {task.get_name()}") from task.exception()


class VirtualClock:
    """The `Clock` port on a simulated loop: a start, the loop's seconds, and what the clock was stepped by."""

    def __init__(self, loop: SimulatedLoop, start: datetime) -> None:
        format_time(start)  # refuses a start that is not in UTC
        self._loop = loop
        self._start = start

    def now(self) -> datetime:
        """The simulated present, in UTC."""
        return self._start + timedelta(seconds=self._loop.time())

    def step(self, by: timedelta) -> None:
        """Move the clock without moving time, as an administrator or NTP does; timers do not notice."""
        self._start += by


def run(
    seed: int, main: Callable[[SimulatedLoop], Coroutine[Any, Any, T]], *, iterations_max: int = ITERATIONS_MAX
) -> T:
    """Run `main` to its end on a loop of its own and return what it returns.

    Tasks that are still running then are cancelled.

    Raises:
        SimulationDeadlock: `main` waits for what nobody will do.
        SimulationEndless: more than `iterations_max` turns.
        LostFailure: a task failed and nobody asked for its result.
        Exception: whatever `main` raised.
    """
    loop = SimulatedLoop(seed, iterations_max)
    try:
        result = loop.run_until_complete(main(loop))
    finally:
        loop.wind_up()
    loop.raise_lost_failure()
    return result


def _is_unheard(task: asyncio.Task[Any]) -> bool:
    """Whether a task failed and nobody has looked at its error yet; looking here would count as that."""
    return not task.cancelled() and task._log_traceback


def _refusal(name: str) -> Callable[..., NoReturn]:
    def refuse(*_args: object, **_named: object) -> NoReturn:
        raise OutsideWorld(f"`{name}` leaves the simulation")

    return refuse
