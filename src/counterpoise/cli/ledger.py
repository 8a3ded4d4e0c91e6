"""`counterpoise ledger`: which facts were recorded?"""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from counterpoise.cli.options import AccountOption, DataDirOption
from counterpoise.library.reading import print_entries
from counterpoise.wiring import settings_of


def show(
    data_dir: DataDirOption = None,
    account: AccountOption = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Only facts of this kind.", show_default=False)] = None,
    start: Annotated[int, typer.Option("--from", help="First sequence.", min=1)] = 1,
    limit: Annotated[int, typer.Option("--limit", help="At most so many.", min=1)] = 20,
) -> None:
    """Print facts as they are kept: one line of canonical JSON each."""
    asyncio.run(print_entries(settings_of(data_dir), account, kind, start, limit, print))
