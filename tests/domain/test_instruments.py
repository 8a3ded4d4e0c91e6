"""Is what no venue could list refused?"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.errors import InvalidFact, InvalidInput
from counterpoise.domain.instruments import Instrument, check_symbol, instrument_id, read_symbol
from counterpoise.domain.numbers import QUANTITY_STEP

D = Decimal
SPY = Instrument(instrument_id="paper:SPY:1", symbol="SPY", venue="paper", quote="USD")
NO_STEP = [pytest.param(D(text), id=text) for text in ("0", "-1", "NaN", "sNaN", "Infinity", "-Infinity")]


@pytest.mark.parametrize("value", NO_STEP)
@pytest.mark.parametrize("name", ("multiplier", "lot", "tick"))
def test_steps_and_multipliers_are_finite_and_above_zero(name: str, value: Decimal) -> None:
    with pytest.raises(InvalidFact) as caught:
        replace(SPY, **{name: value})  # type: ignore[arg-type]
    assert caught.value.field == name


def test_a_venue_may_state_no_tick() -> None:
    assert SPY.tick is None
    assert replace(SPY, tick=D("0.01")).tick == D("0.01")
    assert SPY.lot == QUANTITY_STEP


@given(st.from_regex(r"[A-Z0-9._/:-]{1,32}", fullmatch=True))
def test_a_symbol_of_the_rule_is_itself_and_is_typed_in_any_case(symbol: str) -> None:
    assert check_symbol(symbol, "symbol") == symbol
    assert read_symbol(f"  {symbol.lower()}\n", "symbol") == symbol


@pytest.mark.parametrize(
    "symbol", ("", "spy", "SPY ", "SPY\n", "A" * 33, "S&P", "\uff33\uff30\uff39", "SPY;DROP", "ß", "É")
)
def test_any_other_symbol_is_refused_with_its_field(symbol: str) -> None:
    with pytest.raises(InvalidInput, match=r"targets\[0\]"):
        check_symbol(symbol, "targets[0]")
    with pytest.raises(InvalidInput):
        replace(SPY, symbol=symbol)


@pytest.mark.parametrize("typed", ("", "  ", "A" * 33, "s&p", "é"))
def test_what_is_no_symbol_when_written_in_capitals_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput, match="1 to 32 of"):
        read_symbol(typed, "symbol")


def test_an_identity_names_venue_symbol_and_generation() -> None:
    assert instrument_id("paper", "SPY") == "paper:SPY:1"
    assert instrument_id("paper", "SPY", 2) != instrument_id("paper", "SPY")
