"""What can be read of a data folder without owning it?"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

from counterpoise.control import readmodels
from counterpoise.control.glance import glance
from counterpoise.control.pulse import STALE_AFTER
from counterpoise.control.recovery import load
from counterpoise.control.state import ControlState
from counterpoise.control.verify import VerifyReport, verify
from counterpoise.domain.accounts import AccountId, AccountTerms
from counterpoise.domain.errors import ConfigurationError, InvalidInput
from counterpoise.domain.facts import BODIES, AccountOpened, Fact
from counterpoise.ledger import export
from counterpoise.ledger.codec import decode
from counterpoise.ledger.journal import Anchor, Journal
from counterpoise.messages.readmodels import snapshot_message
from counterpoise.messages.wire import Json, to_json
from counterpoise.portfolio.fold import Book
from counterpoise.portfolio.state import AccountState
from counterpoise.settings import Settings
from counterpoise.wiring import Parts, journal_of, reading_parts

SOURCE = "ledger"
"""Where every figure that is read of a folder comes from: recorded facts, never a venue's word of today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An account as its journal has it.

    Attributes:
        stale: Whether it rests on marks that are old by now; nothing but facts is read here, so soon it does.
    """

    overview: readmodels.Overview
    stale: bool

    def as_json(self) -> Json:
        """The snapshot as the API has it, with mode and trading state; decimals are strings."""
        told = to_json(snapshot_message(self.overview.snapshot, source=SOURCE, stale=self.stale))
        assert isinstance(told, dict), "a message is an object"
        return {**told, "mode": str(self.overview.mode), "trading_state": str(self.overview.trading_state)}


async def verify_folder(settings: Settings, account: AccountId | None = None) -> tuple[VerifyReport, ...]:
    """Verify every account of a data folder, or one, from its bytes.

    Raises:
        ConfigurationError: there is no journal, or no such account.
    """
    async with reading(settings) as parts:
        journal = parts.journal
        anchors = await journal.anchors()
        known = await _known(journal, anchors, account, settings)
        return tuple(
            [
                await verify(journal, parts.checkpoints, name, journal.key, anchors)
                for name in ((account,) if account else known)
            ]
        )


async def read_overview(settings: Settings, account: AccountId | None) -> Seen:
    """The read models of an account at its recorded marks and their own time.

    Raises:
        ConfigurationError: no journal, no such account, or several and none was named.
        JournalCorrupt: the journal is not what was written.
    """
    async with viewing(settings, account) as (parts, view):
        times = [mark.at for mark in view.state.marks.values()]
        opened = view.state.drawdown.ever.since
        now = max([*times, *([opened] if opened else [])], default=parts.clock.now())
        return seen_at(readmodels.overview(view, now), parts.clock.now())


def seen_at(overview: readmodels.Overview, now: datetime) -> Seen:
    """The read models with how old they are by the machine's clock."""
    snapshot = overview.snapshot
    return Seen(overview=overview, stale=bool(snapshot.positions) and now - snapshot.as_of > STALE_AFTER)


async def chosen_account(settings: Settings, account: AccountId | None) -> tuple[AccountId, AccountTerms]:
    """The account that is meant, and the terms on which it was opened.

    Raises:
        ConfigurationError: as `read_overview`.
    """
    async with reading(settings) as parts:
        name = await chosen(parts.journal, account, settings)
        async for entry in parts.journal.read(name):
            body = decode(entry.raw).body
            if isinstance(body, AccountOpened):
                return name, body.terms
        raise ConfigurationError(f"account {name} in {settings.data_dir} was never opened")


async def print_entries(
    settings: Settings,
    account: AccountId | None,
    kind: str | None,
    start: int,
    limit: int,
    write: Callable[[str], None],
) -> None:
    """Write facts as they are kept, one line each.

    Raises:
        InvalidInput: no such kind.
        ConfigurationError: as `read_overview`.
    """
    if kind is not None and kind not in BODIES:
        raise InvalidInput("--kind", kind, f"one of {', '.join(sorted(BODIES))}")
    async with reading(settings) as parts:
        journal = parts.journal
        name = await chosen(journal, account, settings)
        left = limit
        async for entry in journal.read(name, start):
            if kind is None or entry.kind == kind:
                write(entry.raw.decode())
                left -= 1
                if not left:
                    return


async def export_journal(settings: Settings, account: AccountId | None, write: Callable[[bytes], object]) -> int:
    """Write an account's journal as `ledger.export` has it, up to the last entry there is now; returns the count.

    What is kept is written as it is: whether it is what was recorded, a verifier says.

    Raises:
        ConfigurationError: as `read_overview`.
        JournalCorrupt: an entry that cannot be written as a line.
    """
    async with reading(settings) as parts:
        journal = parts.journal
        name = await chosen(journal, account, settings)
        return await write_entries(journal, name, write)


async def write_entries(journal: Journal, account: AccountId, write: Callable[[bytes], object]) -> int:
    """Write an account's journal as `export_journal` does.

    Raises:
        JournalCorrupt: as `export_journal`.
    """
    tail = await journal.last(account)
    write(export.first_line(account, tail.sequence))
    entries, seal = 0, tail.seal
    async for entry in journal.read(account):
        line = export.entry_line(entry)
        if entry.sequence > tail.sequence:
            break  # came after the export began
        write(line)
        seal = entry.seal
        entries += 1
    write(export.last_line(entries, seal))
    return entries


async def export_anchors(settings: Settings, account: AccountId | None, write: Callable[[bytes], object]) -> int:
    """Write the anchors of an account or of all, one line each, oldest first; returns the count.

    Raises:
        ConfigurationError: as `verify_folder`.
        JournalCorrupt: anchors.log holds a line that is no anchor.
    """
    async with reading(settings) as parts:
        anchors = await parts.journal.anchors()
        await _known(parts.journal, anchors, account, settings)
        chosen = [anchor for anchor in anchors if account in (None, anchor.account)]
    for anchor in chosen:
        write(export.anchor_line(anchor))
    return len(chosen)


async def read_history(
    settings: Settings, account: AccountId | None, kinds: Collection[str]
) -> tuple[AccountState, tuple[Fact, ...], datetime]:
    """The book of an account, its facts of these kinds as they were recorded, and the time of now.

    Raises:
        ConfigurationError: as `read_overview`.
        JournalCorrupt: the journal is not what was written.
    """
    facts: list[Fact] = []

    def keep(book: Book, fact: Fact) -> None:
        del book
        if fact.kind in kinds:
            facts.append(fact)

    async with reading(settings) as parts:
        journal = parts.journal
        name = await chosen(journal, account, settings)
        view = await load(journal, name, journal.key, await journal.anchors(), on_folded=keep)
        return view.state, tuple(facts), parts.clock.now()


@asynccontextmanager
async def viewing(settings: Settings, account: AccountId | None) -> AsyncIterator[tuple[Parts, ControlState]]:
    """An account of a data folder as its journal has it, for reading only; and what it was read with.

    Raises:
        ConfigurationError: no journal, no such account, or several and none was named.
        JournalCorrupt: the journal is not what was written.
    """
    async with reading(settings) as parts:
        journal = parts.journal
        name = await chosen(journal, account, settings)
        yield parts, await glance(journal, parts.checkpoints, name, await journal.anchors(), version("counterpoise"))


@asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[Parts]:
    """The journal of a data folder, to read; nothing is owned.

    Raises:
        ConfigurationError: there is none.
    """
    parts = reading_parts(settings)
    try:
        yield parts
    finally:
        await parts.journal.close()


async def _known(
    journal: Journal, anchors: tuple[Anchor, ...], account: AccountId | None, settings: Settings
) -> tuple[AccountId, ...]:
    """Every account there is or was, `account` among them if one is named."""
    # An account whose every row was deleted is known only from its anchors.
    known = tuple(sorted({*await journal.accounts(), *(anchor.account for anchor in anchors)}))
    if account is not None and account not in known:
        raise ConfigurationError(
            f"no account {account} in {journal_of(settings).told}; known: {', '.join(known) or 'none'}"
        )
    return known


async def chosen(journal: Journal, account: AccountId | None, settings: Settings) -> AccountId:
    """The account that was named, or the only one.

    Raises:
        ConfigurationError: no such account, or several and none was named.
    """
    known = await journal.accounts()
    if account is None and len(known) == 1:
        return known[0]
    if account in known:
        return account
    wanted = f"no account {account}" if account else "several accounts" if known else "no account"
    raise ConfigurationError(f"{wanted} in {journal_of(settings).told}; name one of: {', '.join(known) or 'none yet'}")
