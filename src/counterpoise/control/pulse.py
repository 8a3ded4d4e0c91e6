"""When did we last hear of each price, of the venue, and that ledger and venue agree?

Ages that people see count on the machine's own clock: in a replay the prices are years old and yet just heard.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from counterpoise.domain.instruments import InstrumentId
from counterpoise.domain.numbers import canonical
from counterpoise.messages.overview import Age, Trust
from counterpoise.messages.readmodels import seconds

STALE_AFTER = timedelta(seconds=4)
"""Age past which a price on a screen looks old; below 5 s, so that within 5 s of the last price it does."""

VENUE_SILENT_AFTER = timedelta(seconds=60)
"""Age past which the venue's last answer is too old to rely on."""

COMPARED_FRESH = timedelta(minutes=5)
"""For how long a comparison with the venue makes a balance trusted."""


class Pulse:
    """What was heard when, on the machine's clock.

    Attributes:
        closed: Whether no price will come any more, as after the last day of a replay: then none is missed.
    """

    def __init__(self) -> None:
        self.closed = False
        self._prices: dict[InstrumentId, datetime] = {}
        self._last_price: datetime | None = None
        self._venue: datetime | None = None
        self._compared: datetime | None = None
        self._agreed = False

    def price(self, instrument: InstrumentId, at: datetime) -> None:
        """A price was heard."""
        self._prices[instrument] = self._last_price = at

    def venue(self, at: datetime) -> None:
        """The venue answered."""
        self._venue = at

    def compared(self, at: datetime, *, agreed: bool) -> None:
        """Ledger and venue were compared."""
        self._venue = self._compared = at
        self._agreed = agreed

    def heard_at(self, instrument: InstrumentId) -> datetime | None:
        """When the instrument's last price was heard."""
        return self._prices.get(instrument)

    def prices_age(self, now: datetime, held: tuple[InstrumentId, ...]) -> Age:
        """How old the newest price is; the text says how many of the held instruments have a fresh one."""
        fresh = sum(_is_within(self._prices.get(key), now, STALE_AFTER) for key in held)
        if self.closed or not held:  # no price is missed
            text = "closed" if self.closed else "nothing held"
            return replace(_age(self._last_price, now, STALE_AFTER, text), stale=False)
        return _age(self._last_price, now, STALE_AFTER, f"{fresh} of {len(held)}")

    def lacks_price(self, now: datetime, held: tuple[InstrumentId, ...]) -> bool:
        """Whether a figure of everything held rests on a price that looks old; none is missed when all is over."""
        if self.closed:
            return False
        return not all(_is_within(self._prices.get(key), now, STALE_AFTER) for key in held)

    def venue_age(self, now: datetime, venue: str) -> Age:
        """How long ago the venue answered."""
        return _age(self._venue, now, VENUE_SILENT_AFTER, venue)

    def ledger_age(self, now: datetime) -> Age:
        """How long ago ledger and venue were compared."""
        said = "never compared" if self._compared is None else "agree" if self._agreed else "differ"
        return _age(self._compared, now, COMPARED_FRESH, said)

    def trust(self, now: datetime) -> tuple[Trust, str]:
        """How far the ledger's cash may be trusted, and why in words."""
        if self._compared is None:
            return Trust.LOW, "not yet compared with the venue"
        if not self._agreed:
            return Trust.LOW, "the venue says something else"
        fresh = _is_within(self._compared, now, COMPARED_FRESH)
        return (Trust.HIGH if fresh else Trust.MEDIUM), "agrees with the venue"


def _is_within(at: datetime | None, now: datetime, span: timedelta) -> bool:
    return at is not None and now - at <= span


def _age(at: datetime | None, now: datetime, stale_after: timedelta, text: str) -> Age:
    if at is None:
        return Age(age_seconds=None, stale=True, text=text)
    age = max(now - at, timedelta(0))
    return Age(age_seconds=canonical(seconds(age)), stale=age > stale_after, text=text)
