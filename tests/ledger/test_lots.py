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
from counterpoise.domain.facts.amendments import LotChoice
from counterpoise.domain.numbers import ZERO, divide_half_even_18, exact
from counterpoise.ledger.lots import Closed, Lot, Traded, close, open_lot, pooled, take, trade, unmet

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


def closed(lots: list[Lot], quantity: str, method: LotMethod, *chosen: LotChoice) -> Closed:
    return take(lots, D(quantity), method, chosen)


def choice(name: str, quantity: str) -> LotChoice:
    return LotChoice(lot=name, quantity=D(quantity))


def told(pieces: list[Lot]) -> list[tuple[str, Decimal]]:
    return [(piece.fill_id, piece.quantity) for piece in pieces]


def cost_of(lots: list[Lot]) -> Decimal:
    return sum((item.cost for item in lots), ZERO)


@pytest.mark.parametrize(
    ("method", "sold", "realised", "left"),
    (
        pytest.param(LotMethod.FIFO, "40", "80", [("10", "115"), ("50", "116")], id="fifo inside the first lot"),
        pytest.param(LotMethod.FIFO, "50", "100", [("50", "116")], id="fifo the first lot whole"),
        pytest.param(LotMethod.FIFO, "60", "110", [("40", "116")], id="fifo into the second lot"),
        pytest.param(LotMethod.LIFO, "40", "40", [("50", "115"), ("10", "116")], id="lifo inside the last lot"),
        pytest.param(LotMethod.LIFO, "60", "70", [("40", "115")], id="lifo into the lot before"),
        pytest.param(LotMethod.HIFO, "60", "70", [("40", "115")], id="hifo the dearer one first"),
        pytest.param(LotMethod.SPECIFIC, "60", "110", [("40", "116")], id="specific without a choice is oldest first"),
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


def test_highest_cost_first_closes_as_published() -> None:
    queue = [lot("50", "115"), lot("50", "116"), lot("50", "114")]
    found: list[Decimal] = []
    for sold in ("40", "35", "30"):
        done = closed(queue, sold, LotMethod.HIFO)
        queue = done.lots
        for piece in (*done.pieces, *(queue if sold == "30" else [])):
            found += [piece.quantity, divide_half_even_18(piece.cost, piece.quantity)]

    assert found == [D(text) for text in TRUTH["beancount-hifo"]["expected"]]


@pytest.mark.parametrize(
    ("method", "names"),
    (
        pytest.param(LotMethod.FIFO, ["a", "b", "c", "d"], id="fifo"),
        pytest.param(LotMethod.LIFO, ["d", "c", "b", "a"], id="lifo"),
        pytest.param(LotMethod.HIFO, ["b", "d", "a", "c"], id="hifo, the older of equals first"),
    ),
)
def test_a_long_queue_closes_in_this_order(method: LotMethod, names: list[str]) -> None:
    queue = [lot("3", "7", name="a"), lot("1", "9", name="b"), lot("2", "5", name="c"), lot("5", "9", name="d")]

    assert [name for name, _ in told(closed(queue, "11", method).pieces)] == names


@pytest.mark.parametrize(
    ("method", "names"),
    (
        pytest.param(LotMethod.FIFO, ["a", "b", "c"], id="fifo"),
        pytest.param(LotMethod.LIFO, ["c", "b", "a"], id="lifo"),
        pytest.param(LotMethod.HIFO, ["c", "a", "b"], id="hifo: sold lowest gains least, the older of equals first"),
    ),
)
def test_a_short_queue_closes_in_this_order(method: LotMethod, names: list[str]) -> None:
    queue = [lot("-3", "7", name="a"), lot("-1", "7", name="b"), lot("-2", "5", name="c")]

    assert [name for name, _ in told(closed(queue, "6", method).pieces)] == names


def test_unit_costs_that_no_quotient_tells_apart_are_told_apart() -> None:
    third = Lot(fill_id="a", opened_at=AT, quantity=D(3), cost=D(1))
    more = Lot(fill_id="b", opened_at=AT, quantity=D(3), cost=D(1) + D("1E-54"))

    assert told(closed([third, more], "1", LotMethod.HIFO).pieces) == [("b", D(1))]


@pytest.mark.parametrize(
    ("chosen", "sold", "pieces", "short"),
    (
        pytest.param([("b", "4")], "4", [("b", "4")], "0", id="a part of a lot"),
        pytest.param([("c", "2"), ("a", "1")], "3", [("c", "2"), ("a", "1")], "0", id="in the order given"),
        pytest.param([("b", "1")], "6", [("b", "1"), ("a", "5")], "0", id="the rest oldest first"),
        pytest.param([("c", "3")], "3", [("c", "2"), ("a", "1")], "1", id="fewer units than chosen"),
        pytest.param([("x", "3")], "3", [("a", "3")], "3", id="a lot that is not there"),
        pytest.param([("b", "9")], "3", [("b", "3")], "6", id="more chosen than traded"),
        pytest.param(
            [("b", "1"), ("x", "1")], "12", [("b", "1"), ("a", "5"), ("b", "4"), ("c", "2")], "1", id="more than chosen"
        ),
        pytest.param([("b", "5"), ("c", "2")], "9", [("b", "5"), ("c", "2"), ("a", "2")], "0", id="lots whole"),
    ),
)
def test_chosen_lots_close_first_and_what_cannot_be_kept_is_told(
    chosen: list[tuple[str, str]], sold: str, pieces: list[tuple[str, str]], short: str
) -> None:
    queue = [lot("5", "10", name="a"), lot("5", "11", name="b"), lot("2", "12", name="c")]
    choices = tuple(choice(*one) for one in chosen)

    done = trade(lot(f"-{sold}", "13", name="new"), D(13), queue, LotMethod.SPECIFIC, shorts=False, chosen=choices)

    assert told(done.pieces) == [(name, D(units)) for name, units in pieces]
    assert unmet(choices, done.pieces) == D(short)
    assert done.closed == D(sold)
    assert [item.fill_id for item in done.lots] == sorted(item.fill_id for item in done.lots)


def test_a_choice_in_a_short_queue_closes_that_short() -> None:
    queue = [lot("-5", "10", name="a"), lot("-5", "12", name="b")]
    done = trade(lot("4", "9"), D(9), queue, LotMethod.SPECIFIC, shorts=True, chosen=(choice("b", "4"),))

    assert done.realised == D(12)
    assert [(item.fill_id, item.quantity, item.cost) for item in done.lots] == [
        ("a", D(-5), D(-50)),
        ("b", D(-1), D(-12)),
    ]


def test_two_lots_of_one_fill_close_oldest_first_by_one_choice() -> None:
    queue = [lot("2", "10", name="a"), lot("1", "8", name="b"), lot("3", "11", name="a")]
    done = closed(queue, "4", LotMethod.SPECIFIC, choice("a", "4"))

    assert told(done.pieces) == [("a", D(2)), ("a", D(2))]
    assert told(done.lots) == [("b", D(1)), ("a", D(1))]


@pytest.mark.parametrize("method", (LotMethod.FIFO, LotMethod.LIFO, LotMethod.HIFO))
def test_a_choice_counts_in_accounts_of_the_method_specific_alone(method: LotMethod) -> None:
    queue = [lot("5", "10", name="a"), lot("5", "9", name="b"), lot("5", "10", name="c")]

    assert closed(queue, "1", method, choice("b", "1")) == closed(queue, "1", method)
    assert unmet([choice("b", "1")], closed(queue, "1", method).pieces) == D(1)


def test_a_flip_with_a_choice_closes_all_and_opens_the_rest() -> None:
    queue = [lot("5", "10", name="a"), lot("5", "11", name="b")]
    done = trade(lot("-12", "13", name="n"), D(13), queue, LotMethod.SPECIFIC, shorts=True, chosen=(choice("b", "2"),))

    assert told(done.pieces) == [("b", D(2)), ("a", D(5)), ("b", D(3))]
    assert (done.realised, done.opened) == (D(25), D(2))
    assert done.lots == [lot("-2", "13", name="n")]


@pytest.mark.parametrize(
    ("quantity", "chosen", "message"),
    (
        pytest.param("3", [("x", "3")], "choices that the lots have: 3 units more", id="a lot that is not there"),
        pytest.param("6", [("a", "5")], "at most the 5 units that are open", id="more than is open"),
    ),
)
def test_a_manual_close_keeps_its_choice_or_is_refused(
    quantity: str, chosen: list[tuple[str, str]], message: str
) -> None:
    with pytest.raises(InvalidFact, match=message):
        close([lot("5", "10", name="a")], D(quantity), LotMethod.SPECIFIC, tuple(choice(*one) for one in chosen))


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


@pytest.mark.parametrize("method", LotMethod)
def test_a_late_buy_cures_what_was_sold_without_an_acquisition(method: LotMethod) -> None:
    sold = traded([], "-2", "15", method, shorts=False)
    bought = traded(sold.lots, "3", "10", method, shorts=False)

    assert sold.realised == D(30)
    assert sold.lots[0].missing
    assert sold.realised + bought.realised == D(10)
    assert bought.lots == [lot("1", "10", name="new")]


@pytest.mark.parametrize("method", LotMethod)
def test_what_is_sold_beyond_the_queue_of_a_cash_account_is_missing_and_all_profit(method: LotMethod) -> None:
    done = traded([lot("1", "10"), lot("1", "12")], "-5", "15", method, shorts=False)

    assert (done.closed, done.opened, done.realised) == (D(2), D(3), D(8 + 45))
    assert [(item.quantity, item.cost, item.missing) for item in done.lots] == [(D(-3), ZERO, True)]


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


ORDERED = (LotMethod.FIFO, LotMethod.LIFO, LotMethod.HIFO, LotMethod.SPECIFIC)
SIZES = st.decimals("0.000000001", "1000", places=9)
PRICES = st.decimals("0.01", "100000", places=2)
METHODS = st.sampled_from(LotMethod)
CHOICES = st.lists(
    st.builds(LotChoice, lot=st.sampled_from("012345"), quantity=SIZES), max_size=3, unique_by=lambda one: one.lot
).map(tuple)


@given(
    trades=st.lists(st.tuples(st.booleans(), SIZES, PRICES), min_size=1, max_size=12),
    method=METHODS,
    shorts=st.booleans(),
    chosen=CHOICES,
)
def test_no_unit_and_no_cost_is_ever_lost_or_made(
    trades: list[tuple[bool, Decimal, Decimal]],
    method: LotMethod,
    shorts: bool,  # noqa: FBT001 - a drawn case
    chosen: tuple[LotChoice, ...],
) -> None:
    with exact():
        lots: list[Lot] = []
        units = paid = realised = ZERO
        for number, (buys, size, price) in enumerate(trades):
            signed = size if buys else -size
            done = trade(
                Lot(fill_id=str(number), opened_at=AT, quantity=signed, cost=signed * price),
                price,
                lots,
                method,
                shorts=shorts,
                chosen=chosen,
            )
            assert abs(quantity_of(done.pieces)) == done.closed
            assert done.closed + done.opened == size
            assert done.cost_change == cost_of(done.lots) - cost_of(lots)
            lots, units, paid, realised = done.lots, units + signed, paid + signed * price, realised + done.realised
            assert quantity_of(lots) == units
            assert cost_of(lots) == paid + realised
            assert len({item.quantity > ZERO for item in lots}) <= 1
            assert all(item.quantity for item in lots)


@given(
    trades=st.lists(st.tuples(st.booleans(), SIZES, PRICES), min_size=1, max_size=12),
    shorts=st.booleans(),
    chosen=CHOICES,
)
def test_every_method_closes_the_same_units_and_highest_cost_first_never_gains_more_in_one_trade(
    trades: list[tuple[bool, Decimal, Decimal]],
    shorts: bool,  # noqa: FBT001 - a drawn case
    chosen: tuple[LotChoice, ...],
) -> None:
    with exact():
        lots: list[Lot] = []
        queues: dict[LotMethod, list[Lot]] = {method: [] for method in LotMethod}
        for number, (buys, size, price) in enumerate(trades):
            signed = size if buys else -size
            entry = Lot(fill_id=str(number), opened_at=AT, quantity=signed, cost=signed * price)
            closed_units: list[Decimal] = []
            for method, queue in queues.items():
                done = trade(entry, price, queue, method, shorts=shorts, chosen=chosen)
                queues[method] = done.lots
                closed_units.append(done.closed)
            assert len(dict.fromkeys(closed_units)) == 1
            same = {method: trade(entry, price, lots, method, shorts=shorts, chosen=chosen) for method in ORDERED}
            least = same[LotMethod.HIFO].realised
            assert all(done.realised >= least for done in same.values())
            lots = same[LotMethod.FIFO].lots


@given(sizes=st.lists(SIZES, min_size=1, max_size=6), wanted=SIZES, method=METHODS, chosen=CHOICES)
def test_taking_and_what_is_left_are_the_whole(
    sizes: list[Decimal], wanted: Decimal, method: LotMethod, chosen: tuple[LotChoice, ...]
) -> None:
    with exact():
        lots = [Lot(fill_id=str(i), opened_at=AT, quantity=q, cost=q * 7, fees=q) for i, q in enumerate(sizes)]
        taken = take(lots, wanted, method, chosen)
        assert (quantity_of(taken.pieces), cost_of(taken.pieces)) == (taken.quantity, taken.cost)
        assert [item.fill_id for item in taken.lots] == sorted(item.fill_id for item in taken.lots)
        assert taken.quantity == min(wanted, sum(sizes, ZERO))
        assert taken.quantity + quantity_of(taken.lots) == sum(sizes, ZERO)
        assert taken.cost + cost_of(taken.lots) == cost_of(lots)
        assert taken.fees + sum((item.fees for item in taken.lots), ZERO) == sum(sizes, ZERO)


def test_a_profit_at_the_last_digit_is_kept() -> None:
    lots = [lot("3.000000001", "0.000000012345")]
    done = traded(lots, "-0.000000001", "0.000000012346", LotMethod.FIFO)
    assert done.realised == D("1E-21")
    assert cost_of(lots) - cost_of(done.lots) == D("0.000000001") * D("0.000000012345")
