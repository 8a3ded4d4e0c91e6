"""Do acquisitions go wherever the units and the cost of their lots go?"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.numbers import ZERO, exact
from counterpoise.ledger.acquisitions import (
    Acquired,
    averaged,
    gone_over,
    merged,
    scaled,
    shared,
    take,
    take_averaged,
    units_of,
)
from counterpoise.ledger.corporate import split
from counterpoise.ledger.lots import Lot
from counterpoise.ledger.tax_lots import spread

D = Decimal
AT = datetime(2024, 1, 3, tzinfo=UTC)
UNITS = st.decimals("0.000000001", "1000", places=9)
MONEY = st.decimals("0", "100000", places=6)


def part(units: str, worth: str = "0", carried: str = "0", name: str = "a", *, missing: bool = False) -> Acquired:
    return Acquired(
        origin=name, purchase=name, units=D(units), on=AT.date(), held_from=AT.date(), worth=D(worth),
        carried=D(carried), may_replace=True, missing=missing,
    )  # fmt: skip


def sums(parts: list[Acquired]) -> tuple[Decimal, Decimal, Decimal]:
    return (
        units_of(parts),
        sum((one.worth for one in parts), ZERO),
        sum((one.carried for one in parts), ZERO),
    )


PARTS = st.lists(
    st.builds(
        lambda units, worth, carried: part(str(units), str(worth), str(carried)),
        units=UNITS,
        worth=MONEY,
        carried=MONEY,
    ),
    min_size=1,
    max_size=6,
)


@given(parts=PARTS, fraction=st.decimals("0", "1", places=5), other=UNITS)
def test_nothing_is_lost_whatever_is_done_to_acquisitions(
    parts: list[Acquired], fraction: Decimal, other: Decimal
) -> None:
    with exact():
        units, worth, carried = sums(parts)
        taken, rest = take(parts, units * fraction)
        assert units_of(taken) == units * fraction
        assert sums([*taken, *rest]) == (units, worth, carried)
        assert sums(averaged(parts)) == (units, worth, carried)
        taken, rest = take_averaged(parts, units * fraction)
        assert sums([*taken, *rest]) == (units, worth, carried)
        assert abs(units * sums(taken)[1] - worth * units_of(taken)) <= units * D("1e-17")
        assert abs(units * sums(taken)[2] - carried * units_of(taken)) <= units * D("1e-17")
        assert sums(merged(parts)) == (units, worth, carried)
        assert sums(scaled(parts, other)) == (other, worth, carried)
        stay, gone = gone_over(parts, fraction)
        assert sums([*stay, *gone]) == (units * 2, worth, carried)
        assert not any(one.may_replace for one in gone)


@given(total=st.decimals("-1000", "1000", places=6), units=st.lists(UNITS, min_size=1, max_size=6))
def test_shares_sum_to_the_whole(total: Decimal, units: list[Decimal]) -> None:
    with exact():
        parts = shared(total, units, 9)
        assert sum(parts, ZERO) == total
        whole = sum(units, ZERO)
        assert all(abs(one * whole - total * own) <= D("1e-8") * whole for one, own in zip(parts, units, strict=True))


def test_an_average_spreads_worth_and_carried_losses_but_not_the_proceeds_of_what_is_missing() -> None:
    found = averaged([part("1", "10", "3"), part("3", "50"), part("2", "-99", missing=True)])
    assert [(one.worth, one.carried) for one in found] == [(D(15), D("0.75")), (D(45), D("2.25")), (D(-99), ZERO)]


def test_dust_leaves_its_worth_to_the_others() -> None:
    found = scaled([part("0.000000000000000001", "7", "1"), part("3", "9")], D("0.000000000000000003"))
    assert found == [part("0.000000000000000003", "16", "1")]


def lot(quantity: str, name: str) -> Lot:
    return Lot(fill_id=name, opened_at=AT, quantity=D(quantity), cost=D(quantity))


@pytest.mark.parametrize(
    ("before", "after"),
    (
        pytest.param({"a": "1", "b": "0.000000001", "c": "1"}, {"a": (11, 5), "c": (10, 3)}, id="to the older"),
        pytest.param(
            {"a": "0.0000000001", "b": "0.0000000001", "c": "2"}, {"c": (21, 8)}, id="of the oldest to the next"
        ),
    ),
)
def test_a_lot_without_units_leaves_what_it_was_worth_where_its_cost_goes(
    before: dict[str, str], after: dict[str, tuple[int, int]]
) -> None:
    lots = [lot(units, name) for name, units in before.items()]
    own = {"a": ("10", "5") if len(after) == 2 else ("1", "5"), "b": ("1", "0") if len(after) == 2 else ("10", "0")}
    own["c"] = ("10", "3")
    parts = {name: [part(units, *own[name], name)] for name, units in before.items()}

    found = spread(lots, parts, split(lots, D(1), D(3)))

    assert {name: (int(one.worth), int(one.carried)) for name, (one,) in found.items()} == after


def test_days_stay_whatever_becomes_of_the_units() -> None:
    old = Acquired(origin="a", purchase="a", units=D(3), on=date(2020, 1, 1), held_from=date(2019, 1, 1), worth=D(9))
    for one in (*scaled([old], D(1)), *gone_over([old], D("0.5"))[1], *take([old], D(1))[0]):
        assert (one.on, one.held_from) == (old.on, old.held_from)
