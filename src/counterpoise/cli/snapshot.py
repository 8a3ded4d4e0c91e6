"""`counterpoise snapshot`: what does an account hold, and what is it worth at its recorded marks?"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from counterpoise.cli.hindsight import MOMENT
from counterpoise.cli.options import AccountOption, DataDirOption, JsonOption, Output, OutputOption
from counterpoise.domain.numbers import exact, plain
from counterpoise.domain.time import format_time, parse_moment
from counterpoise.library.hindsight import read_overview_at
from counterpoise.library.reading import read_overview
from counterpoise.wiring import settings_of


def show(
    output: OutputOption = Output.TABLE,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help=f"What was then: {MOMENT}", show_default=False),
    ] = None,
    known_at: Annotated[
        str | None,
        typer.Option("--known-at", help=f"By what was recorded then: {MOMENT}", show_default=False),
    ] = None,
    json_: JsonOption = False,
    data_dir: DataDirOption = None,
    account: AccountOption = None,
) -> None:
    """Show equity, cash and positions as the journal has them; at a moment, and as they were known at another."""
    moments = [
        None if text is None else parse_moment(text, name)
        for name, text in (("--as-of", as_of), ("--known-at", known_at))
    ]
    with exact():
        if any(moments):
            seen = asyncio.run(read_overview_at(settings_of(data_dir), account, *moments))
        else:
            seen = asyncio.run(read_overview(settings_of(data_dir), account))
        if json_ or output is Output.JSON:
            print(json.dumps(seen.as_json(), indent=2))
            return
        snapshot = seen.overview.snapshot
        print(f"{snapshot.account} at {format_time(snapshot.as_of)}{', stale: prices of then' if seen.stale else ''}")
        if known_at is not None:
            print(f"by what was known at {known_at}")
        print(f"equity {snapshot.total_equity:,.2f}  cash {snapshot.cash_balance:,.2f}  mode {seen.overview.mode}")
        table = Table(box=None, pad_edge=False)
        for name in ("symbol", "size", "entry", "mark", "exposure", "unrealised"):
            table.add_column(name, justify="left" if name == "symbol" else "right")
        for held in snapshot.positions:
            mark = "–" if held.current_price is None else plain(held.current_price)
            table.add_row(
                held.symbol,
                f"{held.size:,.4f}",
                f"{held.entry_price:,.4f}",
                mark,
                f"{held.exposure:,.2f}",
                f"{held.unrealized_pnl:,.2f}",
            )
        Console(file=sys.stdout, width=80, highlight=False).print(table)
