"""Where did the journal end, and when? One line a time, beside the database and not in it.

An entry that an anchor names can no longer be cut off, changed or sealed anew without being found.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from counterpoise.adapters.journals.key import sync_folder
from counterpoise.domain.errors import InvalidInput, JournalCorrupt
from counterpoise.domain.time import parse_time
from counterpoise.ledger.export import anchor_line
from counterpoise.ledger.journal import Anchor

ANCHORS_FILE = "anchors.log"


def read_anchors(path: Path) -> tuple[Anchor, ...]:
    """Every anchor in `path`, oldest first; no file is no anchors.

    Raises:
        JournalCorrupt: a line that is no anchor.
        OSError: the file cannot be read.
    """
    if not path.exists():
        return ()
    # What follows the last line's end was never finished, so it was never promised either.
    complete, _, _ = path.read_bytes().rpartition(b"\n")
    return tuple(_anchor(line, number, path) for number, line in enumerate(complete.splitlines(), 1))


def _anchor(line: bytes, number: int, path: Path) -> Anchor:
    try:
        read = json.loads(line)
        return Anchor(
            account=read["account"],
            sequence=int(read["sequence"]),
            seal=bytes.fromhex(read["seal"]),
            at=parse_time(read["at"]),
        )
    except (ValueError, KeyError, TypeError, InvalidInput) as error:
        raise JournalCorrupt(f"line {number} of {path.name} is no anchor") from error


class AnchorLog:
    """Adds anchors to a file; one writer thread owns it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, anchors: Iterable[Anchor]) -> None:
        """Write `anchors` and wait until they are on the disk.

        Raises:
            OSError: they are not, and the file is as it was as far as the disk allows.
        """
        lines = b"".join(anchor_line(anchor) for anchor in anchors)
        if not lines:
            return
        is_new = not self._path.exists()
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            _end_the_last_line(descriptor)
            size = os.fstat(descriptor).st_size
            if os.write(descriptor, lines) != len(lines):
                os.ftruncate(descriptor, size)
                raise OSError(0, "the disk took only a part of the line")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            sync_folder(self._path.parent)


def _end_the_last_line(descriptor: int) -> None:
    """Remove a line that a crash left unfinished, so that the next one is not glued to it."""
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        os.ftruncate(descriptor, os.pread(descriptor, size, 0).rfind(b"\n") + 1)
