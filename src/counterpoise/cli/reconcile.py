"""`counterpoise reconcile`: do ledger and venue agree, why not, and what puts it right?"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from counterpoise.cli.options import AccountOption, DataDirOption, Output, OutputOption
from counterpoise.domain.accounts import OWNER
from counterpoise.domain.numbers import exact, parse
from counterpoise.library.plane import Counterpoise
from counterpoise.library.reconciliation_words import as_json, lines
from counterpoise.library.reconciling import Reconciliation
from counterpoise.library.reconciling_folder import reconciled_folder
from counterpoise.wiring import settings_of

T = TypeVar("T")

app = typer.Typer(help="Hold the ledger against the venue, explain what differs, and put it right.")

ReasonOption = Annotated[str, typer.Option("--reason", help="Why, in words; it stays in the journal.")]


@app.callback(invoke_without_command=True)
def show(
    context: typer.Context,
    output: OutputOption = Output.TABLE,
    data_dir: DataDirOption = None,
    account: AccountOption = None,
) -> None:
    """Compare cash, positions and open orders; what differs is read twice, 5 s apart, before it opens a break.

    Ends with 1 when they differ.
    """
    if context.invoked_subcommand is not None:
        return
    with exact():

        async def compare(plane: Counterpoise) -> tuple[Reconciliation, str]:
            return await plane.reconcile(), plane.account_id

        seen, name = _with_account(data_dir, account, compare)
        if output is Output.JSON:
            print(json.dumps(as_json(seen, name), indent=2, ensure_ascii=False))
        else:
            print("\n".join(lines(seen, name)))
    if not seen.agrees:
        raise typer.Exit(1)


@app.command("settle", short_help="Put our figure right.")
def settle(
    which: Annotated[str, typer.Argument(metavar="BREAK", help="Its subject, such as USD or SPY, or its id.")],
    reason: ReasonOption,
    explanation: Annotated[
        int,
        typer.Option("--explanation", help="Book what this explanation proposes; 0 adjusts our figure instead.", min=0),
    ] = 0,
    unit_price: Annotated[
        str | None, typer.Option("--unit-price", help="What units cost that come; our mark.", show_default=False)
    ] = None,
    data_dir: DataDirOption = None,
    account: AccountOption = None,
) -> None:
    """Make our figure the venue's: by an adjustment that names the break, or by what an explanation proposes."""
    with exact():
        price = None if unit_price is None else parse(unit_price, "--unit-price")

        async def act(plane: Counterpoise) -> tuple[str, bool]:
            answer = await plane.settle_break(which, reason, OWNER, explanation=explanation, unit_price=price)
            made = answer.detail if isinstance(answer.detail, tuple) else ()
            still = any(which in (item.break_id, item.difference.subject) for item in plane.breaks())
            return f"{answer.message}{': ' if made else ''}{', '.join(str(item) for item in made)}", still

        said, still_open = _with_account(data_dir, account, act)
        print(said)
        print(f"{which}: {'the break is still open' if still_open else 'the break is settled'}")


@app.command("reverse", short_help="Take an adjustment back.")
def reverse(
    which: Annotated[
        str, typer.Argument(metavar="ADJUSTMENT", help="Its number, as `counterpoise reconcile` shows it, or its id.")
    ],
    reason: ReasonOption,
    data_dir: DataDirOption = None,
    account: AccountOption = None,
) -> None:
    """Book the opposite of an adjustment, once; the break that it had settled is open again."""
    with exact():

        async def act(plane: Counterpoise) -> tuple[str, tuple[str, ...]]:
            answer = await plane.reverse_adjustment(which, reason, OWNER)
            return answer.outcome, tuple(item.difference.subject for item in plane.breaks())

        outcome, open_now = _with_account(data_dir, account, act)
        print("reversed" if outcome == "done" else "it was reversed before; nothing happened twice")
        print(f"open breaks: {', '.join(open_now) or 'none'}")


def _with_account(data_dir: Path | None, account: str | None, act: Callable[[Counterpoise], Awaitable[T]]) -> T:
    async def run() -> T:
        async with reconciled_folder(settings_of(data_dir), account) as plane:
            return await act(plane)

    return asyncio.run(run())
