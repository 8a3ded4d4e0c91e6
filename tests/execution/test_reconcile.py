"""Is every difference between the venue and the ledger found, and nothing else?"""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.statements import BreakKind
from counterpoise.execution.reconcile import Statement, differences

D = Decimal
SAME = Statement(cash={"USD": D(100)}, positions={"SPY": D(10)}, orders={"p1": D(4)})
AMOUNTS = st.decimals("-1000", "1000", places=2)


@pytest.mark.parametrize(
    ("theirs", "found"),
    (
        pytest.param(SAME, [], id="the same"),
        pytest.param(
            Statement(cash={"USD": D("100.01")}, positions={"SPY": D(10)}, orders={"p1": D(4)}),
            [],
            id="cash at the tolerance",
        ),
        pytest.param(
            Statement(cash={"USD": D("100.011")}, positions={"SPY": D(10)}, orders={"p1": D(4)}),
            [(BreakKind.CASH, "USD", D(100), D("100.011"))],
            id="cash beyond the tolerance",
        ),
        pytest.param(
            Statement(cash={"USD": D(100), "EUR": D(5)}, positions={"SPY": D(10)}, orders={"p1": D(4)}),
            [(BreakKind.CASH, "EUR", D(0), D(5))],
            id="an asset that we do not know",
        ),
        pytest.param(
            Statement(cash={"USD": D(100)}, positions={"SPY": D("10.000000001")}, orders={"p1": D(4)}),
            [(BreakKind.POSITION, "SPY", D(10), D("10.000000001"))],
            id="units have no tolerance",
        ),
        pytest.param(
            Statement(cash={"USD": D(100)}, positions={}, orders={"p1": D(4)}),
            [(BreakKind.POSITION, "SPY", D(10), D(0))],
            id="a position that the venue does not have",
        ),
        pytest.param(
            Statement(cash={"USD": D(100)}, positions={"SPY": D(10), "QQQ": D(0)}, orders={"p1": D(4), "hand": D(7)}),
            [(BreakKind.ORDER, "hand", D(0), D(7))],
            id="an order placed by hand; zero held is nothing held",
        ),
        pytest.param(Statement(cash={"USD": D(100)}, positions={"SPY": D(10)}), [], id="orders not asked for"),
        pytest.param(
            Statement(cash={}, positions={}, orders={}),
            [
                (BreakKind.CASH, "USD", D(100), D(0)),
                (BreakKind.POSITION, "SPY", D(10), D(0)),
                (BreakKind.ORDER, "p1", D(4), D(0)),
            ],
            id="all at once, cash first",
        ),
    ),
)
def test_differences_are_named(theirs: Statement, found: list[tuple[BreakKind, str, D, D]]) -> None:
    breaks = differences(SAME, theirs)
    assert [(b.kind, b.subject, b.ours, b.theirs) for b in breaks] == found


def test_a_break_says_both_figures_and_their_difference() -> None:
    (found,) = differences(SAME, Statement(cash={"USD": D("90.5")}, positions={"SPY": D(10)}))
    assert found.detail == "ledger 100, venue 90.5, ledger minus venue 9.5"


@given(cash=st.dictionaries(st.sampled_from("ABC"), AMOUNTS), units=st.dictionaries(st.sampled_from("XYZ"), AMOUNTS))
def test_a_book_never_differs_from_itself_and_breaks_are_mirrored(cash: dict[str, D], units: dict[str, D]) -> None:
    book = Statement(cash=cash, positions=units)
    assert differences(book, book) == ()
    there = [(b.subject, b.ours, b.theirs) for b in differences(SAME, book)]
    back = [(b.subject, b.theirs, b.ours) for b in differences(book, SAME)]
    assert there == back
