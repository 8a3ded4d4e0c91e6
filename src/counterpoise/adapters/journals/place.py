"""Where is the journal: in which file, or in which database of which server? Its password is never shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import parse_qsl, unquote, urlsplit

from counterpoise.domain.errors import ConfigurationError

SETTING = "COUNTERPOISE_JOURNAL_URL"
HIDDEN = "***"
SQLITE, POSTGRES = "sqlite", ("postgresql", "postgres")
FORMS = "sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
OPTIONS = frozenset(
    {"host", "port", "sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "target_session_attrs"}
)
"""What may follow a `?`: how to reach the server (postgresql.org, libpq, Connection Strings), not what it does."""


@dataclass(frozen=True, slots=True)
class File:
    """A SQLite database."""

    path: Path

    @property
    def shown(self) -> str:
        """As people are told of it."""
        return str(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A PostgreSQL database.

    Attributes:
        parameters: What libpq calls them, the password included; nothing that is not stated.
    """

    parameters: Mapping[str, str] = field(repr=False)

    @property
    def shown(self) -> str:
        """As people are told of it: a URL without the password."""
        known = self.parameters
        user = f"{known['user']}@" if "user" in known else ""
        port = f":{known['port']}" if "port" in known else ""
        host = known.get("host", "")
        return f"postgresql://{user}{f'[{host}]' if ':' in host else host}{port}/{known.get('dbname', '')}"

    def without_secret(self, said: object) -> str:
        """What a driver said, on one line and with the password hidden, should it repeat it."""
        text = " ".join(str(said).split())
        secret = self.parameters.get("password")
        return text.replace(secret, HIDDEN) if secret else text


Place = File | Server


def read_url(url: str, name: str = SETTING) -> Place:
    """The place that `url` names; `name` is what the caller calls it.

    Raises:
        ConfigurationError: it names none; the URL itself is not repeated, since it may hold a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # whose message repeats a part of the URL
        raise ConfigurationError(f"{name} is no URL with a host and a port: write {FORMS}") from None
    if parts.scheme == SQLITE:
        path = unquote(parts.path)[1:]
        if parts.netloc or not path or parts.query:
            raise ConfigurationError(
                f"{name} names no file: write sqlite:///FILE, with four slashes for a path from the root"
            )
        return File(Path(path))
    if parts.scheme not in POSTGRES:
        raise ConfigurationError(f"{name} begins with no scheme that is known: write {FORMS}")
    database = unquote(parts.path).removeprefix("/")
    if not database or "/" in database:
        raise ConfigurationError(f"{name} names no database: write {FORMS}")
    stated = {
        "host": unquote(parts.hostname or ""),
        "port": "" if port is None else str(port),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "dbname": database,
        **_options(parts.query, name),
    }
    return Server(parameters=MappingProxyType({key: value for key, value in stated.items() if value}))


def _options(query: str, name: str) -> dict[str, str]:
    found = dict(parse_qsl(query, keep_blank_values=True))
    for key in sorted(set(found) - OPTIONS):
        raise ConfigurationError(
            f"{name} has the option {key[:40]!r}, which is not one of {', '.join(sorted(OPTIONS))}; "
            "the password stands before the host, or in a password file (PGPASSFILE)"
        )
    return found
