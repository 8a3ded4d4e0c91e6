"""Is every published figure of P&L and lots reproduced, by the lots, by the whole book and by the tax view?"""

from __future__ import annotations

import ast
import json
from decimal import Decimal
from pathlib import Path

import pytest

from counterpoise.domain.accounts import AccountKind, LotMethod
from counterpoise.domain.numbers import ZERO, divide_half_even_18
from tests.portfolio.making import D, Story
from tests.portfolio.taxed import TaxStory

TESTS = Path(__file__).parents[1]
TRUTH = {row["id"]: row for row in json.loads((TESTS / "golden/truth.json").read_text())}
AREAS = ("pnl", "lots")
LOTS = "ledger/test_lots.py"

PROOFS = {
    "trading-technologies-avg": (
        f"{LOTS}::test_average_entry_price_and_profit_are_the_published_ones",
        "portfolio/test_truth.py::test_a_futures_account_has_the_published_entry_prices",
    ),
    "trading-technologies-gross": (
        f"{LOTS}::test_average_entry_price_and_profit_are_the_published_ones",
        "portfolio/test_truth.py::test_a_futures_account_has_the_published_profit_and_so_has_its_tax_view",
    ),
    "rotki-acb-11-steps": (
        f"{LOTS}::test_average_cost_over_eleven_trades_is_the_published_one_and_what_was_never_bought_is_all_profit",
        "portfolio/test_truth.py::test_the_book_and_its_tax_view_gain_at_average_cost_what_is_published",
    ),
    "beancount-hifo": (
        f"{LOTS}::test_highest_cost_first_closes_as_published",
        "portfolio/test_truth.py::test_the_tax_view_closes_highest_cost_first_as_published",
    ),
    "beancount-fifo-overflow": (f"{LOTS}::test_closing_more_than_is_open_is_an_error_and_no_negative_lot",),
    "wash-sale-scottrade": ("portfolio/test_gains.py::test_the_wash_sale_of_the_table_of_truth",),
}
"""Id of a figure → the tests that reproduce it."""


def source_of(proof: str) -> str:
    """The text of a test function, or nothing when there is none of that name."""
    path, name = proof.split("::")
    text = (TESTS / path).read_text(encoding="utf-8")
    found = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == name]
    return "".join(ast.get_source_segment(text, node) or "" for node in found)


def test_every_published_figure_of_these_areas_has_its_proofs() -> None:
    assert sorted(PROOFS) == sorted(row["id"] for row in TRUTH.values() if row["area"] in AREAS)


@pytest.mark.parametrize(
    ("figure", "proof"), [pytest.param(figure, proof, id=proof) for figure, all_ in PROOFS.items() for proof in all_]
)
def test_a_proof_reads_its_figure(figure: str, proof: str) -> None:
    assert f'TRUTH["{figure}"]' in source_of(proof)


def test_a_proof_that_is_not_there_is_noticed() -> None:
    assert source_of("portfolio/test_truth.py::test_of_nothing") == ""


def futures(inputs: list[list[str]]) -> tuple[list[Decimal], list[Decimal], TaxStory]:
    """Entry price and realised P&L after each fill of a FUTURES account."""
    made, entries, realised = TaxStory(kind=AccountKind.FUTURES), list[Decimal](), list[Decimal]()
    for quantity, price in inputs:
        made.story.later(days=1)
        made.story.fill("SELL" if quantity.startswith("-") else "BUY", "XYZ", quantity.lstrip("-"), price)
        held = made.story.book.state.holdings["paper:XYZ:1"]
        entries.append(divide_half_even_18(held.cost, held.quantity))
        realised.append(made.story.book.state.results.realised_total)
    return entries, realised, made


def test_a_futures_account_has_the_published_entry_prices() -> None:
    row = TRUTH["trading-technologies-avg"]
    entries, _, _ = futures(row["inputs"])
    found = (entries[1], entries[4])
    assert all(abs(one - D(text)) < D(row["tolerance"]) for one, text in zip(found, row["expected"], strict=True))


def test_a_futures_account_has_the_published_profit_and_so_has_its_tax_view() -> None:
    row = TRUTH["trading-technologies-gross"]
    _, realised, made = futures(row["inputs"])
    gained = [disposal.tax_gain for disposal in made.gains(washes=False).disposals]
    assert sum(gained, ZERO) == realised[3]
    found = (realised[2], realised[3])
    assert all(abs(one - D(text)) < D(row["tolerance"]) for one, text in zip(found, row["expected"], strict=True))


def test_the_book_and_its_tax_view_gain_at_average_cost_what_is_published() -> None:
    row = TRUTH["rotki-acb-11-steps"]
    made, sales, realised = TaxStory(method=LotMethod.AVERAGE), list[str](), list[Decimal]()
    story: Story = made.story
    for side, quantity, price in row["inputs"]:
        story.later(days=1)
        before = story.book.state.results.realised_total
        fact = story.fill("BUY" if side == "B" else "SELL", "XYZ", quantity, price)
        if side == "S":
            sales.append(fact.body.fill_id)
            realised.append(story.book.state.results.realised_total - before)
    expected = [D(text) for text in row["expected"]]

    found = made.gains(washes=False).disposals

    assert realised == expected
    assert [sum((one.tax_gain for one in found if one.closed_by == sale), ZERO) for sale in sales] == expected
    assert [(one.quantity, one.cost) for one in found if one.acquired_on is None] == [
        (D("0.1"), ZERO),
        (D("0.5"), ZERO),
    ]


def test_the_tax_view_closes_highest_cost_first_as_published() -> None:
    made = TaxStory(
        "2024-01-02 BUY 50 115", "2024-01-03 BUY 50 116", "2024-01-04 BUY 50 114", "2024-02-01 SELL 40 120",
        "2024-02-02 SELL 35 120", "2024-02-05 SELL 30 120", method=LotMethod.HIFO,
    )  # fmt: skip
    left = made.story.book.state.holdings["paper:XYZ:1"].lots
    pairs = [*((one.quantity, one.cost) for one in made.rows), *((one.quantity, one.cost) for one in left)]
    found = [figure for units, cost in pairs for figure in (units, divide_half_even_18(cost, units))]
    assert found == [D(text) for text in TRUTH["beancount-hifo"]["expected"]]
