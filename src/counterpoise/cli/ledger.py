"""`counterpoise ledger`: which facts were recorded, and what do they come to?"""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from counterpoise.cli import amend, corporate, hindsight, record
from counterpoise.cli.options import AccountOption, DataDirOption
from counterpoise.domain.errors import InvalidInput
from counterpoise.library.reading import print_entries
from counterpoise.wiring import settings_of

app = typer.Typer(help="Recorded facts, one line each; what they come to, and what a person may add to them.")
app.command("record", short_help="Cash that moved without an order.")(record.record_flow)
app.command("transfer", short_help="Cash between two accounts of yours.")(record.transfer)
app.command("rate", short_help="What a currency is worth.")(record.record_rate)
app.command("allot", short_help="Cash or units from one strategy's book to another's.")(record.allot)
app.command("bust", short_help="A fill that never was.")(amend.bust)
app.command("correct", short_help="A fill that was otherwise.")(amend.correct)
app.command("choose", short_help="Which lots a closing fill takes.")(amend.choose)
app.add_typer(corporate.app, name="corporate", short_help="Splits, new symbols, spin-offs, cash in lieu.")
app.command("days", short_help="Each day: trades, fees, profit, balances.")(hindsight.show_days)
app.command("trail", short_help="Who changed what, when and why.")(hindsight.show_trail)
app.command("proof", short_help="Why equity changed, to the last digit.")(hindsight.show_proof)
app.command("postings", short_help="What one fact posted.")(hindsight.show_postings)


@app.callback(invoke_without_command=True)
def show(
    context: typer.Context,
    data_dir: DataDirOption = None,
    account: AccountOption = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Only facts of this kind.", show_default=False)] = None,
    start: Annotated[int, typer.Option("--from", help="First sequence.", min=1)] = 1,
    limit: Annotated[int, typer.Option("--limit", help="At most so many.", min=1)] = 20,
) -> None:
    """Print facts as they are kept, one line of canonical JSON each; commands say what they come to, or add some."""
    if context.invoked_subcommand is None:
        asyncio.run(print_entries(settings_of(data_dir), account, kind, start, limit, print))
        return
    given = {"--data-dir": data_dir, "--account": account, "--kind": kind}
    for name, value in given.items():
        if value is not None:  # else it would be read and not used
            raise InvalidInput(name, str(value), f"after `{context.invoked_subcommand}`, whose option it then is")
