"""Which replay is the demo, and which one do a user's files ask for?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from counterpoise.demo.market import ALLOCATION, MARKET, Listed, sample_prices
from counterpoise.demo.momentum import Momentum
from counterpoise.demo.replay import ReplayPlan, account_policy, listed
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.instruments import Category, Instrument, instrument_id
from counterpoise.domain.numbers import ONE
from counterpoise.domain.plans import Rounding, SizingPolicy, Target
from counterpoise.domain.price_history import PriceHistory
from counterpoise.wiring import check_known, read_prices, read_targets

DEMO_CASH = Decimal(100_000)
DEMO_THRESHOLD_PCT = Decimal(5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What the paper venue charges: hundredths of a percent of an execution's value and price."""

    fee_bps: Decimal
    slippage_bps: Decimal


DEMO_COSTS = Costs(fee_bps=Decimal(1), slippage_bps=Decimal(2))


def demo_plan(days: int | None = None) -> tuple[ReplayPlan, Costs]:
    """The shipped sample: eight shares and cash for the owner, twelve shares for the bot."""
    with sample_prices() as path:
        history = read_prices(path)
    instruments = {
        share.symbol: Instrument(
            instrument_id=instrument_id("paper", share.symbol),
            symbol=share.symbol,
            venue="paper",
            quote="USD",
            category=share.category,
            sector=share.sector,
        )
        for share in MARKET
    }
    plan = ReplayPlan(
        account="demo",
        history=history if days is None else first_days(history, days),
        instruments=listed(history.symbols, "USD", instruments),
        targets=tuple(Target(symbol=symbol, weight=weight) for symbol, weight in sorted(ALLOCATION.items())),
        policy=account_policy(DEMO_THRESHOLD_PCT, DEMO_COSTS.fee_bps, DEMO_COSTS.slippage_bps),
        cash=DEMO_CASH,
        bot=Momentum(),
    )
    return plan, DEMO_COSTS


def file_plan(
    prices: Path,
    targets: Path,
    *,
    cash: Decimal,
    threshold_pct: Decimal,
    costs: Costs,
    fill_same: bool,
    whole: bool,
    momentum: bool,
) -> ReplayPlan:
    """A user's prices and targets.

    Raises:
        InvalidInput: a file, a cell or a symbol is not as it must be; one line says which.
    """
    history = read_prices(prices)
    wanted = read_targets(targets)
    check_known(wanted.targets, history.symbols)
    base = SizingPolicy(rounding=Rounding.WHOLE if whole else Rounding.FRACTIONAL)
    band = threshold_pct if wanted.threshold_pct is None else wanted.threshold_pct
    targeted = {target.symbol for target in wanted.targets}
    others = tuple(
        Listed(symbol=symbol, sector="unknown", category=Category.CORE)
        for symbol in history.symbols
        if symbol not in targeted
    )
    instruments = listed(history.symbols, "USD")
    return ReplayPlan(
        account="replay",
        history=history,
        instruments=tuple(_whole(item) for item in instruments) if whole else instruments,
        targets=wanted.targets,
        policy=account_policy(band, costs.fee_bps, costs.slippage_bps, base),
        cash=cash,
        fill_same=fill_same,
        bot=Momentum(universe=others) if momentum else None,
    )


def first_days(history: PriceHistory, days: int) -> PriceHistory:
    """The first `days` days of a history.

    Raises:
        InvalidInput: fewer than one.
    """
    if days < 1:
        raise InvalidInput("--days", str(days), "at least 1")
    last: date = history.days[min(days, len(history.days)) - 1]
    return PriceHistory(
        symbols=history.symbols,
        days=history.days[:days],
        rows=history.rows[:days],
        not_yet_traded=history.not_yet_traded,
        stale_cells=history.stale_cells,
        ended={symbol: day for symbol, day in history.ended.items() if day < last},
    )


def _whole(instrument: Instrument) -> Instrument:
    return Instrument(
        instrument_id=instrument.instrument_id,
        symbol=instrument.symbol,
        venue=instrument.venue,
        quote=instrument.quote,
        lot=ONE,
        fractionable=False,
        source=instrument.source,
    )
