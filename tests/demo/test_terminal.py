"""Do keys move the replay, does the terminal come back as it was, and do plain lines tell the same without one?"""

import asyncio
import fcntl
import os
import pty
import signal
import struct
import termios
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Context, Decimal, localcontext
from io import StringIO

import pytest
from rich.console import Console

from counterpoise.demo import terminal
from counterpoise.demo.pace import Pace, Speed
from counterpoise.demo.terminal import has_screen, run_lines, run_terminal, status_line
from counterpoise.demo.terminal_view import ViewFacts
from counterpoise.domain.decisions import RiskMode, Severity, TradingState
from counterpoise.messages.events import EventKind, EventLine, Events
from counterpoise.messages.overview import (
    Overview,
    TodayCounts,
)
from tests.demo.test_terminal_view import FACTS, PAGE, REASONS, REPLAY, changed, event

ALT_ON, ALT_OFF, CURSOR_ON = "\x1b[?1049h", "\x1b[?1049l", "\x1b[?25h"
LFLAG = 3


@pytest.fixture
def keyboard() -> Iterator[tuple[int, int]]:
    """Both ends of a terminal: where keys are typed, and where they are read."""
    hand, line = pty.openpty()
    yield hand, line
    for end in (hand, line):
        with suppress(OSError):
            os.close(end)


@dataclass
class Sitting:
    """Somebody in front of a running view."""

    hand: int
    line: int
    page: Callable[[], Overview] = lambda: PAGE
    facts: ViewFacts = FACTS
    pace: Pace = field(default_factory=lambda: Pace(Decimal(10)))
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    screen: StringIO = field(default_factory=StringIO)

    def __post_init__(self) -> None:
        self.console = Console(
            file=self.screen, width=80, height=24, force_terminal=True, _environ={"TERM": "xterm-256color"}
        )

    @property
    def is_raw(self) -> bool:
        flags = termios.tcgetattr(self.line)[LFLAG]
        return not flags & (termios.ICANON | termios.ECHO)

    def type(self, keys: str) -> None:
        os.write(self.hand, keys.encode())

    async def run(self) -> None:
        await run_terminal(self.page, lambda: self.facts, self.pace, self.stop, self.console, keyboard=self.line)

    async def with_(self, person: Callable[[], object]) -> None:
        """Run the view and what a person does meanwhile, until the view ends."""

        async def act() -> None:
            await until(lambda: ALT_ON in self.screen.getvalue() and self.is_raw)
            done = person()
            if asyncio.iscoroutine(done):
                await done

        async with asyncio.timeout(2):
            await asyncio.gather(self.run(), act())


async def until(holds: Callable[[], bool]) -> None:
    """Wait for it, or fail by time."""
    async with asyncio.timeout(1):
        while not holds():  # noqa: ASYNC110 - a terminal wakes nobody
            await asyncio.sleep(0.005)


@pytest.fixture
def sitting(keyboard: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> Sitting:
    monkeypatch.setattr(terminal, "FRAME_SECONDS", 0.01)
    return Sitting(*keyboard)


def assert_left_clean(sitting: Sitting, before: object) -> None:
    loop = asyncio.get_running_loop()
    assert termios.tcgetattr(sitting.line) == before
    assert not loop.remove_reader(sitting.line)
    assert not any(loop.remove_signal_handler(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGTSTP))
    written = sitting.screen.getvalue()
    assert written.count(ALT_ON) == written.count(ALT_OFF) > 0
    assert written.rindex(ALT_OFF) > written.rindex("Counterpoise")
    assert written.rindex(CURSOR_ON) > written.rindex("Counterpoise")


# --- keys ---


@pytest.mark.parametrize(
    ("keys", "speed"),
    (
        (" ", Speed(days_per_second=Decimal(10), paused=True)),
        ("  ", Speed(days_per_second=Decimal(10))),
        ("+", Speed(days_per_second=Decimal(20))),
        ("=", Speed(days_per_second=Decimal(20))),
        ("-", Speed(days_per_second=Decimal(5))),
        ("_", Speed(days_per_second=Decimal(5))),
        ("++- ", Speed(days_per_second=Decimal(20), paused=True)),
        ("x	", Speed(days_per_second=Decimal(10))),
    ),
)
async def test_keys_change_the_pace(sitting: Sitting, keys: str, speed: Speed) -> None:
    async def person() -> None:
        sitting.type(keys)
        await until(lambda: not pending(sitting.line))
        await asyncio.sleep(0.01)
        sitting.stop.set()

    await sitting.with_(person)
    assert sitting.pace.speed == speed


def pending(line: int) -> int:
    """Bytes typed and not read yet."""
    return int(struct.unpack("i", fcntl.ioctl(line, termios.FIONREAD, b"\0\0\0\0"))[0])


async def test_an_arrow_is_no_key_of_ours_even_where_its_code_has_one(sitting: Sitting) -> None:
    async def person() -> None:
        sitting.type("\x1b[?1;2-c")
        await asyncio.sleep(0.02)
        sitting.type("q")

    await sitting.with_(person)
    assert sitting.pace.speed == Speed(days_per_second=Decimal(10))
    assert "HALTED nothing" not in sitting.screen.getvalue()


@pytest.mark.parametrize("key", ("q", "Q", "\x03"), ids=("q", "Q", "Ctrl-C"))
async def test_a_key_ends_it_and_the_terminal_is_as_before(sitting: Sitting, key: str) -> None:
    before = termios.tcgetattr(sitting.line)
    if key == "\x03":  # a terminal that is not the one of this process sends no signal, but the byte
        before[LFLAG] &= ~termios.ISIG
        termios.tcsetattr(sitting.line, termios.TCSANOW, before)
    await sitting.with_(lambda: sitting.type(key))
    assert sitting.stop.is_set()
    assert_left_clean(sitting, before)


async def test_help_comes_and_goes(sitting: Sitting) -> None:
    async def person() -> None:
        for times in (1, 2):
            sitting.type("?")
            await until(lambda: ("HALTED nothing" in last_frame(sitting)) is (times % 2 == 1))  # noqa: B023 - read at once
        sitting.stop.set()

    await sitting.with_(person)
    assert "HALTED nothing" in sitting.screen.getvalue()


def last_frame(sitting: Sitting) -> str:
    return sitting.screen.getvalue().rpartition("\x1b[H")[2]


# --- the terminal is left clean ---


@pytest.mark.parametrize("number", (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
async def test_a_signal_ends_it_and_is_answered_as_before_afterwards(sitting: Sitting, number: signal.Signals) -> None:
    before, handler = termios.tcgetattr(sitting.line), signal.getsignal(number)
    await sitting.with_(lambda: os.kill(os.getpid(), number))
    assert sitting.stop.is_set()
    assert signal.getsignal(number) == handler
    assert_left_clean(sitting, before)


async def test_an_error_of_the_page_is_the_callers_and_leaves_a_clean_terminal(sitting: Sitting) -> None:
    before = termios.tcgetattr(sitting.line)
    frames = iter((PAGE, PAGE))

    def page() -> Overview:
        found = next(frames, None)
        if found is None:
            raise ZeroDivisionError
        return found

    sitting.page = page
    with pytest.raises(ZeroDivisionError):
        await sitting.run()
    assert_left_clean(sitting, before)


async def test_a_cancelled_view_leaves_a_clean_terminal(sitting: Sitting) -> None:
    before = termios.tcgetattr(sitting.line)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await sitting.run()
    assert_left_clean(sitting, before)


async def test_a_terminal_that_is_gone_ends_it(sitting: Sitting) -> None:
    await sitting.with_(lambda: os.close(sitting.hand))
    assert sitting.stop.is_set()


async def test_a_keyboard_that_cannot_be_read_ends_it(sitting: Sitting, monkeypatch: pytest.MonkeyPatch) -> None:
    before = termios.tcgetattr(sitting.line)

    def read(_descriptor: int, _most: int) -> bytes:
        raise OSError

    def person() -> None:
        monkeypatch.setattr(os, "read", read)
        sitting.type("x")

    await sitting.with_(person)
    monkeypatch.undo()
    assert_left_clean(sitting, before)


async def test_a_key_is_answered_at_once_and_only_once(sitting: Sitting, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = []
    monkeypatch.setattr(terminal, "FRAME_SECONDS", 1.5)
    sitting.page = lambda: frames.append(1) or PAGE  # type: ignore[func-returns-value]

    async def person() -> None:
        sitting.type("?")
        await until(lambda: "HALTED nothing" in last_frame(sitting))
        await asyncio.sleep(0.03)
        sitting.type("q")

    await sitting.with_(person)
    assert len(frames) == 2


async def test_while_it_is_suspended_the_terminal_is_the_shells(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, seen = termios.tcgetattr(sitting.line), []

    def stop_process(_process: int, number: int) -> None:
        seen.append((number, termios.tcgetattr(sitting.line) == before, sitting.screen.getvalue().endswith(ALT_OFF)))

    kill, handler = os.kill, signal.signal(signal.SIGTSTP, signal.SIG_IGN)  # never this process itself
    monkeypatch.setattr(os, "kill", stop_process)

    async def person() -> None:
        kill(os.getpid(), signal.SIGTSTP)
        await until(lambda: len(seen) == 1 and sitting.is_raw)
        sitting.type("q")

    await sitting.with_(person)
    assert seen == [(signal.SIGSTOP, True, True)]
    assert signal.signal(signal.SIGTSTP, handler) is signal.SIG_IGN
    assert sitting.screen.getvalue().count(ALT_ON) == 2
    assert_left_clean(sitting, before)


async def test_a_frame_has_the_size_that_the_terminal_has_then(sitting: Sitting) -> None:
    async def person() -> None:
        assert "Quantity" not in sitting.screen.getvalue()
        sitting.console.size = (120, 40)
        await until(lambda: "Quantity" in sitting.screen.getvalue())
        sitting.stop.set()

    await sitting.with_(person)
    assert last_frame(sitting).count("\n") == 39


async def test_prints_of_others_do_not_stay_on_the_screen(sitting: Sitting) -> None:
    """A frame begins at the upper left corner and fills the screen, whatever was written in between."""
    sitting.stop.set()
    await sitting.run()
    sitting.stop.clear()
    await sitting.with_(sitting.stop.set)
    frame = last_frame(sitting).split(CURSOR_ON)[0]
    assert frame.count("\n") == 23


class Stream(StringIO):
    """A stream that says what it is."""

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


@pytest.mark.parametrize(
    ("stdin", "stdout", "environ", "expected"),
    (
        ("terminal", "terminal", {}, True),
        ("pipe", "terminal", {}, False),
        ("terminal", "pipe", {}, False),
        ("terminal", "terminal", {"TERM": "dumb"}, False),
        ("terminal", "terminal", {"NO_COLOR": "1"}, True),
    ),
)
def test_a_screen_needs_a_terminal_at_both_ends(
    stdin: str, stdout: str, environ: dict[str, str], expected: object
) -> None:
    streams = [Stream(is_terminal=name == "terminal") for name in (stdin, stdout)]
    assert has_screen(streams[0], streams[1], environ) is expected


# --- lines ---


def at(number: int, items: tuple[EventLine, ...] = (), **status: object) -> Overview:
    page = changed(replay=replace(REPLAY, number=number), **status)
    return replace(page, activity=Events(items=tuple(reversed(items))))


async def told(pages: list[Overview], facts: tuple[ViewFacts, ...] = (ViewFacts(),)) -> list[str]:
    """The lines that come of pages looked at one after the other, the last one when it is stopped."""
    stop, said, looks = asyncio.Event(), list[str](), list[int]()

    def page() -> Overview:
        looks.append(1)
        if len(looks) >= len(pages) - 1:
            stop.set()
        return pages[min(len(looks), len(pages)) - 1]

    await run_lines(page, lambda: facts[min(len(looks), len(facts) - 1)], stop, said.append, look_seconds=0)
    return said


def test_a_line_says_where_the_replay_is_and_what_it_is_worth() -> None:
    assert status_line(PAGE) == (
        "2011-03-11  day 300 of 3270  equity 105,093.82  today +338.86  drawdown 1.38 %  "
        "ACTIVE SAFE  approved 3 denied 2 rejected 1 unknown 4"
    )


def test_a_line_leaves_out_what_there_is_none_of_and_says_that_a_replay_stands() -> None:
    calm = replace(PAGE, gate=replace(PAGE.gate, today=TodayCounts(approved=0, denied=0, rejected=0, unknown=0)))
    assert status_line(calm).endswith("approved 0 denied 0")
    assert status_line(changed(replay=replace(REPLAY, paused=True))).endswith("  paused")
    assert status_line(changed(replay=replace(REPLAY, paused=True, finished=True))).endswith("  finished")
    assert status_line(changed(replay=None)).startswith("16:00:00 EST  equity")
    assert "HALTED NEUTRAL" in status_line(
        changed(trading_state=TradingState.HALTED, risk_mode=RiskMode.NEUTRAL, replay=replace(REPLAY, day="\x1b[2J"))
    )


async def test_a_line_comes_at_first_at_every_eighth_look_and_at_last() -> None:
    said = await told([at(n) for n in range(1, 13)])
    assert [line.split(" of")[0].split("day ")[1] for line in said] == ["1", "9", "12"]


async def test_a_replay_that_stands_still_does_not_repeat_itself() -> None:
    assert len(await told([PAGE] * 30)) == 1


async def test_important_events_have_a_line_each_and_only_once() -> None:
    old = event(EventKind.MODE, "SAFE to NEUTRAL", sequence=1)
    mode = event(EventKind.MODE, "NEUTRAL to SAFE", "many were lost", sequence=5)
    halt = event(EventKind.STATE, "ACTIVE to HALTED", "by owner: bad \x1b[31mfills", sequence=7)
    refused = replace(event(EventKind.REJECTED, "Rejected", sequence=8), severity=Severity.WARNING)
    broken = event(EventKind.BREAK, "Venue and ledger differ in USD", sequence=9)
    filled = event(EventKind.FILLED, "Filled BUY 1 A at 2.00", sequence=6)
    said = await told(
        [at(1, (old,)), at(2, (old, mode, filled, halt)), at(3, (old, mode, filled, halt, refused, broken))]
    )
    assert [line for line in said if "equity" not in line] == [
        "2011-03-11  mode  NEUTRAL to SAFE. many were lost",
        "2011-03-11  state  ACTIVE to HALTED. by owner: bad \ufffd[31mfills",
        "2011-03-11  rejected  Rejected",
        "2011-03-11  break  Venue and ledger differ in USD",
    ]


async def test_denials_are_counted_by_their_leading_reason() -> None:
    denied = tuple(
        event(EventKind.DENIED, "Denied", "", REASONS[first:], n) for n, first in enumerate((0, 1, 1, 2), start=2)
    )
    first = event(EventKind.OPENED, "Opened", sequence=1)
    said = await told([at(1, (first,)), at(2, (first, *denied[:2])), at(3, (first, *denied))])
    assert said[-2] == "denied 4: MODE_RESTRICTED 2, LOW_PRIORITY 1, SHORT_EXPOSURE_EXCEEDED 1"
    assert (
        sum(line.startswith("denied") for line in await told([at(n, (first, *denied[: n - 1])) for n in range(1, 30)]))
        == 1
    )
    everything_new = await told([at(1, (first,)), at(2, denied)])
    assert everything_new[-2].startswith("denied at least 4: ")


async def test_lines_say_where_to_look_and_what_the_program_says() -> None:
    facts = ViewFacts(url="http://127.0.0.1:8004", one_time_link="http://127.0.0.1:8004/start?code=k")
    said = await told([at(1), at(2), at(3)], (facts, facts, replace(facts, message="It goes on.")))
    assert said[:2] == ["dashboard http://127.0.0.1:8004", "sign in once http://127.0.0.1:8004/start?code=k"]
    assert said.count("It goes on.") == 1


async def test_no_line_has_an_escape_code() -> None:
    evil = "\x1b[31m\n"
    items = tuple(replace(event(kind, evil, evil, (evil,), 5), day=evil) for kind in EventKind)
    facts = ViewFacts(url=evil, one_time_link=evil)
    pages = [at(1), replace(at(2, items), gate=PAGE.gate), changed(replay=replace(REPLAY, day=evil))]
    said = await told(pages, (facts, replace(facts, message=evil)))
    assert len(said) > 8
    assert [line for line in said if not line.isprintable()] == []


def test_a_line_does_not_depend_on_the_number_context_of_the_caller() -> None:
    with localcontext(Context(prec=3)):
        assert "equity 105,093.82" in status_line(PAGE)


async def test_an_error_of_the_page_ends_the_lines() -> None:
    def page() -> Overview:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await run_lines(page, ViewFacts, asyncio.Event(), lambda _: None)
