"""What do people see of a running account? Its chronicle, pulse and curve, and a bell for when something moved."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from counterpoise.control.chronicle import Chronicle
from counterpoise.control.pulse import Pulse
from counterpoise.control.state import ControlState
from counterpoise.domain.facts import Fact
from counterpoise.domain.time import Clock
from counterpoise.portfolio.curve import Curve, CurvePoint, point_at
from counterpoise.portfolio.fold import Book

LOG = logging.getLogger("counterpoise.watch")

FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a sentence that is wrong raises: nothing decides on it, so it may not stop who trades."""


class Watch:
    """Follows one account beside its writer; nothing decides on it.

    Attributes:
        wall: The machine's clock; ages count on it.
        version: Moves with every fact and every price.
    """

    def __init__(self, wall: Clock) -> None:
        self.wall = wall
        self.chronicle = Chronicle()
        self.pulse = Pulse()
        self.curve = Curve()
        self.version = 0
        self.last_price_at: datetime | None = None
        self._bell = asyncio.Event()
        self._steps = 0
        self._steady = asyncio.Event()
        self._steady.set()

    # --- what moves it ---

    def replayed(self, book: Book, fact: Fact) -> None:
        """A recorded fact was folded at the start."""
        self.chronicle.follow(fact)
        if fact.kind == "MarksRecorded":
            self.curve.add(point_at(book.state.drawdown, book.valuation.equity, fact.occurred_at))

    def recorded(self, facts: Sequence[Fact]) -> None:
        """These facts are durable now."""
        try:
            for fact in facts:
                self.chronicle.follow(fact)
        except FAULTS:
            LOG.exception("what happened could not be told; the account goes on")
        self.ring()

    def priced(self, instrument: str, at: datetime) -> None:
        """A price was heard; `at` is its own time."""
        self.pulse.price(instrument, self.wall.now())
        self.last_price_at = at

    def sample(self, view: ControlState, at: datetime) -> tuple[CurvePoint, tuple[datetime, ...]]:
        """Put the live equity on the curve; returns the point and the instants that it thinned out."""
        point = point_at(view.state.drawdown, view.live_equity, at)
        return point, self.curve.add(point)

    def ring(self) -> None:
        """Something moved."""
        self.version += 1
        self._bell.set()

    # --- what waits for it ---

    @contextmanager
    def step(self) -> Iterator[None]:
        """Several moves that only together make a picture, such as one day of a replay."""
        self._steps += 1
        self._steady.clear()
        try:
            yield
        finally:
            self._steps -= 1
            if not self._steps:
                self._steady.set()
                self.ring()

    @property
    def is_steady(self) -> bool:
        """Whether no step is half done."""
        return not self._steps

    async def steady(self) -> None:
        """Return when no step is half done."""
        while self._steps:
            await self._steady.wait()

    async def moved(self) -> None:
        """Return when something has moved since the last call and no step is half done."""
        await self._bell.wait()
        await self._steady.wait()
        self._bell.clear()
