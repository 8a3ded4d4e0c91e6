"""`counterpoise export`: how do I take what is recorded elsewhere, as plain files?"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from counterpoise.cli import gains
from counterpoise.cli.options import AccountOption, DataDirOption
from counterpoise.cli.whole_file import WholeFile
from counterpoise.domain.errors import ConfigurationError
from counterpoise.library.reading import export_anchors, export_journal
from counterpoise.settings import Settings
from counterpoise.wiring import settings_of

app = typer.Typer(no_args_is_help=True, help="Write what is recorded as plain files.")
app.command("gains", short_help="Gains and losses of a year, as a tax return asks for them.")(gains.write_gains)

OutOption = Annotated[
    Path | None, typer.Option("--out", help="Write to this file instead of standard output.", show_default=False)
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace the file when it exists.")]


@app.callback()
def _root() -> None: ...


@app.command("journal", short_help="Every sealed entry of an account.")
def journal(
    account: AccountOption = None, out: OutOption = None, force: ForceOption = False, data_dir: DataDirOption = None
) -> None:
    """Write an account's entries with their seals, one line each, for `python -m counterpoise.verifier`.

    The account may be running: what it records meanwhile is left out.
    """
    settings = settings_of(data_dir)
    count = _write(lambda write: export_journal(settings, account, write), settings, out, force=force)
    _tell(count, "entry" if count == 1 else "entries", out)


@app.command("anchors", short_help="The seals that were noted beside it.")
def anchors(
    account: AccountOption = None, out: OutOption = None, force: ForceOption = False, data_dir: DataDirOption = None
) -> None:
    """Write the anchors, one line each; kept elsewhere, they find a tail that was cut off."""
    settings = settings_of(data_dir)
    count = _write(lambda write: export_anchors(settings, account, write), settings, out, force=force)
    _tell(count, "anchor" if count == 1 else "anchors", out)


Export = Callable[[Callable[[bytes], object]], Awaitable[int]]


def _write(export: Export, settings: Settings, out: Path | None, *, force: bool) -> int:
    """Run an export into a file or standard output; returns how many lines of data it wrote."""
    if out is not None:
        with WholeFile(out, keep_out_of=settings.data_dir, force=force) as file:
            return asyncio.run(_awaited(export, file.write))
    if force:
        raise typer.BadParameter("--force goes with --out")
    try:
        # A stream of our own: the last flush of sys.stdout comes when nothing can be said any more.
        with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as stream:
            return asyncio.run(_awaited(export, stream.write))
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ConfigurationError(f"standard output cannot be written ({error.strerror}); use --out") from error


async def _awaited(export: Export, write: Callable[[bytes], object]) -> int:
    return await export(write)


def _tell(count: int, what: str, out: Path | None) -> None:
    if out is not None:
        print(f"{count:,} {what} in {out}", file=sys.stderr)
