"""Who is signed in? Sessions live in the serving process and end with it."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from counterpoise.domain.accounts import Actor, Scope

FRESH_FOR = timedelta(minutes=15)
"""For how long after signing in a person may un-halt or raise a limit."""

IDLE_MAX = timedelta(hours=12)
AGE_MAX = timedelta(days=7)
SESSIONS_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One signed-in browser.

    Attributes:
        csrf_token: What a page must repeat in a header with each write; other sites cannot read it.
    """

    name: str
    scope: Scope
    opened_at: datetime
    seen_at: datetime
    csrf_token: str

    @property
    def fresh_until(self) -> datetime:
        """Until when it may do what needs a fresh sign-in."""
        return self.opened_at + FRESH_FOR

    def is_over(self, now: datetime) -> bool:
        """Whether it was idle for too long or is too old."""
        return now - self.seen_at > IDLE_MAX or now - self.opened_at > AGE_MAX

    def actor(self, now: datetime) -> Actor:
        """Who gives commands in this session."""
        return Actor(name=self.name, scope=self.scope, fresh=now <= self.fresh_until)

    def is_own(self, csrf_token: str) -> bool:
        """Whether a write comes from a page of this session."""
        return hmac.compare_digest(self.csrf_token.encode(), csrf_token.encode())


class Sessions:
    """All open sessions, found by the digest of their cookie, so that a memory dump signs nobody in."""

    def __init__(self, new_secret: Callable[[], str]) -> None:
        self._new_secret = new_secret
        self._open: dict[bytes, Session] = {}

    def open(self, name: str, scope: Scope, now: datetime) -> tuple[str, Session]:
        """Sign `name` in; returns the cookie's secret and the session."""
        self._forget(now)
        secret = self._new_secret()
        session = Session(name=name, scope=scope, opened_at=now, seen_at=now, csrf_token=self._new_secret())
        self._open[_digest(secret)] = session
        return secret, session

    def find(self, secret: str, now: datetime) -> Session | None:
        """The session of a cookie; None when it was never opened, is over, or was closed."""
        key = _digest(secret)
        session = self._open.get(key)
        if session is None:
            return None
        if session.is_over(now):
            del self._open[key]
            return None
        if now - session.seen_at > timedelta(seconds=1):
            session = self._open[key] = replace(session, seen_at=now)
        return session

    def close(self, secret: str) -> None:
        """Sign out."""
        self._open.pop(_digest(secret), None)

    def _forget(self, now: datetime) -> None:
        self._open = {key: session for key, session in self._open.items() if not session.is_over(now)}
        while len(self._open) >= SESSIONS_MAX:
            del self._open[next(iter(self._open))]


def _digest(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "surrogateescape")).digest()
