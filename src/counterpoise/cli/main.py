"""The `counterpoise` command: data on stdout, progress and errors on stderr, one line an error."""

from __future__ import annotations

import sys
from typing import Annotated, cast

import typer

from counterpoise.cli import (
    account,
    balance,
    db,
    export,
    imports,
    ledger,
    reconcile,
    replay,
    serve,
    snapshot,
    token,
    verify,
)
from counterpoise.domain.errors import CounterpoiseError, InvalidInput

FAILURE = 1
USAGE = 2

_UsageError = cast("type[typer.BadParameter]", typer.BadParameter.__base__)
"""Of every mistake in a command line; typer has it from click or brings it along, but does not name it."""

app = typer.Typer(
    name="counterpoise",
    help="One exact book, one gate, one plan for every trading account.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("demo", short_help="The whole loop on 13 years of real prices.")(replay.demo)
app.command("replay", short_help="The same on your own prices and targets.")(replay.replay_files)
app.command("serve", short_help="The service and the dashboard on an account of your own.")(serve.serve)
app.add_typer(account.app, name="account", short_help="Open an account that tells what happened elsewhere.")
app.command("import", short_help="Your own history: fills and cash events from a file.")(imports.import_file)
app.command("verify", short_help="Prove that a journal is whole.")(verify.verify_journal)
app.add_typer(balance.app, name="balance", short_help="How much there is, by whom, how old, usable for what.")
app.command("snapshot", short_help="Equity, cash and positions.")(snapshot.show)
app.add_typer(ledger.app, name="ledger", short_help="Recorded facts, what they come to, and what corrects them.")
app.add_typer(export.app, name="export", short_help="What is recorded, as plain files.")
app.add_typer(reconcile.app, name="reconcile", short_help="Ledger against venue: what differs, and why.")
app.add_typer(db.app, name="db", short_help="The database of the journal: status, upgrade, downgrade.")
app.add_typer(token.app, name="token", short_help="Sign in to what is served.")


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(version("counterpoise"))
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", is_eager=True, callback=_print_version)
    ] = False,
) -> None: ...


def main() -> None:
    """Run one command; every error that is not a fault of ours is one line that says what, where and what to do."""
    try:
        sys.exit(app(standalone_mode=False))
    except _UsageError as error:
        _explain(error)
        sys.exit(USAGE)
    except InvalidInput as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(USAGE)
    except CounterpoiseError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(FAILURE)
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): nothing is left to say, and nothing was lost.
        sys.stderr.close()
        sys.exit(FAILURE)


def _explain(error: typer.BadParameter) -> None:
    """What is wrong with the command line, and where its help is; a bare command asks for the help itself."""
    if not sys.argv[1:] or type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        return
    said = " ".join(error.format_message().split()).removesuffix(".").replace("Value error, ", "")
    command = error.ctx.command_path if error.ctx else "counterpoise"
    print(f"error: {said}; see `{command} --help`", file=sys.stderr)
