"""`counterpoise token`: how do I sign in to what is served?"""

from __future__ import annotations

import typer

from counterpoise.cli.options import DataDirOption
from counterpoise.wiring import serving, settings_of, system_clock

app = typer.Typer(no_args_is_help=True, help="Sign in to what is served on this machine.")


@app.callback()
def _root() -> None: ...


@app.command("link", short_help="Print a one-time link.")
def link(data_dir: DataDirOption = None) -> None:
    """Print a link that signs one browser in, once, within 15 minutes; who can read the data folder can make one."""
    from counterpoise.service.links import one_time_link

    owner = serving(settings_of(data_dir))
    print(one_time_link(owner.address, owner.start, owner.owner_token, system_clock().now()))
