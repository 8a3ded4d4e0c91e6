"""Where do secrets come from: chance, and the owner's token beside the data?"""

from __future__ import annotations

import secrets
from pathlib import Path

from counterpoise.domain.errors import ConfigurationError

SECRET_BYTES = 32
TOKEN_LENGTH_MIN = 43
"""Characters of 256 bits in base64; a shorter token was not made by us."""


def new_secret() -> str:
    """256 bits of chance as text that fits a cookie, a header and a URL."""
    return secrets.token_urlsafe(SECRET_BYTES)


def read_owner_token(path: Path) -> str:
    """The token of the installation's owner.

    Raises:
        ConfigurationError: it cannot be read, or is too short to be a secret.
    """
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{path} cannot be read ({error}); it is made when a process owns the folder"
        ) from error
    if len(token) < TOKEN_LENGTH_MIN:
        raise ConfigurationError(f"{path} holds no token of at least {TOKEN_LENGTH_MIN} characters; delete it")
    return token
