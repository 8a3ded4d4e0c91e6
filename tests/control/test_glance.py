"""Does a reader see the same book from a kept state as from the whole journal?"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from counterpoise.control.glance import glance
from counterpoise.control.recovery import load
from counterpoise.control.verify import checkpoint_of
from counterpoise.domain.accounts import AccountId, AccountKind
from counterpoise.domain.errors import JournalCorrupt
from counterpoise.domain.facts import Deposit, FillBusted
from counterpoise.ledger.checkpoints import InMemoryCheckpoints
from counterpoise.ledger.journal import Entry, InMemoryJournal
from tests.portfolio.making import D, Story

CODE = "1.2.3"


class Counting(InMemoryJournal):
    """A journal that counts the entries that were read; `forge` changes one of them."""

    read_so_far = 0
    forge = 0

    async def read(self, account: AccountId, from_sequence: int = 1) -> AsyncIterator[Entry]:
        async for entry in super().read(account, from_sequence):
            self.read_so_far += 1
            yield entry._replace(raw=entry.raw.replace(b"USD", b"EUR")) if entry.sequence == self.forge else entry


async def kept(made: Story, at: int) -> tuple[Counting, InMemoryCheckpoints]:
    journal, checkpoints = Counting(), InMemoryCheckpoints()
    await journal.append("main", 1, 1, made.facts[:at])
    state = await load(journal, "main", journal.key, ())
    await checkpoints.save("main", checkpoint_of(state.book, state.sequence, 1, CODE))
    await journal.append("main", at + 1, 1, made.facts[at:])
    journal.read_so_far = 0
    return journal, checkpoints


def story() -> Story:
    made = Story(AccountKind.CASH, "BTC")
    made.tell(Deposit(amount=D(1000), asset="USD"))
    for number in range(60):
        made.later(hours=5)
        made.fill("BUY" if number % 3 else "SELL", "BTC", "1", str(90 + number), "0.1")
        made.marks(BTC=str(90 + number))
    return made


async def test_a_glance_reads_what_came_after_the_kept_state_and_sees_the_same_book() -> None:
    made = story()
    journal, checkpoints = await kept(made, 110)
    seen = await glance(journal, checkpoints, "main", (), CODE)
    assert journal.read_so_far == len(made.facts) - 110 + 1
    assert (seen.book.digest(), seen.sequence) == (made.book.digest(), len(made.facts))
    assert seen.live_equity == made.equity


@pytest.mark.parametrize("late", ("fill", "bust"))
async def test_what_came_late_is_folded_from_the_whole_journal(late: str) -> None:
    made = story()
    last_kept = next(fact for fact in made.facts[114::-1] if fact.kind == "Fill")
    made.later(days=1)
    if late == "bust":
        made.tell(FillBusted(fill_id=last_kept.body.fill_id, reason="erroneous"))
    else:
        made.at -= timedelta(days=6)
        made.fill("BUY", "BTC", "1", "80")
    journal, checkpoints = await kept(made, 115)
    seen = await glance(journal, checkpoints, "main", (), CODE)
    assert seen.book.digest() == made.book.digest()
    assert journal.read_so_far > len(made.facts)


@pytest.mark.parametrize("wrong", ("code", "version", "digest", "bytes", "sequence"))
async def test_a_kept_state_that_does_not_do_is_left_alone(wrong: str) -> None:
    made = story()
    journal, checkpoints = await kept(made, 110)
    found = await checkpoints.latest("main")
    assert found is not None
    other = {
        "code": replace(found, code_version="1.2.4"),
        "version": replace(found, state_version=found.state_version - 1),
        "digest": replace(found, digest=found.digest[:-1]),
        "bytes": replace(found, state=found.state[:-1]),
        "sequence": replace(found, sequence=10**6),
    }[wrong]
    await checkpoints.save("main", other)
    seen = await glance(journal, checkpoints, "main", (), CODE)
    assert seen.book.digest() == made.book.digest()


async def test_a_changed_entry_after_the_kept_state_is_found() -> None:
    made = story()
    made.tell(Deposit(amount=D(5), asset="USD"))
    journal, checkpoints = await kept(made, 110)
    journal.forge = len(made.facts)
    with pytest.raises(JournalCorrupt):
        await glance(journal, checkpoints, "main", (), CODE)
