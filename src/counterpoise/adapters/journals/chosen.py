"""Which journal has an installation: the file in its data folder, or the database that its URL names?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from counterpoise.adapters.journals.checkpoints import SqliteCheckpoints
from counterpoise.adapters.journals.key import KEY_FILE
from counterpoise.adapters.journals.place import File, Place, Server, read_url
from counterpoise.adapters.journals.sqlite import SqliteJournal
from counterpoise.adapters.journals.status import DatabaseStatus, of_file
from counterpoise.adapters.journals.stored import StoredJournal
from counterpoise.domain.accounts import AccountId
from counterpoise.domain.errors import ConfigurationError
from counterpoise.domain.time import Clock
from counterpoise.ledger.checkpoints import Checkpoints

JOURNAL_FILE = "journal.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenJournal:
    """Where an installation's journal is, and how it is opened.

    Attributes:
        folder: The data folder: of the key, unless that lies elsewhere, and of a server's anchors.
    """

    place: Place
    folder: Path
    key_file: Path

    @property
    def is_own_file(self) -> bool:
        """Whether the journal is the file in the data folder."""
        return self.place == File(self.folder / JOURNAL_FILE)

    @property
    def told(self) -> str:
        """As people are told of it: the data folder, or where else it is."""
        return str(self.folder) if self.is_own_file else self.place.shown

    @property
    def is_shared(self) -> bool:
        """Whether other installations may keep their accounts in the same journal."""
        return isinstance(self.place, Server)

    @property
    def elsewhere(self) -> str | None:
        """Where it is, if that is not the data folder."""
        return None if self.is_own_file else self.place.shown

    def open(self, clock: Clock, name: str) -> StoredJournal:
        """Open it for reading and writing.

        Args:
            clock: For the time of anchors.
            name: What a server calls this process.

        Raises:
            ConfigurationError: it cannot be used; says what to do.
        """
        if isinstance(self.place, File):
            return SqliteJournal.open(self.place.path, clock=clock, key_file=self.key_file)
        from counterpoise.adapters.journals.postgres import PostgresJournal  # noqa: PLC0415 - an extra

        return PostgresJournal.open(self.place, clock=clock, folder=self.folder, key_file=self.key_file, name=name)

    def checkpoints(self) -> Checkpoints:
        """The checkpoints beside it."""
        if isinstance(self.place, File):
            return SqliteCheckpoints(self.place.path)
        from counterpoise.adapters.journals.postgres import PostgresCheckpoints  # noqa: PLC0415 - an extra

        return PostgresCheckpoints(self.place)

    def status(self) -> DatabaseStatus:
        """What is there, read without making anything.

        Raises:
            ConfigurationError: it is there but cannot be read.
        """
        if isinstance(self.place, File):
            return of_file(self.place)
        from counterpoise.adapters.journals.server_status import of_server  # noqa: PLC0415 - an extra

        return of_server(self.place)

    def has(self, account: AccountId) -> bool:
        """Whether it holds the account."""
        return any(kept.account == account for kept in self.status().accounts)

    def require(self) -> None:
        """Refuse to go on without a journal.

        Raises:
            ConfigurationError: nothing was recorded there yet.
        """
        if self.status().revision is None:
            raise ConfigurationError(
                f"no journal in {self.place.shown}; the first start of `counterpoise serve` or `demo` makes it, "
                "or `counterpoise db upgrade`"
            )


def choose(url: str | None, folder: Path, key_file: Path | None) -> ChosenJournal:
    """The journal that `url` names, else the file in the folder.

    Raises:
        ConfigurationError: the URL names none, or it needs a package that is not installed.
    """
    place = read_url(url) if url else File(folder / JOURNAL_FILE)
    if isinstance(place, Server):
        _require_driver()
    return ChosenJournal(place=place, folder=folder, key_file=key_file or folder / KEY_FILE)


def _require_driver() -> None:
    try:
        import psycopg  # noqa: F401, PLC0415 - an extra
    except ImportError:
        raise ConfigurationError(
            "a journal in PostgreSQL needs the package psycopg: pip install 'counterpoise[postgres]'"
        ) from None
