"""How do many appends become few flushes? One thread gathers what waits, writes it and answers each.

A flush costs as much as thousands of rows. What arrives while one is under way waits for the next, so the
group grows with the load and a lone append waits for nobody.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto

from counterpoise.adapters.journals.anchors import ANCHORS_FILE, AnchorLog
from counterpoise.adapters.journals.store import AccountTaken, Conflict, Lost, Store
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


class Chore(Enum):
    """What the thread does beside writing drafts."""

    ANCHOR = auto()
    KEEP_ALIVE = auto()


@dataclass(slots=True, eq=False)
class _Job:
    """One thing to do. The answer goes to the loop that asked."""

    task: Draft | Chore
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

    def __init__(self, store: Store, key: bytes, log: AnchorLog, clock: Clock) -> None:
        self.commits = 0
        self.anchor_problem = ""
        self.settings: Mapping[str, str | int] = store.settings()
        self._store = store
        self._key = key
        self._log = log
        self._clock = clock
        self._tails: dict[AccountId, Tail] = {}
        self._claimed: set[AccountId] = set()
        self._anchored: dict[AccountId, int] = {}
        self._is_anchor_due = False
        self._broken: JournalBroken | None = None
        self._staged: tuple[list[Outcome], dict[AccountId, Tail]] = [], {}
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
        await self._ask(Chore.ANCHOR)

    async def keep_alive(self) -> None:
        """Show the database that this writer lives."""
        await self._ask(Chore.KEEP_ALIVE)

    def close(self) -> None:
        """Finish what waits, anchor, and end the thread; blocks until then."""
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()

    async def _ask(self, task: Draft | Chore) -> int:
        loop = asyncio.get_running_loop()
        job = _Job(task, loop, loop.create_future())
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
                self._write([job for job in jobs if isinstance(job.task, Draft)])
                self._do_chores(jobs, is_last=is_last)
        finally:
            self._end(jobs)

    def _do_chores(self, jobs: list[_Job], *, is_last: bool) -> None:
        asked = {job.task for job in jobs if isinstance(job.task, Chore)}
        if Chore.KEEP_ALIVE in asked:
            self._store.keep_alive()
        if Chore.ANCHOR in asked or is_last or self._is_anchor_due:
            self._anchor()
        for job in jobs:
            if isinstance(job.task, Chore):
                is_failed = job.task is Chore.ANCHOR and self.anchor_problem
                job.answer(JournalRefused(self.anchor_problem) if is_failed else 0)

    def _end(self, jobs: list[_Job]) -> None:
        """Leave nobody waiting, however the thread ended; after a clean end nobody is."""
        while not self._waiting.empty():
            job = self._waiting.get_nowait()
            jobs = [*jobs, job] if job else jobs
        for job in jobs:
            job.answer(JournalBroken("the journal's writer has ended: read the tail to see what it wrote"))
        self._store.close()

    def _gather(self) -> tuple[list[_Job], bool]:
        """Wait for a job and take what else waits, up to a bound; and whether it was the last."""
        jobs: list[_Job] = []
        facts = 0
        while facts < GROUP_FACTS_MAX and not (jobs and self._waiting.empty()):
            job = self._waiting.get()
            if job is None:
                return jobs, True
            jobs.append(job)
            facts += len(job.task.facts) if isinstance(job.task, Draft) else 0
        return jobs, False

    def _write(self, jobs: list[_Job], *, is_second: bool = False) -> None:
        """Write the drafts of `jobs` in one transaction and answer each; one refusal does not touch the others."""
        if not jobs:
            return
        if self._broken is not None:
            self._answer_all(jobs, self._broken)
            return
        self._staged = [], {}
        try:
            self._store.begin()
            outcomes, tails = self._stage(jobs)
            if tails:
                self._store.commit()
                self.commits += 1
            else:
                self._store.roll_back()
        except Conflict as error:
            self._write_apart(jobs, error, is_second=is_second)
        except Lost as error:
            self._settle(jobs, error, is_second=is_second)
        except JournalBroken as error:
            self._give_up(jobs, error)
        except JournalRefused as error:
            self._settle_refusal(jobs, error)
        else:
            self._acknowledge(jobs, outcomes, tails)

    def _stage(self, jobs: list[_Job]) -> tuple[list[Outcome], dict[AccountId, Tail]]:
        """Insert what fits; the outcome of each job if the transaction commits, and the new tails."""
        outcomes: list[Outcome] = []
        tails: dict[AccountId, Tail] = {}
        self._staged = outcomes, tails
        for job in jobs:
            drafted = _draft_of(job)
            try:
                tail = tails.get(drafted.account) or self._tail(drafted.account)
                refuse_stale(drafted, tail)
            except (StaleWriter, JournalCorrupt, AccountTaken) as refusal:
                outcomes.append(refusal)
                continue
            entries = sealed(drafted, self._key, tail.seal)
            self._store.insert(entries, tail)
            tails[drafted.account] = tail_of(entries[-1], drafted.account)
            outcomes.append(entries[-1].sequence)
        return outcomes, tails

    def _tail(self, account: AccountId) -> Tail:
        """Where the account's journal ends inside this transaction.

        Raises:
            AccountTaken: another process writes the account.
            JournalBroken: entries that this writer wrote or saw are gone or changed.
            JournalCorrupt: the last entry is not sealed with our key; nothing is added to such a chain.
        """
        if account in self._claimed:
            return self._tails[account]
        self._store.claim(account)
        last = self._store.last(account)
        tail = tail_of(last, account)
        known = self._tails.get(account)
        if known is None:
            if last is not None:
                self._check_seal(last)
            self._anchored[account] = tail.sequence
        elif tail.sequence < known.sequence or (tail.sequence == known.sequence and tail != known):
            raise JournalBroken(f"account {account}: entry {known.sequence} is no longer what was written")
        self._tails[account] = tail
        if self._store.keeps_others_out:
            self._claimed.add(account)
        return tail

    def _check_seal(self, last: Entry) -> None:
        before = self._store.one(last.account, last.sequence - 1)
        previous = tail_of(before, last.account).seal
        if not chain.fits(self._key, previous, last.raw, last.seal):
            raise JournalCorrupt(
                f"account {last.account}: the seal of entry {last.sequence} does not fit; is the journal key "
                "the one that sealed it? Run verify before anything is added",
                last.sequence,
            )

    def _acknowledge(self, jobs: list[_Job], outcomes: list[Outcome], tails: dict[AccountId, Tail]) -> None:
        self._tails.update(tails)
        self._is_anchor_due |= any(
            tail.sequence - self._anchored[account] >= ANCHOR_EVERY for account, tail in tails.items()
        )
        for job, outcome in zip(jobs, outcomes, strict=True):
            job.answer(outcome)

    def _settle_refusal(self, jobs: list[_Job], error: JournalRefused) -> None:
        """A commit that was refused may have taken place all the same, unless the transaction is still open.

        Only a clean refusal is looked into: after a failed flush the entries may be readable from memory
        and yet never reach the disk.
        """
        outcomes, tails = self._staged
        if len(outcomes) < len(jobs) or not self._store.regain(tails):
            self._give_up(jobs, error)
            return
        try:
            is_written = self._is_written(tails)
        except (JournalRefused, JournalBroken, JournalCorrupt, Lost):
            self._give_up(jobs, _untold(f"appending: {error}"))
            return
        if is_written:
            self.commits += 1
            self._acknowledge(jobs, outcomes, tails)
        else:
            self._give_up(jobs, error)

    def _settle(self, jobs: list[_Job], error: Lost, *, is_second: bool) -> None:
        """The answer was lost: read what is there. What was surely not written is written once more, and once only."""
        outcomes, tails = self._staged
        is_asked = bool(tails) and len(outcomes) == len(jobs)  # else the commit was never asked for
        self._claimed.clear()
        try:
            is_final = self._store.regain(tails) or not is_asked or self._is_other(tails)
            is_written = is_asked and self._is_written(tails)
        except (JournalRefused, JournalBroken, JournalCorrupt, Lost) as second:
            said = f"appending: {error}; then: {second}"
            self._give_up(jobs, _untold(said) if is_asked else JournalRefused(f"{said} (nothing was written)"))
            return
        if is_written:
            self.commits += 1
            self._acknowledge(jobs, outcomes, tails)
        elif not is_final:
            self._give_up(jobs, _untold(f"appending: {error}"))
        elif is_second:
            self._give_up(jobs, JournalRefused(f"appending: {error} (nothing was written)"))
        else:
            self._write(jobs, is_second=True)

    def _is_written(self, tails: dict[AccountId, Tail]) -> bool:
        found = (self._store.one(account, tail.sequence) for account, tail in tails.items())
        return all(
            entry is not None and entry.seal == tail.seal for entry, tail in zip(found, tails.values(), strict=True)
        )

    def _is_other(self, tails: dict[AccountId, Tail]) -> bool:
        """Whether somebody else has written where we would have: then ours, all or nothing, was not."""
        found = [(self._store.one(account, tail.sequence), tail) for account, tail in tails.items()]
        return any(entry is not None and entry.seal != tail.seal for entry, tail in found)

    def _write_apart(self, jobs: list[_Job], error: Conflict, *, is_second: bool) -> None:
        """One of the drafts does not fit what is there: write each alone, so that only that one is refused."""
        self._claimed.clear()
        if not self._is_rolled_back():
            self._give_up(jobs, JournalBroken(f"appending: {error}"))
        elif len(jobs) > 1:
            for job in jobs:
                self._write([job])
        else:
            repeated = self._repeated(jobs[0])
            if repeated is not None:
                jobs[0].answer(repeated)
            elif is_second or not self._store.keeps_others_out:
                self._give_up(jobs, JournalBroken(f"appending: {error}"))
            else:  # the tail was not where we left it: read it again, and say what is wrong
                self._write(jobs, is_second=True)

    def _repeated(self, job: _Job) -> DuplicateFact | None:
        drafted = _draft_of(job)
        for fact, _ in drafted.facts:
            if self._store.has_fact(drafted.account, fact.fact_id):
                return DuplicateFact(drafted.account, fact.fact_id)
        return None

    def _give_up(self, jobs: list[_Job], error: JournalRefused | JournalBroken) -> None:
        """Nothing of `jobs` was written, or nothing may be assumed any more; `error` tells which."""
        outcome = error
        if not self._is_rolled_back():
            outcome = JournalBroken(f"appending: the transaction cannot be ended after: {error}")
        if isinstance(outcome, JournalBroken):
            self._broken = outcome
        self._answer_all(jobs, outcome)

    def _is_rolled_back(self) -> bool:
        """End the transaction, if the database has not ended it by itself."""
        try:
            self._store.roll_back()
        except (JournalRefused, JournalBroken, Lost):
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


def _draft_of(job: _Job) -> Draft:
    assert isinstance(job.task, Draft), "chores are not written"
    return job.task


def _untold(said: str) -> JournalBroken:
    return JournalBroken(f"{said}; it cannot be told whether this was written")
