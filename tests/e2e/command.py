"""How do the end-to-end tests run the real command, and with what?"""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from counterpoise.demo.market import sample_prices
from counterpoise.domain.price_history import PriceHistory
from counterpoise.wiring import read_prices

SECONDS_MAX = 120
COMMAND = (sys.executable, "-m", "counterpoise")
SYMBOLS = ("AAPL", "JNJ", "KO", "XOM")
TARGETS = "symbol,target_percent\nAAPL,40\nKO,30\nCASH,30\n"


def environment(home: Path, **more: str) -> dict[str, str]:
    """Of a user who has set nothing; nothing of the machine that runs the tests gets in."""
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), "LANG": "C.UTF-8", **more}


def run(arguments: Sequence[str], folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run `counterpoise` with these arguments in `folder`."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(folder, **more),
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )


def rows(data: Path) -> list[tuple[object, ...]]:
    """Every column of every entry in a data folder."""
    with closing(sqlite3.connect(data / "journal.db")) as connection:
        return connection.execute("SELECT * FROM entries ORDER BY account, sequence").fetchall()


def sample() -> PriceHistory:
    """The shipped prices."""
    with sample_prices() as path:
        return read_prices(path)


def wide(days: int, replaced: Mapping[tuple[int, str], str] | None = None) -> str:
    """The first days of four shares as a wide CSV; cells by (row from 0, column) replaced by other text."""
    history, other = sample(), dict(replaced or {})
    lines = [",".join(("date", *SYMBOLS))]
    for number in range(days):
        prices = history.traded_on(number)
        day = other.get((number, "date"), str(history.days[number]))
        lines.append(",".join((day, *(other.get((number, name), str(prices[name])) for name in SYMBOLS))))
    return "\n".join(lines) + "\n"
