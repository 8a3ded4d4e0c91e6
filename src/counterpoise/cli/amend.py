"""`counterpoise ledger bust`, `correct`, `choose`: which fill was otherwise than the ledger says?"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import typer

from counterpoise.cli.booked import AtOption, ReasonOption, read_number, read_time, tell
from counterpoise.cli.options import AccountOption, DataDirOption, JsonOption
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.numbers import parse
from counterpoise.domain.orders import Side

FillArgument = Annotated[str, typer.Argument(metavar="FILL_ID", help="As the venue or the ledger names it.")]


def bust(
    fill_id: FillArgument,
    *,
    reason: ReasonOption,
    at: AtOption = None,
    data_dir: DataDirOption = None,
    account: AccountOption = None,
    json: JsonOption = False,
) -> None:
    """Book that the venue cancelled an execution: the book is then as if it had never been."""
    when = read_time(at)

    tell("bust", lambda plane: plane.bust_fill(fill_id, reason, at=when), data_dir, account, as_json=json)


def correct(
    fill_id: FillArgument,
    *,
    reason: ReasonOption,
    quantity: Annotated[str | None, typer.Option("--quantity", help="Units.", show_default=False)] = None,
    price: Annotated[str | None, typer.Option("--price", help="Per unit.", show_default=False)] = None,
    fee: Annotated[str | None, typer.Option("--fee", help="Positive is paid.", show_default=False)] = None,
    fee_asset: Annotated[str | None, typer.Option("--fee-asset", help="Of the fee.", show_default=False)] = None,
    side: Annotated[Side | None, typer.Option("--side", case_sensitive=False, show_default=False)] = None,
    at: AtOption = None,
    data_dir: DataDirOption = None,
    account: AccountOption = None,
    json: JsonOption = False,
) -> None:
    """Book that the venue corrected an execution; a figure that is not given stays as it is."""
    units, per_unit = read_number(quantity, "--quantity"), read_number(price, "--price")
    paid, when = read_number(fee, "--fee"), read_time(at)
    asset = None if fee_asset is None else fee_asset.upper()
    tell(
        "correct",
        lambda plane: plane.correct_fill(
            fill_id, reason, at=when, quantity=units, price=per_unit, fee=paid, fee_asset=asset, side=side
        ),
        data_dir,
        account,
        as_json=json,
    )


def choose(
    fill_id: FillArgument,
    lots: Annotated[list[str], typer.Argument(metavar="LOT=UNITS...", help="Fills that opened the lots.")],
    *,
    at: AtOption = None,
    data_dir: DataDirOption = None,
    account: AccountOption = None,
    json: JsonOption = False,
) -> None:
    """Book which lots a closing fill takes, where the account's method is SPECIFIC; the rest closes the oldest."""
    chosen, when = _lots(lots), read_time(at)

    tell("choose", lambda plane: plane.choose_lots(fill_id, chosen, at=when), data_dir, account, as_json=json)


def _lots(texts: list[str]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for text in texts:
        lot, equals, units = text.rpartition("=")
        if not (lot and equals):
            raise InvalidInput("LOT=UNITS", text, "a fill and its units, such as x17=2.5")
        if lot in found:
            raise InvalidInput("LOT=UNITS", text, f"each lot once; {lot} stands there twice")
        found[lot] = parse(units, f"units of {lot}")
        if found[lot] <= 0:
            raise InvalidInput(f"units of {lot}", units, "units above 0")
    return found
