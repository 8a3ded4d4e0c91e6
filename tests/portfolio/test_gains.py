"""What does an account gain for tax, by the published examples, by hand, and by the law that nothing is lost?"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.accounts import AccountKind, LotMethod
from counterpoise.domain.errors import InvalidFact
from counterpoise.domain.facts import (
    AccountConfigured,
    CashInLieu,
    FillBusted,
    FillCorrected,
    InstrumentDefined,
    LotsChosen,
    OpeningPosition,
    SpinOff,
    Split,
    SymbolChange,
)
from counterpoise.domain.facts.amendments import LotChoice
from counterpoise.domain.numbers import ONE, ZERO, exact
from counterpoise.domain.orders import PositionSide, Side
from counterpoise.ledger.disposals import Disposal, Term, long_from, totals
from counterpoise.portfolio.gains import gains
from tests.portfolio.making import D, instrument, terms
from tests.portfolio.taxed import TaxStory, told

TRUTH = {row["id"]: row for row in json.loads(Path(__file__).parents[1].joinpath("golden/truth.json").read_text())}
DAYS_OF_SALES = ("2024-06-03", "2024-07-01", "2024-07-02")
LAST = "2031-01-05 SELL {} 100"
"""Long after everything: what is still open is sold, so that its cost is seen."""


def numbers(rows: tuple[Disposal, ...], *names: str) -> list[tuple[Decimal, ...]]:
    return [tuple(getattr(row, name) for name in names) for row in rows]


# ── what is published ────────────────────────────────────────────────────────────────────────────────────

WASHES = (
    pytest.param(
        ("2024-02-10 BUY 100 25", "2024-02-19 SELL 100 22", "2024-02-26 BUY 100 22.50"), "300", ["2550"],
        id="scottrade.com, wash sale rules",
    ),
    pytest.param(
        ("2024-01-10 BUY 100 10", "2024-03-01 SELL 100 7.50", "2024-03-20 BUY 100 8"), "250", ["1050"],
        id="IRS Publication 550, wash sales, example 1",
    ),
    pytest.param(
        ("2009-09-24 BUY 100 50", "2009-12-18 BUY 50 55", "2009-12-28 BUY 25 45", "2010-01-07 SELL 100 40"), "750",
        ["3250", "1375"],
        id="IRS Publication 550, more bought than sold; 26 CFR 1.1091-1(h) example 2",
    ),
    pytest.param(
        ("1954-12-01 BUY 100 100", "1954-12-15 BUY 100 90", "1955-01-03 SELL 100 90"), "1000", ["10000"],
        id="26 CFR 1.1091-1(h) example 1",
    ),
    pytest.param(
        ("1954-09-15 BUY 100 50", "1956-02-01 SELL 100 40", "1956-02-15 BUY 50 40", "1956-02-16 BUY 50 40",
         "1956-02-17 BUY 50 40", "1956-02-18 BUY 50 40"), "1000", ["2500", "2500", "2000", "2000"],
        id="26 CFR 1.1091-1(h) example 3: the first hundred bought",
    ),
    pytest.param(
        ("1935-06-01 BUY 1 100", "1955-01-15 SELL 1 80", "1955-02-01 BUY 1 90"), "20", ["110"],
        id="26 CFR 1.1091-2(a) example 1",
    ),
    pytest.param(
        ("1935-06-01 BUY 1 100", "1955-01-15 SELL 1 80", "1955-02-01 BUY 1 70"), "20", ["90"],
        id="26 CFR 1.1091-2(a) example 2",
    ),
    pytest.param(
        ("2004-04-04 BUY 100 60", "2007-07-07 SELL 100 50", "2007-08-05 BUY 100 70"), "1000", ["8000"],
        id="costbasis.com, IBM",
    ),
    pytest.param(
        ("2014-01-10 BUY 100 52", "2014-08-25 SELL 100 48", "2014-09-15 BUY 100 50"), "400", ["5400"],
        id="form8949.moosetechsoftware.com, ABC",
    ),
    pytest.param(
        ("2024-01-01 BUY 1 100", "2024-01-01 SELL 1 110", "2024-01-02 BUY 3 100", "2024-01-02 SELL 3 90",
         "2024-01-03 BUY 1 100"), "10", ["110"],
        id="money.stackexchange.com 91884: what is gone replaces nothing",
    ),
    pytest.param(
        ("2011-03-01 BUY 200 10", "2011-03-20 SELL 100 9"), "0", ["1000"],
        id="Rev. Rul. 56-602: a lot does not replace its own units",
    ),
)  # fmt: skip


@pytest.mark.parametrize(("lines", "disallowed", "costs"), WASHES)
def test_a_wash_sale_is_the_published_one(lines: tuple[str, ...], disallowed: str, costs: list[str]) -> None:
    made = TaxStory(*lines)
    washed = made.rows
    held = made.story.book.state.holdings["paper:XYZ:1"].quantity

    made.trade(LAST.format(held))

    assert sum((row.disallowed for row in washed), ZERO) == D(disallowed)
    assert [row.cost for row in made.rows[len(washed) :]] == [D(cost) for cost in costs]


def test_the_wash_sale_of_the_table_of_truth() -> None:
    disallowed, basis = (D(text) for text in TRUTH["wash-sale-scottrade"]["expected"])
    made = TaxStory("2024-02-10 BUY 100 25", "2024-02-19 SELL 100 22", "2024-02-26 BUY 100 22.50")
    assert [(row.disallowed, row.tax_gain) for row in made.rows] == [(disallowed, ZERO)]
    assert made.gains().deferred == disallowed
    made.trade("2024-06-03 SELL 100 30")
    assert made.rows[1].cost == basis


def test_the_holding_period_of_what_replaces_goes_on_from_what_was_sold() -> None:
    """26 CFR 1.1091-1(h) example 3: the 504 days of the units that were sold count for the first hundred."""
    made = TaxStory(
        "1954-09-15 BUY 100 50", "1956-02-01 SELL 100 40", "1956-02-15 BUY 50 40", "1956-02-16 BUY 50 40",
        "1956-02-17 BUY 50 40", "1956-03-01 SELL 150 45",
    )  # fmt: skip
    washed, *later = made.rows
    assert (washed.days_held, washed.term) == (504, Term.LONG)
    assert [(row.days_held, row.term) for row in later] == [
        (504 + 15, Term.LONG),
        (504 + 14, Term.LONG),
        (13, Term.SHORT),
    ]
    assert [row.held_from for row in later] == [date(1954, 9, 29), date(1954, 9, 30), date(1956, 2, 17)]


def test_a_broker_s_example_of_two_lots() -> None:
    """firstrade.com, tax center: 150 sold at 10 of lots at 5 and 7 gain 650, 500 of them long-term."""
    rows = TaxStory("2023-01-03 BUY 100 5", "2023-12-04 BUY 100 7", "2024-03-04 SELL 150 10").rows
    assert [totals(rows, term).tax_gain for term in (Term.LONG, Term.SHORT)] == [D(500), D(150)]


def test_commissions_are_in_cost_and_proceeds_as_the_irs_counts_them() -> None:
    """IRS VITA, Capital gain workout, case 4: 1,000 for 5,100 with commission; 500 sold for 3,300 less 45."""
    (row,) = TaxStory("2014-05-01 BUY 1000 5 fee 100", "2024-02-14 SELL 500 6.60 fee 45").rows
    assert told(row) == ("2014-05-01", "2024-02-14", D(3255), D(2550), ZERO, D(705), "LONG")


# ── one story, every method, by hand ─────────────────────────────────────────────────────────────────────

COMMON = (
    "2023-01-10 BUY 100 10 fee 1 as a",
    "2023-02-10 BUY 100 14 fee 2 as b",
    "2023-03-10 BUY 100 12 fee 3 as c",
    "2024-01-11 SELL 150 20 fee 3 as sold",
    "2024-02-12 SELL 100 8 fee 1 as last",
)
# Of the first sale 20 × 100 or 50 less 2 or 1 of its fee, of the second 8 × 100 less 1, and what each lot cost.
METHODS = (
    (
        LotMethod.FIFO,
        [
            ("2023-01-10", "2024-01-11", "1998", "1001", "LONG"),
            ("2023-02-10", "2024-01-11", "999", "701", "SHORT"),
            ("2023-02-10", "2024-02-12", "399.5", "701", "LONG"),
            ("2023-03-10", "2024-02-12", "399.5", "601.5", "SHORT"),
        ],
    ),
    (
        LotMethod.LIFO,
        [
            ("2023-03-10", "2024-01-11", "1998", "1203", "SHORT"),
            ("2023-02-10", "2024-01-11", "999", "701", "SHORT"),
            ("2023-02-10", "2024-02-12", "399.5", "701", "LONG"),
            ("2023-01-10", "2024-02-12", "399.5", "500.5", "LONG"),
        ],
    ),
    (
        LotMethod.HIFO,
        [
            ("2023-02-10", "2024-01-11", "1998", "1402", "SHORT"),
            ("2023-03-10", "2024-01-11", "999", "601.5", "SHORT"),
            ("2023-03-10", "2024-02-12", "399.5", "601.5", "SHORT"),
            ("2023-01-10", "2024-02-12", "399.5", "500.5", "LONG"),
        ],
    ),
    (
        # 3,606 for 300: 12.02 each, oldest day first.
        LotMethod.AVERAGE,
        [
            ("2023-01-10", "2024-01-11", "1998", "1202", "LONG"),
            ("2023-02-10", "2024-01-11", "999", "601", "SHORT"),
            ("2023-02-10", "2024-02-12", "399.5", "601", "LONG"),
            ("2023-03-10", "2024-02-12", "399.5", "601", "SHORT"),
        ],
    ),
    (
        # Chosen: 30 of c and 20 of b for the first sale (then the oldest), for the second nothing.
        LotMethod.SPECIFIC,
        [
            ("2023-03-10", "2024-01-11", "599.4", "360.9", "SHORT"),
            ("2023-02-10", "2024-01-11", "399.6", "280.4", "SHORT"),
            ("2023-01-10", "2024-01-11", "1998", "1001", "LONG"),
            ("2023-02-10", "2024-02-12", "639.2", "1121.6", "LONG"),
            ("2023-03-10", "2024-02-12", "159.8", "240.6", "SHORT"),
        ],
    ),
)


def common(method: LotMethod | None) -> TaxStory:
    made = TaxStory(*COMMON, method=method)
    choice = tuple(
        LotChoice(lot=made.fills[name].body.fill_id, quantity=D(units)) for name, units in (("c", "30"), ("b", "20"))
    )
    made.story.tell(LotsChosen(fill_id=made.fills["sold"].body.fill_id, lots=choice))
    return made


@pytest.mark.parametrize(("method", "expected"), METHODS, ids=[str(method) for method, _ in METHODS])
@pytest.mark.parametrize("told_by", ("the account's terms", "the caller"))
def test_one_story_by_every_method(method: LotMethod, expected: list[tuple[str, ...]], told_by: str) -> None:
    made = common(method if told_by == "the account's terms" else None)
    found = made.gains(method, washes=False)

    assert [
        (str(row.acquired_on), str(row.disposed_on), row.proceeds, row.cost, str(row.term)) for row in found.disposals
    ] == [(bought, sold, D(proceeds), D(cost), term) for bought, sold, proceeds, cost, term in expected]
    if told_by == "the account's terms":
        assert sum((row.tax_gain for row in found.disposals), ZERO) == made.explained(found)


# ── days ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("bought", "short", "long"),
    (
        pytest.param("2012-09-19", "2013-09-19", "2013-09-20", id="a year and a day (J.K. Lasser 5.9)"),
        pytest.param("2015-02-28", "2016-02-29", "2016-03-01", id="leap day is within the year (fairmark.com)"),
        pytest.param("2020-02-29", "2021-02-28", "2021-03-01", id="bought on leap day"),
        pytest.param("2020-02-28", "2021-02-28", "2021-03-01", id="the year began on leap day"),
        pytest.param("2019-02-27", "2020-02-27", "2020-02-28", id="the day before"),
        pytest.param("2019-12-31", "2020-12-31", "2021-01-01", id="the last of a month (Rev. Rul. 66-7)"),
        pytest.param("2019-04-30", "2020-04-30", "2020-05-01", id="of thirty days"),
    ),
)
def test_more_than_one_year_is_long(bought: str, short: str, long: str) -> None:
    assert long_from(date.fromisoformat(bought)) == date.fromisoformat(long)
    terms = [TaxStory(f"{bought} BUY 1 10", f"{sold} SELL 1 11").rows[0].term for sold in (short, long)]
    assert terms == [Term.SHORT, Term.LONG]


def test_days_and_years_are_those_of_the_account_s_zone() -> None:
    made = TaxStory("2023-06-01 BUY 1 10", zone="America/New_York")
    made.on("2024-01-01", hour=4)
    made.story.fill("SELL", "XYZ", "1", "11")
    assert [row.disposed_on for row in made.rows] == [date(2023, 12, 31)]
    assert [len(made.gains().in_year(year)) for year in (2023, 2024)] == [1, 0]


@pytest.mark.parametrize(
    ("rebought", "disallowed"),
    (
        pytest.param("2024-03-01", "0", id="31 days before"),
        pytest.param("2024-03-02", "100", id="30 days before"),
        pytest.param("2024-04-01", "100", id="on the day"),
        pytest.param("2024-05-01", "100", id="30 days after"),
        pytest.param("2024-05-02", "0", id="31 days after"),
    ),
)
def test_the_window_is_thirty_days_before_and_after(rebought: str, disallowed: str) -> None:
    sale, again = "2024-04-01 SELL 10 40", f"{rebought} BUY 10 45"
    made = TaxStory("2023-01-03 BUY 10 50", *sorted((sale, again)))
    assert [row.disallowed for row in made.rows] == [D(disallowed)]


# ── wash sales, further ──────────────────────────────────────────────────────────────────────────────────


def test_each_bought_unit_replaces_one_sold_unit_once_in_order() -> None:
    """The earlier loss takes the first 30 of 50; the later one finds 20 of its 40."""
    made = TaxStory(
        "2023-01-03 BUY 30 50", "2023-01-05 BUY 40 60", "2024-04-01 SELL 30 40", "2024-04-02 SELL 40 40",
        "2024-04-10 BUY 50 41", "2024-12-02 SELL 50 45",
    )  # fmt: skip
    assert numbers(made.rows, "quantity", "cost", "disallowed") == [
        (D(30), D(1500), D(300)),
        (D(40), D(2400), D(400)),
        (D(30), D(30 * 41 + 300), ZERO),
        (D(20), D(20 * 41 + 400), ZERO),
    ]


@pytest.mark.parametrize("bought", ("2024-03-20", "2024-04-10"))
def test_units_of_one_lot_that_take_over_the_same_day_share_evenly_what_they_carry(bought: str) -> None:
    sales = ("2024-04-01 SELL 30 40", "2024-04-02 SELL 40 40")
    made = TaxStory(
        "2023-01-03 BUY 30 50", "2023-01-04 BUY 40 60", *sorted((*sales, f"{bought} BUY 50 41")),
        "2024-12-02 SELL 25 45", "2024-12-02 SELL 25 45",
    )  # fmt: skip
    assert numbers(made.rows[2:], "quantity", "carried") == [(D(25), D(350)), (D(25), D(350))]


def test_a_pool_that_becomes_lots_again_shares_evenly_what_it_carries() -> None:
    made = TaxStory(
        "2024-01-02 BUY 10 50", "2024-02-01 SELL 10 40", "2024-02-05 BUY 10 42", "2024-04-01 BUY 20 42",
        "2024-06-03 SELL 6 60", method=LotMethod.AVERAGE,
    )  # fmt: skip
    made.on("2024-06-10")
    made.story.tell(AccountConfigured(terms=terms(AccountKind.CASH, method=LotMethod.FIFO), reason="lots"))
    made.trade("2024-07-01 SELL 12 60")
    made.trade("2024-07-02 SELL 12 60")
    sums = [sum((row.carried for row in made.rows if str(row.disposed_on) == day), ZERO) for day in DAYS_OF_SALES]
    assert sums == [D(20), D(40), D(40)]


def test_what_has_replaced_one_loss_replaces_no_other() -> None:
    made = TaxStory(
        "2023-01-03 BUY 10 50", "2023-01-04 BUY 10 50", "2024-04-01 SELL 10 40", "2024-04-10 BUY 10 41",
        "2024-04-20 SELL 10 40",
    )  # fmt: skip
    assert numbers(made.rows, "gain", "disallowed") == [(D(-100), D(100)), (D(-100), ZERO)]


def test_a_loss_that_was_washed_is_washed_again_with_what_it_carries() -> None:
    made = TaxStory(
        "2024-01-02 BUY 10 50", "2024-02-01 SELL 10 40", "2024-02-05 BUY 10 42", "2024-03-01 SELL 10 41",
        "2024-03-05 BUY 10 40", "2024-09-02 SELL 10 70",
    )  # fmt: skip
    assert numbers(made.rows, "gain", "disallowed", "carried") == [
        (D(-100), D(100), ZERO),
        (D(-110), D(110), D(100)),
        (D(190), ZERO, D(110)),
    ]
    assert made.rows[2].days_held == 30 + 25 + 181
    assert sum((row.tax_gain for row in made.rows), ZERO) == D(190)


def test_an_odd_part_of_a_loss_is_disallowed_to_the_last_digit() -> None:
    made = TaxStory("2023-01-03 BUY 7 50", "2024-04-01 SELL 7 49.9", "2024-04-02 BUY 3 41", "2024-04-03 BUY 4 41")
    assert [row.disallowed for row in made.rows] == [D("0.7")]
    assert made.gains().deferred == D("0.7")


def test_gains_are_never_washed_and_the_rule_can_be_left_out() -> None:
    lines = ("2024-01-02 BUY 10 50", "2024-02-01 SELL 10 60", "2024-02-05 BUY 10 42")
    assert [row.disallowed for row in TaxStory(*lines).rows] == [ZERO]
    made = TaxStory("2024-01-02 BUY 10 50", "2024-02-01 SELL 10 40", "2024-02-05 BUY 10 42")
    assert [row.disallowed for row in made.gains(washes=False).disposals] == [ZERO]


def test_a_pooled_replacement_raises_the_cost_of_the_whole_pool() -> None:
    made = TaxStory(
        "2024-01-02 BUY 10 50", "2024-02-01 SELL 10 40", "2024-02-05 BUY 10 42", "2024-04-01 BUY 10 44",
        "2024-06-03 SELL 5 60", method=LotMethod.AVERAGE,
    )  # fmt: skip
    assert made.rows[1].cost == D(5 * 43 + 25)  # 100 carried by 20 units
    assert made.gains().deferred == D(75)


def test_the_fills_of_one_order_are_one_purchase_and_do_not_replace_each_other() -> None:
    """firstrade.com, tax center: all that is bought in a single transaction is one lot."""
    one = TaxStory("2011-03-01 BUY 100 10 order o", "2011-03-01 BUY 100 11 order o", "2011-03-20 SELL 100 9")
    two = TaxStory("2011-03-01 BUY 100 10 order o", "2011-03-01 BUY 100 11 order p", "2011-03-20 SELL 100 9")
    assert [row.disallowed for made in (one, two) for row in made.rows] == [ZERO, D(100)]


def test_what_is_left_of_a_lot_is_replaced_by_another_lot() -> None:
    """LIFO sells the new lot at a loss: the old one, bought within 30 days too, replaces it; by the letter of 1091."""
    made = TaxStory("2011-01-03 BUY 100 10", "2011-01-18 BUY 100 12", "2011-01-31 SELL 100 9", method=LotMethod.LIFO)
    assert [row.disallowed for row in made.rows] == [D(300)]


# ── short sales ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_short_sale_is_disposed_of_when_it_is_closed() -> None:
    made = TaxStory("2022-12-01 SELL 10 50 fee 2", "2024-02-01 BUY 10 40 fee 1", kind=AccountKind.MARGIN)
    (row,) = made.rows
    assert told(row) == ("2024-02-01", "2024-02-01", D(498), D(401), ZERO, D(97), "SHORT")
    assert (row.side, row.opened_on, row.days_held) == (PositionSide.SHORT, date(2022, 12, 1), 0)


def test_a_loss_on_a_short_sale_is_washed_by_another_short_sale_and_not_by_a_purchase() -> None:
    lost = ("2024-01-02 SELL 10 50", "2024-02-01 BUY 10 60")
    again = TaxStory(*lost, "2024-02-10 SELL 10 62", "2024-06-03 BUY 10 70", kind=AccountKind.MARGIN)
    bought = TaxStory(*lost, "2024-02-10 BUY 10 62", "2024-06-03 SELL 10 70", kind=AccountKind.MARGIN)
    assert numbers(again.rows, "gain", "disallowed") == [(D(-100), D(100)), (D(-180), ZERO)]
    assert numbers(bought.rows, "gain", "disallowed") == [(D(-100), ZERO), (D(80), ZERO)]


def test_a_flip_closes_with_its_share_of_the_fee_and_opens_the_rest() -> None:
    made = TaxStory(
        "2024-01-02 BUY 10 50 fee 1", "2024-02-01 SELL 15 60 fee 3", "2024-03-01 BUY 5 55", kind=AccountKind.MARGIN
    )
    assert numbers(made.rows, "quantity", "proceeds", "cost") == [(D(10), D(598), D(501)), (D(5), D(299), D(275))]


# ── what happens to lots ─────────────────────────────────────────────────────────────────────────────────


def test_a_split_changes_units_and_neither_cost_nor_days() -> None:
    made = TaxStory("2023-01-03 BUY 10 50 fee 1")
    made.tell("2023-06-01", Split(numerator=D(3), denominator=D(2)))
    made.trade("2024-01-04 SELL 15 40")
    (row,) = made.rows
    assert (row.quantity, row.cost, row.days_held, row.term) == (D(15), D(501), 366, Term.LONG)


def test_a_split_between_a_loss_and_its_replacement_counts_units_of_after() -> None:
    made = TaxStory("2023-01-03 BUY 10 50", "2024-04-01 SELL 10 40")
    made.tell("2024-04-05", Split(numerator=D(2)))
    made.trade("2024-04-10 BUY 10 21")
    assert [row.disallowed for row in made.rows] == [D(50)]  # 10 of 20


def test_cash_in_lieu_is_a_disposal() -> None:
    made = TaxStory("2023-01-03 BUY 3 30")
    made.tell("2023-06-01", Split(numerator=D(1), denominator=D(2)))
    made.tell("2023-06-02", CashInLieu(quantity=D("0.5"), amount=D(35), asset="USD"))
    (row,) = made.rows
    assert told(row) == ("2023-01-03", "2023-06-02", D(35), D(30), ZERO, D(5), "SHORT")


def test_a_spun_off_child_has_its_part_of_the_cost_and_the_parent_s_days() -> None:
    made = TaxStory("2022-01-03 BUY 100 30 fee 1", "2022-09-01 BUY 50 40")
    made.tell("2023-01-02", SpinOff(child="paper:KID:1", quantity=D(30), cost_fraction=D("0.2")))
    made.trade("2023-02-01 SELL 30 50", "KID")
    made.trade("2023-02-01 SELL 150 30")
    assert [(str(row.opened_on), row.quantity, row.cost, str(row.term)) for row in made.rows] == [
        ("2022-01-03", D(20), D("600.2"), "LONG"),
        ("2022-09-01", D(10), D(400), "SHORT"),
        ("2022-01-03", D(100), D("2400.8"), "LONG"),
        ("2022-09-01", D(50), D(1600), "SHORT"),
    ]
    assert {row.instrument for row in made.rows[:2]} == {"paper:KID:1"}


def test_units_that_came_by_a_spin_off_replace_nothing_and_a_carried_loss_is_shared_with_them() -> None:
    made = TaxStory("2024-01-02 BUY 10 50", "2024-02-01 SELL 10 40", "2024-02-05 BUY 10 42")
    made.tell("2024-03-01", SpinOff(child="paper:KID:1", quantity=D(10), cost_fraction=D("0.25")))
    made.trade("2024-09-02 SELL 10 20", "KID")
    made.trade("2024-09-02 SELL 10 20")
    assert numbers(made.rows[1:], "cost", "carried") == [(D(130), D(25)), (D(390), D(75))]


def test_what_was_spun_off_replaces_no_loss_of_the_child() -> None:
    made = TaxStory("2024-04-01 BUY 10 50")
    made.trade("2023-01-03 BUY 5 20", "KID")
    made.tell("2024-04-02", SpinOff(child="paper:KID:1", quantity=D(10), cost_fraction=D("0.25")))
    made.trade("2024-04-10 SELL 5 15", "KID")
    assert numbers(made.rows, "gain", "disallowed") == [(D(-25), ZERO)]


def test_a_child_of_what_was_never_bought_takes_no_proceeds_along() -> None:
    made = TaxStory("2024-04-01 SELL 10 50")
    made.tell("2024-04-02", SpinOff(child="paper:KID:1", quantity=D(-10), cost_fraction=D("0.25")))
    assert numbers(made.rows, "quantity", "proceeds") == [(D(10), D(500)), (D(10), ZERO)]


def test_the_same_child_twice_keeps_two_lots_of_one_purchase() -> None:
    made = TaxStory("2022-01-03 BUY 10 100 as bought", method=LotMethod.SPECIFIC)
    made.trade("2021-01-04 BUY 5 7", "KID")
    for day in ("2023-01-02", "2023-01-03"):
        made.tell(day, SpinOff(child="paper:KID:1", quantity=D(1), cost_fraction=D("0.1")))
    sold = made.trade("2023-02-01 SELL 2 500", "KID")
    chosen = (LotChoice(lot=made.fills["bought"].body.fill_id, quantity=D(2)),)
    made.story.tell(LotsChosen(fill_id=sold.body.fill_id, lots=chosen))
    assert [row.cost for row in made.rows] == [D(100), D(90)]


def test_a_pool_gives_up_its_oldest_days_first_also_those_that_came_by_a_spin_off() -> None:
    made = TaxStory("2022-01-03 BUY 10 100", method=LotMethod.AVERAGE)
    made.trade("2021-01-04 BUY 1 10", "KID")
    made.trade("2023-01-03 BUY 1 30", "KID")
    made.tell("2023-02-01", SpinOff(child="paper:KID:1", quantity=D(1), cost_fraction=D("0.05")))
    made.trade("2023-03-01 SELL 2 50", "KID")
    assert [(str(row.opened_on), row.cost) for row in made.rows] == [("2021-01-04", D(30)), ("2022-01-03", D(30))]


def test_another_symbol_is_the_same_thing() -> None:
    made = TaxStory("2022-01-03 BUY 10 100")
    made.tell("2022-06-01", SymbolChange(symbol="ABC"))
    made.on("2023-06-01")
    made.story.fill("SELL", "XYZ", "10", "110")  # the identity stays
    assert [(row.instrument, row.term) for row in made.rows] == [("paper:XYZ:1", Term.LONG)]


def test_an_adopted_position_is_held_from_its_adoption_and_replaces_nothing() -> None:
    made = TaxStory("2023-01-03 BUY 10 50", "2024-04-01 SELL 10 40")
    made.tell("2024-04-02", OpeningPosition(quantity=D(10), unit_price=D(41)))
    made.trade("2024-06-03 SELL 10 45")
    assert numbers(made.rows, "cost", "disallowed") == [(D(500), ZERO), (D(410), ZERO)]
    assert made.rows[1].opened_on == date(2024, 4, 2)


def test_what_was_never_bought_has_no_cost_until_its_purchase_is_heard_of() -> None:
    made = TaxStory("2024-04-01 SELL 10 40 fee 1")
    found = made.gains()
    (row,) = found.disposals
    assert (row.acquired_on, row.proceeds, row.cost, row.term) == (None, D(399), ZERO, Term.SHORT)
    assert row.tax_gain == made.explained(found)
    made.trade("2024-04-03 BUY 4 30")
    found = made.gains()
    # Ordered by the day of disposal: the units that are still missing were sold first.
    assert numbers(found.disposals, "quantity", "proceeds", "cost") == [
        (D(6), D("239.4"), ZERO),
        (D(4), D("159.6"), D(120)),
    ]
    assert sum((row.tax_gain for row in found.disposals), ZERO) == made.explained(found)


def test_a_bust_and_a_correction_hold_from_the_fill_s_own_place() -> None:
    made = TaxStory("2023-01-03 BUY 10 50 as a", "2023-01-04 BUY 10 60 as b", "2024-02-01 SELL 10 70")
    made.story.tell(FillBusted(fill_id=made.fills["a"].body.fill_id, reason="never was"))
    said = FillCorrected(
        fill_id=made.fills["b"].body.fill_id, side=Side.BUY, quantity=D(10), price=D(61), fee=D(2), fee_asset="USD",
        reason="price",
    )  # fmt: skip
    made.story.tell(said)
    assert [told(row) for row in made.rows] == [("2023-01-04", "2024-02-01", D(700), D(612), ZERO, D(88), "LONG")]


@pytest.mark.parametrize("method", LotMethod)
def test_the_order_in_which_facts_are_heard_of_changes_nothing(method: LotMethod) -> None:
    made = common(method)
    assert gains(made.story.book.state, reversed(made.story.facts)) == made.gains()


# ── currencies ───────────────────────────────────────────────────────────────────────────────────────────


def test_cost_and_proceeds_are_at_the_rate_of_their_own_day() -> None:
    made = TaxStory()
    made.story.tell(InstrumentDefined(instrument=instrument("SAP", "EUR")))
    made.on("2023-01-02")
    made.story.rate("EUR", "1.10")
    made.trade("2023-01-03 BUY 10 100 fee 2", "SAP")
    made.on("2024-02-01")
    made.story.rate("EUR", "1.20")
    made.trade("2024-02-02 SELL 10 105", "SAP")
    (row,) = made.rows
    assert (row.proceeds, row.cost, row.currency_gain) == (D(1260), D(1102), D(100))
    found = made.gains()
    assert row.tax_gain - row.currency_gain == made.explained(found)


def test_a_currency_without_a_rate_is_an_error_that_names_it() -> None:
    made = TaxStory()
    made.story.tell(InstrumentDefined(instrument=instrument("SAP", "EUR")))
    made.trade("2023-01-03 BUY 10 100", "SAP")
    with pytest.raises(InvalidFact, match="rate: EUR was refused: a rate to USD stated before the trade of 2023-01-03"):
        made.gains()


# ── the law ──────────────────────────────────────────────────────────────────────────────────────────────

UNITS = st.decimals("0.001", "20", places=3)
PRICES = st.decimals("1", "99", places=2)
FEES = st.decimals("-0.5", "3", places=2)
TRADES = st.tuples(st.just("trade"), st.booleans(), UNITS, PRICES, FEES)
SPLITS = st.tuples(st.just("split"), st.sampled_from(((2, 1), (3, 2), (1, 2), (1, 3), (7, 3))))
SPIN_OFFS = st.tuples(st.just("spin-off"), st.decimals("0.1", "5", places=1), st.decimals("0", "1", places=2))
LIEUS = st.tuples(st.just("lieu"), st.decimals("0.001", "0.9", places=3), PRICES)
CHOICES = st.tuples(st.just("choice"), st.integers(0, 9), UNITS)
STEPS = st.lists(
    st.tuples(st.integers(0, 40), st.one_of(TRADES, TRADES, TRADES, SPLITS, SPIN_OFFS, LIEUS, CHOICES)),
    min_size=2,
    max_size=14,
)


def tell(made: TaxStory, step: tuple[object, ...]) -> None:
    """One drawn step; what the book refuses did not happen."""
    story, (kind, *parts) = made.story, step
    held = story.book.state.holdings.get("paper:XYZ:1")
    if kind == "trade":
        buys, quantity, price, fee = parts
        fact = story.fill("BUY" if buys else "SELL", "XYZ", str(quantity), str(price), str(fee))
        made.fills[str(len(made.fills))] = fact
    elif kind == "split":
        ratio = parts[0]
        assert isinstance(ratio, tuple)
        story.tell(Split(numerator=D(ratio[0]), denominator=D(ratio[1])), "XYZ")
    elif kind == "spin-off" and held is not None and held.quantity:
        quantity, fraction = parts
        sign = ONE if held.quantity > ZERO else -ONE
        story.tell(SpinOff(child="paper:KID:1", quantity=sign * quantity, cost_fraction=fraction), "XYZ")  # type: ignore[operator,arg-type]
    elif kind == "lieu":
        quantity, amount = parts
        story.tell(CashInLieu(quantity=quantity, amount=amount, asset="USD"), "XYZ")  # type: ignore[arg-type]
    elif kind == "choice" and made.fills:
        number, quantity = parts
        sold = list(made.fills.values())[-1].body.fill_id
        lot = list(made.fills.values())[number % len(made.fills)].body.fill_id  # type: ignore[operator]
        story.tell(LotsChosen(fill_id=sold, lots=(LotChoice(lot=lot, quantity=quantity),)))  # type: ignore[arg-type]


@given(
    steps=STEPS,
    method=st.sampled_from(LotMethod),
    kind=st.sampled_from(AccountKind),
    child=st.lists(st.tuples(st.booleans(), UNITS, PRICES), max_size=2),
)
def test_gains_with_what_is_put_off_are_the_realised_p_l_less_the_fees_of_what_was_closed(
    steps: list[tuple[int, tuple[object, ...]]],
    method: LotMethod,
    kind: AccountKind,
    child: list[tuple[bool, Decimal, Decimal]],
) -> None:
    with exact():
        made = TaxStory(kind=kind, method=method)
        for days, step in steps:
            made.story.later(days=days)
            tell(made, step)
        for buys, quantity, price in child:
            made.story.fill("BUY" if buys else "SELL", "KID", str(quantity), str(price))
        for washes in (True, False):
            found = made.gains(washes=washes)
            assert sum((row.tax_gain for row in found.disposals), ZERO) == made.explained(found)
            assert all(ZERO <= row.disallowed <= max(-row.gain, ZERO) for row in found.disposals)
            assert all(row.quantity > ZERO for row in found.disposals)
        assert not found.deferred


@given(steps=STEPS, method=st.sampled_from(LotMethod), kind=st.sampled_from(AccountKind))
def test_once_all_is_sold_wash_sales_have_moved_losses_and_changed_no_sum(
    steps: list[tuple[int, tuple[object, ...]]], method: LotMethod, kind: AccountKind
) -> None:
    with exact():
        made = TaxStory(kind=kind, method=method)
        for days, step in steps:
            made.story.later(days=days)
            tell(made, step)
        made.story.later(days=400)
        for symbol in ("XYZ", "KID"):
            held = made.story.book.state.holdings.get(f"paper:{symbol}:1")
            if held is not None and held.quantity:
                side = "SELL" if held.quantity > ZERO else "BUY"
                made.story.fill(side, symbol, str(abs(held.quantity)), "33")
        washed, plain = made.gains(), made.gains(washes=False)
        assert washed.deferred == ZERO
        assert sum((row.tax_gain for row in washed.disposals), ZERO) == sum(
            (row.tax_gain for row in plain.disposals), ZERO
        )
