"""Which scope does a command need, and must the actor just have proved who it is?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from counterpoise.domain.accounts import Actor, Scope
from counterpoise.domain.errors import PolicyRefused

_RANK = {scope: rank for rank, scope in enumerate(Scope)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What an actor must have.

    Attributes:
        scope: The least scope.
        fresh: Whether the actor must have proved who it is at most 15 minutes ago.
    """

    scope: Scope
    fresh: bool = False


# By name of the command's class. A command without a policy is refused, and a test walks the whole table.
POLICIES: Mapping[str, Policy] = MappingProxyType(
    {
        "OpenAccount": Policy(scope=Scope.ADMIN),
        "SetTargets": Policy(scope=Scope.TRADE),
        # Tightening is safe for anybody who trades; that a raise needs a fresh actor is decided on the values.
        "SetLimits": Policy(scope=Scope.TRADE),
        "SetStrategy": Policy(scope=Scope.TRADE),
        "RecordCashFlow": Policy(scope=Scope.TRADE),
        "RecordCorporateAction": Policy(scope=Scope.TRADE),
        "RecordFill": Policy(scope=Scope.TRADE),
        "RecordStatement": Policy(scope=Scope.TRADE),
        "SendTransfer": Policy(scope=Scope.TRADE),
        "ReceiveTransfer": Policy(scope=Scope.TRADE),
        "RecordFxRate": Policy(scope=Scope.TRADE),
        "AllotStrategy": Policy(scope=Scope.TRADE),
        "BustFill": Policy(scope=Scope.TRADE),
        "CorrectFill": Policy(scope=Scope.TRADE),
        "ChooseLots": Policy(scope=Scope.TRADE),
        "CheckAcquisitions": Policy(scope=Scope.TRADE),
        "ImportHistory": Policy(scope=Scope.ADMIN),
        "StartDay": Policy(scope=Scope.TRADE),
        "AssessMarks": Policy(scope=Scope.TRADE),
        "Reassess": Policy(scope=Scope.TRADE),
        "JudgeCandidates": Policy(scope=Scope.PROPOSE),
        "DecideCandidates": Policy(scope=Scope.PROPOSE),
        "Rebalance": Policy(scope=Scope.TRADE),
        "ProposePlan": Policy(scope=Scope.TRADE),
        "AdvanceRun": Policy(scope=Scope.TRADE),
        "BookFills": Policy(scope=Scope.TRADE),
        "RecordOutcome": Policy(scope=Scope.TRADE),
        "RecordLookUp": Policy(scope=Scope.TRADE),
        "RecordOrderUpdate": Policy(scope=Scope.TRADE),
        "RequestCancel": Policy(scope=Scope.TRADE),
        "Reconcile": Policy(scope=Scope.TRADE),
        "SettleBreak": Policy(scope=Scope.TRADE),
        "ReverseAdjustment": Policy(scope=Scope.TRADE),
        # Halting needs only a login; leaving HALTED needs a fresh actor, decided on the values.
        "ChangeTradingState": Policy(scope=Scope.PROPOSE),
    }
)


def ranks_below(scope: Scope, needed: Scope) -> bool:
    """Whether `scope` reaches less far than `needed`."""
    return _RANK[scope] < _RANK[needed]


def admit(command_name: str, actor: Actor) -> None:
    """Let the command pass or say what the actor lacks.

    Raises:
        PolicyRefused: unknown command, scope too low, or authentication not fresh.
    """
    policy = POLICIES.get(command_name)
    if policy is None:
        raise PolicyRefused(f"{command_name} has no policy, so nobody may give it")
    if ranks_below(actor.scope, policy.scope):
        raise PolicyRefused(f"{actor.name} has scope {actor.scope}; {command_name} needs {policy.scope}")
    if policy.fresh and not actor.fresh:
        raise PolicyRefused(f"{command_name} needs {actor.name} to sign in again (at most 15 minutes ago)")
