"""Are ages what was heard, on the machine's clock, and stale strictly beyond their bound?"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from counterpoise.control.pulse import COMPARED_FRESH, STALE_AFTER, VENUE_SILENT_AFTER, Pulse
from counterpoise.messages.overview import Trust
from tests.control.making import START

SPY, QQQ = "paper:SPY:1", "paper:QQQ:1"
MICRO = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("age", "stale", "fresh"),
    (
        pytest.param(timedelta(0), False, 1, id="now"),
        pytest.param(STALE_AFTER, False, 1, id="at the bound"),
        pytest.param(STALE_AFTER + MICRO, True, 0, id="beyond"),
        pytest.param(-timedelta(hours=1), False, 1, id="of a clock that was set back"),
    ),
)
def test_a_price_is_stale_beyond_its_bound(age: timedelta, *, stale: bool, fresh: int) -> None:
    pulse = Pulse()
    pulse.price(SPY, START)
    seen = pulse.prices_age(START + age, (SPY,))
    assert (seen.stale, seen.text) == (stale, f"{fresh} of 1")
    assert seen.age_seconds == max(Decimal(age // MICRO) / 1_000_000, Decimal(0))


def test_each_price_held_is_counted_and_the_newest_says_the_age() -> None:
    pulse = Pulse()
    pulse.price(SPY, START)
    pulse.price(QQQ, START + timedelta(minutes=1))
    now = START + timedelta(minutes=1)
    assert pulse.prices_age(now, (SPY, QQQ)).text == "1 of 2"
    assert pulse.prices_age(now, (SPY, QQQ)).age_seconds == 0
    assert (pulse.heard_at(SPY), pulse.heard_at("paper:TLT:1")) == (START, None)


def test_before_anything_was_heard_nothing_has_an_age_and_all_is_stale() -> None:
    pulse = Pulse()
    for age in (pulse.prices_age(START, (SPY,)), pulse.venue_age(START, "paper"), pulse.ledger_age(START)):
        assert (age.age_seconds, age.stale) == (None, True)
    assert pulse.ledger_age(START).text == "never compared"
    assert pulse.trust(START) == (Trust.LOW, "not yet compared with the venue")


def test_who_holds_nothing_misses_no_price() -> None:
    assert not Pulse().prices_age(START, ()).stale


def test_after_the_last_day_no_price_is_missed() -> None:
    pulse = Pulse()
    pulse.price(SPY, START)
    pulse.closed = True
    assert not pulse.prices_age(START + timedelta(days=1), (SPY,)).stale


@pytest.mark.parametrize(
    ("age", "stale"), ((VENUE_SILENT_AFTER, False), (VENUE_SILENT_AFTER + MICRO, True)), ids=("at the bound", "beyond")
)
def test_the_venue_is_silent_beyond_a_minute(age: timedelta, *, stale: bool) -> None:
    pulse = Pulse()
    pulse.venue(START)
    assert pulse.venue_age(START + age, "paper").stale is stale


@pytest.mark.parametrize(
    ("age", "agreed", "trust", "said"),
    (
        pytest.param(timedelta(0), True, Trust.HIGH, "agree", id="just compared"),
        pytest.param(COMPARED_FRESH, True, Trust.HIGH, "agree", id="at the bound"),
        pytest.param(COMPARED_FRESH + MICRO, True, Trust.MEDIUM, "agree", id="a while ago"),
        pytest.param(timedelta(0), False, Trust.LOW, "differ", id="it differed"),
    ),
)
def test_cash_is_trusted_as_far_as_the_last_comparison_goes(
    age: timedelta, trust: Trust, said: str, *, agreed: bool
) -> None:
    pulse = Pulse()
    pulse.compared(START, agreed=agreed)
    assert pulse.trust(START + age)[0] is trust
    assert pulse.ledger_age(START + age).text == said
    assert pulse.venue_age(START, "paper").age_seconds == 0, "a comparison is an answer of the venue too"
