"""Is sending stopped? The latch that a halt sets first, and that is read again right before each send."""

from __future__ import annotations

from typing import Protocol


class HaltLatch(Protocol):
    """Port: a flag that outlives the process and needs no database."""

    def engage(self, reason: str) -> None:
        """Stop all sending; durable when this returns.

        Raises:
            ConfigurationError: the flag could not be made durable; in this process it holds all the same.
        """
        ...

    def release(self) -> None:
        """Let the recorded trading state decide again."""
        ...

    @property
    def is_engaged(self) -> bool:
        """Whether sending is stopped; unreadable means that it is."""
        ...


class MemoryLatch:
    """The twin without a disk."""

    def __init__(self) -> None:
        self._engaged = False

    def engage(self, reason: str) -> None:
        """Stop all sending."""
        del reason
        self._engaged = True

    def release(self) -> None:
        """Let the recorded trading state decide again."""
        self._engaged = False

    @property
    def is_engaged(self) -> bool:
        """Whether sending is stopped."""
        return self._engaged
