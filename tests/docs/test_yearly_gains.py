"""Does the recipe of the yearly gains print what it says, line by line?"""

import re
from pathlib import Path

import pytest

from tests.e2e.command import run

PAGE = (Path(__file__).parents[2] / "docs" / "recipes" / "yearly-gains.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def steps() -> list[tuple[str, str]]:
    """Each command of the page and what is printed below it."""
    found = re.findall(r"^\$ counterpoise (.*)\n((?:(?!\$ ).*\n)*)", blocks("console")[0], re.MULTILINE)
    return [(command, said) for command, said in found]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page's files, where its first command has run."""
    folder = tmp_path_factory.mktemp("gains")
    for name, text in zip(("prices.csv", "targets.csv"), blocks("csv"), strict=True):
        (folder / name).write_text(text)
    done = run(steps()[0][0].split(), folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_page_has_its_commands() -> None:
    assert [command.split()[0] for command, _ in steps()] == ["replay", "export", "export", "export"]


@pytest.mark.parametrize(("command", "said"), steps()[1:])
def test_a_command_prints_what_the_page_shows(place: Path, command: str, said: str) -> None:
    done = run(command.split(), place)
    assert (done.returncode, done.stdout + done.stderr) == (0, said)
