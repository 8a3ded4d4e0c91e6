"""Does the recipe about every cent show what its commands print?"""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs.test_readme_tour import BLOCK, Step, matches, run

PAGE = Path(__file__).resolve().parents[2] / "docs" / "recipes" / "where-did-every-cent-go.md"
STEPS_MIN = 6


def test_every_command_prints_what_the_page_shows(tmp_path: Path) -> None:
    steps = [
        Step(line, output, 0)
        for block in BLOCK.findall(PAGE.read_text(encoding="utf-8"))
        for line, _, output in (text.partition("\n") for text in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:])
    ]
    assert len(steps) >= STEPS_MIN
    for step in steps:
        done = run(step, tmp_path)
        assert (done.returncode, done.stderr) == (0, ""), f"$ {step.command}\n{done.stdout}{done.stderr}"
        assert matches(step.output, done.stdout), f"$ {step.command}\nprinted\n{done.stdout}"
