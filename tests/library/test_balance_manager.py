"""Does a robot without an event loop get one exact answer a call, from one account with one writer?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

import counterpoise
from counterpoise.domain.balances import BalanceSource, Confidence, UsableFor
from counterpoise.domain.errors import (
    ConfigurationError,
    DataFolderInUse,
    InvalidInput,
    PortfolioError,
    VenueUnavailable,
)
from counterpoise.library.balance_manager import BalanceManager
from counterpoise.library.opening import Opening
from counterpoise.library.plane import Counterpoise
from counterpoise.library.reading import verify_folder
from counterpoise.settings import Settings

D = Decimal
OPENING = Opening.paper("mine", cash=D(500), symbols=("SPY",))


@pytest.fixture
def robot() -> Iterator[BalanceManager]:
    with BalanceManager.open(opening="500") as manager:
        yield manager


def test_it_is_one_of_the_names_of_the_package() -> None:
    assert counterpoise.BalanceManager is BalanceManager


def test_the_robot_s_first_balance_is_what_it_began_with(robot: BalanceManager) -> None:
    balance = robot.get_current_balance()
    assert balance["balance"] == balance.balance == D(500)
    assert (balance.source, balance.confidence, balance.usable_for) == (
        BalanceSource.LEDGER,
        Confidence.MEDIUM,
        UsableFor.REDUCE,
    )
    assert robot.get_current_balance("opening").usable_for is UsableFor.DISPLAY
    assert not balance.details.paper


def test_nothing_said_is_zero_and_stays_zero() -> None:
    with BalanceManager.open(currency="BRL") as robot:
        for source in ("auto", "ledger", "history", "opening"):
            balance = robot.get_current_balance(source)
            assert (balance.amount, balance.currency) == (D(0), "BRL")
        assert robot.position_size("0.02", "0.10", 38).position_size == D(0)


def test_every_trade_moves_the_balance(robot: BalanceManager) -> None:
    bought = robot.record_fill("buy", " petr4", 25, 10, "f1", fee=1)
    assert (bought.cash, bought.equity) == (D(249), D(499))
    sold = robot.record_fill("sell", "PETR4", "26.5", 4, "f2")
    assert (sold.cash, sold.equity) == (D(355), D(514))
    closed = robot.record_fill("force_close", "PETR4", 27.25, 6, "f3")
    assert closed.cash == closed.equity == D("518.50")
    assert robot.get_current_balance("history").amount == D("518.50")


def test_a_trade_told_twice_is_booked_once_a_forced_close_too(robot: BalanceManager) -> None:
    for _ in range(2):
        assert robot.record_fill("buy", "PETR4", 25, 10, "f1").cash == D(250)
    for _ in range(2):
        assert robot.record_fill("force_close", "PETR4", 26, 10, "f2").cash == D(510)


def test_the_seed_s_own_size_is_twelve_limited_by_cash(robot: BalanceManager) -> None:
    answer = robot.position_size(0.02, 0.10, 38)
    assert (answer["position_size"], answer["limited_by"]) == (D(12), "cash")
    assert (answer["available_cash"], answer["risk_amount"]) == (D(500), D("1.20"))


def test_affordability_passes_up_to_equality_and_names_what_is_missing(robot: BalanceManager) -> None:
    assert robot.check_affordability("PETR4", 10, 50).affordable
    refused = robot.check_affordability("PETR4", 10, "50.01")
    assert (refused.affordable, refused.need, refused.available) == (False, D("500.10"), D(500))
    assert refused["shortage"] == D("0.10")


@pytest.mark.parametrize(
    ("changes", "field"),
    (
        ({"trade_type": "hold"}, "trade_type"),
        ({"ticker": "P!"}, "symbol"),
        ({"price": 0}, "price"),
        ({"price": float("nan")}, "price"),
        ({"price": True}, "price"),
        ({"volume": 0}, "quantity"),
        ({"volume": -1}, "quantity"),
        ({"volume": "1e3"}, "volume"),
        ({"fill_id": ""}, "fill_id"),
        ({"fill_id": "\ud800"}, "fill_id"),
        ({"fee": float("inf")}, "fee"),
        ({"occurred_at": datetime(2024, 1, 1)}, "occurred_at"),  # noqa: DTZ001 - that is what is refused
        ({"occurred_at": datetime.now(UTC) + timedelta(minutes=10)}, "occurred_at"),
        ({"trade_type": "sell"}, "quantity"),
        ({"trade_type": "force_close"}, "quantity"),
        ({"volume": 1000}, "quantity"),
    ),
)
def test_what_cannot_be_is_refused_by_name_and_the_robot_lives_on(
    robot: BalanceManager, changes: dict[str, object], field: str
) -> None:
    trade: dict[str, object] = {"trade_type": "buy", "ticker": "PETR4", "price": 25, "volume": 10, "fill_id": "f1"}
    with pytest.raises(InvalidInput) as refused:
        robot.record_fill(**{**trade, **changes})  # type: ignore[arg-type]
    assert refused.value.field in (field, "ticker" if field == "symbol" else field)
    assert robot.get_current_balance().cash == D(500)
    assert robot.record_fill("buy", "PETR4", 25, 10, "f1").cash == D(250)


def test_a_time_of_any_zone_is_the_same_instant(robot: BalanceManager) -> None:
    at = datetime.now(timezone(timedelta(hours=-3))) - timedelta(minutes=1)
    assert robot.record_fill("buy", "PETR4", 25, 1, "f1", occurred_at=at).cash == D(475)


def test_of_many_purchases_that_fit_only_one_at_a_time_exactly_one_passes(robot: BalanceManager) -> None:
    def buy(number: int) -> bool:
        try:
            robot.record_fill("buy", "PETR4", 30, 10, f"f{number}")
        except InvalidInput:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(buy, range(16))) == 1
    assert robot.get_current_balance().cash == D(200)


def test_an_account_without_a_venue_has_no_broker_to_ask(robot: BalanceManager) -> None:
    with pytest.raises(PortfolioError, match="broker: the account has no venue"):
        robot.get_current_balance("broker")
    with pytest.raises(VenueUnavailable, match="no venue"):
        robot.sync_portfolio()
    with pytest.raises(InvalidInput, match="source"):
        robot.get_current_balance("bank")


async def test_a_folder_keeps_it_belongs_to_one_and_can_be_proved(tmp_path: Path) -> None:
    def first() -> None:
        with BalanceManager.open(tmp_path, opening=500) as robot:
            robot.record_fill("buy", "PETR4", 25, 10, "f1")
            with pytest.raises(DataFolderInUse):
                BalanceManager.open(tmp_path)

    def second() -> None:
        with BalanceManager.open(str(tmp_path), opening=9_999) as robot:
            assert robot.record_fill("buy", "PETR4", 25, 10, "f1").cash == D(250)
            assert robot.get_current_balance("opening").cash == D(500)
        robot.close()  # the second time nothing
        with pytest.raises(ConfigurationError, match="is closed"):
            robot.get_current_balance()
        with pytest.raises(ConfigurationError, match="in USD"):
            BalanceManager.open(tmp_path, currency="BRL")

    await asyncio.to_thread(first)
    await asyncio.to_thread(second)
    (report,) = await verify_folder(Settings(data_dir=tmp_path))
    assert report.ok, report.problems


async def test_a_folder_that_trades_is_not_kept_by_hand(tmp_path: Path) -> None:
    async with Counterpoise.open(tmp_path, OPENING):
        pass
    with pytest.raises(ConfigurationError, match="trades at a venue"):
        await asyncio.to_thread(BalanceManager.open, tmp_path)
    async with Counterpoise.open(tmp_path, OPENING) as plane:  # and it was given back
        assert plane.is_opened


async def test_a_running_account_answers_from_its_own_loop_and_its_venue_is_asked(tmp_path: Path) -> None:
    async with Counterpoise.open(tmp_path, OPENING) as plane:
        await plane.tick({"SPY": D(100)})
        robot = BalanceManager(plane)
        balance = await asyncio.to_thread(robot.get_current_balance)
        assert (balance.source, balance.usable_for, balance.amount) == (BalanceSource.BROKER, UsableFor.TRADE, D(500))
        assert balance.details.paper
        synced = await asyncio.to_thread(robot.sync_portfolio)
        assert (synced.source, synced.details.reconciled_at is not None) == (BalanceSource.BROKER, True)
        answer = await asyncio.to_thread(robot.check_affordability, "SPY", 5, 100)
        assert (answer.affordable, answer.usable_for) == (True, UsableFor.TRADE)
        with pytest.raises(InvalidInput, match="symbol"):
            await asyncio.to_thread(robot.check_affordability, "QQQ", 5, 100)
        with pytest.raises(ConfigurationError, match="blocks the loop"):
            robot.get_current_balance()
        robot.close()  # what was running before goes on
        assert plane.is_running


def test_a_day_says_what_it_brought_and_a_quiet_one_that_it_brought_nothing(robot: BalanceManager) -> None:
    now = datetime.now(UTC)
    robot.record_fill("buy", "SPY", 25, 10, "f1", "0.5", now)
    robot.record_fill("sell", "SPY", 30, 4, "f2", 0, now)
    today = robot.daily_summary()
    assert (today.first, today.trades, today.value) == (now.date(), 2, D(370))
    assert (today.fees, today.realised) == (D("0.5"), D(20))
    assert (today.opening_cash, today.closing_cash, today.residual) == (D(0), D("369.5"), D(0))
    assert robot.daily_summary(now.date()) == today
    with pytest.raises(InvalidInput, match="a day that has come"):
        robot.daily_summary(now.date() + timedelta(days=2))
    with pytest.raises(InvalidInput, match="a day since"):
        robot.daily_summary(now.date() - timedelta(days=2))


def test_the_trail_says_who_did_what_and_can_be_asked_for_a_kind(robot: BalanceManager) -> None:
    robot.record_fill("buy", "SPY", 25, 10, "f1")
    everything, (fill,) = robot.audit_trail(), robot.audit_trail(kind="Fill", symbol="spy")
    assert len(everything) > 4
    assert (fill.kind, fill.actor, fill.fact_id) == ("Fill", "owner", "Fill:manual:f1")
    with pytest.raises(InvalidInput, match="kind"):
        robot.audit_trail(kind="Wish")
