"""Is every movement of cash booked once under its reference, and is what cannot be refused by field and value?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.control import recovery
from counterpoise.control.commands import ReceiveTransfer, RecordCashFlow, RecordFxRate, SendTransfer
from counterpoise.control.decide import decide
from counterpoise.control.decision import DUPLICATE
from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.numbers import ZERO
from counterpoise.domain.statements import CashEventKind
from counterpoise.portfolio.proof import proof
from tests.control.making import ACCOUNT, OWNER, START, D, Desk, Floor, candidate, enable, judge, open_account

KIND = CashEventKind
NOON = START + timedelta(hours=1)


def flow(amount: str, kind: CashEventKind | None = None, reference: str = "wire 1", **more: Any) -> RecordCashFlow:  # noqa: ANN401
    return RecordCashFlow(
        actor=OWNER, at=NOON, cause=f"cash/{reference}", amount=D(amount), reference=reference, kind=kind, **more
    )


def send(amount: str, reference: str = "t1", other: str = "savings", **more: Any) -> SendTransfer:  # noqa: ANN401
    cause = f"transfer/out/{reference}"
    return SendTransfer(
        actor=OWNER, at=NOON, cause=cause, amount=D(amount), other_account=other, reference=reference, **more
    )


def receive(amount: str, reference: str = "t1", other: str = "savings") -> ReceiveTransfer:
    cause = f"transfer/in/{reference}"
    return ReceiveTransfer(
        actor=OWNER, at=NOON, cause=cause, amount=D(amount), other_account=other, reference=reference
    )


def rate(asset: str, value: str, cause: str = "") -> RecordFxRate:
    return RecordFxRate(actor=OWNER, at=NOON, cause=cause or f"rate/{asset}", asset=asset, rate=D(value))


def proven(desk: Desk) -> Decimal:
    equity = desk.state.book.valuation.equity
    assert proof(desk.state.state, equity).residual == ZERO
    return equity


@pytest.mark.parametrize(
    ("command", "cash", "cause"),
    (
        (flow("50"), "10050", "transfer"),
        (flow("-50"), "9950", "transfer"),
        (flow("50", KIND.DEPOSIT), "10050", "transfer"),
        (flow("50", KIND.WITHDRAWAL), "9950", "transfer"),
        (flow("1.25", KIND.FEE), "9998.75", "fee"),
        (flow("-1.25", KIND.FEE), "10001.25", "fee"),
        (flow("3", KIND.INTEREST), "10003", "interest"),
        (flow("-3", KIND.INTEREST), "9997", "interest"),
        (flow("2", KIND.DIVIDEND, symbol="SPY"), "10002", "dividend"),
        (flow("-4", KIND.FUNDING, symbol="SPY"), "9996", "funding"),
        (flow("-4", KIND.FUNDING), "9996", "funding"),
        (send("70"), "9930", "transfer"),
        (receive("70"), "10070", "transfer"),
    ),
)
def test_each_kind_moves_cash_by_its_own_cause(command: Any, cash: str, cause: str) -> None:  # noqa: ANN401
    desk = Desk("SPY")
    before = getattr(desk.state.state.causes, cause)
    desk.tell(command)
    assert desk.state.state.cash == {"USD": D(cash)}
    assert getattr(desk.state.state.causes, cause) - before == D(cash) - 10_000
    assert proven(desk) == D(cash)
    facts, digest = len(desk.facts), desk.state.book.digest()
    assert desk.tell(replace(command, at=NOON + timedelta(seconds=1), amount=command.amount + D("0.00"))) is DUPLICATE
    assert (len(desk.facts), desk.state.book.digest()) == (facts, digest)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    (
        (flow("50"), flow("51"), "a new one for Deposit 51 USD; it stands for Deposit 50 USD"),
        (flow("50"), flow("-50"), "a new one for Withdrawal 50 USD; it stands for Deposit 50 USD"),
        (flow("5", KIND.FEE), flow("5", KIND.INTEREST), "a new one for Interest 5 USD; it stands for Fee 5 USD"),
        (
            flow("5", KIND.DIVIDEND, symbol="SPY"),
            flow("5", KIND.DIVIDEND, symbol="TLT"),
            "a new one for Dividend 5 USD of scripted:TLT:1; it stands for Dividend 5 USD of scripted:SPY:1",
        ),
        (send("5"), send("5", other="third"), "TransferSent 5 USD to third; it stands for TransferSent 5 USD to sav"),
    ),
)
def test_a_reference_stands_for_one_content_and_a_refusal_shows_both(first: Any, second: Any, said: str) -> None:  # noqa: ANN401
    desk = Desk("SPY", "TLT")
    desk.tell(first)
    with pytest.raises(InvalidInput) as refused:
        desk.tell(second)
    assert refused.value.field == "reference"
    assert said in str(refused.value)


async def test_what_a_reference_stands_for_is_known_after_a_restart() -> None:
    async with Floor() as floor:
        await floor.ask(open_account("SPY"))
        await floor.ask(replace(flow("50"), at=START))
    loaded = await recovery.load(floor.journal, ACCOUNT, floor.journal.key, ())
    assert loaded.said == floor.view.said
    async with Floor(floor) as again:
        assert await again.ask(replace(flow("50"), at=START)) is DUPLICATE
        with pytest.raises(InvalidInput, match="it stands for Deposit 50 USD"):
            await again.ask(replace(flow("49"), at=START))


BOMBS = ("NaN", "sNaN", "Infinity", "-Infinity", "0", "-0", "1e999999", "1e-19", "1000000000000000000")


@pytest.mark.parametrize("amount", BOMBS)
@pytest.mark.parametrize("make", (flow, send, receive), ids=("flow", "send", "receive"))
def test_what_is_no_amount_is_refused(make: Any, amount: str) -> None:  # noqa: ANN401
    desk = Desk("SPY")
    with pytest.raises(InvalidInput, match="amount: "):
        desk.tell(make(amount))
    assert desk.state.state.cash == {"USD": D(10_000)}


@pytest.mark.parametrize(
    ("command", "said"),
    (
        (flow("-5", KIND.DEPOSIT), "amount: -5 was refused: a number above zero"),
        (flow("-5", KIND.WITHDRAWAL), "amount: -5 was refused: a number above zero"),
        (send("-5"), "amount: -5 was refused"),
        (flow("5", KIND.DIVIDEND), "symbol:  was refused: the share that paid"),
        (flow("5", KIND.DIVIDEND, symbol="ZZZ"), "symbol: ZZZ was refused: a symbol of this account"),
        (flow("5", KIND.FEE, symbol="SPY"), "symbol: SPY was refused: none: a fee is of the whole account"),
        (flow("5", currency="XYZ"), "currency: XYZ was refused: one with a rate: USD; record what it is worth first"),
        (replace(flow("5"), at=NOON + timedelta(minutes=6)), "occurred_at: 2024-01-03T16:06:00.000000Z was refused"),
        (flow("10001", KIND.WITHDRAWAL), "amount: 10001 was refused: at most the 10000 USD that are free"),
        (send("10000.01"), "amount: 10000.01 was refused: at most the 10000 USD that are free"),
        (send("5", other="main"), "other_account: main was refused: another account than this one"),
        (send("5", other=" "), "other_account:   was refused"),
        (send("5", reference=" "), "reference:   was refused: the identity that both ends"),
        (rate("USD", "1.1"), "asset: USD was refused: another one"),
        (rate("euro", "1.1"), "asset: euro was refused: an asset code"),
        (rate("EUR", "0"), "rate: 0 was refused"),
        (rate("EUR", "NaN"), "rate: Decimal('NaN') was refused"),
        (rate("EUR", "-1"), "rate: -1 was refused"),
    ),
)
def test_what_cannot_be_is_refused_by_field_and_value(command: Any, said: str) -> None:  # noqa: ANN401
    desk = Desk("SPY")
    with pytest.raises(InvalidInput) as refused:
        decide(desk.state, command, NOON)
    assert str(refused.value).startswith(said)


def test_what_an_open_purchase_may_need_is_not_free_unless_the_venue_has_paid_it_out() -> None:
    desk = Desk("SPY")
    desk.observe(SPY="100")
    desk.tell(enable())
    desk.tell(judge(candidate("SPY", "60")))
    with pytest.raises(InvalidInput, match="at most the 4000 USD that are free"):
        desk.tell(flow("-4000.01"))
    desk.tell(flow("-4000"))
    desk.tell(flow("-500", reference="paid", moved=True))  # what a venue did is always booked
    assert desk.state.state.cash["USD"] == D(5500)


def test_a_margin_account_may_borrow() -> None:
    desk = Desk(opening=open_account("SPY", kind=AccountKind.MARGIN))
    desk.tell(flow("-10001"))
    assert desk.state.state.cash["USD"] == D(-1)


def test_a_currency_with_a_rate_can_be_paid_in_and_only_what_is_there_goes_out() -> None:
    desk = Desk("SPY")
    desk.tell(rate("EUR", "1.10"))
    assert desk.tell(rate("EUR", "1.1")) is DUPLICATE
    with pytest.raises(InvalidInput, match=r"a new one for FxRate EUR 1\.2; it stands for FxRate EUR 1\.1"):
        desk.tell(rate("EUR", "1.2"))
    desk.tell(flow("100", currency="EUR"))
    assert proven(desk) == D(10_110)
    with pytest.raises(InvalidInput, match="at most the 100 EUR that are free"):
        desk.tell(flow("-101", currency="EUR", reference="wire 2"))
    desk.tell(replace(rate("EUR", "1.2", cause="rate/later"), at=NOON + timedelta(seconds=1)))
    assert (proven(desk), desk.state.state.causes.fx) == (D(10_120), D(10))


def test_money_is_in_transit_until_the_other_account_has_it() -> None:
    sender, receiver = Desk("SPY"), Desk("SPY")
    sender.tell(send("400"))
    assert sender.state.state.postings["in_transit"] == {"USD": D(400)}
    receiver.tell(receive("400", other="trading"))
    both = [desk.state.state.postings["in_transit"]["USD"] for desk in (sender, receiver)]
    assert sum(both) == ZERO


def test_marks_that_came_after_a_late_flow_say_nothing_of_it() -> None:
    desk = Desk("SPY")
    desk.hold("SPY", "10", "100")
    desk.observe(NOON + timedelta(minutes=1), SPY="50")
    desk.tell(flow("5"))
    assert desk.state.state.marks["scripted:SPY:1"].price == D(100)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 50)), max_size=12))
def test_each_reference_counts_once_however_often_it_is_said(said: list[tuple[int, int]]) -> None:
    desk = Desk("SPY")
    first: dict[int, int] = {}
    for reference, amount in said:
        known = first.setdefault(reference, amount)
        if known == amount:
            desk.tell(flow(str(amount), reference=f"r{reference}"))
        else:
            with pytest.raises(InvalidInput, match="it stands for"):
                desk.tell(flow(str(amount), reference=f"r{reference}"))
    assert proven(desk) == 10_000 + sum(first.values())
