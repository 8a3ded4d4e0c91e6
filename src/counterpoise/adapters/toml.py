"""How is a user's TOML file read without turning its numbers into floats?"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

from counterpoise.adapters.tables import shown
from counterpoise.domain.errors import InvalidInput

FILE_BYTES_MAX = 1_000_000


def read_toml(path: Path, expected: str) -> dict[str, object]:
    """The document with its decimals as text, exactly as they are written.

    Args:
        path: The file.
        expected: What a right file would be, for the message about a wrong one.

    Raises:
        InvalidInput: one line that names the file: unreadable, too large, no UTF-8 or no TOML.
    """
    name = shown(path.name)
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise InvalidInput(name, str(path), f"a file that can be read ({error.strerror})") from error
    if len(data) > FILE_BYTES_MAX:
        raise InvalidInput(name, "a larger file", f"at most {FILE_BYTES_MAX:,} bytes of TOML")
    as_written: Callable[[str], str] = str
    try:
        return tomllib.loads(data.decode("utf-8"), parse_float=as_written)
    except UnicodeDecodeError as error:
        raise InvalidInput(
            name, f"byte {error.start + 1}", "text in UTF-8; save the file again in that encoding"
        ) from error
    except (ValueError, RecursionError) as error:
        raise InvalidInput(name, str(error), expected) from error
