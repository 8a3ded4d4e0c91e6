"""Does every word of the glossary say its name, unit and source, once?"""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "GLOSSARY.md"
ROW = re.compile(r"(?<!\\)\|")
WORDS_MIN = 45


def rows() -> list[list[str]]:
    """The cells of every word's row."""
    lines = (line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| "))
    table = [[cell.strip() for cell in ROW.split(line)[1:-1]] for line in lines]
    return [cells for cells in table if cells[0] != "word"]


def test_the_glossary_is_no_list_of_a_few() -> None:
    assert len(rows()) >= WORDS_MIN


@pytest.mark.parametrize("cells", rows(), ids=lambda cells: cells[0])
def test_a_word_has_its_name_unit_and_source(cells: list[str]) -> None:
    assert len(cells) == len(("word", "name", "unit and sign", "source"))
    assert all(cells)


def test_no_word_is_explained_twice() -> None:
    words = [cells[0] for cells in rows()]
    assert sorted(set(words)) == sorted(words)
