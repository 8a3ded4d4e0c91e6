"""Does a command that is repeated have a second effect?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace

import pytest

from counterpoise.control import commands
from counterpoise.control.commands import Command
from counterpoise.domain.decisions import TradingState
from counterpoise.domain.limits import ModePolicy
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.statements import Break, BreakKind
from counterpoise.execution.broker import Accepted, Refused, Unknown, Withheld
from tests.control.making import (
    OWNER,
    START,
    WIDE,
    D,
    Desk,
    book,
    candidate,
    change_state,
    differ,
    enable,
    judge,
    open_account,
    rebalance,
    targets,
    venue_fill,
)


def ready() -> Desk:
    """A bot's order under way and targets that nothing is held for."""
    desk = Desk("SPY", "TLT")
    desk.observe(SPY="100", TLT="50")
    desk.tell(enable())
    desk.tell(targets(SPY="0.5"))
    desk.tell(judge(candidate("TLT", "2"), cause="judge/0"))
    return desk


def order_of(desk: Desk) -> str:
    return desk.sends()[0].intent.client_order_id


def outcome(made: Accepted | Refused | Unknown | Withheld) -> Callable[[Desk], Command]:
    return lambda desk: commands.RecordOutcome(
        actor=OWNER, at=START, cause="answer", client_order_id=order_of(desk), outcome=made
    )


def limits(_: Desk) -> Command:
    return commands.SetLimits(
        actor=OWNER,
        at=START,
        cause="limits/1",
        preset="mine",
        constraints=replace(WIDE, max_positions=3),
        mode_policy=ModePolicy(),
        reason="tighter",
    )


CASES = [
    pytest.param(lambda _: open_account("SPY", "TLT"), id="open account"),
    pytest.param(lambda _: targets(cause="targets/2", SPY="0.25"), id="set targets"),
    pytest.param(limits, id="set limits"),
    pytest.param(lambda _: enable("mean"), id="set strategy"),
    pytest.param(
        lambda _: commands.RecordCashFlow(actor=OWNER, at=START, cause="cash/7", amount=D(50), reference="r"),
        id="cash came",
    ),
    pytest.param(
        lambda _: commands.RecordCashFlow(actor=OWNER, at=START, cause="cash/8", amount=D(-50), reference="s"),
        id="cash left",
    ),
    pytest.param(
        lambda _: commands.StartDay(actor=OWNER, at=START, cause="day/1", day=START.date()),
        id="start day",
    ),
    pytest.param(lambda _: commands.AssessMarks(actor=OWNER, at=START, cause="marks/1"), id="assess marks"),
    pytest.param(lambda _: judge(candidate("SPY", "1")), id="judge candidates"),
    pytest.param(lambda _: judge(candidate("SPY", "1", strategy="mean")), id="judge candidates under another name"),
    pytest.param(lambda _: rebalance(), id="rebalance"),
    pytest.param(lambda _: rebalance(market_open=False), id="rebalance while closed"),
    pytest.param(lambda desk: book(venue_fill("TLT", "BUY", "1", "50", order=order_of(desk))), id="book a fill"),
    pytest.param(
        lambda _: book(venue_fill("SPY", "BUY", "1", "50"), venue_fill("SPY", "BUY", "1", "50")),
        id="book the same fill twice in one command",
    ),
    pytest.param(outcome(Accepted(venue_order_id="v")), id="accepted"),
    pytest.param(outcome(Refused(reason="no")), id="refused"),
    pytest.param(outcome(Unknown(detail="no answer")), id="unknown"),
    pytest.param(outcome(Withheld(reason="halted")), id="withheld"),
    pytest.param(
        lambda _: differ(Break(kind=BreakKind.CASH, subject="USD", ours=ZERO, theirs=D(1), detail="off")),
        id="reconcile",
    ),
    pytest.param(lambda _: change_state(TradingState.HALTED), id="halt"),
    pytest.param(lambda _: change_state(TradingState.REDUCING), id="reduce"),
]


@pytest.mark.parametrize("make", CASES)
def test_the_same_command_again_writes_nothing_and_starts_nothing(make: Callable[[Desk], Command]) -> None:
    desk = ready()
    command = make(desk)
    desk.tell(command)
    facts, effects, digest = len(desk.facts), len(desk.effects), desk.state.book.digest()

    answer = desk.tell(command)

    assert desk.kinds(facts) == []
    assert len(desk.effects) == effects
    assert desk.state.book.digest() == digest
    assert answer.outcome in {"duplicate", "done", "within"}


def test_fact_ids_of_a_long_story_are_all_different() -> None:
    desk = ready()
    for case in CASES:
        desk.tell(case.values[0](desk))  # type: ignore[operator]
    identities = [fact.fact_id for fact in desk.facts]
    assert len(identities) > 20
    assert len(set(identities)) == len(identities)


def test_a_cancel_is_recorded_once_and_asked_for_each_time() -> None:
    desk = ready()
    command = commands.RequestCancel(actor=OWNER, at=START, cause="c", client_order_id=order_of(desk), reason="enough")
    desk.tell(command)
    desk.tell(command)
    desk.tell(replace(command, cause="c2"))
    assert desk.kinds().count("CancelRequested") == 1
    assert desk.cancels() == [order_of(desk)] * 3


def test_a_command_cannot_be_changed_once_it_is_made() -> None:
    command = rebalance()
    with pytest.raises(FrozenInstanceError):
        command.cause = "another"  # type: ignore[misc]
    assert command.cause == "slot/1"
