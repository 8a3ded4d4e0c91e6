"""Is what the venue states recorded while it is news, and is a silent venue waited for only so long?"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from counterpoise.control import statements
from counterpoise.control.statements import KEPT_EVERY, is_news, refresh
from counterpoise.domain.errors import VenueUnavailable
from counterpoise.domain.statements import VenueAccount
from tests.control.making import START, D, Floor, candidate, judge, stating


async def said(floor: Floor) -> int:
    return (await floor.kinds()).count("StatementRead")


def told(cash: str = "10000", after: timedelta = timedelta(0)) -> VenueAccount:
    return VenueAccount(venue="scripted", currency="USD", cash=D(cash), as_of=START + after)


async def test_what_says_nothing_new_is_recorded_only_now_and_then() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        steps = (
            (told(), timedelta(0), True, 1),
            (told(after=timedelta(minutes=1)), timedelta(minutes=1), True, 1),
            (told(after=timedelta(minutes=2)), timedelta(minutes=2), False, 2),
            (told("9999", timedelta(minutes=3)), timedelta(minutes=3), False, 3),
            (told("9999", KEPT_EVERY), KEPT_EVERY, False, 3),
            (told("9999", KEPT_EVERY * 2), KEPT_EVERY * 2, False, 4),
        )
        for statement, after, agrees, recorded in steps:
            floor.clock.advance(START + after)
            if is_news(floor.view, statement, START + after, agrees=agrees):
                await floor.ask(stating(statement, START + after, agrees=agrees, cause=f"compare/{after}"))
            assert await said(floor) == recorded


async def test_an_account_that_is_not_opened_is_not_asked_for() -> None:
    async with Floor() as floor:
        assert not await refresh(floor.account, floor.broker, START)
        assert await floor.kinds() == []


async def test_a_venue_that_does_not_answer_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "ANSWER_SECONDS", 0.01)
    async with Floor() as floor:
        floor.confirmed = False
        await floor.opened(SPY="100")

        async def silent() -> VenueAccount:
            await asyncio.sleep(3600)
            raise VenueUnavailable("never")

        monkeypatch.setattr(floor.broker, "account", silent)
        assert not await refresh(floor.account, floor.broker, START)
        answer = await floor.ask(judge(candidate("SPY", "1")))
        assert isinstance(answer.detail, tuple)
        assert not answer.detail[0].allowed


async def test_a_statement_of_tomorrow_confirms_nothing_and_fails_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")

        async def ahead() -> VenueAccount:
            return told(after=timedelta(days=1))

        monkeypatch.setattr(floor.broker, "account", ahead)
        assert not await refresh(floor.account, floor.broker, START)
        assert await said(floor) == 0
