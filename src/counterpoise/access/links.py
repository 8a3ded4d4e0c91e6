"""Who may sign in with this link? A one-time link proves that its holder can read the owner's token file.

The code is `expiry.nonce.mac`; the mac is HMAC-SHA256 under the owner's token over the start of the serving process,
the expiry and the nonce. So whoever can read the token (the same user on this machine) makes links without asking the
server, a link of an earlier start is worth nothing, and the server only remembers which nonces were used.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256

LINK_LIFE = timedelta(minutes=15)
USED_MAX = 10_000
"""Used nonces that are remembered; they are forgotten when they expire anyway."""

_CODE = re.compile(r"([0-9]{10})\.([A-Za-z0-9_-]{16,64})\.([A-Za-z0-9_-]{43})", re.ASCII)


def make_code(owner_token: str, start: str, expires_at: datetime, nonce: str) -> str:
    """A code that signs in once, until `expires_at`, at the process that started at `start`."""
    expiry = f"{int(expires_at.timestamp()):010d}"
    return f"{expiry}.{nonce}.{_mac(owner_token, start, expiry, nonce)}"


class Links:
    """Which codes are good, each once."""

    def __init__(self, owner_token: str, start: str) -> None:
        self._owner_token = owner_token
        self._start = start
        self._used: dict[str, datetime] = {}

    def redeem(self, code: str, now: datetime) -> bool:
        """Whether the code is whole, not expired and not used before; it is used now."""
        found = _CODE.fullmatch(code)
        if found is None:
            return False
        expiry, nonce, mac = found.groups()
        if not hmac.compare_digest(mac, _mac(self._owner_token, self._start, expiry, nonce)):
            return False
        expires_at = datetime.fromtimestamp(int(expiry), UTC)
        self._used = {used: until for used, until in self._used.items() if until > now}
        if expires_at <= now or expires_at > now + LINK_LIFE or nonce in self._used or len(self._used) >= USED_MAX:
            return False
        self._used[nonce] = expires_at
        return True


def _mac(owner_token: str, start: str, expiry: str, nonce: str) -> str:
    made = hmac.new(owner_token.encode(), f"link\0{start}\0{expiry}\0{nonce}".encode(), sha256).digest()
    return urlsafe_b64encode(made).rstrip(b"=").decode()
