"""May this actor give this command?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from counterpoise.access import policies
from counterpoise.access.policies import POLICIES, Policy, admit
from counterpoise.domain.accounts import SYSTEM, Actor, Scope
from counterpoise.domain.errors import PolicyRefused

# What each scope may give beyond the one before; written out, so that a change of a policy is seen here.
PROPOSE = {"JudgeCandidates", "DecideCandidates", "ChangeTradingState"}
TRADE = {
    *("SetTargets", "SetLimits", "SetStrategy", "RecordCashFlow", "StartDay", "AssessMarks", "Reassess", "Rebalance"),
    *("ProposePlan", "AdvanceRun", "BookFills", "RecordOutcome", "RecordLookUp", "RecordOrderUpdate", "RequestCancel"),
    *("Reconcile", "SettleBreak", "ReverseAdjustment"),
    "RecordCorporateAction",
    "RecordFill",
    "RecordStatement",
    *("SendTransfer", "ReceiveTransfer", "RecordFxRate", "AllotStrategy"),
    *("BustFill", "CorrectFill", "ChooseLots", "CheckAcquisitions"),
}
ADMIN = {"OpenAccount", "ImportHistory"}
ALLOWED = {
    Scope.READ: set[str](),
    Scope.PROPOSE: PROPOSE,
    Scope.TRADE: PROPOSE | TRADE,
    Scope.ADMIN: PROPOSE | TRADE | ADMIN,
}


def cells() -> Iterator[Any]:
    for scope in Scope:
        for name in sorted(POLICIES):
            yield pytest.param(scope, name, name in ALLOWED[scope], id=f"{scope} {name}")


@pytest.mark.parametrize(("scope", "name", "allowed"), list(cells()))
def test_every_scope_gives_what_it_may_and_nothing_else(
    scope: Scope,
    name: str,
    allowed: bool,  # noqa: FBT001 - a row of the table
) -> None:
    actor = Actor(name="somebody", scope=scope)
    if allowed:
        assert admit(name, actor) is None  # type: ignore[func-returns-value]
        return
    needs = POLICIES[name].scope
    with pytest.raises(PolicyRefused, match=f"somebody has scope {scope}; {name} needs {needs}"):
        admit(name, actor)


def test_the_table_above_names_every_command_once() -> None:
    assert sorted([*PROPOSE, *TRADE, *ADMIN]) == sorted(POLICIES)


@pytest.mark.parametrize("name", ("", "DropEverything", "setLimits", "SetLimits "))
def test_a_command_without_a_policy_is_refused_to_everybody(name: str) -> None:
    with pytest.raises(PolicyRefused, match="has no policy, so nobody may give it"):
        admit(name, Actor(name="owner", scope=Scope.ADMIN, fresh=True))


def test_a_policy_may_ask_for_a_fresh_actor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies, "POLICIES", {"GoLive": Policy(scope=Scope.ADMIN, fresh=True)})
    with pytest.raises(PolicyRefused, match="needs owner to sign in again"):
        admit("GoLive", Actor(name="owner", scope=Scope.ADMIN))
    admit("GoLive", Actor(name="owner", scope=Scope.ADMIN, fresh=True))
    assert not SYSTEM.fresh


def test_the_table_cannot_be_changed() -> None:
    table: Any = POLICIES
    with pytest.raises(TypeError):
        table["SetLimits"] = Policy(scope=Scope.READ)
    assert POLICIES["SetLimits"].scope is Scope.TRADE
