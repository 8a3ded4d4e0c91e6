"""`counterpoise demo` and `counterpoise replay`: the whole loop on past prices."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from counterpoise.cli.options import DataDirOption, Faults, FillAt, Output, OutputOption
from counterpoise.cli.summary import WIDTH, progress, render_summary, wants_colour
from counterpoise.demo.replay import ReplayPlan
from counterpoise.demo.run import ReplaySummary, fingerprint, run_replay
from counterpoise.demo.sample import Costs, demo_plan, file_plan
from counterpoise.domain.errors import ConfigurationError, InvalidInput
from counterpoise.domain.numbers import canonical, exact, parse, plain
from counterpoise.wiring import PaperSetup, forget, read_limits, settings_of, system_clock

BPS_OF_ALL = 10_000
"""Hundredths of a percent in the whole."""

INTERRUPTED = 130
"""What a shell shows for a command that Ctrl-C ended: 128 + SIGINT."""

CLAIM_COMMITS = 1
"""What a start commits when there is nothing left to do: that it has taken the writer's seat."""

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


def demo(
    headless: Annotated[bool, typer.Option("--headless", help="No live view: run at full speed.")] = False,
    output: OutputOption = Output.TABLE,
    data_dir: DataDirOption = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what an earlier demo left in the folder.")] = False,
    seed: SeedOption = 1,
    faults: FaultsOption = Faults.MILD,
    limits: LimitsOption = None,
    days: Annotated[int | None, typer.Option("--days", help="Only the first days.", show_default=False)] = None,
) -> None:
    """Run the whole loop on 13 years of real prices: 8 shares and cash, a momentum bot, 100,000 USD of paper money."""
    if not headless:
        raise ConfigurationError("demo has no live view yet; run `counterpoise demo --headless`")
    with exact():
        plan, costs = demo_plan(days)
        plan = _limited(plan, limits)
    folder = _demo_folder(data_dir)
    if fresh and folder.exists():
        _forget(folder)
    _run("demo", folder, plan, _setup(plan, costs, faults, seed), output)


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
    if result.commits <= CLAIM_COMMITS:
        again = "--fresh" if command == "demo" else "another --data-dir"
        print(f"note: {folder} was complete, nothing was left to do; {again} begins anew", file=sys.stderr)
    verified = _verify_in_fresh_process(folder, plan.account)
    summary = _summary(result, verified)
    if output is Output.JSON:
        print(json.dumps(summary, indent=2))
    else:
        columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDTH
        print(render_summary(summary, colour=wants_colour(sys.stdout, os.environ), width=columns), end="")
        print(f"  data folder\n  {folder}")
    if summary["verify"] != "ok" or summary["equity_proof_residual"] != "0":
        raise typer.Exit(1)


def _verify_in_fresh_process(folder: Path, account: str) -> Mapping[str, Any]:
    """What another process makes of the bytes: it shares nothing with this one but the disk."""
    done = subprocess.run(  # noqa: S603 - our own command on a folder that is no shell's
        [
            *(sys.executable, "-m", "counterpoise", "verify", "--output", "json"),
            *("--data-dir", str(folder), "--account", account),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        found: list[Mapping[str, Any]] = json.loads(done.stdout)
    except ValueError:
        return {"ok": False, "problems": [done.stderr.strip() or f"verify ended with {done.returncode}"]}
    return found[0]


def _summary(result: ReplaySummary, verified: Mapping[str, Any]) -> dict[str, object]:
    same = verified.get("replay_digest") == result.replay_digest
    problems = [*verified.get("problems", []), *([] if same else ["a fresh process makes another state of the bytes"])]
    return {
        "days": result.days,
        "seconds": plain(result.seconds),
        "commits": result.commits,
        "judged": {"approved": result.approved, "denied": result.denied},
        "partial_fills": result.partial_fills,
        "unknowns": result.unknowns,
        "mode_changes": result.mode_changes,
        "final_equity": plain(canonical(result.final_equity)),
        "time_weighted_return_pct": None
        if result.time_weighted_return_pct is None
        else plain(result.time_weighted_return_pct),
        "max_drawdown_pct": plain(canonical(result.max_drawdown_pct)),
        "rebalances": result.rebalances,
        "orders": result.orders,
        "fills": result.fills,
        "fees": plain(canonical(result.fees)),
        "denials": result.denials,
        "stale_cells": result.stale_cells,
        "equity_proof_residual": plain(canonical(result.equity_proof_residual)),
        "synchronous": result.synchronous,
        "verify": "ok" if verified.get("ok") and same else "; ".join(problems),
        "replay_digest": result.replay_digest,
    }


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
