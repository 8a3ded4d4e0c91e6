"""Does ./dev name the tree that a commit would have, and answer where it has nothing to run?"""

import os
import shutil
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

DEV = Path(__file__).resolve().parents[2] / "dev"
NOBODY = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull} | {
    f"GIT_{role}_{field}": f"nobody@{role.lower()}.invalid"
    for role in ("AUTHOR", "COMMITTER")
    for field in ("NAME", "EMAIL")
}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new repository with the script, a file and an ignored file in it."""
    for name, value in NOBODY.items():
        monkeypatch.setenv(name, value)
    shutil.copy(DEV, tmp_path / "dev")
    (tmp_path / "a.txt").write_text("a\n")
    (tmp_path / "ignored.txt").write_text("b\n")
    (tmp_path / ".gitignore").write_text("ignored.txt\n__pycache__/\n")
    git(tmp_path, "init", "--quiet")
    return tmp_path


def git(folder: Path, *arguments: str) -> str:
    """What git answers in `folder`."""
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def tree_of(folder: Path) -> str:
    """The tree that the script in `folder` names, as a module loaded from there."""
    loader = SourceFileLoader("dev", str(folder / "dev"))
    spec = spec_from_loader("dev", loader)
    assert spec
    module = module_from_spec(spec)
    loader.exec_module(module)
    return str(module.tree())


def commit(folder: Path) -> str:
    """Commit everything and return the tree that it became."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "x")
    return git(folder, "rev-parse", "HEAD^{tree}")


def test_the_tree_is_the_one_that_the_first_commit_gets(repository: Path) -> None:
    before = tree_of(repository)
    assert before == commit(repository)
    assert tree_of(repository) == before


def test_a_changed_and_a_new_file_count_and_the_index_stays(repository: Path) -> None:
    first = commit(repository)
    (repository / "a.txt").write_text("changed\n")
    (repository / "new.txt").write_text("new\n")
    changed = tree_of(repository)
    assert changed != first
    assert git(repository, "write-tree") == first
    assert changed == commit(repository)


def test_an_ignored_file_does_not_count(repository: Path) -> None:
    before = tree_of(repository)
    (repository / "ignored.txt").write_text("changed\n")
    assert tree_of(repository) == before


def test_naming_the_tree_leaves_no_object_behind(repository: Path) -> None:
    tree_of(repository)
    assert git(repository, "count-objects").startswith("0 objects")


def test_a_verb_that_is_none_shows_those_there_are_and_exits_2() -> None:
    done = subprocess.run([sys.executable, DEV, "deploy"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: ./dev VERB")
    assert done.stdout == ""
