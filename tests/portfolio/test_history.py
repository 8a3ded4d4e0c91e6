"""Does a story that is told again end in the book that was kept, and is every change between two cuts explained?"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.errors import InvalidFact, InvalidInput
from counterpoise.domain.facts import Deposit, FillBusted, InstrumentDefined, StrategyAllotted
from counterpoise.domain.numbers import ZERO, exact
from counterpoise.portfolio import proof as proving
from counterpoise.portfolio.history import History, before, until
from counterpoise.portfolio.proof import Cause, ProofBetween, add
from counterpoise.portfolio.state import AccountState
from tests.portfolio.making import START, D, Story, instrument, totals
from tests.portfolio.test_proof import ACTS, KINDS, Act, eventful, play
from tests.portfolio.test_timeline import PREFIX, day_of_fifty

MONEY = ("cash", "fx", "marks", "stated", "holdings", "strategies", "postings", "causes", "results", "trades")


def holds(proof: ProofBetween) -> None:
    """What every proof must say."""
    assert proof.account.residual == ZERO
    assert [one.residual for one in proof.strategies] == [ZERO] * len(proof.strategies)
    assert proof.unshared == ZERO
    assert sum((one.after - one.before for one in proof.strategies), ZERO) == proof.account.after - proof.account.before


@pytest.mark.parametrize("seed", range(12))
def test_a_story_told_again_ends_in_the_book_that_was_kept(seed: int) -> None:
    """Late facts, busts and corrections were put in their place one by one; here they stand there from the start."""
    made, chance = day_of_fifty(seed), Random(seed)
    heard = made.facts[PREFIX:]
    chance.shuffle(heard)
    history = History("main", [*made.facts[:PREFIX], *heard])
    history.take_to(lambda _: True)
    assert {name: getattr(history.state, name) for name in MONEY} == {
        name: getattr(made.book.state, name) for name in MONEY
    }
    assert totals(history.recorded) == totals(made.book.valuation)


def test_what_happens_at_the_instant_itself_has_happened() -> None:
    made = Story(AccountKind.CASH, "BTC")
    made.tell(Deposit(amount=D(1000), asset="USD"))
    bought = made.fill("BUY", "BTC", "1", "100", fee="1")
    at, tick = bought.occurred_at, timedelta(microseconds=1)
    proof = History("main", made.facts).prove(until(at - tick), until(at))
    holds(proof)
    assert (proof.account.before, proof.account.after) == (D(1000), D(999))
    assert dict(proof.account.causes)[Cause.FEE] == D(-1)
    assert History("main", made.facts, until=at - tick).prove(until(at - tick), until(at)).account.after == D(1000)


def test_days_are_cut_where_daily_summaries_are() -> None:
    made = Story(AccountKind.CASH, "BTC")
    made.tell(Deposit(amount=D(1000), asset="USD"))
    made.later(days=1)
    made.tell(Deposit(amount=D(1), asset="USD"))
    made.later(days=1)
    made.tell(Deposit(amount=D(2), asset="USD"))
    proof = History("main", made.facts).prove(before(date(2024, 1, 4)), before(date(2024, 1, 5)))
    assert (proof.account.before, proof.account.after) == (D(1000), D(1001))
    with pytest.raises(InvalidInput, match="not earlier"):
        History("main", made.facts).prove(until(made.at), before(date(2024, 1, 4)))


@pytest.mark.parametrize("kind", KINDS)
def test_cash_between_strategies_is_each_one_s_transfer_and_none_of_the_account(kind: AccountKind) -> None:
    made = eventful(kind)
    cut = made.now
    made.tell(StrategyAllotted(giver="trend", taker="mean", amount=D(7), asset="USD"))
    proof = History("main", made.facts).prove(until(cut - timedelta(microseconds=1)), until(made.now))
    holds(proof)
    moved = {one.strategy: dict(one.causes)[Cause.TRANSFER] for one in proof.strategies}
    assert (moved["trend"], moved["mean"]) == (D(-7), D(7))
    assert not any(amount for _, amount in proof.account.causes)


def test_a_cause_that_is_missed_is_the_residual(monkeypatch: pytest.MonkeyPatch) -> None:
    made = eventful(AccountKind.CASH)

    def add_no_dividend(state: AccountState, strategy: str, cause: Cause, amount: Decimal) -> None:
        add(state, strategy, cause, ZERO if cause is Cause.DIVIDEND else amount)

    monkeypatch.setattr(proving, "add", add_no_dividend)
    proof = History("main", made.facts).prove(until(START), until(made.now))
    assert proof.account.residual == D("3.45")
    assert {one.strategy: one.residual for one in proof.strategies if one.residual} == {"mean": D("3.45")}


def test_what_only_the_account_has_is_unshared(monkeypatch: pytest.MonkeyPatch) -> None:
    made = eventful(AccountKind.CASH)

    def add_to_the_account(state: AccountState, strategy: str, cause: Cause, amount: Decimal) -> None:
        add(state, strategy, cause, amount)
        if cause is Cause.DIVIDEND:
            state.strategies[strategy].causes.dividend -= amount
            state.strategies[strategy].causes.interest += amount

    monkeypatch.setattr(proving, "add", add_to_the_account)
    proof = History("main", made.facts).prove(until(START), until(made.now))
    assert proof.account.residual == ZERO
    assert proof.unshared == D("6.90")


@given(
    acts=st.lists(ACTS, max_size=14),
    kind=st.sampled_from(AccountKind),
    cuts=st.tuples(st.integers(0, 1500), st.integers(0, 1500)),
    busted=st.integers(0, 14),
)
def test_between_any_two_instants_every_change_is_explained(
    acts: list[Act], kind: AccountKind, cuts: tuple[int, int], busted: int
) -> None:
    with exact():
        made = Story(kind, "BTC")
        made.tell(InstrumentDefined(instrument=instrument("SAP", "EUR", "2")))
        for act in acts:
            play(made, act)
        fills = [fact for fact in made.facts if fact.kind == "Fill"]
        if fills and busted < len(fills):
            with suppress(InvalidFact):  # without it an adoption would be on the other side
                made.tell(FillBusted(fill_id=fills[busted].body.fill_id, reason="drawn"))
        first, last = (made.facts[0].occurred_at + timedelta(minutes=cut) for cut in sorted(cuts))
        whole = History("main", made.facts).prove(lambda _: False, lambda _: True)
        parts = [
            History("main", made.facts).prove(lambda _: False, until(first)),
            History("main", made.facts).prove(until(first), until(last)),
            History("main", made.facts).prove(until(last), lambda _: True),
        ]
        for proof in (whole, *parts):
            holds(proof)
        assert whole.account.after == made.equity
        for number, (_, amount) in enumerate(whole.account.causes):
            assert amount == sum((part.account.causes[number][1] for part in parts), ZERO)
