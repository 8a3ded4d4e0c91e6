"""What does the service have at hand? The running account, the doorkeeper, and what only a replay has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from counterpoise.access.links import Links
from counterpoise.domain.accounts import AccountId
from counterpoise.domain.time import Clock
from counterpoise.library.plane import Counterpoise
from counterpoise.library.screen import Screen
from counterpoise.messages.status import (
    Replay,
)
from counterpoise.service.callers import Doorkeeper
from counterpoise.service.problems import Code, Problem


class ReplayControl(Protocol):
    """How fast a replay goes, and where it is."""

    def seen(self) -> Replay:
        """Where it is."""
        ...

    def set(self, *, days_per_second: Decimal | None, paused: bool) -> None:
        """Go at this speed, or stand still.

        Raises:
            InvalidInput: no such speed.
        """
        ...


@dataclass(slots=True, kw_only=True)
class Desk:
    """The one thing that routes are given.

    Attributes:
        clock: The machine's.
        new_secret: 256 bits of chance as text.
        replay: None unless a replay is what runs.
    """

    plane: Counterpoise
    doorkeeper: Doorkeeper
    links: Links
    clock: Clock
    new_secret: Callable[[], str]
    started_at: datetime
    version: str
    replay: ReplayControl | None = None

    @property
    def screen(self) -> Screen:
        """The read models of the one account there is."""
        return self.plane.screen

    def account(self, wanted: AccountId | None) -> AccountId:
        """The account that is meant; it may be left out while there is one.

        Raises:
            Problem: there is no such account, and none is told apart from one that is somebody else's.
        """
        if not self.plane.is_opened or (wanted is not None and wanted != self.plane.account_id):
            raise Problem(Code.ACCOUNT_NOT_FOUND, "GET /api/v1/accounts lists the accounts there are.")
        return self.plane.account_id
