"""How long does the whole loop take, in time and memory, and does its cost grow with days and symbols in a line?

Each run is a process of its own: the full sample, headless and durable, verification in a second process included.
Beside it in the same run, the physical limit: plain sqlite3 that makes as many durable commits of the same rows,
and does nothing else.
"""

import json
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import closing
from decimal import Decimal
from pathlib import Path

from counterpoise.adapters.journals.database import open_for_writing
from counterpoise.adapters.journals.sqlite import INSERT
from counterpoise.demo.market import sample_prices
from counterpoise.wiring import read_prices

ROUNDS = 3
SECONDS_MAX = 15
MEGABYTES_MAX = 200
DAYS = (818, 1_635, 3_270)
SYMBOLS = (5, 10, 20, 40)
FULL = 3_270
# VmHWM and not ru_maxrss: the latter is inherited across exec.
CHILD = """
import sys, re
sys.argv = ["counterpoise", *sys.argv[1:]]
from counterpoise.cli.main import main
try:
    main()
except SystemExit as end:
    code = end.code
peak = re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())
print(peak.group(1), file=sys.stderr)
sys.exit(code)
"""


def run(arguments: Iterable[str], folder: Path) -> tuple[float, float, dict[str, object]]:
    """Seconds of the whole process, megabytes at its peak, and its summary."""
    command = [sys.executable, "-c", CHILD, *arguments, "--output", "json", "--data-dir", str(folder)]
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "NO_COLOR": "1"})  # noqa: S603 - our own command
    seconds = time.perf_counter() - begun
    return seconds, int(done.stderr.split()[-1]) / 1024, json.loads(done.stdout)


def limit(folder: Path, scratch: Path, commits: int) -> float:
    """Seconds that plain sqlite3 takes for the journal's own rows in as many durable commits."""
    with closing(sqlite3.connect(folder / "journal.db")) as source:
        columns = INSERT.split("(", 1)[1].split(")", 1)[0]
        rows = source.execute(f"SELECT {columns} FROM entries ORDER BY sequence").fetchall()  # noqa: S608 - our own words
    with closing(open_for_writing(scratch / "plain.db", 5)) as target:
        size = max(1, round(len(rows) / commits))
        begun = time.perf_counter()
        for start in range(0, len(rows), size):
            target.execute("BEGIN")
            target.executemany(INSERT, rows[start : start + size])
            target.execute("COMMIT")
        return time.perf_counter() - begun


def full() -> None:
    """The full sample, several times, beside the limit."""
    seconds, peaks, floors = [], [], []
    summary: dict[str, object] = {}
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as name:
            folder, scratch = Path(name) / "data", Path(name) / "scratch"
            scratch.mkdir()
            took, peak, summary = run(["demo", "--headless"], folder)
            seconds.append(took)
            peaks.append(peak)
            floors.append(limit(folder, scratch, int(str(summary["commits"]))))
    took, floor, peak = statistics.median(seconds), statistics.median(floors), max(peaks)
    print(f"full sample, 3,270 days x 20 shares, verification included, {ROUNDS} runs")
    print(
        f"  synchronous read back   {summary['synchronous']}, {summary['commits']:,} commits, "
        f"verify {summary['verify']}"
    )
    print(f"  seconds                 {took:8.2f}  ({min(seconds):.2f} - {max(seconds):.2f}; aim {SECONDS_MAX})")
    print(f"  sqlite3, same commits   {floor:8.2f}  ({min(floors):.2f} - {max(floors):.2f}); ratio {took / floor:.1f}")
    print(f"  peak megabytes          {peak:8.0f}  (aim {MEGABYTES_MAX})")


def by_days() -> None:
    """Cost against days; linear when the last column stands still."""
    print("days          seconds   ms a day")
    for days in DAYS:
        with tempfile.TemporaryDirectory() as name:
            took, _, summary = run(["demo", "--headless", "--days", str(days)], Path(name) / "data")
        assert summary["days"] == days
        print(f"  {days:6,}     {took:8.2f}   {1000 * took / days:8.2f}")


def by_symbols() -> None:
    """Cost against symbols, every one of them a target; linear when the last column falls or stands still."""
    with sample_prices() as path:
        history = read_prices(path)
    print("symbols       seconds   ms a symbol and day, beside the first")
    first: tuple[int, float] | None = None
    for count in SYMBOLS:
        with tempfile.TemporaryDirectory() as name:
            prices, targets = Path(name) / "prices.csv", Path(name) / "targets.csv"
            names = [f"{history.symbols[n % 20]}{'' if n < 20 else n}" for n in range(count)]
            rows = (
                f"{day},{','.join(str(row[n % 20]) for n in range(count))}"
                for day, row in zip(history.days, history.rows, strict=True)
            )
            prices.write_text(f"date,{','.join(names)}\n" + "\n".join(rows) + "\n", encoding="utf-8")
            share = Decimal(90) / count
            text = "".join(f"{symbol},{share:f}\n" for symbol in names)
            targets.write_text(f"symbol,target_percent\nCASH,10\n{text}", encoding="utf-8")
            arguments = ["replay", "--prices", str(prices), "--targets", str(targets), "--threshold", "1"]
            took, _, _ = run(arguments, Path(name) / "data")
        first = first or (count, took)
        marginal = 0.0 if count == first[0] else 1000 * (took - first[1]) / (count - first[0]) / FULL
        print(f"  {count:6,}     {took:8.2f}   {marginal:8.4f}")


if __name__ == "__main__":
    print(f"python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}")
    full()
    by_days()
    by_symbols()
