"""One writer per account: commands queue up, are decided one after the other, and are answered once durable."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from counterpoise.access.policies import admit
from counterpoise.control.activity import Activity
from counterpoise.control.commands import Command, ImportHistory
from counterpoise.control.decide import decide
from counterpoise.control.decision import DUPLICATE, Answer, Effect
from counterpoise.control.state import ControlState
from counterpoise.domain.errors import CounterpoiseError, InvalidInput
from counterpoise.domain.facts import Fact
from counterpoise.domain.instruments import check_text
from counterpoise.domain.time import Clock
from counterpoise.ledger.codec import decode
from counterpoise.ledger.journal import Journal
from counterpoise.portfolio.fold import Book
from counterpoise.portfolio.timeline import OutOfReach

BATCH_MAX = 256
QUEUE_MAX = 4_096
FOLLOW_UPS_MAX = 1_024
"""Bound on what one command may lead to before its append; reaching it is a fault of ours."""


class HalfFolded(CounterpoiseError):
    """Some facts of one decision were folded before one of them was refused: the state is no longer the journal's."""


class Account:
    """The actor of one account.

    It drains up to 256 commands, decides each on the state so far, appends all their facts at once, and
    only then answers and starts effects. When an append fails the actor ends: its state holds facts that
    are not durable, so it must be rebuilt from the journal.
    """

    def __init__(
        self,
        *,
        state: ControlState,
        journal: Journal,
        clock: Clock,
        activity: Activity,
        start_effect: Callable[[Effect], None],
        on_recorded: Callable[[Sequence[Fact]], None] = lambda _: None,
    ) -> None:
        self.view = state
        self._journal = journal
        self._clock = clock
        self._activity = activity
        self._start_effect = start_effect
        self._on_recorded = on_recorded
        self._queue: asyncio.Queue[tuple[Command, asyncio.Future[Answer]]] = asyncio.Queue(QUEUE_MAX)
        self._ended: CounterpoiseError | None = None

    async def ask(self, command: Command) -> Answer:
        """Give a command and wait until its facts are durable.

        Raises:
            PolicyRefused: the actor may not give it.
            InvalidInput: a text in it could not be recorded.
            CounterpoiseError: the command is wrong, or the journal could not take its facts.
        """
        admit(type(command).__name__, command.actor)
        for name in ("cause", "reference", "reason", "strategy"):
            if hasattr(command, name):
                check_text(getattr(command, name), name)
        if "\0" in command.cause:
            raise InvalidInput("cause", command.cause, "text without the character NUL")
        self._refuse_if_ended()
        with self._activity.working():
            answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
            await self._queue.put((command, answer))
            self._empty_if_ended()
            return await answer

    def _refuse_if_ended(self) -> None:
        if self._ended is not None:
            raise self._ended

    def _empty_if_ended(self) -> None:
        """Answer those who got into the queue while it was full and the actor ended: nobody else empties it."""
        if self._ended is not None:
            self._end(self._ended, [])

    async def serve(self) -> None:
        """Decide commands until cancelled or until an append fails.

        Raises:
            CounterpoiseError: what the append failed with; every waiting giver hears it too.
        """
        batch: list[tuple[Command, asyncio.Future[Answer]]] = []
        end = CounterpoiseError(f"the writer of account {self.view.account} has stopped")
        try:
            while True:
                batch = [await self._queue.get()]
                while len(batch) < BATCH_MAX and not self._queue.empty():
                    batch.append(self._queue.get_nowait())
                await self._carry_out(batch)
        except CounterpoiseError as error:
            end = error
            raise
        finally:
            self._end(end, batch)  # however it ends, nobody is left waiting

    async def _carry_out(self, batch: list[tuple[Command, asyncio.Future[Answer]]]) -> None:
        first = self.view.sequence + 1
        facts: list[Fact] = []
        effects: list[Effect] = []
        answers: list[tuple[asyncio.Future[Answer], Answer]] = []
        again: list[tuple[Command, asyncio.Future[Answer]]] = []
        reach: datetime | None = None
        for command, future in batch:
            try:
                answers.append((future, self._decide(command, facts, effects)))
            except HalfFolded:
                raise
            except OutOfReach as far:
                again.append((command, future))
                reach = far.at if reach is None else min(reach, far.at)
            except CounterpoiseError as refused:
                # decide() is pure and facts are folded only after it returned: a refusal left nothing behind.
                if not future.done():
                    future.set_exception(refused)
        if facts:
            await self._journal.append(self.view.account, first, self.view.epoch, facts)
        for future, answer in answers:
            if not future.done():
                future.set_result(answer)
        for effect in effects:
            self._start_effect(effect)
        if facts:
            self._on_recorded(facts)  # last: who looks on must not come before who trades
        if reach is not None:
            await self._reach_back(reach)
            await self._carry_out(again)
            self.view.book.timeline.floor = None

    async def _reach_back(self, floor: datetime) -> None:
        """Fold the journal anew with facts kept from `floor` on, for what is heard of later than the book reaches."""
        book = Book.open(self.view.account, floor)
        async for entry in self._journal.read(self.view.account):
            book.apply(decode(entry.raw))
        self.view.take(book)

    def _decide(self, command: Command, facts: list[Fact], effects: list[Effect]) -> Answer:
        """Decide a command and what follows from it; the last answer that says more than `done` wins."""
        answer: Answer | None = None
        pending = [command]
        for _ in range(FOLLOW_UPS_MAX):
            if not pending:
                break
            told = pending.pop(0)
            decision = decide(self.view, told, self._clock.now())
            for fact in decision.facts:
                self.view.book.require(fact)
            if any(fact.fact_id in self.view.recorded for fact in decision.facts):
                if answer is None:
                    return DUPLICATE  # the giver asks again: the act had its effect, and others have come between
                continue  # what would follow has followed already
            if isinstance(told, ImportHistory) and len(decision.facts) > 1:
                self._fold_history(decision.facts)
            else:
                self._fold(decision.facts)
            facts.extend(decision.facts)
            effects.extend(decision.effects)
            pending = [*decision.then, *pending]
            if answer is None or decision.answer.detail is not None:
                answer = decision.answer
        else:
            raise CounterpoiseError(f"{type(command).__name__} led to more than {FOLLOW_UPS_MAX} follow-ups")
        assert answer is not None, "every decision answers"
        return answer

    def _fold(self, facts: tuple[Fact, ...]) -> None:
        """Fold the facts of one decision; folding a fact is atomic, so a refused first one is a refused command.

        Raises:
            HalfFolded: a later fact was refused, so the actor must end like after a failed append.
        """
        for number, fact in enumerate(facts):
            try:
                self.view.fold(fact)
            except CounterpoiseError as error:
                if not number:
                    raise
                raise HalfFolded(f"fact {number + 1} of {len(facts)}, {fact.kind}: {error}") from error

    def _fold_history(self, facts: tuple[Fact, ...]) -> None:
        """Fold the facts of an import, of which many may be late; who asks has tried them on a copy of the book.

        Raises:
            HalfFolded: one was refused all the same.
        """
        try:
            with self.view.book.gathering():
                for fact in facts:
                    self.view.fold(fact)
        except CounterpoiseError as error:
            raise HalfFolded(f"one of {len(facts)} facts: {error}") from error

    def _end(self, error: CounterpoiseError, batch: list[tuple[Command, asyncio.Future[Answer]]]) -> None:
        self._ended = error
        while not self._queue.empty():
            batch.append(self._queue.get_nowait())
        for _, future in batch:
            if not future.done():
                future.set_exception(error)
