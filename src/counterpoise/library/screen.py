"""What can be shown of a running account? Read models at its live marks, as values for the wire."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from counterpoise.control.chronicle import MarkerKind
from counterpoise.control.overview.page import overview
from counterpoise.control.overview.status import account_info, ages
from counterpoise.control.state import ControlState
from counterpoise.control.watch import Watch
from counterpoise.domain.accounts import AccountId
from counterpoise.domain.decisions import TradingState
from counterpoise.domain.time import Clock, day_start, trading_day
from counterpoise.messages.overview import (
    Ages,
    Overview,
)
from counterpoise.messages.readmodels import (
    LEDGER_AND_MARKS,
    DrawdownMessage,
    ExposureMessage,
    Origin,
    PnLMessage,
    SnapshotMessage,
    drawdown_message,
    exposure_message,
    pnl_message,
    snapshot_message,
)
from counterpoise.messages.status import (
    AccountInfo,
    OrderResult,
    Replay,
)
from counterpoise.portfolio.curve import point_at, scaled
from counterpoise.portfolio.drawdown import metrics, seen_at
from counterpoise.portfolio.exposure import exposure
from counterpoise.portfolio.pnl import breakdown
from counterpoise.portfolio.snapshot import snapshot

POINTS_MAX = 800
"""Points of a curve that a screen can tell apart."""


class Range(StrEnum):
    """How far back a curve goes."""

    DAY = "1D"
    WEEK = "1W"
    MONTH = "1M"
    QUARTER = "3M"
    YEAR = "1Y"
    ALL = "ALL"


SPANS = {
    Range.WEEK: timedelta(days=7),
    Range.MONTH: timedelta(days=31),
    Range.QUARTER: timedelta(days=92),
    Range.YEAR: timedelta(days=366),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPoint:
    """Equity in today's capital, account currency; drawdown in percent ≥ 0."""

    at: datetime
    equity: Decimal
    drawdown_pct: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryMarker:
    """A rebalance, transfer or halt on the curve."""

    at: datetime
    kind: MarkerKind
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EquityHistory:
    """A curve of equity, the oldest point first; `day_open` is equity at 00:00."""

    account: AccountId
    range: Range
    points: tuple[HistoryPoint, ...]
    markers: tuple[HistoryMarker, ...]
    day_open: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KillSwitch:
    """The trading state, who set it and why, and what became of the orders that a halt wanted to end."""

    trading_state: TradingState
    state_since: datetime | None
    state_by: str | None
    reason: str | None
    orders: tuple[OrderResult, ...]


class Screen:
    """The read models of one account.

    Attributes:
        replay: Where a replay is, when the account is one's.
    """

    def __init__(self, view: ControlState, watch: Watch, clock: Clock) -> None:
        self._view = view
        self._watch = watch
        self._clock = clock
        self.replay: Replay | None = None

    @property
    def version(self) -> int:
        """Moves with every fact and every price."""
        return self._watch.version

    @property
    def is_steady(self) -> bool:
        """Whether what is there belongs together: no day of a replay is half done."""
        return self._watch.is_steady

    @property
    def now(self) -> datetime:
        """The account's clock; a replay's is moved on to the next day before that day has a price."""
        last = self._watch.last_price_at
        return last if self.replay is not None and last is not None else self._clock.now()

    def account(self) -> AccountInfo:
        """Whose book it is."""
        return account_info(self._view)

    def ages(self) -> Ages:
        """How old what we know is."""
        return ages(self._view, self._watch)

    def overview(self, cursor: str) -> Overview:
        """The whole page."""
        return overview(self._view, self._watch, self.now, cursor, self.replay)

    def snapshot(self) -> SnapshotMessage:
        """The book with every position."""
        seen = snapshot(self._view.state, self._view.live, self._view.sequence, self.now)
        origin = self._origin()
        return snapshot_message(seen, source=origin.source, stale=origin.stale)

    def pnl(self) -> PnLMessage:
        """What was earned."""
        return pnl_message(breakdown(self._view.state, self._view.live, self.now), self._origin())

    def exposure(self) -> ExposureMessage:
        """What is at stake."""
        return exposure_message(exposure(self._view.state, self._view.live, self.now), self._origin())

    def drawdown(self) -> DrawdownMessage:
        """How far below its peaks equity is."""
        state = self._view.state
        book = seen_at(state.drawdown, self._view.book.valuation.equity, self.now, state.opened.time_zone)
        return drawdown_message(metrics(book, self._view.live.equity, self.now), self._origin())

    def kill_switch(self) -> KillSwitch:
        """What may be sent, and why."""
        change = self._watch.chronicle.state_change
        return KillSwitch(
            trading_state=self._view.state.trading_state,
            state_since=change.at if change else None,
            state_by=change.by if change else None,
            reason=(change.reason or None) if change else None,
            orders=self._watch.chronicle.state_orders(self._view),
        )

    def equity_history(self, span: Range) -> EquityHistory:
        """The curve in today's capital, flows taken out, up to the live equity."""
        state = self._view.state
        start = self._start(span)
        live = point_at(state.drawdown, self._view.live_equity, self.now)
        points = [point for point in self._watch.curve.since(start, POINTS_MAX) if point.at < live.at]
        points.append(live)
        today = scaled(points, live.equity, live.growth)
        begun = state.drawdown.day is not None
        return EquityHistory(
            account=self._view.account,
            range=span,
            points=tuple(
                HistoryPoint(at=point.at, equity=equity, drawdown_pct=point.drawdown_pct)
                for point, equity in zip(points, today, strict=True)
            ),
            markers=tuple(
                HistoryMarker(at=marker.at, kind=marker.kind, label=marker.label)
                for marker in self._watch.chronicle.markers(start)
            ),
            day_open=state.drawdown.day_equity + state.drawdown.day_flows if begun else None,
        )

    def _origin(self) -> Origin:
        """Of when the figures at the live marks are, and whether all prices that they rest on are fresh."""
        view = self._view
        held = tuple(key for key, holding in view.state.holdings.items() if holding.quantity)
        lines = (view.live.line(key) for key in held)
        return Origin(
            as_of=min((line.at for line in lines if line is not None and line.at is not None), default=self.now),
            source=LEDGER_AND_MARKS,
            stale=self._watch.pulse.lacks_price(self._watch.wall.now(), held),
        )

    def _start(self, span: Range) -> datetime | None:
        if span is Range.ALL:
            return None
        if span is Range.DAY:
            zone = self._view.state.opened.time_zone
            return day_start(trading_day(self.now, zone), zone)
        return self.now - SPANS[span]
