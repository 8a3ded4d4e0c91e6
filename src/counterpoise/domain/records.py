"""How does a frozen record also read as a mapping? For answers whose fields robots look up by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import lru_cache
from typing import Any, ClassVar


class Record(Mapping[str, object]):
    """Base of a frozen dataclass that reads as a record (`answer.need`) and as a mapping (`answer["need"]`).

    Attributes:
        also: Properties that belong to the mapping beside the fields.
    """

    __slots__ = ()

    also: ClassVar[tuple[str, ...]] = ()

    def __getitem__(self, name: str) -> object:
        """A field by its name."""
        if name not in _names(type(self)):
            raise KeyError(name)
        return getattr(self, name)

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(_names(type(self)))

    def __len__(self) -> int:
        """How many names there are."""
        return len(_names(type(self)))


@lru_cache(maxsize=32)
def _names(kind: Any) -> tuple[str, ...]:  # noqa: ANN401 - any dataclass
    return (*kind.also, *(item.name for item in fields(kind)))
