"""Does the page say what the book is: totals that add up, figures that own up to being old, limits as they are kept?"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.control.commands import RecordCashFlow, StartDay
from counterpoise.control.overview.page import overview
from counterpoise.control.overview.positions import ROWS_MAX
from counterpoise.control.watch import Watch
from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.decisions import Severity, TradingState
from counterpoise.domain.limits import PortfolioConstraints
from counterpoise.domain.numbers import ZERO
from counterpoise.messages.overview import (
    Overview,
    PositionRow,
    PositionSum,
)
from counterpoise.messages.status import (
    Replay,
)
from counterpoise.messages.wire import to_bytes
from counterpoise.portfolio.snapshot import Quality
from tests.control.making import (
    CORE,
    OWNER,
    START,
    WIDE,
    D,
    Desk,
    book,
    candidate,
    change_state,
    enable,
    instrument,
    judge,
    open_account,
    targets,
    venue_fill,
)


class Wall:
    """A clock that a test sets."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def page(desk: Desk, now: datetime = START, replay: Replay | None = None, *, heard: tuple[str, ...] = ()) -> Overview:
    """The page of an account whose facts were followed."""
    watch = Watch(Wall(now))
    for fact in desk.facts:
        watch.chronicle.follow(fact)
    for symbol in heard:
        watch.priced(desk.state.state.symbols[symbol], now)
    return overview(desk.state, watch, now, "boot.1", replay)


def wallet(
    kind: AccountKind = AccountKind.FUTURES, *, cash: str = "10000", limits: PortfolioConstraints = WIDE
) -> Desk:
    """BTC long, SOL short, ETH long, at the prices of the checked figures."""
    symbols = ("BTCUSDT", "SOLUSDT", "ETHUSDT")
    listed = tuple(instrument(symbol) for symbol in symbols)
    desk = Desk(opening=open_account(listed=listed, kind=AccountKind.FUTURES, limits=limits))
    desk.observe(BTCUSDT="42000", SOLUSDT="98.50", ETHUSDT="2680")
    desk.tell(StartDay(actor=OWNER, at=START, cause="day", day=START.date()))
    trades = (("BTCUSDT", "BUY", "0.2", "42000"), ("SOLUSDT", "SELL", "45", "98.50"), ("ETHUSDT", "BUY", "5", "2680"))
    for number, (symbol, side, quantity, price) in enumerate(trades, 1):
        desk.tell(book(venue_fill(symbol, side, quantity, price, number=number)))
    desk.observe(BTCUSDT="42741.13", SOLUSDT="95.09", ETHUSDT="2833.30")
    return desk


def many(count: int) -> Desk:
    """A share each of so many symbols, bought at 10 and now at 11, the n-th times n."""
    symbols = [f"S{number:03d}" for number in range(count)]
    desk = Desk(opening=open_account(*symbols, cash="1000000"))
    for number, symbol in enumerate(symbols):
        desk.observe(START, **{symbol: "10"})
        desk.hold(symbol, str(number + 1), "10", number=number + 1)
        desk.observe(START, **{symbol: "11"})
    return desk


def assert_adds_up(seen: Overview, desk: Desk) -> None:
    """rows + others + cash = total, in every column that has a sum."""
    found = seen.positions
    parts: list[PositionRow | PositionSum] = [*found.rows, *([found.others] if found.others else [])]
    assert sum((part.value for part in parts), found.cash.value) == found.total.value == desk.state.live_equity
    assert sum((part.pnl_today for part in parts), ZERO) == found.total.pnl_today
    assert sum((part.pnl_open for part in parts), ZERO) == found.total.pnl_open
    assert len(found.rows) + (found.others.count if found.others else 0) == found.total.count
    if found.total.weight_pct is not None:
        weights = sum((part.weight_pct or ZERO for part in parts), found.cash.weight_pct or ZERO)
        assert abs(weights - found.total.weight_pct) < D("1e-7")
    assert [abs(row.value) for row in found.rows] == sorted((abs(row.value) for row in found.rows), reverse=True)


# --- positions ---


def test_long_and_short_positions_of_a_futures_wallet_add_up_to_its_equity() -> None:
    desk = wallet()
    seen = page(desk)
    assert_adds_up(seen, desk)
    assert seen.positions.total.value == D("11068.176")
    assert seen.positions.total.pnl_open == D("1068.176")
    rows = {row.symbol: row for row in seen.positions.rows}
    assert (rows["SOLUSDT"].side, rows["SOLUSDT"].quantity, rows["SOLUSDT"].pnl_open) == ("SHORT", D(45), D("153.45"))
    assert seen.figures.net_exposure.net == D("18435.676")
    assert seen.figures.net_exposure.gross == D("26993.776")


@pytest.mark.parametrize("count", (0, 1, ROWS_MAX, ROWS_MAX + 1, ROWS_MAX + 10))
def test_what_does_not_fit_is_one_row_and_nothing_is_lost(count: int) -> None:
    desk = many(count)
    seen = page(desk)
    assert_adds_up(seen, desk)
    assert len(seen.positions.rows) == min(count, ROWS_MAX)
    assert (seen.positions.others is not None) is (count > ROWS_MAX)
    if seen.positions.others:
        assert seen.positions.others.count == count - ROWS_MAX
        least = min(row.value for row in seen.positions.rows)
        assert seen.positions.others.value <= least * seen.positions.others.count


TRADES = st.lists(
    st.tuples(
        st.sampled_from(("A", "B", "C")),
        st.sampled_from(("BUY", "SELL")),
        st.decimals("0.001", "100", places=3),
        st.decimals("0.01", "1000", places=2),
    ),
    max_size=8,
)


@given(TRADES, st.fixed_dictionaries(dict.fromkeys("ABC", st.decimals("0.01", "1000", places=2))))
def test_rows_and_cash_are_the_total_whatever_was_traded(
    trades: list[tuple[str, str, Decimal, Decimal]], prices: dict[str, Decimal]
) -> None:
    desk = Desk(opening=open_account("A", "B", "C", kind=AccountKind.MARGIN, cash="100000"))
    for number, (symbol, side, quantity, price) in enumerate(trades, 1):
        desk.observe(START, **{symbol: str(price)})
        desk.tell(book(venue_fill(symbol, side, str(quantity), str(price), number=number, fee="0.01")))
    desk.observe(START, **{symbol: str(price) for symbol, price in prices.items()})
    seen = page(desk)
    assert_adds_up(seen, desk)
    assert seen.figures.equity.value == desk.state.live_equity
    exposure = seen.figures.net_exposure
    assert (exposure.long + exposure.short, exposure.long - exposure.short) == (exposure.gross, exposure.net)
    day = seen.figures.pnl_today
    assert day.value == day.price + day.fees + day.other + day.residual
    assert day.residual == 0
    assert b"E" not in to_bytes([row.value for row in seen.positions.rows])


def test_each_symbol_keeps_its_colour_targets_first() -> None:
    desk = Desk(opening=open_account("A", "B", "C"))
    desk.tell(targets(CORE, C="0.5", A="0.3"))
    for number, symbol in enumerate("ABC", 1):
        desk.observe(START, **{symbol: "10"})
        desk.hold(symbol, "1", "10", number=number)
    series = {row.symbol: row.series for row in page(desk).positions.rows}
    assert sorted(series.values()) == [0, 1, 2]
    assert series["B"] == 2, "what no target wants comes last"


# --- figures ---


def test_a_stale_mark_makes_what_depends_on_it_uncertain_and_says_which_it_is() -> None:
    desk = wallet()
    seen = page(desk, START + timedelta(minutes=2))
    figures = seen.figures
    assert (figures.equity.quality, figures.pnl_today.quality) == (Quality.INTERVAL, Quality.INTERVAL)
    assert (figures.drawdown.quality, figures.net_exposure.quality) == (Quality.STALE, Quality.STALE)
    assert figures.free_cash.quality is Quality.EXACT, "cash depends on no mark"
    for figure in (figures.equity, figures.pnl_today, figures.drawdown, figures.net_exposure):
        assert figure.reason is not None
        assert "BTCUSDT" in figure.reason
        assert figure.reason.endswith("no fresh price")
    assert figures.equity.low is not None
    assert figures.equity.high is not None
    assert figures.equity.low < D("11068.176") < figures.equity.high
    assert {row.quality for row in seen.positions.rows} == {Quality.STALE}


def test_fresh_figures_are_exact_and_have_no_range() -> None:
    figures = page(wallet()).figures
    for figure in (figures.equity, figures.pnl_today, figures.drawdown, figures.net_exposure, figures.free_cash):
        assert (figure.quality, figure.low, figure.high, figure.reason) == (Quality.EXACT, None, None, None)


@pytest.mark.parametrize("cash", ("0", "-20000"), ids=("nothing", "less than nothing"))
def test_without_equity_there_is_a_page_and_no_share_of_nothing(cash: str) -> None:
    desk = wallet()
    equity = desk.state.live_equity
    flow = D(cash) - equity
    desk.tell(RecordCashFlow(actor=OWNER, at=START, cause="flow", amount=flow, reference="all of it"))
    seen = page(desk)
    assert seen.figures.equity.value == D(cash)
    assert seen.figures.net_exposure.value is None
    assert seen.figures.net_exposure.reason == "no equity to be a share of"
    assert all(row.weight_pct is None for row in seen.positions.rows)
    assert_adds_up(seen, desk)
    assert seen.gate.severity is Severity.CRITICAL
    assert any(line.constraint == "total_equity" for line in seen.gate.violations)
    assert to_bytes(seen)


def test_an_account_without_a_position_has_a_whole_page() -> None:
    seen = page(Desk("SPY"))
    assert (seen.positions.rows, seen.positions.others, seen.positions.total.count) == ((), None, 0)
    assert seen.positions.cash.value == seen.positions.total.value == D(10_000)
    assert (seen.gate.verdict, seen.gate.severity) == ("no violations", None)
    assert seen.status.needs_you is None
    assert (seen.status.counts.positions, seen.status.counts.open_orders) == (0, 0)


def test_what_an_open_purchase_may_need_is_no_free_cash() -> None:
    desk = Desk("SPY")
    desk.tell(enable())
    desk.observe(SPY="100")
    desk.tell(judge(candidate("SPY", "20")))
    seen = page(desk)
    cash = seen.figures.free_cash
    assert (cash.cash, cash.value) == (D(10_000), D(10_000) - cash.reserved)
    assert cash.reserved >= D(2_000)
    assert seen.status.counts.open_orders == len(seen.status.open_orders) == 1
    assert seen.status.open_orders[0].remaining == seen.status.open_orders[0].quantity == D(20)
    assert seen.gate.today.approved == 1


# --- the gate ---


def test_each_violation_has_its_limit_its_culprit_and_its_cure() -> None:
    tight = PortfolioConstraints(
        max_positions=2,
        max_positions_per_symbol=5,
        max_total_risk_pct=D(100),
        max_per_trade_risk_pct=D(100),
        max_symbol_concentration_pct=D(50),
        max_sector_concentration_pct=D(1_000),
        max_leverage=D(1),
        max_long_exposure_pct=D(1_000),
        max_short_exposure_pct=D(1_000),
        max_net_exposure_pct=D(150),
    )
    seen = page(wallet(limits=tight)).gate
    found = {line.constraint: line for line in seen.violations}
    assert set(found) == {"max_positions", "max_symbol_concentration_pct", "max_net_exposure_pct"}
    assert seen.severity is Severity.CRITICAL
    assert seen.verdict == "3 CRITICAL, 1 WARNING"
    cures = {(line.constraint, line.culprit): line.cure for line in seen.violations}
    assert cures == {
        ("max_positions", ""): "BUY 45 SOLUSDT (worth 4,279.05)",
        ("max_symbol_concentration_pct", "BTCUSDT"): "SELL 0.0705 BTCUSDT (worth 3,014.14)",
        ("max_symbol_concentration_pct", "ETHUSDT"): "SELL 3.0468 ETHUSDT (worth 8,632.41)",
        ("max_net_exposure_pct", ""): None,  # the cures before it bring it back too
    }
    bars = {bar.name: bar for bar in seen.limits}
    assert set(found) <= set(bars)
    for name, line in found.items():
        assert bars[name].use_pct > 100
        assert bars[name].severity is not None
        assert line.severity in Severity
    assert len(seen.limits) <= 6


def test_a_limit_that_is_kept_has_no_severity_and_no_cure() -> None:
    seen = page(many(3)).gate
    assert all(bar.use_pct <= 100 and bar.severity is None and bar.cure is None for bar in seen.limits)


@pytest.mark.parametrize(
    ("price", "severity"),
    (
        pytest.param("97", None, id="3 % down exactly"),
        pytest.param("96.99", Severity.WARNING, id="a cent more"),
        pytest.param("90", Severity.WARNING, id="10 % down exactly"),
        pytest.param("89.99", Severity.CRITICAL, id="a cent more than 10 %"),
    ),
)
def test_a_ladder_is_passed_strictly_above_its_steps(price: str, severity: Severity | None) -> None:
    desk = Desk("SPY")
    desk.observe(SPY="100")
    desk.tell(StartDay(actor=OWNER, at=START, cause="day", day=START.date()))
    desk.hold("SPY", "100", "100")
    desk.observe(SPY=price)
    daily, weekly = page(desk).gate.ladders
    assert daily.severity is severity
    assert daily.now_pct == D(100) - D(price)
    assert daily.scale_pct >= max(step.at_pct for step in daily.steps)
    assert weekly.label == "Drawdown this week"


# --- status ---


def test_what_has_drifted_beyond_its_band_needs_a_person_unless_the_account_is_halted() -> None:
    desk = Desk(opening=open_account("A", "B"))
    desk.observe(A="10", B="10")
    desk.tell(targets(CORE, A="0.5", B="0.3"))
    waiting = page(desk).status
    assert waiting.needs_you is not None
    assert waiting.needs_you.title == "2 of 2 targets are outside their band."
    assert waiting.needs_you.detail.startswith("A −50.00 points")
    assert (waiting.counts.targets, waiting.counts.targets_out) == (2, 2)
    desk.tell(change_state(TradingState.HALTED))
    halted = page(desk).status
    assert halted.needs_you is None
    assert (halted.trading_state, halted.state_by, halted.state_reason) == ("HALTED", "owner", "said so")


def test_the_clock_is_the_accounts_own_and_says_what_is_replayed() -> None:
    desk = Desk(opening=open_account("A", zone="America/New_York"))
    replay = Replay(day="2010-03-04", number=43, days=3270, paused=False, days_per_second=None, finished=False)
    assert page(desk, replay=replay).status.clock.text == "10:00:00 EST"
    assert page(desk, replay=replay).status.clock.note == "replaying 2010-03-04"
    assert page(desk).status.clock.note == "paper market, always open"


def test_ages_are_of_the_machines_clock_and_not_of_the_prices_own_time() -> None:
    desk = wallet()
    seen = page(desk, START + timedelta(days=1_000), heard=("BTCUSDT", "SOLUSDT", "ETHUSDT"))
    assert (seen.ages.prices.age_seconds, seen.ages.prices.stale) == (ZERO, False)
    assert seen.ages.prices.text == "3 of 3"
    assert seen.ages.ledger.text == "never compared"
    assert {line.name for line in seen.status.health} == {"Journal", "Broker", "Prices", "Reconciled"}
