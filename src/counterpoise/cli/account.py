"""`counterpoise account`: open an account that only tells what happened elsewhere, and look at one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import typer

from counterpoise.cli.options import AccountOption, DataDirOption, Output, OutputOption
from counterpoise.domain.accounts import AccountKind, LotMethod, lot_method_of
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.numbers import ZERO, canonical, exact, parse, shortest
from counterpoise.domain.time import zone
from counterpoise.library.opening import Opening
from counterpoise.library.statements import AccountCard, Held, beginning_of, open_in_folder, read_account
from counterpoise.wiring import settings_of, system_clock

app = typer.Typer(help="Accounts of the data folder.", no_args_is_help=True)

ASSET_LENGTHS = (2, 11)
"""Shortest code of an asset, and the first length that none has."""


class Kind(StrEnum):
    """How equity is made up."""

    CASH = "cash"
    MARGIN = "margin"
    FUTURES = "futures"


class Method(StrEnum):
    """Which lots a sale closes first."""

    FIFO = "fifo"
    LIFO = "lifo"
    HIFO = "hifo"
    AVERAGE = "average"
    SPECIFIC = "specific"


@app.command("open")
def open_account(
    name: Annotated[str, typer.Argument(help="Names it in the data folder.")],
    kind: Annotated[Kind, typer.Option("--kind", help="How its equity is made up.")] = Kind.CASH,
    currency: Annotated[str, typer.Option("--currency", help="What its equity is counted in.")] = "USD",
    time_zone: Annotated[
        str, typer.Option("--timezone", "--time-zone", help="IANA zone in which its days begin.")
    ] = "America/New_York",
    method: Annotated[
        Method | None,
        typer.Option("--method", help="Lots that a sale closes; average for futures, else fifo.", show_default=False),
    ] = None,
    opening_cash: Annotated[str, typer.Option("--opening-cash", help="Cash that was there at the beginning.")] = "0",
    since: Annotated[
        str | None,
        typer.Option("--since", help="The day of that beginning, such as 2020-01-31; today.", show_default=False),
    ] = None,
    data_dir: DataDirOption = None,
) -> None:
    """Open an account without a venue: it never trades and tells what happened elsewhere; see `counterpoise import`."""
    with exact():
        cash = parse(opening_cash, "--opening-cash")
        if cash < ZERO:
            raise InvalidInput("--opening-cash", opening_cash, "an amount of at least 0")
        checked_zone(time_zone)
        opening = Opening.statement(
            name,
            AccountKind(kind.value.upper()),
            currency=_currency(currency),
            time_zone=time_zone,
            lot_method=LotMethod(method.value.upper()) if method else lot_method_of(AccountKind(kind.value.upper())),
            cash=cash,
        )
        at = None if since is None else beginning_of(since, time_zone, "--since", system_clock().now())
        settings = settings_of(data_dir)
        is_new = asyncio.run(open_in_folder(settings, name, opening, at))
    print(f"account {name} {'opened' if is_new else 'was there already'} in {settings.data_dir}")


@app.command("show")
def show(account: AccountOption = None, output: OutputOption = Output.TABLE, data_dir: DataDirOption = None) -> None:
    """Show an account's terms, cash and positions as its journal has them."""
    with exact():
        card = asyncio.run(read_account(settings_of(data_dir), account))
        if output is Output.JSON:
            print(json.dumps(_card(card), indent=2))
            return
        terms = card.terms
        print(f"{card.account}: {terms.kind} account in {terms.base_currency}, lots {terms.lot_method}")
        print(f"days begin in {terms.time_zone}; venue {terms.venue}; {card.sequence:,} facts")
        for line in held_lines(card.held):
            print(f"  {line}")


def checked_zone(time_zone: str) -> str:
    """The zone, or an error at its option."""
    try:
        zone(time_zone)
    except InvalidInput as error:
        raise InvalidInput("--timezone", time_zone, error.rule) from error
    return time_zone


def held_lines(held: Held) -> list[str]:
    """What is held, a line each."""
    cash = [f"cash {asset} {amount:,}" for asset, amount in _shortened(held.cash)]
    return [*cash, *(f"{symbol} {units:,} units" for symbol, units in _shortened(held.positions))] or ["nothing"]


def held_json(held: Held) -> dict[str, object]:
    """What is held, decimals as strings."""
    return {
        "cash": {asset: shortest(amount) for asset, amount in held.cash.items()},
        "positions": {symbol: shortest(units) for symbol, units in held.positions.items()},
        "realised_pnl": shortest(held.realised),
    }


def _currency(text: str) -> str:
    code = text.upper()
    if not (code.isascii() and code.isalnum() and len(code) in range(*ASSET_LENGTHS)):
        raise InvalidInput("--currency", text, "an asset code such as USD or USDT")
    return code


def _shortened(found: Mapping[str, Decimal]) -> list[tuple[str, Decimal]]:
    return [(name, canonical(value)) for name, value in found.items()]


def _card(card: AccountCard) -> dict[str, object]:
    terms = card.terms
    return {
        "account": card.account,
        "kind": terms.kind.lower(),
        "base_currency": terms.base_currency,
        "time_zone": terms.time_zone,
        "venue": terms.venue,
        "lot_method": terms.lot_method.lower(),
        "facts": card.sequence,
        **held_json(card.held),
    }
