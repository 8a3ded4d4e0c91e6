"""Does a session last as long as it should, and is no other than who opened it in it?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from counterpoise.access.sessions import AGE_MAX, FRESH_FOR, IDLE_MAX, SESSIONS_MAX, Sessions
from counterpoise.domain.accounts import Scope

NOW = datetime(2024, 1, 2, 15, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def sessions() -> Sessions:
    numbers = count(1)
    return Sessions(lambda: f"secret-{next(numbers)}")


@pytest.mark.parametrize(
    ("visits", "asked", "there"),
    (
        pytest.param([], IDLE_MAX, True, id="idle for 12 hours"),
        pytest.param([], IDLE_MAX + SECOND, False, id="idle for longer"),
        pytest.param([IDLE_MAX], 2 * IDLE_MAX, True, id="seen in between"),
        pytest.param([IDLE_MAX * number for number in range(1, 14)], AGE_MAX, True, id="busy for seven days"),
        pytest.param([IDLE_MAX * number for number in range(1, 15)], AGE_MAX + SECOND, False, id="for longer"),
        pytest.param([IDLE_MAX + SECOND], IDLE_MAX + 2 * SECOND, False, id="over is over"),
    ),
)
def test_a_session_ends_by_idleness_and_by_age(visits: list[timedelta], asked: timedelta, *, there: bool) -> None:
    known = sessions()
    secret, _ = known.open("owner", Scope.ADMIN, NOW)
    for visit in visits:
        known.find(secret, NOW + visit)
    assert (known.find(secret, NOW + asked) is not None) is there


@pytest.mark.parametrize(
    ("after", "fresh"), ((timedelta(0), True), (FRESH_FOR, True), (FRESH_FOR + timedelta(microseconds=1), False))
)
def test_who_signed_in_is_fresh_for_fifteen_minutes_however_often_seen(after: timedelta, *, fresh: bool) -> None:
    known = sessions()
    secret, opened = known.open("owner", Scope.ADMIN, NOW)
    known.find(secret, NOW + timedelta(minutes=10))
    seen = known.find(secret, NOW + after)
    assert seen is not None
    assert seen.actor(NOW + after).fresh is fresh
    assert seen.fresh_until == opened.fresh_until == NOW + timedelta(minutes=15)
    assert seen.actor(NOW).name == "owner"


@pytest.mark.parametrize("secret", ("", "secret-3", "secret-1 ", "SECRET-1", "\udcff", "ÿ", "x" * 10_000))
def test_no_other_secret_opens_it(secret: str) -> None:
    known = sessions()
    known.open("owner", Scope.ADMIN, NOW)
    assert known.find(secret, NOW) is None


def test_closing_one_leaves_the_others() -> None:
    known = sessions()
    first, _ = known.open("owner", Scope.ADMIN, NOW)
    second, _ = known.open("owner", Scope.ADMIN, NOW)
    known.close(first)
    known.close("unknown")
    assert known.find(first, NOW) is None
    assert known.find(second, NOW) is not None


def test_each_session_has_a_token_of_its_own_against_forged_writes() -> None:
    known = sessions()
    first, one = known.open("owner", Scope.ADMIN, NOW)
    _, other = known.open("owner", Scope.ADMIN, NOW)
    assert one.is_own(one.csrf_token)
    assert not any(one.is_own(token) for token in (other.csrf_token, "", first, "ÿ"))


def test_a_memory_of_sessions_signs_nobody_in() -> None:
    known = sessions()
    secret, _ = known.open("owner", Scope.ADMIN, NOW)
    assert secret not in repr(vars(known))
    assert secret.encode().hex() not in repr(vars(known))


def test_sessions_never_fill_memory_and_the_oldest_goes_first() -> None:
    known = sessions()
    secrets = [known.open("owner", Scope.ADMIN, NOW)[0] for _ in range(SESSIONS_MAX + 1)]
    assert len(known._open) == SESSIONS_MAX
    assert known.find(secrets[0], NOW) is None
    assert known.find(secrets[-1], NOW) is not None
    known.open("owner", Scope.ADMIN, NOW + AGE_MAX + SECOND)
    assert len(known._open) == 1, "what is over is forgotten"
