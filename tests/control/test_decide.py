"""Is deciding a pure function with one rule for each command?"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from counterpoise.access.policies import POLICIES
from counterpoise.control import commands
from counterpoise.control.commands import Command
from counterpoise.control.decide import TABLE, decide
from counterpoise.domain.decisions import TradingState
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.facts import Split
from counterpoise.domain.history import EntryKind, HistoryEntry
from counterpoise.domain.orders import Side
from counterpoise.domain.statements import Break, BreakKind, VenueAccount
from counterpoise.execution.broker import Accepted
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
    differ,
    empty_state,
    enable,
    judge,
    open_account,
    pure,
    rebalance,
    targets,
    venue_fill,
)

SOURCE = Path(commands.__file__)
BROKEN, AGAIN = "BreakOpened:compare/1:CASH:USD", "BreakOpened:compare/2:CASH:USD"


def all_commands() -> list[type[Command]]:
    found = (getattr(commands, name) for name in dir(commands))
    return [kind for kind in found if isinstance(kind, type) and issubclass(kind, Command) and kind is not Command]


def test_the_module_of_commands_holds_so_many_of_them() -> None:
    classes = [node.name for node in ast.parse(SOURCE.read_text()).body if isinstance(node, ast.ClassDef)]
    assert sorted(kind.__name__ for kind in all_commands()) == sorted(name for name in classes if name != "Command")
    assert len(all_commands()) == 34


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.__name__) for kind in all_commands()])
def test_every_command_has_a_rule_and_a_policy(kind: type[Command]) -> None:
    assert kind in TABLE
    assert kind.__name__ in POLICIES


def test_there_is_no_rule_and_no_policy_without_a_command() -> None:
    names = {kind.__name__ for kind in all_commands()}
    assert {kind.__name__ for kind in TABLE} == names
    assert set(POLICIES) == names


def test_a_command_that_the_table_does_not_know_is_refused() -> None:
    with pytest.raises(InvalidInput, match="command: Command was refused"):
        decide(Desk("SPY").state, Command(actor=OWNER, at=START, cause="?"), START)


def a_busy_desk() -> Desk:
    """Holdings, targets, live marks off the recorded ones, a working order and a run that waits."""
    desk = Desk("SPY", "TLT")
    desk.observe(SPY="100", TLT="50")
    desk.tell(enable())
    desk.tell(targets(SPY="0.6", TLT="0.4"))
    desk.hold("SPY", "10", "100")
    desk.tell(judge(candidate("TLT", "2")))
    desk.tell(rebalance("slot/0", market_open=False))
    desk.observe(SPY="101", TLT="51")
    found = Break(kind=BreakKind.CASH, subject="USD", ours=D(1), theirs=D(2), detail="ours 1")
    desk.tell(differ(found))
    desk.tell(
        commands.SettleBreak(
            actor=OWNER, at=START, cause="settle/0", opened=BROKEN, difference=found, reason="the venue is right"
        )
    )
    desk.tell(differ(found, cause="compare/2"))
    return desk


def one_of_each(desk: Desk) -> Iterator[Command]:
    order = desk.sends()[0].intent.client_order_id
    run = next(iter(desk.state.state.runs))
    yield open_account("SPY", cause="open/2")
    yield targets(cause="t2", SPY="1")
    yield commands.SetLimits(
        actor=OWNER,
        at=START,
        cause="limits/1",
        preset="mine",
        constraints=WIDE,
        mode_policy=desk.state.state.mode_policy,
        reason="written anew",
    )
    yield enable("mean")
    yield commands.RecordCorporateAction(
        actor=OWNER, at=START, cause="split/1", symbol="SPY", action=Split(numerator=D(2))
    )
    yield commands.RecordCashFlow(actor=OWNER, at=START, cause="cash/1", amount=D(-5), reference="r")
    yield commands.SendTransfer(
        actor=OWNER, at=START, cause="out/1", amount=D(5), other_account="other", reference="t1"
    )
    yield commands.ReceiveTransfer(
        actor=OWNER, at=START, cause="in/1", amount=D(5), other_account="other", reference="t2"
    )
    yield commands.RecordFxRate(actor=OWNER, at=START, cause="rate/EUR", asset="EUR", rate=D("1.1"))
    yield commands.AllotStrategy(
        actor=OWNER, at=START, cause="allot/1", giver="unassigned", taker="trend", amount=D(5), reference="a1"
    )
    yield commands.BustFill(actor=OWNER, at=START, cause="bust/1", fill_id="scripted:x901", reason="erroneous")
    yield commands.CorrectFill(
        actor=OWNER, at=START, cause="correct/1", fill_id="scripted:x901", price=D(99), reason="as the venue says"
    )
    yield commands.CheckAcquisitions(actor=OWNER, at=START, cause="check/1")
    yield commands.ImportHistory(
        actor=OWNER,
        at=START,
        cause="import/1",
        correlation="import/1",
        entries=(
            HistoryEntry(
                row=2, venue="file", entry_id="d1", at=START, kind=EntryKind.DEPOSIT, asset="USD", amount=D(5)
            ),
        ),
    )
    yield commands.StartDay(actor=OWNER, at=START, cause="day/2024-01-03", day=START.date())
    yield commands.AssessMarks(actor=OWNER, at=START, cause="marks/1")
    yield commands.Reassess(actor=OWNER, at=START, cause="again")
    yield judge(candidate("SPY", "1"), cause="judge/2")
    yield commands.DecideCandidates(
        actor=OWNER, at=START, cause="judge/3", strategy="trend", candidates=(candidate("SPY", "1"),)
    )
    yield rebalance("slot/2")
    yield commands.ProposePlan(actor=OWNER, at=START, cause="slot/3", strategy=CORE, market_open=True)
    yield commands.AdvanceRun(actor=OWNER, at=START, cause="advance", run_id=run)
    yield book(venue_fill("TLT", "BUY", "1", "50", order=order))
    yield commands.RecordOutcome(
        actor=OWNER, at=START, cause="a", client_order_id=order, outcome=Accepted(venue_order_id="v")
    )
    yield commands.RecordLookUp(
        actor=OWNER, at=START, cause="l", client_order_id=order, intents=1, found=None, proved_absent=True
    )
    yield commands.RequestCancel(actor=OWNER, at=START, cause="c", client_order_id=order, reason="enough")
    found = Break(kind=BreakKind.CASH, subject="USD", ours=D(1), theirs=D(2), detail="ours 1")
    yield differ(found, cause="compare/9")
    (adjusted,) = [fact for fact in desk.facts if fact.kind == "Adjustment"]
    yield commands.SettleBreak(
        actor=OWNER, at=START, cause="settle/1", opened=AGAIN, difference=found, reason="the venue is right"
    )
    yield commands.ReverseAdjustment(
        actor=OWNER, at=START, cause="reverse/1", adjustment=adjusted, settled=None, reason="it was not"
    )
    yield commands.RecordFill(
        actor=OWNER, at=START, cause="fill/m1", fill_id="m1", symbol="SPY", side=Side.SELL, quantity=D(1), price=D(99)
    )
    said = VenueAccount(venue="scripted", currency="USD", cash=D(9), as_of=START)
    yield commands.RecordStatement(actor=OWNER, at=START, cause="statement/1", statement=said)
    yield change_state(TradingState.HALTED)


def test_deciding_twice_gives_the_same_facts_and_leaves_the_state_as_it_was() -> None:
    desk = a_busy_desk()
    decided = {type(command) for command in one_of_each(desk) if pure(desk.state, command) is not None}
    # What is left out, tests/control/test_orders.py and test_amendments.py decide.
    assert decided == set(all_commands()) - {commands.RecordOrderUpdate, commands.ChooseLots}


def test_nothing_can_be_told_to_an_account_that_was_never_opened() -> None:
    desk = a_busy_desk()
    refused = []
    for command in one_of_each(desk):
        if isinstance(command, commands.OpenAccount):
            continue
        with pytest.raises(InvalidInput, match="an account that was opened first"):
            decide(empty_state(), command, START)
        refused.append(type(command))
    assert len(refused) == 31


def test_facts_carry_the_command_the_place_and_both_times() -> None:
    desk = Desk("SPY")
    before = desk.state.sequence
    later = START.replace(hour=16)
    made = decide(desk.state, enable(), later).facts[0]
    assert (made.sequence, made.epoch, made.account) == (before + 1, 1, "main")
    assert (made.occurred_at, made.recorded_at) == (START, later)
    assert (made.actor, made.causation_id, made.source) == ("owner", "strategy/trend/True", "operator")
    assert made.fact_id == "StrategySet:strategy/trend/True:trend"
