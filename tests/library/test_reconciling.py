"""Does the library compare before the first order, explain, settle and take back, on a venue with books of its own?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from counterpoise.adapters.brokers.scripted import ScriptedBroker
from counterpoise.domain.decisions import Reason
from counterpoise.domain.errors import InvalidInput, VenueUnavailable
from counterpoise.domain.numbers import exact
from counterpoise.library.opening import Opening
from counterpoise.library.plane import Counterpoise
from counterpoise.library.reconciliation_words import as_json, lines
from counterpoise.wiring import Parts
from tests.control.making import OWNER, START, TREND, D, candidate
from tests.library.test_plane import fakes

OPENING = Opening.paper("main", cash=D(10_000), symbols=("SPY", "TLT"))
PRICES = {"SPY": D(100), "TLT": D(50)}


def scripted() -> tuple[Parts, ScriptedBroker]:
    """The fakes of a replay on a venue that a test moves by hand."""
    broker = ScriptedBroker(cash=D(10_000))
    parts = fakes()
    parts.broker, parts.venue = broker, None
    return parts, broker


async def started(parts: Parts, plane: Counterpoise) -> None:
    await plane.open_account(OPENING, OWNER, START)
    await plane.recover(START)
    await plane.set_strategy(TREND, OWNER, START)
    plane.observe(PRICES, START)
    assert parts.replay_clock is not None


async def reasons(plane: Counterpoise, symbol: str, slot: str) -> tuple[Reason, ...]:
    broker = plane.parts.broker
    assert isinstance(broker, ScriptedBroker)
    broker.now = plane.parts.clock.now()
    answer = await plane.judge(TREND, slot, (candidate(symbol, "1"),), OWNER, plane.parts.clock.now())
    found: tuple[Reason, ...] = answer.detail[0].reasons  # type: ignore[index]
    return found


async def test_a_start_compares_before_the_first_order_and_waits_to_be_sure() -> None:
    with exact():
        parts, broker = scripted()
        broker.held["TLT"] = D(3)
        async with Counterpoise.run(parts, "main") as plane:
            await started(parts, plane)
            assert parts.clock.now() >= START + timedelta(seconds=5)
            (opened,) = plane.breaks()
            assert opened.difference.subject == "TLT"
            assert await reasons(plane, "TLT", "s1") == (Reason.BREAK_OPEN,)
            assert await reasons(plane, "SPY", "s2") == ()
            assert [intent.symbol for intent in broker.sent] in ([], ["SPY"])


async def test_a_start_without_an_answer_ends_and_sends_nothing() -> None:
    with exact():
        parts, broker = scripted()
        async with Counterpoise.run(parts, "main") as plane:
            await plane.open_account(OPENING, OWNER, START)
            broker.on("positions", VenueUnavailable("away"))
            with pytest.raises(VenueUnavailable):
                await plane.recover(START)
            assert plane.breaks() == ()
            assert broker.sent == []


async def test_what_differs_is_explained_settled_and_taken_back() -> None:
    with exact():
        parts, broker = scripted()
        async with Counterpoise.run(parts, "main") as plane:
            await started(parts, plane)
            assert (await plane.reconcile()).agrees
            broker.cash -= D("7.25")
            broker.held["TLT"] = D(3)
            seen = await plane.reconcile()
            assert [item.subject for item in seen.differences] == ["USD", "TLT"]
            assert [item.difference.subject for item in plane.breaks()] == ["USD", "TLT"]
            best = seen.explanations[0]
            assert best.score == 100 - sum(line.points for line in best.lines)
            text = "\n".join(lines(seen, "main"))
            assert "no new risk in the account until it is settled" in text
            assert "proposal: adopt 3 TLT at 50 a unit" in text
            assert as_json(seen, "main")["agrees"] is False

            await plane.settle_break("USD", "account fee", OWNER)
            assert [item.difference.subject for item in plane.breaks()] == ["TLT"]
            await plane.settle_break("TLT", "it was there before", OWNER, explanation=1)
            after = await plane.reconcile()
            assert (after.agrees, after.breaks) == (True, ())
            (adjusted,) = after.adjustments
            assert (adjusted.actor, adjusted.body.reason) == ("owner", "account fee")
            assert "-7.25 USD, by owner" in "\n".join(lines(after, "main"))

            await plane.reverse_adjustment(str(adjusted.sequence), "it was none", OWNER)
            assert [item.difference.subject for item in plane.breaks()] == ["USD"]
            again = await plane.reconcile()
            assert again.adjustments == ()
            await plane.settle_break("USD", "a fee after all", OWNER)
            assert (await plane.reconcile()).agrees
            assert (await plane.verify()).ok


@pytest.mark.parametrize(
    ("which", "explanation", "message"),
    (("SPY", 0, "a break that is open: USD"), ("USD", 9, "a number from 1 to"), ("USD", -1, "a number from 1 to")),
)
async def test_what_cannot_be_settled_is_named(which: str, explanation: int, message: str) -> None:
    with exact():
        parts, broker = scripted()
        async with Counterpoise.run(parts, "main") as plane:
            await started(parts, plane)
            broker.cash -= 5
            await plane.reconcile()
            with pytest.raises(InvalidInput, match=message):
                await plane.settle_break(which, "why", OWNER, explanation=explanation)
            with pytest.raises(InvalidInput, match="an adjustment that holds: there is none"):
                await plane.reverse_adjustment("Deposit:open:0", "why", OWNER)
            assert len(plane.breaks()) == 1


async def test_in_a_replay_only_breaks_are_recorded_and_live_every_statement() -> None:
    with exact():
        parts, _ = scripted()
        async with Counterpoise.run(parts, "main") as plane:
            await started(parts, plane)
            before = plane._account.view.sequence
            await plane.compare(START)
            assert plane._account.view.sequence == before
        live, _ = scripted()
        async with Counterpoise.run(replace(live, replay_clock=None), "main") as plane:
            await plane.open_account(OPENING, OWNER, START)
            before = plane._account.view.sequence
            await plane.compare(START)
            assert plane._account.view.sequence == before + 1
            assert plane._account.view.state.statements["scripted"].read.agrees
