"""What is configured outside the book: paths and names. Whatever changes a fold or a decision is a fact instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from counterpoise.domain.errors import ConfigurationError

PREFIX = "COUNTERPOISE_"
KEYS = {
    "COUNTERPOISE_DATA_DIR": "folder of the journal and its key",
    "COUNTERPOISE_JOURNAL_KEY_FILE": "file of the journal key, when it is kept elsewhere",
    "COUNTERPOISE_JOURNAL_URL": "sqlite:///FILE or postgresql://…, when the journal is not in the folder",
}
# Read by the test suite, never by the product.
_TEST_KEYS = frozenset({"COUNTERPOISE_TEST_LONG", "COUNTERPOISE_TEST_POSTGRES", "COUNTERPOISE_TEST_REDIS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Paths of one start.

    Attributes:
        data_dir: Folder of the journal, its key, the anchors and the paper venue.
        journal_key_file: The journal's key when it is not in `data_dir`.
        journal_url: Where the journal is when it is not in `data_dir`; may hold a password, so it is never shown.
    """

    data_dir: Path
    journal_key_file: Path | None = None
    journal_url: str | None = field(default=None, repr=False)


def from_environment(
    environment: Mapping[str, str], data_dir: Path | None = None, journal_url: str | None = None
) -> Settings:
    """Settings from the environment; `data_dir` and `journal_url` from the caller win.

    Raises:
        ConfigurationError: a COUNTERPOISE_ name that nothing reads, which may be a typing mistake.
    """
    unknown = sorted(
        name for name in environment if name.startswith(PREFIX) and name not in KEYS and name not in _TEST_KEYS
    )
    if unknown:
        raise ConfigurationError(f"unknown setting {unknown[0]}; known are {', '.join(KEYS)}")
    key_file = environment.get("COUNTERPOISE_JOURNAL_KEY_FILE")
    return Settings(
        data_dir=data_dir or Path(environment.get("COUNTERPOISE_DATA_DIR") or _default_folder(environment)),
        journal_key_file=Path(key_file) if key_file else None,
        journal_url=journal_url or environment.get("COUNTERPOISE_JOURNAL_URL") or None,
    )


def _default_folder(environment: Mapping[str, str]) -> Path:
    """The XDG base directory for data (freedesktop.org, Base Directory Specification 0.8)."""
    base = environment.get("XDG_DATA_HOME") or str(Path(environment.get("HOME") or ".") / ".local" / "share")
    return Path(base) / "counterpoise"
