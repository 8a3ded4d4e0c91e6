"""Is the true cause of known faults found, and nothing made up where nothing is wrong?"""

import pytest

from counterpoise.domain.numbers import exact
from counterpoise.execution.reconciliation.search import explain
from tests.execution.reconciliation.campaign import CASES, CLEAN, FAULTS, Table, faulty, run


@pytest.fixture(scope="module")
def table() -> Table:
    with exact():
        return run()


def test_it_is_a_campaign(table: Table) -> None:
    assert sum(table.pointed[row].cases for row in ("ONE FAULT", "TWO FAULTS", "THREE FAULTS")) == CASES >= 500
    assert table.clean == CLEAN >= 200
    assert all(table.pointed[str(kind)].cases >= 10 for kind in FAULTS)
    assert "STALE_FX" in "\n".join(table.lines())


def test_with_activities_a_single_fault_is_named_first(table: Table) -> None:
    found = table.pointed["ONE FAULT"]
    assert found.first * 100 >= 95 * found.cases, found.misses[:10]


@pytest.mark.parametrize("row", ("TWO FAULTS", "THREE FAULTS"))
def test_with_activities_faults_together_are_named_first(table: Table, row: str) -> None:
    found = table.pointed[row]
    assert found.first * 100 >= 95 * found.cases, found.misses[:10]


def test_from_balances_alone_a_single_fault_is_among_the_first_three(table: Table) -> None:
    found = table.balances["ONE FAULT"]
    assert found.third * 100 >= 95 * found.cases, found.misses[:10]
    assert found.first * 100 >= 85 * found.cases, found.misses[:10]


def test_nothing_is_made_up_where_only_rounding_lies_between(table: Table) -> None:
    assert table.clean_false == []
    assert table.clean_rounding >= 50  # else rounding was not tried


def test_the_same_sides_give_the_same_answer() -> None:
    for seed in range(0, 60, 7):
        year, _ = faulty(seed)
        ours, theirs = year.book(), year.statement(activities=False)
        assert explain(ours, theirs) == explain(ours, theirs)
