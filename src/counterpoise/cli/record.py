"""`counterpoise ledger record`, `transfer`, `rate`, `allot`: what moved without an order?"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from counterpoise.cli.booked import AtOption, CurrencyOption, ReferenceOption, read_time, tell
from counterpoise.cli.options import AccountOption, DataDirOption, JsonOption
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.instruments import read_symbol
from counterpoise.domain.numbers import parse
from counterpoise.domain.statements import CashEventKind
from counterpoise.library.plane import Counterpoise
from counterpoise.library.recording import Told


class FlowKind(StrEnum):
    """What moved cash."""

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    FEE = "fee"
    DIVIDEND = "dividend"
    INTEREST = "interest"
    FUNDING = "funding"


KindArgument = Annotated[FlowKind, typer.Argument(help="What moved it.")]
AmountArgument = Annotated[
    str, typer.Argument(help="Above 0; a rebate, or what was paid of the last three, is negative: `-- -1.50`.")
]
SymbolOption = Annotated[str | None, typer.Option("--symbol", help="Of what.", show_default=False)]


def record_flow(
    kind: KindArgument,
    amount: AmountArgument,
    *,
    reference: ReferenceOption,
    currency: CurrencyOption = "",
    symbol: SymbolOption = None,
    at: AtOption = None,
    data_dir: DataDirOption = None,
    account: AccountOption = None,
    json: JsonOption = False,
) -> None:
    """Book cash that moved without an order, and show what that changed."""
    units, when = parse(amount, "AMOUNT"), read_time(at)
    of = None if symbol is None else read_symbol(symbol, "--symbol")

    tell(
        "record",
        lambda plane: plane.record_cash_flow(
            units, reference, at=when, kind=CashEventKind(kind.upper()), currency=currency.upper(), symbol=of
        ),
        data_dir,
        account,
        as_json=json,
    )


def transfer(
    amount: Annotated[str, typer.Argument(help="Above 0.")],
    *,
    reference: ReferenceOption,
    to: Annotated[str | None, typer.Option("--to", help="It left for this account.", show_default=False)] = None,
    came_from: Annotated[
        str | None, typer.Option("--from", help="It arrived from this account.", show_default=False)
    ] = None,
    currency: CurrencyOption = "",
    at: AtOption = None,
    data_dir: DataDirOption = None,
    account: AccountOption = None,
    json: JsonOption = False,
) -> None:
    """Book one end of a transfer between two accounts of yours; both ends have the same --reference."""
    sum_of, when = parse(amount, "AMOUNT"), read_time(at)
    if (to is None) == (came_from is None):
        raise InvalidInput("--to", to or "", "either --to ACCOUNT (it left) or --from ACCOUNT (it arrived)")

    def act(plane: Counterpoise) -> Told:
        if to is not None:
            return plane.transfer(sum_of, to, reference, at=when, currency=currency.upper())
        return plane.receive_transfer(sum_of, came_from or "", reference, at=when, currency=currency.upper())

    tell("transfer", act, data_dir, account, as_json=json)


def record_rate(
    asset: Annotated[str, typer.Argument(help="The currency, such as EUR.")],
    rate: Annotated[str, typer.Argument(help="What one unit of it is worth in the account's own.")],
    at: AtOption = None,
    data_dir: DataDirOption = None,
    account: AccountOption = None,
    json: JsonOption = False,
) -> None:
    """Book what a currency is worth from then on."""
    worth, when = parse(rate, "RATE"), read_time(at)

    tell("rate", lambda plane: plane.record_fx_rate(asset.upper(), worth, at=when), data_dir, account, as_json=json)


def allot(
    amount: Annotated[str, typer.Argument(help="Cash that the taker gets; with --quantity, cash that it pays.")],
    *,
    giver: Annotated[str, typer.Option("--from", help="The strategy that gives; `unassigned` is nobody's.")],
    taker: Annotated[str, typer.Option("--to", help="The strategy that gets.")],
    reference: ReferenceOption,
    quantity: Annotated[str, typer.Option("--quantity", help="Units that go to the taker.")] = "0",
    symbol: SymbolOption = None,
    currency: CurrencyOption = "",
    at: AtOption = None,
    data_dir: DataDirOption = None,
    account: AccountOption = None,
    json: JsonOption = False,
) -> None:
    """Book cash, or units for cash, from one strategy's book to another's; the account itself does not change."""
    cash, units, when = parse(amount, "AMOUNT"), parse(quantity, "--quantity"), read_time(at)
    of = None if symbol is None else read_symbol(symbol, "--symbol")

    tell(
        "allot",
        lambda plane: plane.allot(
            giver, taker, cash, reference, at=when, currency=currency.upper(), symbol=of, quantity=units
        ),
        data_dir,
        account,
        as_json=json,
    )
