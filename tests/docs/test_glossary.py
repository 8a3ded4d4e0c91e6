"""Does every word of the glossary say its name, unit and source, once, and is the name in the code?"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "GLOSSARY.md"
CODE = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "src" / "counterpoise").rglob("*.py")))
WORDS_OF_CODE = frozenset(re.findall(r"\w+", CODE))
ROW = re.compile(r"(?<!\\)\|")
WORDS_MIN = 45


def rows() -> list[list[str]]:
    """The cells of every word's row."""
    lines = (line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| "))
    table = [[cell.strip() for cell in ROW.split(line)[1:-1]] for line in lines]
    return [cells for cells in table if cells[0] != "word"]


def names(cells: list[str]) -> list[str]:
    """What a row writes as code, in single identifiers: `RunState.released` is two; a file that is there is none."""
    tokens = [token for span in re.findall(r"`([^`]+)`", " ".join(cells)) for token in re.split(r"[\s,]+", span)]
    return [name for token in tokens if not (ROOT / token).is_file() for name in re.findall(r"[A-Za-z_]\w+", token)]


def is_in_the_code(name: str) -> bool:
    """Whether the code has this very word; one that ends in `_` stands for all that begin with it."""
    return name in WORDS_OF_CODE or (name.endswith("_") and any(word.startswith(name) for word in WORDS_OF_CODE))


def test_the_glossary_is_no_list_of_a_few() -> None:
    assert len(rows()) >= WORDS_MIN


@pytest.mark.parametrize("cells", rows(), ids=lambda cells: cells[0])
def test_a_word_has_its_name_unit_and_source(cells: list[str]) -> None:
    assert len(cells) == len(("word", "name", "unit and sign", "source"))
    assert all(cells)


@pytest.mark.parametrize("cells", rows(), ids=lambda cells: cells[0])
def test_every_name_of_a_row_is_in_the_code(cells: list[str]) -> None:
    assert [name for name in names(cells) if not is_in_the_code(name)] == []


def test_a_name_that_nothing_has_is_noticed() -> None:
    made_up = "Nobody" + "HasThis"
    assert names(["`Side`, `RunState.released`", f"`{made_up}`"]) == ["Side", "RunState", "released", made_up]
    assert not is_in_the_code(made_up)


def test_no_table_is_split_by_a_blank_line() -> None:
    assert re.search(r"^\|.*\n\n+\|", PAGE.read_text(encoding="utf-8"), re.MULTILINE) is None


def test_no_word_is_explained_twice() -> None:
    words = [cells[0] for cells in rows()]
    assert sorted(set(words)) == sorted(words)
