"""I-41: the chain "broker, database, calculated, initial balance" ended in a constant that orders were approved on.

When a balance is not confirmed by the venue, or is older than allowed, then it can never approve an order that adds
risk; reductions pass; and there is no constant to fall back on.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import counterpoise.control.balance_book as balance_book_module
import counterpoise.ledger.balances as balances_module
from counterpoise.control import cycle
from counterpoise.control.balance_book import balance_of, standing_of
from counterpoise.control.gate_book import gate_book
from counterpoise.control.statements import refresh
from counterpoise.domain.accounts import STATEMENT_VENUE
from counterpoise.domain.balances import BalanceSource, UsableFor
from counterpoise.domain.decisions import Reason, Verdict
from counterpoise.domain.errors import VenueUnavailable
from counterpoise.domain.statements import VenueAccount
from counterpoise.ledger.balances import Reading, trust
from tests.control.making import (
    BOT,
    CORE,
    OWNER,
    START,
    TREND,
    D,
    Desk,
    Floor,
    candidate,
    enable,
    judge,
    open_account,
    rebalance,
    stating,
    targets,
)

OLD = (Reason.BALANCE_NOT_USABLE,)


def desk(age_max: int | None = None, venue: str = "scripted") -> Desk:
    opening = open_account("SPY", "TLT") if venue == "scripted" else open_account()
    terms = replace(opening.terms, balance_age_max_seconds=age_max, venue=venue)
    made = Desk(opening=replace(opening, terms=terms), confirmed=False)
    made.tell(enable())
    if venue == "scripted":
        made.observe(SPY="100", TLT="50")
        made.hold("SPY", "10", "100")
    return made


def confirmed(made: Desk, seconds_ago: float, venue: str = "scripted", *, agrees: bool = False) -> None:
    at = START - timedelta(seconds=seconds_ago)
    said = VenueAccount(venue=venue, currency="USD", cash=D(9000), as_of=at)
    made.tell(stating(said, agrees=agrees, cause=f"s/{seconds_ago}"))


def verdict(made: Desk, symbol: str, units: str, action: str = "BUY", cause: str = "judge/1") -> Verdict:
    answer = made.tell(judge(candidate(symbol, units, action), cause=cause))
    assert isinstance(answer.detail, tuple)
    (found,) = answer.detail
    assert isinstance(found, Verdict)
    return found


def test_what_no_venue_has_confirmed_adds_no_risk_and_lets_a_reduction_pass() -> None:
    made = desk()
    made.state.state.strategies.setdefault(TREND, made.state.state.strategies["unassigned"])
    assert verdict(made, "TLT", "1").reasons == OLD
    assert verdict(made, "SPY", "1", cause="judge/2").reasons[0] is Reason.BALANCE_NOT_USABLE
    assert verdict(made, "SPY", "1", "SELL", "judge/3").allowed


@pytest.mark.parametrize(
    ("seconds_ago", "age_max", "allowed"),
    ((60, None, True), (60.000001, None, False), (3600, None, False), (5, 5, True), (6, 5, False), (3600, 7200, True)),
)
def test_a_confirmation_counts_up_to_its_age(seconds_ago: float, age_max: int | None, *, allowed: bool) -> None:
    made = desk(age_max)
    confirmed(made, seconds_ago)
    found = verdict(made, "TLT", "1")
    assert (found.allowed, found.reasons) == (allowed, () if allowed else OLD)


def test_a_plan_that_only_adds_is_not_begun_on_an_old_balance() -> None:
    made = desk()
    made.tell(targets(TLT="1"))
    made.tell(rebalance())
    assert made.sends() == []
    confirmed(made, 0)
    made.tell(rebalance("slot/2"))
    assert [sent.intent.symbol for sent in made.sends()] == ["TLT"]


def test_somebody_else_s_statement_confirms_nothing() -> None:
    made = desk()
    confirmed(made, 0)
    made.state.state.statements["elsewhere"] = made.state.state.statements.pop("scripted")
    assert verdict(made, "TLT", "1").reasons == OLD
    nowhere = desk(venue=STATEMENT_VENUE)
    confirmed(nowhere, 0, STATEMENT_VENUE, agrees=True)
    assert not gate_book(nowhere.state, START).balance_usable


@given(seconds_ago=st.floats(-600, 600), agrees=st.booleans())
def test_the_gate_adds_risk_exactly_where_the_balance_may_trade(seconds_ago: float, *, agrees: bool) -> None:
    made = desk()
    at = START - timedelta(seconds=seconds_ago)
    said = VenueAccount(venue="scripted", currency="USD", cash=D(9000), as_of=min(at, START))
    made.tell(stating(said, agrees=agrees))
    usable = {balance_of(made.state, START, source).usable_for for source in ("broker", "ledger")}
    assert gate_book(made.state, START).balance_usable is (UsableFor.TRADE in usable)
    for derived in (BalanceSource.HISTORY, BalanceSource.OPENING):
        young = Reading(source=derived, cash=D(9000), as_of=START, reconciled_at=START)
        assert trust(young, standing_of(made.state), START)[1] is not UsableFor.TRADE


async def test_the_venue_is_asked_first_and_when_it_is_silent_nothing_is_added() -> None:
    async with Floor() as floor:
        floor.confirmed = False
        await floor.opened(SPY="100", TLT="50")
        floor.broker.on("account", VenueUnavailable("away"))
        first = await cycle.judge(floor.account, floor.broker, BOT, TREND, "1", START, (candidate("SPY", "1"),))
        assert isinstance(first.detail, tuple)
        assert first.detail[0].reasons == OLD
        second = await cycle.judge(floor.account, floor.broker, BOT, TREND, "2", START, (candidate("SPY", "1"),))
        assert isinstance(second.detail, tuple)
        assert second.detail[0].allowed
        assert (await floor.kinds()).count("StatementRead") == 1
        assert await refresh(floor.account, floor.broker, START)  # it is young: nobody is asked again
        assert (await floor.kinds()).count("StatementRead") == 1


async def test_a_rebalance_asks_the_venue_only_when_something_is_to_be_traded() -> None:
    async with Floor() as floor:
        floor.confirmed = False
        await floor.opened(SPY="100")
        await floor.ask(targets(SPY="0", CASH="1"))
        await cycle.rebalance(floor.account, floor.broker, OWNER, CORE, "1", START)
        assert "StatementRead" not in await floor.kinds()
        await floor.ask(targets(cause="t2", SPY="0.5", CASH="0.5"))
        await cycle.rebalance(floor.account, floor.broker, OWNER, CORE, "2", START)
        await floor.settle()
        assert (await floor.kinds()).count("StatementRead") == 1
        assert len(floor.broker.sent) == 1


@pytest.mark.parametrize("module", (balances_module, balance_book_module), ids=lambda module: module.__name__)
def test_there_is_no_constant_to_fall_back_on(module: object) -> None:
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))  # type: ignore[attr-defined]
    numbers = [
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Decimal"
        and isinstance(node.args[0], ast.Constant)
    ]
    assert numbers in ([], ["0.01"])  # the tolerance, and no amount of money
