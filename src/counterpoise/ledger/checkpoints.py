"""From which state may a replay begin? A port for states kept on the way; all of them may be deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from counterpoise.domain.accounts import AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The state of an account right after the entry `sequence`.

    Attributes:
        sequence, epoch: Of the last entry that is folded into it.
        state_version, code_version: Who can read it; a reader with another of either replays instead.
        digest: Of the state, as `portfolio` computes it.
        state: Canonical bytes, see `codec.to_bytes`.
    """

    sequence: int
    epoch: int
    state_version: int
    code_version: str
    digest: str
    state: bytes


class Checkpoints(Protocol):
    """Port: the latest checkpoint of each account; losing one costs time, never facts."""

    async def save(self, account: AccountId, checkpoint: Checkpoint) -> None:
        """Keep `checkpoint` in place of the one before.

        Raises:
            JournalRefused, JournalBroken: as `Journal.append`.
        """
        ...

    async def latest(self, account: AccountId) -> Checkpoint | None:
        """The checkpoint saved last, or None."""
        ...


class InMemoryCheckpoints:
    """The twin, for simulation and tests."""

    def __init__(self) -> None:
        self._latest: dict[AccountId, Checkpoint] = {}

    async def save(self, account: AccountId, checkpoint: Checkpoint) -> None:
        """See `Checkpoints.save`."""
        self._latest[account] = checkpoint

    async def latest(self, account: AccountId) -> Checkpoint | None:
        """See `Checkpoints.latest`."""
        return self._latest.get(account)
