"""Can a value that is no number pass the gate by failing a comparison?"""

from __future__ import annotations

from decimal import Decimal

import pytest

from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.limits import TRADER
from counterpoise.risk.gate import Listing
from tests.risk.books import D, book, candidate, changed, judged, order, position, reasons

NO_NUMBERS = (
    pytest.param(Decimal("NaN"), id="NaN"),
    pytest.param(Decimal("sNaN"), id="sNaN"),
    pytest.param(Decimal("Infinity"), id="infinity"),
    pytest.param(Decimal("-Infinity"), id="minus infinity"),
    pytest.param(True, id="a bool"),
    pytest.param(1.0, id="a float"),
    pytest.param("1", id="a text"),
)
NEGATIVE = pytest.param(Decimal(-1), id="negative")
MISSING = pytest.param(None, id="missing")
AMOUNTS = ("confidence", "size", "margin_required", "risk_amount")
SCORES = ("stability_score", "cost_score", "recent_performance")
CANDIDATE_CASES = [
    pytest.param(field, case.values[0], id=f"{field} {case.id}")
    for field in (*AMOUNTS, *SCORES, "price")
    for case in (
        *NO_NUMBERS,
        *((NEGATIVE,) if field not in SCORES else ()),
        *((MISSING,) if field != "price" else ()),
    )
]


@pytest.mark.parametrize(("field", "value"), CANDIDATE_CASES)
def test_what_is_no_number_is_bad_input_and_never_passes_a_comparison(field: str, value: object) -> None:
    verdict = judged(book(), changed(candidate(), field, value), limits=TRADER)[0]
    assert reasons(verdict) == ["BAD_INPUT"]
    assert verdict.detail.startswith(field)


@pytest.mark.parametrize("value", (*NO_NUMBERS, NEGATIVE, MISSING))
@pytest.mark.parametrize("field", ("size", "current_price", "leverage", "risk_amount", "margin"))
def test_a_position_that_is_no_number_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(InvalidInput, match=rf"positions\[0\].{field}"):
        book(changed(position(), field, value))


@pytest.mark.parametrize("value", NO_NUMBERS)
@pytest.mark.parametrize("field", ("equity", "equity_low", "cash", "free_margin", "used_margin"))
def test_a_book_that_is_no_number_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(InvalidInput, match=field):
        changed(book(), field, value)


@pytest.mark.parametrize(
    ("field", "value"),
    (
        pytest.param("size", D(0), id="no size"),
        pytest.param("price", D(0), id="a price of zero"),
        pytest.param("confidence", D("1.01"), id="more than certain"),
        pytest.param("symbol", "a b", id="no symbol"),
        pytest.param("action", "HOLD", id="no side"),
        pytest.param("category", "GOOD", id="no category"),
        pytest.param("reduce_only", "no", id="no yes or no"),
    ),
)
def test_a_bad_candidate_is_dropped_and_the_others_are_judged(field: str, value: object) -> None:
    verdicts = judged(book(), changed(candidate(), field, value), candidate("BTC"))
    assert [verdict.reason for verdict in verdicts] == ["BAD_INPUT", "APPROVED"]


@pytest.mark.parametrize("value", (*NO_NUMBERS, NEGATIVE))
@pytest.mark.parametrize("field", ("remaining", "worst_price", "mark", "leverage", "risk_amount"))
def test_an_open_order_that_is_no_number_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(InvalidInput, match=rf"open_orders\[0\].{field}"):
        book(open_orders=(changed(order(), field, value),))


@pytest.mark.parametrize("value", (*NO_NUMBERS, NEGATIVE, MISSING))
@pytest.mark.parametrize("field", ("multiplier", "fx_rate", "leverage", "lot"))
def test_a_listing_that_would_make_exposure_vanish_is_refused(field: str, value: object) -> None:
    with pytest.raises(InvalidInput, match=f"listing.{field}"):
        Listing(**{field: value})  # type: ignore[arg-type]


def test_a_bad_candidate_keeps_the_score_that_it_can_have() -> None:
    scores = [verdict.priority_score for verdict in judged(book(), changed(candidate(), "size", D(0)))]
    assert scores == [D(110)]
    assert judged(book(), changed(candidate(), "confidence", D(2)))[0].priority_score == D(0)
