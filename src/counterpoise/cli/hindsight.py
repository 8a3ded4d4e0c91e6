"""`counterpoise ledger days | trail | proof | postings`: how does a person read what has been?"""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from typing import Annotated

import typer

from counterpoise.cli.hindsight_view import (
    DAY_COLUMNS,
    POSTING_COLUMNS,
    TRAIL_COLUMNS,
    day_row,
    posting_rows,
    print_csv,
    print_days,
    print_json,
    print_postings,
    print_proof,
    print_trail,
    trail_rows,
)
from counterpoise.cli.options import AccountOption, CsvOption, DataDirOption, JsonOption
from counterpoise.domain.numbers import exact
from counterpoise.domain.time import parse_day, parse_moment
from counterpoise.library import hindsight
from counterpoise.wiring import settings_of

DAY = "A day such as 2024-01-03, in the account's time zone."
MOMENT = "A day, or an instant such as 2024-01-03T21:00:00Z."


def show_days(
    first: Annotated[str | None, typer.Option("--from", help=DAY, show_default=False)] = None,
    last: Annotated[str | None, typer.Option("--to", help=f"{DAY} Included.", show_default=False)] = None,
    json_: JsonOption = False,
    csv_: CsvOption = False,
    data_dir: DataDirOption = None,
    account: AccountOption = None,
) -> None:
    """Show each day on which something happened, and all of them together."""
    days = (_day(first, "--from"), _day(last, "--to"))
    found = asyncio.run(hindsight.days(settings_of(data_dir), account, *days))
    with exact():
        if json_:
            print_json(found.as_json())
        elif csv_:
            print_csv(DAY_COLUMNS, (day_row(one) for one in found.days))
        else:
            print_days(found)


def show_trail(
    *,
    kind: Annotated[str | None, typer.Option("--kind", help="Only facts of this kind.", show_default=False)] = None,
    symbol: Annotated[
        str | None, typer.Option("--symbol", help="Only about this instrument.", show_default=False)
    ] = None,
    correlation: Annotated[
        str | None,
        typer.Option("--correlation", help="Only of this errand: a run, a decision, a cause.", show_default=False),
    ] = None,
    since: Annotated[str | None, typer.Option("--from", help=MOMENT, show_default=False)] = None,
    until: Annotated[str | None, typer.Option("--to", help=f"{MOMENT} Included.", show_default=False)] = None,
    json_: JsonOption = False,
    csv_: CsvOption = False,
    data_dir: DataDirOption = None,
    account: AccountOption = None,
) -> None:
    """Show who changed what, from what to what, why, and on what grounds."""
    found = asyncio.run(
        hindsight.trail(
            settings_of(data_dir),
            account,
            kind=kind,
            symbol=symbol,
            correlation=correlation,
            since=_moment(since, "--from"),
            until=_moment(until, "--to"),
        )
    )
    if json_:
        print_json(found.as_json())
    elif csv_:
        print_csv(TRAIL_COLUMNS, (row for entry in found.entries for row in trail_rows(entry)))
    else:
        print_trail(found)


def show_proof(
    start: Annotated[
        str | None, typer.Option("--from", help=f"{MOMENT} A day from its start.", show_default=False)
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help=f"{MOMENT} A day to its end.", show_default=False)] = None,
    strategy: Annotated[str | None, typer.Option("--strategy", help="Only this one.", show_default=False)] = None,
    json_: JsonOption = False,
    data_dir: DataDirOption = None,
    account: AccountOption = None,
) -> None:
    """Show why equity changed between two moments; what no cause explains ends with 1."""
    span = (_moment(start, "--from"), _moment(end, "--to"))
    found = asyncio.run(hindsight.proof(settings_of(data_dir), account, *span, strategy))
    with exact():
        if json_:
            print_json(found.as_json())
        else:
            print_proof(found)
        proof = found.proof
        if proof.unshared or any(one.residual for one in (proof.account, *proof.strategies)):
            raise typer.Exit(1)


def show_postings(
    fact_id: Annotated[str, typer.Argument(metavar="FACT_ID", help="As `counterpoise ledger` shows it.")],
    json_: JsonOption = False,
    csv_: CsvOption = False,
    data_dir: DataDirOption = None,
    account: AccountOption = None,
) -> None:
    """Show what one fact posted: amounts that sum to zero for each asset."""
    found = asyncio.run(hindsight.postings(settings_of(data_dir), account, fact_id))
    with exact():
        if json_:
            print_json(found.as_json())
        elif csv_:
            print_csv(POSTING_COLUMNS, posting_rows(found))
        else:
            print_postings(found)


def _day(text: str | None, name: str) -> date | None:
    return None if text is None else parse_day(text, name)


def _moment(text: str | None, name: str) -> date | datetime | None:
    return None if text is None else parse_moment(text, name)
