"""`counterpoise ledger corporate`: what changed a holding without a trade?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from counterpoise.cli.booked import AtOption, CurrencyOption, ReferenceOption, read_time, tell
from counterpoise.cli.options import AccountOption, DataDirOption, JsonOption
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.facts import CashInLieu, SpinOff, Split, SymbolChange
from counterpoise.domain.instruments import read_symbol
from counterpoise.domain.numbers import parse
from counterpoise.library.plane import Counterpoise

Action = Split | SymbolChange | SpinOff | CashInLieu

app = typer.Typer(no_args_is_help=True, help="Splits, new symbols, spin-offs and cash for fractions.")

SymbolArgument = Annotated[str, typer.Argument(help="What is held.")]


@app.callback()
def _root() -> None: ...


@app.command("split", short_help="Units for units: 2:1, 1:10.")
def split(
    symbol: SymbolArgument,
    ratio: Annotated[str, typer.Argument(help="Units after : units before, such as 2:1 or 1:10.")],
    *,
    reference: ReferenceOption,
    at: AtOption = None,
    data_dir: DataDirOption = None,
    account: AccountOption = None,
    json: JsonOption = False,
) -> None:
    """Book a split; value and cost stay. Working orders on the symbol are cancelled."""
    after, colon, before = ratio.partition(":")
    if not colon:
        raise InvalidInput("RATIO", ratio, "units after : units before, such as 2:1 or 1:10")
    action = Split(numerator=parse(after, "RATIO"), denominator=parse(before, "RATIO"))
    _tell("split", symbol, lambda _: action, reference, at, data_dir, account, as_json=json)


@app.command("symbol-change", short_help="Another symbol for the same thing.")
def symbol_change(
    symbol: SymbolArgument,
    new: Annotated[str, typer.Argument(help="The symbol from then on.")],
    *,
    reference: ReferenceOption,
    at: AtOption = None,
    data_dir: DataDirOption = None,
    account: AccountOption = None,
    json: JsonOption = False,
) -> None:
    """Book a new symbol; position, lots and targets follow it."""
    action = SymbolChange(symbol=read_symbol(new, "NEW"))
    _tell("symbol-change", symbol, lambda _: action, reference, at, data_dir, account, as_json=json)


@app.command("spin-off", short_help="Units of another instrument that came.")
def spin_off(
    symbol: SymbolArgument,
    child: Annotated[str, typer.Argument(help="The symbol that came; the account knows it.")],
    quantity: Annotated[str, typer.Argument(help="Its units.")],
    *,
    cost_fraction: Annotated[str, typer.Option("--cost-fraction", help="Part of the cost that goes along, 0 to 1.")],
    reference: ReferenceOption,
    at: AtOption = None,
    data_dir: DataDirOption = None,
    account: AccountOption = None,
    json: JsonOption = False,
) -> None:
    """Book a spin-off; a part of the cost and the dates of acquisition go along."""
    name, units = read_symbol(child, "CHILD"), parse(quantity, "QUANTITY")
    part = parse(cost_fraction, "--cost-fraction")

    def action(plane: Counterpoise) -> Action:
        known = plane.view.state.symbols.get(name)
        if known is None:
            raise InvalidInput("CHILD", name, "a symbol of this account")
        return SpinOff(child=known, quantity=units, cost_fraction=part)

    _tell("spin-off", symbol, action, reference, at, data_dir, account, as_json=json)


@app.command("cash-in-lieu", short_help="Cash for a fraction of a unit.")
def cash_in_lieu(
    symbol: SymbolArgument,
    quantity: Annotated[str, typer.Argument(help="The fraction that was given up.")],
    amount: Annotated[str, typer.Argument(help="The cash for it.")],
    *,
    reference: ReferenceOption,
    currency: CurrencyOption = "",
    at: AtOption = None,
    data_dir: DataDirOption = None,
    account: AccountOption = None,
    json: JsonOption = False,
) -> None:
    """Book cash for a fraction: a sale without an order."""
    units, cash = parse(quantity, "QUANTITY"), parse(amount, "AMOUNT")

    def action(plane: Counterpoise) -> Action:
        return CashInLieu(quantity=units, amount=cash, asset=currency.upper() or plane.view.state.base)

    _tell("cash-in-lieu", symbol, action, reference, at, data_dir, account, as_json=json)


def _tell(
    verb: str,
    symbol: str,
    action: Callable[[Counterpoise], Action],
    reference: str,
    at: str | None,
    data_dir: Path | None,
    account: str | None,
    *,
    as_json: bool,
) -> None:
    name, when = read_symbol(symbol, "SYMBOL"), read_time(at)

    tell(
        f"corporate {verb}",
        lambda plane: plane.record_corporate_action(name, action(plane), reference, at=when),
        data_dir,
        account,
        as_json=as_json,
    )
