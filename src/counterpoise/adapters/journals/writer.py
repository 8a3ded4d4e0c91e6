"""How do many appends become few flushes? One thread gathers what waits, writes it and answers each.

A flush costs as much as thousands of rows. What arrives while one is under way waits for the next, so the
group grows with the load and a lone append waits for nobody.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass

from counterpoise.adapters.journals import database as db
from counterpoise.adapters.journals.anchors import ANCHORS_FILE, AnchorLog
from counterpoise.adapters.journals.rows import HAS_FACT, INSERT, SELECT_LAST, SELECT_ONE
from counterpoise.domain.accounts import AccountId
from counterpoise.domain.errors import (
    CounterpoiseError,
    DuplicateFact,
    JournalBroken,
    JournalCorrupt,
    JournalRefused,
    StaleWriter,
)
from counterpoise.domain.time import Clock
from counterpoise.ledger import chain
from counterpoise.ledger.journal import Anchor, Draft, Entry, Tail, refuse_stale, sealed, tail_of

WAITING_MAX = 1_024
"""Appends that may wait; one account has at most one, so more than this is a fault upstream."""
GROUP_FACTS_MAX = 8_192
ANCHOR_EVERY = 1_000

Outcome = int | CounterpoiseError
"""Of one append: the sequence of its last fact, or why it was refused."""


@dataclass(slots=True, eq=False)
class _Job:
    """One thing to do; `drafted` is None for an anchor. The answer goes to the loop that asked."""

    drafted: Draft | None
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[int]
    is_answered: bool = False

    def answer(self, outcome: Outcome) -> None:
        """Hand the outcome over, once; nobody waits any more when the loop is closed."""
        if self.is_answered:
            return
        self.is_answered = True
        with suppress(RuntimeError):  # what asyncio raises for a closed loop
            self.loop.call_soon_threadsafe(self._settle, outcome)

    def _settle(self, outcome: Outcome) -> None:
        if self.future.done():
            return  # the caller was cancelled; it reads the tail
        if isinstance(outcome, CounterpoiseError):
            self.future.set_exception(outcome)
        else:
            self.future.set_result(outcome)


class Writer:
    """The one thread that writes a journal.

    Attributes:
        commits: Transactions that wrote entries.
        anchor_problem: Why the last anchor could not be written, or nothing.
    """

    def __init__(self, connection: sqlite3.Connection, key: bytes, log: AnchorLog, clock: Clock) -> None:
        self.commits = 0
        self.anchor_problem = ""
        self.pragmas: Mapping[str, str | int] = db.pragmas(connection)
        self._connection = connection
        self._key = key
        self._log = log
        self._clock = clock
        self._tails: dict[AccountId, Tail] = {}
        self._anchored: dict[AccountId, int] = {}
        self._is_anchor_due = False
        self._broken: JournalBroken | None = None
        self._waiting: queue.Queue[_Job | None] = queue.Queue(maxsize=WAITING_MAX)
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)
        self._thread.start()

    async def append(self, drafted: Draft) -> int:
        """Write a draft; see `Journal.append`."""
        return await self._ask(drafted)

    async def anchor(self) -> None:
        """Anchor the tails that moved since the last anchor.

        Raises:
            JournalRefused: anchors.log cannot be written.
        """
        await self._ask(None)

    def close(self) -> None:
        """Finish what waits, anchor, and end the thread; blocks until then."""
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()

    async def _ask(self, drafted: Draft | None) -> int:
        loop = asyncio.get_running_loop()
        job = _Job(drafted, loop, loop.create_future())
        if not self._thread.is_alive():
            raise self._broken or JournalRefused("the journal is closed")
        try:
            self._waiting.put_nowait(job)
        except queue.Full:
            raise JournalRefused(f"more than {WAITING_MAX} appends are waiting") from None
        return await job.future

    # ── the thread ───────────────────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        jobs: list[_Job] = []
        try:
            is_last = False
            while not is_last:
                jobs, is_last = self._gather()
                self._write([job for job in jobs if job.drafted])
                asked = [job for job in jobs if not job.drafted]
                if asked or is_last or self._is_anchor_due:
                    self._anchor()
                for job in asked:
                    job.answer(JournalRefused(self.anchor_problem) if self.anchor_problem else 0)
        finally:
            self._end(jobs)

    def _end(self, jobs: list[_Job]) -> None:
        """Leave nobody waiting, however the thread ended; after a clean end nobody is."""
        while not self._waiting.empty():
            job = self._waiting.get_nowait()
            jobs = [*jobs, job] if job else jobs
        for job in jobs:
            job.answer(JournalBroken("the journal's writer has ended: read the tail to see what it wrote"))
        self._connection.close()

    def _gather(self) -> tuple[list[_Job], bool]:
        """Wait for a job and take what else waits, up to a bound; and whether it was the last."""
        jobs: list[_Job] = []
        facts = 0
        while facts < GROUP_FACTS_MAX and not (jobs and self._waiting.empty()):
            job = self._waiting.get()
            if job is None:
                return jobs, True
            jobs.append(job)
            facts += len(job.drafted.facts) if job.drafted else 0
        return jobs, False

    def _write(self, jobs: list[_Job]) -> None:
        """Write the drafts of `jobs` in one transaction and answer each; one refusal does not touch the others."""
        if not jobs:
            return
        if self._broken is not None:
            self._answer_all(jobs, self._broken)
            return
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            outcomes, tails = self._stage(jobs)
        except sqlite3.IntegrityError as error:
            self._write_apart(jobs, error)
        except (sqlite3.Error, JournalBroken) as error:
            self._give_up(jobs, error)
        else:
            self._commit(jobs, outcomes, tails)

    def _stage(self, jobs: list[_Job]) -> tuple[list[Outcome], dict[AccountId, Tail]]:
        """Insert what fits; the outcome of each job if the transaction commits, and the new tails."""
        outcomes: list[Outcome] = []
        tails: dict[AccountId, Tail] = {}
        for job in jobs:
            drafted = job.drafted
            assert drafted is not None, "an anchor is not written"
            try:
                tail = tails.get(drafted.account) or self._tail(drafted.account)
                refuse_stale(drafted, tail)
            except (StaleWriter, JournalCorrupt) as refusal:
                outcomes.append(refusal)
                continue
            entries = sealed(drafted, self._key, tail.seal)
            self._connection.executemany(INSERT, entries)
            tails[drafted.account] = tail_of(entries[-1], drafted.account)
            outcomes.append(entries[-1].sequence)
        return outcomes, tails

    def _tail(self, account: AccountId) -> Tail:
        """Where the account's journal ends inside this transaction.

        Raises:
            JournalBroken: entries that this writer wrote or saw are gone or changed.
            JournalCorrupt: the last entry is not sealed with our key; nothing is added to such a chain.
        """
        row = self._connection.execute(SELECT_LAST, (account,)).fetchone()
        last = Entry._make(row) if row else None
        tail = tail_of(last, account)
        known = self._tails.get(account)
        if known is None:
            if last is not None:
                self._check_seal(last)
            self._anchored[account] = tail.sequence
        elif tail.sequence < known.sequence or (tail.sequence == known.sequence and tail != known):
            raise JournalBroken(f"account {account}: entry {known.sequence} is no longer what was written")
        self._tails[account] = tail
        return tail

    def _check_seal(self, last: Entry) -> None:
        before = self._connection.execute(SELECT_ONE, (last.account, last.sequence - 1)).fetchone()
        previous = tail_of(Entry._make(before) if before else None, last.account).seal
        if not chain.fits(self._key, previous, last.raw, last.seal):
            raise JournalCorrupt(
                f"account {last.account}: the seal of entry {last.sequence} does not fit; is the journal key "
                "the one that sealed it? Run verify before anything is added",
                last.sequence,
            )

    def _commit(self, jobs: list[_Job], outcomes: list[Outcome], tails: dict[AccountId, Tail]) -> None:
        try:
            self._connection.execute("COMMIT" if tails else "ROLLBACK")
        except sqlite3.Error as error:
            unwritten = self._unwritten(tails, error)
            if unwritten is not None:
                self._give_up(jobs, unwritten)
                return
        if tails:
            self.commits += 1
            self._tails.update(tails)
            self._is_anchor_due |= any(
                tail.sequence - self._anchored[account] >= ANCHOR_EVERY for account, tail in tails.items()
            )
        for job, outcome in zip(jobs, outcomes, strict=True):
            job.answer(outcome)

    def _unwritten(self, tails: dict[AccountId, Tail], error: sqlite3.Error) -> sqlite3.Error | JournalBroken | None:
        """None when a commit that answered with `error` took place all the same, else what went wrong.

        Only a clean refusal is looked into: after a failed flush the entries may be readable from memory
        and yet never reach the disk.
        """
        if not db.is_clean(error) or self._connection.in_transaction:
            return error
        try:
            rows = [
                self._connection.execute(SELECT_ONE, (account, tail.sequence)).fetchone()
                for account, tail in tails.items()
            ]
        except sqlite3.Error:
            return JournalBroken(f"appending: it cannot be told whether this was written: {error}")
        pairs = zip(rows, tails.values(), strict=True)
        is_written = all(row is not None and Entry._make(row).seal == tail.seal for row, tail in pairs)
        return None if is_written else error

    def _write_apart(self, jobs: list[_Job], error: sqlite3.IntegrityError) -> None:
        """One of the drafts repeats a fact: write each alone, so that only that one is refused."""
        if not self._is_rolled_back():
            self._give_up(jobs, error)
        elif len(jobs) > 1:
            for job in jobs:
                self._write([job])
        else:
            repeated = self._repeated(jobs[0])
            if repeated is None:
                self._give_up(jobs, error)
            else:
                jobs[0].answer(repeated)

    def _repeated(self, job: _Job) -> DuplicateFact | None:
        drafted = job.drafted
        assert drafted is not None, "an anchor is not written"
        for fact, _ in drafted.facts:
            with closing(self._connection.execute(HAS_FACT, (drafted.account, fact.fact_id))) as found:
                if found.fetchone():
                    return DuplicateFact(drafted.account, fact.fact_id)
        return None

    def _give_up(self, jobs: list[_Job], error: sqlite3.Error | JournalBroken) -> None:
        """Nothing of `jobs` was written, or nothing may be assumed any more; `error` tells which."""
        outcome = error if isinstance(error, JournalBroken) else db.meaning(error, "appending")
        if not self._is_rolled_back():
            outcome = JournalBroken(f"appending: the transaction cannot be ended after: {error}")
        if isinstance(outcome, JournalBroken):
            self._broken = outcome
        self._answer_all(jobs, outcome)

    def _is_rolled_back(self) -> bool:
        """End the transaction, if SQLite has not ended it by itself."""
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            return False
        return True

    def _answer_all(self, jobs: list[_Job], outcome: CounterpoiseError) -> None:
        for job in jobs:
            # Each caller gets an exception of its own: tracebacks grow on the instance.
            job.answer(type(outcome)(*outcome.args))

    def _anchor(self) -> None:
        """Anchor every tail that moved; a failure is kept, and tried again after the next append."""
        due = [(account, tail) for account, tail in self._tails.items() if tail.sequence > self._anchored[account]]
        if not due:
            return
        now = self._clock.now()
        try:
            self._log.add(
                Anchor(account=account, sequence=tail.sequence, seal=tail.seal, at=now) for account, tail in due
            )
        except OSError as error:
            self.anchor_problem = f"{ANCHORS_FILE} cannot be written ({error.strerror})"
            return
        self.anchor_problem = ""
        self._is_anchor_due = False
        self._anchored.update((account, tail.sequence) for account, tail in due)
