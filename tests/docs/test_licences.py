"""Does the page of licences say what the installed packages say of themselves?"""

import re
import tomllib
from email.message import Message
from importlib.metadata import metadata
from pathlib import Path
from typing import cast

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "decisions" / "0007-licences-of-dependencies.md"
CLASSIFIERS = {"License :: OSI Approved :: MIT License": "MIT"}


def listed() -> dict[str, str]:
    """Package → licence, from the page's table."""
    rows = re.findall(r"^\| ([a-z][a-z-]*) \| ([^|]+) \| [^|]+ \|$", PAGE.read_text(), flags=re.MULTILINE)
    return {name: licence for name, licence in rows if name != "package"}


def required() -> set[str]:
    """Names of the runtime dependencies, extras included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    requirements = [*project["dependencies"], *(line for extra in extras for line in extra)]
    return {re.split(r"[\[<>=~! ]", line)[0] for line in requirements}


def stated(package: str) -> str:
    """The licence in a package's metadata: the expression, else the short field, else the classifier."""
    fields = cast("Message", metadata(package))
    short = fields.get("License-Expression") or fields.get("License")
    if short:
        return str(short)
    classifiers = (str(value) for value in fields.get_all("Classifier") or ())
    return next(CLASSIFIERS[value] for value in classifiers if value in CLASSIFIERS)


def test_the_page_lists_every_runtime_dependency_and_no_other() -> None:
    assert set(listed()) == required()


@pytest.mark.parametrize(("package", "licence"), sorted(listed().items()))
def test_the_page_repeats_the_packages_own_words(package: str, licence: str) -> None:
    assert stated(package) == licence
