"""Which concrete things are joined? The one place that knows adapters; tests call it with fakes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from counterpoise.adapters.brokers.paper import PaperBroker, PaperTerms
from counterpoise.adapters.brokers.paper_model import PROFILES, FillModel
from counterpoise.adapters.brokers.statement import NoVenue
from counterpoise.adapters.clocks import ReplayClock, SystemClock
from counterpoise.adapters.credentials import new_secret, read_owner_token
from counterpoise.adapters.folder import RENEW_SECONDS, DataFolder, Ownership
from counterpoise.adapters.halt_file import HaltFile
from counterpoise.adapters.imports.history.files import FeeSign, HistoryForm, NumberStyle, ReadingTerms, read_history
from counterpoise.adapters.imports.limits import LimitsFile, read_limits
from counterpoise.adapters.imports.targets import TargetFile, check_known, read_targets
from counterpoise.adapters.journals.chosen import ChosenJournal, choose
from counterpoise.adapters.journals.database import REVISIONS
from counterpoise.adapters.journals.status import DatabaseStatus, KeptAccount
from counterpoise.adapters.journals.stored import StoredJournal
from counterpoise.adapters.loop_thread import LoopThread
from counterpoise.adapters.prices.files import read_prices
from counterpoise.adapters.series import SqliteSeries
from counterpoise.control.activity import Timer
from counterpoise.control.halt import HaltLatch, MemoryLatch
from counterpoise.control.market import Sessions
from counterpoise.domain.accounts import AccountId, AccountTerms
from counterpoise.domain.errors import ConfigurationError, CounterpoiseError, DataFolderInUse
from counterpoise.domain.time import Clock
from counterpoise.execution.broker import Broker
from counterpoise.ledger.checkpoints import Checkpoints, InMemoryCheckpoints
from counterpoise.ledger.journal import InMemoryJournal, Journal
from counterpoise.portfolio.curve import Series
from counterpoise.settings import Settings, from_environment

__all__ = [
    "FAULTS",
    "DatabaseStatus",
    "FeeSign",
    "HistoryForm",
    "KeptAccount",
    "LimitsFile",
    "NumberStyle",
    "PaperSetup",
    "Parts",
    "ReadingTerms",
    "Serving",
    "TargetFile",
    "check_known",
    "downgrade_database",
    "forget",
    "journal_of",
    "live_parts",
    "loop_thread",
    "new_secret",
    "read_history",
    "read_limits",
    "read_prices",
    "read_targets",
    "reading_parts",
    "replay_parts",
    "revisions",
    "serving",
    "settings_of",
    "statement_parts",
    "system_clock",
    "upgrade_database",
    "writing_parts",
]

ANCHOR_SECONDS = 60
FAULTS = PROFILES


class TimeSource(Clock, Timer, Protocol):
    """A clock that can also be waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperSetup:
    """How the paper venue of a replay behaves.

    Attributes:
        faults: A name of FAULTS.
        fee_bps, slippage_bps: Hundredths of a percent of an execution's value and price.
    """

    opening_cash: Decimal
    currency: str
    faults: str
    seed: int
    fee_bps: Decimal
    slippage_bps: Decimal


@dataclass(slots=True, kw_only=True)
class Parts:
    """The outside world of one start, joined.

    Attributes:
        upkeep: Work that runs for as long as the process owns its data: the lease and the anchors.
        commits: How many transactions the journal has made durable since the start.
        release: Gives everything back.
        wall: The machine's clock, on which people see ages; a replay's own clock is elsewhere.
        announce: Says at which address the owner of the data serves.
        start: Names this start of this process; its one-time links are for no other.
        owner_token: The token of the installation's owner.
        series: Where the curve of an account's equity is kept; None keeps it in memory.
        is_shared: Whether other installations keep their accounts in the same journal.
    """

    journal: Journal
    checkpoints: Checkpoints
    clock: Clock
    timer: Timer
    broker: Broker | None
    venue: Sessions | None
    replay_clock: ReplayClock | None
    latch: HaltLatch
    upkeep: tuple[Callable[[], Coroutine[Any, Any, None]], ...]
    commits: Callable[[], int]
    durability: Callable[[], Mapping[str, str | int]]
    release: Callable[[], None]
    owner: str
    owns: Callable[[], bool] = lambda: True
    wall: Clock = field(default_factory=SystemClock)
    announce: Callable[[str], None] = lambda _: None
    start: str = ""
    owner_token: Callable[[], str] = lambda: ""
    series: Callable[[AccountId], Series] | None = None
    is_shared: bool = False

    async def close(self) -> None:
        """Finish the journal, whatever happened, and give everything back."""
        try:
            await self.journal.close()
        finally:
            self.release()


def system_clock() -> Clock:
    """The machine's clock."""
    return SystemClock()


def settings_of(data_dir: Path | None, journal_url: str | None = None) -> Settings:
    """Settings of this process; what the caller says wins over the environment."""
    return from_environment(os.environ, data_dir, journal_url)


def revisions() -> tuple[str, ...]:
    """Every revision of the journal's tables that this version knows, oldest first."""
    return REVISIONS


def journal_of(settings: Settings) -> ChosenJournal:
    """Where the journal of these settings is.

    Raises:
        ConfigurationError: the URL names none, or it needs a package that is not installed.
    """
    return choose(settings.journal_url, settings.data_dir, settings.journal_key_file)


def forget(settings: Settings, command: str) -> None:
    """Delete what `command` has in a data folder that nobody has.

    Raises:
        DataFolderInUse: a living process has it.
        ConfigurationError: another command began it, or it cannot be deleted.
    """
    folder = DataFolder(settings.data_dir)
    begun = folder.begun_with().get("command") if folder.manifest.exists() else "nothing of ours"
    if begun != command:
        raise ConfigurationError(f"{folder.path} holds no {command} but {begun}; it is left alone, choose another")
    elsewhere = folder.journal_elsewhere()
    if elsewhere is not None:
        raise ConfigurationError(
            f"the facts of this {command} are in {elsewhere}, where none is ever deleted; choose another --data-dir "
            "and another database (or remove every account of that one: `counterpoise db downgrade base`)"
        )
    folder.forget()


def upgrade_database(settings: Settings, revision: str) -> None:
    """Bring the journal's tables forward to `revision`, as the owner of the data folder.

    Raises:
        DataFolderInUse: a living process has it.
        ConfigurationError: the database cannot be changed; nothing was.
    """
    from counterpoise.adapters.journals.migrate import migrate  # noqa: PLC0415 - slow to import, and rarely wanted

    chosen = journal_of(settings)
    _, ownership = _owned(settings, "db upgrade")
    try:
        migrate(chosen.place, revision)
    finally:
        ownership.release()


def downgrade_database(settings: Settings, revision: str, *, discard_facts: bool) -> None:
    """Bring the journal's tables back to `revision`, as the owner of the data folder.

    Raises:
        DataFolderInUse: a living process has it.
        ConfigurationError: somebody writes there, facts would be lost and that was not said, or the database cannot
            be changed; nothing was.
    """
    from counterpoise.adapters.journals.migrate import take_back  # noqa: PLC0415 - as above

    chosen = journal_of(settings)
    _, ownership = _owned(settings, "db downgrade")
    try:
        for kept in chosen.status().accounts:
            if kept.writer:
                raise ConfigurationError(f"account {kept.account} is being written by {kept.writer}: stop that first")
        take_back(chosen.place, revision, discard_facts=discard_facts)
    finally:
        ownership.release()


def replay_parts(
    settings: Settings, command: str, setup: PaperSetup, start: datetime, terms: Mapping[str, str]
) -> Parts:
    """A durable journal, the paper venue and a clock that prices move; `terms` are what a continuation must repeat.

    Raises:
        ConfigurationError: the data folder cannot be used, or another process owns it.
    """
    chosen = journal_of(settings)
    folder, ownership = _owned(settings, command)
    clock = ReplayClock(start)
    model = FillModel(
        seed=setup.seed,
        fee_bps=setup.fee_bps,
        slippage_bps=setup.slippage_bps,
        faults=FAULTS[setup.faults],
    )
    with _released_on_error(ownership):
        folder.belong_to(chosen.elsewhere)
        is_new = not folder.manifest.exists() and not chosen.is_own_file
        folder.agree(terms, is_recorded=is_new and chosen.has(terms["account"]))
        venue = PaperBroker(clock, model, PaperTerms(currency=setup.currency), path=folder.paper)
        return _trading(chosen, folder, ownership, command, venue, clock, replay_clock=clock)


def live_parts(settings: Settings, command: str, currency: str) -> Parts:
    """A durable journal and a paper venue that matches at every price it is told.

    Raises:
        ConfigurationError: the data folder cannot be used, or another process owns it.
    """
    chosen = journal_of(settings)
    folder, ownership = _owned(settings, command)
    clock = SystemClock()
    with _released_on_error(ownership):
        folder.belong_to(chosen.elsewhere)
        venue = PaperBroker(clock, FillModel(), PaperTerms(currency=currency, continuous=True), path=folder.paper)
        return _trading(chosen, folder, ownership, command, venue, clock, replay_clock=None)


def writing_parts(settings: Settings, command: str, terms: AccountTerms) -> Parts:
    """The parts of an account that is not running, for somebody who writes into its book; no order leaves.

    Raises:
        ConfigurationError: there is no journal in the data folder.
        DataFolderInUse: the account is running, or somebody else writes.
    """
    _require(settings)
    try:
        if not terms.trades:
            return statement_parts(settings, command)
        parts = live_parts(settings, command, terms.base_currency)
    except DataFolderInUse as running:
        raise DataFolderInUse(f"a journal has one writer, and it has one now: {running}") from running
    parts.owns = lambda: False  # what would be sent is withheld: nobody stays to look after it
    return parts


def is_replay(settings: Settings) -> bool:
    """Whether the data folder holds a demo or a replay."""
    return DataFolder(settings.data_dir).manifest.exists()


def reading_parts(settings: Settings) -> Parts:
    """A journal to read; nothing is owned and nothing may be sent.

    Raises:
        ConfigurationError: there is no journal in the data folder.
    """
    folder, chosen = DataFolder(settings.data_dir), _require(settings)
    clock = SystemClock()
    journal = chosen.open(clock, f"counterpoise reader {os.getpid()}")
    return Parts(
        journal=journal,
        checkpoints=chosen.checkpoints(),
        clock=clock,
        timer=clock,
        broker=None,
        venue=None,
        replay_clock=None,
        latch=HaltFile(folder.halt),
        upkeep=(),
        commits=lambda: journal.commits,
        durability=journal.durability,
        release=lambda: None,
        owner=f"reader {os.getpid()}",
    )


def statement_parts(settings: Settings | None, command: str) -> Parts:
    """The parts of an account without a venue, in a data folder or, without settings, in memory.

    Raises:
        ConfigurationError: the data folder cannot be used, holds a replay, or another process owns it.
    """
    clock = SystemClock()
    if settings is None:
        return _without_venue(InMemoryJournal(), InMemoryCheckpoints(), clock, MemoryLatch(), "in memory")
    chosen = journal_of(settings)
    folder, ownership = _owned(settings, command)
    with _released_on_error(ownership):
        folder.belong_to(chosen.elsewhere)
        if folder.manifest.exists():
            begun = folder.begun_with().get("command", "replay")
            raise ConfigurationError(f"data folder {folder.path} holds a {begun}; choose another --data-dir")
        owner = f"{command} {os.getpid()}"
        journal = chosen.open(clock, f"counterpoise {owner}")
        parts = _without_venue(journal, chosen.checkpoints(), clock, HaltFile(folder.halt), owner)
        parts.upkeep = (lambda: _keep_lease(ownership, journal), lambda: _keep_anchored(journal))
        parts.commits, parts.durability = (lambda: journal.commits), journal.durability
        parts.release, parts.owns = ownership.release, (lambda: ownership.is_held)
        return parts


def _without_venue(
    journal: Journal, checkpoints: Checkpoints, clock: SystemClock, latch: HaltLatch, owner: str
) -> Parts:
    return Parts(
        journal=journal,
        checkpoints=checkpoints,
        clock=clock,
        timer=clock,
        broker=NoVenue(),
        venue=None,
        replay_clock=None,
        latch=latch,
        upkeep=(),
        commits=lambda: 0,
        durability=dict,
        release=lambda: None,
        owner=owner,
    )


def loop_thread() -> LoopThread:
    """An event loop in a thread of its own, for programs that have none."""
    return LoopThread()


def _require(settings: Settings) -> ChosenJournal:
    """The journal of these settings, which has to be there."""
    chosen = journal_of(settings)
    if chosen.is_own_file:
        DataFolder(settings.data_dir).require()
    else:
        chosen.require()
    return chosen


def _owned(settings: Settings, command: str) -> tuple[DataFolder, Ownership]:
    folder = DataFolder(settings.data_dir)
    folder.create()
    ownership = Ownership(folder)
    ownership.take(command)
    return folder, ownership


@contextmanager
def _released_on_error(ownership: Ownership) -> Iterator[None]:
    """Give the folder back when the rest of a start fails."""
    try:
        yield
    except CounterpoiseError:
        ownership.release()
        raise


def _trading(
    chosen: ChosenJournal,
    folder: DataFolder,
    ownership: Ownership,
    command: str,
    venue: PaperBroker,
    clock: TimeSource,
    *,
    replay_clock: ReplayClock | None,
) -> Parts:
    """The parts of an account that trades on the paper venue."""
    # Anchors say when they were really taken, also in a replay.
    journal = chosen.open(SystemClock(), f"counterpoise {command} {os.getpid()}")

    def release() -> None:
        venue.close()
        ownership.release()

    return Parts(
        journal=journal,
        checkpoints=chosen.checkpoints(),
        clock=clock,
        timer=clock,
        broker=venue,
        venue=venue,
        replay_clock=replay_clock,
        latch=HaltFile(folder.halt),
        upkeep=(lambda: _keep_lease(ownership, journal), lambda: _keep_anchored(journal)),
        commits=lambda: journal.commits,
        durability=journal.durability,
        release=release,
        owner=f"{command} {os.getpid()}",
        is_shared=chosen.is_shared,
        owns=lambda: ownership.is_held,
        announce=ownership.announce,
        start=ownership.start,
        owner_token=lambda: read_owner_token(folder.token),
        series=None if replay_clock else lambda account: SqliteSeries(folder.series, account),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A process that serves a data folder, as another command finds it."""

    address: str
    start: str
    owner_token: str


def serving(settings: Settings) -> Serving:
    """Who serves the data folder now.

    Raises:
        ConfigurationError: nobody does, or its token cannot be read.
    """
    folder = DataFolder(settings.data_dir)
    owner = folder.serving()
    return Serving(address=owner.address, start=owner.start, owner_token=read_owner_token(folder.token))


async def _keep_lease(ownership: Ownership, journal: StoredJournal) -> None:
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        ownership.renew()
        await journal.keep_alive()


async def _keep_anchored(journal: StoredJournal) -> None:
    while True:
        await asyncio.sleep(ANCHOR_SECONDS)
        await journal.anchor_now()
