"""What does a seed mean? Everything that one simulated day is made of, drawn before it begins.

A story says how often what goes wrong, what the account wants and when its people act. What depends on the moment
(a latency, whether this very append is the one that crashes) is drawn while the day runs, from the seed too.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

from counterpoise.adapters.brokers.paper_model import MILD, NONE, WILD, Faults
from counterpoise.domain.limits import ModePolicy, PortfolioConstraints
from counterpoise.domain.numbers import HUNDRED, ZERO
from counterpoise.domain.plans import Destination, PlanScope, SizingPolicy, Target, Untargeted

T = TypeVar("T")

ACCOUNT = "sim"
START = datetime(2026, 3, 2, 15, tzinfo=UTC)
FAULT_SECONDS = 30
SYMBOLS = ("AAA", "BBB", "CCC", "DDD")

ZOMBIE_SECONDS_MAX = 8
"""How long a process that has lost its seat may go on."""

LATENCY_MAX = (0.0, 0.05, 1.5)
"""One way to the venue, seconds: off, mild, wild. With a zombie and the venue's silence it stays below 30 s."""

READ_FAILURES = (0.0, 0.01, 0.15)
COMMIT_SECONDS_MAX = (0.0, 0.01, 0.3)
CRASH_RATES = (0.0, 0.01, 0.05)
REFUSED_APPENDS = (0.0, 0.002, 0.01)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One seed's day.

    Attributes:
        latency, commit: The most that one way to the venue and one commit take, seconds.
        read_failure, crash_append, crash_submit, refused_append: Probabilities a call.
        lenient: The venue lends cash and units, so that nothing but our own gate keeps the limits.
        deposits: (second, amount) · halts: (second, seconds until somebody resumes, or None).
        takeovers: Seconds at which a second instance starts beside the first.
        hurry: Mean seconds between what an operator does.
    """

    seed: int
    faults: Faults
    latency: float
    commit: float
    read_failure: float
    crash_append: float
    crash_submit: float
    refused_append: float
    fee_bps: Decimal
    slippage_bps: Decimal
    lenient: bool
    cash: Decimal
    prices: dict[str, Decimal]
    constraints: PortfolioConstraints
    mode_policy: ModePolicy
    targets: tuple[Target, ...]
    policy: SizingPolicy
    deposits: tuple[tuple[float, Decimal], ...]
    halts: tuple[tuple[float, float | None], ...]
    takeovers: tuple[float, ...]
    hurry: float


def story_of(seed: int) -> Story:
    """The story of a seed, the same on every machine."""
    draw = random.Random(f"story {seed}")
    constraints = _constraints(draw)
    return Story(
        seed=seed,
        faults=_faults(draw),
        latency=draw.choice(LATENCY_MAX),
        commit=draw.choice(COMMIT_SECONDS_MAX),
        read_failure=draw.choice(READ_FAILURES),
        crash_append=draw.choice(CRASH_RATES),
        crash_submit=draw.choice(CRASH_RATES),
        refused_append=draw.choice(REFUSED_APPENDS),
        fee_bps=Decimal(draw.choice((0, 5, 10))),
        slippage_bps=Decimal(draw.choice((0, 3, 20))),
        lenient=draw.random() < 0.7,
        cash=Decimal(draw.randrange(5_000, 200_000)),
        prices={symbol: Decimal(draw.randrange(500, 40_000)).scaleb(-2) for symbol in SYMBOLS},
        constraints=constraints,
        mode_policy=ModePolicy(
            ladder_release_auto=draw.random() < 0.5, mode_cooldown_seconds=draw.choice((1, 5, 900)),
            minimum_score_safe=ZERO, minimum_score_neutral=ZERO, minimum_score_aggressive=ZERO,
        ),
        targets=_targets(draw, constraints),
        policy=_policy(draw),
        deposits=tuple(
            (draw.uniform(1, FAULT_SECONDS), Decimal(draw.randrange(1, 2_000_000)).scaleb(-2))
            for _ in range(draw.randrange(5))
        ),
        halts=_halts(draw),
        takeovers=tuple(sorted(draw.uniform(1, FAULT_SECONDS) for _ in range(draw.choice((0, 0, 1, 2))))),
        hurry=draw.choice((0.5, 2.0, 4.0)),
    )  # fmt: skip


def _faults(draw: random.Random) -> Faults:
    """Each fault by itself is off, mild or wild."""
    return Faults(**{item.name: getattr(draw.choice((NONE, MILD, WILD)), item.name) for item in fields(Faults)})


def _constraints(draw: random.Random) -> PortfolioConstraints:
    return PortfolioConstraints(
        max_positions=draw.choice((3, 200)),
        max_positions_per_symbol=draw.choice((1, 1, 5)),
        max_total_risk_pct=HUNDRED,
        max_per_trade_risk_pct=HUNDRED,
        max_symbol_concentration_pct=Decimal(draw.choice((25, 40, 100))),
        max_sector_concentration_pct=HUNDRED,
        max_leverage=Decimal(1),
        max_long_exposure_pct=Decimal(draw.choice((60, 100))),
        max_short_exposure_pct=ZERO,
        max_net_exposure_pct=HUNDRED,
    )


def _targets(draw: random.Random, limits: PortfolioConstraints) -> tuple[Target, ...]:
    """Targets that the limits would let be held, often just so: beside the bot's trades they still bite."""
    chosen = some(draw, SYMBOLS, min(draw.randrange(2, 5), limits.max_positions))
    weights = [draw.randrange(5, 40) for _ in chosen]
    whole = max(sum(weights), draw.choice((60, 100)))
    room = int(limits.max_long_exposure_pct)
    return tuple(
        Target(
            symbol=symbol,
            weight=Decimal(min(weight * room // whole, int(limits.max_symbol_concentration_pct))).scaleb(-2),
        )
        for symbol, weight in zip(chosen, weights, strict=True)
    )


def _policy(draw: random.Random) -> SizingPolicy:
    return SizingPolicy(
        min_trade_notional=Decimal(draw.choice((1, 10, 500))),
        drift_threshold_pct=Decimal(draw.choice((0, 1, 5))),
        destination=draw.choice(tuple(Destination)),
        scope=draw.choice(tuple(PlanScope)),
        untargeted=draw.choice(tuple(Untargeted)),
        fee_rate=Decimal(draw.choice((0, 1))).scaleb(-3),
        collar_pct=Decimal(draw.choice((0, 1))),
    )


def _halts(draw: random.Random) -> tuple[tuple[float, float | None], ...]:
    times = sorted(draw.uniform(2, FAULT_SECONDS) for _ in range(draw.randrange(3)))
    return tuple((time, draw.choice((0.3, 2.0, 6.0, None))) for time in times)


def some(draw: random.Random, items: Sequence[T], count: int) -> list[T]:
    """`count` different items, in their order."""
    places = sorted(draw.sample(range(len(items)), count))
    return [items[place] for place in places]
