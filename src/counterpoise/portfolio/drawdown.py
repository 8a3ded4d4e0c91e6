"""How far is equity below its peak, with deposits and withdrawals taken out?

Peaks, troughs and period starts are folded from recorded marks and external flows only, so a replay gives the
same bits as the live day. The unit-value method: when a flow F meets equity E, every kept peak and trough P
becomes P × (E + F) ÷ E, half even at 18 places, so no flow changes any drawdown. Ratios are compared as products.
Definition of drawdown: Magdon-Ismail & Atiya 2004, (peak − equity) ÷ peak.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from counterpoise.domain.numbers import (
    HUNDRED,
    ONE,
    ZERO,
    divide_half_even_18,
    divide_toward_zero,
    percent_half_even_10,
    ratio_half_even_10,
)
from counterpoise.domain.time import day_start, trading_day, week_start
from counterpoise.portfolio.state import DrawdownBook, EquityWindow


class Figure(StrEnum):
    """Which drawdown."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MAX = "MAX"


class Extreme(StrEnum):
    """What an equity would be if it were recorded."""

    PEAK = "PEAK"
    TROUGH = "TROUGH"
    STEP = "STEP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A figure that an equity would move, and how."""

    figure: Figure
    extreme: Extreme


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawdownMetrics:
    """The read model; `_pct` are percent ≥ 0, half even at 10 places, None where a peak is not above zero.

    Attributes:
        daily_drawdown_pct, weekly_drawdown_pct: Current, below the highest since 00:00 and since Monday 00:00.
        max_drawdown_pct: The greatest ever recorded.
        peak_equity: All-time, in today's capital, account currency.
        recovery_progress_pct: (current − trough) ÷ (peak − trough) × 100, 0 … 100; 100 when they are the same.
        days_since_peak: Whole days of 24 hours; None before the first equity.
    """

    daily_drawdown_pct: Decimal | None
    weekly_drawdown_pct: Decimal | None
    max_drawdown_pct: Decimal
    peak_equity: Decimal
    current_equity: Decimal
    recovery_progress_pct: Decimal
    days_since_peak: int | None
    timestamp: datetime


def on_equity(drawdown: DrawdownBook, equity: Decimal, at: datetime, time_zone: str) -> None:
    """Fold a recorded equity."""
    begin(drawdown, equity, at, time_zone)
    for window in (drawdown.daily, drawdown.weekly, drawdown.ever):
        _observe(window, equity, at)
    fall, peak = drawdown.ever.peak - equity, drawdown.ever.peak
    if peak > ZERO and (not drawdown.max_peak or fall * drawdown.max_peak > drawdown.max_fall * peak):
        drawdown.max_fall, drawdown.max_peak = fall, peak


def on_flow(drawdown: DrawdownBook, equity_before: Decimal, flow: Decimal, at: datetime, time_zone: str) -> None:
    """Fold an external flow (+ in, − out) that met `equity_before`; both in account currency.

    Where equity is not above zero before or after, peaks restart at what is there then; the greatest drawdown
    stays. The equity before is itself observed, so that a flow at a new high scales that high.
    """
    on_equity(drawdown, equity_before, at, time_zone)
    after = equity_before + flow
    _chain_units(drawdown, equity_before, after)
    drawdown.day_flows += flow
    restarts = equity_before <= ZERO or after <= ZERO
    for window in (drawdown.daily, drawdown.weekly, drawdown.ever):
        if restarts:
            window.peak = window.trough = after
            window.peak_at, window.step = at, 0
        else:
            window.peak = _scaled(window.peak, equity_before, after)
            window.trough = _scaled(window.trough, equity_before, after)


def begin(drawdown: DrawdownBook, equity: Decimal, at: datetime, time_zone: str) -> None:
    """Start the day and week of `at` with `equity`, unless they have begun; an earlier day changes nothing."""
    day, last = trading_day(at, time_zone), drawdown.day
    if last is not None and day <= last:
        return
    drawdown.day, drawdown.day_equity, drawdown.day_flows = day, equity, ZERO
    drawdown.daily = _window(day_start(day, time_zone), equity, at)
    if last is None or week_start(day) > week_start(last):
        drawdown.weekly = _window(day_start(week_start(day), time_zone), equity, at)
    if last is None:
        drawdown.ever = _window(at, equity, at)


def seen_at(drawdown: DrawdownBook, recorded_equity: Decimal, now: datetime, time_zone: str) -> DrawdownBook:
    """What a reader at `now` must see: a day that no fact has begun yet began at the recorded equity.

    The book itself stays as the facts made it.
    """
    if drawdown.day is None or trading_day(now, time_zone) <= drawdown.day:
        return drawdown
    seen = replace(drawdown)
    begin(seen, recorded_equity, now, time_zone)
    return seen


def would_move(drawdown: DrawdownBook, equity: Decimal) -> tuple[Move, ...]:
    """What recording `equity` would change: a new peak or trough, or another whole point of a drawdown."""
    found: list[Move] = []
    for figure, window in (
        (Figure.DAILY, drawdown.daily),
        (Figure.WEEKLY, drawdown.weekly),
        (Figure.MAX, drawdown.ever),
    ):
        if equity > window.peak:
            found.append(Move(figure=figure, extreme=Extreme.PEAK))
        elif equity < window.trough:
            found.append(Move(figure=figure, extreme=Extreme.TROUGH))
        if not _is_in_step(window, equity):
            found.append(Move(figure=figure, extreme=Extreme.STEP))
    return tuple(found)


def metrics(drawdown: DrawdownBook, equity: Decimal, now: datetime) -> DrawdownMetrics:
    """The read model at `equity`; peaks and troughs are the recorded ones."""
    ever = drawdown.ever
    return DrawdownMetrics(
        daily_drawdown_pct=drawdown_pct(drawdown.daily, equity),
        weekly_drawdown_pct=drawdown_pct(drawdown.weekly, equity),
        max_drawdown_pct=percent_half_even_10(drawdown.max_fall, drawdown.max_peak) or ZERO,
        peak_equity=ever.peak,
        current_equity=equity,
        recovery_progress_pct=_recovery_pct(ever, equity),
        days_since_peak=None if ever.peak_at is None else max((now - ever.peak_at).days, 0),
        timestamp=now,
    )


def drawdown_pct(window: EquityWindow, equity: Decimal) -> Decimal | None:
    """(peak − equity) ÷ peak × 100, never below 0; None where the peak is not above zero."""
    if window.peak <= ZERO:
        return None
    return percent_half_even_10(max(window.peak - equity, ZERO), window.peak)


def daily_pnl(drawdown: DrawdownBook, equity: Decimal) -> Decimal:
    """Equity − equity at 00:00 − Σ flows since; account currency, signed."""
    return equity - drawdown.day_equity - drawdown.day_flows


def daily_loss_pct(drawdown: DrawdownBook, equity: Decimal) -> Decimal | None:
    """−daily P&L ÷ (equity at 00:00 + flows since) × 100, signed; None where that capital is not above zero."""
    capital = drawdown.day_equity + drawdown.day_flows
    return None if capital <= ZERO else percent_half_even_10(-daily_pnl(drawdown, equity), capital)


def time_weighted_return(drawdown: DrawdownBook, equity: Decimal) -> Decimal | None:
    """Growth of one unit since the first deposit, a fraction, half even at 10 places; None without capital."""
    if drawdown.unit_equity <= ZERO:
        return None
    grown = drawdown.unit_value * equity - drawdown.unit_equity
    return ratio_half_even_10(grown, drawdown.unit_equity)


def _chain_units(drawdown: DrawdownBook, before: Decimal, after: Decimal) -> None:
    """Worth of one unit at the flow. After a total loss there is no unit left to chain: it begins at 1 again."""
    if drawdown.unit_equity > ZERO:
        grown = drawdown.unit_value * before
        drawdown.unit_value = divide_half_even_18(grown, drawdown.unit_equity) if before > ZERO else ONE
    drawdown.unit_equity = after


def _window(since: datetime, equity: Decimal, at: datetime) -> EquityWindow:
    return EquityWindow(since=since, peak=equity, trough=equity, peak_at=at)


def _observe(window: EquityWindow, equity: Decimal, at: datetime) -> None:
    """A peak moves only when equity is strictly above it; the trough is the lowest since."""
    if equity > window.peak:
        window.peak = window.trough = equity
        window.peak_at, window.step = at, 0
        return
    window.trough = min(window.trough, equity)
    if not _is_in_step(window, equity):
        fall = (window.peak - equity) * HUNDRED
        window.step = int(divide_toward_zero(fall, window.peak, 0)) if window.peak > ZERO else 0


def _is_in_step(window: EquityWindow, equity: Decimal) -> bool:
    """Whether the drawdown at `equity` is in the same whole point as at the last recorded one, by products."""
    if window.peak <= ZERO or equity >= window.peak:
        return window.step == 0
    return window.step * window.peak <= (window.peak - equity) * HUNDRED < (window.step + 1) * window.peak


def _scaled(kept: Decimal, before: Decimal, after: Decimal) -> Decimal:
    # At the peak itself the product is exact even where 18 places are not enough for it.
    return after if kept == before else divide_half_even_18(kept * after, before)


def _recovery_pct(window: EquityWindow, equity: Decimal) -> Decimal:
    span = window.peak - window.trough
    climbed = min(max(equity - window.trough, ZERO), span)
    pct = percent_half_even_10(climbed, span)
    return HUNDRED if pct is None else pct
