"""What does the overview page of an account show now? Every severity, total and verdict on it is decided here."""

from __future__ import annotations

from datetime import datetime

from counterpoise.control.overview.figures import figures
from counterpoise.control.overview.gate import gate
from counterpoise.control.overview.moment import Moment
from counterpoise.control.overview.positions import positions
from counterpoise.control.overview.status import ages, status
from counterpoise.control.state import ControlState
from counterpoise.control.watch import Watch
from counterpoise.messages.events import Events
from counterpoise.messages.overview import (
    Overview,
)
from counterpoise.messages.status import (
    Replay,
)

EVENTS_SHOWN = 20


def overview(view: ControlState, watch: Watch, now: datetime, cursor: str, replay: Replay | None) -> Overview:
    """The page at the live marks.

    Args:
        view: The account.
        watch: What people see beside it.
        now: The account's clock.
        cursor: Names this state of the page.
        replay: Where a replay is, when it is one.
    """
    moment = Moment.of(view, watch, now)
    return Overview(
        cursor=cursor,
        status=status(moment, replay),
        figures=figures(moment),
        positions=positions(moment),
        gate=gate(moment),
        activity=Events(items=watch.chronicle.events(EVENTS_SHOWN)),
        ages=ages(view, watch),
    )
