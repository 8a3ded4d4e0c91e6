"""I-37: what was borrowed counted as own, so that each trade raised what could be borrowed next.

Property: no sequence of trades that the account lets pass raises buying power while prices stand still, in any kind of
account, with and without fees; and all that is held together is never more than could be bought at first.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from counterpoise.control.affording import afford
from counterpoise.control.balance_book import balance_of
from counterpoise.control.commands import RecordFill
from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.orders import Side
from tests.control.making import OWNER, START, TREND, WIDE, D, Desk, candidate, enable, judge, open_account

PRICES = {"SPY": "100", "TLT": "50"}
TRADES = st.lists(
    st.tuples(st.sampled_from(tuple(PRICES)), st.sampled_from(("BUY", "SELL")), st.integers(1, 120)), max_size=12
)


def power(desk: Desk) -> D:
    found = balance_of(desk.state, START, "ledger").buying_power
    assert found is not None
    return found


def account(kind: AccountKind, fee_rate: str) -> Desk:
    opening = open_account(*PRICES, kind=kind, limits=replace(WIDE, max_short_exposure_pct=D(100), max_leverage=D(4)))
    desk = Desk(opening=replace(opening, terms=replace(opening.terms, fee_rate=D(fee_rate))))
    desk.observe(START, **PRICES)
    desk.tell(enable())
    return desk


@given(kind=st.sampled_from(tuple(AccountKind)), fee_rate=st.sampled_from(("0", "0.001")), trades=TRADES)
@settings(max_examples=60)
def test_entries_that_pass_never_raise_what_may_be_bought(
    kind: AccountKind, fee_rate: str, trades: list[tuple[str, str, int]]
) -> None:
    desk = account(kind, fee_rate)
    first = power(desk)
    for number, (symbol, side, units) in enumerate(trades):
        entry = RecordFill(
            actor=OWNER,
            at=START,
            cause=f"fill/{number}",
            fill_id=str(number),
            symbol=symbol,
            side=Side(side),
            quantity=D(units),
            price=D(PRICES[symbol]),
            fee=D(units) * D(fee_rate),
        )
        holding = desk.state.state.holdings.get(f"scripted:{symbol}:1")
        closes = side == "SELL" and holding is not None and holding.quantity >= units
        if not closes and not afford(desk.state, START, symbol, D(units), D(PRICES[symbol])).affordable:
            continue
        try:
            desk.tell(entry)
        except InvalidInput:
            assert (kind, side) == (AccountKind.CASH, "SELL")  # more than is held: nothing happened
        assert power(desk) <= first
        assert desk.state.live.gross <= first


@given(kind=st.sampled_from(tuple(AccountKind)), trades=TRADES)
@settings(max_examples=40)
def test_orders_that_the_gate_lets_pass_never_raise_it_before_or_after_they_fill(
    kind: AccountKind, trades: list[tuple[str, str, int]]
) -> None:
    desk = account(kind, "0")
    first = power(desk)
    for number, (symbol, side, units) in enumerate(trades):
        desk.tell(judge(candidate(symbol, str(units), side), cause=f"judge/{number}", strategy=TREND))
        assert power(desk) <= first
