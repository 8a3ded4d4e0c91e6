"""How are days, acts, proofs and postings written for another program? Amounts in the account's currency as strings."""

from __future__ import annotations

from collections.abc import Iterable

from counterpoise.ledger.trail import TrailEntry
from counterpoise.messages.wire import Json, to_json
from counterpoise.portfolio.daily import DaySummary
from counterpoise.portfolio.postings import FactPostings
from counterpoise.portfolio.proof import EquityChange, ProofBetween

WHOLE = "total"
"""Under which name the whole account's proof stands beside those of its strategies."""


def day_json(one: DaySummary) -> dict[str, Json]:
    """One day, or several together."""
    told = _record(one)
    told.update(realised_pnl=told.pop("realised"), causes=dict(_causes(one)))
    return told


def entry_json(entry: TrailEntry) -> dict[str, Json]:
    """One act: who, what, before, after, why, inputs."""
    told = _record(entry)
    told["changes"] = [
        {"what": change.what, "before": change.before, "after": change.after} for change in entry.changes
    ]
    return told


def proof_json(proof: ProofBetween) -> dict[str, Json]:
    """The proof of the account and of each strategy."""
    return {
        WHOLE: _change_json(proof.account),
        "strategies": {one.strategy: _change_json(one) for one in proof.strategies},
        "unshared": to_json(proof.unshared),
    }


def postings_json(found: FactPostings) -> dict[str, Json]:
    """What a fact posted."""
    return {
        "fact": {
            "fact_id": found.fact.fact_id,
            "kind": found.fact.kind,
            "sequence": found.fact.sequence,
            "occurred_at": to_json(found.fact.occurred_at),
        },
        "postings": [
            {"ledger_account": name, "asset": asset, "amount": to_json(amount), "strategy": strategy}
            for name, asset, amount, strategy in found.postings
        ],
        "note": found.note,
    }


def _change_json(one: EquityChange) -> dict[str, Json]:
    return {
        "before": to_json(one.before),
        "after": to_json(one.after),
        "causes": dict(_causes(one)),
        "residual": to_json(one.residual),
    }


def _causes(one: DaySummary | EquityChange) -> Iterable[tuple[str, Json]]:
    return ((str(cause), to_json(amount)) for cause, amount in one.causes)


def _record(value: object) -> dict[str, Json]:
    told = to_json(value)
    assert isinstance(told, dict), "a dataclass is an object"
    return told
