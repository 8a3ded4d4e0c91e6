"""Which limits does a user's file ask for? A preset, and the limits that differ from it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from decimal import Decimal
from pathlib import Path

from counterpoise.adapters.tables import shown
from counterpoise.adapters.toml import read_toml
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.limits import PRESETS, PortfolioConstraints
from counterpoise.domain.numbers import from_python

PRESET = "preset"
_COUNTS = frozenset(item.name for item in fields(PortfolioConstraints) if item.type == "int")
_NAMES = tuple(item.name for item in fields(PortfolioConstraints))


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsFile:
    """What a file of limits says, complete: what it leaves out is the preset's."""

    preset: str
    constraints: PortfolioConstraints


def read_limits(path: Path) -> LimitsFile:
    """Read limits from TOML, such as `preset = "investor"` and `max_positions = 12`.

    Raises:
        InvalidInput: one line that names file and key: unreadable, unknown preset or key, negative, NaN or no number.
    """
    name = shown(path.name)
    document = read_toml(path, "a TOML file with lines such as max_positions = 12")
    preset = document.pop(PRESET, "investor")
    if not isinstance(preset, str) or preset not in PRESETS:
        raise InvalidInput(f"{name} {PRESET}", preset, f"one of {', '.join(PRESETS)}")
    for key in document:
        if key not in _NAMES:
            raise InvalidInput(name, key or "an empty name", f"one of {', '.join((PRESET, *_NAMES))}")
    changes: dict[str, int | Decimal] = {key: _limit(f"{name} {key}", key, value) for key, value in document.items()}
    # PortfolioConstraints refuses what is negative, and names the limit.
    return LimitsFile(preset=preset, constraints=replace(PRESETS[preset], **changes))  # type: ignore[arg-type]


def _limit(where: str, key: str, value: object) -> int | Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidInput(where, value, "a number of at least 0")
    if key in _COUNTS:
        if not isinstance(value, int):
            raise InvalidInput(where, value, "a whole number of at least 0")
        return value
    return from_python(value, where)
