"""How does the dashboard reach the browser? Built files from the package, and one page with a strict policy."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType

from counterpoise.service.doors import App, Receive, Scope, Send

NONCE_MARK = b"__CSP_NONCE__"
PAGES = frozenset({"/", "/sign-in"})
"""Addresses that are the dashboard's own; it routes them itself."""

ASSETS = "/assets/"
YEAR = b"public, max-age=31536000, immutable"
GZIP_MIN = 1_024

TYPES: Mapping[str, bytes] = MappingProxyType(
    {
        "css": b"text/css; charset=utf-8",
        "html": b"text/html; charset=utf-8",
        "ico": b"image/x-icon",
        "js": b"text/javascript; charset=utf-8",
        "json": b"application/json",
        "png": b"image/png",
        "svg": b"image/svg+xml",
        "woff2": b"font/woff2",
    }
)
"""Endings of built files; any other is not served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A built file as it is sent; `packed` is its gzip where that is smaller."""

    body: bytes
    packed: bytes | None
    kind: bytes
    tag: bytes


class Pages:
    """Serves the dashboard, and hands everything else on."""

    def __init__(self, app: App, new_nonce: Callable[[], str], root: Traversable | None = None) -> None:
        self._app = app
        self._new_nonce = new_nonce
        root = root if root is not None else resources.files("counterpoise.service") / "static"
        self._files = dict(_read(root, "/")) if root.is_dir() else {}
        index = self._files.pop("/index.html", None)
        self._index = index.body if index else None

    @property
    def is_built(self) -> bool:
        """Whether the dashboard came with the package."""
        return self._index is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        asset = self._files.get(path)
        if asset is not None:
            await _send_asset(asset, scope, send, is_hashed=path.startswith(ASSETS))
        elif self._index is not None and path in PAGES:
            await self._send_page(scope, send, 200)
        elif self._index is not None and _is_a_person(scope) and not path.startswith(("/api/", ASSETS)):
            await self._send_page(scope, send, 404)  # a page that says so, for whoever typed the address
        else:
            await self._app(scope, receive, send)

    async def _send_page(self, scope: Scope, send: Send, status: int) -> None:
        nonce = self._new_nonce()
        assert self._index is not None, "checked by the caller"
        body = self._index.replace(NONCE_MARK, nonce.encode())
        headers = [
            (b"content-type", TYPES["html"]),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"content-security-policy", policy(nonce).encode()),
            (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
            (b"x-frame-options", b"DENY"),
        ]
        await _send(scope, send, status, headers, body)


def policy(nonce: str) -> str:
    """The page's Content-Security-Policy: own files only, styles with the nonce, in nobody's frame."""
    return (
        "default-src 'none'; base-uri 'none'; connect-src 'self'; font-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; img-src 'self' data:; manifest-src 'self'; script-src 'self'; "
        f"style-src 'self' 'nonce-{nonce}'"
    )


def _is_a_person(scope: Scope) -> bool:
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])


def _read(folder: Traversable, prefix: str) -> list[tuple[str, Asset]]:
    found: list[tuple[str, Asset]] = []
    for item in sorted(folder.iterdir(), key=lambda entry: entry.name):
        kind = TYPES.get(item.name.rpartition(".")[2])
        if item.is_dir():
            found += _read(item, f"{prefix}{item.name}/")
        elif kind is not None:
            found.append((f"{prefix}{item.name}", _asset(item.read_bytes(), kind)))
    return found


def _asset(body: bytes, kind: bytes) -> Asset:
    packed = gzip.compress(body, 9, mtime=0) if len(body) >= GZIP_MIN and kind != TYPES["woff2"] else None
    smaller = packed if packed is not None and len(packed) < len(body) else None
    return Asset(body=body, packed=smaller, kind=kind, tag=f'"{sha256(body).hexdigest()[:32]}"'.encode())


async def _send_asset(asset: Asset, scope: Scope, send: Send, *, is_hashed: bool) -> None:
    lasts = YEAR if is_hashed else b"no-cache"
    headers = [(b"etag", asset.tag), (b"cache-control", lasts), (b"vary", b"accept-encoding")]
    sent = dict(scope["headers"])
    if asset.tag in sent.get(b"if-none-match", b""):
        await _send(scope, send, 304, headers, b"")
        return
    body = asset.body
    if asset.packed is not None and b"gzip" in sent.get(b"accept-encoding", b""):
        body = asset.packed
        headers.append((b"content-encoding", b"gzip"))
    headers += [(b"content-type", asset.kind), (b"content-length", str(len(body)).encode())]
    await _send(scope, send, 200, headers, body)


async def _send(scope: Scope, send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
