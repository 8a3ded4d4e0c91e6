"""What happened in an account: day by day, act by act, and cent by cent between two moments?

All of it is read from the sealed facts, also while the account runs, and none of it is kept anywhere: what a late
fact, a bust or a correction changed is simply so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from counterpoise.control import hindsight, readmodels
from counterpoise.domain.accounts import AccountId, StrategyName
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.facts import BODIES, Fact
from counterpoise.domain.numbers import exact
from counterpoise.domain.time import day_start, trading_day
from counterpoise.ledger.journal import Journal
from counterpoise.ledger.trail import TrailEntry, Wanted
from counterpoise.library.reading import SOURCE, Seen, chosen, reading, seen_at
from counterpoise.messages.hindsight import day_json, entry_json, postings_json, proof_json
from counterpoise.messages.wire import Json, to_json
from counterpoise.portfolio.daily import DaySummary, of_day, together
from counterpoise.portfolio.daily import days as days_of
from counterpoise.portfolio.history import Cut, History, before, until
from counterpoise.portfolio.postings import FactPostings, postings_of
from counterpoise.portfolio.proof import ProofBetween
from counterpoise.settings import Settings
from counterpoise.wiring import system_clock

Moment = date | datetime
"""A day of the account's zone, or an instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Of what an answer is made.

    Attributes:
        currency: The account's, in which amounts are.
        as_of: When the last fact that is in it was recorded.
        sequence: Of that fact.
    """

    account: AccountId
    currency: str
    time_zone: str
    as_of: datetime
    sequence: int

    def as_json(self) -> dict[str, Json]:
        """The head of every answer."""
        told = to_json(self)
        assert isinstance(told, dict), "a dataclass is an object"
        return {**told, "source": SOURCE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Days on which something happened, oldest first."""

    known: Known
    days: tuple[DaySummary, ...]

    @property
    def total(self) -> DaySummary | None:
        """All of them as one; None when there is none."""
        return together(self.days) if self.days else None

    def as_json(self) -> dict[str, Json]:
        """For another program; decimals are strings."""
        with exact():
            total = None if self.total is None else day_json(self.total)
            return {**self.known.as_json(), "days": [day_json(one) for one in self.days], "total": total}


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """Acts in the order in which they were recorded."""

    known: Known
    entries: tuple[TrailEntry, ...]

    def as_json(self) -> dict[str, Json]:
        """For another program."""
        return {**self.known.as_json(), "entries": [entry_json(one) for one in self.entries]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """Why equity changed between two moments; None is the beginning, or the last fact."""

    known: Known
    start: Moment | None
    end: Moment | None
    proof: ProofBetween

    def as_json(self) -> dict[str, Json]:
        """For another program; decimals are strings."""
        with exact():
            span: dict[str, Json] = {"from": to_json(self.start), "to": to_json(self.end)}
            return {**self.known.as_json(), **span, **proof_json(self.proof)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What one fact posted."""

    known: Known
    found: FactPostings

    def as_json(self) -> dict[str, Json]:
        """For another program; decimals are strings."""
        with exact():
            return {**self.known.as_json(), **postings_json(self.found)}


async def days(
    settings: Settings, account: AccountId | None = None, first: date | None = None, last: date | None = None
) -> Days:
    """The summary of every day from `first` to `last`, both included, on which something happened.

    Raises:
        ConfigurationError: no journal, no such account, or several and none was named.
        JournalCorrupt: the journal is not what was written.
        InvalidInput: `last` is before `first`.
    """
    _check_order(first, last)
    known, facts = await _facts(settings, account)
    with exact():
        found = days_of(known.account, facts)
    wanted = (one for one in found if (first is None or one.first >= first) and (last is None or one.last <= last))
    return Days(known=known, days=tuple(wanted))


async def trail(
    settings: Settings,
    account: AccountId | None = None,
    *,
    kind: str | None = None,
    symbol: str | None = None,
    correlation: str | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
) -> Acts:
    """Every recorded act that is wanted: who, what, before, after, why and on what grounds.

    Args:
        settings: Where the journal is.
        account: Whose; may be left out when there is only one.
        kind: Only facts of this kind.
        symbol: Only those that name this instrument.
        correlation: Only those of this errand, or that this fact or command led to.
        since: Of the source's time, included; a day from its beginning.
        until: Of the source's time, included; a day to its end.

    Raises:
        ConfigurationError, JournalCorrupt: as `days`.
        InvalidInput: no such kind, or `until` is before `since`.
    """
    _check_order(since, until)
    known, facts = await _facts(settings, account)
    return _acts(known, facts, kind=kind, symbol=symbol, correlation=correlation, since=since, until=until)


async def trail_of(
    journal: Journal,
    account: AccountId,
    *,
    kind: str | None = None,
    symbol: str | None = None,
    correlation: str | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
) -> Acts:
    """As `trail`, of a journal that is open.

    Raises:
        JournalCorrupt, InvalidInput: as `trail`.
    """
    _check_order(since, until)
    known, facts = await _facts_in(journal, account)
    return _acts(known, facts, kind=kind, symbol=symbol, correlation=correlation, since=since, until=until)


async def day_of(journal: Journal, account: AccountId, day: date | None, now: datetime) -> DaySummary:
    """The summary of one day (today, when None), of a journal that is open; a quiet day is one of nothing.

    Raises:
        JournalCorrupt: the journal is not what was written.
        InvalidInput: the account had not begun then, or the day is still to come.
    """
    known, facts = await _facts_in(journal, account)
    today = trading_day(now, known.time_zone)
    if day is not None and day > today:
        raise InvalidInput("day", day.isoformat(), f"a day that has come; today is {today.isoformat()}")
    with exact():
        return of_day(days_of(account, facts), day or today, known.time_zone)


async def proof(
    settings: Settings,
    account: AccountId | None = None,
    start: Moment | None = None,
    end: Moment | None = None,
    strategy: StrategyName | None = None,
) -> Proved:
    """Why equity changed from one moment to another, in all and for each strategy, to the last digit.

    Args:
        settings: Where the journal is.
        account: Whose; may be left out when there is only one.
        start: A day counts from its beginning; an instant from after all that happened at it; None from the first.
        end: A day counts to its end; an instant with all that happened at it; None to the last.
        strategy: Only this one's, beside the account's.

    Raises:
        ConfigurationError, JournalCorrupt: as `days`.
        InvalidInput: `end` is before `start`, or no such strategy.
    """
    _check_order(start, end)
    known, facts = await _facts(settings, account)
    with exact():
        found = History(known.account, facts).prove(_cut_before(start), _cut_after(end))
    if strategy is None:
        return Proved(known=known, start=start, end=end, proof=found)
    own = tuple(one for one in found.strategies if one.strategy == strategy)
    if not own:
        names = ", ".join(one.strategy for one in found.strategies) or "none yet"
        raise InvalidInput("strategy", strategy, f"one that the account had by then: {names}")
    shown = ProofBetween(account=found.account, strategies=own, unshared=found.unshared)
    return Proved(known=known, start=start, end=end, proof=shown)


async def postings(settings: Settings, account: AccountId | None, fact_id: str) -> Posted:
    """The balanced postings of one fact.

    Raises:
        ConfigurationError, JournalCorrupt: as `days`.
        InvalidInput: no such fact.
    """
    known, facts = await _facts(settings, account)
    with exact():
        return Posted(known=known, found=postings_of(known.account, facts, fact_id))


async def read_overview_at(
    settings: Settings, account: AccountId | None, as_of: Moment | None, known_at: Moment | None
) -> Seen:
    """The read models of `as_of` by what was known at `known_at`: what did we know then about that moment?

    Args:
        settings: Where the journal is.
        account: Whose; may be left out when there is only one.
        as_of: What happened up to and including then; a day is all of it; None is everything that was known.
        known_at: Only facts that were recorded by then, a day is all of it; None is all of today.

    Raises:
        ConfigurationError, JournalCorrupt: as `days`.
        InvalidInput: nothing was known then, or the account was not open.
    """
    clock = system_clock()
    known, facts = await _facts(settings, account, known_at)
    instant = _last_instant(as_of, known.time_zone)
    with exact():
        view = hindsight.view_of(known.account, facts, instant)
        now = instant or max((fact.occurred_at for fact in facts), default=known.as_of)
        return seen_at(readmodels.overview(view, now), clock.now())


def _acts(
    known: Known,
    facts: Sequence[Fact],
    *,
    kind: str | None,
    symbol: str | None,
    correlation: str | None,
    since: Moment | None,
    until: Moment | None,
) -> Acts:
    if kind is not None and kind not in BODIES:
        raise InvalidInput("kind", kind, f"one of {', '.join(sorted(BODIES))}")
    wanted = Wanted(
        kind=kind,
        symbol=symbol,
        correlation=correlation,
        since=_first_instant(since, known.time_zone),
        until=_last_instant(until, known.time_zone),
    )
    with exact():
        return Acts(known=known, entries=hindsight.trail(known.account, facts, wanted))


async def _facts(
    settings: Settings, account: AccountId | None, known_at: Moment | None = None
) -> tuple[Known, Sequence[Fact]]:
    """The facts that were known, and what they are about."""
    async with reading(settings) as parts:
        name = await chosen(parts.journal, account, settings)
        return await _facts_in(parts.journal, name, known_at)


async def _facts_in(
    journal: Journal, account: AccountId, known_at: Moment | None = None
) -> tuple[Known, Sequence[Fact]]:
    facts: Sequence[Fact] = await hindsight.known_facts(journal, account, await journal.anchors())
    terms = next(fact.body.terms for fact in reversed(facts) if fact.kind in ("AccountOpened", "AccountConfigured"))
    instant = _last_instant(known_at, terms.time_zone)
    if instant is not None:
        facts = hindsight.known_by(facts, instant)
    last = facts[-1]
    known = Known(
        account=account,
        currency=terms.base_currency,
        time_zone=terms.time_zone,
        as_of=last.recorded_at,
        sequence=last.sequence,
    )
    return known, facts


def _check_order(first: Moment | None, last: Moment | None) -> None:
    """Refuse an end before its beginning where both are alike; a day and an instant meet in the account's zone."""
    if first is None or last is None or isinstance(first, datetime) is not isinstance(last, datetime):
        return
    if last < first:
        raise InvalidInput("to", last.isoformat(), f"a time that is not before {first.isoformat()}")


def _first_instant(moment: Moment | None, time_zone: str) -> datetime | None:
    if moment is None or isinstance(moment, datetime):
        return moment
    return day_start(moment, time_zone)


def _last_instant(moment: Moment | None, time_zone: str) -> datetime | None:
    if moment is None or isinstance(moment, datetime):
        return moment
    return day_start(moment + timedelta(days=1), time_zone) - timedelta(microseconds=1)


def _cut_before(moment: Moment | None) -> Cut:
    if moment is None:
        return lambda _: False
    return until(moment) if isinstance(moment, datetime) else before(moment)


def _cut_after(moment: Moment | None) -> Cut:
    if moment is None:
        return lambda _: True
    return until(moment) if isinstance(moment, datetime) else before(moment + timedelta(days=1))
