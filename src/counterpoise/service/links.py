"""What does a one-time link look like?"""

from __future__ import annotations

from datetime import datetime

from counterpoise.access.links import LINK_LIFE, make_code
from counterpoise.wiring import new_secret

SIGN_IN_PATH = "/sign-in"


def one_time_link(address: str, start: str, owner_token: str, now: datetime) -> str:
    """A link that signs one browser in; the code stands after the #, which no request and no log contains."""
    code = make_code(owner_token, start, now + LINK_LIFE, new_secret())
    return f"{address}{SIGN_IN_PATH}#code={code}"
