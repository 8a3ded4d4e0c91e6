"""`counterpoise demo` and `counterpoise replay`: the whole loop on past prices."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from counterpoise.cli.options import DataDirOption, Faults, FillAt, Output, OutputOption, PortOption
from counterpoise.cli.report import report
from counterpoise.cli.summary import progress, wants_colour
from counterpoise.cli.watch import Watched, watch_replay
from counterpoise.demo.pace import checked_speed
from counterpoise.demo.replay import ReplayPlan
from counterpoise.demo.run import fingerprint, run_replay
from counterpoise.demo.sample import Costs, demo_plan, file_plan
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.numbers import exact, parse
from counterpoise.wiring import PaperSetup, forget, read_limits, settings_of, system_clock

BPS_OF_ALL = 10_000
"""Hundredths of a percent in the whole."""

INTERRUPTED = 130
"""What a shell shows for a command that Ctrl-C ended: 128 + SIGINT."""

CashOption = Annotated[str, typer.Option("--cash", help="Opening cash in USD.")]
FeeOption = Annotated[str, typer.Option("--fee-bps", help="Fee of a fill, hundredths of a percent of its value.")]
SlippageOption = Annotated[
    str, typer.Option("--slippage-bps", help="How much worse than the price orders fill, hundredths of a percent.")
]
FillOption = Annotated[FillAt, typer.Option("--fill", help="Fill at the next day's price, or at the one decided at.")]
WholeOption = Annotated[bool, typer.Option("--whole", help="Trade whole shares only.")]
LimitsOption = Annotated[
    Path | None, typer.Option("--limits", help="TOML file of limits; the investor's without one.", show_default=False)
]
SeedOption = Annotated[int, typer.Option("--seed", help="Seed of the paper venue's faults.")]
FaultsOption = Annotated[Faults, typer.Option("--faults", help="How badly the paper venue behaves.")]


def demo(  # noqa: PLR0917 - one parameter an option
    headless: Annotated[
        bool, typer.Option("--headless", help="Nothing to look at: run at full speed and sum up.")
    ] = False,
    output: OutputOption = Output.TABLE,
    data_dir: DataDirOption = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what an earlier demo left in the folder.")] = False,
    seed: SeedOption = 1,
    faults: FaultsOption = Faults.MILD,
    limits: LimitsOption = None,
    days: Annotated[int | None, typer.Option("--days", help="Only the first days.", show_default=False)] = None,
    port: PortOption = 8004,
    speed: Annotated[str, typer.Option("--speed", help="Days a second, or `max`.")] = "10",
    stay: Annotated[
        bool | None,
        typer.Option(
            "--stay/--no-stay",
            help="Whether to serve on after the last day; on a terminal yes, else no.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Run the whole loop on 13 years of real prices, live on this terminal and at http://127.0.0.1:8004.

    8 shares and cash, a momentum bot, 100,000 USD of paper money; no account, no key, no network.
    """
    with exact():
        plan, costs = demo_plan(days)
        plan = _limited(plan, limits)
        pace = _speed(speed)
    folder = _demo_folder(data_dir)
    if fresh and folder.exists():
        _forget(folder)
    setup = _setup(plan, costs, faults, seed)
    if headless:
        _run("demo", folder, plan, setup, output)
        return
    terminal = sys.stdout.isatty() and sys.stdin.isatty()
    watch_replay("demo", folder, plan, setup, Watched(port=port, pace=pace, stay=terminal if stay is None else stay))


def replay_files(  # noqa: PLR0917 - one parameter an option
    prices: Annotated[Path, typer.Option("--prices", help="CSV or Parquet of daily prices, wide or long.")],
    targets: Annotated[Path, typer.Option("--targets", help="CSV `symbol,target_percent` or TOML.")],
    output: OutputOption = Output.TABLE,
    data_dir: DataDirOption = None,
    cash: CashOption = "100000",
    fill: FillOption = FillAt.NEXT,
    fee_bps: FeeOption = "0",
    slippage_bps: SlippageOption = "0",
    threshold: Annotated[str, typer.Option("--threshold", help="Band around each target, percentage points.")] = "5",
    whole: WholeOption = False,
    momentum: Annotated[bool, typer.Option("--momentum", help="Let the momentum bot trade the other symbols.")] = False,
    limits: LimitsOption = None,
    faults: FaultsOption = Faults.NONE,
    seed: SeedOption = 1,
) -> None:
    """Replay your own prices: hold your targets, rebalance what leaves its band, and prove every cent."""
    with exact():
        costs = Costs(fee_bps=_bps(fee_bps, "--fee-bps"), slippage_bps=_bps(slippage_bps, "--slippage-bps"))
        plan = file_plan(
            _readable(prices, "--prices", "CSV or Parquet file of daily prices"),
            _readable(targets, "--targets", "CSV or TOML file of targets"),
            cash=_cash(cash),
            threshold_pct=_amount(threshold, "--threshold"),
            costs=costs,
            fill_same=fill is FillAt.SAME,
            whole=whole,
            momentum=momentum,
        )
        plan = _limited(plan, limits)
        setup = _setup(plan, costs, faults, seed)
        folder = data_dir or _default_folder() / "replays" / fingerprint(plan, setup)
    _run("replay", folder, plan, setup, output)


def _limited(plan: ReplayPlan, limits: Path | None) -> ReplayPlan:
    """The plan under the limits of a file; without one it keeps the investor's."""
    if limits is None:
        return plan
    read = read_limits(_readable(limits, "--limits", "TOML file of limits"))
    return replace(plan, preset=read.preset, constraints=read.constraints)


def _setup(plan: ReplayPlan, costs: Costs, faults: Faults, seed: int) -> PaperSetup:
    return PaperSetup(
        opening_cash=plan.cash,
        currency=plan.currency,
        faults=faults.value,
        seed=seed,
        fee_bps=costs.fee_bps,
        slippage_bps=costs.slippage_bps,
    )


def _run(command: str, folder: Path, plan: ReplayPlan, setup: PaperSetup, output: Output) -> None:
    colour = wants_colour(sys.stderr, os.environ)
    try:
        with progress(len(plan.history.days), command, sys.stderr, colour=colour) as advance:
            result = run_replay(settings_of(folder), command, plan, setup, system_clock(), lambda _: advance())
    except KeyboardInterrupt:
        print(f"interrupted; nothing was lost in {folder}, and the same command goes on from there", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    report(command, result, folder, plan.account, output)


def _speed(text: str) -> Decimal | None:
    """Days a second; None is as fast as it can."""
    return None if text.strip().lower() == "max" else checked_speed(parse(text, "--speed"))


def _amount(text: str, option: str) -> Decimal:
    value = parse(text, option)
    if value < 0:
        raise InvalidInput(option, text, "a number of at least 0")
    return value


def _bps(text: str, option: str) -> Decimal:
    value = _amount(text, option)
    if value >= BPS_OF_ALL:
        raise InvalidInput(option, text, f"hundredths of a percent, below {BPS_OF_ALL}")
    return value


def _cash(text: str) -> Decimal:
    value = parse(text, "--cash")
    if value <= 0:
        raise InvalidInput("--cash", text, "an amount above 0")
    return value


def _readable(path: Path, option: str, kind: str) -> Path:
    """Refuse at once what cannot be a file; whether it is the right one is seen when it is read."""
    if not path.exists():
        raise InvalidInput(option, str(path), f"a {kind}; there is no such file")
    if path.is_dir():
        raise InvalidInput(option, str(path), f"a {kind}; this is a folder")
    return path


def _default_folder() -> Path:
    return settings_of(None).data_dir


def _demo_folder(data_dir: Path | None) -> Path:
    return data_dir or _default_folder() / "demo"


def _forget(folder: Path) -> None:
    """Delete a demo's own files; a folder that no demo began, or that a living process has, is not touched."""
    if any(folder.iterdir()):
        forget(settings_of(folder), "demo")
