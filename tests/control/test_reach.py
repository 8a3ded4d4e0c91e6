"""Is a fact that comes very late put in its place, live and after a restart?"""

import asyncio
from datetime import datetime, timedelta

import pytest

from counterpoise.control.account import Account
from counterpoise.control.activity import Activity
from counterpoise.control.commands import BookFills
from counterpoise.control.recovery import load
from counterpoise.control.state import ControlState
from counterpoise.control.verify import reach_of, verify
from counterpoise.domain.accounts import SYSTEM, AccountKind
from counterpoise.domain.facts import Deposit, FillBusted
from counterpoise.domain.orders import Side
from counterpoise.domain.statements import VenueFill
from counterpoise.ledger.checkpoints import InMemoryCheckpoints
from counterpoise.ledger.journal import InMemoryJournal
from tests.portfolio.making import D, Story


class Still:
    def __init__(self, story: Story) -> None:
        self.story = story

    def now(self) -> datetime:
        return self.story.now


def long_story() -> Story:
    made = Story(AccountKind.CASH, "BTC")
    made.tell(Deposit(amount=D(10_000), asset="USD"))
    made.fill("BUY", "BTC", "1", "100")
    for _ in range(300):
        made.later(hours=6)
        made.marks(BTC="100")
    return made


def late_fill(made: Story, days: int) -> VenueFill:
    return VenueFill(
        fill_id="late", sequence=0, client_order_id="", symbol="BTC", side=Side.BUY, quantity=D(1), price=D(90),
        fee=D(0), fee_asset="USD", cumulative=D(1), filled_at=made.at - timedelta(days=days),
    )  # fmt: skip


async def running(made: Story) -> tuple[Account, InMemoryJournal, asyncio.Task[None]]:
    journal = InMemoryJournal()
    await journal.append("main", 1, 1, made.facts)
    state = await load(journal, "main", journal.key, ())
    account = Account(state=state, journal=journal, clock=Still(made), activity=Activity(), start_effect=lambda _: None)
    return account, journal, asyncio.ensure_future(account.serve())


@pytest.mark.parametrize("days", (1, 8, 40, 74))
async def test_a_fill_that_is_days_late_is_booked_in_its_place(days: int) -> None:
    made = long_story()
    account, journal, serving = await running(made)
    fill = late_fill(made, days)
    command = BookFills(actor=SYSTEM, at=made.now, cause="late", venue="paper", fills=(fill,))
    await account.ask(command)
    lots = account.view.state.holdings["paper:BTC:1"].lots
    assert [lot.opened_at for lot in lots] == sorted(lot.opened_at for lot in lots)
    assert account.view.live_equity == account.view.book.valuation.equity == D(10_010)
    assert account.view.live is not account.view.book.valuation
    serving.cancel()

    again = await load(journal, "main", journal.key, ())
    assert again.book.digest() == account.view.book.digest()
    report = await verify(journal, InMemoryCheckpoints(), "main", journal.key, (), account.view.book.digest())
    assert (report.ok, report.problems) == (True, ())


async def test_others_of_the_same_batch_are_answered_and_nothing_is_done_twice() -> None:
    made = long_story()
    account, journal, serving = await running(made)
    before = (await journal.last("main")).sequence
    old = late_fill(made, 40)
    commands = [
        BookFills(actor=SYSTEM, at=made.now, cause=f"late/{number}", venue="paper", fills=(old,)) for number in range(3)
    ]
    answers = await asyncio.gather(*(account.ask(command) for command in commands))
    assert sorted(answer.outcome for answer in answers) == ["done", "duplicate", "duplicate"]
    assert (await journal.last("main")).sequence == before + 1
    serving.cancel()


async def test_a_bust_of_an_old_fill_reaches_as_far_as_the_fill() -> None:
    made = long_story()
    journal = InMemoryJournal()
    bust = made.fact(FillBusted(fill_id="x3", reason="erroneous"))
    await journal.append("main", 1, 1, [*made.facts, bust])
    assert await reach_of(journal, "main") < made.facts[3].occurred_at
    heard: list[int] = []
    state = await load(journal, "main", journal.key, (), on_folded=lambda _, fact: heard.append(fact.sequence))
    assert state.state.holdings == {}
    assert heard == list(range(1, len(made.facts) + 2))


async def test_a_journal_without_late_facts_is_folded_once() -> None:
    made = long_story()
    journal = InMemoryJournal()
    await journal.append("main", 1, 1, made.facts)
    state: ControlState = await load(journal, "main", journal.key, ())
    assert state.book.digest() == made.book.digest()
