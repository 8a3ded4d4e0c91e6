"""What comes of a whole replay: runs it on a data folder and sums it up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256

from counterpoise.demo.replay import DayDone, ReplayPlan, replay
from counterpoise.domain.numbers import canonical, exact, plain
from counterpoise.domain.time import Clock
from counterpoise.library.plane import Counterpoise
from counterpoise.settings import Settings
from counterpoise.wiring import PaperSetup, Parts, replay_parts

SYNCHRONOUS = ("OFF", "NORMAL", "FULL", "EXTRA")
"""SQLite's words for the values of PRAGMA synchronous (sqlite.org/pragma.html)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaySummary:
    """The figures of a replay: what was decided, what came of it, and the proofs.

    Attributes:
        days: Trading days replayed, those before a restart included.
        seconds: Of this process.
        commits: Journal transactions of this process.
        stale_cells: Empty cells after a symbol's first price.
        synchronous: How the journal's database waits for the disk, read back from it.
    """

    days: int
    seconds: Decimal
    commits: int
    approved: int
    denied: int
    partial_fills: int
    unknowns: int
    mode_changes: int
    final_equity: Decimal
    time_weighted_return_pct: Decimal | None
    max_drawdown_pct: Decimal
    rebalances: int
    orders: int
    fills: int
    fees: Decimal
    denials: dict[str, int]
    stale_cells: int
    equity_proof_residual: Decimal
    replay_digest: str
    synchronous: str


def run_replay(
    settings: Settings,
    command: str,
    plan: ReplayPlan,
    setup: PaperSetup,
    clock: Clock,
    on_day: Callable[[DayDone], None],
) -> ReplaySummary:
    """Replay `plan` on the data folder of `settings`, from the start or from where it was left.

    Raises:
        CounterpoiseError: the folder, the journal or the input is not as it must be.
    """
    with exact():
        return asyncio.run(_run(settings, command, plan, setup, clock, on_day))


async def _run(
    settings: Settings,
    command: str,
    plan: ReplayPlan,
    setup: PaperSetup,
    clock: Clock,
    on_day: Callable[[DayDone], None],
) -> ReplaySummary:
    began = clock.now()
    parts = parts_of(settings, command, plan, setup)
    try:
        async with Counterpoise.run(parts, plan.account) as plane:
            await replay(plane, plan, on_day)
            return await summarise(plane, plan, began, clock)
    finally:
        await parts.close()


def parts_of(settings: Settings, command: str, plan: ReplayPlan, setup: PaperSetup) -> Parts:
    """What a replay runs on: its data folder, whose terms a continuation must repeat."""
    return replay_parts(settings, command, setup, plan.opened_at(), {"command": command, **terms_of(plan, setup)})


async def summarise(plane: Counterpoise, plan: ReplayPlan, began: datetime, clock: Clock) -> ReplaySummary:
    """The figures of a replay that has reached its last day."""
    overview, tally, parts = plane.overview(), await plane.tally(), plane.parts
    growth = overview.time_weighted_return
    return ReplaySummary(
        days=len(plan.history.days),
        seconds=Decimal(str(round((clock.now() - began).total_seconds(), 3))),
        commits=parts.commits(),
        approved=tally.approved,
        denied=tally.denied,
        partial_fills=tally.partial_fills,
        unknowns=tally.unknowns,
        mode_changes=tally.mode_changes,
        final_equity=overview.snapshot.total_equity,
        time_weighted_return_pct=None if growth is None else canonical(growth * 100),
        max_drawdown_pct=overview.drawdown.max_drawdown_pct,
        rebalances=tally.rebalances,
        orders=len(tally.orders),
        fills=tally.fills,
        fees=tally.fees,
        denials=dict(sorted(tally.denials.items())),
        stale_cells=plan.history.stale_cells,
        equity_proof_residual=overview.proof.residual,
        replay_digest=plane.digest(),
        synchronous=_synchronous(parts.durability()),
    )


def _synchronous(durability: Mapping[str, str | int]) -> str:
    """How commits wait for the disk, in the word of the database that was asked."""
    if "synchronous_commit" in durability:
        return str(durability["synchronous_commit"])
    return SYNCHRONOUS[int(durability["synchronous"])]


def terms_of(plan: ReplayPlan, setup: PaperSetup) -> dict[str, str]:
    """What a continuation must repeat to end in the same bytes."""
    rows = "\n".join(
        f"{day} {' '.join('-' if price is None else plain(price) for price in row)}"
        for day, row in zip(plan.history.days, plan.history.rows, strict=True)
    )
    return {
        "account": plan.account,
        "bot": "momentum" if plan.bot else "none",
        "cash": plain(plan.cash),
        "days": str(len(plan.history.days)),
        "faults": setup.faults,
        "fee_bps": plain(setup.fee_bps),
        "fill": "same" if plan.fill_same else "next",
        "limits": repr(plan.constraints),
        "policy": repr(plan.policy),
        "prices": sha256(f"{' '.join(plan.history.symbols)}\n{rows}".encode()).hexdigest()[:16],
        "seed": str(setup.seed),
        "slippage_bps": plain(setup.slippage_bps),
        "targets": " ".join(f"{target.symbol}={plain(target.weight)}" for target in plan.targets),
    }


def fingerprint(plan: ReplayPlan, setup: PaperSetup) -> str:
    """16 hexadecimal digits for a set of files and flags: the same call finds its own folder again."""
    text = "\n".join(f"{name}={value}" for name, value in sorted(terms_of(plan, setup).items()))
    return sha256(text.encode()).hexdigest()[:16]
