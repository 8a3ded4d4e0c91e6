"""`counterpoise export gains`: which gains and losses does a year have, as Form 8949 asks for them?"""

from __future__ import annotations

import asyncio
import csv
import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from io import StringIO
from pathlib import Path
from typing import Annotated

import typer

from counterpoise.cli.options import AccountOption, DataDirOption
from counterpoise.cli.whole_file import WholeFile
from counterpoise.domain.accounts import LotMethod
from counterpoise.domain.numbers import (
    DIGITS_MAX,
    ONE,
    ZERO,
    divide_half_even,
    divide_half_even_18,
    exact,
    shortest,
)
from counterpoise.domain.orders import PositionSide
from counterpoise.ledger.disposals import Disposal, Term, Totals
from counterpoise.library.gains import YearOfGains, read_year_of_gains
from counterpoise.messages.sentences import counted
from counterpoise.messages.wire import Json
from counterpoise.wiring import settings_of

COLUMNS = (
    "description", "date_acquired", "date_sold", "proceeds", "cost", "code", "adjustment", "gain", "term", "held_from",
    "days_held",
)  # fmt: skip
"""(a) to (h) of Form 8949, then the part it belongs to and the days that make it so."""

WASH_SALE = "W"
CENTS = 2


class Form(StrEnum):
    """What is written."""

    CSV = "csv"
    JSON = "json"


def write_gains(
    *,
    year: Annotated[int, typer.Option("--year", help="Calendar year in the account's time zone.", min=1900, max=2999)],
    method: Annotated[
        LotMethod | None,
        typer.Option(
            "--method", help="Another order of lots than the account's own.", case_sensitive=False, show_default=False
        ),
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="CSV in cents, or JSON with every digit.")] = Form.CSV,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write to this file instead of standard output.", show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file when it exists.")] = False,
    places: Annotated[
        int, typer.Option("--places", help="Digits after the point in the CSV.", min=0, max=DIGITS_MAX)
    ] = CENTS,
    wash_sales: Annotated[
        bool,
        typer.Option("--wash-sales/--no-wash-sales", help="Apply the wash sale rule of the US (stock and securities)."),
    ] = True,
    data_dir: DataDirOption = None,
    account: AccountOption = None,
) -> None:
    """Write each disposal of a year with its dates, proceeds, cost, wash sale and gain, short-term before long-term."""
    settings = settings_of(data_dir)
    if out is None and force:
        raise typer.BadParameter("--force goes with --out")
    # Refused before anything is read, and written when all is known.
    file = None if out is None else WholeFile(out, keep_out_of=settings.data_dir, force=force)
    with exact():
        found = asyncio.run(read_year_of_gains(settings, account, year, method=method, wash_sales=wash_sales))
        text = json.dumps(as_json(found), indent=2) + "\n" if form is Form.JSON else as_csv(found, places)
        notes = tuple(found.notes())
    if file is None:
        print(text, end="")
    else:
        with file:
            file.write(text.encode())
        print(f"{counted(len(found.disposals), 'disposal')} of {year} in {out}", file=sys.stderr)
    for note in notes:
        print(f"note: {note}", file=sys.stderr)


def as_csv(found: YearOfGains, places: int) -> str:
    """Both parts, each with its totals; amounts are rounded half even, and every row and total adds up as it stands."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for term in Term:
        sums = [ZERO, ZERO, ZERO]
        for one in found.of(term):
            amounts = [divide_half_even(amount, ONE, places) for amount in (one.proceeds, one.cost, one.disallowed)]
            sums = [total + amount for total, amount in zip(sums, amounts, strict=True)]
            writer.writerow([
                _description(one, found), one.acquired_on or "", one.disposed_on, *_amounts(amounts, places), term,
                one.held_from if one.days_held else "", one.days_held,
            ])  # fmt: skip
        writer.writerow([f"total {term.lower()}-term", "", "", *_amounts(sums, places, code=False), term, "", ""])
    return text.getvalue()


def as_json(found: YearOfGains) -> Json:
    """The same with every digit; decimals are strings."""
    return {
        "account": found.account,
        "year": found.year,
        "currency": found.currency,
        "time_zone": found.time_zone,
        "lot_method": str(found.lot_method),
        "wash_sales": found.wash_sales,
        "disposals": [_row(one, found) for term in Term for one in found.of(term)],
        "totals": {str(term): _totals(found.totals(term)) for term in Term},
        "deferred": shortest(found.deferred),
        "notes": list(found.notes()),
    }


def _row(one: Disposal, found: YearOfGains) -> Json:
    return {
        "symbol": found.symbols[one.instrument],
        "instrument": one.instrument,
        "side": str(one.side),
        "quantity": shortest(one.quantity),
        "date_acquired": None if one.acquired_on is None else str(one.acquired_on),
        "date_opened": None if one.opened_on is None else str(one.opened_on),
        "date_sold": str(one.disposed_on),
        "held_from": str(one.held_from),
        "days_held": one.days_held,
        "term": str(one.term),
        "proceeds": shortest(one.proceeds),
        "cost": shortest(one.cost),
        "carried": shortest(one.carried),
        "code": WASH_SALE if one.disallowed else "",
        "adjustment": shortest(one.disallowed),
        "gain": shortest(one.tax_gain),
        "currency_gain": shortest(divide_half_even_18(one.currency_gain, ONE)),
        "opened_by": one.origin,
        "closed_by": one.closed_by,
    }


def _totals(sums: Totals) -> Json:
    return {
        "proceeds": shortest(sums.proceeds),
        "cost": shortest(sums.cost),
        "adjustment": shortest(sums.disallowed),
        "gain": shortest(sums.tax_gain),
    }


def _amounts(amounts: list[Decimal], places: int, *, code: bool = True) -> Iterator[str]:
    """Columns (d) to (h): proceeds, cost, code, adjustment, and the gain that these three make."""
    proceeds, cost, disallowed = amounts
    yield _cut(proceeds, places)
    yield _cut(cost, places)
    yield WASH_SALE if disallowed and code else ""
    yield _cut(disallowed, places) if disallowed or not code else ""
    yield _cut(proceeds - cost + disallowed, places)


def _description(one: Disposal, found: YearOfGains) -> str:
    short = " short" if one.side is PositionSide.SHORT else ""
    return f"{shortest(one.quantity)} {found.symbols[one.instrument]}{short}"


def _cut(value: Decimal, places: int) -> str:
    return f"{value or ZERO:.{places}f}"
