"""Does every error say who must act, in one short line?"""

from __future__ import annotations

import inspect
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain import errors
from counterpoise.domain.errors import (
    CounterpoiseError,
    DataFolderInUse,
    DuplicateFact,
    InvalidFact,
    InvalidInput,
    JournalCorrupt,
    NotApproved,
    Party,
    PortfolioError,
)

KINDS = [
    pytest.param(kind, id=name)
    for name, kind in vars(errors).items()
    if inspect.isclass(kind) and issubclass(kind, Exception) and kind.__module__ == errors.__name__
]

WHO = {
    Party.CALLER: {"InvalidInput", "InvalidFact", "PortfolioError", "PolicyRefused", "LimitsConflict"},
    Party.OPERATOR: {
        *("UnknownKind", "ConfigurationError", "DataFolderInUse"),
        *("JournalRefused", "JournalBroken", "JournalCorrupt"),
    },
    Party.VENUE: {"OrderRejected", "OutcomeUnknown", "VenueUnavailable"},
    Party.US: {"CounterpoiseError", "IllegalTransition", "NotApproved", "StaleWriter", "DuplicateFact"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_ours_and_names_who_must_act(kind: type[CounterpoiseError]) -> None:
    assert issubclass(kind, CounterpoiseError)
    assert kind.__name__ in WHO[kind.who_must_act]
    assert kind.__doc__


@given(st.text() | st.decimals() | st.integers() | st.lists(st.text()) | st.none())
def test_a_refused_value_is_shown_in_at_most_80_characters_on_one_line(value: object) -> None:
    error = InvalidInput("field", value, "a rule")
    assert len(error.value) <= 80
    assert error.value.isascii()
    assert error.value.isprintable()
    assert str(error) == f"field: {error.value} was refused: a rule"


@pytest.mark.parametrize(
    ("value", "shown"),
    (
        pytest.param("x" * 77, "x" * 77, id="as long as it may be"),
        pytest.param("x" * 78, "x" * 77 + "...", id="one longer"),
        pytest.param("a\nb\x1b[31m", r"a\nb\x1b[31m", id="control characters"),
        pytest.param("\n" * 78, r"\n" * 38 + "\\...", id="control characters that grow when they are written out"),
        pytest.param(Decimal("1.50"), "Decimal('1.50')", id="a number"),
        pytest.param(None, "None", id="nothing"),
    ),
)
def test_a_refused_value_is_cut_and_written_out(value: object, shown: str) -> None:
    assert InvalidInput("f", value, "r").value == shown


def test_a_portfolio_error_always_has_its_context_or_says_what_is_missing() -> None:
    whole = {"module": "m", "operation": "o", "correlation_id": "c", "symbol": "SPY"}
    error = PortfolioError("No.", whole)
    whole["module"] = "changed later"
    assert (str(error), error.message, dict(error.context)["module"]) == ("No.", "No.", "m")
    assert str(PortfolioError("No.", {"module": "m"})) == "No. (context lacks operation, correlation_id)"


def test_errors_carry_what_the_next_step_needs() -> None:
    assert DuplicateFact("main", "Fill:x").fact_id == "Fill:x"
    assert JournalCorrupt("bad", 7).sequence == 7
    assert JournalCorrupt("bad").sequence is None
    assert issubclass(InvalidFact, InvalidInput)
    assert issubclass(NotApproved, ValueError)
    assert DataFolderInUse.who_must_act is Party.OPERATOR
