"""Does the recipe on correcting the book print what the commands print?"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from counterpoise.cli.main import app
from counterpoise.domain.errors import CounterpoiseError
from tests.docs.test_readme_tour import BLOCK, matches

PAGE = Path(__file__).parents[2] / "docs" / "recipes" / "correct-the-book.md"
ROW = re.compile(r"(?<!\\)\|")


def printed(command: str) -> str:
    """What `command` writes, its error included, in this process."""
    program, *arguments = shlex.split(command)
    assert program == "counterpoise"
    done = CliRunner().invoke(app, arguments)
    if isinstance(done.exception, CounterpoiseError):
        return f"error: {done.exception}\n"
    assert done.exception is None, done.exception
    return done.stdout


def test_each_command_of_the_page_prints_what_stands_below_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    steps = [step for block in BLOCK.findall(PAGE.read_text(encoding="utf-8")) for step in block.split("$ ")[1:]]
    assert len(steps) == 6
    for step in steps:
        command, _, output = step.partition("\n")
        actual = printed(command)
        assert matches(output, actual), f"{command}\n{actual}"


def test_every_verb_of_the_page_is_a_command_with_help() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    verbs = [ROW.split(row)[2].strip(" `").split()[0] for row in rows[1:]]
    assert verbs == ["record", "transfer", "rate", "allot", "bust", "correct", "choose", "corporate"]
    for verb in verbs:
        assert CliRunner().invoke(app, ["ledger", verb, "--help"]).exit_code == 0
