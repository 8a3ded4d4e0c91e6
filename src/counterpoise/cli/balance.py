"""`counterpoise balance`: how much have I, how do you know, and what may be bought for it?"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from counterpoise.cli.options import AccountOption, DataDirOption, Output, OutputOption
from counterpoise.domain.balances import Balance
from counterpoise.domain.instruments import read_symbol
from counterpoise.domain.numbers import exact, parse, shortest, whole_steps
from counterpoise.domain.time import format_time
from counterpoise.ledger.balances import AUTO
from counterpoise.library.reading_balances import read_affordable, read_balance, read_size
from counterpoise.messages.balances import balance_message
from counterpoise.messages.wire import to_json
from counterpoise.wiring import settings_of

WIDTH = 80
NOT_AFFORDABLE = 1

app = typer.Typer(help="How much is there, who says so, how old is that, and what may be done on it?")

JsonOption = Annotated[bool, typer.Option("--json", help="The same as --output json.")]
PriceOption = Annotated[str, typer.Option("--price", help="Per unit, above 0.")]


@app.callback(invoke_without_command=True)
def show(
    context: typer.Context,
    source: Annotated[
        str, typer.Option("--source", help="auto, broker, ledger, history or opening; one that fails is an error.")
    ] = AUTO,
    output: OutputOption = Output.TABLE,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
    account: AccountOption = None,
) -> None:
    """Show the balance as the journal has it, with its source, its age and what it may be used for."""
    if context.invoked_subcommand is not None:
        return
    with exact():
        seen = asyncio.run(read_balance(settings_of(data_dir), account, source))
        if as_json or output is Output.JSON:
            _print_json(balance_message(seen))
        else:
            _print_balance(seen)


@app.command("size", short_help="Units for one trade, and what limits them.")
def size(
    *,
    risk: Annotated[str, typer.Option("--risk", help="Fraction of the free cash that the stop may cost: 0.02 is 2 %.")],
    stop: Annotated[str, typer.Option("--stop", help="Between entry and stop, per unit, above 0.")],
    price: PriceOption,
    symbol: Annotated[
        str | None, typer.Option("--symbol", help="Whose lot and currency count; else whole units.", show_default=False)
    ] = None,
    lot: Annotated[
        str | None, typer.Option("--lot", help="Smallest step, instead of the symbol's.", show_default=False)
    ] = None,
    output: OutputOption = Output.TABLE,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
    account: AccountOption = None,
) -> None:
    """Size a trade: min(cash × risk ÷ stop, cash × 0.95 ÷ price), floored to the lot."""
    with exact():
        asked = (
            parse(risk, "--risk"),
            parse(stop, "--stop"),
            parse(price, "--price"),
            None if symbol is None else read_symbol(symbol, "--symbol"),
            None if lot is None else parse(lot, "--lot"),
        )
        answer = asyncio.run(read_size(settings_of(data_dir), account, *asked))
        if as_json or output is Output.JSON:
            _print_json(dict(answer))
            return
        print(f"{shortest(answer.position_size)} units, limited by {answer.limited_by}")
        _print_rows(
            {
                "free cash": _money(answer.available_cash),
                "value": _money(answer.value),
                "lost at the stop": _money(answer.risk_amount),
                "lot": shortest(answer.lot),
                "usable for": answer.usable_for,
            }
        )


@app.command("afford", short_help="Can a purchase be paid for, and what is missing?")
def afford(
    symbol: Annotated[str, typer.Argument(help="What to buy.")],
    quantity: Annotated[str, typer.Argument(help="Units, above 0.")],
    price: PriceOption,
    collar: Annotated[
        str | None,
        typer.Option("--collar-pct", help="Percent above the mark that room is held for.", show_default=False),
    ] = None,
    output: OutputOption = Output.TABLE,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
    account: AccountOption = None,
) -> None:
    """Say whether a purchase can be paid for with its fees, beside all open orders; ends with 1 when it cannot."""
    with exact():
        asked = (
            read_symbol(symbol, "SYMBOL"),
            parse(quantity, "QUANTITY"),
            parse(price, "--price"),
            None if collar is None else parse(collar, "--collar-pct"),
        )
        answer = asyncio.run(read_affordable(settings_of(data_dir), account, *asked))
        if as_json or output is Output.JSON:
            _print_json(dict(answer))
        else:
            told = "affordable" if answer.affordable else f"not affordable: {_money(answer.shortage)} is missing"
            print(f"{answer.symbol}: {told}")
            _print_rows(
                {
                    f"need, {answer.currency}": _money(answer.need),
                    "of it fees": _money(answer.fees),
                    "available": _money(answer.available),
                    "held by open orders": _money(answer.reserved),
                    "not settled yet": _money(answer.unsettled),
                    "usable for": answer.usable_for,
                }
            )
    if not answer.affordable:
        raise typer.Exit(NOT_AFFORDABLE)


def age_in_words(age: timedelta) -> str:
    """How old, to two places: `42 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`."""
    steps = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("min", timedelta(minutes=1)), ("s", _SECOND))
    told: list[str] = []
    for name, step in steps:
        count = whole_steps(age, step)
        age -= count * step
        if count or told:
            told.append(f"{count} {name}" if count else "")
        if len(told) == 2:  # noqa: PLR2004 - two places, as the docstring says
            break
    return " ".join(filter(None, told)) or "0 s"


_SECOND = timedelta(seconds=1)


def _print_balance(seen: Balance) -> None:
    details = seen.details
    label = " (paper money)" if details.paper else ""
    print(f"{details.account}: {_money(seen.amount)} {seen.currency}{label}")
    rows = {
        "source": f"{seen.source}, {seen.confidence} confidence",
        "as of": f"{format_time(seen.as_of)}, {age_in_words(seen.age)} ago",
        "usable for": str(seen.usable_for),
        "equity": _money(seen.equity),
        "buying power": _money(seen.buying_power),
        "held by open orders": _money(seen.reserved),
        "settled cash": _money(seen.settled_cash),
    }
    _print_rows(rows)
    print(f"{seen.usable_for}: {details.why}.")
    for item in details.failed:
        print(f"not from {item.source}: {item.why}.")
    for other in details.others:
        print(f"{other.source} says {_money(other.amount)} of {format_time(other.as_of)}.")
    if details.disagreement:
        print(f"the sources disagree: {details.disagreement}.")
    for found in details.breaks:
        print(f"open break, {found.kind} {found.subject}: {found.detail or 'the venue differs'}.")


def _print_rows(rows: Mapping[str, str]) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in rows.items():
        table.add_row(name, value)
    Console(file=sys.stdout, width=WIDTH, highlight=False, markup=False).print(table)


def _print_json(value: object) -> None:
    print(json.dumps(to_json(value), indent=2))


def _money(value: Decimal | None) -> str:
    return "not said" if value is None else f"{value:,.2f}"
