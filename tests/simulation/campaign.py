"""Does every law hold on many simulated days? `python -m tests.simulation.campaign --seeds N`.

Exit 1 when a law was broken on any day, with the seed that replays it, or when a situation that a campaign of this
size must reach was not reached: a law that was never tested is not a law that holds.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

from tests.simulation.world import Day, simulate

OK, FAILED = 0, 1
SHOWN_MAX = 10
LOG_SHOWN = 400
SEEDS_PER_MARK = 50
"""A campaign of so many seeds reaches every main situation at least once."""

MAIN_MARKS = (
    *("crash before append", "crash after append", "crash between intent and submit", "append refused"),
    *("unknown", "unknown found", "proved absent and resent", "sent again", "timeout", "read failed"),
    *("partial fill", "fill before its acknowledgement", "rejected", "expired", "cancelled"),
    *("state HALTED", "state ACTIVE", "withheld by a halt", "absent while halted", "line denied"),
    *("second instance", "zombie", "zombie refused", "stale writer refused", "writer claimed"),
    *("live digest compared at boot", "break opened", "break settled", "deposit", "rebalance TRADES"),
    *("request lost", "answer lost", "hidden order", "late accept", "asked again, done before"),
    *("run COMPLETED", "run COMPLETED_ADJUSTED", "run PARTIAL", "run FAILED"),
)


@dataclass(slots=True)
class Tally:
    """What a campaign has seen so far."""

    days: int = 0
    marks: Counter[str] = field(default_factory=Counter)
    broken: list[Day] = field(default_factory=list)

    def add(self, day: Day) -> None:
        self.days += 1
        self.marks.update(day.marks)
        if day.violations:
            self.broken.append(day)

    def unreached(self) -> list[str]:
        """Main situations that a campaign of this size must have reached and has not."""
        return [name for name in MAIN_MARKS if not self.marks[name]] if self.days >= SEEDS_PER_MARK else []


def days(seeds: Sequence[int], jobs: int) -> Iterator[Day]:
    """The days of the seeds, in their order, from as many processes."""
    if jobs <= 1:
        yield from map(quiet_day, seeds)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(quiet_day, seeds, chunksize=max(1, min(20, len(seeds) // (4 * jobs))))


def quiet_day(seed: int) -> Day:
    """One day; what asyncio would say about a failed one is in its violations."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    day = simulate(seed)
    if day.violations:
        return day
    return Day(seed=day.seed, digest=day.digest, violations=(), marks=day.marks, log=())


def report(tally: Tally, seconds: float) -> Iterator[str]:
    """What a campaign came to."""
    yield f"{tally.days} days in {seconds:.1f} s ({60 * tally.days / max(seconds, 0.001):.0f} seeds/min)"
    yield "sometimes:"
    yield from (f"  {count:>8}  {name}" for name, count in sorted(tally.marks.items()))
    for name in tally.unreached():
        yield f"NOT REACHED  {name}"
    for day in tally.broken[:SHOWN_MAX]:
        yield f"seed {day.seed} broke a law; replay it with: ./dev sim --seed {day.seed}"
        yield from (f"  {violation}" for violation in day.violations[:3])
    if len(tally.broken) > SHOWN_MAX:
        yield f"… and {len(tally.broken) - SHOWN_MAX} more days"
    yield "violations: " + (f"{len(tally.broken)} of {tally.days} days" if tally.broken else "0")


def campaign(seeds: Sequence[int], jobs: int) -> int:
    """Run the days, show how far they are on a terminal, report."""
    tally, began = Tally(), time.monotonic()
    for day in days(seeds, jobs):
        tally.add(day)
        if sys.stderr.isatty() and tally.days % 20 == 0:
            speed = 60 * tally.days / (time.monotonic() - began)
            say(f"\r{tally.days}/{len(seeds)} days, {speed:.0f} seeds/min, {len(tally.broken)} broken ", end="")
    if sys.stderr.isatty():
        say("")
    show(report(tally, time.monotonic() - began))
    return FAILED if tally.broken or tally.unreached() else OK


def replay(seed: int) -> int:
    """One day in full: the end of its log, its digest, its marks, its violations."""
    day = simulate(seed)
    show(day.log[-LOG_SHOWN:])
    show(f"  {count:>8}  {name}" for name, count in day.marks.items())
    show((f"seed {seed}, log digest {day.digest}", *day.violations, f"violations: {len(day.violations)}"))
    return FAILED if day.violations else OK


def say(text: str, end: str = "\n") -> None:
    sys.stderr.write(text + end)
    sys.stderr.flush()


def show(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="sim", description="The crash simulation.")
    parser.add_argument("--seeds", type=int, default=200, help="how many days (default 200)")
    parser.add_argument("--start", type=int, default=0, help="the first seed (default 0)")
    parser.add_argument("--seed", type=int, help="replay this one day and show its log")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default 2)")
    given = parser.parse_args(arguments)
    if given.seed is not None:
        return replay(given.seed)
    return campaign(range(given.start, given.start + given.seeds), given.jobs)


if __name__ == "__main__":
    sys.exit(main())
