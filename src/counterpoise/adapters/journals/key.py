"""Which key seals this journal? A file of its own, outside the database, readable by its owner."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from counterpoise.domain.errors import ConfigurationError
from counterpoise.ledger.chain import KEY_SIZE_MAX, KEY_SIZE_MIN

KEY_FILE = "journal.key"
_OTHERS = 0o007


def read_key(path: Path) -> bytes:
    """The key in `path`.

    Raises:
        ConfigurationError: absent, unreadable, open to everybody, or no 32 to 64 bytes.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            key = file.read(KEY_SIZE_MAX + 1)
    except OSError as error:
        raise ConfigurationError(
            f"the journal key {path} cannot be read ({error.strerror}): restore the file that sealed this journal"
        ) from error
    if mode & _OTHERS:
        raise ConfigurationError(f"the journal key {path} is open to every user: chmod 600 {path}")
    if not KEY_SIZE_MIN <= len(key) <= KEY_SIZE_MAX:
        raise ConfigurationError(
            f"the journal key {path} has {len(key)} bytes instead of {KEY_SIZE_MIN} to {KEY_SIZE_MAX}: restore it"
        )
    return key


def make_key(path: Path) -> bytes:
    """The key in `path`, made of chance when there is none; of two processes that make it one wins.

    Raises:
        ConfigurationError: it cannot be written, or as `read_key`.
    """
    if not path.exists():
        # Complete before it has its name: nobody ever reads half a key.
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        try:
            _write_durably(draft, secrets.token_bytes(KEY_SIZE_MIN))
            _name(draft, path)
        except OSError as error:
            raise ConfigurationError(
                f"the journal key {path} cannot be written ({error.strerror}): make its folder writable"
            ) from error
        finally:
            draft.unlink(missing_ok=True)
    return read_key(path)


def key_for(path: Path, *, has_entries: bool) -> bytes:
    """The key of a journal; a new one is made only for a journal that nothing was sealed in yet.

    Raises:
        ConfigurationError: see `read_key` and `make_key`.
    """
    return read_key(path) if has_entries else make_key(path)


def sync_folder(folder: Path) -> None:
    """Make new names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_durably(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _name(draft: Path, path: Path) -> None:
    """Give the draft its name, unless another process was first."""
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
    sync_folder(path.parent)
