"""Does every Python block of the recipes run as it stands, in a folder of its own?"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

RECIPES = Path(__file__).parents[2] / "docs" / "recipes"
BLOCKS = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in sorted(RECIPES.glob("*.md"))
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL), 1)
]


def test_the_recipes_have_blocks_to_run() -> None:
    assert len(BLOCKS) >= 2


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_runs_and_says_something(block: str, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_gate_s_recipe_prints_what_its_text_says(tmp_path: Path) -> None:
    page = (RECIPES / "ask-the-gate.md").read_text(encoding="utf-8")
    block = re.findall(r"```python\n(.*?)```", page, re.DOTALL)[0]
    done = subprocess.run([sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True, check=True)
    said = re.search(r"It prints `([^`]+)`", page)
    assert said is not None
    assert done.stdout.splitlines()[0] == said[1]
