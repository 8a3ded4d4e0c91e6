"""Which act of cash did a reference already stand for, and what did it say?

A reference names one act. Said again with the same content it has no second effect; with other content one of the
two is wrong, and nobody but the person who gave it knows which.
"""

from __future__ import annotations

from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.facts import Body, Fact
from counterpoise.domain.facts.money import (
    Deposit,
    Dividend,
    Fee,
    Funding,
    FxRate,
    Interest,
    StrategyAllotted,
    TransferReceived,
    TransferSent,
    Withdrawal,
)
from counterpoise.domain.instruments import InstrumentId
from counterpoise.domain.numbers import shortest

CashBody = (
    Deposit
    | Withdrawal
    | Fee
    | Funding
    | Interest
    | Dividend
    | TransferSent
    | TransferReceived
    | StrategyAllotted
    | FxRate
)


KINDS = frozenset(kind.__name__ for kind in CashBody.__args__)


def content(body: CashBody, instrument: InstrumentId | None) -> str:
    """What an act says, in words; two that say the same are equal, whatever digits their numbers came with."""
    kind = type(body).__name__
    if isinstance(body, FxRate):
        return f"{kind} {body.asset} {shortest(body.rate)}"
    said = f"{kind} {shortest(body.amount)} {body.asset}"
    if isinstance(body, TransferSent):
        return f"{said} to {body.other_account}"
    if isinstance(body, TransferReceived):
        return f"{said} from {body.other_account}"
    if isinstance(body, StrategyAllotted):
        units = f" for {shortest(body.quantity)} {instrument}" if body.quantity else ""
        return f"{said}{units} from {body.giver} to {body.taker}"
    return f"{said} of {instrument}" if instrument else said


def note(said: dict[str, str], fact: Fact) -> None:
    """Remember what an act of cash said, by its cause."""
    if fact.kind in KINDS:  # asked of every fact of a journal: a name is found faster than a class
        said[fact.causation_id] = content(fact.body, fact.instrument)


def was_said(said: dict[str, str], cause: str, name: str, body: Body, instrument: InstrumentId | None = None) -> bool:
    """Whether the act of this cause was done before.

    Args:
        said: What the acts so far said, by cause.
        cause: The act's.
        name: The reference, or whatever names the act to its giver.
        body: What it would say now.
        instrument: Of what.

    Raises:
        InvalidInput: it was, but said something else.
    """
    before = said.get(cause)
    if before is None:
        return False
    assert isinstance(body, CashBody), "an act of cash"
    now = content(body, instrument)
    if before != now:
        raise InvalidInput("reference", name, f"a new one for {now}; it stands for {before}")
    return True
