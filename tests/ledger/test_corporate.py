"""What do corporate actions make of lots and owners?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from counterpoise.domain.accounts import LotMethod
from counterpoise.domain.errors import InvalidFact
from counterpoise.domain.numbers import ZERO, exact
from counterpoise.ledger.corporate import cash_in_lieu, receive, scale_owners, spin_off, split
from counterpoise.ledger.lots import Lot

D = Decimal
AT = datetime(2024, 1, 3, tzinfo=UTC)


def lot(quantity: str, cost: str, fees: str = "0", name: str = "x", day: int = 0, *, missing: bool = False) -> Lot:
    at = AT + timedelta(days=day)
    return Lot(fill_id=name, opened_at=at, quantity=D(quantity), cost=D(cost), fees=D(fees), missing=missing)


def units_of(lots: list[Lot]) -> Decimal:
    return sum((item.quantity for item in lots), ZERO)


def cost_of(lots: list[Lot]) -> Decimal:
    return sum((item.cost for item in lots), ZERO)


def fees_of(lots: list[Lot]) -> Decimal:
    return sum((item.fees for item in lots), ZERO)


@pytest.mark.parametrize(
    ("ratio", "before", "after"),
    (
        pytest.param(("2", "1"), ["10", "5"], ["20", "10"], id="2:1"),
        pytest.param(("1", "10"), ["10", "5"], ["1", "0.5"], id="1:10, parts of a unit stay"),
        pytest.param(("2.406", "1"), ["100"], ["240.6"], id="2.406:1"),
        pytest.param(("3", "2"), ["-7", "-1"], ["-10.5", "-1.5"], id="3:2 of a short"),
        pytest.param(("1", "3"), ["100"], ["33.333333333"], id="cut toward zero at nine places"),
        pytest.param(("1", "3"), ["-100"], ["-33.333333333"], id="a short too"),
        pytest.param(("1", "3"), ["1", "1", "1"], ["0.333333334", "0.333333333", "0.333333333"], id="ends in sum"),
        pytest.param(("1", "7"), ["4", "3", "4"], ["0.571428571", "0.428571429", "0.571428571"], id="by remainder"),
        pytest.param(("1", "3"), ["0.000000001"], ["0.000000000333333333"], id="dust is cut at eighteen"),
        pytest.param(("1", "2"), ["0.000000000000000002"], ["0.000000000000000001"], id="the last place"),
    ),
)
def test_a_split_changes_units_and_nothing_else(ratio: tuple[str, str], before: list[str], after: list[str]) -> None:
    lots = [lot(units, f"{units}7", "0.5", str(place), place) for place, units in enumerate(before)]

    found = split(lots, D(ratio[0]), D(ratio[1]))

    assert [item.quantity for item in found] == [D(units) for units in after]
    assert [(item.fill_id, item.opened_at, item.cost, item.fees) for item in found] == [
        (item.fill_id, item.opened_at, item.cost, item.fees) for item in lots
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    (
        pytest.param(
            [lot("1", "9", "1", "a"), lot("0.000000001", "7", "2", "b", 1), lot("1", "8", "3", "c", 2)],
            [lot("0.333333334", "16", "3", "a"), lot("0.333333333", "8", "3", "c", 2)],
            id="into the older one beside it",
        ),
        pytest.param(
            [lot("0.0000000001", "7", "2", "a"), lot("0.0000000001", "5", "4", "b", 1), lot("2", "9", "1", "c", 2)],
            [lot("0.666666666", "21", "7", "c", 2)],
            id="the oldest into the next that has units",
        ),
    ),
)
def test_a_lot_left_without_units_leaves_its_cost_to_its_neighbour(before: list[Lot], after: list[Lot]) -> None:
    assert split(before, D(1), D(3)) == after


def test_a_ratio_that_would_leave_a_cost_without_units_is_refused() -> None:
    with pytest.raises(InvalidFact, match="1:3 was refused: a ratio that leaves units"):
        split([lot("0.000000000000000001", "1")], D(1), D(3))
    assert split([], D(1), D(3)) == []


def test_a_sale_that_nothing_shows_being_bought_is_split_like_any_other() -> None:
    assert split([lot("-3", "0", missing=True)], D(2), D(1)) == [lot("-6", "0", missing=True)]


def test_a_spin_off_shares_cost_fees_and_dates_with_the_child() -> None:
    parent = [lot("100", "3000", "1", "a", 0), lot("50", "2000", "0", "b", 9)]

    stay, child = spin_off(parent, D(30), D("0.2"))

    assert stay == [lot("100", "2400", "0.8", "a", 0), lot("50", "1600", "0", "b", 9)]
    assert child == [lot("20", "600", "0.2", "a", 0), lot("10", "400", "0", "b", 9)]


def test_a_spin_off_of_a_short_brings_a_short() -> None:
    stay, child = spin_off([lot("-10", "-100")], D(-5), D("0.1"))

    assert (stay, child) == ([lot("-10", "-90")], [lot("-5", "-10")])


def test_a_part_of_the_cost_that_does_not_end_is_rounded_half_even_and_the_rest_stays() -> None:
    parent = [lot("1", "0.000000000000000003"), lot("1", "0.000000000000000001")]

    stay, child = spin_off(parent, D(2), D("0.5"))

    assert [item.cost for item in child] == [D("0.000000000000000002"), ZERO]
    assert cost_of(stay) + cost_of(child) == D("0.000000000000000004")


def test_a_child_lot_without_units_leaves_its_cost_to_its_neighbour() -> None:
    stay, child = spin_off([lot("3", "30", name="a"), lot("3", "60", name="b")], D("0.000000001"), D("0.1"))

    assert child == [lot("0.0000000005", "3", name="a"), lot("0.0000000005", "6", name="b")]
    stay, child = spin_off([lot("1", "30", name="a"), lot("2", "60", name="b")], D("0.000000001"), D("0.1"))
    assert child == [lot("0.000000001", "9", name="b")]
    assert cost_of(stay) == D(81)


@pytest.mark.parametrize("quantity", ("-5", "5"))
def test_a_child_needs_a_parent_on_its_side(quantity: str) -> None:
    parent = [lot("10", "100")] if quantity == "-5" else []

    with pytest.raises(InvalidFact, match=f"quantity: {quantity} was refused"):
        spin_off(parent, D(quantity), D("0.1"))


def test_what_arrives_takes_its_place_by_the_day_it_was_opened() -> None:
    held = [lot("1", "10", name="a", day=2), lot("1", "11", name="b", day=5)]
    came = [lot("1", "20", name="c", day=0), lot("1", "21", name="d", day=2)]

    found, realised = receive(held, came, LotMethod.FIFO, shorts=False)

    assert ([item.fill_id for item in found], realised) == (["c", "a", "d", "b"], ZERO)
    pool, _ = receive(held[:1], came[:1], LotMethod.AVERAGE, shorts=False)
    assert pool == [lot("2", "30", name="c", day=0)]


def test_what_arrives_on_the_other_side_closes_at_the_cost_that_it_brings() -> None:
    found, realised = receive([lot("-3", "-30", day=4)], [lot("5", "40", name="c")], LotMethod.FIFO, shorts=True)

    assert realised == D(6)  # sold at 10, covered at 8
    assert found == [lot("2", "16", name="c")]


@pytest.mark.parametrize(
    ("lots", "shorts", "realised", "left"),
    (
        pytest.param([lot("1.5", "15")], False, "4", [lot("1", "10")], id="a long is paid for its fraction"),
        pytest.param([lot("-1.5", "-15")], True, "-4", [lot("-1", "-10")], id="a short pays"),
        pytest.param([lot("0.5", "5")], False, "4", [], id="all that there is"),
        pytest.param([], False, "9", [lot("-0.5", "0", name="n", day=3, missing=True)], id="paid before the purchase"),
    ),
)
def test_cash_in_lieu_is_a_trade_of_the_fraction(lots: list[Lot], shorts: bool, realised: str, left: list[Lot]) -> None:  # noqa: FBT001 - a row
    done = cash_in_lieu(lots, D("0.5"), D(9), LotMethod.FIFO, fill_id="n", at=AT + timedelta(days=3), shorts=shorts)

    assert done.realised == D(realised)
    assert done.lots == left


@pytest.mark.parametrize(
    ("owners", "ratio", "after"),
    (
        pytest.param({"a": "10", "b": "5"}, ("1", "2"), {"a": "20", "b": "10"}, id="2:1"),
        pytest.param({"a": "10", "b": "-3"}, ("1", "2"), {"a": "20", "b": "-6"}, id="on both sides"),
        pytest.param({"a": "10", "b": "-10"}, ("1", "2"), {"a": "20", "b": "-20"}, id="flat together"),
        pytest.param({"b": "1", "a": "1"}, ("3", "1"), {"b": "0.333333333", "a": "0.333333333"}, id="cut in sum"),
        pytest.param({"b": "-2", "a": "-1"}, ("3", "1"), {"b": "-0.666666667", "a": "-0.333333333"}, id="short"),
        pytest.param({"a": "2", "b": "-1"}, ("3", "1"), {"a": "0.666666666", "b": "-0.333333333"}, id="both, cut"),
        pytest.param({"a": "1", "b": "-2"}, ("3", "1"), {"a": "0.333333333", "b": "-0.666666666"}, id="mostly short"),
        pytest.param({"a": "1", "b": "-1"}, ("3", "1"), {"a": "0.333333333", "b": "-0.333333333"}, id="flat, cut"),
        pytest.param({"a": "1", "b": "0.000000001"}, ("3", "1"), {"a": "0.333333333"}, id="none left"),
        pytest.param({"a": "30", "b": "10"}, ("-40", "-8"), {"a": "6", "b": "2"}, id="a child's, ratio of two shorts"),
        pytest.param({"a": "1", "b": "-1E-10"}, ("3", "1"), {"a": "0.3333333333"}, id="the sum ends, its parts do not"),
        pytest.param({}, ("1", "2"), {}, id="nobody's"),
    ),
)
def test_owners_are_scaled_so_that_they_sum_to_the_holding(
    owners: dict[str, str], ratio: tuple[str, str], after: dict[str, str]
) -> None:
    found = scale_owners({name: D(units) for name, units in owners.items()}, D(ratio[0]), D(ratio[1]))

    assert found == {name: D(units) for name, units in after.items()}
    assert list(found) == list(after)


@pytest.mark.parametrize("ratio", (("0", "1"), ("1", "0"), ("1", "-1")))
def test_a_ratio_of_nothing_is_refused(ratio: tuple[str, str]) -> None:
    with pytest.raises(InvalidFact, match="two numbers of the same sign"):
        scale_owners({"a": D(1)}, D(ratio[0]), D(ratio[1]))


UNITS = st.decimals("0.000000001", "100000", places=9)
FINE = st.decimals("0.000000000000000001", "1000", places=18)
COSTS = st.decimals("0", "1000000", places=6)
RATIOS = st.decimals("0.001", "1000", places=3)
QUEUES = st.lists(st.tuples(st.one_of(UNITS, FINE), COSTS, COSTS), min_size=1, max_size=6)
STEP = D("1E-18")
SIGNS = st.sampled_from((D(1), D(-1)))


def queue_of(rows: list[tuple[Decimal, Decimal, Decimal]], sign: Decimal) -> list[Lot]:
    return [
        Lot(fill_id=str(place), opened_at=AT, quantity=sign * units, cost=sign * cost, fees=fees)
        for place, (units, cost, fees) in enumerate(rows)
    ]


@given(rows=QUEUES, sign=SIGNS, numerator=RATIOS, denominator=RATIOS)
def test_a_split_keeps_value_cost_fees_and_side(
    rows: list[tuple[Decimal, Decimal, Decimal]], sign: Decimal, numerator: Decimal, denominator: Decimal
) -> None:
    with exact():
        before = queue_of(rows, sign)
        assume(abs(units_of(before)) * numerator >= STEP * denominator)  # else nothing is left, which is refused
        after = split(before, numerator, denominator)
        assert (cost_of(after), fees_of(after)) == (cost_of(before), fees_of(before))
        assert all(item.quantity * sign > ZERO for item in after)
        # At price × denominator ÷ numerator the worth is the same, but for less than a step that was cut off.
        lost = units_of(before) * numerator - units_of(after) * denominator
        assert ZERO <= lost * sign < D("1E-9") * denominator


@given(rows=QUEUES, sign=SIGNS, numerator=RATIOS, denominator=RATIOS)
def test_the_inverse_split_brings_the_lots_back_wherever_no_digit_was_cut(
    rows: list[tuple[Decimal, Decimal, Decimal]], sign: Decimal, numerator: Decimal, denominator: Decimal
) -> None:
    with exact():
        before = queue_of(rows, sign)
        assume(abs(units_of(before)) * numerator >= STEP * denominator)  # else nothing is left, which is refused
        after = split(before, numerator, denominator)
        pairs = zip(before, after, strict=False)
        if len(before) == len(after) and all(a.quantity * numerator == b.quantity * denominator for a, b in pairs):
            assert split(after, denominator, numerator) == before
        assert split(split(before, D(4), D(1)), D(1), D(4)) == before


@given(rows=QUEUES, sign=SIGNS, child=st.one_of(UNITS, FINE), fraction=st.decimals("0", "1", places=18))
def test_a_spin_off_moves_cost_and_makes_none(
    rows: list[tuple[Decimal, Decimal, Decimal]], sign: Decimal, child: Decimal, fraction: Decimal
) -> None:
    with exact():
        before = queue_of(rows, sign)
        stay, came = spin_off(before, sign * child, fraction)
        assert cost_of(stay) + cost_of(came) == cost_of(before)
        assert fees_of(stay) + fees_of(came) == fees_of(before)
        assert [item.quantity for item in stay] == [item.quantity for item in before]
        assert units_of(came) == sign * child
        assert all(item.quantity * sign > ZERO for item in came)


@given(units=st.lists(st.tuples(st.one_of(UNITS, FINE), SIGNS), min_size=1, max_size=5), before=RATIOS, after=RATIOS)
def test_owners_of_a_split_sum_to_its_lots(
    units: list[tuple[Decimal, Decimal]], before: Decimal, after: Decimal
) -> None:
    with exact():
        owners = {str(place): sign * size for place, (size, sign) in enumerate(units)}
        held = sum(owners.values(), ZERO)
        found = scale_owners(owners, before, after)
        assume(not held or abs(held) * after >= STEP * before)
        lots = [Lot(fill_id="x", opened_at=AT, quantity=held, cost=held)] if held else []
        assert sum(found.values(), ZERO) == units_of(split(lots, after, before))
        assert all(found[name] * owners[name] > ZERO for name in found)
