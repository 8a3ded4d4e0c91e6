"""How did equity get here? A curve that is dense for today and thin for long ago, flows taken out.

Each point keeps what one unit of the account had grown to, so that a deposit today moves no point of the past:
the curve is drawn in today's capital, growth × equity now ÷ growth now.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Protocol

from counterpoise.domain.numbers import ONE, ZERO, divide_half_even_18, even_steps, whole_steps
from counterpoise.portfolio.drawdown import drawdown_pct
from counterpoise.portfolio.state import DrawdownBook

DENSE = timedelta(seconds=10)
"""How often a live account's equity is kept."""

THINNED = (
    (timedelta(days=365), timedelta(days=1)),
    (timedelta(days=30), timedelta(hours=1)),
    (timedelta(days=1), timedelta(minutes=1)),
    (timedelta(0), DENSE),
)
"""Age from which points are this far apart, the oldest first."""

THIN_EVERY = 2_000
"""Points after which the curve is thinned again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """Equity at one instant.

    Attributes:
        equity: As it was, account currency.
        growth: What one unit had grown to since the first deposit; began at 1.
        drawdown_pct: Below the all-time peak, ≥ 0; None without one.
    """

    at: datetime
    equity: Decimal
    growth: Decimal
    drawdown_pct: Decimal | None


class Series(Protocol):
    """Port: points that outlive the process. Losing them costs detail, never facts."""

    async def keep(self, points: Sequence[CurvePoint]) -> None:
        """Store points; one of the same instant replaces the one before."""
        ...

    async def load(self) -> tuple[CurvePoint, ...]:
        """All points, the oldest first."""
        ...

    async def forget(self, instants: Sequence[datetime]) -> None:
        """Drop the points of these instants."""
        ...


def point_at(book: DrawdownBook, equity: Decimal, at: datetime) -> CurvePoint:
    """The point that this equity makes."""
    growth = ONE
    if book.unit_equity > ZERO:
        growth = divide_half_even_18(book.unit_value * equity, book.unit_equity)
    return CurvePoint(at=at, equity=equity, growth=growth, drawdown_pct=drawdown_pct(book.ever, equity))


class Curve:
    """The points of one account, the oldest first."""

    def __init__(self, points: Iterable[CurvePoint] = ()) -> None:
        self._points: list[CurvePoint] = sorted(points, key=lambda point: point.at)
        self._added = 0

    def add(self, point: CurvePoint) -> tuple[datetime, ...]:
        """Take a point; returns the instants that were thinned out. One of the last instant replaces it."""
        points = self._points
        if points and point.at <= points[-1].at:
            place = bisect_left(points, point.at, key=lambda kept: kept.at)
            if points[place].at == point.at:
                points[place] = point
            else:
                points.insert(place, point)
            return ()
        points.append(point)
        self._added += 1
        if self._added < THIN_EVERY:
            return ()
        self._added = 0
        kept = thinned(points, point.at)
        gone = {old.at for old in points} - {new.at for new in kept}
        self._points = kept
        return tuple(sorted(gone))

    def since(self, start: datetime | None, most: int) -> tuple[CurvePoint, ...]:
        """At most about `most` points from `start` on, evenly thinned; the first and the last are always there."""
        place = 0 if start is None else bisect_left(self._points, start, key=lambda point: point.at)
        found = self._points[place:]
        if len(found) <= max(most, 1):
            return tuple(found)
        step = even_steps(found[-1].at - found[0].at, most)
        return tuple(_apart(found, step))


def thinned(points: Sequence[CurvePoint], now: datetime) -> list[CurvePoint]:
    """The points as far apart as their age asks."""
    kept: list[CurvePoint] = []
    bounds = [age for age, _ in THINNED]
    for older, (age, step) in zip([None, *bounds], THINNED, strict=False):
        part = [point for point in points if now - point.at >= age and (older is None or now - point.at < older)]
        kept.extend(_apart(part, step))
    return kept


def scaled(points: Sequence[CurvePoint], equity: Decimal, growth: Decimal) -> tuple[Decimal, ...]:
    """What each point is in today's capital: its growth × equity now ÷ growth now, half even at 18 places."""
    if growth <= ZERO:
        return tuple(point.equity for point in points)
    return tuple(divide_half_even_18(point.growth * equity, growth) for point in points)


def _apart(points: Sequence[CurvePoint], step: timedelta) -> Iterable[CurvePoint]:
    """The first, the last, and between them the last point of each step."""
    if not points:
        return
    start = points[0].at
    yield points[0]
    for one, following in pairwise(points[1:]):
        if whole_steps(one.at - start, step) != whole_steps(following.at - start, step):
            yield one
    if len(points) > 1:
        yield points[-1]
