"""How does a person read the end of a replay, and see that one is still running?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from io import StringIO
from typing import TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from counterpoise.domain.numbers import ONE, PLAIN_LENGTH_MAX, ZERO, divide_half_even, exact

WIDTH = 80
ABSENT = "–"
"""What is shown where nothing is known; an absent figure is never a zero."""

_SCREEN_PLACES = 2
_PLAIN = re.compile(rf"-?[0-9]{{1,{PLAIN_LENGTH_MAX}}}(?:\.[0-9]{{1,{PLAIN_LENGTH_MAX}}})?", re.ASCII)
_ROWS: tuple[tuple[str, str], ...] = (
    ("days", "days"),
    ("seconds", "seconds"),
    ("final_equity", "final equity"),
    ("time_weighted_return_pct", "time-weighted return, %"),
    ("max_drawdown_pct", "largest drawdown, %"),
    ("rebalances", "rebalances"),
    ("orders", "orders"),
    ("fills", "fills"),
    ("partial_fills", "partial fills"),
    ("fees", "fees"),
    ("unknowns", "orders of unknown outcome"),
    ("stale_cells", "stale prices"),
    ("mode_changes", "changes of risk mode"),
    ("commits", "commits"),
)
_PROOF: tuple[tuple[str, str, str], ...] = (
    ("equity_proof_residual", "equity proof, residual", "0"),
    ("verify", "journal", "ok"),
)
"""Key, words, and the one good answer."""


def wants_colour(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether colour is welcome: a terminal that is not dumb, and no NO_COLOR (no-color.org: set and not empty)."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def render_summary(summary: Mapping[str, object], *, colour: bool = False, width: int = WIDTH) -> str:
    """The summary object of a replay as a table of at most 80 columns.

    Figures are rounded to two places for the screen; `--output json` has every digit. Proofs are shown as
    they are. A key that is missing is shown as absent.
    """
    table = Table(box=SIMPLE_HEAD, show_header=False, width=min(width, WIDTH), padding=(0, 1))
    table.add_column("figure", style="bold")
    table.add_column("value", justify="right", overflow="fold")
    for key, words in _ROWS:
        if key in summary or key != "stale_cells":
            table.add_row(words, _figure(summary.get(key)))
    _add_judgements(table, summary)
    table.add_section()
    for key, words, good in _PROOF:
        said = str(summary.get(key, ABSENT))
        table.add_row(words, Text(said, style="green" if said == good else "bold red"))
    digest = str(
        summary.get("replay_digest", ABSENT)
    )  # on a line of its own: too long for a cell, and made to be copied
    return f"{_drawn(table, colour=colour)}\n  replay digest\n  {digest}\n"


@contextmanager
def progress(total: int, label: str, stream: TextIO, *, colour: bool = False) -> Iterator[Callable[[], None]]:
    """A bar that the yielded function moves on by one; on a stream that is no terminal nothing is written."""
    console = Console(file=stream, no_color=not colour, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not stream.isatty(), transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda: bar.advance(task)


def _add_judgements(table: Table, summary: Mapping[str, object]) -> None:
    """What the gate said, and below it why it said no, the commonest reason first."""
    judged = _mapping(summary.get("judged"))
    table.add_section()
    for answer in ("approved", "denied"):
        table.add_row(f"candidates {answer}", _figure(judged.get(answer)))
    reasons = _mapping(summary.get("denials"))
    for reason, count in sorted(reasons.items(), key=lambda item: (-int(str(item[1])), item[0])):
        table.add_row(Text(f"  {reason}", style="dim"), Text(_figure(count), style="dim"))


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _figure(value: object) -> str:
    """A number for the screen: thousands apart, two places at most, and whole numbers whole."""
    if value is None:
        return ABSENT
    if isinstance(value, int):
        return f"{value:,}"
    if not _PLAIN.fullmatch(str(value)):
        return str(value)
    with exact():  # exact figures have more digits than the context of a terminal program
        rounded = divide_half_even(Decimal(str(value)), ONE, _SCREEN_PLACES)
    return f"{rounded or ZERO:,.{_SCREEN_PLACES}f}"


def _drawn(table: Table, *, colour: bool) -> str:
    page = StringIO()
    console = Console(
        file=page,
        width=WIDTH,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        highlight=False,
        emoji=False,
        markup=False,
    )
    console.print(table)
    lines = page.getvalue().splitlines()
    return "\n".join(line.rstrip() for line in lines).strip("\n") + "\n"
