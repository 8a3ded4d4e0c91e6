"""Where does everything of one installation lie, and which process owns it?

One process at a time writes. It holds a flock, which the kernel frees when the process dies, and renews a
lease inside the lock file: an owner that is alive but silent for 30 s (stopped, swapped out) is replaced, and
the epoch in the journal fences it when it wakes.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from counterpoise.domain.errors import ConfigurationError, DataFolderInUse

LEASE_SECONDS = 30
RENEW_SECONDS = 5
OURS = (
    "journal.db*",
    "journal.key",
    "anchors.log",
    "paper.db*",
    "series.db*",
    "owner.*",
    "HALT",
    "replay.json",
    "journal.place",
)
"""What an installation makes in its data folder."""

INSIDE = ("*", "replays/*")
"""Where a demo and replays keep their own data folders, inside the one of the installation."""

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600
SHOWN_MAX = 60
"""Characters of a term that a message shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Which process has a data folder, as its lock file says.

    Attributes:
        address: Loopback address of its service, or empty when it serves nothing.
        renewed_at: When it last said that it lives, seconds of the machine's clock.
    """

    pid: int
    command: str
    address: str
    started_at: int
    renewed_at: int

    @property
    def start(self) -> str:
        """Names this start of this process."""
        return f"{self.pid}.{self.started_at}"


class DataFolder:
    """The data folder of one installation and the files in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.journal = path / "journal.db"
        self.key = path / "journal.key"
        self.anchors = path / "anchors.log"
        self.paper = path / "paper.db"
        self.series = path / "series.db"
        self.lock = path / "owner.lock"
        self.token = path / "owner.token"
        self.halt = path / "HALT"
        self.manifest = path / "replay.json"
        self.elsewhere = path / "journal.place"

    def create(self) -> None:
        """Make the folder, readable by its owner alone.

        Raises:
            ConfigurationError: it cannot be made or written.
        """
        try:
            self.path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            probe = self.path / f".write-{secrets.token_hex(4)}"
            probe.touch(mode=PRIVATE_FILE)
            probe.unlink()
        except OSError as error:
            raise self._unwritable(error) from error

    def agree(self, terms: Mapping[str, str], *, is_recorded: bool = False) -> None:
        """Continue only what was begun here: the same prices, targets and flags give the same bytes.

        Args:
            terms: What a continuation must repeat.
            is_recorded: Whether a journal elsewhere holds facts of this account already.

        Raises:
            ConfigurationError: the folder holds something else; names the first difference.
        """
        if not self.manifest.exists():
            if is_recorded:
                raise ConfigurationError(
                    f"the journal holds an account {terms['account']} that was not begun in {self.path}; "
                    "continue with its --data-dir, or choose another database"
                )
            if self.journal.exists():
                raise ConfigurationError(
                    f"data folder {self.path} holds an account that is no replay; choose another --data-dir"
                )
            draft = self.manifest.with_suffix(".new")
            try:
                draft.write_text(json.dumps(dict(terms), indent=1, sort_keys=True) + "\n", encoding="utf-8")
                draft.replace(self.manifest)
            except OSError as error:
                raise self._unwritable(error) from error
            return
        begun = self.begun_with()
        for name in sorted({**begun, **terms}):
            if begun.get(name) != terms.get(name):
                raise ConfigurationError(
                    f"data folder {self.path} was begun with {_told(name, begun.get(name), terms.get(name))}; "
                    "continue with the same files and flags, or choose another --data-dir"
                )

    def belong_to(self, journal: str | None) -> None:
        """Go on only with the journal that this folder was begun with: its venue and anchors are of no other.

        Args:
            journal: Where it is, without a password; None for the folder's own file.

        Raises:
            ConfigurationError: it was begun with another; names it.
        """
        noted = self.journal_elsewhere()
        if noted == journal:
            return
        if noted is not None:
            raise ConfigurationError(
                f"data folder {self.path} belongs to the journal {noted}, not to {journal or 'a file in it'}: set "
                f"COUNTERPOISE_JOURNAL_URL to that one, choose another --data-dir, or, if the journal has moved, "
                f"delete {self.elsewhere}"
            )
        if self.journal.exists():
            raise ConfigurationError(
                f"data folder {self.path} has a journal of its own: unset COUNTERPOISE_JOURNAL_URL, "
                "or choose another --data-dir"
            )
        try:
            self.elsewhere.write_text(f"{journal}\n", encoding="utf-8")
        except OSError as error:
            raise self._unwritable(error) from error

    def journal_elsewhere(self) -> str | None:
        """Where the folder's journal is, if it is not in the folder.

        Raises:
            ConfigurationError: the note of it cannot be read.
        """
        try:
            return self.elsewhere.read_text(encoding="utf-8").strip() if self.elsewhere.exists() else None
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"{self.elsewhere} cannot be read ({error}); restore it") from error

    def begun_with(self) -> Mapping[str, str]:
        """On which terms a replay was begun here.

        Raises:
            ConfigurationError: nothing was, or its note cannot be read.
        """
        try:
            begun: Mapping[str, str] = json.loads(self.manifest.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"{self.manifest} cannot be read ({error}); choose another --data-dir") from error
        return begun

    def forget(self) -> None:
        """Delete what an installation keeps in the folder, as its owner; what is not ours stays there.

        Raises:
            DataFolderInUse: a living process has it.
            ConfigurationError: something in it cannot be deleted.
        """
        ownership = Ownership(self)
        ownership.take("forget")
        try:
            for pattern in OURS:
                for found in self.path.glob(pattern):
                    found.unlink()
            if not any(self.path.iterdir()):
                self.path.rmdir()
        except OSError as error:
            raise self._unwritable(error) from error
        finally:
            ownership.release()

    def serving(self) -> Owner:
        """The living owner that serves this folder.

        Raises:
            ConfigurationError: nobody does.
        """
        holder = None
        if self.lock.exists():
            descriptor = os.open(self.lock, os.O_RDONLY)
            try:
                holder = _read(descriptor)
            finally:
                os.close(descriptor)
        if holder is None or not holder.address or _now() - holder.renewed_at >= LEASE_SECONDS:
            raise ConfigurationError(f"nothing serves {self.path}; start it with `counterpoise serve`")
        return holder

    def require(self) -> None:
        """Refuse to go on without a journal.

        Raises:
            ConfigurationError: nothing was recorded here yet.
        """
        if self.journal.exists():
            return
        elsewhere = self.journal_elsewhere()
        if elsewhere is not None:
            raise ConfigurationError(
                f"the journal of {self.path} is {elsewhere}: set COUNTERPOISE_JOURNAL_URL to it (with its password)"
            )
        inside = sorted(
            found.parent for pattern in INSIDE for found in self.path.glob(f"{pattern}/{self.journal.name}")
        )
        if inside:
            raise ConfigurationError(f"no journal in {self.path} itself; choose one with --data-dir {inside[0]}")
        raise ConfigurationError(f"no journal in {self.path}; run `counterpoise demo --headless` or choose --data-dir")

    def _unwritable(self, error: OSError) -> ConfigurationError:
        is_file = isinstance(error, FileExistsError | NotADirectoryError)
        why = "a file is in its place" if is_file else error.strerror or type(error).__name__
        return ConfigurationError(
            f"data folder {self.path} cannot be written ({why}); choose another with --data-dir "
            "or COUNTERPOISE_DATA_DIR, or change its permissions"
        )


class Ownership:
    """The lock on a data folder, held from `take` to `release`."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._file: int | None = None
        self._owner: Owner | None = None

    def take(self, command: str, address: str = "") -> None:
        """Become the owner, or say who is.

        Raises:
            DataFolderInUse: a living owner has renewed its lease within 30 s.
        """
        lock = self._folder.lock
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder, is_current = _read(descriptor), _is_at(descriptor, lock)
            os.close(descriptor)
            if holder is None or _now() - holder.renewed_at < LEASE_SECONDS:
                raise DataFolderInUse(_in_use(self._folder.path, holder)) from None
            # Silent for longer than its lease: a new file takes the place of the one that it still locks.
            if is_current:
                lock.unlink(missing_ok=True)
            self.take(command, address)
            return
        if not _is_at(descriptor, lock):
            # Between opening and locking, another process took the file's place or deleted the folder.
            os.close(descriptor)
            self.take(command, address)
            return
        self._file = descriptor
        now = _now()
        self._owner = Owner(pid=os.getpid(), command=command, address=address, started_at=now, renewed_at=now)
        self._write(self._owner)
        self._write_token()

    def renew(self) -> None:
        """Say that the owner lives; called every 5 s."""
        if self._owner is not None:
            self._owner = replace(self._owner, renewed_at=_now())
            self._write(self._owner)

    def announce(self, address: str) -> None:
        """Say where the owner serves, so that other commands find it."""
        if self._owner is not None:
            self._owner = replace(self._owner, address=address, renewed_at=_now())
            self._write(self._owner)

    @property
    def start(self) -> str:
        """Which start of which process this is; links of another one are worth nothing.

        Raises:
            ConfigurationError: the folder is not owned.
        """
        if self._owner is None:
            raise ConfigurationError(f"{self._folder.path} is not owned by this process")
        return self._owner.start

    @property
    def is_held(self) -> bool:
        """Whether the lock file of this owner still is the folder's: one that was replaced may not send."""
        return self._file is not None and _is_at(self._file, self._folder.lock)

    def release(self) -> None:
        """Give the folder back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
            self._owner = None

    def _write(self, owner: Owner) -> None:
        assert self._file is not None, "take() comes first"
        text = json.dumps({name: getattr(owner, name) for name in Owner.__slots__}).encode().ljust(512)
        os.pwrite(self._file, text, 0)

    def _write_token(self) -> None:
        """The owner's token for commands of the same user on this machine; made once, readable by the user alone."""
        try:
            descriptor = os.open(self._folder.token, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        except FileExistsError:
            return
        os.write(descriptor, secrets.token_urlsafe(32).encode())
        os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether the open file is the one that has this name now."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _told(name: str, begun: object, asked: object) -> str:
    """What differs; values that would not fit into a line are left out."""
    if max(len(str(begun)), len(str(asked))) > SHOWN_MAX:
        return f"other {name}"
    return f"{name} {begun}, not {asked}"


def _read(descriptor: int) -> Owner | None:
    try:
        return Owner(**json.loads(os.pread(descriptor, 512, 0)))
    except (ValueError, TypeError):
        return None


def _in_use(path: Path, holder: Owner | None) -> str:
    if holder is None:
        return f"data folder {path} is being opened by another process; try again or choose another with --data-dir"
    at = f" at {holder.address}" if holder.address else ""
    return (
        f"data folder {path} belongs to `{holder.command}`, process {holder.pid}{at}; "
        "stop it or choose another with --data-dir"
    )


def _now() -> int:
    return int(time.time())
