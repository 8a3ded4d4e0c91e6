"""Does the dashboard reach the browser under a policy that lets in nothing else, and only files that were built?"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator, MutableMapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from counterpoise.service.doors import Receive, Scope, Send
from counterpoise.service.pages import NONCE_MARK, Pages
from tests.service.asgi import ask
from tests.service.site import Answer, assert_problem, live_site

HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SCRIPT = b"console.log('counterpoise');\n" * 100
INDEX = b'<!doctype html><style nonce="__CSP_NONCE__"></style><script src="/assets/app-1a2b.js" nonce="__CSP_NONCE__">'


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A built dashboard, with what must never be served beside it."""
    root = tmp_path / "static"
    (root / "assets" / "deep").mkdir(parents=True)
    (root / "index.html").write_bytes(INDEX)
    (root / "favicon.svg").write_bytes(b"<svg/>")
    (root / "assets" / "app-1a2b.js").write_bytes(SCRIPT)
    (root / "assets" / "font-3c4d.woff2").write_bytes(b"\0" * 5_000)
    (root / "assets" / "deep" / "style-5e6f.css").write_bytes(b"a{}")
    (root / "assets" / "app-1a2b.js.map").write_bytes(b"{}")
    (root / "notes.py").write_bytes(b"secret = 1")
    (root / ".env").write_bytes(b"secret=1")
    (tmp_path / "outside.txt").write_bytes(b"secret")
    return root


async def _inner(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": f"{scope['method']} {scope['path']}".encode()})


def pages(root: Path) -> Pages:
    """The pages of a folder, with nonces that are counted."""
    numbers = count(1)
    return Pages(_inner, lambda: f"nonce{next(numbers)}", root)


def directives(policy: str) -> dict[str, str]:
    """A Content-Security-Policy by directive."""
    return {name: rest for name, _, rest in (part.strip().partition(" ") for part in policy.split(";"))}


@pytest.mark.parametrize("path", ("/", "/sign-in"))
async def test_a_page_has_a_strict_policy_with_a_new_nonce_each_time(built: Path, path: str) -> None:
    app = pages(built)
    first, second = await ask(app, path, headers=HTML), await ask(app, path, headers=HTML)
    for number, answer in enumerate((first, second), 1):
        policy = directives(answer.headers["content-security-policy"])
        assert answer.status == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store", "a kept page would bring back an old nonce"
        assert answer.headers["x-frame-options"] == "DENY"
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == "'self'"
        assert policy["style-src"] == f"'self' 'nonce-nonce{number}'"
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["connect-src"] == "'self'"
        assert answer.body == INDEX.replace(NONCE_MARK, f"nonce{number}".encode())
        assert NONCE_MARK not in answer.body
        said = answer.headers["content-security-policy"]
        assert not re.search(r"unsafe|\*|https?:|//", said), "nothing inline, nothing from elsewhere"


@pytest.mark.parametrize(
    ("path", "kind", "lasts", "packed"),
    (
        pytest.param("/assets/app-1a2b.js", "text/javascript; charset=utf-8", "immutable", True, id="script"),
        pytest.param("/assets/deep/style-5e6f.css", "text/css; charset=utf-8", "immutable", False, id="small style"),
        pytest.param("/assets/font-3c4d.woff2", "font/woff2", "immutable", False, id="font, packed in itself"),
        pytest.param("/favicon.svg", "image/svg+xml", "no-cache", False, id="not hashed, so asked for again"),
    ),
)
async def test_built_files_are_sent_packed_and_kept(
    built: Path, path: str, kind: str, lasts: str, *, packed: bool
) -> None:
    app = pages(built)
    plain = await ask(app, path)
    small = await ask(app, path, headers={"accept-encoding": "gzip, br"})
    assert plain.headers["content-type"] == small.headers["content-type"] == kind
    assert lasts in plain.headers["cache-control"]
    assert ("max-age=31536000" in plain.headers["cache-control"]) == (lasts == "immutable")
    assert plain.body == (built / path.lstrip("/")).read_bytes()
    assert ("content-encoding" in small.headers) is packed
    assert (gzip.decompress(small.body) if packed else small.body) == plain.body
    assert small.headers["vary"] == "accept-encoding"
    assert int(small.headers["content-length"]) == len(small.body)
    again = await ask(app, path, headers={"if-none-match": plain.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    head = await ask(app, path, method="HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(plain.body)))


@pytest.mark.parametrize(
    "path",
    (
        "/notes.py",
        "/.env",
        "/assets/app-1a2b.js.map",
        "/assets",
        "/assets/",
        "/assets/deep",
        "/assets/../notes.py",
        "/assets/../../outside.txt",
        "/../outside.txt",
        "//outside.txt",
        "/assets/..\\..\\outside.txt",
        "/assets/app-1a2b.js/",
        "/assets/\0",
        "/index.html/../notes.py",
    ),
)
async def test_nothing_but_built_files_is_served(built: Path, path: str) -> None:
    answer = await ask(pages(built), path)
    assert (answer.status, answer.body) == (418, f"GET {path}".encode()), "handed on to the router"
    assert b"secret" not in answer.body


async def test_a_link_out_of_the_folder_is_followed_by_nobody_later(built: Path) -> None:
    app = pages(built)
    (built / "late.txt").symlink_to(built.parent / "outside.txt")
    assert (await ask(app, "/late.txt")).status == 418, "files are read once, at the start"


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    (
        pytest.param("/nothing", HTML, 404, id="a person's typing error"),
        pytest.param("/nothing", {}, 418, id="a program's"),
        pytest.param("/api/v1/nothing", HTML, 418, id="the API, also in a browser"),
        pytest.param("/assets/gone-9z.js", HTML, 418, id="an asset of an older build"),
    ),
)
async def test_an_unknown_address_is_a_page_for_a_person_and_a_problem_for_a_program(
    built: Path, path: str, headers: dict[str, str], status: int
) -> None:
    answer = await ask(pages(built), path, headers=headers)
    assert answer.status == status
    assert ("content-security-policy" in answer.headers) == (status == 404)


@pytest.mark.parametrize("method", ("POST", "PUT", "DELETE", "OPTIONS"))
async def test_pages_are_only_read(built: Path, method: str) -> None:
    assert (await ask(pages(built), "/", method=method)).status == 418


async def test_without_a_built_dashboard_everything_goes_to_the_router(tmp_path: Path) -> None:
    app = pages(tmp_path / "absent")
    assert not app.is_built
    assert [(await ask(app, path, headers=HTML)).status for path in ("/", "/sign-in", "/nothing")] == [418] * 3


async def test_over_the_wire_an_unknown_address_leaks_nothing_either_way() -> None:
    async with live_site("SPY") as site:
        program = await site.call("GET", "/nothing")
        person = await site.call("GET", "/nothing", headers={"Accept": "text/html"})
    assert_problem(program, 404, "NOT_FOUND")
    if person.headers["content-type"].startswith("text/html"):  # the dashboard was built
        assert person.status == 404
        assert_page(person)
    else:
        assert_problem(person, 404, "NOT_FOUND")


def assert_page(answer: Answer) -> None:
    """A page of the dashboard as it goes out: its own policy, and what every answer has."""
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    nonce = re.search(r"'nonce-([^']+)'", answer.headers["content-security-policy"])
    assert nonce is not None
    assert len(nonce[1]) >= 22, "128 bits of chance at least"
    assert NONCE_MARK not in answer.body


def _messages() -> Iterator[MutableMapping[str, Any]]:
    yield {"type": "websocket.connect"}


async def test_a_feed_is_none_of_the_pages_business(built: Path) -> None:
    seen: list[str] = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    async def receive() -> MutableMapping[str, Any]:
        return next(_messages())

    async def send(_: MutableMapping[str, Any]) -> None:
        raise AssertionError("nothing is answered here")

    await Pages(inner, lambda: "n", built)({"type": "websocket", "path": "/"}, receive, send)
    assert seen == ["websocket"]
