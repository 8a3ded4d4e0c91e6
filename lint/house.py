"""Run every house rule over every file of the repository: `python -m lint.house`.

A finding is one line, `path:line: rule message`; any finding makes the exit code 1.
"""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from lint import ambient, doors, exactness, honesty, ordering, proofs, traces
from lint.source import Finding, Rule, Source

CODE_RULES: tuple[Rule, ...] = (
    *exactness.RULES,
    *ambient.RULES,
    *ordering.RULES,
    *doors.RULES,
    *honesty.RULES,
    *proofs.RULES,
)
TEXT_RULES: tuple[Rule, ...] = traces.RULES


def findings(source: Source) -> Iterator[Finding]:
    """Everything that the rules have against one file."""
    for rule in TEXT_RULES:
        yield from rule(source)
    if source.is_python:
        for rule in CODE_RULES:
            yield from rule(source)


def repository(root: Path) -> Iterator[Source]:
    """Every text file that git tracks or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    for path in sorted(filter(None, listed.stdout.split("\0"))):
        text = read(root / path)
        if text is not None:
            yield Source(path, text)


def read(path: Path) -> str | None:
    """The text of a file, or None when it is gone or not text."""
    if not path.is_file():
        return None
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def report(sources: Iterable[Source]) -> int:
    """Print each finding once, in order, and return the exit code."""
    found = sorted({finding for source in sources for finding in findings(source)})
    for finding in found:
        print(finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(report(repository(Path(__file__).resolve().parent.parent)))
