"""`counterpoise import`: a user's own history, shown before it is booked."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from counterpoise.cli.account import checked_zone, held_json
from counterpoise.cli.options import AccountOption, DataDirOption, Output, OutputOption
from counterpoise.cli.summary import wants_colour
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.history import BrokenHistory, History
from counterpoise.domain.numbers import ZERO, canonical, exact
from counterpoise.domain.time import format_time
from counterpoise.library.statements import (
    ImportReport,
    Rehearsal,
    book_rehearsed,
    rehearse_history,
)
from counterpoise.settings import Settings
from counterpoise.wiring import FeeSign, HistoryForm, NumberStyle, ReadingTerms, read_history, settings_of

REFUSED, FAILURE = 2, 1
SYMBOLS_SHOWN_MAX = 12
INTERRUPTED = 130
"""What a shell shows for a command that Ctrl-C ended: 128 + SIGINT."""

TENTHS = 10
"""Plain progress says so many things at most."""

LINES_FROM = 5_000
"""Entries from which on plain progress says anything."""


def import_file(  # noqa: PLR0917 - one parameter an option
    file: Annotated[Path, typer.Argument(help="CSV or JSON of fills and cash events.")],
    form: Annotated[HistoryForm, typer.Option("--format", help="Whose columns it has.")] = HistoryForm.AUTO,
    account: AccountOption = None,
    numbers: Annotated[
        NumberStyle | None,
        typer.Option(
            "--numbers", help="us: 1,234.56; br: 1.234,56 and dd/mm/yyyy; else proved by the file.", show_default=False
        ),
    ] = None,
    time_zone: Annotated[
        str | None,
        typer.Option("--timezone", "--time-zone", help="IANA zone of times that name none.", show_default=False),
    ] = None,
    fees: Annotated[
        FeeSign | None,
        typer.Option(
            "--fees", help="Sign of commissions paid, in files of Binance; else proved by the file.", show_default=False
        ),
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Show what it would book, and book nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Book it without asking.")] = False,
    output: OutputOption = Output.TABLE,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --output json.")] = False,
    data_dir: DataDirOption = None,
) -> None:
    """Book a history of fills and cash events: Alpaca activities, Binance trades and income, or a file of our columns.

    The whole file is tried on a copy of the account first and shown; what is booked already is recognised.
    """
    zone = checked_zone(time_zone) if time_zone is not None else None
    terms = ReadingTerms(form=form, numbers=numbers, time_zone=zone, fees=fees)
    try:
        with exact():
            history = read_history(file, terms)
            wish = _Wish(preview=preview, yes=yes, is_json=as_json or output is Output.JSON)
            _carry_out(settings_of(data_dir), account, history, wish)
    except BrokenHistory as refused:
        for fault in refused.faults:
            print(f"error: {fault}", file=sys.stderr)
        print(f"error: {_told(refused)}; nothing was booked", file=sys.stderr)
        raise typer.Exit(REFUSED) from None
    except KeyboardInterrupt:
        print("interrupted; what was booked stays, and the same command goes on from there", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What the user wants done, and shown how."""

    preview: bool
    yes: bool
    is_json: bool


def _carry_out(settings: Settings, account: str | None, history: History, wish: _Wish) -> None:
    """Show what would be booked, then book it if that is wanted."""
    with _progress(len(history.entries), "trying") as step:
        rehearsal = asyncio.run(rehearse_history(settings, account, history, lambda: step(1)))
    if not wish.is_json:
        print("\n".join(_preview_lines(history, rehearsal)), flush=True)
    report = None
    if rehearsal.new and not wish.preview and (wish.yes or _confirmed(rehearsal)):
        with _progress(len(rehearsal.new), "booking") as step:
            report = asyncio.run(book_rehearsed(settings, rehearsal, step))
    if wish.is_json:
        print(json.dumps(_as_json(history, rehearsal, report), indent=2))
    elif report is not None:
        print(f"booked {report.booked:,} in account {report.account}; it has {report.sequence:,} facts now")
    elif rehearsal.new and not wish.preview:
        print("nothing was booked")


def _told(refused: BrokenHistory) -> str:
    """How many faults, and how many of them are shown."""
    more = refused.count - len(refused.faults)
    told = "1 fault" if refused.count == 1 else f"{refused.count:,} faults"
    return f"{refused.field} has {told}{f', {more:,} of them not shown' if more else ''}"


def _confirmed(rehearsal: Rehearsal) -> bool:
    """Ask whoever sits there; without anybody to ask, booking needs --yes."""
    if not sys.stdin.isatty():
        raise InvalidInput("--yes", "not given", "--yes to book it, or --preview to look only: there is nobody to ask")
    return typer.confirm(f"Book {len(rehearsal.new):,} in account {rehearsal.account}?", err=True)


def _preview_lines(history: History, rehearsal: Rehearsal) -> list[str]:
    """What would be booked, for a person."""
    entries = rehearsal.new
    lines = [f"{history.name}: {history.form}, {len(history.entries):,} entries"]
    if rehearsal.known:
        lines.append(f"  booked already  {rehearsal.known:,}")
    lines += [f"  left out        {left.rows:,} {left.what}: {left.why}" for left in history.left_out]
    if not entries:
        return [*lines, "  nothing is new"]
    lines.append(f"  new             {len(entries):,}: {_counted(rehearsal)}")
    lines.append(f"  period          {format_time(entries[0].at)[:19]} to {format_time(entries[-1].at)[:19]} UTC")
    symbols = sorted({entry.symbol for entry in entries if entry.symbol})
    if symbols:
        more = f" and {len(symbols) - SYMBOLS_SHOWN_MAX} more" if len(symbols) > SYMBOLS_SHOWN_MAX else ""
        lines.append(f"  symbols         {', '.join(symbols[:SYMBOLS_SHOWN_MAX])}{more}")
    lines.append(f"  account {rehearsal.account}, before → after:")
    return [*lines, *_changes(rehearsal), *(f"  note: {note}" for note in rehearsal.notes)]


def _changes(rehearsal: Rehearsal) -> Iterator[str]:
    before, after = rehearsal.before, rehearsal.after
    rows = [
        (f"cash {asset}", before.cash.get(asset, ZERO), after.cash.get(asset, ZERO))
        for asset in sorted({*before.cash, *after.cash})
    ]
    rows += [
        (symbol, before.positions.get(symbol, ZERO), after.positions.get(symbol, ZERO))
        for symbol in sorted({*before.positions, *after.positions})
    ]
    rows.append(("realised P&L", before.realised, after.realised))
    for name, old, new in rows:
        if old != new or name.startswith("cash"):
            yield f"    {name:<14} {canonical(old):,} → {canonical(new):,}"


def _counted(rehearsal: Rehearsal) -> str:
    counts = Counter(entry.kind.value for entry in rehearsal.new)
    return ", ".join(
        f"{kind} {count:,}" for kind, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )


def _as_json(history: History, rehearsal: Rehearsal, report: ImportReport | None) -> dict[str, object]:
    return {
        "file": history.name,
        "format": history.form,
        "account": rehearsal.account,
        "entries": len(history.entries),
        "known": rehearsal.known,
        "new": len(rehearsal.new),
        "kinds": dict(sorted(Counter(entry.kind.value for entry in rehearsal.new).items())),
        "left_out": {left.what: left.rows for left in history.left_out},
        "from": format_time(rehearsal.new[0].at) if rehearsal.new else None,
        "to": format_time(rehearsal.new[-1].at) if rehearsal.new else None,
        "symbols": sorted({entry.symbol for entry in rehearsal.new if entry.symbol}),
        "before": held_json(rehearsal.before),
        "after": held_json(rehearsal.after),
        "notes": list(rehearsal.notes),
        "booked": report.booked if report else 0,
        "facts": report.sequence if report else None,
    }


@contextmanager
def _progress(total: int, label: str) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, else a line for each tenth; the yielded function moves it on by so many."""
    if sys.stderr.isatty():
        console = Console(file=sys.stderr, no_color=not wants_colour(sys.stderr, os.environ), highlight=False)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(label, total=total)
            yield lambda done: bar.advance(task, done)
        return
    counted = _Lines(total, label)
    yield counted.step


class _Lines:
    """Says how far it is, a tenth at a time; of what is done at once, nothing."""

    def __init__(self, total: int, label: str) -> None:
        self._total, self._label = total, label
        self._done = self._told = 0

    def step(self, done: int) -> None:
        """So many more are done."""
        self._done += done
        tenth = self._done * TENTHS // self._total if self._total else TENTHS
        if tenth > self._told and self._total >= LINES_FROM:
            self._told = tenth
            print(f"{self._label}: {self._done:,} of {self._total:,}", file=sys.stderr, flush=True)
