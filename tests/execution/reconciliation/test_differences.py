"""Is every difference between the venue and the ledger found, and nothing else?"""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.orders import Side
from counterpoise.domain.statements import BreakKind
from counterpoise.execution.reconciliation.differences import TOTAL, differences
from counterpoise.execution.reconciliation.sides import Listed, OurBook, OurOrder, VenueStatement
from tests.execution.reconciliation.history import Resting, venue_order

D = Decimal
AT = datetime(2024, 1, 3, tzinfo=UTC)


@dataclass(frozen=True)
class Figures:
    """Both sides say the same three things."""

    cash: dict[str, D]
    positions: dict[str, D]
    orders: dict[str, D] | None = None

    @property
    def ours(self) -> OurBook:
        orders = {
            name: OurOrder(symbol="SPY", side=Side.BUY, remaining=left) for name, left in (self.orders or {}).items()
        }
        return OurBook(
            base="USD", cash=self.cash, positions=self.positions, orders=None if self.orders is None else orders
        )

    @property
    def theirs(self) -> VenueStatement:
        orders = tuple(
            venue_order(Resting(name, "SPY", Side.BUY, left), AT) for name, left in (self.orders or {}).items()
        )
        return VenueStatement(
            as_of=AT, cash=self.cash, positions=self.positions, orders=None if self.orders is None else orders
        )


SAME = Figures({"USD": D(100)}, {"SPY": D(10)}, {"p1": D(4)})
AMOUNTS = st.decimals("-1000", "1000", places=2)


@pytest.mark.parametrize(
    ("theirs", "found"),
    (
        pytest.param(SAME, [], id="the same"),
        pytest.param(
            Figures({"USD": D("100.01")}, {"SPY": D(10)}, {"p1": D(4)}),
            [],
            id="cash at the tolerance",
        ),
        pytest.param(
            Figures({"USD": D("100.011")}, {"SPY": D(10)}, {"p1": D(4)}),
            [(BreakKind.CASH, "USD", D(100), D("100.011"))],
            id="cash beyond the tolerance",
        ),
        pytest.param(
            Figures({"USD": D(100), "EUR": D(5)}, {"SPY": D(10)}, {"p1": D(4)}),
            [(BreakKind.CASH, "EUR", D(0), D(5))],
            id="an asset that we do not know",
        ),
        pytest.param(
            Figures({"USD": D(100)}, {"SPY": D("10.000000001")}, {"p1": D(4)}),
            [(BreakKind.POSITION, "SPY", D(10), D("10.000000001"))],
            id="units have no tolerance",
        ),
        pytest.param(
            Figures({"USD": D(100)}, {}, {"p1": D(4)}),
            [(BreakKind.POSITION, "SPY", D(10), D(0))],
            id="a position that the venue does not have",
        ),
        pytest.param(
            Figures({"USD": D(100)}, {"SPY": D(10), "QQQ": D(0)}, {"p1": D(4), "hand": D(7)}),
            [(BreakKind.ORDER, "hand", D(0), D(7))],
            id="an order placed by hand; zero held is nothing held",
        ),
        pytest.param(Figures({"USD": D(100)}, {"SPY": D(10)}), [], id="orders not asked for"),
        pytest.param(
            Figures({}, {}, {}),
            [
                (BreakKind.CASH, "USD", D(100), D(0)),
                (BreakKind.POSITION, "SPY", D(10), D(0)),
                (BreakKind.ORDER, "p1", D(4), D(0)),
            ],
            id="all at once, cash first",
        ),
    ),
)
def test_differences_are_named(theirs: Figures, found: list[tuple[BreakKind, str, D, D]]) -> None:
    breaks = differences(SAME.ours, theirs.theirs)
    assert [(b.kind, b.subject, b.ours, b.theirs) for b in breaks] == found


def test_a_break_says_both_figures_and_their_difference() -> None:
    (found,) = differences(SAME.ours, Figures({"USD": D("90.5")}, {"SPY": D(10)}).theirs)
    assert found.detail == "ledger 100, venue 90.5, ledger minus venue 9.5"


@given(cash=st.dictionaries(st.sampled_from("ABC"), AMOUNTS), units=st.dictionaries(st.sampled_from("XYZ"), AMOUNTS))
def test_a_book_never_differs_from_itself_and_breaks_are_mirrored(cash: dict[str, D], units: dict[str, D]) -> None:
    book = Figures(cash, units)
    assert differences(book.ours, book.theirs) == ()
    there = [(b.subject, b.ours, b.theirs) for b in differences(SAME.ours, book.theirs)]
    back = [(b.subject, b.theirs, b.ours) for b in differences(book.ours, SAME.theirs)]
    assert there == back


def test_units_below_the_venue_s_step_are_not_seen() -> None:
    listed = {"SPY": Listed(quote="USD", step=D("0.001"))}
    ours = OurBook(base="USD", positions={"SPY": D("10.0009")}, listed=listed)
    assert differences(ours, VenueStatement(as_of=AT, positions={"SPY": D(10)})) == ()
    (found,) = differences(ours, VenueStatement(as_of=AT, positions={"SPY": D("9.9999")}))
    assert (found.kind, found.subject) == (BreakKind.POSITION, "SPY")


@pytest.mark.parametrize(
    ("gap", "beyond"),
    (("0.01", False), ("0.011", True)),
    ids=["worth 0.0092", "worth 0.01012"],
)
def test_the_tolerance_of_another_currency_is_counted_in_the_account_s(gap: str, beyond: bool) -> None:  # noqa: FBT001 - a row
    ours = OurBook(base="USD", cash={"EUR": D(100)}, rates={"EUR": D("0.92")})
    assert bool(differences(ours, VenueStatement(as_of=AT, cash={"EUR": D(100) + D(gap)}))) is beyond


def test_another_rate_shows_in_the_worth_of_all_cash_alone() -> None:
    ours = OurBook(base="USD", cash={"USD": D(50), "EUR": D(100)}, rates={"EUR": D("1.10")})
    same = {"USD": D(50), "EUR": D(100)}
    assert differences(ours, VenueStatement(as_of=AT, cash=same, total_cash=D(160))) == ()
    (found,) = differences(ours, VenueStatement(as_of=AT, cash=same, total_cash=D(162)))
    assert (found.subject, found.ours, found.theirs) == (TOTAL, D(160), D(162))
    more = {"USD": D(57), "EUR": D(100)}
    (found,) = differences(ours, VenueStatement(as_of=AT, cash=more, total_cash=D(167)))
    assert (found.subject, found.ours, found.theirs) == ("USD", D(50), D(57))
