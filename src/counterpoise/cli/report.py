"""What came of a whole replay, and does another process make the same of its bytes?"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from counterpoise.cli.options import Output
from counterpoise.cli.summary import WIDTH, render_summary, wants_colour
from counterpoise.demo.run import ReplaySummary
from counterpoise.domain.numbers import plain, shortest

CLAIM_COMMITS = 1
"""What a start commits when there is nothing left to do: that it has taken the writer's seat."""


def report(command: str, result: ReplaySummary, folder: Path, account: str, output: Output) -> None:
    """Print the figures; what is not proved ends with 1."""
    if result.commits <= CLAIM_COMMITS:
        again = "--fresh" if command == "demo" else "another --data-dir"
        print(f"note: {folder} was complete, nothing was left to do; {again} begins anew", file=sys.stderr)
    summary = _summary(result, verify_in_fresh_process(folder, account))
    if output is Output.JSON:
        print(json.dumps(summary, indent=2))
    else:
        columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDTH
        print(render_summary(summary, colour=wants_colour(sys.stdout, os.environ), width=columns), end="")
        print(f"  data folder\n  {folder}")
    if summary["verify"] != "ok" or summary["equity_proof_residual"] != "0":
        raise typer.Exit(1)


def verify_in_fresh_process(folder: Path, account: str) -> Mapping[str, Any]:
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
        "final_equity": shortest(result.final_equity),
        "time_weighted_return_pct": None
        if result.time_weighted_return_pct is None
        else plain(result.time_weighted_return_pct),
        "max_drawdown_pct": shortest(result.max_drawdown_pct),
        "rebalances": result.rebalances,
        "orders": result.orders,
        "fills": result.fills,
        "fees": shortest(result.fees),
        "denials": result.denials,
        "stale_cells": result.stale_cells,
        "equity_proof_residual": shortest(result.equity_proof_residual),
        "synchronous": result.synchronous,
        "verify": "ok" if verified.get("ok") and same else "; ".join(problems),
        "replay_digest": result.replay_digest,
    }
