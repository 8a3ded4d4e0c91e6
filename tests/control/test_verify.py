"""Is everything found that is not what the facts make?"""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import pytest

from counterpoise.control.verify import VerifyReport, checkpoint_of, verify, zero_sum_problems
from counterpoise.domain.accounts import AccountId
from counterpoise.domain.errors import JournalRefused
from counterpoise.domain.numbers import ZERO
from counterpoise.ledger.checkpoints import Checkpoint, InMemoryCheckpoints
from counterpoise.ledger.journal import Anchor, Entry, InMemoryJournal
from counterpoise.portfolio import proof as proving
from counterpoise.portfolio.proof import Cause
from counterpoise.portfolio.state import AccountState
from tests.control.making import ACCOUNT, START, D, Desk, enable


async def recorded() -> tuple[Desk, InMemoryJournal, InMemoryCheckpoints]:
    """A short story with a holding, its journal and its kept state."""
    desk = Desk("SPY", confirmed=False)
    desk.observe(SPY="100")
    desk.tell(enable())
    desk.hold("SPY", "10", "99")
    journal = InMemoryJournal()
    await journal.append(ACCOUNT, 1, 1, desk.facts)
    checkpoints = InMemoryCheckpoints()
    await checkpoints.save(ACCOUNT, checkpoint_of(desk.state.book, desk.state.sequence, 1, "1"))
    return desk, journal, checkpoints


async def report(
    journal: InMemoryJournal, checkpoints: InMemoryCheckpoints, anchors: tuple[Anchor, ...] = (), live: str = ""
) -> VerifyReport:
    return await verify(journal, checkpoints, ACCOUNT, journal.key, anchors, live)


async def test_what_was_written_verifies_against_the_live_and_the_kept_state() -> None:
    desk, journal, checkpoints = await recorded()
    found = await report(journal, checkpoints, live=desk.state.book.digest())
    assert found.ok, found.problems
    assert (found.entries, found.first_bad, found.residual) == (len(desk.facts), None, ZERO)
    assert found.replay_digest == found.checked_digest == desk.state.book.digest()
    assert found.notes == ("tail after sequence 0 not anchored",)


async def test_without_a_live_state_the_kept_digest_is_the_one_that_was_checked() -> None:
    desk, journal, checkpoints = await recorded()
    assert (await report(journal, checkpoints)).checked_digest == desk.state.book.digest()
    assert (await report(journal, InMemoryCheckpoints())).checked_digest == ""


def flip_digest(kept: Checkpoint) -> Checkpoint:
    return replace(kept, digest=kept.digest[:-1] + ("0" if kept.digest[-1] != "0" else "1"))


def flip_bytes(kept: Checkpoint) -> Checkpoint:
    return replace(kept, state=kept.state.replace(b'"99', b'"98'))


@pytest.mark.parametrize(
    ("change", "problem"),
    (
        pytest.param(flip_digest, "the digest kept at entry 7 is not that of the facts", id="its digest"),
        pytest.param(flip_bytes, "the state kept at entry 7 is not what the facts make", id="a price in its bytes"),
        pytest.param(
            lambda kept: replace(kept, sequence=9),
            "a state was kept at entry 9, but the journal ends at 7",
            id="later than the journal",
        ),
        pytest.param(
            lambda kept: replace(kept, sequence=6),
            "the digest kept at entry 6 is not that of the facts",
            id="its place",
        ),
    ),
)
async def test_a_kept_state_that_was_changed_is_reported(
    change: Callable[[Checkpoint], Checkpoint], problem: str
) -> None:
    _, journal, checkpoints = await recorded()
    kept = await checkpoints.latest(ACCOUNT)
    assert kept is not None
    changed = change(kept)
    assert changed != kept
    await checkpoints.save(ACCOUNT, changed)
    found = await report(journal, checkpoints)
    assert not found.ok
    assert problem in found.problems


async def test_a_kept_state_of_another_shape_proves_nothing_and_is_no_fault() -> None:
    _, journal, checkpoints = await recorded()
    kept = await checkpoints.latest(ACCOUNT)
    assert kept is not None
    await checkpoints.save(ACCOUNT, flip_digest(replace(kept, state_version=kept.state_version + 1)))
    found = await report(journal, checkpoints)
    assert found.ok
    assert found.checked_digest == ""


def other_bytes(entries: list[Entry]) -> None:
    entries[6] = entries[6]._replace(raw=entries[6].raw.replace(b'"99"', b'"98"'))


def other_column(entries: list[Entry]) -> None:
    entries[6] = entries[6]._replace(kind="Deposit")


def missing(entries: list[Entry]) -> None:
    del entries[6]


def swapped(entries: list[Entry]) -> None:
    entries[5], entries[6] = entries[6], entries[5]


@pytest.mark.parametrize(
    ("tamper", "first_bad"),
    (
        pytest.param(other_bytes, 7, id="a price in the bytes"),
        pytest.param(other_column, 7, id="a column beside the bytes"),
        pytest.param(swapped, 6, id="the order"),
    ),
)
async def test_an_entry_that_was_tampered_with_is_named(tamper: Callable[[list[Entry]], None], first_bad: int) -> None:
    _, journal, _ = await recorded()
    before = list(journal._entries[ACCOUNT])
    tamper(journal._entries[ACCOUNT])
    assert journal._entries[ACCOUNT] != before
    found = await report(journal, InMemoryCheckpoints())
    assert (found.ok, found.first_bad) == (False, first_bad)
    assert found.problems[0].startswith(f"entry {first_bad}")


async def test_a_tail_that_was_cut_off_is_found_by_the_kept_state_and_by_an_anchor() -> None:
    _, journal, checkpoints = await recorded()
    last = await journal.last(ACCOUNT)
    missing(journal._entries[ACCOUNT])
    assert "the journal ends at 6" in (await report(journal, checkpoints)).problems[0]
    anchor = Anchor(account=ACCOUNT, sequence=last.sequence, seal=last.seal, at=START)
    found = await report(journal, InMemoryCheckpoints(), (anchor,))
    assert (found.ok, found.first_bad) == (False, 7)


async def test_a_live_state_that_the_bytes_do_not_make_is_reported() -> None:
    desk, journal, checkpoints = await recorded()
    desk.tell(enable("mean"))
    found = await report(journal, checkpoints, live=desk.state.book.digest())
    assert found.problems == ("the live state differs from what the journal's bytes make",)


async def test_equity_without_a_cause_is_reported_to_the_last_digit(monkeypatch: pytest.MonkeyPatch) -> None:
    _, journal, _ = await recorded()

    def forget(state: AccountState, strategy: str, cause: Cause, amount: Decimal) -> None:
        del state, strategy, cause, amount

    monkeypatch.setattr(proving, "add", forget)
    found = await report(journal, InMemoryCheckpoints())
    assert found.residual == D(10_000)
    assert "equity has 10000 that no cause explains" in found.problems


def test_postings_that_do_not_sum_to_zero_are_named_by_asset() -> None:
    state = Desk("SPY").state.state
    assert zero_sum_problems(state) == []
    state.postings["cash"]["USD"] += D("0.01")
    assert zero_sum_problems(state) == ["postings of USD sum to 0.01, not to zero"]


async def test_an_empty_journal_holds() -> None:
    found = await report(InMemoryJournal(), InMemoryCheckpoints())
    assert (found.ok, found.entries, found.residual) == (True, 0, ZERO)


@pytest.mark.parametrize("damaged", (False, True))
async def test_cycles_are_collected_again_after_a_replay_however_it_ended(*, damaged: bool) -> None:
    seen: list[bool] = []

    class Looking(InMemoryJournal):
        async def read(self, account: AccountId, from_sequence: int = 1) -> AsyncIterator[Entry]:
            seen.append(gc.isenabled())
            if damaged:
                raise JournalRefused("the disk is away")
            async for entry in super().read(account, from_sequence):
                yield entry

    journal = Looking()
    assert gc.isenabled()
    with suppress(JournalRefused):
        await verify(journal, InMemoryCheckpoints(), ACCOUNT, journal.key, ())
    assert (seen, gc.isenabled()) == ([False], True)
