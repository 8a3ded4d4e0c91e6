"""How does every refusal look? RFC 9457 problem details with a stable code, and nothing of our insides."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType

PROBLEM_JSON = "application/problem+json"
ERRORS_MAX = 100
"""Fields that one answer names, so that it never outgrows what was asked."""

NO_STORE = (b"cache-control", b"no-store")


class Code(StrEnum):
    """Stable names of what can go wrong; programs may rely on them."""

    BODY_TOO_LARGE = "BODY_TOO_LARGE"
    HEADERS_TOO_LARGE = "HEADERS_TOO_LARGE"
    MALFORMED_REQUEST = "MALFORMED_REQUEST"
    HOST_NOT_ALLOWED = "HOST_NOT_ALLOWED"
    ORIGIN_NOT_ALLOWED = "ORIGIN_NOT_ALLOWED"
    NOT_FOUND = "NOT_FOUND"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    ACCOUNT_NOT_FOUND = "ACCOUNT_NOT_FOUND"
    ACCOUNT_NOT_NAMED = "ACCOUNT_NOT_NAMED"
    INVALID_INPUT = "INVALID_INPUT"
    SIGN_IN_NEEDED = "SIGN_IN_NEEDED"
    SESSION_UNKNOWN = "SESSION_UNKNOWN"
    CREDENTIAL_INVALID = "CREDENTIAL_INVALID"
    LINK_INVALID = "LINK_INVALID"
    SIGN_IN_AGAIN = "SIGN_IN_AGAIN"
    CSRF_MISSING = "CSRF_MISSING"
    NOT_ALLOWED = "NOT_ALLOWED"
    CONFIRMATION_MISSING = "CONFIRMATION_MISSING"
    STATE_REFUSED = "STATE_REFUSED"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"


TITLES: Mapping[Code, tuple[HTTPStatus, str]] = MappingProxyType(
    {
        Code.BODY_TOO_LARGE: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is larger than 1 MiB"),
        Code.HEADERS_TOO_LARGE: (
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
            "The address and headers are larger than 16 KiB",
        ),
        Code.MALFORMED_REQUEST: (HTTPStatus.BAD_REQUEST, "This is no HTTP request that can be read"),
        Code.HOST_NOT_ALLOWED: (HTTPStatus.MISDIRECTED_REQUEST, "This service does not answer to that host name"),
        Code.ORIGIN_NOT_ALLOWED: (HTTPStatus.FORBIDDEN, "Another site's page may not do this"),
        Code.NOT_FOUND: (HTTPStatus.NOT_FOUND, "There is nothing at this address"),
        Code.METHOD_NOT_ALLOWED: (HTTPStatus.METHOD_NOT_ALLOWED, "This address does not take that method"),
        Code.ACCOUNT_NOT_FOUND: (HTTPStatus.NOT_FOUND, "There is no such account"),
        Code.ACCOUNT_NOT_NAMED: (HTTPStatus.BAD_REQUEST, "There are several accounts and none was named"),
        Code.INVALID_INPUT: (HTTPStatus.UNPROCESSABLE_ENTITY, "Something in the request was refused"),
        Code.SIGN_IN_NEEDED: (HTTPStatus.UNAUTHORIZED, "Sign in first"),
        Code.SESSION_UNKNOWN: (HTTPStatus.UNAUTHORIZED, "This session has ended or was never opened"),
        Code.CREDENTIAL_INVALID: (HTTPStatus.UNAUTHORIZED, "This token is not valid"),
        Code.LINK_INVALID: (HTTPStatus.UNAUTHORIZED, "This one-time link is used, expired or altered"),
        Code.SIGN_IN_AGAIN: (HTTPStatus.FORBIDDEN, "This needs a sign-in of the last 15 minutes"),
        Code.CSRF_MISSING: (HTTPStatus.FORBIDDEN, "The request does not carry its session's X-CSRF-Token"),
        Code.NOT_ALLOWED: (HTTPStatus.FORBIDDEN, "Your scope does not reach this far"),
        Code.CONFIRMATION_MISSING: (HTTPStatus.UNPROCESSABLE_ENTITY, "The confirmation is missing or differs"),
        Code.STATE_REFUSED: (HTTPStatus.CONFLICT, "The trading state cannot change like this now"),
        Code.UNAVAILABLE: (HTTPStatus.SERVICE_UNAVAILABLE, "This cannot be done just now"),
        Code.INTERNAL: (HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong on our side"),
    }
)
"""Code → status and title; a test holds it against the codes there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One field that was refused: a JSON pointer (RFC 6901) or `?name` of a query, and why."""

    pointer: str
    detail: str


class Problem(Exception):
    """A refusal on its way to the client.

    Attributes:
        detail: One sentence that says what to do; never a text of an unexpected error.
    """

    def __init__(
        self,
        code: Code,
        detail: str = "",
        errors: tuple[FieldError, ...] = (),
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.errors = errors[:ERRORS_MAX]
        self.headers = headers

    @property
    def status(self) -> int:
        """The HTTP status."""
        return TITLES[self.code][0].value

    def body(self, trace_id: str) -> bytes:
        """The document."""
        _, title = TITLES[self.code]
        document: dict[str, object] = {
            "type": f"urn:counterpoise:problem:{self.code.lower().replace('_', '-')}",
            "title": title,
            "status": self.status,
            "detail": self.detail or title,
            "code": self.code,
            "trace_id": trace_id,
        }
        if self.errors:
            document["errors"] = [{"pointer": error.pointer, "detail": error.detail} for error in self.errors]
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

    def raw_headers(self, body: bytes) -> list[tuple[bytes, bytes]]:
        """Headers of the answer."""
        return [
            (b"content-type", PROBLEM_JSON.encode()),
            (b"content-length", str(len(body)).encode()),
            NO_STORE,
            *self.headers,
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemDocument:
    """The shape of every error, for the API's description.

    Attributes:
        code: A stable name that programs may rely on.
        detail: What to do.
        trace_id: Names this answer in the log.
    """

    type: str
    title: str
    status: int
    detail: str
    code: Code
    trace_id: str
    errors: list[FieldError] | None = None
