"""Is there one writer that answers only what is durable, and does everybody hear when it ends?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from counterpoise.control import account as account_module
from counterpoise.control.account import BATCH_MAX, QUEUE_MAX, Account, HalfFolded
from counterpoise.control.activity import Activity
from counterpoise.control.commands import Command, Rebalance
from counterpoise.control.decision import Answer, Effect, SendOrder
from counterpoise.domain.accounts import Actor, Scope
from counterpoise.domain.decisions import TradingState
from counterpoise.domain.errors import CounterpoiseError, InvalidInput, JournalRefused, PolicyRefused
from counterpoise.domain.facts import Fact
from counterpoise.ledger.journal import InMemoryJournal
from tests.control.making import (
    ACCOUNT,
    BOT,
    OWNER,
    START,
    Desk,
    Floor,
    Now,
    book,
    candidate,
    change_state,
    confirm,
    empty_state,
    enable,
    judge,
    open_account,
    venue_fill,
)


def actor_of(journal: InMemoryJournal, started: list[Effect]) -> Account:
    return Account(state=empty_state(), journal=journal, clock=Now(), activity=Activity(), start_effect=started.append)


async def ask_all(account: Account, orders: Sequence[Command]) -> list[Answer | BaseException]:
    """Put every command into the queue before the actor begins, so that they are one batch where they fit."""
    asks = [asyncio.ensure_future(account.ask(command)) for command in orders]
    await asyncio.sleep(0)
    serving = asyncio.ensure_future(account.serve())
    answers = await asyncio.wait_for(asyncio.gather(*asks, return_exceptions=True), 5)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    return answers


def counting(counts: list[int]) -> Callable[[str, Sequence[Fact]], None]:
    def note(_account: str, facts: Sequence[Fact]) -> None:
        counts.append(len(facts))

    return note


@pytest.mark.parametrize(
    ("commands_given", "appends"),
    (
        pytest.param(1, [1], id="one"),
        pytest.param(BATCH_MAX, [BATCH_MAX], id="a whole batch"),
        pytest.param(BATCH_MAX + 1, [BATCH_MAX, 1], id="one more than a batch"),
        pytest.param(2 * BATCH_MAX + 44, [BATCH_MAX, BATCH_MAX, 44], id="two batches and a rest"),
    ),
)
async def test_up_to_256_commands_are_one_append(commands_given: int, appends: list[int]) -> None:
    counts: list[int] = []
    journal = InMemoryJournal()
    account = actor_of(journal, [])
    await ask_all(account, [open_account("SPY")])
    journal.after_append = counting(counts)
    account = Account(
        state=account.view, journal=journal, clock=Now(), activity=Activity(), start_effect=lambda _: None
    )
    answers = await ask_all(account, [enable(f"s{number}") for number in range(commands_given)])
    assert [getattr(answer, "outcome", answer) for answer in answers] == ["done"] * commands_given
    assert counts == appends


async def test_an_answer_comes_only_after_the_facts_are_durable() -> None:
    async with Floor() as floor:
        durable: list[str] = []
        floor.journal.after_append = lambda _, facts: durable.extend(fact.kind for fact in facts)
        await floor.ask(open_account("SPY"))
        assert durable[:2] == ["AccountOpened", "WriterClaimed"]


async def test_a_refused_command_in_a_batch_leaves_no_trace_and_the_others_go_on() -> None:
    journal = InMemoryJournal()
    account = actor_of(journal, [])
    answers = await ask_all(
        account,
        [open_account("SPY"), enable("one"), judge(candidate("SPY", "1"), strategy="nobody"), enable("two")],
    )
    assert [type(answer).__name__ for answer in answers] == ["Answer", "Answer", "InvalidInput", "Answer"]
    kinds = [(entry.kind, entry.sequence) async for entry in journal.read(ACCOUNT)]
    assert [kind for kind, _ in kinds[-2:]] == ["StrategySet", "StrategySet"]
    assert [sequence for _, sequence in kinds] == list(range(1, len(kinds) + 1))
    assert account.view.sequence == len(kinds)
    assert "nobody" not in account.view.state.strategies


async def test_a_fact_that_the_book_refuses_refuses_its_command_alone() -> None:
    journal = InMemoryJournal()
    account = actor_of(journal, [])
    bad = book(venue_fill("SPY", "BUY", "1", "-5", number=3))
    answers = await ask_all(account, [open_account("SPY"), bad, enable("two")])
    assert [type(answer).__name__ for answer in answers] == ["Answer", "InvalidFact", "Answer"]
    assert account.view.sequence == (await journal.last(ACCOUNT)).sequence


async def test_a_decision_whose_second_fact_is_refused_ends_the_actor_with_nothing_written() -> None:
    """Its first fact is in the state already, so the state is no longer what the journal makes."""
    journal = InMemoryJournal()
    account = actor_of(journal, [])
    await ask_all(account, [open_account("SPY")])
    before = (await journal.last(ACCOUNT)).sequence
    account = Account(
        state=account.view, journal=journal, clock=Now(), activity=Activity(), start_effect=lambda _: None
    )
    torn = book(venue_fill("SPY", "BUY", "1", "100", number=2), venue_fill("SPY", "BUY", "1", "-5", number=3))
    answers = await ask_all(account, [enable("one"), torn, enable("two")])
    assert [type(answer) for answer in answers] == [HalfFolded] * 3
    assert (await journal.last(ACCOUNT)).sequence == before
    with pytest.raises(HalfFolded, match="fact 2 of 2, Fill"):
        await account.ask(enable("three"))


async def test_a_failed_append_ends_the_actor_and_every_waiting_caller_hears_it() -> None:
    journal = InMemoryJournal()
    started: list[Effect] = []
    account = actor_of(journal, started)

    def full(_account: str, _facts: Sequence[Fact]) -> None:
        raise JournalRefused("no space left")

    journal.before_append = full
    given = [open_account("SPY"), *(enable(f"s{number}") for number in range(BATCH_MAX + 40))]
    answers = await ask_all(account, given)
    assert [str(answer) for answer in answers] == ["no space left"] * len(given)
    with pytest.raises(JournalRefused, match="no space left"):
        await account.ask(enable("late"))
    assert started == []
    assert await journal.accounts() == ()


async def test_the_task_of_an_actor_that_ended_reports_why() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")

        def full(_account: str, _facts: Sequence[Fact]) -> None:
            raise JournalRefused("no space left")

        floor.journal.before_append = full
        with pytest.raises(JournalRefused):
            await floor.ask(enable("mean"))
        await asyncio.sleep(0)
        with pytest.raises(JournalRefused, match="no space left"):
            floor.supervisor.raise_failure()


async def test_an_actor_that_dies_of_a_fault_of_ours_answers_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(account_module, "decide", broken)
    answers = await ask_all(actor_of(InMemoryJournal(), []), [open_account("SPY"), enable("one")])
    assert [type(answer) for answer in answers] == [CounterpoiseError] * 2
    assert "has stopped" in str(answers[0])


async def test_who_waits_for_a_place_in_the_queue_hears_the_end_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_module, "QUEUE_MAX", 4)
    assert QUEUE_MAX == 4_096
    journal = InMemoryJournal()

    def full(_account: str, _facts: Sequence[Fact]) -> None:
        raise JournalRefused("no space left")

    journal.before_append = full
    given = [open_account("SPY"), *(enable(f"s{number}") for number in range(20))]
    answers = await ask_all(actor_of(journal, []), given)
    assert [type(answer) for answer in answers] == [JournalRefused] * len(given)


async def test_who_lacks_the_scope_is_refused_before_the_queue() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        reader = Actor(name="reader", scope=Scope.READ)
        command = Rebalance(actor=reader, at=START, cause="slot", strategy="core", market_open=True)
        with pytest.raises(PolicyRefused, match="reader has scope read; Rebalance needs trade"):
            await floor.ask(command)
        with pytest.raises(PolicyRefused, match="trend has scope propose"):
            await floor.ask(Rebalance(actor=BOT, at=START, cause="slot", strategy="core", market_open=True))


async def test_effects_start_in_the_order_of_their_commands_after_the_append() -> None:
    desk = Desk("SPY", "TLT")
    desk.observe(SPY="100", TLT="50")
    desk.tell(enable())
    started: list[Effect] = []
    sequence = desk.state.sequence
    journal = InMemoryJournal()
    await journal.append(ACCOUNT, 1, 1, desk.facts)
    seen: list[int] = []

    def start(effect: Effect) -> None:
        started.append(effect)
        seen.append(len(journal._entries[ACCOUNT]))

    account = Account(state=desk.state, journal=journal, clock=Now(), activity=Activity(), start_effect=start)
    confirm(desk.state, START)
    await ask_all(account, [judge(candidate("SPY", "1"), candidate("TLT", "1"))])
    symbols = [effect.approved.intent.symbol for effect in started if isinstance(effect, SendOrder)]
    assert symbols == ["SPY", "TLT"]
    assert seen == [account.view.sequence] * 2
    assert account.view.sequence > sequence


async def test_follow_ups_without_end_are_a_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        monkeypatch.setattr(account_module, "FOLLOW_UPS_MAX", 1)
        with pytest.raises(CounterpoiseError, match="led to more than 1 follow-ups"):
            await floor.ask(judge(candidate("SPY", "1")))


async def test_a_caller_that_gave_up_disturbs_nobody() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        gone = asyncio.ensure_future(floor.ask(change_state(TradingState.HALTED)))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        answer = await floor.ask(enable("mean"))
        assert answer.outcome == "done"
        assert floor.view.state.trading_state is TradingState.HALTED


async def test_the_answer_with_the_most_detail_is_given() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        answer = await floor.ask(judge(candidate("SPY", "1")))
        assert answer.outcome == "judged"
        assert answer.detail is not None
        with pytest.raises(InvalidInput, match="an enabled strategy"):
            await floor.ask(judge(candidate("SPY", "1"), strategy="nobody"))
        assert OWNER.fresh
