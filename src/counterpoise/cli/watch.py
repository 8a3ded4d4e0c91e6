"""How does a person watch a replay from the command line?"""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from rich.console import Console

from counterpoise.cli.options import Output
from counterpoise.cli.report import report
from counterpoise.cli.summary import wants_colour
from counterpoise.demo.replay import ReplayPlan
from counterpoise.domain.numbers import exact
from counterpoise.wiring import PaperSetup, settings_of, system_clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """How a replay is shown.

    Attributes:
        pace: Days a second; None is as fast as it can.
        stay: Whether the service goes on after the last day.
    """

    port: int
    pace: Decimal | None
    stay: bool


def watch_replay(command: str, folder: Path, plan: ReplayPlan, setup: PaperSetup, how: Watched) -> None:
    """Replay with a live view and the service, then sum up if the last day was reached."""
    # Imported here: a web server and its framework are for those who look on.
    from counterpoise.demo.pace import Pace
    from counterpoise.demo.show import Stage, show
    from counterpoise.service.run import run_in_loop
    from counterpoise.service.server import listen

    is_terminal = sys.stdout.isatty() and sys.stdin.isatty()
    # A warning in the middle of the picture would tear it; the service's answers carry what a client must know.
    logging.basicConfig(stream=sys.stderr, level=logging.CRITICAL if is_terminal else logging.WARNING)
    with exact(), listen(how.port) as listener:
        console = Console(no_color=not wants_colour(sys.stdout, os.environ), highlight=False) if is_terminal else None
        stage = Stage(listener=listener, pace=Pace(how.pace), console=console, write=_say, stay=how.stay)
        summary = run_in_loop(show(settings_of(folder), command, plan, setup, system_clock(), stage))
    if summary is None:
        print(f"stopped; nothing was lost in {folder}, and the same command goes on from there", file=sys.stderr)
        return
    report(command, summary, folder, plan.account, Output.TABLE)


def _say(line: str) -> None:
    print(line, flush=True)
