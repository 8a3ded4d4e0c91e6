"""One look at an account that all parts of a page share: its time, its marks, and what its allocations want."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from counterpoise.control.gate_book import MARK_AGE_MAX
from counterpoise.control.plan_book import plan_book
from counterpoise.control.state import ControlState
from counterpoise.control.watch import Watch
from counterpoise.domain.errors import CounterpoiseError
from counterpoise.domain.instruments import CASH_SYMBOL, Symbol
from counterpoise.domain.numbers import HUNDRED, ZERO, percent_half_even_10
from counterpoise.planning.drift import DriftLine, drift
from counterpoise.portfolio.valuation import EquityInterval


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an allocation wants of a symbol, and how far that is from being so."""

    target_pct: Decimal | None
    drift_points: Decimal | None
    band_points: Decimal | None
    beyond: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One look at the account.

    Attributes:
        now: The account's clock.
    """

    view: ControlState
    watch: Watch
    now: datetime
    interval: EquityInterval
    wanted: dict[Symbol, Wanted]

    @classmethod
    def of(cls, view: ControlState, watch: Watch, now: datetime) -> Moment:
        """The account at its live marks."""
        interval = view.live.interval(now, MARK_AGE_MAX)
        return cls(view=view, watch=watch, now=now, interval=interval, wanted=_wanted(view, now))

    def share_pct(self, amount: Decimal) -> Decimal | None:
        """Percent of the live equity; None when there is none to be a share of."""
        equity = self.view.live.equity
        return percent_half_even_10(amount, equity) if equity > ZERO else None


def _wanted(view: ControlState, now: datetime) -> dict[Symbol, Wanted]:
    """Targets and drift of every allocation, by symbol; the first allocation that wants a symbol speaks for it."""
    found: dict[Symbol, Wanted] = {}
    for strategy, said in sorted(view.state.targets.items()):
        book = plan_book(view, strategy, view.live_marks, view.live, now)
        try:
            report = drift(book, said.targets, said.policy)
        except CounterpoiseError:
            continue  # an account without equity has no weights yet
        targeted = {target.symbol for target in said.targets if target.enabled}
        for line in report.lines:
            if line.symbol in targeted and line.symbol != CASH_SYMBOL:
                found.setdefault(line.symbol, _wanted_of(line))
    return found


def _wanted_of(line: DriftLine) -> Wanted:
    return Wanted(
        target_pct=line.target_weight * HUNDRED,
        drift_points=None if line.drift is None else line.drift * HUNDRED,
        band_points=line.threshold_pct,
        beyond=line.needs_rebalance and line.drift is not None,
    )
