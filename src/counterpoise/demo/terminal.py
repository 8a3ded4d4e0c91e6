"""How is a running replay shown on a terminal, moved by keys, and taken off it again without a trace?"""

from __future__ import annotations

import asyncio
import os
import signal
import termios
import tty
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import count
from typing import TextIO

from rich.console import Console
from rich.live import Live

from counterpoise.demo.pace import Pace
from counterpoise.demo.terminal_text import clean, plain, signed
from counterpoise.demo.terminal_view import ViewFacts, render, told, when
from counterpoise.domain.numbers import exact
from counterpoise.messages.events import EventKind, EventLine
from counterpoise.messages.overview import (
    Overview,
)

FRAME_SECONDS = 0.125
LOOK_SECONDS = 0.25
"""How often events are looked for where there are only lines: a page holds no more than the last ones."""

LOOKS_PER_LINE = 8
STDIN = 0

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_ESCAPE = b"\x1b"
_CTRL_C = "\x03"
_READ_BYTES = 64
_WIDE = 10_000
"""Room for a line that nobody cuts."""

_TOLD = (EventKind.STATE, EventKind.MODE, EventKind.BREAK, EventKind.AGREE)
"""Events that get a line of their own; so does what has a severity."""


def has_screen(stdin: TextIO, stdout: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether there is a terminal to draw on and to read keys from; otherwise `run_lines` is what fits."""
    return stdin.isatty() and stdout.isatty() and environ.get("TERM") != "dumb"


async def run_terminal(
    page: Callable[[], Overview],
    facts: Callable[[], ViewFacts],
    pace: Pace,
    stop: asyncio.Event,
    console: Console,
    *,
    keyboard: int = STDIN,
) -> None:
    """Draw the page on the alternate screen until `stop` is set, by a key, by a signal or by somebody else.

    Whatever ends it, the terminal is as it was before. It must run in the main thread, since it answers to
    SIGINT, SIGTERM, SIGHUP and SIGTSTP while it runs.

    Args:
        page: What to draw; an error of it ends the view and is the caller's.
        facts: What to draw beside it.
        pace: What the keys change.
        stop: Set by `q` and Ctrl-C.
        console: A terminal.
        keyboard: Descriptor of the terminal that keys are read from.
    """
    hands = _Hands(pace, stop, keyboard)
    with _answering(dict.fromkeys(_ENDING, stop.set) | {signal.SIGTSTP: hands.suspend}):
        while not stop.is_set():
            hands.is_suspended = False
            with _listening(keyboard, hands.read), Live(console=console, screen=True, auto_refresh=False) as live:
                await _draw(live, page, facts, hands, stop)
            if hands.is_suspended:
                os.kill(os.getpid(), signal.SIGSTOP)  # goes on here when the shell brings it back


async def run_lines(
    page: Callable[[], Overview],
    facts: Callable[[], ViewFacts],
    stop: asyncio.Event,
    write: Callable[[str], None],
    *,
    look_seconds: float = LOOK_SECONDS,
) -> None:
    """Tell the replay line by line until `stop` is set, the last line included.

    Args:
        page: Looked at eight times for each line, so that fewer events pass unseen.
        facts: Where to look for more, said once; its message whenever it changes.
        stop: Set by somebody else.
        write: Takes one line, without its end (`print` does).
        look_seconds: Between two looks.
    """
    news, said = _News(), ""
    for line in _addresses(facts()):
        write(line)
    for look in count():
        is_last = stop.is_set()
        now = page()
        for line in news.lines(now, facts().message):
            write(line)
        if is_last or look % LOOKS_PER_LINE == 0:
            for line in (*news.denials(), status_line(now)):
                if line != said:  # a replay that stands still says so once
                    write(line)
                said = line
        if is_last:
            return
        await _within(look_seconds, stop)


def status_line(page: Overview) -> str:
    """Where the replay is and what it is worth, in one line."""
    status, figures, today = page.status, page.figures, page.gate.today
    rare = [(name, number) for name, number in (("rejected", today.rejected), ("unknown", today.unknown)) if number]
    with exact():
        money = f"equity {plain(figures.equity.value)}  today {signed(figures.pnl_today.value)}"
        fall = f"drawdown {plain(figures.drawdown.value, ' %')}"
    counts = " ".join(f"{name} {n}" for name, n in (("approved", today.approved), ("denied", today.denied), *rare))
    still = "  finished" if status.replay and status.replay.finished else ""
    still = "  paused" if status.replay and status.replay.paused and not still else still
    return clean(f"{when(page)}  {money}  {fall}  {status.trading_state} {status.risk_mode}  {counts}{still}")


class _Hands:
    """What the keys do, and what they have changed of the view."""

    def __init__(self, pace: Pace, stop: asyncio.Event, keyboard: int) -> None:
        self.is_help_shown = False
        self.is_suspended = False
        self._keyboard = keyboard
        self._stop = stop
        self._moved = asyncio.Event()
        self._acts: dict[str, Callable[[], None]] = {
            " ": pace.toggle,
            **dict.fromkeys("+=", pace.faster),
            **dict.fromkeys("-_", pace.slower),
            **dict.fromkeys(("q", "Q", _CTRL_C), stop.set),
            "?": self._help,
        }

    def read(self) -> None:
        """Carry out what was pressed; a terminal that is gone stops the view."""
        try:
            pressed = os.read(self._keyboard, _READ_BYTES)
        except OSError:
            pressed = b""
        if not pressed:
            asyncio.get_running_loop().remove_reader(self._keyboard)
            self._stop.set()
        if not pressed.startswith(_ESCAPE):  # arrows and answers of the terminal are no keys of ours
            for sign in pressed.decode("ascii", "replace"):
                self._acts.get(sign, _nothing)()
        self._moved.set()

    def suspend(self) -> None:
        """Leave the screen, since the shell takes the terminal back."""
        self.is_suspended = True
        self._moved.set()

    async def rest(self) -> None:
        """Return when the next frame is due, at once when something was pressed."""
        await _within(FRAME_SECONDS, self._moved)
        self._moved.clear()

    def _help(self) -> None:
        self.is_help_shown = not self.is_help_shown


class _News:
    """Which events of a page are new since the last look."""

    def __init__(self) -> None:
        self._sequence: int | None = None
        self._message = ""
        self._denied: Counter[str] = Counter()
        self._is_complete = True

    def lines(self, page: Overview, message: str) -> list[str]:
        """What is worth a line of its own, the oldest first; denials are only counted."""
        items = page.activity.items
        before = self._sequence
        self._sequence = max((event.sequence for event in items), default=before or 0)
        fresh = [event for event in reversed(items) if before is not None and event.sequence > before]
        self._is_complete = self._is_complete and (not fresh or len(fresh) < len(items) or before == 0)
        self._denied.update(
            event.reasons[0].code for event in fresh if event.kind is EventKind.DENIED and event.reasons
        )
        changed = [clean(message)] if message != self._message else []
        self._message = message
        return [*changed, *(_event_line(event) for event in fresh if event.kind in _TOLD or event.severity)]

    def denials(self) -> list[str]:
        """How many were denied since the last time, by their leading reason, the commonest first."""
        if not self._denied:
            return []
        ranked = sorted(self._denied.items(), key=lambda item: (-item[1], item[0]))
        number = f"{'' if self._is_complete else 'at least '}{self._denied.total()}"
        self._denied, self._is_complete = Counter(), True
        return [clean(f"denied {number}: {', '.join(f'{code} {times}' for code, times in ranked)}")]


def _event_line(event: EventLine) -> str:
    return f"{clean(event.day)}  {event.kind}  {told(event, _WIDE)}"


def _addresses(facts: ViewFacts) -> list[str]:
    said = [
        f"dashboard {facts.url}" if facts.url else "",
        facts.one_time_link and f"sign in once {facts.one_time_link}",
    ]
    return [clean(line) for line in said if line]


def _nothing() -> None:
    """Do nothing: the key means nothing."""
    return


async def _draw(
    live: Live,
    page: Callable[[], Overview],
    facts: Callable[[], ViewFacts],
    hands: _Hands,
    stop: asyncio.Event,
) -> None:
    """Frame after frame, each in the size that the terminal has at that moment."""
    while not stop.is_set() and not hands.is_suspended:
        known = replace(facts(), is_help_shown=hands.is_help_shown)
        width, height = live.console.size
        live.update(render(page(), known, width, height), refresh=True)
        await hands.rest()


async def _within(seconds: float, event: asyncio.Event) -> None:
    """Wait for the event, but not longer."""
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)


@contextmanager
def _listening(keyboard: int, read: Callable[[], None]) -> Iterator[None]:
    """Keys one by one and unseen, as they are pressed; afterwards the terminal's own ways again."""
    loop, before = asyncio.get_running_loop(), termios.tcgetattr(keyboard)
    try:
        tty.setcbreak(keyboard, termios.TCSADRAIN)
        loop.add_reader(keyboard, read)
        yield
    finally:
        loop.remove_reader(keyboard)
        with suppress(termios.error):  # the terminal is gone, and with it what there was to restore
            termios.tcsetattr(keyboard, termios.TCSAFLUSH, before)  # keys that nobody read are not for the shell


@contextmanager
def _answering(acts: Mapping[signal.Signals, Callable[[], None]]) -> Iterator[None]:
    """Answer signals in the loop's own turn; afterwards whoever answered before does so again."""
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in acts}
    try:
        for number, act in acts.items():
            loop.add_signal_handler(number, act)
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            if handler is not None:  # set by something that is not Python, which cannot be put back
                signal.signal(number, handler)
