"""I-38: a balance was checked, but of the wrong asset's account, and so an order passed that nothing paid for.

Given an account with plenty of one asset. When an order asks for an instrument that is paid in another, or names an
instrument of another account. Then it is denied: the asset that pays is derived from the instrument, and no request has
a field to say otherwise.
"""

from __future__ import annotations

from dataclasses import fields

import pytest

from counterpoise.control.affording import afford, size
from counterpoise.control.commands import Command, JudgeCandidates, Rebalance, RecordFill
from counterpoise.control.decision import Draft
from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.decisions import CandidateTrade, Reason, Verdict
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.facts import Deposit, FxRate
from counterpoise.domain.orders import Side
from tests.control.making import OWNER, START, D, Desk, candidate, enable, instrument, judge, open_account, targets
from tests.control.making import rebalance as asked_to_rebalance


def in_two_currencies(kind: AccountKind = AccountKind.CASH, euros: str = "0") -> Desk:
    """10,000 USD and a few EUR; SAP is paid in EUR, SPY in USD."""
    desk = Desk(opening=open_account("SPY", kind=kind, listed=(instrument("SAP", quote="EUR"),)))
    desk.tell(enable())
    draft = Draft(desk.state, Command(actor=OWNER, at=START, cause="setup"), START)
    facts = [draft.add(FxRate(asset="EUR", rate=D(2)))]
    if D(euros):
        facts.append(draft.add(Deposit(amount=D(euros), asset="EUR")))
    for fact in facts:
        desk.state.fold(fact)
        desk.facts.append(fact)
    desk.observe(SPY="100", SAP="50")
    return desk


def verdict(desk: Desk, symbol: str, units: str, cause: str = "judge/1") -> Verdict:
    answer = desk.tell(judge(candidate(symbol, units), cause=cause))
    assert isinstance(answer.detail, tuple)
    (found,) = answer.detail
    assert isinstance(found, Verdict)
    return found


def test_dollars_pay_for_nothing_that_is_paid_in_euros() -> None:
    desk = in_two_currencies()
    assert verdict(desk, "SAP", "1").reasons == (Reason.INSUFFICIENT_CASH,)
    assert verdict(desk, "SPY", "1", "judge/2").allowed


def test_the_euros_that_are_there_pay_to_the_last_and_once() -> None:
    desk = in_two_currencies(euros="100")
    assert not verdict(desk, "SAP", "2.01", "judge/1").allowed
    assert verdict(desk, "SAP", "2", "judge/2").allowed
    assert Reason.INSUFFICIENT_CASH in verdict(desk, "SAP", "0.01", "judge/3").reasons  # its room is held
    assert verdict(desk, "SPY", "90", "judge/4").allowed  # and takes nothing from the dollars


def test_a_rebalance_buys_nothing_with_another_asset_s_cash() -> None:
    desk = in_two_currencies()
    desk.tell(targets(SAP="0.5", SPY="0.5"))
    desk.tell(asked_to_rebalance())
    assert {sent.intent.symbol for sent in desk.sends()} == {"SPY"}


def test_sizing_and_affordability_look_where_the_money_would_be_taken() -> None:
    desk = in_two_currencies(euros="100")
    answer = afford(desk.state, START, "SAP", D(3), D(50))
    assert (answer.need, answer.available, answer.shortage) == (D(300), D(200), D(100))
    assert size(desk.state, START, D(1), D(1), D(50), "SAP").available_cash == D(200)


def test_an_instrument_of_another_account_is_refused_by_its_name() -> None:
    desk = in_two_currencies()
    found = verdict(desk, "QQQ", "1")
    assert not found.allowed
    entry = RecordFill(
        actor=OWNER, at=START, cause="f", fill_id="f", symbol="QQQ", side=Side.BUY, quantity=D(1), price=D(1)
    )
    with pytest.raises(InvalidInput, match="symbol: QQQ"):
        desk.tell(entry)
    with pytest.raises(InvalidInput, match="symbol: QQQ"):
        afford(desk.state, START, "QQQ", D(1), D(1))


@pytest.mark.parametrize("kind", (CandidateTrade, JudgeCandidates, Rebalance, RecordFill))
def test_no_request_says_which_account_pays(kind: type) -> None:
    names = {item.name for item in fields(kind)}
    assert not names & {"account", "funding", "funding_account", "cash", "currency", "asset", "balance"}
