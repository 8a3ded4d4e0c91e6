"""`counterpoise serve`: the service and the dashboard on an account of your own."""

from __future__ import annotations

import logging
import sys
from decimal import Decimal
from typing import Annotated

import typer

from counterpoise.cli.options import DataDirOption, PortOption
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.instruments import Symbol, read_symbol
from counterpoise.domain.numbers import exact, parse
from counterpoise.library.opening import Opening
from counterpoise.wiring import settings_of

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def serve(
    port: PortOption = 8004,
    data_dir: DataDirOption = None,
    paper: Annotated[
        str | None,
        typer.Option("--paper", help="Name of the paper account that the first start opens.", show_default=False),
    ] = None,
    cash: Annotated[str, typer.Option("--cash", help="Its opening cash.")] = "100000",
    currency: Annotated[str, typer.Option("--currency", help="Its currency.")] = "USD",
    time_zone: Annotated[str, typer.Option("--time-zone", help="In which its days begin.")] = "America/New_York",
    symbols: Annotated[
        str | None, typer.Option("--symbols", help="What it may trade, as SPY,QQQ,TLT.", show_default=False)
    ] = None,
) -> None:
    """Serve an account of your own until SIGTERM; the first start opens it: --paper main --symbols SPY,QQQ."""
    from counterpoise.service.run import run_in_loop, serve_account
    from counterpoise.service.server import Served

    with exact():
        opening = _opening(paper, cash, currency, time_zone, symbols)
        folder = settings_of(data_dir).data_dir
        logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=LOG_FORMAT)
        for library in ("alembic", "uvicorn"):  # what they do is not what an operator must know
            logging.getLogger(library).setLevel(logging.WARNING)

        def say(served: Served) -> None:
            """Where it is, on stderr: stdout is for data."""
            print(
                f"serving {folder}\n  {served.address}\n  sign in once with {served.link}", file=sys.stderr, flush=True
            )

        run_in_loop(serve_account(folder, opening, port, say))
    print("stopped; nothing was lost", file=sys.stderr)


def _opening(paper: str | None, cash: str, currency: str, time_zone: str, symbols: str | None) -> Opening | None:
    """What the first start opens; nothing when no name is given."""
    if paper is None:
        return None
    if symbols is None:
        raise InvalidInput("--symbols", "", "what the account may trade, as SPY,QQQ,TLT")
    amount = parse(cash, "--cash")
    if amount <= Decimal(0):
        raise InvalidInput("--cash", cash, "an amount above 0")
    return Opening.paper(paper, cash=amount, symbols=_symbols(symbols), currency=currency.upper(), time_zone=time_zone)


def _symbols(text: str) -> tuple[Symbol, ...]:
    found = tuple(read_symbol(part, "--symbols") for part in text.split(","))
    twice = sorted({symbol for symbol in found if found.count(symbol) > 1})
    if twice:
        raise InvalidInput("--symbols", twice[0], "each symbol once")
    return found
