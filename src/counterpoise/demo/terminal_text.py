"""How are text and figures laid out on a terminal: in a room, beside each other, in columns, as large digits?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import accumulate, zip_longest

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from counterpoise.domain.numbers import ZERO, divide_toward_zero
from counterpoise.messages.sentences import MINUS, shown

ABSENT = "–"
"""What is shown where nothing is known; an absent figure is never a zero."""

Part = tuple[str, str]
"""Text and its style."""

COLUMNS_NEEDED = 6
"""Columns of the positions that are shown at every width."""

GAP = 3

LABEL, STRONG, WARN, CRIT, GAIN, LOSS, DRAWN = "dim", "bold", "yellow", "bold red", "cyan", "red", "bright_blue"

TINTS = {"+": GAIN, MINUS: LOSS}

UPWARD, RIGHTWARD = " ▁▂▃▄▅▆▇█", " ▏▎▍▌▋▊▉█"

LARGE = (
    "█▀█ ▀█  ▀▀█ ▀▀█ █ █ █▀▀ █▀▀ ▀▀█ █▀█ █▀█         ",
    "█ █  █  █▀▀  ▀█ ▀▀█ ▀▀█ █▀█   █ █▀█ ▀▀█     ▀▀▀ ▀▀▀",
    "▀▀▀ ▀▀▀ ▀▀▀ ▀▀▀   ▀ ▀▀▀ ▀▀▀   ▀ ▀▀▀ ▀▀▀ █          ",
)

LARGE_SIGNS = f"0123456789,{MINUS}{ABSENT}"
"""What the large signs stand for, in their order; each has four cells, the comma two."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: text at the left, or figures at the right; `short` is its title in little room."""

    title: str
    short: str
    cells: Sequence[str]
    is_text: bool = False
    is_change: bool = False

    @property
    def width(self) -> int:
        return max(cell_len(text) for text in (self.title, *self.cells))


def clean(text: str) -> str:
    """Text that a terminal can only show: no control, no invisible and no width-changing characters."""
    if text.isascii() and text.isprintable():
        return text
    visible = (sign if sign.isprintable() else " " if sign.isspace() else "\ufffd" for sign in text)
    return "".join(sign for sign in visible if not "\ufe00" <= sign <= "\ufe0f")


def fit(text: str, room: int) -> str:
    """The text in `room` cells, shortened between words; only a word with no room of its own is cut."""
    text = kept = clean(text)
    if cell_len(text) <= room:
        return text
    while kept and cell_len(kept) > room - 2:
        kept = kept.rpartition(" ")[0]
    return f"{kept} …" if kept.strip() else f"{set_cell_size(text, room - 1)}…" if room > 0 else ""


def plain(value: Decimal | None, unit: str = "") -> str:
    """An amount, or that there is none."""
    return ABSENT if value is None else f"{shown(value)}{unit}"


def signed(value: Decimal | None, unit: str = "") -> str:
    """A change: its sign always, zero without one."""
    text = plain(value, unit)
    return f"+{text}" if value is not None and value > ZERO and text != plain(ZERO, unit) else text


def line_of(room: int, *parts: Part) -> Text:
    """Parts one after another; what has no room is shortened."""
    line = Text()
    for text, style in parts:
        line.append(fit(text, room - line.cell_len), style)
    return line


def spread(width: int, left: Sequence[Part], right: str) -> Text:
    """Parts at the left, and at the right end a text that keeps its room."""
    end = fit(right, width)
    line = line_of(width - cell_len(end) - 2, *left)
    return line.append(" " * (width - line.cell_len - cell_len(end)) + end)


def beside(width: int, left: Sequence[Text], right: Sequence[Text]) -> list[Text]:
    """Lines next to lines that begin after `width` cells and a gap."""
    pairs = zip_longest(left, right, fillvalue=Text())
    return [Text.assemble(one, " " * (width + GAP - one.cell_len), other) for one, other in pairs]


def share(value: Decimal, whole: Decimal, cells: int) -> int:
    """How many of the cells `value` takes where `whole` takes all; the last one only when it is all."""
    return min(int(divide_toward_zero(value * cells, whole, 0)), cells) if value > ZERO and whole > ZERO else 0


def large(text: str, width: int) -> list[Text]:
    """Whole units three rows high with small cents; one bold row where those have no room."""
    whole, point, cents = text.partition(".")
    places = [(LARGE_SIGNS.index(sign) * 4, 2 if sign == "," else 4) for sign in whole]
    rows = ["".join(f"{row[start : start + size]:{size}}" for start, size in places) for row in LARGE]
    if len(rows[0]) + 1 + len(cents) > width:
        return [Text(), Text(text, style=STRONG), Text()]
    return [Text(row, style=STRONG) for row in (*rows[:2], f"{rows[2]}{point}{cents}")]


def chart(history: Sequence[Decimal], width: int, rows: int) -> list[str]:
    """Equity from its lowest, an eighth of a row, to its highest."""
    if len(history) > width:
        history = [history[place * (len(history) - 1) // (width - 1)] for place in range(width)]
    low, high = min(history, default=ZERO), max(history, default=ZERO)
    levels = [share(point - low, high - low, rows * 8 - 1) + 1 for point in history]
    steps = range(rows * 8 - 8, -1, -8)
    return ["".join(UPWARD[min(max(level - step, 0), 8)] for level in levels) for step in steps]


def labelled(*rows: tuple[str, Part, Part]) -> list[Text]:
    """Label, figure and note; the figures end in one column, so their points stand under each other."""
    first, second = max(cell_len(label) for label, _, _ in rows) + 2, max(len(figure[0]) for _, figure, _ in rows)
    return [
        Text.assemble((set_cell_size(label, first), LABEL), (f"{figure:>{second}}", style), "  ", note)
        for label, (figure, style), note in rows
    ]


def padded(figures: Sequence[tuple[Decimal | None, int]]) -> list[str]:
    """Figures with spaces for the digits that others have, so that points stand under each other."""
    most = max((places for _, places in figures), default=0)
    texts = [(ABSENT if value is None else shown(value, places), places) for value, places in figures]
    return [text + " " * (most - places + (places == 0 < most)) for text, places in texts]


def table(columns: Sequence[Column], width: int) -> list[Text]:
    """As many columns as have room; where the needed ones have none, their titles are shortened."""
    needed, fewest, space = columns[:COLUMNS_NEEDED], COLUMNS_NEEDED, 2
    if sum(column.width + 1 for column in needed) > width + 1:
        columns, fewest, space = [replace(column, title=column.short or column.title) for column in needed], 1, 1
    ends = accumulate(column.width + space for column in columns)
    taken = columns[: max(sum(end <= width + space for end in ends), fewest)]
    gap = min((width - sum(column.width for column in taken)) // max(len(taken) - 1, 1), GAP)
    lines = [Text(style="" if place else LABEL) for place in range(len(columns[0].cells) + 1)]
    for column in taken:
        cells = (column.title, *column.cells)
        for line, text in zip(lines, (*cells, *[""] * (len(lines) - len(cells))), strict=True):
            missing = " " * (column.width - cell_len(text))
            line.append(" " * (gap if line else 0))
            style = TINTS.get(text[:1], "") if column.is_change else WARN if text.endswith(" out") else ""
            line.append(text + missing if column.is_text else missing + text, style)
    lines[-1].stylize(STRONG)
    return lines
