"""Is a one-time link good once, for its time, at its start, and altered in nothing?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.access.links import LINK_LIFE, USED_MAX, Links, make_code

NOW = datetime(2024, 1, 2, 15, tzinfo=UTC)
TOKEN = "t" * 43
NONCE = "nonce-0123456789"
SECOND = timedelta(seconds=1)


def code(*, expires: datetime = NOW + LINK_LIFE, start: str = "1.1", token: str = TOKEN, nonce: str = NONCE) -> str:
    return make_code(token, start, expires, nonce)


def links() -> Links:
    return Links(TOKEN, "1.1")


@pytest.mark.parametrize(
    ("made", "at", "good"),
    (
        pytest.param(code(), NOW, True, id="new"),
        pytest.param(code(), NOW + LINK_LIFE - SECOND, True, id="in its last second"),
        pytest.param(code(), NOW + LINK_LIFE, False, id="when it expires"),
        pytest.param(code(), NOW - SECOND, False, id="of a clock that is ahead"),
        pytest.param(code(expires=NOW + LINK_LIFE + SECOND), NOW, False, id="longer than any link lives"),
        pytest.param(code(start="1.2"), NOW, False, id="of another start"),
        pytest.param(code(token="u" * 43), NOW, False, id="of another token"),
        pytest.param(code(nonce="short"), NOW, False, id="a nonce that can be guessed"),
        pytest.param("", NOW, False, id="nothing"),
        pytest.param(code() + "\n", NOW, False, id="a line end"),
    ),
)
def test_a_link_is_good_for_its_time_at_its_start(made: str, at: datetime, *, good: bool) -> None:
    assert links().redeem(made, at) is good


def test_a_link_works_once_and_others_still_do() -> None:
    known = links()
    assert known.redeem(code(), NOW)
    assert not known.redeem(code(), NOW)
    assert known.redeem(code(nonce=f"{NONCE}2"), NOW)


def test_what_was_refused_is_not_used_up() -> None:
    known = links()
    assert not known.redeem(code()[:-1] + "!", NOW)
    assert known.redeem(code(), NOW)


@given(st.integers(0, len(code()) - 1), st.characters(codec="ascii"))
def test_a_link_altered_in_one_place_is_no_link(place: int, sign: str) -> None:
    good = code()
    altered = good[:place] + sign + good[place + 1 :]
    assert links().redeem(altered, NOW) == (altered == good)


@given(st.text(max_size=120))
def test_no_text_but_a_code_signs_in(text: str) -> None:
    assert not links().redeem(text, NOW)


def test_used_links_are_forgotten_when_they_expire_and_never_fill_memory() -> None:
    known = links()
    known._used = {f"used-{number}": NOW + LINK_LIFE for number in range(USED_MAX)}
    assert not known.redeem(code(), NOW), "rather refuse than forget one that was used"
    later = NOW + LINK_LIFE
    assert known.redeem(code(expires=later + LINK_LIFE), later)
    assert len(known._used) == 1


def test_a_code_says_nothing_of_the_token() -> None:
    assert TOKEN[:8] not in code()
    assert code() != code(token="u" * 43)
