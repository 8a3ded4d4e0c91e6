"""`counterpoise db`: where is the journal, which tables has it, and who writes there?"""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from counterpoise.cli.options import DataDirOption, Output, OutputOption
from counterpoise.domain.errors import InvalidInput
from counterpoise.wiring import (
    DatabaseStatus,
    downgrade_database,
    journal_of,
    revisions,
    settings_of,
    upgrade_database,
)

WIDTH = 120
ABSENT = "–"
BASE = "base"
UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")
UNIT_BITS = 10

app = typer.Typer(no_args_is_help=True, help="The database of the journal: its tables, its accounts, its writers.")


@app.callback()
def _root() -> None: ...


@app.command("status", short_help="Where the journal is, its revision, its accounts.")
def status(output: OutputOption = Output.TABLE, data_dir: DataDirOption = None) -> None:
    """Show the journal's database; makes and changes nothing. Ends with 1 when its tables are not of this version."""
    found = journal_of(settings_of(data_dir)).status()
    if output is Output.JSON:
        print(json.dumps(_as_json(found), indent=2))
    else:
        _print(found)
    if not found.is_current:
        raise typer.Exit(1)


@app.command("upgrade", short_help="Make the tables, or bring them forward.")
def upgrade(
    revision: Annotated[str | None, typer.Argument(help="The newest unless stated.", show_default=False)] = None,
    data_dir: DataDirOption = None,
) -> None:
    """Bring the journal's tables to REVISION. Facts stay as they are; a start does the same by itself."""
    settings = settings_of(data_dir)
    chosen, known = journal_of(settings), revisions()
    wanted = known[-1] if revision is None else _known(revision, known)
    before = chosen.status().revision
    if before == wanted:
        print(f"{chosen.place.shown} has revision {wanted} already")
        return
    if before is not None and known.index(_ours(before, known)) > known.index(wanted):
        raise InvalidInput("REVISION", wanted, f"later than {before}, which it has; `db downgrade {wanted}` goes back")
    upgrade_database(settings, wanted)
    print(f"{chosen.place.shown}: revision {before or 'none'} → {wanted}")


@app.command("downgrade", short_help="Take tables back to an earlier revision.")
def downgrade(
    revision: Annotated[str, typer.Argument(help="An earlier one, or `base`, which removes the tables.")],
    discard_facts: Annotated[
        bool, typer.Option("--discard-facts", help="Throw recorded facts away for ever, should the tables go.")
    ] = False,
    data_dir: DataDirOption = None,
) -> None:
    """Take the journal's tables back to REVISION, for an older version of the program.

    Facts are not thrown away unasked. Key and anchors stay in the data folder.
    """
    settings = settings_of(data_dir)
    chosen, known = journal_of(settings), revisions()
    wanted = revision if revision == BASE else _known(revision, known)
    before = chosen.status().revision
    if before is None:
        print(f"{chosen.place.shown} has no tables: nothing to take back")
        return
    if wanted != BASE and known.index(_ours(before, known)) <= known.index(wanted):
        raise InvalidInput("REVISION", wanted, f"earlier than {before}, which it has")
    downgrade_database(settings, wanted, discard_facts=discard_facts)
    print(f"{chosen.place.shown}: revision {before} → {'none, the tables are gone' if wanted == BASE else wanted}")


def _known(revision: str, known: tuple[str, ...]) -> str:
    if revision not in known:
        raise InvalidInput("REVISION", revision, f"one of {', '.join(known)}")
    return revision


def _ours(revision: str, known: tuple[str, ...]) -> str:
    if revision not in known:
        raise InvalidInput(
            "journal", f"revision {revision}", f"made by a newer version; this one knows {known[-1]}: install that one"
        )
    return revision


def _as_json(found: DatabaseStatus) -> dict[str, object]:
    return {
        "journal": found.place,
        "software": found.software,
        "revision": found.revision,
        "newest_revision": found.newest,
        "is_current": found.is_current,
        "size_bytes": found.size_bytes,
        "settings": dict(found.settings),
        "accounts": [
            {
                "account": kept.account,
                "entries": kept.sequence,
                "epoch": kept.epoch,
                "recorded_at": kept.recorded_at,
                "writer": kept.writer or None,
            }
            for kept in found.accounts
        ],
    }


def _print(found: DatabaseStatus) -> None:
    print(f"journal   {found.place}")
    print(f"software  {found.software}")
    print(f"tables    {_tables(found)}")
    if found.settings:
        print(f"settings  {', '.join(f'{name} {value}' for name, value in found.settings.items())}")
    if found.revision is not None:
        print(f"size      {_size(found.size_bytes)}")
    if not found.accounts:
        print("accounts  none yet")
        return
    print()
    table = Table(box=None, pad_edge=False)
    for name in ("account", "entries", "epoch", "last recorded", "written by"):
        table.add_column(name, justify="right" if name in {"entries", "epoch"} else "left", overflow="fold")
    for kept in found.accounts:
        table.add_row(kept.account, f"{kept.sequence:,}", f"{kept.epoch:,}", kept.recorded_at, kept.writer or ABSENT)
    Console(file=sys.stdout, width=WIDTH, highlight=False, markup=False).print(table)


def _tables(found: DatabaseStatus) -> str:
    if found.revision is None:
        return f"none; `counterpoise db upgrade` makes revision {found.newest}, and so does a first start"
    if found.is_current:
        return f"revision {found.revision}, the newest"
    return f"revision {found.revision}; this version works with {found.newest}"


def _size(count: int) -> str:
    unit = 0
    while count >> (UNIT_BITS * (unit + 1)) and unit + 1 < len(UNITS):
        unit += 1
    return f"{count >> (UNIT_BITS * unit):,} {UNITS[unit]}"
