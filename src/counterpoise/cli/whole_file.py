"""How does a file come to be whole or not at all? Written under another name, and named when it is on the disk."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from counterpoise.domain.errors import ConfigurationError, InvalidInput

PRIVATE = 0o600


class WholeFile:
    """A file that has its name only once everything is in it.

    Args:
        path: Its name.
        keep_out_of: A folder of ours, whose files are never replaced.
        force: Whether a file of this name is replaced.

    Raises:
        InvalidInput: something has the name already, or it lies where it may not.
        ConfigurationError: the disk refuses; nothing has the name then.
    """

    def __init__(self, path: Path, *, keep_out_of: Path, force: bool) -> None:
        self._shown = str(path)
        self._path = path.resolve()
        self._force = force
        if self._path.parent == keep_out_of.resolve():
            raise InvalidInput("--out", self._shown, "a file outside the data folder")
        if self._path.exists() and not self._path.is_file():
            raise InvalidInput("--out", self._shown, f"a file; this is {'a folder' if self._path.is_dir() else 'none'}")
        self._refuse_taken()
        self._draft = self._path.with_name(f".{self._path.name}.{os.getpid()}.part")

    def __enter__(self) -> Self:
        try:
            self._file: BinaryIO = os.fdopen(os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE), "wb")
        except OSError as error:
            raise self._unwritable(error) from error
        return self

    def write(self, part: bytes) -> None:
        """Add to the file."""
        try:
            self._file.write(part)
        except OSError as error:
            raise self._unwritable(error) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
            with suppress(OSError):  # what it still holds is not wanted any more
                self._file.close()
        finally:
            self._draft.unlink(missing_ok=True)

    def _finish(self) -> None:
        try:
            with self._file as file:
                file.flush()
                os.fsync(file.fileno())
            self._name()
        except OSError as error:
            raise self._unwritable(error) from error

    def _name(self) -> None:
        """Give the draft its name; another file that got it meanwhile is left alone."""
        if self._force:
            self._draft.replace(self._path)
            return
        try:
            self._path.hardlink_to(self._draft)
        except OSError:  # the name was taken, or this disk has no second names
            self._refuse_taken()
            self._draft.replace(self._path)

    def _refuse_taken(self) -> None:
        if self._path.exists() and not self._force:
            raise InvalidInput("--out", self._shown, "a name that is free, or --force to replace the file")

    def _unwritable(self, error: OSError) -> ConfigurationError:
        return ConfigurationError(f"{self._shown} cannot be written ({error.strerror}); choose another with --out")
