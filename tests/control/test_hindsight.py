"""What was known when, and is a spoiled journal refused before anything is told of it?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from counterpoise.control import readmodels
from counterpoise.control.hindsight import known_by, known_facts, trail, view_of
from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.decisions import RiskMode, StateCause, TradingState
from counterpoise.domain.errors import InvalidInput, JournalCorrupt
from counterpoise.domain.facts import Deposit, Fact, FillBusted, ModeChanged, TradingStateChanged
from counterpoise.ledger.journal import InMemoryJournal
from counterpoise.ledger.trail import Change, Wanted
from tests.portfolio.making import START, D, Story
from tests.portfolio.test_timeline import PREFIX, day_of_fifty

HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)


def with_a_late_fill() -> tuple[Story, Fact]:
    """A sale at 10:00 that is heard of at once, and its purchase at 9:30 that is heard of at 12:00."""
    story = Story(AccountKind.CASH, "BTC")
    story.tell(Deposit(amount=D(1000), asset="USD"))
    story.later(hours=1)
    story.fill("SELL", "BTC", "1", "110")
    story.at = START + HOUR / 2
    story.fill("BUY", "BTC", "1", "100")
    story.facts[-1] = replace(story.facts[-1], recorded_at=START + 3 * HOUR)
    return story, story.facts[-1]


def test_what_we_knew_then_about_a_moment_is_not_what_we_know_now() -> None:
    story, bought = with_a_late_fill()
    about = START + 2 * HOUR
    now = view_of("main", story.facts, about)
    then = view_of("main", known_by(story.facts, about), about)
    earlier = view_of("main", story.facts, bought.occurred_at - TICK)
    assert (now.state.cash["USD"], now.state.results.realised_total) == (D(1010), D(10))
    assert (then.state.cash["USD"], then.state.results.realised_total) == (D(1110), D(110))
    assert (earlier.state.cash["USD"], earlier.state.holdings) == (D(1000), {})
    assert now.sequence == bought.sequence > then.sequence > earlier.sequence
    seen = readmodels.overview(then, about)
    assert (seen.snapshot.timestamp, seen.snapshot.cash_balance, seen.proof.residual) == (about, D(1110), D(0))


def test_a_bust_of_today_changes_what_we_know_of_yesterday() -> None:
    story, bought = with_a_late_fill()
    about = START + 2 * HOUR
    story.later(days=1)
    story.tell(FillBusted(fill_id=bought.body.fill_id, reason="erroneous"), "BTC")
    assert view_of("main", story.facts, about).state.cash["USD"] == D(1110)
    assert view_of("main", story.facts[:-1], about).state.cash["USD"] == D(1010)


def test_what_was_known_is_of_the_sequence_and_not_of_a_clock_that_was_put_back() -> None:
    story, _ = with_a_late_fill()
    story.at = START + HOUR
    back = story.tell(Deposit(amount=D(1), asset="USD"))  # recorded at 10:00 by a clock that had shown 12:00
    assert list(known_by(story.facts, back.recorded_at)) == story.facts
    assert len(known_by(story.facts, back.recorded_at - TICK)) == len(story.facts) - 2
    with pytest.raises(InvalidInput, match="when the first fact was recorded"):
        known_by(story.facts, START - HOUR)


def test_mode_and_trading_state_are_those_of_the_moment() -> None:
    story = Story(AccountKind.CASH, "BTC")
    story.tell(ModeChanged(mode=RiskMode.SAFE, reasons=("MANUAL",)))
    story.later(hours=1)
    story.tell(ModeChanged(mode=RiskMode.AGGRESSIVE, reasons=("CALM",)))
    story.tell(TradingStateChanged(state=TradingState.HALTED, cause=StateCause.PERSON, reason="lunch"))
    then, now = (view_of("main", story.facts, at).state for at in (START + HOUR / 2, None))
    assert (then.mode, then.trading_state) == (RiskMode.SAFE, TradingState.ACTIVE)
    assert (now.mode, now.trading_state) == (RiskMode.AGGRESSIVE, TradingState.HALTED)


@pytest.mark.parametrize("seed", range(4))
def test_the_view_of_now_is_the_book_that_was_kept(seed: int) -> None:
    made = day_of_fifty(seed)
    view = view_of("main", made.facts, None)
    assert view.live.equity == made.equity
    assert view.state.drawdown == made.book.state.drawdown
    assert view.state.today == made.book.state.today
    assert view.state.results == made.book.state.results


async def test_a_journal_is_read_whole_and_a_spoiled_one_not_at_all() -> None:
    story, _ = with_a_late_fill()
    journal = InMemoryJournal()
    await journal.append("main", 1, 1, story.facts)
    assert await known_facts(journal, "main", ()) == tuple(story.facts)
    entries = journal._entries["main"]
    entries[2] = entries[2]._replace(raw=entries[2].raw.replace(b"1000", b"9000"))
    with pytest.raises(JournalCorrupt, match="entry 3"):
        await known_facts(journal, "main", ())


def test_an_act_tells_what_it_moved_as_it_was_known() -> None:
    story, bought = with_a_late_fill()
    story.later(days=1)
    story.tell(FillBusted(fill_id=bought.body.fill_id, reason="erroneous"), "BTC")
    _, sale, purchase, bust = trail("main", story.facts, Wanted())[-4:]
    assert Change("cash USD", "1000", "1110") in sale.changes
    assert Change("cash USD", "1110", "1010") in purchase.changes
    assert Change("realised", "110", "10") in purchase.changes
    assert Change("cash USD", "1010", "1110") in bust.changes
    assert Change("realised", "10", "110") in bust.changes


def test_only_wanted_acts_are_told_but_all_count() -> None:
    story, _ = with_a_late_fill()
    (deposit,) = trail("main", story.facts, Wanted(kind="Deposit"))
    assert deposit.changes == (Change("cash USD", "0", "1000"), Change("equity", "0", "1000"))
    assert len(trail("main", story.facts, Wanted(symbol="BTC"))) == 3


def test_a_story_heard_late_is_told_to_its_end() -> None:
    made = day_of_fifty(3)
    entries = trail("main", made.facts, Wanted())
    assert [entry.sequence for entry in entries] == [fact.sequence for fact in made.facts]
    assert len(entries) > PREFIX
