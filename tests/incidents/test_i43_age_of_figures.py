"""I-43: a dashboard showed yesterday's P&L as today's.

Given an account whose prices stop. When anybody reads it: the service, the page, or the command line. Then every answer
says of when its figures are, from where, and within 5 s of the last price that they are stale; and what was earned
yesterday is never shown as today's, also when nothing has happened since.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from counterpoise.domain.accounts import Actor, Scope
from counterpoise.domain.numbers import exact
from counterpoise.domain.time import format_time
from counterpoise.library.hindsight import days, proof, read_overview_at
from counterpoise.library.opening import Opening
from counterpoise.library.plane import Counterpoise
from counterpoise.library.reading import read_overview
from counterpoise.service.app import build_app
from counterpoise.service.doors import App
from counterpoise.service.feed import Feed
from counterpoise.service.hot import AGE_MAX_SECONDS, READS
from counterpoise.settings import Settings
from tests.control.making import OWNER, TREND, candidate
from tests.e2e.command import run
from tests.service.asgi import ask
from tests.service.making import HOSTS, WALL, Wall, desk_of, live_account

D = Decimal
SHOWN_WITHIN = timedelta(seconds=5)
BOT = Actor(name=TREND, scope=Scope.PROPOSE)


class Stand:
    """A service over an account that holds SPY, on clocks that the test moves."""

    def __init__(self, plane: Counterpoise, wall: Wall) -> None:
        self.plane, self.wall, self.ticked = plane, wall, 1_000.0
        desk = desk_of(plane, wall, reads_open=True)
        self.app: App = build_app(desk, Feed(desk, "boot"), hosts=HOSTS, boot="boot", monotonic=lambda: self.ticked)

    def later(self, span: timedelta) -> None:
        self.wall.at += span
        self.ticked += span.total_seconds()
        clock = self.plane.parts.replay_clock
        assert clock is not None
        clock.advance(self.wall.at)

    async def price(self, **prices: str) -> None:
        await self.plane.tick({symbol: D(text) for symbol, text in prices.items()}, self.wall.at)

    async def read(self, name: str) -> Mapping[str, Any]:
        answer = await ask(self.app, f"/api/portfolio/{name}")
        assert answer.status == 200
        found: Mapping[str, Any] = answer.json()
        return found

    async def page(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = (await ask(self.app, "/api/v1/accounts/main/overview")).json()
        return found


@asynccontextmanager
async def stand(*symbols: str) -> AsyncIterator[Stand]:
    """10 of each symbol, bought at 100."""
    wall = Wall()
    with exact():
        async with live_account(wall, "SPY", "QQQ") as plane:
            found = Stand(plane, wall)
            await plane.start_today(wall.at)
            await plane.set_strategy(TREND, OWNER, wall.at)
            await found.price(SPY="100", QQQ="100")
            for symbol in symbols:
                await plane.judge(TREND, f"slot/{symbol}", (candidate(symbol, "10"),), BOT, wall.at)
                await plane.settle(wall.at)
            assert len(plane.overview().snapshot.positions) == len(symbols)
            yield found


@pytest.mark.parametrize("name", READS)
async def test_every_answer_says_of_when_from_where_and_whether_it_is_stale(name: str) -> None:
    async with stand("SPY") as account:
        fresh = await account.read(name)
        assert (fresh["as_of"], fresh["source"], fresh["stale"]) == (format_time(WALL), "ledger and marks", False)
        account.later(SHOWN_WITHIN)
        old = await account.read(name)
        assert (old["as_of"], old["stale"]) == (format_time(WALL), True), "5 s after the last price it is shown"
        await account.price(SPY="101")
        again = await account.read(name)
        assert (again["as_of"], again["stale"]) == (format_time(WALL + SHOWN_WITHIN), False)


async def test_the_bytes_of_an_answer_never_hide_that_it_has_become_stale() -> None:
    """Answers are made ahead and kept; none is kept beyond the five seconds."""
    async with stand("SPY") as account:
        step, shown = timedelta(milliseconds=250), timedelta(0)
        while not (await account.read("pnl"))["stale"]:
            account.later(step)
            shown += step
            assert shown <= SHOWN_WITHIN
        assert shown > timedelta(seconds=AGE_MAX_SECONDS)


async def test_one_old_price_makes_what_rests_on_it_stale() -> None:
    async with stand("SPY", "QQQ") as account:
        account.later(SHOWN_WITHIN)
        await account.price(SPY="101")
        seen = await account.read("snapshot")
        assert (seen["as_of"], seen["stale"]) == (format_time(WALL), True)
        await account.price(QQQ="101")
        assert (await account.read("snapshot"))["stale"] is False


async def test_what_rests_on_no_price_is_not_stale() -> None:
    async with stand() as account:
        account.later(timedelta(hours=1))
        seen = await account.read("snapshot")
        assert (seen["as_of"], seen["stale"]) == (format_time(account.wall.at), False)


async def test_the_page_says_so_too() -> None:
    async with stand("SPY") as account:
        page = await account.page()
        figures = {name: figure for name, figure in page["figures"].items() if isinstance(figure, dict)}
        assert set(figures) == {"equity", "pnl_today", "drawdown", "net_exposure", "free_cash"}
        for figure in figures.values():
            assert figure["as_of"] == format_time(WALL)
            assert figure["source"] in ("ledger and marks", "ledger")
            assert figure["quality"] == "exact"
        assert page["ages"]["prices"]["stale"] is False
        account.later(SHOWN_WITHIN)
        assert (await account.page())["ages"]["prices"]["stale"] is True
        account.later(timedelta(seconds=30))
        old = (await account.page())["figures"]
        assert {old[name]["quality"] for name in ("equity", "pnl_today")} == {"interval"}
        assert {old[name]["quality"] for name in ("drawdown", "net_exposure")} == {"stale"}


async def test_what_was_earned_yesterday_is_not_today_s() -> None:
    async with stand("SPY") as account:
        account.later(timedelta(hours=1))
        await account.price(SPY="110")
        await account.plane.judge(TREND, "out", (candidate("SPY", "4", "SELL"),), BOT, account.wall.at)
        await account.plane.settle(account.wall.at)
        today = await account.read("pnl")
        assert (today["realized_pnl_today"], today["realized_pnl_total"]) == ("40", "40")
        assert (await account.read("snapshot"))["daily_pnl"] == "100"
        account.later(timedelta(days=1))  # nothing is recorded and nobody has begun the day
        tomorrow, snapshot = await account.read("pnl"), await account.read("snapshot")
        assert (tomorrow["realized_pnl_today"], tomorrow["realized_pnl_total"]) == ("0", "40")
        assert (snapshot["realized_pnl_today"], snapshot["daily_pnl"], snapshot["stale"]) == ("0", "0", True)
        assert (await account.page())["figures"]["pnl_today"]["value"] == "0"


async def test_the_command_line_says_so_too(tmp_path: Path) -> None:
    opening = Opening.paper("main", cash=D(10_000), symbols=("SPY",))
    async with Counterpoise.open(tmp_path / "data", opening) as plane:
        await plane.set_strategy(TREND, OWNER, plane.parts.clock.now())
        at = plane.parts.clock.now()
        await plane.tick({"SPY": D(100)}, at)
        await plane.judge(TREND, "in", (candidate("SPY", "10"),), BOT, at)
        await plane.settle()
    settings = Settings(data_dir=tmp_path / "data")
    with exact():
        seen, then = await read_overview(settings, None), await read_overview_at(settings, None, None, at)
        about = await read_overview_at(settings, None, datetime(2099, 1, 1, tzinfo=UTC), None)
    assert seen.overview.snapshot.as_of <= at + SHOWN_WITHIN
    assert (then.overview.snapshot.num_positions, then.stale) == (0, False)
    assert about.overview.snapshot.as_of == seen.overview.snapshot.as_of, "no price is of the time that was asked for"
    done = run(("demo", "--headless", "--days", "40", "--data-dir", "old", "--output", "json"), tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(run(("snapshot", "--data-dir", "old", "--json"), tmp_path).stdout)
    assert told["positions"]
    assert (told["source"], told["stale"]) == ("ledger", True)
    assert told["as_of"].startswith("2010-")
    assert "stale: prices of then" in run(("snapshot", "--data-dir", "old"), tmp_path).stdout.splitlines()[0]
    for answer in (await days(settings), await proof(settings)):
        head = answer.as_json()
        assert (head["source"], head["account"]) == ("ledger", "main")
        assert str(head["as_of"]) >= format_time(at)
