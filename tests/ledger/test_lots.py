"""Which lots does a trade close, and at what cost?"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.accounts import LotMethod
from counterpoise.domain.errors import InvalidFact
from counterpoise.domain.numbers import ZERO, divide_half_even_18, exact
from counterpoise.ledger.lots import Lot, Traded, close, open_lot, pooled, take, trade

D = Decimal
AT = datetime(2024, 1, 3, tzinfo=UTC)
TRUTH = {row["id"]: row for row in json.loads(Path(__file__).parents[1].joinpath("golden/truth.json").read_text())}


def lot(quantity: str, price: str, fees: str = "0", name: str = "x") -> Lot:
    return Lot(fill_id=name, opened_at=AT, quantity=D(quantity), cost=D(quantity) * D(price), fees=D(fees))


def traded(
    lots: list[Lot], quantity: str, price: str, method: LotMethod, fees: str = "0", *, shorts: bool = True
) -> Traded:
    return trade(lot(quantity, price, fees, "new"), D(price), lots, method, shorts=shorts)


def quantity_of(lots: list[Lot]) -> Decimal:
    return sum((item.quantity for item in lots), ZERO)


def cost_of(lots: list[Lot]) -> Decimal:
    return sum((item.cost for item in lots), ZERO)


@pytest.mark.parametrize(
    ("method", "sold", "realised", "left"),
    (
        pytest.param(LotMethod.FIFO, "40", "80", [("10", "115"), ("50", "116")], id="fifo inside the first lot"),
        pytest.param(LotMethod.FIFO, "50", "100", [("50", "116")], id="fifo the first lot whole"),
        pytest.param(LotMethod.FIFO, "60", "110", [("40", "116")], id="fifo into the second lot"),
        pytest.param(LotMethod.AVERAGE, "40", "60", [("60", "115.5")], id="average closes at the joint cost"),
    ),
)
def test_a_sale_closes_in_the_order_of_the_method(
    method: LotMethod, sold: str, realised: str, left: list[tuple[str, str]]
) -> None:
    done = traded([lot("50", "115"), lot("50", "116")], f"-{sold}", "117", method)

    assert done.realised == D(realised)
    assert [(item.quantity, item.cost) for item in done.lots] == [(D(q), D(q) * D(p)) for q, p in left]
    assert (done.closed, done.opened) == (D(sold), ZERO)


def test_closing_more_than_is_open_is_an_error_and_no_negative_lot() -> None:
    row = TRUTH["beancount-fifo-overflow"]
    left = close([lot("50", "115"), lot("50", "116")], D(40), LotMethod.FIFO).lots

    with pytest.raises(InvalidFact, match="at most the 60 units that are open"):
        close(left, D(65), LotMethod.FIFO)
    assert row["expected"] == ["1"]


def test_average_entry_price_and_profit_are_the_published_ones() -> None:
    entry, gross = TRUTH["trading-technologies-avg"], TRUTH["trading-technologies-gross"]
    lots: list[Lot] = []
    realised: list[Decimal] = []
    entries: list[Decimal] = []
    for quantity, price in entry["inputs"]:
        done = traded(lots, str(quantity), str(price), LotMethod.AVERAGE)
        lots = done.lots
        realised.append(done.realised)
        entries.append(divide_half_even_18(cost_of(lots), quantity_of(lots)))

    near = Decimal("1e-12")
    assert abs(entries[1] - D(entry["expected"][0])) < near
    assert abs(entries[4] - D(entry["expected"][1])) < near
    assert abs(realised[2] - D(gross["expected"][0])) < D("5e-9")
    assert abs(realised[2] + realised[3] - D(gross["expected"][1])) < D("5e-9")


def test_average_cost_over_eleven_trades_is_the_published_one_and_what_was_never_bought_is_all_profit() -> None:
    row = TRUTH["rotki-acb-11-steps"]
    lots: list[Lot] = []
    found: list[Decimal] = []
    for side, quantity, price in row["inputs"]:
        sign = "" if side == "B" else "-"
        done = traded(lots, f"{sign}{quantity}", str(price), LotMethod.AVERAGE, shorts=False)
        lots = done.lots
        if side == "S":
            found.append(done.realised)

    assert found == [D(text) for text in row["expected"]]
    assert [(item.quantity, item.cost, item.missing) for item in lots] == [(D("-0.6"), ZERO, True)]


def test_a_late_buy_cures_what_was_sold_without_an_acquisition() -> None:
    sold = traded([], "-2", "15", LotMethod.FIFO, shorts=False)
    bought = traded(sold.lots, "2", "10", LotMethod.FIFO, shorts=False)

    assert sold.realised == D(30)
    assert sold.lots[0].missing
    assert sold.realised + bought.realised == D(10)
    assert bought.lots == []


def test_a_flip_closes_all_and_opens_the_rest_at_its_own_price_with_its_share_of_the_fee() -> None:
    done = traded([lot("10", "100", fees="1")], "-15", "110", LotMethod.FIFO, fees="3")

    assert (done.closed, done.opened, done.realised) == (D(10), D(5), D(100))
    assert done.closed_fees == D(3)  # 1 of the acquisition, 2 of the 3 by 10 of 15 units
    assert done.lots == [lot("-5", "110", fees="1", name="new")]


def test_a_short_gains_when_it_is_bought_back_lower() -> None:
    short = traded([], "-45", "98.50", LotMethod.FIFO)
    back = traded(short.lots, "45", "95.09", LotMethod.FIFO)

    assert short.lots[0].cost == D("-4432.50")
    assert back.realised == D("153.45")


def test_fees_leave_with_the_units_they_were_paid_for() -> None:
    done = traded([lot("3", "100", fees="1")], "-1", "101", LotMethod.FIFO, fees="0.2")

    assert done.closed_fees == D("0.2") + D("0.333333333333333333")
    assert done.lots[0].fees == D("0.666666666666666667")


def test_pooling_keeps_one_lot_dated_by_the_first() -> None:
    first, second = lot("1", "10", fees="0.1", name="a"), lot("3", "20", fees="0.2", name="b")

    assert pooled([first, second]) == [Lot(fill_id="a", opened_at=AT, quantity=D(4), cost=D(70), fees=D("0.3"))]
    assert open_lot([first], second, LotMethod.AVERAGE) == pooled([first, second])
    assert open_lot([first], second, LotMethod.FIFO) == [first, second]


SIZES = st.decimals("0.000000001", "1000", places=9)
PRICES = st.decimals("0.01", "100000", places=2)
METHODS = st.sampled_from(LotMethod)


@given(
    trades=st.lists(st.tuples(st.booleans(), SIZES, PRICES), min_size=1, max_size=12),
    method=METHODS,
    shorts=st.booleans(),
)
def test_no_unit_and_no_cost_is_ever_lost_or_made(
    trades: list[tuple[bool, Decimal, Decimal]],
    method: LotMethod,
    shorts: bool,  # noqa: FBT001 - a drawn case
) -> None:
    with exact():
        lots: list[Lot] = []
        units = paid = realised = ZERO
        for buys, size, price in trades:
            signed = size if buys else -size
            done = trade(
                Lot(fill_id="x", opened_at=AT, quantity=signed, cost=signed * price),
                price,
                lots,
                method,
                shorts=shorts,
            )
            assert done.cost_change == cost_of(done.lots) - cost_of(lots)
            lots, units, paid, realised = done.lots, units + signed, paid + signed * price, realised + done.realised
            assert quantity_of(lots) == units
            assert cost_of(lots) == paid + realised
            assert len({item.quantity > ZERO for item in lots}) <= 1


@given(sizes=st.lists(SIZES, min_size=1, max_size=6), wanted=SIZES, method=METHODS)
def test_taking_and_what_is_left_are_the_whole(sizes: list[Decimal], wanted: Decimal, method: LotMethod) -> None:
    with exact():
        lots = [Lot(fill_id=str(i), opened_at=AT, quantity=q, cost=q * 7, fees=q) for i, q in enumerate(sizes)]
        taken = take(lots, wanted, method)
        assert taken.quantity == min(wanted, sum(sizes, ZERO))
        assert taken.quantity + quantity_of(taken.lots) == sum(sizes, ZERO)
        assert taken.cost + cost_of(taken.lots) == cost_of(lots)
        assert taken.fees + sum((item.fees for item in taken.lots), ZERO) == sum(sizes, ZERO)


def test_a_profit_at_the_last_digit_is_kept() -> None:
    lots = [lot("3.000000001", "0.000000012345")]
    done = traded(lots, "-0.000000001", "0.000000012346", LotMethod.FIFO)
    assert done.realised == D("1E-21")
    assert cost_of(lots) - cost_of(done.lots) == D("0.000000001") * D("0.000000012345")
