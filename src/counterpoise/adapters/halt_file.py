"""The HALT file beside the data: there, or unreadable, means that nothing is sent."""

from __future__ import annotations

import os
from pathlib import Path

from counterpoise.domain.errors import ConfigurationError


class HaltFile:
    """A latch that any process of the folder sees, and that works when the database does not."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._engaged = False

    def engage(self, reason: str) -> None:
        """Stop all sending: in this process at once, for every other and after a crash once the file is on the disk.

        Raises:
            ConfigurationError: the file could not be written; this process sends nothing all the same.
        """
        self._engaged = True
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                os.write(descriptor, reason.encode() + b"\n")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise ConfigurationError(
                f"{self._path} could not be written ({error.strerror}): this process is halted, another one is not"
            ) from error

    def release(self) -> None:
        """Let the recorded trading state decide again.

        Raises:
            ConfigurationError: the file cannot be deleted; nothing is sent.
        """
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise ConfigurationError(f"{self._path} cannot be deleted ({error.strerror}); nothing is sent") from error
        self._engaged = False

    @property
    def is_engaged(self) -> bool:
        """Whether sending is stopped; asked of the disk each time, since another process may have halted."""
        if self._engaged:
            return True
        try:
            os.lstat(self._path)
        except FileNotFoundError:
            return False
        except OSError:
            return True  # what cannot be read is taken for the worse
        return True
