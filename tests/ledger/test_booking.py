"""Does every fact become postings that sum to zero?"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.accounts import UNASSIGNED, AccountKind, StrategyShare
from counterpoise.domain.decisions import RiskMode
from counterpoise.domain.errors import InvalidFact
from counterpoise.domain.facts import (
    Adjustment,
    Body,
    Deposit,
    Dividend,
    Fact,
    Fee,
    Fill,
    Funding,
    Interest,
    ModeChanged,
    OpeningBalance,
    OpeningPosition,
    Withdrawal,
)
from counterpoise.domain.instruments import Instrument
from counterpoise.domain.numbers import ZERO, exact
from counterpoise.domain.orders import Side
from counterpoise.ledger.booking import postings, pro_rata, unbalanced

D = Decimal
AT = datetime(2024, 1, 3, tzinfo=UTC)
BTC = Instrument(instrument_id="paper:BTC:1", symbol="BTC", venue="paper", quote="USD", multiplier=D(10))


def fact(body: Body, shares: dict[str, str] | None = None) -> Fact:
    return Fact(
        account="main",
        sequence=1,
        epoch=1,
        fact_id="f",
        kind=type(body).__name__,
        schema=1,
        occurred_at=AT,
        recorded_at=AT,
        source="test",
        actor="system",
        correlation_id="c",
        causation_id="",
        instrument=BTC.instrument_id,
        strategy_shares=tuple(StrategyShare(strategy=s, amount=D(a)) for s, a in (shares or {}).items()),
        body=body,
    )


def fill(side: Side = Side.BUY, quantity: str = "2", price: str = "100", fee: str = "0.2", asset: str = "USD") -> Fill:
    return Fill(
        fill_id="x", client_order_id="", side=side, quantity=D(quantity), price=D(price), fee=D(fee), fee_asset=asset
    )


def sums(body: Body, kind: AccountKind, shares: dict[str, str] | None = None, realised: str = "0") -> dict[str, str]:
    found: dict[str, Decimal] = {}
    for entry in postings(fact(body, shares), kind, BTC, D(realised)):
        key = f"{entry.ledger_account} {entry.asset}"
        found[key] = found.get(key, ZERO) + entry.amount
    return {key: format(amount, "f") for key, amount in found.items()}


@pytest.mark.parametrize(
    ("body", "kind", "realised", "expected"),
    (
        pytest.param(
            fill(),
            AccountKind.CASH,
            "0",
            {
                "position:paper:BTC:1 paper:BTC:1": "2",
                "exchange:paper:BTC:1 paper:BTC:1": "-2",
                "cash USD": "-2000.2",
                "exchange:paper:BTC:1 USD": "2000",
                "fees USD": "0.2",
            },
            id="a buy pays quantity x price x multiplier and its fee",
        ),
        pytest.param(
            fill(Side.SELL, fee="-0.5", asset="BNB"),
            AccountKind.MARGIN,
            "0",
            {
                "position:paper:BTC:1 paper:BTC:1": "-2",
                "exchange:paper:BTC:1 paper:BTC:1": "2",
                "cash USD": "2000",
                "exchange:paper:BTC:1 USD": "-2000",
                "cash BNB": "0.5",
                "fees BNB": "-0.5",
            },
            id="a rebate in a third asset comes in",
        ),
        pytest.param(
            fill(Side.SELL),
            AccountKind.FUTURES,
            "-30",
            {
                "position:paper:BTC:1 paper:BTC:1": "-2",
                "exchange:paper:BTC:1 paper:BTC:1": "2",
                "cash USD": "-30.2",
                "realised USD": "30",
                "fees USD": "0.2",
            },
            id="in a FUTURES account only profit and fee move cash",
        ),
        pytest.param(
            OpeningPosition(quantity=D(-3), unit_price=D(9)),
            AccountKind.MARGIN,
            "0",
            {"position:paper:BTC:1 paper:BTC:1": "-3", "external paper:BTC:1": "3"},
            id="an adopted position comes from outside",
        ),
        pytest.param(
            OpeningBalance(amount=D(0), asset="USD"),
            AccountKind.CASH,
            "0",
            {},
            id="an opening balance of zero moves nothing",
        ),
        pytest.param(
            Deposit(amount=D(5), asset="USD"),
            AccountKind.CASH,
            "0",
            {"cash USD": "5", "external USD": "-5"},
            id="deposit",
        ),
        pytest.param(
            Withdrawal(amount=D(5), asset="USD"),
            AccountKind.CASH,
            "0",
            {"cash USD": "-5", "external USD": "5"},
            id="withdrawal",
        ),
        pytest.param(
            Fee(amount=D(5), asset="USD"), AccountKind.CASH, "0", {"cash USD": "-5", "fees USD": "5"}, id="fee is paid"
        ),
        pytest.param(
            Funding(amount=D(5), asset="USD"),
            AccountKind.FUTURES,
            "0",
            {"cash USD": "5", "funding USD": "-5"},
            id="funding received",
        ),
        pytest.param(
            Interest(amount=D(-5), asset="USD"),
            AccountKind.MARGIN,
            "0",
            {"cash USD": "-5", "interest USD": "5"},
            id="interest paid",
        ),
        pytest.param(
            Dividend(amount=D(5), asset="USD"),
            AccountKind.CASH,
            "0",
            {"cash USD": "5", "dividends USD": "-5"},
            id="dividend",
        ),
        pytest.param(
            Adjustment(amount=D(-5), asset="USD", reason="the venue is right"),
            AccountKind.CASH,
            "0",
            {"cash USD": "-5", "correction USD": "5"},
            id="a correction is of its own kind",
        ),
        pytest.param(
            ModeChanged(mode=RiskMode.SAFE, reasons=()), AccountKind.CASH, "0", {}, id="a decision moves nothing"
        ),
    ),
)
def test_each_kind_books_to_its_accounts(
    body: Body, kind: AccountKind, realised: str, expected: dict[str, str]
) -> None:
    entries = postings(fact(body), kind, BTC, D(realised))

    assert sums(body, kind, realised=realised) == expected
    assert unbalanced(entries) == {}
    assert {entry.strategy for entry in entries} <= {UNASSIGNED}


def test_each_posting_carries_its_strategy_and_fees_follow_the_shares() -> None:
    entries = postings(fact(fill(quantity="3", fee="1"), {"trend": "2", "mean": "1"}), AccountKind.CASH, BTC)
    cash = [(e.strategy, e.amount) for e in entries if e.ledger_account == "cash"]
    fees = {e.strategy: e.amount for e in entries if e.ledger_account == "fees"}

    assert cash[:2] == [("trend", D(-2000)), ("mean", D(-1000))]
    assert fees == {"trend": D("0.666666666666666667"), "mean": D("0.333333333333333333")}


@pytest.mark.parametrize(
    ("body", "shares"),
    (
        pytest.param(fill(), {"trend": "1"}, id="less than the whole"),
        pytest.param(fill(), {"trend": "3", "mean": "-1"}, id="a share of the other sign"),
        pytest.param(Deposit(amount=D(5), asset="USD"), {"trend": "5.01"}, id="more than the whole"),
    ),
)
def test_shares_that_are_not_parts_of_the_whole_are_refused(body: Body, shares: dict[str, str]) -> None:
    with pytest.raises(InvalidFact, match="strategy_shares"):
        postings(fact(body, shares), AccountKind.CASH, BTC)


@pytest.mark.parametrize("body", (fill(), OpeningPosition(quantity=D(1), unit_price=D(1))), ids=["fill", "adoption"])
def test_units_of_no_instrument_are_refused(body: Body) -> None:
    with pytest.raises(InvalidFact, match="instrument"):
        postings(fact(body), AccountKind.CASH)


def test_an_unbalanced_entry_is_found() -> None:
    entries = postings(fact(fill()), AccountKind.CASH, BTC)

    assert unbalanced(entries[:-1]) == {"USD": D("-0.2")}


AMOUNTS = st.decimals("0.000000000000000001", "1000000", places=18)


@given(
    parts=st.lists(AMOUNTS, min_size=1, max_size=4),
    price=AMOUNTS,
    fee=st.decimals("-100", "100", places=18),
    side=st.sampled_from(Side),
    kind=st.sampled_from(AccountKind),
    realised=st.decimals("-1000", "1000", places=18),
)
def test_every_fill_balances_exactly(
    parts: list[Decimal], price: Decimal, fee: Decimal, side: Side, kind: AccountKind, realised: Decimal
) -> None:
    with exact():
        shares = {f"s{index}": str(part) for index, part in enumerate(parts)}
        body = fill(side, str(sum(parts, ZERO)), str(price), str(fee), "BNB")
        entries = postings(fact(body, shares), kind, BTC, realised)
        assert entries
        assert unbalanced(entries) == {}
        assert sum((e.amount for e in entries if e.ledger_account == "fees"), ZERO) == fee


@given(amount=st.decimals("-1000", "1000", places=20), parts=st.lists(AMOUNTS, min_size=1, max_size=5))
def test_pro_rata_parts_sum_to_the_amount(amount: Decimal, parts: list[Decimal]) -> None:
    with exact():
        shares = tuple(StrategyShare(strategy=f"s{i}", amount=part) for i, part in enumerate(parts))
        assert sum((share.amount for share in pro_rata(amount, shares)), ZERO) == amount
