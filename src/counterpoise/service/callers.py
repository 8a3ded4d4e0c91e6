"""Who is asking? A session's cookie, the owner's token, or nobody; read from raw headers, the same for every door."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from counterpoise.access.sessions import Session, Sessions
from counterpoise.domain.accounts import Actor, Scope
from counterpoise.service.problems import Code, Problem

Headers = Iterable[tuple[bytes, bytes]]

OWNER = "owner"
WWW_AUTHENTICATE = (b"www-authenticate", b'Bearer realm="counterpoise"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who proved who they are.

    Attributes:
        session: The browser's, when a cookie proved it; writes then need its CSRF token.
        secret: Of that cookie.
    """

    actor: Actor
    session: Session | None = None
    secret: str = ""


BY_TOKEN = Caller(actor=Actor(name=OWNER, scope=Scope.ADMIN, fresh=True))
"""Whoever can read the owner's token, and does so now."""


class Doorkeeper:
    """Knows the owner's token and the open sessions.

    Attributes:
        reads_open: Whether reading needs no sign-in: only a demo's own paper account is like that.
    """

    def __init__(self, sessions: Sessions, owner_token: str, cookie_name: str, *, reads_open: bool) -> None:
        self.sessions = sessions
        self.reads_open = reads_open
        self.cookie_name = cookie_name
        self._cookie_prefix = f"{cookie_name}=".encode()
        self._owner_token = owner_token.encode()

    def caller(self, headers: Headers, now: datetime) -> Caller | None:
        """Who sends these headers; None for nobody.

        Raises:
            Problem: a token or cookie that is not good, which is never taken for nobody.
        """
        cookie = b""
        for name, value in headers:
            if name == b"authorization":
                return self._by_token(value)
            if name == b"cookie":
                cookie = value
        return self._by_cookie(cookie, now) if cookie else None

    def reader(self, headers: Headers, now: datetime) -> Caller | None:
        """As `caller`, where being nobody is enough when reads are open.

        Raises:
            Problem: reading needs a sign-in, or the one that came is not good.
        """
        found = self.caller(headers, now)
        if found is None and not self.reads_open:
            raise sign_in_needed()
        return found

    def _by_token(self, value: bytes) -> Caller:
        kind, _, token = value.partition(b" ")
        if kind.lower() != b"bearer" or not hmac.compare_digest(token.strip(), self._owner_token):
            raise Problem(
                Code.CREDENTIAL_INVALID,
                "The owner's token is in the file owner.token of the data folder.",
                headers=(WWW_AUTHENTICATE,),
            )
        return BY_TOKEN

    def _by_cookie(self, cookie: bytes, now: datetime) -> Caller | None:
        for part in cookie.split(b";"):
            pair = part.strip()
            if pair.startswith(self._cookie_prefix):
                secret = pair[len(self._cookie_prefix) :].decode("latin-1")
                session = self.sessions.find(secret, now)
                if session is None:
                    if self.reads_open:
                        return None  # what anybody may read, a browser with an old cookie may read too
                    raise Problem(
                        Code.SESSION_UNKNOWN,
                        "Open a new one-time link: `counterpoise token link` prints one.",
                        headers=(WWW_AUTHENTICATE,),
                    )
                return Caller(actor=session.actor(now), session=session, secret=secret)
        return None


def sign_in_needed() -> Problem:
    """The answer to nobody."""
    return Problem(
        Code.SIGN_IN_NEEDED,
        "Open the one-time link that the service printed at its start, or run `counterpoise token link` for a new one; "
        "programs send the owner's token as a bearer token.",
        headers=(WWW_AUTHENTICATE,),
    )
