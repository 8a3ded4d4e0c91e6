"""How is an account opened that only tells what happened elsewhere, and how does a history get into it?"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

from counterpoise import wiring
from counterpoise.control import recovery
from counterpoise.control.account import Account
from counterpoise.control.activity import Activity
from counterpoise.control.commands import ImportHistory, OpenAccount
from counterpoise.control.decision import Effect
from counterpoise.control.glance import glance
from counterpoise.control.history import Imported
from counterpoise.control.rehearsal import Held, Rehearsal, held, reach, rehearse
from counterpoise.control.tasks import Supervisor
from counterpoise.control.verify import checkpoint_of
from counterpoise.domain.accounts import OWNER, AccountId, AccountTerms
from counterpoise.domain.errors import ConfigurationError, CounterpoiseError, InvalidInput
from counterpoise.domain.history import History
from counterpoise.domain.time import day_start, trading_day, zone
from counterpoise.ledger.codec import decode
from counterpoise.ledger.journal import Journal
from counterpoise.library.opening import Opening
from counterpoise.settings import Settings

__all__ = [
    "AccountCard",
    "Held",
    "ImportReport",
    "Rehearsal",
    "beginning_of",
    "book_rehearsed",
    "is_statement",
    "open_in_folder",
    "read_account",
    "rehearse_history",
]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
CHUNK, LATE_CHUNK = 1_000, 20_000
"""Entries of one append; where all that came later must be folded again for each, fewer of them."""

Progress = Callable[[int], None]
"""Told how many more entries are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What came of an import.

    Attributes:
        booked: Entries that became facts.
        known: Entries that were facts before.
        after: What the account holds now.
        sequence: Of its last fact.
    """

    account: AccountId
    booked: int
    known: int
    after: Held
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCard:
    """An account at a glance.

    Attributes:
        sequence: Of its last fact.
    """

    account: AccountId
    terms: AccountTerms
    held: Held
    sequence: int


async def open_in_folder(settings: Settings, account: AccountId, opening: Opening, at: datetime | None = None) -> bool:
    """Write the first facts of an account without a venue; False when it has them already.

    Args:
        settings: Where the data folder is; it is made when it is not there.
        account: Names it in the folder.
        opening: Its terms and cash.
        at: When the cash was there; now when it is None. History before it is late, and books slower.

    Raises:
        ConfigurationError: the folder cannot be used, or the account is there on other terms.
        DataFolderInUse: another process owns the folder.
        InvalidInput: a name or a zone that is none.
    """
    if not _NAME.fullmatch(account):
        raise InvalidInput("account", account, "1 to 64 letters, digits and . _ -, beginning with a letter or digit")
    zone(opening.terms.time_zone)
    parts = wiring.statement_parts(settings, "account open")
    try:
        now = parts.clock.now()
        known = await _terms(parts.journal, account)
        if known is not None:
            if known != opening.terms:
                raise ConfigurationError(f"account {account} is there on other terms; choose another name")
            return False
        async with _served(parts, account) as writer:
            command = OpenAccount(
                actor=OWNER,
                at=at or now,
                cause="open",
                name=opening.name,
                terms=opening.terms,
                instruments=opening.instruments,
                opening_cash=opening.cash,
                preset=opening.preset,
                constraints=opening.constraints,
                mode_policy=opening.mode_policy,
            )
            await writer.ask(command)
        return True
    finally:
        await parts.close()


async def read_account(settings: Settings, account: AccountId | None) -> AccountCard:
    """An account as its journal has it.

    Raises:
        ConfigurationError: no journal, no such account, or several and none was named.
        JournalCorrupt: the journal is not what was written.
    """
    parts = _reading(settings)
    try:
        journal = parts.journal
        name = await _chosen(journal, account, settings)
        view = await glance(journal, parts.checkpoints, name, await journal.anchors(), version("counterpoise"))
        return AccountCard(account=name, terms=view.state.opened, held=held(view), sequence=view.sequence)
    finally:
        await parts.close()


async def rehearse_history(
    settings: Settings, account: AccountId | None, history: History, on_entry: Callable[[], None] = lambda: None
) -> Rehearsal:
    """What an import would do; nothing is booked.

    Raises:
        BrokenHistory: it would be refused; see `control.rehearsal.rehearse`.
        ConfigurationError: no journal, no such account, several and none was named, or one on the paper venue.
    """
    parts = _reading(settings)
    try:
        name = await _chosen(parts.journal, account, settings)
        return await rehearse(parts.journal, name, history, parts.clock.now(), on_entry)
    finally:
        await parts.close()


async def book_rehearsed(settings: Settings, rehearsal: Rehearsal, progress: Progress = lambda _: None) -> ImportReport:
    """Book what was rehearsed, in appends of which each is there whole or not at all.

    An import that was interrupted is done again from its file: what is booked is known, the rest follows.

    Raises:
        DataFolderInUse: another process owns the folder.
        CounterpoiseError: the account has changed since in a way that does not go together with the history.
    """
    parts = wiring.statement_parts(settings, "import")
    try:
        async with _served(parts, rehearsal.account) as writer:
            if rehearsal.is_late:
                await reach(writer.view, parts.journal, rehearsal.new[0].at)
            booked = await _book(writer, rehearsal, parts.clock.now(), progress)
            view = writer.view
            if view.sequence:
                kept = checkpoint_of(view.book, view.sequence, view.epoch, version("counterpoise"))
                await parts.checkpoints.save(view.account, kept)
            return ImportReport(
                account=rehearsal.account,
                booked=booked,
                known=rehearsal.known + len(rehearsal.new) - booked,
                after=held(view),
                sequence=view.sequence,
            )
    finally:
        await parts.close()


async def is_statement(journal: Journal, account: AccountId) -> bool:
    """Whether the account has no venue, so that nothing may serve it."""
    terms = await _terms(journal, account)
    return terms is not None and not terms.trades


def beginning_of(day_text: str, time_zone: str, field: str, now: datetime) -> datetime:
    """The first instant of a day such as 2020-01-31 in a zone.

    Raises:
        InvalidInput: no such day, or one that is still to come.
    """
    try:
        at = day_start(datetime.fromisoformat(day_text).date(), time_zone)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(field, day_text, "a day such as 2020-01-31") from error
    if trading_day(at, time_zone) > trading_day(now, time_zone):
        raise InvalidInput(field, day_text, "a day that has come")
    return at


async def _book(writer: Account, rehearsal: Rehearsal, now: datetime, progress: Progress) -> int:
    """Give the entries in chunks; how many became facts."""
    entries, size = rehearsal.new, LATE_CHUNK if rehearsal.is_late else CHUNK
    booked = 0
    for start in range(0, len(entries), size):
        chunk = entries[start : start + size]
        is_last = start + size >= len(entries)
        answer = await writer.ask(
            ImportHistory(
                actor=OWNER,
                at=now,
                cause=f"{rehearsal.correlation}/{chunk[0].row}",
                correlation=rehearsal.correlation,
                entries=chunk,
                last_trades=rehearsal.last_trades if is_last else (),
            )
        )
        booked += answer.detail.booked if isinstance(answer.detail, Imported) else 0
        progress(len(chunk))
    return booked


def _reading(settings: Settings) -> wiring.Parts:
    try:
        return wiring.reading_parts(settings)
    except ConfigurationError as error:
        message = f"no account in {settings.data_dir}; open one with `counterpoise account open NAME`"
        raise ConfigurationError(f"{message}, or choose --data-dir") from error


@asynccontextmanager
async def _served(parts: wiring.Parts, account: AccountId) -> AsyncIterator[Account]:
    """The account's writer, without anything that could send."""
    activity = Activity()
    async with Supervisor(activity.give_up) as supervisor:
        journal = parts.journal
        state = await recovery.load(journal, account, journal.key, await journal.anchors())
        await recovery.claim(state, journal, parts.owner, parts.clock.now())
        writer = Account(
            state=state, journal=journal, clock=parts.clock, activity=activity, start_effect=_refuse_effect
        )
        supervisor.start("account", writer.serve())
        for number, upkeep in enumerate(parts.upkeep):
            supervisor.start(f"upkeep.{number}", upkeep())
        yield writer


def _refuse_effect(effect: Effect) -> None:
    raise CounterpoiseError(f"a {type(effect).__name__} in an account that has no venue")


async def _terms(journal: Journal, account: AccountId) -> AccountTerms | None:
    """The terms on which the account was opened, or None when it was not."""
    async for entry in journal.read(account):
        terms: AccountTerms = decode(entry.raw).body.terms
        return terms
    return None


async def _chosen(journal: Journal, account: AccountId | None, settings: Settings) -> AccountId:
    known = await journal.accounts()
    if account is not None and account in known:
        return account
    if account is None and len(known) == 1:
        return known[0]
    wanted = f"no account {account}" if account else "several accounts" if known else "no account"
    told = f"name one with --account: {', '.join(known)}" if known else "open one with `counterpoise account open NAME`"
    raise ConfigurationError(f"{wanted} in {settings.data_dir}; {told}")
